//! Requests that nobody means well: refused in the dialect's shape, never a 500, never a page of plain text, and the
//! process lives. What is no HTTP at all gets the web server's own empty 400 or 431.

use crate::support::gateway::{Database, Gateway};
use crate::support::http::{Response, shortened};
use crate::support::keys::{Dialect, Keys};
use crate::support::shapes;
use membership::sample::NDJSON;
use std::time::{Duration, Instant};

const MEMBERS: [(Dialect, &str); 3] = [
    (Dialect::Elance, "/api2/groups/1116/members"),
    (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members"),
    (Dialect::CometChat, "/v3/groups/supergroup/members"),
];

/// No request may take longer, in a debug build on a busy machine.
const SOON: Duration = Duration::from_secs(10);

fn gateway() -> (Database, Gateway, Keys) {
    let database = Database::sqlite();
    database.import(NDJSON);
    let gateway = Gateway::serve(&database);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    (database, gateway, keys)
}

#[test]
fn hostile_queries() {
    let (_database, mut gateway, keys) = gateway();
    let mut client = gateway.client();
    let filters = [
        "not%20".repeat(5_000),
        format!("{}Name%20eq%20'a'", "not%20".repeat(1_300)),
        format!("{}Name%20eq%20'a'", "(".repeat(10_000)),
        format!("{}Name%20eq%20'a'{}", "(".repeat(3_000), ")".repeat(3_000)),
        "(".repeat(8_000),
        format!("Name%20eq%20'{}'", "x".repeat(60_000)),
        format!("{}Name%20eq%20'a'", "Name%20eq%20'a'%20or%20".repeat(2_500)),
        format!("{}Name{}", "tolower(".repeat(700), ")".repeat(700)),
        format!("Name%20in%20({}'a')", "'a',".repeat(1_900)),
        "'".repeat(8_000),
        "%00".to_owned(),
        "%ff%fe".to_owned(),
        "%".to_owned(),
        "%2".to_owned(),
        "%zz".to_owned(),
        "%25%32%38".to_owned(),
        "%f0%9f%92%a9".to_owned(),
        "Name%20eq%20'%00'".to_owned(),
        "Name eq".replace(' ', "%20"),
        "token%20Bad%20Request".to_owned(),
    ];
    for filter in &filters {
        for (dialect, path) in MEMBERS {
            let name = if dialect == Dialect::CometChat { "searchKey" } else { "$filter" };
            let target = format!("{path}?{name}={filter}");
            let begun = Instant::now();
            let response = keys.get(&mut client, dialect, &target, &[]);
            let about = shortened(&target);
            assert!(begun.elapsed() < SOON, "{about} took {:?}", begun.elapsed());
            shapes::check(dialect, &response, &about);
            if dialect == Dialect::Rm {
                assert!([400, 414].contains(&response.status), "{about}: {} {}", response.status, response.text());
            }
        }
    }
    assert!(gateway.alive());
}

#[test]
fn hostile_names_and_paths() {
    let (_database, mut gateway, keys) = gateway();
    let mut client = gateway.client();
    for (dialect, path) in MEMBERS {
        for query in ["%ff=1", "%00=1", "%zz=1", "%=1", "a=1&%4"] {
            let target = format!("{path}?{query}");
            let response = keys.get(&mut client, dialect, &target, &[]);
            shapes::check(dialect, &response, &target);
            assert_eq!(response.status, 200, "{target}");
        }
        let base = path.split("/groups").next().expect("a first part");
        for path in
            ["", "/", "/group", "/groups//members", "/groups/1116/members/x/y", "/%2e%2e/%2e%2e/etc/passwd", "/../.."]
        {
            let target = format!("{base}{path}");
            let response = keys.get(&mut client, dialect, &target, &[]);
            shapes::check(dialect, &response, &target);
            assert!([400, 404].contains(&response.status), "{target}: {}", response.status);
        }
        let long = format!("{path}?x={}", "y".repeat(65_000 - path.len()));
        let response = keys.get(&mut client, dialect, &long, &[]);
        shapes::check(dialect, &response, &shortened(&long));
        assert!([400, 413, 414].contains(&response.status), "{}", response.status);
    }
    assert!(gateway.alive());
}

#[test]
fn methods_and_bodies() {
    let (_database, mut gateway, keys) = gateway();
    let mut client = gateway.client();
    for (dialect, path) in MEMBERS {
        for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get"] {
            let response = keys.send(&mut client, dialect, method, path, &[]);
            shapes::check(dialect, &response, &format!("{method} {path}"));
            let allow = match dialect {
                Dialect::CometChat => {
                    let status = match method {
                        // Nobody is added.
                        "POST" | "PUT" => 200,
                        // A key is nobody who could leave.
                        "DELETE" => 401,
                        _ => 404,
                    };
                    assert_eq!(response.status, status, "{method} {path}");
                    continue;
                }
                // Members are added so, and the body is missing.
                Dialect::Rm if method == "POST" => {
                    assert_eq!(response.status, 400, "{method} {path}");
                    continue;
                }
                Dialect::Rm => "GET, HEAD, POST",
                Dialect::Elance => "GET, HEAD",
            };
            assert_eq!(response.status, 405, "{method} {path}");
            assert_eq!(response.header("allow"), Some(allow), "{method} {path}");
        }
        let (get, head) =
            (keys.get(&mut client, dialect, path, &[]), keys.send(&mut client, dialect, "HEAD", path, &[]));
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), get.header("content-length"));
        assert_eq!(head.header("content-type"), get.header("content-type"));

        let body = vec![b'x'; 2 << 20];
        let response = gateway.client().send("POST", path, &[("Content-Type", "text/plain")], &body);
        shapes::check(dialect, &response, "a large body");
        assert_eq!(response.status, 413, "{path}: {}", response.text());
    }
    let preflight = client.send(
        "OPTIONS",
        "/v3/groups/supergroup/members",
        &[("Origin", "https://chat.example"), ("Access-Control-Request-Method", "GET")],
        b"",
    );
    assert!([200, 204].contains(&preflight.status), "{}", preflight.status);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert!(gateway.alive());
}

#[test]
fn without_a_credential() {
    let (_database, gateway, _) = gateway();
    let mut client = gateway.client();
    for (dialect, path) in MEMBERS {
        for headers in [
            &[][..],
            &[("Authorization", "Basic eDp5"), ("X-Apikey", "x")],
            &[("Authorization", "Bearer wrong"), ("apikey", "wrong")],
            &[("Authorization", "OAuth2 wrong"), ("authToken", "wrong")],
            &[("Authorization", ""), ("apikey", "")],
        ] {
            let response = client.get(path, headers);
            shapes::check(dialect, &response, path);
            assert_eq!(response.status, 401, "{path} {headers:?}");
        }
    }
}

#[test]
fn addresses_of_no_dialect() {
    let (_database, gateway, _) = gateway();
    let mut client = gateway.client();
    for path in ["/", "/nothing", "/api2x/groups", "/v30/groups", "/api", "/%ff", "/%00", "//", "/favicon.ico"] {
        let response = client.get(path, &[]);
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{path}");
        assert_eq!(response.json()["status"], 404);
    }
}

/// What does not parse as HTTP with an ASCII target of at most 65,534 bytes.
#[test]
fn what_is_no_http() {
    let (_database, mut gateway, keys) = gateway();
    let request = |target: &[u8], headers: &str| {
        [b"GET ".as_slice(), target, b" HTTP/1.1\r\nHost: x\r\n", headers.as_bytes(), b"\r\n"].concat()
    };
    let long = format!("/v3/groups/supergroup/members?x={}", "y".repeat(70_000));
    let wide = format!("X-Wide: {}\r\n", "z".repeat(200_000));
    for (about, bytes) in [
        ("a target of 70,000 bytes", request(long.as_bytes(), "")),
        ("raw UTF-8 in the target", request("/v3/groups/süper/members".as_bytes(), "")),
        ("raw bytes in the target", request(b"/v3/groups/\xff\xfe/members", "")),
        ("a NUL in the target", request(b"/v3/groups/\0/members", "")),
        ("a very long header", request(b"/v3/groups/supergroup/members", &wide)),
        ("no HTTP at all", b"hello\r\n\r\n".to_vec()),
        (
            "a TLS greeting",
            vec![0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, b'\r', b'\n', b'\r', b'\n'],
        ),
    ] {
        if let Some(Response { status, body, .. }) = gateway.client().raw(&bytes) {
            assert!([400, 431].contains(&status), "{about}: {status}");
            assert!(body.is_empty(), "{about}: {}", String::from_utf8_lossy(&body));
        }
    }
    assert!(gateway.alive());
    for (dialect, path) in MEMBERS {
        assert_eq!(keys.get(&mut gateway.client(), dialect, path, &[]).status, 200, "still there");
    }
}

#[test]
fn an_on_behalf_of_that_is_not_utf_8_names_nobody() {
    let (_database, gateway, keys) = gateway();
    let head = format!("GET /v3/groups/supergroup/members HTTP/1.1\r\nHost: x\r\napikey: {}\r\n", keys.cometchat);
    let request = [head.as_bytes(), b"onBehalfOf: \xff\r\nConnection: close\r\n\r\n"].concat();
    let response = gateway.client().raw(&request).expect("a reply");
    assert_eq!(response.status, 404, "{}", response.text());
    assert_eq!(response.json()["error"]["code"], "ERR_UID_NOT_FOUND");
}
