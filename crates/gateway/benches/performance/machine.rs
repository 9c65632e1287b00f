//! What it was measured on, as far as it is known.

use crate::settings::Settings;
use std::process::Command;

/// Lines of a list.
pub fn describe(settings: &Settings, postgresql: Option<&str>) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = file_value("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = file_value("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").parse::<f64>().ok())
        .map_or_else(String::new, |kilobytes| format!(", {:.0} GB of memory", kilobytes / 1024.0 / 1024.0));
    let system = said("uname", &["-sr"]).unwrap_or_else(|| std::env::consts::OS.to_owned());
    let system = system.split('-').next().unwrap_or_default();
    let rust = said("rustc", &["--version"]).unwrap_or_default();
    let rust = rust.split_whitespace().nth(1).unwrap_or("unknown").to_owned();
    let build = if cfg!(debug_assertions) { "not optimised, so these figures say nothing" } else { "release" };
    let mut text = format!(
        "- {model}, {cores} cores{memory}, {system}. The load generator and the databases share them.\n\
         - rollcall {} ({build}), Rust {rust}, SQLite {}",
        env!("CARGO_PKG_VERSION"),
        sqlite()
    );
    if let Some(version) = postgresql {
        text += &format!(", PostgreSQL {version} on the same machine, without `fsync`");
    }
    text += &format!(
        ".\n- {} rounds of {} s each; {} requests under way at once.\n",
        settings.rounds,
        settings.round.as_secs_f64(),
        crate::load::UNDER_WAY
    );
    let mut set: Vec<String> = std::env::vars()
        .filter(|(name, _)| name.starts_with("ROLLCALL__") && !name.contains("URL"))
        .map(|(name, value)| format!("`{name}={value}`"))
        .collect();
    set.sort();
    if !set.is_empty() {
        text += &format!("- Settings other than the default: {}.\n", set.join(", "));
    }
    text
}

/// The value behind the first `name:` of a file.
fn file_value(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// What a command prints, if there is one.
pub fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn sqlite() -> String {
    use diesel::prelude::*;
    let mut connection = diesel::SqliteConnection::establish(":memory:").expect("SQLite");
    diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("sqlite_version()"))
        .get_result(&mut connection)
        .expect("a version")
}
