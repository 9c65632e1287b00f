//! Reading NDJSON: one record a line.

use super::spool::{MAX_LINE, Part, Spool, Stop};
use membership::record::Record;
use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, channel};

/// How much of the input one thread takes at a time, in bytes.
const BLOCK: usize = 1 << 19;
/// How many blocks each thread has at most that are not kept yet.
const AHEAD: usize = 3;
/// At most how many threads parse.
const THREADS: usize = 4;

/// Reads all lines into the spool. Parsing is most of the work, so several threads share it: each has every so many-th
/// block, while this one reads blocks and keeps, in their order, what has become of them.
pub(super) fn read(spool: &mut Spool, input: &mut dyn BufRead, progress: &mut dyn FnMut(u64)) -> Result<(), Stop> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS);
    std::thread::scope(|scope| {
        let begin = |_| {
            let (give, given) = channel::<(Block, Part)>();
            let (tell, told) = channel();
            scope.spawn(move || {
                for (block, mut part) in given {
                    block.parse(&mut part);
                    if tell.send((block, part)).is_err() {
                        return;
                    }
                }
            });
            (give, told)
        };
        let threads: Vec<(Sender<_>, Receiver<_>)> = (0..threads).map(begin).collect();
        let (mut number, mut bytes, mut ended) = (0, 0, false);
        let (mut given, mut kept) = (0, 0);
        let mut used: Vec<(Block, Part)> = Vec::new();
        loop {
            while !ended && given - kept < threads.len() * AHEAD {
                let (mut block, part) = used.pop().unwrap_or_else(|| (Block::default(), Part::of(spool)));
                block.read(input, number + 1).map_err(Stop::Input)?;
                number += block.ends.len() as u64;
                ended = block.ends.is_empty();
                // Where a thread has ended, the scope tells why.
                let Ok(()) = threads[given % threads.len()].0.send((block, part)) else { return Ok(()) };
                given += 1;
            }
            if given == kept {
                return Ok(());
            }
            let Ok((block, mut part)) = threads[kept % threads.len()].1.recv() else { return Ok(()) };
            kept += 1;
            spool.keep(&mut part)?;
            bytes += block.bytes;
            progress(bytes);
            used.push((block, part));
        }
    })
}

/// Some lines of the input.
#[derive(Default)]
struct Block {
    /// The number of the first line.
    first: u64,
    text: Vec<u8>,
    /// Where each line ends; the ones that are too long are cut, so that they are too long by one byte.
    ends: Vec<usize>,
    /// How much of the input these lines are.
    bytes: u64,
}

impl Block {
    /// Takes the next lines, of which the first has this number, in the place of those that it had; none at the end.
    fn read(&mut self, input: &mut dyn BufRead, first: u64) -> io::Result<()> {
        (self.first, self.bytes) = (first, 0);
        self.text.clear();
        self.ends.clear();
        while self.text.len() < BLOCK {
            let length = (&mut *input).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut self.text)?;
            if length == 0 {
                break;
            }
            self.bytes += length as u64;
            if length > MAX_LINE && self.text.last() != Some(&b'\n') {
                self.bytes += skip_line(input)?;
            }
            self.ends.push(self.text.len());
        }
        Ok(())
    }

    fn parse(&self, part: &mut Part) {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        for (number, (start, end)) in (self.first..).zip(starts.zip(&self.ends)) {
            let line = self.text.get(start..*end).unwrap_or_default();
            if line.len() > MAX_LINE && line.last() != Some(&b'\n') {
                part.refuse(number, MAX_LINE as u64 + 1, format!("the line is longer than {MAX_LINE} bytes"));
            } else {
                take(part, number, line);
            }
        }
    }
}

/// Passes over the rest of a line; how long it was.
fn skip_line(input: &mut dyn BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let end = buffer.iter().position(|b| *b == b'\n');
        let (used, done) = end.map_or((buffer.len(), buffer.is_empty()), |at| (at + 1, true));
        input.consume(used);
        skipped += used as u64;
        if done {
            return Ok(skipped);
        }
    }
}

fn take(part: &mut Part, number: u64, line: &[u8]) {
    let line = match std::str::from_utf8(line) {
        Ok(line) => line.trim_end_matches(['\n', '\r']),
        Err(error) => {
            return part.refuse(number, error.valid_up_to() as u64 + 1, "the line is not UTF-8".to_owned());
        }
    };
    if line.bytes().all(|b| b.is_ascii_whitespace()) {
        return;
    }
    match parse(line) {
        Ok(record) => part.add(record, number, &mut key_columns(line)),
        Err(error) => part.refuse(number, error.column() as u64, explain(line, &error)),
    }
}

/// As [`Record::parse`], which reads a line twice, but once where the line begins with its kind, as exported ones do.
fn parse(line: &str) -> Result<Record, serde_json::Error> {
    if line.starts_with(r#"{"kind":"person","#) {
        serde_json::from_str(line).map(Record::Person)
    } else if line.starts_with(r#"{"kind":"membership","#) {
        serde_json::from_str(line).map(Record::Membership)
    } else {
        Record::parse(line)
    }
}

/// The problem without its place, with the name of the field.
fn explain(line: &str, error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let text = plain(text);
    let names_it = ["missing field", "unknown field", "duplicate field"].iter().any(|start| text.starts_with(start));
    match last_key(line, error.column()) {
        Some(key) if error.is_data() && !names_it => format!("{key}: {text}"),
        _ => text.to_owned(),
    }
}

/// What was expected, without the names that types have in a program.
fn plain(text: &str) -> &str {
    let Some((found, expected)) = text.rsplit_once(", expected ") else { return text };
    match expected {
        "i64" if found.starts_with("invalid value: integer") => "the number is too large or too small",
        "i64" => "must be a whole number",
        "a string" => "must be a text",
        "a boolean" => "must be true or false",
        "a sequence" => "must be an array",
        "an object" => "must be an object",
        expected if expected.to_ascii_lowercase().contains("uuid") => "must be a UUID",
        _ => text,
    }
}

/// The keys of the outermost object, each with the byte at which it begins (its quotation mark).
fn keys(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = line.as_bytes();
    let (mut at, mut depth) = (0, 0_u32);
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.get(at) {
            let start = at;
            at += 1;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b'"' => {
                    while bytes.get(at).is_some_and(|b| *b != b'"') {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                    let text = line.get(start + 1..at);
                    at += 1;
                    let next = bytes.iter().skip(at).find(|b| !b.is_ascii_whitespace());
                    if let (1, Some(text), Some(b':')) = (depth, text, next) {
                        return Some((start, text));
                    }
                }
                _ => {}
            }
        }
        None
    })
}

/// The last key of the outermost object that begins before `column` (from 1).
fn last_key(line: &str, column: usize) -> Option<&str> {
    keys(line).take_while(|(start, _)| start + 1 < column).last().map(|(_, key)| key)
}

/// Tells at which column (from 1) a key stands; 1 when it does not. Each is looked for behind the one before, since they are
/// asked for in about the order in which they are written.
fn key_columns(line: &str) -> impl FnMut(&str) -> u64 {
    let mut rest = keys(line);
    move |key| {
        let found = rest.find(|(_, found)| *found == key).or_else(|| {
            rest = keys(line);
            rest.find(|(_, found)| *found == key)
        });
        found.map_or(1, |(start, _)| start as u64 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::*;

    fn bad(input: &[u8]) -> Vec<String> {
        let mut spool = Spool::new().expect("a temporary file");
        spool.read("f", &mut &*input, Format::Auto, &mut |_| ()).expect("reads");
        spool.bad.kept.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn problems_have_their_place_and_name_the_field() {
        let lines = [
            r#"{"kind":"person","uid":"a"}"#,
            r#"{"kind":"person","uid":"a b"}"#,
            "",
            r#"{"kind":"person","uid":"a","nmae":"x"}"#,
            r#"{"kind":"person","uid":"a","created_at":"x"}"#,
            r#"{"kind":"membership","group":{"guid":"a"},"person":{"uid":"a"},"state":"gone"}"#,
            r#"{"kind":"person","uid":"a""#,
            r#"{"name":"uid","kind":"person","uid" : "!"}"#,
            r#"{"kind":"robot"}"#,
            r#"{"uid":"a"}"#,
            "nonsense",
            "[]",
            "5",
            r#"{"kind":"person","number":9223372036854775808}"#,
            r#"{"kind":"person","id":5}"#,
            r#"{"kind":"person","uid":5}"#,
            r#"{"kind":"person","uid":"a","freelancer":"yes"}"#,
            r#"{"kind":"person","uid":"a","tags":"x"}"#,
            r#"{"kind":"membership","group":[null,null,"g"],"person":{"uid":"a"}}"#,
            r#"{"kind":"group","guid":"g","owner":7}"#,
        ];
        let told = bad(lines.join("\r\n").as_bytes());
        let starts = [
            "f:2:18: uid must be 1 to 100 letters",
            "f:4:33: unknown field `nmae`",
            "f:5:43: created_at: must be a whole number",
            "f:6:78: state: must be one of pending, member, banned",
            "f:7:26: EOF while parsing",
            "f:8:31: uid must be",
            "f:9:15: kind: unknown variant `robot`",
            "f:10:11: missing field `kind`",
            "f:11:2: expected ident",
            "f:12:1: must be an object",
            "f:13:1: must be an object",
            "f:14:45: number: the number is too large or too small",
            "f:15:23: id: must be a UUID",
            "f:16:24: uid: must be a text",
            "f:17:45: freelancer: must be true or false",
            "f:18:37: tags: must be an array",
            "f:19:29: group: must be an object",
            "f:20:36: owner: must be an object",
        ];
        let cut: Vec<&str> =
            told.iter().zip(starts).map(|(told, start)| told.get(..start.len()).unwrap_or(told)).collect();
        assert_eq!(cut, starts);
        assert_eq!(told.len(), starts.len(), "{told:#?}");
    }

    #[test]
    fn hostile_bytes_are_bad_rows() {
        let mut long = br#"{"kind":"person","uid":"a","name":""#.to_vec();
        long.resize(MAX_LINE + 10, b'x');
        long.extend_from_slice(b"\n\xef\xbb\xbf\n{\"kind\":\"person\",\"uid\":\"\xff\"}\n");
        let told = bad(&long);
        assert_eq!(told[0], "f:1:1048577: the line is longer than 1048576 bytes");
        assert!(told[1].starts_with("f:2:1: expected value"), "a mark is one only at the beginning: {}", told[1]);
        assert_eq!(told[2], "f:3:25: the line is not UTF-8");
        assert_eq!(told.len(), 3);
    }

    #[test]
    fn marks_blank_lines_and_carriage_returns_are_passed_over() {
        let mut spool = Spool::new().expect("a temporary file");
        let input = "\u{feff}\r\n{\"kind\":\"group\",\"guid\":\"a\"}\r\n \t\r\n{\"kind\":\"person\",\"uid\":\"b\"}";
        spool.read("f", &mut input.as_bytes(), Format::Auto, &mut |_| ()).expect("reads");
        assert_eq!((spool.rows(), spool.bad.total), (2, 0));
    }
}
