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
mod paging;
mod profile;
mod routes;
mod token;

use dialect::{Call, Dialect, Mount, Parsed, Query, Refusal, Reply, Request};
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
}

impl Default for Settings {
    fn default() -> Self {
        Self { default_rpp: 8, results_as_array: false, public_url: String::new() }
    }
}

/// The dialect.
#[derive(Clone, Debug, Default)]
pub struct Elance {
    settings: Settings,
}

impl Elance {
    /// The dialect with these settings. A `default_rpp` out of its bounds counts as the bound.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Settings { default_rpp: settings.default_rpp.clamp(1, MAX_RPP), ..settings } }
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
        let posts = routes::find(request).is_ok_and(|found| found.endpoint == Endpoint::PostJob);
        posts && token::presented(request, &Query::parse(request.query)).is_ok()
    }

    fn pattern(&self, path: &str) -> Option<&'static str> {
        routes::pattern(path)
    }

    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal> {
        if request.target_len() > LONGEST_TARGET {
            return Err(Refusal::TargetTooLong(LONGEST_TARGET));
        }
        let Found { endpoint, group, user, job } = routes::find(request)?;
        let parameters = Query::parse(request.query);
        let presented = token::presented(request, &parameters)?;
        let action = match endpoint {
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

    fn refuse(&self, _request: &Request<'_>, refusal: &Refusal) -> Reply {
        errors::reply(refusal)
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
