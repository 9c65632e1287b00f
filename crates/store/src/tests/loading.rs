//! A large import into an SQLite store takes nothing from what others write meanwhile.

use super::{number, sqlite};
use crate::Store;
use crate::import::{Format, ImportOptions, Spool};
use diesel::connection::SimpleConnection;
use std::fmt::Write;

/// Enough for a connection of its own, and for several batches.
const ROWS: usize = 60_000;

fn spool() -> Spool {
    let mut rows = String::from("uid,login,name\n");
    for row in 0..ROWS {
        writeln!(rows, "u{row},l{row},N {row}").expect("written");
    }
    let mut spool = Spool::new().expect("a file");
    spool.read("rows", &mut rows.as_bytes(), Format::Csv, &mut |_| ()).expect("read");
    spool
}

/// How durable the writer of everybody makes what it commits, and its cache.
fn writer(store: &Store) -> [i64; 2] {
    ["synchronous", "cache_size"].map(|name| number(store, &format!("SELECT {name} AS number FROM pragma_{name}")))
}

#[test]
fn what_others_commit_stays_durable() {
    const FULL: i64 = 2;
    let store = sqlite();
    let before = writer(&store);
    assert_eq!(before[0], FULL);
    let options = ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(1_700_000_000) };
    let mut between = 0_i64;
    let report = store.import(&mut spool(), &options, &mut |_| {
        between += 1;
        assert_eq!(writer(&store), before, "between two batches");
        let note = "UPDATE counters SET last = last WHERE name = 'person'";
        store.outside(|connection| Ok(connection.batch_execute(note)?)).expect("others write");
    });
    assert_eq!(report.expect("imported").persons.created, ROWS as u64);
    assert!(between > 2, "{between} batches");
    assert_eq!(writer(&store), before);
    assert_eq!(number(&store, "SELECT COUNT(*) AS number FROM persons"), ROWS as i64);
}

#[test]
fn the_loader_commits_without_waiting_and_in_line() {
    let store = sqlite();
    let loader = store.loader().expect("a writer of its own");
    assert_eq!(writer(&loader), [1, -524_288]);
    // While the loader writes nobody else of this process does: they wait in one line, not in SQLite's.
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let written = loader.write(|connection| {
            let (store, others) = (&store, sender.clone());
            scope.spawn(move || {
                store.outside(|_| Ok(())).expect("comes after the loader");
                others.send("other").expect("somebody listens");
            });
            connection.batch_execute("UPDATE counters SET last = last + 1 WHERE name = 'person'")?;
            std::thread::sleep(std::time::Duration::from_millis(200));
            sender.send("loader").expect("somebody listens");
            Ok(())
        });
        written.expect("written");
        assert_eq!([receiver.recv(), receiver.recv()], [Ok("loader"), Ok("other")]);
    });
}
