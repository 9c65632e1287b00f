//! What a record may hold.

use membership::limits::{self, check};
use membership::record::{GroupRecord, PersonRecord};

pub(super) fn not_negative(field: &str, value: Option<i64>) -> Result<(), String> {
    if value.is_some_and(|value| value < 0) { Err(format!("{field} must not be negative")) } else { Ok(()) }
}

fn check_texts(texts: &[(&'static str, &Option<String>, usize)], tags: Option<&[String]>) -> Result<(), String> {
    for (field, text, most) in texts {
        check(field, text.as_deref().unwrap_or_default(), *most).map_err(|error| error.to_string())?;
    }
    let tags = tags.unwrap_or_default();
    if tags.len() > limits::TAGS {
        return Err(format!("tags must be at most {}", limits::TAGS));
    }
    tags.iter().try_for_each(|tag| check("tags", tag, limits::TAG)).map_err(|error| error.to_string())
}

pub(super) fn check_person(r: &PersonRecord) -> Result<(), String> {
    let metadata = r.metadata.as_ref().map(|metadata| metadata.as_str().to_owned());
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
        ("metadata", &metadata, limits::METADATA),
        ("role", &r.role, limits::SHORT),
        ("status_message", &r.status_message, limits::TAG_LINE),
    ];
    check_texts(&texts, r.tags.as_deref())?;
    if r.login.as_deref() == Some("") {
        return Err("login must not be empty".to_owned());
    }
    not_negative("feedback_6_months", r.feedback_6_months)?;
    not_negative("positive_feedback_6_months", r.positive_feedback_6_months)?;
    not_negative("last_active_at", r.last_active_at)?;
    not_negative("created_at", r.created_at)?;
    not_negative("updated_at", r.updated_at)
}

pub(super) fn check_group(r: &GroupRecord) -> Result<(), String> {
    let metadata = r.metadata.as_ref().map(|metadata| metadata.as_str().to_owned());
    let texts = [
        ("name", &r.name, limits::NAME),
        ("description", &r.description, limits::DESCRIPTION),
        ("sponsor", &r.sponsor, limits::BUSINESS_NAME),
        ("criteria", &r.criteria, limits::DESCRIPTION),
        ("icon", &r.icon, limits::URL),
        ("page", &r.page, limits::URL),
        ("email", &r.email, limits::EMAIL),
        ("additional_information", &r.additional_information, limits::DESCRIPTION),
        ("metadata", &metadata, limits::METADATA),
    ];
    check_texts(&texts, r.tags.as_deref())?;
    not_negative("created_at", r.created_at)?;
    not_negative("updated_at", r.updated_at)
}
