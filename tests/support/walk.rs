//! Walks: the blocks of a document that show a console, run by a shell as a reader would run them.
//!
//! A block begins with ```` ```console ````. A line that begins with `$ ` is for the shell; it goes on in the next line
//! where it ends in a backslash or within an apostrophe. What follows is what it prints. Line breaks in it do not count,
//! and `…` stands for any text: identifiers and times that are others each time, and what is left out. All lines of a
//! document are run by one shell, one after the other, so what a line has set and done is there for the next.
//!
//! A ```` ```sh ```` block is a program that goes on for ever. It is run for some seconds and must print something.

use super::gateway::{Database, Gateway, project_file};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the documents say that the gateway listens, and its admin listener.
const SHOWN: [&str; 2] = ["127.0.0.1:8080", "127.0.0.1:8081"];

/// How long a program that goes on for ever is watched, in seconds.
const WATCHED: u32 = 2;

/// A line for the shell, and what it prints.
pub struct Shown {
    /// The line, or the lines of one that goes on.
    pub command: String,
    /// What is shown of its output, without line breaks.
    pub output: String,
}

/// All lines of the blocks that show a console, and all programs.
pub fn shown(text: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for (kind, block) in blocks(text) {
        match kind {
            "console" => block.lines().for_each(|line| add(line, &mut all)),
            "sh" => {
                let program = block.replace('\'', r"'\''");
                let command = format!("timeout {WATCHED} sh -c '{program}'; [ $? = 124 ]");
                all.push(Shown { command, output: "{…".to_owned() });
            }
            _ => {}
        }
    }
    all
}

/// Takes up one line of a console.
fn add(line: &str, all: &mut Vec<Shown>) {
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

/// Whether a command goes on in the next line.
fn is_open(command: &str) -> bool {
    command.ends_with('\\') || command.matches('\'').count() % 2 == 1
}

/// The fenced blocks of a document: what stands behind the opening fence, and the lines.
pub fn blocks(text: &str) -> Vec<(&str, &str)> {
    let fenced = text.split("\n```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').expect("a fence ends its line")).collect()
}

/// Whether the text is the pattern, in which `…` stands for any text.
pub fn fits(pattern: &str, text: &str) -> bool {
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

/// Makes sure that there is a curl to run the lines: without it nothing would be tested.
pub fn needs_curl() {
    let there = Command::new("curl").arg("--version").output().is_ok();
    assert!(there, "curl is missing; install it, by `apt-get install curl` or as your system does");
}

/// Runs all lines against the sample data in this store, and tells the first that does not print what is shown.
/// `rollcall` is the program under test, and its commands mean the same store.
pub fn walk(database: &Database, all: &[Shown]) -> Result<(), String> {
    let gateway = Gateway::start(&["--demo", "--database", &database.url], &[]);
    let addresses = [gateway.address, gateway.admin().address()].map(|address| address.to_string());
    let put = |text: &str, from: [&str; 2], to: [&str; 2]| text.replace(from[0], to[0]).replace(from[1], to[1]);
    let here = [addresses[0].as_str(), addresses[1].as_str()];
    let script: String = all
        .iter()
        .map(|shown| format!("{}\nprintf '\\036%s\\036' \"$?\"\n", put(&shown.command, SHOWN, here)))
        .collect();
    let program = Path::new(env!("CARGO_BIN_EXE_rollcall")).parent().expect("a directory");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = [program.to_path_buf()].into_iter().chain(std::env::split_paths(&path));
    let run = Command::new("/bin/sh")
        .args(["-a", "-c", &script])
        .env("PATH", std::env::join_paths(places).expect("no colon in it"))
        .env("ROLLCALL__DATABASE__URL", &database.url)
        .env("no_proxy", "*")
        .output()
        .expect("a shell");
    let (said, complaints) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    let mut parts = said.split('\u{1e}');
    for Shown { command, output } in all {
        let said = put(&parts.next().unwrap_or_default().replace(['\r', '\n'], ""), here, SHOWN);
        match parts.next() {
            Some("0") if fits(output, &said) && (output.is_empty() || output.contains(|c| c != '…')) => {}
            Some("0") => return Err(format!("{command}\nshows\n{output}\nbut prints\n{said}")),
            code => return Err(format!("{command}\nends with {code:?}, after\n{said}\n{complaints}")),
        }
    }
    Ok(())
}

/// All documents: those in `docs`, and the README.
pub fn documents() -> Vec<PathBuf> {
    let mut found = vec![project_file("README.md")];
    let mut directories = vec![project_file("docs")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|name| name == "md") {
                found.push(path);
            }
        }
    }
    found
}
