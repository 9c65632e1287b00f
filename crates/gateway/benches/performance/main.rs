//! `make bench`, `make bench-quick` and `make bench-peers`: how fast it is, as a ratio to a handler that returns the same
//! bytes from a constant.
//!
//! Makes a group of a million members and nine smaller ones, imports them into SQLite and into a throw-away PostgreSQL
//! with the real program, starts the real program, and drives it and the constant handler in turn with the same load
//! generator, several rounds each. What counts is the median of the ratios, since the speed of a shared machine drifts.
//! The outcome is written into `docs/performance.md`, which tells how to read it.
//!
//! `settings.rs` has the variables of the environment that make it longer or shorter; those that begin with
//! `ROLLCALL__` reach the program.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "a bench stops at any fault")]

mod constant;
mod data;
mod database;
mod figures;
mod growth;
mod http;
mod load;
mod machine;
mod measure;
mod peers;
#[path = "../../../../tests/support/postgres.rs"]
mod postgres;
mod program;
mod report;
mod settings;
mod targets;
mod writes;

use data::Data;
use settings::{Mode, Settings};

/// The seed of the first group whose growth is looked at; each has another.
const GROWTH_SEED: u64 = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, body, content_type] = arguments.as_slice()
        && mode == "--constant"
    {
        return constant::serve(body, content_type);
    }
    let asked = |word: &str| arguments.iter().any(|argument| argument == word);
    let mode = match (asked("quick"), asked("peers")) {
        (_, true) => Mode::Peers,
        (true, _) => Mode::Quick,
        _ => Mode::Whole,
    };
    let settings = Settings::read(mode);
    std::fs::create_dir_all(&settings.docs).expect("a directory");
    if mode == Mode::Peers {
        let machine = machine::describe(&settings, None) + &peers_versions(&settings);
        let (outcomes, data) = peers::run(&settings);
        let part = report::peers(&settings, &machine, &outcomes, &data.literals.few[0]);
        return report::write(&settings, "make bench-peers", &part);
    }
    whole(&settings);
}

fn whole(settings: &Settings) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = Data::make(directory.path(), settings.members, 1);
    let (mut outcomes, mut growth, mut postgresql) = (Vec::new(), Vec::new(), None);
    // After each part, so that a run that is broken off leaves what it has.
    let save = |outcomes: &[database::Outcome], growth: &[growth::Point], postgresql: Option<&str>| {
        let machine = machine::describe(settings, postgresql);
        let members = figures::spread::count(settings.members as f64);
        let machine = format!("{machine}- {members} members in one group.\n");
        report::write(settings, "make bench", &report::whole(settings, &machine, outcomes, growth));
    };
    for name in &settings.databases {
        if name == "sqlite" {
            let url = growth::sqlite(directory.path());
            outcomes.push(database::run("SQLite", &url, &data, directory.path(), settings));
        } else {
            let server = postgres::Server::start();
            postgresql = server.execute("postgres", "SHOW server_version").pop();
            // As one machine would be set up.
            let url = server.fresh_database();
            let url = server.socket_url("rollcall", url.rsplit('/').next().expect("a name"));
            outcomes.push(database::run("PostgreSQL", &url, &data, directory.path(), settings));
        }
        save(&outcomes, &growth, postgresql.as_deref());
    }
    // Room for what comes.
    drop((data, directory));
    for (members, seed) in settings.growth.iter().zip(GROWTH_SEED..) {
        growth.push(growth::at(*members, seed, settings));
        save(&outcomes, &growth, postgresql.as_deref());
    }
}

/// A line of the list with the versions of the peers.
fn peers_versions(settings: &Settings) -> String {
    let peers = settings.top.join("benches/peers");
    let packages = std::fs::read_to_string(peers.join("cap/package.json")).expect("a file");
    let packages: serde_json::Value = serde_json::from_str(&packages).expect("JSON");
    let npm = |name: &str| packages["dependencies"][name].as_str().expect(name).to_owned();
    let pinned = std::fs::read_to_string(peers.join("fastapi/requirements.txt")).expect("a file");
    let pypi = |name: &str| {
        let line = pinned.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix("=="));
        line.expect(name).to_owned()
    };
    format!(
        "- SAP CAP: @sap/cds {}, @cap-js/sqlite {}, Node {}. FastAPI {}, SQLAlchemy {}, uvicorn {}, {}.\n",
        npm("@sap/cds"),
        npm("@cap-js/sqlite"),
        machine::said("node", &["--version"]).unwrap_or_default(),
        pypi("fastapi"),
        pypi("SQLAlchemy"),
        pypi("uvicorn"),
        machine::said("python3", &["--version"]).unwrap_or_default(),
    )
}
