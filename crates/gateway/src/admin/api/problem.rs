//! What goes wrong, as RFC 9457 has it. Each kind has an address of its own, which never changes its meaning and is
//! never given to another kind.

use super::PREFIX;
use super::shape::Wrong;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

macro_rules! kinds {
    ($($name:ident = $status:literal $slug:literal, $title:literal, $doc:literal;)+) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::admin) enum Kind { $($name),+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The last part of its address.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug),+ }
            }

            /// The status that it comes with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// What it is called.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// When it happens, and what helps.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$name => $doc),+ }
            }
        }
    };
}

kinds! {
    BadParameter = 400 "bad-parameter", "Bad Parameter",
        "A part of the address or of the query is not what it may be, is given twice, or is not known here. `parameter` names it.";
    BadHeader = 400 "bad-header", "Bad Header Field",
        "A field of the request's header cannot be read. `parameter` names it.";
    BadBody = 400 "bad-body", "Bad Body",
        "The body is not JSON, is nested too deeply, did not arrive whole and in time, or came where none is taken.";
    Unauthorized = 401 "unauthorized", "Unauthorized",
        "No key came along (`Authorization: Bearer KEY`), or one that is unknown, revoked or expired.";
    Forbidden = 403 "forbidden", "Forbidden",
        "The rights of the key do not reach so far, or it is limited to some groups and this is beyond them.";
    NotAllowed = 403 "not-allowed", "Not Allowed",
        "The person named by `as`, or the one who asks, may not do this in this group, or gave no or a wrong password. `reason` names the rule.";
    NoSuchAddress = 404 "no-such-address", "Not Found",
        "Nothing is served at this address.";
    NoSuchGroup = 404 "no-such-group", "No Such Group",
        "There is no group with this key.";
    NoSuchPerson = 404 "no-such-person", "No Such Person",
        "There is no person with this key.";
    NoSuchMembership = 404 "no-such-membership", "No Such Membership",
        "The person has nothing to do with the group.";
    NoSuchJob = 404 "no-such-job", "No Such Job",
        "There is no job with this number.";
    NoSuchCredential = 404 "no-such-credential", "No Such Credential",
        "There is no credential with this id.";
    NoSuchProblem = 404 "no-such-problem", "No Such Problem",
        "There is no kind of problem with this name.";
    MethodNotAllowed = 405 "method-not-allowed", "Method Not Allowed",
        "The address does not take this method. The field `Allow` names those that it takes.";
    NotAcceptable = 406 "not-acceptable", "Not Acceptable",
        "The field `Accept` leaves out everything that can be answered here.";
    StepRefused = 409 "step-refused", "Step Refused",
        "The membership stands otherwise, or a rule of the life cycle is in the way. `reason` names it.";
    InUse = 409 "in-use", "Already in Use",
        "An identifier belongs to somebody else already, or is the number of a person who was deleted. `field` names it.";
    Immutable = 409 "immutable", "Cannot Be Changed",
        "An identifier never changes. `field` names it.";
    StillOwner = 409 "still-owner", "Still an Owner",
        "The person owns a group that has other members but no other admin. Make one, or pass the group on, first.";
    UnknownReference = 409 "unknown-reference", "Unknown Reference",
        "The body names a group or a person that does not exist. `field` names the place.";
    PasswordRequired = 409 "password-required", "Password Required",
        "A group becomes one that asks for a password, and none is said.";
    NumbersUsedUp = 409 "numbers-used-up", "Numbers Used Up",
        "No number is said, and the highest one is taken.";
    Overtaken = 409 "overtaken", "Overtaken",
        "Others changed the same rows again and again meanwhile. What was done before stays; asking again does the rest.";
    AheadOfLog = 409 "ahead-of-log", "Ahead of the Log",
        "`after` is beyond the end of the change log: it belongs to another store, or this one was restored from a backup.";
    OwnKey = 409 "own-key", "Own Key",
        "A key does not revoke itself, so that nobody locks the door behind themselves. Take another key, or `rollcall credential revoke`.";
    UnderWay = 409 "request-under-way", "Request Under Way",
        "A request with this Idempotency-Key has been begun and has no reply yet. Where that stays so, a gateway ended in the middle: look whether it was done, then use a new key.";
    ReplyWithheld = 409 "reply-withheld", "Reply Withheld",
        "The request with this Idempotency-Key was done, but there was a secret in its reply, so that was not kept.";
    Pruned = 410 "pruned", "Gone",
        "The change log no longer goes back that far. Read everything anew, then go on from `head`.";
    PreconditionFailed = 412 "precondition-failed", "Precondition Failed",
        "If-Match does not name what is there now, If-None-Match does, or the address takes no conditions. Nothing was done.";
    BodyTooLarge = 413 "body-too-large", "Body Too Large",
        "The body is longer than the configuration allows.";
    UnsupportedMediaType = 415 "unsupported-media-type", "Unsupported Media Type",
        "The body is of another media type than this address takes, or of none.";
    InvalidBody = 422 "invalid-body", "Invalid Body",
        "The body is JSON, but not what it must be. `errors` names every field and what is wrong with it.";
    BadRows = 422 "bad-rows", "Bad Rows",
        "Rows of an import are bad. `errors` names line, column and what is wrong, `report` is what the import did.";
    KeyReused = 422 "key-reused", "Key Used for Another Request",
        "The Idempotency-Key was used with another request. Take a new one for each request.";
    TooManyRequests = 429 "too-many-requests", "Too Many Requests",
        "As many imports, exports or waiting readers of the log as there may be are under way, or the key, or the address of the client, has asked too often. Ask again after `Retry-After` seconds.";
    Internal = 500 "internal", "Internal Server Error",
        "A fault of ours. The log has a line with the id that `instance` names.";
    Unavailable = 503 "unavailable", "Service Unavailable",
        "The store is away, or everything is busy. Ask again after `Retry-After` seconds.";
}

impl Kind {
    /// Its address.
    pub fn address(self) -> String {
        format!("{PREFIX}/problems/{}", self.slug())
    }

    /// Whether the same request may fare better later, since what was in the way passes. Such an outcome is not kept for
    /// a request that is repeated with its `Idempotency-Key`.
    pub const fn passes(self) -> bool {
        matches!(self, Self::Overtaken | Self::TooManyRequests | Self::Internal | Self::Unavailable)
    }

    /// The kind with this name.
    pub fn of(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }
}

/// Something that went wrong with one request.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::admin) struct Problem {
    /// Which kind.
    pub kind: Kind,
    /// What went wrong this time, a sentence.
    pub detail: String,
    /// Further members.
    pub more: Map<String, Value>,
    /// Further fields of the header.
    pub headers: Vec<(&'static str, String)>,
    /// Whether the same request may fare better later: see [`Kind::passes`].
    pub passes: bool,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), more: Map::new(), headers: Vec::new(), passes: kind.passes() }
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Serialize) -> Self {
        self.more.insert(name.to_owned(), json!(value));
        self
    }

    /// With one more field of the header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Nothing was done, and the same request may fare better once the store is another.
    #[must_use]
    pub const fn passing(mut self) -> Self {
        self.passes = true;
        self
    }

    /// A part of the address or of the query is wrong.
    pub fn parameter(name: &str, problem: &str) -> Self {
        Self::new(Kind::BadParameter, format!("{name} {problem}.")).with("parameter", name)
    }

    /// A field of the header is wrong.
    pub fn header_field(name: &str, problem: &str) -> Self {
        Self::new(Kind::BadHeader, format!("{name} {problem}.")).with("parameter", name)
    }

    /// Something is wrong with one field of the body.
    pub fn field(kind: Kind, name: &str, problem: &str) -> Self {
        Self::new(kind, format!("{name} {problem}.")).with("field", name)
    }

    /// Fields of the body are wrong.
    pub(in crate::admin::api) fn fields(wrong: &[Wrong]) -> Self {
        let name = |wrong: &Wrong| if wrong.field.is_empty() { "the body".to_owned() } else { wrong.field.clone() };
        let errors: Vec<Value> =
            wrong.iter().map(|wrong| json!({ "field": wrong.field, "detail": wrong.problem })).collect();
        let first = wrong.first().map(|wrong| format!("{} {}.", name(wrong), wrong.problem)).unwrap_or_default();
        let detail = if wrong.len() > 1 { format!("{first} There is more in `errors`.") } else { first };
        Self::new(Kind::InvalidBody, detail).with("errors", errors)
    }

    /// Nobody can be answered now; asking again after so many seconds may help.
    pub fn later(kind: Kind, seconds: u32, detail: &str) -> Self {
        Self::new(kind, detail).header("retry-after", seconds.to_string())
    }

    /// A fault of ours.
    pub fn internal() -> Self {
        Self::new(Kind::Internal, "The request could not be answered. The fault is ours.")
    }

    /// The body of the reply to the request of this id.
    pub fn body(&self, id: Uuid) -> Vec<u8> {
        let members = Members {
            r#type: self.kind.address(),
            title: self.kind.title(),
            status: self.kind.status(),
            detail: &self.detail,
            instance: format!("urn:uuid:{id}"),
            more: &self.more,
        };
        // Texts, numbers and maps of texts: nothing in it can fail to be written.
        serde_json::to_vec(&members).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Members<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: String,
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let slugs: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.slug()), Some(*kind));
            assert!((400..600).contains(&kind.status()) && kind.doc().ends_with('.'));
        }
    }

    #[test]
    fn problems_are_written_as_the_rfc_has_them() {
        let problem = Problem::parameter("page", "must be a whole number from 1 on");
        let body: Value = serde_json::from_slice(&problem.body(Uuid::nil())).expect("JSON");
        assert_eq!(
            body,
            json!({
                "type": "/admin/v1/problems/bad-parameter", "title": "Bad Parameter", "status": 400,
                "detail": "page must be a whole number from 1 on.", "parameter": "page",
                "instance": "urn:uuid:00000000-0000-0000-0000-000000000000",
            })
        );
        let wrong = |field: &str| Wrong { field: field.into(), problem: "is missing".into() };
        assert_eq!(Problem::fields(&[wrong("")]).detail, "the body is missing.");
        let two = Problem::fields(&[wrong("a"), wrong("b")]);
        assert_eq!(two.detail, "a is missing. There is more in `errors`.");
        assert_eq!(two.more["errors"][1]["field"], "b");
    }
}
