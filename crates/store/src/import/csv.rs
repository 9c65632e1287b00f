//! Reading CSV: one file a kind. The header names the fields of [`membership::record`]; a reference is written as
//! one column for each of its identifiers (`group_number`, `group_id`, `group_guid`, `person_login`, `owner_uid`,
//! `joined_by_number`, …).
//!
//! An empty cell of a text says the empty text; of anything else, identifiers too, it says nothing.

use super::cells::{Setter, group_setter, membership_setter, person_setter};
use super::spool::{MAX_LINE, Part, Spool, Stop};
use membership::record::{GroupRecord, MembershipRecord, PersonRecord, Record};
use std::io::{BufRead, Read};

/// The setters of the columns of a file, by its kind.
enum Columns {
    Groups(Vec<Setter<GroupRecord>>),
    Persons(Vec<Setter<PersonRecord>>),
    Memberships(Vec<Setter<MembershipRecord>>),
}

/// Reads all rows into the spool.
pub(super) fn read(spool: &mut Spool, input: &mut dyn BufRead, progress: &mut dyn FnMut(u64)) -> Result<(), Stop> {
    let mut header: Option<(Vec<String>, Columns)> = None;
    let mut part = Part::of(spool);
    let (mut text, mut row) = (Vec::new(), Row::default());
    let (mut number, mut first, mut bytes) = (0_u64, 0, 0);
    loop {
        text.clear();
        let length = (&mut *input).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut text).map_err(Stop::Input)?;
        if length == 0 {
            break;
        }
        bytes += length as u64;
        number += 1;
        if !row.is_open() {
            row.clear();
            first = number;
        }
        let complete = row.feed(&text);
        if row.cells.len() > MAX_LINE || length > MAX_LINE {
            part.refuse(
                first,
                1,
                format!("the row is longer than {MAX_LINE} bytes; the rest of the file was not read"),
            );
            break;
        }
        if number.is_multiple_of(256) {
            progress(bytes);
            spool.keep(std::mem::replace(&mut part, Part::of(spool)))?;
        }
        if !complete || row.is_blank() {
            continue;
        }
        match &header {
            None => match columns(&row) {
                Ok(found) => header = Some(found),
                Err((column, problem)) => {
                    part.refuse(first, column, problem);
                    break;
                }
            },
            Some((names, columns)) => match record(names, columns, &row) {
                Ok(record) => part.add(record, first, &|key| place(names, &row, key)),
                Err((column, problem)) => part.refuse(first, column, problem),
            },
        }
    }
    if row.is_open() && row.cells.len() <= MAX_LINE {
        part.refuse(first, row.ends.len() as u64 + 1, "the quotation mark is not closed".to_owned());
    }
    progress(bytes);
    spool.keep(part)
}

/// A row, taken apart byte by byte, so that one of many lines is read once.
#[derive(Debug, Default)]
struct Row {
    /// The cells, one behind the other.
    cells: Vec<u8>,
    /// Where each cell ends.
    ends: Vec<usize>,
    at: At,
}

/// Where in a cell the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Start,
    Plain,
    Quoted,
    /// Behind a quotation mark inside of a quoted cell: the end of the cell, or the first half of a doubled mark.
    Closing,
}

impl Row {
    /// Whether the row goes on in the next line.
    fn is_open(&self) -> bool {
        self.at == At::Quoted
    }

    /// Whether it is an empty line.
    fn is_blank(&self) -> bool {
        self.ends.len() == 1 && self.cells.is_empty()
    }

    fn clear(&mut self) {
        self.cells.clear();
        self.ends.clear();
        self.at = At::Start;
    }

    /// Takes in a line; whether the row is complete.
    fn feed(&mut self, line: &[u8]) -> bool {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        for &byte in content {
            self.at = match (self.at, byte) {
                (At::Start, b'"') => At::Quoted,
                (At::Quoted, b'"') => At::Closing,
                (At::Start | At::Plain | At::Closing, b',') => {
                    self.ends.push(self.cells.len());
                    At::Start
                }
                (at, byte) => {
                    self.cells.push(byte);
                    match at {
                        At::Closing if byte == b'"' => At::Quoted,
                        At::Quoted => At::Quoted,
                        // A mark in the middle of a cell is one like any other character.
                        At::Start | At::Plain | At::Closing => At::Plain,
                    }
                }
            };
        }
        if self.is_open() {
            self.cells.extend_from_slice(&line[content.len()..]);
            return false;
        }
        self.ends.push(self.cells.len());
        self.at = At::Start;
        true
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.cells.get(start..*end).unwrap_or_default())
    }
}

/// A place in the row, from 1, and what is wrong there.
type BadCell = (u64, String);

/// What the header says.
fn columns(row: &Row) -> Result<(Vec<String>, Columns), BadCell> {
    let mut names: Vec<String> = Vec::new();
    for (at, cell) in (1..).zip(row.iter()) {
        let name = String::from_utf8_lossy(cell).trim().to_owned();
        if names.contains(&name) {
            return Err((at, format!("the column {name} is there twice")));
        }
        names.push(name);
    }
    let groups = setters(&names, group_setter);
    let persons = setters(&names, person_setter);
    let memberships = setters(&names, membership_setter);
    match (groups, persons, memberships) {
        (Ok(_), Ok(_), _) => {
            let problem = "the header fits groups and persons alike; give it the column guid or the column uid";
            Err((1, problem.to_owned()))
        }
        (Ok(groups), Err(_), _) => Ok((names, Columns::Groups(groups))),
        (_, Ok(persons), _) => Ok((names, Columns::Persons(persons))),
        (_, _, Ok(memberships)) => Ok((names, Columns::Memberships(memberships))),
        (Err(a), Err(b), Err(c)) => {
            // The kind that the header fits longest is the one that was meant.
            let at = a.max(b).max(c);
            let name = names.get(at).map_or("", String::as_str);
            Err((at as u64 + 1, format!("the column {name} does not belong to the fields of one kind")))
        }
    }
}

/// The setters of all columns, or the place of the first column that has none.
fn setters<R>(names: &[String], setter: fn(&str) -> Option<Setter<R>>) -> Result<Vec<Setter<R>>, usize> {
    names.iter().enumerate().map(|(at, name)| setter(name).ok_or(at)).collect()
}

fn record(names: &[String], columns: &Columns, row: &Row) -> Result<Record, BadCell> {
    if row.len() != names.len() {
        let problem = format!("the row has {} cells and the header {}", row.len(), names.len());
        return Err((row.len().min(names.len()) as u64 + 1, problem));
    }
    Ok(match columns {
        Columns::Groups(setters) => Record::Group(Box::new(filled(names, setters, row)?)),
        Columns::Persons(setters) => Record::Person(Box::new(filled(names, setters, row)?)),
        Columns::Memberships(setters) => Record::Membership(Box::new(filled(names, setters, row)?)),
    })
}

fn filled<R: Default>(names: &[String], setters: &[Setter<R>], row: &Row) -> Result<R, BadCell> {
    let mut record = R::default();
    for (at, ((name, set), cell)) in (1..).zip(names.iter().zip(setters).zip(row.iter())) {
        let cell = std::str::from_utf8(cell).map_err(|_| (at, format!("{name} is not UTF-8")))?;
        set(&mut record, cell).map_err(|problem| (at, format!("{name} {problem}")))?;
    }
    Ok(record)
}

/// The cell (from 1) in which `key`, or an identifier of the reference `key`, is said.
fn place(names: &[String], row: &Row, key: &str) -> u64 {
    let belongs = |name: &str| name == key || name.strip_prefix(key).is_some_and(|rest| rest.starts_with('_'));
    let found =
        names.iter().zip(row.iter()).position(|(name, cell)| belongs(name) && (name == key || !cell.is_empty()));
    found.map_or(1, |at| at as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::*;

    fn spooled(input: &str) -> (u64, Vec<String>) {
        let mut spool = Spool::new().expect("a temporary file");
        spool.read("f", &mut input.as_bytes(), Format::Csv, &mut |_| ()).expect("reads");
        (spool.rows(), spool.bad.kept.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_header_tells_the_kind() {
        for header in ["number,guid", "number,uid", "group_guid,person_login", "id,type", "id,login,name"] {
            assert_eq!(spooled(header), (0, vec![]), "{header}");
        }
        for (header, told) in [
            (
                "number,id,name",
                "f:1:1: the header fits groups and persons alike; give it the column guid or the column uid",
            ),
            ("uid,nmae", "f:1:2: the column nmae does not belong to the fields of one kind"),
            ("uid,guid", "f:1:2: the column guid does not belong to the fields of one kind"),
            ("uid,name,uid", "f:1:3: the column uid is there twice"),
        ] {
            assert_eq!(spooled(header), (0, vec![told.to_owned()]), "{header}");
        }
    }

    #[test]
    fn bad_cells_have_their_place() {
        let (rows, told) = spooled(concat!(
            "\u{feff}uid,name,freelancer,hourly_rate,created_at,tags\r\n",
            "a,\"x\ny, \"\"z\"\"\",,,,\r\n",
            "b,,yes,,,\n",
            "b,,true,1.234,,\n",
            "b,,true,,soon,\n",
            "b,,true,,-5,\n",
            "b,,true,,,x\n",
            "b,,true\n",
            ",,true,,,\n",
            "\n",
            "c d,,,,,\n",
        ));
        assert_eq!(rows, 1);
        let starts = [
            "f:4:3: freelancer must be true or false",
            "f:5:4: hourly_rate must be a decimal number",
            "f:6:5: created_at must be a whole number",
            "f:7:5: created_at must be unix seconds",
            "f:8:6: tags must be a JSON array of texts",
            "f:9:4: the row has 3 cells and the header 6",
            "f:10:1: a person needs",
            "f:12:1: uid must be",
        ];
        assert_eq!(told.len(), starts.len(), "{told:#?}");
        for (told, start) in told.iter().zip(starts) {
            assert!(told.starts_with(start), "{told} instead of {start}");
        }
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_ends_the_file() {
        let endless = |lines| spooled(&format!("uid,name\na,x\nb,\"{}", "x\n".repeat(lines)));
        let (rows, told) = endless(MAX_LINE);
        assert_eq!(rows, 1);
        assert!(told[0].starts_with("f:3:1: the row is longer than 1048576 bytes"), "{told:?}");
        assert_eq!(endless(5), (1, vec!["f:3:2: the quotation mark is not closed".to_owned()]));
    }
}
