//! The CometChat dialect: the members of a group as users of the REST API v3 and its JavaScript SDK read them.
//!
//! **May import:** `dialect` and `membership`.
//!
//! There is one method so far: `GET /v3/groups/{guid}/members` (also below `/v3.0`), with all its parameters, and the
//! preflights that browsers ask before it. What is documented by the vendor, what was seen on the wire and what is
//! decided here is told in `docs/dialects/cometchat.md`.
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

mod caller;
mod cors;
mod errors;
mod members;
mod page;

use dialect::{Dialect, Method, Mount, Parsed, Refusal, Reply, Request};

/// The type of every body. JSON is UTF-8 without saying so.
const JSON: &str = "application/json";

/// The longest address that is read, in bytes (our decision). No method here has use for a longer one.
const LONGEST_TARGET: usize = 16 * 1024;

/// Where the dialect is mounted: the documents say `v3`, the SDK asks `v3.0`.
const MOUNTS: &[Mount] = &[Mount { path: "/v3", ignore_case: false }, Mount { path: "/v3.0", ignore_case: false }];

/// The dialect. It has nothing to be set.
#[derive(Clone, Copy, Debug, Default)]
pub struct CometChat;

impl CometChat {
    /// The dialect.
    pub const fn new() -> Self {
        Self
    }
}

impl Dialect for CometChat {
    fn name(&self) -> &'static str {
        "cometchat"
    }

    fn mounts(&self) -> &'static [Mount] {
        MOUNTS
    }

    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal> {
        if request.target_len() > LONGEST_TARGET {
            return Err(Refusal::TargetTooLong(LONGEST_TARGET));
        }
        if request.method == Method::Options {
            return Ok(Parsed::Reply(cors::preflight()));
        }
        let mount = MOUNTS.iter().find(|mount| mount.holds(request.path)).ok_or(Refusal::NoSuchPath)?;
        let below = request.path.get(mount.path.len()..).unwrap_or_default();
        let segments: Vec<_> = below.split('/').collect();
        match segments.as_slice() {
            ["", "groups", group, "members"] => {
                if !request.method.reads() {
                    return Err(Refusal::Method("GET, HEAD"));
                }
                members::parse(request, group).map(Parsed::Call)
            }
            _ => Err(Refusal::NoSuchPath),
        }
    }

    fn refuse(&self, request: &Request<'_>, refusal: &Refusal) -> Reply {
        errors::reply(request, refusal)
    }

    fn finish(&self, _request: &Request<'_>, reply: &mut Reply) {
        cors::open(reply);
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
    fn paths_and_methods() {
        for path in ["/v3/groups/g/members", "/v3.0/groups/g/members", "/v3/groups//members", "/v3/groups/%zz/members"]
        {
            assert!(matches!(parse(Method::Get, path, ""), Ok(Parsed::Call(_))), "{path}");
            assert!(matches!(parse(Method::Head, path, ""), Ok(Parsed::Call(_))), "{path}");
            for method in [Method::Post, Method::Put, Method::Patch, Method::Delete, Method::Other] {
                let refusal = parse(method, path, "").err();
                assert_eq!(refusal, Some(Refusal::Method("GET, HEAD")), "{method:?} {path}");
            }
        }
        for path in [
            "/v3",
            "/v3/",
            "/v3.0",
            "/v3.1/groups/g/members",
            "/v3/groups",
            "/v3/groups/g",
            "/v3/groups/g/members/",
            "/v3/groups/g/members/u",
            "/v3/groups/g/bannedusers",
            "/v3/Groups/g/members",
            "/v3//groups/g/members",
            "/v3.0groups/g/members",
        ] {
            assert_eq!(parse(Method::Get, path, "").err(), Some(Refusal::NoSuchPath), "{path}");
        }
    }

    #[test]
    fn preflights_are_answered_on_every_path() {
        for path in ["/v3/groups/g/members", "/v3.0/user_sessions"] {
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
}
