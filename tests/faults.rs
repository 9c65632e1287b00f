//! What happens when the database goes away under a serving gateway, and comes back.

use crate::support::gateway::{Database, Gateway};
use crate::support::keys::{Dialect, Keys};
use crate::support::postgres::Server;
use crate::support::shapes;
use membership::sample::NDJSON;
use std::time::{Duration, Instant};

const MEMBERS: [(Dialect, &str); 3] = [
    (Dialect::Elance, "/api2/groups/1116/members"),
    (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members?$filter=Name%20ne%20'x'"),
    (Dialect::CometChat, "/v3/groups/supergroup/members?searchKey=a"),
];

#[test]
fn a_database_that_goes_away_and_comes_back() {
    let server = Server::start();
    let database = Database::of("postgresql", server.fresh_database());
    database.import(NDJSON);
    let mut gateway =
        Gateway::start(&["--database", &database.url], &[("ROLLCALL__DATABASE__ACQUIRE_TIMEOUT_SECONDS", "1")]);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    let mut client = gateway.client();
    let before = MEMBERS.map(|(dialect, path)| keys.get(&mut client, dialect, path, &[]).body);

    server.stop();
    // Twice: with connections that turn out to be dead, and without any.
    for round in 1..=2 {
        for (dialect, path) in MEMBERS {
            let begun = Instant::now();
            let response = keys.get(&mut client, dialect, path, &[]);
            assert!(begun.elapsed() < Duration::from_secs(20), "{path} took {:?}", begun.elapsed());
            shapes::check(dialect, &response, path);
            assert_eq!(response.status, 503, "round {round}, {path}: {}", response.text());
            let after: u32 = response.header("retry-after").expect("a time").parse().expect("seconds");
            assert!(after > 0);
        }
    }
    assert!(gateway.alive());

    server.start_again();
    // The first may still wait for the pool to notice; from then on nobody is sent away.
    let mut sent_away = 0;
    for ((dialect, path), body) in MEMBERS.into_iter().zip(&before) {
        loop {
            let response = keys.get(&mut client, dialect, path, &[]);
            shapes::check(dialect, &response, path);
            if response.status == 200 {
                assert_eq!(response.body, *body, "{path}");
                break;
            }
            assert_eq!(response.status, 503, "{path}: {}", response.text());
            sent_away += 1;
            assert!(sent_away <= 1, "{path}: the gateway does not find its database again");
        }
    }

    // A database that was away only while nobody asked: the dead connections are nobody's business.
    server.stop();
    server.start_again();
    for ((dialect, path), body) in MEMBERS.into_iter().zip(&before) {
        let response = keys.get(&mut client, dialect, path, &[]);
        assert_eq!((response.status, &response.body), (200, body), "{path}");
    }
}
