//! The Elance dialect: the members of a group as clients of the Elance API v2 (2011 to 2015) read them.
//!
//! **May import:** `dialect` and `membership`.
//!
//! There is one method: `GET /api2/groups/{groupId}/members`, with `page`, `rpp` and `access_token`. What is
//! documented by the vendor, what was seen in clients and what is decided here is told in `docs/dialects/elance.md`.
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

mod errors;
mod members;
mod token;

use dialect::{Dialect, Mount, Parsed, Refusal, Reply, Request};

/// Written exactly so, without a charset: one real client takes anything else for something that is not JSON.
const JSON: &str = "application/json";

/// The longest address that is read, in bytes (our decision). No method here has use for a longer one.
const LONGEST_TARGET: usize = 16 * 1024;

/// The longest page, in rows. Who asks for more gets this (documented).
pub const MAX_RPP: u32 = 25;

/// What of the dialect can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Rows of a page when the client does not say, 1 to [`MAX_RPP`]. 8 unless set: the documents say 8 in the prose
    /// and in the example, and 20 in one table.
    pub default_rpp: u32,
    /// Whether `pageResults` is an array. An object keyed `"0"`, `"1"`, … unless set, as documented for this method;
    /// clients of later sibling methods read an array.
    pub results_as_array: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { default_rpp: 8, results_as_array: false }
    }
}

/// The dialect.
#[derive(Clone, Copy, Debug, Default)]
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

    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal> {
        if request.target_len() > LONGEST_TARGET {
            return Err(Refusal::TargetTooLong(LONGEST_TARGET));
        }
        let below = request.path.strip_prefix("/api2/").ok_or(Refusal::NoSuchPath)?;
        let segments: Vec<_> = below.split('/').collect();
        match segments.as_slice() {
            ["groups", group, "members"] => {
                if !request.method.reads() {
                    return Err(Refusal::Method("GET, HEAD"));
                }
                members::parse(self.settings, request, group).map(Parsed::Call)
            }
            _ => Err(Refusal::NoSuchPath),
        }
    }

    fn refuse(&self, _request: &Request<'_>, refusal: &Refusal) -> Reply {
        errors::reply(refusal)
    }
}
