//! `make bench`: how fast pages come, as a ratio to a handler that returns the same bytes from a constant.
//!
//! Makes a group of a million members (and a small one), imports it into SQLite with the real program, starts the
//! real program, and drives it and the constant handler in turn with the same load generator, several rounds each.
//! What counts is the median of the ratios, since the speed of a shared machine drifts.
//!
//! `ROLLCALL_BENCH_MEMBERS` sets the number of members, `ROLLCALL_BENCH_SECONDS` how long a round takes.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "a bench stops at any fault")]

mod constant;
mod load;
mod program;

use load::Target;
use program::{Gateway, run, timed};
use std::time::Duration;

const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, body, content_type] = arguments.as_slice()
        && mode == "--constant"
    {
        return constant::serve(body, content_type);
    }
    let setting = |name: &str, default: u64| std::env::var(name).map_or(default, |v| v.parse().expect(name));
    let members = setting("ROLLCALL_BENCH_MEMBERS", 1_000_000);
    let round = Duration::from_secs(setting("ROLLCALL_BENCH_SECONDS", 3));

    let dir = tempfile::tempdir().expect("a temporary directory");
    let database = format!("sqlite://{}", dir.path().join("bench.db").display());
    let large = dir.path().join("large.ndjson");
    let small = dir.path().join("small.ndjson");

    println!("# data");
    let made = timed(|| program::generate(members, 1, &large));
    println!("generate {members} members: {:.1} s", made.as_secs_f64());
    program::generate(1_000, 2, &small);
    let imported = timed(|| run(&["import", "--database", &database, large.to_str().expect("UTF-8")]));
    let rate = members as f64 / imported.as_secs_f64();
    println!(
        "import into an empty SQLite store: {:.1} s, {rate:.0} members a second (wanted: 50,000)",
        imported.as_secs_f64()
    );
    let again = timed(|| run(&["import", "--database", &database, large.to_str().expect("UTF-8")]));
    println!("import of the same again (nothing changes): {:.1} s", again.as_secs_f64());
    run(&["import", "--database", &database, small.to_str().expect("UTF-8")]);

    let (big_group, small_group) = (program::group_of(&large), program::group_of(&small));
    let credentials = program::Credentials::make(&database, &large);
    let start = std::time::Instant::now();
    let gateway = Gateway::start(&database);
    println!("start with a filled database: {:.0} ms (wanted: below 1,000)", start.elapsed().as_secs_f64() * 1000.0);

    println!("\n# pages, as a ratio to the constant handler (median of {ROUNDS} rounds; least, greatest)");
    println!("{:<46} {:>8} {:>16} {:>12} {:>12}", "path", "ratio", "", "requests/s", "constant/s");
    for (name, target) in credentials.targets(&big_group, &small_group, members) {
        measure(name, &gateway, &target, round);
    }
}

/// Drives the gateway and the constant handler in turn.
fn measure(name: &str, gateway: &Gateway, target: &Target, round: Duration) {
    let sample = load::once(gateway.address(), target);
    assert_eq!(sample.status, 200, "{name}: {}", String::from_utf8_lossy(&sample.body));
    let constant = program::Constant::start(&sample.body, &sample.content_type);
    let mut ratios = Vec::new();
    let mut rates = Vec::new();
    let warm = Duration::from_millis(500);
    load::drive(gateway.address(), target, warm);
    load::drive(constant.address(), target, warm);
    for _ in 0..ROUNDS {
        let ours = load::drive(gateway.address(), target, round);
        let theirs = load::drive(constant.address(), target, round);
        ratios.push(ours / theirs);
        rates.push((ours, theirs));
    }
    ratios.sort_by(f64::total_cmp);
    let (ours, theirs) = rates[ROUNDS / 2];
    let (least, median, greatest) = (ratios[0], ratios[ROUNDS / 2], ratios[ROUNDS - 1]);
    println!("{name:<46} {median:>8.3} ({least:>6.3}–{greatest:>6.3}) {ours:>12.0} {theirs:>12.0}");
}
