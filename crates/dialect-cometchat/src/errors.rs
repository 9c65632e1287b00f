//! What every refusal looks like here: `{"error":{"code","message","devMessage","source","details"?}}`. The shape and
//! the code of a bad request were recorded; the documents name the other codes; the statuses are our decision.

use crate::{JSON, caller};
use dialect::access::Denial;
use dialect::json::{Object, string};
use dialect::{Fault, Refusal, Reply, Request};

/// An error: status, code, message for the user, message for the developer.
struct Error<'a>(u16, &'static str, &'static str, &'a str);

const NOT_SIGNED_IN: &str = "The caller could not be recognized.";
const NOT_ALLOWED: &str = "The caller may not do this.";
const NOT_FOUND: &str = "What was asked for does not exist.";
const BAD_REQUEST: &str = "The request could not be understood.";
const NOT_NOW: &str = "The service cannot answer at the moment. Please try again later.";

/// Writes the refusal. The codes are part of the dialect: they are never given another meaning.
pub fn reply(request: &Request<'_>, refusal: &Refusal) -> Reply {
    match refusal {
        Refusal::Parameter(fault) => bad_parameter(fault),
        Refusal::Denied(denial) => write(&denied(*denial, caller::is_user(request))),
        Refusal::BadClient => {
            write(&Error(401, "AUTH_ERR_APIKEY_NOT_FOUND", NOT_SIGNED_IN, "The client's id or secret is wrong."))
        }
        Refusal::UnsupportedGrant => {
            write(&Error(400, "ERR_BAD_REQUEST", BAD_REQUEST, "This way of asking for a token is not supported."))
        }
        Refusal::NoSuchPath | Refusal::Method(_) => {
            write(&Error(404, "ERR_API_NOT_FOUND", NOT_FOUND, "There is no such method at this address."))
        }
        Refusal::NoSuchGroup => {
            write(&Error(404, "ERR_GUID_NOT_FOUND", NOT_FOUND, "There is no group with the given guid."))
        }
        Refusal::NoSuchPerson(uid) => {
            let message = format!("There is no user with the uid {uid}.");
            write(&Error(404, "ERR_UID_NOT_FOUND", NOT_FOUND, &message))
        }
        Refusal::NoSuchJob => write(&Error(404, "ERR_API_NOT_FOUND", NOT_FOUND, "There is no such job.")),
        Refusal::NeedsPerson => {
            write(&Error(401, "AUTH_ERR_EMPTY_AUTH_TOKEN", NOT_SIGNED_IN, "Only a user may do this."))
        }
        Refusal::Step { failure, .. } => {
            write(&Error(403, "ERR_GROUP_NO_CLEARANCE", NOT_ALLOWED, &format!("This cannot be done: {failure}.")))
        }
        Refusal::Field(bad) => write(&Error(400, "ERR_BAD_REQUEST", BAD_REQUEST, &format!("The {bad}."))),
        Refusal::InUse(field) | Refusal::Immutable(field) => {
            write(&Error(409, "ERR_UID_ALREADY_EXISTS", BAD_REQUEST, &format!("The {field} cannot be that.")))
        }
        Refusal::StillOwner(guid) => {
            let message = format!("The user owns the group {guid}, which has no other admin.");
            write(&Error(403, "ERR_GROUP_NO_CLEARANCE", NOT_ALLOWED, &message))
        }
        Refusal::Unexpected => {
            write(&Error(409, "ERR_BAD_REQUEST", BAD_REQUEST, "Somebody else has changed it meanwhile."))
        }
        Refusal::Pruned(_) => write(&Error(404, "ERR_API_NOT_FOUND", NOT_FOUND, "It is not kept any more.")),
        Refusal::BodyTooLarge(max) => {
            let message = format!("The body is longer than {max} bytes.");
            write(&Error(413, "ERR_BAD_REQUEST", BAD_REQUEST, &message))
        }
        Refusal::TargetTooLong(max) => {
            let message = format!("The address is longer than {max} bytes.");
            write(&Error(413, "ERR_BAD_REQUEST", BAD_REQUEST, &message))
        }
        Refusal::TooManyRequests(seconds) => {
            let message = format!("Too many requests. Ask again in {seconds} seconds.");
            later(&Error(429, "ERR_TOO_MANY_REQUESTS", NOT_NOW, &message), *seconds)
        }
        Refusal::Unavailable(seconds) => {
            let message = format!("The store is away or everything is busy. Ask again in {seconds} seconds.");
            later(&Error(503, "ERR_OPERATION_FAILED", NOT_NOW, &message), *seconds)
        }
        Refusal::Internal => {
            write(&Error(500, "ERR_EXCEPTION", "Something went wrong.", "The fault is on the side of the service."))
        }
    }
}

/// A key and a user's token have codes of their own. `AUTH_ERR_AUTH_TOKEN_NOT_FOUND` makes the SDK sign its user out,
/// so nothing but an unknown token may give it.
const fn denied(denial: Denial, user: bool) -> Error<'static> {
    match (denial, user) {
        (Denial::Missing, false) => {
            Error(401, "AUTH_ERR_EMPTY_APIKEY", NOT_SIGNED_IN, "The header apikey is missing or empty.")
        }
        (Denial::Missing, true) => {
            Error(401, "AUTH_ERR_EMPTY_AUTH_TOKEN", NOT_SIGNED_IN, "The header authToken is empty.")
        }
        (Denial::Unknown, false) => {
            Error(401, "AUTH_ERR_APIKEY_NOT_FOUND", NOT_SIGNED_IN, "The apikey is unknown or revoked.")
        }
        (Denial::Unknown, true) => {
            Error(401, "AUTH_ERR_AUTH_TOKEN_NOT_FOUND", NOT_SIGNED_IN, "The authToken is unknown or revoked.")
        }
        (Denial::AccountClosed, _) => {
            Error(403, "AUTH_ERR_NO_ACCESS", NOT_ALLOWED, "The account of the user is closed or blocked.")
        }
        (Denial::NotAllowed, _) => Error(403, "AUTH_ERR_NO_ACCESS", NOT_ALLOWED, "The scope of the key is too small."),
    }
}

/// A bad request, with what is wrong under the name of the parameter.
fn bad_parameter(fault: &Fault) -> Reply {
    let sentence = format!("The {fault}.");
    write_with(&Error(400, "ERR_BAD_REQUEST", BAD_REQUEST, &sentence), |error| {
        let details = error.key("details");
        details.push(b'{');
        string(details, &fault.parameter);
        details.extend_from_slice(b":[");
        string(details, &sentence);
        details.extend_from_slice(b"]}");
    })
}

fn later(error: &Error<'_>, seconds: u32) -> Reply {
    write(error).with("Retry-After", seconds.to_string())
}

fn write(error: &Error<'_>) -> Reply {
    write_with(error, |_| {})
}

fn write_with(Error(status, code, message, developer): &Error<'_>, details: impl FnOnce(&mut Object<'_>)) -> Reply {
    let mut body = Vec::with_capacity(256);
    body.extend_from_slice(br#"{"error":"#);
    let mut error = Object::begin(&mut body);
    error.string("code", code).string("message", message).string("devMessage", developer).string("source", "chat-api");
    details(&mut error);
    error.end();
    body.push(b'}');
    Reply::new(*status, JSON, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::{FaultCode, Method};

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
            (key, Refusal::NoSuchPath, 404, "ERR_API_NOT_FOUND"),
            (key, Refusal::Method("GET, HEAD"), 404, "ERR_API_NOT_FOUND"),
            (key, Refusal::NoSuchGroup, 404, "ERR_GUID_NOT_FOUND"),
            (key, Refusal::NoSuchPerson("a\"b".into()), 404, "ERR_UID_NOT_FOUND"),
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
}
