//! Which row each identifier names, in the input and in what was looked up of the store.
//!
//! A million persons take some 250 MB: texts are kept as 128 bits of keyed hashes, not as texts.

use super::bad::Problem;
use super::codec::Names;
use super::rules::MAX_NUMBER;
use crate::identity;
use membership::limits;
use membership::text::fold;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use uuid::Uuid;

/// What rows are called in problems, and what their uids are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Person,
    Group,
}

impl Kind {
    const fn noun(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Group => "group",
        }
    }

    const fn nobody(self) -> &'static str {
        match self {
            Self::Person => "nobody",
            Self::Group => "no group",
        }
    }

    const fn uid(self) -> &'static str {
        match self {
            Self::Person => "uid",
            Self::Group => "guid",
        }
    }
}

/// How often the input has said something about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Never,
    /// On one line, or on several that say the same.
    Once,
    /// On several lines that differ.
    Often,
}

/// A row that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub number: i64,
    /// The id of a row that is made; nil for one of the store.
    pub id: Uuid,
    /// Whether the import makes it.
    pub new: bool,
    pub told: Told,
    /// Of what the first line said.
    hash: u64,
}

/// The identifiers that were made for a row that did not bring them.
#[derive(Clone, Debug, Default)]
pub(super) struct Made {
    pub uid: Option<Box<str>>,
    pub login: Option<Box<str>>,
}

type Digest = [u8; 16];
/// A map by what is a keyed hash already.
type ByDigest<V> = HashMap<Digest, V, BuildHasherDefault<Begin>>;
/// A map by a number or an id, with a hash that is quick, and another one in each process.
type Quick<K, V> = hashbrown::HashMap<K, V>;

/// Takes the beginning of a digest for its hash.
#[derive(Debug, Default)]
struct Begin(u64);

impl Hasher for Begin {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 ^= u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Keyed hashes that stand for texts and for lines. Its clones give the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Hashes(RandomState, RandomState);

impl Hashes {
    fn text(&self, what: Text, text: &str) -> Digest {
        let halves = (self.0.hash_one((what, text)), self.1.hash_one((what, text)));
        let mut digest = [0; 16];
        digest[..8].copy_from_slice(&halves.0.to_le_bytes());
        digest[8..].copy_from_slice(&halves.1.to_le_bytes());
        digest
    }

    /// Of what a line says.
    pub fn line(&self, line: &[u8]) -> u64 {
        self.0.hash_one(line)
    }

    /// Of the texts among `names`.
    pub fn of(&self, names: &Names<'_>) -> Digests {
        Digests {
            uid: names.uid.map(|uid| self.text(Text::Uid, uid)),
            login: names.login.map(|login| self.text(Text::Login, &fold(login))),
        }
    }
}

/// What stands for the uid and the folded login of some names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Digests {
    uid: Option<Digest>,
    login: Option<Digest>,
}

/// The claim of a line that brings nothing but the text.
const NOTHING: u64 = 0;
/// The claim of lines that bring different things.
const SEVERAL: u64 = u64::MAX;
/// All identifiers that a line can bring beside a text: number, id, and the other text.
const ALL: u8 = 1 | 2 | 4;

/// The rows of one kind.
#[derive(Debug)]
pub(super) struct Known {
    kind: Kind,
    rows: Vec<Row>,
    numbers: Quick<i64, u32>,
    ids: Quick<Uuid, u32>,
    /// Of uids and of folded logins.
    texts: ByDigest<u32>,
    made: HashMap<u32, Made>,
    /// Texts that were looked up lately and are not in the store.
    absent: HashSet<Digest, BuildHasherDefault<Begin>>,
    /// Texts that lines of the input bring, with a hash of what else these bring.
    claims: ByDigest<u64>,
    /// Where to go on when a base for an identifier is taken.
    attempts: ByDigest<u32>,
    pub hashes: Hashes,
    /// The last number given.
    pub last: i64,
    /// The highest number of a row that is made.
    pub highest: i64,
}

/// What a text is; a uid and a login may be the same text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Text {
    Uid,
    Login,
}

impl Known {
    /// Nothing known yet; `last` is the last number that is taken, in the store or by what the input says.
    pub fn new(kind: Kind, last: i64) -> Self {
        Self {
            kind,
            rows: Vec::new(),
            numbers: Quick::new(),
            ids: Quick::new(),
            texts: HashMap::default(),
            made: HashMap::new(),
            absent: HashSet::default(),
            claims: HashMap::default(),
            attempts: HashMap::default(),
            hashes: Hashes::default(),
            last,
            highest: 0,
        }
    }

    /// Makes room for so many more rows at once, since growing by and by means moving all of them again and again.
    pub fn expect(&mut self, rows: u64) {
        let rows = usize::try_from(rows).unwrap_or_default();
        self.rows.reserve(rows);
        self.numbers.reserve(rows);
        self.ids.reserve(rows);
        self.texts.reserve(if self.kind == Kind::Person { 2 * rows } else { rows });
    }

    pub fn row(&self, at: u32) -> Option<&Row> {
        self.rows.get(at as usize)
    }

    pub fn made(&self, at: u32) -> Option<&Made> {
        self.made.get(&at)
    }

    pub fn by_number(&self, number: i64) -> Option<u32> {
        self.numbers.get(&number).copied()
    }

    pub fn by_id(&self, id: Uuid) -> Option<u32> {
        self.ids.get(&id).copied()
    }

    /// By a uid or by a folded login.
    pub fn by_text(&self, what: Text, text: &str) -> Option<u32> {
        self.texts.get(&self.hashes.text(what, text)).copied()
    }

    /// The row that all of `names` name; `None` when none of them names any.
    pub fn find(&self, names: &Names<'_>) -> Result<Option<u32>, Problem> {
        self.find_by(names, &self.hashes.of(names))
    }

    /// The same with the digests of the names.
    pub fn find_by(&self, names: &Names<'_>, digests: &Digests) -> Result<Option<u32>, Problem> {
        let mut found: Option<(&'static str, Option<u32>)> = None;
        let mut said = |field: &'static str, row: Option<u32>| match found {
            None => {
                found = Some((field, row));
                Ok(())
            }
            Some((_, first)) if first == row => Ok(()),
            Some((first_field, first)) => Err(self.conflict((first_field, first), (field, row))),
        };
        if let Some(number) = names.number {
            said("number", self.by_number(number))?;
        }
        if let Some(id) = names.id {
            said("id", self.by_id(id))?;
        }
        if let Some(uid) = &digests.uid {
            said(self.kind.uid(), self.texts.get(uid).copied())?;
        }
        if let Some(login) = &digests.login {
            said("login", self.texts.get(login).copied())?;
        }
        Ok(found.and_then(|(_, row)| row))
    }

    fn conflict(&self, a: (&'static str, Option<u32>), b: (&'static str, Option<u32>)) -> Problem {
        let what = |row: Option<u32>| match row.and_then(|at| self.row(at)) {
            Some(row) => format!("{} {}", self.kind.noun(), row.number),
            None => self.kind.nobody().to_owned(),
        };
        // The identifier that names nobody is the one to look at.
        let (odd, other) = if a.1.is_none() { (a, b) } else { (b, a) };
        let mut text = format!("{} names {}, but {} names {}", odd.0, what(odd.1), other.0, what(other.1));
        if odd.1.is_none() {
            text.push_str("; an identifier never changes");
        }
        Problem { field: odd.0, text }
    }

    /// Notes which texts were looked up; those that no known row has are not in the store.
    pub fn looked_up<'a>(&mut self, what: Text, texts: impl Iterator<Item = &'a String>) {
        let digests: Vec<Digest> = texts.map(|text| self.hashes.text(what, text)).collect();
        self.absent.extend(digests);
    }

    /// Forgets what was looked up.
    pub fn forget_lookups(&mut self) {
        self.absent.clear();
    }

    /// Takes in a row of the store.
    pub fn stored(&mut self, number: i64, id: &str, uid: &str, login_folded: &str) {
        if self.numbers.contains_key(&number) {
            return;
        }
        let at = self.push(Row { number, id: Uuid::nil(), new: false, told: Told::Never, hash: 0 });
        self.numbers.insert(number, at);
        if let Ok(id) = id.parse() {
            self.ids.insert(id, at);
        }
        self.name_text(Text::Uid, uid, at);
        if self.kind == Kind::Person {
            self.name_text(Text::Login, login_folded, at);
        }
    }

    fn push(&mut self, row: Row) -> u32 {
        self.rows.push(row);
        u32::try_from(self.rows.len() - 1).unwrap_or(u32::MAX)
    }

    fn name_text(&mut self, what: Text, text: &str, at: u32) {
        let digest = self.hashes.text(what, text);
        self.texts.insert(digest, at);
    }

    /// Why no row can be made for `names`: it brings no number, and there are none left.
    pub fn used_up(&self, names: &Names<'_>) -> Result<(), Problem> {
        if names.number.is_none() && self.last >= MAX_NUMBER {
            return Err(Problem::of("number", format!("is missing, and none is left: {MAX_NUMBER} is taken")));
        }
        Ok(())
    }

    /// Keeps the texts that a line brings from being made for another row, whichever line comes first.
    pub fn claim(&mut self, names: &Names<'_>) {
        let folded = names.login.map(fold);
        for (what, text) in [(Text::Uid, names.uid), (Text::Login, folded.as_deref())] {
            let Some(text) = text else { continue };
            let claim = self.others(names, what, ALL);
            let place = self.claims.entry(self.hashes.text(what, text)).or_insert(claim);
            *place = match (*place, claim) {
                (NOTHING, claim) | (claim, NOTHING) => claim,
                (earlier, later) if earlier == later => earlier,
                _ => SEVERAL,
            };
        }
    }

    /// A hash of what a line brings beside the text `what`, of the identifiers whose bits are set in `which`.
    fn others(&self, names: &Names<'_>, what: Text, which: u8) -> u64 {
        let (uid, login) = match what {
            Text::Uid => (None, names.login.map(fold)),
            Text::Login => (names.uid, None),
        };
        let wanted = |bit: u8| which & bit != 0;
        let number = names.number.filter(|_| wanted(1));
        let id = names.id.filter(|_| wanted(2));
        let (uid, login) = (uid.filter(|_| wanted(4)), login.filter(|_| wanted(4)));
        match (number, id, uid, login) {
            (None, None, None, None) => NOTHING,
            others => self.hashes.0.hash_one(others).clamp(NOTHING + 1, SEVERAL - 1),
        }
    }

    /// Whether a line brings the text for another row than that of `names`. A line that brings nothing that this one
    /// does not would name the same row.
    fn is_claimed(&self, digest: &Digest, what: Text, names: &Names<'_>) -> bool {
        let claim = self.claims.get(digest).copied().unwrap_or(NOTHING);
        claim != NOTHING && !(1..=ALL).any(|which| self.others(names, what, which) == claim)
    }

    /// Takes in a row that nothing names yet, with identifiers for all that it does not bring; `digests` are those of
    /// `names`. `named` is the name of
    /// a group; `in_store` tells whether the store has a uid or a folded login.
    pub fn make<E>(
        &mut self,
        names: &Names<'_>,
        digests: &Digests,
        named: Option<&str>,
        in_store: &mut dyn FnMut(Text, &str) -> Result<bool, E>,
    ) -> Result<u32, E> {
        let number = names.number.unwrap_or(self.last + 1);
        self.last = self.last.max(number);
        self.highest = self.highest.max(number);
        let id = names.id.unwrap_or_else(Uuid::new_v4);
        let at = self.push(Row { number, id, new: true, told: Told::Never, hash: 0 });
        self.numbers.insert(number, at);
        self.ids.insert(id, at);
        let mut made = Made::default();
        let uid: Option<String> = match digests.uid {
            Some(digest) => {
                self.texts.insert(digest, at);
                None
            }
            None => {
                let base = match self.kind {
                    Kind::Person => identity::uid_base(names.login, number),
                    Kind::Group => identity::guid_base(named, number),
                };
                let uid = self.free(Text::Uid, &base, names, in_store)?;
                self.name_text(Text::Uid, &uid, at);
                made.uid = Some(uid.as_str().into());
                Some(uid)
            }
        };
        match digests.login {
            Some(digest) => drop(self.texts.insert(digest, at)),
            None if self.kind == Kind::Person => {
                let base = uid.as_deref().or(names.uid).unwrap_or_default();
                let login = self.free(Text::Login, base, names, in_store)?;
                self.name_text(Text::Login, &fold(&login), at);
                made.login = Some(login.into());
            }
            None => {}
        }
        if made.uid.is_some() || made.login.is_some() {
            self.made.insert(at, made);
        }
        Ok(at)
    }

    /// The first attempt at `base` that nobody has, and that no line brings for another row than that of `names`.
    fn free<E>(
        &mut self,
        what: Text,
        base: &str,
        names: &Names<'_>,
        in_store: &mut dyn FnMut(Text, &str) -> Result<bool, E>,
    ) -> Result<String, E> {
        let key = self.hashes.text(what, base);
        let mut n = self.attempts.get(&key).copied().unwrap_or(1);
        loop {
            let candidate = identity::attempt(base, n, limits::UID);
            // A made login is a made uid or like one, so it is folded already.
            let digest = self.hashes.text(what, &candidate);
            let reserved = (self.kind, what) == (Kind::Person, Text::Uid) && candidate == limits::RESERVED_UID;
            let taken = reserved || self.texts.contains_key(&digest) || self.is_claimed(&digest, what, names);
            if !taken && (self.absent.contains(&digest) || !in_store(what, &candidate)?) {
                if n > 1 {
                    self.attempts.insert(key, n);
                }
                return Ok(candidate);
            }
            n = n.saturating_add(1);
        }
    }

    /// Notes that a line says something about the row; false when an earlier line said just the same.
    /// `hash` is that of the line.
    pub fn tell(&mut self, at: u32, hash: u64) -> bool {
        let Some(row) = self.rows.get_mut(at as usize) else { return false };
        match row.told {
            Told::Never => {
                (row.told, row.hash) = (Told::Once, hash);
                true
            }
            Told::Once if row.hash == hash => false,
            Told::Once | Told::Often => {
                row.told = Told::Often;
                true
            }
        }
    }
}

/// What is known of the memberships in the input, by the places of group and person.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pairs: Quick<(u32, u32), Pair>,
}

/// What is known of a membership.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// Where it stands after the lines so far.
    pub state: Option<membership::State>,
    /// Whether the store has it.
    pub stored: bool,
    pub told: Told,
    hash: u64,
}

impl Pairs {
    /// As [`Known::expect`].
    pub fn expect(&mut self, pairs: u64) {
        self.pairs.reserve(usize::try_from(pairs).unwrap_or_default());
    }

    pub fn get(&self, key: (u32, u32)) -> Option<&Pair> {
        self.pairs.get(&key)
    }

    /// Takes in a membership of the store.
    pub fn stored(&mut self, key: (u32, u32), state: membership::State) {
        let pair = Pair { state: Some(state), stored: true, told: Told::Never, hash: 0 };
        self.pairs.entry(key).or_insert(pair);
    }

    /// Notes that a line leads the membership to `state`; false when an earlier line said just the same. `hash` is that
    /// of the line.
    pub fn tell(&mut self, key: (u32, u32), state: membership::State, hash: u64) -> bool {
        let new = Pair { state: None, stored: false, told: Told::Never, hash: 0 };
        let pair = self.pairs.entry(key).or_insert(new);
        match pair.told {
            Told::Never => (pair.told, pair.hash) = (Told::Once, hash),
            Told::Once if pair.hash == hash => return false,
            Told::Once | Told::Often => pair.told = Told::Often,
        }
        pair.state = Some(state);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(known: &mut Known, names: Names<'_>) -> u32 {
        assert_eq!(known.find(&names), Ok(None));
        let digests = known.hashes.of(&names);
        let made = known.make::<()>(&names, &digests, None, &mut |_, text| Ok(text == "taken"));
        made.expect("nothing fails")
    }

    #[test]
    fn identifiers_must_agree() {
        let mut known = Known::new(Kind::Person, 0);
        make(&mut known, Names { number: Some(5), uid: Some("a"), login: Some("A"), id: None });
        make(&mut known, Names { number: Some(7), uid: Some("b"), login: Some("B"), id: None });
        let find = |number, uid, login| {
            let found = known.find(&Names { number, id: None, uid, login });
            found.map_err(|p| (p.field, p.text))
        };
        assert_eq!(find(Some(5), Some("a"), Some("a")), Ok(Some(0)), "logins are compared folded");
        assert_eq!(find(None, Some("A"), None), Ok(None), "uids are lower case before they come here");
        assert_eq!(
            find(Some(5), Some("b"), None),
            Err(("uid", "uid names person 7, but number names person 5".to_owned()))
        );
        let gone = |field: &str, other| {
            format!("{field} names nobody, but {other} names person 5; an identifier never changes")
        };
        assert_eq!(find(Some(6), Some("a"), None), Err(("number", gone("number", "uid"))));
        assert_eq!(find(Some(5), None, Some("new")), Err(("login", gone("login", "number"))));
    }

    #[test]
    fn identifiers_are_made_for_all() {
        let mut known = Known::new(Kind::Person, 40);
        let bob = make(&mut known, Names { login: Some("Bob B."), ..Names::default() });
        assert_eq!(known.row(bob).map(|r| (r.number, r.new)), Some((41, true)));
        assert_eq!(known.by_text(Text::Uid, "bob-b"), Some(bob));
        let other = make(&mut known, Names { login: Some("bob+b"), ..Names::default() });
        assert_eq!(known.by_text(Text::Uid, "bob-b-2"), Some(other));
        let third = make(&mut known, Names { login: Some("bob b"), ..Names::default() });
        assert_eq!(known.by_text(Text::Uid, "bob-b-3"), Some(third));
        let foreign = make(&mut known, Names { login: Some("李雷"), ..Names::default() });
        assert_eq!(known.by_text(Text::Uid, "person-44"), Some(foreign));
        let taken = make(&mut known, Names { uid: Some("taken"), ..Names::default() });
        assert_eq!(known.by_text(Text::Login, "taken-2"), Some(taken), "the store has a login that is not its uid");
        assert_eq!(known.highest, 45);
    }

    #[test]
    fn lines_that_say_the_same_count_once() {
        let mut known = Known::new(Kind::Group, 0);
        let at = make(&mut known, Names { number: Some(1), ..Names::default() });
        assert!(known.tell(at, 7));
        assert!(!known.tell(at, 7));
        assert_eq!(known.row(at).map(|r| r.told), Some(Told::Once));
        assert!(known.tell(at, 8));
        assert_eq!(known.row(at).map(|r| r.told), Some(Told::Often));
    }
}
