//! The configuration: built-in defaults, a file, the environment, and flags, each over the ones before.
//!
//! The defaults are the text of `config/rollcall.toml` itself, so that the file which explains the settings cannot
//! say anything else than what applies.

use anyhow::{Context, bail};
use config::{Config, Environment, File, FileFormat};
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;
use store::DatabaseUrl;

/// The text of `config/rollcall.toml`.
pub const BUILT_IN: &str = include_str!("../../../config/rollcall.toml");

/// Every setting. What each means stands in `config/rollcall.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The web server.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// What a client may cost.
    pub limits: Limits,
    /// The log.
    pub logging: Logging,
    /// The dialects.
    pub dialects: Dialects,
}

/// Section `server`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: String,
    /// Threads that serve connections, 0 for one a core.
    pub workers: usize,
    /// Seconds for which an idle connection is kept, 0 for none.
    pub keep_alive_seconds: u64,
    /// Seconds in which a header must have arrived.
    pub request_timeout_seconds: u64,
    /// Seconds for which requests may go on after a signal to end.
    pub shutdown_timeout_seconds: u64,
}

impl Server {
    /// How many threads serve connections: one a core unless the configuration says it.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }
}

/// Section `database`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Where it is, empty when nowhere.
    pub url: UrlText,
    /// Number of connections.
    pub pool_size: u32,
    /// Seconds to wait for a connection.
    pub acquire_timeout_seconds: u64,
    /// Seconds that a statement may run.
    pub statement_timeout_seconds: u64,
}

/// Section `limits`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// Seconds in which a body must have arrived.
    pub body_timeout_seconds: u64,
    /// Seconds that a slow request waits for its turn.
    pub queue_timeout_seconds: u64,
}

/// Section `logging`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// Form of the lines.
    pub format: LogFormat,
    /// What is logged.
    pub filter: String,
}

/// Forms of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Section `dialects`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialects {
    /// Elance.
    pub elance: Elance,
    /// RM.
    pub rm: Plain,
    /// CometChat.
    pub cometchat: Plain,
}

/// Section of a dialect without settings of its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// Whether it is served.
    pub enabled: bool,
    /// What stands in front of its addresses.
    pub prefix: String,
}

/// Section `dialects.elance`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elance {
    /// Whether it is served.
    pub enabled: bool,
    /// What stands in front of its addresses.
    pub prefix: String,
    /// Rows of a page when the request does not say.
    pub default_rpp: u32,
    /// Whether the rows of a page are an array.
    pub results_as_array: bool,
}

/// The text of a database URL. Never printed with its password.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct UrlText(String);

impl UrlText {
    /// Takes a URL as given.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads it.
    pub fn parse(&self) -> anyhow::Result<DatabaseUrl> {
        if self.is_empty() {
            bail!(
                "no database is named; give --database URL, set ROLLCALL__DATABASE__URL or write url in the section \
                 [database] of the configuration, for example sqlite:///var/lib/rollcall/rollcall.db"
            );
        }
        Ok(self.0.parse()?)
    }
}

impl fmt::Debug for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.parse::<DatabaseUrl>() {
            Ok(url) => write!(f, "\"{url}\""),
            Err(_) if self.is_empty() => f.write_str("\"\""),
            Err(_) => f.write_str("(unreadable)"),
        }
    }
}

impl Settings {
    /// The defaults.
    pub fn built_in() -> anyhow::Result<Self> {
        Self::from_sources(None, HashMap::new())
    }

    /// The defaults, with the file over them and the variables `ROLLCALL__…` of the environment over both.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let mine = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|n| n.to_ascii_uppercase().starts_with("ROLLCALL__"))?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        Self::from_sources(file, mine.collect())
    }

    fn from_sources(file: Option<&Path>, environment: HashMap<String, String>) -> anyhow::Result<Self> {
        let mut builder = Config::builder().add_source(File::from_str(BUILT_IN, FileFormat::Toml));
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            // Read here first, by itself, so that an error is told with the name of the file.
            let source = File::from_str(&text, FileFormat::Toml);
            let alone = Config::builder().add_source(source.clone()).build();
            alone.with_context(|| format!("{} is not well-formed", path.display()))?;
            builder = builder.add_source(source);
        }
        let variables = Environment::with_prefix("ROLLCALL")
            .prefix_separator("__")
            .separator("__")
            .source(Some(environment.into_iter().collect()));
        let settings: Self = builder
            .add_source(variables)
            .build()
            .and_then(Config::try_deserialize)
            .context("the configuration cannot be used")?;
        let problems = settings.problems();
        if !problems.is_empty() {
            bail!("the configuration cannot be used: {}", problems.join("; "));
        }
        Ok(settings)
    }

    /// What is wrong with the values, in words.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut within = |name: &str, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                problems.push(format!("{name} must be from {least} to {most}"));
            }
        };
        const DAY: u64 = 86_400;
        within("server.workers", self.server.workers as u64, 0, 1024);
        within("server.keep_alive_seconds", self.server.keep_alive_seconds, 0, DAY);
        within("server.request_timeout_seconds", self.server.request_timeout_seconds, 1, DAY);
        within("server.shutdown_timeout_seconds", self.server.shutdown_timeout_seconds, 0, DAY);
        within("database.pool_size", self.database.pool_size.into(), 1, 1000);
        within("database.acquire_timeout_seconds", self.database.acquire_timeout_seconds, 1, DAY);
        within("database.statement_timeout_seconds", self.database.statement_timeout_seconds, 1, DAY);
        within("limits.body_bytes", self.limits.body_bytes as u64, 1024, 1 << 30);
        within("limits.body_timeout_seconds", self.limits.body_timeout_seconds, 1, DAY);
        within("limits.queue_timeout_seconds", self.limits.queue_timeout_seconds, 1, DAY);
        within("dialects.elance.default_rpp", self.dialects.elance.default_rpp.into(), 1, 25);
        for (name, prefix) in [
            ("elance", &self.dialects.elance.prefix),
            ("rm", &self.dialects.rm.prefix),
            ("cometchat", &self.dialects.cometchat.prefix),
        ] {
            if !is_prefix(prefix) {
                problems.push(format!(
                    "dialects.{name}.prefix must be empty, or begin with / and not end in one, of letters, digits \
                     and the characters - . _ ~ /"
                ));
            }
        }
        problems
    }

    /// What the store needs to know to serve. A thread that serves connections asks an SQLite database by itself when
    /// that is quick; each has a connection for it, so that it never waits for the slow requests.
    pub fn store_to_serve(&self) -> anyhow::Result<store::Settings> {
        let mut settings = self.store()?;
        if !matches!(settings.url, DatabaseUrl::Postgres(_)) {
            settings.pool_size = settings.pool_size.saturating_add(self.server.worker_count() as u32);
        }
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

fn is_prefix(prefix: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    prefix.is_empty()
        || prefix.starts_with('/') && !prefix.ends_with('/') && !prefix.contains("//") && prefix.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn with(toml: &str, environment: &[(&str, &str)]) -> anyhow::Result<Settings> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(toml.as_bytes()).expect("written");
        let environment = environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Settings::from_sources(Some(file.path()), environment)
    }

    #[test]
    fn the_documented_file_holds_every_setting_with_its_default() {
        let plain = || Plain { enabled: true, prefix: String::new() };
        let expected = Settings {
            server: Server {
                listen: "127.0.0.1:8080".into(),
                workers: 0,
                keep_alive_seconds: 75,
                request_timeout_seconds: 10,
                shutdown_timeout_seconds: 20,
            },
            database: Database {
                url: UrlText::default(),
                pool_size: 8,
                acquire_timeout_seconds: 5,
                statement_timeout_seconds: 30,
            },
            limits: Limits { body_bytes: 1 << 20, body_timeout_seconds: 30, queue_timeout_seconds: 10 },
            logging: Logging { format: LogFormat::Text, filter: "info,actix_server=warn".into() },
            dialects: Dialects {
                elance: Elance { enabled: true, prefix: String::new(), default_rpp: 8, results_as_array: false },
                rm: plain(),
                cometchat: plain(),
            },
        };
        assert_eq!(Settings::built_in().expect("sound"), expected);
    }

    #[test]
    fn every_setting_in_the_documented_file_is_explained() {
        let lines: Vec<_> = BUILT_IN.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, l)| l.contains(" = ") && !l.starts_with('#')) {
            assert!(lines[at - 1].starts_with("# "), "{line} has no explanation");
        }
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let toml = "[server]\nlisten = \"[::1]:9\"\nworkers = 3\n[dialects.rm]\nprefix = \"/risk\"\n";
        let environment = [
            ("ROLLCALL__SERVER__WORKERS", "4"),
            ("ROLLCALL__DIALECTS__ELANCE__ENABLED", "false"),
            ("ROLLCALL__DATABASE__URL", "sqlite:///x.db"),
            ("ROLLCALL__LOGGING__FORMAT", "json"),
        ];
        let settings = with(toml, &environment).expect("sound");
        assert_eq!(settings.server.listen, "[::1]:9");
        assert_eq!(settings.server.workers, 4);
        assert_eq!(settings.dialects.rm.prefix, "/risk");
        assert!(settings.dialects.rm.enabled && !settings.dialects.elance.enabled);
        assert_eq!(settings.database.url, UrlText::new("sqlite:///x.db"));
        assert_eq!(settings.logging.format, LogFormat::Json);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_in_words() {
        for (toml, word) in [
            ("[server]\nlistn = \"x\"", "listn"),
            ("[serverr]\nlisten = \"x\"", "serverr"),
            ("[dialects.soap]\nenabled = true", "soap"),
            ("[dialects.rm]\ndefault_rpp = 3", "default_rpp"),
            ("[server]\nworkers = -1", "workers"),
            ("[server]\nworkers = \"many\"", "workers"),
            ("[database]\npool_size = 0", "database.pool_size must be from 1 to 1000"),
            ("[dialects.rm]\nprefix = \"risk\"", "dialects.rm.prefix"),
            ("[dialects.rm]\nprefix = \"/risk/\"", "dialects.rm.prefix"),
            ("[logging]\nformat = \"xml\"", "xml"),
            ("[server", "not well-formed"),
        ] {
            let error = format!("{:#}", with(toml, &[]).expect_err(toml));
            assert!(error.contains(word), "{toml}: {error}");
        }
        let error = format!("{:#}", with("", &[("ROLLCALL__SERVER__LISTN", "x")]).expect_err("unknown"));
        assert!(error.contains("listn"), "{error}");
    }

    #[test]
    fn short_requests_have_connections_of_their_own() {
        let settings = |url| {
            let environment = [("ROLLCALL__SERVER__WORKERS", "3"), ("ROLLCALL__DATABASE__URL", url)];
            with("", &environment).and_then(|s| s.store_to_serve()).expect("sound")
        };
        assert_eq!(settings("sqlite::memory:").pool_size, 8 + 3);
        assert_eq!(settings("postgres://h/x").pool_size, 8);
    }

    #[test]
    fn passwords_are_not_printed() {
        for url in ["postgres://u:hunter2@h/x", "postgres://u:hunter2@h:notaport/x", "hunter2"] {
            let settings = with("", &[("ROLLCALL__DATABASE__URL", url)]).expect("any text is taken");
            assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
            if let Err(error) = settings.store() {
                assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
            }
        }
        let error = Settings::built_in().and_then(|s| s.store().map(|_| ())).expect_err("no database");
        assert!(error.to_string().contains("--database"), "{error}");
    }
}
