//! The sections of the configuration and their values. What each means stands in `config/rollcall.toml`.

use super::{Names, Nets, UrlText};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Every setting. What each means stands in `config/rollcall.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The web server.
    pub server: Server,
    /// The admin listener.
    pub admin: Admin,
    /// The database.
    pub database: Database,
    /// What of the database is held in memory.
    pub roster: Roster,
    /// What a client may cost.
    pub limits: Limits,
    /// The change log.
    pub changes: Changes,
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
    /// Address and port for https, empty for none. Goes together with the next two.
    pub tls_listen: String,
    /// File of the certificate.
    pub tls_cert: PathBuf,
    /// File of its key.
    pub tls_key: PathBuf,
    /// Scheme, host and perhaps a path under which clients reach the gateway; empty when it is not said.
    pub public_url: String,
    /// Whether requests over http are sent to https.
    pub https_redirect: bool,
    /// For how many seconds a browser shall come over https only, 0 for not saying so.
    pub hsts_seconds: u64,
    /// Proxies whose word on the client is taken.
    pub trusted_proxies: Nets,
    /// Threads that serve connections, 0 for one a core.
    pub workers: usize,
    /// Seconds for which an idle connection is kept, 0 for none.
    pub keep_alive_seconds: u64,
    /// Seconds in which a TLS handshake must be done, and a header must have arrived.
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

    /// Whether there is an https address to which a request over http can be sent.
    pub fn leads_to_https(&self) -> bool {
        match self.public_url.as_str() {
            "" => !self.tls_listen.is_empty(),
            url => url.starts_with("https://"),
        }
    }

    /// For how long a connection may be without a request: as long as it may be idle, and then as long as a header may
    /// take.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.keep_alive_seconds.saturating_add(self.request_timeout_seconds))
    }

    /// How many quick requests may ask a database outside this process at once: one for each thread that serves
    /// connections, and two at least, so that one which takes longer than it looks does not hold up all others.
    pub fn quick_count(&self) -> usize {
        self.worker_count().max(2)
    }
}

/// Section `admin`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Whether there is an admin listener.
    pub enabled: bool,
    /// Its address and port, empty for the usual one.
    pub listen: String,
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
    /// Whether threads that serve connections ask PostgreSQL for the last change by connections of their own.
    pub ask_directly: bool,
}

impl Database {
    /// How many requests that change something may be under way at once. SQLite has one writer; a second request may hash
    /// a password meanwhile. A server has room for half as many as read.
    pub fn writer_count(&self, in_process: bool) -> usize {
        if in_process { 2 } else { (self.pool_size as usize).div_ceil(2) }
    }

    /// How long a request waits for the database at most: for a connection, then for a statement, and a second more, in
    /// which the database or the pool should have said that it takes too long.
    pub fn patience(&self) -> Duration {
        let seconds = self.acquire_timeout_seconds.saturating_add(self.statement_timeout_seconds);
        Duration::from_secs(seconds.saturating_add(1))
    }
}

/// Section `roster`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// How many bytes the members of groups may take, 0 for none.
    pub bytes: u64,
    /// How many changes are caught up with at once.
    pub behind: u32,
    /// Names of dialects whose rows are kept ready-made.
    pub ready_rows: Names,
    /// How many bytes of replies may be kept to be given again, 0 for none.
    pub replies_bytes: u64,
}

/// Section `limits`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// What all bodies under way may take together, in bytes.
    pub bodies_bytes: u64,
    /// The longest import by the admin API, in bytes.
    pub import_bytes: u64,
    /// Seconds in which a body must have arrived.
    pub body_timeout_seconds: u64,
    /// Seconds that a slow request waits for its turn.
    pub queue_timeout_seconds: u64,
    /// How many requests may wait for a turn.
    pub queue_length: u32,
    /// Requests a minute with one credential, 0 for any number.
    pub credential_per_minute: u32,
    /// Requests a minute from one address, 0 for any number.
    pub address_per_minute: u32,
    /// Unknown credentials a minute from one address, 0 for any number.
    pub failures_per_minute: u32,
    /// The most connections.
    pub connections: u32,
    /// The most connections from one address, 0 for any number.
    pub connections_per_address: u32,
    /// Names and values of a header, in bytes; 0 for what the web server takes.
    pub header_bytes: u32,
    /// Fields of a header; 0 for what the web server takes.
    pub header_fields: u32,
    /// Parameters of a query or a form, 0 for any number.
    pub parameters: u32,
    /// Levels of lists and objects in JSON, 0 for what the parser takes.
    pub json_depth: u32,
}

/// Section `changes`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// For how many days the change log is kept; 0 for ever.
    pub keep_days: u32,
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

impl Dialects {
    /// The name and the prefix of each.
    pub fn prefixes(&self) -> [(&'static str, &str); 3] {
        let Self { elance, rm, cometchat } = self;
        [("elance", &elance.prefix), ("rm", &rm.prefix), ("cometchat", &cometchat.prefix)]
    }
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
    /// Whether a `redirect_uri` that comes with a code must be the one of the authorize call.
    pub strict_redirect: bool,
    /// What `expires_in` of a token is.
    pub expires_in: ExpiresIn,
}

/// What `expires_in` of a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpiresIn {
    /// The time at which it expires, in unix seconds.
    Absolute,
    /// The seconds until then.
    Seconds,
}
