//! The admin API over real sockets, on either database: keys, changes and who sees them, conditions and keys of requests
//! under pressure, the log as a feed.

use crate::support::admin::{Admin, PREFIX, key};
use crate::support::gateway::{Database, Gateway, succeed};
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A gateway, and a client with a key.
fn serve(database: &Database) -> (Gateway, Admin) {
    let gateway = Gateway::serve(database);
    let admin = Admin::of(&gateway, database);
    (gateway, admin)
}

fn ok(admin: &mut Admin, method: &str, path: &str, body: Value) -> Value {
    let reply = admin.ask(method, path, &body);
    assert!((200..300).contains(&reply.status), "{method} {path}: {}", reply.text());
    if reply.body.is_empty() { Value::Null } else { reply.json() }
}

#[test]
fn a_life_of_a_group_on_either_database() {
    let mut seen = Vec::new();
    for database in Database::both() {
        let (_gateway, mut admin) = serve(&database);
        for login in ["olga", "otto", "ines"] {
            ok(&mut admin, "POST", "/persons", json!({ "login": login, "id": uuid(login) }));
        }
        let group = json!({ "guid": "chess", "type": "private", "owner": { "uid": "olga" }, "id": uuid("chess") });
        ok(&mut admin, "POST", "/groups", group);
        ok(&mut admin, "POST", "/groups/guid:chess/members/uid:otto/ask", Value::Null);
        ok(&mut admin, "POST", "/groups/guid:chess/members/uid:otto/approve?as=uid:olga", Value::Null);
        let steps = json!({ "steps": [
            { "action": "add", "person": "uid:ines", "scope": "moderator" },
            { "action": "set_scope", "person": "uid:otto", "scope": "admin" },
            { "action": "transfer_ownership", "person": "uid:otto" },
        ]});
        ok(&mut admin, "POST", "/groups/guid:chess/members", steps);
        ok(&mut admin, "POST", "/groups/guid:chess/members/uid:olga/ban", Value::Null);
        ok(&mut admin, "PATCH", "/groups/guid:chess", json!({ "name": "Schach", "metadata": { "a": 1 } }));
        ok(&mut admin, "POST", "/jobs?as=uid:ines", json!({ "title": "Board", "groups": ["guid:chess"] }));
        let state = [
            "/groups?search=schach",
            "/groups/guid:chess/members",
            "/groups/guid:chess/members?state=banned",
            "/groups/guid:chess/members/uid:otto",
            "/persons/uid:otto/memberships",
            "/jobs?group=guid:chess",
            "/persons?search=o&order=-login",
            "/changes?after=0",
        ];
        let all: Vec<Value> =
            state.iter().map(|path| without_times(ok(&mut admin, "GET", path, Value::Null))).collect();
        assert_eq!(all[1]["total"], 2);
        assert_eq!(all[7]["items"].as_array().map(Vec::len), Some(13), "{}", all[7]);
        seen.push(all);
        ok(&mut admin, "DELETE", "/persons/uid:ines", Value::Null);
        ok(&mut admin, "DELETE", "/groups/guid:chess", Value::Null);
        assert_eq!(admin.get("/groups/guid:chess").status, 404);
        succeed(&["check", "--database", &database.url], b"");
    }
    assert_eq!(seen[0], seen[1], "both databases tell the same");
}

/// An id made of a name.
fn uuid(name: &str) -> String {
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("00000000-0000-4000-8000-{digits:0>12}")
}

/// Everything but the times.
fn without_times(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_time = |name: &str| name == "at" || name.ends_with("_at");
            fields.into_iter().filter(|(name, _)| !is_time(name)).map(|(name, v)| (name, without_times(v))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_times).collect(),
        other => other,
    }
}

#[test]
fn a_key_is_made_on_the_command_line_and_revoked_at_once() {
    for database in Database::both() {
        let (_gateway, mut admin) = serve(&database);
        let mut reader = Admin::with(admin.address(), &key(&database, "read"));
        assert_eq!(reader.get("/groups").status, 200);
        let refused = reader.ask("POST", "/groups", &json!({}));
        assert_eq!((refused.status, refused.header("content-type")), (403, Some("application/problem+json")));
        let listed = ok(&mut admin, "GET", "/credentials?audience=admin", Value::Null);
        assert_eq!((&listed["total"], &listed["items"][1]["rights"]), (&2.into(), &"read".into()));
        let path = format!("/credentials/{}/revoke", listed["items"][1]["id"]);
        ok(&mut admin, "POST", &path, Value::Null);
        let reply = reader.get("/groups");
        assert_eq!((reply.status, reply.json()["type"].as_str()), (401, Some("/admin/v1/problems/unauthorized")));
        assert!(reply.header("www-authenticate").is_some_and(|field| field.starts_with("Bearer ")));
        // A key of another audience opens nothing here, and this one nothing there.
        let line = succeed(&["credential", "create", "cometchat", "--database", &database.url], b"");
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let foreign = line["apikey"].as_str().expect("a key");
        assert_eq!(Admin::with(admin.address(), foreign).get("/groups").status, 401);
        // Neither listener serves what is the other's.
        let mut public = _gateway.client();
        assert_eq!(public.get(&format!("{PREFIX}/groups"), &[]).status, 404);
    }
}

#[test]
fn of_many_who_change_the_same_one_is_first() {
    for database in Database::both() {
        let (_gateway, mut admin) = serve(&database);
        ok(&mut admin, "POST", "/groups", json!({ "guid": "g" }));
        let tag = admin.get("/groups/guid:g").header("etag").expect("a tag").to_owned();
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..12)
                .map(|n| {
                    let (mut admin, tag) = (admin.another(), &tag);
                    scope.spawn(move || {
                        let fields = [("Content-Type", "application/json"), ("If-Match", tag.as_str())];
                        admin
                            .send("PATCH", "/groups/guid:g", &fields, format!("{{\"name\":\"{n}\"}}").as_bytes())
                            .status
                    })
                })
                .collect();
            all.into_iter().map(|one| one.join().expect("no panic")).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 11, "{statuses:?}");
        // Without a condition all of them come through, and none of what they merge is lost.
        std::thread::scope(|scope| {
            for n in 0..6 {
                let mut admin = admin.another();
                scope.spawn(move || {
                    let reply = admin.ask("PATCH", "/groups/guid:g", &json!({ "metadata": { n.to_string(): n } }));
                    assert_eq!(reply.status, 200, "{}", reply.text());
                });
            }
        });
        let group = ok(&mut admin, "GET", "/groups/guid:g", Value::Null);
        assert_eq!(group["metadata"].as_object().map(serde_json::Map::len), Some(6), "{group}");
    }
}

#[test]
fn a_request_with_a_key_is_done_once_whoever_asks_again() {
    for database in Database::both() {
        let (mut gateway, mut admin) = serve(&database);
        let fields = [("Content-Type", "application/json"), ("Idempotency-Key", "\"7f1c\"")];
        let body = br#"{"name":"Once"}"#;
        let replies: Vec<(u16, String)> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| {
                    let mut admin = admin.another();
                    scope.spawn(move || {
                        let reply = admin.send("POST", "/groups", &fields, body);
                        (reply.status, reply.text().to_owned())
                    })
                })
                .collect();
            all.into_iter().map(|one| one.join().expect("no panic")).collect()
        });
        assert!(replies.iter().all(|(status, _)| [201, 409].contains(status)), "{replies:?}");
        assert_eq!(ok(&mut admin, "GET", "/groups", Value::Null)["total"], 1);
        let kept = admin.send("POST", "/groups", &fields, body);
        assert_eq!((kept.status, kept.header("idempotency-replayed")), (201, Some("true")));
        assert!(replies.iter().filter(|(status, _)| *status == 201).all(|(_, text)| text == kept.text()));
        gateway.signal("TERM");
        assert!(gateway.wait().success());
        // Another gateway knows it too.
        let gateway = Gateway::serve(&database);
        let mut again = Admin::with(gateway.admin().address(), admin.key());
        let reply = again.send("POST", "/groups", &fields, body);
        assert_eq!((reply.status, reply.text()), (201, kept.text()));
        assert_eq!(again.send("POST", "/groups", &fields, b"{}").status, 422);
        let mut other = Admin::with(again.address(), &key(&database, "full"));
        assert_eq!(other.send("POST", "/groups", &fields, body).status, 201, "keys are each credential's own");
        assert_eq!(ok(&mut again, "GET", "/groups", Value::Null)["total"], 2);
    }
}

#[test]
fn the_log_wakes_who_waits_for_it() {
    for database in Database::both() {
        let (mut gateway, mut admin) = serve(&database);
        ok(&mut admin, "POST", "/groups", json!({ "guid": "g" }));
        ok(&mut admin, "POST", "/persons", json!({ "login": "p" }));
        let head = ok(&mut admin, "GET", "/changes", Value::Null)["head"].as_u64().expect("a number");
        let begun = Instant::now();
        let nothing = ok(&mut admin, "GET", &format!("/changes?after={head}&wait=1"), Value::Null);
        assert!((1..5).contains(&begun.elapsed().as_secs()), "waited {:?}", begun.elapsed());
        assert_eq!((&nothing["items"], nothing["next"].as_u64()), (&json!([]), Some(head)));

        // A reader of the whole log, and one of the group, who is not woken by what concerns others.
        let reader = admin.another();
        let read = |path: String| {
            let mut admin = reader.another();
            std::thread::spawn(move || (admin.get(&path).json(), Instant::now()))
        };
        let whole = read(format!("/changes?after={head}&wait=30"));
        let of_group = read(format!("/changes?after={head}&wait=30&group=guid:g"));
        std::thread::sleep(Duration::from_millis(500));
        let changed = Instant::now();
        ok(&mut admin, "PATCH", "/persons/uid:p", json!({ "name": "P" }));
        let (told, woken) = whole.join().expect("no panic");
        assert!(woken - changed < Duration::from_secs(2), "woken after {:?}", woken - changed);
        assert_eq!((&told["items"][0]["action"], told["next"].as_u64()), (&"person_edit".into(), Some(head + 1)));
        assert!(!of_group.is_finished());
        ok(&mut admin, "POST", "/groups/guid:g/members/uid:p/add", Value::Null);
        let (told, _) = of_group.join().expect("no panic");
        let items = told["items"].as_array().expect("items");
        assert_eq!((items.len(), &items[0]["action"], told["next"].as_u64()), (1, &"add".into(), Some(head + 2)));

        // Whoever waits when the gateway ends is let go, and misses nothing.
        let waiting = read(format!("/changes?after={}&wait=60", head + 2));
        std::thread::sleep(Duration::from_millis(500));
        let ending = Instant::now();
        gateway.signal("TERM");
        let (told, _) = waiting.join().expect("no panic");
        assert_eq!((&told["items"], told["next"].as_u64()), (&json!([]), Some(head + 2)));
        assert!(gateway.wait().success());
        assert!(ending.elapsed() < Duration::from_secs(10), "took {:?}", ending.elapsed());
    }
}

#[test]
fn only_so_many_wait_at_once() {
    let database = Database::sqlite();
    let (gateway, mut admin) = serve(&database);
    let head = ok(&mut admin, "GET", "/changes", Value::Null)["head"].as_u64().expect("a number");
    let path = format!("/changes?after={head}&wait=20");
    let waiting: Vec<_> = (0..64)
        .map(|_| {
            let (mut admin, path) = (admin.another(), path.clone());
            // Our own question below may take a place for a moment.
            std::thread::spawn(move || {
                let statuses = std::iter::repeat_with(|| admin.get(&path).status);
                statuses.take_while(|status| *status != 200).all(|status| status == 429)
            })
        })
        .collect();
    let begun = Instant::now();
    loop {
        let reply = admin.get(&format!("/changes?after={head}&wait=1"));
        if reply.status == 429 {
            assert_eq!(reply.header("retry-after"), Some("1"));
            assert_eq!(reply.json()["type"], "/admin/v1/problems/too-many-requests");
            break;
        }
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(begun.elapsed() < Duration::from_secs(15), "nobody is refused");
    }
    // Who does not wait is answered, and so is everybody else.
    assert_eq!(admin.get(&format!("/changes?after={head}")).status, 200);
    assert_eq!(gateway.client().get("/v3/groups/g/members", &[]).status, 401);
    ok(&mut admin, "POST", "/persons", json!({}));
    assert!(waiting.into_iter().all(|one| one.join().expect("no panic")));
}

#[test]
fn who_has_left_holds_no_place_of_those_who_wait() {
    let database = Database::sqlite();
    let (gateway, mut admin) = serve(&database);
    let head = ok(&mut admin, "GET", "/changes", Value::Null)["head"].as_u64().expect("a number");
    let request = format!(
        "GET /admin/v1/changes?after={head}&wait=60 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n\r\n",
        admin.key()
    );
    let admin_address = admin.address();
    let wait = || {
        let mut stream = TcpStream::connect(admin_address).expect("listens");
        stream.write_all(request.as_bytes()).expect("sent");
        stream
    };
    let mut waiting: Vec<_> = (0..64).map(|_| wait()).collect();
    let ask = format!("/changes?after={head}&wait=1");
    let begun = Instant::now();
    while admin.get(&ask).status != 429 {
        // Our own question may have taken the place of one.
        waiting.push(wait());
        assert!(begun.elapsed() < Duration::from_secs(15), "nobody is refused");
    }
    drop(waiting);
    let begun = Instant::now();
    while admin.get(&ask).status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{}", gateway.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_store_that_is_away_is_told() {
    let server = crate::support::postgres::Server::start();
    let database = Database::of("postgresql", server.fresh_database());
    let (_gateway, mut admin) = serve(&database);
    let fields = [("Content-Type", "application/json"), ("Idempotency-Key", "k")];
    server.stop();
    let reply = admin.send("POST", "/groups", &fields, b"{}");
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("30")), "{}", reply.text());
    assert_eq!(reply.json()["type"], "/admin/v1/problems/unavailable");
    let id = reply.header("x-request-id").expect("an id");
    assert_eq!(reply.json()["instance"], format!("urn:uuid:{id}"));
    server.start_again();
    let begun = Instant::now();
    loop {
        let reply = admin.send("POST", "/groups", &fields, b"{}");
        if reply.status == 201 {
            break;
        }
        assert_eq!(reply.status, 503, "{}", reply.text());
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(100));
    }
}
