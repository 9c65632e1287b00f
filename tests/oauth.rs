//! Signing in and consenting at the real program, as the demo tells it, on both databases; and that nothing of it gets
//! into the log.

use crate::support::gateway::{Database, Gateway};
use crate::support::http::{Client, Response};
use crate::support::keys::word;
use access::CredentialQuery;
use access::{CredentialKind, Vault};
use membership::Directory;
use serde_json::Value;
use store::Store;
use testkit::browser::between;

/// What a line of the demo tells.
struct Told {
    authorize: String,
    password: String,
    /// The form that exchanges a code, without it.
    form: String,
    token: String,
}

/// The two lines that tell how to sign in.
fn told(gateway: &Gateway) -> [Told; 2] {
    let mut lines = std::iter::repeat_with(|| gateway.line()).filter(|line| line.starts_with("to sign in"));
    let base = format!("http://{}", gateway.address);
    std::array::from_fn(|_| {
        let line = lines.next().expect("a line a dialect");
        let client = between(&line, "client_id=", "&");
        let secret = between(&line, "client_secret=", " ");
        Told {
            authorize: between(&line, &base, " ").to_owned(),
            password: between(&line, "with the password ", ";").to_owned(),
            form: format!("grant_type=authorization_code&client_id={client}&client_secret={secret}&code="),
            token: between(&line, &format!("'{base}"), "'").to_owned(),
        }
    })
}

/// A browser without scripts.
struct Browser {
    client: Client,
    cookie: String,
    path: String,
}

impl Browser {
    fn get(&mut self, target: &str) -> Response {
        self.path = target.split('?').next().unwrap_or_default().to_owned();
        self.send("GET", target, "")
    }

    fn press(&mut self, page: &Response, fields: &str) -> Response {
        let action = between(page.text(), "action=\"", "\"").replace("&amp;", "&");
        let proof = between(page.text(), "name=\"proof\" value=\"", "\"");
        self.send("POST", &format!("{}{action}", self.path), &format!("proof={proof}&{fields}"))
    }

    fn send(&mut self, method: &str, target: &str, body: &str) -> Response {
        let headers = [("Cookie", self.cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let response = self.client.send(method, target, &headers, body.as_bytes());
        if let Some(set) = response.header("set-cookie") {
            self.cookie = set.split(';').next().unwrap_or_default().to_owned();
        }
        response
    }

    /// Signs in and allows; gives the code.
    fn code(&mut self, told: &Told) -> String {
        let page = self.get(&told.authorize);
        assert_eq!(page.status, 200, "{}", page.text());
        let signed_in = self.press(&page, &format!("do=sign-in&login=synapseindia&password={}", told.password));
        assert_eq!(signed_in.status, 303, "{}", signed_in.text());
        let page = self.get(&told.authorize);
        let allowed = self.press(&page, "do=allow");
        let to = allowed.header("location").expect("an address");
        to.split_once("code=").unwrap_or_else(|| panic!("{to}")).1.to_owned()
    }
}

fn browser(gateway: &Gateway) -> Browser {
    Browser { client: gateway.client(), cookie: String::new(), path: String::new() }
}

#[test]
fn the_demo_is_signed_in_to_as_it_tells() {
    for database in Database::both() {
        let gateway =
            Gateway::start(&["--demo", "--database", &database.url], &[("ROLLCALL__LOGGING__FILTER", "trace")]);
        let mut secrets = Vec::new();
        for (at, told) in told(&gateway).iter().enumerate() {
            let mut browser = browser(&gateway);
            let code = browser.code(told);
            let exchange = |form: &str| gateway.client().send("POST", &told.token, &[], form.as_bytes());
            let given = exchange(&format!("{}{code}", told.form));
            assert_eq!(given.status, 200, "{}: {}", database.name, given.text());
            let json: Value = given.json();
            let json = if at == 0 { &json["data"] } else { &json };
            let (access, refresh) = (word(json, "access_token"), word(json, "refresh_token"));
            let status = |access: &str| match at {
                0 => gateway.client().get(&format!("/api2/profiles/my?access_token={access}"), &[]).status,
                _ => {
                    let header = format!("OAuth2 {access}");
                    gateway.client().get("/api/Organization/groups", &[("Authorization", &header)]).status
                }
            };
            assert_eq!(status(&access), 200, "{}", database.name);
            assert_eq!(exchange(&format!("{}{code}", told.form)).status, 400, "{}: once", database.name);
            assert_eq!(status(&access), 401, "{}: what the code gave is revoked", database.name);
            let cookie = browser.cookie.split_once('=').expect("a cookie").1.to_owned();
            let client_secret = between(&told.form, "client_secret=", "&").to_owned();
            secrets.extend([code, access, refresh, cookie, told.password.clone(), client_secret]);
        }
        let log = gateway.log();
        assert!(log.contains("/api2/oauth/token") && log.contains("has been used before"), "{log}");
        for secret in secrets {
            assert!(!log.contains(&secret), "{}: a secret is in the log", database.name);
        }
    }
}

/// The log says who signed in, who consented by which session, and which client exchanged, used again and gave back.
#[test]
fn the_log_says_who_consented_and_which_client_exchanged() {
    for database in Database::both() {
        let gateway = Gateway::start(&["--demo", "--database", &database.url], &[]);
        let store = Store::open(&store::Settings::new(database.url.parse().expect("a URL"))).expect("opens");
        for (at, told) in told(&gateway).iter().enumerate() {
            let before = store.head().expect("asked");
            let mut browser = browser(&gateway);
            let code = browser.code(told);
            let form = format!("{}{code}", told.form);
            let exchange = || gateway.client().send("POST", &told.token, &[], form.as_bytes());
            let given = exchange();
            assert_eq!(given.status, 200, "{}: {}", database.name, given.text());
            let revoke = told.token.replace("/token", "/revoke").replace("/Token", "/Revoke");
            let json: Value = given.json();
            let access = word(if at == 0 { &json["data"] } else { &json }, "access_token");
            let form = format!("{}&token={access}", told.form);
            let given_back = gateway.client().send("POST", &revoke, &[], form.as_bytes());
            assert_eq!(given_back.status, 200, "{}: {}", database.name, given_back.text());
            assert_eq!(exchange().status, 400, "{}: once", database.name);
            let page = browser.get(&told.authorize);
            assert_eq!(browser.press(&page, "do=sign-out").status, 200);

            let log = store.changes(before, None, 100).expect("asked").entries;
            let subject = |at: usize| log[at].subject.expect("a credential");
            let person = log[0].person;
            assert!(person.is_some());
            let client = log[3].credential;
            let (session, grant, code) = (subject(0), subject(1), subject(2));
            let (access, refresh) = (subject(3), subject(4));
            let expected = [
                ("credential_create", person, None, session),
                ("credential_create", person, Some(session), grant),
                ("credential_create", person, Some(session), code),
                ("credential_create", None, client, access),
                ("credential_create", None, client, refresh),
                ("credential_revoke", None, client, access),
                ("credential_revoke", None, client, grant),
                ("credential_revoke", None, client, code),
                ("credential_revoke", None, client, refresh),
                ("credential_revoke", person, Some(session), session),
            ];
            let told: Vec<_> = log.iter().map(|e| (e.action.as_str(), e.actor, e.credential, e.subject)).collect();
            let expected: Vec<_> =
                expected.map(|(action, actor, by, subject)| (action, actor, by, Some(subject))).into();
            assert_eq!(told, expected, "{}", database.name);
            let client = client.expect("a client");
            let known = store
                .list(&CredentialQuery::all(0))
                .expect("asked")
                .rows
                .into_iter()
                .find(|c| c.id == client)
                .expect("known");
            assert_eq!(known.kind, CredentialKind::Client);
        }
    }
}

#[test]
fn a_client_of_the_demo_before_is_no_longer_good() {
    let database = Database::sqlite();
    let mut gateway = Gateway::start(&["--demo", "--database", &database.url], &[]);
    let [before, _] = told(&gateway);
    assert_eq!(gateway.client().get(&before.authorize, &[]).status, 200);
    gateway.signal("TERM");
    assert!(gateway.wait().success());
    let gateway = Gateway::start(&["--demo", "--database", &database.url], &[]);
    assert_eq!(gateway.client().get(&before.authorize, &[]).status, 400);
}

#[test]
fn whoever_guesses_is_held_up_at_both_dialects_alike() {
    let gateway = Gateway::start(&["--demo"], &[]);
    let [elance, rm] = told(&gateway);
    let mut browser = browser(&gateway);
    for at in 0..10 {
        let page = browser.get(&elance.authorize);
        let wrong = browser.press(&page, "do=sign-in&login=synapseindia&password=wrong");
        assert_eq!(wrong.status, 401, "{at}");
    }
    let page = browser.get(&rm.authorize);
    let shut = browser.press(&page, &format!("do=sign-in&login=synapseindia&password={}", rm.password));
    assert_eq!(shut.status, 429, "{}", shut.text());
    assert!(shut.header("retry-after").is_some());
}

#[test]
fn pages_are_shown_under_one_name() {
    let gateway = Gateway::start(&["--demo"], &[("ROLLCALL__SERVER__PUBLIC_URL", "https://api.example.com")]);
    let [elance, rm] = told(&gateway);
    for told in [&elance, &rm] {
        let asked = |host: &str| {
            let request = format!("GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", told.authorize);
            gateway.client().raw(request.as_bytes()).expect("a reply")
        };
        let page = asked("api.example.com");
        let cookie = page.header("set-cookie").expect("a cookie");
        assert!(page.status == 200 && cookie.starts_with("__Host-") && cookie.contains("; Secure;"), "{cookie}");
        let other = asked("evil.example");
        assert_eq!((other.status, other.header("content-type")), (400, Some("text/html; charset=utf-8")));
        // Replies to programs are the same under any name.
        assert_eq!(gateway.client().send("POST", &told.token, &[], b"grant_type=x").status, 400);
    }
}
