//! Which rows of a chunk.

use super::ROWS;

/// One bit for each row of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mask(pub(crate) [u64; ROWS / 64]);

impl Mask {
    pub(crate) const NONE: Self = Self([0; ROWS / 64]);

    #[inline]
    pub(crate) const fn set(&mut self, row: usize) {
        self.0[row / 64] |= 1 << (row % 64);
    }

    #[inline]
    pub(crate) const fn unset(&mut self, row: usize) {
        self.0[row / 64] &= !(1 << (row % 64));
    }

    #[inline]
    pub(crate) const fn has(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; ROWS / 64]
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Those of this that are not in `other`.
    pub(crate) fn without(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word &= !other);
        self
    }

    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word &= other);
        self
    }

    pub(crate) fn or(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
        self
    }

    /// The rows of this for which `holds` says so.
    #[inline]
    pub(crate) fn only(&self, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut kept = Self::NONE;
        for (kept, word) in kept.0.iter_mut().zip(self.0).enumerate().map(|(at, (kept, word))| ((at, kept), word)) {
            let (at, kept) = kept;
            let mut rest = word;
            while rest != 0 {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                *kept |= u64::from(holds(at * 64 + bit)) << bit;
            }
        }
        kept
    }

    /// The rows, in ascending order.
    pub(crate) fn rows(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }
}
