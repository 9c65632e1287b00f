//! The same thing everywhere: whatever one party changes, a dialect or the admin API, every party shows at once, with the
//! same members and the same totals. The cases are written once and run through every pair of a writer and a reader, on
//! both databases.

use crate::support::admin::Admin;
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

/// Who writes and reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Party {
    Of(Dialect),
    AdminApi,
}

impl Party {
    const ALL: [Self; 4] =
        [Self::Of(Dialect::Elance), Self::Of(Dialect::Rm), Self::Of(Dialect::CometChat), Self::AdminApi];
    /// Those that can ban.
    const BANNING: [Self; 2] = [Self::Of(Dialect::CometChat), Self::AdminApi];
}

/// Everything that a writer or reader needs.
struct World {
    keys: Keys,
    /// An Elance token of each person, from 1 on.
    elance: Vec<String>,
    client: Client,
    admin: Admin,
}

impl World {
    fn new(database: &Database, gateway: &Gateway) -> Self {
        let keys = Keys::make(database, gateway, &login(1));
        let token = |n| word(&create(database, &["elance", "--login", &login(n)]), "access_token");
        Self {
            keys,
            elance: (1..=PERSONS).map(token).collect(),
            client: gateway.client(),
            admin: Admin::of(gateway, database),
        }
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

    fn admin(&mut self, method: &str, path: &str, body: &Value) -> Response {
        good(self.admin.ask(method, path, body), path)
    }
}

fn good(response: Response, target: &str) -> Response {
    assert!(matches!(response.status, 200 | 201 | 204), "{target}: {} {}", response.status, response.text());
    response
}

/// Makes `person` a member of the group, in the way of a party.
fn add(world: &mut World, by: Party, person: i64) {
    match by {
        // One asks, and the group's owner approves.
        Party::Of(Dialect::Elance) => {
            world.elance(person, "POST", &format!("/api2/groups/{GROUP}/members/me"));
            world.elance(1, "POST", &format!("/api2/groups/{GROUP}/members/{person}/approve"));
        }
        Party::Of(by @ Dialect::Rm) => {
            let path = format!("/api/Organization/groups/{GROUP_ID}/members");
            world.ask(by, "POST", &path, &json!([{"Id": id(person)}]));
        }
        Party::Of(by @ Dialect::CometChat) => {
            let path = format!("/v3/groups/{GUID}/members");
            let reply = world.ask(by, "POST", &path, &json!({"participants": [uid(person)]})).json();
            assert_eq!(reply["data"]["participants"][uid(person)]["success"], true, "{reply}");
        }
        Party::AdminApi => {
            let path = format!("/groups/{GROUP}/members/uid:{}/add", uid(person));
            let reply = world.admin("POST", &path, &Value::Null).json();
            assert_eq!(reply["membership"]["state"], "member", "{reply}");
        }
    }
}

/// Ends the membership of `person`, in the way of a party.
fn remove(world: &mut World, by: Party, person: i64) {
    match by {
        Party::Of(Dialect::Elance) => world.elance(person, "DELETE", &format!("/api2/groups/{GROUP}/members/me")),
        Party::Of(by @ Dialect::Rm) => {
            let path = format!("/api/Organization/groups/{GROUP_ID}/members/{}", id(person));
            world.ask(by, "DELETE", &path, &Value::Null)
        }
        Party::Of(by @ Dialect::CometChat) => {
            world.ask(by, "DELETE", &format!("/v3/groups/{GUID}/members/{}", uid(person)), &Value::Null)
        }
        Party::AdminApi => {
            world.admin("POST", &format!("/groups/guid:{GUID}/members/{}/kick", id(person)), &Value::Null)
        }
    };
}

/// The members of the group and their number, as a party shows them.
fn members(world: &mut World, by: Party) -> (BTreeSet<i64>, usize) {
    let rows =
        |rows: &Value, number: &dyn Fn(&Value) -> i64| rows.as_array().expect("rows").iter().map(number).collect();
    match by {
        Party::Of(Dialect::Elance) => {
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
        Party::Of(by @ Dialect::Rm) => {
            let path = format!("/api/Organization/groups/{GROUP_ID}/members");
            let reply = world.ask(by, "GET", &format!("{path}?page_size=1000"), &Value::Null);
            let total = reply.header("x-total-count").expect("a total").to_owned();
            let count = world.ask(by, "GET", &format!("{path}/count"), &Value::Null);
            assert_eq!(count.text(), total);
            (rows(&reply.json(), &|row| number_of_id(&word(row, "Id"))), total.parse().expect("a number"))
        }
        Party::Of(by @ Dialect::CometChat) => {
            let reply = world.ask(by, "GET", &format!("/v3/groups/{GUID}/members?perPage=1000"), &Value::Null).json();
            let total = reply["meta"]["pagination"]["total"].as_u64().expect("a number");
            let group = world.ask(by, "GET", &format!("/v3/groups/{GUID}"), &Value::Null).json();
            assert_eq!(group["data"]["membersCount"], total);
            (rows(&reply["data"], &|row| number_of_uid(&word(row, "uid"))), usize::try_from(total).expect("small"))
        }
        Party::AdminApi => {
            let reply = world.admin("GET", &format!("/groups/{GROUP_ID}/members?page_size=1000"), &Value::Null).json();
            let total = reply["total"].as_u64().expect("a number");
            // The list of groups tells the same total.
            let groups = world.admin("GET", "/groups?search=pairs", &Value::Null).json();
            assert_eq!((&groups["total"], &groups["items"][0]["members"]), (&json!(1), &json!(total)), "{groups}");
            let found = rows(&reply["items"], &|row| row["person"]["number"].as_i64().expect("a number"));
            (found, usize::try_from(total).expect("small"))
        }
    }
}

/// Every party shows exactly these members.
fn everywhere(world: &mut World, expected: &BTreeSet<i64>, after: &str) {
    for reader in Party::ALL {
        assert_eq!(members(world, reader), (expected.clone(), expected.len()), "{reader:?} {after}");
    }
}

/// Bans `person`, in the way of a party that can, or lifts the ban.
fn ban(world: &mut World, by: Party, person: i64, lift: bool) {
    match by {
        Party::Of(Dialect::CometChat) => {
            let method = if lift { "DELETE" } else { "POST" };
            let path = format!("/v3/groups/{GUID}/bannedusers/{}", uid(person));
            world.ask(Dialect::CometChat, method, &path, &Value::Null)
        }
        Party::AdminApi => {
            let step = if lift { "unban" } else { "ban" };
            world.admin("POST", &format!("/groups/{GROUP}/members/login:{}/{step}", login(person)), &Value::Null)
        }
        Party::Of(Dialect::Elance | Dialect::Rm) => panic!("{by:?} knows no bans"),
    };
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
fn who_joins_and_leaves_by_one_party_does_so_in_all() {
    on_both(|database, world| {
        let mut expected = BTreeSet::from([1]);
        everywhere(world, &expected, "at the beginning");
        // Each adds somebody of its own, and then each removes whom the next has added.
        for (writer, person) in Party::ALL.into_iter().zip(2..) {
            add(world, writer, person);
            expected.insert(person);
            everywhere(world, &expected, &format!("after {writer:?} added {person} on {}", database.name));
        }
        for (writer, person) in Party::ALL.into_iter().zip([3, 4, 5, 2]) {
            remove(world, writer, person);
            expected.remove(&person);
            everywhere(world, &expected, &format!("after {writer:?} removed {person} on {}", database.name));
        }
    });
}

#[test]
fn who_is_banned_by_one_party_comes_back_by_none() {
    on_both(|_, world| {
        let owner_only = BTreeSet::from([1]);
        for (banning, lifting) in Party::BANNING.into_iter().zip(Party::BANNING.into_iter().rev()) {
            add(world, Party::Of(Dialect::Rm), 2);
            ban(world, banning, 2, false);
            everywhere(world, &owner_only, &format!("after a ban by {banning:?}"));
            nobody_lets_in(world, 2);
            everywhere(
                world,
                &owner_only,
                "after all were refused, one of them with a list that is refused as a whole",
            );
            // Whoever banned, another may lift it.
            ban(world, lifting, 2, true);
            add(world, Party::Of(Dialect::Elance), 2);
            everywhere(world, &BTreeSet::from([1, 2]), &format!("after {lifting:?} lifted the ban"));
            remove(world, Party::AdminApi, 2);
        }
    });
}

/// Who is banned can neither ask nor be added, by whichever party.
fn nobody_lets_in(world: &mut World, person: i64) {
    let token = format!("Bearer {}", world.elance[usize::try_from(person - 1).expect("from 1 on")]);
    let path = format!("/api2/groups/{GROUP}/members/me");
    assert_eq!(world.client.send("POST", &path, &[("authorization", &token)], b"").status, 403);

    let [(name, value)] = world.keys.headers(Dialect::Rm);
    let path = format!("/api/Organization/groups/{GROUP_ID}/members");
    let body = json!([{"Id": id(3)}, {"Id": id(person)}]).to_string();
    let headers = [(name, value.as_str()), ("content-type", "application/json")];
    let refused = world.client.send("POST", &path, &headers, body.as_bytes());
    assert_eq!(refused.status, 400, "{}", refused.text());

    let list = json!({"participants": [uid(person)]});
    let reply = world.ask(Dialect::CometChat, "POST", &format!("/v3/groups/{GUID}/members"), &list).json();
    assert_eq!(reply["data"]["participants"][uid(person)]["success"], false, "{reply}");

    for step in ["add", "ask", "join"] {
        let refused = world.admin.ask("POST", &format!("/groups/{GROUP}/members/{person}/{step}"), &Value::Null);
        assert_eq!((refused.status, &refused.json()["reason"]), (409, &json!("banned")), "{}", refused.text());
    }
}

#[test]
fn what_is_made_by_one_party_is_there_in_all() {
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
        world.admin("POST", "/persons", &json!({"login":"uid-10","name":"Ten"}));
        // The id of the one is looked up by the name that the other gave.
        let found = world.ask(Dialect::Rm, "GET", "/api/Organization/people?$filter=Name%20eq%20'Eight'", none).json();
        let eight = word(&found[0], "Id");
        for (uid, name) in [("uid-8", "Eight"), ("uid-9", "Nine"), ("uid-10", "Ten")] {
            assert_eq!(
                world.ask(Dialect::CometChat, "GET", &format!("/v3/users/{uid}"), none).json()["data"]["name"],
                name
            );
            let person = world.admin("GET", &format!("/persons/login:{uid}"), none).json();
            assert_eq!(person["name"], name);
            let path = format!("/api/Organization/people/{}", word(&person, "id"));
            assert_eq!(world.ask(Dialect::Rm, "GET", &path, none).json()["Name"], name);
        }

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
        world.admin("POST", "/groups", &json!({"guid":"by-admin","name":"By admin","owner":{"uid":"uid-10"}}));
        let names = ["Pairs", "made-by-rm", "By chat", "By admin"];
        let directory = world.elance(1, "GET", "/api2/groups?rpp=25").text().to_owned();
        for name in names {
            assert!(directory.contains(&format!(r#""name":"{name}""#)), "{directory}");
        }
        for (party, name) in [(Dialect::Rm, "Name"), (Dialect::CometChat, "name")] {
            let path = if party == Dialect::Rm { "/api/Organization/groups" } else { "/v3/groups" };
            let listed = world.ask(party, "GET", path, none).json();
            let rows = if party == Dialect::Rm { &listed } else { &listed["data"] };
            let found: BTreeSet<_> = rows.as_array().expect("rows").iter().map(|row| word(row, name)).collect();
            assert_eq!(found, names.map(str::to_owned).into(), "{party:?}");
        }
        assert_eq!(world.admin("GET", "/groups", none).json()["total"], names.len());

        // Deleted by one, gone for all.
        world.ask(Dialect::CometChat, "DELETE", "/v3/groups/made-by-rm", none);
        let [(name, value)] = world.keys.headers(Dialect::Rm);
        assert_eq!(world.client.get(&path, &[(name, &value)]).status, 404);
        assert_eq!(world.admin.get("/groups/guid:made-by-rm").status, 404);
        world.admin("DELETE", "/groups/guid:by-admin", none);
        world.admin("DELETE", "/persons/uid:uid-8", none);
        let [(key, secret)] = world.keys.headers(Dialect::CometChat);
        for path in ["/v3/groups/by-admin", "/v3/users/uid-8"] {
            assert_eq!(world.client.get(path, &[(key, &secret)]).status, 404, "{path}");
        }
        let path = format!("/api/Organization/people/{eight}");
        assert_eq!(world.client.get(&path, &[(name, &value)]).status, 404);
    });
}
