//! Who leaves by Elance's one call takes two looks, at the membership and at the question. Whatever others do to the same
//! person in the same moment, each is answered by name, and it happens once.

use crate::support::admin::Admin;
use crate::support::gateway::{Database, Gateway, succeed};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys};
use crate::support::shapes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Barrier;

/// How often each pair meets.
const ROUNDS: usize = 25;
const SAMPLE: &str = concat!(
    r#"{"kind":"person","number":1,"uid":"owner","login":"owner","name":"Owner"}"#,
    "\n",
    r#"{"kind":"person","number":2,"uid":"ted","login":"ted","name":"Ted"}"#,
    "\n",
    r#"{"kind":"group","number":7,"guid":"chess","name":"Chess","owner":{"number":1}}"#,
    "\n",
    r#"{"kind":"membership","group":{"number":7},"person":{"number":1},"scope":"admin","joined_at":1000}"#,
    "\n",
);
const TED: &str = "/groups/7/members/2";

/// What somebody else does while Ted leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    /// Ted himself, by another connection.
    Leaves,
    /// By the chat.
    Kicks,
    /// By the admin API.
    Bans,
    Approves,
    Rejects,
}

/// Asks to leave, as Ted.
fn leave(client: &mut Client, keys: &Keys) -> Response {
    let reply = keys.send(client, Dialect::Elance, "DELETE", "/api2/groups/7/members/me", &[]);
    shapes::check(Dialect::Elance, &reply, "leaving");
    reply
}

/// Whether it was done; every refusal is the one that fits.
fn left(reply: &Response) -> bool {
    let json = reply.json();
    match reply.status {
        200 => assert_eq!(json["data"]["membership"], json!({"groupId":"7","userId":"2","status":"none"})),
        // Banned meanwhile.
        403 => assert_eq!(json["errors"][0]["code"], "E_API_NOT_AUTHORIZED", "{json}"),
        _ => assert_eq!((reply.status, &json["errors"][0]["code"]), (400, &json!("E_GROUPS_INVALID_MEMBERSHIP"))),
    }
    reply.status == 200
}

impl Other {
    /// Does it; whether it was done.
    fn act(self, client: &mut Client, admin: &mut Admin, keys: &Keys) -> bool {
        let step = |admin: &mut Admin, name: &str| {
            let reply = admin.ask("POST", &format!("{TED}/{name}"), &Value::Null);
            let json = reply.json();
            assert!(reply.status == 200 || (reply.status, &json["reason"]) == (409, &json!("not_asked")), "{json}");
            reply.status == 200
        };
        match self {
            Self::Leaves => left(&leave(client, keys)),
            Self::Kicks => {
                let reply = keys.send(client, Dialect::CometChat, "DELETE", "/v3/groups/chess/members/ted", &[]);
                shapes::check(Dialect::CometChat, &reply, "kicking");
                let json = reply.json();
                let known =
                    reply.status == 200 || (reply.status, &json["error"]["code"]) == (404, &json!("ERR_NOT_A_MEMBER"));
                assert!(known, "{json}");
                reply.status == 200
            }
            Self::Bans => step(admin, "ban"),
            Self::Approves => step(admin, "approve"),
            Self::Rejects => step(admin, "reject"),
        }
    }

    /// The step by which Ted comes to stand where this can be done to him.
    const fn before(self) -> &'static str {
        match self {
            Self::Leaves | Self::Kicks | Self::Bans => "add",
            Self::Approves | Self::Rejects => "ask",
        }
    }

    /// What the log has of both then; nothing where the two cannot have been answered so.
    const fn logged(self, left: bool, acted: bool) -> &'static [&'static str] {
        match (self, left, acted) {
            (Self::Leaves, true, false) | (Self::Leaves, false, true) => &["leave"],
            (Self::Kicks, true, false) => &["leave"],
            (Self::Kicks, false, true) => &["kick"],
            // Who has left can be banned all the same.
            (Self::Bans, true, true) => &["leave", "ban"],
            (Self::Bans, false, true) => &["ban"],
            // Let in first, and gone then.
            (Self::Approves, true, true) => &["approve", "leave"],
            (Self::Approves, true, false) => &["withdraw"],
            (Self::Rejects, true, false) => &["withdraw"],
            (Self::Rejects, false, true) => &["reject"],
            _ => &[],
        }
    }
}

/// The actions that were logged behind this number.
fn logged(admin: &mut Admin, after: u64) -> Vec<String> {
    let page = admin.get(&format!("/changes?after={after}&limit=1000")).json();
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item["action"].as_str().expect("a word").to_owned()).collect()
}

/// Puts Ted where he is to stand, and then lets him leave while the other acts. Whether each was done.
fn meet(admin: &mut Admin, clients: &mut [Client; 2], keys: &Keys, other: Other) -> (bool, bool) {
    let prepared = admin.ask("POST", &format!("{TED}/{}", other.before()), &Value::Null);
    assert_eq!(prepared.status, 200, "{}", prepared.text());
    let after = admin.get("/changes?limit=1").json()["head"].as_u64().expect("a number");
    let [one, two] = clients;
    let both = &Barrier::new(2);
    let mut acting = admin.another();
    let (left, acted) = std::thread::scope(|scope| {
        let leaving = scope.spawn(move || {
            both.wait();
            left(&leave(one, keys))
        });
        let acting = scope.spawn(move || {
            both.wait();
            other.act(two, &mut acting, keys)
        });
        (leaving.join().expect("answered"), acting.join().expect("answered"))
    });
    assert_eq!(logged(admin, after), other.logged(left, acted), "{other:?}: left: {left}, acted: {acted}");
    (left, acted)
}

#[test]
fn whoever_leaves_in_the_same_moment_leaves_once() {
    for database in Database::both() {
        database.import(SAMPLE);
        let gateway = Gateway::serve(&database);
        let keys = Keys::make(&database, &gateway, "ted");
        let mut admin = Admin::of(&gateway, &database);
        let mut clients = [gateway.client(), gateway.client()];
        for other in [Other::Leaves, Other::Kicks, Other::Bans, Other::Approves, Other::Rejects] {
            let mut outcomes = BTreeMap::<_, usize>::new();
            for _ in 0..ROUNDS {
                *outcomes.entry(meet(&mut admin, &mut clients, &keys, other)).or_default() += 1;
                if other == Other::Bans {
                    assert_eq!(admin.ask("POST", &format!("{TED}/unban"), &Value::Null).status, 200);
                }
                let stands = admin.get(TED);
                assert_eq!(stands.status, 404, "{other:?}: {}", stands.text());
            }
            eprintln!("{}: {other:?} while Ted leaves: (left, acted): {outcomes:?}", database.name);
        }
        succeed(&["check", "--database", &database.url], b"");
    }
}
