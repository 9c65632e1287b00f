//! Looking for a part that many texts hold, where going from one find to the next costs more than looking at
//! everything.

use crate::persons::{Arena, Mask, ROWS};

/// Bytes that are looked at together.
const WIDE: usize = 64;

/// What is looked for.
pub(super) struct Sought<'a> {
    part: &'a [u8],
    /// Whether ASCII letters of the text count as the part's, which are small, in either case.
    any_case: bool,
    first: Byte,
    last: Byte,
}

/// A byte that is looked for: the one that another is when these bits are set in it.
#[derive(Clone, Copy)]
struct Byte {
    set: u8,
    byte: u8,
}

impl Byte {
    const fn new(byte: u8, any_case: bool) -> Self {
        // The bit by which both cases of a letter differ; with it, nothing else becomes that letter.
        Self { set: if any_case && byte.is_ascii_lowercase() { 0x20 } else { 0 }, byte }
    }

    #[inline]
    const fn is(self, other: u8) -> bool {
        other | self.set == self.byte
    }
}

impl<'a> Sought<'a> {
    /// A part; `None` for the empty one.
    pub(super) fn new(part: &'a [u8], any_case: bool) -> Option<Self> {
        let (first, last) = (Byte::new(*part.first()?, any_case), Byte::new(*part.last()?, any_case));
        Some(Self { part, any_case, first, last })
    }

    /// How far the last byte is from the first.
    const fn reach(&self) -> usize {
        self.part.len() - 1
    }

    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let there = &text[at..at + self.part.len()];
        // Of a short part, nothing is left to be compared.
        self.part.len() < 3 || if self.any_case { there.eq_ignore_ascii_case(self.part) } else { there == self.part }
    }

    /// The rows, `from` or behind it, of an arena whose texts, which stand one behind the other in `text`, hold it.
    pub(super) fn rows(&self, text: &[u8], arena: &Arena, from: usize) -> Mask {
        let mut found = Mask::NONE;
        let rows = arena.len().min(ROWS);
        let mut start = arena.start(from);
        // Where the part may begin, for the bytes from `base` on.
        let (mut base, mut places) = (start, self.may_begin(text, start));
        for row in from..rows {
            let end = arena.end(row);
            // Behind this, the part would end in the next text.
            let stop = end.saturating_sub(self.reach());
            while start < stop {
                if start >= base + WIDE {
                    (base, places) = (start, self.may_begin(text, start));
                }
                let mut here = places >> (start - base);
                if stop - base < WIDE {
                    here &= (1 << (stop - start)) - 1;
                }
                while here != 0 {
                    let at = start + here.trailing_zeros() as usize;
                    if self.is_at(text, at) {
                        found.set(row);
                        start = stop;
                        break;
                    }
                    here &= here - 1;
                }
                start = start.max((base + WIDE).min(stop));
            }
            start = end;
        }
        found
    }

    /// One bit for each of the [`WIDE`] bytes from `base` on that is the first one and has the last one behind it at the
    /// right distance.
    #[inline]
    fn may_begin(&self, text: &[u8], base: usize) -> u64 {
        let firsts = text.get(base..).unwrap_or_default();
        let lasts = firsts.get(self.reach()..).unwrap_or_default();
        match (firsts.first_chunk::<WIDE>(), lasts.first_chunk::<WIDE>()) {
            (Some(firsts), Some(lasts)) => {
                // In two steps, each of which is one that the compiler does for many bytes at once.
                let mut may = [0_u8; WIDE];
                for ((may, first), last) in may.iter_mut().zip(firsts).zip(lasts) {
                    *may = u8::from(self.first.is(*first)) & u8::from(self.last.is(*last));
                }
                let (eights, _) = may.as_chunks::<8>();
                eights.iter().enumerate().fold(0, |bits, (nth, eight)| {
                    // Each lowest bit to its place in the highest byte.
                    let packed = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
                    bits | packed << (nth * 8)
                })
            }
            _ => firsts.iter().zip(lasts).take(WIDE).enumerate().fold(0, |bits, (at, (first, last))| {
                bits | u64::from(self.first.is(*first) && self.last.is(*last)) << at
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persons::Texts;

    #[test]
    fn all_are_found_and_no_others() {
        // Texts of all lengths around those that are looked at together, made of few letters, so that parts begin often.
        let mut dice = 1_u32;
        let mut letter = || {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ['a', 'b', 'a', '@'][(dice >> 24) as usize % 4]
        };
        let texts: Vec<String> = (0..ROWS).map(|row| (0..row * 37 % 150).map(|_| letter()).collect()).collect();
        let Texts::Each(arena) = Texts::new(&texts, None) else { panic!("all differ") };
        for part in ["a", "b", "ab", "@@", "ab@", "@aab", "`", "@", "aaaaaaaa", &"a".repeat(70), &texts[64], "d"] {
            for from in [0, 1, 100, 255] {
                let rows = |any_case, text: &str| {
                    let sought = Sought::new(part.as_bytes(), any_case).expect("not empty");
                    sought.rows(text.as_bytes(), &arena, from).rows().collect::<Vec<_>>()
                };
                let expected: Vec<usize> = (from..ROWS).filter(|row| texts[*row].contains(part)).collect();
                assert_eq!(rows(false, &arena.text), expected, "{part} from {from}");
                assert_eq!(rows(true, &arena.text.to_uppercase()), expected, "{part} from {from}, in any case");
            }
        }
    }
}
