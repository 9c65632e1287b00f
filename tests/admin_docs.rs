//! The lines of `docs/admin-api.md` are run, so that they cannot rot.

use crate::support::gateway::{Gateway, project_text};
use std::process::Command;

/// A line for the shell, and what it prints.
struct Shown {
    command: String,
    output: String,
}

/// All lines of the blocks that show a console.
fn shown(text: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let blocks = text.split("```console\n").skip(1).map(|rest| rest.split("```").next().expect("a block"));
    for line in blocks.flat_map(str::lines) {
        let open = all.last().is_some_and(|shown| shown.output.is_empty() && is_open(&shown.command));
        if let Some(command) = line.strip_prefix("$ ") {
            all.push(Shown { command: command.to_owned(), output: String::new() });
        } else if open {
            let shown = all.last_mut().expect("it is open");
            shown.command += "\n";
            shown.command += line;
        } else {
            all.last_mut().expect("a command comes first").output += line;
        }
    }
    all
}

/// Whether a command goes on in the next line.
fn is_open(command: &str) -> bool {
    command.ends_with('\\') || command.matches('\'').count() % 2 == 1
}

/// Whether the text is the pattern, in which `…` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = text.strip_prefix(parts.next().expect("one part at least")) else { return false };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    rest.is_empty() || last.is_some_and(|part| part.is_empty() || text.ends_with(part))
}

#[test]
fn every_line_of_the_documentation_is_true() {
    if Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    let gateway = Gateway::start(&["--demo"], &[]);
    let mut lines = std::iter::repeat_with(|| gateway.line());
    let line = lines.find(|line| line.contains("Bearer ")).expect("a line for the admin listener");
    let between = |before: &str, behind: char| {
        let rest = line.split(before).nth(1).expect("it is there");
        rest.split(behind).next().expect("it ends").to_owned()
    };
    let address = between("http://", '/');
    let shown = shown(&project_text("docs/admin-api.md"));
    assert!(shown.len() > 20, "{}", shown.len());
    for Shown { command, output } in shown {
        let run = Command::new("/bin/sh")
            .args(["-c", &command])
            .env("ADMIN", format!("http://{address}/admin/v1"))
            .env("KEY", format!("Authorization: Bearer {}", between("Bearer ", '\'')))
            .output()
            .expect("a shell");
        let said = String::from_utf8(run.stdout).expect("UTF-8").replace(['\r', '\n'], "");
        assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
        assert!(fits(&output, &said), "{command}\nshows\n{output}\nbut prints\n{said}");
    }
}

#[test]
fn patterns_have_holes() {
    for (pattern, text, fitting) in [
        ("a…c", "abbc", true),
        ("a…c", "ac", true),
        ("a…", "abc", true),
        ("a…b…c", "axxbyyc", true),
        ("a…b", "abc", false),
        ("a…b…c", "acb", false),
        ("abc", "abc", true),
        ("abc", "abcd", false),
        ("…d", "abcd", true),
    ] {
        assert_eq!(fits(pattern, text), fitting, "{pattern} {text}");
    }
    let shown = shown("```console\n$ a 'b\nc' \\\n  d\nout\nput\n$ e\n```\ntext\n```sh\n$ f\n```");
    assert_eq!((shown[0].command.as_str(), shown[0].output.as_str()), ("a 'b\nc' \\\n  d", "output"));
    assert_eq!((shown[1].command.as_str(), shown.len()), ("e", 2));
}
