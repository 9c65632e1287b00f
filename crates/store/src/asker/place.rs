//! Where the server is and as whom to speak to it, where that is what libpq would make of the address, too.

use crate::url::PostgresUrl;
use percent_encoding::percent_decode_str;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// One server, and who asks.
pub(super) struct Place {
    pub host: Host,
    pub user: String,
    pub database: String,
    /// Where it is in the address or in the environment. A file of passwords is libpq's.
    pub password: Option<String>,
    /// For how long to try.
    pub patience: Duration,
    pub keepalive: Option<Keepalive>,
    /// How the connection is called in the server's lists.
    pub application: Option<String>,
}

/// Without the password.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:?}/{}", self.user, self.host, self.database)
    }
}

/// Where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// By a name or an address, and a port.
    Tcp(String, u16),
    /// The file of a socket.
    Unix(PathBuf),
}

/// When it is looked whether the other side is still there: in seconds, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keepalive {
    pub idle: u64,
    pub interval: u64,
    pub count: u32,
}

/// What the environment may say to libpq that this client does not do.
const OF_LIBPQ: [&str; 16] = [
    "PGCHANNELBINDING",
    "PGGSSENCMODE",
    "PGHOSTADDR",
    "PGKRBSRVNAME",
    "PGLOADBALANCEHOSTS",
    "PGMAXPROTOCOLVERSION",
    "PGMINPROTOCOLVERSION",
    "PGOPTIONS",
    "PGREQUIREAUTH",
    "PGREQUIREPEER",
    "PGREQUIRESSL",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSSLMODE",
    "PGSSLNEGOTIATION",
    "PGTARGETSESSIONATTRS",
];

impl Place {
    /// The place that `url` names in the environment `variable`; or what it has that is left to libpq.
    pub fn of(url: &PostgresUrl, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, &'static str> {
        if OF_LIBPQ.iter().any(|name| variable(name).is_some()) {
            return Err("the environment says how libpq is to connect");
        }
        let url = url.as_url();
        let mut said = parameters(url.query().unwrap_or_default())?;
        // An empty one is as good as none.
        let mut say = |name: &str, of_url: Option<&str>, of_environment: &str| {
            let parameter = said.remove(name).filter(|value| !value.is_empty());
            let of_url = of_url.filter(|value| !value.is_empty()).map(decoded).transpose()?;
            if parameter.is_some() && of_url.is_some() {
                return Err("its address says the same thing twice");
            }
            let of_environment = || variable(of_environment).and_then(|value| value.into_string().ok());
            Ok(parameter.or(of_url).or_else(of_environment).filter(|value| !value.is_empty()))
        };
        let bare = url.host_str().map(|host| host.trim_start_matches('[').trim_end_matches(']'));
        let host = say("host", bare, "PGHOST")?.ok_or("its address names no host")?;
        let port = url.port().map(|port| port.to_string());
        let port = say("port", port.as_deref(), "PGPORT")?.unwrap_or_else(|| "5432".to_owned());
        let port: u16 = port.parse().map_err(|_| "its address names no single port")?;
        let user = say("user", Some(url.username()), "PGUSER")?.ok_or("its address names no user")?;
        let database = say("dbname", url.path().strip_prefix('/'), "PGDATABASE")?.unwrap_or_else(|| user.clone());
        if database.contains('=') || database.contains("://") {
            return Err("the name of its database is an address");
        }
        let password = say("password", url.password(), "PGPASSWORD")?;
        let host = match host {
            host if host.contains([',', '@']) => return Err("its address names several hosts"),
            host if host.starts_with('/') => Host::Unix(PathBuf::from(format!("{host}/.s.PGSQL.{port}"))),
            host => Host::Tcp(host, port),
        };
        // Known only by what libpq would do with a server that has TLS.
        let plain = said.remove("sslmode");
        match plain.as_deref() {
            Some("disable") => {}
            _ if matches!(host, Host::Unix(_)) || !cfg!(feature = "postgres-tls") => {}
            _ => return Err("its address does not say sslmode=disable, so TLS may be wanted"),
        }
        let mut take = |name: &str, usual: u64| {
            let parsed = |value: String| value.parse().map_err(|_| "its address has a number that is none");
            said.remove(name).map_or(Ok(usual), parsed)
        };
        // With 0 libpq waits for ever.
        let patience = Duration::from_secs(take("connect_timeout", 5)?.clamp(2, 10));
        let keepalive = Keepalive {
            idle: take("keepalives_idle", 30)?.max(1),
            interval: take("keepalives_interval", 10)?.max(1),
            count: u32::try_from(take("keepalives_count", 3)?.max(1)).unwrap_or(u32::MAX),
        };
        let keepalive = (take("keepalives", 1)? != 0).then_some(keepalive);
        let application = say_application(&mut said).or_else(|| variable("PGAPPNAME")?.into_string().ok());
        // Ours anyway.
        said.remove("client_encoding");
        if said.is_empty() {
            Ok(Self { host, user, database, password, patience, keepalive, application })
        } else {
            Err("its address has a parameter that is left to libpq")
        }
    }
}

fn say_application(said: &mut HashMap<String, String>) -> Option<String> {
    let otherwise = said.remove("fallback_application_name");
    said.remove("application_name").or(otherwise).filter(|name| !name.is_empty())
}

fn parameters(query: &str) -> Result<HashMap<String, String>, &'static str> {
    let mut said = HashMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("its address has a parameter without a value")?;
        if said.insert(decoded(name)?, decoded(value)?).is_some() {
            return Err("its address says the same thing twice");
        }
    }
    Ok(said)
}

/// As libpq does it: a plus sign is one.
fn decoded(text: &str) -> Result<String, &'static str> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| "its address is not UTF-8")?;
    if text.contains('\0') { Err("its address holds a zero") } else { Ok(text.into_owned()) }
}

#[cfg(test)]
mod tests;
