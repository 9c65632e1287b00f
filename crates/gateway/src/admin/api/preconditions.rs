//! Entity tags, and the conditions that name them (RFC 9110, section 13).

use super::headers::list;
use super::problem::{Kind, Problem};
use crate::server::Tags;
use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest, Sha256};

/// The entity tag of a representation: 128 bits of its hash. Strong, for the bytes are the same where the tag is.
pub(super) fn tag_of(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let digits: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

/// The conditions of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

impl Conditions {
    /// Reads those of a request.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let read = |name: HeaderName| -> Result<Option<Tags>, Problem> {
            let unreadable = || {
                let problem = "must be * or entity tags in quotation marks, with commas between";
                Problem::header_field(name.as_str(), problem)
            };
            list(headers, &name)?.map(|value| Tags::parse(&value).ok_or_else(unreadable)).transpose()
        };
        Ok(Self { if_match: read(IF_MATCH)?, if_none_match: read(IF_NONE_MATCH)? })
    }

    /// Whether they let the representation with this tag be changed.
    pub fn let_change(&self, tag: &str) -> bool {
        self.let_see(tag) && !self.know(tag)
    }

    /// Whether If-Match lets the representation with this tag be seen.
    pub fn let_see(&self, tag: &str) -> bool {
        self.if_match.as_ref().is_none_or(|tags| tags.hold(tag, false))
    }

    /// Whether whoever asks has the representation with this tag already.
    pub fn know(&self, tag: &str) -> bool {
        self.if_none_match.as_ref().is_some_and(|tags| tags.hold(tag, true))
    }

    /// An address without a representation of its own matches nothing.
    pub fn without_representation(&self) -> Result<(), Problem> {
        if self.if_match.is_none() {
            return Ok(());
        }
        let detail = "This address has no representation that If-Match could name.";
        Err(Problem::new(Kind::PreconditionFailed, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(fields: &[(&'static str, &str)]) -> Result<Conditions, Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), value.parse().expect("a value"));
        }
        Conditions::of(&headers)
    }

    #[test]
    fn tags_are_of_the_bytes() {
        assert_eq!(tag_of(b"abc"), "\"ba7816bf8f01cfea414140de5dae2223\"");
        assert_ne!(tag_of(b""), tag_of(b"abc"));
    }

    #[test]
    fn conditions_name_tags() {
        let (a, b) = ("\"a\"", "\"b\"");
        for (value, holds_a, knows_a) in [
            ("*", true, true),
            ("\"a\"", true, true),
            ("W/\"a\"", false, true),
            ("\"b\", \"a\"", true, true),
            (" ,\"b\",,\"a\" ,", true, true),
            ("\"b\"", false, false),
            ("\"A\"", false, false),
        ] {
            let these = conditions(&[("if-match", value)]).expect(value);
            assert_eq!(these.let_see(a), holds_a, "{value}");
            assert_eq!(these.let_change(a), holds_a, "{value}");
            let these = conditions(&[("if-none-match", value)]).expect(value);
            assert_eq!(these.know(a), knows_a, "{value}");
            assert_eq!(these.let_change(a), !knows_a, "{value}");
            assert!(these.let_see(a));
        }
        assert_eq!(conditions(&[]), Ok(Conditions::default()));
        let twice = conditions(&[("if-match", b), ("if-match", a)]).expect("one list in two fields");
        assert!(twice.let_change(a) && !twice.let_change("\"c\""));
        assert!(!conditions(&[("if-match", a), ("if-none-match", a)]).expect("both").let_change(a));
        assert!(conditions(&[("if-match", a), ("if-none-match", b)]).expect("both").let_change(a));
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for value in ["", "a", "\"a", "\"a\" \"b\"", "w/\"a\"", ",", "*, \"a\""] {
            assert_eq!(conditions(&[("if-match", value)]).expect_err(value).kind, Kind::BadHeader);
        }
    }
}
