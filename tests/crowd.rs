//! Sixteen clients at once, by all dialects and the admin API, while another process imports into the same database: each
//! reply is done or refused by name, nobody hears of locks, and what is there in the end is what was answered.

use crate::support::admin::Admin;
use crate::support::gateway::{Database, Gateway, rollcall, succeed};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys, create, word};
use crate::support::shapes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Of each kind of client.
const CLIENTS: usize = 4;
/// Persons that all change, by number. The first owns the group, and is left alone.
const PERSONS: u64 = 9;
/// Persons of the import, in the same group: so many that it is applied by a connection of its own, in several batches.
const IMPORTED: usize = 30_000;
/// How many requests each client makes at least, and how long it goes on at most when the import is slow.
const ROUNDS: usize = 12;
const LONGEST: Duration = Duration::from_secs(60);
/// How long a reply may take. In the midst of it all it takes about a second at most; this is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

fn id(person: u64) -> String {
    format!("00000000-0000-4000-8000-{person:012}")
}

fn sample() -> String {
    let persons = (1..=PERSONS)
        .map(|n| json!({"kind":"person","number":n,"id":id(n),"uid":format!("p{n}"),"login":format!("p{n}")}));
    let group = json!({"kind":"group","number":7,"id":id(7),"guid":"crowd","name":"Crowd","owner":{"number":1}});
    let owner = json!({"kind":"membership","group":{"number":7},"person":{"number":1},"scope":"admin"});
    persons.chain([group, owner]).map(|line| format!("{line}\n")).collect()
}

fn import(database: &Database, file: &str) -> Child {
    rollcall()
        .args(["import", "--database", &database.url, file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// How often each action must be in the log, by what the clients were told: by a credential's name and an action.
type Told = BTreeMap<(&'static str, &'static str), usize>;

/// One of the sixteen.
struct One<'a> {
    /// Its number among those of its kind.
    at: usize,
    keys: &'a Keys,
    /// An Elance token of each person, from the first on.
    tokens: &'a [String],
    client: Client,
    admin: Admin,
    told: Told,
}

impl One<'_> {
    fn note(&mut self, who: &'static str, action: &'static str) {
        *self.told.entry((who, action)).or_default() += 1;
    }

    /// A request of a dialect. Refused or done, it has the dialect's shape, and is no fault of ours.
    fn ask(&mut self, dialect: Dialect, own: (&str, &str), method: &str, path: &str, body: &Value) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [own, ("content-type", "application/json")];
        let headers = if body.is_empty() { &headers[..1] } else { &headers[..] };
        let begun = Instant::now();
        let reply = self.client.send(method, path, headers, body.as_bytes());
        let about = format!("{method} {path}: {}", reply.status);
        assert!(begun.elapsed() < PATIENCE, "{about} after {:?}", begun.elapsed());
        shapes::is_fault_of_nobody(dialect, &reply, &about);
        reply
    }

    fn elance(&mut self, round: usize) {
        let person = 2 + (self.at + round) as u64 % (PERSONS - 1);
        let members = "/api2/groups/7/members";
        let (who, method, path, action) = match round % 4 {
            0 | 2 => (person, "POST", format!("{members}/me"), "ask"),
            1 => (1, "POST", format!("{members}/{person}/approve"), "approve"),
            _ => (person, "DELETE", format!("{members}/me"), "go"),
        };
        let token = format!("Bearer {}", self.tokens[who as usize - 1]);
        let reply = self.ask(Dialect::Elance, ("authorization", &token), method, &path, &Value::Null);
        match reply.status {
            200 => self.note("elance", action),
            _ => {
                let told = word(&reply.json()["errors"][0], "code");
                let named = [(400, "E_GROUPS_INVALID_MEMBERSHIP"), (403, "E_API_NOT_AUTHORIZED")];
                assert!(named.contains(&(reply.status, told.as_str())), "{}", reply.text());
            }
        }
    }

    fn rm(&mut self, round: usize) {
        let (one, two) =
            (2 + (self.at + round) as u64 % (PERSONS - 1), 2 + (self.at * 3 + round) as u64 % (PERSONS - 1));
        let members = format!("/api/Organization/groups/{}/members", id(7));
        let [(name, value)] = self.keys.headers(Dialect::Rm);
        let reply = if round.is_multiple_of(2) {
            let list = json!([{"Id": id(one)}, {"Id": id(two)}]);
            self.ask(Dialect::Rm, (name, &value), "POST", &members, &list)
        } else {
            self.ask(Dialect::Rm, (name, &value), "DELETE", &format!("{members}/{}", id(one)), &Value::Null)
        };
        match (reply.status, round % 2) {
            (204, 1) => self.note("rm", "kick"),
            (204, _) => {}
            // Banned; or not a member.
            (400, 0) | (404, 1) => {}
            _ => panic!("{}: {}", reply.status, reply.text()),
        }
    }

    fn chat(&mut self, round: usize) {
        let uid = format!("p{}", 2 + (self.at * 2 + round / 2) as u64 % (PERSONS - 1));
        let (members, banned) = ("/v3/groups/crowd/members", "/v3/groups/crowd/bannedusers");
        let (method, path, body, action) = match round % 5 {
            0 => ("POST", members.to_owned(), json!({"participants":[&uid]}), "add"),
            1 => (
                "PUT",
                format!("{members}/{uid}"),
                json!({"scope": (["moderator", "admin"][round / 5 % 2])}),
                "set_scope",
            ),
            2 => ("POST", format!("{banned}/{uid}"), Value::Null, "ban"),
            3 => ("DELETE", format!("{banned}/{uid}"), Value::Null, "unban"),
            _ => ("DELETE", format!("{members}/{uid}"), Value::Null, "kick"),
        };
        let [(name, value)] = self.keys.headers(Dialect::CometChat);
        let reply = self.ask(Dialect::CometChat, (name, &value), method, &path, &body);
        let json = reply.json();
        let error = match reply.status {
            200 if action == "add" => json["data"]["participants"][&uid]["error"].clone(),
            200 => Value::Null,
            _ => json["error"].clone(),
        };
        if error.is_null() {
            self.note("cometchat", action);
            return;
        }
        let named = [
            "ERR_ALREADY_JOINED",
            "ERR_NOT_A_MEMBER",
            "ERR_SAME_SCOPE",
            "ERR_ALREADY_BANNED",
            "ERR_NOT_A_BANNED_USER",
            "ERR_BANNED_GROUPMEMBER",
        ];
        assert!(named.contains(&word(&error, "code").as_str()), "{json}");
    }

    fn admin(&mut self, round: usize) {
        if self.at == 0 && round.is_multiple_of(2) {
            return self.import(round);
        }
        let steps = ["ask", "join", "add", "ban", "unban", "leave", "ask", "reject", "ask", "withdraw", "set-scope"];
        let logged = ["ask", "join", "add", "ban", "unban", "leave", "ask", "reject", "ask", "withdraw", "set_scope"];
        let step = (self.at * 3 + round) % steps.len();
        let person = 2 + (self.at * 5 + round) as u64 % (PERSONS - 1);
        let body = if steps[step] == "set-scope" { json!({"scope": "moderator"}) } else { Value::Null };
        let begun = Instant::now();
        let reply = self.admin.ask("POST", &format!("/groups/7/members/{person}/{}", steps[step]), &body);
        assert!(begun.elapsed() < PATIENCE, "{} after {:?}", steps[step], begun.elapsed());
        let json = reply.json();
        match reply.status {
            200 if json["changed"] == true => self.note("admin", logged[step]),
            200 => {}
            403 | 409 => {
                let kind = word(&json, "type");
                let named = ["/step-refused", "/not-allowed"].iter().any(|name| kind.ends_with(name));
                assert!(named && json["reason"].is_string(), "{json}");
            }
            _ => panic!("{}: {}", reply.status, reply.text()),
        }
    }

    /// A few rows, in one transaction.
    fn import(&mut self, round: usize) {
        let (uid, person) = (format!("small-{round}"), 2 + round as u64 % (PERSONS - 1));
        let lines = [
            json!({"kind":"person","uid":&uid}),
            json!({"kind":"membership","group":{"number":7},"person":{"uid":&uid}}),
            json!({"kind":"membership","group":{"number":7},"person":{"number":person},"state":(["member","pending"][round / 2 % 2])}),
        ];
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let begun = Instant::now();
        let reply = self.admin.send("POST", "/import", &[("Content-Type", "application/x-ndjson")], lines.as_bytes());
        assert!(begun.elapsed() < PATIENCE, "an import after {:?}", begun.elapsed());
        let json = reply.json();
        if reply.status == 200 {
            assert_eq!((&json["applied"], &json["persons"]["created"]), (&json!(true), &json!(1)), "{json}");
            self.note("import", "small");
        } else {
            assert_eq!((reply.status, &json["type"]), (409, &json!("/admin/v1/problems/overtaken")), "{json}");
        }
    }

    fn go_on(mut self, kind: usize, over: &AtomicBool) -> Told {
        let begun = Instant::now();
        let mut round = 0;
        while round < ROUNDS || (!over.load(Ordering::Relaxed) && begun.elapsed() < LONGEST) {
            match kind {
                0 => self.elance(round),
                1 => self.rm(round),
                2 => self.chat(round),
                _ => self.admin(round),
            }
            round += 1;
        }
        self.told
    }
}

fn crowd(database: &Database) {
    database.import(&sample());
    let gateway = Gateway::serve(database);
    let keys = Keys::make(database, &gateway, "p1");
    let admin = Admin::of(&gateway, database);
    let token = |n| word(&create(database, &["elance", "--login", &format!("p{n}")]), "access_token");
    let tokens: Vec<String> = (1..=PERSONS).map(token).collect();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("large.ndjson");
    let lines: String = (0..IMPORTED)
        .map(|n| {
            format!(
                "{{\"kind\":\"person\",\"uid\":\"i{n}\"}}\n{{\"kind\":\"membership\",\"group\":{{\"number\":7}},\"person\":{{\"uid\":\"i{n}\"}}}}\n"
            )
        })
        .collect();
    std::fs::write(&file, lines).expect("writes");

    let (over, mut told) = (AtomicBool::new(false), Told::new());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let mut clients = Vec::new();
        for kind in 0..4 {
            for at in 0..CLIENTS {
                let (client, admin) = (gateway.client(), admin.another());
                let one = One { at, keys: &keys, tokens: &tokens, client, admin, told: Told::new() };
                let over = &over;
                clients.push(scope.spawn(move || one.go_on(kind, over)));
            }
        }
        let imported = import(database, file.to_str().expect("UTF-8")).wait_with_output().expect("ends");
        over.store(true, Ordering::Relaxed);
        for (key, times) in clients.into_iter().flat_map(|client| client.join().expect("answered by name")) {
            *told.entry(key).or_default() += times;
        }
        assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
        let report: Value = serde_json::from_slice(&imported.stdout).expect("a line of JSON");
        assert_eq!(report["memberships"]["created"], IMPORTED, "{report}");
    });
    let requests: usize = told.values().sum();
    eprintln!("{}: {requests} changes in {:?}: {told:?}", database.name, begun.elapsed());
    succeed(&["check", "--database", &database.url], b"");
    as_told(admin, &told);
}

/// The change log has no number twice and none is missing, and of each kind of client just the changes that it was told of.
fn as_told(mut admin: Admin, told: &Told) {
    let mut get = |path: &str| {
        let reply = admin.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.json()
    };
    let credentials = get("/credentials?page_size=1000");
    let audiences: BTreeMap<u64, String> =
        rows(&credentials).map(|row| (row["id"].as_u64().expect("a number"), word(row, "audience"))).collect();
    let mut logged = BTreeMap::<(String, String), usize>::new();
    let mut last = 0;
    loop {
        let page = get(&format!("/changes?after={last}&limit=1000"));
        for row in rows(&page) {
            assert_eq!(row["number"], last + 1, "behind {last}: {page}");
            last += 1;
            if let Some(credential) = row["credential"].as_u64().filter(|_| !row["group"].is_null()) {
                *logged.entry((audiences[&credential].clone(), word(row, "action"))).or_default() += 1;
            }
        }
        if page["head"] == last {
            break;
        }
    }
    let of = |who: &str, action: &str| logged.get(&(who.to_owned(), action.to_owned())).copied().unwrap_or_default();
    let told_of = |who: &'static str, action: &'static str| told.get(&(who, action)).copied().unwrap_or_default();
    let mut pairs: BTreeSet<(&str, &str)> = told.keys().copied().collect();
    pairs.extend([("rm", "kick"), ("elance", "ask"), ("elance", "approve")]);
    for (who, action) in pairs {
        let logged = match (who, action) {
            // Elance has one word for both.
            ("elance", "go") => of(who, "leave") + of(who, "withdraw"),
            ("import", _) => continue,
            _ => of(who, action),
        };
        assert_eq!(logged, told_of(who, action), "{action} by {who}");
    }

    let persons = PERSONS as usize + IMPORTED + told_of("import", "small");
    assert_eq!(get("/persons?page_size=1")["total"], persons);
    assert!(told_of("import", "small") > 0, "no small import was applied: this proves little");
    let owner = get("/groups/7/members/1");
    assert_eq!((&owner["state"], &owner["scope"]), (&json!("member"), &json!("admin")), "{owner}");
    let members = get("/groups/7/members?page_size=1")["total"].as_u64().expect("a number");
    let others = ["pending", "banned"].map(|state| get(&format!("/groups/7/members?state={state}"))["total"].as_u64());
    let others: u64 = others.into_iter().flatten().sum();
    let least = (IMPORTED + told_of("import", "small")) as u64 + 1;
    assert!((least..least + PERSONS).contains(&(members + others)), "{members} members, {others} others");
}

fn rows(page: &Value) -> impl Iterator<Item = &Value> {
    page["items"].as_array().expect("items").iter()
}

#[test]
fn sixteen_clients_beside_an_import_are_answered_by_name_on_sqlite() {
    crowd(&Database::sqlite());
}

#[test]
fn sixteen_clients_beside_an_import_are_answered_by_name_on_postgresql() {
    crowd(&Database::postgresql());
}
