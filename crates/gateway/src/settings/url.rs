//! The text of a database URL, which may hold a password.

use anyhow::bail;
use serde::Deserialize;
use std::fmt;
use store::DatabaseUrl;

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
