//! Every method of the dialect, in one table.

use crate::{bans, groups, me, members, memberships, tokens, users};
use dialect::access::{CredentialKind, Operation, Secret};
use dialect::{Action, Method, Mount, Presented, Refusal, Request, Route};

/// A route, and what becomes of its requests.
pub(crate) struct Entry {
    pub route: Route,
    /// The segments of the path behind the mount; what is in braces stands for any one segment.
    segments: &'static [&'static str],
    /// Whether it looks at the body.
    pub reads_body: bool,
    handle: fn(&Asked<'_>) -> Result<Action, Refusal>,
}

impl Entry {
    /// Turns a request for this route into what it asks.
    pub fn ask(&self, asked: &Asked<'_>) -> Result<Action, Refusal> {
        (self.handle)(asked)
    }

    fn matches(&self, segments: &[&str]) -> bool {
        // A stray slash at the end names nothing, whatever a place in braces would take.
        segments.last().is_some_and(|last| !last.is_empty())
            && self.segments.len() == segments.len()
            && self.segments.iter().zip(segments).all(|(own, sent)| own == sent || own.starts_with('{'))
    }
}

/// A request for a route, by a caller who presented something.
pub(crate) struct Asked<'a> {
    /// The request.
    pub request: &'a Request<'a>,
    /// What the caller presented.
    pub presented: &'a Presented,
    /// Host, port and path at which clients reach the dialect; empty when that is not set.
    pub host: &'a str,
    /// What stands in the places in braces, still encoded.
    arguments: [&'a str; 2],
}

impl<'a> Asked<'a> {
    /// What stands in the first place in braces.
    pub const fn first(&self) -> &'a str {
        self.arguments[0]
    }

    /// What stands in the second place in braces.
    pub const fn second(&self) -> &'a str {
        self.arguments[1]
    }

    /// The token that a user of the SDK presented; none when a key was.
    pub fn token(&self) -> Option<&'a Secret> {
        match self.presented {
            Presented::Secret(CredentialKind::Token, secret) => Some(secret),
            Presented::Secret(..) | Presented::Nothing => None,
        }
    }
}

/// An entry that was found, and what stands in its places in braces.
pub(crate) struct Found<'a> {
    pub entry: &'static Entry,
    arguments: [&'a str; 2],
}

impl<'a> Found<'a> {
    /// The request for this route, by a caller who presented this.
    pub const fn asked(&self, request: &'a Request<'a>, presented: &'a Presented, host: &'a str) -> Asked<'a> {
        Asked { request, presented, host, arguments: self.arguments }
    }
}

/// The route for this method and path, below whichever of `mounts` holds it.
pub(crate) fn find<'a>(mounts: &[Mount], method: Method, path: &'a str) -> Option<Found<'a>> {
    let mount = mounts.iter().find(|mount| mount.holds(path))?;
    let below = path.get(mount.path.len()..)?.strip_prefix('/')?;
    let segments: Vec<_> = below.split('/').collect();
    let method = if method == Method::Head { Method::Get } else { method };
    let entry = TABLE.iter().find(|entry| entry.route.method == method && entry.matches(&segments))?;
    let mut arguments = [""; 2];
    let places = entry.segments.iter().zip(&segments).filter(|(own, _)| own.starts_with('{'));
    for (argument, (_, sent)) in arguments.iter_mut().zip(places) {
        *argument = sent;
    }
    Some(Found { entry, arguments })
}

/// The pattern of the address that `path` is, below whichever of `mounts` holds it.
pub(crate) fn pattern(mounts: &[Mount], path: &str) -> Option<&'static str> {
    let mount = mounts.iter().find(|mount| mount.holds(path))?;
    let segments: Vec<_> = path.get(mount.path.len()..)?.strip_prefix('/')?.split('/').collect();
    TABLE.iter().find(|entry| entry.matches(&segments)).map(|entry| entry.route.pattern)
}

/// Every route, by its documented path: those below `/v3` are below `/v3.0` too.
///
/// ```
/// use dialect::Method;
/// let there = |method, path| dialect_cometchat::routes().any(|r| r.method == method && r.pattern == path);
/// assert!(there(Method::Get, "/v3/groups/{guid}/members") && !there(Method::Patch, "/v3/groups/{guid}/members"));
/// ```
pub fn routes() -> impl Iterator<Item = Route> {
    TABLE.iter().map(|entry| entry.route)
}

macro_rules! routes {
    ($($method:ident $($segment:literal)/+ $operation:ident $($body:ident)? => $handle:path;)+) => {
        &[$(Entry {
            route: Route {
                method: Method::$method,
                pattern: concat!("/v3", $("/", $segment),+),
                operation: Operation::$operation,
            },
            segments: &[$($segment),+],
            reads_body: routes!(@ $($body)?),
            handle: $handle,
        }),+]
    };
    (@ body) => { true };
    (@) => { false };
}

/// The first is the one that is asked most.
const TABLE: &[Entry] = routes! {
    Get "groups"/"{guid}"/"members" ListMembers => members::list;
    Post "groups"/"{guid}"/"members" ChangeMemberships body => memberships::post;
    Put "groups"/"{guid}"/"members" ChangeMemberships body => memberships::add;
    Delete "groups"/"{guid}"/"members" ChangeMemberships body => memberships::remove;
    Get "groups"/"{guid}"/"members"/"{uid}" ListMembers => members::one;
    Put "groups"/"{guid}"/"members"/"{uid}" ChangeMemberships body => memberships::set_scope;
    Delete "groups"/"{guid}"/"members"/"{uid}" ChangeMemberships => memberships::kick;

    Get "groups"/"{guid}"/"bannedusers" ListMembers => members::banned;
    Post "groups"/"{guid}"/"bannedusers"/"{uid}" ChangeMemberships => bans::ban;
    Delete "groups"/"{guid}"/"bannedusers"/"{uid}" ChangeMemberships => bans::unban;
    Get "groups"/"{guid}"/"banned_members" ListMembers => members::banned;
    Post "groups"/"{guid}"/"banned_members"/"{uid}" ChangeMemberships => bans::ban;
    Delete "groups"/"{guid}"/"banned_members"/"{uid}" ChangeMemberships => bans::unban;

    Get "groups" ReadGroups => groups::list;
    Post "groups" ChangeGroups body => groups::create;
    Get "groups"/"{guid}" ReadGroups => groups::get;
    Put "groups"/"{guid}" ChangeGroups body => groups::edit;
    Delete "groups"/"{guid}" ChangeGroups => groups::delete;
    Patch "groups"/"{guid}"/"owner" ChangeMemberships body => groups::pass_on;

    Get "users" ReadPersons => users::list;
    Post "users" CreatePerson body => users::create;
    Get "users"/"{uid}" ReadPersons => users::get;
    Put "users"/"{uid}" ChangePersons body => users::edit;
    Delete "users"/"{uid}" ChangePersons => users::delete;

    Get "users"/"{uid}"/"auth_tokens" ManageTokens => tokens::list;
    Post "users"/"{uid}"/"auth_tokens" MintTokens body => tokens::create;
    Delete "users"/"{uid}"/"auth_tokens" ManageTokens => tokens::delete_all;
    Get "users"/"{uid}"/"auth_tokens"/"{authToken}" ManageTokens => tokens::get;
    Delete "users"/"{uid}"/"auth_tokens"/"{authToken}" ManageTokens => tokens::delete;

    Get "me" ReadSelf => me::get;
    Put "me" ChangeSelf body => me::sign_in;
    Delete "me" ChangeSelf => me::sign_out;
    Get "settings" ReadSelf => me::settings;
    Post "user_sessions" ReadSelf body => me::session;
};

#[cfg(test)]
mod tests;
