//! OAuth 2.0: the pages, the exchange, refreshing, reuse, and giving back.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod support;

use dialect::Reply;
use dialect::access::{Agreed, CredentialKind, NewCredential, Rights, SIGN_IN, Secret, Vault};
use dialect_elance::{Elance, Settings};
use membership::By;
use serde_json::Value;
use support::{NOW, directory, text};
use testkit::MemoryDirectory;
use testkit::browser::{Browser, between, header};
use testkit::golden::{Case, check};

const CLIENT: &str = "4ffc51f56e01bd7eb5000001";
const CALLBACK: &str = "https://app.example/cb?from=elance";
const OTHER_CALLBACK: &str = "http://localhost:3000/connect/elance/callback";
const PASSWORD: &str = "correct horse";
const AUTHORIZE: &str =
    "/api2/oauth/authorize?client_id=4ffc51f56e01bd7eb5000001&response_type=code&scope=basicInfo&state=s%20%26";
const TOKEN: &str = "/api2/oauth/token";

/// The people of the other tests; `t_mosby` (12) and `asking` (13) have a password, and two clients.
fn world() -> MemoryDirectory {
    let directory = directory();
    directory.grant_web_client("elance", CLIENT, "secret", &[CALLBACK, OTHER_CALLBACK]);
    directory.grant_web_client("elance", "4ffc51f56e01bd7eb5000002", "secret", &["https://other.example/"]);
    directory.give_password(12, PASSWORD);
    directory.give_password(13, PASSWORD);
    directory
}

fn post(elance: &Elance, directory: &MemoryDirectory, now: i64, target: &str, form: &str) -> Reply {
    testkit::exchange(elance, directory.core(now), "POST", target, &[], form.as_bytes())
}

fn json(reply: &Reply) -> Value {
    assert_eq!(reply.content_type, "application/json");
    serde_json::from_slice(&reply.body).expect("JSON")
}

/// Lets `t_mosby` consent; gives the code.
fn code(elance: &Elance, directory: &MemoryDirectory, target: &str) -> String {
    let to = Browser::default().allow(elance, directory.core(NOW), target, "T_Mosby", PASSWORD);
    let (_, code) = to.split_once("code=").expect("a code");
    code.to_owned()
}

/// The form that exchanges a code.
fn exchange_form(code: &str) -> String {
    format!("grant_type=authorization_code&client_id={CLIENT}&client_secret=secret&code={code}&unknown=%zz")
}

fn refresh_form(token: &str) -> String {
    let token = token.replace('|', "%7C");
    format!("grant_type=refresh_token&client_id={CLIENT}&client_secret=secret&refresh_token={token}")
}

/// The two tokens of a reply.
fn tokens(reply: &Reply) -> (String, String) {
    assert_eq!(reply.status, 200, "{}", text(reply));
    let data = &json(reply)["data"];
    let text = |name: &str| data[name].as_str().expect(name).to_owned();
    (text("access_token"), text("refresh_token"))
}

/// The status with which a call with this token is answered.
fn status(elance: &Elance, directory: &MemoryDirectory, now: i64, token: &str) -> u16 {
    let target = format!("/api2/profiles/my?access_token={token}");
    testkit::exchange(elance, directory.core(now), "GET", &target, &[], b"").status
}

fn assert_bad_grant(reply: &Reply) {
    assert_eq!((reply.status, &json(reply)["errors"][0]["code"]), (400, &"invalid_grant".into()), "{}", text(reply));
}

#[test]
fn pages_and_refusals() {
    let cookie = "rollcall=0123456789abcdef0123456789abcdef01234567";
    let at = |more: &str| format!("/api2/oauth/authorize?{more}");
    let good = format!("client_id={CLIENT}&response_type=code");
    let (no_client, unknown_client) = (at("response_type=code"), at("client_id=x%3Cb%3E&response_type=code"));
    let twice = at(&format!("{good}&client_id={CLIENT}"));
    let bad_redirect = at(&format!("{good}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Ffrom%3Delance%26x"));
    let (bad_type, no_type) =
        (at(&format!("client_id={CLIENT}&response_type=token&state=a%22b")), at(&format!("client_id={CLIENT}")));
    let plain = at(&format!("{good}&code_challenge=abc&code_challenge_method=plain"));
    let second = at(&format!("{good}&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fconnect%2Felance%2Fcallback"));
    let basic = "Basic NGZmYzUxZjU2ZTAxYmQ3ZWI1MDAwMDAxOndyb25n";
    let page = |name, target| Case::get(name, target).header("Host", "api.example.com").header("Cookie", cookie);
    let token = |name, body: &'static str| Case::request(name, "POST", TOKEN).body(body.as_bytes());
    check(
        &Elance::new(Settings::default()),
        world().core(NOW),
        &[
            page("oauth-sign-in", AUTHORIZE),
            page("oauth-sign-in-second-address", &second),
            page("oauth-no-client", &no_client),
            page("oauth-unknown-client", &unknown_client),
            page("oauth-client-twice", &twice),
            page("oauth-bad-redirect", &bad_redirect),
            page("oauth-bad-response-type", &bad_type),
            page("oauth-no-response-type", &no_type),
            page("oauth-plain-challenge", &plain),
            Case::get("oauth-bad-host", AUTHORIZE).header("Host", "a b").header("Cookie", cookie),
            Case::request("oauth-page-wrong-method", "DELETE", AUTHORIZE),
            Case::request("oauth-form-unproven", "POST", AUTHORIZE)
                .header("Host", "api.example.com")
                .header("Cookie", cookie)
                .body(b"do=allow"),
            Case::get("oauth-token-wrong-method", TOKEN),
            token("oauth-token-empty", ""),
            token("oauth-token-no-code", "grant_type=authorization_code&client_id=a&client_secret=b"),
            token("oauth-token-other-grant", "grant_type=client_credentials&client_id=a&client_secret=b"),
            token("oauth-token-bad-client", "grant_type=refresh_token&refresh_token=x&client_id=a&client_secret=b"),
            token("oauth-token-no-client", "grant_type=refresh_token&refresh_token=x"),
            token(
                "oauth-token-unknown",
                "grant_type=refresh_token&refresh_token=12|x&client_id=4ffc51f56e01bd7eb5000001&client_secret=secret",
            ),
            token("oauth-token-two-clients", "grant_type=refresh_token&refresh_token=x&client_id=a")
                .header("Authorization", basic),
            token("oauth-token-basic-wrong", "grant_type=refresh_token&refresh_token=x").header("Authorization", basic),
            Case::request("oauth-revoke-unknown", "POST", "/api2/oauth/revoke")
                .body(b"token=x&client_id=4ffc51f56e01bd7eb5000001&client_secret=secret"),
            Case::request("oauth-revoke-no-token", "POST", "/api2/oauth/revoke").body(b"client_id=a&client_secret=b"),
        ],
    );
}

#[test]
fn pages_for_who_is_signed_in() {
    let directory = world();
    let cookie = "fedcba9876543210fedcba9876543210fedcba98";
    let signed_in = NewCredential {
        audience: SIGN_IN.into(),
        kind: CredentialKind::Session,
        rights: Rights::NONE,
        person: Some(12),
        client_id: String::new(),
        parent: None,
        secret: Secret::presented(cookie).hash(),
        created_at: NOW,
        expires_at: Some(NOW + 1),
        agreed: Agreed::default(),
    };
    directory.create(&By::system(NOW), &signed_in).expect("made");
    let elance = Elance::new(Settings::default());
    let cookie = format!("rollcall={cookie}");
    let mut browser = Browser { cookie: Some(cookie.clone()), address: None };
    let page = browser.get(&elance, directory.core(NOW), AUTHORIZE);
    let proof = between(&text(&page), "name=\"proof\" value=\"", "\"").to_owned();
    let deny = format!("do=deny&proof={proof}");
    let case = |name, method| {
        Case::request(name, method, AUTHORIZE).header("Host", "api.example.com").header("Cookie", &cookie)
    };
    check(
        &elance,
        directory.core(NOW),
        &[
            case("oauth-consent", "GET"),
            case("oauth-denied", "POST").body(deny.as_bytes()),
            case("oauth-consent-elsewhere", "POST").header("Sec-Fetch-Site", "cross-site").body(deny.as_bytes()),
        ],
    );
    let ended = text(&browser.get(&elance, directory.core(NOW + 1), AUTHORIZE));
    assert!(ended.contains("Sign in to Elance"), "nobody is signed in for ever: {ended}");
}

#[test]
fn the_whole_flow() {
    let (elance, directory) = (Elance::new(Settings::default()), world());
    let to = Browser::default().allow(&elance, directory.core(NOW), AUTHORIZE, "T_Mosby", PASSWORD);
    let (before, code) = to.split_once("code=").expect("a code");
    assert_eq!(before, "https://app.example/cb?from=elance&state=s%20%26&");
    assert!(code.len() == 40 && code.bytes().all(|b| b.is_ascii_hexdigit()), "nothing stands behind the code: {code}");

    let reply = post(&elance, &directory, NOW, TOKEN, &exchange_form(code));
    let (access, refresh) = tokens(&reply);
    let expires = NOW + 86_400;
    let expected = format!(
        r#"{{"data":{{"access_token":"{access}","expires_in":{expires},"token_type":"bearer","refresh_token":"{refresh}","scope":"basicInfo"}}}}"#
    );
    assert_eq!((text(&reply), header(&reply, "cache-control")), (expected, Some("no-store")));
    let parts: Vec<&str> = access.split('|').collect();
    assert_eq!((parts[0], parts[1], parts[2].len()), (CLIENT, "12", 22));
    let parts: Vec<&str> = refresh.split('|').collect();
    assert_eq!((parts[0], parts[1].len()), ("12", 22));
    assert_eq!(status(&elance, &directory, expires - 1, &access), 200);
    assert_eq!(status(&elance, &directory, expires, &access), 401, "it expires when it says");

    let reply = post(&elance, &directory, expires, TOKEN, &refresh_form(&refresh));
    let (next, next_refresh) = tokens(&reply);
    assert!(next != access && next_refresh != refresh);
    assert_eq!(json(&reply)["data"]["scope"], "basicInfo");
    assert_eq!(status(&elance, &directory, expires, &next), 200);
}

#[test]
fn expires_in_can_be_seconds() {
    let elance = Elance::new(Settings { expires_in_seconds: true, ..Settings::default() });
    let directory = world();
    let code = code(&elance, &directory, AUTHORIZE);
    let reply = post(&elance, &directory, NOW, TOKEN, &exchange_form(&code));
    assert_eq!(json(&reply)["data"]["expires_in"], 86_400);
}

#[test]
fn a_code_used_twice_revokes_what_it_gave() {
    let (elance, directory) = (Elance::new(Settings::default()), world());
    let code = code(&elance, &directory, AUTHORIZE);
    let (access, refresh) = tokens(&post(&elance, &directory, NOW, TOKEN, &exchange_form(&code)));
    assert_eq!(status(&elance, &directory, NOW, &access), 200);
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &exchange_form(&code)));
    assert_eq!(status(&elance, &directory, NOW, &access), 401);
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &refresh_form(&refresh)));
}

#[test]
fn a_refresh_token_used_twice_revokes_the_family() {
    let (elance, directory) = (Elance::new(Settings::default()), world());
    let other_family = code(&elance, &directory, AUTHORIZE);
    let (other, _) = tokens(&post(&elance, &directory, NOW, TOKEN, &exchange_form(&other_family)));
    let code = code(&elance, &directory, AUTHORIZE);
    let (first, refresh) = tokens(&post(&elance, &directory, NOW, TOKEN, &exchange_form(&code)));
    let (second, next) = tokens(&post(&elance, &directory, NOW, TOKEN, &refresh_form(&refresh)));
    assert_eq!([&first, &second].map(|token| status(&elance, &directory, NOW, token)), [200, 200]);
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &refresh_form(&refresh)));
    assert_eq!([&first, &second].map(|token| status(&elance, &directory, NOW, token)), [401, 401]);
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &refresh_form(&next)));
    assert_eq!(status(&elance, &directory, NOW, &other), 200, "another consent of the same person stands");
}

#[test]
fn what_does_not_fit_is_refused_and_uses_nothing_up() {
    let (elance, directory) = (Elance::new(Settings::default()), world());
    let code = code(&elance, &directory, AUTHORIZE);
    let form = exchange_form(&code);
    let other_client = form.replace("5000001", "5000002");
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &other_client));
    // Without redirect_uri the browser was sent to the first address.
    let second = format!("{form}&redirect_uri={}", OTHER_CALLBACK.replace(':', "%3A"));
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &second));
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &format!("{form}&redirect_uri=https://evil.example/")));
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &format!("{form}&code_verifier=abc")));
    assert_bad_grant(&post(&elance, &directory, NOW + 300, TOKEN, &form));
    let wrong_secret = post(&elance, &directory, NOW, TOKEN, &form.replace("=secret", "=Secret"));
    assert_eq!(wrong_secret.status, 401);
    let (_, refresh) = tokens(&post(&elance, &directory, NOW + 299, TOKEN, &form));
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &refresh_form(&refresh).replace("5000001", "5000002")));
    assert_bad_grant(&post(&elance, &directory, NOW + 299 + 180 * 86_400, TOKEN, &refresh_form(&refresh)));
    tokens(&post(&elance, &directory, NOW, TOKEN, &refresh_form(&refresh)));
}

#[test]
fn a_setting_takes_any_registered_address() {
    let elance = Elance::new(Settings { strict_redirect: false, ..Settings::default() });
    let directory = world();
    let code = code(&elance, &directory, AUTHORIZE);
    let form = exchange_form(&code);
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &format!("{form}&redirect_uri=https://evil.example/")));
    let second = format!("{form}&redirect_uri={}", OTHER_CALLBACK.replace(':', "%3A"));
    tokens(&post(&elance, &directory, NOW, TOKEN, &second));
}

#[test]
fn a_challenge_takes_its_verifier() {
    let (elance, directory) = (Elance::new(Settings::default()), world());
    let target =
        format!("{AUTHORIZE}&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256");
    let form = exchange_form(&code(&elance, &directory, &target));
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &form));
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &format!("{form}&code_verifier=wrong")));
    let right = format!("{form}&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    tokens(&post(&elance, &directory, NOW, TOKEN, &right));
}

#[test]
fn tokens_are_given_back() {
    let (elance, directory) = (Elance::new(Settings::default()), world());
    let give_back = |token: &str, client: &str| {
        let form = format!("token={}&client_id={client}&client_secret=secret", token.replace('|', "%7C"));
        post(&elance, &directory, NOW, "/api2/oauth/revoke", &form)
    };
    let form = exchange_form(&code(&elance, &directory, AUTHORIZE));
    let (access, refresh) = tokens(&post(&elance, &directory, NOW, TOKEN, &form));
    assert_bad_grant(&give_back(&access, "4ffc51f56e01bd7eb5000002"));
    assert_eq!(status(&elance, &directory, NOW, &access), 200);
    assert_eq!(give_back(&access, CLIENT).status, 200);
    assert_eq!(status(&elance, &directory, NOW, &access), 401);
    assert_eq!(give_back(&access, CLIENT).status, 200, "again");
    let (next, refresh) = tokens(&post(&elance, &directory, NOW, TOKEN, &refresh_form(&refresh)));
    assert_eq!(give_back(&refresh, CLIENT).status, 200);
    assert_eq!(status(&elance, &directory, NOW, &next), 401, "the family goes with the refresh token");
    // A token that no client was given is nobody's to give back.
    assert_bad_grant(&give_back("t_mosby", CLIENT));
    assert_eq!(status(&elance, &directory, NOW, "t_mosby"), 200);
}

#[test]
fn tokens_stop_when_the_account_is_blocked() {
    let (elance, mut directory) = (Elance::new(Settings::default()), world());
    let form = exchange_form(&code(&elance, &directory, AUTHORIZE));
    let (access, refresh) = tokens(&post(&elance, &directory, NOW, TOKEN, &form));
    let mut browser = Browser::default();
    browser.allow(&elance, directory.core(NOW), AUTHORIZE, "t_mosby", PASSWORD);
    directory.load_ndjson(r#"{"kind":"person","number":12,"account_status":"blocked"}"#, NOW).expect("a good line");
    assert_eq!(status(&elance, &directory, NOW, &access), 403);
    assert_bad_grant(&post(&elance, &directory, NOW, TOKEN, &refresh_form(&refresh)));
    let page = browser.get(&elance, directory.core(NOW), AUTHORIZE);
    assert!(text(&page).contains("Sign in to Elance"), "who is blocked is signed in no more");
    let fields = [("do", "sign-in"), ("login", "t_mosby"), ("password", PASSWORD)];
    assert_eq!(browser.submit(&elance, directory.core(NOW), AUTHORIZE, &page, &fields).status, 401);
}

#[test]
fn what_a_client_may_not_its_tokens_may_not() {
    let (elance, directory) = (Elance::new(Settings::default()), world());
    let found = directory.client("elance", CLIENT).expect("in memory").expect("there");
    let reading = NewCredential {
        audience: "elance".into(),
        kind: CredentialKind::Client,
        rights: Rights::READ,
        person: None,
        client_id: "4ffc51f56e01bd7eb5000003".into(),
        parent: None,
        secret: found.1,
        created_at: 0,
        expires_at: None,
        agreed: found.0.agreed,
    };
    directory.create(&By::system(NOW), &reading).expect("made");
    let target = AUTHORIZE.replace("5000001", "5000003");
    let form = exchange_form(&code(&elance, &directory, &target)).replace("5000001", "5000003");
    let (access, _) = tokens(&post(&elance, &directory, NOW, TOKEN, &form));
    let joined = post(&elance, &directory, NOW, &format!("/api2/groups/1117/members/me?access_token={access}"), "");
    assert_eq!((status(&elance, &directory, NOW, &access), joined.status), (200, 403));
}
