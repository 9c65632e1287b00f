//! How figures change with the size of the group, on SQLite.

use crate::data::{Credentials, Data, import};
use crate::figures::spread::Latency;
use crate::measure::{Measured, filtered, measure, warm};
use crate::program::{Gateway, timed};
use crate::settings::Settings;
use crate::targets::{Hits, Kind, filters, pages};
use crate::writes::Writing;
use std::path::Path;
use std::time::Duration;

/// What was measured at one size.
pub struct Point {
    pub members: u64,
    /// Members a second.
    pub import: f64,
    pub warm: Option<Duration>,
    /// What the process holds more than when it had just started, in bytes.
    pub resident: Option<u64>,
    /// What the roster says of itself, in bytes.
    pub columns: Option<f64>,
    pub pages: Vec<(Kind, Measured)>,
    /// RM's filters, the first time.
    pub filters: Vec<(Hits, Latency)>,
}

/// One group of so many members, in a database of its own.
pub fn at(members: u64, seed: u64, settings: &Settings) -> Point {
    println!("\n# {members} members");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = Data::make(directory.path(), members, seed);
    let url = sqlite(directory.path());
    let ((), took) = timed(|| import(&url, &data.file));
    let credentials = Credentials::make(&url, &data);
    let gateway = Gateway::start_with_room(&url, members);
    let started = gateway.resident();
    let presented = credentials.present(&gateway);
    let asked = pages(&data, &presented);
    let warmed = warm(&gateway, &asked[0].target);
    let resident = started.zip(gateway.resident()).map(|(before, after)| after.saturating_sub(before));
    let columns = gateway.metric("rollcall_roster_bytes");
    let writing = Writing::new(gateway.address(), &data, &presented);
    let mut measured = Vec::new();
    for page in asked.iter().filter(|page| page.dialect == "RM" && page.kind != Kind::Thousand) {
        warm(&gateway, &page.target);
        measured.push((page.kind, measure(&page.name, gateway.address(), &page.target, settings)));
    }
    let mut found = Vec::new();
    for filter in filters(&data, &presented).iter().filter(|filter| filter.dialect == "RM") {
        warm(&gateway, &filter.target);
        let (new, _) = filtered(&gateway, filter, &asked[0].target, &writing, settings);
        println!("{}: new {} ms", filter.name, new.print());
        found.push((filter.hits, new));
    }
    let import = members as f64 / took.as_secs_f64();
    Point { members, import, warm: warmed, resident, columns, pages: measured, filters: found }
}

/// The URL of a new database in this directory.
pub fn sqlite(directory: &Path) -> String {
    format!("sqlite://{}", directory.join("bench.db").display())
}
