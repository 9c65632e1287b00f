//! Makes up plausible groups and members, as import lines: for benchmarks, demonstrations and tests. The same
//! arguments give the same lines on every machine.
//!
//! ```
//! let mut lines = Vec::new();
//! gateway::generate::write(1, 3, 7, &mut lines).expect("memory takes everything");
//! let text = String::from_utf8(lines).expect("UTF-8");
//! assert_eq!(text.lines().count(), 1 + 3 + 3, "a group, its persons, their memberships");
//! ```

mod lines;
mod random;
#[cfg(test)]
mod tests;
mod vocabulary;

use lines::{Plan, Scratch, group, membership, person};
use random::Random;
use std::io::{self, Write};

/// How far apart the numbers of two seeds are, so that what they give can live in one store.
const APART: u64 = 1_000_000_000;
/// How many seeds have numbers of their own. Keeps all numbers below 2^53, the greatest that every reader of JSON
/// takes.
const SEEDS: u64 = 9_000_000;

/// Writes `groups` groups, `members` persons and their memberships, in this order. Groups and persons are both
/// numbered from `seed % 9,000,000 * 1,000,000,000 + 1` on.
///
/// Person by person goes to the next group in turn, so every group has its share and a single one has them all. Where
/// there are several groups, about every third person also belongs to a second one; only there do pending and banned
/// memberships occur, so that the first kind can be counted on.
pub fn write(groups: u64, members: u64, seed: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::with_capacity(2_048);
    let mut flush = |line: &mut Vec<u8>| {
        line.push(b'\n');
        let written = out.write_all(line);
        line.clear();
        written
    };
    let plan = Plan { base: seed % SEEDS * APART, members };
    // One stream each, so that more persons do not change the groups.
    let mut random = Random::new(seed, 0);
    for nth in 1..=groups {
        group(plan, nth, &mut random, &mut line);
        flush(&mut line)?;
    }
    let mut random = Random::new(seed, 1);
    let mut scratch = Scratch::default();
    for nth in 1..=members {
        person(plan, nth, &mut random, &mut scratch, &mut line);
        flush(&mut line)?;
    }
    let mut random = Random::new(seed, 2);
    for nth in 1..=members {
        let home = (nth - 1) % groups.max(1) + 1;
        membership(plan, home, nth, "member", &mut random, &mut line);
        flush(&mut line)?;
        if groups > 1 && random.one_in(3) {
            let other = (home + random.below(groups - 1)) % groups + 1;
            let state = match random.below(20) {
                0 => "banned",
                1..=3 => "pending",
                _ => "member",
            };
            membership(plan, other, nth, state, &mut random, &mut line);
            flush(&mut line)?;
        }
    }
    Ok(())
}
