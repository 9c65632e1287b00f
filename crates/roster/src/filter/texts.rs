//! What a filter wants of the texts of a column.

use super::dense::Sought;
use super::row::matches;
use crate::persons::{Arena, Around, Chunk, Column, Folding, Mask, Texts};
use hashbrown::HashSet;
use membership::{Compare, TextMatch};
use memchr::memmem::Finder;

/// What is wanted of a text.
pub(crate) enum Wanted<'a> {
    /// That it holds this part, which is not empty.
    Holding(Box<Finder<'a>>, &'a [u8]),
    /// That it matches this part.
    Matching(TextMatch, &'a str),
    /// That it compares so with this text.
    Comparing(Compare, &'a str),
    /// That it is one of these.
    Among(HashSet<&'a str>),
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
        Self::Holding(Box::new(Finder::new(part)), part.as_bytes())
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Holding(finder, _) => finder.find(text.as_bytes()).is_some(),
            Self::Matching(how, part) => matches(*how, text, part),
            Self::Comparing(compare, with) => compare.holds(text.as_bytes().cmp(with.as_bytes())),
            Self::Among(items) => items.contains(text),
        }
    }

    /// The rows of `within` whose folded text in this column is as wanted.
    pub(super) fn of(&self, chunk: &Chunk, column: Column, within: &Mask, scratch: &mut String) -> Mask {
        let (texts, folding) = chunk.searched(column);
        let lower = matches!(folding, Folding::Lower);
        let mut one = |text: &str| {
            if lower {
                scratch.clear();
                scratch.push_str(text);
                scratch.make_ascii_lowercase();
                self.holds(scratch)
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
                if let (Self::Holding(_, part), true) = (self, lower) {
                    // No copy in lower case, which would cost more than looking at everything.
                    let sought = Sought::new(part, true);
                    return sought.map_or(*within, |sought| sought.rows(arena.text.as_bytes(), arena, 0).and(within));
                }
                let text = if lower {
                    scratch.clear();
                    scratch.push_str(&arena.text);
                    scratch.make_ascii_lowercase();
                    scratch.as_str()
                } else {
                    &arena.text
                };
                match self {
                    Self::Holding(finder, part) => holding(finder, part, text.as_bytes(), arena).and(within),
                    _ => within.only(|row| self.holds(&text[arena.start(row)..arena.end(row)])),
                }
            }
            Texts::AroundUid(around) => self.of_uids(chunk, around, within, scratch),
            _ => within.only(|row| one(texts.stored(row, ""))),
        }
    }

    /// The rows of `within` whose text, a uid with the same text behind it in many rows, is as wanted.
    fn of_uids(&self, chunk: &Chunk, around: &Around, within: &Mask, scratch: &mut String) -> Mask {
        let behind = around.behind();
        let (there, bare) = (within.and(around.rows()), within.without(around.rows()));
        let bare = if self.holds("") { bare } else { Mask::NONE };
        bare.or(&match self {
            Self::Holding(..) if self.holds(behind) => there,
            Self::Holding(_, part) => {
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
                scratch.clear();
                scratch.push_str(chunk.uid(row));
                scratch.push_str(behind);
                self.holds(scratch)
            }),
        })
    }
}

/// After so many finds, it is seen whether there are many.
const LOOK: usize = 16;

/// The rows of an arena whose texts, which stand one behind the other in `text`, hold what is looked for.
fn holding(finder: &Finder<'_>, part: &[u8], text: &[u8], arena: &Arena) -> Mask {
    let mut found = Mask::NONE;
    let (mut row, mut from, mut finds) = (0, 0, 0);
    while let Some(at) = finder.find(&text[from..]) {
        let start = from + at;
        row = arena.row_of(start, row);
        let end = arena.end(row);
        if start + part.len() <= end {
            found.set(row);
            // One place in a text is enough.
            (row, from) = (row + 1, end);
        } else {
            // It begins in one text and ends in the next.
            from = start + 1;
        }
        finds += 1;
        if finds == LOOK && row < LOOK * 8 {
            return Sought::new(part, false).map_or(found, |sought| found.or(&sought.rows(text, arena, row)));
        }
    }
    found
}
