//! Filters and orders that real servers, clients and builders have in their own tests, each with the verdict that is
//! right for this dialect, through the whole of `Rm::parse`.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod support;

use dialect::Refusal;
use support::{parse, percent_encoded};

const MEMBERS: &str = "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members";

#[test]
fn collected_filters_are_judged_rightly() {
    let mut judged = 0;
    for line in include_str!("data/filters.tsv").lines() {
        let (verdict, decoded) = line.split_once('\t').expect(line);
        let (name, value) = decoded.split_once('=').expect(line);
        for query in [
            format!("{name}={}", percent_encoded(value)),
            format!("%24{}={}&page=1&page_size=10", name.trim_start_matches('$'), percent_encoded(value)),
            format!("?&{}={}", name.trim_start_matches('$'), percent_encoded(value).replace("%20", "+")),
        ] {
            match (verdict, parse("GET", MEMBERS, &query, &[], b"")) {
                ("accept", Ok(_)) | ("reject", Err(Refusal::Parameter(_))) => judged += 1,
                ("accept", Err(refusal)) => panic!("{query}: {refusal:?}"),
                ("reject", Ok(_)) => panic!("{query}: accepted"),
                (_, outcome) => panic!("{line}: {:?}", outcome.err()),
            }
        }
    }
    assert!(judged > 3 * 100, "{judged}");
}
