//! What a filter wants of the texts of a column.

use super::Scratch;
use super::dense::Sought;
use super::row::matches;
use crate::persons::{Around, Chunk, Column, Folding, Mask, Texts};
use hashbrown::HashSet;
use membership::{Compare, TextMatch};
use memchr::memmem::Finder;

/// What is wanted of a text.
pub(crate) enum Wanted<'a> {
    /// That it holds this part, which is not empty.
    Holding(Box<Part<'a>>),
    /// That it matches this part.
    Matching(TextMatch, &'a str),
    /// That it compares so with this text.
    Comparing(Compare, &'a str),
    /// That it is one of these.
    Among(HashSet<&'a str>),
}

/// A part that texts are to hold, ready to be looked for.
pub(crate) struct Part<'a> {
    bytes: &'a [u8],
    /// In one text.
    finder: Finder<'a>,
    /// In many texts, as it is, and with capital letters of the texts taken for small ones.
    exact: Sought,
    any_case: Sought,
}

/// Below so many rows, each is asked for itself.
const FEW: u32 = 16;

impl<'a> Wanted<'a> {
    /// A text that holds `part`.
    pub(super) fn holding(part: &'a str) -> Self {
        if part.is_empty() {
            // Which is at the beginning of every text.
            return Self::Matching(TextMatch::StartsWith, part);
        }
        let bytes = part.as_bytes();
        Self::Holding(Box::new(Part {
            bytes,
            finder: Finder::new(bytes),
            exact: Sought::new(bytes, false),
            any_case: Sought::new(bytes, true),
        }))
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Holding(part) => part.finder.find(text.as_bytes()).is_some(),
            Self::Matching(how, part) => matches(*how, text, part),
            Self::Comparing(compare, with) => compare.holds(text.as_bytes().cmp(with.as_bytes())),
            Self::Among(items) => items.contains(text),
        }
    }

    /// The rows of `within` whose folded text in this column is as wanted.
    pub(super) fn of(&self, chunk: &Chunk, column: Column, within: &Mask, scratch: &mut Scratch) -> Mask {
        let (texts, folding) = chunk.searched(column);
        let lower = matches!(folding, Folding::Lower);
        let Scratch { text: lowered, begins } = scratch;
        let mut one = |text: &str| {
            if lower {
                lowered.clear();
                lowered.push_str(text);
                lowered.make_ascii_lowercase();
                self.holds(lowered)
            } else {
                self.holds(text)
            }
        };
        match texts {
            Texts::One(text) => {
                if one(text) {
                    *within
                } else {
                    Mask::NONE
                }
            }
            Texts::Few(which, arena) if (within.count() as usize) > arena.len() => {
                let mut holding = Mask::NONE;
                (0..arena.len()).filter(|at| one(arena.get(*at))).for_each(|at| holding.set(at));
                within.only(|row| holding.has(usize::from(which[row])))
            }
            Texts::Each(arena) if within.count() >= FEW => {
                if let Self::Holding(part) = self {
                    if lower {
                        return part.any_case.rows(arena, 0, begins).and(within);
                    }
                    // Up to the first find, which for a rare part is most of it or all, the library is faster.
                    return match part.finder.find(arena.bytes()) {
                        Some(first) => part.exact.rows(arena, first, begins).and(within),
                        None => Mask::NONE,
                    };
                }
                let text = if lower {
                    lowered.clear();
                    lowered.push_str(arena.text());
                    lowered.make_ascii_lowercase();
                    lowered.as_str()
                } else {
                    arena.text()
                };
                within.only(|row| self.holds(&text[arena.start(row)..arena.end(row)]))
            }
            Texts::AroundUid(around) => self.of_uids(chunk, around, within, scratch),
            _ => within.only(|row| one(texts.stored(row, ""))),
        }
    }

    /// The rows of `within` whose text, a uid with the same text behind it in many rows, is as wanted.
    fn of_uids(&self, chunk: &Chunk, around: &Around, within: &Mask, scratch: &mut Scratch) -> Mask {
        let behind = around.behind();
        let (there, bare) = (within.and(around.rows()), within.without(around.rows()));
        let bare = if self.holds("") { bare } else { Mask::NONE };
        bare.or(&match self {
            Self::Holding(..) if self.holds(behind) => there,
            Self::Holding(part) => {
                let part = part.bytes;
                // In the uid, or with its beginning at the end of the uid and the rest behind that.
                let whole = self.of(chunk, Column::Uid, &there, scratch);
                let cuts: Vec<&[u8]> = (1..part.len())
                    .filter(|cut| behind.as_bytes().starts_with(&part[*cut..]))
                    .map(|cut| &part[..cut])
                    .collect();
                let ends = |row: usize| cuts.iter().any(|cut| chunk.uid(row).as_bytes().ends_with(cut));
                if cuts.is_empty() { whole } else { whole.or(&there.without(&whole).only(ends)) }
            }
            Self::Comparing(Compare::Eq, with) => match with.strip_suffix(behind) {
                Some(uid) => there.only(|row| chunk.uid(row) == uid),
                None => Mask::NONE,
            },
            _ => there.only(|row| {
                let text = &mut scratch.text;
                text.clear();
                text.push_str(chunk.uid(row));
                text.push_str(behind);
                self.holds(text)
            }),
        })
    }
}
