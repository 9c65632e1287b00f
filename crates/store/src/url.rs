//! Where the database is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The address of a database: `sqlite:///path/file.db`, `sqlite::memory:` or `postgres://user@host/name`. Printed
/// without its password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// An SQLite file; made when it is not there.
    SqliteFile(PathBuf),
    /// A private SQLite database that is gone when the store is closed.
    SqliteTemporary,
    /// A PostgreSQL server, as libpq takes it.
    Postgres(PostgresUrl),
}

/// The address of a PostgreSQL database, with its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(url::Url);

/// An address that names no database we can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// None of the known schemes.
    #[error("a database URL begins with sqlite:// (a file), is sqlite::memory:, or begins with postgres://")]
    Scheme,
    /// `sqlite:` without a file.
    #[error("the sqlite URL names no file; write sqlite:///path/to/file.db")]
    NoFile,
    /// Not a URL at all.
    #[error("the postgres URL cannot be read: {0}")]
    Syntax(String),
    /// TLS was asked for in a build without it.
    #[error(
        "the postgres URL asks for TLS (sslmode={0}), which this build does not have; build with \
         `--features postgres-tls` or set sslmode=disable"
    )]
    NoTls(String),
}

impl FromStr for DatabaseUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        if text == "sqlite::memory:" || text == "sqlite://:memory:" {
            return Ok(Self::SqliteTemporary);
        }
        if let Some(rest) = text.strip_prefix("sqlite:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            return if path.is_empty() { Err(BadUrl::NoFile) } else { Ok(Self::SqliteFile(PathBuf::from(path))) };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let url = url::Url::parse(text).map_err(|e| BadUrl::Syntax(e.to_string()))?;
            if !cfg!(feature = "postgres-tls") {
                let asked = url.query_pairs().find(|(name, _)| name == "sslmode").map(|(_, mode)| mode.into_owned());
                if let Some(mode) = asked.filter(|m| matches!(m.as_str(), "require" | "verify-ca" | "verify-full")) {
                    return Err(BadUrl::NoTls(mode));
                }
            }
            return Ok(Self::Postgres(PostgresUrl(url)));
        }
        Err(BadUrl::Scheme)
    }
}

impl PostgresUrl {
    /// The address for libpq, with a bound on the time to connect unless the address sets one.
    pub(crate) fn for_libpq(&self) -> String {
        let mut url = self.0.clone();
        if !url.query_pairs().any(|(name, _)| name == "connect_timeout") {
            url.query_pairs_mut().append_pair("connect_timeout", "5");
        }
        url.into()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SqliteFile(path) => write!(f, "sqlite://{}", path.display()),
            Self::SqliteTemporary => f.write_str("sqlite::memory:"),
            Self::Postgres(PostgresUrl(url)) => {
                let mut shown = url.clone();
                if shown.password().is_some() {
                    // Only a URL without a host refuses a password, and such a one has none.
                    let _ = shown.set_password(Some("***"));
                }
                let has_secret = |name: &str| name.contains("password");
                if shown.query_pairs().any(|(name, _)| has_secret(&name)) {
                    let pairs: Vec<_> = url.query_pairs().filter(|(name, _)| !has_secret(name)).collect();
                    shown.query_pairs_mut().clear().extend_pairs(pairs);
                }
                f.write_str(shown.as_str())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresUrl(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_in_words() {
        let parse = |text: &str| text.parse::<DatabaseUrl>();
        assert_eq!(parse("sqlite:///var/lib/r.db"), Ok(DatabaseUrl::SqliteFile("/var/lib/r.db".into())));
        assert_eq!(parse("sqlite://r.db"), Ok(DatabaseUrl::SqliteFile("r.db".into())));
        assert_eq!(parse("sqlite::memory:"), Ok(DatabaseUrl::SqliteTemporary));
        assert_eq!(parse("sqlite:"), Err(BadUrl::NoFile));
        assert_eq!(parse("mysql://x"), Err(BadUrl::Scheme));
        assert!(matches!(parse("postgres://h:notaport/x"), Err(BadUrl::Syntax(_))));
    }

    #[cfg(not(feature = "postgres-tls"))]
    #[test]
    fn tls_without_the_feature_is_refused_in_words() {
        let error = "postgres://h/x?sslmode=verify-full".parse::<DatabaseUrl>().expect_err("no TLS");
        assert!(error.to_string().contains("postgres-tls"), "{error}");
        assert!("postgres://h/x?sslmode=prefer".parse::<DatabaseUrl>().is_ok());
    }

    #[test]
    fn passwords_are_not_printed() {
        for url in
            ["postgres://u:hunter2@h/x", "postgres://h/x?user=u&password=hunter2", "postgres://h/x?sslpassword=hunter2"]
        {
            let url: DatabaseUrl = url.parse().expect("legal");
            assert!(!format!("{url} {url:?}").contains("hunter2"), "{url}");
        }
    }
}
