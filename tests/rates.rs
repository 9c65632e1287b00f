//! How often clients may ask: what each dialect says to one who asks too often, and who that is.

use crate::support::admin::{self, PREFIX};
use crate::support::gateway::{Database, Gateway};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys, create, word};
use crate::support::shapes;
use chrono::Utc;
use membership::sample::NDJSON;

const MEMBERS: [(Dialect, &str); 3] = [
    (Dialect::Elance, "/api2/groups/1116/members"),
    (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members"),
    (Dialect::CometChat, "/v3/groups/supergroup/members"),
];

fn serve(environment: &[(&str, &str)]) -> (Database, Gateway, Keys) {
    let database = Database::sqlite();
    database.import(NDJSON);
    let gateway = Gateway::start(&["--database", &database.url], environment);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    (database, gateway, keys)
}

/// `Retry-After`, in seconds.
fn later(response: &Response) -> i64 {
    let seconds = response.header("retry-after").expect("a time").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    seconds
}

/// Asks until it is refused, and gives how often it was let through and the refusal.
fn until_refused(mut ask: impl FnMut() -> Response) -> (u32, Response) {
    for times in 0..1_000 {
        let response = ask();
        if response.status == 429 {
            return (times, response);
        }
    }
    panic!("is never refused")
}

/// The refusal as the contract of the dialect has it.
fn check_refusal(dialect: Dialect, refusal: &Response) {
    shapes::check(dialect, refusal, "too many requests");
    assert_eq!(refusal.status, 429);
    let (seconds, json) = (later(refusal), refusal.json());
    match dialect {
        Dialect::Elance => {
            let description = format!("Too many requests. Ask again in {seconds} seconds.");
            let error = serde_json::json!({"type": "api", "code": "E_API_RATE_LIMIT", "description": description});
            assert_eq!(json, serde_json::json!({ "errors": [error] }));
        }
        Dialect::Rm => {
            assert_eq!(json["error"], "too_many_requests");
            assert_eq!(json["error_description"], format!("too many requests; ask again in {seconds} seconds"));
            assert_eq!((&json["app_errors"], &json["error_uri"]), (&serde_json::json!([]), &"".into()));
        }
        Dialect::CometChat => {
            assert_eq!(json["error"]["code"], "ERR_TOO_MANY_REQUESTS");
            let reset: i64 = refusal.header("x-rate-limit-reset").expect("a time").parse().expect("unix seconds");
            assert!((reset - Utc::now().timestamp() - seconds).abs() <= 10, "{reset}");
        }
    }
    let is_cometchat = dialect == Dialect::CometChat;
    assert_eq!(refusal.header("x-rate-limit-remaining"), is_cometchat.then_some("0"));
    assert_eq!(refusal.header("x-rate-limit-reset").is_some(), is_cometchat);
}

#[test]
fn each_credential_has_a_rate_and_each_dialect_its_refusal() {
    let (database, gateway, keys) = serve(&[("ROLLCALL__LIMITS__CREDENTIAL_PER_MINUTE", "20")]);
    let mut client = gateway.client();
    for (dialect, path) in MEMBERS {
        let (times, refusal) = until_refused(|| keys.get(&mut client, dialect, path, &[]));
        // One comes back every three seconds.
        assert!((20..60).contains(&times), "{times}");
        check_refusal(dialect, &refusal);
        assert!(later(&refusal) <= 3, "one comes back every three seconds");
        // Every method counts.
        assert_eq!(keys.send(&mut client, dialect, "HEAD", path, &[]).status, 429);
    }
    // Another credential of the same client is not held to it.
    let other = word(&create(&database, &["cometchat"]), "apikey");
    let response = client.get(MEMBERS[2].1, &[("apikey", &other)]);
    assert_eq!(response.status, 200);
    assert_eq!(response.header("x-rate-limit"), Some("20"));
    assert_eq!(response.header("x-rate-limit-remaining"), Some("19"));

    let key = admin::key(&database, "full");
    let mut client = gateway.admin();
    let bearer = format!("Bearer {key}");
    let ask = |client: &mut Client| client.get(&format!("{PREFIX}/groups"), &[("Authorization", &bearer)]);
    let (times, refusal) = until_refused(|| ask(&mut client));
    assert!((20..60).contains(&times), "{times}");
    assert_eq!(refusal.header("content-type"), Some("application/problem+json"));
    let (seconds, json) = (later(&refusal), refusal.json());
    assert_eq!((&json["type"], &json["status"]), (&"/admin/v1/problems/too-many-requests".into(), &429.into()));
    assert_eq!(json["detail"], format!("Too many requests. Ask again in {seconds} seconds."));
    assert_eq!(client.get("/livez", &[]).status, 200, "health has no rate");
}

#[test]
fn what_comes_back_after_the_time_that_was_told_is_let_through() {
    let (_database, gateway, keys) = serve(&[("ROLLCALL__LIMITS__CREDENTIAL_PER_MINUTE", "60")]);
    let mut client = gateway.client();
    let (dialect, path) = MEMBERS[0];
    let (_, refusal) = until_refused(|| keys.get(&mut client, dialect, path, &[]));
    std::thread::sleep(std::time::Duration::from_secs(later(&refusal).cast_unsigned()));
    assert_eq!(keys.get(&mut client, dialect, path, &[]).status, 200);
}

#[test]
fn every_answer_of_cometchat_tells_the_rate() {
    let (_database, gateway, keys) =
        serve(&[("ROLLCALL__LIMITS__CREDENTIAL_PER_MINUTE", "500"), ("ROLLCALL__LIMITS__ADDRESS_PER_MINUTE", "900")]);
    let mut client = gateway.client();
    let own = ("apikey", keys.cometchat.as_str());
    let form = [own, ("Content-Type", "application/json")];
    for (method, path, headers, body, status, limit) in [
        ("GET", "/v3/groups/supergroup/members", &[own][..], "", 200, "500"),
        ("GET", "/v3/groups/nowhere/members", &[own], "", 404, "500"),
        ("POST", "/v3/groups", &form, r#"{"guid":"supergroup","name":"x","type":"public"}"#, 409, "500"),
        // Where no credential is known, that of the address.
        ("GET", "/v3/groups/supergroup/members?page=x", &[own], "", 400, "900"),
        ("GET", "/v3/groups/supergroup/members", &[], "", 401, "900"),
        ("GET", "/v3/groups/supergroup/members", &[("apikey", "x")], "", 401, "900"),
        ("GET", "/v3/nowhere", &[own], "", 404, "900"),
        ("OPTIONS", "/v3/groups", &[("Origin", "https://chat.example")], "", 204, "900"),
    ] {
        let response = client.send(method, path, headers, body.as_bytes());
        assert_eq!((response.status, response.header("x-rate-limit")), (status, Some(limit)), "{method} {path}");
        let left: u32 = response.header("x-rate-limit-remaining").expect("a number").parse().expect("a number");
        assert!(left < limit.parse().expect("a number"), "{method} {path}: {left}");
        assert_eq!(response.header("x-rate-limit-reset"), None);
        let exposed = response.headers.iter().filter(|(name, _)| name == "access-control-expose-headers");
        assert!(exposed.into_iter().any(|(_, value)| value.contains("X-Rate-Limit-Remaining")), "scripts may read it");
    }
    for (dialect, path) in &MEMBERS[..2] {
        assert_eq!(keys.get(&mut client, *dialect, path, &[]).header("x-rate-limit"), None);
    }
}

#[test]
fn each_address_has_a_rate_that_no_header_gets_around() {
    let (_database, gateway, keys) = serve(&[("ROLLCALL__LIMITS__ADDRESS_PER_MINUTE", "30")]);
    let mut client = gateway.client();
    let mut number = 0;
    let (times, refusal) = until_refused(|| {
        number += 1;
        let address = format!("192.0.2.{number}");
        let spoofed = [("X-Forwarded-For", address.as_str()), ("Forwarded", "for=192.0.2.77"), ("X-Real-IP", &address)];
        keys.get(&mut client, Dialect::CometChat, MEMBERS[2].1, &spoofed)
    });
    assert!((20..90).contains(&times), "{times}");
    check_refusal(Dialect::CometChat, &refusal);
    for (dialect, path) in MEMBERS {
        check_refusal(dialect, &keys.get(&mut client, dialect, path, &[]));
        check_refusal(dialect, &client.get(path, &[]));
    }
    let stray = client.get("/nowhere", &[]);
    assert_eq!((stray.status, stray.header("content-type")), (429, Some("application/problem+json")));
    later(&stray);
    gateway.logs(0, "client=127.0.0.1");
    assert!(!gateway.log().contains("192.0.2."), "nobody is who they say they are: {}", gateway.log());
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_rate() {
    let (_database, gateway, keys) = serve(&[
        ("ROLLCALL__LIMITS__ADDRESS_PER_MINUTE", "30"),
        ("ROLLCALL__SERVER__TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.0/8"),
    ]);
    let mut client = gateway.client();
    let mut from = |forwarded: &str| {
        let fields = [("X-Forwarded-For", forwarded), ("X-Forwarded-Host", "api.example.com")];
        keys.get(&mut client, Dialect::Elance, MEMBERS[0].1, &fields)
    };
    let (times, refusal) = until_refused(|| from("198.51.100.1"));
    assert!((30..90).contains(&times), "{times}");
    check_refusal(Dialect::Elance, &refusal);
    assert_eq!(from("198.51.100.2, 10.0.0.7").status, 200, "another client");
    // What a client puts in front of what the proxies write changes nothing.
    assert_eq!(from("198.51.100.9, 198.51.100.1").status, 429);
    assert_eq!(from("198.51.100.9,198.51.100.1,10.0.0.7").status, 429);
    // Of IPv6 each net of 64 bits is one client.
    let (_, refusal) = until_refused(|| from("2001:db8:1:2::1"));
    check_refusal(Dialect::Elance, &refusal);
    assert_eq!(from("2001:db8:1:2:ffff::9").status, 429);
    assert_eq!(from("2001:db8:1:3::1").status, 200);
    gateway.logs(0, "client=198.51.100.2");
}

#[test]
fn the_host_that_a_client_asked_a_proxy_for_is_the_one_in_replies() {
    let fields =
        [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Host", "api.example.com"), ("X-Forwarded-Proto", "https")];
    for (proxies, trusted) in [("127.0.0.1", true), ("10.0.0.0/8", false)] {
        let (_database, gateway, keys) = serve(&[("ROLLCALL__SERVER__TRUSTED_PROXIES", proxies)]);
        let response = keys.get(&mut gateway.client(), Dialect::Elance, "/api2/groups/1116", &fields);
        let (text, host) = (response.text(), format!("http://{}/api2/groups/1116/", gateway.address));
        assert_eq!(text.contains("https://api.example.com/api2/groups/1116/"), trusted, "{text}");
        assert_eq!(text.contains(&host), !trusted, "{text}");
    }
}

#[test]
fn whoever_tries_many_credentials_is_shut_out_for_a_while() {
    let (database, gateway, keys) = serve(&[("ROLLCALL__LIMITS__FAILURES_PER_MINUTE", "6")]);
    let mut client = gateway.client();
    // Nothing presented is nothing tried.
    for _ in 0..20 {
        assert_eq!(client.get(MEMBERS[0].1, &[]).status, 401);
    }
    let mut tries = 0;
    let (times, refusal) = until_refused(|| {
        tries += 1;
        let token = format!("Bearer 4ff|{tries}|wrong");
        client.get(MEMBERS[0].1, &[("Authorization", &token)])
    });
    assert!((6..20).contains(&times), "{times}");
    check_refusal(Dialect::Elance, &refusal);
    assert!(later(&refusal) <= 10);
    // Also with a good one: whether it is good is not looked up any more. And in every dialect.
    for (dialect, path) in MEMBERS {
        check_refusal(dialect, &keys.get(&mut client, dialect, path, &[]));
    }
    let key = admin::key(&database, "full");
    let refused = gateway.admin().get(&format!("{PREFIX}/groups"), &[("Authorization", &format!("Bearer {key}"))]);
    assert_eq!(refused.status, 429);
}

#[test]
fn wrong_secrets_of_clients_and_admin_keys_count_as_tries() {
    let (_database, gateway, _) = serve(&[("ROLLCALL__LIMITS__FAILURES_PER_MINUTE", "5")]);
    let mut client = gateway.admin();
    let (times, _) = until_refused(|| client.get(&format!("{PREFIX}/groups"), &[("Authorization", "Bearer wrong")]));
    assert!((5..20).contains(&times), "{times}");
    let (_database, gateway, _) = serve(&[("ROLLCALL__LIMITS__FAILURES_PER_MINUTE", "5")]);
    let mut client = gateway.client();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let (times, refusal) = until_refused(|| {
        let body = b"grant_type=client_credentials&client_id=a&client_secret=b";
        client.send("POST", "/APIIntegration/Token", &form, body)
    });
    assert!((5..20).contains(&times), "{times}");
    assert_eq!(refusal.json()["error"], "too_many_requests", "{}", refusal.text());
}

#[test]
fn zero_is_without_a_limit() {
    let (_database, gateway, keys) = serve(&[
        ("ROLLCALL__LIMITS__ADDRESS_PER_MINUTE", "0"),
        ("ROLLCALL__LIMITS__CREDENTIAL_PER_MINUTE", "0"),
        ("ROLLCALL__LIMITS__FAILURES_PER_MINUTE", "0"),
        ("ROLLCALL__LIMITS__CONNECTIONS_PER_ADDRESS", "0"),
    ]);
    let mut client = gateway.client();
    for _ in 0..400 {
        let response = client.get(MEMBERS[2].1, &[("apikey", "wrong")]);
        assert_eq!((response.status, response.header("x-rate-limit")), (401, None));
    }
    assert_eq!(keys.get(&mut client, MEMBERS[2].0, MEMBERS[2].1, &[]).status, 200);
}
