//! `rollcall export`: writes the store out.

use crate::cli::{ExportArgs, FileFormat, Kind, Place};
use crate::progress::Bar;
use anyhow::{Context, bail};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use store::Store;
use store::export::{ExportFormat, ExportOptions, RecordKind};
use tempfile::NamedTempFile;

/// Exports.
pub(super) fn run(place: &Place, args: &ExportArgs) -> anyhow::Result<()> {
    let format = match (args.format, args.kind) {
        (FileFormat::Csv, Some(kind)) => ExportFormat::Csv(kind.into()),
        (FileFormat::Ndjson, None) => ExportFormat::Ndjson,
        (FileFormat::Csv, None) => bail!("--format csv needs --kind groups, persons or memberships"),
        (FileFormat::Ndjson, Some(_)) => bail!("--kind goes with --format csv; NDJSON holds all kinds"),
    };
    let store = super::open_existing(&super::settings(place)?)?;
    let options = ExportOptions { group: args.group.clone(), format };
    match &args.output {
        Some(path) => to_file(&store, &options, path),
        None => to(&store, &options, io::stdout().lock()),
    }
}

impl From<Kind> for RecordKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Groups => Self::Groups,
            Kind::Persons => Self::Persons,
            Kind::Memberships => Self::Memberships,
        }
    }
}

fn to(store: &Store, options: &ExportOptions, out: impl Write) -> anyhow::Result<()> {
    let bar = Bar::rows("exporting");
    let mut out = BufWriter::with_capacity(1 << 16, out);
    store.export(options, &mut out, &mut |progress| bar.at(progress.done, Some(progress.total)))?;
    out.flush()?;
    Ok(())
}

/// Writes beside the file and puts it in its place when it is complete, so that a half-written export is never taken
/// for a whole one. Only its owner may read it: it holds personal data.
fn to_file(store: &Store, options: &ExportOptions, path: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        // A pipe or a terminal is not to be replaced.
        return to(store, options, File::create(path).with_context(cannot)?);
    }
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let beside = NamedTempFile::new_in(directory).with_context(cannot)?;
    to(store, options, beside.as_file())?;
    beside.as_file().sync_all().with_context(cannot)?;
    beside.persist(path).with_context(cannot)?;
    Ok(())
}
