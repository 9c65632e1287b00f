//! Some persons, as columns.

use super::SHARED;
use super::arena::Arena;
use super::change::Change;
use super::column::{COLUMNS, Column, SEARCHED};
use super::ints::Ints;
use super::mask::Mask;
use super::ready::Ready;
use super::texts::Texts;
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
    pub(super) texts: [Texts; COLUMNS],
    /// What filters and orders read of the columns that are searched.
    pub(super) folded: [Folding; SEARCHED],
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

/// Up to so many rows, columns are patched.
const FEW: usize = 16;

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
    ///
    /// Of few persons, columns are patched, and what was written of all others stays so; of many, all are made anew.
    pub(crate) fn with(&self, changes: &[(usize, Option<PersonView<'_>>)]) -> Self {
        let mut live = self.live;
        for (row, person) in changes {
            if person.is_some() { live.set(*row) } else { live.unset(*row) }
        }
        // Rows behind the last that holds somebody take no place, but only give it back when that is worth it.
        let needed = live.rows().last().map_or(0, |row| row + 1);
        let kept = needed.max(self.rows());
        let patch = self.rows() > 0 && changes.len() <= FEW && live.count() as usize * 2 >= kept;
        let rows = if patch { kept } else { needed };
        let change = Change { old: self, rows, patch, changes };
        let mut next = Self {
            live,
            numbers: change.ints(&self.numbers, |p| Some(p.number)),
            ids: change.array(&self.ids, |p| p.id),
            rates: change.ints(&self.rates, |p| Some(p.hourly_rate.cents)),
            earnings: change.ints(&self.earnings, |p| Some(p.earnings_6_months.cents)),
            feedback: change.ints(&self.feedback, |p| Some(p.feedback_6_months)),
            positive: change.ints(&self.positive, |p| Some(p.positive_feedback_6_months)),
            active: change.ints(&self.active, |p| p.last_active_at),
            created: change.ints(&self.created, |p| Some(p.created_at)),
            updated: change.ints(&self.updated, |p| p.updated_at),
            marks: change.array(&self.marks, marks),
            texts: self.texts.clone(),
            folded: self.folded.clone(),
            bytes: 0,
            ready: if patch { self.ready.without(changes.iter().map(|(row, _)| *row)) } else { Ready::default() },
        };
        change.texts(&mut next);
        next.measure();
        next
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

    pub(super) fn text(&self, column: Column, row: usize) -> Cow<'_, str> {
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
    /// is written now if any are `left` of those that may be: parts of chunks.
    pub(crate) fn written(&self, at: usize, encoder: &Encoder, row: usize, left: &mut usize) -> Option<Written<'_>> {
        if *left > 0 && !self.ready.has(at, row) {
            *left -= 1;
            self.ready.write(at, row, encoder, self);
        }
        self.ready.row(at, row)
    }

    pub(crate) fn ready_bytes(&self) -> u64 {
        self.ready.bytes()
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes as u64
    }

    /// The arena in which filters look for texts of a searched column, if they all differ.
    pub(super) fn arena(&self, at: usize) -> Option<&Arena> {
        match &self.folded[at] {
            Folding::Kept(texts) => texts.arena(),
            Folding::Same | Folding::Lower => self.texts[at].arena(),
        }
    }

    pub(super) const fn arena_mut(&mut self, at: usize) -> Option<&mut Arena> {
        match &mut self.folded[at] {
            Folding::Kept(texts) => texts.arena_mut(),
            Folding::Same | Folding::Lower => self.texts[at].arena_mut(),
        }
    }

    /// Counts anew how many bytes it takes.
    pub(super) fn measure(&mut self) {
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
        self.bytes = u32::try_from(size_of::<Self>() + SHARED + columns + rows).unwrap_or(u32::MAX);
    }
}
