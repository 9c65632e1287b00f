//! The rows of a page as they were loaded: what lists show of a person, as one text with U+0000 between its parts.

use super::statement::Value;
use super::table::Kind;
use crate::rows::{self, Corrupt};
use membership::{AccountStatus, MemberRow, Money, PersonFields, PersonView, Presence, Rows, Scope, State};
use std::cell::Cell;
use std::io::Write;
use std::ops::ControlFlow;
use uuid::Uuid;

/// The columns that a query may leave out, with the fields that ask for them. [`person`] names them by their
/// place here, and `persons.card` in SQLite holds them in this order, behind the uid: what the dialects with the longest
/// pages show comes first, since a card is read no further than it is needed.
pub const OPTIONAL: [(PersonFields, &str, Kind); 28] = [
    (PersonFields::ID, "p.id", Kind::Text),
    (PersonFields::LOGIN, "p.login", Kind::Text),
    (PersonFields::NAME, "p.name", Kind::Text),
    (PersonFields::ACCOUNT_STATUS, "p.account_status", Kind::Text),
    (PersonFields::DESCRIPTION, "p.description", Kind::Text),
    (PersonFields::EMAIL, "p.email", Kind::Text),
    (PersonFields::PHONE, "p.phone", Kind::Text),
    (PersonFields::ADDITIONAL_INFORMATION, "p.additional_information", Kind::Text),
    (PersonFields::PRESENCE, "p.presence", Kind::Text),
    (PersonFields::ROLE, "p.role", Kind::Text),
    (PersonFields::AVATAR, "p.avatar", Kind::Text),
    (PersonFields::LINK, "p.link", Kind::Text),
    (PersonFields::METADATA, "p.metadata", Kind::Text),
    (PersonFields::TAGS, "p.tags", Kind::Text),
    (PersonFields::STATUS_MESSAGE, "p.status_message", Kind::Text),
    (PersonFields::TIMES, "p.last_active_at", Kind::Int),
    (PersonFields::TIMES, "p.created_at", Kind::Int),
    (PersonFields::TIMES, "p.updated_at", Kind::Int),
    (PersonFields::BUSINESS_NAME, "p.business_name", Kind::Text),
    (PersonFields::TAG_LINE, "p.tag_line", Kind::Text),
    (PersonFields::CITY, "p.city", Kind::Text),
    (PersonFields::STATE, "p.state", Kind::Text),
    (PersonFields::COUNTRY, "p.country", Kind::Text),
    (PersonFields::CATEGORY, "p.category", Kind::Text),
    (PersonFields::BUSINESS, "p.hourly_rate", Kind::Int),
    (PersonFields::BUSINESS, "p.earnings_6_months", Kind::Int),
    (PersonFields::BUSINESS, "p.feedback_6_months", Kind::Int),
    (PersonFields::BUSINESS, "p.positive_feedback_6_months", Kind::Int),
];

/// The greatest number of parts of a card: the uid, which every query gets, and the others.
pub const MOST: usize = 1 + OPTIONAL.len();

/// How many bytes a part of a card has at most as a rule, so that the buffer of a page need not grow.
const USUAL: usize = 28;

/// What a row may begin with, before the card.
#[derive(Clone, Copy, Debug)]
pub enum Before {
    /// The scope of the membership.
    Scope,
    /// When the person became a member.
    JoinedAt,
    /// The number of the person.
    Number,
}

/// What a row holds beside the card.
#[derive(Clone, Copy, Debug)]
struct Head {
    /// `None` when it is none.
    scope: Option<Scope>,
    joined_at: i64,
    number: i64,
}

impl Head {
    /// Of a row that was asked for nothing of it.
    const EMPTY: Self = Self { scope: Some(Scope::Participant), joined_at: 0, number: 0 };
}

/// Which parts of a card are read.
#[derive(Clone, Copy, Debug)]
struct Parts {
    /// Up to how many, at least one.
    count: usize,
    /// Which of them: the part `n` by the bit `n`.
    wanted: u32,
}

impl Parts {
    fn of(fields: PersonFields) -> Self {
        let mut parts = Self { count: 1, wanted: 1 };
        for (at, (field, ..)) in OPTIONAL.iter().enumerate() {
            if fields.contains(*field) {
                parts.count = at + 2;
                parts.wanted |= 1 << (at + 1);
            }
        }
        parts
    }

    const fn contain(self, part: usize) -> bool {
        self.wanted >> part & 1 == 1
    }
}

/// Rows as they are gathered. Their texts are not known to be UTF-8.
#[derive(Debug)]
pub struct Gathering {
    parts: Parts,
    heads: Vec<Head>,
    /// Where the parts end, as many for each row as there are parts.
    ends: Vec<u32>,
    texts: Vec<u8>,
    /// How many parts of the row under way are there.
    there: usize,
}

impl Gathering {
    /// Without rows, but with room for so many.
    pub fn new(fields: PersonFields, rows: usize) -> Self {
        let parts = Parts::of(fields);
        Self {
            parts,
            heads: Vec::with_capacity(rows),
            ends: Vec::with_capacity(rows * parts.count),
            texts: Vec::with_capacity(rows * parts.count * USUAL),
            there: 0,
        }
    }

    /// Begins the next row.
    pub fn begin(&mut self) {
        self.heads.push(Head::EMPTY);
        self.there = 0;
    }

    /// Takes a value that comes before the card; `None` when it is not of its kind.
    pub fn before(&mut self, what: Before, value: Value<'_>) -> Option<()> {
        let head = self.heads.last_mut()?;
        match (what, value) {
            (Before::Scope, Value::Text(word)) => head.scope = scope(word),
            (Before::JoinedAt, Value::Int(at)) => head.joined_at = at,
            (Before::Number, Value::Int(number)) => head.number = number,
            _ => return None,
        }
        Some(())
    }

    /// Takes the rest of a row as a card; `None` when the card has too few parts.
    pub fn card(&mut self, card: &[u8]) -> Option<()> {
        let begin = self.texts.len();
        // A page is a thousand rows of bounded texts: four gigabytes are far away.
        u32::try_from(begin + card.len()).ok()?;
        let mut ends = [0; MOST];
        let mut places = ends.get_mut(..self.parts.count)?.iter_mut();
        let mut last = card.len();
        each_zero(card, |end| match places.next() {
            Some(place) => {
                *place = (begin + end) as u32;
                last = end;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        });
        if let Some(place) = places.next() {
            last = card.len();
            *place = (begin + last) as u32;
        }
        if places.next().is_some() {
            return None;
        }
        self.texts.extend_from_slice(card.get(..last)?);
        self.ends.extend_from_slice(ends.get(..self.parts.count)?);
        Some(())
    }

    /// Takes the next part of a row that is wanted.
    pub fn part(&mut self, value: Value<'_>) -> Option<()> {
        while !self.parts.contain(self.there) {
            self.write_part(Value::Text(b""))?;
        }
        self.write_part(value)
    }

    fn write_part(&mut self, value: Value<'_>) -> Option<()> {
        if self.there == self.parts.count {
            return None;
        }
        if self.there > 0 {
            self.texts.push(0);
        }
        match value {
            Value::Text(text) => self.texts.extend_from_slice(text),
            // Writing into memory cannot fail.
            Value::Int(value) => write!(self.texts, "{value}").ok()?,
        }
        self.ends.push(u32::try_from(self.texts.len()).ok()?);
        self.there += 1;
        Some(())
    }

    /// The finished rows.
    pub fn finish(self, state: State) -> PageRows {
        let Self { parts, heads, ends, texts, .. } = self;
        PageRows { parts, heads, ends, texts, state, corrupt: Cell::new(None) }
    }
}

fn scope(word: &[u8]) -> Option<Scope> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// Tells `found` where each byte is that is zero, until it has enough. Eight bytes are looked at in one step: the parts
/// are so short that a search for the next one alone would take longer to begin than to find it.
#[inline]
fn each_zero(bytes: &[u8], mut found: impl FnMut(usize) -> ControlFlow<()>) {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The highest bit of each byte that is zero: no other is without a carry from its low bits, its own highest bit
        // or one of those that are filled in.
        let mut zeros = !(((word & LOW) + LOW) | word | LOW);
        while zeros != 0 {
            if found(8 * at + zeros.trailing_zeros() as usize / 8).is_break() {
                return;
            }
            zeros &= zeros - 1;
        }
    }
    for (at, byte) in rest.iter().enumerate() {
        if *byte == 0 && found(8 * words.len() + at).is_break() {
            return;
        }
    }
}

/// The rows of a page as they were loaded. They are understood only when they are read, each once; what cannot be
/// understood is passed over and told by [`PageRows::understood`].
#[derive(Debug)]
pub struct PageRows {
    parts: Parts,
    heads: Vec<Head>,
    /// Where the parts end, as many for each row as there are parts. One part is one byte behind the other; the first of
    /// a row begins where the last of the row before it ends.
    ends: Vec<u32>,
    texts: Vec<u8>,
    state: State,
    corrupt: Cell<Option<Corrupt>>,
}

impl PageRows {
    /// Without rows.
    pub const fn empty(state: State) -> Self {
        let parts = Parts { count: 1, wanted: 1 };
        Self { parts, heads: Vec::new(), ends: Vec::new(), texts: Vec::new(), state, corrupt: Cell::new(None) }
    }

    /// None of these rows, but the room that they took.
    pub fn emptied(self) -> Gathering {
        let Self { parts, mut heads, mut ends, mut texts, .. } = self;
        heads.clear();
        ends.clear();
        texts.clear();
        Gathering { parts, heads, ends, texts, there: 0 }
    }

    /// Fails when a row could not be understood.
    pub fn understood(&self) -> Result<(), Corrupt> {
        self.corrupt.get().map_or(Ok(()), Err)
    }

    /// A row, of whose card these are the parts; those that are not wanted are empty.
    fn row<'a>(&self, head: Head, parts: &[&'a str; MOST]) -> Result<MemberRow<'a>, Corrupt> {
        let [uid, texts @ ..] = parts;
        let person = person(head.number, uid, Cut { parts: self.parts, texts })?;
        let scope = head.scope.ok_or(Corrupt("memberships.scope"))?;
        Ok(MemberRow { person, state: self.state, scope, joined_at: rows::some(head.joined_at) })
    }
}

/// The parts of a card behind the uid, in the order of [`OPTIONAL`].
pub trait Fields<'a> {
    /// A part that is a text; empty when it is not asked for.
    fn text(&self, at: usize) -> Result<&'a str, Corrupt>;

    /// A part that is an integer; 0 when it is not asked for.
    fn int(&self, at: usize) -> Result<i64, Corrupt>;

    /// Whether the part is asked for.
    fn asked(&self, at: usize) -> bool;
}

/// The person whose card this is.
#[inline]
pub fn person<'a>(number: i64, uid: &'a str, parts: impl Fields<'a>) -> Result<PersonView<'a>, Corrupt> {
    let text = |at: usize| parts.text(at);
    let int = |at: usize| parts.int(at);
    let asked = |at: usize| parts.asked(at);
    Ok(PersonView {
        number,
        uid,
        id: if asked(0) { Uuid::parse_str(text(0)?).map_err(|_| Corrupt("persons.id"))? } else { Uuid::nil() },
        login: text(1)?,
        name: text(2)?,
        account_status: if asked(3) { rows::account_status(text(3)?)? } else { AccountStatus::Active },
        description: text(4)?,
        email: text(5)?,
        phone: text(6)?,
        additional_information: text(7)?,
        presence: if asked(8) {
            text(8)?.parse().map_err(|_| Corrupt("persons.presence"))?
        } else {
            Presence::Available
        },
        role: text(9)?,
        avatar: text(10)?,
        link: text(11)?,
        metadata: text(12)?,
        tags: text(13)?,
        status_message: text(14)?,
        last_active_at: rows::some(int(15)?),
        created_at: int(16)?,
        updated_at: rows::some(int(17)?),
        business_name: text(18)?,
        tag_line: text(19)?,
        city: text(20)?,
        state: text(21)?,
        country: text(22)?,
        category: text(23)?,
        hourly_rate: Money { cents: int(24)? },
        earnings_6_months: Money { cents: int(25)? },
        feedback_6_months: int(26)?,
        positive_feedback_6_months: int(27)?,
    })
}

/// A card that is cut into its parts, those that are not asked for empty.
struct Cut<'r, 'a> {
    parts: Parts,
    texts: &'r [&'a str],
}

impl<'a> Fields<'a> for Cut<'_, 'a> {
    fn text(&self, at: usize) -> Result<&'a str, Corrupt> {
        Ok(self.texts[at])
    }

    fn int(&self, at: usize) -> Result<i64, Corrupt> {
        match self.texts[at] {
            "" => Ok(0),
            digits => digits.parse().map_err(|_| Corrupt("persons.card")),
        }
    }

    fn asked(&self, at: usize) -> bool {
        self.parts.contain(at + 1)
    }
}

impl Rows for PageRows {
    fn len(&self) -> usize {
        self.heads.len()
    }

    fn each(&self, read: &mut dyn FnMut(&MemberRow<'_>)) {
        // Checking all texts at once is faster than checking one after the other.
        let Ok(texts) = simdutf8::basic::from_utf8(&self.texts) else {
            self.corrupt.set(Some(Corrupt("persons.card")));
            return;
        };
        let mut parts = [""; MOST];
        let mut begin = 0;
        for (head, ends) in self.heads.iter().zip(self.ends.chunks_exact(self.parts.count)) {
            for (nth, (part, end)) in parts.iter_mut().zip(ends).enumerate() {
                let end = *end as usize;
                if self.parts.contain(nth) {
                    *part = texts.get(begin..end).unwrap_or_default();
                }
                begin = end + 1;
            }
            begin -= 1;
            match self.row(*head, &parts) {
                Ok(row) => read(&row),
                Err(corrupt) => self.corrupt.set(Some(corrupt)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: [(Before, Value<'static>); 3] =
        [(Before::Scope, Value::Text(b"admin")), (Before::JoinedAt, Value::Int(7)), (Before::Number, Value::Int(8))];

    /// The parts that every row of these cards has.
    fn parts(fields: PersonFields, cards: &[&[u8]]) -> Option<Vec<String>> {
        let mut gathering = Gathering::new(fields, 1);
        for card in cards {
            gathering.begin();
            for (what, value) in BEGIN {
                gathering.before(what, value)?;
            }
            gathering.card(card)?;
        }
        let rows = gathering.finish(State::Member);
        let mut found = Vec::new();
        rows.each(&mut |row| {
            assert_eq!((row.scope, row.joined_at, row.person.number), (Scope::Admin, Some(7), 8));
            let person = &row.person;
            found.push([person.uid, person.login, person.name, person.description].join("|"));
        });
        rows.understood().ok()?;
        Some(found)
    }

    #[test]
    fn a_card_is_read_as_far_as_it_is_needed() {
        let cards: [&[u8]; 2] = ["é\0id\0ab\0\0active\0what\0".as_bytes(), b"u\0i\0\0namely\0\0d"];
        for (fields, expected) in [
            (PersonFields::NONE, ["é|||", "u|||"]),
            (PersonFields::LOGIN, ["é|ab||", "u|||"]),
            (PersonFields::NAME, ["é|||", "u||namely|"]),
            (PersonFields::LOGIN.with(PersonFields::DESCRIPTION), ["é|ab||what", "u|||d"]),
        ] {
            assert_eq!(parts(fields, &cards), Some(expected.map(String::from).to_vec()));
        }
        assert_eq!(parts(PersonFields::EMAIL, &cards), None, "the second has none");
        assert_eq!(parts(PersonFields::NAME, &[b"u\0i\0l\0\xff"]), None, "not UTF-8");
        assert_eq!(parts(PersonFields::PRESENCE, &[b"u\0\0\0\0\0\0\0\0\0away"]), None, "no presence");
    }

    #[test]
    fn parts_that_come_one_by_one_are_those_of_a_card() {
        let fields = PersonFields::NAME.with(PersonFields::TIMES).with(PersonFields::ACCOUNT_STATUS);
        let print = |rows: &PageRows| {
            let mut all = String::new();
            rows.each(&mut |row| all += &format!("{row:?}\n"));
            (all, rows.understood())
        };
        let (mut one_by_one, mut whole) = (Gathering::new(fields, 2), Gathering::new(fields, 2));
        for _ in 0..2 {
            for rows in [&mut one_by_one, &mut whole] {
                rows.begin();
                for (what, value) in BEGIN {
                    assert_eq!(rows.before(what, value), Some(()));
                }
            }
            let (texts, ints) = ([&b"u"[..], b"n", b"blocked"], [-1, 0, i64::MAX]);
            for value in texts.map(Value::Text).into_iter().chain(ints.map(Value::Int)) {
                assert_eq!(one_by_one.part(value), Some(()));
            }
            assert_eq!(one_by_one.part(Value::Int(0)), None, "there is no further part");
            let card = b"u\0i\0l\0n\0blocked\0d\0e\0p\0a\0offline\0r\0a\0l\0m\0t\0s\0-1\x000\x009223372036854775807\0b";
            assert_eq!(whole.card(card), Some(()));
        }
        let rows = [one_by_one, whole].map(|rows| print(&rows.finish(State::Banned)));
        assert_eq!(rows[0], rows[1]);
        assert_eq!((rows[0].0.lines().count(), rows[0].1), (2, Ok(())));
    }

    #[test]
    fn zeros_are_found_wherever_they_are() {
        for length in 0..20 {
            for pattern in 0..1_u32 << length.min(10) {
                let bytes: Vec<u8> = (0..length)
                    .map(|at| if pattern >> (at % 10) & 1 == 1 { 0 } else { [1, 0x80, 0xff, 0x7f][at % 4] })
                    .collect();
                let expected: Vec<usize> = (0..length).filter(|at| bytes[*at] == 0).collect();
                let mut found = Vec::new();
                each_zero(&bytes, |at| {
                    found.push(at);
                    ControlFlow::Continue(())
                });
                assert_eq!(found, expected, "{bytes:?}");
            }
        }
    }
}
