//! The admin listener: health, and where it listens.

use crate::support::gateway::{Database, Gateway, fail};
use crate::support::postgres::Server;
use crate::support::tls::Files;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

#[test]
fn a_gateway_that_serves_is_alive_and_ready() {
    for database in Database::both() {
        let gateway = Gateway::serve(&database);
        let mut admin = gateway.admin();
        for (path, status) in [("/livez", "alive"), ("/readyz", "ready"), ("/readyz?verbose", "ready")] {
            let reply = admin.get(path, &[]);
            assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{path}");
            assert_eq!(reply.json()["status"], status);
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            assert!(reply.header("x-request-id").is_some());
            let head = admin.send("HEAD", path, &[], b"");
            assert_eq!((head.status, head.header("content-length")), (200, reply.header("content-length")));
            let other = admin.send("POST", path, &[], b"body");
            assert_eq!((other.status, other.header("allow")), (405, Some("GET, HEAD")), "{}", other.text());
            assert_eq!(other.header("content-type"), Some("application/problem+json"));
            assert_eq!((other.json()["status"].as_u64(), other.header("connection")), (Some(405), None));
        }
        // Neither listener serves what is the other's.
        for path in ["/", "/livez/", "/LIVEZ", "/v3/groups/supergroup/members", "/api2/groups/1/members"] {
            let reply = admin.get(path, &[]);
            assert_eq!((reply.status, reply.header("content-type")), (404, Some("application/problem+json")), "{path}");
            assert_eq!(reply.json()["status"], 404);
        }
        let public = gateway.client().get("/livez", &[]);
        assert_eq!((public.status, public.json()["status"].as_u64()), (404, Some(404)));
        // One line a request, but none for who only looks.
        gateway.logs(0, "dialect=- method=GET path=/livez status=404");
        let log = gateway.log();
        assert!(log.contains("dialect=admin method=GET path=/livez/ status=404"), "{log}");
        assert!(!log.contains("dialect=admin method=GET path=/livez "), "{log}");
    }
}

#[test]
fn a_gateway_without_its_store_is_alive_but_not_ready() {
    let server = Server::start();
    let database = Database::of("postgresql", server.fresh_database());
    let gateway = Gateway::serve(&database);
    let mut admin = gateway.admin();
    assert_eq!(admin.get("/readyz", &[]).status, 200);
    server.stop();
    for _ in 0..6 {
        let begun = Instant::now();
        let reply = admin.get("/readyz", &[]);
        assert_eq!((reply.status, reply.header("content-type")), (503, Some("application/json")), "{}", reply.text());
        assert_eq!(reply.json()["status"], "not ready");
        assert_eq!(admin.get("/livez", &[]).status, 200);
        assert!(begun.elapsed() < Duration::from_secs(4), "took {:?}", begun.elapsed());
    }
    gateway.logs(0, "not ready");
    server.start_again();
    let begun = Instant::now();
    while admin.get("/readyz", &[]).status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", gateway.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn lines_on_stdout_come_in_order() {
    let files = Files::make();
    let (gateway, _) = files.serve(&["--demo"], &[]);
    assert!(gateway.line().starts_with("admin on http://127.0.0.1:"));
    assert!(gateway.line().starts_with("curl "));
    // Switched off, it is not there; a flag is an order all the same.
    let off = [("ROLLCALL__ADMIN__ENABLED", "false")];
    assert!(Gateway::start(&["--demo"], &off).line().starts_with("curl "));
    let mut admin = Gateway::start(&["--demo", "--admin-listen", "127.0.0.1:0"], &off);
    assert_eq!(admin.admin().get("/livez", &[]).status, 200);
    admin.signal("TERM");
    assert!(admin.wait().success());
}

#[test]
fn a_port_that_is_taken_is_in_the_way_only_of_who_asked_for_it() {
    // Whether we have it or somebody else.
    let _taken = TcpListener::bind("127.0.0.1:8081");
    let nothing_said = [("ROLLCALL__ADMIN__LISTEN", "")];
    for arguments in [&["--demo"][..], &["--database", "sqlite::memory:"]] {
        let gateway = Gateway::start(arguments, &nothing_said);
        assert_eq!(gateway.admin().get("/livez", &[]).status, 200);
        if arguments != ["--demo"] {
            gateway.logs(0, "127.0.0.1:8081 is taken");
        }
    }
    let serve = ["serve", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:", "--admin-listen"];
    for (address, words) in [("127.0.0.1:8081", "cannot listen on 127.0.0.1:8081 (admin.listen)"), ("8081", "`8081`")] {
        let said = fail(1, &[&serve[..], &[address]].concat(), b"");
        assert!(said.contains(words), "{said}");
    }
    let said = fail(1, &["serve", "--demo", "--listen", "127.0.0.1:0", "--admin-listen", "0.0.0.0:0"], b"");
    assert!(said.contains("loopback"), "{said}");
    let config = Files::make();
    let config = config.with("rollcall.toml", b"[admin]\nlisten = \"nowhere\"\n");
    let said = fail(1, &["check", "--config", &config, "--database", "sqlite::memory:"], b"");
    assert!(said.contains("`nowhere`"), "{said}");
}

#[test]
fn connections_that_say_nothing_end_and_ending_ends_both() {
    use std::io::{Read, Write};
    let limits = [("ROLLCALL__SERVER__REQUEST_TIMEOUT_SECONDS", "1"), ("ROLLCALL__SERVER__KEEP_ALIVE_SECONDS", "1")];
    let mut gateway = Gateway::start(&["--demo"], &limits);
    let address = gateway.admin().address();
    let connect = || {
        let stream = TcpStream::connect(address).expect("listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a positive time");
        stream
    };
    // A later header that drips, and a body that nobody reads.
    for start in [
        "GET /livez HTTP/1.1\r\nHost: h\r\n\r\nGET /",
        "POST /livez HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let mut stream = connect();
        stream.write_all(start.as_bytes()).expect("sent");
        let begun = Instant::now();
        while stream.write_all(b"1\r\nx\r\n").is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(10), "still open: {start}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let mut idle = connect();
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n").expect("sent");
    idle.read_exact(&mut [0; 12]).expect("answered");
    gateway.signal("TERM");
    let begun = Instant::now();
    assert!(gateway.wait().success());
    assert!(begun.elapsed() < Duration::from_secs(8), "took {:?}", begun.elapsed());
    assert!(TcpStream::connect(address).is_err());
}
