//! Refusals in the dialect's own shape.
//!
//! Two texts never stand in a body: "Bad Request", and, where a filter or an order is at fault, "token". The vendor's
//! client looks for both and does the wrong thing.

use crate::format::Format;
use crate::listing::{FILTER, ORDER};
use crate::render::element;
use crate::words::harmless;
use dialect::access::Denial;
use dialect::{Fault, FaultCode, Refusal, Reply, Request, json};
use membership::StepFailure;
use membership::life_cycle::Blame;

/// What a client without valid credentials is told to present.
const CHALLENGE: &str = "OAuth2 realm=\"RM\", Bearer realm=\"RM\"";

/// An error before it is written.
struct ErrorBody {
    status: u16,
    error: &'static str,
    description: String,
    /// What is at fault: `error_code` and `parameter_name`.
    app_error: Option<(&'static str, String)>,
    /// Further fields of the header.
    headers: Vec<(&'static str, String)>,
}

impl ErrorBody {
    fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into(), app_error: None, headers: Vec::new() }
    }

    fn naming(mut self, code: FaultCode, parameter: impl Into<String>) -> Self {
        self.app_error = Some((error_code(code), parameter.into()));
        self
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// Answers a refusal.
pub(crate) fn reply(request: &Request<'_>, refusal: &Refusal) -> Reply {
    let error = described(refusal);
    let format = Format::of(request);
    let body = match format {
        Format::Json => as_json(&error),
        Format::Xml => as_xml(&error),
    };
    let mut reply = Reply::new(error.status, format.content_type(), body);
    reply.headers = error.headers;
    reply
}

fn described(refusal: &Refusal) -> ErrorBody {
    match refusal {
        Refusal::Parameter(fault) => faulty(fault),
        Refusal::Denied(Denial::Missing) => {
            unauthorized("an access token is needed, in the header field Authorization: OAuth2 <token>")
        }
        Refusal::Denied(Denial::Unknown) => unauthorized("the access token is unknown, revoked or expired"),
        Refusal::Denied(Denial::AccountClosed) => {
            ErrorBody::new(403, "access_denied", "the account is closed or blocked")
        }
        Refusal::Denied(Denial::NotAllowed) => {
            ErrorBody::new(403, "access_denied", "the credential does not allow this")
        }
        Refusal::BadClient => ErrorBody::new(401, "invalid_token", "client_id or client_secret is wrong")
            .with("WWW-Authenticate", "Basic realm=\"RM\""),
        Refusal::UnsupportedGrant => {
            let description = "grant_type must be client_credentials, authorization_code or refresh_token";
            invalid(description.to_owned()).naming(FaultCode::Unsupported, "grant_type")
        }
        // Which of these it is helps only who has found or stolen it.
        Refusal::BadGrant(_) => {
            let description = "the code or refresh token is unknown, expired, used, revoked or another client's, or the \
                               redirect_uri or code_verifier does not fit it";
            ErrorBody::new(400, "invalid_grant", description)
        }
        Refusal::NoSuchPath => ErrorBody::new(404, "not_found", "there is no such resource"),
        Refusal::Method(allow) => {
            let description = format!("this resource allows only the following: {allow}");
            ErrorBody::new(405, "method_not_allowed", description).with("Allow", allow)
        }
        Refusal::NoSuchGroup => ErrorBody::new(404, "not_found", "there is no group with this GroupID")
            .naming(FaultCode::InvalidValue, "GroupID"),
        Refusal::NoSuchPerson(_) => ErrorBody::new(404, "not_found", "there is nobody with this PersonID")
            .naming(FaultCode::InvalidValue, "PersonID"),
        // No address names one.
        Refusal::NoSuchJob => ErrorBody::new(404, "not_found", "there is no such job"),
        Refusal::NeedsPerson => ErrorBody::new(403, "access_denied", "only a person may do this"),
        Refusal::Step { entry, failure } => step(*entry, failure),
        Refusal::Field(bad) => {
            let field = field_name(bad.field);
            invalid(format!("{field} {}", bad.problem)).naming(FaultCode::InvalidValue, field)
        }
        Refusal::InUse(field) => {
            let field = field_name(field);
            invalid(format!("{field} is already in use")).naming(FaultCode::Duplicate, field)
        }
        Refusal::Immutable(field) => {
            let field = field_name(field);
            invalid(format!("{field} cannot be changed")).naming(FaultCode::InvalidValue, field)
        }
        Refusal::StillOwner(guid) => {
            let description = format!("the person is responsible for the group '{guid}', which has no other admin");
            invalid(description).naming(FaultCode::InvalidValue, "PersonID")
        }
        // What an edit expects of a row is told as the fault of a field, and nothing reads the change log.
        Refusal::Unexpected => invalid("somebody else has changed it meanwhile".to_owned()),
        Refusal::Pruned(floor) => ErrorBody::new(404, "not_found", format!("the log begins behind {floor}")),
        Refusal::BodyTooLarge(most) => {
            ErrorBody::new(413, "too_large", format!("the body is longer than {most} bytes"))
        }
        Refusal::TargetTooLong(most) => {
            ErrorBody::new(414, "too_large", format!("the address is longer than {most} bytes"))
        }
        Refusal::TooManyRequests(seconds) => {
            ErrorBody::new(429, "too_many_requests", format!("too many requests; ask again in {seconds} seconds"))
                .with("Retry-After", seconds)
        }
        Refusal::Unavailable(seconds) => {
            let description = format!("the service is not available now; ask again in {seconds} seconds");
            ErrorBody::new(503, "temporarily_unavailable", description).with("Retry-After", seconds)
        }
        Refusal::Internal => ErrorBody::new(500, "server_error", "the service failed; this is not the client's fault"),
    }
}

fn invalid(description: String) -> ErrorBody {
    ErrorBody::new(400, "invalid_request", description)
}

/// A step that was not taken, as far as its own entry of a list does not tell it.
fn step(entry: Option<usize>, failure: &StepFailure) -> ErrorBody {
    if let StepFailure::Refused(refusal) = failure
        && is_about_the_actor(failure)
    {
        return ErrorBody::new(403, "access_denied", format!("this {refusal}"));
    }
    let error = invalid(format!("this cannot be done: {failure}"));
    match entry {
        Some(entry) => error.naming(FaultCode::InvalidValue, format!("[{entry}]")),
        None => error,
    }
}

/// Whether a step was refused because of who asks, not because of whom it is about.
pub(crate) fn is_about_the_actor(failure: &StepFailure) -> bool {
    matches!(failure, StepFailure::Refused(refusal) if refusal.blames() != Blame::Standing)
}

/// What the dialect calls a field of the domain. Those that it does not show keep their names.
fn field_name(field: &'static str) -> &'static str {
    match field {
        "id" => "Id",
        "name" => "Name",
        "description" => "Description",
        "email" => "Email",
        "phone" => "Phone",
        "additional_information" => "AdditionalInformation",
        "login" => "Login",
        "account_status" => "Status",
        "owner" => "Responsible",
        other => other,
    }
}

fn unauthorized(description: &str) -> ErrorBody {
    ErrorBody::new(401, "invalid_token", description).with("WWW-Authenticate", CHALLENGE)
}

fn faulty(fault: &Fault) -> ErrorBody {
    let Fault { parameter, code, position, .. } = fault;
    let watched = FILTER.contains(&parameter.as_str()) || ORDER.contains(&parameter.as_str());
    let mut description = fault.to_string();
    let unspeakable = description.to_ascii_lowercase().contains("bad request");
    if unspeakable || (watched && !harmless(&description)) {
        // Whoever made the fault repeated input that must not be repeated.
        description = match position {
            Some(position) => format!("{parameter} is wrong (at position {position})"),
            None => format!("{parameter} is wrong"),
        };
    }
    invalid(description).naming(*code, parameter)
}

/// The dialect's word for a kind of fault.
const fn error_code(code: FaultCode) -> &'static str {
    match code {
        FaultCode::InvalidValue => "invalid_value",
        FaultCode::Syntax => "syntax",
        FaultCode::UnknownField => "unknown_field",
        FaultCode::Duplicate => "duplicate",
        FaultCode::Limit => "limit",
        FaultCode::Unsupported => "unsupported",
        FaultCode::Required => "required",
    }
}

/// `error_uri` is empty (there are no pages about errors), `error_details` and `values` are empty lists (all there is to
/// say is in the description): our decisions. All members are always there, since the vendor's client reads them
/// without looking.
fn as_json(error: &ErrorBody) -> Vec<u8> {
    let mut body = Vec::new();
    let mut object = json::Object::begin(&mut body);
    object.string("error", error.error).string("error_description", &error.description).string("error_uri", "");
    object.key("error_details").extend_from_slice(b"[]");
    let list = object.key("app_errors");
    list.push(b'[');
    if let Some((code, parameter)) = &error.app_error {
        let mut inner = json::Object::begin(list);
        inner.string("error_code", code).string("parameter_name", parameter);
        inner.key("values").extend_from_slice(b"[]");
        inner.end();
    }
    list.push(b']');
    object.end();
    body
}

/// The same names as in JSON, the items of `app_errors` as `AppError` (our decision; the manual shows no error in XML).
fn as_xml(error: &ErrorBody) -> Vec<u8> {
    let mut body = b"<Error>".to_vec();
    element(&mut body, "error", error.error);
    element(&mut body, "error_description", &error.description);
    element(&mut body, "error_uri", "");
    element(&mut body, "error_details", "");
    body.extend_from_slice(b"<app_errors>");
    if let Some((code, parameter)) = &error.app_error {
        body.extend_from_slice(b"<AppError>");
        element(&mut body, "error_code", code);
        element(&mut body, "parameter_name", parameter);
        element(&mut body, "values", "");
        body.extend_from_slice(b"</AppError>");
    }
    body.extend_from_slice(b"</app_errors></Error>");
    body
}
