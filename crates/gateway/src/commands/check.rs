//! `rollcall check`: whether the configuration and the store are sound.

use crate::admin;
use crate::cli::Place;
use crate::registry::Registry;
use crate::server;
use std::io::Write;
use std::process::ExitCode;

/// Checks and tells. An unusable configuration is an error; problems of the store are listed on stdout.
pub(super) fn run(place: &Place) -> anyhow::Result<ExitCode> {
    let settings = super::settings(place)?;
    let registry = Registry::new(&settings)?;
    server::address(&settings.server.listen)?;
    server::Tls::of(&settings.server)?;
    server::Hardening::check(&settings.server)?;
    admin::place(&settings.admin, false)?;
    let store = super::open_existing(&settings)?;
    let problems = store.check()?;
    let mut out = std::io::stdout().lock();
    let names = registry.names();
    let dialects = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    writeln!(out, "configuration: sound; dialects: {dialects}")?;
    if problems.is_empty() {
        writeln!(out, "store: sound; {}", store.url())?;
        return Ok(ExitCode::SUCCESS);
    }
    for problem in &problems {
        writeln!(out, "store: {problem}")?;
    }
    Ok(ExitCode::FAILURE)
}
