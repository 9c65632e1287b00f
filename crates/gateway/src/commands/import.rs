//! `rollcall import`: reads files into the store.

use crate::cli::{FileFormat, ImportArgs, Place};
use crate::printable::printable;
use crate::progress::Bar;
use crate::settings::Settings;
use anyhow::Context;
use membership::By;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;
use store::import::{Counts, Format, ImportError, ImportOptions, ImportReport, Spool};
use store::{DatabaseUrl, NewFile, Store};

/// Imports and reports.
pub(super) fn run(place: &Place, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let settings = super::settings(place)?;
    // A file that is not there is told before anything is made or read.
    let inputs = args.files.iter().map(|path| Input::open(path)).collect::<anyhow::Result<Vec<_>>>()?;
    // What cannot be opened is told before much is read.
    let target = Target::open(&settings, args.dry_run)?;
    let mut spool = Spool::new()?;
    for input in inputs {
        input.read(&mut spool, args.format)?;
    }
    let options = ImportOptions { dry_run: args.dry_run, skip_bad: args.skip_bad, by: By::system(super::now()) };
    let report = target.import(&mut spool, &options)?;
    match tell(&report) {
        // Nobody reads the report. How the import ended is told by the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        told => told.context("cannot write the report")?,
    }
    // A dry run tells what would happen, so it fails where the import would.
    // Rows that nobody has read were not asked to be skipped.
    let refused = report.bad_total > 0 && !args.skip_bad || !report.unread.is_empty();
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Where the rows go.
enum Target {
    Store(Store),
    /// No database is there yet.
    New(Box<(NewFile, store::Settings)>),
}

impl Target {
    fn open(settings: &Settings, dry_run: bool) -> anyhow::Result<Self> {
        // A dry run changes nothing, not even the schema.
        if dry_run {
            return Ok(Self::Store(open_to_try(settings)?));
        }
        let lasting = super::lasting(settings)?;
        Ok(match NewFile::begin(&lasting)? {
            Some(new) => Self::New(Box::new((new, lasting))),
            None => Self::Store(super::open_migrated(&lasting)?),
        })
    }

    fn import(self, spool: &mut Spool, options: &ImportOptions) -> anyhow::Result<ImportReport> {
        match self {
            Self::Store(store) => Ok(import(&store, spool, options)?),
            Self::New(new) => {
                let (new, settings) = *new;
                if spool.is_large() {
                    super::migrated(new.store())?;
                    let report = import(new.store(), spool, options).map_err(|error| match error {
                        ImportError::Store(error) => anyhow::anyhow!("{error}; nothing was imported"),
                        other => other.into(),
                    })?;
                    if new.publish()? {
                        return Ok(report);
                    }
                    log::warn!("somebody else has made the database meanwhile; importing into that one");
                }
                Ok(import(&super::open_migrated(&settings)?, spool, options)?)
            }
        }
    }
}

fn import(store: &Store, spool: &mut Spool, options: &ImportOptions) -> Result<ImportReport, ImportError> {
    let bar = Bar::rows(if options.dry_run { "checking" } else { "importing" });
    store.import(spool, options, &mut |progress| bar.at(progress.done, Some(progress.total)))
}

/// Opens the store for a dry run. Where an import would make the database, an empty temporary one stands for it.
fn open_to_try(settings: &Settings) -> anyhow::Result<Store> {
    let mut lasting = super::lasting(settings)?;
    match &lasting.url {
        DatabaseUrl::SqliteFile(path) if !path.exists() => {
            lasting.url = DatabaseUrl::SqliteTemporary;
            super::open_migrated(&lasting)
        }
        _ => super::open_existing(settings),
    }
}

/// A file, or stdin.
struct Input {
    name: String,
    /// Length in bytes, 0 when nobody knows.
    length: u64,
    /// None for stdin.
    file: Option<File>,
    format: Format,
}

impl Input {
    fn open(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { name: "stdin".to_owned(), length: 0, file: None, format: Format::Auto });
        }
        let name = path.display().to_string();
        let cannot = || format!("cannot read {name}");
        let file = File::open(path).with_context(cannot)?;
        let length = file.metadata().with_context(cannot)?.len();
        Ok(Self { name, length, file: Some(file), format: by_name(path) })
    }

    fn read(self, spool: &mut Spool, format: Option<FileFormat>) -> anyhow::Result<()> {
        let format = format.map_or(self.format, Format::from);
        let mut input: Box<dyn BufRead> = match self.file {
            Some(file) => Box::new(BufReader::with_capacity(1 << 16, file)),
            None => Box::new(io::stdin().lock()),
        };
        let bar = Bar::bytes(&format!("reading {}", printable(&self.name)), self.length);
        Ok(spool.read(&self.name, &mut input, format, &mut |bytes| bar.at(bytes, None))?)
    }
}

/// The format that the name of a file tells.
fn by_name(path: &Path) -> Format {
    let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    match extension.as_deref() {
        Some("csv") => Format::Csv,
        Some("ndjson" | "jsonl" | "json") => Format::Ndjson,
        _ => Format::Auto,
    }
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Ndjson => Self::Ndjson,
            FileFormat::Csv => Self::Csv,
        }
    }
}

/// The bad rows on stderr, the report as one line on stdout.
fn tell(report: &ImportReport) -> io::Result<()> {
    let mut errors = io::stderr().lock();
    for row in &report.bad {
        writeln!(errors, "{}:{}:{}: {}", printable(&row.source), row.line, row.column, printable(&row.problem))?;
    }
    let untold = report.bad_total.saturating_sub(report.bad.len() as u64);
    if untold > 0 {
        writeln!(errors, "and {untold} more bad rows")?;
    }
    for source in &report.unread {
        writeln!(errors, "the rest of {} was not read", printable(source))?;
    }
    let counts = |c: &Counts| json!({ "created": c.created, "changed": c.changed, "unchanged": c.unchanged });
    let line = json!({
        "applied": report.applied,
        "bad": report.bad_total,
        "groups": counts(&report.groups),
        "persons": counts(&report.persons),
        "memberships": counts(&report.memberships),
        "unread": report.unread,
    });
    writeln!(io::stdout().lock(), "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_format() {
        for (name, format) in [
            ("a.csv", Format::Csv),
            ("A.CSV", Format::Csv),
            ("a.ndjson", Format::Ndjson),
            ("a.jsonl", Format::Ndjson),
            ("a.json", Format::Ndjson),
            ("a.txt", Format::Auto),
            ("-", Format::Auto),
        ] {
            assert_eq!(by_name(Path::new(name)), format, "{name}");
        }
    }
}
