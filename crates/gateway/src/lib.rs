//! The gateway: the program `rollcall` with its command line, its configuration, its web server and the one place
//! where dialects are registered.
//!
//! **May import:** every other crate of this project; nobody imports this one but its own program, tests and
//! benchmarks. The only crate that knows the web server.
//!
//! A request is answered in six steps: match, parse, authorize, run, render, send. Matching and sending are here
//! ([`server`]), parsing and rendering belong to a dialect, the rest to `dialect::answer`. A [`server::Gateway`]
//! takes any directory and any vault, so it can be tried without a database:
//!
//! ```
//! use gateway::registry::Registry;
//! use gateway::settings::Settings;
//!
//! let settings = Settings::built_in().expect("the built-in defaults are sound");
//! let registry = Registry::new(&settings).expect("no two dialects share an address");
//! let (mounted, path) = registry.find("/v3/groups/supergroup/members").expect("CometChat lives here");
//! assert_eq!((mounted.dialect.name(), path), ("cometchat", "/v3/groups/supergroup/members"));
//! assert!(registry.find("/nowhere").is_none());
//! ```

pub mod admin;
pub mod cli;
mod commands;
pub mod generate;
mod issue;
mod logging;
mod metrics;
mod printable;
mod progress;
pub mod registry;
pub mod server;
pub mod settings;
mod upkeep;

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

/// Runs the program: reads the command line, does what it says and gives the exit code: 0 when all went well, 1 when
/// not (one line on stderr says why), 2 when the command line could not be understood.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let only_writes = cli.command.only_writes();
    let outcome = commands::run(cli);
    logging::flush();
    match outcome {
        Ok(code) => code,
        Err(error) if only_writes && is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be reading that either; the exit code says it all the same.
            let _ = writeln!(std::io::stderr(), "rollcall: {}", one_line(&in_words(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Whether the reader of our output went away (`rollcall export | head`). That is no failure of a command which has
/// nothing else to do than to write ([`cli::Command::only_writes`]).
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(broken))
}

/// The error and its causes. One that repeats what stands there already (many errors print their cause) is left out.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |mut words, cause| {
        let more = cause.to_string();
        if words.is_empty() {
            words = more;
        } else if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        words
    })
}

fn one_line(text: &str) -> String {
    let parts = text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(printable::printable).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use std::io;

    #[test]
    fn errors_are_told_once_and_on_one_line() {
        let error = Err::<(), _>(io::Error::other("disk\nfull")).context("cannot write x: disk\nfull");
        assert_eq!(one_line(&in_words(&error.expect_err("an error"))), "cannot write x: disk; full");
        let error = Err::<(), _>(io::Error::other("disk full")).context("cannot write x").expect_err("an error");
        assert_eq!(in_words(&error), "cannot write x: disk full");
    }

    #[test]
    fn a_reader_who_went_away_is_known() {
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&anyhow::Error::new(store::export::ExportError::Output(broken)).context("exporting")));
        assert!(!is_broken_pipe(&io::Error::other("disk full").into()));
    }
}
