//! The RM dialect: the members of a group as the Organization module of a risk manager lists them, with OData 2.0
//! conventions for filters and orders.
//!
//! * `GET /api/Organization/groups/{GroupID}/members` lists a page of members, as JSON or XML, with the total in
//!   `X-Total-Count` and the neighbouring pages in `Link`.
//! * `GET /api/Organization/groups/{GroupID}/members/count` gives their number.
//! * `POST /APIIntegration/Token` exchanges a client's id and secret for a token.
//!
//! **May import:** `dialect` and `membership` of this project. `odata-params` reads the leaves of filters; it never
//! sees the text of a client.
//!
//! ```
//! use dialect::{Dialect, Headers, Method, Parsed, Request};
//!
//! let headers = [("authorization", "OAuth2 5f0c")];
//! let request = Request {
//!     method: Method::Get,
//!     path: "/api/organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members",
//!     query: "$filter=substringof(Name,'Jane')&$orderby=Name%20desc&page=2",
//!     prefix: "",
//!     headers: &headers.as_slice() as &dyn Headers,
//!     body: b"",
//! };
//! let Ok(Parsed::Call(call)) = dialect_rm::Rm::new().parse(&request) else { panic!("legal") };
//! let dialect::Action::Members { query, .. } = call.action else { panic!("a list") };
//! assert_eq!(query.window.offset, 10);
//! assert!(query.filter().is_some());
//! ```

mod errors;
mod field;
mod filter;
mod format;
mod links;
mod members;
mod order;
mod render;
mod route;
mod token;
mod words;

use dialect::access::{CredentialKind, Secret};
use dialect::{Dialect, Mount, Parsed, Presented, Refusal, Reply, Request};

/// The longest path and the longest query string, in bytes as sent (contract: 8 KiB of raw query; the same for the path
/// and for the form of the token endpoint is our decision).
pub(crate) const LONGEST: usize = 8 * 1024;

/// The RM dialect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rm;

impl Rm {
    /// The dialect; it has no settings of its own.
    pub const fn new() -> Self {
        Self
    }
}

impl Dialect for Rm {
    fn name(&self) -> &'static str {
        "rm"
    }

    fn mounts(&self) -> &'static [Mount] {
        &[Mount { path: route::ORGANIZATION, ignore_case: true }, Mount { path: route::INTEGRATION, ignore_case: true }]
    }

    fn reads_body(&self, request: &Request<'_>) -> bool {
        matches!(route::route(request), Ok(route::Route::Token))
    }

    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal> {
        if request.path.len() > LONGEST {
            return Err(Refusal::TargetTooLong(LONGEST));
        }
        match route::route(request)? {
            route::Route::Members(group) => members::list(request, &group).map(Parsed::Call),
            route::Route::Count(group) => members::count(request, &group).map(Parsed::Call),
            route::Route::Token => token::exchange(request).map(Parsed::Call),
        }
    }

    fn refuse(&self, request: &Request<'_>, refusal: &Refusal) -> Reply {
        errors::reply(request, refusal)
    }
}

/// What the field `Authorization` presents: `OAuth2 <token>`, as every real client sends it, or `Bearer <token>`. The
/// name of the scheme may be in either case; another scheme presents nothing.
pub(crate) fn presented(request: &Request<'_>) -> Presented {
    let given = request.header("authorization").and_then(|field| field.trim().split_once(' '));
    match given {
        Some((scheme, secret)) if scheme.eq_ignore_ascii_case("OAuth2") || scheme.eq_ignore_ascii_case("Bearer") => {
            match secret.trim() {
                "" => Presented::Nothing,
                secret => Presented::Secret(CredentialKind::Token, Secret::presented(secret)),
            }
        }
        _ => Presented::Nothing,
    }
}
