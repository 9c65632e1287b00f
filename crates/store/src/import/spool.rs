//! The spool: the whole input, read and judged row by row, in temporary files, one a kind.

use super::bad::{BadRow, BadRows, Problem};
use super::codec::{Field, put_count, take_count};
use super::rules::check_record;
use super::tune::LARGE;
use super::{Format, ImportError, csv, ndjson};
use membership::record::Record;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write};

/// The longest line of NDJSON and the longest row of CSV, in bytes.
pub(super) const MAX_LINE: usize = 1 << 20;
/// How much of the input is looked at to tell its format.
const HEAD: u64 = 4_096;

/// The fields whose place is kept, since they may turn out bad only when all rows are known.
pub(super) const PERSON_KEYS: &[&str] = &["number", "id", "uid", "login"];
/// The same for groups.
pub(super) const GROUP_KEYS: &[&str] = &["number", "id", "guid", "owner"];
/// The same for memberships.
pub(super) const MEMBERSHIP_KEYS: &[&str] =
    &["group", "person", "state", "joined_at", "joined_by", "scope_changed_by", "banned_at", "banned_by"];

/// Input on its way into the store, kept in temporary files that vanish with this.
///
/// ```
/// use store::import::{Format, Spool};
/// let mut spool = Spool::new()?;
/// let mut input = r#"{"kind":"person","uid":"jane"}"#.as_bytes();
/// spool.read("people.ndjson", &mut input, Format::Auto, &mut |_bytes| ())?;
/// assert_eq!(spool.rows(), 1);
/// # Ok::<(), store::import::ImportError>(())
/// ```
#[derive(Debug)]
pub struct Spool {
    pub(super) persons: Pile,
    pub(super) groups: Pile,
    pub(super) memberships: Pile,
    pub(super) sources: Vec<String>,
    pub(super) bad: BadRows,
    /// Sources that could not be read to their ends.
    pub(super) unread: Vec<String>,
    /// The highest numbers that the input says.
    pub(super) highest_person: i64,
    pub(super) highest_group: i64,
    /// Whether there are lines that leave an identifier to be made.
    pub(super) persons_incomplete: bool,
    pub(super) groups_incomplete: bool,
}

impl Spool {
    /// An empty one. Fails when there is no room for temporary files.
    pub fn new() -> Result<Self, ImportError> {
        Ok(Self {
            persons: Pile::new()?,
            groups: Pile::new()?,
            memberships: Pile::new()?,
            sources: Vec::new(),
            bad: BadRows::default(),
            unread: Vec::new(),
            highest_person: 0,
            highest_group: 0,
            persons_incomplete: false,
            groups_incomplete: false,
        })
    }

    /// How many rows it holds, the bad ones that were found while reading not counted.
    pub fn rows(&self) -> u64 {
        self.persons.rows + self.groups.rows + self.memberships.rows
    }

    /// Whether it holds so much that it is worth to prepare for it: where there is no database yet, a [`crate::NewFile`].
    pub fn is_large(&self) -> bool {
        self.rows() >= LARGE
    }

    /// Reads `input` to its end and calls it `name` in reports; `progress` is told the bytes read so far.
    ///
    /// A byte order mark, blank lines and carriage returns before a line's end are passed over. Fails when the input
    /// cannot be read or the temporary files cannot be written; bad rows only go into the report.
    pub fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        format: Format,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ImportError> {
        let failed = |error| ImportError::Input { source_name: name.to_owned(), error };
        for pile in [&mut self.persons, &mut self.groups, &mut self.memberships] {
            pile.file.seek(SeekFrom::End(0)).map_err(ImportError::Spool)?;
        }
        self.sources.push(name.to_owned());
        let mut head = Vec::new();
        (&mut *input).take(HEAD).read_to_end(&mut head).map_err(failed)?;
        let mark = if head.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        let first = head.iter().skip(mark).find(|b| !b.is_ascii_whitespace());
        let format = match format {
            Format::Auto if first.is_none_or(|b| *b == b'{') => Format::Ndjson,
            Format::Auto => Format::Csv,
            said => said,
        };
        let mut head = Cursor::new(head);
        head.set_position(mark as u64);
        let mut input = head.chain(input);
        match format {
            Format::Ndjson | Format::Auto => ndjson::read(self, &mut input, progress),
            Format::Csv => csv::read(self, &mut input, progress),
        }
        .map_err(|error| match error {
            Stop::Input(error) => failed(error),
            Stop::Spool(error) => ImportError::Spool(error),
        })
    }

    /// Remembers that the rest of the input that is being read was not read.
    pub(super) fn leave_unread(&mut self) {
        self.unread.extend(self.sources.last().cloned());
    }

    /// Keeps what was read of the input that is being read, and empties the part for what comes next: its room is used
    /// again, since taking so much anew from the system costs more than the rows.
    pub(super) fn keep(&mut self, part: &mut Part) -> Result<(), Stop> {
        let source = self.sources.last().cloned().unwrap_or_default();
        for (line, column, problem) in part.bad.drain(..) {
            self.bad.add(BadRow { source: source.clone(), line, column, problem });
        }
        self.highest_person = self.highest_person.max(part.highest_person);
        self.highest_group = self.highest_group.max(part.highest_group);
        self.persons_incomplete |= part.persons_incomplete;
        self.groups_incomplete |= part.groups_incomplete;
        let piles = [&mut self.persons, &mut self.groups, &mut self.memberships];
        piles.into_iter().zip(&part.rows).try_for_each(|(pile, rows)| pile.add(rows)).map_err(Stop::Spool)?;
        for rows in &mut part.rows {
            rows.count = 0;
            rows.bytes.clear();
        }
        *part = Part {
            source: part.source,
            rows: std::mem::take(&mut part.rows),
            scratch: std::mem::take(&mut part.scratch),
            ..Part::default()
        };
        Ok(())
    }
}

/// A part of an input, read and judged, on its way into the spool.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The place of the input among the sources.
    source: u64,
    /// Persons, groups, memberships.
    rows: [Rows; 3],
    highest_person: i64,
    highest_group: i64,
    persons_incomplete: bool,
    groups_incomplete: bool,
    /// Line, column and problem.
    bad: Vec<(u64, u64, String)>,
    scratch: Vec<u8>,
}

#[derive(Debug, Default)]
struct Rows {
    bytes: Vec<u8>,
    count: u64,
}

impl Part {
    /// An empty part of the input that `spool` is reading.
    pub fn of(spool: &Spool) -> Self {
        Self { source: spool.sources.len().saturating_sub(1) as u64, ..Self::default() }
    }

    /// Judges a record and keeps it; `column` tells where in its row a field stands.
    pub fn add(&mut self, mut record: Record, line: u64, column: &mut dyn FnMut(&str) -> u64) {
        if let Err(problem) = check_record(&mut record) {
            return self.refuse(line, column(problem.field), problem.text);
        }
        let [persons, groups, memberships] = &mut self.rows;
        let (rows, keys) = match &record {
            Record::Person(_) => (persons, PERSON_KEYS),
            Record::Group(_) => (groups, GROUP_KEYS),
            Record::Membership(_) => (memberships, MEMBERSHIP_KEYS),
        };
        let out = &mut self.scratch;
        out.clear();
        put_count(self.source, out);
        put_count(line, out);
        for (key, said) in keys.iter().zip(said(&record)) {
            put_count(if said { column(key) } else { 0 }, out);
        }
        match &record {
            Record::Person(person) => {
                self.highest_person = self.highest_person.max(person.number.unwrap_or_default());
                self.persons_incomplete |= person.uid.is_none() || person.login.is_none();
                person.put(out);
            }
            Record::Group(group) => {
                self.highest_group = self.highest_group.max(group.number.unwrap_or_default());
                self.groups_incomplete |= group.guid.is_none();
                group.put(out);
            }
            Record::Membership(membership) => membership.put(out),
        }
        rows.add(out);
    }

    /// Notes a bad row.
    pub fn refuse(&mut self, line: u64, column: u64, problem: String) {
        self.bad.push((line, column.max(1), problem));
    }
}

impl Rows {
    fn add(&mut self, row: &[u8]) {
        self.count += 1;
        // A row is a line of the input at most, and some bytes for its place.
        let length = u32::try_from(row.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(row);
    }
}

/// Which of the fields whose place is kept are said.
fn said(record: &Record) -> [bool; 8] {
    let mut said = [false; 8];
    let mut put = |from: &[bool]| said[..from.len()].copy_from_slice(from);
    match record {
        Record::Person(r) => put(&[r.number.is_some(), r.id.is_some(), r.uid.is_some(), r.login.is_some()]),
        Record::Group(r) => put(&[r.number.is_some(), r.id.is_some(), r.guid.is_some(), r.owner.is_some()]),
        Record::Membership(r) => put(&[
            true,
            true,
            r.state.is_some(),
            r.joined_at.is_some(),
            r.joined_by.is_some(),
            r.scope_changed_by.is_some(),
            r.banned_at.is_some(),
            r.banned_by.is_some(),
        ]),
    }
    said
}

/// Why reading the input ended early.
#[derive(Debug)]
pub(super) enum Stop {
    Input(io::Error),
    Spool(io::Error),
}

/// The rows of one kind in a temporary file.
#[derive(Debug)]
pub(super) struct Pile {
    file: BufWriter<File>,
    pub rows: u64,
}

impl Pile {
    fn new() -> Result<Self, ImportError> {
        let file = tempfile::tempfile().map_err(ImportError::Spool)?;
        Ok(Self { file: BufWriter::with_capacity(1 << 18, file), rows: 0 })
    }

    fn add(&mut self, rows: &Rows) -> io::Result<()> {
        self.rows += rows.count;
        self.file.write_all(&rows.bytes)
    }

    /// Reads all rows, from the first.
    pub fn reader(&mut self, keys: &'static [&'static str]) -> Result<PileReader, ImportError> {
        self.rewound()
            .map(|file| PileReader { file, keys, left: self.rows, buffer: Vec::new() })
            .map_err(ImportError::Spool)
    }

    fn rewound(&mut self) -> io::Result<BufReader<File>> {
        self.file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::with_capacity(1 << 18, self.file.get_ref().try_clone()?))
    }
}

/// Reads the rows of one kind again.
pub(super) struct PileReader {
    file: BufReader<File>,
    keys: &'static [&'static str],
    left: u64,
    buffer: Vec<u8>,
}

impl PileReader {
    /// The next row.
    pub fn next(&mut self) -> Result<Option<Spooled<'_>>, ImportError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut length = [0; 4];
        self.file.read_exact(&mut length).map_err(ImportError::Spool)?;
        self.buffer.resize(u32::from_le_bytes(length) as usize, 0);
        self.file.read_exact(&mut self.buffer).map_err(ImportError::Spool)?;
        Spooled::read(&self.buffer, self.keys).ok_or_else(damaged).map(Some)
    }
}

/// A row of the spool that cannot be read again; somebody else wrote to the temporary file.
pub(super) fn damaged() -> ImportError {
    ImportError::Spool(io::Error::new(io::ErrorKind::InvalidData, "it has been changed"))
}

/// A row in the spool.
pub(super) struct Spooled<'a> {
    pub place: Place,
    pub body: &'a [u8],
}

impl<'a> Spooled<'a> {
    fn read(mut bytes: &'a [u8], keys: &'static [&'static str]) -> Option<Self> {
        let input = &mut bytes;
        let mut place = Place { source: take_count(input)?, line: take_count(input)?, keys, columns: [0; 8] };
        for column in place.columns.iter_mut().take(keys.len()) {
            *column = take_count(input)?;
        }
        Some(Self { place, body: bytes })
    }

    pub fn record<T: Field>(&self) -> Result<T, ImportError> {
        let mut body = self.body;
        T::take(&mut body).ok_or_else(damaged)
    }
}

/// Where a row stood in the input.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    source: u64,
    line: u64,
    keys: &'static [&'static str],
    columns: [u64; 8],
}

impl Place {
    pub fn bad(&self, problem: Problem, sources: &[String]) -> BadRow {
        let key = self.keys.iter().position(|key| *key == problem.field);
        let column = key.and_then(|at| self.columns.get(at)).copied().unwrap_or_default().max(1);
        let source = usize::try_from(self.source).ok().and_then(|at| sources.get(at)).cloned().unwrap_or_default();
        BadRow { source, line: self.line, column, problem: problem.text }
    }
}
