//! The shapes that every reply of a dialect has, whatever it says.

use super::http::Response;
use super::keys::Dialect;
use serde_json::Value;

/// Makes sure that a reply of this dialect is no fault of ours, bears a request id, and has the dialect's shape.
pub fn check(dialect: Dialect, response: &Response, about: &str) {
    assert_ne!(response.status, 500, "{about}: {}", response.text());
    assert!(response.header("x-request-id").is_some_and(|id| id.len() == 36), "{about}: no request id");
    assert_eq!(response.header("content-type"), Some("application/json"), "{about}");
    let json = response.json();
    match (dialect, response.status) {
        (Dialect::Elance, 200) => assert!(json["data"].is_object() && json.get("errors").is_none(), "{about}: {json}"),
        (Dialect::Elance, _) => elance_error(&json, about),
        (Dialect::Rm, 200) => assert!(json.is_array() || json.is_u64(), "{about}: {json}"),
        (Dialect::Rm, _) => rm_error(&json, about),
        (Dialect::CometChat, 200) => assert!(!json["data"].is_null() && json.get("error").is_none(), "{about}: {json}"),
        (Dialect::CometChat, _) => cometchat_error(&json, about),
    }
}

/// The same for any route: of those that go well, the shape is the route's own.
pub fn is_fault_of_nobody(dialect: Dialect, response: &Response, about: &str) {
    if response.status >= 400 {
        check(dialect, response, about);
    }
}

/// A text that is there and not empty.
fn said(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn elance_error(json: &Value, about: &str) {
    assert!(json.get("data").is_none(), "{about}: {json}");
    let errors = json["errors"].as_array().unwrap_or_else(|| panic!("{about}: {json}"));
    assert!(!errors.is_empty(), "{about}");
    for error in errors {
        assert!(["type", "code", "description"].iter().all(|name| said(&error[*name])), "{about}: {json}");
    }
}

fn rm_error(json: &Value, about: &str) {
    let names: Vec<&String> = json.as_object().unwrap_or_else(|| panic!("{about}: {json}")).keys().collect();
    assert_eq!(names, ["app_errors", "error", "error_description", "error_details", "error_uri"], "{about}");
    assert!(said(&json["error"]) && said(&json["error_description"]), "{about}: {json}");
    assert!(json["error_uri"].is_string() && json["error_details"].is_array(), "{about}: {json}");
    for error in json["app_errors"].as_array().unwrap_or_else(|| panic!("{about}: {json}")) {
        assert!(said(&error["error_code"]) && said(&error["parameter_name"]), "{about}: {json}");
        assert!(error["values"].is_array(), "{about}: {json}");
    }
    // The vendor's client looks for these words and then does something foolish.
    let text = json.to_string().to_lowercase();
    assert!(!text.contains("bad request"), "{about}: {json}");
    if json["app_errors"][0]["parameter_name"] == "$filter" {
        assert!(!text.contains("token"), "{about}: {json}");
    }
}

fn cometchat_error(json: &Value, about: &str) {
    let error = &json["error"];
    assert!(["code", "message", "devMessage"].iter().all(|name| said(&error[*name])), "{about}: {json}");
    assert_eq!(error["source"], "chat-api", "{about}");
    if let Some(details) = error.get("details") {
        let details = details.as_object().unwrap_or_else(|| panic!("{about}: {json}"));
        assert!(details.values().all(|list| list.as_array().is_some_and(|l| l.iter().all(said))), "{about}: {json}");
    }
}
