//! Groups that are joined, and the tokens of those who join them.
#![allow(dead_code, clippy::expect_used, reason = "each test file uses its own part; a panic is how a test fails")]

use dialect::Reply;
use dialect::access::{CredentialKind, Rights};
use dialect_elance::{Elance, Settings};
use testkit::MemoryDirectory;

/// The time of all requests.
pub const NOW: i64 = 1_400_000_000;

/// The group 1116 is owned by `sponsor`, who is no freelancer; in it stand `t_mosby` as a member, `asking` as one who
/// has asked, and `banned`. `newcomer` is nothing there. Each of them has a token of that name, `nobody` is nobody's.
pub fn directory() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    directory.load_ndjson(include_str!("../groups.ndjson"), NOW).expect("good lines");
    for (number, name) in [(11, "sponsor"), (12, "t_mosby"), (13, "asking"), (14, "banned"), (15, "newcomer")] {
        directory.grant("elance", CredentialKind::Token, name, Rights::USER, Some(number));
    }
    directory.grant("elance", CredentialKind::Token, "nobody", Rights::USER, None);
    directory.grant("elance", CredentialKind::Token, "nothing", Rights::NONE, Some(12));
    directory
}

/// Sends a request with the token of that name.
pub fn send(directory: &MemoryDirectory, name: &str, method: &str, path: &str, body: &str) -> Reply {
    let separator = if path.contains('?') { '&' } else { '?' };
    let target = format!("{path}{separator}access_token={name}");
    let elance = Elance::new(Settings::default());
    testkit::exchange(&elance, directory.core(NOW), method, &target, &[], body.as_bytes())
}

/// The body of a reply.
pub fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.clone()).expect("UTF-8")
}
