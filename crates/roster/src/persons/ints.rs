//! Integers of a chunk, in as few bytes as their range needs.

use std::sync::Arc;

pub(super) const WORD: usize = u64::BITS as usize;

/// A column of integers, some of which may be absent.
#[derive(Clone, Debug)]
pub(crate) struct Ints {
    /// The least one; what is kept is how far each is above it.
    pub(super) base: i64,
    pub(super) above: Above,
    /// One bit for each row, set of those that have none; nowhere when all have one. There may be more rows than a chunk has.
    pub(super) absent: Option<Arc<[u64]>>,
}

#[derive(Clone, Debug)]
pub(super) enum Above {
    /// All are the same.
    Nothing,
    Byte(Arc<[u8]>),
    Two(Arc<[u16]>),
    Four(Arc<[u32]>),
    Eight(Arc<[u64]>),
}

impl Ints {
    pub(crate) fn new(values: impl Iterator<Item = Option<i64>> + Clone) -> Self {
        let there = || values.clone().flatten();
        let (least, most) = (there().min().unwrap_or(0), there().max().unwrap_or(0));
        // Right even where the difference is beyond an i64: both are taken modulo 2^64.
        let above = |value: Option<i64>| value.unwrap_or(least).wrapping_sub(least).cast_unsigned();
        let all = values.clone().map(above);
        let above = match above(Some(most)) {
            0 => Above::Nothing,
            1..=0xff => Above::Byte(all.map(|v| v as u8).collect()),
            0x100..=0xffff => Above::Two(all.map(|v| v as u16).collect()),
            0x1_0000..=0xffff_ffff => Above::Four(all.map(|v| v as u32).collect()),
            _ => Above::Eight(all.collect()),
        };
        let mut absent: Vec<u64> = Vec::new();
        for (row, value) in values.enumerate() {
            if row.is_multiple_of(WORD) {
                absent.push(0);
            }
            absent[row / WORD] |= u64::from(value.is_none()) << (row % WORD);
        }
        let some = absent.iter().any(|word| *word != 0);
        Self { base: least, above, absent: some.then(|| absent.into()) }
    }

    /// The value of a row; where there is none, any.
    #[inline]
    pub(crate) fn value(&self, row: usize) -> i64 {
        let above = match &self.above {
            Above::Nothing => 0,
            Above::Byte(all) => u64::from(all[row]),
            Above::Two(all) => u64::from(all[row]),
            Above::Four(all) => u64::from(all[row]),
            Above::Eight(all) => all[row],
        };
        self.base.wrapping_add(above.cast_signed())
    }

    /// The value of a row, if it has one.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<i64> {
        match &self.absent {
            Some(absent) if absent.get(row / WORD).is_some_and(|word| word >> (row % WORD) & 1 == 1) => None,
            _ => Some(self.value(row)),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        let above = match &self.above {
            Above::Nothing => 0,
            Above::Byte(all) => all.len() + super::SHARED,
            Above::Two(all) => all.len() * 2 + super::SHARED,
            Above::Four(all) => all.len() * 4 + super::SHARED,
            Above::Eight(all) => all.len() * 8 + super::SHARED,
        };
        above + self.absent.as_ref().map_or(0, |absent| size_of_val(&**absent) + super::SHARED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_is_kept() {
        for values in [
            vec![],
            vec![None, None],
            vec![Some(7), Some(7), None],
            vec![Some(-3), Some(252), None],
            vec![Some(-3), Some(253)],
            vec![Some(1 << 40), None, Some((1 << 40) + 70_000)],
            vec![Some(i64::MIN), Some(0), None, Some(i64::MAX)],
            // As many as stand together in a list.
            (0..1_000).map(|row| (row % 3 > 0).then_some(row)).collect(),
            vec![None; 700],
        ] {
            let ints = Ints::new(values.iter().copied());
            let read: Vec<_> = (0..values.len()).map(|row| ints.get(row)).collect();
            assert_eq!(read, values);
        }
    }
}
