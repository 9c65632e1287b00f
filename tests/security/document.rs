//! `docs/security.md` says what the table and the routes say. `UPDATE_GOLDEN=1` writes both parts anew.

use super::credentials::{Kind, Seen};
use super::routes::{self, Area, Reach};
use crate::support::gateway::{project_file, project_text};
use access::Right;
use std::fmt::Write as _;

const RIGHTS: [(Right, &str); 4] = [
    (Right::Read, "read"),
    (Right::Write, "write"),
    (Right::Admin, "administer"),
    (Right::Mint, "make persons and tokens"),
];

const fn word(right: Option<Right>) -> &'static str {
    match right {
        None => "nothing",
        Some(Right::Read) => "read",
        Some(Right::Write) => "write",
        Some(Right::Admin) => "administer",
        Some(Right::Mint) => "make persons and tokens",
    }
}

fn cell(kind: Kind, right: Right) -> String {
    let of = |reach| kind.expected(Area::Elance, right, reach);
    let say = |seen: Seen| seen.status().map_or("yes".to_owned(), |status| status.to_string());
    let reaches = [Reach::Group, Reach::Within, Reach::Beyond].map(of);
    if reaches.iter().all(|seen| *seen == reaches[0]) {
        return say(reaches[0]);
    }
    let [group, within, beyond] = reaches.map(say);
    format!("group {group}, own {within}, else {beyond}")
}

fn matrix() -> String {
    let mut text = String::from("| presented |");
    for (_, words) in RIGHTS {
        let _ = write!(text, " {words} |");
    }
    text.push_str("\n| --- | --- | --- | --- | --- |\n");
    for kind in Kind::ALL {
        let _ = write!(text, "| {} |", kind.words());
        for (right, _) in RIGHTS {
            let _ = write!(text, " {} |", cell(kind, right));
        }
        text.push('\n');
    }
    text
}

fn listed() -> String {
    let mut text = String::from("| route | takes the right to | a limited credential |\n| --- | --- | --- |\n");
    for route in routes::all() {
        let reach = match (route.needs, route.reach) {
            (None, _) => "as all",
            (_, Reach::Group) => "its groups",
            (_, Reach::Within) => "shows its groups, or who asks",
            (_, Reach::Beyond) => "no",
        };
        let _ = writeln!(text, "| `{} {}` | {} | {reach} |", route.method, route.pattern, word(route.needs));
    }
    text
}

#[test]
fn the_matrix_in_the_docs_is_the_one_that_is_tried() {
    let mut text = project_text("docs/security.md");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    for (name, expected) in [("matrix", matrix()), ("routes", listed())] {
        let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
        let from = text.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
        let to = from + text[from..].find(&end).unwrap_or_else(|| panic!("no {end}"));
        if update {
            text.replace_range(from..to, &expected);
        } else {
            assert_eq!(&text[from..to], expected, "UPDATE_GOLDEN=1 writes the {name} anew");
        }
    }
    if update {
        std::fs::write(project_file("docs/security.md"), text).expect("written");
    }
}

/// Each test that the document names is there, so that none is lost when one is renamed.
#[test]
fn the_tests_that_the_docs_name_are_there() {
    let text = project_text("docs/security.md");
    let mut names = 0;
    for name in text.split('`').skip(1).step_by(2).filter(|name| name.contains("::")) {
        let (path, test) = name.rsplit_once("::").expect("two colons");
        let file = format!("tests/{}.rs", path.replace("::", "/"));
        let source = project_text(&file);
        assert!(source.contains(&format!("fn {test}()")), "{file} has no test {test}");
        names += 1;
    }
    assert!(names > 10, "{names} tests are named");
}
