//! Texts of a chunk, in as few bytes as is cheap to read.

use super::arena::Arena;
use super::column::HoldUid;
use super::mask::Mask;
use super::{ROWS, SHARED};
use hashbrown::HashMap;
use membership::text::fold;
use std::borrow::Cow;
use std::sync::Arc;

/// A column of texts.
#[derive(Clone, Debug)]
pub(crate) enum Texts {
    /// All rows have the same.
    One(Arc<str>),
    /// One behind the other.
    Each(Arena),
    /// Each that occurs once, and which one a row has.
    Few(Arc<[u8]>, Arena),
    /// The uid of the row between two texts that all rows share; the empty text in the other rows.
    AroundUid(Arc<Around>),
}

/// See [`Texts::AroundUid`].
#[derive(Debug)]
pub(crate) struct Around {
    pub(super) before: Box<str>,
    pub(super) behind: Box<str>,
    pub(super) rows: Mask,
}

impl Texts {
    /// A column of these texts; where `uids` are given, one that may say that its texts hold them.
    pub(crate) fn new(texts: &[impl AsRef<str>], uids: Option<(HoldUid, &[&str])>) -> Self {
        let first = texts.first().map_or("", AsRef::as_ref);
        if texts.iter().all(|text| text.as_ref() == first) {
            return Self::One(first.into());
        }
        uids.and_then(|(how, uids)| around(texts, how, uids))
            .or_else(|| few(texts))
            .unwrap_or_else(|| Self::each(texts))
    }

    fn each(texts: &[impl AsRef<str>]) -> Self {
        Self::Each(Arena::new(texts.iter().map(AsRef::as_ref)))
    }

    /// The text of a row, which has this uid. Borrowed but where uid and other texts must be put together.
    #[inline]
    pub(crate) fn get<'a>(&'a self, row: usize, uid: &'a str) -> Cow<'a, str> {
        match self {
            Self::AroundUid(around) => {
                let mut text = String::new();
                match around.get(row, uid, &mut text) {
                    Some(text) => Cow::Borrowed(text),
                    None => Cow::Owned(text),
                }
            }
            _ => Cow::Borrowed(self.stored(row, uid)),
        }
    }

    /// The same, put together in `scratch` where it must be.
    #[inline]
    pub(crate) fn get_in<'a>(&'a self, row: usize, uid: &'a str, scratch: &'a mut String) -> &'a str {
        match self {
            Self::AroundUid(around) => {
                // The borrow of what is returned from within would outlive the `None` arm.
                if around.is_bare() {
                    if around.rows.has(row) { uid } else { "" }
                } else {
                    around.put(row, uid, scratch)
                }
            }
            _ => self.stored(row, uid),
        }
    }

    /// The same for a column that holds no texts to be put together: a uid alone at most. Of others, the uid in them.
    #[inline]
    pub(crate) fn stored<'a>(&'a self, row: usize, uid: &'a str) -> &'a str {
        match self {
            Self::One(text) => text,
            Self::Each(arena) => arena.get(row),
            Self::Few(which, arena) => arena.get(usize::from(which[row])),
            Self::AroundUid(around) => {
                if around.rows.has(row) {
                    uid
                } else {
                    ""
                }
            }
        }
    }

    /// The arena of texts that all differ.
    pub(crate) const fn arena(&self) -> Option<&Arena> {
        if let Self::Each(arena) = self { Some(arena) } else { None }
    }

    pub(super) const fn arena_mut(&mut self) -> Option<&mut Arena> {
        if let Self::Each(arena) = self { Some(arena) } else { None }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::One(text) if text.is_empty() => 0,
            Self::One(text) => text.len() + SHARED,
            Self::Each(arena) => arena.size(),
            Self::Few(which, arena) => which.len() + SHARED + arena.size(),
            Self::AroundUid(around) => around.before.len() + around.behind.len() + size_of::<Around>() + 2 * SHARED,
        }
    }
}

impl Around {
    /// What stands behind the uid, where nothing stands before it.
    pub(crate) fn behind(&self) -> &str {
        &self.behind
    }

    /// The rows that hold their uid.
    pub(crate) const fn rows(&self) -> &Mask {
        &self.rows
    }

    /// Whether there is nothing but the uid.
    fn is_bare(&self) -> bool {
        self.before.is_empty() && self.behind.is_empty()
    }

    fn get<'a>(&'a self, row: usize, uid: &'a str, text: &mut String) -> Option<&'a str> {
        if !self.rows.has(row) {
            Some("")
        } else if self.is_bare() {
            Some(uid)
        } else {
            self.put(row, uid, text);
            None
        }
    }

    #[inline]
    fn put<'a>(&self, row: usize, uid: &str, text: &'a mut String) -> &'a str {
        text.clear();
        if self.rows.has(row) {
            text.push_str(&self.before);
            text.push_str(uid);
            text.push_str(&self.behind);
        }
        text
    }
}

/// The texts as two that all rows share with the row's uid between, if they are that.
fn around(texts: &[impl AsRef<str>], how: HoldUid, uids: &[&str]) -> Option<Texts> {
    let mut all = texts.iter().map(AsRef::as_ref).zip(uids.iter().copied());
    let (text, uid) = all.clone().find(|(text, _)| !text.is_empty())?;
    if uid.is_empty() {
        return None;
    }
    let at = text.rfind(uid)?;
    let (before, behind) = (&text[..at], &text[at + uid.len()..]);
    let lawful = match how {
        HoldUid::Anywhere => true,
        HoldUid::First => before.is_empty() && fold(behind) == behind,
        HoldUid::Alone => before.is_empty() && behind.is_empty(),
    };
    if !lawful {
        return None;
    }
    let is_one = |text: &str, uid: &str| {
        text.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind)).is_some_and(|middle| middle == uid)
    };
    if !all.all(|(text, uid)| text.is_empty() || is_one(text, uid)) {
        return None;
    }
    let mut rows = Mask::NONE;
    for (row, _) in texts.iter().enumerate().filter(|(_, text)| !text.as_ref().is_empty()) {
        rows.set(row);
    }
    Some(Texts::AroundUid(Arc::new(Around { before: before.into(), behind: behind.into(), rows })))
}

/// Each text once, if that is less than all of them.
fn few(texts: &[impl AsRef<str>]) -> Option<Texts> {
    let mut places: HashMap<&str, u8> = HashMap::with_capacity(ROWS);
    let mut distinct: Vec<&str> = Vec::with_capacity(ROWS);
    let mut which = Vec::with_capacity(texts.len());
    let (mut all, mut once) = (0, 0);
    for text in texts {
        let text = text.as_ref();
        all += text.len() + 2;
        let place = *places.entry(text).or_insert_with(|| {
            once += text.len() + 2;
            distinct.push(text);
            // Wraps only where there is nothing left to come.
            (distinct.len() - 1) as u8
        });
        which.push(place);
    }
    // Searching stops at each of them, so it must be worth it.
    let saves = once + texts.len() + SHARED < all / 4 * 3;
    (saves && distinct.len() < ROWS).then(|| Texts::Few(which.into(), Arena::new(distinct.into_iter())))
}
