//! The CometChat dialect: groups, their members and users as the REST API v3 and its JavaScript SDK speak of them.
//!
//! **May import:** `dialect` and `membership`.
//!
//! Every method stands in one table, see [`routes`], below `/v3` and `/v3.0`; beside them there are the preflights that
//! browsers ask before each. What is documented by the vendor, what was seen on the wire and what is decided here is told
//! in `docs/dialects/cometchat.md`.
//!
//! ```
//! use dialect::{Action, Dialect, Method, Parsed, Request};
//! use dialect_cometchat::CometChat;
//!
//! let request = Request {
//!     method: Method::Get,
//!     path: "/v3.0/groups/SuperGroup/members",
//!     query: "per_page=30&page=2&scopes=admin,moderator",
//!     prefix: "",
//!     headers: &[("apikey", "0123456789abcdef0123456789abcdef01234567")].as_slice(),
//!     body: b"",
//! };
//! let Ok(Parsed::Call(call)) = CometChat::new().parse(&request) else { unreachable!("a legal request") };
//! let Action::Members { query, .. } = call.action else { unreachable!("members are asked for") };
//! assert_eq!((query.window.offset, query.window.limit), (30, 30));
//! ```

mod bans;
mod body;
mod caller;
mod cors;
mod entities;
mod errors;
mod groups;
mod keys;
mod me;
mod members;
mod memberships;
mod message;
mod page;
mod parameters;
mod rate;
mod results;
mod routes;
mod tokens;
mod users;

pub use routes::routes;

use dialect::{Call, Dialect, Method, Mount, Parsed, Refusal, Reply, Request, StandingFields, decode_segment};
use std::borrow::Cow;

/// The type of every body. JSON is UTF-8 without saying so.
const JSON: &str = "application/json";

/// The longest address that is read, in bytes (our decision). No method here has use for a longer one.
const LONGEST_TARGET: usize = 16 * 1024;

/// Where the dialect is mounted: the documents say `v3`, the SDK asks `v3.0`.
const MOUNTS: &[Mount] = &[Mount { path: "/v3", ignore_case: false }, Mount { path: "/v3.0", ignore_case: false }];

/// The dialect.
#[derive(Clone, Debug, Default)]
pub struct CometChat {
    /// Host, port and path of the public address; empty when it is not known.
    host: String,
}

impl CometChat {
    /// The dialect, reached at whatever host each request names.
    pub const fn new() -> Self {
        Self { host: String::new() }
    }

    /// The dialect, reached at this address: `https://chat.example.org`, with a path where a proxy in front takes one
    /// away. Empty: at whatever host each request names. The SDK speaks https, whatever the address says.
    pub fn reached_at(public_url: &str) -> Self {
        let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
        Self { host: host.to_owned() }
    }
}

impl Dialect for CometChat {
    fn name(&self) -> &'static str {
        "cometchat"
    }

    fn mounts(&self) -> &'static [Mount] {
        MOUNTS
    }

    /// Nothing is read for one who presents nothing.
    fn reads_body(&self, request: &Request<'_>) -> bool {
        let reads = |found: routes::Found<'_>| found.entry.reads_body;
        routes::find(MOUNTS, request.method, request.path).is_some_and(reads) && caller::presented(request).is_ok()
    }

    fn pattern(&self, path: &str) -> Option<&'static str> {
        routes::pattern(MOUNTS, path)
    }

    fn lists_vary_by(&self) -> Option<&'static [&'static str]> {
        Some(&[])
    }

    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal> {
        if request.target_len() > LONGEST_TARGET {
            return Err(Refusal::TargetTooLong(LONGEST_TARGET));
        }
        if request.method == Method::Options {
            return Ok(Parsed::Reply(cors::preflight()));
        }
        // There is no 405: a wrong method is a path that does not exist (documented).
        let found = routes::find(MOUNTS, request.method, request.path).ok_or(Refusal::NoSuchPath)?;
        let presented = caller::presented(request)?;
        let on_behalf_of = caller::on_behalf_of(request, &presented);
        let action = found.entry.ask(&found.asked(request, &presented, &self.host))?;
        Ok(Call { presented, on_behalf_of, action, route: Some(found.entry.route.pattern) }.into())
    }

    fn refuse(&self, request: &Request<'_>, refusal: &Refusal) -> Reply {
        errors::reply(request, refusal)
    }

    fn finish(&self, _request: &Request<'_>, reply: &mut Reply) {
        cors::open(reply);
    }

    fn standing_fields(&self) -> Option<&'static StandingFields> {
        Some(&rate::FIELDS)
    }

    /// A token stands in the path where it is looked at or deleted, and may stand in one that is none of the addresses
    /// because the client has misspelt it.
    fn loggable<'p>(&self, path: &'p str) -> Cow<'p, str> {
        const BEFORE: &str = "auth_tokens";
        let mount = MOUNTS.iter().find(|mount| mount.holds(path)).map_or("", |mount| mount.path);
        let hidden = || Cow::Owned(format!("{mount}/…"));
        if path.len() == mount.len() {
            return Cow::Borrowed(path);
        }
        let (Some(_), Ok(decoded)) = (routes::pattern(MOUNTS, path), decode_segment(path)) else { return hidden() };
        let decoded = decoded.to_ascii_lowercase();
        match (decoded.split_once(BEFORE), path.split_once(BEFORE)) {
            (None | Some((_, "")), _) => Cow::Borrowed(path),
            (Some(_), Some((before, behind))) if behind.starts_with('/') => Cow::Owned(format!("{before}{BEFORE}/…")),
            // Part of a name, or spelt in another way.
            (Some(_), _) => hidden(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(method: Method, path: &str, query: &str) -> Result<Parsed, Refusal> {
        let headers = [("apikey", "k")];
        CometChat::new().parse(&Request { method, path, query, prefix: "", headers: &headers.as_slice(), body: b"" })
    }

    #[test]
    fn preflights_are_answered_on_every_path() {
        for path in ["/v3/groups/g/members", "/v3.0/nothing"] {
            let Ok(Parsed::Reply(reply)) = parse(Method::Options, path, "") else { panic!("{path}") };
            assert_eq!((reply.status, reply.content_type, reply.body.len()), (204, "", 0));
        }
    }

    #[test]
    fn long_addresses_are_refused() {
        let path = "/v3/groups/g/members";
        let most = LONGEST_TARGET - path.len();
        assert!(parse(Method::Get, path, &"a".repeat(most)).is_ok());
        let refusal = parse(Method::Get, path, &"a".repeat(most + 1)).err();
        assert_eq!(refusal, Some(Refusal::TargetTooLong(LONGEST_TARGET)));
    }

    #[test]
    fn no_token_of_a_path_is_shown() {
        for (path, shown) in [
            ("/v3/users/u/auth_tokens/u_1700000100ab", "/v3/users/u/auth_tokens/…"),
            ("/v3.0/users/u/auth_tokens/t", "/v3.0/users/u/auth_tokens/…"),
            ("/v3.0/users/u/auth_tokens/t/x", "/v3.0/…"),
            ("/v3/user/auth_tokens/t", "/v3/…"),
            ("/v3/users/u/%61uth_tokens/t", "/v3/…"),
            ("/v3/users/u/Auth_Tokens/t", "/v3/…"),
            ("/v3/users/u%2FAUTH_tokens%2Ft", "/v3/…"),
            ("/v3/users/u%2Fauth_tokens%2Ft", "/v3/…"),
            ("/v3/users/%FFauth_tokens", "/v3/…"),
            ("/v3/t", "/v3/…"),
            ("/v3", "/v3"),
            ("/v3/users/u/auth_tokens", "/v3/users/u/auth_tokens"),
            ("/v3/groups/g/members/m%20n", "/v3/groups/g/members/m%20n"),
        ] {
            assert_eq!(CometChat::new().loggable(path), shown);
        }
    }

    #[test]
    fn the_public_address_is_where_clients_are_sent() {
        for (url, host) in [
            ("", ""),
            ("https://chat.example.org", "chat.example.org"),
            ("http://chat.example.org:8080/base", "chat.example.org:8080/base"),
        ] {
            assert_eq!(CometChat::reached_at(url).host, host);
        }
    }
}
