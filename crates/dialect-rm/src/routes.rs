//! From method and path to what is asked: one table. Fixed segments match in either case; one slash at the end does not
//! matter (our decisions, after the usual router of the vendor's platform).

use dialect::access::Operation;
use dialect::{Fault, FaultCode, Method, Refusal, Request, Resource, Route, decode_segment};
use uuid::Uuid;

/// Below it lie groups and people.
pub(crate) const ORGANIZATION: &str = "/api/Organization";
/// Below it lies what hands out tokens.
pub(crate) const INTEGRATION: &str = "/APIIntegration";

/// The header by which a `POST` says that it stands for another method (seen in the vendor's client).
pub(crate) const OVERRIDE: &str = "X-HTTP-Method-Override";

/// The variable segments, as the manual names them.
const GROUP: &str = "{GroupID}";
const PERSON: &str = "{PersonID}";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    ListGroups,
    CreateGroup,
    CountGroups,
    ShowGroup,
    EditGroup,
    DeleteGroup,
    ListMembers,
    AddMembers,
    CountMembers,
    RemoveMember,
    ListPeople,
    CreatePerson,
    CountPeople,
    ShowPerson,
    EditPerson,
    DeletePerson,
    Token,
    /// The pages to sign in and to consent.
    Authorize,
    /// What their forms send.
    AuthorizeForm,
    Revoke,
}

/// Where the pages are.
const AUTHORIZE: &str = "/APIIntegration/AuthorizeFeatures";

/// A fixed segment stands before a variable one in its place.
const RESOURCES: &[Resource<Endpoint>] = &[
    Resource {
        pattern: "/api/Organization/groups",
        allow: "GET, HEAD, POST",
        calls: &[
            (Method::Get, Operation::ReadGroups, Endpoint::ListGroups),
            (Method::Post, Operation::ChangeGroups, Endpoint::CreateGroup),
        ],
    },
    Resource {
        pattern: "/api/Organization/groups/count",
        allow: "GET, HEAD",
        calls: &[(Method::Get, Operation::ReadGroups, Endpoint::CountGroups)],
    },
    Resource {
        pattern: "/api/Organization/groups/{GroupID}",
        allow: "GET, HEAD, PUT, DELETE",
        calls: &[
            (Method::Get, Operation::ReadGroups, Endpoint::ShowGroup),
            (Method::Put, Operation::ChangeGroups, Endpoint::EditGroup),
            (Method::Delete, Operation::ChangeGroups, Endpoint::DeleteGroup),
        ],
    },
    Resource {
        pattern: "/api/Organization/groups/{GroupID}/members",
        allow: "GET, HEAD, POST",
        calls: &[
            (Method::Get, Operation::ListMembers, Endpoint::ListMembers),
            (Method::Post, Operation::ChangeMemberships, Endpoint::AddMembers),
        ],
    },
    Resource {
        pattern: "/api/Organization/groups/{GroupID}/members/count",
        allow: "GET, HEAD",
        calls: &[(Method::Get, Operation::ListMembers, Endpoint::CountMembers)],
    },
    Resource {
        pattern: "/api/Organization/groups/{GroupID}/members/{PersonID}",
        allow: "DELETE",
        calls: &[(Method::Delete, Operation::ChangeMemberships, Endpoint::RemoveMember)],
    },
    Resource {
        pattern: "/api/Organization/people",
        allow: "GET, HEAD, POST",
        calls: &[
            (Method::Get, Operation::ReadPersons, Endpoint::ListPeople),
            (Method::Post, Operation::CreatePerson, Endpoint::CreatePerson),
        ],
    },
    Resource {
        pattern: "/api/Organization/people/count",
        allow: "GET, HEAD",
        calls: &[(Method::Get, Operation::ReadPersons, Endpoint::CountPeople)],
    },
    Resource {
        pattern: "/api/Organization/people/{PersonID}",
        allow: "GET, HEAD, PUT, DELETE",
        calls: &[
            (Method::Get, Operation::ReadPersons, Endpoint::ShowPerson),
            (Method::Put, Operation::ChangePersons, Endpoint::EditPerson),
            (Method::Delete, Operation::ChangePersons, Endpoint::DeletePerson),
        ],
    },
    Resource {
        pattern: "/APIIntegration/Token",
        allow: "POST",
        calls: &[(Method::Post, Operation::ExchangeClientSecret, Endpoint::Token)],
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
        pattern: "/APIIntegration/Revoke",
        allow: "POST",
        calls: &[(Method::Post, Operation::GiveBackToken, Endpoint::Revoke)],
    },
];

/// Every route of the dialect.
///
/// ```
/// use dialect::Method;
/// let deleting = dialect_rm::routes().filter(|route| route.method == Method::Delete);
/// assert!(deleting.map(|route| route.pattern).eq([
///     "/api/Organization/groups/{GroupID}",
///     "/api/Organization/groups/{GroupID}/members/{PersonID}",
///     "/api/Organization/people/{PersonID}",
/// ]));
/// ```
pub fn routes() -> impl Iterator<Item = Route> {
    RESOURCES.iter().flat_map(Resource::routes)
}

/// The pattern of the address that `path` is.
pub(crate) fn pattern(path: &str) -> Option<&'static str> {
    resource(without_slash(path)).map(|resource| resource.pattern)
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

fn resource(path: &str) -> Option<&'static Resource<Endpoint>> {
    RESOURCES.iter().find(|resource| matches(resource.pattern, path))
}

/// What a request asks for, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) endpoint: Endpoint,
    /// The pattern of its address.
    pub(crate) pattern: &'static str,
    /// The group that the path names; nil when it names none.
    pub(crate) group: Uuid,
    /// The person that the path names; nil when it names none.
    pub(crate) person: Uuid,
}

/// Finds out what is asked for.
pub(crate) fn find(request: &Request<'_>) -> Result<Found, Refusal> {
    let path = without_slash(request.path);
    let resource = resource(path).ok_or(Refusal::NoSuchPath)?;
    request.at_most_once(&["Authorization"])?;
    let method = method(request)?;
    let mut found =
        Found { endpoint: resource.call(method)?, pattern: resource.pattern, group: Uuid::nil(), person: Uuid::nil() };
    for (fixed, raw) in resource.pattern.split('/').zip(path.split('/')) {
        match fixed {
            GROUP => found.group = guid("GroupID", raw)?,
            PERSON => found.person = guid("PersonID", raw)?,
            _ => {}
        }
    }
    Ok(found)
}

impl Endpoint {
    /// Whether it takes an access token.
    pub(crate) const fn takes_token(self) -> bool {
        !matches!(self, Self::Token | Self::Authorize | Self::AuthorizeForm | Self::Revoke)
    }

    /// Whether the body is looked at.
    pub(crate) const fn reads_body(self) -> bool {
        match self {
            Self::CreateGroup
            | Self::EditGroup
            | Self::AddMembers
            | Self::CreatePerson
            | Self::EditPerson
            | Self::Token
            | Self::AuthorizeForm
            | Self::Revoke => true,
            Self::ListGroups
            | Self::CountGroups
            | Self::ShowGroup
            | Self::DeleteGroup
            | Self::ListMembers
            | Self::CountMembers
            | Self::RemoveMember
            | Self::ListPeople
            | Self::CountPeople
            | Self::ShowPerson
            | Self::DeletePerson
            | Self::Authorize => false,
        }
    }
}

/// Whether a browser is at the other end, which is to be shown pages.
pub(crate) fn is_page(request: &Request<'_>) -> bool {
    matches(AUTHORIZE, without_slash(request.path))
}

/// Whether `path` is one of those that `pattern` describes. A variable segment is never empty.
fn matches(pattern: &str, path: &str) -> bool {
    let fits = |(fixed, raw): (&str, &str)| match fixed {
        GROUP | PERSON => !raw.is_empty(),
        fixed => decode_segment(raw).is_ok_and(|text| text.eq_ignore_ascii_case(fixed)),
    };
    pattern.split('/').count() == path.split('/').count() && pattern.split('/').zip(path.split('/')).all(fits)
}

/// The method that is meant: `HEAD` is `GET`, and a `POST` may stand for another one. The vendor's client says `POST` in
/// the header, too; other methods are not changed by it.
fn method(request: &Request<'_>) -> Result<Method, Fault> {
    match request.method {
        Method::Head => return Ok(Method::Get),
        Method::Post => {}
        other => return Ok(other),
    }
    request.at_most_once(&[OVERRIDE])?;
    let field = OVERRIDE.to_ascii_lowercase();
    let wrong = || Fault::new(OVERRIDE, FaultCode::InvalidValue, "must be PUT, DELETE or POST");
    if request.headers.is_unreadable(&field) {
        return Err(wrong());
    }
    match request.header(&field).unwrap_or_default().trim().to_ascii_uppercase().as_str() {
        "" | "POST" => Ok(Method::Post),
        "PUT" => Ok(Method::Put),
        "DELETE" => Ok(Method::Delete),
        _ => Err(wrong()),
    }
}

/// A GUID in the printed form.
fn guid(name: &str, raw: &str) -> Result<Uuid, Fault> {
    let text = decode_segment(raw).map_err(|problem| Fault::new(name, FaultCode::InvalidValue, problem))?;
    crate::filter::guid(&text).ok_or_else(|| Fault::new(name, FaultCode::InvalidValue, "must be a GUID"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_the_methods_that_there_are() {
        for resource in RESOURCES {
            let mut names: Vec<&str> = Vec::new();
            for (method, ..) in resource.calls {
                names.extend(match method {
                    Method::Get => ["GET", "HEAD"].as_slice(),
                    Method::Post => &["POST"],
                    Method::Put => &["PUT"],
                    Method::Delete => &["DELETE"],
                    other => panic!("{other:?}"),
                });
            }
            assert_eq!(resource.allow, names.join(", "), "{}", resource.pattern);
        }
    }

    #[test]
    fn every_address_lies_below_a_mount() {
        for route in routes() {
            assert!([ORGANIZATION, INTEGRATION].iter().any(|mount| route.pattern.starts_with(mount)));
        }
    }
}
