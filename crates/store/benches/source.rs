//! How fast a read model is made and kept current: `cargo bench -p store --bench source`.
//!
//! Behind `--`, `load`, `head` and `catch_up` leave out the other parts. `ROLLCALL_BENCH_MEMBERS` says how many members
//! there are (100,000), `ROLLCALL_BENCH_DATABASE` in which database, which is filled when it is empty: a temporary one of
//! SQLite otherwise.
//!
//! What is asked many times in a row is told as it passed, and what of it the asking thread had a processor: less where
//! others are at work too, or where it waits for a database. Of what is asked after a change the median is told.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench ends with what goes wrong")]

use membership::life_cycle::Action;
use membership::{By, CatchUp, Directory, Failing, GroupKey, PersonKey, Registrar, Scope, Source, Step};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};
use store::{Format, ImportOptions, Settings, Spool, Store};

/// Its members joined about in the order of their numbers, as it is where rows are made when somebody joins.
const GROUP: i64 = 7;
/// The same members in an order of joining that has nothing to do with their numbers.
const SHUFFLED: i64 = 8;

fn main() {
    let members = std::env::var("ROLLCALL_BENCH_MEMBERS").map_or(100_000, |text| text.parse().expect("a number"));
    let url = std::env::var("ROLLCALL_BENCH_DATABASE").unwrap_or_else(|_| "sqlite::memory:".to_owned());
    let store = Store::open(&Settings::new(url.parse().expect("a URL"))).expect("opens");
    store.migrate().expect("migrates");
    if store.head().expect("read") == 0 {
        fill(&store, members);
    }
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|asked| asked == part);
    if wanted("load") {
        load(&store, "load", GROUP);
        load(&store, "load in an order that has nothing to do with numbers", SHUFFLED);
    }
    if wanted("head") {
        head(&store);
    }
    if wanted("catch_up") {
        catch_up(&store);
    }
}

/// Persons that are about as long as real ones.
fn fill(store: &Store, members: u64) {
    let begun = Instant::now();
    let mut spool = Spool::new().expect("a spool");
    let group = |number| format!("{{\"kind\":\"group\",\"number\":{number}}}\n");
    let mut lines = group(GROUP) + &group(SHUFFLED);
    let mut at = 0;
    while at < members {
        for n in at + 1..=(at + 10_000).min(members) {
            let shuffled = n.wrapping_mul(2_654_435_761) % 100_000_000;
            let joined = [(GROUP, 1_000_000_000 + 60 * n + shuffled % 600), (SHUFFLED, 1_000_000_000 + shuffled)];
            writeln!(
                lines,
                "{{\"kind\":\"person\",\"number\":{n},\"uid\":\"user-{n}\",\"login\":\"user{n}@example.org\",\
                 \"name\":\"Maria González {n}\",\"email\":\"user{n}@example.org\",\"phone\":\"+49 30 {n:08}\",\
                 \"city\":\"Berlin\",\"country\":\"Germany\",\"category\":\"Engineering\",\
                 \"description\":\"Builds things that last, since {n}.\",\
                 \"avatar\":\"https://img.example.org/{n}.png\"}}"
            )
            .expect("memory");
            for (group, at) in joined {
                writeln!(
                    lines,
                    "{{\"kind\":\"membership\",\"group\":{{\"number\":{group}}},\"person\":{{\"number\":{n}}},\
                     \"joined_at\":{at}}}"
                )
                .expect("memory");
            }
        }
        spool.read("bench", &mut lines.as_bytes(), Format::Ndjson, &mut |_| {}).expect("spooled");
        lines.clear();
        at += 10_000;
    }
    let options = ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(1_700_000_000) };
    let report = store.import(&mut spool, &options, &mut |_| {}).expect("imported");
    assert!(report.applied, "{:?}", report.bad);
    println!("filled with {members} members in {:.1} s", begun.elapsed().as_secs_f64());
}

/// Time since it was started.
struct Clock {
    begun: Instant,
    busy: Duration,
}

impl Clock {
    fn start() -> Self {
        Self { busy: busy(), begun: Instant::now() }
    }

    fn stop(&self) -> Took {
        Took { passed: self.begun.elapsed(), busy: busy().saturating_sub(self.busy) }
    }
}

/// How long this thread has had a processor; nothing where the system does not tell it so.
fn busy() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0))
}

struct Took {
    passed: Duration,
    busy: Duration,
}

impl Took {
    /// What one of so many took.
    fn of(self, times: u64) -> String {
        let micros = |took: Duration| took.as_secs_f64() * 1e6 / times as f64;
        format!("{:.2} µs ({:.2} µs busy)", micros(self.passed), micros(self.busy))
    }
}

fn median(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    format!("{:.1} µs", took.get(took.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e6)
}

fn load(store: &Store, what: &str, group: i64) {
    for _ in 0..3 {
        let (mut rows, mut bytes) = (0_u64, 0);
        let clock = Clock::start();
        let loaded = store.load(group, &mut |row| {
            rows += 1;
            bytes += black_box(row).person.name.len();
        });
        let took = clock.stop();
        assert!(loaded.expect("loaded").is_some() && bytes > 0);
        println!("{what}: {rows} rows in {:.2} s, each {}", took.passed.as_secs_f64(), took.of(rows));
    }
}

fn head(store: &Store) {
    let times = if store.in_process() { 200_000 } else { 10_000 };
    let every = |what: &str, ask: &dyn Fn() -> u64| {
        let clock = Clock::start();
        (0..times).for_each(|_| assert!(black_box(ask()) > 0));
        println!("{what}: {}", clock.stop().of(times));
    };
    every("head by the pool", &|| store.head().expect("read"));
    every("head_now", &|| store.head_now().expect("read"));
    let reader = std::cell::RefCell::new(store.head_reader());
    every("head_reader", &|| reader.borrow_mut().ask().expect("read").head);
    // With a change before each, as it is for whoever asks while others write.
    let after_a_change = (0..200).map(|_| {
        step(store, 1);
        let begun = Instant::now();
        black_box(store.head_now().expect("read"));
        begun.elapsed()
    });
    println!("head_now after a change: {}", median(after_a_change.collect()));
}

fn catch_up(store: &Store) {
    let times = 20_000;
    let head = store.head().expect("read");
    let clock = Clock::start();
    (0..times).for_each(|_| drop(black_box(store.catch_up(head, 1_000).expect("caught up"))));
    println!("catch_up, nothing new: {}", clock.stop().of(times));
    for (changes, rounds) in [(1_usize, 301), (10, 101), (100, 21), (1_000, 7)] {
        let mut took = Vec::new();
        for _ in 0..rounds {
            let head = store.head().expect("read");
            step(store, changes);
            let begun = Instant::now();
            let found = store.catch_up(head, 10_000).expect("caught up");
            took.push(begun.elapsed());
            let CatchUp::Changed(changed) = found else { panic!("behind") };
            assert_eq!((changed.entries.len(), changed.persons.len()), (changes, changes));
        }
        println!("catch_up, {changes} changed: {}", median(took));
    }
}

/// Changes so many memberships, one after the other in one transaction.
fn step(store: &Store, how_many: usize) {
    let by = By::system(1_800_000_000);
    let group = GroupKey::Number(GROUP);
    let key = |at: usize| PersonKey::Number(1 + 97 * at as i64);
    let of = |at| store.membership(&group, &key(at)).expect("read").and_then(|entry| entry.membership);
    let other = |scope| if scope == Scope::Participant { Scope::Moderator } else { Scope::Participant };
    let scope = |at: usize| other(of(at).expect("a member").scope);
    let steps: Vec<Step> = (0..how_many).map(|at| Step::new(key(at), Action::SetScope(scope(at)))).collect();
    store.steps(&by, &group, &steps, Failing::Together(&[])).expect("taken");
}
