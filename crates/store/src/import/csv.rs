//! Reading CSV: one file a kind. The header names the fields of [`membership::record`]; a reference is written as
//! one column for each of its identifiers (`group_number`, `group_id`, `group_guid`, `person_login`, `owner_uid`,
//! `joined_by_number`, …).
//!
//! An empty cell of a text says the empty text; of anything else, identifiers too, it says nothing.

use super::cells::{Setter, group_setter, membership_setter, person_setter};
use super::spool::{MAX_LINE, Part, Spool, Stop};
use csv_core::ReadRecordResult;
use membership::record::{GroupRecord, MembershipRecord, PersonRecord, Record};
use std::io::{self, BufRead};

/// The setters of the columns of a file, by its kind.
enum Columns {
    Groups(Vec<Setter<GroupRecord>>),
    Persons(Vec<Setter<PersonRecord>>),
    Memberships(Vec<Setter<MembershipRecord>>),
}

/// At most how many cells a row may have; the kinds have some thirty columns.
const MAX_CELLS: usize = 1_024;

/// Reads all rows into the spool.
pub(super) fn read(spool: &mut Spool, input: &mut dyn BufRead, progress: &mut dyn FnMut(u64)) -> Result<(), Stop> {
    let mut header: Option<(Vec<String>, Columns)> = None;
    let mut part = Part::of(spool);
    let (mut row, mut bytes) = (Row::new(), 0);
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other.map_err(Stop::Input)?,
        };
        let (at, used) = row.feed(buffer);
        input.consume(used);
        bytes += used as u64;
        match at {
            At::Row if row.is_blank() => {}
            At::Row => match &header {
                None => match columns(&row) {
                    Ok(found) => header = Some(found),
                    Err((column, problem)) => {
                        part.refuse(row.first, column, problem);
                        spool.leave_unread();
                        break;
                    }
                },
                Some((names, columns)) => match record(names, columns, &row) {
                    Ok(record) => part.add(record, row.first, &mut |key| place(names, &row, key)),
                    Err((column, problem)) => part.refuse(row.first, column, problem),
                },
            },
            At::Middle => {
                progress(bytes);
                spool.keep(&mut part)?;
            }
            At::Bad(problem) => {
                part.refuse(row.first, 1, problem);
                if header.is_none() {
                    spool.leave_unread();
                    break;
                }
            }
            At::OpenQuote(cell) => {
                let problem = "the quotation mark is not closed; what stands behind it was not read";
                part.refuse(row.first, cell, problem.to_owned());
                // Whatever rows there are behind it are inside of the cell.
                spool.leave_unread();
                break;
            }
            At::End => break,
        }
    }
    progress(bytes);
    spool.keep(&mut part)
}

/// A row, taken apart as the bytes come; never longer than [`MAX_LINE`] bytes.
struct Row {
    reader: csv_core::Reader,
    /// Room for the cells, one behind the other, and how much of it is used.
    cells: Vec<u8>,
    used: usize,
    /// Room for the ends of the cells in `cells`, and how many there are.
    ends: Vec<usize>,
    count: usize,
    /// The line on which the row begins, from 1.
    first: u64,
    begun: bool,
    complete: bool,
    /// Why the row is passed over: it is too much to be kept.
    too_much: Option<String>,
}

/// How far a row has come.
enum At {
    /// It is complete.
    Row,
    /// It goes on behind what was fed.
    Middle,
    /// It is complete, and was too much.
    Bad(String),
    /// The input has ended, and there is no row.
    End,
    /// The input has ended inside of a quoted cell: the place of the cell, from 1.
    OpenQuote(u64),
}

impl Row {
    fn new() -> Self {
        let (cells, ends) = (vec![0; MAX_LINE + 1], vec![0; MAX_CELLS + 1]);
        let reader = csv_core::Reader::new();
        Self { reader, cells, used: 0, ends, count: 0, first: 1, begun: false, complete: false, too_much: None }
    }

    /// Takes in `input` up to the end of a row, and tells how much that was. Nothing to take in is the end.
    fn feed(&mut self, input: &[u8]) -> (At, usize) {
        if std::mem::take(&mut self.complete) {
            (self.used, self.count, self.begun) = (0, 0, false);
        }
        let ended = input.is_empty();
        let blank = if self.begun { 0 } else { input.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count() };
        let (blanks, input) = input.split_at(blank);
        if blank > 0 {
            self.read(blanks);
        }
        if input.is_empty() && (!ended || !self.begun) {
            return (if ended { At::End } else { At::Middle }, blank);
        }
        if !std::mem::replace(&mut self.begun, true) {
            self.first = self.reader.line();
        }
        // The last line may lack its line feed. Where that does not end the row, it belongs to a quoted cell.
        let (result, used) = if ended { (self.read(b"\n").0, 0) } else { self.read(input) };
        let at = match result {
            ReadRecordResult::Record => {
                self.complete = true;
                self.too_much.take().map_or(At::Row, At::Bad)
            }
            ReadRecordResult::InputEmpty if ended => {
                At::OpenQuote(if self.too_much.is_some() { 1 } else { self.len() as u64 + 1 })
            }
            ReadRecordResult::InputEmpty => At::Middle,
            ReadRecordResult::OutputFull => self.pass_over(format!("the row is longer than {MAX_LINE} bytes")),
            ReadRecordResult::OutputEndsFull => self.pass_over(format!("the row has more than {MAX_CELLS} cells")),
            ReadRecordResult::End => At::End,
        };
        (at, blank + used)
    }

    /// Makes room: the row is only read to find its end.
    fn pass_over(&mut self, problem: String) -> At {
        (self.used, self.count) = (0, 0);
        self.too_much.get_or_insert(problem);
        At::Middle
    }

    fn read(&mut self, input: &[u8]) -> (ReadRecordResult, usize) {
        let (cells, ends) = (&mut self.cells[self.used..], &mut self.ends[self.count..]);
        let (result, used, cells, ends) = self.reader.read_record(input, cells, ends);
        self.used += cells;
        self.count += ends;
        (result, used)
    }

    /// Whether it is a single empty cell.
    fn is_blank(&self) -> bool {
        self.count == 1 && self.used == 0
    }

    fn len(&self) -> usize {
        self.count
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.ends.iter().copied().take(self.count);
        let starts = std::iter::once(0).chain(ends.clone());
        starts.zip(ends).map(|(start, end)| self.cells.get(start..end).unwrap_or_default())
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
        let open =
            |cell| vec![format!("f:3:{cell}: the quotation mark is not closed; what stands behind it was not read")];
        assert_eq!(told, open(1));
        let open = open(2);
        assert_eq!(endless(5), (1, open.clone()));
        assert_eq!(spooled("uid,name\na,x\nb,\""), (1, open));
        assert_eq!(spooled("uid,name\na,x\nb,\"\""), (2, vec![]));
    }

    #[test]
    fn rows_behind_one_that_is_too_much_are_read() {
        let cells = "f:2:1: the row has more than 1024 cells".to_owned();
        let long = "f:2:1: the row is longer than 1048576 bytes".to_owned();
        for (row, told) in [
            (format!("a{}", ",".repeat(MAX_CELLS + 1)), &cells),
            (format!("a{}", ",".repeat(5 * MAX_CELLS)), &cells),
            (format!("a,{}", "x".repeat(MAX_LINE)), &long),
            (format!("a,\"{}\"", "x\"\"".repeat(3 * MAX_LINE)), &long),
            (format!("a,{}", "x,".repeat(MAX_LINE)), &cells),
        ] {
            for end in ["\n", "\r\n"] {
                let input = format!("uid,name{end}{row}{end}b,x{end}{end}c,y");
                assert_eq!(spooled(&input), (2, vec![told.clone()]));
                assert_eq!(spooled(&format!("uid,name{end}{row}")), (0, vec![told.clone()]));
            }
        }
    }

    #[test]
    fn what_was_not_read_is_known() {
        let long = "x".repeat(MAX_LINE + 1);
        for (input, unread) in [
            ("uid,name\na,\"x\nb,y\n".to_owned(), true),
            ("uid,nmae\na,x\n".to_owned(), true),
            (format!("{long}\na,x\n"), true),
            (format!("uid,name\na,{long}\nb,x\n"), false),
            ("uid,name\na b,x\nb,\"x\ny\"".to_owned(), false),
        ] {
            let mut spool = Spool::new().expect("a temporary file");
            spool.read("f", &mut input.as_bytes(), Format::Csv, &mut |_| ()).expect("reads");
            let start: String = input.chars().take(40).collect();
            assert_eq!(spool.unread, if unread { vec!["f"] } else { vec![] }, "{start}");
        }
    }

    /// Hands out a byte at a time.
    struct Dribble<'a>(&'a [u8]);

    impl io::Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let some = buffer.len().min(self.0.len()).min(1);
            let (now, later) = self.0.split_at(some);
            buffer[..some].copy_from_slice(now);
            self.0 = later;
            Ok(some)
        }
    }

    #[test]
    fn rows_may_come_in_pieces() {
        let input = "\r\nuid,name\r\n\r\n\"a\",\"x\r\n\"\"y\"\"\"\r\nb,\"x\"y\rc,\"\"\n\nd d,\"\n\"";
        let mut spool = Spool::new().expect("a temporary file");
        let mut slow = io::BufReader::with_capacity(1, Dribble(input.as_bytes()));
        spool.read("f", &mut slow, Format::Csv, &mut |_| ()).expect("reads");
        assert_eq!(spool.rows(), 3);
        assert_eq!((spool.bad.kept.len(), spool.bad.kept[0].line), (1, 8));
        assert_eq!(spooled(input), (3, vec![spool.bad.kept[0].to_string()]));
        let mut rows = Row::new();
        let (mut cells, mut rest) = (Vec::new(), input.as_bytes());
        loop {
            match rows.feed(rest) {
                (At::End, _) => break,
                (at, used) => {
                    rest = &rest[used..];
                    if matches!(at, At::Row) {
                        let texts = rows.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
                        cells.push((rows.first, texts.collect::<Vec<_>>().join("|")));
                    }
                }
            }
        }
        let expected = [(2, "uid|name"), (4, "a|x\r\n\"y\""), (6, "b|xy"), (6, "c|"), (8, "d d|\n")];
        assert_eq!(cells, expected.map(|(line, row)| (line, row.to_owned())));
    }
}
