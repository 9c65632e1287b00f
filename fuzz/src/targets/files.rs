//! What comes in files: imports and the configuration.

use gateway::settings::Settings;
use membership::record::Record;
use std::io::{BufReader, Write};
use store::{Format, Spool};

/// Lines of an import: a record that is read is written and read again as the same.
pub fn ndjson(input: &[u8]) {
    let Some(rows) = spooled(input, Format::Ndjson) else { return };
    let text = String::from_utf8_lossy(input);
    let mut good = 0;
    for line in text.lines() {
        let Ok(record) = Record::parse(line) else { continue };
        good += 1;
        let written = serde_json::to_string(&record).expect("a record can be written");
        let again = Record::parse(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(serde_json::to_string(&again).expect("written"), written, "{line:?}");
    }
    if std::str::from_utf8(input).is_ok() && !input.contains(&b'\r') {
        assert!(rows <= good, "{rows} rows of {good} good lines");
    }
}

/// The same as CSV.
pub fn csv(input: &[u8]) {
    if let Some(rows) = spooled(input, Format::Csv) {
        let lines = input.iter().filter(|byte| **byte == b'\n' || **byte == b'\r').count() as u64 + 1;
        assert!(rows <= lines, "{rows} rows of {lines} lines");
    }
    let _ = spooled(input, Format::Auto);
}

/// How many rows are taken over. They are the same, however the input comes in pieces.
fn spooled(input: &[u8], format: Format) -> Option<u64> {
    let rows = |piece: usize| {
        let mut spool = Spool::new().expect("a temporary file");
        let mut seen = 0;
        let mut progress = |bytes| {
            assert!(bytes >= seen, "progress goes back");
            seen = bytes;
        };
        let mut reader = BufReader::with_capacity(piece, input);
        spool.read("fuzz", &mut reader, format, &mut progress).ok()?;
        Some(spool.rows())
    };
    let whole = rows(1 << 16);
    for piece in [1, 7] {
        assert_eq!(rows(piece), whole, "in pieces of {piece}");
    }
    whole
}

/// A configuration: refused on one line, without a word of what may be a password.
pub fn config(input: &[u8]) {
    const SECRET: &str = "hunter2";
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(input).expect("written");
    match Settings::load(Some(file.path())) {
        Ok(settings) => {
            let shown = format!("{:?}", settings.database);
            assert!(!shown.contains(SECRET), "{shown}");
            // What is taken is within its bounds.
            assert!((1..=1_000).contains(&settings.database.pool_size), "{}", settings.database.pool_size);
            assert!((1..=25).contains(&settings.dialects.elance.default_rpp));
        }
        Err(error) => {
            let said = format!("{error:#}");
            assert!(!said.is_empty());
            // A name of a setting is quoted, a value never.
            let named = String::from_utf8_lossy(input)
                .lines()
                .any(|line| line.split('=').next().is_some_and(|name| name.contains(SECRET)) || line.starts_with('['));
            assert!(named || !said.contains(SECRET), "{said}");
        }
    }
}
