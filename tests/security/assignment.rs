//! Fields that a client must not set, put beside the good ones in the body of every route (OWASP API3): refused or
//! passed over, never taken.

use super::credentials::Kind;
use super::routes::{self, Area, Route};
use super::world::{OUTSIDER, PARTICIPANT, World, bearing};
use crate::support::gateway::Database;
use access::{Agreed, Right};
use membership::{Directory, PersonKey, State};
use serde_json::{Map, Value, json};

/// Who somebody or something is, and since when: set once, whoever asks.
fn identity() -> Vec<(&'static str, Value)> {
    let id = json!("00000000-0000-4000-8000-00000000ffff");
    let mut fields = vec![("number", json!(4_242)), ("userId", json!(4_242)), ("groupId", json!(4_242))];
    fields.extend(["id", "Id", "ID", "_id"].map(|name| (name, id.clone())));
    fields.extend(["uid", "guid", "login", "Login", "userName"].map(|name| (name, json!("stolen"))));
    let times = ["createdAt", "created_at", "CreatedAt", "joinedAt", "joined_at", "updatedAt", "updated_at"];
    fields.extend(times.map(|name| (name, json!(7))));
    fields
}

/// What somebody may do: nothing that a person says of itself.
fn power() -> Vec<(&'static str, Value)> {
    let mut fields = vec![("isAdmin", json!(true)), ("membersCount", json!(0)), ("rights", json!("read write admin"))];
    fields.extend(["scope", "role", "Role", "groupScope"].map(|name| (name, json!("admin"))));
    fields.extend(["account_status", "accountStatus", "Status", "state"].map(|name| (name, json!("blocked"))));
    fields.extend(["owner", "ownerUid", "Responsible"].map(|name| (name, json!("p4"))));
    fields
}

/// What must stay of all rows: who they are, and, where `power` is looked at, what they may do.
fn kept(world: &World, power: bool) -> Vec<Value> {
    let names: &[&str] = match power {
        false => &["kind", "number", "id", "uid", "guid", "login", "created_at", "group", "person", "joined_at"],
        true => &["kind", "number", "id", "role", "account_status", "owner", "group", "person", "state", "scope"],
    };
    let rows = world.rows();
    let rows = rows.lines().map(|line| serde_json::from_str::<Map<String, Value>>(line).expect("JSON"));
    rows.map(|row| row.into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect::<Map<_, _>>().into())
        .collect()
}

/// Routes that take an object, or a list of them, and delete nothing.
fn writing() -> Vec<Route> {
    let probe = routes::Objects { group: 1, person: 1, job: 1, credential: 1 };
    let writes = |route: &Route| {
        ["POST", "PUT", "PATCH"].contains(&route.method)
            && route.needs.is_some()
            && ["{", "["].iter().any(|open| route.body(&probe).1.starts_with(open))
            && !route.pattern.ends_with("/import")
    };
    routes::all().into_iter().filter(writes).collect()
}

/// The body with a field more; nothing when it has the field.
fn with(body: &str, name: &str, value: &Value) -> Option<String> {
    let mut json: Value = serde_json::from_str(body).expect("JSON");
    let objects: Vec<&mut Map<String, Value>> = match &mut json {
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).collect(),
        Value::Object(object) => vec![object],
        _ => Vec::new(),
    };
    for object in objects {
        if object.insert(name.to_owned(), value.clone()).is_some() {
            return None;
        }
    }
    Some(json.to_string())
}

/// Every row that was there before is there, and is who it was.
fn stayed(before: &[Value], after: &[Value], about: &str) {
    for row in before {
        // A kick or a scope that was asked for is no fault: those are not compared by what they ask for.
        assert!(after.contains(row), "{about}: {row} is no more");
    }
}

#[test]
fn nobody_says_who_somebody_is() {
    for database in Database::both() {
        let routes = writing();
        let world = World::new(database, routes.len());
        for (n, route) in routes.iter().enumerate() {
            let objects = world.objects(n, route);
            let (media_type, good) = route.body(&objects);
            let headers = Kind::Everything.headers(&world, route, objects.group);
            let mut fields: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            fields.push(("Content-Type", media_type));
            let members = route.pattern.contains("members");
            let is_persons_or_groups = |row: &Value| !members || row["kind"] != "membership";
            let before: Vec<_> = kept(&world, false).into_iter().filter(is_persons_or_groups).collect();
            let mut client = world.client(route.area);
            for (name, value) in identity() {
                // The admin API restores records as they were: since when they are is a field of them, and documented.
                if route.area == Area::Admin && name == "created_at" {
                    continue;
                }
                let Some(body) = with(&good, name, &value) else { continue };
                let response = client.send(route.method, &route.target(&objects), &fields, body.as_bytes());
                let about = format!("{} {} with {name}", route.method, route.target(&objects));
                assert!(response.status < 500, "{about}: {}", response.text());
            }
            stayed(&before, &kept(&world, false), &format!("{} {}", route.method, route.pattern));
        }
        assert_eq!(world.store.check().expect("checked"), Vec::<String>::new());
    }
}

#[test]
fn nobody_gives_oneself_power() {
    for database in Database::both() {
        let routes: Vec<_> = writing().into_iter().filter(|route| route.area != Area::Admin).collect();
        let world = World::new(database, routes.len());
        let before = kept(&world, true);
        for role in [PARTICIPANT, OUTSIDER] {
            let tokens = Area::ALL.map(|area| (area, world.token(area, role, Agreed::default()).1));
            for (n, route) in routes.iter().enumerate() {
                let objects = world.objects(n, route);
                let (media_type, good) = route.body(&objects);
                let token = &tokens.iter().find(|(area, _)| *area == route.area).expect("all of them").1;
                let headers = bearing(route.area, token);
                let fields = [(headers[0].0, headers[0].1.as_str()), ("Content-Type", media_type)];
                let mut client = world.client(route.area);
                for (name, value) in power() {
                    let Some(body) = with(&good, name, &value) else { continue };
                    let response = client.send(route.method, &route.target(&objects), &fields, body.as_bytes());
                    assert!(response.status < 500, "{} with {name}: {}", route.pattern, response.text());
                    let denied = [Some(Right::Admin), Some(Right::Mint)].contains(&route.needs);
                    assert!(
                        !denied || [400, 403].contains(&response.status),
                        "{} with {name}: {}",
                        route.pattern,
                        response.status
                    );
                }
            }
        }
        stayed(&before, &kept(&world, true), "persons' tokens");
        // Whoever joined by one of the requests is an ordinary member.
        let outsider = PersonKey::Number(OUTSIDER);
        let window = membership::Window { offset: 0, limit: 1_000 };
        let joined = world.store.memberships_of(OUTSIDER, State::Member, window).expect("asked").rows;
        let own = joined.iter().filter(|(group, _)| group.owner.is_none_or(|owner| owner != OUTSIDER));
        let scopes: Vec<_> = own.map(|(_, membership)| membership.scope).collect();
        assert!(
            !scopes.is_empty() && scopes.iter().all(|scope| *scope == membership::Scope::Participant),
            "{scopes:?}"
        );
        let person = world.store.person(&outsider).expect("asked").expect("there");
        assert_eq!(person.account_status, membership::AccountStatus::Active);
    }
}
