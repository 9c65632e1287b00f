//! Persons and groups, as many as are needed for each request to have its own, behind the real gateway.

use super::credentials::Seen;
use super::routes::{Area, Objects, Route, group_id, person_id};
use crate::support::gateway::{Database, Gateway, succeed};
use crate::support::http::{Client, Response};
use access::{Agreed, Credential, CredentialKind, Groups, NewCredential, Rights, Secret, Vault};
use membership::{By, Directory, GroupKey, NewJob, PersonKey, Registrar};
use std::fmt::Write as _;
use std::net::SocketAddr;
use store::Store;

/// Owns every group.
pub const OWNER: i64 = 1;
/// Admin of every group.
pub const ADMIN: i64 = 2;
/// Moderator of every group.
pub const MODERATOR: i64 = 3;
/// An ordinary member of every group.
pub const PARTICIPANT: i64 = 4;
/// In no group at all.
pub const OUTSIDER: i64 = 5;
/// Whose account is blocked.
pub const BLOCKED: i64 = 6;
/// Has asked to join every group.
pub const ASKER: i64 = 7;
/// Is banned from every group.
pub const BANNED: i64 = 8;
/// Numbers of groups and of their own members begin behind this one.
const FIRST: i64 = 10_000;
/// A word of a group, and of its member, that nobody of another group may ever see.
pub const CANARY: &str = "zaunkoenig";

/// The gateway, its clients and its store.
pub struct World {
    pub database: Database,
    pub gateway: Gateway,
    pub store: Store,
    pub now: i64,
    /// Number of a person who was deleted.
    pub gone: i64,
    /// Number of a group that nobody asks for, with the canary in it.
    pub elsewhere: i64,
    admin: SocketAddr,
}

impl World {
    /// With `groups` groups, each of which has a member of its own.
    pub fn new(database: Database, groups: usize) -> Self {
        database.import(&population(groups));
        // Thousands of wrong credentials come from one address: how they are held back is tried elsewhere.
        let unlimited = [("ROLLCALL__LIMITS__FAILURES_PER_MINUTE", "0")];
        let gateway = Gateway::start(&["--database", &database.url], &unlimited);
        let store = Store::open(&store::Settings::new(database.url.parse().expect("a URL"))).expect("opens");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs();
        let now = i64::try_from(now).expect("a time");
        let admin = gateway.admin().address();
        let gone = store.person(&PersonKey::Login("gone".into())).expect("asked").expect("there").number;
        store
            .delete_person(&By { person: None, credential: None, now }, &PersonKey::Number(gone), None)
            .expect("deleted");
        Self { database, gateway, store, now, gone, elsewhere: 9_000, admin }
    }

    /// What the `n`th request is about.
    pub fn objects(&self, n: usize, route: &Route) -> Objects {
        let number = FIRST + i64::try_from(n).expect("few");
        let mut objects = Objects { group: number, person: number, job: 0, credential: 0 };
        if route.pattern.contains("{job") {
            let new =
                NewJob { title: "job".into(), description: String::new(), groups: vec![GroupKey::Number(number)] };
            let by = By { person: Some(OWNER), credential: None, now: self.now };
            objects.job = self.store.post_job(&by, &new).expect("posted").number;
        }
        if route.pattern.contains("{credential}") || route.pattern.contains("{authToken}") {
            let (within, _) = self.token(Area::CometChat, number, Agreed::limited(Groups::only([number])));
            objects.credential = within.id;
        }
        objects
    }

    /// A token of this person, with the rights of one.
    pub fn token(&self, area: Area, person: i64, agreed: Agreed) -> (Credential, String) {
        let secret = Secret::alphanumeric().expect("random bits");
        let new = NewCredential {
            audience: area.audience().to_owned(),
            kind: if area == Area::Admin { CredentialKind::Key } else { CredentialKind::Token },
            rights: Rights::USER,
            person: Some(person),
            client_id: String::new(),
            parent: None,
            secret: secret.hash(),
            created_at: self.now - 100,
            expires_at: None,
            agreed,
        };
        (self.store.create(&membership::By::system(1_000), &new).expect("kept"), secret.reveal().to_owned())
    }

    /// Revokes it.
    pub fn revoke(&self, credential: &Credential) {
        self.store.revoke(&membership::By::system(self.now), credential.id).expect("revoked");
    }

    /// The number of the last change.
    pub fn head(&self) -> u64 {
        self.store.head().expect("asked")
    }

    /// All groups, persons and memberships.
    pub fn rows(&self) -> String {
        succeed(&["export", "--database", &self.database.url], b"")
    }

    /// A client of whatever serves the area.
    pub fn client(&self, area: Area) -> Client {
        if area == Area::Admin { Client::new(self.admin) } else { self.gateway.client() }
    }
}

/// The field of the header in which a person's token is presented.
pub fn bearing(area: Area, token: &str) -> Vec<(&'static str, String)> {
    vec![match area {
        Area::CometChat => ("authToken", token.to_owned()),
        Area::Rm => ("Authorization", format!("OAuth2 {token}")),
        Area::Elance | Area::Admin => ("Authorization", format!("Bearer {token}")),
    }]
}

/// Sends a good request for the route.
pub fn send(client: &mut Client, route: &Route, objects: &Objects, headers: &[(&str, String)]) -> Response {
    let (media_type, body) = route.body(objects);
    let mut fields: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if !media_type.is_empty() {
        fields.push(("Content-Type", media_type));
    }
    client.send(route.method, &route.target(objects), &fields, body.as_bytes())
}

/// What a reply tells of whether who asked was let in, by its status and the dialect's own words.
pub fn seen(area: Area, response: &Response) -> Seen {
    if ![401, 403].contains(&response.status) {
        return Seen::In;
    }
    let json = response.json();
    let (code, words) = match area {
        Area::Elance => (&json["errors"][0]["code"], &json["errors"][0]["description"]),
        Area::Rm => (&json["error"], &json["error_description"]),
        Area::CometChat => (&json["error"]["code"], &json["error"]["devMessage"]),
        Area::Admin => (&json["type"], &json["detail"]),
    };
    let (code, words) = (code.as_str().unwrap_or_default(), words.as_str().unwrap_or_default());
    let says = |what: &[&str]| what.iter().any(|what| words.contains(what));
    if response.status == 401 {
        return match code {
            _ if says(&["is needed", "missing or empty", "is empty", "This takes a key"]) => Seen::Missing,
            _ if says(&["unknown"]) => Seen::Unknown,
            _ => Seen::In,
        };
    }
    if says(&["closed or blocked"]) {
        Seen::Closed
    } else if says(&[
        "does not allow this",
        "scope of the key is too small",
        "takes a key of the application",
        "rights of the key",
        "limited to some groups",
        "beyond",
    ]) {
        Seen::Denied
    } else {
        Seen::In
    }
}

/// The lines to be imported.
fn population(groups: usize) -> String {
    let mut lines = String::new();
    let mut person = |number: i64, login: &str, more: &str| {
        let id = person_id(number);
        writeln!(lines, r#"{{"kind":"person","number":{number},"id":"{id}","uid":"p{number}","login":"{login}","name":"Person {number}"{more}}}"#)
            .expect("memory");
    };
    for (number, login) in [
        (OWNER, "owner"),
        (ADMIN, "admin"),
        (MODERATOR, "moderator"),
        (PARTICIPANT, "participant"),
        (OUTSIDER, "outsider"),
        (ASKER, "asker"),
        (BANNED, "banned"),
        (9, "gone"),
    ] {
        person(number, login, "");
    }
    person(BLOCKED, "blocked", r#","account_status":"blocked""#);
    person(9_000, CANARY, "");
    let numbers = || (0..groups).map(|n| FIRST + i64::try_from(n).expect("few"));
    for number in numbers() {
        person(number, &format!("l{number}"), "");
    }
    for number in numbers().chain([9_000]) {
        let (id, name) = (group_id(number), if number == 9_000 { CANARY } else { "Group" });
        writeln!(lines, r#"{{"kind":"group","number":{number},"id":"{id}","guid":"g{number}","name":"{name} {number}","type":"public","owner":{{"number":1}}}}"#)
            .expect("memory");
    }
    for number in numbers().chain([9_000]) {
        let mut member = |person: i64, more: &str| {
            writeln!(lines, r#"{{"kind":"membership","group":{{"number":{number}}},"person":{{"number":{person}}},"joined_at":1000{more}}}"#)
                .expect("memory");
        };
        member(OWNER, r#","scope":"admin""#);
        member(ADMIN, r#","scope":"admin""#);
        member(MODERATOR, r#","scope":"moderator""#);
        member(PARTICIPANT, "");
        member(number, "");
        for (person, state, time) in [(ASKER, "pending", "asked_at"), (BANNED, "banned", "banned_at")] {
            writeln!(lines, r#"{{"kind":"membership","group":{{"number":{number}}},"person":{{"number":{person}}},"state":"{state}","{time}":1000}}"#)
                .expect("memory");
        }
    }
    lines
}
