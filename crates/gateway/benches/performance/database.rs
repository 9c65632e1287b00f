//! Everything that is measured on one database.

use crate::data::{Credentials, Data, Presented, import};
use crate::figures::spread::{Latency, Spread};
use crate::measure::{self, Beside, Crowd, Measured, crowded, good, measure, measure_beside, warm};
use crate::program::{Gateway, generate, timed};
use crate::settings::Settings;
use crate::targets::{Hits, Kind, filters, pages};
use crate::writes::Writing;
use std::path::Path;
use std::time::Duration;

/// How many writes a second go into the group while pages are read from it.
pub const WRITES: u32 = 200;

/// What came of it.
pub struct Outcome {
    /// As it is printed: `SQLite`.
    pub database: &'static str,
    pub imports: Vec<Import>,
    /// Milliseconds from starting the process to its first line, which tells where it listens.
    pub start: Spread,
    /// Milliseconds from starting the process to the first page.
    pub start_to_page: Spread,
    pub warm: Option<Duration>,
    pub memory: Memory,
    pub pages: Vec<(Kind, Measured)>,
    /// RM's first page, with more and more requests under way.
    pub crowds: Vec<Crowd>,
    pub filters: Vec<Filtered>,
    /// Pages while others write, and how many writes a second there were.
    pub writing: Vec<(Measured, f64)>,
    /// Writes a second by so many writers.
    pub writes: Vec<(usize, Spread)>,
}

/// One run of an import.
pub struct Import {
    pub what: &'static str,
    /// The least that is wanted, in members a second.
    pub wanted: Option<f64>,
    pub members: u64,
    pub took: Duration,
}

impl Import {
    pub fn rate(&self) -> f64 {
        self.members as f64 / self.took.as_secs_f64()
    }
}

/// What the process holds in memory, in bytes.
pub struct Memory {
    pub members: u64,
    /// When it has just started.
    pub started: Option<u64>,
    /// When the first page has been answered from memory.
    pub warm: Option<u64>,
    /// When all pages and filters have been asked for.
    pub used: Option<u64>,
    /// What the roster says of itself when the first page has been answered.
    pub columns: Option<f64>,
}

/// A filter: asked again and again, for the first time, and again after a change.
pub struct Filtered {
    pub hits: Hits,
    pub total: u64,
    pub repeated: Measured,
    pub new: Latency,
    pub changed: Latency,
}

/// Fills the database, serves it, asks.
pub fn run(database: &'static str, url: &str, data: &Data, directory: &Path, settings: &Settings) -> Outcome {
    println!("\n# {database}");
    let imports = imports(url, data, directory);
    let credentials = Credentials::make(url, data);
    let (start, start_to_page) = starts(url, data, &credentials, settings);

    let gateway = Gateway::start(url);
    let started = gateway.resident();
    let presented = credentials.present(&gateway);
    let asked = pages(data, &presented);
    let first = &asked[0].target;
    let took = warm(&gateway, first);
    let (warmed, columns) = (gateway.resident(), gateway.metric("rollcall_roster_bytes"));
    let mut measured = Vec::new();
    for page in &asked {
        warm(&gateway, &page.target);
        measured.push((page.kind, measure(&page.name, gateway.address(), &page.target, settings)));
    }
    let crowds = crowded(&asked[0].name, gateway.address(), first, settings);
    let writing = Writing::new(gateway.address(), data, &presented);
    let filters = filtered(&gateway, data, &presented, &writing, settings);
    let memory = Memory { members: data.members, started, warm: warmed, used: gateway.resident(), columns };

    let beside = Beside { writing: &writing, per_second: WRITES };
    let read = asked.iter().filter(|page| matches!(page.kind, Kind::First | Kind::Ordered)).map(|page| {
        let name = format!("{}, {WRITES} writes a second", page.name);
        let (mut measured, rate) = measure_beside(&name, gateway.address(), &page.target, settings, Some(&beside));
        measured.name.clone_from(&page.name);
        (measured, rate)
    });
    let read = read.collect();
    let writes = [1, 8].map(|writers| {
        let rates: Vec<f64> = (0..settings.rounds).map(|_| writing.as_many(writers, settings.round)).collect();
        println!("{writers} writers: {} writes a second", Spread::of(&rates).median.round());
        (writers, Spread::of(&rates))
    });
    Outcome {
        database,
        imports,
        start,
        start_to_page,
        warm: took,
        memory,
        pages: measured,
        crowds,
        filters,
        writing: read,
        writes: writes.into(),
    }
}

/// Imports the large group, nine more, the large one again, and the large one with changes.
fn imports(url: &str, data: &Data, directory: &Path) -> Vec<Import> {
    let sqlite = url.starts_with("sqlite");
    let others = directory.join("others.ndjson");
    generate(9, data.members / 10, 2, &others);
    let mut done = Vec::new();
    let mut timed_import = |what, wanted: f64, file: &Path| {
        let ((), took) = timed(|| import(url, file));
        let import = Import { what, wanted: sqlite.then_some(wanted), members: data.members, took };
        println!("import, {what}: {:.1} s, {:.0} members a second", took.as_secs_f64(), import.rate());
        done.push(import);
    };
    timed_import("into an empty store", 120_000.0, &data.file);
    import(url, &others);
    std::fs::remove_file(others).expect("our own file");
    timed_import("the same again, nothing changes", 30_000.0, &data.file);
    let changed = data.changed();
    timed_import("an update in which every person changes", 30_000.0, &changed);
    std::fs::remove_file(changed).expect("our own file");
    done
}

/// Starts it anew several times.
fn starts(url: &str, data: &Data, credentials: &Credentials, settings: &Settings) -> (Spread, Spread) {
    // A token of the RM dialect lives on, so that only the page is asked for.
    let presented = credentials.present(&Gateway::start(url));
    let target = pages(data, &presented).swap_remove(0).target;
    let (mut starts, mut to_page) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        let (gateway, start) = timed(|| Gateway::start(url));
        let (_, page) = timed(|| good("the first page", gateway.address(), &target));
        starts.push(start.as_secs_f64() * 1000.0);
        to_page.push((start + page).as_secs_f64() * 1000.0);
    }
    println!("start: {:.0} ms, to the first page {:.0} ms", Spread::of(&starts).median, Spread::of(&to_page).median);
    (Spread::of(&starts), Spread::of(&to_page))
}

fn filtered(
    gateway: &Gateway,
    data: &Data,
    presented: &Presented,
    writing: &Writing,
    settings: &Settings,
) -> Vec<Filtered> {
    let page = pages(data, presented).swap_remove(0).target;
    let one = |filter: crate::targets::Filter| {
        warm(gateway, &filter.target);
        let sample = good(&filter.name, gateway.address(), &filter.target);
        let total = sample.total.or_else(|| sample.json()["meta"]["pagination"]["total"].as_u64());
        let (new, changed) = measure::filtered(gateway, &filter, &page, writing, settings);
        println!("{}: new {} ms, after a change {} ms", filter.name, new.print(), changed.print());
        let repeated = measure(&filter.name, gateway.address(), &filter.target, settings);
        Filtered { hits: filter.hits, total: total.expect("a total"), repeated, new, changed }
    };
    filters(data, presented).into_iter().map(one).collect()
}
