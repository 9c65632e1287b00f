//! From method and path to what is asked: one table.

use dialect::access::Operation;
use dialect::{Method, Refusal, Request, Resource, Route, decode_segment};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    ListGroups,
    ShowGroup,
    ListMembers,
    ListJobs,
    PostJob,
    CloseJob,
    Ask,
    Leave,
    Approve,
    Reject,
    MyProfile,
    /// The pages to sign in and to consent.
    Authorize,
    /// What their forms send.
    AuthorizeForm,
    Token,
    Revoke,
}

/// Where the pages are.
const AUTHORIZE: &str = "/api2/oauth/authorize";

impl Endpoint {
    /// Whether it takes an access token.
    pub(crate) const fn takes_token(self) -> bool {
        !matches!(self, Self::Authorize | Self::AuthorizeForm | Self::Token | Self::Revoke)
    }
}

const RESOURCES: &[Resource<Endpoint>] = &[
    Resource {
        pattern: "/api2/groups",
        allow: "GET, HEAD",
        calls: &[(Method::Get, Operation::ReadGroups, Endpoint::ListGroups)],
    },
    Resource {
        pattern: "/api2/groups/{groupId}",
        allow: "GET, HEAD",
        calls: &[(Method::Get, Operation::ReadGroups, Endpoint::ShowGroup)],
    },
    Resource {
        pattern: "/api2/groups/{groupId}/members",
        allow: "GET, HEAD",
        calls: &[(Method::Get, Operation::ListMembers, Endpoint::ListMembers)],
    },
    Resource {
        pattern: "/api2/groups/{groupId}/members/me",
        allow: "POST, DELETE",
        calls: &[
            (Method::Post, Operation::ChangeMemberships, Endpoint::Ask),
            (Method::Delete, Operation::ChangeMemberships, Endpoint::Leave),
        ],
    },
    Resource {
        pattern: "/api2/groups/{groupId}/members/{userId}/approve",
        allow: "POST",
        calls: &[(Method::Post, Operation::ChangeMemberships, Endpoint::Approve)],
    },
    Resource {
        pattern: "/api2/groups/{groupId}/members/{userId}/reject",
        allow: "POST",
        calls: &[(Method::Post, Operation::ChangeMemberships, Endpoint::Reject)],
    },
    Resource {
        pattern: "/api2/groups/{groupId}/jobs",
        allow: "GET, HEAD, POST",
        calls: &[
            (Method::Get, Operation::ReadGroups, Endpoint::ListJobs),
            (Method::Post, Operation::ChangeJobs, Endpoint::PostJob),
        ],
    },
    Resource {
        pattern: "/api2/jobs/{jobId}/close",
        allow: "POST",
        calls: &[(Method::Post, Operation::ChangeJobs, Endpoint::CloseJob)],
    },
    Resource {
        pattern: "/api2/profiles/my",
        allow: "GET, HEAD",
        calls: &[(Method::Get, Operation::ReadSelf, Endpoint::MyProfile)],
    },
    Resource {
        pattern: AUTHORIZE,
        allow: "GET, HEAD, POST",
        calls: &[
            (Method::Get, Operation::SignIn, Endpoint::Authorize),
            (Method::Post, Operation::SignIn, Endpoint::AuthorizeForm),
        ],
    },
    Resource {
        pattern: "/api2/oauth/token",
        allow: "POST",
        calls: &[(Method::Post, Operation::ExchangeClientSecret, Endpoint::Token)],
    },
    Resource {
        pattern: "/api2/oauth/revoke",
        allow: "POST",
        calls: &[(Method::Post, Operation::GiveBackToken, Endpoint::Revoke)],
    },
];

/// Every route of the dialect.
///
/// ```
/// use dialect::Method;
/// let mut deleting = dialect_elance::routes().filter(|route| route.method == Method::Delete);
/// assert_eq!(deleting.next().map(|route| route.pattern), Some("/api2/groups/{groupId}/members/me"));
/// assert_eq!(deleting.next(), None);
/// ```
pub fn routes() -> impl Iterator<Item = Route> {
    RESOURCES.iter().flat_map(Resource::routes)
}

/// The pattern of the address that `path` is.
pub(crate) fn pattern(path: &str) -> Option<&'static str> {
    RESOURCES.iter().map(|resource| resource.pattern).find(|pattern| matches(pattern, path))
}

/// What a request asks for, and of what. A number that the path does not name, or that is none, is 0, which nothing
/// has: so it is refused where every unknown one is, behind the judging of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub endpoint: Endpoint,
    /// The pattern of its address.
    pub pattern: &'static str,
    pub group: i64,
    pub user: i64,
    pub job: i64,
}

/// Finds out what is asked for.
pub(crate) fn find(request: &Request<'_>) -> Result<Found, Refusal> {
    let fits = |resource: &&Resource<Endpoint>| matches(resource.pattern, request.path);
    let resource = RESOURCES.iter().find(fits).ok_or(Refusal::NoSuchPath)?;
    let method = if request.method == Method::Head { Method::Get } else { request.method };
    let mut found = Found { endpoint: resource.call(method)?, pattern: resource.pattern, group: 0, user: 0, job: 0 };
    for (fixed, raw) in resource.pattern.split('/').zip(request.path.split('/')) {
        match fixed {
            "{groupId}" => found.group = number(raw),
            "{userId}" => found.user = number(raw),
            "{jobId}" => found.job = number(raw),
            _ => {}
        }
    }
    Ok(found)
}

/// Whether a browser is at the other end, which is to be shown pages.
pub(crate) fn is_page(request: &Request<'_>) -> bool {
    request.path == AUTHORIZE
}

/// Whether `path` is one of those that `pattern` describes.
fn matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let fits = |fixed: &str| segments.next().is_some_and(|raw| fixed.starts_with('{') || fixed == raw);
    pattern.split('/').all(fits) && segments.next().is_none()
}

/// The number that a segment is; 0 when it is none.
pub(crate) fn number(segment: &str) -> i64 {
    let text = decode_segment(segment).unwrap_or_default();
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().unwrap_or(0) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits() {
        for (segment, expected) in [
            ("1116", 1116),
            ("01116", 1116),
            ("%31116", 1116),
            ("9223372036854775807", i64::MAX),
            ("9223372036854775808", 0),
            ("99999999999999999999", 0),
            ("0", 0),
            ("", 0),
            ("-1", 0),
            ("+1", 0),
            ("1116 ", 0),
            ("abc", 0),
            ("1116%00", 0),
            ("%ff", 0),
            ("%zz", 0),
            ("%", 0),
            ("%D9%A1", 0),
        ] {
            assert_eq!(number(segment), expected, "{segment}");
        }
    }

    #[test]
    fn a_refusal_tells_the_methods_that_there_are() {
        for resource in RESOURCES {
            let mut names: Vec<&str> = Vec::new();
            for (method, ..) in resource.calls {
                names.extend(match method {
                    Method::Get => ["GET", "HEAD"].as_slice(),
                    Method::Post => &["POST"],
                    Method::Delete => &["DELETE"],
                    other => panic!("{other:?}"),
                });
            }
            assert_eq!(resource.allow, names.join(", "), "{}", resource.pattern);
        }
    }
}
