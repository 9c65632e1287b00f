//! Requests without a server.
#![allow(dead_code, clippy::expect_used, reason = "each test file uses its own part; a panic is how a test fails")]

use dialect::access::{CredentialKind, Rights};
use dialect::{Dialect, Headers, Method, Parsed, Refusal, Reply, Request};
use dialect_rm::Rm;
use testkit::MemoryDirectory;

/// The time of all requests.
pub const NOW: i64 = 1_700_000_100;
/// Below it lie the groups.
pub const GROUPS: &str = "/api/Organization/groups";
/// Below it lie the people.
pub const PEOPLE: &str = "/api/Organization/people";
/// The group that Joseph Parks owns, with him and Mary Dawson in it.
pub const IT: &str = "00000000-0000-4000-8000-0000000000a1";
/// A group without an owner and members.
pub const HR: &str = "00000000-0000-4000-8000-0000000000a2";
/// A group that Mary Dawson owns.
pub const AUDIT: &str = "00000000-0000-4000-8000-0000000000a3";
/// Joseph Parks.
pub const JOSEPH: &str = "00000000-0000-4000-8000-000000000001";
/// Mary Dawson.
pub const MARY: &str = "00000000-0000-4000-8000-000000000002";
/// One of two John Smiths.
pub const JOHN: &str = "00000000-0000-4000-8000-000000000003";
/// The other one, who has no e-mail.
pub const OTHER_JOHN: &str = "00000000-0000-4000-8000-000000000004";
/// Banned from the IT Team.
pub const BANNED: &str = "00000000-0000-4000-8000-000000000005";
/// Nobody's, and no group's.
pub const NOBODY: &str = "00000000-0000-4000-8000-0000000000ff";

/// Three groups and five people. The credential `good` is an application's, `user` one that may not administer.
pub fn organization() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    directory.load_ndjson(include_str!("../data/organization.ndjson"), NOW).expect("good lines");
    directory.grant("rm", CredentialKind::Token, "good", Rights::FULL, None);
    directory.grant("rm", CredentialKind::Token, "user", Rights::USER, Some(4));
    directory.grant("rm", CredentialKind::Token, "nothing", Rights::NONE, None);
    directory
}

/// Sends a request with the credential `good`.
pub fn send(directory: &MemoryDirectory, method: &str, target: &str, body: &str) -> Reply {
    let headers = [("Authorization", "OAuth2 good"), ("Content-Type", "application/json")];
    testkit::exchange(&Rm::new(), directory.core(NOW), method, target, &headers, body.as_bytes())
}

/// What a `GET` with the credential `good` answers, as JSON.
pub fn shown(directory: &MemoryDirectory, target: &str) -> serde_json::Value {
    let reply = send(directory, "GET", target, "");
    assert_eq!(reply.status, 200, "{target}");
    serde_json::from_slice(&reply.body).expect("JSON")
}

/// `error_code` and `parameter_name` of a 400.
pub fn fault(reply: &Reply) -> (String, String) {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
    assert_eq!((reply.status, &body["error"]), (400, &"invalid_request".into()), "{body}");
    let named = &body["app_errors"][0];
    let text = |name: &str| named[name].as_str().unwrap_or_default().to_owned();
    (text("error_code"), text("parameter_name"))
}

/// Hands a request to `Rm::parse`.
pub fn parse(method: &str, path: &str, query: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Parsed, Refusal> {
    let headers: &dyn Headers = &headers;
    Rm::new().parse(&Request { method: Method::from_name(method), path, query, prefix: "", headers, body })
}

/// Has `Rm` write a refusal for a request with these fields in its header.
pub fn refuse(refusal: &Refusal, headers: &[(&str, &str)]) -> Reply {
    let headers: &dyn Headers = &headers;
    Rm::new().refuse(
        &Request { method: Method::Get, path: "/api/Organization", query: "", prefix: "", headers, body: b"" },
        refusal,
    )
}

/// Every byte but letters and digits as `%XX`.
pub fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
