//! Every refusal has its answer, in one shape, without the words that the vendor's client misunderstands.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod support;

use dialect::access::{Denial, ExchangeRefusal};
use dialect::{Fault, FaultCode, Refusal};
use membership::StepFailure;
use membership::life_cycle::StepRefusal;
use membership::limits::BadText;
use support::{parse, percent_encoded, refuse};

/// `error_code` and `parameter_name`.
type Named = Option<(&'static str, &'static str)>;

fn every_refusal() -> Vec<(Refusal, u16, &'static str, Named)> {
    let fault = |name: &str, code| Refusal::Parameter(Fault::new(name, code, "is wrong").at(3));
    let field = |field| Refusal::Field(BadText { field, problem: "is wrong".into() });
    let step = |entry, failure| Refusal::Step { entry, failure };
    vec![
        (fault("page", FaultCode::InvalidValue), 400, "invalid_request", Some(("invalid_value", "page"))),
        (fault("$filter", FaultCode::Syntax), 400, "invalid_request", Some(("syntax", "$filter"))),
        (fault("$filter", FaultCode::UnknownField), 400, "invalid_request", Some(("unknown_field", "$filter"))),
        (fault("page", FaultCode::Duplicate), 400, "invalid_request", Some(("duplicate", "page"))),
        (fault("page_size", FaultCode::Limit), 400, "invalid_request", Some(("limit", "page_size"))),
        (fault("$top", FaultCode::Unsupported), 400, "invalid_request", Some(("unsupported", "$top"))),
        (fault("client_id", FaultCode::Required), 400, "invalid_request", Some(("required", "client_id"))),
        (Refusal::UnsupportedGrant, 400, "invalid_request", Some(("unsupported", "grant_type"))),
        (Refusal::Denied(Denial::Missing), 401, "invalid_token", None),
        (Refusal::Denied(Denial::Unknown), 401, "invalid_token", None),
        (Refusal::BadClient, 401, "invalid_token", None),
        (Refusal::BadGrant(ExchangeRefusal::Reused), 400, "invalid_grant", None),
        (Refusal::Denied(Denial::AccountClosed), 403, "access_denied", None),
        (Refusal::Denied(Denial::NotAllowed), 403, "access_denied", None),
        (Refusal::NoSuchPath, 404, "not_found", None),
        (Refusal::NoSuchGroup, 404, "not_found", Some(("invalid_value", "GroupID"))),
        (Refusal::NoSuchPerson("Bad Request".into()), 404, "not_found", Some(("invalid_value", "PersonID"))),
        (Refusal::NoSuchJob, 404, "not_found", None),
        (Refusal::NeedsPerson, 403, "access_denied", None),
        (step(None, StepRefusal::OnlyAdmin.into()), 403, "access_denied", None),
        (step(Some(1), StepRefusal::OnlyOwner.into()), 403, "access_denied", None),
        (step(None, StepRefusal::Banned.into()), 400, "invalid_request", None),
        (step(Some(1), StepRefusal::Banned.into()), 400, "invalid_request", Some(("invalid_value", "[1]"))),
        (step(Some(0), StepFailure::Ambiguous), 400, "invalid_request", Some(("invalid_value", "[0]"))),
        (field("name"), 400, "invalid_request", Some(("invalid_value", "Name"))),
        (field("description"), 400, "invalid_request", Some(("invalid_value", "Description"))),
        (field("email"), 400, "invalid_request", Some(("invalid_value", "Email"))),
        (field("phone"), 400, "invalid_request", Some(("invalid_value", "Phone"))),
        (field("additional_information"), 400, "invalid_request", Some(("invalid_value", "AdditionalInformation"))),
        (field("account_status"), 400, "invalid_request", Some(("invalid_value", "Status"))),
        (field("owner"), 400, "invalid_request", Some(("invalid_value", "Responsible"))),
        (field("tag_line"), 400, "invalid_request", Some(("invalid_value", "tag_line"))),
        (Refusal::InUse("login"), 400, "invalid_request", Some(("duplicate", "Login"))),
        (Refusal::Immutable("id"), 400, "invalid_request", Some(("invalid_value", "Id"))),
        (Refusal::StillOwner("chess".into()), 400, "invalid_request", Some(("invalid_value", "PersonID"))),
        (Refusal::Unexpected, 400, "invalid_request", None),
        (Refusal::Pruned(7), 404, "not_found", None),
        (Refusal::Method("GET, HEAD"), 405, "method_not_allowed", None),
        (Refusal::BodyTooLarge(10), 413, "too_large", None),
        (Refusal::TargetTooLong(10), 414, "too_large", None),
        (Refusal::TooManyRequests(7), 429, "too_many_requests", None),
        (Refusal::Internal, 500, "server_error", None),
        (Refusal::Unavailable(30), 503, "temporarily_unavailable", None),
    ]
}

#[test]
fn one_shape_for_all() {
    for (refusal, status, error, named) in every_refusal() {
        let reply = refuse(&refusal, &[]);
        assert_eq!((reply.status, reply.content_type), (status, "application/json"), "{refusal:?}");
        let body: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
        let keys: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["app_errors", "error", "error_description", "error_details", "error_uri"]);
        assert_eq!(body["error"], error, "{refusal:?}");
        assert!(body["error_description"].as_str().is_some_and(|text| !text.is_empty()), "{refusal:?}");
        assert!(body["error_details"].is_array() && body["error_uri"] == "");
        let expected = match named {
            Some((code, name)) => {
                serde_json::json!([{ "error_code": code, "parameter_name": name, "values": [] }])
            }
            None => serde_json::json!([]),
        };
        assert_eq!(body["app_errors"], expected, "{refusal:?}");
    }
}

#[test]
fn headers_go_with_statuses() {
    for (refusal, status, ..) in every_refusal() {
        let reply = refuse(&refusal, &[]);
        let names: Vec<_> = reply.headers.iter().map(|(name, _)| *name).collect();
        let expected: &[&str] = match status {
            401 => &["WWW-Authenticate"],
            405 => &["Allow"],
            429 | 503 => &["Retry-After"],
            _ => &[],
        };
        assert_eq!(names, expected, "{refusal:?}");
    }
    assert_eq!(refuse(&Refusal::TooManyRequests(7), &[]).headers[0].1, "7");
}

#[test]
fn xml_where_xml_is_asked_for() {
    for (refusal, status, error, _) in every_refusal() {
        let reply = refuse(&refusal, &[("accept", "application/xml")]);
        assert_eq!((reply.status, reply.content_type), (status, "application/xml"), "{refusal:?}");
        let body = String::from_utf8(reply.body).expect("UTF-8");
        assert!(body.starts_with(&format!("<Error><error>{error}</error>")) && body.ends_with("</Error>"), "{body}");
    }
}

fn assert_harmless(refusal: &Refusal, filter: bool, source: &str) {
    for accept in ["application/json", "application/xml"] {
        let body = String::from_utf8(refuse(refusal, &[("accept", accept)]).body).expect("UTF-8");
        let lowered = body.to_ascii_lowercase();
        assert!(!lowered.contains("bad request"), "{source}: {body}");
        assert!(!filter || !lowered.contains("token"), "{source}: {body}");
    }
}

#[test]
fn no_body_holds_what_clients_misunderstand() {
    for (refusal, ..) in every_refusal() {
        assert_harmless(&refusal, false, "");
    }
    let group = "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members";
    for name in ["$filter", "$orderby", "filter", "orderby", "page", "page_size", "$token", "$Bad Request"] {
        for value in
            ["Token", "token eq 'x'", "Name token", "Bad Request", "Name Bad Request", "xtoken('a')", "token'a'"]
        {
            let query = format!("{}={}", percent_encoded(name), percent_encoded(value));
            match parse("GET", group, &query, &[], b"").err() {
                Some(refusal) => assert_harmless(&refusal, true, &query),
                None => panic!("{query}: accepted"),
            }
        }
    }
    // Even if a fault repeats what it should not.
    for text in ["names 'Token'", "names 'bad reQuest'"] {
        let refusal = Refusal::Parameter(Fault::new("$filter", FaultCode::Syntax, text).at(5));
        assert_harmless(&refusal, true, text);
    }
}
