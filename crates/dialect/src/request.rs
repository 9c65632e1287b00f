//! Requests and replies without a web server.

use crate::{Fault, FaultCode, is_host};
use std::net::IpAddr;

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`: answered as `GET`; whoever sends the reply leaves out the body.
    Head,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
    /// `OPTIONS`.
    Options,
    /// Any other.
    Other,
}

impl Method {
    /// Reads the name of a method, which is case-sensitive.
    pub fn from_name(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }

    /// Whether it only reads: `GET` or `HEAD`.
    pub const fn reads(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// Where the fields of a request's header are looked up, and what is known of the connection that they came over.
pub trait Headers {
    /// The first field of that name (given in lower case), if there is one and it is UTF-8.
    fn get(&self, name: &str) -> Option<&str>;

    /// Whether the first field of that name (given in lower case) is there but not UTF-8.
    fn is_unreadable(&self, _name: &str) -> bool {
        false
    }

    /// The address of the client, where it is known.
    fn client_address(&self) -> Option<IpAddr> {
        None
    }

    /// Whether the connection is over TLS.
    fn is_over_tls(&self) -> bool {
        false
    }

    /// Whether there is more than one field of that name (given in lower case).
    fn is_repeated(&self, _name: &str) -> bool {
        false
    }
}

/// For tests and for requests without any: pairs of lower-case names and values.
impl Headers for [(&str, &str)] {
    fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    fn is_repeated(&self, name: &str) -> bool {
        self.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).count() > 1
    }
}

/// So that a borrowed slice of pairs can be handed on as `&dyn Headers`.
impl<H: Headers + ?Sized> Headers for &H {
    fn get(&self, name: &str) -> Option<&str> {
        H::get(self, name)
    }

    fn is_unreadable(&self, name: &str) -> bool {
        H::is_unreadable(self, name)
    }

    fn client_address(&self) -> Option<IpAddr> {
        H::client_address(self)
    }

    fn is_over_tls(&self) -> bool {
        H::is_over_tls(self)
    }

    fn is_repeated(&self, name: &str) -> bool {
        H::is_repeated(self, name)
    }
}

/// A request as a dialect sees it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Method.
    pub method: Method,
    /// The path behind the configured prefix, beginning with `/`, still percent-encoded: `/api2/groups/1116/members`.
    pub path: &'a str,
    /// The query string behind the `?`, as sent; empty when there is none.
    pub query: &'a str,
    /// The configured prefix, to be put in front of the paths that a reply names.
    pub prefix: &'a str,
    /// Header.
    pub headers: &'a dyn Headers,
    /// Body, complete.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// A field of the header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The field `Host`, where it is a name or an address with or without a port. It comes from the client, so only that
    /// client may be told of it.
    pub fn host(&self) -> Option<&str> {
        self.header("host").filter(|host| is_host(host))
    }

    /// Refuses a request in whose header one of these fields (by their names as they are documented) stands more than
    /// once, so that nobody can take one of them for the other.
    pub fn at_most_once(&self, names: &[&str]) -> Result<(), Fault> {
        match names.iter().find(|name| self.headers.is_repeated(&name.to_ascii_lowercase())) {
            Some(name) => Err(Fault::new(*name, FaultCode::InvalidValue, "must be given once")),
            None => Ok(()),
        }
    }

    /// Length of path and query as sent, in bytes.
    pub fn target_len(&self) -> usize {
        self.prefix.len() + self.path.len() + self.query.len()
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// `Content-Type`, written exactly so; empty for a reply without a body.
    pub content_type: &'static str,
    /// Further fields of the header.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply with a body.
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.into() }
    }

    /// With one more field of the header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says that the reply depends on these fields of the request's header too (RFC 9110, section 12.5.5).
    pub fn vary_by(&mut self, fields: &str) {
        match self.headers.iter_mut().find(|(name, _)| *name == "Vary") {
            Some((_, named)) => {
                named.push_str(", ");
                named.push_str(fields);
            }
            None => self.headers.push(("Vary", fields.to_owned())),
        }
    }
}
