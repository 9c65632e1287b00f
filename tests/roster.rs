//! The read model in memory over real stores: the same answers as the oracle's after random changes, nothing missed that
//! was acknowledged before the question, and no more memory than is allowed.

mod exact;
mod room;
mod same;

use crate::support::gateway::Database;
use membership::{GroupKey, MemberPage, MemberQuery, Source, Window};
use roster::{Roster, Settings};
use std::sync::Arc;
use store::{Format, ImportOptions, Spool, Store};
use testkit::told;

const LARGE: Settings = Settings { bytes: 1 << 30, behind: 10_000, ready: [""; 4] };

fn open(database: &Database) -> Store {
    let store = Store::open(&store::Settings::new(database.url.parse().expect("a URL"))).expect("opens");
    store.migrate().expect("migrates");
    store
}

fn over(store: &Arc<Store>, settings: Settings) -> Arc<Roster> {
    Roster::new(Arc::clone(store) as Arc<dyn Source>, settings)
}

fn import(store: &Store, lines: &str, now: i64) {
    let mut spool = Spool::new().expect("a spool");
    spool.read("test", &mut lines.as_bytes(), Format::Ndjson, &mut |_| {}).expect("spooled");
    let options = ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(now) };
    let report = store.import(&mut spool, &options, &mut |_| {}).expect("imported");
    assert!(report.applied, "{:?}", report.bad);
}

fn all_of(group: i64) -> MemberQuery {
    MemberQuery::new(GroupKey::Number(group), Window { offset: 0, limit: u32::MAX })
}
