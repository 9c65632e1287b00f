//! What every reply bears, and how one who comes over http gets to https.

use crate::support::gateway::{Database, Gateway, fail};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys};
use crate::support::tls::Files;
use membership::sample::NDJSON;

const MEMBERS: [(Dialect, &str); 3] = [
    (Dialect::Elance, "/api2/groups/1116/members"),
    (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members"),
    (Dialect::CometChat, "/v3/groups/supergroup/members"),
];

fn bears_the_usual(reply: &Response, about: &str) {
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{about}");
    assert!(reply.header("x-request-id").is_some_and(|id| id.len() == 36), "{about}");
    for telling in ["server", "x-powered-by", "via"] {
        assert_eq!(reply.header(telling), None, "{about}");
    }
}

#[test]
fn every_reply_bears_the_usual_fields_and_none_that_tells_of_us() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let gateway = Gateway::serve(&database);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    let mut client = gateway.client();
    let own = [("X-Request-Id", "00000000-0000-4000-8000-000000000000"), ("Origin", "https://evil.example")];
    for (dialect, path) in MEMBERS {
        for reply in [keys.get(&mut client, dialect, path, &own), client.get(path, &own)] {
            bears_the_usual(&reply, path);
            // Ids are ours alone: a client could make two requests look like one.
            assert_ne!(reply.header("x-request-id"), Some(own[0].1));
            // Pages of other sites may read what CometChat answers, since credentials stand in fields that only a
            // script can write; never what the others do.
            let origin = (dialect == Dialect::CometChat).then_some("*");
            assert_eq!(reply.header("access-control-allow-origin"), origin, "{path}");
            assert_eq!(reply.header("access-control-allow-credentials"), None, "{path}");
            assert_eq!(reply.header("strict-transport-security"), None, "not over http: {path}");
        }
        let asking = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "GET")];
        let preflight = client.send("OPTIONS", path, &asking, b"");
        bears_the_usual(&preflight, path);
        if dialect == Dialect::CometChat {
            assert_eq!((preflight.status, preflight.header("access-control-max-age")), (204, Some("7200")));
            let allowed = preflight.header("access-control-allow-headers").expect("named");
            assert!(allowed.contains("apikey") && !allowed.contains('*'), "{allowed}");
        } else {
            assert!(preflight.header("access-control-allow-methods").is_none(), "{path}");
        }
    }
    bears_the_usual(&client.get("/nowhere", &[]), "no dialect");
    let mut admin = gateway.admin();
    for path in ["/livez", "/readyz", "/metrics", "/admin/v1/groups", "/nowhere"] {
        bears_the_usual(&admin.get(path, &own), path);
    }
}

#[test]
fn http_leads_to_https() {
    let files = Files::make();
    let database = Database::sqlite();
    database.import(NDJSON);
    let settings = [("ROLLCALL__SERVER__HTTPS_REDIRECT", "true"), ("ROLLCALL__SERVER__HSTS_SECONDS", "31536000")];
    let (gateway, https) = files.serve(&["--database", &database.url], &settings);
    let mut plain = gateway.client();
    let mut secure = Client::secure(https, "localhost", &files.trusting());
    for (method, body) in [("GET", &b""[..]), ("POST", b"{}"), ("DELETE", b"")] {
        let target = "/v3/groups/supergroup/members?page=2&x=%2F%2Fevil.example";
        let reply = plain.send(method, target, &[], body);
        assert_eq!(reply.status, 308, "{}", reply.text());
        let expected = format!("https://127.0.0.1:{}{target}", https.port());
        assert_eq!(reply.header("location"), Some(expected.as_str()));
        assert_eq!(reply.header("strict-transport-security"), None, "it would not be heeded over http");
        bears_the_usual(&reply, method);
    }
    // A host that is none is not repeated.
    let raw =
        |host: &str| plain.raw(format!("GET /v3 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
    for host in ["a/b", "u@evil.example", "evil.example?"] {
        let reply = raw(host).expect("a reply");
        assert_eq!((reply.status, reply.header("location")), (400, None), "{host}");
    }
    // A word of a client about itself counts for nothing.
    assert_eq!(plain.get("/v3/groups", &[("X-Forwarded-Proto", "https")]).status, 308);
    for (_, path) in MEMBERS {
        let reply = secure.get(path, &[]);
        assert_eq!(reply.status, 401, "{}", reply.text());
        assert_eq!(reply.header("strict-transport-security"), Some("max-age=31536000"));
    }
    let mut admin = gateway.admin();
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(admin.get(path, &[]).status, 200, "{path}");
    }
    // To the public address, whatever the request says.
    let settings = [
        ("ROLLCALL__SERVER__HTTPS_REDIRECT", "true"),
        ("ROLLCALL__SERVER__PUBLIC_URL", "https://api.example.com/base"),
        ("ROLLCALL__SERVER__TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let gateway = Gateway::start(&["--database", &database.url], &settings);
    let mut plain = gateway.client();
    let reply = plain.get("/v3/groups?a=b", &[]);
    assert_eq!((reply.status, reply.header("location")), (308, Some("https://api.example.com/base/v3/groups?a=b")));
    // A proxy in front that has spoken https is taken at its word.
    assert_eq!(plain.get("/v3/groups", &[("X-Forwarded-Proto", "https")]).status, 401);
    assert_eq!(plain.get("/v3/groups", &[("X-Forwarded-Proto", "http")]).status, 308);

    let config = files.with("rollcall.toml", b"[server]\nhttps_redirect = true\n");
    let said = fail(1, &["serve", "--config", &config, "--database", "sqlite::memory:"], b"");
    assert!(said.contains("server.https_redirect takes an https address"), "{said}");
}
