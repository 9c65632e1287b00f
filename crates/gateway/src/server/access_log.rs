//! The access log: one line a request, of the same form on every listener.

use std::net::IpAddr;
use std::time::Duration;
use uuid::Uuid;

/// What is told of a request. Never its query, in which an access token may stand, nor what it presented.
pub(crate) struct Access<'a> {
    /// Its id.
    pub id: Uuid,
    /// Who asked, as far as proxies of ours tell it.
    pub client: IpAddr,
    /// The dialect; none where no dialect holds the path.
    pub dialect: Option<&'static str>,
    /// The method.
    pub method: &'a str,
    /// The path, without what may be a secret.
    pub path: &'a str,
    /// The pattern of the address; none where the path is none.
    pub route: Option<&'static str>,
    /// The status of the reply.
    pub status: u16,
    /// The length of its body; 0 where it is streamed.
    pub bytes: u64,
    /// How long it took from the header of the request to the reply.
    pub took: Duration,
    /// The number of the credential that let the request in.
    pub credential: Option<i64>,
}

impl Access<'_> {
    /// Whether lines of this level are written at all.
    pub fn is_told(level: log::Level) -> bool {
        log::log_enabled!(target: "access", level)
    }

    /// Writes the line.
    pub fn log(&self, level: log::Level) {
        if !Self::is_told(level) {
            return;
        }
        let credential = self.credential.map_or_else(|| "-".to_owned(), |id| id.to_string());
        log::log!(
            target: "access", level,
            request:% = self.id, client:% = self.client, dialect = self.dialect.unwrap_or("-"),
            method = self.method, path = self.path, status = self.status, bytes = self.bytes,
            micros = u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX), route = self.route.unwrap_or("-"),
            credential = credential.as_str();
            "request"
        );
    }
}
