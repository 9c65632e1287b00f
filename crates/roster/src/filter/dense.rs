//! Looking for a part that many texts hold, where going from one find to the next costs more than looking at
//! everything.

use crate::persons::{Arena, Mask, ROWS};

/// Bytes that are looked at together.
const WIDE: usize = 64;

/// The rows, `from` or behind it, of an arena whose texts, which stand one behind the other in `text`, hold `part`, which
/// is not empty.
pub(super) fn holding(part: &[u8], text: &[u8], arena: &Arena, from: usize) -> Mask {
    let mut found = Mask::NONE;
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return found };
    let reach = part.len() - 1;
    let rows = arena.len().min(ROWS);
    let mut start = arena.start(from);
    // Where the part may begin, for the bytes from `base` on: its first and its last byte are there.
    let (mut base, mut places) = (start, may_begin(text, start, *first, *last, reach));
    for row in from..rows {
        let end = arena.end(row);
        // Behind this, the part would end in the next text.
        let stop = end.saturating_sub(reach);
        while start < stop {
            if start >= base + WIDE {
                base = start;
                places = may_begin(text, base, *first, *last, reach);
            }
            let mut here = places >> (start - base);
            if stop - base < WIDE {
                here &= (1 << (stop - start)) - 1;
            }
            while here != 0 {
                let at = start + here.trailing_zeros() as usize;
                // Of a short part, nothing is left to be compared.
                if reach < 2 || text[at..=at + reach] == *part {
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

/// One bit for each of the [`WIDE`] bytes from `base` on that is `first` and has `last` behind it at this distance.
#[inline]
fn may_begin(text: &[u8], base: usize, first: u8, last: u8, reach: usize) -> u64 {
    let equal = equal_bytes(text.get(base..).unwrap_or_default(), first);
    if reach == 0 { equal } else { equal & equal_bytes(text.get(base + reach..).unwrap_or_default(), last) }
}

/// One bit for each of the first bytes that is this one.
#[inline]
fn equal_bytes(text: &[u8], byte: u8) -> u64 {
    match text.first_chunk::<WIDE>() {
        Some(bytes) => {
            // In two steps, each of which is one that the compiler does for many bytes at once.
            let mut equal = [0_u8; WIDE];
            equal.iter_mut().zip(bytes).for_each(|(equal, other)| *equal = u8::from(*other == byte));
            let (eights, _) = equal.as_chunks::<8>();
            eights.iter().enumerate().fold(0, |bits, (nth, eight)| {
                // Each lowest bit to its place in the highest byte.
                let packed = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
                bits | packed << (nth * 8)
            })
        }
        None => text.iter().enumerate().fold(0, |bits, (at, other)| bits | u64::from(*other == byte) << at),
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
            ['a', 'b', 'a', 'c'][(dice >> 24) as usize % 4]
        };
        let texts: Vec<String> = (0..ROWS).map(|row| (0..row * 37 % 150).map(|_| letter()).collect()).collect();
        let Texts::Each(arena) = Texts::new(&texts, None) else { panic!("all differ") };
        for part in ["a", "b", "ab", "cc", "abc", "caab", "aaaaaaaa", &"a".repeat(70), &texts[64], "d"] {
            for from in [0, 1, 100, 255] {
                let found = holding(part.as_bytes(), arena.text.as_bytes(), &arena, from);
                let expected: Vec<usize> = (from..ROWS).filter(|row| texts[*row].contains(part)).collect();
                assert_eq!(found.rows().collect::<Vec<_>>(), expected, "{part} from {from}");
            }
        }
    }
}
