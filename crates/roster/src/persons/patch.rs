//! Columns in which a few rows have changed: what has not is copied as a whole, and how it is kept stays the same.
//!
//! Each of these gives `None` where it does not go on like that; then the column is made anew.

use super::Folding;
use super::column::Column;
use super::ints::{Above, Ints, WORD};
use super::texts::{Around, Texts};
use membership::text::fold;
use std::sync::Arc;

/// The texts of changed rows, which are ascending.
pub(super) type Changed<'a> = [(usize, &'a str)];

impl Ints {
    /// With `rows` rows, not fewer than before, and these values in these rows. Rows that come beside them have any value.
    pub(super) fn patched(
        &self,
        rows: usize,
        changes: impl Iterator<Item = (usize, Option<i64>)> + Clone,
    ) -> Option<Self> {
        if self.absent.is_none() && matches!(self.above, Above::Nothing) {
            return changes.clone().all(|(_, value)| value == Some(self.base)).then(|| self.clone());
        }
        let above = |value: Option<i64>| value.unwrap_or(self.base).wrapping_sub(self.base).cast_unsigned();
        let most = match &self.above {
            Above::Nothing => 0,
            Above::Byte(_) => u64::from(u8::MAX),
            Above::Two(_) => u64::from(u16::MAX),
            Above::Four(_) => u64::from(u32::MAX),
            Above::Eight(_) => return None,
        };
        // Below the base is far above everything.
        if changes.clone().any(|(_, value)| above(value) > most) {
            return None;
        }
        let all = changes.clone().map(|(row, value)| (row, above(value)));
        let above = match &self.above {
            Above::Byte(old) => Above::Byte(with(old, rows, all.map(|(row, value)| (row, value as u8)))),
            Above::Two(old) => Above::Two(with(old, rows, all.map(|(row, value)| (row, value as u16)))),
            Above::Four(old) => Above::Four(with(old, rows, all.map(|(row, value)| (row, value as u32)))),
            other @ (Above::Nothing | Above::Eight(_)) => other.clone(),
        };
        let mut absent: Vec<u64> = self.absent.as_deref().map_or_else(Vec::new, <[u64]>::to_vec);
        absent.resize(rows.div_ceil(WORD), 0);
        for (row, value) in changes {
            let bit = 1 << (row % WORD);
            absent[row / WORD] = absent[row / WORD] & !bit | if value.is_some() { 0 } else { bit };
        }
        let absent = match &self.absent {
            Some(old) if **old == *absent => Some(Arc::clone(old)),
            _ => absent.iter().any(|word| *word != 0).then(|| absent.into()),
        };
        Some(Self { base: self.base, above, absent })
    }
}

/// A copy with `rows` rows, not fewer than before, and these values in these rows.
pub(super) fn with<T: Copy + Default>(old: &[T], rows: usize, changes: impl Iterator<Item = (usize, T)>) -> Arc<[T]> {
    let mut new: Arc<[T]> = if rows == old.len() {
        Arc::from(old)
    } else {
        old.iter().copied().chain(std::iter::repeat_n(T::default(), rows - old.len())).collect()
    };
    if let Some(new) = Arc::get_mut(&mut new) {
        changes.for_each(|(row, value)| new[row] = value);
    }
    new
}

impl Texts {
    /// With `rows` rows, not fewer than before, and these texts in these rows. Rows that come beside them have any text.
    /// `uids` are those of the same rows, where the column may say that its texts hold them.
    pub(super) fn patched(&self, rows: usize, changes: &Changed<'_>, uids: Option<&Changed<'_>>) -> Option<Self> {
        match self {
            Self::One(text) => changes.iter().all(|(_, new)| **new == **text).then(|| self.clone()),
            Self::Each(arena) => arena.patched(rows, changes).map(Self::Each),
            Self::Few(which, arena) => {
                let mut added: Vec<&str> = Vec::new();
                let mut places: Vec<(usize, u8)> = Vec::with_capacity(changes.len());
                for (row, text) in changes {
                    let known = (0..arena.len()).find(|at| arena.get(*at) == *text);
                    let at = known.or_else(|| Some(arena.len() + added.iter().position(|other| other == text)?));
                    let at = at.unwrap_or_else(|| {
                        added.push(text);
                        arena.len() + added.len() - 1
                    });
                    places.push((*row, u8::try_from(at).ok()?));
                }
                let arena = if added.is_empty() {
                    arena.clone()
                } else {
                    let added: Vec<_> = added.into_iter().zip(arena.len()..).map(|(text, at)| (at, text)).collect();
                    arena.patched(arena.len() + added.len(), &added)?
                };
                Some(Self::Few(with(which, rows, places.into_iter()), arena))
            }
            Self::AroundUid(around) => around.patched(changes, uids?).map(Self::AroundUid),
        }
    }
}

impl Around {
    fn patched(self: &Arc<Self>, changes: &Changed<'_>, uids: &Changed<'_>) -> Option<Arc<Self>> {
        let mut rows = self.rows;
        for ((row, text), (_, uid)) in changes.iter().zip(uids) {
            if text.is_empty() {
                rows.unset(*row);
            } else {
                let middle = text.strip_prefix(&*self.before)?.strip_suffix(&*self.behind)?;
                if middle != *uid {
                    return None;
                }
                rows.set(*row);
            }
        }
        Some(if rows == self.rows {
            Arc::clone(self)
        } else {
            Arc::new(Self { before: self.before.clone(), behind: self.behind.clone(), rows })
        })
    }
}

impl Folding {
    /// With `rows` rows, not fewer than before, and these texts, as they are unfolded, in these rows.
    pub(super) fn patched(&self, column: Column, rows: usize, changes: &Changed<'_>) -> Option<Self> {
        match self {
            Self::Same => changes.iter().all(|(_, text)| is_folded(text)).then_some(Self::Same),
            Self::Lower if column == Column::Name => None,
            Self::Lower => changes.iter().all(|(_, text)| text.is_ascii()).then_some(Self::Lower),
            Self::Kept(texts) => {
                let folded: Vec<(usize, String)> = changes.iter().map(|(row, text)| (*row, fold(text))).collect();
                let changes: Vec<_> = folded.iter().map(|(row, text)| (*row, text.as_str())).collect();
                texts.patched(rows, &changes, None).map(Self::Kept)
            }
        }
    }
}

fn is_folded(text: &str) -> bool {
    if text.is_ascii() { !text.bytes().any(|byte| byte.is_ascii_uppercase()) } else { fold(text) == text }
}

/// A row's text without the need to put it together.
pub(super) fn is_same(texts: &Texts, row: usize, uid: &str, text: &str) -> bool {
    match texts {
        Texts::AroundUid(around) if around.rows.has(row) => {
            let middle = text.strip_prefix(&*around.before).and_then(|rest| rest.strip_suffix(&*around.behind));
            // An empty text is one of a row that holds none.
            middle == Some(uid) && !text.is_empty()
        }
        _ => *texts.get(row, uid) == *text,
    }
}
