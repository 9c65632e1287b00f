//! Every curl line of the documents is run, and what they show of the answers is compared, so that they cannot rot. The
//! notation is told in `support/walk.rs`.

use crate::support::gateway::{Database, Gateway, project_file, project_text};
use crate::support::walk::{Shown, blocks, documents, fits, needs_curl, shown, walk};
use std::process::Command;

/// The documents with walks, and how many lines each has at least.
const WALKS: [(&str, usize); 5] = [
    ("docs/admin-api.md", 25),
    ("docs/dialects/cometchat.md", 25),
    ("docs/dialects/elance.md", 20),
    ("docs/dialects/rm.md", 25),
    ("docs/operations.md", 3),
];

/// Runs a document from its first line to its last, on both databases.
fn runs(document: &str) {
    needs_curl();
    let all = shown(&project_text(document));
    let least = WALKS.iter().find(|walk| walk.0 == document).expect("it is one of the walks").1;
    assert!(all.len() >= least, "{document} has {} lines", all.len());
    for database in Database::both() {
        walk(&database, &all).unwrap_or_else(|fault| panic!("{document} on {}: {fault}", database.name));
    }
}

#[test]
fn the_admin_api() {
    runs("docs/admin-api.md");
}

#[test]
fn cometchat() {
    runs("docs/dialects/cometchat.md");
}

#[test]
fn elance() {
    runs("docs/dialects/elance.md");
}

#[test]
fn rm() {
    runs("docs/dialects/rm.md");
}

#[test]
fn operations() {
    runs("docs/operations.md");
}

/// The README shows the lines that the demo prints, with the credentials of some start of it.
#[test]
fn the_readme_shows_what_the_demo_prints() {
    needs_curl();
    let gateway = Gateway::start(&["--demo"], &[]);
    let here = gateway.address.to_string();
    let lines = std::iter::repeat_with(|| gateway.line()).filter(|line| line.trim_start().starts_with("curl "));
    let printed: Vec<String> = lines.take(3).map(|line| line.trim_start().to_owned()).collect();
    let all = shown(&project_text("README.md"));
    assert_eq!(all.len(), printed.len(), "one line a dialect");
    for (Shown { command, output }, line) in all.iter().zip(&printed) {
        let pattern = without_secrets(&command.replace("127.0.0.1:8080", &here));
        assert!(fits(&pattern, line), "{line}\nis not\n{pattern}");
        let run = Command::new("/bin/sh").args(["-c", line]).env("no_proxy", "*").output().expect("a shell");
        let said = String::from_utf8(run.stdout).expect("UTF-8");
        assert!(fits(output, &said), "{command}\nshows\n{output}\nbut prints\n{said}");
    }
}

/// The line with `…` for every word that is a secret: long, and of letters and digits only.
fn without_secrets(line: &str) -> String {
    let words = line.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            if bare.len() < 20 { word.to_owned() } else { word.replace(bare, "…") }
        })
        .collect()
}

#[test]
fn no_curl_line_is_left_out() {
    for path in documents() {
        let text = std::fs::read_to_string(&path).expect("a document");
        let ours = ["README.md"].into_iter().chain(WALKS.map(|walk| walk.0)).any(|name| project_file(name) == path);
        for (kind, block) in blocks(&text) {
            let calls = ["curl -", "curl '", "curl \"", "curl http"].iter().any(|call| block.contains(call));
            let run = ours && matches!(kind, "console" | "sh");
            assert!(run || !calls && kind != "console", "{}: nobody runs\n{block}", path.display());
        }
    }
}

#[test]
fn an_answer_that_is_altered_is_noticed() {
    needs_curl();
    let mut all = shown(&project_text("docs/dialects/elance.md"));
    let altered = all.iter_mut().find(|shown| shown.output.contains(r#""totalMembers":"315""#));
    let altered = altered.expect("the number of members is shown");
    altered.output = altered.output.replace("315", "316");
    let fault = walk(&Database::sqlite(), &all).expect_err("there are 315");
    assert!(fault.contains("316") && fault.contains("but prints") && fault.contains("315"), "{fault}");
    let failing = [Shown { command: "curl -sf http://127.0.0.1:8080/nowhere".to_owned(), output: String::new() }];
    let fault = walk(&Database::sqlite(), &failing).expect_err("curl ends with an error");
    assert!(fault.contains("22"), "{fault}");
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
    let all = shown("text\n```console\n$ a 'b\nc' \\\n  d\nout\nput\n$ e\n```\ntext\n```sh\nf\n```\n```\n$ g\n```\n");
    assert_eq!((all[0].command.as_str(), all[0].output.as_str()), ("a 'b\nc' \\\n  d", "output"));
    assert_eq!((all[1].command.as_str(), all.len()), ("e", 3));
    assert!(all[2].command.contains("sh -c 'f'"), "{}", all[2].command);
    assert_eq!(without_secrets("a=0123456789abcdef01234|300723|x&b='c'"), "a=…|300723|x&b='c'");
}
