//! The RM dialect: groups, their members and people as the Organization module of a risk manager shows them, with
//! OData 2.0 conventions for filters and orders.
//!
//! * `/api/Organization/groups` lists, counts, makes, shows, changes and deletes groups, `/api/Organization/people`
//!   persons. A list is a page of JSON or XML, with the total in `X-Total-Count` and the neighbouring pages in `Link`.
//! * `/api/Organization/groups/{GroupID}/members` lists, counts, adds and removes the members of a group.
//! * `/APIIntegration/AuthorizeFeatures` is where a person consents to a client, `POST /APIIntegration/Token` exchanges a
//!   client's id and secret, or what comes of a consent, for a token, `POST /APIIntegration/Revoke` takes one back.
//!
//! [`routes`] tells them all.
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

mod body;
mod errors;
mod field;
mod filter;
mod format;
mod groups;
mod links;
mod listing;
mod members;
mod order;
mod people;
mod render;
mod responsible;
mod routes;
mod token;
mod who;
mod words;
mod xml;

use dialect::access::{CredentialKind, Denial, Secret};
use dialect::oauth::give_back;
use dialect::sign_in::SignIn;
use dialect::{Action, Call, Dialect, Mount, Parsed, Presented, Refusal, Reply, Request};
pub use routes::routes;
use routes::{Endpoint, Found};

/// The longest path and the longest query string, in bytes as sent (contract: 8 KiB of raw query; the same for the path
/// and for the form of the token endpoint is our decision).
pub(crate) const LONGEST: usize = 8 * 1024;

/// The RM dialect.
#[derive(Clone, Debug, Default)]
pub struct Rm {
    sign_in: SignIn,
}

impl Rm {
    /// The dialect; it has no settings of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the pages to sign in shared with other dialects, so that whoever tries passwords is counted once.
    #[must_use]
    pub fn signing_in_at(self, sign_in: SignIn) -> Self {
        Self { sign_in }
    }
}

impl Dialect for Rm {
    fn name(&self) -> &'static str {
        "rm"
    }

    fn mounts(&self) -> &'static [Mount] {
        &[
            Mount { path: routes::ORGANIZATION, ignore_case: true },
            Mount { path: routes::INTEGRATION, ignore_case: true },
        ]
    }

    /// The body of one who presents nothing is not looked at.
    fn reads_body(&self, request: &Request<'_>) -> bool {
        routes::find(request).is_ok_and(|found| found.endpoint.reads_body() && !lacks_credential(request, found))
    }

    fn pattern(&self, path: &str) -> Option<&'static str> {
        if path.len() > LONGEST { None } else { routes::pattern(path) }
    }

    /// What is accepted says whether a list is XML; where that is not said, the type of the body does.
    fn lists_vary_by(&self) -> Option<&'static [&'static str]> {
        Some(&["accept", "content-type"])
    }

    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal> {
        if request.path.len() > LONGEST {
            return Err(Refusal::TargetTooLong(LONGEST));
        }
        let found = routes::find(request)?;
        if found.endpoint.reads_body() && lacks_credential(request, found) {
            return Err(Denial::Missing.into());
        }
        let Found { endpoint, group, person } = found;
        let action = match endpoint {
            Endpoint::Authorize | Endpoint::AuthorizeForm => return self.sign_in.parse(&token::FLOW, request),
            Endpoint::Token => return token::exchange(request).map(Parsed::Call),
            Endpoint::Revoke => return give_back(request, LONGEST, token::given_back).map(Parsed::Call),
            Endpoint::ListGroups => groups::list(request)?,
            Endpoint::CreateGroup => groups::create(request)?,
            Endpoint::CountGroups => groups::count(request)?,
            Endpoint::ShowGroup => groups::show(request, group),
            Endpoint::EditGroup => groups::edit(request, group)?,
            Endpoint::DeleteGroup => groups::delete(group),
            Endpoint::ListMembers => members::list(request, group)?,
            Endpoint::AddMembers => members::add(request, group)?,
            Endpoint::CountMembers => members::count(request, group)?,
            Endpoint::RemoveMember => members::remove(group, person),
            Endpoint::ListPeople => people::list(request)?,
            Endpoint::CreatePerson => people::create(request)?,
            Endpoint::CountPeople => people::count(request)?,
            Endpoint::ShowPerson => people::show(request, person),
            Endpoint::EditPerson => people::edit(request, person)?,
            Endpoint::DeletePerson => people::delete(person),
        };
        Ok(call(request, action).into())
    }

    fn refuse(&self, request: &Request<'_>, refusal: &Refusal) -> Reply {
        let reply = errors::reply(request, refusal);
        if routes::is_page(request) { self.sign_in.refuse(reply) } else { reply }
    }
}

/// A call with what the header presents.
fn call(request: &Request<'_>, action: Action) -> Call {
    Call { presented: presented(request), on_behalf_of: None, action }
}

/// Whether a credential is needed and none is presented.
fn lacks_credential(request: &Request<'_>, found: Found) -> bool {
    found.endpoint.takes_token() && presented(request) == Presented::Nothing
}

/// What the field `Authorization` presents: `OAuth2 <token>`, as every real client sends it, or `Bearer <token>`. The
/// name of the scheme may be in either case; another scheme presents nothing.
fn presented(request: &Request<'_>) -> Presented {
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
