//! The third step into a database that nobody sees yet: rows are written while it is still being found out which
//! memberships the lines mean.
//!
//! Which row each person and each group is must be known before the first is written, since any line may bring an
//! identifier that must not be made for another. Memberships refer to both, and nothing refers to them. So persons are
//! written meanwhile, all in one transaction; when a line about a membership is bad after all, it is given up, and
//! nothing of it is there.

use super::apply::{add, report};
use super::bare::Bare;
use super::feed::{Feeder, Meant};
use super::members::Members;
use super::resolve::{Rows, Stop};
use super::spool::{GROUP_KEYS, MEMBERSHIP_KEYS, PERSON_KEYS, Spool};
use super::{ImportError, ImportOptions, ImportReport, Progress, write};
use crate::error::StoreError;
use crate::store::{Failure, Store};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{channel, sync_channel};
use std::thread::ScopedJoinHandle;
use std::time::Instant;

/// How many rows a batch has: the more, the more memory they take.
const ALONE: usize = 20_000;
/// What was written is given up. Nobody sees this.
const GIVEN_UP: Failure = Failure::Store(StoreError::Overtaken);

/// Fills the store, which is empty. `members` knows of no line about a membership yet.
pub(super) fn fill(
    store: &Store,
    spool: &mut Spool,
    rows: &Rows,
    members: Members,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let (bare, aside) = Bare::begin(store)?;
    let total = spool.rows();
    let size = AtomicUsize::new(ALONE);
    let (persons, groups) = (spool.persons.reader(PERSON_KEYS)?, spool.groups.reader(GROUP_KEYS)?);
    let outcome = std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(0);
        let (give_back, used) = channel();
        let (tell, meant) = channel();
        let (now, cards) = (options.by.now, bare.takes_cards());
        let feeder = Feeder { rows, meant, now, aside, cards, size: &size, sender, used };
        let feeding = scope.spawn(move || feeder.feed(persons, groups));
        let Spool { memberships, sources, .. } = &mut *spool;
        // Where a line is bad, or the file cannot be read, nobody is told, and nothing more is written.
        let resolving = scope.spawn(move || {
            let mut members = members;
            members.resolve(rows, memberships, sources)?;
            let bad = members.bad.clone();
            if bad.total == 0 || options.skip_bad {
                drop(tell.send(Meant { reader: memberships.reader(MEMBERSHIP_KEYS)?, members }));
            }
            Ok::<_, Stop>(bad)
        });

        let mut done = ImportReport::default();
        let mut numbers = Some(rows.numbers());
        let mut once = Some((receiver, feeding));
        let mut failed = None;
        let written = store.write(|connection| {
            // There is nobody for whom it would have to be tried again.
            let Some((receiver, feeding)) = once.take() else { return Err(GIVEN_UP) };
            let mut written = 0;
            for batch in receiver {
                let begun = Instant::now();
                let counts = write::apply(connection, &batch, numbers.take(), &options.by, true)?.ok_or(GIVEN_UP)?;
                log::debug!("a batch of {}: applied in {:?}", batch.len(), begun.elapsed());
                add(&mut done, counts);
                written += batch.len() as u64;
                progress(Progress { done: written, total });
                // Freeing that many texts takes time; the other thread has it.
                drop(give_back.send(batch));
            }
            match joined(feeding) {
                Ok(true) => Ok(()),
                Ok(false) => Err(GIVEN_UP),
                Err(error) => {
                    failed = Some(error);
                    Err(GIVEN_UP)
                }
            }
        });
        (joined(resolving), written, failed, done)
    });
    let (resolved, written, failed, done) = outcome;
    let bad = resolved.map_err(|stop| match stop {
        Stop::Import(error) => error,
        Stop::Database(failure) => StoreError::from(failure).into(),
    })?;
    let mut report = report(&bad, spool);
    if report.bad_total == 0 || options.skip_bad {
        if let Some(error) = failed {
            return Err(error);
        }
        written?;
        progress(Progress { done: total, total });
        let (persons, groups, memberships) = (done.persons, done.groups, done.memberships);
        report = ImportReport { persons, groups, memberships, applied: true, ..report };
    }
    let begun = Instant::now();
    bare.end(store, report.persons.created)?;
    log::debug!("the indexes made in {:?}", begun.elapsed());
    Ok(report)
}

/// What the thread gives, once it has ended.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{BadRow, Format};
    use crate::tests::number;
    use diesel::prelude::*;
    use diesel::sql_types::Text;
    use membership::By;

    fn unseen() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("a.db").display());
        let store = Store::open_unseen(&crate::Settings::new(url.parse().expect("a URL"))).expect("opens");
        store.migrate().expect("migrates");
        (directory, store)
    }

    /// The report, and how far the progress came.
    fn import(store: &Store, lines: &str, skip_bad: bool) -> (ImportReport, u64) {
        let mut spool = Spool::new().expect("a spool");
        spool.read("f", &mut lines.as_bytes(), Format::Auto, &mut |_| ()).expect("reads");
        let options = ImportOptions { dry_run: false, skip_bad, by: By::system(1_700_000_000) };
        let mut furthest = 0;
        let mut progress = |told: Progress| {
            assert!(furthest <= told.done && told.done <= told.total);
            furthest = told.done;
        };
        let report = store.import(&mut spool, &options, &mut progress).expect("imports");
        (report, furthest)
    }

    /// More than a batch of persons, and members of one group.
    fn lines() -> String {
        let mut lines = String::from("{\"kind\":\"group\",\"number\":1}\n");
        for person in 1..=ALONE + 1_000 {
            lines += &format!("{{\"kind\":\"person\",\"number\":{person},\"login\":\"L{person}\"}}\n");
        }
        for person in 1..=9 {
            lines +=
                &format!("{{\"kind\":\"membership\",\"group\":{{\"number\":1}},\"person\":{{\"number\":{person}}}}}\n");
        }
        lines
    }

    /// The last lines are bad when persons have been written already: nothing of it is there, and all is told in order.
    #[test]
    fn what_was_written_before_a_bad_line_is_given_up() {
        let (_directory, store) = unseen();
        let size = |store: &Store| number(store, "SELECT page_count AS number FROM pragma_page_count");
        let before = size(&store);
        let bad = "{\"kind\":\"membership\",\"group\":{\"number\":2},\"person\":{\"number\":1}}\n\
                   {\"kind\":\"membership\",\"group\":{\"number\":1},\"person\":{\"login\":\"nobody\"}}\n";
        let (report, _) = import(&store, &(lines() + bad), false);
        let told = |line: usize, column, problem: &str| BadRow {
            source: "f".to_owned(),
            line: (ALONE + 1_010 + line) as u64,
            column,
            problem: problem.to_owned(),
        };
        let bad = [told(1, 22, "group names no group"), told(2, 43, "person names nobody")];
        let expected = ImportReport { bad: bad.into(), bad_total: 2, ..ImportReport::default() };
        assert_eq!(report, expected);
        assert!(store.is_empty().expect("looked"));
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
        for table in ["changes", "group_totals"] {
            assert_eq!(number(&store, &format!("SELECT COUNT(*) AS number FROM {table}")), 0, "{table}");
        }
        assert_eq!(number(&store, "SELECT SUM(last) AS number FROM counters"), 0);
        assert!(size(&store) <= before + 16, "{} pages, {before} before", size(&store));
        // It can be filled yet.
        let (report, furthest) = import(&store, &lines(), false);
        assert!(report.applied);
        assert_eq!(furthest, (ALONE + 1_010) as u64);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    }

    #[test]
    fn bad_lines_are_skipped_as_ever() {
        let (_directory, store) = unseen();
        let bad = "{\"kind\":\"person\",\"number\":1,\"login\":\"another\"}\n\
                   {\"kind\":\"membership\",\"group\":{\"number\":1},\"person\":{\"number\":999999}}\n";
        let (report, furthest) = import(&store, &(lines() + bad), true);
        assert_eq!((report.applied, report.bad_total, report.memberships.created), (true, 2, 9));
        assert_eq!(
            report.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(),
            [1, 2].map(|n| (ALONE + 1_010 + n) as u64)
        );
        assert_eq!(furthest, (ALONE + 1_012) as u64);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    }

    #[derive(QueryableByName)]
    struct Words {
        #[diesel(sql_type = Text)]
        sql: String,
    }

    /// What is put together here is what SQLite would keep.
    #[test]
    fn cards_are_those_that_the_schema_says() {
        let (_directory, store) = unseen();
        let full = r#"{"kind":"person","number":7,"id":"71fdcdb0-0367-45e3-b6da-3a20f3abb3ae","uid":"u","login":"L",
            "name":"N É","business_name":"b","tag_line":"t","description":"d","email":"e@x","phone":"+1","city":"c",
            "additional_information":"a","hourly_rate":"22.5","state":"s","country":"l","category":"k",
            "earnings_6_months":"10.01","feedback_6_months":3,"positive_feedback_6_months":98,"overview":"o",
            "avatar":"v","link":"w","metadata":{"m":1},"tags":["x","y"],"role":"r","status_message":"z",
            "freelancer":false,"individual":false,"account_status":"no_access","presence":"available",
            "last_active_at":11,"created_at":12,"updated_at":13}"#;
        let mut lines = full.replace('\n', "") + "\n";
        lines.extend((8..=30).map(|n| format!("{{\"kind\":\"person\",\"number\":{n},\"name\":\"N{n}\"}}\n")));
        assert!(import(&store, &lines, false).0.applied);
        let schema = "SELECT sql FROM sqlite_schema WHERE name = 'persons'";
        let words: Words =
            store.read(|connection| Ok(diesel::sql_query(schema).get_result(connection)?)).expect("read");
        let (_, from) = words.sql.split_once("GENERATED ALWAYS AS (").expect("generated");
        let (expression, _) = from.split_once(") STORED").expect("stored");
        let others = |with: &str| number(&store, &format!("SELECT COUNT(*) AS number FROM persons WHERE {with}"));
        assert_eq!(others(&format!("card IS NOT ({expression})")), 0);
        assert_eq!(others(&format!("card IS ({expression})")), 24);
    }

    /// Who is not told what memberships mean ends by and by, whatever has been sent.
    #[test]
    fn what_is_not_told_is_not_waited_for() {
        let rows = || {
            let (_directory, store) = unseen();
            let mut spool = Spool::new().expect("a spool");
            spool.read("f", &mut lines().as_bytes(), Format::Auto, &mut |_| ()).expect("reads");
            let resolved = store.read(|connection| {
                let resolved = super::super::resolve::resolve(connection, &mut spool, &|_| true);
                Ok(resolved.unwrap_or_else(|_| panic!("resolves")))
            });
            (spool, resolved.expect("resolved").rows)
        };
        let (mut spool, rows) = rows();
        let (sender, batches) = sync_channel(9);
        let ((_give_back, used), (tell, meant)) = (channel(), channel());
        let size = AtomicUsize::new(ALONE);
        let feeder = Feeder { rows: &rows, meant, now: 1, aside: None, cards: false, size: &size, sender, used };
        let (persons, groups) =
            (spool.persons.reader(PERSON_KEYS).expect("reads"), spool.groups.reader(GROUP_KEYS).expect("reads"));
        let fed = std::thread::scope(|scope| {
            let feeding = scope.spawn(|| feeder.feed(persons, groups));
            assert_eq!(batches.recv().expect("a batch").len(), ALONE);
            drop(tell);
            joined(feeding)
        });
        assert!(!fed.expect("read"));
        assert!(batches.recv().is_err(), "no more of them");
    }
}
