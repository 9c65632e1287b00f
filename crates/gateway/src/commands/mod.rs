//! The commands, one module each.

mod certificate;
mod check;
mod credential;
mod demo;
mod export;
mod import;
mod password;
mod serve;

use crate::cli::{Cli, Command, Place};
use crate::settings::{Settings, UrlText};
use crate::{generate, logging};
use anyhow::bail;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use store::{DatabaseUrl, Store};

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let Cli { place, command } = cli;
    match command {
        Command::Serve(args) => serve::run(&place, &args)?,
        Command::Migrate => migrate(&place)?,
        Command::Check => return check::run(&place),
        Command::Import(args) => return import::run(&place, &args),
        Command::Export(args) => export::run(&place, &args)?,
        Command::Generate(args) => {
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            generate::write(args.groups, args.members, args.seed, &mut out)?;
            out.flush()?;
        }
        Command::Credential(command) => credential::run(&place, &command)?,
        Command::Certificate(args) => certificate::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration for a command, with the log started as it says.
fn settings(place: &Place) -> anyhow::Result<Settings> {
    let mut settings = Settings::load(place.config.as_deref())?;
    if let Some(url) = &place.database {
        settings.database.url = UrlText::new(url.as_str());
    }
    logging::start(&settings.logging)?;
    Ok(settings)
}

/// Opens the store, but never makes a database.
fn open_existing(settings: &Settings) -> anyhow::Result<Store> {
    let settings = lasting(settings)?;
    if let DatabaseUrl::SqliteFile(path) = &settings.url
        && !path.exists()
    {
        bail!("there is no database at {}; `rollcall migrate` makes one", path.display());
    }
    let store = Store::open(&settings)?;
    store.ready()?;
    Ok(store)
}

/// What the store needs to know, but for a temporary database: only `serve` can do anything with one.
fn lasting(settings: &Settings) -> anyhow::Result<store::Settings> {
    let settings = settings.store()?;
    if settings.url == DatabaseUrl::SqliteTemporary {
        bail!("sqlite::memory: is gone when the command ends, so it is for `rollcall serve` only");
    }
    Ok(settings)
}

/// Opens the store, makes the database if need be, and brings its schema up to date.
fn open_migrated(settings: &store::Settings) -> anyhow::Result<Store> {
    let store = Store::open(settings)?;
    migrated(&store)?;
    Ok(store)
}

/// Brings the schema up to date.
fn migrated(store: &Store) -> anyhow::Result<()> {
    for step in store.migrate()? {
        log::info!("migrated: {step}");
    }
    Ok(())
}

fn migrate(place: &Place) -> anyhow::Result<()> {
    let store = Store::open(&lasting(&settings(place)?)?)?;
    let steps = store.migrate()?;
    let mut out = io::stdout().lock();
    for step in &steps {
        writeln!(out, "{step}")?;
    }
    if steps.is_empty() {
        writeln!(out, "the schema is up to date")?;
    }
    Ok(())
}

/// The time, in unix seconds.
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}
