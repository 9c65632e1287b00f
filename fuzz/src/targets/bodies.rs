//! Bodies: JSON of every method that takes one, and RM's XML both ways.

use super::requests::{ask, dialects};
use dialect::access::{CredentialKind, Rights};
use dialect::{Method, Route};
use dialect_rm::Rm;
use membership::Group;
use std::sync::OnceLock;
use testkit::{MemoryDirectory, exchange};

const NOW: i64 = 1_700_000_100;
const GROUPS: &str = "/api/Organization/groups";

/// Every route that may take a body, with a path of it and the number of its dialect.
fn routes() -> &'static [(usize, Method, String)] {
    static ROUTES: OnceLock<Vec<(usize, Method, String)>> = OnceLock::new();
    ROUTES.get_or_init(|| {
        let all: [Vec<Route>; 3] =
            [dialect_elance::routes().collect(), dialect_rm::routes().collect(), dialect_cometchat::routes().collect()];
        let takes = |route: &Route| matches!(route.method, Method::Post | Method::Put | Method::Patch | Method::Delete);
        let path = |pattern: &str, variable: &str| {
            let segments = pattern.split('/').map(|part| if part.starts_with('{') { variable } else { part });
            segments.collect::<Vec<_>>().join("/")
        };
        let variables = ["1116", "00000000-0000-4000-8000-000000000001", "supergroup"];
        let of = |(at, routes): (usize, Vec<Route>)| {
            let taking = routes.into_iter().filter(takes);
            taking.map(move |route| (at, route.method, path(route.pattern, variables[at]))).collect::<Vec<_>>()
        };
        all.into_iter().enumerate().flat_map(of).collect()
    })
}

/// A body, handed to every method that takes one.
pub fn json(input: &[u8]) {
    let dialects = dialects();
    for (at, method, path) in routes() {
        for (name, value) in
            [("content-type", "application/json"), ("content-type", "application/x-www-form-urlencoded")]
        {
            let fields = [("authorization", "Bearer t"), ("apikey", "k"), (name, value)];
            let _ = ask(&*dialects[*at], *method, path, "", &fields, input);
        }
    }
}

/// RM's XML.
pub fn xml(input: &[u8]) {
    let dialects = dialects();
    for (at, method, path) in routes().iter().filter(|(at, ..)| *at == 1) {
        let fields =
            [("authorization", "OAuth2 t"), ("content-type", "application/xml"), ("accept", "application/xml")];
        let _ = ask(&*dialects[*at], *method, path, "", &fields, input);
    }
}

/// What is written as XML is read as what it was: a group with these texts is shown as XML, sent back just so, and has not
/// changed, but for characters that no XML can hold (documented).
pub fn xml_round_trip(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (name, description) = text.split_once('\n').unwrap_or((text, ""));
    let directory = MemoryDirectory::new();
    directory.grant("rm", CredentialKind::Token, "t", Rights::FULL, None);
    let send = |method: &str, target: &str, media: &str, body: &[u8]| {
        let fields = [("Authorization", "OAuth2 t"), ("Content-Type", media), ("Accept", media)];
        exchange(&Rm::new(), directory.core(NOW), method, target, &fields, body)
    };
    let body = serde_json::json!({ "Name": name, "Description": description }).to_string();
    let made = send("POST", GROUPS, "application/json", body.as_bytes());
    assert!(made.status < 500, "{}", made.status);
    let groups = directory.groups();
    let Some(before) = groups.first() else {
        assert!((400..500).contains(&made.status), "{}", made.status);
        return;
    };
    let target = format!("{GROUPS}/{}", before.id);
    let shown = send("GET", &target, "application/xml", b"");
    assert_eq!(shown.status, 200);
    let again = send("PUT", &target, "application/xml", &shown.body);
    let told = || format!("{name:?} {description:?}: {}", String::from_utf8_lossy(&shown.body));
    assert!((200..300).contains(&again.status), "{}: {}", told(), String::from_utf8_lossy(&again.body));
    let said = |group: &Group| (group.name.clone(), group.description.clone());
    let after: Vec<_> = directory.groups().iter().map(said).collect();
    let (name, description) = said(before);
    assert_eq!(after, [(in_xml(&name), in_xml(&description))], "{}", told());
}

/// A text as XML 1.0 can hold it: a replacement character for each that it cannot.
fn in_xml(text: &str) -> String {
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if legal(c) { c } else { '\u{fffd}' }).collect()
}
