//! The fuzz targets without a fuzzer: over the corpus, and over what small changes make of it, always the same ones.
//! `make fuzz` looks further.

use crate::fuzz_targets::{LONGEST, TARGETS, run};
use crate::support::gateway::{project_file, project_text};
use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

/// How many inputs are made for each target.
const MADE: usize = 1_500;
/// How long a target may take for them; the rest is left out on a machine that is that slow.
const TIME: Duration = Duration::from_secs(6);

/// Pieces that mean something somewhere.
const WORDS: &[&str] = &[
    "'",
    "''",
    "\"",
    "(",
    ")",
    " and ",
    " or ",
    "not ",
    " eq ",
    " in (",
    ",",
    "%",
    "%00",
    "%zz",
    "&",
    "=",
    "<",
    ">",
    "</",
    "&amp;",
    "&#x0;",
    "]]>",
    "<!--",
    "{",
    "}",
    "[",
    "]",
    ":",
    "null",
    "\\u0000",
    "\\ud800",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{feff}",
    "é",
    "💩",
    "-1",
    "0",
    "9223372036854775808",
    "1e400",
    "guid'",
    "true",
    "Name",
    "\"kind\"",
];

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = project_file("fuzz/corpus").join(name);
    let mut paths: Vec<_> =
        fs::read_dir(&directory).expect("a corpus").map(|file| file.expect("a file").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("read")).collect()
}

/// One of the inputs, changed in some places, or two of them put together.
fn changed(random: &mut ChaCha8Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let any = |random: &mut ChaCha8Rng| corpus[random.random_range(0..corpus.len())].clone();
    let mut input = any(random);
    for _ in 0..random.random_range(1..=6) {
        let at = random.random_range(0..=input.len());
        let end = (at + random.random_range(0..9)).min(input.len());
        match random.random_range(0..7) {
            0 => drop(input.drain(at..end)),
            1 => drop(input.splice(at..at, WORDS[random.random_range(0..WORDS.len())].bytes())),
            2 => drop(input.splice(at..end, WORDS[random.random_range(0..WORDS.len())].bytes())),
            3 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
            4 => {
                let other = any(random);
                let from = random.random_range(0..=other.len());
                drop(input.splice(at.., other[from..].iter().copied()));
            }
            5 => {
                let piece = input[at..end].repeat(random.random_range(1..60));
                drop(input.splice(at..at, piece));
            }
            _ => input.truncate(at),
        }
        input.truncate(LONGEST);
    }
    input
}

/// Runs a target, and tells what made it fail.
fn try_out(name: &str, input: &[u8]) {
    let outcome = std::panic::catch_unwind(|| run(name, input));
    assert!(outcome.is_ok(), "{name} fails on {:?}", String::from_utf8_lossy(input));
}

#[test]
fn every_parser_keeps_its_promises() {
    std::thread::scope(|scope| {
        let running: Vec<_> = TARGETS
            .iter()
            .map(|(name, _)| {
                let tried = move || {
                    let corpus = corpus(name);
                    corpus.iter().for_each(|input| try_out(name, input));
                    try_out(name, b"");
                    let mut random = ChaCha8Rng::seed_from_u64(17);
                    let begun = Instant::now();
                    let made = (0..MADE).take_while(|_| begun.elapsed() < TIME);
                    made.inspect(|_| try_out(name, &changed(&mut random, &corpus))).count()
                };
                (name, scope.spawn(tried))
            })
            .collect();
        for (name, tried) in running {
            let tried = tried.join().unwrap_or_else(|_| panic!("{name} fails"));
            assert!(tried > 20, "{name} is too slow: {tried} inputs in {TIME:?}");
        }
    });
}

/// Each target has its corpus, its program for libFuzzer and its line in `fuzz/Cargo.toml`; and there are no others.
#[test]
fn every_target_is_there_for_the_fuzzer() {
    let names: BTreeSet<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    let manifest = project_text("fuzz/Cargo.toml");
    let bins: BTreeSet<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""))
        .collect();
    assert_eq!(bins, names);
    let corpora: Vec<_> = fs::read_dir(project_file("fuzz/corpus")).expect("corpora").flatten().collect();
    let there: BTreeSet<String> = corpora.iter().map(|c| c.file_name().to_string_lossy().into_owned()).collect();
    assert!(there.iter().map(String::as_str).eq(names.iter().copied()), "{there:?}");
    let mut files = 0;
    for name in &names {
        let program = project_text(&format!("fuzz/fuzz_targets/{name}.rs"));
        assert!(program.contains(&format!("run(\"{name}\", input)")), "{program}");
        let corpus = corpus(name);
        assert!(corpus.len() >= 5 && corpus.iter().all(|input| input.len() <= LONGEST), "{name}");
        files += corpus.len();
    }
    assert!(files < 200, "{files} files");
}
