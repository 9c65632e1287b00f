//! Groups through the CometChat dialect, byte for byte: listed, looked at, made, changed, passed on, deleted.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use dialect_cometchat::CometChat;
use support::{AUTH_ONLY, KEY, NOW, key, user, world};
use testkit::golden::{Case, check};

#[test]
fn lists() {
    let list = |name, query| key(name, "GET", query, "");
    let as_pat = |name, query| list(name, query).header("onBehalfOf", "Pat");
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            list("groups/list", "/v3/groups"),
            as_pat("groups/list-on-behalf-of", "/v3/groups?withTags=true"),
            list("groups/list-with-private", "/v3/groups").header("onBehalfOf", "sam"),
            user("otto", "groups/list-as-an-outsider", "GET", "/v3.0/groups", ""),
            as_pat("groups/list-joined", "/v3/groups?hasJoined=true"),
            as_pat("groups/list-not-only-joined", "/v3/groups?hasJoined=false&perPage=1&page=2"),
            user("bert", "groups/list-of-the-banned", "GET", "/v3.0/groups?per_page=30&hasJoined=1&page=1", ""),
            list("groups/list-tags", "/v3/groups?tags=vip,none&withTags=1"),
            list("groups/list-types", "/v3/groups?types=private,password&type=private"),
            list("groups/list-search", "/v3/groups?searchKey=CLUB&searchIn=name"),
            list("groups/list-sorted", "/v3/groups?sortBy=name&sortOrder=desc"),
            list("groups/list-changed", "/v3/groups?updatedAt=1610000002&affix=append"),
            list("groups/list-past-the-end", "/v3/groups?page=7&limit=2"),
            list("groups/list-joined-by-nobody", "/v3/groups?hasJoined=1"),
            list("groups/list-bad-type", "/v3/groups?type=secret"),
            list("groups/list-bad-types", "/v3/groups?types[]=secret"),
            list("groups/list-bad-sort", "/v3/groups?sortBy=membersCount"),
            list("groups/list-bad-order", "/v3/groups?sortOrder=random"),
            list("groups/list-bad-flag", "/v3/groups?withTags=yes"),
            list("groups/list-bad-page", "/v3/groups?page=0"),
            list("groups/list-bad-size", "/v3/groups?limit=ten"),
            Case::get("groups/list-small-key", "/v3/groups").header("apikey", AUTH_ONLY),
            Case::get("groups/list-nobody", "/v3/groups"),
        ],
    );
}

#[test]
fn one() {
    let get = |name, uid| user(uid, name, "GET", "/v3.0/groups/Club", "");
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            key("groups/get", "GET", "/v3/groups/club", ""),
            get("groups/get-as-a-member", "mel"),
            get("groups/get-as-the-banned", "bert"),
            get("groups/get-as-an-outsider", "otto"),
            key("groups/get-nobodys", "GET", "/v3/groups/nobodys", ""),
            key("groups/get-unknown", "GET", "/v3/groups/nowhere", ""),
            key("groups/get-illegal", "GET", "/v3/groups/n.o", ""),
            key("groups/get-for-an-unknown-user", "GET", "/v3/groups/club", "").header("onBehalfOf", "nobody"),
            user("no-such-token", "groups/get-unknown-token", "GET", "/v3.0/groups/club", ""),
        ],
    );
}

/// What the SDK sends, and what scripts send.
#[test]
fn making() {
    let make = |name, body| key(name, "POST", "/v3/groups", body);
    let sdk = r#"{"hasJoined":false,"membersCount":0,"isBanned":false,"guid":"New-One","name":"New","type":"public","owner":"zoe"}"#;
    let full = r#"{"guid":"full","name":"Füll \"x\"","type":"private","icon":"https://example.org/i.png",
        "description":"d","metadata":{"z":[1,{"k":"ü"}],"a":1.5},"tags":["b","a"],"owner":"Ada"}"#;
    let members = r#"{"guid":"crowd","name":"Crowd","members":{"admins":["bea"],"moderators":["mel","bea"],
        "participants":["Pat","nobody","n.o","ada"],"usersToBan":["bert"]},"owner":"ada"}"#;
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            user("otto", "groups/create-by-a-user", "POST", "/v3.0/groups", sdk),
            make("groups/create", r#"{"guid":"plain","name":"Plain","type":"public"}"#),
            make("groups/create-full", full),
            make("groups/create-with-members", members),
            make("groups/create-with-an-array", r#"{"guid":"few","name":"Few","type":"public","members":["pat"]}"#),
            make("groups/create-on-behalf-of", r#"{"guid":"zs","name":"Zoe's"}"#).header("onBehalfOf", "zoe"),
            make("groups/create-of-the-system", r#"{"guid":"sys","name":"System's","owner":"app_system"}"#),
            make(
                "groups/create-with-a-password",
                r#"{"guid":"vault","name":"V","type":"PASSWORD","password":"sésame"}"#,
            ),
            make("groups/create-again", r#"{"guid":"PLAIN","name":"Plain","type":"public"}"#),
            make("groups/create-without-password", r#"{"guid":"open","name":"O","type":"password","password":""}"#),
            make("groups/create-for-nobody", r#"{"guid":"x","name":"X","owner":"nobody"}"#),
            make("groups/create-for-an-illegal-uid", r#"{"guid":"x","name":"X","owner":"N.o"}"#),
            make("groups/create-empty", ""),
            make("groups/create-no-name", r#"{"guid":"x"}"#),
            make("groups/create-bad-guid", r#"{"guid":"x y","name":"X"}"#),
            make("groups/create-bad-type", r#"{"guid":"x","name":"X","type":"secret"}"#),
            make("groups/create-bad-tags", r#"{"guid":"x","name":"X","tags":"a"}"#),
            make("groups/create-bad-members", r#"{"guid":"x","name":"X","members":{"admins":"ada"}}"#),
            make("groups/create-bad-json", r#"{"guid":"x""#),
            make("groups/create-bad-metadata", r#"{"guid":"x","name":"X","metadata":[1]}"#),
            Case::request("groups/create-small-key", "POST", "/v3/groups")
                .header("apikey", AUTH_ONLY)
                .body(br#"{"guid":"x","name":"X"}"#),
            key("groups/create-all-of-them", "GET", "/v3/groups?updatedAt=1650000000&withTags=1", ""),
        ],
    );
}

#[test]
fn limits_of_the_contract() {
    let of =
        |field: &str, length: usize| format!(r#"{{"guid":"g{length}","name":"n","{field}":"{}"}}"#, "é".repeat(length));
    let named = |length: usize| format!(r#"{{"guid":"n{length}","name":"{}"}}"#, "é".repeat(length));
    let bodies = [
        ("groups/longest-name", named(100)),
        ("groups/too-long-a-name", named(101)),
        ("groups/longest-description", of("description", 255)),
        ("groups/too-long-a-description", of("description", 256)),
        ("groups/too-long-an-icon", of("icon", 3001)),
        ("groups/too-long-a-password", of("password", 257)),
    ];
    let cases = bodies.each_ref().map(|(name, body)| key(name, "POST", "/v3/groups", body));
    check(&CometChat::new(), world().core(NOW), &cases);
}

#[test]
fn changing() {
    let edit = |name, uid, body| user(uid, name, "PUT", "/v3.0/groups/club", body);
    let by_key = |name, body| key(name, "PUT", "/v3/groups/club", body);
    let echo = r#"{"hasJoined":true,"membersCount":77,"isBanned":false,"guid":"club","name":"Better Club","type":"public",
        "icon":"https://example.org/club.png","description":"for friends","scope":"admin","joinedAt":1,
        "conversationId":"group_club","createdAt":1,"owner":"otto","tags":["fun"]}"#;
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            edit("groups/edit-by-the-owner", "ada", echo),
            edit("groups/edit-by-an-admin", "bea", r#"{"unset":["icon","metadata"],"description":"","tags":[]}"#),
            edit("groups/edit-nothing", "bea", "{}"),
            edit("groups/edit-by-a-moderator", "mel", r#"{"name":"x"}"#),
            edit("groups/edit-by-a-participant", "pat", r#"{"name":"x"}"#),
            edit("groups/edit-by-the-banned", "bert", r#"{"name":"x"}"#),
            edit("groups/edit-by-an-outsider", "otto", r#"{"name":"x"}"#),
            edit("groups/edit-unset-both", "ada", r#"{"unset":["icon","description"],"icon":"x"}"#),
            edit("groups/edit-no-name", "ada", r#"{"name":""}"#),
            edit("groups/edit-unset-name", "ada", r#"{"unset":["name"]}"#),
            edit("groups/edit-number-for-name", "ada", r#"{"name":5}"#),
            by_key("groups/edit-needs-a-password", r#"{"type":"password"}"#),
            by_key("groups/edit-gets-a-password", r#"{"type":"password","password":"x"}"#),
            by_key("groups/edit-keeps-its-password", r#"{"type":"password","name":"Locked Club"}"#),
            by_key("groups/edit-owner", r#"{"owner":"zoe"}"#),
            by_key("groups/edit-owner-unknown", r#"{"owner":"nobody"}"#),
            by_key("groups/edit-owner-away", r#"{"owner":"app_system"}"#),
            key("groups/edit-owner-still-away", "PUT", "/v3/groups/nobodys", r#"{"owner":"app_system","name":"N"}"#),
            key("groups/edit-unknown", "PUT", "/v3/groups/nowhere", "{}"),
        ],
    );
}

#[test]
fn passing_on() {
    let pass = |name, uid, body| user(uid, name, "PATCH", "/v3.0/groups/club/owner", body);
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            pass("groups/pass-on-by-an-admin", "bea", r#"{"owner":"bea"}"#),
            pass("groups/pass-on-by-an-outsider", "otto", r#"{"owner":"otto"}"#),
            pass("groups/pass-on-to-an-outsider", "ada", r#"{"owner":"otto"}"#),
            pass("groups/pass-on-to-nobody", "ada", r#"{"owner":"nobody"}"#),
            pass("groups/pass-on-to-no-one", "ada", ""),
            pass("groups/pass-on", "ada", r#"{"owner":"Pat"}"#),
            pass("groups/pass-on-too-late", "ada", r#"{"owner":"bea"}"#),
            key("groups/pass-on-by-a-key", "PATCH", "/v3/groups/club/owner", r#"{"owner":"mel"}"#),
            key("groups/pass-on-afterwards", "GET", "/v3/groups/club/members?scopes=admin", ""),
            key("groups/pass-on-unknown", "PATCH", "/v3/groups/nowhere/owner", r#"{"owner":"mel"}"#),
        ],
    );
}

#[test]
fn deleting() {
    let delete = |name, uid| user(uid, name, "DELETE", "/v3.0/groups/club", "");
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            delete("groups/delete-by-an-admin", "bea"),
            delete("groups/delete-by-the-banned", "bert"),
            delete("groups/delete-by-an-outsider", "otto"),
            delete("groups/delete", "ada"),
            delete("groups/delete-again", "ada"),
            key("groups/delete-by-a-key", "DELETE", "/v3/groups/CELLAR", ""),
            key("groups/delete-what-is-left", "GET", "/v3/groups", ""),
            Case::request("groups/delete-by-nobody", "DELETE", "/v3/groups/nobodys"),
            key("groups/delete-for-somebody", "DELETE", "/v3/groups/nobodys", "").header("onBehalfOf", "zoe"),
        ],
    );
}

/// A page and a single group agree, whoever looks.
#[test]
fn the_key_that_acts_for_somebody_sees_what_that_one_sees() {
    let directory = world();
    let core = directory.core(NOW);
    let headers = [("apikey", KEY), ("onBehalfOf", "mel")];
    let by_key = testkit::exchange(&CometChat::new(), core, "GET", "/v3/groups/club", &headers, b"");
    let by_token = testkit::exchange(&CometChat::new(), core, "GET", "/v3/groups/club", &[("authToken", "mel")], b"");
    assert_eq!(by_key, by_token);
}
