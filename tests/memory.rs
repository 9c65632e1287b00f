//! Lists of members that come from memory: the same as from the database, at once after every change, whoever made it;
//! to whoever has a good credential at that moment; sent once to who can keep them, and packed for who asks for it.

use crate::support::admin::{Admin, key};
use crate::support::gateway::{Database, Gateway, succeed};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys, create, word};
use flate2::read::GzDecoder;
use membership::sample::NDJSON;
use serde_json::{Value, json};
use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const RM: &str = "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members";

/// Lists of each dialect, with and without a filter and an order of their own.
const LISTS: [(Dialect, &str); 11] = [
    (Dialect::Elance, "/api2/groups/1116/members"),
    (Dialect::Elance, "/api2/groups/1116/members?page=2&rpp=5"),
    (Dialect::Rm, RM),
    (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members/count"),
    (
        Dialect::Rm,
        "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members?$orderby=Name%20desc&page_size=7",
    ),
    (
        Dialect::Rm,
        "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members?$filter=substringof('e',Name)",
    ),
    (Dialect::CometChat, "/v3/groups/supergroup/members?perPage=100"),
    (Dialect::CometChat, "/v3/groups/supergroup/members?perPage=3&page=2"),
    (Dialect::CometChat, "/v3/groups/supergroup/members?searchKey=an"),
    (Dialect::CometChat, "/v3/groups/supergroup/members?scopes=admin,moderator"),
    (Dialect::CometChat, "/v3/groups/supergroup/bannedusers"),
];

const ALL: (Dialect, &str) = LISTS[6];

/// A gateway, and where its admin listener is.
struct Serving {
    gateway: Gateway,
    admin: SocketAddr,
}

impl Serving {
    fn start(database: &Database, environment: &[(&str, &str)]) -> Self {
        let gateway = Gateway::start(&["--database", &database.url], environment);
        let admin = gateway.admin().address();
        Self { gateway, admin }
    }

    fn client(&self) -> Client {
        self.gateway.client()
    }
}

/// One value of the metrics.
fn figure(admin: &mut Client, name: &str) -> u64 {
    let text = admin.get("/metrics", &[]);
    let line = text.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    line.unwrap_or_else(|| panic!("no {name}")).parse().expect("a number")
}

/// Asks until all of these come from memory.
fn warm(serving: &Serving, keys: &Keys, lists: &[(Dialect, &str)]) {
    let (mut client, mut admin) = (serving.client(), Client::new(serving.admin));
    let begun = Instant::now();
    loop {
        let before = figure(&mut admin, "rollcall_roster_hits_total");
        for (dialect, path) in lists {
            assert_eq!(keys.get(&mut client, *dialect, path, &[]).status, 200, "{path}");
        }
        if figure(&mut admin, "rollcall_roster_hits_total") == before + lists.len() as u64 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing comes into memory: {}", serving.gateway.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One that answers from memory, and one that does not, on the same database.
fn pair(database: &Database) -> [Serving; 2] {
    [Serving::start(database, &[]), Serving::start(database, &[("ROLLCALL__ROSTER__BYTES", "0")])]
}

fn told(response: &Response) -> (u16, Option<&str>, Option<&str>, &str) {
    (response.status, response.header("x-total-count"), response.header("link"), response.text())
}

#[test]
fn lists_from_memory_are_those_of_the_database_at_once_after_every_change() {
    for database in Database::both() {
        database.import(NDJSON);
        let [memory, plain] = pair(&database);
        let keys = Keys::make(&database, &memory.gateway, "synapseindia");
        warm(&memory, &keys, &LISTS);
        let (mut first, mut second) = (memory.client(), plain.client());
        let all = keys.get(&mut first, ALL.0, ALL.1, &[]).json();
        let uids: Vec<String> = all["data"].as_array().expect("rows").iter().map(|row| word(row, "uid")).collect();
        let api = [("apikey", keys.cometchat.as_str()), ("Content-Type", "application/json")];
        let uid = |at: usize| uids[at % uids.len()].as_str();
        for round in 0..12 {
            let (method, path, body) = match round % 4 {
                0 => ("PUT", format!("/v3/users/{}", uid(round)), json!({ "name": format!("Anna {round}") })),
                1 => ("DELETE", format!("/v3/groups/supergroup/members/{}", uid(round + 3)), Value::Null),
                2 => ("POST", "/v3/groups/supergroup/members".into(), json!({ "participants": [uid(round + 2)] })),
                _ => ("POST", format!("/v3/groups/supergroup/bannedusers/{}", uid(round + 4)), Value::Null),
            };
            let body = if body.is_null() { String::new() } else { body.to_string() };
            // By either of them in turn.
            let by = if round / 4 % 2 == 0 { &mut second } else { &mut first };
            let changed = by.send(method, &path, &api, body.as_bytes());
            assert!(changed.status < 500, "{path}: {}", changed.text());
            for (dialect, list) in LISTS {
                let one = keys.get(&mut first, dialect, list, &[]);
                let other = keys.get(&mut second, dialect, list, &[]);
                assert_eq!(told(&one), told(&other), "{} {method} {path}: {list}", database.name);
            }
        }
        let mut admin = Client::new(memory.admin);
        assert!(figure(&mut admin, "rollcall_roster_hits_total") > 60);
        assert!(figure(&mut admin, "rollcall_roster_bytes") > 0);
    }
}

#[test]
fn a_revocation_and_a_closed_account_are_in_force_at_once_on_every_gateway() {
    for database in Database::both() {
        database.import(NDJSON);
        let gateways = [Serving::start(&database, &[]), Serving::start(&database, &[])];
        let keys = Keys::make(&database, &gateways[0].gateway, "synapseindia");
        gateways.iter().for_each(|gateway| warm(gateway, &keys, &[LISTS[0], ALL]));
        let admin = key(&database, "full");
        let [mut one, mut other] = gateways.each_ref().map(Serving::client);
        for round in 0..5 {
            let made = create(&database, &["cometchat"]);
            let apikey = word(&made, "apikey");
            let headers = [("apikey", apikey.as_str())];
            for client in [&mut one, &mut other] {
                // Known from the second on.
                for _ in 0..3 {
                    assert_eq!(client.get(ALL.1, &headers).status, 200, "{round}");
                }
            }
            let listed = succeed(&["credential", "list", "--database", &database.url], b"");
            let newest = listed.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["id"].as_i64());
            let newest = newest.map(|id| id.expect("an id")).max().expect("one at least");
            succeed(&["credential", "revoke", &newest.to_string(), "--database", &database.url], b"");
            for client in [&mut one, &mut other] {
                let refused = client.get(ALL.1, &headers);
                assert_eq!(refused.status, 401, "{} {round}: {}", database.name, refused.text());
            }
            // And the account of a person, changed at one of them.
            let mut admin = Admin::with(gateways[round % 2].admin, &admin);
            for (status, expected) in [("blocked", 403), ("active", 200)] {
                let changed = admin.ask("PATCH", "/persons/300723", &json!({ "account_status": status }));
                assert_eq!(changed.status, 200, "{}", changed.text());
                for client in [&mut one, &mut other] {
                    let reply = keys.get(client, LISTS[0].0, LISTS[0].1, &[]);
                    assert_eq!(reply.status, expected, "{} {status}: {}", database.name, reply.text());
                }
            }
        }
    }
}

/// Whoever makes the same request again may get the same reply again, and none that is not the answer any more.
#[test]
fn a_request_that_is_made_again_is_answered_as_if_it_were_the_first() {
    const AGAIN: &str = "rollcall_roster_replies_again_total";
    for database in Database::both() {
        database.import(NDJSON);
        database.import(r#"{"kind":"group","number":77,"guid":"chess","name":"Chess"}"#);
        let [memory, plain] = pair(&database);
        let keys = Keys::make(&database, &memory.gateway, "synapseindia");
        warm(&memory, &keys, &LISTS);
        let (mut client, mut other) = (memory.client(), plain.client());
        let mut admin = Client::new(memory.admin);
        let again = |admin: &mut Client| figure(admin, AGAIN);
        // Known from the second on, kept from the third on.
        let mut seen = Vec::new();
        for (dialect, path) in LISTS {
            let replies: Vec<_> = (0..3).map(|_| keys.get(&mut client, dialect, path, &[])).collect();
            assert_eq!(told(&replies[0]), told(&keys.get(&mut other, dialect, path, &[])), "{path}");
            seen.push(replies.into_iter().next_back().expect("three"));
        }
        let before = again(&mut admin);
        let mut ids = Vec::new();
        for round in 0..3 {
            for ((dialect, path), first) in LISTS.into_iter().zip(&seen) {
                let reply = keys.get(&mut client, dialect, path, &[]);
                assert_eq!(told(&reply), told(first), "{path}");
                for (name, value) in &first.headers {
                    let same = matches!(name.as_str(), "x-request-id" | "date" | "x-rate-limit-remaining");
                    assert!(same || reply.header(name) == Some(value), "{path}: {name}: {:?}", reply.headers);
                }
                assert_eq!(reply.headers.len(), first.headers.len(), "{path}: {:?}", reply.headers);
                ids.push(reply.header("x-request-id").expect("an id").to_owned());
            }
            let all = LISTS.len() as u64;
            assert_eq!(again(&mut admin), before + (round + 1) * all, "{}: {round}", database.name);
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 3 * LISTS.len(), "each has its own id");
        // Other fields of a header, other methods and other addresses are other requests.
        let (dialect, path) = ALL;
        let tag = seen[6].header("etag").expect("a tag").to_owned();
        for _ in 0..3 {
            let unchanged = keys.get(&mut client, dialect, path, &[("If-None-Match", &tag)]);
            assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
            assert_eq!(client.get(path, &[("apikey", "nobody's")]).status, 401);
            assert_eq!(keys.send(&mut client, dialect, "HEAD", path, &[]).body.len(), 0);
            assert_eq!(told(&keys.get(&mut client, dialect, path, &[])), told(&seen[6]));
            let elsewhere = path.replace("supergroup", "chess");
            assert_eq!(keys.get(&mut client, dialect, &elsewhere, &[]).json()["data"], json!([]), "{elsewhere}");
        }
        // What changes another group leaves the reply as it was.
        let api = [("apikey", keys.cometchat.as_str()), ("Content-Type", "application/json")];
        let joins = json!({ "participants": ["bluefjorddesign"] }).to_string();
        let joined = client.send("POST", "/v3/groups/chess/members", &api, joins.as_bytes());
        assert_eq!(joined.status, 200, "{}", joined.text());
        let before = again(&mut admin);
        assert_eq!(told(&keys.get(&mut client, dialect, path, &[])), told(&seen[6]));
        assert_eq!(again(&mut admin), before + 1, "{}", database.name);
        // What changes this group does not, by whichever gateway.
        for name in ["One", "Another"] {
            let body = json!({ "name": name }).to_string();
            let by = if name == "One" { &mut client } else { &mut other };
            assert_eq!(by.send("PUT", "/v3/users/bluefjorddesign", &api, body.as_bytes()).status, 200);
            for _ in 0..2 {
                let reply = keys.get(&mut client, dialect, path, &[]);
                assert!(reply.text().contains(&format!("\"name\":\"{name}\"")), "{}", reply.text());
                assert_eq!(told(&reply), told(&keys.get(&mut other, dialect, path, &[])));
            }
        }
    }
}

/// A reply that is given again counts like any other, with its address and with its credential.
#[test]
fn a_request_that_is_made_again_is_counted() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let rates = [("ROLLCALL__LIMITS__CREDENTIAL_PER_MINUTE", "60"), ("ROLLCALL__LIMITS__ADDRESS_PER_MINUTE", "100000")];
    let serving = Serving::start(&database, &rates);
    let keys = Keys::make(&database, &serving.gateway, "synapseindia");
    warm(&serving, &keys, &[ALL]);
    let apikey = word(&create(&database, &["cometchat"]), "apikey");
    let mut client = serving.client();
    let mut left = 60;
    let replies: Vec<_> = (0..100).map(|_| client.get(ALL.1, &[("apikey", &apikey)])).collect();
    for reply in &replies {
        let number = |name| reply.header(name).unwrap_or_else(|| panic!("no {name}")).parse::<i64>().expect("a number");
        assert_eq!(number("x-rate-limit"), 60);
        let now = number("x-rate-limit-remaining");
        assert!(now < left || now == 0 || reply.status == 429, "{now} after {left}");
        left = now;
    }
    let refused = replies.iter().filter(|reply| reply.status == 429).count();
    assert!((35..=40).contains(&refused), "{refused}");
    let mut admin = Client::new(serving.admin);
    assert!(figure(&mut admin, "rollcall_roster_replies_again_total") > 20);
    let log = serving.gateway.log();
    let lines =
        log.lines().filter(|line| line.contains(" access: request ") && line.contains("path=/v3/groups")).count();
    assert!(lines >= 60, "{lines}: {log}");
}

#[test]
fn a_key_of_another_group_gets_nothing_from_memory() {
    for database in Database::both() {
        database.import(NDJSON);
        database.import(r#"{"kind":"group","number":77,"guid":"chess","name":"Chess"}"#);
        let gateway = Serving::start(&database, &[]);
        let keys = Keys::make(&database, &gateway.gateway, "synapseindia");
        warm(&gateway, &keys, &[ALL]);
        let mut client = gateway.client();
        let tag = keys.get(&mut client, ALL.0, ALL.1, &[]).header("etag").expect("a tag").to_owned();
        for (group, status) in [("supergroup", 200), ("chess", 403)] {
            let apikey = word(&create(&database, &["cometchat", "--group", group]), "apikey");
            for condition in ["\"x\"", "*", tag.as_str()] {
                let headers = [("apikey", apikey.as_str()), ("If-None-Match", condition)];
                let reply = client.get(ALL.1, &headers);
                let expected = if status == 200 && condition == "*" { 304 } else { status };
                assert_eq!(reply.status, expected, "{group} {condition}: {}", reply.text());
            }
        }
    }
}

#[test]
fn who_has_a_list_is_told_that_it_is_unchanged() {
    for database in Database::both() {
        database.import(NDJSON);
        let gateway = Serving::start(&database, &[]);
        let keys = Keys::make(&database, &gateway.gateway, "synapseindia");
        warm(&gateway, &keys, &LISTS);
        let mut client = gateway.client();
        for (dialect, path) in LISTS {
            let first = keys.get(&mut client, dialect, path, &[]);
            let tag = first.header("etag").unwrap_or_else(|| panic!("{path} has no tag")).to_owned();
            assert!(tag.starts_with("W/\""), "{tag}");
            assert_eq!(first.header("cache-control"), Some("private, no-cache"));
            for method in ["GET", "HEAD"] {
                let reply = keys.send(&mut client, dialect, method, path, &[("If-None-Match", &tag)]);
                assert_eq!((reply.status, reply.body.len()), (304, 0), "{method} {path}");
                assert_eq!(reply.header("etag"), Some(&*tag));
                assert_eq!(reply.header("content-type"), None);
                assert!(reply.header("x-request-id").is_some());
            }
            let other = keys.get(&mut client, dialect, path, &[("If-None-Match", "W/\"0123456789abcdef\"")]);
            assert_eq!((other.status, other.header("etag"), &other.body), (200, Some(&*tag), &first.body), "{path}");
        }
        let tags = |client: &mut Client| {
            LISTS.map(|(dialect, path)| keys.get(client, dialect, path, &[]).header("etag").map(str::to_owned))
        };
        let before = tags(&mut client);
        assert_eq!(tags(&mut client), before, "nothing has changed");
        let xml = keys.get(&mut client, Dialect::Rm, RM, &[("Accept", "application/xml")]);
        assert_ne!(xml.header("etag").map(str::to_owned), before[2]);
        assert!(xml.headers.iter().any(|(name, value)| name == "vary" && value.contains("accept")), "{xml:?}");
        let api = [("apikey", keys.cometchat.as_str()), ("Content-Type", "application/json")];
        let changed = client.send("PUT", "/v3/users/bluefjorddesign", &api, br#"{"name":"Another name"}"#);
        assert_eq!(changed.status, 200, "{}", changed.text());
        let after = tags(&mut client);
        for ((before, after), (_, path)) in before.iter().zip(&after).zip(LISTS) {
            assert_ne!(before, after, "{path}");
        }
    }
}

#[test]
fn who_asks_for_it_gets_a_list_packed() {
    for database in Database::both() {
        database.import(NDJSON);
        let gateway = Serving::start(&database, &[]);
        let keys = Keys::make(&database, &gateway.gateway, "synapseindia");
        let mut client = gateway.client();
        for _ in 0..2 {
            // From the database and from memory.
            for accept in ["application/json", "application/xml"] {
                let plain = keys.get(&mut client, Dialect::Rm, RM, &[("Accept", accept)]);
                let more = [("Accept", accept), ("Accept-Encoding", "gzip, deflate")];
                let packed = keys.get(&mut client, Dialect::Rm, RM, &more);
                assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), (None, Some("gzip")));
                let mut body = Vec::new();
                GzDecoder::new(&*packed.body).read_to_end(&mut body).expect("gzip");
                assert!(body == plain.body && packed.body.len() < body.len(), "{}", plain.text());
                let head = keys.send(&mut client, Dialect::Rm, "HEAD", RM, &more);
                assert_eq!((head.status, head.header("content-encoding")), (200, None));
                for reply in [&plain, &packed, &head] {
                    let varies =
                        reply.headers.iter().any(|(name, value)| name == "vary" && value.contains("Accept-Encoding"));
                    assert!(varies, "{:?}", reply.headers);
                }
            }
            warm(&gateway, &keys, &[(Dialect::Rm, RM)]);
        }
        let short = keys.get(&mut client, Dialect::CometChat, LISTS[7].1, &[("Accept-Encoding", "gzip")]);
        assert_eq!((short.status, short.header("content-encoding"), short.body.len() < 2_000), (200, None, true));
    }
}
