//! Payloads in every parameter of the query, name in the path, field of the header and field of the body of every route
//! (OWASP API8, API10): never a 5xx, the schema stays, what reads changes nothing, and no row of another group leaks.

use super::credentials::Kind;
use super::payloads::{PAYLOADS, encoded, in_header};
use super::routes::{self, Area, Objects, Route};
use super::world::{CANARY, World};
use crate::support::gateway::{Database, succeed};
use crate::support::http::{Client, Response};
use crate::support::postgres::Server;
use crate::support::shapes;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Groups that the requests are about, in turn.
const GROUPS: usize = 600;

const HEADERS: &[&str] = &[
    "Accept",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "onBehalfOf",
    "X-HTTP-Method-Override",
    "X-Request-Id",
    "Origin",
    "X-Forwarded-For",
    "appId",
    "resource",
];

/// The names of the parameters of a dialect.
fn names(area: Area) -> &'static [&'static str] {
    match area {
        Area::Elance => &[
            "access_token",
            "q",
            "query",
            "category",
            "page",
            "rpp",
            "sort",
            "sortCol",
            "sortOrder",
            "status",
            "title",
            "description",
            "groups[]",
            "callback",
            "format",
        ],
        Area::Rm => &[
            "$filter",
            "filter",
            "$orderby",
            "orderby",
            "$top",
            "$skip",
            "page",
            "page_size",
            "$format",
            "format",
            "access_token",
        ],
        Area::CometChat => &[
            "searchKey",
            "searchIn",
            "searchIn[]",
            "page",
            "perPage",
            "per_page",
            "limit",
            "scopes",
            "scopes[]",
            "status",
            "tags",
            "tags[0]",
            "uids",
            "guids",
            "roles",
            "role",
            "hasJoined",
            "withTags",
            "updatedAt",
            "affix",
            "cursor",
            "cursorField",
            "sortBy",
            "sortOrder",
            "onlineOnly",
            "friendsOnly",
            "groupType",
            "id",
            "type",
            "hideBlockedUsers",
        ],
        Area::Admin => &[],
    }
}

/// The parameters of a route; those of the admin API are in its document.
fn parameters(route: &Route, document: &Value) -> Vec<String> {
    let mut all: BTreeSet<String> = names(route.area).iter().map(|name| (*name).to_owned()).collect();
    let listed = &document["paths"][&route.pattern][route.method.to_lowercase()]["parameters"];
    for parameter in listed.as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query") {
        all.insert(parameter["name"].as_str().expect("a name").to_owned());
    }
    all.into_iter().collect()
}

/// The fields of a good body, and those that the document names.
fn fields(route: &Route, objects: &Objects, document: &Value) -> Vec<String> {
    let (_, body) = route.body(objects);
    let mut all: BTreeSet<String> = BTreeSet::new();
    match serde_json::from_str(&body) {
        Ok(Value::Object(object)) => all.extend(object.keys().cloned()),
        Ok(Value::Array(items)) => all.extend(items.iter().filter_map(Value::as_object).flat_map(Map::keys).cloned()),
        _ => {}
    }
    let operation = &document["paths"][&route.pattern][route.method.to_lowercase()];
    let mut schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if let Some(name) = schema["$ref"].as_str() {
        schema = &document["components"]["schemas"][name.rsplit('/').next().expect("a name")];
    }
    all.extend(schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned());
    if route.area == Area::CometChat && !body.is_empty() {
        let more =
            ["metadata", "tags", "password", "icon", "avatar", "link", "admins", "moderators", "usersToBan", "unset"];
        all.extend(more.map(str::to_owned));
    }
    if route.area == Area::Rm && !body.is_empty() {
        let more = ["Responsible", "Description", "AdditionalInformation", "Phone", "Status", "Login", "Id"];
        all.extend(more.map(str::to_owned));
    }
    all.into_iter().collect()
}

/// What is sent.
struct Shot {
    target: String,
    header: Option<(&'static str, String)>,
    body: Option<String>,
}

impl Shot {
    const fn at(target: String) -> Self {
        Self { target, header: None, body: None }
    }
}

/// Everything that is tried at this route with this payload.
fn shots(route: &Route, objects: &Objects, payload: &str, document: &Value) -> Vec<Shot> {
    let target = route.target(objects);
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut shots = Vec::new();
    let segments: Vec<&str> = path.split('/').collect();
    for (at, _) in route.pattern.split('/').enumerate().filter(|(_, segment)| segment.starts_with('{')) {
        let mut there = segments.clone();
        let value = encoded(payload);
        there[at] = &value;
        shots.push(Shot::at(format!("{}?{query}", there.join("/"))));
    }
    for name in parameters(route, document) {
        let others: Vec<&str> = query.split('&').filter(|pair| pair.split('=').next() != Some(&name)).collect();
        let others = others.join("&");
        let and = if others.is_empty() { "" } else { "&" };
        shots.push(Shot::at(format!("{path}?{others}{and}{}={}", encoded(&name), encoded(payload))));
    }
    shots.push(Shot::at(format!("{path}?{}=1", encoded(payload))));
    if let Some(value) = in_header(payload) {
        shots.extend(
            HEADERS.iter().map(|name| Shot { header: Some((*name, value.to_owned())), ..Shot::at(target.clone()) }),
        );
    }
    for field in fields(route, objects, document) {
        let (_, good) = route.body(objects);
        let Ok(mut body) = serde_json::from_str::<Value>(&good) else { continue };
        let values = [Some(Value::from(payload)), serde_json::from_str(payload).ok()];
        for value in values.into_iter().flatten() {
            match &mut body {
                Value::Array(items) => items.iter_mut().for_each(|item| item[&field] = value.clone()),
                object => object[&field] = value.clone(),
            }
            shots.push(Shot { body: Some(body.to_string()), ..Shot::at(target.clone()) });
        }
    }
    if !route.body(objects).1.is_empty() {
        shots.push(Shot { body: Some(payload.to_owned()), ..Shot::at(target) });
    }
    shots
}

fn shoot(client: &mut Client, route: &Route, objects: &Objects, own: &[(&str, String)], shot: &Shot) -> Response {
    let (media_type, good) = route.body(objects);
    let said = shot.header.as_ref();
    let mut headers: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    headers.extend(said.map(|(name, value)| (*name, value.as_str())));
    if !media_type.is_empty() && said.is_none_or(|(name, _)| *name != "Content-Type") {
        headers.push(("Content-Type", media_type));
    }
    let body = shot.body.as_deref().unwrap_or(&good);
    let response = client.send(route.method, &shot.target, &headers, body.as_bytes());
    let about = format!("{} {} {:?} {:?}", route.method, shot.target, shot.header, shot.body);
    assert!(response.status < 500, "{about}: {}", response.text());
    assert!(response.header("set-cookie").is_none(), "{about}");
    if let Some(dialect) = route.area.dialect() {
        // A client that asks RM for XML gets it.
        if response.header("content-type") == Some("application/json") {
            shapes::is_fault_of_nobody(dialect, &response, &about);
        }
    }
    response
}

/// What the schema is: the cookie that SQLite changes with it, or what `pg_dump` writes of it.
fn schema(database: &Database) -> String {
    let Some(path) = database.url.strip_prefix("sqlite://") else {
        let dump = String::from_utf8(Server::shared().dump(&database.url)).expect("UTF-8");
        let is_schema =
            |line: &&str| line.starts_with("CREATE ") || line.starts_with("ALTER ") || line.starts_with("    ");
        return dump.lines().filter(is_schema).collect::<Vec<_>>().join("\n");
    };
    format!("{:?}", &std::fs::read(path).expect("readable")[40..44])
}

fn document(world: &World) -> Value {
    world.client(Area::Admin).get("/admin/v1/openapi.json", &[]).json()
}

// Every payload comes to every place on SQLite, where that takes no long; on PostgreSQL one in so many does, another one at
// each route.

#[test]
fn no_payload_changes_or_shows_what_it_should_not_where_one_reads() {
    for (database, every) in Database::both().into_iter().zip([1, 13]) {
        let world = World::new(database, GROUPS);
        let document = document(&world);
        let routes: Vec<_> = routes::all().into_iter().filter(|route| route.reads() && route.needs.is_some()).collect();
        let objects: Vec<_> = routes.iter().enumerate().map(|(n, route)| world.objects(n, route)).collect();
        let keys: Vec<_> = routes
            .iter()
            .zip(&objects)
            .map(|(route, objects)| Kind::Inside.headers(&world, route, objects.group))
            .collect();
        let before = (world.rows(), world.head(), schema(&world.database));
        let mut shot_at = 0;
        for (n, ((route, objects), own)) in routes.iter().zip(&objects).zip(&keys).enumerate() {
            let mut client = world.client(route.area);
            for payload in PAYLOADS.iter().skip(n % every).step_by(every) {
                for shot in shots(route, objects, payload, &document) {
                    let response = shoot(&mut client, route, objects, own, &shot);
                    assert!(!String::from_utf8_lossy(&response.body).contains(CANARY), "{}", shot.target);
                    shot_at += 1;
                }
            }
        }
        assert!(shot_at > 1_000, "{shot_at} requests");
        let World { database, gateway, store, .. } = world;
        drop((gateway, store));
        let rows = succeed(&["export", "--database", &database.url], b"");
        assert!(rows == before.0, "{}: what reads changed rows", database.name);
        assert_eq!(schema(&database), before.2, "{}", database.name);
        let store = store::Store::open(&store::Settings::new(database.url.parse().expect("a URL"))).expect("opens");
        assert_eq!(membership::Directory::head(&store).expect("asked"), before.1);
    }
}

#[test]
fn no_payload_reaches_further_than_its_request_where_one_writes() {
    for (database, every) in Database::both().into_iter().zip([1, 31]) {
        let world = World::new(database, GROUPS);
        let document = document(&world);
        let elsewhere = |world: &World| -> Vec<String> {
            world
                .rows()
                .lines()
                .filter(|line| line.contains("\"number\":9000") || line.contains(CANARY))
                .map(str::to_owned)
                .collect()
        };
        let before = (elsewhere(&world), schema(&world.database));
        let mut turn = 0;
        for (n, route) in routes::all().iter().filter(|route| !route.reads()).enumerate() {
            let mut client = world.client(route.area);
            let mut objects = world.objects(turn % GROUPS, route);
            let mut own = Kind::Everything.headers(&world, route, objects.group);
            for payload in PAYLOADS.iter().skip(n % every).step_by(every) {
                for shot in shots(route, &objects, payload, &document) {
                    shoot(&mut client, route, &objects, &own, &shot);
                    if route.pattern == "/v3/me" {
                        // Whoever signs out does not come back.
                        own = Kind::Everything.headers(&world, route, objects.group);
                    }
                }
                turn += 1;
                objects.group = 10_000 + i64::try_from(turn % GROUPS).expect("few");
                objects.person = objects.group;
            }
        }
        assert_eq!(elsewhere(&world), before.0, "{}: what nobody named changed", world.database.name);
        assert_eq!(world.store.check().expect("checked"), Vec::<String>::new());
        let World { database, gateway, store, .. } = world;
        drop((gateway, store));
        succeed(&["check", "--database", &database.url], b"");
        assert_eq!(schema(&database), before.1, "{}", database.name);
    }
}
