//! The Elance dialect: groups, their members and jobs as clients of the Elance API v2 (2011 to 2015) read them.
//!
//! **May import:** `dialect` and `membership`.
//!
//! Groups can be searched, looked at, and joined: a freelancer asks, and the group's owner or an admin answers days later.
//! A job can be posted to groups, and a freelancer's profile shows the badges of its groups. [`routes`] tells every
//! address. What is documented by the vendor, what was seen in clients and what is decided here is told in
//! `docs/dialects/elance.md`.
//!
//! ```
//! use dialect::{Action, Dialect, Method, Parsed, Request};
//! use dialect_elance::{Elance, Settings};
//!
//! let elance = Elance::new(Settings::default());
//! let request = Request {
//!     method: Method::Get,
//!     path: "/api2/groups/1116/members",
//!     query: "page=2&rpp=25&access_token=4ff|3784252|PJRXoP3q5Bbo78VdZhqIqg",
//!     prefix: "",
//!     headers: &[].as_slice(),
//!     body: b"",
//! };
//! let Ok(Parsed::Call(call)) = elance.parse(&request) else { unreachable!("a legal request") };
//! let Action::Members { query, .. } = call.action else { unreachable!("members are asked for") };
//! assert_eq!((query.window.offset, query.window.limit), (25, 25));
//! ```

mod address;
mod body;
mod errors;
mod groups;
mod jobs;
mod joining;
mod members;
mod oauth;
mod paging;
mod profile;
mod routes;
mod token;

use dialect::oauth::give_back;
use dialect::sign_in::SignIn;
use dialect::{Call, Dialect, Mount, Parsed, Presented, Query, Refusal, Reply, Request};
pub use routes::routes;
use routes::{Endpoint, Found};

/// Written exactly so, without a charset: one real client takes anything else for something that is not JSON.
const JSON: &str = "application/json";

/// The longest address that is read, in bytes (our decision). No method here has use for a longer one.
const LONGEST_TARGET: usize = 16 * 1024;

/// The longest page, in rows. Who asks for more gets this (documented).
pub const MAX_RPP: u32 = 25;

/// What of the dialect can be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Rows of a page when the client does not say, 1 to [`MAX_RPP`]. 8 unless set: the documents say 8 in the prose
    /// and in the example, and 20 in one table.
    pub default_rpp: u32,
    /// Whether `pageResults` is an array. An object keyed `"0"`, `"1"`, … unless set, as documented for this method;
    /// clients of later sibling methods read an array.
    pub results_as_array: bool,
    /// Scheme, host and perhaps a path, without a slash at the end, under which clients reach the gateway; it stands in
    /// front of the addresses that replies name. Empty for none: then the request's own `Host` does.
    pub public_url: String,
    /// Whether a `redirect_uri` that comes with a code must be the one of the authorize call. If not, any that is
    /// registered for the client will do; one real client needs that.
    pub strict_redirect: bool,
    /// Whether `expires_in` of a token is a number of seconds, as in RFC 6749. If not, it is the time at which the token
    /// expires, in unix seconds, as real clients read it.
    pub expires_in_seconds: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_rpp: 8,
            results_as_array: false,
            public_url: String::new(),
            strict_redirect: true,
            expires_in_seconds: false,
        }
    }
}

/// The dialect.
#[derive(Clone, Debug, Default)]
pub struct Elance {
    settings: Settings,
    sign_in: SignIn,
}

impl Elance {
    /// The dialect with these settings. A `default_rpp` out of its bounds counts as the bound.
    pub fn new(settings: Settings) -> Self {
        let sign_in = SignIn::reached_at(&settings.public_url);
        Self { settings: Settings { default_rpp: settings.default_rpp.clamp(1, MAX_RPP), ..settings }, sign_in }
    }

    /// With the pages to sign in shared with other dialects, so that whoever tries passwords is counted once.
    #[must_use]
    pub fn signing_in_at(self, sign_in: SignIn) -> Self {
        Self { sign_in, ..self }
    }
}

impl Dialect for Elance {
    fn name(&self) -> &'static str {
        "elance"
    }

    fn mounts(&self) -> &'static [Mount] {
        &[Mount { path: "/api2", ignore_case: false }]
    }

    /// The body of one who presents nothing is not looked at.
    fn reads_body(&self, request: &Request<'_>) -> bool {
        match routes::find(request).map(|found| found.endpoint) {
            Ok(Endpoint::PostJob) => token::presented(request, &Query::parse(request.query)).is_ok(),
            Ok(Endpoint::AuthorizeForm | Endpoint::Token | Endpoint::Revoke) => true,
            _ => false,
        }
    }

    fn pattern(&self, path: &str) -> Option<&'static str> {
        routes::pattern(path)
    }

    fn lists_vary_by(&self) -> Option<&'static [&'static str]> {
        Some(&[])
    }

    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal> {
        if request.target_len() > LONGEST_TARGET {
            return Err(Refusal::TargetTooLong(LONGEST_TARGET));
        }
        let Found { endpoint, group, user, job } = routes::find(request)?;
        let parameters = Query::parse(request.query);
        let presented =
            if endpoint.takes_token() { token::presented(request, &parameters)? } else { Presented::Nothing };
        let action = match endpoint {
            Endpoint::Authorize | Endpoint::AuthorizeForm => return self.sign_in.parse(&oauth::FLOW, request),
            Endpoint::Token => return oauth::token(&self.settings, request).map(Parsed::Call),
            Endpoint::Revoke => return give_back(request, oauth::LONGEST_FORM, oauth::given_back).map(Parsed::Call),
            Endpoint::ListGroups => groups::list(&self.settings, request, &parameters)?,
            Endpoint::ShowGroup => groups::show(&self.settings, request, group),
            Endpoint::ListMembers => members::list(&self.settings, &parameters, group)?,
            Endpoint::ListJobs => jobs::list(&self.settings, &parameters, group)?,
            Endpoint::PostJob => jobs::post(request, &parameters, group)?,
            Endpoint::CloseJob => jobs::close(job),
            Endpoint::Ask => joining::ask(group),
            Endpoint::Leave => joining::leave(group),
            Endpoint::Approve => joining::approve(group, user),
            Endpoint::Reject => joining::reject(group, user),
            Endpoint::MyProfile => profile::my(),
        };
        Ok(Call { presented, on_behalf_of: None, action }.into())
    }

    fn refuse(&self, request: &Request<'_>, refusal: &Refusal) -> Reply {
        let reply = errors::reply(refusal);
        if routes::is_page(request) { self.sign_in.refuse(reply) } else { reply }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_size_is_a_setting_within_bounds() {
        for (set, default_rpp) in [(0, 1), (8, 8), (20, 20), (25, 25), (26, 25)] {
            let elance = Elance::new(Settings { default_rpp: set, ..Settings::default() });
            assert_eq!(elance.settings, Settings { default_rpp, ..Settings::default() });
        }
    }
}
