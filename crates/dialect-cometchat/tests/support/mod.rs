//! A small world for the tests of what changes it: a club with everybody that a club may have, and who stands outside.
#![allow(dead_code, reason = "each test file uses its own part of it")]

use dialect::access::{CredentialKind, Rights};
use testkit::MemoryDirectory;
use testkit::golden::Case;

/// A key with every right.
pub const KEY: &str = "0123456789abcdef0123456789abcdef01234567";
/// A key that only makes users and their tokens.
pub const AUTH_ONLY: &str = "auth-only";
/// The time at which everything happens.
pub const NOW: i64 = 1_700_000_100;

/// The uids of all persons. The token of each is its uid.
pub const EVERYBODY: [&str; 8] = ["ada", "bea", "mel", "pat", "otto", "bert", "sam", "zoe"];

/// The club belongs to ada; bea is an admin, mel a moderator, pat a participant, bert banned. Otto, sam and zoe stand
/// outside; sam owns the cellar, which is private and has nobody else.
pub fn world() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    directory.load_ndjson(include_str!("../world.ndjson"), NOW - 50).expect("good lines");
    directory.grant("cometchat", CredentialKind::Key, KEY, Rights::FULL, None);
    directory.grant("cometchat", CredentialKind::Key, AUTH_ONLY, Rights::MINT_ONLY, None);
    for (uid, number) in EVERYBODY.into_iter().zip(1..) {
        directory.grant("cometchat", CredentialKind::Token, uid, Rights::USER, Some(number));
    }
    directory
}

/// A request with the key.
pub fn key<'a>(name: &'a str, method: &'a str, target: &'a str, body: &'a str) -> Case<'a> {
    Case::request(name, method, target).header("apikey", KEY).body(body.as_bytes())
}

/// A request of a user, with the headers of the SDK.
pub fn user<'a>(uid: &'a str, name: &'a str, method: &'a str, target: &'a str, body: &'a str) -> Case<'a> {
    Case::request(name, method, target)
        .header("appId", "app")
        .header("resource", "WEB-4_2_0-1")
        .header("sdk", "javascript@4.2.0")
        .header("authToken", uid)
        .body(body.as_bytes())
}
