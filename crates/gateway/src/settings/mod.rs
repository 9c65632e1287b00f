//! The configuration: built-in defaults, a file, the environment, and flags, each over the ones before.
//!
//! The defaults are the text of `config/rollcall.toml` itself, so that the file which explains the settings cannot
//! say anything else than what applies.

mod bounds;
mod names;
mod nets;
mod sections;
mod shape;
#[cfg(test)]
mod tests;
mod url;

use anyhow::{Context, anyhow, bail};
use config::{Config, ConfigError, Environment, File, FileFormat, Map, Source, Value};
pub use names::Names;
pub use nets::Nets;
pub use sections::{
    Admin, Changes, Database, Dialects, Elance, ExpiresIn, Limits, LogFormat, Logging, Plain, Roster, Server, Settings,
};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use store::DatabaseUrl;
pub use url::UrlText;

/// The text of `config/rollcall.toml`.
pub const BUILT_IN: &str = include_str!("../../../../config/rollcall.toml");

impl Settings {
    /// The defaults.
    pub fn built_in() -> anyhow::Result<Self> {
        Self::from_sources(None, HashMap::new())
    }

    /// The defaults, with the file over them and the variables `ROLLCALL__…` of the environment over both.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let mine = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|n| n.to_ascii_uppercase().starts_with(PREFIX))?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        Self::from_sources(file, mine.collect())
    }

    fn from_sources(file: Option<&Path>, environment: HashMap<String, String>) -> anyhow::Result<Self> {
        let defaults = File::from_str(BUILT_IN, FileFormat::Toml);
        let known = collect(&defaults).context("the defaults cannot be read")?;
        let mut builder = Config::builder().add_source(defaults);
        let mut problems = Vec::new();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            // Read here first, by itself, so that an error is told with the name of the file.
            let source = File::from_str(&text, FileFormat::Toml);
            let given = collect(&source)
                .map_err(|error| anyhow!("{} is not well-formed TOML{}", path.display(), shape::place(&error)))?;
            let named = |problem| format!("{problem} (set by {})", path.display());
            problems.extend(shape::problems(&given, &known).into_iter().map(named));
            builder = builder.add_source(source);
        }
        // Two spellings of one name would leave it to chance which of them counts.
        if let Some(name) = environment.keys().find(|name| name.to_ascii_uppercase() != **name) {
            bail!("the variable {name} of the environment must be written in capitals");
        }
        let variables = Environment::with_prefix("ROLLCALL")
            .prefix_separator("__")
            .separator("__")
            .source(Some(environment.into_iter().collect()));
        let given = collect(&variables).map_err(|_| anyhow!("the variables {PREFIX}… cannot be read"))?;
        problems.extend(shape::problems(&given, &known));
        refuse(&problems)?;
        // An error is not printed, for it may quote a value, and a value may be a password. What can be wrong has
        // been told above.
        let settings: Self = builder
            .add_source(variables)
            .build()
            .and_then(Config::try_deserialize)
            .map_err(|_| anyhow!("the configuration cannot be used"))?;
        refuse(&settings.problems())?;
        Ok(settings)
    }

    /// What the store needs to know to serve. Quick requests have connections of their own, so that they never wait for
    /// the slow ones: on SQLite each thread that serves connections asks by itself, on PostgreSQL as many ask at once
    /// as there are such threads.
    pub fn store_to_serve(&self) -> anyhow::Result<store::Settings> {
        let mut settings = self.store()?;
        // SQLite's writer is a connection of its own anyway.
        let beside = match settings.url {
            DatabaseUrl::Postgres(_) => self.server.quick_count().saturating_add(self.database.writer_count(false)),
            // Three for what is read in the background: groups into memory, what has changed since, how the log stands.
            _ => self.server.worker_count().saturating_add(3),
        };
        settings.pool_size = settings.pool_size.saturating_add(u32::try_from(beside).unwrap_or(u32::MAX));
        Ok(settings)
    }

    /// What the store needs to know.
    pub fn store(&self) -> anyhow::Result<store::Settings> {
        let database = &self.database;
        Ok(store::Settings {
            url: database.url.parse()?,
            pool_size: database.pool_size,
            acquire_timeout: Duration::from_secs(database.acquire_timeout_seconds),
            statement_timeout: Duration::from_secs(database.statement_timeout_seconds),
        })
    }
}

/// How the variables of the environment begin that hold settings.
const PREFIX: &str = "ROLLCALL__";

/// What one source says, by itself.
fn collect(source: &(impl Source + Clone + Send + Sync + 'static)) -> Result<Map<String, Value>, ConfigError> {
    Config::builder().add_source(source.clone()).build()?.collect()
}

fn refuse(problems: &[String]) -> anyhow::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    bail!("the configuration cannot be used: {}", problems.join("; "))
}
