//! From method and path to what is asked. Fixed segments match in either case; one slash at the end does not matter
//! (our decisions, after the usual router of the vendor's platform).

use dialect::{Fault, FaultCode, Method, Refusal, Request, decode_segment};
use uuid::Uuid;

/// Below it lie groups and people.
pub(crate) const ORGANIZATION: &str = "/api/Organization";
/// Below it lies what hands out tokens.
pub(crate) const INTEGRATION: &str = "/APIIntegration";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The members of a group.
    Members(Uuid),
    /// Their number.
    Count(Uuid),
    /// A token.
    Token,
}

/// Finds out what is asked for.
pub(crate) fn route(request: &Request<'_>) -> Result<Route, Refusal> {
    let path = request.path.strip_suffix('/').unwrap_or(request.path);
    if let Some(rest) = below(path, ORGANIZATION) {
        let mut segments = rest.split('/');
        let (groups, group, members) = (segments.next(), segments.next(), segments.next());
        let (last, end) = (segments.next(), segments.next());
        let Some(group) = group.filter(|g| !g.is_empty()) else { return Err(Refusal::NoSuchPath) };
        if !is(groups, "groups") || !is(members, "members") || end.is_some() {
            return Err(Refusal::NoSuchPath);
        }
        if last.is_some() && !is(last, "count") {
            return Err(Refusal::NoSuchPath);
        }
        if !request.method.reads() {
            return Err(Refusal::Method("GET, HEAD"));
        }
        let group = group_id(group)?;
        return Ok(if last.is_some() { Route::Count(group) } else { Route::Members(group) });
    }
    if below(path, INTEGRATION).is_some_and(|rest| is(Some(rest), "Token")) {
        return if request.method == Method::Post { Ok(Route::Token) } else { Err(Refusal::Method("POST")) };
    }
    Err(Refusal::NoSuchPath)
}

/// What stands behind `mount` and a slash.
fn below<'a>(path: &'a str, mount: &str) -> Option<&'a str> {
    let (head, rest) = path.split_at_checked(mount.len())?;
    if head.eq_ignore_ascii_case(mount) { rest.strip_prefix('/') } else { None }
}

/// Whether a raw segment is the fixed one.
fn is(segment: Option<&str>, fixed: &str) -> bool {
    segment.and_then(|raw| decode_segment(raw).ok()).is_some_and(|text| text.eq_ignore_ascii_case(fixed))
}

/// The GUID of a group, in the printed form.
fn group_id(raw: &str) -> Result<Uuid, Fault> {
    let text = decode_segment(raw).map_err(|problem| Fault::new("GroupID", FaultCode::InvalidValue, problem))?;
    crate::filter::guid(&text).ok_or_else(|| Fault::new("GroupID", FaultCode::InvalidValue, "must be a GUID"))
}
