//! What every refusal looks like here: `{"error":{"code","message","devMessage","source","details"?}}`. The shape and
//! the code of a bad request were recorded; the documents name the other codes; the statuses are our decision.

mod steps;

pub use steps::{Deed, Doer, failure};

use crate::{JSON, caller};
use dialect::access::Denial;
use dialect::json::{Object, string};
use dialect::{Fault, Refusal, Reply, Request, Session};
use membership::limits::BadText;
use membership::{GroupKey, StepFailure};
use std::borrow::Cow;

/// Something that went wrong, in the words of the dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem<'a> {
    /// Status of the reply.
    status: u16,
    /// Part of the dialect: a code is never given another meaning.
    code: &'static str,
    /// For the user.
    message: &'a str,
    /// For the developer.
    developer: Cow<'a, str>,
}

impl<'a> Problem<'a> {
    /// With these words for the user and for the developer.
    pub fn new(status: u16, code: &'static str, message: &'a str, developer: impl Into<Cow<'a, str>>) -> Self {
        Self { status, code, message, developer: developer.into() }
    }

    /// Writes the object that stands under `error`.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.write_with(out, |_| {});
    }

    /// The reply that tells it.
    pub fn reply(&self) -> Reply {
        self.reply_with(|_| {})
    }

    fn write_with(&self, out: &mut Vec<u8>, details: impl FnOnce(&mut Object<'_>)) {
        let mut error = Object::begin(out);
        error.string("code", self.code).string("message", self.message).string("devMessage", &self.developer);
        error.string("source", "chat-api");
        details(&mut error);
        error.end();
    }

    fn reply_with(&self, details: impl FnOnce(&mut Object<'_>)) -> Reply {
        let mut body = Vec::with_capacity(256);
        body.extend_from_slice(br#"{"error":"#);
        self.write_with(&mut body, details);
        body.push(b'}');
        Reply::new(self.status, JSON, body)
    }
}

const NOT_SIGNED_IN: &str = "The caller could not be recognized.";
const NOT_ALLOWED: &str = "The caller may not do this.";
const NOT_FOUND: &str = "What was asked for does not exist.";
const BAD_REQUEST: &str = "The request could not be understood.";
const NOT_NOW: &str = "The service cannot answer at the moment. Please try again later.";
const TAKEN: &str = "There is one of this name already.";

/// Writes the refusal.
pub fn reply(request: &Request<'_>, refusal: &Refusal) -> Reply {
    let problem = match refusal {
        Refusal::Parameter(fault) => return bad_parameter(fault),
        Refusal::Field(bad) => return bad_parameter(&field_fault(bad)),
        Refusal::Denied(denial) => denied(*denial, caller::is_user(request)),
        Refusal::BadClient => {
            Problem::new(401, "AUTH_ERR_APIKEY_NOT_FOUND", NOT_SIGNED_IN, "The client's id or secret is wrong.")
        }
        Refusal::UnsupportedGrant => {
            Problem::new(400, "ERR_BAD_REQUEST", BAD_REQUEST, "This way of asking for a token is not supported.")
        }
        Refusal::BadGrant(_) => {
            Problem::new(400, "ERR_BAD_REQUEST", BAD_REQUEST, "What is to be exchanged for a token is no good.")
        }
        Refusal::NoSuchPath | Refusal::Method(_) => {
            Problem::new(404, "ERR_API_NOT_FOUND", NOT_FOUND, "There is no such method at this address.")
        }
        Refusal::NoSuchGroup => {
            Problem::new(404, "ERR_GUID_NOT_FOUND", NOT_FOUND, "There is no group with the given guid.")
        }
        Refusal::NoSuchPerson(uid) => {
            Problem::new(404, "ERR_UID_NOT_FOUND", NOT_FOUND, format!("There is no user with the uid {uid}."))
        }
        Refusal::NoSuchJob => Problem::new(404, "ERR_API_NOT_FOUND", NOT_FOUND, "There is no such job."),
        Refusal::NeedsPerson => {
            let developer =
                "Only a user may do this: the header authToken or, where a key may act for one, onBehalfOf.";
            Problem::new(401, "AUTH_ERR_EMPTY_AUTH_TOKEN", NOT_SIGNED_IN, developer)
        }
        // What is refused to somebody in a group is written by `judged`, which knows more.
        Refusal::Step { failure, .. } => steps::failure(failure, Deed::Edit, Doer::Application),
        Refusal::InUse("guid") => {
            Problem::new(409, "ERR_GUID_ALREADY_EXISTS", TAKEN, "There is a group with the given guid.")
        }
        Refusal::InUse(_) => Problem::new(409, "ERR_UID_ALREADY_EXISTS", TAKEN, "There is a user with the given uid."),
        Refusal::Immutable(field) => {
            let developer = format!("The {field} cannot be changed.");
            Problem::new(400, "ERR_BAD_REQUEST", BAD_REQUEST, developer)
        }
        Refusal::StillOwner(guid) => {
            let developer = format!("The user owns the group {guid}, which has members but no other admin.");
            Problem::new(409, "ERR_UID_DELETE_FAILED", "The user cannot be deleted.", developer)
        }
        Refusal::Unexpected => {
            Problem::new(409, "ERR_OPERATION_FAILED", NOT_NOW, "Somebody else has changed it meanwhile.")
        }
        Refusal::Pruned(_) => Problem::new(404, "ERR_API_NOT_FOUND", NOT_FOUND, "It is not kept any more."),
        Refusal::BodyTooLarge(max) => {
            let developer = format!("The body is longer than {max} bytes.");
            Problem::new(413, "ERR_BAD_REQUEST", BAD_REQUEST, developer)
        }
        Refusal::TargetTooLong(max) => {
            let developer = format!("The address is longer than {max} bytes.");
            Problem::new(413, "ERR_BAD_REQUEST", BAD_REQUEST, developer)
        }
        Refusal::TooManyRequests(seconds) => {
            let developer = format!("Too many requests. Ask again in {seconds} seconds.");
            return later(&Problem::new(429, "ERR_TOO_MANY_REQUESTS", NOT_NOW, developer), *seconds);
        }
        Refusal::Unavailable(seconds) => {
            let developer = format!("The store is away or everything is busy. Ask again in {seconds} seconds.");
            return later(&Problem::new(503, "ERR_OPERATION_FAILED", NOT_NOW, developer), *seconds);
        }
        Refusal::Internal => {
            Problem::new(500, "ERR_EXCEPTION", "Something went wrong.", "The fault is on the side of the service.")
        }
    };
    problem.reply()
}

/// Does something to a group. Where the life cycle refuses it, the reply says why in the words of the dialect, for which
/// one must know who asked.
pub fn judged(
    session: &Session<'_>,
    group: &GroupKey,
    deed: Deed,
    done: Result<Reply, Refusal>,
) -> Result<Reply, Refusal> {
    match done {
        Err(Refusal::Step { failure: StepFailure::Refused(refusal), .. }) => {
            Ok(steps::refusal(refusal, deed, Doer::of(session, group)?).reply())
        }
        other => other,
    }
}

/// Somebody was looked for in a group and is not in it.
pub fn not_a_member() -> Reply {
    steps::not_a_member().reply()
}

/// A token was named that the user does not have (documented code).
pub fn no_such_token() -> Reply {
    Problem::new(404, "ERR_AUTH_TOKEN_NOT_FOUND", NOT_FOUND, "The user has no such auth token.").reply()
}

/// A key and a user's token have codes of their own. `AUTH_ERR_AUTH_TOKEN_NOT_FOUND` makes the SDK sign its user out,
/// so nothing but an unknown token may give it.
fn denied(denial: Denial, user: bool) -> Problem<'static> {
    let (status, code, message, developer) = match (denial, user) {
        (Denial::Missing, false) => {
            (401, "AUTH_ERR_EMPTY_APIKEY", NOT_SIGNED_IN, "The header apikey is missing or empty.")
        }
        (Denial::Missing, true) => (401, "AUTH_ERR_EMPTY_AUTH_TOKEN", NOT_SIGNED_IN, "The header authToken is empty."),
        (Denial::Unknown, false) => {
            (401, "AUTH_ERR_APIKEY_NOT_FOUND", NOT_SIGNED_IN, "The apikey is unknown or revoked.")
        }
        (Denial::Unknown, true) => {
            (401, "AUTH_ERR_AUTH_TOKEN_NOT_FOUND", NOT_SIGNED_IN, "The authToken is unknown or revoked.")
        }
        (Denial::AccountClosed, _) => {
            (403, "AUTH_ERR_NO_ACCESS", NOT_ALLOWED, "The account of the user is closed or blocked.")
        }
        (Denial::NotAllowed, false) => (403, "AUTH_ERR_NO_ACCESS", NOT_ALLOWED, "The scope of the key is too small."),
        (Denial::NotAllowed, true) => {
            (403, "AUTH_ERR_NO_ACCESS", NOT_ALLOWED, "This is not for users: it takes a key of the application.")
        }
    };
    Problem::new(status, code, message, developer)
}

/// A bad request, with what is wrong under the name of the parameter.
fn bad_parameter(fault: &Fault) -> Reply {
    let sentence = format!("The {fault}.");
    Problem::new(400, "ERR_BAD_REQUEST", BAD_REQUEST, sentence.as_str()).reply_with(|error| {
        let details = error.key("details");
        details.push(b'{');
        string(details, &fault.parameter);
        details.extend_from_slice(b":[");
        string(details, &sentence);
        details.extend_from_slice(b"]}");
    })
}

/// A field of the domain under the name that it has here.
fn field_fault(bad: &BadText) -> Fault {
    let name = match bad.field {
        "status_message" => "statusMessage",
        other => other,
    };
    Fault::new(name, dialect::FaultCode::InvalidValue, bad.problem.as_str())
}

fn later(problem: &Problem<'_>, seconds: u32) -> Reply {
    problem.reply().with("Retry-After", seconds.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::access::ExchangeRefusal;
    use dialect::{FaultCode, Method};
    use membership::life_cycle::StepRefusal;

    fn refuse(headers: &[(&str, &str)], refusal: &Refusal) -> (u16, String, Vec<(&'static str, String)>) {
        let request = Request { method: Method::Get, path: "/v3", query: "", prefix: "", headers: &headers, body: b"" };
        let reply = reply(&request, refusal);
        assert_eq!(reply.content_type, "application/json");
        (reply.status, String::from_utf8(reply.body).expect("UTF-8"), reply.headers)
    }

    #[test]
    fn every_refusal_has_its_status_and_code() {
        let key: &[(&str, &str)] = &[("apikey", "k")];
        let user: &[(&str, &str)] = &[("authtoken", "t")];
        let none: &[(&str, &str)] = &[];
        let empty: &[(&str, &str)] = &[("authtoken", "")];
        for (headers, refusal, status, code) in [
            (none, Refusal::Denied(Denial::Missing), 401, "AUTH_ERR_EMPTY_APIKEY"),
            (empty, Refusal::Denied(Denial::Missing), 401, "AUTH_ERR_EMPTY_AUTH_TOKEN"),
            (key, Refusal::Denied(Denial::Unknown), 401, "AUTH_ERR_APIKEY_NOT_FOUND"),
            (user, Refusal::Denied(Denial::Unknown), 401, "AUTH_ERR_AUTH_TOKEN_NOT_FOUND"),
            (user, Refusal::Denied(Denial::AccountClosed), 403, "AUTH_ERR_NO_ACCESS"),
            (key, Refusal::Denied(Denial::NotAllowed), 403, "AUTH_ERR_NO_ACCESS"),
            (key, Refusal::BadClient, 401, "AUTH_ERR_APIKEY_NOT_FOUND"),
            (key, Refusal::UnsupportedGrant, 400, "ERR_BAD_REQUEST"),
            (key, Refusal::BadGrant(ExchangeRefusal::Reused), 400, "ERR_BAD_REQUEST"),
            (key, Refusal::NoSuchPath, 404, "ERR_API_NOT_FOUND"),
            (key, Refusal::Method("GET, HEAD"), 404, "ERR_API_NOT_FOUND"),
            (key, Refusal::NoSuchGroup, 404, "ERR_GUID_NOT_FOUND"),
            (key, Refusal::NoSuchPerson("a\"b".into()), 404, "ERR_UID_NOT_FOUND"),
            (user, Refusal::Denied(Denial::NotAllowed), 403, "AUTH_ERR_NO_ACCESS"),
            (key, Refusal::NoSuchJob, 404, "ERR_API_NOT_FOUND"),
            (key, Refusal::NeedsPerson, 401, "AUTH_ERR_EMPTY_AUTH_TOKEN"),
            (key, StepRefusal::PasswordMissing.into(), 403, "ERR_EMPTY_GROUP_PASS"),
            (key, Refusal::Step { entry: Some(1), failure: StepFailure::NoSuchPerson }, 404, "ERR_UID_NOT_FOUND"),
            (key, Refusal::InUse("guid"), 409, "ERR_GUID_ALREADY_EXISTS"),
            (key, Refusal::InUse("uid"), 409, "ERR_UID_ALREADY_EXISTS"),
            (key, Refusal::InUse("login"), 409, "ERR_UID_ALREADY_EXISTS"),
            (key, Refusal::Immutable("uid"), 400, "ERR_BAD_REQUEST"),
            (key, Refusal::StillOwner("g".into()), 409, "ERR_UID_DELETE_FAILED"),
            (key, Refusal::Unexpected, 409, "ERR_OPERATION_FAILED"),
            (key, Refusal::Pruned(3), 404, "ERR_API_NOT_FOUND"),
            (key, Refusal::BodyTooLarge(9), 413, "ERR_BAD_REQUEST"),
            (key, Refusal::TargetTooLong(9), 413, "ERR_BAD_REQUEST"),
            (key, Refusal::TooManyRequests(7), 429, "ERR_TOO_MANY_REQUESTS"),
            (key, Refusal::Unavailable(30), 503, "ERR_OPERATION_FAILED"),
            (key, Refusal::Internal, 500, "ERR_EXCEPTION"),
        ] {
            let (found, body, header) = refuse(headers, &refusal);
            assert_eq!(found, status, "{refusal:?}");
            let start = format!(r#"{{"error":{{"code":"{code}","message":""#);
            assert!(body.starts_with(&start) && body.ends_with(r#".","source":"chat-api"}}"#), "{body}");
            assert!(!body.contains(r#":"""#), "nothing is empty: {body}");
            let after = header.iter().find(|(name, _)| *name == "Retry-After").map(|(_, value)| value.as_str());
            let expected = match refusal {
                Refusal::TooManyRequests(_) => Some("7"),
                Refusal::Unavailable(_) => Some("30"),
                _ => None,
            };
            assert_eq!(after, expected, "{refusal:?}");
        }
    }

    #[test]
    fn faults_are_told_under_the_name_of_the_parameter() {
        let fault = Fault::new("per\"Page", FaultCode::InvalidValue, "must be a whole number");
        let (status, body, _) = refuse(&[("apikey", "k")], &Refusal::Parameter(fault));
        assert_eq!(status, 400);
        assert_eq!(
            body,
            concat!(
                r#"{"error":{"code":"ERR_BAD_REQUEST","message":"The request could not be understood.","#,
                r#""devMessage":"The per\"Page must be a whole number.","source":"chat-api","#,
                r#""details":{"per\"Page":["The per\"Page must be a whole number."]}}}"#
            )
        );
    }

    #[test]
    fn fields_of_the_domain_are_called_as_they_are_here() {
        let refused = |field| {
            let bad = BadText { field, problem: "must not hold the character U+0000".to_owned() };
            refuse(&[("apikey", "k")], &Refusal::Field(bad))
        };
        for (field, name) in [("status_message", "statusMessage"), ("role", "role"), ("type", "type")] {
            let (status, body, _) = refused(field);
            assert_eq!(status, 400);
            let details = format!(r#""details":{{"{name}":["The {name} must not hold the character U+0000."]}}"#);
            assert!(body.contains(&details), "{body}");
        }
    }
}
