//! The members of a group that is being loaded, before they have slots.

use crate::persons::{BLOCK, COLUMNS, Chunk, Column, ROWS, Scratch, gather};
use membership::{MemberRow, PersonFields, PersonView, Scope, State};

/// What has been read of a group.
pub(crate) struct Staging {
    /// Each membership, with the number of the person, in the order of their coming.
    pub(crate) entries: Vec<(i64, State, Scope, Option<i64>)>,
    /// The numbers of those whose rows are here, in the same order.
    pub(crate) here: Vec<i64>,
    /// Those of them who fill whole chunks.
    pub(crate) chunks: Vec<Chunk>,
    /// The last ones, not enough for a chunk.
    pub(crate) rest: Buffer,
    /// Whether these are the first, so that those that are to stand together in a block are gathered in runs.
    first: bool,
    /// How many bytes it may take, and does.
    most: u64,
    bytes: u64,
}

/// Persons whose texts stand one behind the other.
#[derive(Default)]
pub(crate) struct Buffer {
    text: String,
    rows: Vec<(PersonView<'static>, [u32; COLUMNS])>,
}

impl Buffer {
    fn push(&mut self, person: &PersonView<'_>) {
        let ends = std::array::from_fn(|at| {
            self.text.push_str(Column::ALL[at].of(person));
            // Some hundred persons of some ten thousand bytes at most.
            self.text.len() as u32
        });
        let PersonView { number, id, account_status, presence, last_active_at, created_at, updated_at, .. } = *person;
        let bare = PersonView {
            number,
            id,
            uid: "",
            login: "",
            name: "",
            business_name: "",
            tag_line: "",
            description: "",
            email: "",
            phone: "",
            additional_information: "",
            hourly_rate: person.hourly_rate,
            city: "",
            state: "",
            country: "",
            category: "",
            earnings_6_months: person.earnings_6_months,
            feedback_6_months: person.feedback_6_months,
            positive_feedback_6_months: person.positive_feedback_6_months,
            avatar: "",
            link: "",
            metadata: "",
            tags: "",
            role: "",
            status_message: "",
            account_status,
            presence,
            last_active_at,
            created_at,
            updated_at,
        };
        self.rows.push((bare, ends));
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The persons, in the order of their coming.
    pub(crate) fn views(&self) -> impl Iterator<Item = PersonView<'_>> {
        let mut start = 0;
        self.rows.iter().map(move |(bare, ends)| {
            let mut person: PersonView<'_> = *bare;
            for (column, end) in Column::ALL.iter().zip(ends) {
                column.put(&mut person, &self.text[start..*end as usize]);
                start = *end as usize;
            }
            person
        })
    }

    fn clear(&mut self) {
        self.text.clear();
        self.rows.clear();
    }
}

impl Staging {
    /// For a group that takes `most` bytes at most; the `first` where nobody is in memory yet.
    pub(crate) fn new(most: u64, first: bool) -> Self {
        let rest = Buffer::default();
        Self { entries: Vec::new(), here: Vec::new(), chunks: Vec::new(), rest, first, most, bytes: 0 }
    }

    pub(crate) fn push(&mut self, row: &MemberRow<'_>) {
        if self.is_too_large() {
            return;
        }
        self.entries.push((row.person.number, row.state, row.scope, row.joined_at));
        self.push_person(&row.person);
        if self.is_too_large() {
            *self = Self { bytes: self.bytes, ..Self::new(self.most, self.first) };
        }
    }

    /// Without the rows of those for whom `known`, which stands in the order of the entries, says so.
    pub(crate) fn without(self, known: &[bool]) -> Self {
        let mut left = Self::new(self.most, false);
        let mut scratch = Scratch::default();
        let mut known = known.iter();
        for chunk in &self.chunks {
            for row in 0..ROWS {
                if known.next() == Some(&false) {
                    left.push_person(&chunk.view(row, PersonFields::ALL, &mut scratch));
                }
            }
        }
        self.rest.views().zip(known).filter(|(_, known)| !**known).for_each(|(person, _)| left.push_person(&person));
        Self { entries: self.entries, ..left }
    }

    fn push_person(&mut self, person: &PersonView<'_>) {
        self.here.push(person.number);
        self.rest.push(person);
        if self.rest.len() == ROWS {
            let rows: Vec<_> = self.rest.views().map(Some).enumerate().collect();
            let chunk = Chunk::empty().with(&rows);
            self.bytes += chunk.bytes() + (ROWS * size_of::<u64>()) as u64;
            self.chunks.push(chunk);
            // At once, so that what they stand in till then is soon used again.
            if self.first && self.chunks.len().is_multiple_of(BLOCK) {
                let begin = self.chunks.len() - BLOCK;
                gather(&mut self.chunks[begin..]);
            }
            self.rest.clear();
        }
    }

    /// Whether it takes more than it may; then nothing is kept of it.
    pub(crate) const fn is_too_large(&self) -> bool {
        self.bytes > self.most
    }
}
