//! What goes in and out of the admin API as a stream.

use crate::support::admin::Admin;
use crate::support::gateway::{Database, Gateway, succeed};
use crate::support::http::Client;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const NDJSON: (&str, &str) = ("Content-Type", "application/x-ndjson");
const CSV: (&str, &str) = ("Content-Type", "text/csv");

fn serve(database: &Database, settings: &[(&str, &str)]) -> (Gateway, Admin) {
    let gateway = Gateway::start(&["--database", &database.url], settings);
    let admin = Admin::of(&gateway, database);
    (gateway, admin)
}

#[test]
fn an_import_that_did_nothing_may_be_tried_again_with_its_key() {
    for database in Database::both() {
        let (_gateway, mut admin) = serve(&database, &[]);
        let rows = "{\"kind\":\"membership\",\"group\":{\"guid\":\"late\"},\"person\":{\"uid\":\"late\"}}\n";
        let mut import = || admin.send("POST", "/import", &[NDJSON, ("Idempotency-Key", "k")], rows.as_bytes());
        let refused = import();
        assert_eq!((refused.status, refused.json()["report"]["applied"].as_bool()), (422, Some(false)));
        let both = "{\"kind\":\"person\",\"uid\":\"late\"}\n{\"kind\":\"group\",\"guid\":\"late\"}\n";
        assert_eq!(admin.send("POST", "/import", &[NDJSON], both.as_bytes()).status, 200);
        let mut import = || admin.send("POST", "/import", &[NDJSON, ("Idempotency-Key", "k")], rows.as_bytes());
        let done = import();
        assert_eq!((done.status, done.header("idempotency-replayed")), (200, None), "{}", done.text());
        assert_eq!(done.json()["memberships"]["created"], 1);
        assert_eq!(import().header("idempotency-replayed"), Some("true"));
    }
}

#[test]
fn what_comes_out_goes_in_again() {
    let lines = succeed(&["generate", "--groups", "3", "--members", "2000"], b"");
    for (from, to) in Database::both().into_iter().zip(Database::both().into_iter().rev()) {
        let (_gateway, mut admin) = serve(&from, &[]);
        let dry = admin.send("POST", "/import?dry_run=true", &[NDJSON], lines.as_bytes());
        assert_eq!((dry.status, dry.json()["applied"].as_bool()), (200, Some(false)), "{}", dry.text());
        let report = admin.send("POST", "/import", &[NDJSON, ("Idempotency-Key", "k")], lines.as_bytes());
        assert_eq!(
            (report.status, report.json()["persons"]["created"].as_u64()),
            (200, Some(2000)),
            "{}",
            report.text()
        );
        let again = admin.send("POST", "/import", &[NDJSON, ("Idempotency-Key", "k")], lines.as_bytes());
        assert_eq!((again.text(), again.header("idempotency-replayed")), (report.text(), Some("true")));
        let unchanged = admin.send("POST", "/import", &[NDJSON], lines.as_bytes()).json();
        assert_eq!(unchanged["persons"], json!({ "created": 0, "changed": 0, "unchanged": 2000 }));

        let whole = admin.get("/export");
        assert_eq!((whole.status, whole.header("content-type")), (200, Some("application/x-ndjson")));
        assert_eq!(whole.text(), succeed(&["export", "--database", &from.url], b""), "as the command line has it");
        let (_other, mut other) = serve(&to, &[]);
        assert_eq!(other.send("POST", "/import", &[NDJSON], &whole.body).status, 200);
        assert_eq!(other.get("/export").body, whole.body);
        // Kind by kind, as lines and as CSV.
        let mut pieces = Vec::new();
        for kind in ["persons", "groups", "memberships"] {
            let reply = admin.get(&format!("/export?kind={kind}"));
            let name = format!("attachment; filename=\"{kind}.ndjson\"");
            assert_eq!(reply.header("content-disposition"), Some(name.as_str()));
            pieces.extend_from_slice(&reply.body);
            let csv = admin.get(&format!("/export?format=csv&kind={kind}"));
            assert_eq!(csv.header("content-type"), Some("text/csv"));
            let told = succeed(&["export", "--database", &from.url, "--format", "csv", "--kind", kind], b"");
            assert_eq!(csv.text(), told);
            let unchanged = admin.send("POST", "/import", &[CSV], &csv.body);
            assert_eq!((unchanged.status, unchanged.json()[kind]["changed"].as_u64()), (200, Some(0)));
        }
        assert_eq!(pieces, whole.body);
        let accepted = admin.send("GET", "/export", &[("Accept", "text/csv")], b"");
        assert!(accepted.text().starts_with("number,id,uid,login,"), "{}", accepted.text());
        assert_eq!(admin.send("GET", "/export", &[("Accept", "text/html")], b"").status, 406);
        let group = admin.get("/groups?page_size=1").json()["items"][0]["number"].clone();
        let one = admin.get(&format!("/export?group={group}"));
        assert_eq!(one.text(), succeed(&["export", "--database", &from.url, "--group", &group.to_string()], b""));
        let nothing = admin.get("/export?group=guid:nothing");
        assert_eq!((nothing.status, nothing.json()["type"].as_str()), (404, Some("/admin/v1/problems/no-such-group")));
        assert_eq!(admin.send("HEAD", "/export", &[], b"").status, 200);
    }
}

#[test]
fn an_empty_store_exports_nothing() {
    for database in Database::both() {
        let (_gateway, mut admin) = serve(&database, &[]);
        let reply = admin.get("/export");
        assert_eq!((reply.status, reply.body.len()), (200, 0));
        assert_eq!(admin.send("POST", "/import", &[NDJSON], b"").status, 200);
    }
}

#[test]
fn bad_rows_are_told_by_line_and_column() {
    for database in Database::both() {
        let (_gateway, mut admin) = serve(&database, &[]);
        let lines = "{\"kind\":\"person\",\"login\":\"a\"}\n{\"kind\":\"person\",\"login\":7}\n{\"kind\":\"pers\n";
        let reply = admin.send("POST", "/import", &[NDJSON], lines.as_bytes());
        let problem = reply.json();
        assert_eq!((reply.status, problem["type"].as_str()), (422, Some("/admin/v1/problems/bad-rows")));
        assert_eq!(
            (&problem["errors"][0]["line"], &problem["errors"][0]["column"]),
            (&2.into(), &26.into()),
            "{problem}"
        );
        assert_eq!((&problem["errors"][1]["line"], &problem["report"]["applied"]), (&3.into(), &false.into()));
        assert_eq!(admin.get("/persons").json()["total"], 0, "nothing was applied");
        let skipped = admin.send("POST", "/import?skip_bad=true", &[NDJSON], lines.as_bytes());
        assert_eq!((skipped.status, skipped.json()["bad_total"].as_u64()), (200, Some(2)), "{}", skipped.text());
        assert_eq!(admin.get("/persons").json()["total"], 1);
        let unread = admin.send("POST", "/import?skip_bad=true", &[CSV], b"login\nb\n\"c");
        assert_eq!((unread.status, &unread.json()["report"]["unread"]), (422, &json!(["body"])), "{}", unread.text());
        assert_eq!(admin.send("POST", "/import", &[("Content-Type", "application/json")], b"{}").status, 415);
    }
}

#[test]
fn imports_are_bounded() {
    let database = Database::sqlite();
    let settings = [("ROLLCALL__LIMITS__IMPORT_BYTES", "2048"), ("ROLLCALL__LIMITS__BODY_TIMEOUT_SECONDS", "1")];
    let (_gateway, mut admin) = serve(&database, &settings);
    let line = "{\"kind\":\"person\",\"login\":\"a\"}\n";
    assert_eq!(admin.send("POST", "/import", &[NDJSON], line.repeat(60).as_bytes()).status, 200);
    let reply = admin.send("POST", "/import", &[NDJSON], line.repeat(80).as_bytes());
    assert_eq!((reply.status, &reply.json()["limit"]), (413, &2048.into()));
    // In chunks nobody knows how long it is.
    let head = format!(
        "POST /admin/v1/import HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\nContent-Type: application/x-ndjson\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        admin.key()
    );
    let chunk = format!("{:x}\r\n{}\r\n", line.len(), line);
    let client = Client::new(admin.address());
    let reply = client.raw(format!("{head}{}0\r\n\r\n", chunk.repeat(80)).as_bytes()).expect("a reply");
    assert_eq!(reply.status, 413, "{}", reply.text());
    // One that does not go on holds up nobody for long. Ours may come before it, and then it is the one to be refused.
    let mut stuck = Vec::new();
    let busy = loop {
        let mut stream = TcpStream::connect(admin.address()).expect("listens");
        stream.write_all(format!("{head}{chunk}").as_bytes()).expect("sent");
        stuck.push(stream);
        std::thread::sleep(Duration::from_millis(100));
        let reply = admin.send("POST", "/import", &[NDJSON], line.as_bytes());
        if reply.status != 200 {
            break reply;
        }
        assert!(stuck.len() < 50, "it is never begun");
    };
    assert_eq!((busy.status, busy.header("retry-after")), (429, Some("30")), "{}", busy.text());
    let begun = Instant::now();
    while admin.send("POST", "/import", &[NDJSON], line.as_bytes()).status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20), "still busy");
        std::thread::sleep(Duration::from_millis(50));
    }
    // It is told, and the connection ends; the others were refused.
    let told = stuck.iter_mut().map(|stream| {
        let mut told = String::new();
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a positive time");
        stream.read_to_string(&mut told).expect("the end");
        told
    });
    let told: Vec<_> = told.filter(|told| !told.starts_with("HTTP/1.1 429 ")).collect();
    assert!(!told.is_empty());
    for told in told {
        assert!(told.starts_with("HTTP/1.1 400 ") && told.contains("did not arrive in time"), "{told}");
    }
}

#[test]
fn exports_are_bounded_and_stand_in_nobodys_way() {
    let database = Database::sqlite();
    let lines = succeed(&["generate", "--groups", "2", "--members", "20000"], b"");
    database.import(&lines);
    let settings = [("ROLLCALL__DATABASE__POOL_SIZE", "1")];
    let (gateway, mut admin) = serve(&database, &settings);
    let request = format!("GET /admin/v1/export HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n\r\n", admin.key());
    // Two who read nothing hold all the turns that there are for exports.
    let mut idle: Vec<TcpStream> = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(admin.address()).expect("listens");
        stream.write_all(request.as_bytes()).expect("sent");
        stream.read_exact(&mut [0; 12]).expect("it begins");
        idle.push(stream);
    }
    let refused = admin.get("/export");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("30")), "{}", refused.text());
    // Everything else goes on, also with a single connection for slow requests.
    assert_eq!(admin.get("/persons?search=a").status, 200);
    assert_eq!(admin.ask("POST", "/persons", &json!({})).status, 201);
    assert_eq!(admin.send("POST", "/import", &[NDJSON], b"{\"kind\":\"person\",\"uid\":\"x\"}").status, 200);
    // Who goes away gives the turn back.
    drop(idle);
    let begun = Instant::now();
    loop {
        let reply = admin.get("/export");
        if reply.status == 200 {
            assert_eq!(reply.text(), succeed(&["export", "--database", &database.url], b""));
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", gateway.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_chunk_that_is_none_is_told_though_it_comes_with_the_header() {
    for database in Database::both() {
        let (_gateway, admin) = serve(&database, &[]);
        let client = Client::new(admin.address());
        for (method, path, media_type) in [
            ("POST", "/import", "application/x-ndjson"),
            ("POST", "/persons", "application/json"),
            ("PATCH", "/persons/1", "application/json"),
            ("GET", "/groups", "application/json"),
            ("DELETE", "/persons/1", "application/json"),
            ("POST", "/nothing", "application/json"),
        ] {
            for chunks in ["zz\r\n", "3\r\nabcX\r\n", "2\r\n{}\r\nzz\r\n"] {
                let request = format!(
                    "{method} /admin/v1{path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n\
                     Content-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}",
                    admin.key()
                );
                let about = format!("{} {method} {path} {chunks:?}", database.name);
                let reply = client.raw(request.as_bytes()).unwrap_or_else(|| panic!("no reply: {about}"));
                assert_eq!((reply.status, reply.header("connection")), (400, Some("close")), "{about}");
                assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{about}");
                assert_eq!(reply.json()["type"], "/admin/v1/problems/bad-body", "{about}");
            }
        }
        // A good one comes through whole, however it is cut.
        let head = format!(
            "POST /admin/v1/persons HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
            admin.key()
        );
        let mut stream = TcpStream::connect(admin.address()).expect("listens");
        stream.write_all(format!("{head}9\r\n{{\"login\":\r\n").as_bytes()).expect("sent");
        std::thread::sleep(Duration::from_millis(100));
        stream.write_all(b"6\r\n\"cut\"}\r\n0\r\n\r\n").expect("sent");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a positive time");
        let mut start = [0; 12];
        stream.read_exact(&mut start).expect("a reply");
        assert_eq!(&start, b"HTTP/1.1 201");
    }
}
