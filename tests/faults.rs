//! What happens when the database stops, is paused, is full or may not be written under a serving gateway, and when it
//! is back. Reads that can go on do; everything else is 503 in the dialect's shape, within its time; `/readyz` tells; and
//! when the fault is over, all is as before within [`RECOVERY`], without a restart.

use crate::support::gateway::{Database, Gateway, rollcall};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys};
use crate::support::postgres::Server;
use crate::support::shapes;
use membership::sample::NDJSON;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A slow and a quick request of each dialect.
const READS: [(Dialect, &str); 6] = [
    (Dialect::Elance, "/api2/groups/1116/members?page=2000"),
    (Dialect::Elance, "/api2/groups/1116"),
    (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members?$filter=Name%20ne%20'x'"),
    (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members"),
    (Dialect::CometChat, "/v3/groups/supergroup/members?searchKey=a"),
    (Dialect::CometChat, "/v3/groups/supergroup/members"),
];

/// In what time all is as before, once the fault is over.
const RECOVERY: Duration = Duration::from_secs(5);

/// So that a fault is noticed soon: a connection and a statement may take a second each, and so may waiting for a turn.
const HASTY: [(&str, &str); 3] = [
    ("ROLLCALL__DATABASE__ACQUIRE_TIMEOUT_SECONDS", "1"),
    ("ROLLCALL__DATABASE__STATEMENT_TIMEOUT_SECONDS", "1"),
    ("ROLLCALL__LIMITS__QUEUE_TIMEOUT_SECONDS", "1"),
];

/// What a request may take then: a turn, an answer (three seconds by the settings), and what a busy machine adds.
const IN_TIME: Duration = Duration::from_secs(9);

/// A write of a dialect, another one each time.
fn write(keys: &Keys, client: &mut Client, dialect: Dialect) -> Response {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let at = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let own = keys.headers(dialect);
    let mut fields: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("Content-Type", "application/json"));
    match dialect {
        Dialect::Rm => {
            let body = format!(r#"{{"Name":"Group {at} {}"}}"#, "x".repeat(300));
            client.send("POST", "/api/Organization/groups", &fields, body.as_bytes())
        }
        Dialect::CometChat => {
            let body = format!(r#"{{"uid":"fault-{at}","name":"{}"}}"#, "n".repeat(90));
            client.send("POST", "/v3/users", &fields, body.as_bytes())
        }
        Dialect::Elance => panic!("a freelancer asks to join once only"),
    }
}

/// The dialects that an application may write in as often as it likes.
const WRITERS: [Dialect; 2] = [Dialect::Rm, Dialect::CometChat];

fn refused(dialect: Dialect, response: &Response, about: &str) {
    shapes::check(dialect, response, about);
    assert_eq!(response.status, 503, "{about}: {}", response.text());
    let after: u32 = response.header("retry-after").expect("a time").parse().expect("seconds");
    assert!(after > 0, "{about}");
}

/// Every read and every write is refused, in time.
fn all_refused(keys: &Keys, client: &mut Client, about: &str) {
    for (dialect, path) in READS {
        let begun = Instant::now();
        let response = keys.get(client, dialect, path, &[]);
        assert!(begun.elapsed() < IN_TIME, "{about}: {path} took {:?}", begun.elapsed());
        refused(dialect, &response, path);
    }
    for dialect in WRITERS {
        let begun = Instant::now();
        let response = write(keys, client, dialect);
        assert!(begun.elapsed() < IN_TIME, "{about}: a write took {:?}", begun.elapsed());
        refused(dialect, &response, "a write");
    }
}

fn readiness(admin: &mut Client) -> (u16, String) {
    let begun = Instant::now();
    let reply = admin.get("/readyz", &[]);
    assert!(begun.elapsed() < Duration::from_secs(6), "took {:?}", begun.elapsed());
    (reply.status, reply.json()["status"].as_str().expect("a word").to_owned())
}

/// Within [`RECOVERY`] it is ready, and then every read says what it said before and every write is taken: by as many at
/// once as there are turns, so no place in a pool is lost.
fn recovered(gateway: &Gateway, keys: &Keys, admin: &mut Client, before: &[Vec<u8>]) {
    let begun = Instant::now();
    while readiness(admin) != (200, "ready".to_owned()) {
        assert!(begun.elapsed() < RECOVERY, "not ready again: {}", gateway.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut client = gateway.client();
    for ((dialect, path), body) in READS.into_iter().zip(before) {
        loop {
            let response = keys.get(&mut client, dialect, path, &[]);
            shapes::check(dialect, &response, path);
            if response.status != 503 {
                assert_eq!((response.status, &response.body), (200, body), "{path}");
                break;
            }
            assert!(begun.elapsed() < RECOVERY, "{path}: {}", response.text());
        }
    }
    for dialect in WRITERS {
        let response = write(keys, &mut client, dialect);
        assert!([200, 201].contains(&response.status), "{}", response.text());
    }
    assert!(begun.elapsed() < RECOVERY + Duration::from_secs(5), "took {:?}", begun.elapsed());
    let (dialect, slow) = READS[2];
    std::thread::scope(|scope| {
        let asking: Vec<_> =
            (0..16).map(|_| scope.spawn(|| keys.get(&mut gateway.client(), dialect, slow, &[]).status)).collect();
        for one in asking {
            assert_eq!(one.join().expect("no panic"), 200, "{}", gateway.log());
        }
    });
    let text = admin.get("/metrics", &[]).text().to_owned();
    for line in text.lines().filter(|line| line.starts_with("rollcall_turns_in_use") || line.contains("_waiting{")) {
        assert!(line.ends_with(" 0"), "{line}");
    }
}

/// A gateway to a PostgreSQL server of its own, with what every read says.
struct Apart {
    server: Server,
    gateway: Gateway,
    keys: Keys,
    before: Vec<Vec<u8>>,
}

fn apart() -> Apart {
    let server = Server::start();
    let database = Database::of("postgresql", server.fresh_database());
    database.import(NDJSON);
    let gateway = Gateway::start(&["--database", &database.url], &HASTY);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    let before = bodies(&keys, &gateway);
    Apart { server, gateway, keys, before }
}

fn bodies(keys: &Keys, gateway: &Gateway) -> Vec<Vec<u8>> {
    let mut client = gateway.client();
    let body = |(dialect, path)| {
        let response = keys.get(&mut client, dialect, path, &[]);
        assert_eq!(response.status, 200, "{}", response.text());
        response.body
    };
    READS.map(body).to_vec()
}

#[test]
fn a_database_that_stops_and_comes_back() {
    let Apart { server, mut gateway, keys, before } = apart();
    let (mut client, mut admin) = (gateway.client(), gateway.admin());
    server.stop();
    // Twice: with connections that turn out to be dead, and without any.
    for round in ["the first time", "the second time"] {
        all_refused(&keys, &mut client, round);
        assert_eq!(readiness(&mut admin), (503, "not ready".to_owned()));
    }
    assert!(gateway.alive());
    server.start_again();
    recovered(&gateway, &keys, &mut admin, &before);

    // A database that was away only while nobody asked: the dead connections are nobody's business.
    server.stop();
    server.start_again();
    for ((dialect, path), body) in READS.into_iter().zip(&before) {
        let response = keys.get(&mut client, dialect, path, &[]);
        assert_eq!((response.status, &response.body), (200, body), "{path}");
    }
}

#[test]
fn a_database_that_is_paused_and_goes_on() {
    let Apart { server, mut gateway, keys, before } = apart();
    let (mut client, mut admin) = (gateway.client(), gateway.admin());
    server.pause(true);
    for round in ["with turns", "without turns"] {
        all_refused(&keys, &mut client, round);
        assert_eq!(readiness(&mut admin), (503, "not ready".to_owned()));
        assert_eq!(admin.get("/livez", &[]).status, 200);
        let metrics = admin.get("/metrics", &[]);
        assert!(metrics.text().contains("\nrollcall_store_up 0\n"), "{}", metrics.text());
    }
    assert!(gateway.alive());
    server.pause(false);
    recovered(&gateway, &keys, &mut admin, &before);
}

/// A file system of a few megabytes of its own, in which a gateway keeps its SQLite file.
struct SmallDisk {
    directory: tempfile::TempDir,
    gateway: Gateway,
}

/// Mounts a small file system at `$0`, takes the files over that `$1` begins the names of, and runs the
/// rest. A write beyond a limit fails then, and does not end the process.
const MOUNTING: &str =
    r#"trap '' XFSZ; mount -t tmpfs -o size=6m rollcall "$0" && cp "$1"* "$0" && shift && exec "$@""#;

impl SmallDisk {
    /// Serves a copy of `database`, in name spaces of its own, so that it takes no root to mount.
    fn serve(database: &Database) -> Self {
        let directory = tempfile::TempDir::new().expect("a temporary directory");
        let path = directory.path().to_str().expect("a plain path").to_owned();
        let program = rollcall().get_program().to_owned();
        let mut command = Command::new("unshare");
        for (name, value) in rollcall().get_envs() {
            assert!(value.is_none());
            command.env_remove(name);
        }
        let file = database.url.strip_prefix("sqlite://").expect("a file");
        command.args(["--user", "--map-root-user", "--mount", "/bin/sh", "-c", MOUNTING, &path, file]).arg(program);
        let url = format!("sqlite://{path}/members.db");
        let gateway = Gateway::start_by(command, &["--database", &url], &HASTY);
        Self { directory, gateway }
    }

    /// The directory as the gateway sees it.
    fn inside(&self) -> PathBuf {
        let path = self.directory.path().strip_prefix("/").expect("an absolute path");
        Path::new("/proc").join(self.gateway.id().to_string()).join("root").join(path)
    }

    /// Has the system refuse every further write to any file, or no more.
    fn forbid_writing(&self, forbid: bool) {
        let (pid, limit) = (self.gateway.id().to_string(), if forbid { "0:unlimited" } else { "unlimited:unlimited" });
        let output = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={limit}")]).output();
        let output = output.expect("prlimit starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Whether name spaces and small file systems may be made here.
fn may_mount() -> bool {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "/bin/sh", "-c", MOUNTING]);
    command.arg(directory.path()).args(["/dev/null", "true"]);
    command.output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_disk_that_is_full_or_may_not_be_written() {
    if !may_mount() {
        // Not silently: the same faults are told by SQLite itself in the store's own tests.
        eprintln!("no file system can be mounted here, so this is not tried");
        return;
    }
    let database = Database::sqlite();
    database.import(NDJSON);
    let keys = Keys::make(&database, &Gateway::serve(&database), "synapseindia");
    let disk = SmallDisk::serve(&database);
    let gateway = &disk.gateway;
    let before = bodies(&keys, gateway);
    let (mut client, mut admin) = (gateway.client(), gateway.admin());
    let mut at = 0;

    let filler = disk.inside().join("filler");
    let full = || {
        // As much as there is room for.
        let mut file = std::fs::File::create(&filler).expect("made");
        let block = [0_u8; 4096];
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
    };
    for fault in ["full", "read-only"] {
        if fault == "full" {
            full()
        } else {
            disk.forbid_writing(true)
        }
        for dialect in WRITERS {
            // What was set aside in the log of the database may take some more.
            let response = loop {
                at += 1;
                let begun = Instant::now();
                let response = write(&keys, &mut client, dialect);
                assert!(begun.elapsed() < IN_TIME, "{fault}: a write took {:?}", begun.elapsed());
                assert!(at < 10_000, "{fault}: there is still room");
                if response.status == 503 {
                    break response;
                }
                assert!([200, 201].contains(&response.status), "{}", response.text());
            };
            refused(dialect, &response, fault);
        }
        for ((dialect, path), body) in READS.into_iter().zip(&before) {
            let response = keys.get(&mut client, dialect, path, &[]);
            assert_eq!((response.status, &response.body), (200, body), "{fault}: {path}: {}", response.text());
        }
        assert_eq!(readiness(&mut admin), (200, "reading".to_owned()), "{fault}");
        assert!(admin.get("/metrics", &[]).text().contains("\nrollcall_store_takes_writes 0\n"), "{fault}");
        gateway.logs(0, "the store takes no writes any more");
        if fault == "full" {
            std::fs::remove_file(&filler).expect("removed");
        } else {
            disk.forbid_writing(false);
        }
        recovered(gateway, &keys, &mut admin, &before);
        assert!(admin.get("/metrics", &[]).text().contains("\nrollcall_store_takes_writes 1\n"), "{fault}");
    }
}
