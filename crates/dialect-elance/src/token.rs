//! The access token.

use dialect::access::{CredentialKind, Denial, Secret};
use dialect::{Presented, Query, Refusal, Request};

/// What the client presents: `access_token` in the query, else `Authorization: Bearer`. Every known client uses the
/// query, one sends both, and one sends `Basic` beside the query; so the query wins and other schemes count as
/// nothing. Who presents nothing is refused at once, before anything else of the request is judged.
pub fn presented(request: &Request<'_>, query: &Query<'_>) -> Result<Presented, Refusal> {
    request.at_most_once(&["Authorization"])?;
    let in_query = query.one(&["access_token"])?;
    let token = match &in_query {
        Some(token) => Some(token.as_ref()),
        None => request.header("authorization").and_then(bearer),
    };
    let token = token.ok_or(Denial::Missing)?;
    Ok(Presented::Secret(CredentialKind::Token, Secret::presented(token)))
}

/// The token in an `Authorization` field of the scheme `Bearer`, whose name is read in either case (RFC 9110).
fn bearer(field: &str) -> Option<&str> {
    let (scheme, token) = field.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::Method;

    fn present(query: &str, authorization: Option<&str>) -> Result<Presented, Refusal> {
        let fields: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
        let request = Request {
            method: Method::Get,
            path: "/api2/groups/1/members",
            query,
            prefix: "",
            headers: &fields.as_slice(),
            body: b"",
        };
        presented(&request, &Query::parse(query))
    }

    #[test]
    fn the_query_wins_and_other_schemes_count_as_nothing() {
        for (query, authorization, token) in [
            ("access_token=a|1|b", None, "a|1|b"),
            ("access_token=a%7C1%7Cb", None, "a|1|b"),
            ("access%5Ftoken=a|1|b", None, "a|1|b"),
            ("access_token=a|1|b", Some("Bearer other"), "a|1|b"),
            ("access_token=a|1|b", Some("Basic b3RoZXI6"), "a|1|b"),
            ("access_token=", Some("Bearer a|1|b"), "a|1|b"),
            ("", Some("Bearer a|1|b"), "a|1|b"),
            ("", Some("bearer   a|1|b "), "a|1|b"),
        ] {
            let expected = Presented::Secret(CredentialKind::Token, Secret::presented(token));
            assert_eq!(present(query, authorization), Ok(expected), "{query} {authorization:?}");
        }
    }

    #[test]
    fn nothing_is_a_denial() {
        for (query, authorization) in [
            ("", None),
            ("access_token", None),
            ("access_token=&page=0", None),
            ("Access_Token=a", None),
            ("", Some("Bearer")),
            ("", Some("Bearer ")),
            ("", Some("Basic b3RoZXI6")),
            ("", Some("OAuth2 a")),
        ] {
            let denied = Err(Refusal::Denied(Denial::Missing));
            assert_eq!(present(query, authorization), denied, "{query} {authorization:?}");
        }
    }

    #[test]
    fn broken_and_doubled_tokens_are_faults_of_the_parameter() {
        for query in ["access_token=a&access_token=a", "access_token=%zz", "access_token=a%00", "access_token=%ff"] {
            let Err(Refusal::Parameter(fault)) = present(query, Some("Bearer a")) else { panic!("{query}") };
            assert_eq!(fault.parameter, "access_token", "{query}");
        }
        let fields = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
        let request =
            Request { method: Method::Get, path: "", query: "", prefix: "", headers: &fields.as_slice(), body: b"" };
        let Err(Refusal::Parameter(fault)) = presented(&request, &Query::parse("")) else { panic!("doubled") };
        assert_eq!(fault.parameter, "Authorization");
    }
}
