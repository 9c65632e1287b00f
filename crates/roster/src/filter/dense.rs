//! Looking for a part in all texts of a chunk at once.
//!
//! First comes one bit for each byte of the texts, which says whether the part begins there; then, for each row, whether
//! any bit of its text is set. Neither step depends on what is found, so there is nothing for the processor to guess
//! wrong, and a part that nearly all texts hold costs little more than one that none does.

use crate::persons::{Arena, Mask, ROWS};
use wide::u8x16;

/// Bytes that are looked at together.
const WIDE: usize = 64;
/// What the processor compares in one step.
const LANES: usize = 16;
/// With finds in no more than so many stretches of [`WIDE`] bytes, each find is looked up for itself.
const FEW: usize = 24;

/// What is looked for.
pub(super) struct Sought {
    /// The bytes of the part with their places in it, those that are rarest in texts first.
    bytes: Vec<(usize, Byte)>,
    /// How far the last byte is from the first.
    reach: usize,
    /// Whether any byte may be another one's capital letter.
    any_case: bool,
}

/// A byte that is looked for: the one that another is when these bits are set in it.
#[derive(Clone, Copy)]
struct Byte {
    set: u8,
    byte: u8,
}

/// The bits of the texts of one chunk, kept so that their place is taken once.
#[derive(Default)]
pub(super) struct Begins {
    words: Vec<u64>,
    /// How many of the words are not 0.
    there: usize,
}

impl Byte {
    const fn new(byte: u8, any_case: bool) -> Self {
        // The bit by which both cases of a letter differ; with it, nothing else becomes that letter.
        Self { set: if any_case && byte.is_ascii_lowercase() { 0x20 } else { 0 }, byte }
    }

    fn is(self, other: u8) -> bool {
        other | self.set == self.byte
    }

    fn wide(self) -> Lanes {
        Lanes { set: u8x16::splat(self.set), byte: u8x16::splat(self.byte) }
    }
}

/// A [`Byte`] in every lane.
#[derive(Clone, Copy)]
struct Lanes {
    set: u8x16,
    byte: u8x16,
}

impl Lanes {
    /// All bits of each lane that is this byte. What is set is left out where that is known to be nothing.
    #[inline(always)]
    fn among<const ANY_CASE: bool>(self, part: &[u8; LANES]) -> u8x16 {
        let part = u8x16::new(*part);
        (if ANY_CASE { part | self.set } else { part }).simd_eq(self.byte)
    }
}

/// One bit for each lane of these.
#[inline(always)]
fn bits(parts: [u8x16; WIDE / LANES]) -> u64 {
    let [a, b, c, d] = parts;
    // As a rule there is nothing, which is known after one step.
    if (a | b | c | d).to_bitmask() == 0 {
        return 0;
    }
    let [a, b, c, d] = parts.map(|part| u64::from(part.to_bitmask()));
    a | b << LANES | c << (2 * LANES) | d << (3 * LANES)
}

#[inline(always)]
fn parts(stretch: &[u8; WIDE]) -> [&[u8; LANES]; WIDE / LANES] {
    let (parts, _) = stretch.as_chunks::<LANES>();
    std::array::from_fn(|nth| &parts[nth])
}

/// About how often a byte of a folded text occurs: more for more often.
const fn frequency(byte: u8) -> u8 {
    match byte {
        b'a' | b'e' | b'i' | b'o' | b'n' | b' ' => 9,
        b'r' | b's' | b't' | b'l' | b'h' => 7,
        b'u' | b'd' | b'm' | b'c' | b'0'..=b'9' | b'-' | b'.' => 5,
        b'g' | b'p' | b'y' | b'k' | b'b' | b'w' | b'v' => 3,
        // What characters beyond ASCII are made of.
        0x80.. => 5,
        _ => 1,
    }
}

impl Sought {
    /// A part, which is not empty. With `any_case`, ASCII letters of the texts count as the part's, which are small, in
    /// either case.
    pub(super) fn new(part: &[u8], any_case: bool) -> Self {
        let mut bytes: Vec<(usize, Byte)> =
            part.iter().enumerate().map(|(at, byte)| (at, Byte::new(*byte, any_case))).collect();
        bytes.sort_by_key(|(_, byte)| frequency(byte.byte));
        let any_case = bytes.iter().any(|(_, byte)| byte.set != 0);
        Self { bytes, reach: part.len().saturating_sub(1), any_case }
    }

    /// The rows of an arena that hold it, where it is known that none begins before the byte `from`.
    pub(super) fn rows(&self, arena: &Arena, from: usize, begins: &mut Begins) -> Mask {
        let text = arena.bytes();
        if self.any_case {
            self.begin::<true>(text, from, begins)
        } else {
            self.begin::<false>(text, from, begins)
        }
        match begins.there {
            0 => Mask::NONE,
            1..=FEW => self.few(arena, begins),
            _ => self.many(arena, begins),
        }
    }

    /// Finds where the part begins in `text`.
    fn begin<const ANY_CASE: bool>(&self, text: &[u8], from: usize, begins: &mut Begins) {
        let places = text.len().saturating_sub(self.reach);
        let whole = places / WIDE;
        let words = &mut begins.words;
        words.clear();
        // Two more than are needed for the last place, since rows are read in two.
        words.resize(whole + 3, 0);
        begins.there = 0;
        if places == 0 {
            // The part is longer than all texts together: its bytes may be looked for behind their end.
            return;
        }
        if let [first, rest @ ..] = &*self.bytes {
            let passed = (from / WIDE).min(whole);
            let stretches = |at: usize| text[at..].as_chunks::<WIDE>().0[passed..whole].iter();
            let found = words[passed..whole].iter_mut().zip(stretches(first.0));
            // Three at once, of which two may be the same: so much is rare enough for what follows.
            if let Some(second) = rest.first() {
                let third = rest.get(1).unwrap_or(second);
                let [one, two, three] = [first, second, third].map(|(_, byte)| byte.wide());
                let rest = rest.get(2..).unwrap_or_default();
                let found = found.zip(stretches(second.0)).zip(stretches(third.0));
                for (nth, (((word, firsts), seconds), thirds)) in (passed..).zip(found) {
                    let (firsts, seconds, thirds) = (parts(firsts), parts(seconds), parts(thirds));
                    *word = bits(std::array::from_fn(|nth| {
                        one.among::<ANY_CASE>(firsts[nth])
                            & two.among::<ANY_CASE>(seconds[nth])
                            & three.among::<ANY_CASE>(thirds[nth])
                    }));
                    if *word != 0 && !rest.is_empty() {
                        *word = narrow(*word, rest, text, nth * WIDE);
                    }
                }
            } else {
                let first = first.1.wide();
                for (word, stretch) in found {
                    let stretch = parts(stretch);
                    *word = bits(std::array::from_fn(|nth| first.among::<ANY_CASE>(stretch[nth])));
                }
            }
            let left = places % WIDE;
            if left > 0 {
                // Together with places that have been looked at, where there are enough.
                let base = places.saturating_sub(WIDE).min(whole * WIDE);
                let all = u64::MAX >> (WIDE - (places - base));
                words[whole] = narrow(all, &self.bytes, text, base) >> (whole * WIDE - base);
            }
        }
        begins.there = words.iter().filter(|word| **word != 0).count();
    }

    /// For finds in few places: which rows they are in.
    fn few(&self, arena: &Arena, begins: &Begins) -> Mask {
        let mut found = Mask::NONE;
        for (nth, word) in begins.words.iter().enumerate().filter(|(_, word)| **word != 0) {
            let mut rest = *word;
            while rest != 0 {
                let at = nth * WIDE + rest.trailing_zeros() as usize;
                let row = arena.row_of(at);
                // Else it begins in one text and ends in the next.
                if at + self.reach < arena.end(row) {
                    found.set(row);
                }
                rest &= rest - 1;
            }
        }
        found
    }

    /// For finds in many places: of each row, whether any is in it.
    fn many(&self, arena: &Arena, begins: &Begins) -> Mask {
        let mut found = Mask::NONE;
        let mut start = 0;
        arena.each_end(|row, end| {
            // Behind this, the part would end in the next text.
            let places = end.saturating_sub(self.reach).saturating_sub(start);
            found.0[row / 64 % (ROWS / 64)] |= u64::from(begins.any(start, places)) << (row % 64);
            start = end;
        });
        found
    }
}

/// Those of the places that have these bytes, too, for the bytes of `text` from `base` on.
fn narrow(mut word: u64, bytes: &[(usize, Byte)], text: &[u8], base: usize) -> u64 {
    let mut bytes = bytes.iter();
    while word & word.wrapping_sub(1) != 0
        && let Some((at, byte)) = bytes.next()
    {
        let from = text.get(base + at..).unwrap_or_default();
        let mut padded = [0; WIDE];
        let stretch = from.first_chunk::<WIDE>().unwrap_or_else(|| {
            // No place is asked about whose part would end behind the text.
            padded[..from.len()].copy_from_slice(from);
            &padded
        });
        let (byte, stretch) = (byte.wide(), parts(stretch));
        word &= bits(std::array::from_fn(|nth| byte.among::<true>(stretch[nth])));
    }
    // For a single place, the bytes are looked at one after the other.
    let place = base + word.trailing_zeros() as usize;
    let is = |(at, byte): &(usize, Byte)| text.get(place + at).is_some_and(|other| byte.is(*other));
    if word == 0 || bytes.all(is) { word } else { 0 }
}

impl Begins {
    /// Whether any bit is set of `places` from `start` on.
    #[inline]
    fn any(&self, start: usize, places: usize) -> bool {
        let (at, bit) = (start / WIDE, start % WIDE);
        let Some([low, high]) = self.words.get(at..at + 2).and_then(|two| two.first_chunk::<2>()) else {
            // No place is behind the last two.
            return false;
        };
        // In two steps, for a shift by 64 is none.
        let here = low >> bit | (high << 1) << (WIDE - 1 - bit);
        if places < WIDE {
            return here & ((1 << places) - 1) != 0;
        }
        here != 0 || self.any_of_many(start + WIDE, places - WIDE)
    }

    #[cold]
    fn any_of_many(&self, mut start: usize, mut places: usize) -> bool {
        while places >= WIDE {
            if self.any(start, WIDE - 1) || self.any(start + WIDE - 1, 1) {
                return true;
            }
            (start, places) = (start + WIDE, places - WIDE);
        }
        self.any(start, places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persons::Texts;

    #[test]
    fn a_part_that_is_longer_than_all_texts_together_is_in_none() {
        let letters = ["a", "b", "z", "E", "é", "@", " "];
        let mut dice = 1_u32;
        let mut below = |bound: usize| {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (dice >> 16) as usize % bound
        };
        let mut begins = Begins::default();
        for round in 0..2_000 {
            // One text at least, so that not all are the same.
            let mut texts = vec![String::new(); 2 + below(30)];
            for _ in 0..1 + below([3, 100, 400][round % 3]) {
                let row = below(texts.len());
                texts[row].push_str(letters[below(letters.len())]);
            }
            let arena = Arena::new(texts.iter().map(String::as_str));
            let mut part: String = texts.concat().to_lowercase();
            // By a little or by much, with a rare letter anywhere.
            for _ in 0..1 + below([1, 5, 500][round / 3 % 3]) {
                part.push_str(letters[below(letters.len())].to_lowercase().as_str());
            }
            for any_case in [false, true] {
                let found = Sought::new(part.as_bytes(), any_case).rows(&arena, 0, &mut begins);
                assert!(found.is_empty(), "{part:?} in {texts:?}");
            }
            // What was there before is not taken for what is there now.
            let last = texts.iter().rposition(|text| !text.is_empty()).expect("one is not empty");
            let found = Sought::new(texts[last].as_bytes(), false).rows(&arena, 0, &mut begins);
            assert!(found.has(last), "{texts:?}");
        }
    }

    #[test]
    fn all_are_found_and_no_others() {
        // Texts of all lengths around those that are looked at together, made of few letters, so that parts begin often,
        // or of so many that they are rare.
        let mut dice = 1_u32;
        let mut below = |bound: u32| {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (dice >> 16) % bound
        };
        for (letters, longest) in [("ab@", 150), ("ab@", 12), ("abcdefghijklmnopqrstuvwxyz@`", 20), ("a", 200)] {
            let letters: Vec<char> = letters.chars().collect();
            let texts: Vec<String> = (0..ROWS)
                .map(|row| (0..row * 37 % longest).map(|_| letters[below(letters.len() as u32) as usize]).collect())
                .collect();
            let Texts::Each(arena) = Texts::new(&texts, None) else { panic!("all differ") };
            let upper: Vec<String> = texts.iter().map(|text| text.to_uppercase()).collect();
            let Texts::Each(upper) = Texts::new(&upper, None) else { panic!("all differ") };
            let mut begins = Begins::default();
            let of_texts: Vec<String> = (0..40)
                .map(|_| {
                    let text = &texts[below(ROWS as u32) as usize];
                    let from = below(text.len() as u32 + 1) as usize;
                    text[from..(from + 1 + below(70) as usize).min(text.len())].to_owned()
                })
                .filter(|part| !part.is_empty())
                .collect();
            let parts = ["a", "b", "ab", "@@", "ab@", "@aab", "`", "@", "aaaaaaaa", "d", "xyz", "0"];
            let long = ["a".repeat(63), "a".repeat(64), "a".repeat(65), "a".repeat(150), "b".repeat(20_000)];
            for part in parts.iter().map(|part| (*part).to_owned()).chain(of_texts).chain(long) {
                let expected: Vec<usize> = (0..ROWS).filter(|row| texts[*row].contains(&part)).collect();
                let mut rows = |any_case, arena: &Arena, from: usize| {
                    let sought = Sought::new(part.as_bytes(), any_case);
                    sought.rows(arena, from, &mut begins).rows().collect::<Vec<_>>()
                };
                assert_eq!(rows(false, &arena, 0), expected, "{part}");
                let first = arena.text().find(&part).unwrap_or(arena.text().len());
                assert_eq!(rows(false, &arena, first), expected, "{part} from {first}");
                assert_eq!(rows(true, &arena, 0), expected, "{part} in any case");
                assert_eq!(rows(true, &upper, 0), expected, "{part} of upper case");
            }
        }
    }
}
