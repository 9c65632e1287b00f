//! Which texts to look for: found by looking at a sample of the names, so that a filter matches as many as it should
//! whatever names are made up.

use std::collections::{HashMap, HashSet};

/// What none, about one in fifty and most of the names hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literals {
    pub none: String,
    pub few: String,
    pub most: String,
}

/// The share of names that a filter for a few shall match.
const FEW: f64 = 0.02;

impl Literals {
    /// From a sample of at least one name with a plain letter in it. Only lower-case ASCII letters are looked for.
    pub fn of(names: &[String]) -> Self {
        let most = shares(names, 1).into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let most = most.expect("a name with a plain letter").0;
        let off = |share: f64| (share - FEW).abs();
        let few = shares(names, 3).into_iter().min_by(|a, b| off(a.1).total_cmp(&off(b.1)).then(a.0.cmp(&b.0)));
        let few = few.map_or_else(|| most.clone(), |(text, _)| text);
        Self { none: "qxzqxz".to_owned(), few, most }
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
