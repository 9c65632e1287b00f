//! Every method of the dialect, in one table.

use crate::{bans, groups, me, members, memberships, tokens, users};
use dialect::access::{CredentialKind, Operation, Secret};
use dialect::{Action, Method, Mount, Presented, Refusal, Request};

/// A method at an address.
#[derive(Clone, Copy)]
pub struct Route {
    /// The HTTP method. `HEAD` is answered as `GET` wherever there is that.
    pub method: Method,
    /// The segments of the path behind the mount; what is in braces stands for any one segment.
    pub segments: &'static [&'static str],
    /// What it is as far as access goes: it names the right that the caller needs.
    pub operation: Operation,
    /// Whether it looks at the body.
    pub reads_body: bool,
    handle: fn(&Asked<'_>) -> Result<Action, Refusal>,
}

impl Route {
    /// The address as the documents write it: `/groups/{guid}/members`.
    pub fn path(&self) -> String {
        self.segments.iter().fold(String::new(), |path, segment| path + "/" + segment)
    }

    /// Turns a request for this route into what it asks.
    pub(crate) fn ask(&self, asked: &Asked<'_>) -> Result<Action, Refusal> {
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
            Presented::Secret(CredentialKind::Key | CredentialKind::Client, _) | Presented::Nothing => None,
        }
    }
}

/// A route that was found, and what stands in its places in braces.
pub(crate) struct Found<'a> {
    pub route: &'static Route,
    arguments: [&'a str; 2],
}

impl<'a> Found<'a> {
    /// The request for this route, by a caller who presented this.
    pub const fn asked(&self, request: &'a Request<'a>, presented: &'a Presented) -> Asked<'a> {
        Asked { request, presented, arguments: self.arguments }
    }
}

/// The route for this method and path, below whichever of `mounts` holds it.
pub(crate) fn find<'a>(mounts: &[Mount], method: Method, path: &'a str) -> Option<Found<'a>> {
    let mount = mounts.iter().find(|mount| mount.holds(path))?;
    let below = path.get(mount.path.len()..)?.strip_prefix('/')?;
    let segments: Vec<_> = below.split('/').collect();
    let method = if method == Method::Head { Method::Get } else { method };
    let route = ROUTES.iter().find(|route| route.method == method && route.matches(&segments))?;
    let mut arguments = [""; 2];
    let places = route.segments.iter().zip(&segments).filter(|(own, _)| own.starts_with('{'));
    for (argument, (_, sent)) in arguments.iter_mut().zip(places) {
        *argument = sent;
    }
    Some(Found { route, arguments })
}

/// Every route, so that whoever looks after the dialect (a test, a page of documentation) can go through them all.
///
/// ```
/// use dialect::Method;
/// let has = |method, path: &str| dialect_cometchat::routes().iter().any(|r| r.method == method && r.path() == path);
/// assert!(has(Method::Get, "/groups/{guid}/members") && !has(Method::Patch, "/groups/{guid}/members"));
/// ```
pub const fn routes() -> &'static [Route] {
    ROUTES
}

macro_rules! routes {
    ($($method:ident $($segment:literal)/+ $operation:ident $($body:ident)? => $handle:path;)+) => {
        &[$(Route {
            method: Method::$method,
            segments: &[$($segment),+],
            operation: Operation::$operation,
            reads_body: routes!(@ $($body)?),
            handle: $handle,
        }),+]
    };
    (@ body) => { true };
    (@) => { false };
}

/// The first is the one that is asked most.
const ROUTES: &[Route] = routes! {
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

    Get "users"/"{uid}"/"auth_tokens" MintTokens => tokens::list;
    Post "users"/"{uid}"/"auth_tokens" MintTokens body => tokens::create;
    Delete "users"/"{uid}"/"auth_tokens" MintTokens => tokens::delete_all;
    Get "users"/"{uid}"/"auth_tokens"/"{authToken}" MintTokens => tokens::get;
    Delete "users"/"{uid}"/"auth_tokens"/"{authToken}" MintTokens => tokens::delete;

    Get "me" ReadSelf => me::get;
    Put "me" ChangeSelf body => me::sign_in;
    Delete "me" ChangeSelf => me::sign_out;
    Get "settings" ReadSelf => me::settings;
    Post "user_sessions" ReadSelf body => me::session;
};

#[cfg(test)]
mod tests;
