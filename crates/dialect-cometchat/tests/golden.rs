//! Whole replies of the CometChat dialect, byte for byte. The four rows that the documents print are the group
//! `heroes`; the rest of the directory is made for the edges.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

use dialect::access::{CredentialKind, Rights};
use dialect::{Dialect, Method, Refusal, Request};
use dialect_cometchat::CometChat;
use testkit::MemoryDirectory;
use testkit::golden::{Case, check, print};

const KEY: &str = "0123456789abcdef0123456789abcdef01234567";
const NOW: i64 = 1_700_000_100;

fn directory() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    directory.load_ndjson(include_str!("members.ndjson"), NOW).expect("good lines");
    directory.grant("cometchat", CredentialKind::Key, KEY, Rights::FULL, None);
    directory.grant("cometchat", CredentialKind::Key, "auth-only", Rights::MINT_ONLY, None);
    directory.grant("cometchat", CredentialKind::Token, "user", Rights::USER, Some(14));
    directory.grant("cometchat", CredentialKind::Token, "blocked", Rights::USER, Some(32));
    directory.grant("elance", CredentialKind::Key, "foreign", Rights::FULL, None);
    directory
}

#[test]
fn replies_to_a_good_key() {
    let cases = [
        ("heroes", "/v3/groups/heroes/members"),
        ("second-page", "/v3.0/groups/Heroes/members?per_page=3&page=2"),
        ("past-the-end", "/v3/groups/heroes/members?perPage=3&page=3"),
        ("far-past-the-end", "/v3/groups/heroes/members?page=99999999999999999999"),
        ("largest-page", "/v3/groups/empty/members?perPage=1001"),
        ("size-zero", "/v3/groups/empty/members?perPage=0"),
        ("edges", "/v3/groups/edges_3-x/members"),
        ("scopes", "/v3/groups/heroes/members?scopes=admin,moderator&perPage=1"),
        ("scopes-axios", "/v3/groups/heroes/members?scopes%5B%5D=admin&status=offline"),
        ("online", "/v3/groups/edges_3-x/members?status=online"),
        ("search-name", "/v3/groups/heroes/members?searchKey=CYC"),
        ("search-uid", "/v3/groups/heroes/members?searchKey=hero5"),
        ("search-signs", "/v3/groups/edges_3-x/members?searchKey=0%25_z"),
        ("changed-after", "/v3/groups/heroes/members?updatedAt=1630308676&affix=append"),
        ("changed-before", "/v3/groups/heroes/members?updatedAt=1638351060&affix=prepend&perPage=2"),
        ("bad-size", "/v3/groups/heroes/members?perPage=-1"),
        ("bad-size-of-the-sdk", "/v3/groups/heroes/members?per_page=x"),
        ("page-zero", "/v3/groups/heroes/members?page=0"),
        ("page-twice", "/v3/groups/heroes/members?page=1&page=1"),
        ("bad-status", "/v3/groups/heroes/members?status=away"),
        ("bad-scope", "/v3/groups/heroes/members?scopes[]=owner"),
        ("bad-affix", "/v3/groups/heroes/members?updatedAt=1&affix=both"),
        ("unknown-group", "/v3/groups/nobody/members"),
        ("illegal-group", "/v3/groups/h%C3%A9ros%00/members"),
        ("no-such-method", "/v3/conversations"),
        ("bare-mount", "/v3.0"),
    ]
    .map(|(name, target)| Case::get(name, target).header("apiKey", KEY));
    check(&CometChat::new(), directory().core(NOW), &cases);
}

#[test]
fn replies_to_viewers() {
    let members = "/v3/groups/heroes/members";
    check(
        &CometChat::new(),
        directory().core(NOW),
        &[
            Case::get("on-behalf-of", members).header("apikey", KEY).header("onBehalfOf", "SuperHero4"),
            Case::get("user", "/v3.0/groups/heroes/members?per_page=1&page=4").header("authToken", "user"),
            Case::get("key-before-user", "/v3/groups/heroes/members?perPage=1&page=4")
                .header("apikey", KEY)
                .header("authToken", "user"),
            Case::get("on-behalf-of-nobody", members).header("apikey", KEY).header("onBehalfOf", "Nobody"),
        ],
    );
}

#[test]
fn replies_to_others() {
    let members = "/v3/groups/heroes/members";
    let long = format!("{members}?searchKey={}", "a".repeat(16 * 1024));
    check(
        &CometChat::new(),
        directory().core(NOW),
        &[
            Case::get("no-key", members),
            Case::get("empty-key", members).header("apikey", "").header("authToken", ""),
            Case::get("empty-token", members).header("authToken", ""),
            Case::get("unknown-key", members).header("apikey", "nobody").header("authToken", "user"),
            Case::get("foreign-key", members).header("apikey", "foreign"),
            Case::get("unknown-token", members).header("authToken", KEY),
            Case::get("small-key", members).header("apikey", "auth-only"),
            Case::get("closed-account", members).header("authToken", "blocked"),
            Case::request("wrong-method", "PATCH", members).header("apikey", KEY),
            Case::get("long-address", &long).header("apikey", KEY),
            Case::request("preflight", "OPTIONS", members)
                .header("origin", "https://example.com")
                .header("access-control-request-method", "GET")
                .header("access-control-request-headers", "apikey"),
        ],
    );
}

/// What no request can bring about here: the server and the core say so.
#[test]
fn replies_to_faults() {
    let request = Request {
        method: Method::Get,
        path: "/v3/groups",
        query: "",
        prefix: "",
        headers: &[("apikey", KEY)].as_slice(),
        body: b"",
    };
    for (refusal, status, code, later) in [
        (Refusal::BodyTooLarge(1024), 413, "ERR_BAD_REQUEST", None),
        (Refusal::TooManyRequests(7), 429, "ERR_TOO_MANY_REQUESTS", Some("7")),
        (Refusal::Internal, 500, "ERR_EXCEPTION", None),
        (Refusal::Unavailable(30), 503, "ERR_OPERATION_FAILED", Some("30")),
    ] {
        let mut reply = CometChat::new().refuse(&request, &refusal);
        CometChat::new().finish(&request, &mut reply);
        let printed = String::from_utf8(print(&reply)).expect("UTF-8");
        let retry = later.map(|seconds| format!("retry-after: {seconds}\n")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {status}\ncontent-type: application/json\n{retry}access-control-allow-origin: *\n\
             access-control-expose-headers: Retry-After, X-Rate-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset\n\n{{\"error\":{{\"code\":\"{code}\",\"message\":\""
        );
        assert!(printed.starts_with(&head) && printed.ends_with(r#","source":"chat-api"}}"#), "{printed}");
    }
}

/// The rows of the sample data are the documents', field by field, as superhero4 sees them.
#[test]
fn the_documents_rows_are_in_the_sample_data() {
    let directory = testkit::sample::directory();
    directory.grant("cometchat", CredentialKind::Key, KEY, Rights::FULL, None);
    let target = format!("/v3/groups/{}/members?perPage=1000", membership::sample::GROUP_GUID);
    let headers = [("apikey", KEY), ("onBehalfOf", "superhero4")];
    let reply = testkit::exchange(&CometChat::new(), directory.core(NOW), "GET", &target, &headers, b"");
    let body = String::from_utf8(reply.body).expect("UTF-8");
    for row in [
        concat!(
            r#"{"uid":"superhero2","name":"Captain America","#,
            r#""avatar":"https://data-us.cometchat.io/assets/images/avatars/captainamerica.png","#,
            r#""status":"offline","role":"default","scope":"participant","joinedAt":1638360106,"#,
            r#""createdAt":1629869270,"updatedAt":1630308676,"conversationId":"superhero2_user_superhero4"}"#,
        ),
        concat!(
            r#"{"uid":"superhero3","name":"Captain America","link":"https://data-us.cometchat.io/assets","#,
            r#""avatar":"https://data-us.cometchat.io/assets/images/avatars/captainamerica.png","#,
            r#""metadata":{"contactNumber":"0123456789"},"status":"offline","role":"default","#,
            r#""scope":"participant","joinedAt":1638360106,"createdAt":1629869270,"updatedAt":1638351060,"#,
            r#""conversationId":"superhero3_user_superhero4"}"#,
        ),
        concat!(
            r#"{"uid":"superhero5","name":"Cyclops","#,
            r#""avatar":"https://data-us.cometchat.io/assets/images/avatars/cyclops.png","status":"offline","#,
            r#""role":"default","scope":"moderator","joinedAt":1638360106,"createdAt":1629869270,"#,
            r#""conversationId":"superhero4_user_superhero5"}"#,
        ),
        concat!(
            r#"{"uid":"superhero4","name":"Wolverine","#,
            r#""avatar":"https://data-us.cometchat.io/assets/images/avatars/wolverine.png","status":"offline","#,
            r#""role":"default","scope":"admin","joinedAt":1638359534,"createdAt":1629869270}"#,
        ),
    ] {
        assert!(body.contains(row), "{row}\n is not in\n{body}");
    }
}
