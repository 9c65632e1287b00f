//! What a record may hold.

use membership::limits::{self, check};
use membership::record::{GroupRecord, Metadata, PersonRecord};
use membership::text::has_nul;
use serde_json::Value;

pub(super) fn not_negative(field: &str, value: Option<i64>) -> Result<(), String> {
    if value.is_some_and(|value| value < 0) { Err(format!("{field} must not be negative")) } else { Ok(()) }
}

pub(super) fn greater_than_zero(field: &str, value: Option<i64>) -> Result<(), String> {
    if value.is_some_and(|value| value <= 0) { Err(format!("{field} must be greater than 0")) } else { Ok(()) }
}

fn not_empty(field: &str, text: Option<&str>) -> Result<(), String> {
    if text == Some("") { Err(format!("{field} must not be empty")) } else { Ok(()) }
}

fn check_texts(
    texts: &[(&'static str, &Option<String>, usize)],
    metadata: Option<&Metadata>,
    tags: Option<&[String]>,
) -> Result<(), String> {
    for (field, text, most) in texts {
        check(field, text.as_deref().unwrap_or_default(), *most).map_err(|error| error.to_string())?;
    }
    let metadata = metadata.map(Metadata::as_str).unwrap_or_default();
    check("metadata", metadata, limits::METADATA).map_err(|error| error.to_string())?;
    if serde_json::from_str(metadata).is_ok_and(|value| holds_nul(&value)) {
        return Err("metadata must not hold the character U+0000".to_owned());
    }
    let tags = tags.unwrap_or_default();
    if tags.len() > limits::TAGS {
        return Err(format!("tags must be at most {}", limits::TAGS));
    }
    tags.iter().try_for_each(|tag| check("tags", tag, limits::TAG)).map_err(|error| error.to_string())
}

/// JSON text writes U+0000 as an escape, so it is looked for in what the text means.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => has_nul(text),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(pairs) => pairs.iter().any(|(name, value)| has_nul(name) || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

pub(super) fn check_person(r: &PersonRecord) -> Result<(), String> {
    let texts = [
        ("login", &r.login, limits::LOGIN),
        ("name", &r.name, limits::NAME),
        ("business_name", &r.business_name, limits::BUSINESS_NAME),
        ("tag_line", &r.tag_line, limits::TAG_LINE),
        ("description", &r.description, limits::DESCRIPTION),
        ("email", &r.email, limits::EMAIL),
        ("phone", &r.phone, limits::PHONE),
        ("additional_information", &r.additional_information, limits::DESCRIPTION),
        ("city", &r.city, limits::SHORT),
        ("state", &r.state, limits::SHORT),
        ("country", &r.country, limits::SHORT),
        ("category", &r.category, limits::SHORT),
        ("overview", &r.overview, limits::OVERVIEW),
        ("avatar", &r.avatar, limits::URL),
        ("link", &r.link, limits::URL),
        ("role", &r.role, limits::SHORT),
        ("status_message", &r.status_message, limits::TAG_LINE),
    ];
    check_texts(&texts, r.metadata.as_ref(), r.tags.as_deref())?;
    not_empty("login", r.login.as_deref())?;
    not_empty("name", r.name.as_deref())?;
    not_negative("feedback_6_months", r.feedback_6_months)?;
    not_negative("positive_feedback_6_months", r.positive_feedback_6_months)?;
    not_negative("last_active_at", r.last_active_at)?;
    not_negative("created_at", r.created_at)?;
    not_negative("updated_at", r.updated_at)
}

pub(super) fn check_group(r: &GroupRecord) -> Result<(), String> {
    let texts = [
        ("name", &r.name, limits::NAME),
        ("description", &r.description, limits::DESCRIPTION),
        ("sponsor", &r.sponsor, limits::BUSINESS_NAME),
        ("criteria", &r.criteria, limits::DESCRIPTION),
        ("icon", &r.icon, limits::URL),
        ("page", &r.page, limits::URL),
        ("email", &r.email, limits::EMAIL),
        ("additional_information", &r.additional_information, limits::DESCRIPTION),
    ];
    check_texts(&texts, r.metadata.as_ref(), r.tags.as_deref())?;
    not_empty("name", r.name.as_deref())?;
    not_negative("created_at", r.created_at)?;
    not_negative("updated_at", r.updated_at)
}
