//! Every route with every kind of credential, judged by the one table ([`Kind::expected`]).

use super::credentials::{Kind, Seen};
use super::routes::{self, Area};
use super::world::{World, seen, send};
use crate::support::gateway::Database;
use crate::support::shapes;
use membership::Directory;

#[test]
fn every_route_with_every_kind_of_credential() {
    let routes = routes::all();
    for database in Database::both() {
        let world = World::new(database, routes.len() * Kind::ALL.len());
        let mut clients = Area::ALL.map(|area| (area, world.client(area)));
        let mut faults = Vec::new();
        for (n, (kind, route)) in Kind::ALL.iter().flat_map(|kind| routes.iter().map(move |r| (kind, r))).enumerate() {
            let Some(needs) = route.needs else { continue };
            let objects = world.objects(n, route);
            let headers = kind.headers(&world, route, objects.group);
            let before = world.head();
            let client = &mut clients.iter_mut().find(|(area, _)| *area == route.area).expect("all of them").1;
            let response = send(client, route, &objects, &headers);
            let about = format!("{} {kind:?} {} {}", world.database.name, route.method, route.target(&objects));
            if let Some(dialect) = route.area.dialect() {
                shapes::is_fault_of_nobody(dialect, &response, &about);
            }
            assert!(response.status < 500, "{about}: {}", response.text());
            let (got, expected) = (seen(route.area, &response), kind.expected(route.area, needs, route.reach));
            let mut fault =
                |what: &str| faults.push(format!("{about}: {what}: {} {}", response.status, response.text()));
            if got != expected {
                fault(&format!("{got:?} instead of {expected:?}"));
            } else if expected == Seen::In && route.reads() && response.status != 200 {
                fault("not answered");
            }
            if expected != Seen::In && world.head() != before {
                fault("something was changed");
            }
            // Whatever was done, the log says by which credential.
            let log = world.store.changes(before, None, 100).expect("asked");
            if log.entries.iter().any(|entry| entry.credential.is_none()) {
                fault("the log does not say by which credential");
            }
            if *kind == Kind::Outside
                && expected == Seen::In
                && response.text().contains(&format!("{:012}", objects.group))
            {
                fault("it shows what lies beyond the limit");
            }
            // Whoever may do everything gets it done, as far as the state of the membership lets it be done.
            if *kind == Kind::Everything && ![200, 201, 204, 400, 403, 409].contains(&response.status) {
                fault("not done");
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert_eq!(world.store.check().expect("checked"), Vec::<String>::new());
    }
}

/// What takes no credential gives nobody anything for one, and does not fail over one either.
#[test]
fn routes_that_take_no_credential_do_not_care() {
    let open: Vec<_> = routes::all().into_iter().filter(|route| route.needs.is_none()).collect();
    let world = World::new(Database::sqlite(), open.len() * Kind::ALL.len());
    for (n, (kind, route)) in Kind::ALL.iter().flat_map(|kind| open.iter().map(move |r| (kind, r))).enumerate() {
        let objects = world.objects(n, route);
        let mut client = world.client(route.area);
        let expected = send(&mut client, route, &objects, &[]);
        let headers = kind.headers(&world, route, objects.group);
        let before = world.head();
        let response = send(&mut client, route, &objects, &headers);
        assert_eq!(response.status, expected.status, "{kind:?} {}: {}", route.pattern, response.text());
        assert!(response.status < 500 && world.head() == before, "{kind:?} {}", route.pattern);
    }
}
