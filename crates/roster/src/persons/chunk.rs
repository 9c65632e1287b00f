//! Some persons, as columns.

use super::column::{COLUMNS, Column, SEARCHED};
use super::ints::Ints;
use super::mask::Mask;
use super::ready::Ready;
use super::texts::Texts;
use super::{ROWS, SHARED};
use membership::text::fold;
use membership::{AccountStatus, Encoder, Money, PersonFields, PersonView, Presence, TextField, Written};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use uuid::Uuid;

/// Up to [`ROWS`] persons. A changed one is a new chunk, which shares the columns in which nothing has changed.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    /// The rows that hold somebody.
    pub(crate) live: Mask,
    numbers: Ints,
    ids: Arc<[Uuid]>,
    rates: Ints,
    earnings: Ints,
    feedback: Ints,
    positive: Ints,
    active: Ints,
    created: Ints,
    updated: Ints,
    /// Account status and presence, see [`marks`].
    marks: Arc<[u8]>,
    texts: [Texts; COLUMNS],
    /// What filters and orders read of the columns that are searched.
    folded: [Folding; SEARCHED],
    bytes: u32,
    ready: Ready,
}

/// How the folded texts of a column come about.
#[derive(Clone, Debug)]
pub(crate) enum Folding {
    /// They are the texts themselves.
    Same,
    /// All texts are ASCII: folding is to put them in lower case, which is done again each time they are read.
    Lower,
    /// They are kept.
    Kept(Texts),
}

/// Texts of a row that must be put together, for as long as the row is read.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    email: String,
    avatar: String,
    link: String,
}

const AVAILABLE: u8 = 4;

fn marks(person: &PersonView<'_>) -> u8 {
    let status = match person.account_status {
        AccountStatus::Active => 0,
        AccountStatus::NoAccess => 1,
        AccountStatus::Blocked => 2,
    };
    match person.presence {
        Presence::Available => status | AVAILABLE,
        Presence::Offline => status,
    }
}

const fn status(marks: u8) -> AccountStatus {
    match marks & 3 {
        0 => AccountStatus::Active,
        1 => AccountStatus::NoAccess,
        _ => AccountStatus::Blocked,
    }
}

impl Chunk {
    /// With nobody in it.
    pub(crate) fn empty() -> Self {
        let zero = Ints::new(std::iter::empty());
        let texts: [Texts; COLUMNS] = std::array::from_fn(|_| Texts::new(&[""], None));
        Self {
            live: Mask::NONE,
            numbers: zero.clone(),
            ids: [].into(),
            rates: zero.clone(),
            earnings: zero.clone(),
            feedback: zero.clone(),
            positive: zero.clone(),
            active: zero.clone(),
            created: zero.clone(),
            updated: zero,
            marks: [].into(),
            texts,
            folded: std::array::from_fn(|_| Folding::Same),
            bytes: 0,
            ready: Ready::default(),
        }
    }

    /// The one with nobody in it that all share.
    pub(crate) fn nobody() -> Arc<Self> {
        static NOBODY: LazyLock<Arc<Chunk>> = LazyLock::new(|| Arc::new(Chunk::empty()));
        Arc::clone(&NOBODY)
    }

    /// With these persons in these rows, nobody where it says `None`. Rows are ascending.
    pub(crate) fn with(&self, changes: &[(usize, Option<PersonView<'_>>)]) -> Self {
        let changed: Vec<Option<&(usize, Option<PersonView<'_>>)>> = {
            let mut by_row = vec![None; ROWS];
            changes.iter().for_each(|change| by_row[change.0] = Some(change));
            by_row
        };
        let mut live = self.live;
        for (row, person) in changes {
            if person.is_some() { live.set(*row) } else { live.unset(*row) }
        }
        // Rows behind the last that holds somebody take no place.
        let rows = live.rows().last().map_or(0, |row| row + 1);

        let ints = |old: &Ints, value: fn(&PersonView<'_>) -> Option<i64>| {
            let same = |(row, person): &(usize, Option<PersonView<'_>>)| match person {
                Some(person) => self.live.has(*row) && old.get(*row) == value(person),
                None => true,
            };
            if rows == self.rows() && changes.iter().all(same) {
                return old.clone();
            }
            Ints::new((0..rows).map(|row| match changed[row] {
                Some((_, person)) => person.as_ref().and_then(value),
                None if self.live.has(row) => old.get(row),
                None => None,
            }))
        };
        let mut next = Self {
            live,
            numbers: ints(&self.numbers, |p| Some(p.number)),
            ids: self.ids_with(rows, &changed),
            rates: ints(&self.rates, |p| Some(p.hourly_rate.cents)),
            earnings: ints(&self.earnings, |p| Some(p.earnings_6_months.cents)),
            feedback: ints(&self.feedback, |p| Some(p.feedback_6_months)),
            positive: ints(&self.positive, |p| Some(p.positive_feedback_6_months)),
            active: ints(&self.active, |p| p.last_active_at),
            created: ints(&self.created, |p| Some(p.created_at)),
            updated: ints(&self.updated, |p| p.updated_at),
            marks: self.marks_with(rows, &changed),
            texts: self.texts.clone(),
            folded: self.folded.clone(),
            bytes: 0,
            ready: Ready::default(),
        };
        let mut uids: Vec<&str> = Vec::with_capacity(rows);
        uids.extend((0..rows).map(|row| match changed[row] {
            Some((_, person)) => person.as_ref().map_or("", |person| person.uid),
            None => self.uid(row),
        }));
        for column in Column::ALL {
            let at = *column as usize;
            let wanted = |row: usize| match changed[row] {
                Some((_, person)) => Cow::Borrowed(person.as_ref().map_or("", |person| column.of(person))),
                None => self.text(*column, row),
            };
            // Where it holds uids, it is asked with those that are to be.
            let same = |(row, person): &(usize, Option<PersonView<'_>>)| match person {
                Some(person) => *row < rows && self.texts[at].get(*row, uids[*row]) == column.of(person),
                None => true,
            };
            if rows == self.rows() && changes.iter().all(same) {
                continue;
            }
            let texts: Vec<Cow<'_, str>> = (0..rows).map(wanted).collect();
            let new = Texts::new(&texts, column.may_hold_uid().map(|how| (how, uids.as_slice())));
            if column.is_searched() {
                next.folded[at] = Folding::new(*column, &texts);
            }
            next.texts[at] = new;
        }
        next.bytes = next.measure();
        next
    }

    fn ids_with(&self, rows: usize, changed: &[Option<&(usize, Option<PersonView<'_>>)>]) -> Arc<[Uuid]> {
        let id = |row: usize| match changed[row] {
            Some((_, person)) => person.as_ref().map_or(Uuid::nil(), |person| person.id),
            None => self.ids.get(row).copied().unwrap_or_default(),
        };
        if rows == self.ids.len() && (0..rows).all(|row| self.ids[row] == id(row)) {
            return Arc::clone(&self.ids);
        }
        (0..rows).map(id).collect()
    }

    fn marks_with(&self, rows: usize, changed: &[Option<&(usize, Option<PersonView<'_>>)>]) -> Arc<[u8]> {
        let mark = |row: usize| match changed[row] {
            Some((_, person)) => person.as_ref().map_or(0, marks),
            None => self.marks.get(row).copied().unwrap_or_default(),
        };
        if rows == self.marks.len() && (0..rows).all(|row| self.marks[row] == mark(row)) {
            return Arc::clone(&self.marks);
        }
        (0..rows).map(mark).collect()
    }

    /// How many rows take place.
    pub(crate) fn rows(&self) -> usize {
        self.ids.len()
    }

    #[inline]
    pub(crate) fn number(&self, row: usize) -> i64 {
        self.numbers.value(row)
    }

    #[inline]
    pub(crate) fn id(&self, row: usize) -> Uuid {
        self.ids[row]
    }

    /// The time of the last change; of the creation when never changed.
    #[inline]
    pub(crate) fn changed(&self, row: usize) -> i64 {
        self.updated.get(row).unwrap_or_else(|| self.created.value(row))
    }

    #[inline]
    pub(crate) fn presence(&self, row: usize) -> Presence {
        if self.marks[row] & AVAILABLE == 0 { Presence::Offline } else { Presence::Available }
    }

    #[inline]
    pub(crate) fn status(&self, row: usize) -> AccountStatus {
        status(self.marks[row])
    }

    #[inline]
    pub(crate) fn uid(&self, row: usize) -> &str {
        // Rows behind the last have no place, not even for an empty text.
        if row < self.rows() { self.texts[Column::Uid as usize].stored(row, "") } else { "" }
    }

    fn text(&self, column: Column, row: usize) -> Cow<'_, str> {
        if row < self.rows() { self.texts[column as usize].get(row, self.uid(row)) } else { Cow::Borrowed("") }
    }

    /// The columns as filters read them: the texts, and how they are folded.
    pub(crate) fn searched(&self, column: Column) -> (&Texts, &Folding) {
        // A login that is the uid is looked for there, folded alike.
        let at = match (column, &self.texts[column as usize]) {
            (Column::Login, Texts::AroundUid(_)) => Column::Uid as usize,
            (_, _) => column as usize,
        };
        match &self.folded[at] {
            Folding::Kept(texts) => (texts, &Folding::Same),
            folding => (&self.texts[at], folding),
        }
    }

    /// The folded text of a row.
    pub(crate) fn folded(&self, field: TextField, row: usize) -> Cow<'_, str> {
        let Some(column) = Column::of_field(field) else { return Cow::Borrowed(self.status(row).folded()) };
        let (texts, folding) = self.searched(column);
        let text = match texts {
            Texts::AroundUid(_) => return texts.get(row, self.uid(row)),
            _ => texts.stored(row, ""),
        };
        match folding {
            Folding::Lower if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Cow::Owned(text.to_ascii_lowercase())
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// The person of a row, with the fields that are asked for.
    #[inline]
    pub(crate) fn view<'a>(&'a self, row: usize, fields: PersonFields, scratch: &'a mut Scratch) -> PersonView<'a> {
        let uid = self.uid(row);
        let asked = |column: Column| column.asked().is_none_or(|asked| fields.contains(asked));
        let text = |column: Column| if asked(column) { self.texts[column as usize].stored(row, uid) } else { "" };
        let Scratch { email, avatar, link } = scratch;
        let put = |column: Column, scratch: &'a mut String| {
            if asked(column) { self.texts[column as usize].get_in(row, uid, scratch) } else { "" }
        };
        let business = fields.contains(PersonFields::BUSINESS);
        let times = fields.contains(PersonFields::TIMES);
        let money = |ints: &Ints| Money { cents: if business { ints.value(row) } else { 0 } };
        PersonView {
            number: if fields.contains(PersonFields::NUMBER) { self.number(row) } else { 0 },
            id: if fields.contains(PersonFields::ID) { self.id(row) } else { Uuid::nil() },
            uid,
            login: text(Column::Login),
            name: text(Column::Name),
            business_name: text(Column::BusinessName),
            tag_line: text(Column::TagLine),
            description: text(Column::Description),
            email: put(Column::Email, email),
            phone: text(Column::Phone),
            additional_information: text(Column::AdditionalInformation),
            hourly_rate: money(&self.rates),
            city: text(Column::City),
            state: text(Column::State),
            country: text(Column::Country),
            category: text(Column::Category),
            earnings_6_months: money(&self.earnings),
            feedback_6_months: if business { self.feedback.value(row) } else { 0 },
            positive_feedback_6_months: if business { self.positive.value(row) } else { 0 },
            avatar: put(Column::Avatar, avatar),
            link: put(Column::Link, link),
            metadata: text(Column::Metadata),
            tags: text(Column::Tags),
            role: text(Column::Role),
            status_message: text(Column::StatusMessage),
            account_status: if fields.contains(PersonFields::ACCOUNT_STATUS) {
                self.status(row)
            } else {
                AccountStatus::Active
            },
            presence: if fields.contains(PersonFields::PRESENCE) { self.presence(row) } else { Presence::Available },
            last_active_at: if times { self.active.get(row) } else { None },
            created_at: if times { self.created.value(row) } else { 0 },
            updated_at: if times { self.updated.get(row) } else { None },
        }
    }

    /// What the encoder, whose rows are kept at this place, writes of a row. Where nothing is written of the chunk yet, it
    /// is written now if any are `left` of those that may be.
    pub(crate) fn written(&self, at: usize, encoder: &Encoder, row: usize, left: &mut usize) -> Option<Written<'_>> {
        if *left > 0 && !self.ready.has(at) {
            *left -= 1;
            self.ready.write(at, encoder, self);
        }
        self.ready.row(at, row)
    }

    pub(crate) fn ready_bytes(&self) -> u64 {
        self.ready.bytes()
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes as u64
    }

    fn measure(&self) -> u32 {
        let ints = [
            &self.numbers,
            &self.rates,
            &self.earnings,
            &self.feedback,
            &self.positive,
            &self.active,
            &self.created,
            &self.updated,
        ];
        let folded = self.folded.iter().map(|folding| match folding {
            Folding::Kept(texts) => texts.bytes(),
            Folding::Same | Folding::Lower => 0,
        });
        let columns = ints.iter().map(|ints| ints.bytes()).sum::<usize>()
            + self.texts.iter().map(Texts::bytes).sum::<usize>()
            + folded.sum::<usize>();
        let rows = self.ids.len() * size_of::<Uuid>() + self.marks.len() + 2 * SHARED;
        u32::try_from(size_of::<Self>() + SHARED + columns + rows).unwrap_or(u32::MAX)
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
