//! What the environment says about how much is measured.

use std::path::PathBuf;
use std::time::Duration;

/// How much is measured, and where the document goes.
pub struct Settings {
    /// Members of the large group (`ROLLCALL_BENCH_MEMBERS`).
    pub members: u64,
    /// How many rounds each figure is the median of (`ROLLCALL_BENCH_ROUNDS`).
    pub rounds: usize,
    /// How long a round takes (`ROLLCALL_BENCH_SECONDS`, with a point if need be).
    pub round: Duration,
    /// Sizes of the groups whose growth is looked at, with commas (`ROLLCALL_BENCH_GROWTH`); empty: none.
    pub growth: Vec<u64>,
    /// Databases, with commas: `sqlite`, `postgresql` (`ROLLCALL_BENCH_DATABASES`).
    pub databases: Vec<String>,
    /// The directory whose `performance.md` and `performance/` are written (`ROLLCALL_BENCH_DOCS`).
    pub docs: PathBuf,
    /// The top of the repository.
    pub top: PathBuf,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Whole,
    /// The same with less of everything, in some minutes.
    Quick,
    Peers,
}

impl Settings {
    pub fn read(mode: Mode) -> Self {
        let top = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
        let (members, rounds, seconds, growth) = match mode {
            Mode::Whole => ("1000000", "5", "2", "1000,10000,100000,1000000,3000000"),
            Mode::Quick => ("20000", "3", "0.2", "1000,20000"),
            Mode::Peers => ("100000", "5", "2", ""),
        };
        // Figures of a quick run, or of a program that is not optimised, are no figures to print.
        let docs = if mode == Mode::Quick || cfg!(debug_assertions) { "target/bench" } else { "docs" };
        let text = |name: &str, default: &str| {
            std::env::var(format!("ROLLCALL_BENCH_{name}")).unwrap_or_else(|_| default.to_owned())
        };
        let list = |name: &str, default: &str| -> Vec<String> {
            text(name, default).split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        let rounds: usize = text("ROUNDS", rounds).parse().expect("ROLLCALL_BENCH_ROUNDS");
        let databases = list("DATABASES", "sqlite,postgresql");
        assert!(rounds > 0, "ROLLCALL_BENCH_ROUNDS is at least 1");
        assert!(
            databases.iter().all(|name| name == "sqlite" || name == "postgresql"),
            "ROLLCALL_BENCH_DATABASES names sqlite and postgresql"
        );
        Self {
            members: text("MEMBERS", members).parse().expect("ROLLCALL_BENCH_MEMBERS"),
            rounds,
            round: Duration::from_secs_f64(text("SECONDS", seconds).parse().expect("ROLLCALL_BENCH_SECONDS")),
            growth: list("GROWTH", growth).iter().map(|n| n.parse().expect("ROLLCALL_BENCH_GROWTH")).collect(),
            databases,
            docs: top.join(text("DOCS", docs)),
            top,
        }
    }
}
