//! The parts of `docs/performance.md` that a run writes, and their plots.

use crate::database::{Outcome, WRITES};
use crate::figures::plot::{self, Bars, Line, Scale};
use crate::figures::spread::{Spread, count, millis};
use crate::figures::table::{Table, replace_part};
use crate::growth::Point;
use crate::measure::Measured;
use crate::settings::Settings;
use crate::targets::{Hits, Kind};
use std::path::Path;

/// Writes a part into the document and says where. A document that is not there is begun from the one in `docs`.
pub fn write(settings: &Settings, name: &str, part: &str) {
    let file = settings.docs.join("performance.md");
    let begun = settings.top.join("docs/performance.md");
    let document = std::fs::read_to_string(&file).or_else(|_| std::fs::read_to_string(begun)).expect("the document");
    let document = replace_part(&document, name, part).unwrap_or_else(|| panic!("no markers of `{name}`"));
    std::fs::write(&file, document).expect("writes");
    println!("\nwritten: {}", file.display());
}

/// The directory of the plots, made if need be.
fn plots(settings: &Settings) -> std::path::PathBuf {
    let directory = settings.docs.join("performance");
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
}

/// What is wanted of a page: the least ratio; none of one that is another each time.
fn wanted(database: &str, kind: Kind) -> Option<f64> {
    match (database, kind) {
        (_, Kind::Others) => None,
        (_, Kind::Thousand) => Some(0.40),
        ("SQLite", _) => Some(0.80),
        _ => Some(0.65),
    }
}

/// What is wanted of a filter that is asked for the first time: the most milliseconds for a million members.
const fn wanted_filter(hits: Hits) -> f64 {
    match hits {
        Hits::None | Hits::Few => 5.0,
        Hits::Most => 15.0,
    }
}

/// Figures that are not what is wanted, each with what is.
#[derive(Default)]
struct Missed(Vec<String>);

/// `SQLite, RM, first page of 10`.
fn of(outcome: &Outcome, measured: &Measured) -> String {
    format!("{}, {}", outcome.database, measured.name)
}

impl Missed {
    /// Notes a ratio that is too small, and requests that were refused; gives what is wanted as a cell.
    fn at_least(&mut self, what: &str, measured: &Measured, wanted: Option<f64>) -> String {
        let figure = measured.ratio.median;
        if let Some(wanted) = wanted.filter(|wanted| figure < *wanted) {
            self.0.push(format!("{what}: {figure:.2} of the constant handler, wanted {wanted:.2}"));
        }
        if measured.refused > 0 {
            self.0.push(format!("{what}: {} requests were refused under load", count(measured.refused as f64)));
        }
        or_dash(wanted, |wanted| format!("≥ {wanted:.2}"))
    }
}

/// Everything of `make bench`.
pub fn whole(settings: &Settings, machine: &str, outcomes: &[Outcome], growth: &[Point]) -> String {
    let mut missed = Missed::default();
    let mut text = format!("### Measured on\n\n{machine}\n");
    for outcome in outcomes {
        text += &format!("### Pages, {}\n\n", outcome.database);
        let mut table = measured_table(&["wanted"]);
        for (kind, measured) in &outcome.pages {
            let what = of(outcome, measured);
            let wanted = missed.at_least(&what, measured, wanted(outcome.database, *kind));
            table.row(&measured_row(measured, &[wanted]));
        }
        text += &table.finish();
        text += &filters(outcome, &mut missed);
        text += &writing(outcome, &mut missed);
    }
    text += &crowds(outcomes);
    text += &process(outcomes, &mut missed);
    text += &grown(growth);
    let pages = outcomes.first().map_or_else(Vec::new, |outcome| names(&outcome.pages));
    let directory = plots(settings);
    let bars = |value: fn(&Measured) -> f64| -> Vec<Bars> {
        let series = outcomes.iter().map(|outcome| Bars {
            name: outcome.database.to_owned(),
            values: outcome.pages.iter().map(|(_, measured)| Some(value(measured))).collect(),
        });
        series.collect()
    };
    let drawn = plot::bars(
        &directory.join("pages.svg"),
        "Pages a second, of the constant handler (1 = as fast)",
        "ratio, median",
        Scale::Linear,
        &pages,
        &bars(|measured| measured.ratio.median),
    );
    drawn.expect("a plot");
    let mut slowest = bars(|measured| measured.loaded.p99 as f64 / 1e6);
    if let Some(outcome) = outcomes.first() {
        let values = outcome.pages.iter().map(|(_, m)| Some(m.constant_loaded.p99 as f64 / 1e6)).collect();
        slowest.push(Bars { name: "the constant handler".to_owned(), values });
    }
    let title = format!("99 of 100 pages take no longer, {} requests under way", crate::load::UNDER_WAY);
    let file = directory.join("latency.svg");
    plot::bars(&file, &title, "milliseconds", Scale::Log, &pages, &slowest).expect("a plot");
    text += "![Pages a second as a ratio to the constant handler](performance/pages.svg)\n\n\
             ![How long pages take](performance/latency.svg)\n\n";
    if !growth.is_empty() {
        growth_plots(&directory, growth);
        text += "![Pages by the size of the group](performance/growth-pages.svg)\n\n\
                 ![Filters by the size of the group](performance/growth-filters.svg)\n\n";
    }
    text += "### Not reached in this run\n\n";
    if missed.0.is_empty() {
        text += "Everything that is wanted was reached.\n";
    }
    for line in missed.0 {
        text += &format!("- {line}\n");
    }
    text
}

fn names(pages: &[(Kind, Measured)]) -> Vec<String> {
    pages.iter().map(|(_, measured)| measured.name.clone()).collect()
}

fn measured_table(more: &[&str]) -> Table {
    let heads = ["page", "of the constant handler", "a second", "p50 / p99, ms", "alone p50 / p99, ms", "bytes"];
    Table::new(&[&heads[..], more].concat())
}

fn measured_row(measured: &Measured, more: &[String]) -> Vec<String> {
    let mut row = vec![
        measured.name.clone(),
        measured.ratio.ratio(),
        format!("{} of {}", count(measured.rate.median), count(measured.constant_rate.median)),
        format!("{} ({})", measured.loaded.print(), measured.constant_loaded.print()),
        format!("{} ({})", measured.alone.print(), measured.constant_alone.print()),
        count(measured.bytes as f64),
    ];
    row.extend_from_slice(more);
    row
}

fn filters(outcome: &Outcome, missed: &mut Missed) -> String {
    let mut text = format!("### Filters for a part of the name, {}\n\n", outcome.database);
    let mut table = measured_table(&["matches", "new p50 / p99, ms", "after a change p50 / p99, ms", "wanted"]);
    for filtered in &outcome.filters {
        let what = format!("{}, filter {} again", outcome.database, filtered.repeated.name);
        let least = wanted(outcome.database, Kind::First);
        let again = missed.at_least(&what, &filtered.repeated, least);
        let (took, most) = (filtered.new.p50 as f64 / 1e6, wanted_filter(filtered.hits));
        if took > most {
            let name = &filtered.repeated.name;
            missed.0.push(format!(
                "{}, filter {name}, new: {} ms, wanted {most:.0} ms",
                outcome.database,
                millis(took)
            ));
        }
        let share = 100.0 * filtered.total as f64 / outcome.memory.members.max(1) as f64;
        let more = [
            format!("{} ({share:.1} %)", count(filtered.total as f64)),
            filtered.new.print(),
            filtered.changed.print(),
            format!("{again}; ≤ {most:.0} ms"),
        ];
        table.row(&measured_row(&filtered.repeated, &more));
    }
    text += &table.finish();
    text
}

fn writing(outcome: &Outcome, missed: &mut Missed) -> String {
    let mut text = format!("### Reads while {WRITES} writes a second go into the same group, {}\n\n", outcome.database);
    let mut table = measured_table(&["writes a second", "wanted"]);
    for (measured, rate) in &outcome.writing {
        let what = format!("{}, while writing", of(outcome, measured));
        let wanted = missed.at_least(&what, measured, Some(0.70));
        table.row(&measured_row(measured, &[count(rate.round()), wanted]));
        if *rate < 0.95 * f64::from(WRITES) {
            missed.0.push(format!("{what}: only {rate:.0} writes a second were made beside, wanted {WRITES}"));
        }
    }
    text += &table.finish();
    text
}

/// RM's first page by how many requests are under way: two columns a database.
fn crowds(outcomes: &[Outcome]) -> String {
    let columns = |name: &str| [format!("{name}, of the constant handler"), format!("{name}, a second")];
    let mut heads = vec!["requests under way".to_owned()];
    heads.extend(outcomes.iter().flat_map(|outcome| columns(outcome.database)));
    let mut table = Table::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for nth in 0..outcomes.first().map_or(0, |outcome| outcome.crowds.len()) {
        let mut row = vec![outcomes[0].crowds[nth].under_way.to_string()];
        row.extend(outcomes.iter().flat_map(|outcome| {
            let crowd = &outcome.crowds[nth];
            [crowd.ratio.ratio(), count(crowd.rate.median)]
        }));
        table.row(&row);
    }
    format!("### RM, first page of 10, by how many requests are under way\n\n{}", table.finish())
}

fn or_dash<T>(value: Option<T>, print: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), print)
}

/// Bytes for each member.
fn each(bytes: f64, members: u64) -> f64 {
    bytes / members.max(1) as f64
}

/// Start, memory, import and writes: one column a database.
fn process(outcomes: &[Outcome], missed: &mut Missed) -> String {
    let mut heads = vec!["what"];
    heads.extend(outcomes.iter().map(|outcome| outcome.database));
    heads.push("wanted");
    let mut table = Table::new(&heads);
    let mut row = |what: &str, wanted: &str, cell: &dyn Fn(&Outcome) -> String| {
        let cells = std::iter::once(what.to_owned()).chain(outcomes.iter().map(cell));
        table.row(&cells.chain([wanted.to_owned()]).collect::<Vec<_>>());
    };
    let whole = |value: f64| count(value.round());
    row("start with a filled database, ms", "", &|o| o.start.by(whole));
    row("start to the first page, ms", "", &|o| o.start_to_page.by(whole));
    row("first page asked for to first page from memory, s", "< 3", &|o| {
        or_dash(o.warm, |took| format!("{:.1}", took.as_secs_f64()))
    });
    let mib = |bytes: u64| count((bytes as f64 / 1024.0 / 1024.0).round());
    row("memory of the process when started, MiB", "", &|o| or_dash(o.memory.started, mib));
    row("when a page came from memory, MiB", "", &|o| or_dash(o.memory.warm, mib));
    row("when all pages and filters were asked for, MiB", "", &|o| or_dash(o.memory.used, mib));
    row("columns, bytes a member", "≤ 250", &|o| {
        or_dash(o.memory.columns, |bytes| format!("{:.0}", each(bytes, o.memory.members)))
    });
    for nth in 0..outcomes.first().map_or(0, |outcome| outcome.imports.len()) {
        let import = &outcomes[0].imports[nth];
        let wanted = or_dash(import.wanted, |rate| format!("≥ {} (SQLite)", count(rate)));
        row(&format!("import {}, members a second", import.what), &wanted, &|o| count(o.imports[nth].rate().round()));
    }
    for nth in 0..outcomes.first().map_or(0, |outcome| outcome.writes.len()) {
        let writers = outcomes[0].writes[nth].0;
        row(&format!("writes a second, {writers} at once"), "", &|o| o.writes[nth].1.by(whole));
    }
    for outcome in outcomes {
        for import in outcome.imports.iter().filter(|import| import.wanted.is_some_and(|least| import.rate() < least)) {
            let (rate, least) = (count(import.rate().round()), count(import.wanted.unwrap_or_default()));
            let database = outcome.database;
            missed.0.push(format!("{database}, import {}: {rate} a second, wanted {least}", import.what));
        }
        if let Some(took) = outcome.warm.filter(|took| took.as_secs_f64() >= 3.0) {
            missed.0.push(format!("{}: warm after {:.1} s, wanted 3 s", outcome.database, took.as_secs_f64()));
        }
        match outcome.memory.columns.map(|bytes| each(bytes, outcome.memory.members)) {
            Some(bytes) if bytes > 250.0 => {
                missed.0.push(format!("{}: {bytes:.0} bytes a member, wanted 250", outcome.database));
            }
            _ => {}
        }
    }
    format!("### Start, memory, import, writes\n\n{}", table.finish())
}

/// The figure of one kind of page.
fn of_kind(point: &Point, kind: Kind, value: impl Fn(&Measured) -> f64) -> Option<f64> {
    point.pages.iter().find(|(of, _)| *of == kind).map(|(_, measured)| value(measured))
}

fn of_hits(point: &Point, hits: Hits) -> Option<f64> {
    point.filters.iter().find(|(of, _)| *of == hits).map(|(_, latency)| latency.p50 as f64 / 1e6)
}

/// Kinds of pages in the order of the columns.
const KINDS: [(Kind, &str); 4] = [
    (Kind::First, "first page"),
    (Kind::Far, "page at nine tenths"),
    (Kind::Ordered, "by Name"),
    (Kind::Others, "another each time"),
];
const HITS: [(Hits, &str); 3] = [(Hits::None, "none match"), (Hits::Few, "2 % match"), (Hits::Most, "most match")];

fn grown(growth: &[Point]) -> String {
    if growth.is_empty() {
        return String::new();
    }
    let mut heads = vec!["members".to_owned()];
    heads.extend(KINDS.map(|(_, name)| format!("{name}, ratio")));
    heads.extend(HITS.map(|(_, name)| format!("{name}, ms")));
    heads.extend(
        ["import, a second", "warm, s", "columns, bytes a member", "process, bytes a member"].map(str::to_owned),
    );
    let mut table = Table::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for point in growth {
        let mut row = vec![count(point.members as f64)];
        row.extend(KINDS.map(|(kind, _)| or_dash(of_kind(point, kind, |m| m.ratio.median), |v| format!("{v:.3}"))));
        row.extend(HITS.map(|(hits, _)| or_dash(of_hits(point, hits), millis)));
        row.push(count(point.import.round()));
        row.push(or_dash(point.warm, |took| format!("{:.2}", took.as_secs_f64())));
        row.push(or_dash(point.columns, |bytes| format!("{:.0}", each(bytes, point.members))));
        row.push(or_dash(point.resident, |bytes| format!("{:.0}", each(bytes as f64, point.members))));
        table.row(&row);
    }
    format!("### Growth of the group (RM, SQLite)\n\n{}", table.finish())
}

fn growth_plots(directory: &Path, growth: &[Point]) {
    let line = |name: &str, value: &dyn Fn(&Point) -> Option<f64>| Line {
        name: name.to_owned(),
        points: growth.iter().filter_map(|point| Some((point.members as f64, value(point)?))).collect(),
    };
    let pages = KINDS.map(|(kind, name)| line(name, &|point| of_kind(point, kind, |m| m.ratio.median)));
    let file = directory.join("growth-pages.svg");
    let title = "Pages by the size of the group (RM, SQLite)";
    plot::lines(&file, title, "members of the group", ("of the constant handler", 1.0), &pages).expect("a plot");
    let filters = HITS.map(|(hits, name)| line(name, &|point| of_hits(point, hits)));
    let file = directory.join("growth-filters.svg");
    let title = "A filter for a part of the name, asked for the first time (RM, SQLite)";
    plot::lines(&file, title, "members of the group", ("milliseconds, median", 1.0), &filters).expect("a plot");
}

/// Everything of `make bench-peers`.
pub fn peers(settings: &Settings, machine: &str, outcomes: &[crate::peers::Outcome], literal: &str) -> String {
    use crate::peers::QUESTIONS;
    let mut text = format!("### Peers, measured on\n\n{machine}\n");
    text += &format!(
        "{} members in one group, SQLite. The filter looks for `{literal}` in the name.\n\n",
        count(settings.members as f64)
    );
    let mut heads = vec!["pages a second"];
    heads.extend(outcomes.iter().map(|outcome| outcome.name));
    let mut rates = Table::new(&heads);
    heads[0] = "p50 / p99 alone, ms";
    let mut latencies = Table::new(&heads);
    heads[0] = "of a constant handler of the same bytes";
    let mut ratios = Table::new(&heads);
    for (nth, question) in QUESTIONS.iter().enumerate() {
        let row = |print: &dyn Fn(&Measured) -> String| -> Vec<String> {
            let cells = outcomes.iter().map(|outcome| print(&outcome.measured[nth]));
            std::iter::once((*question).to_owned()).chain(cells).collect()
        };
        rates.row(&row(&|measured| Spread::by(&measured.rate, |rate| count(round(rate)))));
        latencies.row(&row(&|measured| measured.alone.print()));
        ratios.row(&row(&|measured| format!("{:.5}", measured.ratio.median)));
    }
    let loads = outcomes.iter().map(|outcome| format!("{:.1}", outcome.load.as_secs_f64()));
    latencies.row(&std::iter::once("filling the database, s".to_owned()).chain(loads).collect::<Vec<_>>());
    text += &[rates, latencies, ratios].map(Table::finish).concat();
    let series: Vec<Bars> = outcomes
        .iter()
        .map(|outcome| Bars {
            name: outcome.name.to_owned(),
            values: outcome.measured.iter().map(|measured| Some(measured.rate.median)).collect(),
        })
        .collect();
    let file = plots(settings).join("peers.svg");
    let title = format!("Pages a second, {} members", count(settings.members as f64));
    let labels = QUESTIONS.map(str::to_owned);
    plot::bars(&file, &title, "pages a second", Scale::Log, &labels, &series).expect("a plot");
    text + "![Pages a second of rollcall and its peers](performance/peers.svg)\n"
}

/// Whole, but for what is below ten.
fn round(rate: f64) -> f64 {
    if rate < 10.0 { (rate * 10.0).round() / 10.0 } else { rate.round() }
}
