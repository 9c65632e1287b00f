//! From what a body says to a record of the domain.

use super::model::{is_read_only, null_means};
use super::problem::{Kind, Problem};
use super::said::Said;
use membership::record::Metadata;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a body says of a new group or person. Null says nothing.
pub(super) fn new<R: DeserializeOwned>(said: &Said, without: &str) -> Result<R, Problem> {
    let members = said.members.iter().filter(|(name, _)| !is_read_only(name) && name != without);
    let members = members.map(|(name, json)| (name.as_str(), json.clone()));
    record(members.filter(|(_, json)| json != "null").collect())
}

/// What a merge patch (RFC 7396) says of a group or person with this metadata. Null means the empty value.
pub(super) fn patch<R: DeserializeOwned>(said: &Said, without: &str, metadata: &str) -> Result<R, Problem> {
    let mut members = Vec::new();
    for (name, raw) in said.members.iter().filter(|(name, _)| !is_read_only(name) && name != without) {
        let json = match (name.as_str(), raw.as_str()) {
            (name, "null") => match null_means(name) {
                Some(empty) => empty.to_owned(),
                None => continue,
            },
            ("metadata", raw) => merged_metadata(metadata, raw)?,
            (_, raw) => raw.to_owned(),
        };
        members.push((name.as_str(), json));
    }
    record(members)
}

/// Whether the body says anything of this field but null.
pub(super) fn says(said: &Said, name: &str) -> bool {
    said.members.iter().any(|(known, json)| known == name && json != "null")
}

/// Whether the body says null of this field.
pub(super) fn says_null(said: &Said, name: &str) -> bool {
    said.members.iter().any(|(known, json)| known == name && json == "null")
}

fn record<R: DeserializeOwned>(members: Vec<(&str, String)>) -> Result<R, Problem> {
    if let Some((_, json)) = members.iter().find(|(name, _)| *name == "metadata") {
        Metadata::parse(json).map_err(|bad| metadata_is(&bad.to_string()))?;
    }
    let members: Vec<String> = members.into_iter().map(|(name, json)| format!("\"{name}\":{json}")).collect();
    // Every member has been judged, so the record takes them all.
    serde_json::from_str(&format!("{{{}}}", members.join(","))).map_err(|error| {
        Problem::new(Kind::InvalidBody, format!("The body cannot be taken: {error}.")).with("errors", [(); 0])
    })
}

fn metadata_is(problem: &str) -> Problem {
    Problem::fields(&[super::shape::Wrong { field: "metadata".to_owned(), problem: problem.to_owned() }])
}

/// The stored metadata with the patch merged into it.
fn merged_metadata(stored: &str, patch: &str) -> Result<String, Problem> {
    let fault = |error: serde_json::Error| super::refusals::internal(&error);
    Metadata::parse(patch).map_err(|bad| metadata_is(&bad.to_string()))?;
    let stored = if stored.is_empty() { "{}" } else { stored };
    let mut merged: Value = serde_json::from_str(stored).map_err(fault)?;
    merge(&mut merged, serde_json::from_str(patch).map_err(fault)?);
    Ok(merged.to_string())
}

/// RFC 7396, section 2.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api::model::{GROUP_PATCH, NEW_PERSON, PERSON_PATCH};
    use crate::admin::api::shape::Shape;
    use membership::record::{GroupRecord, PersonRecord};
    use serde_json::json;

    fn said(body: &Value, shape: Shape) -> Said {
        Said::read(body.to_string().as_bytes(), &shape).expect("good")
    }

    #[test]
    fn patches_merge_as_the_rfc_shows() {
        // The examples of RFC 7396, appendix A.
        for (target, patch, result) in [
            (json!({ "a": "b" }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": "b" }), json!({ "b": "c" }), json!({ "a": "b", "b": "c" })),
            (json!({ "a": "b" }), json!({ "a": null }), json!({})),
            (json!({ "a": "b", "b": "c" }), json!({ "a": null }), json!({ "b": "c" })),
            (json!({ "a": ["b"] }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": "c" }), json!({ "a": ["b"] }), json!({ "a": ["b"] })),
            (json!({ "a": { "b": "c" } }), json!({ "a": { "b": "d", "c": null } }), json!({ "a": { "b": "d" } })),
            (json!({ "a": [{ "b": "c" }] }), json!({ "a": [1] }), json!({ "a": [1] })),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({ "a": "b" }), json!(["c"]), json!(["c"])),
            (json!({ "a": "foo" }), json!(null), json!(null)),
            (json!({ "a": "foo" }), json!("bar"), json!("bar")),
            (json!({ "e": null }), json!({ "a": 1 }), json!({ "e": null, "a": 1 })),
            (json!([1, 2]), json!({ "a": "b", "c": null }), json!({ "a": "b" })),
            (json!({}), json!({ "a": { "bb": { "ccc": null } } }), json!({ "a": { "bb": {} } })),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, patch.clone());
            assert_eq!(merged, result, "{target} {patch}");
        }
    }

    #[test]
    fn null_says_nothing_of_what_is_made_and_empties_what_is_changed() {
        let body = json!({ "phone": null, "tags": null, "last_active_at": null, "updated_at": 7, "city": "Ulm" });
        let made: PersonRecord = new(&said(&body, Shape::Object(&NEW_PERSON)), "").expect("good");
        assert_eq!(made, PersonRecord { city: Some("Ulm".into()), ..PersonRecord::default() });
        let changed: PersonRecord = patch(&said(&body, Shape::Object(&PERSON_PATCH)), "", "").expect("good");
        let empty = PersonRecord {
            phone: Some(String::new()),
            tags: Some(Vec::new()),
            last_active_at: Some(0),
            city: Some("Ulm".into()),
            ..PersonRecord::default()
        };
        assert_eq!(changed, empty);
        let body = json!({ "owner": null, "password": "x", "members": 3, "metadata": { "a": null, "c": 1 } });
        let group: GroupRecord =
            patch(&said(&body, Shape::Object(&GROUP_PATCH)), "password", r#"{"a":1,"b":2}"#).expect("good");
        let metadata = Metadata::parse(r#"{"b":2,"c":1}"#).expect("an object");
        assert_eq!(group, GroupRecord { metadata: Some(metadata), ..GroupRecord::default() });
    }

    #[test]
    fn numbers_that_would_lose_digits_are_refused() {
        let body = br#"{"metadata":{"n":12345678901234567890123}}"#;
        let said = Said::read(body, &Shape::Object(&NEW_PERSON)).expect("well-formed");
        let problem = new::<PersonRecord>(&said, "").expect_err("inexact");
        assert_eq!(problem.kind, Kind::InvalidBody);
        assert_eq!(problem.more["errors"][0]["field"], "metadata");
    }
}
