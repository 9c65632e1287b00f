//! What a client asks for when it sends a browser to the pages (RFC 6749, 4.1.1), and where the browser is sent back to.

use super::Flow;
use crate::{Fault, Query};
use access::{Credential, Rights, SecretHash};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is asked for, as far as it can be judged without knowing the client.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub client_id: String,
    pub redirect_uri: Option<String>,
    pub state: Option<String>,
    /// The rest, or what the client is told is wrong with it.
    pub terms: Result<Terms, Told>,
    /// All of it, as the query string that asks for it again.
    pub again: String,
}

/// To what a person is to consent.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub scope: String,
    pub rights: Rights,
    pub code_challenge: Option<SecretHash>,
}

/// What a client is told instead of a code: `error` and `error_description` (RFC 6749, 4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub error: &'static str,
    pub description: String,
}

impl Told {
    fn invalid(description: impl Into<String>) -> Self {
        Self { error: "invalid_request", description: description.into() }
    }

    /// The person has said no.
    pub fn denied() -> Self {
        Self { error: "access_denied", description: String::new() }
    }
}

const CLIENT_ID: &str = "client_id";
const REDIRECT_URI: &str = "redirect_uri";
const RESPONSE_TYPE: &str = "response_type";
const SCOPE: &str = "scope";
const STATE: &str = "state";
const CHALLENGE: &str = "code_challenge";
const METHOD: &str = "code_challenge_method";
const KNOWN: [&str; 7] = [CLIENT_ID, REDIRECT_URI, RESPONSE_TYPE, SCOPE, STATE, CHALLENGE, METHOD];

impl Asked {
    /// Reads the query string. A fault is one that the client cannot be told, since it is not sure who or where it is.
    pub fn read(query: &Query<'_>, flow: &Flow) -> Result<Self, Fault> {
        let owned = |name| query.one(&[name]).map(|value| value.map(String::from));
        let client_id =
            owned(CLIENT_ID)?.ok_or_else(|| Fault::new(CLIENT_ID, crate::FaultCode::Required, "is required"))?;
        let redirect_uri = owned(REDIRECT_URI)?;
        let state = owned(STATE);
        let terms = match &state {
            Err(fault) => Err(Told::invalid(fault.to_string())),
            Ok(_) => Terms::read(query, flow),
        };
        let mut again = String::new();
        for name in KNOWN {
            if let Ok(Some(value)) = query.one(&[name]) {
                push(&mut again, name, &value);
            }
        }
        Ok(Self { client_id, redirect_uri, state: state.unwrap_or_default(), terms, again })
    }

    /// Where the browser is to be sent: to the address that is asked for, if it is registered to the letter, or, where
    /// none is asked for, to the first that is registered.
    pub fn target<'a>(&self, client: &'a Credential) -> Option<&'a str> {
        let mut registered = client.agreed.redirect_uris.iter().map(String::as_str);
        match &self.redirect_uri {
            Some(asked) => registered.find(|uri| uri == asked),
            None => registered.next(),
        }
    }

    /// The address that hands `code` over. `state` comes first and `code` last, since one real client takes everything
    /// behind `code=` for it.
    pub fn with_code(&self, target: &str, code: &str) -> String {
        self.answered(target, &[("code", code)])
    }

    /// The address that tells what is wrong.
    pub fn with_error(&self, target: &str, told: &Told) -> String {
        let description = ("error_description", told.description.as_str());
        let both = [("error", told.error), description];
        self.answered(target, if told.description.is_empty() { &both[..1] } else { &both })
    }

    /// A query that the address has already stays in front.
    fn answered(&self, target: &str, pairs: &[(&str, &str)]) -> String {
        let mut query = String::new();
        for (name, value) in self.state.iter().map(|state| (STATE, state.as_str())).chain(pairs.iter().copied()) {
            push(&mut query, name, value);
        }
        let glue = match target.split_once('?') {
            None => "?",
            Some((_, before)) if before.is_empty() || before.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{target}{glue}{query}")
    }
}

impl Terms {
    fn read(query: &Query<'_>, flow: &Flow) -> Result<Self, Told> {
        let one = |name| query.one(&[name]).map_err(|fault| Told::invalid(fault.to_string()));
        match one(RESPONSE_TYPE)?.as_deref() {
            Some("code") => {}
            None => return Err(Told::invalid("response_type is required")),
            Some(_) => {
                let description = "response_type must be code".to_owned();
                return Err(Told { error: "unsupported_response_type", description });
            }
        }
        let scope = one(SCOPE)?;
        let (scope, rights) = (flow.scope)(scope.as_deref().unwrap_or_default())
            .ok_or_else(|| Told { error: "invalid_scope", description: "scope is not one that there is".to_owned() })?;
        let code_challenge = match (one(CHALLENGE)?, one(METHOD)?.as_deref()) {
            (None, None) => None,
            (None, Some(_)) => return Err(Told::invalid("code_challenge is required with code_challenge_method")),
            (Some(challenge), Some("S256")) => {
                let hash = SecretHash::from_challenge(&challenge);
                Some(hash.ok_or_else(|| Told::invalid("code_challenge must be 43 letters of base64url"))?)
            }
            // Without a method it would be plain (RFC 7636, 4.3), which shows the verifier to whoever sees the address.
            (Some(_), _) => return Err(Told::invalid("code_challenge_method must be S256")),
        };
        Ok(Self { scope: scope.to_owned(), rights, code_challenge })
    }
}

fn push(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    query.extend(utf8_percent_encode(value, ENCODED));
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: Flow = Flow {
        title: "Test",
        scope: |asked| match asked {
            "" => Some(("all", Rights::USER)),
            "read" => Some(("read", Rights::READ)),
            _ => None,
        },
    };

    fn asked(query: &str) -> Asked {
        Asked::read(&Query::parse(query), &FLOW).expect(query)
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let full = "client_id=a&response_type=code&scope=read&state=%26x+y&redirect_uri=https%3A%2F%2Fa.example%2F&v=1\
                    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
        let read = asked(full);
        let terms = read.terms.expect("good");
        assert_eq!((terms.scope.as_str(), terms.rights), ("read", Rights::READ));
        assert!(terms.code_challenge.is_some());
        assert_eq!(read.state.as_deref(), Some("&x y"));
        assert_eq!(asked(&read.again).again, read.again, "asking again asks for the same");
        assert!(read.again.contains("state=%26x%20y") && !read.again.contains("v=1"), "{}", read.again);
    }

    #[test]
    fn a_client_is_told_what_is_wrong() {
        for (query, error) in [
            ("client_id=a", "invalid_request"),
            ("client_id=a&response_type=token", "unsupported_response_type"),
            ("client_id=a&response_type=code&response_type=code", "invalid_request"),
            ("client_id=a&response_type=code&scope=write", "invalid_scope"),
            ("client_id=a&response_type=code&scope=%ff", "invalid_request"),
            ("client_id=a&response_type=code&state=1&state=2", "invalid_request"),
            ("client_id=a&response_type=code&code_challenge=x", "invalid_request"),
            ("client_id=a&response_type=code&code_challenge=x&code_challenge_method=plain", "invalid_request"),
            ("client_id=a&response_type=code&code_challenge=x&code_challenge_method=S256", "invalid_request"),
            ("client_id=a&response_type=code&code_challenge_method=S256", "invalid_request"),
        ] {
            assert_eq!(asked(query).terms.expect_err(query).error, error, "{query}");
        }
        for query in ["", "response_type=code", "client_id=a&client_id=a", "client_id=a&redirect_uri=x&redirect_uri=x"]
        {
            assert!(Asked::read(&Query::parse(query), &FLOW).is_err(), "{query}");
        }
    }

    #[test]
    fn state_is_first_and_code_last() {
        for (target, address) in [
            ("https://a.example", "https://a.example?state=s%20%26&code=c"),
            ("https://a.example/?", "https://a.example/?state=s%20%26&code=c"),
            ("https://a.example/cb?x=1", "https://a.example/cb?x=1&state=s%20%26&code=c"),
            ("https://a.example/cb?x=1&", "https://a.example/cb?x=1&state=s%20%26&code=c"),
        ] {
            assert_eq!(asked("client_id=a&state=s+%26").with_code(target, "c"), address);
        }
        let stateless = asked("client_id=a");
        assert_eq!(stateless.with_error("https://a.example", &Told::denied()), "https://a.example?error=access_denied");
        let wrong = "https://a.example?error=invalid_request&error_description=response_type%20is%20required";
        assert_eq!(stateless.with_error("https://a.example", &stateless.clone().terms.expect_err("none")), wrong);
    }
}
