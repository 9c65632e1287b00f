//! What proves on PostgreSQL that memory is current: each worker's own connection, and what stands in for it. Whatever
//! becomes of these connections, nobody is refused and nobody is told what was before an acknowledged change.

use crate::support::gateway::{Database, Gateway};
use crate::support::http::Client;
use crate::support::keys::{Dialect, Keys};
use crate::support::postgres::Server;
use membership::sample::NDJSON;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PAGE: &str = "/v3/groups/supergroup/members?perPage=10&searchKey=superhero";

/// The connections of workers: by what was asked last on them.
fn own(database: &str) -> String {
    format!(
        "FROM pg_stat_activity WHERE datname = '{database}' AND \
         (query LIKE '<FASTPATH>%' OR query LIKE 'SELECT number, pg_catalog.pg_current_snapshot%')"
    )
}

/// A database with the sample data, by its name in the server.
fn filled(server: &Server) -> (Database, String) {
    let url = server.fresh_database();
    let name = url.rsplit('/').next().expect("a name").to_owned();
    let database = Database::of("postgresql", url);
    database.import(NDJSON);
    (database, name)
}

fn scope_of(keys: &Keys, client: &mut Client, uid: &str) -> String {
    let reply = keys.get(client, Dialect::CometChat, PAGE, &[]);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let page = reply.json();
    let rows = page["data"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["uid"] == uid).expect("a member");
    row["scope"].as_str().expect("a word").to_owned()
}

fn set_scope(keys: &Keys, client: &mut Client, uid: &str, scope: &str) {
    let path = format!("/v3/groups/supergroup/members/{uid}");
    let body = format!(r#"{{"scope":"{scope}"}}"#);
    let own = keys.headers(Dialect::CometChat);
    let fields = [(own[0].0, own[0].1.as_str()), ("Content-Type", "application/json")];
    let reply = client.send("PUT", &path, &fields, body.as_bytes());
    // Refused where it is so already.
    assert!([200, 409].contains(&reply.status), "{}", reply.text());
}

/// Asks until as many workers as `wanted` have a connection of their own.
fn until_own(server: &Server, name: &str, keys: &Keys, gateway: &Gateway, wanted: usize) {
    let begun = Instant::now();
    let count = format!("SELECT count(*) {}", own(name));
    // Each connection is one worker's.
    let mut clients: Vec<_> = (0..8).map(|_| gateway.client()).collect();
    loop {
        clients.iter_mut().for_each(|client| drop(scope_of(keys, client, "superhero2")));
        let own: usize = server.execute("postgres", &count)[0].parse().expect("a number");
        if own == wanted {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{own} of {wanted}: {}", gateway.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn each_worker_asks_by_a_connection_of_its_own() {
    let server = Server::shared();
    let (database, name) = filled(server);
    let start = |directly: &str| {
        let environment = [("ROLLCALL__SERVER__WORKERS", "3"), ("ROLLCALL__DATABASE__ASK_DIRECTLY", directly)];
        Gateway::start(&["--database", &database.url], &environment)
    };
    let gateway = start("true");
    let keys = Keys::make(&database, &gateway, "synapseindia");
    until_own(server, &name, &keys, &gateway, 3);
    assert!(!gateway.log().contains("WARN"), "{}", gateway.log());
    drop(gateway);
    let gateway = start("false");
    let mut client = gateway.client();
    for round in 0..20 {
        let scope = ["moderator", "participant"][round % 2];
        set_scope(&keys, &mut client, "superhero2", scope);
        assert_eq!(scope_of(&keys, &mut client, "superhero2"), scope);
    }
    until_own(server, &name, &keys, &gateway, 0);
}

/// Two gateways, one of whose clients changes something while those of both read, and somebody ends the connections by
/// which the workers ask.
#[test]
fn nobody_misses_a_change_whatever_becomes_of_the_connections() {
    let server = Server::shared();
    let (database, name) = filled(server);
    let start = || Gateway::start(&["--database", &database.url], &[("ROLLCALL__SERVER__WORKERS", "2")]);
    let gateways = [start(), start()];
    let keys = Keys::make(&database, &gateways[0], "synapseindia");
    for (before, gateway) in gateways.iter().enumerate() {
        until_own(server, &name, &keys, gateway, 2 * (before + 1));
    }
    let (done, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        // Each changes and looks at a member of its own, in the one gateway and in the other.
        let writers: Vec<_> = ["superhero2", "superhero3", "superhero5"]
            .into_iter()
            .enumerate()
            .map(|(nth, uid)| {
                let (gateways, keys, reads) = (&gateways, &keys, &reads);
                scope.spawn(move || {
                    let mut clients = [gateways[0].client(), gateways[1].client()];
                    let end = Instant::now() + Duration::from_secs(6);
                    let mut round = nth;
                    while Instant::now() < end {
                        let wanted = ["moderator", "participant"][round % 2];
                        set_scope(keys, &mut clients[round / 2 % 2], uid, wanted);
                        for client in &mut clients {
                            for _ in 0..3 {
                                assert_eq!(scope_of(keys, client, uid), wanted, "{uid} in round {round}");
                                reads.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                        round += 1;
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            let mut round = 0;
            while !done.load(Ordering::SeqCst) {
                // Those of others, too: their transactions change snapshots.
                server.execute("postgres", "SELECT pg_current_xact_id()");
                if round % 20 == 19 {
                    server.execute("postgres", &format!("SELECT pg_terminate_backend(pid) {}", own(&name)));
                }
                round += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        for writer in writers {
            let outcome = writer.join();
            done.store(true, Ordering::SeqCst);
            outcome.expect("no panic");
        }
    });
    assert!(reads.load(Ordering::Relaxed) > 50);
    for gateway in &gateways {
        let log = gateway.log();
        assert!(log.matches("one thread asks PostgreSQL for all").count() < 20, "{log}");
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    }
}

/// On a server that has no place for one more connection all is answered, and when it has one the worker takes it.
#[test]
fn a_server_without_a_place_is_asked_by_one_for_all() {
    let server = Server::start();
    let (database, name) = filled(&server);
    let gateway = Gateway::start(&["--database", &database.url], &[("ROLLCALL__SERVER__WORKERS", "1")]);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    until_own(&server, &name, &keys, &gateway, 1);
    // It holds for whoever may not do everything.
    server.execute("postgres", &format!("ALTER DATABASE {name} CONNECTION LIMIT 0"));
    server.execute("postgres", "ALTER ROLE rollcall NOSUPERUSER");
    server.execute("postgres", &format!("SELECT pg_terminate_backend(pid) {}", own(&name)));
    let mut client = gateway.client();
    for round in 0..20 {
        let scope = ["moderator", "participant"][round % 2];
        set_scope(&keys, &mut client, "superhero2", scope);
        assert_eq!(scope_of(&keys, &mut client, "superhero2"), scope);
    }
    until_own(&server, &name, &keys, &gateway, 0);
    assert_eq!(gateway.log().matches("one thread asks PostgreSQL for all").count(), 1, "{}", gateway.log());
    server.execute("postgres", &format!("ALTER DATABASE {name} CONNECTION LIMIT -1"));
    until_own(&server, &name, &keys, &gateway, 1);
    for _ in 0..5 {
        scope_of(&keys, &mut client, "superhero2");
    }
    assert!(gateway.log().contains("asks PostgreSQL by itself again"), "{}", gateway.log());
}
