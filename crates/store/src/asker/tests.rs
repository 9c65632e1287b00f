//! Against a real server: every way in, and that nobody who asks after a commit is told what was before it.

use super::*;
use crate::tests::postgres::Server;
use crate::tests::{postgresql, soundness};
use crate::{HeadReader, Settings, Store};
use diesel::connection::SimpleConnection;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

/// One more person, so one more change.
fn change(store: &Store, uid: &str) {
    soundness::import(store, &format!("{{\"kind\":\"person\",\"uid\":\"{uid}\"}}\n"), 1_000);
}

/// A connection, and how often its snapshot was another one.
struct Line {
    opened: Opened,
    changed: u32,
}

impl Line {
    fn open(reader: &mut HeadReader) -> Result<Self, NotDirect> {
        let direct = reader.direct()?;
        reader.ask().map_err(NotDirect::now)?;
        Ok(Self { opened: direct.open()?, changed: 0 })
    }

    fn of(store: &Store) -> Self {
        Self::open(&mut store.head_reader()).expect("opens")
    }

    fn try_ask(&mut self) -> Result<u64, String> {
        let Opened { stream, asker, .. } = &mut self.opened;
        let socket: &mut dyn ReadWrite = match stream {
            Stream::Tcp(stream) => stream,
            #[cfg(unix)]
            Stream::Unix(stream) => stream,
        };
        loop {
            socket.write_all(asker.ask().map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
            loop {
                let mut bytes = [0; 64];
                let read = match socket.read(&mut bytes) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        std::thread::yield_now();
                        continue;
                    }
                    read => read.map_err(|e| e.to_string())?,
                };
                if read == 0 {
                    return Err("the end".to_owned());
                }
                match asker.hear(&bytes[..read]).map_err(|e| e.to_string())? {
                    None => {}
                    Some(Heard::Head(head)) => return Ok(head),
                    Some(Heard::Changed) => {
                        self.changed += 1;
                        break;
                    }
                }
            }
        }
    }

    fn ask(&mut self) -> u64 {
        self.try_ask().expect("an answer")
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

fn run(store: &Store, sql: &str) {
    store.outside(|connection| Ok(connection.batch_execute(sql)?)).expect(sql);
}

#[test]
fn whoever_asks_after_a_commit_sees_it() {
    let store = postgresql();
    let other = Store::open(&Settings::new(store.url().clone())).expect("opens");
    let (mut line, mut another) = (Line::of(&store), Line::of(&store));
    assert_eq!(line.ask(), 0);
    for round in 1..=20 {
        change(if round % 2 == 0 { &store } else { &other }, &format!("p{round}"));
        assert_eq!((line.ask(), another.ask()), (round, round));
        assert_eq!((line.ask(), line.ask()), (round, round));
    }
    assert!(line.changed > 0, "it looks at the snapshot");
}

/// Transactions of others make the snapshot another one, and the head is what it was.
#[test]
fn what_others_do_changes_nothing() {
    let store = postgresql();
    change(&store, "one");
    let mut line = Line::of(&store);
    assert_eq!((line.ask(), line.ask()), (1, 1));
    let server = Server::shared();
    for round in 0..5 {
        let before = line.changed;
        // In another database of the same server.
        server.execute("postgres", "SELECT pg_current_xact_id()");
        assert_eq!((line.ask(), line.ask(), line.ask(), line.ask()), (1, 1, 1, 1));
        assert!(line.changed > before, "{round}");
    }
    // One that is given up is no commit; what it wrote is never seen.
    run(&store, "BEGIN; UPDATE change_head SET number = number + 7; ROLLBACK");
    assert_eq!(line.ask(), 1);
    // Savepoints have numbers of their own.
    run(
        &store,
        "BEGIN; SAVEPOINT a; UPDATE change_head SET number = 2; RELEASE a; SAVEPOINT b; \
                 UPDATE change_head SET number = 9; ROLLBACK TO b; COMMIT",
    );
    assert_eq!((line.ask(), line.ask()), (2, 2));
}

/// A transaction that is under way when the head is read is in that snapshot, and no more when it has ended.
#[test]
fn a_long_transaction_is_seen_when_it_ends() {
    let store = postgresql();
    let mut line = Line::of(&store);
    let mut slow = store.manager().open(crate::connection::Role::Writer).expect("opens");
    slow.batch_execute("BEGIN; CREATE TABLE slow (n int); SELECT pg_current_xact_id()").expect("begins");
    for round in 1..=3 {
        change(&store, &format!("p{round}"));
        assert_eq!((line.ask(), line.ask()), (round, round));
    }
    slow.batch_execute("UPDATE change_head SET number = 17").expect("writes");
    assert_eq!((line.ask(), line.ask()), (3, 3));
    slow.batch_execute("COMMIT").expect("commits");
    assert_eq!((line.ask(), line.ask()), (17, 17));
}

/// Many who write and many who ask, each of whom must see what was acknowledged before.
#[test]
fn nobody_misses_what_was_acknowledged_before() {
    let store = postgresql();
    let acknowledged = AtomicU64::new(0);
    let (done, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut line = Line::of(&store);
                while !done.load(Ordering::SeqCst) {
                    let least = acknowledged.load(Ordering::SeqCst);
                    let head = line.ask();
                    assert!(head >= least, "{head} is older than {least}");
                    asked.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let (store, acknowledged) = (&store, &acknowledged);
                scope.spawn(move || {
                    let mut connection = store.manager().open(crate::connection::Role::Writer).expect("opens");
                    let end = Instant::now() + Duration::from_secs(2);
                    let mut round = 0;
                    while Instant::now() < end {
                        // The head is read in the transaction that writes it, whose row is locked until it ends.
                        connection.batch_execute("BEGIN; UPDATE change_head SET number = number + 1").expect("writes");
                        let head = crate::head::ask(&mut connection).expect("read");
                        connection.batch_execute("COMMIT").expect("commits");
                        acknowledged.fetch_max(head, Ordering::SeqCst);
                        round += 1;
                        if round % 50 == writer {
                            std::thread::sleep(Duration::from_millis(5));
                        }
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().expect("no panic"));
        done.store(true, Ordering::SeqCst);
    });
    assert!(asked.load(Ordering::SeqCst) > 100 && acknowledged.load(Ordering::SeqCst) > 100);
}

/// By every proof of who asks that this client gives, over an address and over a file.
#[test]
fn it_comes_in_as_libpq_does() {
    let server = Server::start();
    let name = server.fresh_database();
    let name = name.rsplit('/').next().expect("a name");
    let owner = Store::open(&Settings::new(server.url(name).parse().expect("a URL"))).expect("opens");
    owner.migrate().expect("migrates");
    run(
        &owner,
        "SET password_encryption = 'scram-sha-256'; CREATE ROLE scram LOGIN PASSWORD 'hunter2 ü%'; \
         CREATE ROLE clear LOGIN PASSWORD 'hunter2 ü%'; SET password_encryption = 'md5'; \
         CREATE ROLE md5 LOGIN PASSWORD 'hunter2 ü%'; \
         GRANT SELECT ON change_head TO scram, clear, md5",
    );
    server.let_in(&[
        "host all scram 127.0.0.1/32 scram-sha-256",
        "host all clear 127.0.0.1/32 password",
        "host all md5 127.0.0.1/32 md5",
        "local all scram scram-sha-256",
    ]);
    change(&owner, "one");
    let port = server.url("").rsplit(':').next().expect("a port").trim_end_matches('/').to_owned();
    let tcp = |who: &str| format!("postgres://{who}@127.0.0.1:{port}/{name}?sslmode=disable");
    let places = [
        tcp("scram:hunter2%20%C3%BC%25"),
        tcp("clear:hunter2%20%C3%BC%25"),
        tcp("md5:hunter2%20%C3%BC%25"),
        tcp("rollcall"),
        server.socket_url("scram:hunter2%20%C3%BC%25", name),
        server.socket_url("rollcall", name),
    ];
    let reader = |url: &str| Store::open(&Settings::new(url.parse().expect("a URL"))).map(|store| store.head_reader());
    for place in &places {
        let mut line = Line::open(&mut reader(place).expect("opens")).expect(place);
        assert_eq!((line.ask(), line.ask()), (1, 1), "{place}");
    }
    // Not by a wrong one, nor by none.
    let open = |url: &str| {
        let url = url.parse().expect("a URL");
        Direct::to(&url, Duration::from_secs(5), Arc::default()).expect("usual").open().expect_err("not let in")
    };
    let wrong = open(&tcp("scram:hunter3"));
    assert!(matches!(&wrong, NotDirect::Now(said) if said.contains("28P01") && !said.contains("hunter")), "{wrong}");
    assert!(matches!(open(&tcp("scram")), NotDirect::Never(_)));
}

/// A connection that was ended is opened anew; one to a server that was started anew counts only when the head was read
/// there.
#[test]
fn it_must_lead_to_where_the_head_is_read() {
    let server = Server::start();
    let store = Store::open(&Settings::new(server.fresh_database().parse().expect("a URL"))).expect("opens");
    store.migrate().expect("migrates");
    let mut reader = store.head_reader();
    let direct = reader.direct().expect("usual");
    assert!(!direct.is_known() && direct.open().is_err(), "the head was not read yet");
    let mut line = Line::open(&mut reader).expect("opens");
    assert_eq!((line.ask(), line.opened.connection), (0, 1));
    run(
        &store,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%FROM change_head' \
                 OR query LIKE '<FASTPATH>%' OR backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
    assert!(line.try_ask().is_err());
    let mut line = Line::open(&mut reader).expect("opens");
    assert_eq!((line.ask(), line.opened.connection), (0, 2), "that one was ended, too");
    // Somebody begins the counters anew: it is told again, by the connection that was there all the time.
    run(&store, "SELECT pg_stat_reset_shared('bgwriter'); SELECT pg_sleep(0.1)");
    assert!(direct.open().is_err());
    assert_eq!(reader.ask().expect("known").connection, 2);
    assert_eq!(direct.open().expect("opens").connection, 2);
    server.stop();
    assert!(matches!(direct.open(), Err(NotDirect::Now(_))));
    server.start_again();
    let said = direct.open().expect_err("the server was started anew").to_string();
    assert!(said.contains("another server"), "{said}");
    assert_eq!(reader.ask().expect("known").connection, 3);
    let mut line = Line { opened: direct.open().expect("opens"), changed: 0 };
    assert_eq!((line.ask(), line.opened.connection), (0, 3));
}

/// Somebody in between who says what it wants.
fn between(store: &Store, change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> Direct {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let port = listener.local_addr().expect("bound").port();
    let url = store.url().to_owned();
    let DatabaseUrl::Postgres(inner) = &url else { panic!("{url}") };
    let mut address = inner.as_url().clone();
    let real = address.port().expect("a port");
    address.set_port(Some(port)).expect("a port");
    let change = Arc::new(change);
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let change = Arc::clone(&change);
            let mut server = std::net::TcpStream::connect(("127.0.0.1", real)).expect("connects");
            let (mut from, mut to) = (client.try_clone().expect("cloned"), server.try_clone().expect("cloned"));
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            std::thread::spawn(move || {
                let mut bytes = [0; 4_096];
                while let Ok(read @ 1..) = server.read(&mut bytes) {
                    let mut said = bytes[..read].to_vec();
                    change(&mut said);
                    if client.write_all(&said).is_err() {
                        break;
                    }
                }
            });
        }
    });
    let agreed = Arc::new(Agreed::default());
    Direct::to(&address.as_str().parse().expect("a URL"), Duration::from_secs(5), agreed).expect("usual")
}

/// Behind a pool of connections each question may go to another server.
#[test]
fn a_pool_in_between_is_found_out() {
    let store = postgresql();
    let other_key = |said: &mut Vec<u8>| {
        let key = said.windows(5).position(|bytes| bytes == b"K\0\0\0\x0c");
        if let Some(key) = key {
            said[key + 7] ^= 0x40;
        }
    };
    assert!(matches!(between(&store, other_key).open(), Err(NotDirect::Never(why)) if why.contains("pool")));
    // And nothing else is wrong with it.
    let why = between(&store, |_| {}).open().expect_err("not where the head is read").to_string();
    assert!(why.contains("not known"), "{why}");
}

/// Where calls of functions are refused on the way, or get no answer, the head is asked for each time.
#[test]
fn who_does_not_answer_calls_is_asked() {
    let store = postgresql();
    // The reply to a call is the only one that begins so.
    let refuse = |said: &mut Vec<u8>| {
        if said.first() == Some(&b'V') {
            said[0] = b'E';
        }
    };
    let swallow = |said: &mut Vec<u8>| {
        if said.first() == Some(&b'V') {
            said.clear();
        }
    };
    for (round, direct) in (1..).zip([between(&store, refuse), between(&store, swallow)]) {
        let opened = start::open(&direct.place, Duration::from_secs(5)).expect("opens");
        let opened = Opened { stream: opened.stream, asker: opened.asker, connection: 1 };
        let mut line = Line { opened, changed: 0 };
        change(&store, &format!("p{round}"));
        assert_eq!((line.ask(), line.ask(), line.ask()), (round, round, round));
    }
}

/// Whoever does not speak the protocol is given up, in bounded time and memory.
#[test]
fn rubbish_is_given_up() {
    let store = postgresql();
    for nth in 0..40_u8 {
        let direct = between(&store, move |said| {
            for (at, byte) in said.iter_mut().enumerate() {
                if (at * 31 + usize::from(nth) * 7) % 61 == 0 {
                    *byte = byte.wrapping_add(nth.wrapping_mul(37) | 1);
                }
            }
        });
        let begun = Instant::now();
        assert!(direct.open().is_err());
        assert!(begun.elapsed() < Duration::from_secs(9), "{nth}");
    }
}
