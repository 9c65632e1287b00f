//! Memberships through the CometChat dialect, byte for byte: adding, joining, leaving, scopes, kicks and bans.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use dialect_cometchat::CometChat;
use support::{AUTH_ONLY, NOW, key, user, world};
use testkit::golden::{Case, check};

const MEMBERS: &str = "/v3/groups/club/members";

#[test]
fn adding() {
    let add = |name, uid, body| user(uid, name, "PUT", "/v3.0/groups/club/members", body);
    let by_key = |name, body| key(name, "POST", MEMBERS, body);
    let lists =
        r#"{"admins":["zoe"],"moderators":["Otto","zoe"],"participants":["pat","nobody","bert"],"usersToBan":["sam"]}"#;
    let uids: String = (0..26).map(|n| format!("\"u{n}\"")).collect::<Vec<_>>().join(",");
    let too_many = format!(r#"{{"participants":[{uids}]}}"#);
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            add("memberships/add-by-an-outsider", "sam", r#"{"participants":["sam"]}"#),
            add("memberships/add-by-the-banned", "bert", r#"{"participants":["sam"]}"#),
            add("memberships/ban-by-a-participant", "pat", r#"{"usersToBan":["bea","nobody"]}"#),
            add("memberships/add-by-a-user", "bea", lists),
            add("memberships/add-again", "bea", lists),
            add("memberships/add-nobody", "bea", "{}"),
            add("memberships/add-by-a-moderator", "mel", r#"{"participants":["zoe","nobody"]}"#),
            add("memberships/add-by-a-participant", "pat", r#"{"participants":["zoe"],"usersToBan":["mel"]}"#),
            add("memberships/ban-by-a-moderator", "mel", r#"{"usersToBan":["pat","bea","ada","mel"]}"#),
            add("memberships/ban-the-last", "ada", r#"{"usersToBan":["ada","bea"]}"#),
            by_key("memberships/add-by-a-key", r#"{"participants":["bea","bert"],"moderators":["pat"]}"#),
            key("memberships/add-to-another", "POST", "/v3/groups/nobodys/members", r#"{"members":["pat"]}"#),
            key("memberships/add-on-behalf-of", "POST", "/v3/groups/cellar/members", r#"{"admins":["zoe"]}"#)
                .header("onBehalfOf", "sam"),
            key(
                "memberships/add-on-behalf-of-an-outsider",
                "POST",
                "/v3/groups/cellar/members",
                r#"{"admins":["pat"]}"#,
            )
            .header("onBehalfOf", "pat"),
            key("memberships/add-by-put", "PUT", "/v3/groups/cellar/members", r#"{"participants":["mel"]}"#),
            by_key("memberships/add-strange-uids", "{\"participants\":[\"a\\u0000\",\"\",\"n.o\"]}"),
            by_key("memberships/add-too-many", &too_many),
            by_key("memberships/add-bad-list", r#"{"admins":"zoe"}"#),
            by_key("memberships/add-bad-json", "[]"),
            key("memberships/add-unknown-group", "POST", "/v3/groups/nowhere/members", r#"{"admins":["zoe"]}"#),
            key("memberships/add-afterwards", "GET", MEMBERS, ""),
        ],
    );
}

#[test]
fn joining_and_leaving() {
    let join = |name, uid, group, body| user(uid, name, "POST", group, body);
    let leave = |name, uid| user(uid, name, "DELETE", "/v3.0/groups/club/members", "");
    let echo = r#"{"hasJoined":false,"membersCount":0,"isBanned":false,"guid":"club","name":"name","type":"public"}"#;
    let (club, cellar, vault) =
        ("/v3.0/groups/club/members", "/v3.0/groups/cellar/members", "/v3.0/groups/vault/members");
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            join("memberships/join", "otto", club, echo),
            join("memberships/join-again", "otto", club, echo),
            join("memberships/join-banned", "bert", club, echo),
            join("memberships/join-private", "otto", cellar, ""),
            join("memberships/join-unknown", "otto", "/v3.0/groups/nowhere/members", ""),
            key(
                "memberships/join-make-a-vault",
                "POST",
                "/v3/groups",
                r#"{"guid":"vault","name":"V","type":"password","password":"sésame"}"#,
            ),
            join("memberships/join-without-password", "otto", vault, ""),
            join("memberships/join-empty-password", "otto", vault, r#"{"password":""}"#),
            join("memberships/join-wrong-password", "otto", vault, r#"{"password":"sesame"}"#),
            join("memberships/join-right-password", "otto", vault, r#"{"password":"sésame","type":"password"}"#),
            join("memberships/join-bad-password", "otto", vault, r#"{"password":5}"#),
            leave("memberships/leave", "otto"),
            leave("memberships/leave-again", "otto"),
            leave("memberships/leave-banned", "bert"),
            leave("memberships/leave-as-the-owner", "ada"),
            key("memberships/leave-on-behalf-of", "DELETE", MEMBERS, "").header("onBehalfOf", "pat"),
            key("memberships/leave-as-nobody", "DELETE", MEMBERS, ""),
            key("memberships/leave-the-last-admin", "DELETE", MEMBERS, "").header("onBehalfOf", "bea"),
            key("memberships/leave-afterwards", "GET", "/v3/groups?hasJoined=1", "").header("onBehalfOf", "otto"),
        ],
    );
}

#[test]
fn scopes() {
    let set = |name, uid, member, body| user(uid, name, "PUT", member, body);
    let (pat, bea, ada) =
        ("/v3.0/groups/club/members/Pat", "/v3.0/groups/club/members/bea", "/v3.0/groups/club/members/ada");
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            set("memberships/scope-by-a-participant", "pat", bea, r#"{"scope":"participant"}"#),
            set("memberships/scope-by-a-moderator", "mel", pat, r#"{"scope":"admin"}"#),
            set("memberships/scope-by-an-outsider", "otto", pat, r#"{"scope":"admin"}"#),
            set("memberships/scope", "bea", pat, r#"{"scope":"Moderator"}"#),
            set("memberships/scope-again", "bea", pat, r#"{"scope":"moderator"}"#),
            set("memberships/scope-of-oneself", "bea", bea, r#"{"scope":"participant"}"#),
            set("memberships/scope-of-the-owner", "bea", ada, r#"{"scope":"participant"}"#),
            set("memberships/scope-of-an-outsider", "bea", "/v3/groups/club/members/otto", r#"{"scope":"admin"}"#),
            set("memberships/scope-of-the-banned", "bea", "/v3/groups/club/members/bert", r#"{"scope":"admin"}"#),
            set("memberships/scope-of-nobody", "bea", "/v3/groups/club/members/nobody", r#"{"scope":"admin"}"#),
            set("memberships/scope-none", "bea", pat, "{}"),
            set("memberships/scope-bad", "bea", pat, r#"{"scope":"owner"}"#),
            key("memberships/scope-by-a-key", "PUT", pat, r#"{"scope":"participant"}"#),
            key("memberships/scope-of-the-owner-by-a-key", "PUT", ada, r#"{"scope":"participant"}"#),
            key("memberships/scope-unknown-group", "PUT", "/v3/groups/nowhere/members/pat", r#"{"scope":"admin"}"#),
        ],
    );
}

#[test]
fn looking_at_one() {
    let one = |name, uid| key(name, "GET", uid, "");
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            one("memberships/one", "/v3/groups/club/members/PAT"),
            one("memberships/one-on-behalf-of", "/v3/groups/club/members/pat").header("onBehalfOf", "bea"),
            user("pat", "memberships/one-is-me", "GET", "/v3.0/groups/club/members/pat", ""),
            one("memberships/one-outside", "/v3/groups/club/members/otto"),
            one("memberships/one-banned", "/v3/groups/club/members/bert"),
            one("memberships/one-unknown", "/v3/groups/club/members/nobody"),
            one("memberships/one-unknown-group", "/v3/groups/nowhere/members/pat"),
        ],
    );
}

#[test]
fn kicking() {
    let kick = |name, uid, member| user(uid, name, "DELETE", member, "");
    let (pat, mel, bea, ada) = (
        "/v3.0/groups/club/members/pat",
        "/v3.0/groups/club/members/mel",
        "/v3.0/groups/club/members/bea",
        "/v3.0/groups/club/members/ada",
    );
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            kick("memberships/kick-by-a-participant", "pat", mel),
            kick("memberships/kick-by-an-outsider", "otto", mel),
            kick("memberships/kick-by-the-banned", "bert", mel),
            kick("memberships/kick-an-admin-by-a-moderator", "mel", bea),
            kick("memberships/kick-the-owner", "bea", ada),
            kick("memberships/kick-oneself", "bea", bea),
            kick("memberships/kick", "mel", pat),
            kick("memberships/kick-again", "mel", pat),
            kick("memberships/kick-nobody", "bea", "/v3/groups/club/members/nobody"),
            key("memberships/kick-by-a-key", "DELETE", mel, ""),
            key("memberships/kick-some", "DELETE", MEMBERS, r#"{"members":["BEA","otto","nobody","ada"]}"#),
            key("memberships/kick-some-on-behalf-of", "DELETE", MEMBERS, r#"{"members":["ada"]}"#)
                .header("onBehalfOf", "otto"),
            key("memberships/kick-bad-list", "DELETE", MEMBERS, r#"{"members":"ada"}"#),
            key("memberships/kick-afterwards", "GET", MEMBERS, ""),
        ],
    );
}

#[test]
fn bans() {
    let ban = |name, uid, banned| user(uid, name, "POST", banned, "");
    let unban = |name, uid, banned| user(uid, name, "DELETE", banned, "");
    let list = |name, query| key(name, "GET", query, "");
    let (pat, bea, bert) = (
        "/v3.0/groups/club/bannedusers/pat",
        "/v3.0/groups/club/bannedusers/bea",
        "/v3.0/groups/club/bannedusers/Bert",
    );
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            ban("memberships/ban-by-one-participant", "pat", bea),
            ban("memberships/ban-by-an-outsider", "otto", bea),
            ban("memberships/ban-an-admin-by-a-moderator", "mel", bea),
            ban("memberships/ban", "mel", pat),
            ban("memberships/ban-again", "mel", pat),
            ban("memberships/ban-an-outsider", "bea", "/v3.0/groups/club/banned_members/otto"),
            ban("memberships/ban-nobody", "bea", "/v3.0/groups/club/bannedusers/nobody"),
            ban("memberships/ban-the-owner", "bea", "/v3.0/groups/club/bannedusers/ada"),
            list("memberships/banned", "/v3/groups/club/bannedusers"),
            list("memberships/banned-as-somebody", "/v3/groups/club/banned_members?searchKey=O&perPage=1")
                .header("onBehalfOf", "bea"),
            user(
                "ada",
                "memberships/banned-as-the-sdk-asks",
                "GET",
                "/v3.0/groups/club/bannedusers?per_page=2&page=2",
                "",
            ),
            list("memberships/banned-none", "/v3/groups/cellar/bannedusers"),
            list("memberships/banned-bad-page", "/v3/groups/club/bannedusers?page=0"),
            list("memberships/banned-unknown-group", "/v3/groups/nowhere/bannedusers"),
            unban("memberships/unban-by-a-stranger", "sam", bert),
            unban("memberships/unban", "mel", bert),
            unban("memberships/unban-again", "mel", bert),
            key("memberships/unban-by-a-key", "DELETE", "/v3/groups/club/banned_members/otto", ""),
            user("bert", "memberships/unbanned-may-join", "POST", "/v3.0/groups/club/members", ""),
            Case::request("memberships/ban-small-key", "POST", pat).header("apikey", AUTH_ONLY),
            Case::request("memberships/ban-by-post-to-the-list", "POST", "/v3/groups/club/bannedusers")
                .header("apikey", AUTH_ONLY),
        ],
    );
}
