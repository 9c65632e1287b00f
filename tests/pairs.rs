//! The same thing everywhere: whatever one dialect changes, every dialect shows at once, with the same members and the
//! same totals. The cases are written once and run through every pair of a writer and a reader, on both databases.

use crate::support::gateway::{Database, Gateway};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys, create, word};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who is in the store at the beginning: person N has the number N, the id, uid and login below. Person 1 owns the group.
const PERSONS: i64 = 6;
const GROUP: i64 = 77;
const GROUP_ID: &str = "0b4f0a6e-7777-4a51-9d24-3f6f5a3f0d77";
const GUID: &str = "pairs";

fn id(person: i64) -> String {
    format!("00000000-0000-4000-8000-{person:012}")
}

fn uid(person: i64) -> String {
    format!("uid-{person}")
}

fn login(person: i64) -> String {
    format!("login{person}")
}

fn number_of_id(id: &str) -> i64 {
    id.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no id of ours: {id}"))
}

fn number_of_uid(uid: &str) -> i64 {
    uid.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no uid of ours: {uid}"))
}

fn sample() -> String {
    let mut lines: Vec<Value> = (1..=PERSONS)
        .map(|n| json!({"kind":"person","number":n,"id":id(n),"uid":uid(n),"login":login(n),"name":format!("Person {n}")}))
        .collect();
    lines.push(json!({
        "kind":"group","number":GROUP,"id":GROUP_ID,"guid":GUID,"name":"Pairs","owner":{"number":1}
    }));
    lines.push(
        json!({"kind":"membership","group":{"guid":GUID},"person":{"number":1},"scope":"admin","joined_at":1000}),
    );
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Everything that a writer or reader needs.
struct World {
    keys: Keys,
    /// An Elance token of each person, from 1 on.
    elance: Vec<String>,
    client: Client,
}

impl World {
    fn new(database: &Database, gateway: &Gateway) -> Self {
        let keys = Keys::make(database, gateway, &login(1));
        let token = |n| word(&create(database, &["elance", "--login", &login(n)]), "access_token");
        Self { keys, elance: (1..=PERSONS).map(token).collect(), client: gateway.client() }
    }

    fn elance(&mut self, person: i64, method: &str, target: &str) -> Response {
        let token = &self.elance[usize::try_from(person - 1).expect("from 1 on")];
        let bearer = format!("Bearer {token}");
        good(self.client.send(method, target, &[("authorization", &bearer)], b""), target)
    }

    fn ask(&mut self, dialect: Dialect, method: &str, target: &str, body: &Value) -> Response {
        let own = self.keys.headers(dialect);
        let mut headers: Vec<(&str, &str)> = own.iter().map(|(n, v)| (*n, v.as_str())).collect();
        headers.push(("content-type", "application/json"));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        good(self.client.send(method, target, &headers, body.as_bytes()), target)
    }
}

fn good(response: Response, target: &str) -> Response {
    assert!(matches!(response.status, 200 | 201 | 204), "{target}: {} {}", response.status, response.text());
    response
}

/// Makes `person` a member of the group, in the way of a dialect.
fn add(world: &mut World, by: Dialect, person: i64) {
    match by {
        // One asks, and the group's owner approves.
        Dialect::Elance => {
            world.elance(person, "POST", &format!("/api2/groups/{GROUP}/members/me"));
            world.elance(1, "POST", &format!("/api2/groups/{GROUP}/members/{person}/approve"));
        }
        Dialect::Rm => {
            let path = format!("/api/Organization/groups/{GROUP_ID}/members");
            world.ask(by, "POST", &path, &json!([{"Id": id(person)}]));
        }
        Dialect::CometChat => {
            let path = format!("/v3/groups/{GUID}/members");
            let reply = world.ask(by, "POST", &path, &json!({"participants": [uid(person)]})).json();
            assert_eq!(reply["data"]["participants"][uid(person)]["success"], true, "{reply}");
        }
    }
}

/// Ends the membership of `person`, in the way of a dialect.
fn remove(world: &mut World, by: Dialect, person: i64) {
    match by {
        Dialect::Elance => world.elance(person, "DELETE", &format!("/api2/groups/{GROUP}/members/me")),
        Dialect::Rm => {
            let path = format!("/api/Organization/groups/{GROUP_ID}/members/{}", id(person));
            world.ask(by, "DELETE", &path, &Value::Null)
        }
        Dialect::CometChat => {
            world.ask(by, "DELETE", &format!("/v3/groups/{GUID}/members/{}", uid(person)), &Value::Null)
        }
    };
}

/// The members of the group and their number, as a dialect shows them.
fn members(world: &mut World, by: Dialect) -> (BTreeSet<i64>, usize) {
    let rows =
        |rows: &Value, number: &dyn Fn(&Value) -> i64| rows.as_array().expect("rows").iter().map(number).collect();
    match by {
        Dialect::Elance => {
            let reply = world.elance(1, "GET", &format!("/api2/groups/{GROUP}/members?rpp=25")).json();
            let reply = &reply["data"]["groupMembers"];
            let results = reply["pageResults"].as_object().expect("an object").values();
            let found = results.map(|row| word(row, "userId").parse().expect("a number")).collect();
            // The group's own page tells the same total.
            let group = world.elance(1, "GET", &format!("/api2/groups/{GROUP}")).json().to_string();
            let total = word(reply, "totalMembers");
            assert!(group.contains(&format!(r#""totalMembers":"{total}""#)), "{group}");
            (found, total.parse().expect("a number"))
        }
        Dialect::Rm => {
            let path = format!("/api/Organization/groups/{GROUP_ID}/members");
            let reply = world.ask(by, "GET", &format!("{path}?page_size=1000"), &Value::Null);
            let total = reply.header("x-total-count").expect("a total").to_owned();
            let count = world.ask(by, "GET", &format!("{path}/count"), &Value::Null);
            assert_eq!(count.text(), total);
            (rows(&reply.json(), &|row| number_of_id(&word(row, "Id"))), total.parse().expect("a number"))
        }
        Dialect::CometChat => {
            let reply = world.ask(by, "GET", &format!("/v3/groups/{GUID}/members?perPage=1000"), &Value::Null).json();
            let total = reply["meta"]["pagination"]["total"].as_u64().expect("a number");
            let group = world.ask(by, "GET", &format!("/v3/groups/{GUID}"), &Value::Null).json();
            assert_eq!(group["data"]["membersCount"], total);
            (rows(&reply["data"], &|row| number_of_uid(&word(row, "uid"))), usize::try_from(total).expect("small"))
        }
    }
}

/// Every dialect shows exactly these members.
fn everywhere(world: &mut World, expected: &BTreeSet<i64>, after: &str) {
    for reader in Dialect::ALL {
        assert_eq!(members(world, reader), (expected.clone(), expected.len()), "{reader:?} {after}");
    }
}

fn on_both(test: impl Fn(&Database, &mut World)) {
    for database in Database::both() {
        database.import(&sample());
        let gateway = Gateway::serve(&database);
        let mut world = World::new(&database, &gateway);
        test(&database, &mut world);
        crate::support::gateway::succeed(&["check", "--database", &database.url], b"");
    }
}

#[test]
fn who_joins_and_leaves_by_one_dialect_does_so_in_all() {
    on_both(|database, world| {
        let mut expected = BTreeSet::from([1]);
        everywhere(world, &expected, "at the beginning");
        // Each adds somebody of its own, and then each removes whom the next has added.
        for (writer, person) in Dialect::ALL.into_iter().zip(2..) {
            add(world, writer, person);
            expected.insert(person);
            everywhere(world, &expected, &format!("after {writer:?} added {person} on {}", database.name));
        }
        for (writer, person) in Dialect::ALL.into_iter().zip([3, 4, 2]) {
            remove(world, writer, person);
            expected.remove(&person);
            everywhere(world, &expected, &format!("after {writer:?} removed {person} on {}", database.name));
        }
    });
}

#[test]
fn who_is_banned_by_one_dialect_comes_back_by_none() {
    on_both(|_, world| {
        add(world, Dialect::Rm, 2);
        world.ask(Dialect::CometChat, "POST", &format!("/v3/groups/{GUID}/bannedusers/{}", uid(2)), &Value::Null);
        everywhere(world, &BTreeSet::from([1]), "after a ban");
        let token = format!("Bearer {}", world.elance[1]);
        let path = format!("/api2/groups/{GROUP}/members/me");
        assert_eq!(world.client.send("POST", &path, &[("authorization", &token)], b"").status, 403);
        let [(name, value)] = world.keys.headers(Dialect::Rm);
        let path = format!("/api/Organization/groups/{GROUP_ID}/members");
        let body = json!([{"Id": id(3)}, {"Id": id(2)}]).to_string();
        let headers = [(name, value.as_str()), ("content-type", "application/json")];
        let refused = world.client.send("POST", &path, &headers, body.as_bytes());
        assert_eq!(refused.status, 400, "{}", refused.text());
        everywhere(world, &BTreeSet::from([1]), "after a list that was refused as a whole");
        world.ask(Dialect::CometChat, "DELETE", &format!("/v3/groups/{GUID}/bannedusers/{}", uid(2)), &Value::Null);
        add(world, Dialect::Elance, 2);
        everywhere(world, &BTreeSet::from([1, 2]), "after the ban was lifted");
    });
}

#[test]
fn who_is_made_by_one_dialect_is_a_person_in_all() {
    on_both(|_, world| {
        let none = &Value::Null;
        // A person of each dialect that makes persons, and a group of each that makes groups.
        world.ask(Dialect::CometChat, "POST", "/v3/users", &json!({"uid":"uid-8","name":"Eight"}));
        let made = world.ask(
            Dialect::Rm,
            "POST",
            "/api/Organization/people",
            &json!({"Name":"Nine","Email":"nine@example.org","Login":"uid-9"}),
        );
        let nine = made.json().as_str().expect("the id").to_owned();
        // The id of the one is looked up by the name that the other gave.
        let found = world.ask(Dialect::Rm, "GET", "/api/Organization/people?$filter=Name%20eq%20'Eight'", none).json();
        let eight = word(&found[0], "Id");
        assert_eq!(world.ask(Dialect::CometChat, "GET", "/v3/users/uid-9", none).json()["data"]["name"], "Nine");

        let group = world.ask(Dialect::Rm, "POST", "/api/Organization/groups", &json!({"Name":"made-by-rm"}));
        let group = group.json().as_str().expect("the id").to_owned();
        let path = format!("/api/Organization/groups/{group}/members");
        world.ask(Dialect::Rm, "POST", &path, &json!([{"Id": eight}, {"Id": nine}]));
        let seen = world.ask(Dialect::CometChat, "GET", "/v3/groups/made-by-rm/members", none).json();
        let uids: Vec<_> = seen["data"].as_array().expect("rows").iter().map(|row| word(row, "uid")).collect();
        assert_eq!(uids, ["uid-8", "uid-9"]);

        world.ask(
            Dialect::CometChat,
            "POST",
            "/v3/groups",
            &json!({"guid":"by-chat","name":"By chat","type":"public"}),
        );
        let listed = world.ask(Dialect::Rm, "GET", "/api/Organization/groups?$filter=Name%20eq%20'By%20chat'", none);
        assert_eq!(listed.header("x-total-count"), Some("1"));
        let directory = world.elance(1, "GET", "/api2/groups?rpp=25").text().to_owned();
        for name in ["Pairs", "made-by-rm", "By chat"] {
            assert!(directory.contains(&format!(r#""name":"{name}""#)), "{directory}");
        }

        // Deleted by one, gone for all.
        world.ask(Dialect::CometChat, "DELETE", "/v3/groups/made-by-rm", none);
        let [(name, value)] = world.keys.headers(Dialect::Rm);
        assert_eq!(world.client.get(&path, &[(name, &value)]).status, 404);
    });
}
