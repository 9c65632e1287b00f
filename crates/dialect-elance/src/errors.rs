//! What every refusal looks like here: `{"errors":[{"type","code","description"}]}`, all three never empty, and no
//! `data` beside it. Clients tell a failure by the key `errors`.

use crate::JSON;
use dialect::access::Denial;
use dialect::json::Object;
use dialect::{Refusal, Reply};
use membership::StepFailure;
use membership::life_cycle::StepRefusal;

/// An error: status, type, code.
struct Error(u16, &'static str, &'static str);

const AUTHENTICATION: &str = "authentication";
const VALIDATION: &str = "validation";
const API: &str = "api";

/// Writes the refusal. The codes are part of the dialect: they are never given another meaning.
pub fn reply(refusal: &Refusal) -> Reply {
    match refusal {
        Refusal::Parameter(fault) => invalid(&format!("{fault}.")),
        Refusal::Denied(Denial::Missing) => {
            write(Error(401, AUTHENTICATION, "no_token"), "An access token is needed: the parameter access_token.")
                .with("WWW-Authenticate", "Bearer realm=\"elance\"")
        }
        Refusal::Denied(Denial::Unknown) => {
            let error = Error(401, AUTHENTICATION, "invalid_token_expired");
            write(error, "The access token is unknown, revoked or expired.")
                .with("WWW-Authenticate", "Bearer realm=\"elance\", error=\"invalid_token\"")
        }
        Refusal::Denied(Denial::AccountClosed) => {
            write(Error(403, AUTHENTICATION, "E_API_AUTH_EXPIRED_ACCOUNT"), "The account is closed or blocked.")
        }
        Refusal::Denied(Denial::NotAllowed) => {
            write(Error(403, VALIDATION, "E_API_NOT_AUTHORIZED"), "The access token does not allow this.")
        }
        Refusal::BadClient => {
            write(Error(401, AUTHENTICATION, "invalid_client"), "The client's id or secret is wrong.")
                .with("WWW-Authenticate", "Basic realm=\"elance\"")
        }
        // Which of these it is helps only who has found or stolen it.
        Refusal::BadGrant(_) => {
            let description = "The code or refresh token is unknown, expired, used, revoked or another client's, or the \
                               redirect_uri or code_verifier does not fit it.";
            write(Error(400, AUTHENTICATION, "invalid_grant"), description)
        }
        Refusal::UnsupportedGrant => {
            write(Error(400, VALIDATION, "unsupported_grant_type"), "This grant_type is not supported.")
        }
        Refusal::NoSuchPath => write(Error(404, API, "E_API_INVALID_METHOD"), "There is no such method."),
        Refusal::Method(allow) => {
            let description = format!("This address is asked with other HTTP methods: {allow}.");
            write(Error(405, API, "E_API_INVALID_HTTP_METHOD"), &description).with("Allow", *allow)
        }
        Refusal::NoSuchGroup => {
            write(Error(404, VALIDATION, "E_GROUPS_INVALID_GROUPID"), "There is no group with this groupId.")
        }
        Refusal::NoSuchPerson(_) => {
            write(Error(404, VALIDATION, "E_PROFILES_INVALID_USERID"), "There is no user with this userId.")
        }
        Refusal::NoSuchJob => write(Error(404, VALIDATION, "E_JOBS_INVALID_JOBID"), "There is no job with this jobId."),
        Refusal::NeedsPerson => {
            write(Error(403, VALIDATION, "E_API_NOT_AUTHORIZED"), "Only a user may do this, and the token is nobody's.")
        }
        Refusal::Step { failure, .. } => step(failure),
        Refusal::Field(bad) => invalid(&format!("{bad}.")),
        // No method of this dialect gives or changes an identifier, deletes a user, says what it expects of a row, or
        // reads the change log.
        Refusal::InUse(field) => invalid(&format!("{field} is already in use.")),
        Refusal::Immutable(field) => invalid(&format!("{field} cannot be changed.")),
        Refusal::StillOwner(guid) => {
            let description = format!("The user owns the group {guid}, which has no other admin.");
            write(Error(403, VALIDATION, "E_API_NOT_AUTHORIZED"), &description)
        }
        Refusal::Unexpected => invalid("Somebody else has changed it meanwhile."),
        Refusal::Pruned(floor) => {
            write(Error(404, API, "E_API_INVALID_METHOD"), &format!("The change log begins behind number {floor}."))
        }
        Refusal::BodyTooLarge(max) => {
            write(Error(413, API, "E_API_REQUEST_TOO_LARGE"), &format!("The body is longer than {max} bytes."))
        }
        Refusal::TargetTooLong(max) => {
            write(Error(414, API, "E_API_REQUEST_TOO_LARGE"), &format!("The address is longer than {max} bytes."))
        }
        Refusal::TooManyRequests(seconds) => {
            let description = format!("Too many requests. Ask again in {seconds} seconds.");
            write(Error(429, API, "E_API_RATE_LIMIT"), &description).with("Retry-After", seconds.to_string())
        }
        Refusal::Unavailable(seconds) => {
            let description = "The service is not available at the moment. Ask again later.";
            write(Error(503, API, "E_API_SERVICE_TEMPORARILY_UNAVAILABLE"), description)
                .with("Retry-After", seconds.to_string())
        }
        Refusal::Internal => {
            write(Error(500, API, "E_API_INTERNAL"), "Something went wrong on the side of the service.")
        }
    }
}

/// What a user who is no freelancer is told of its profile (documented by the vendor for a method beside this one).
pub fn no_profile() -> Reply {
    let description = "The user is no freelancer and has no profile.";
    write(Error(404, VALIDATION, "E_USER_SELLPROFILE_NOT_EXIST"), description)
}

fn invalid(description: &str) -> Reply {
    write(Error(400, VALIDATION, "E_VALIDATION_INVALID_PARAMETER"), description)
}

/// A step that was not taken: because of who asks, or because of how the user stands to the group.
fn step(failure: &StepFailure) -> Reply {
    let forbidden = |description: &str| write(Error(403, VALIDATION, "E_API_NOT_AUTHORIZED"), description);
    match failure {
        StepFailure::NoSuchPerson | StepFailure::Ambiguous => {
            write(Error(404, VALIDATION, "E_PROFILES_INVALID_USERID"), "There is no user with this userId.")
        }
        StepFailure::Refused(refusal) => match refusal {
            StepRefusal::OnlyOneself
            | StepRefusal::NotOneself
            | StepRefusal::OnlyOwner
            | StepRefusal::OnlyAdmin
            | StepRefusal::OnlyModerator => forbidden(&format!("This {refusal}.")),
            StepRefusal::Banned
            | StepRefusal::NotFreelancer
            | StepRefusal::JoinNotAllowed
            | StepRefusal::PasswordMissing
            | StepRefusal::PasswordWrong
            | StepRefusal::ScopeTooHigh => forbidden(&format!("The user {refusal}.")),
            StepRefusal::AlreadyMember
            | StepRefusal::AlreadyAsked
            | StepRefusal::NotAsked
            | StepRefusal::NotMember
            | StepRefusal::AlreadyBanned
            | StepRefusal::NotBanned
            | StepRefusal::SameScope
            | StepRefusal::Owner
            | StepRefusal::LastAdmin => {
                write(Error(400, VALIDATION, "E_GROUPS_INVALID_MEMBERSHIP"), &format!("The user {refusal}."))
            }
        },
    }
}

fn write(Error(status, kind, code): Error, description: &str) -> Reply {
    let mut body = Vec::with_capacity(160);
    body.extend_from_slice(br#"{"errors":["#);
    Object::begin(&mut body).string("type", kind).string("code", code).string("description", description).end();
    body.extend_from_slice(b"]}");
    Reply::new(status, JSON, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::access::ExchangeRefusal;
    use dialect::{Fault, FaultCode};
    use membership::limits::BadText;

    #[test]
    fn every_refusal_has_its_status_type_and_code() {
        let fault = Fault::new("rpp\"\\\n", FaultCode::InvalidValue, "must be a whole number from 1 on");
        let bad = BadText { field: "title", problem: "must have at most 400 characters".into() };
        let step = |failure| Refusal::Step { entry: None, failure };
        for (refusal, status, kind, code) in [
            (Refusal::Parameter(fault), 400, "validation", "E_VALIDATION_INVALID_PARAMETER"),
            (Refusal::Denied(Denial::Missing), 401, "authentication", "no_token"),
            (Refusal::Denied(Denial::Unknown), 401, "authentication", "invalid_token_expired"),
            (Refusal::Denied(Denial::AccountClosed), 403, "authentication", "E_API_AUTH_EXPIRED_ACCOUNT"),
            (Refusal::Denied(Denial::NotAllowed), 403, "validation", "E_API_NOT_AUTHORIZED"),
            (Refusal::BadClient, 401, "authentication", "invalid_client"),
            (Refusal::UnsupportedGrant, 400, "validation", "unsupported_grant_type"),
            (Refusal::BadGrant(ExchangeRefusal::Reused), 400, "authentication", "invalid_grant"),
            (Refusal::NoSuchPath, 404, "api", "E_API_INVALID_METHOD"),
            (Refusal::Method("GET, HEAD"), 405, "api", "E_API_INVALID_HTTP_METHOD"),
            (Refusal::NoSuchGroup, 404, "validation", "E_GROUPS_INVALID_GROUPID"),
            (Refusal::NoSuchPerson("7".into()), 404, "validation", "E_PROFILES_INVALID_USERID"),
            (Refusal::NoSuchJob, 404, "validation", "E_JOBS_INVALID_JOBID"),
            (Refusal::NeedsPerson, 403, "validation", "E_API_NOT_AUTHORIZED"),
            (StepRefusal::OnlyAdmin.into(), 403, "validation", "E_API_NOT_AUTHORIZED"),
            (StepRefusal::NotFreelancer.into(), 403, "validation", "E_API_NOT_AUTHORIZED"),
            (StepRefusal::Banned.into(), 403, "validation", "E_API_NOT_AUTHORIZED"),
            (StepRefusal::AlreadyAsked.into(), 400, "validation", "E_GROUPS_INVALID_MEMBERSHIP"),
            (StepRefusal::Owner.into(), 400, "validation", "E_GROUPS_INVALID_MEMBERSHIP"),
            (step(StepFailure::NoSuchPerson), 404, "validation", "E_PROFILES_INVALID_USERID"),
            (Refusal::Field(bad), 400, "validation", "E_VALIDATION_INVALID_PARAMETER"),
            (Refusal::InUse("login"), 400, "validation", "E_VALIDATION_INVALID_PARAMETER"),
            (Refusal::Immutable("login"), 400, "validation", "E_VALIDATION_INVALID_PARAMETER"),
            (Refusal::StillOwner("g".into()), 403, "validation", "E_API_NOT_AUTHORIZED"),
            (Refusal::Unexpected, 400, "validation", "E_VALIDATION_INVALID_PARAMETER"),
            (Refusal::Pruned(7), 404, "api", "E_API_INVALID_METHOD"),
            (Refusal::BodyTooLarge(9), 413, "api", "E_API_REQUEST_TOO_LARGE"),
            (Refusal::TargetTooLong(9), 414, "api", "E_API_REQUEST_TOO_LARGE"),
            (Refusal::TooManyRequests(7), 429, "api", "E_API_RATE_LIMIT"),
            (Refusal::Unavailable(30), 503, "api", "E_API_SERVICE_TEMPORARILY_UNAVAILABLE"),
            (Refusal::Internal, 500, "api", "E_API_INTERNAL"),
        ] {
            let reply = reply(&refusal);
            let body = String::from_utf8(reply.body).expect("UTF-8");
            let start = format!(r#"{{"errors":[{{"type":"{kind}","code":"{code}","description":""#);
            assert_eq!((reply.status, reply.content_type), (status, "application/json"), "{refusal:?}");
            assert!(body.starts_with(&start) && body.ends_with(".\"}]}"), "{body}");
            assert!(body.len() > start.len() + 10, "a description: {body}");
        }
    }

    #[test]
    fn fields_of_the_header() {
        let header = |refusal| reply(&refusal).headers;
        assert_eq!(header(Refusal::Method("GET, HEAD")), [("Allow", "GET, HEAD".to_owned())]);
        assert_eq!(header(Refusal::Unavailable(30)), [("Retry-After", "30".to_owned())]);
        assert_eq!(header(Refusal::TooManyRequests(7)), [("Retry-After", "7".to_owned())]);
        assert_eq!(header(Refusal::Denied(Denial::Missing))[0].0, "WWW-Authenticate");
        assert_eq!(header(Refusal::NoSuchPath), []);
    }
}
