//! Which texts to look for: found by looking at a sample of the names, so that a filter matches as many as it should
//! whatever names are made up.

use std::collections::{HashMap, HashSet};

/// What none, about one in fifty and most of the names hold: several of each, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literals {
    pub none: Vec<String>,
    pub few: Vec<String>,
    pub most: Vec<String>,
}

/// The share of names that a filter for a few shall match.
const FEW: f64 = 0.02;

/// How many there are of each at most.
const MOST: usize = 8;

impl Literals {
    /// From a sample of at least one name with a plain letter in it. Only lower-case ASCII letters are looked for.
    pub fn of(names: &[String]) -> Self {
        let mut most = shares(names, 1);
        most.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        // Those that are nearly as good.
        let enough = most.first().expect("a name with a plain letter").1 * 0.75;
        most.retain(|(_, share)| *share >= enough);
        let mut few = shares(names, 3);
        let off = |share: f64| (share - FEW).abs();
        few.sort_by(|a, b| off(a.1).total_cmp(&off(b.1)).then(a.0.cmp(&b.0)));
        let nearest = few.first().map_or(0.0, |(_, share)| off(*share));
        few.retain(|(_, share)| off(*share) <= nearest.max(FEW / 4.0));
        let texts = |all: Vec<(String, f64)>| all.into_iter().map(|(text, _)| text).take(MOST).collect::<Vec<_>>();
        let (most, mut few) = (texts(most), texts(few));
        if few.is_empty() {
            few.clone_from(&most);
        }
        let none = std::iter::once("qxzqxz".to_owned()).chain(('a'..).map(|letter| format!("qxzq{letter}"))).take(MOST);
        Self { none: none.collect(), few, most }
    }
}

/// The share of names that hold each run of so many letters.
fn shares(names: &[String], length: usize) -> Vec<(String, f64)> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for name in names {
        let lower = name.to_ascii_lowercase();
        let runs: HashSet<&str> = lower
            .as_bytes()
            .windows(length)
            .filter(|run| run.iter().all(u8::is_ascii_lowercase))
            .filter_map(|run| std::str::from_utf8(run).ok())
            .collect();
        for run in runs {
            *counts.entry(run.to_owned()).or_default() += 1;
        }
    }
    counts.into_iter().map(|(run, count)| (run, count as f64 / names.len() as f64)).collect()
}
