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
    /// `sqlite:` with something behind a question mark, which would silently become part of the file's name.
    #[error("the sqlite URL takes a path and no options: there must be no question mark in it")]
    FileOptions,
    /// Not a URL at all.
    #[error("the postgres URL cannot be read: {0}")]
    Syntax(String),
    /// A percent sign that begins no escape. Names the part of the URL, and never quotes it: it may be the password.
    #[error(
        "in the {0} of the postgres URL a percent sign is not followed by two hexadecimal digits other than 00; a \
         percent sign itself is written %25"
    )]
    Escape(&'static str),
    /// A parameter that is not a name, one `=` and a value. Never quoted, for the same reason.
    #[error("a parameter of the postgres URL is not of the form name=value; in a value, = is written %3D and & is %26")]
    Parameter,
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
            if path.contains('?') {
                return Err(BadUrl::FileOptions);
            }
            return if path.is_empty() { Err(BadUrl::NoFile) } else { Ok(Self::SqliteFile(PathBuf::from(path))) };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let url = url::Url::parse(text).map_err(|e| BadUrl::Syntax(e.to_string()))?;
            readable_by_libpq(&url)?;
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

/// What libpq would refuse while quoting it, so that its words would tell a password.
fn readable_by_libpq(url: &url::Url) -> Result<(), BadUrl> {
    for (part, text) in [
        ("user name", url.username()),
        ("password", url.password().unwrap_or_default()),
        ("host name", url.host_str().unwrap_or_default()),
        ("name of the database", url.path()),
        ("parameters", url.query().unwrap_or_default()),
        ("end (#…)", url.fragment().unwrap_or_default()),
    ] {
        let mut after = text.split('%').skip(1);
        let escapes = |rest: &str| {
            let code = rest.get(..2).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
            code.is_some_and(|code| code != "00")
        };
        if !after.all(escapes) {
            return Err(BadUrl::Escape(part));
        }
    }
    let Some(query) = url.query() else { return Ok(()) };
    let pair = |pair: &str| pair.find('=').is_some_and(|at| at > 0) && pair.matches('=').count() == 1;
    if query.split('&').all(pair) { Ok(()) } else { Err(BadUrl::Parameter) }
}

/// How long a password must be to be looked for in the middle of words.
const TELLING: usize = 4;

impl PostgresUrl {
    /// The address, with its password.
    pub(crate) const fn as_url(&self) -> &url::Url {
        &self.0
    }

    /// What libpq or the server said, without the passwords of this address.
    pub(crate) fn without_secrets(&self, said: &str) -> String {
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let raw = self.0.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let raw = raw.filter(|(name, _)| is_secret(&decode(name))).map(|(_, value)| value);
        let mut secrets: Vec<String> =
            self.0.password().into_iter().chain(raw).flat_map(|s| [s.to_owned(), decode(s)]).collect();
        // A longer one may hold a shorter one.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let mut said = said.to_owned();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            said = said.replace(&format!("\"{secret}\""), "\"***\"");
            if secret.chars().count() >= TELLING {
                said = said.replace(secret.as_str(), "***");
            }
        }
        said
    }

    /// The address for libpq, with bounds on the time to connect and to notice that nobody is there any more, unless the
    /// address sets them.
    pub(crate) fn for_libpq(&self) -> String {
        /// In seconds. A server that has vanished without a word is given up after a minute; the system's own bounds are
        /// hours.
        const USUAL: [(&str, &str); 4] = [
            ("connect_timeout", "5"),
            ("keepalives_idle", "30"),
            ("keepalives_interval", "10"),
            ("keepalives_count", "3"),
        ];
        let mut url = self.0.clone();
        for (name, value) in USUAL {
            if !url.query_pairs().any(|(said, _)| said == name) {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        url.into()
    }
}

/// Whether the parameter of this name holds a password.
fn is_secret(name: &str) -> bool {
    name.contains("password")
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
                if shown.query_pairs().any(|(name, _)| is_secret(&name)) {
                    let pairs: Vec<_> = url.query_pairs().filter(|(name, _)| !is_secret(name)).collect();
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
        assert_eq!(parse("sqlite:///var/lib/r.db?mode=ro"), Err(BadUrl::FileOptions));
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
    fn what_libpq_would_quote_is_refused_without_quoting_it() {
        for (text, expected) in [
            ("postgres://u:hunter2%zz@h/x", BadUrl::Escape("password")),
            ("postgres://u:hunter2%@h/x", BadUrl::Escape("password")),
            ("postgres://u:hunter2%00@h/x", BadUrl::Escape("password")),
            ("postgres://u:hunter2%4é@h/x", BadUrl::Escape("password")),
            ("postgres://hunter2%z@h/x", BadUrl::Escape("user name")),
            ("postgres://h/hunter2%zz", BadUrl::Escape("name of the database")),
            ("postgres://h/x?password=hunter2%zz", BadUrl::Escape("parameters")),
            ("postgres://h/x?hunter2", BadUrl::Parameter),
            ("postgres://h/x?password=hunter2=", BadUrl::Parameter),
            ("postgres://h/x?password=hun&ter2", BadUrl::Parameter),
            ("postgres://h/x?=hunter2", BadUrl::Parameter),
            ("postgres://h/x?user=u&", BadUrl::Parameter),
        ] {
            let error = text.parse::<DatabaseUrl>().expect_err(text);
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("hun"), "{error}");
        }
        for text in
            ["postgres://u:p%25%41%ff@h/x?password=a%3Db", "postgres://u:p@[::1]:5432/x", "postgres:///x?host=/tmp"]
        {
            assert!(text.parse::<DatabaseUrl>().is_ok(), "{text}");
        }
    }

    #[test]
    fn passwords_are_taken_out_of_what_libpq_says() {
        let clean = |url: &str, said: &str| match url.parse::<DatabaseUrl>() {
            Ok(DatabaseUrl::Postgres(url)) => url.without_secrets(said),
            other => panic!("{url}: {other:?}"),
        };
        for (url, said, expected) in [
            ("postgres://u:hunter2@h/x", "so: hunter2!", "so: ***!"),
            ("postgres://u:hunter%32@h/x", "hunter%32 is hunter2", "*** is ***"),
            ("postgres://h/x?password=hunter2&user=u", "it is \"hunter2\"", "it is \"***\""),
            ("postgres://h/x?sslpassword=hunter2", "hunter2", "***"),
            // A very short one is in many words.
            (
                "postgres://u:at@h/x",
                "connection to server at \"h\", not \"at\"",
                "connection to server at \"h\", not \"***\"",
            ),
            ("postgres://u@h/x", "nothing to hide", "nothing to hide"),
        ] {
            assert_eq!(clean(url, said), expected, "{url}");
        }
    }

    #[test]
    fn a_connection_that_fails_tells_no_password() {
        for text in [
            "postgres://u:hunter2@127.0.0.1:1/x",
            "postgres://127.0.0.1:1/x?user=u&password=hunter2",
            "postgres://u:hunter2@127.0.0.1:1/x?no_such_parameter=hunter2",
            "postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=hunter2",
            "postgres://u:hunter2@127.0.0.1:1/x#hunter2",
            "postgres://u:hunter2@[hunter2/x",
            "postgres://u:hunter2@127.0.0.1:99999/x",
            "postgres://u:hunter2 @127.0.0.1:1/x y",
        ] {
            let told = match text.parse::<DatabaseUrl>() {
                Err(error) => format!("{error} {error:?}"),
                Ok(url) => match crate::Store::open(&crate::Settings::new(url)) {
                    Err(error) => format!("{error} {error:?}"),
                    Ok(_) => panic!("nobody listens at {text}"),
                },
            };
            assert!(!told.contains("hunter2"), "{text}: {told}");
        }
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
