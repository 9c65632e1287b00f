//! Random populations, queries and commands, the same for the same seed. The texts are the ones that break naive code: letters
//! that fold in surprising ways, wildcards, quotes, blanks of every kind, equal and empty keys.
//!
//! ```
//! use testkit::{MemoryDirectory, random};
//!
//! let mut rng = random::rng(42);
//! let mut directory = MemoryDirectory::new();
//! for record in random::population(&mut rng, random::Size::SMALL) {
//!     directory.restore(&record, 1_000_000).expect("every record is good");
//! }
//! let query = random::query(&mut rng, &directory);
//! let (numbers, total) = directory.numbers(&query).expect("a group of the population");
//! assert!(numbers.len() as u64 <= total);
//! ```

mod command;
mod population;
mod query;

pub use command::{RandomCommand, command};
pub use population::{Size, changes, population};
pub use query::{filter, group_query, person_query, query};
pub use rand_chacha::ChaCha8Rng;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// The generator that everything here draws from.
pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Pieces of texts. U+0000 is not among them: no text holds it.
const PIECES: &[&str] = &[
    // Plain ones, in both cases.
    "a",
    "A",
    "b",
    "B",
    "ab",
    "AB",
    "aa",
    "Jane",
    "JANE",
    "Doe",
    "0",
    "-1",
    "null",
    "true",
    // Folding: dotted and dotless i, sharp s, final sigma, Kelvin, Ångström, Ohm, long s, digraphs in title case.
    "i",
    "I",
    "İ",
    "ı",
    "ß",
    "ẞ",
    "ss",
    "SS",
    "σ",
    "ς",
    "Σ",
    "k",
    "K",
    "\u{212a}",
    "å",
    "Å",
    "\u{212b}",
    "ω",
    "\u{2126}",
    "s",
    "ſ",
    "ǆ",
    "ǅ",
    "Ǆ",
    "µ",
    "μ",
    "ﬀ",
    "ŉ",
    // Cherokee folds upwards; Deseret lies outside the basic plane.
    "Ꭰ",
    "ꭰ",
    "ᏸ",
    "Ᏸ",
    "\u{10400}",
    "\u{10428}",
    // Composed and decomposed, marks alone.
    "é",
    "e\u{301}",
    "É",
    "\u{301}",
    "i\u{307}",
    "\u{345}",
    // Other scripts, emoji of one and of many code points.
    "日本",
    "مرحبا",
    "नमस्ते",
    "Олег",
    "ОЛЕГ",
    "😀",
    "👩‍👩‍👧",
    "🏳\u{fe0f}\u{200d}🌈",
    // What means something to SQL, OData, JSON, XML or a shell.
    "%",
    "_",
    "\\",
    "%%",
    "\\%",
    "\\_",
    "\\n",
    "'",
    "''",
    "\"",
    "*",
    "?",
    "[a-z]",
    "(",
    ")",
    ",",
    ";--",
    "&",
    "<",
    "$1",
    "{}",
    // Blanks that `trim` removes, and three that only look like it.
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\u{b}",
    "\u{85}",
    "\u{a0}",
    "\u{1680}",
    "\u{2003}",
    "\u{2028}",
    "\u{3000}",
    "\u{200b}",
    "\u{180e}",
    "\u{feff}",
    // Ends of ranges: where UTF-16 would order otherwise, and control characters.
    "\u{1}",
    "\u{1f}",
    "\u{7f}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10000}",
    "\u{10ffff}",
];

/// Whole texts that come again and again, so that keys are equal, or equal only when folded.
const COMMON: &[&str] = &[
    "",
    "",
    "",
    " ",
    "Captain America",
    "captain america",
    "CAPTAIN AMERICA",
    "Straße",
    "STRASSE",
    "straẞe",
    "%",
    "_",
    "a_b",
    "axb",
    "100%",
    "O'Brien",
    "C:\\new",
    "ΣΊΣΥΦΟΣ",
    "σίσυφος",
];

/// A text of at most `longest` code points, without U+0000.
pub fn text(rng: &mut ChaCha8Rng, longest: usize) -> String {
    let text = match rng.random_range(0..100) {
        0..35 => (*pick(rng, COMMON)).to_owned(),
        // Now and then one that fills the field.
        35 => pick(rng, PIECES).repeat(longest.min(500)),
        _ => {
            let pieces = rng.random_range(0..7);
            (0..pieces).map(|_| *pick(rng, PIECES)).collect()
        }
    };
    text.chars().take(longest).collect()
}

/// The text in the other case, as far as it has one: as a rule it folds to the same.
pub(crate) fn other_case(text: &str) -> String {
    let upper = text.to_uppercase();
    if upper == text { text.to_lowercase() } else { upper }
}

pub(crate) fn pick<'a, T>(rng: &mut ChaCha8Rng, from: &'a [T]) -> &'a T {
    from.choose(rng).expect("there is something to pick from")
}

/// True so many times of a hundred.
pub(crate) fn chance(rng: &mut ChaCha8Rng, percent: u32) -> bool {
    rng.random_ratio(percent, 100)
}

#[cfg(test)]
mod tests;
