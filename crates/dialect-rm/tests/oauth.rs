//! The code flow: the pages, the exchange, refreshing, reuse, and giving back.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod support;

use dialect::Reply;
use dialect::access::Vault;
use dialect_rm::Rm;
use serde_json::Value;
use support::{GROUPS, IT, NOW, organization};
use testkit::MemoryDirectory;
use testkit::browser::{Browser, header};
use testkit::golden::{Case, check};

const AUTHORIZE: &str = "/apiintegration/authorizefeatures?client_id=app&response_type=code&state=x%2F1&redirect_uri=https%3A%2F%2Fapp.example%2Fcb";
const TOKEN: &str = "/APIIntegration/Token";
const PASSWORD: &str = "correct horse";
const LOGIN: &str = "jsmith2";

/// The organization, whose person 4 (`jsmith2`) has a password, and two clients.
fn world() -> (Rm, MemoryDirectory) {
    let directory = organization();
    directory.grant_web_client("rm", "app", "secret", &["https://app.example/cb", "https://app.example/other"]);
    directory.grant_web_client("rm", "other", "secret", &["https://other.example/"]);
    directory.give_password(4, PASSWORD);
    (Rm::new(), directory)
}

fn post(rm: &Rm, directory: &MemoryDirectory, now: i64, target: &str, form: &str) -> Reply {
    testkit::exchange(rm, directory.core(now), "POST", target, &[], form.as_bytes())
}

fn json(reply: &Reply) -> Value {
    assert_eq!(reply.content_type, "application/json");
    serde_json::from_slice(&reply.body).expect("JSON")
}

/// The form that exchanges a code which a person has just consented to.
fn exchange_form(rm: &Rm, directory: &MemoryDirectory, target: &str) -> String {
    let to = Browser::default().allow(rm, directory.core(NOW), target, LOGIN, PASSWORD);
    let (_, code) = to.split_once("code=").expect("a code");
    format!(
        "grant_type=authorization_code&client_id=app&client_secret=secret&code={code}\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fcb"
    )
}

fn refresh_form(token: &str) -> String {
    format!("grant_type=refresh_token&client_id=app&client_secret=secret&refresh_token={token}")
}

fn tokens(reply: &Reply) -> (String, String) {
    assert_eq!(reply.status, 200, "{}", json(reply));
    let body = json(reply);
    let text = |name: &str| body[name].as_str().expect(name).to_owned();
    (text("access_token"), text("refresh_token"))
}

fn status(rm: &Rm, directory: &MemoryDirectory, method: &str, token: &str) -> u16 {
    let header = format!("OAuth2 {token}");
    let headers = [("Authorization", header.as_str())];
    let (target, body) = match method {
        "GET" => (format!("{GROUPS}/{IT}/members"), ""),
        _ => (GROUPS.to_owned(), r#"{"Name":"Mine"}"#),
    };
    testkit::exchange(rm, directory.core(NOW), method, &target, &headers, body.as_bytes()).status
}

fn assert_bad_grant(reply: &Reply) {
    let body = json(reply);
    assert_eq!((reply.status, &body["error"]), (400, &"invalid_grant".into()), "{body}");
    assert!(body["error_details"].is_array() && body["app_errors"].is_array());
}

#[test]
fn pages_and_refusals() {
    let (rm, directory) = world();
    let cookie = "rollcall=0123456789abcdef0123456789abcdef01234567";
    let page = |name, target| Case::get(name, target).header("Host", "rm.example").header("Cookie", cookie);
    let bad_scope = format!("{AUTHORIZE}&scope=everything");
    let bad_redirect = AUTHORIZE.replace("%2Fcb", "%2Fcb%2F");
    let token = |name, body: &'static str| Case::request(name, "POST", TOKEN).body(body.as_bytes());
    check(
        &rm,
        directory.core(NOW),
        &[
            page("authorize-sign-in", AUTHORIZE),
            page("authorize-bad-scope", &bad_scope),
            page("authorize-bad-redirect", &bad_redirect),
            page("authorize-nothing", "/APIIntegration/AuthorizeFeatures/"),
            Case::get("authorize-no-host", AUTHORIZE),
            Case::request("authorize-wrong-method", "PUT", AUTHORIZE).header("Accept", "application/xml"),
            token("token-no-code", "grant_type=authorization_code&client_id=app&client_secret=secret"),
            token("token-bad-code", "grant_type=authorization_code&client_id=app&client_secret=secret&code=x"),
            token("token-bad-refresh", "grant_type=refresh_token&client_id=app&client_secret=secret&refresh_token=x"),
            token(
                "token-bad-refresh-xml",
                "grant_type=refresh_token&client_id=app&client_secret=secret&refresh_token=x",
            )
            .header("Accept", "application/xml"),
            Case::request("revoke-unknown", "POST", "/apiintegration/revoke")
                .body(b"client_id=app&client_secret=secret&token=x"),
            Case::request("revoke-bad-client", "POST", "/APIIntegration/Revoke")
                .body(b"client_id=app&client_secret=x&token=x"),
        ],
    );
}

#[test]
fn the_whole_flow() {
    let (rm, directory) = world();
    let to = Browser::default().allow(&rm, directory.core(NOW), AUTHORIZE, LOGIN, PASSWORD);
    assert!(to.starts_with("https://app.example/cb?state=x%2F1&code="), "{to}");
    let form = exchange_form(&rm, &directory, AUTHORIZE);
    let reply = post(&rm, &directory, NOW, "/apiintegration/TOKEN", &form);
    let (access, refresh) = tokens(&reply);
    let expected = format!(
        r#"{{"access_token":"{access}","token_type":"bearer","expires_in":"15552000","scope":"","refresh_token":"{refresh}"}}"#
    );
    assert_eq!(String::from_utf8_lossy(&reply.body), expected);
    assert_eq!(header(&reply, "cache-control"), Some("private, no-store"));
    assert!([&access, &refresh].iter().all(|t| t.len() == 40 && t.bytes().all(|b| b.is_ascii_hexdigit())));
    assert_eq!([status(&rm, &directory, "GET", &access), status(&rm, &directory, "POST", &access)], [200, 200]);
    let by = directory.log().last().map(|entry| entry.actor);
    assert_eq!(by, Some(Some(4)), "what is done is done by the person");

    let (next, next_refresh) = tokens(&post(&rm, &directory, NOW + 1, TOKEN, &refresh_form(&refresh)));
    assert!(next != access && next_refresh != refresh);
    let expiry = |token: &str| {
        let hash = dialect::access::Secret::presented(token).hash();
        let found = directory.find("rm", dialect::access::CredentialKind::Token, &hash).expect("in memory");
        found.and_then(|found| found.credential.expires_at)
    };
    assert_eq!(expiry(&next), Some(NOW + 1 + 15_552_000));
}

#[test]
fn a_scope_may_be_less() {
    let (rm, directory) = world();
    let form = exchange_form(&rm, &directory, &format!("{AUTHORIZE}&scope=read"));
    let reply = post(&rm, &directory, NOW, TOKEN, &form);
    assert_eq!(json(&reply)["scope"], "read");
    let (access, refresh) = tokens(&reply);
    assert_eq!([status(&rm, &directory, "GET", &access), status(&rm, &directory, "POST", &access)], [200, 403]);
    let (access, _) = tokens(&post(&rm, &directory, NOW, TOKEN, &refresh_form(&refresh)));
    assert_eq!(status(&rm, &directory, "POST", &access), 403, "refreshing gives no more");
}

#[test]
fn what_is_used_twice_revokes_the_family() {
    let (rm, directory) = world();
    let form = exchange_form(&rm, &directory, AUTHORIZE);
    let (access, refresh) = tokens(&post(&rm, &directory, NOW, TOKEN, &form));
    assert_bad_grant(&post(&rm, &directory, NOW, TOKEN, &form));
    assert_eq!(status(&rm, &directory, "GET", &access), 401);
    assert_bad_grant(&post(&rm, &directory, NOW, TOKEN, &refresh_form(&refresh)));

    let form = exchange_form(&rm, &directory, AUTHORIZE);
    let (access, refresh) = tokens(&post(&rm, &directory, NOW, TOKEN, &form));
    let (next, next_refresh) = tokens(&post(&rm, &directory, NOW, TOKEN, &refresh_form(&refresh)));
    assert_bad_grant(&post(&rm, &directory, NOW, TOKEN, &refresh_form(&refresh)));
    assert_eq!([&access, &next].map(|token| status(&rm, &directory, "GET", token)), [401, 401]);
    assert_bad_grant(&post(&rm, &directory, NOW, TOKEN, &refresh_form(&next_refresh)));
}

#[test]
fn what_does_not_fit_is_refused_and_uses_nothing_up() {
    let (rm, directory) = world();
    let form = exchange_form(&rm, &directory, AUTHORIZE);
    let (before, _) = form.split_once("&redirect_uri").expect("there");
    for wrong in [
        before.to_owned(),
        form.replace("%2Fcb", "%2Fother"),
        form.replace("client_id=app", "client_id=other"),
        format!("{form}&code_verifier=x"),
    ] {
        assert_bad_grant(&post(&rm, &directory, NOW, TOKEN, &wrong));
    }
    assert_bad_grant(&post(&rm, &directory, NOW + 300, TOKEN, &form));
    tokens(&post(&rm, &directory, NOW + 299, TOKEN, &form));
}

#[test]
fn the_client_may_say_who_it_is_as_basic() {
    let (rm, directory) = world();
    let form = exchange_form(&rm, &directory, AUTHORIZE).replace("&client_id=app&client_secret=secret", "");
    let basic = |value: &str| {
        let headers = [("Authorization", value)];
        testkit::exchange(&rm, directory.core(NOW), "POST", TOKEN, &headers, form.as_bytes())
    };
    let wrong = basic("Basic YXBwOndyb25n");
    assert_eq!((wrong.status, header(&wrong, "www-authenticate")), (401, Some("Basic realm=\"RM\"")));
    tokens(&basic("Basic YXBwOnNlY3JldA=="));
}

#[test]
fn tokens_are_given_back() {
    let (rm, directory) = world();
    let give_back = |token: &str, client: &str| {
        let form = format!("token={token}&token_type_hint=access_token&client_id={client}&client_secret=secret");
        post(&rm, &directory, NOW, "/APIIntegration/Revoke", &form)
    };
    let form = exchange_form(&rm, &directory, AUTHORIZE);
    let (access, refresh) = tokens(&post(&rm, &directory, NOW, TOKEN, &form));
    assert_bad_grant(&give_back(&refresh, "other"));
    assert_eq!(status(&rm, &directory, "GET", &access), 200);
    assert_eq!(give_back(&refresh, "app").status, 200, "whatever the hint says");
    assert_eq!(status(&rm, &directory, "GET", &access), 401);

    let form = "grant_type=client_credentials&client_id=app&client_secret=secret";
    let reply = json(&post(&rm, &directory, NOW, TOKEN, form));
    let access = reply["access_token"].as_str().expect("a text");
    assert_eq!((status(&rm, &directory, "GET", access), reply.get("refresh_token")), (200, None));
    assert_eq!(give_back(access, "app").status, 200);
    assert_eq!(status(&rm, &directory, "GET", access), 401);
}
