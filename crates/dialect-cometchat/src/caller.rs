//! Who calls: a key with every right of an application, or a user of the SDK.

use dialect::access::{CredentialKind, Denial, Secret};
use dialect::{Presented, Refusal, Request};

/// The header of a key.
const KEY: &str = "apikey";
/// The header of a user's token.
const TOKEN: &str = "authtoken";
/// The header that names the person through whose eyes a key wants to see.
const ON_BEHALF_OF: &str = "onbehalfof";

/// What the client presents: the header `apikey`, else `authToken`. An empty one counts as none (our decision, like
/// the precedence of the key). Who presents nothing is refused at once, before anything else is judged.
pub fn presented(request: &Request<'_>) -> Result<Presented, Refusal> {
    let (kind, secret) = find(request).ok_or(Denial::Missing)?;
    request.at_most_once(&["apikey", "authToken", "onBehalfOf"])?;
    Ok(Presented::Secret(kind, Secret::presented(secret)))
}

/// The uid in `onBehalfOf`, in lower case; what is not UTF-8 becomes the empty one, which nobody has. Only a key may see
/// with another's eyes; beside a user's token it is ignored.
pub fn on_behalf_of(request: &Request<'_>, presented: &Presented) -> Option<String> {
    match presented {
        Presented::Secret(CredentialKind::Key, _) if request.headers.is_unreadable(ON_BEHALF_OF) => Some(String::new()),
        Presented::Secret(CredentialKind::Key, _) => given(request, ON_BEHALF_OF).map(str::to_ascii_lowercase),
        Presented::Secret(..) | Presented::Nothing => None,
    }
}

/// Whether the request comes from a user of the SDK rather than with a key: it bears `authToken`, if only an empty
/// one, and no key. Errors are told apart by this, since one of them signs the user out.
pub fn is_user(request: &Request<'_>) -> bool {
    match find(request) {
        Some((kind, _)) => kind == CredentialKind::Token,
        None => request.header(TOKEN).is_some() && request.header(KEY).is_none(),
    }
}

fn find<'a>(request: &Request<'a>) -> Option<(CredentialKind, &'a str)> {
    let key = given(request, KEY).map(|key| (CredentialKind::Key, key));
    key.or_else(|| given(request, TOKEN).map(|token| (CredentialKind::Token, token)))
}

/// A field of the header that is not empty.
fn given<'a>(request: &Request<'a>, name: &str) -> Option<&'a str> {
    let headers = request.headers;
    headers.get(name).map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::Method;

    fn request<'a>(headers: &'a &'a [(&'a str, &'a str)]) -> Request<'a> {
        Request { method: Method::Get, path: "", query: "", prefix: "", headers, body: b"" }
    }

    #[test]
    fn a_key_wins_over_a_token_unless_it_is_empty() {
        use CredentialKind::{Key, Token};
        for (headers, kind, secret) in [
            (&[("apikey", "k")][..], Key, "k"),
            (&[("ApiKey", " k ")], Key, "k"),
            (&[("APIKEY", "k"), ("authToken", "t")], Key, "k"),
            (&[("authToken", "t"), ("appId", "a"), ("resource", "r")], Token, "t"),
            (&[("apikey", ""), ("authtoken", "t")], Token, "t"),
        ] {
            let expected = Presented::Secret(kind, Secret::presented(secret));
            assert_eq!(presented(&request(&headers)), Ok(expected), "{headers:?}");
            assert_eq!(is_user(&request(&headers)), kind == Token, "{headers:?}");
        }
    }

    #[test]
    fn nobody_presents_two_things_of_a_kind() {
        for (headers, name) in [
            (&[("apikey", "k"), ("apikey", "k")][..], "apikey"),
            (&[("authToken", "t"), ("AuthToken", "u")], "authToken"),
            (&[("apikey", "k"), ("onBehalfOf", "u"), ("onBehalfOf", "v")], "onBehalfOf"),
        ] {
            let Err(Refusal::Parameter(fault)) = presented(&request(&headers)) else { panic!("{headers:?}") };
            assert_eq!((fault.parameter.as_str(), fault.problem.as_str()), (name, "must be given once"));
        }
    }

    #[test]
    fn nothing_is_a_denial_that_knows_what_is_missing() {
        for (headers, user) in [
            (&[][..], false),
            (&[("apikey", "")], false),
            (&[("apikey", " ")], false),
            (&[("authtoken", "")], true),
            (&[("apikey", ""), ("authtoken", "")], false),
            (&[("authorization", "Bearer k")], false),
        ] {
            assert_eq!(presented(&request(&headers)), Err(Refusal::Denied(Denial::Missing)), "{headers:?}");
            assert_eq!(is_user(&request(&headers)), user, "{headers:?}");
        }
    }

    #[test]
    fn only_a_key_sees_with_anothers_eyes() {
        for (headers, uid) in [
            (&[("apikey", "k"), ("onBehalfOf", "SuperHero4")][..], Some("superhero4")),
            (&[("apikey", "k"), ("onbehalfof", "")], None),
            (&[("apikey", "k")], None),
            (&[("authToken", "t"), ("onBehalfOf", "superhero4")], None),
        ] {
            let request = request(&headers);
            let presented = presented(&request).expect("presented");
            assert_eq!(on_behalf_of(&request, &presented).as_deref(), uid, "{headers:?}");
        }
    }
}
