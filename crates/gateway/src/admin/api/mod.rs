//! The admin API below `/admin/v1`: groups, persons, memberships, jobs, credentials, the change log, and streams in and
//! out, for scripts with curl. `docs/admin-api.md` is for its users.
//!
//! **One description.** An [`endpoint::Endpoint`] says all there is to say of a method of an address: who may, what the
//! path, the query and the body may hold ([`shape::Shape`]), what comes of it, what may go wrong, and the function that
//! does it. Requests are routed and judged by it ([`pipeline`]), and the OpenAPI document is made from it
//! ([`document()`]), so neither can say what the other does not.
//!
//! **Thin handlers.** What is the same for all is done before and behind them: routing, the key, `Accept`, conditions,
//! judging, the turn, `Idempotency-Key`, entity tags, problems (RFC 9457). A handler turns a request that is known to be
//! good into one or two calls of the core and writes what comes of it.

mod answer;
mod changes;
mod clients;
mod credentials;
mod document;
mod endpoint;
mod export;
mod groups;
mod headers;
mod help;
mod import;
mod jobs;
mod keys;
mod limits;
mod members;
mod model;
mod once;
mod paging;
mod patch;
mod persons;
mod pipeline;
mod preconditions;
pub(super) mod problem;
mod queries;
mod records;
mod refusals;
mod represent;
mod request;
mod said;
mod shape;
mod shapes;
mod steps;
#[cfg(test)]
mod tests;

pub(super) use answer::PROBLEM;
pub(super) use document::document;

use access::Right;
use actix_web::web;
use endpoint::Endpoint;
use std::sync::LazyLock;

/// Below which all addresses lie.
pub(super) const PREFIX: &str = "/admin/v1";

/// The audience of its credentials.
pub const AUDIENCE: &str = "admin";

/// All endpoints.
const ENDPOINTS: &[&[Endpoint]] = &[
    groups::ENDPOINTS,
    members::ENDPOINTS,
    steps::ENDPOINTS,
    persons::ENDPOINTS,
    jobs::ENDPOINTS,
    credentials::ENDPOINTS,
    clients::ENDPOINTS,
    import::ENDPOINTS,
    export::ENDPOINTS,
    changes::ENDPOINTS,
    help::ENDPOINTS,
];

/// All endpoints, one after the other.
fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().copied().flatten()
}

/// The pattern of the address that a path is, whatever the method; one for all that are none.
pub(super) fn pattern(path: &str) -> Option<&'static str> {
    /// Each with the segments behind the prefix.
    static PATTERNS: LazyLock<Vec<(Vec<&str>, String)>> = LazyLock::new(|| {
        let mut paths: Vec<&'static str> = endpoints().map(|endpoint| endpoint.path).collect();
        paths.dedup();
        paths.into_iter().map(|path| (path.split('/').collect(), format!("{PREFIX}{path}"))).collect()
    });
    let segments: Vec<&str> = path.strip_prefix(PREFIX)?.split('/').collect();
    let fits = |own: &[&str]| {
        let same = |(own, sent): (&&str, &&str)| own == sent || own.starts_with('{') && !sent.is_empty();
        own.len() == segments.len() && own.iter().zip(&segments).all(same)
    };
    PATTERNS.iter().find(|(own, _)| fits(own)).map(|(_, pattern)| pattern.as_str())
}

/// A method of an address, for whoever wants to try all that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method. Where it is `GET`, `HEAD` does too.
    pub method: &'static str,
    /// The path, with variable segments in braces.
    pub pattern: String,
    /// The right that it takes; `None` when everybody may.
    pub needs: Option<Right>,
    /// Whether a key that is limited to groups may ask.
    pub within_groups: bool,
}

/// Every method of every address.
///
/// ```
/// let open = gateway::admin::routes().filter(|route| route.needs.is_none());
/// assert!(open.map(|route| route.pattern).eq(["/admin/v1/openapi.json", "/admin/v1/problems/{problem}"]));
/// ```
pub fn routes() -> impl Iterator<Item = Route> {
    endpoints().map(|endpoint| Route {
        method: endpoint.method.name(),
        pattern: format!("{PREFIX}{}", endpoint.path),
        needs: endpoint.needs,
        within_groups: endpoint.within_groups,
    })
}

/// Everything below the prefix.
pub(super) fn configure(services: &mut web::ServiceConfig) {
    services.service(web::resource([PREFIX, "/admin/v1/{below:.*}"]).to(pipeline::handle));
}
