//! From one chunk to the next, column by column.

use super::column::Column;
use super::ints::Ints;
use super::patch::{self, is_same};
use super::texts::Texts;
use super::{Chunk, Folding};
use membership::PersonView;
use membership::text::fold;
use std::borrow::Cow;
use std::sync::Arc;

/// What becomes of a chunk.
pub(super) struct Change<'a> {
    pub(super) old: &'a Chunk,
    /// How many rows take place from now on.
    pub(super) rows: usize,
    /// Whether columns are patched where that can be. Then there are not fewer rows than before.
    pub(super) patch: bool,
    /// Who is in the rows that change.
    pub(super) changes: &'a [(usize, Option<PersonView<'a>>)],
}

impl<'a> Change<'a> {
    fn persons(&self) -> impl Iterator<Item = (usize, &PersonView<'a>)> + Clone {
        self.changes.iter().filter_map(|(row, person)| Some((*row, person.as_ref()?)))
    }

    /// Whether a column in which the changed rows are the same is the same.
    fn keeps(&self, mut same: impl FnMut(usize, &PersonView<'a>) -> bool) -> bool {
        self.rows == self.old.rows() && self.persons().all(|(row, person)| same(row, person))
    }

    /// The change of each row.
    fn by_row(&self) -> Vec<Option<&Option<PersonView<'a>>>> {
        let mut by_row = vec![None; self.rows];
        for (row, person) in self.changes {
            if let Some(place) = by_row.get_mut(*row) {
                *place = Some(person);
            }
        }
        by_row
    }

    pub(super) fn ints(&self, old: &Ints, value: fn(&PersonView<'_>) -> Option<i64>) -> Ints {
        if self.keeps(|row, person| self.old.live.has(row) && old.get(row) == value(person)) {
            return old.clone();
        }
        if self.patch
            && let Some(new) = old.patched(self.rows, self.persons().map(|(row, person)| (row, value(person))))
        {
            return new;
        }
        let changed = self.by_row();
        Ints::new((0..self.rows).map(|row| match changed[row] {
            Some(person) => person.as_ref().and_then(value),
            None if self.old.live.has(row) => old.get(row),
            None => None,
        }))
    }

    pub(super) fn array<T: Copy + Default + PartialEq>(
        &self,
        old: &Arc<[T]>,
        value: fn(&PersonView<'_>) -> T,
    ) -> Arc<[T]> {
        if self.keeps(|row, person| old[row] == value(person)) {
            return Arc::clone(old);
        }
        let changes = self.persons().map(|(row, person)| (row, value(person)));
        patch::with(&old[..old.len().min(self.rows)], self.rows, changes)
    }

    /// Puts the texts into the next chunk.
    pub(super) fn texts(&self, next: &mut Chunk) {
        let uids: Vec<(usize, &str)> = self.persons().map(|(row, person)| (row, person.uid)).collect();
        // Of all rows, when they are needed.
        let mut all_uids: Vec<&str> = Vec::new();
        for column in Column::ALL {
            let at = *column as usize;
            let old = &self.old.texts[at];
            let folded = column.is_searched().then(|| &self.old.folded[at]);
            // What is kept folded of a row in which nobody was, or that holds another uid, may not be that of its text.
            let apart = matches!(folded, Some(Folding::Kept(_)));
            let sure = |row: usize| !apart || self.old.live.has(row) && !matches!(old, Texts::AroundUid(_));
            // Where it holds uids, it is asked with those that are to be.
            if self.keeps(|row, person| sure(row) && is_same(old, row, person.uid, column.of(person))) {
                continue;
            }
            let how = column.may_hold_uid();
            let changed: Vec<(usize, &str)> = self.persons().map(|(row, person)| (row, column.of(person))).collect();
            if self.patch {
                let new = old.patched(self.rows, &changed, how.map(|_| uids.as_slice()));
                let folded = folded.map(|folded| folded.patched(*column, self.rows, &changed));
                if let (Some(new), None | Some(Some(_))) = (new, &folded) {
                    next.texts[at] = new;
                    if let Some(folded) = folded.flatten() {
                        next.folded[at] = folded;
                    }
                    continue;
                }
            }
            let by_row = self.by_row();
            if all_uids.is_empty() {
                all_uids.extend((0..self.rows).map(|row| match by_row[row] {
                    Some(person) => person.as_ref().map_or("", |person| person.uid),
                    None => self.old.uid(row),
                }));
            }
            let texts: Vec<Cow<'_, str>> = (0..self.rows)
                .map(|row| match by_row[row] {
                    Some(person) => Cow::Borrowed(person.as_ref().map_or("", |person| column.of(person))),
                    None => self.old.text(*column, row),
                })
                .collect();
            next.texts[at] = Texts::new(&texts, how.map(|how| (how, all_uids.as_slice())));
            if column.is_searched() {
                next.folded[at] = Folding::new(*column, &texts);
            }
        }
    }
}

impl Folding {
    fn new(column: Column, texts: &[Cow<'_, str>]) -> Self {
        let ascii = texts.iter().all(|text| text.is_ascii());
        let upper = || texts.iter().any(|text| text.bytes().any(|byte| byte.is_ascii_uppercase()));
        if ascii && !upper() {
            return Self::Same;
        }
        // Names are what is looked for, so they are worth the place.
        if ascii && column != Column::Name {
            return Self::Lower;
        }
        let folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
        if folded.iter().zip(texts).all(|(folded, text)| folded == text) {
            return Self::Same;
        }
        Self::Kept(Texts::new(&folded, None))
    }
}
