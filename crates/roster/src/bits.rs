//! Bits one behind the other.

use crate::persons::{Mask, ROWS};

/// Bits that become more, from the lowest of the first word on.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    /// Those that do not fill a word yet, and how many.
    last: u64,
    len: usize,
}

const WORD: usize = u64::BITS as usize;

impl Bits {
    pub(crate) fn with_capacity(bits: usize) -> Self {
        Self { words: Vec::with_capacity(bits / WORD + 1), last: 0, len: 0 }
    }

    /// Appends each of these.
    #[inline]
    pub(crate) fn extend(&mut self, bits: impl Iterator<Item = bool>) {
        let (mut last, mut len) = (self.last, self.len);
        for bit in bits {
            last |= u64::from(bit) << len;
            len += 1;
            if len == WORD {
                self.words.push(last);
                (last, len) = (0, 0);
            }
        }
        (self.last, self.len) = (last, len);
    }

    /// Appends the bits of so many rows, from the row `first` of all these chunks on.
    pub(crate) fn extend_from(&mut self, masks: &[Mask], first: usize, count: usize) {
        let word = |at: usize| masks.get(at / (ROWS / WORD)).map_or(0, |mask| mask.0[at % (ROWS / WORD)]);
        let mut done = 0;
        while done < count {
            let (at, bit) = ((first + done) / WORD, (first + done) % WORD);
            let some = (WORD - bit).min(count - done);
            self.push(word(at) >> bit & u64::MAX >> (WORD - some), some);
            done += some;
        }
    }

    /// Appends the lowest bits of a word, the others of which are 0: one to all of them.
    fn push(&mut self, bits: u64, count: usize) {
        self.last |= bits << self.len;
        if self.len + count < WORD {
            self.len += count;
            return;
        }
        let went = WORD - self.len;
        self.words.push(self.last);
        // A shift by all bits is none.
        self.last = if went < WORD { bits >> went } else { 0 };
        self.len = count - went;
    }

    pub(crate) fn into_words(mut self) -> Vec<u64> {
        if self.len > 0 {
            self.words.push(self.last);
        }
        self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_stand_as_they_were_put() {
        let mut dice = 1_u64;
        let mut next = || {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            dice
        };
        let masks: Vec<Mask> = (0..5).map(|_| Mask(std::array::from_fn(|_| next() ^ next() >> 32))).collect();
        let all = |row: usize| masks[row / ROWS].has(row % ROWS);
        for _ in 0..500 {
            let (mut bits, mut plain) = (Bits::default(), Vec::new());
            for _ in 0..6 {
                let first = (next() >> 33) as usize % (5 * ROWS);
                let count = (next() >> 33) as usize % (5 * ROWS - first + 1) % 300;
                if count.is_multiple_of(3) {
                    bits.extend((first..first + count).map(all));
                } else {
                    bits.extend_from(&masks, first, count);
                }
                plain.extend((first..first + count).map(all));
            }
            let words = bits.into_words();
            assert_eq!(words.len(), plain.len().div_ceil(64));
            let read: Vec<bool> = (0..words.len() * 64).map(|at| words[at / 64] >> (at % 64) & 1 == 1).collect();
            assert_eq!(read[..plain.len()], plain);
            assert!(!read[plain.len()..].contains(&true));
        }
    }
}
