//! Users, their tokens, and what they ask about themselves, byte for byte.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use dialect::Reply;
use dialect::access::{Agreed, CredentialKind, Groups, NewCredential, Rights, Secret, Vault};
use dialect_cometchat::CometChat;
use membership::Directory;
use support::{AUTH_ONLY, NOW, key, user, world};
use testkit::MemoryDirectory;
use testkit::golden::{Case, check};

#[test]
fn lists() {
    let list = |name, query| key(name, "GET", query, "");
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            list("users/list", "/v3/users?perPage=3"),
            list("users/list-with-tags", "/v3/users?withTags=true&tags=vip").header("onBehalfOf", "pat"),
            user(
                "ada",
                "users/list-as-the-sdk-asks",
                "GET",
                "/v3.0/users?per_page=30&searchKey=A&withTags=1&uids=ada,PAT,zoe&page=1",
                "",
            ),
            list("users/list-roles", "/v3/users?role=guest&roles[]=none"),
            list("users/list-online", "/v3/users?status=online"),
            list("users/list-search", "/v3/users?searchKey=e&searchIn=uid&sortBy=uid&sortOrder=desc"),
            list("users/list-changed", "/v3/users?updatedAt=1600000007"),
            list("users/list-limit", "/v3/users?limit=2&page=4"),
            list("users/list-bad-status", "/v3/users?status=busy"),
            list("users/list-bad-search", "/v3/users?searchIn=email"),
            Case::get("users/list-small-key", "/v3/users").header("apikey", AUTH_ONLY),
        ],
    );
}

#[test]
fn one() {
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            key("users/get", "GET", "/v3/users/ZOE", ""),
            user("ada", "users/get-as-a-user", "GET", "/v3.0/users/pat", ""),
            user("ada", "users/get-oneself", "GET", "/v3.0/users/ada", ""),
            key("users/get-unknown", "GET", "/v3/users/nobody", ""),
            key("users/get-illegal", "GET", "/v3/users/n%22o", ""),
            key("users/get-the-system", "GET", "/v3/users/app_system", ""),
        ],
    );
}

#[test]
fn making() {
    let make = |name, body| key(name, "POST", "/v3/users", body);
    let full = r#"{"uid":"New-1","name":"Néw","avatar":"https://example.org/a.png","link":"https://example.org/l",
        "role":"king","statusMessage":"hi","metadata":"{\"b\":1,\"a\":[]}","tags":["x"],"email":"ignored@example.org"}"#;
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            make("users/create", r#"{"uid":"plain","name":"Plain"}"#),
            make("users/create-full", full),
            make("users/create-on-behalf-of", r#"{"uid":"third","name":"Third"}"#).header("onBehalfOf", "zoe"),
            Case::request("users/create-small-key", "POST", "/v3/users")
                .header("apikey", AUTH_ONLY)
                .body(br#"{"uid":"fourth","name":"Fourth","withAuthToken":false}"#),
            make("users/create-again", r#"{"uid":"PLAIN","name":"Plain"}"#),
            make("users/create-the-system", r#"{"uid":"app_system","name":"S"}"#),
            make("users/create-no-uid", r#"{"name":"X"}"#),
            make("users/create-no-name", r#"{"uid":"x"}"#),
            make("users/create-empty-name", r#"{"uid":"x","name":""}"#),
            make("users/create-bad-uid", r#"{"uid":"x/y","name":"X"}"#),
            make("users/create-bad-flag", r#"{"uid":"x","name":"X","withAuthToken":"yes"}"#),
            make("users/create-bad-json", "uid=x&name=X"),
            user("ada", "users/create-as-a-user", "POST", "/v3/users", r#"{"uid":"x","name":"X"}"#),
        ],
    );
}

#[test]
fn changing_and_deleting() {
    let edit = |name, uid, body| key(name, "PUT", uid, body);
    let delete = |name, uid| key(name, "DELETE", uid, "");
    let echo = r#"{"hasBlockedMe":false,"blockedByMe":false,"deactivatedAt":0,"uid":"zoe","name":"Zoë","status":"online",
        "role":"queen","lastActiveAt":5}"#;
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            edit("users/edit", "/v3/users/Zoe", echo),
            edit("users/edit-unset", "/v3/users/zoe", r#"{"unset":["metadata"],"tags":[],"statusMessage":"away"}"#)
                .header("onBehalfOf", "ada"),
            edit("users/edit-nothing", "/v3/users/zoe", ""),
            edit("users/edit-unknown", "/v3/users/nobody", r#"{"name":"X"}"#),
            edit("users/edit-bad-unset", "/v3/users/zoe", r#"{"unset":["tags"]}"#),
            edit("users/edit-bad-status", "/v3/users/zoe", r#"{"statusMessage":"\u0000"}"#),
            user("zoe", "users/edit-as-a-user", "PUT", "/v3.0/users/zoe", r#"{"name":"X"}"#),
            Case::request("users/edit-small-key", "PUT", "/v3/users/zoe").header("apikey", AUTH_ONLY).body(b"{}"),
            delete("users/delete-nobody", "/v3/users/nobody"),
            key(
                "users/delete-make-a-club",
                "POST",
                "/v3/groups",
                r#"{"guid":"duo","name":"Duo","owner":"zoe","members":["otto"]}"#,
            ),
            delete("users/delete-the-only-admin", "/v3/users/zoe"),
            delete("users/delete", "/v3/users/ADA").body(br#"{"permanent":true}"#),
            delete("users/delete-again", "/v3/users/ada"),
            user("ada", "users/deleted-tokens-end", "GET", "/v3.0/me", ""),
            key("users/deleted-passes-on", "GET", "/v3/groups/club", ""),
        ],
    );
}

fn ask(directory: &MemoryDirectory, case: &Case<'_>) -> Reply {
    testkit::exchange(&CometChat::new(), directory.core(NOW), case.method, case.target, &case.headers, case.body)
}

fn text(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).expect("UTF-8")
}

/// The token in a reply, and the reply with `TOKEN` in its place.
fn token(reply: &Reply) -> (String, String) {
    let body = text(reply);
    let at = body.find(r#""authToken":""#).expect("a token") + r#""authToken":""#.len();
    let end = at + body[at..].find('"').expect("its end");
    (body[at..end].to_owned(), format!("{}TOKEN{}", &body[..at], &body[end..]))
}

/// A token is different each time, so these replies are compared without it.
#[test]
fn tokens_open_and_end() {
    let directory = world();
    let mint = |body| ask(&directory, &key("", "POST", "/v3/users/Zoe/auth_tokens", body));
    let me = |token: &str| ask(&directory, &user(token, "", "GET", "/v3.0/me", "")).status;
    let (first, body) = token(&mint(""));
    assert_eq!(body, r#"{"data":{"uid":"zoe","authToken":"TOKEN","createdAt":1700000100}}"#);
    let (prefix, random) = first.split_at("zoe_1700000100".len());
    assert_eq!(prefix, "zoe_1700000100");
    assert!(random.len() == 32 && random.bytes().all(|byte| byte.is_ascii_hexdigit()), "128 random bits: {random}");
    let device = r#"{"platform":"javascript","deviceId":"d","appInfo":{"version":"4.2.0"},"force":true}"#;
    let (second, _) = token(&mint(device));
    assert_ne!(first, second);
    assert_eq!((me(&first), me(&second)), (200, 200));

    let list = ask(&directory, &key("", "GET", "/v3/users/zoe/auth_tokens?perPage=2", ""));
    let expected = concat!(
        r#"{"data":[{"uid":"zoe","authToken":"10","createdAt":0},{"uid":"zoe","authToken":"11","createdAt":1700000100}],"#,
        r#""meta":{"pagination":{"total":3,"count":2,"per_page":2,"current_page":1,"total_pages":2}}}"#
    );
    assert_eq!(text(&list), expected, "identifiers, and no secret");

    let delete = |named: &str| {
        let target = format!("/v3/users/zoe/auth_tokens/{named}");
        ask(&directory, &key("", "DELETE", &target, "")).status
    };
    let get = |uid: &str, named: &str| {
        let target = format!("/v3/users/{uid}/auth_tokens/{named}");
        let reply = ask(&directory, &key("", "GET", &target, ""));
        (reply.status, text(&reply).to_owned())
    };
    let shown = format!(r#"{{"data":{{"uid":"zoe","authToken":"{first}","createdAt":1700000100}}}}"#);
    assert_eq!(get("zoe", &first), (200, shown));
    assert_eq!(get("zoe", "12"), (200, r#"{"data":{"uid":"zoe","authToken":"12","createdAt":1700000100}}"#.to_owned()));
    assert_eq!(get("ada", &first).0, 404, "another's token is none of one's own");
    assert_eq!(get("ada", "12").0, 404);
    assert_eq!((delete(&first), me(&first)), (200, 401), "by the token itself");
    assert_eq!((delete("12"), me(&second)), (200, 401), "by the identifier");
    assert_eq!((delete(&first), delete("12"), delete("99999999999999999999")), (404, 404, 404));
    assert_eq!(me("zoe"), 200);
    let all = ask(&directory, &key("", "DELETE", "/v3/users/zoe/auth_tokens", ""));
    assert_eq!(
        text(&all),
        r#"{"data":{"success":true,"message":"All auth tokens of the user zoe have been deleted."}}"#
    );
    assert_eq!(me("zoe"), 401);
    assert_eq!(me("ada"), 200, "those of others stay");
}

#[test]
fn a_user_can_be_made_with_a_token() {
    let directory = world();
    let made = ask(&directory, &key("", "POST", "/v3/users", r#"{"uid":"neo","name":"Neo","withAuthToken":true}"#));
    let (token, body) = token(&made);
    let expected = concat!(
        r#"{"data":{"uid":"neo","name":"Neo","status":"offline","role":"default","createdAt":1700000100,"#,
        r#""authToken":"TOKEN"}}"#
    );
    assert_eq!((made.status, body.as_str()), (200, expected));
    assert_eq!(ask(&directory, &user(&token, "", "PUT", "/v3.0/me", "{}")).status, 200);
}

#[test]
fn a_key_that_is_limited_to_groups_makes_nobody() {
    let directory = world();
    let made = directory.create(
        &membership::By::system(NOW),
        &NewCredential {
            audience: "cometchat".to_owned(),
            kind: CredentialKind::Key,
            rights: Rights::FULL,
            person: None,
            client_id: String::new(),
            parent: None,
            secret: Secret::presented("limited").hash(),
            created_at: 0,
            expires_at: None,
            agreed: Agreed::limited(Groups::only([1])),
        },
    );
    made.expect("in memory");
    let head = directory.head().expect("in memory");
    for body in [r#"{"uid":"neo","name":"Neo","withAuthToken":true}"#, r#"{"uid":"neo","name":"Neo"}"#] {
        let request = Case::request("", "POST", "/v3/users").header("apikey", "limited").body(body.as_bytes());
        let refused = ask(&directory, &request);
        let told = String::from_utf8(refused.body).expect("UTF-8");
        assert_eq!(refused.status, 403, "{told}");
        assert!(told.contains("AUTH_ERR_NO_ACCESS"), "{told}");
    }
    assert_eq!(directory.head().expect("in memory"), head, "neither a person nor a token");
}

#[test]
fn tokens_that_are_refused() {
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            key("users/tokens", "GET", "/v3/users/ada/auth_tokens", ""),
            key("users/tokens-past-the-end", "GET", "/v3/users/ada/auth_tokens?page=2", ""),
            Case::get("users/tokens-small-key", "/v3/users/ada/auth_tokens").header("apikey", AUTH_ONLY),
            Case::get("users/token-small-key", "/v3/users/ada/auth_tokens/x").header("apikey", AUTH_ONLY),
            Case { method: "DELETE", ..Case::get("users/delete-token-small-key", "/v3/users/ada/auth_tokens/x") }
                .header("apikey", AUTH_ONLY),
            Case { method: "DELETE", ..Case::get("users/delete-tokens-small-key", "/v3/users/ada/auth_tokens") }
                .header("apikey", AUTH_ONLY),
            key("users/tokens-of-nobody", "POST", "/v3/users/nobody/auth_tokens", ""),
            key("users/tokens-bad-flag", "POST", "/v3/users/ada/auth_tokens", r#"{"force":"yes"}"#),
            key("users/tokens-unknown", "DELETE", "/v3/users/ada/auth_tokens/no-such", ""),
            key("users/tokens-of-another", "DELETE", "/v3/users/ada/auth_tokens/bea", ""),
            user("ada", "users/tokens-as-a-user", "POST", "/v3/users/ada/auth_tokens", ""),
        ],
    );
}

#[test]
fn signing_in_and_out() {
    let me = |name, method, body| user("pat", name, method, "/v3.0/me", body).header("Host", "localhost:8443");
    let device = r#"{"platform":"javascript","deviceId":"app_1_2","appInfo":{"version":"4.2.0","apiVersion":"v3.0","userAgent":"x"}}"#;
    let details = r#"{"hasBlockedMe":false,"deactivatedAt":0,"uid":"pat","name":"Patrick","statusMessage":"busy","role":"king","tags":[]}"#;
    let by_key = |name, method| key(name, method, "/v3/me", "").header("onBehalfOf", "pat");
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            me("me/get", "GET", ""),
            me("me/sign-in", "PUT", device),
            me("me/sign-in-again", "PUT", ""),
            me("me/change-oneself", "PUT", details),
            me("me/change-badly", "PUT", r#"{"name":5}"#),
            key("me/is-there", "GET", "/v3/users?status=available", ""),
            by_key("me/get-by-a-key", "GET"),
            by_key("me/sign-in-by-a-key", "PUT"),
            by_key("me/sign-out-by-a-key", "DELETE"),
            me("me/sign-out", "DELETE", ""),
            me("me/sign-out-again", "DELETE", ""),
            me("me/signed-out", "GET", ""),
            key("me/is-away", "GET", "/v3/users/pat", ""),
            key("me/the-key-still-works", "GET", "/v3/users/ada", ""),
            Case::get("me/empty-token", "/v3.0/me").header("authToken", ""),
            Case::get("me/nobody", "/v3.0/me"),
        ],
    );
}

#[test]
fn settings_and_sessions() {
    let session = |name, body| user("pat", name, "POST", "/v3.0/user_sessions", body);
    check(
        &CometChat::new(),
        world().core(NOW),
        &[
            user("pat", "me/settings", "GET", "/v3.0/settings", "").header("Host", "chat.example.org"),
            key("me/settings-by-a-key", "GET", "/v3/settings", ""),
            Case::get("me/settings-small-key", "/v3/settings").header("apikey", AUTH_ONLY),
            session(
                "me/session",
                r#"{"sessionId":"0a1b","data":{"app":{"url":"https://example.org"}},"generatedAt":1}"#,
            ),
            session("me/session-bad-id", r#"{"sessionId":5}"#),
            key("me/session-by-a-key", "POST", "/v3/user_sessions", "{}"),
        ],
    );
    let directory = world();
    let reply = ask(&directory, &session("", "{}"));
    let (before, id) = text(&reply).split_at(r#"{"data":{"sessionId":""#.len());
    assert_eq!(before, r#"{"data":{"sessionId":""#);
    assert_eq!(id.find('"'), Some(32), "one without an id gets one");
}

#[test]
fn a_token_for_one_who_has_gone_meanwhile_is_refused_as_for_nobody() {
    use dialect::access::{Rights, Secret};
    use dialect::{Action, Call, NewToken, Presented, Refusal};
    let directory = world();
    let new = || NewToken { person: 999, rights: Rights::USER, secret: Secret::presented("x"), expires_at: None };
    let action = Action::task(dialect::access::Operation::MintTokens, move |session| {
        session.issue(new()).map(|_| Reply::new(200, "", ""))
    });
    let presented = Presented::Secret(dialect::access::CredentialKind::Key, Secret::presented(support::KEY));
    let outcome =
        dialect::answer(directory.core(NOW), "cometchat", &Call { presented, on_behalf_of: None, action, route: None });
    assert_eq!(outcome.err(), Some(Refusal::NoSuchPerson("999".into())));
}
