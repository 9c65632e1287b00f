//! Signing in: what is refused, what is told, who is counted.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod support;

use dialect::Reply;
use dialect::access::CredentialQuery;
use dialect::access::{CredentialKind, SIGN_IN, Vault};
use dialect_elance::{Elance, Settings};
use support::{NOW, directory, text};
use testkit::MemoryDirectory;
use testkit::browser::{Browser, between, header};

const AUTHORIZE: &str = "/api2/oauth/authorize?client_id=app&response_type=code&state=x";
const PASSWORD: &str = "correct horse";

/// `t_mosby` (12) and `asking` (13) have a password.
fn world() -> MemoryDirectory {
    let directory = directory();
    directory.grant_web_client("elance", "app", "secret", &["https://app.example/cb"]);
    directory.give_password(12, PASSWORD);
    directory.give_password(13, PASSWORD);
    directory
}

struct Test {
    elance: Elance,
    directory: MemoryDirectory,
    browser: Browser,
    now: i64,
}

impl Test {
    fn new() -> Self {
        Self { elance: Elance::new(Settings::default()), directory: world(), browser: Browser::default(), now: NOW }
    }

    fn page(&mut self) -> Reply {
        self.browser.get(&self.elance, self.directory.core(self.now), AUTHORIZE)
    }

    fn press(&mut self, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        self.browser.submit(&self.elance, self.directory.core(self.now), AUTHORIZE, page, fields)
    }

    fn sign_in(&mut self, login: &str, password: &str) -> Reply {
        let page = self.page();
        self.press(&page, &[("do", "sign-in"), ("login", login), ("password", password)])
    }

    /// Who is signed in, as the page says it.
    fn signed_in(&mut self) -> Option<String> {
        let page = text(&self.page());
        page.contains("You are signed in").then(|| between(&page, "signed in to Elance as <strong>", "<").to_owned())
    }

    fn sessions(&self) -> usize {
        let all = self.directory.list(&CredentialQuery::all(0)).expect("in memory").rows;
        all.iter().filter(|c| c.kind == CredentialKind::Session && c.revoked_at.is_none()).count()
    }
}

#[test]
fn signing_in_changes_the_cookie() {
    let mut test = Test::new();
    assert_eq!(test.signed_in(), None);
    let before = test.browser.cookie.clone().expect("a cookie");
    let reply = test.sign_in("T_MOSBY", PASSWORD);
    assert_eq!((reply.status, header(&reply, "location")), (303, Some("?client_id=app&response_type=code&state=x")));
    let set = header(&reply, "set-cookie").expect("a cookie");
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{set}");
    assert_ne!(test.browser.cookie.as_ref(), Some(&before), "nobody who planted the first has the second");
    assert_eq!(test.signed_in().as_deref(), Some("Ted Mosby"));
    let after = test.browser.cookie.replace(before);
    assert_eq!(test.signed_in(), None);
    test.browser.cookie = after;
    test.now += 12 * 3_600;
    assert_eq!(test.signed_in(), None, "it lasts for twelve hours");
}

#[test]
fn what_is_wrong_is_not_told() {
    let mut test = Test::new();
    let mut told = Vec::new();
    for (login, password) in [
        ("t_mosby", "wrong"),
        ("t_mosby", ""),
        ("nobody there", PASSWORD),
        ("sponsor", PASSWORD),
        ("", PASSWORD),
        ("t_mosby", "Correct horse"),
    ] {
        let reply = test.sign_in(login, password);
        assert_eq!(reply.status, 401, "{login}");
        told.push(text(&reply).replace(&format!("value=\"{login}\""), "").replace(" autofocus", ""));
    }
    assert!(told.iter().all(|page| page.contains("role=\"alert\"")));
    // The value of the proof is the same, since the cookie is.
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:#?}");
    assert_eq!(test.sessions(), 0);
    assert_eq!(test.sign_in("<script>\"", PASSWORD).status, 401);
    assert!(!text(&test.sign_in("<script>\"", PASSWORD)).contains("<script>"));
}

#[test]
fn a_form_of_another_site_does_nothing() {
    let mut test = Test::new();
    let target = AUTHORIZE;
    let form = format!("do=sign-in&login=t_mosby&password={}", PASSWORD.replace(' ', "+"));
    // Without any cookie, and with one but without its proof, or with another's.
    let core_now = NOW;
    let sent = |browser: &mut Browser, test: &Test, body: &str| {
        browser.send(&test.elance, test.directory.core(core_now), "POST", target, body.as_bytes())
    };
    let mut stranger = Browser::default();
    assert_eq!(sent(&mut stranger, &test, &form).status, 403);
    assert_eq!(sent(&mut stranger, &test, &form).status, 403);
    let mut attacker = Browser::default();
    let page = attacker.get(&test.elance, test.directory.core(NOW), target);
    let proof = between(&text(&page), "name=\"proof\" value=\"", "\"").to_owned();
    assert_eq!(sent(&mut stranger, &test, &format!("{form}&proof={proof}")).status, 403);
    assert_eq!(test.sessions(), 0);
    assert_eq!(sent(&mut attacker, &test, &format!("{form}&proof={proof}")).status, 303);

    // Who is signed in is asked again, and nothing is allowed, denied or ended.
    assert_eq!(test.sign_in("t_mosby", PASSWORD).status, 303);
    let before = test.directory.log();
    for pressed in ["allow", "deny", "switch", "sign-out", "sign-in"] {
        let cookie = test.browser.cookie.clone();
        let mut browser = Browser { cookie, address: None };
        assert_eq!(sent(&mut browser, &test, &format!("do={pressed}&proof={proof}")).status, 403, "{pressed}");
    }
    assert_eq!(test.directory.log(), before);
    assert_eq!(test.signed_in().as_deref(), Some("Ted Mosby"));
}

#[test]
fn a_proof_is_for_what_was_shown() {
    let mut test = Test::new();
    test.sign_in("t_mosby", PASSWORD);
    let page = text(&test.page());
    let proof = between(&page, "name=\"proof\" value=\"", "\"");
    let other = AUTHORIZE.replace("state=x", "state=y");
    let body = format!("do=allow&proof={proof}");
    let reply = test.browser.send(&test.elance, test.directory.core(NOW), "POST", &other, body.as_bytes());
    assert_eq!(reply.status, 403, "what is consented to is what was on the page");
}

#[test]
fn somebody_else_signs_in_and_out() {
    let mut test = Test::new();
    test.sign_in("t_mosby", PASSWORD);
    let page = test.page();
    assert_eq!(test.press(&page, &[("do", "switch")]).status, 303);
    assert_eq!((test.signed_in(), test.sessions()), (None, 0));
    test.sign_in("asking", PASSWORD);
    assert_eq!(test.signed_in().as_deref(), Some("Asking"));
    let cookie = test.browser.cookie.clone();
    let page = test.page();
    let out = test.press(&page, &[("do", "sign-out")]);
    assert!(out.status == 200 && text(&out).contains("You are signed out"));
    test.browser.cookie = cookie;
    assert_eq!(test.signed_in(), None, "the cookie is worth nothing any more");
    // Whoever signs in again without signing out is one and not two.
    test.sign_in("asking", PASSWORD);
    let page = test.page();
    test.press(&page, &[("do", "sign-in"), ("login", "t_mosby"), ("password", PASSWORD)]);
    assert_eq!((test.signed_in().as_deref(), test.sessions()), (Some("Ted Mosby"), 1));
}

#[test]
fn denial_is_told_to_the_client() {
    let mut test = Test::new();
    let page = test.page();
    let denied = test.press(&page, &[("do", "deny")]);
    let address = "https://app.example/cb?state=x&error=access_denied";
    assert_eq!((denied.status, header(&denied, "location")), (303, Some(address)));
    let all = test.directory.list(&CredentialQuery::all(0)).expect("in memory").rows;
    assert!(!all.iter().any(|c| c.kind == CredentialKind::Grant));
}

#[test]
fn a_login_is_tried_ten_times() {
    let mut test = Test::new();
    for at in 0..10 {
        assert_eq!(test.sign_in("t_mosby", "wrong").status, 401, "{at}");
    }
    let shut = test.sign_in("T_Mosby", PASSWORD);
    assert_eq!((shut.status, header(&shut, "retry-after")), (429, Some("90")), "even with the right password");
    assert!(text(&shut).contains("Too many tries. Try again in 2 min."));
    // One that does not exist is told the same.
    (0..10).for_each(|_| assert_eq!(test.sign_in("nobody there", "wrong").status, 401));
    assert_eq!(test.sign_in("nobody there", "wrong").status, 429);
    assert_eq!(test.sign_in("asking", PASSWORD).status, 303, "others sign in");
    test.now += 90;
    test.browser.cookie = None;
    assert_eq!(test.sign_in("t_mosby", PASSWORD).status, 303);
}

#[test]
fn an_address_tries_fifty_times() {
    let mut test = Test::new();
    test.browser.address = "192.0.2.7".parse().ok();
    // In any one moment the pages judge few passwords at once, but one after the other there is no other limit.
    for at in 0..50 {
        assert_eq!(test.sign_in(&format!("user{at}"), "wrong").status, 401, "{at}");
    }
    assert_eq!(test.sign_in("t_mosby", PASSWORD).status, 429);
    test.browser.address = "192.0.2.8".parse().ok();
    assert_eq!(test.sign_in("t_mosby", PASSWORD).status, 303);
}

#[test]
fn pages_have_one_host_where_it_is_set() {
    let settings = Settings { public_url: "https://api.example.com".into(), ..Settings::default() };
    let (elance, directory) = (Elance::new(settings), world());
    let ask = |host: &str| {
        let headers = [("host", host)];
        testkit::exchange(&elance, directory.core(NOW), "GET", AUTHORIZE, &headers, b"")
    };
    let page = ask("api.example.com");
    let cookie = header(&page, "set-cookie").expect("a cookie");
    assert_eq!(page.status, 200);
    assert!(cookie.starts_with("__Host-rollcall=") && cookie.contains("; Path=/; Secure; HttpOnly"), "{cookie}");
    for host in ["evil.example", "api.example.com:8080", "api.example.com.evil.example", ""] {
        let page = ask(host);
        assert_eq!((page.status, page.content_type), (400, "text/html; charset=utf-8"), "{host}");
        assert!(!text(&page).contains(host) || host.is_empty());
    }
}

#[test]
fn sessions_open_nothing_but_the_pages() {
    let mut test = Test::new();
    test.sign_in("t_mosby", PASSWORD);
    let cookie = test.browser.cookie.clone().expect("a cookie");
    let (_, secret) = cookie.split_once('=').expect("a value");
    let target = format!("/api2/profiles/my?access_token={secret}");
    assert_eq!(testkit::exchange(&test.elance, test.directory.core(NOW), "GET", &target, &[], b"").status, 401);
    let all = test.directory.list(&CredentialQuery::all(0)).expect("in memory").rows;
    let session = all.iter().find(|c| c.kind == CredentialKind::Session).expect("one");
    assert_eq!((session.audience.as_str(), session.rights.to_words().as_str()), (SIGN_IN, ""));
}
