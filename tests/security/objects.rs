//! Whom a person may do what to, in groups in which it has much or little to say: every route that changes something of
//! a group, asked by each role (OWASP API1).

use super::routes::{self, Area, Reach, Route};
use super::world::{ADMIN, ASKER, BANNED, MODERATOR, OUTSIDER, OWNER, PARTICIPANT, World, bearing, send};
use crate::support::gateway::Database;
use access::{Agreed, Right};

/// From the one who has most to say.
const ROLES: [i64; 5] = [OWNER, ADMIN, MODERATOR, PARTICIPANT, OUTSIDER];

/// Who may do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// The owner.
    Owner,
    /// The owner and admins.
    Admins,
    /// The same and moderators.
    Moderators,
    /// Whoever posted it: the owner, here.
    Poster,
    /// Everybody, since it is done to oneself or belongs to nobody. What is refused is the state of things.
    Everybody,
}

impl May {
    fn lets(self, role: i64) -> bool {
        match self {
            Self::Owner | Self::Poster => role == OWNER,
            Self::Admins => role <= ADMIN,
            Self::Moderators => role <= MODERATOR,
            Self::Everybody => true,
        }
    }
}

/// What is done to whom; no person means the group's own member.
fn rule(route: &Route) -> Option<(May, Option<i64>)> {
    let path = route.pattern.as_str();
    Some(match (route.area, route.method, path) {
        (Area::Elance, _, "/api2/groups/{groupId}/members/me") => (May::Everybody, None),
        (Area::Elance, "POST", "/api2/groups/{groupId}/members/{userId}/approve") => (May::Admins, Some(ASKER)),
        (Area::Elance, "POST", "/api2/groups/{groupId}/members/{userId}/reject") => (May::Admins, Some(ASKER)),
        (Area::Elance, "POST", "/api2/groups/{groupId}/jobs") => (May::Everybody, None),
        (Area::Elance, "POST", "/api2/jobs/{jobId}/close") => (May::Poster, None),
        (Area::Rm, "PUT", "/api/Organization/groups/{GroupID}") => (May::Admins, None),
        (Area::Rm, "DELETE", "/api/Organization/groups/{GroupID}") => (May::Owner, None),
        (Area::Rm, "POST", "/api/Organization/groups/{GroupID}/members") => (May::Admins, None),
        (Area::Rm, "DELETE", "/api/Organization/groups/{GroupID}/members/{PersonID}") => (May::Moderators, None),
        (Area::CometChat, "POST" | "DELETE", "/v3/groups/{guid}/members") => (May::Everybody, None),
        (Area::CometChat, "PUT", "/v3/groups/{guid}/members") => (May::Admins, None),
        (Area::CometChat, "PUT", "/v3/groups/{guid}/members/{uid}") => (May::Admins, None),
        (Area::CometChat, "DELETE", "/v3/groups/{guid}/members/{uid}") => (May::Moderators, None),
        (Area::CometChat, "POST", "/v3/groups/{guid}/bannedusers/{uid}" | "/v3/groups/{guid}/banned_members/{uid}") => {
            (May::Moderators, None)
        }
        (
            Area::CometChat,
            "DELETE",
            "/v3/groups/{guid}/bannedusers/{uid}" | "/v3/groups/{guid}/banned_members/{uid}",
        ) => (May::Moderators, Some(BANNED)),
        (Area::CometChat, "PUT", "/v3/groups/{guid}") => (May::Admins, None),
        (Area::CometChat, "DELETE", "/v3/groups/{guid}") => (May::Owner, None),
        (Area::CometChat, "PATCH", "/v3/groups/{guid}/owner") => (May::Owner, None),
        _ => return None,
    })
}

#[test]
fn nobody_changes_what_the_role_does_not_reach() {
    let routes: Vec<_> = routes::all()
        .into_iter()
        .filter(|route| route.area != Area::Admin && route.needs == Some(Right::Write) && route.reach == Reach::Group)
        .collect();
    for database in Database::both() {
        let world = World::new(database, routes.len() * ROLES.len());
        let tokens: Vec<_> = Area::ALL
            .iter()
            .flat_map(|area| ROLES.map(|role| (*area, role, world.token(*area, role, Agreed::default()).1)))
            .collect();
        let mut client = world.client(Area::Elance);
        let mut faults = Vec::new();
        for (n, (route, role)) in routes.iter().flat_map(|r| ROLES.map(|role| (r, role))).enumerate() {
            let (may, whom) = rule(route).unwrap_or_else(|| panic!("who may {} {}?", route.method, route.pattern));
            let mut objects = world.objects(n, route);
            objects.person = whom.unwrap_or(objects.person);
            let token = &tokens.iter().find(|(area, of, _)| (*area, *of) == (route.area, role)).expect("made").2;
            let before = world.head();
            let response = send(&mut client, route, &objects, &bearing(route.area, token));
            let changed = world.head() != before;
            let said =
                format!("{role} {} {}: {} {}", route.method, route.target(&objects), response.status, response.text());
            // A list of several is answered as a whole, each of its items by itself.
            let refused = response.status == 403 || (response.status == 200 && !changed);
            if may != May::Everybody && (refused == may.lets(role) || changed != may.lets(role)) {
                faults.push(format!("{may:?}: {said}"));
            }
            if response.status >= 500 || (response.status >= 400 && changed) {
                faults.push(said);
            }
        }
        assert!(faults.is_empty(), "{}: {}", world.database.name, faults.join("\n"));
    }
}

/// The admin API takes a step in somebody's name, and judges it as that person's.
#[test]
fn in_anothers_name_nobody_reaches_further() {
    let steps = [
        ("approve", May::Admins, ASKER),
        ("reject", May::Admins, ASKER),
        ("add", May::Admins, 9_000),
        ("set-scope", May::Admins, 0),
        ("kick", May::Moderators, 0),
        ("ban", May::Moderators, 0),
        ("unban", May::Moderators, BANNED),
        ("transfer-ownership", May::Owner, 0),
    ];
    let world = World::new(Database::sqlite(), steps.len() * ROLES.len());
    let mut admin = crate::support::admin::Admin::with(
        world.client(Area::Admin).address(),
        &crate::support::admin::key(&world.database, "write"),
    );
    for (n, ((step, may, whom), role)) in steps.iter().flat_map(|step| ROLES.map(|role| (*step, role))).enumerate() {
        let group = 10_000 + n;
        let whom = if whom == 0 { group.to_string() } else { whom.to_string() };
        let path = format!("/groups/{group}/members/{whom}/{step}?as={role}");
        let body =
            if step == "set-scope" { serde_json::json!({ "scope": "moderator" }) } else { serde_json::Value::Null };
        let before = world.head();
        let response = admin.ask("POST", &path, &body);
        let expected = if may.lets(role) { 200 } else { 403 };
        assert_eq!(response.status, expected, "{path}: {}", response.text());
        assert_eq!(world.head() != before, may.lets(role), "{path}");
    }
}
