//! What the body of a request says, where it is JSON.

use super::problem::{Kind, Problem};
use super::shape::{Shape, Wrong, judge_amount, whole};
use serde::Deserializer as _;
use serde::de::{Error, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// A body.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// As it was read; null when there was none.
    pub value: Value,
    /// The members of the object, as JSON, in the order in which they came. Metadata stands as it was written: a value
    /// that has been read may have lost digits.
    pub members: Vec<(String, String)>,
}

impl Said {
    /// Reads a body and judges it.
    pub fn read(body: &[u8], shape: &Shape) -> Result<Self, Problem> {
        let bad =
            |error: serde_json::Error| Problem::new(Kind::BadBody, format!("The body is not good JSON: {error}."));
        let mut value: Value = serde_json::from_slice(body).map_err(bad)?;
        let wrong = shape.judge(&value);
        if !wrong.is_empty() {
            return Err(Problem::fields(&wrong));
        }
        // Every name is a known one by now, so there are few.
        let written = if value.is_object() {
            serde_json::Deserializer::from_slice(body).deserialize_map(Members).map_err(bad)?
        } else {
            Vec::new()
        };
        let wrong: Vec<Wrong> = written.iter().filter_map(|(name, raw)| judge_amount(shape, name, raw.get())).collect();
        if !wrong.is_empty() {
            return Err(Problem::fields(&wrong));
        }
        let mut members = Vec::new();
        for (name, raw) in written {
            let json = match value.get_mut(&name) {
                Some(member) if name != METADATA => {
                    make_whole(member);
                    member.to_string()
                }
                _ => raw.get().to_owned(),
            };
            members.push((name, json));
        }
        Ok(Self { value, members })
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value.get(name).and_then(Value::as_str)
    }
}

/// The field that the store keeps as it is.
const METADATA: &str = "metadata";

/// JSON takes `7.0` for a whole number, so it becomes one. Only within the bounds in which it cannot be another.
fn make_whole(value: &mut Value) {
    match value {
        Value::Number(_) => {
            if let Some(whole) = whole(value) {
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Reads the members of an object, none of them twice.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Box<RawValue>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Self::Value = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!("`{name}` is given twice")));
            }
            members.push((name, value));
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api::shape::{Field, Object};

    const ANY: Object = Object {
        name: "Any",
        fields: || {
            let metadata = |name| Field::new(name, Shape::Metadata, "");
            let count = Field::new("c", crate::admin::api::shape::COUNT, "");
            vec![metadata("a"), metadata("metadata"), Field::new("b", Shape::Flag, ""), count]
        },
    };

    #[test]
    fn bodies_are_objects_with_nothing_twice() {
        let read = |body: &str| Said::read(body.as_bytes(), &Shape::Object(&ANY));
        let said =
            read(r#"{"a":{"n":7.0}, "metadata":{"n":0.10000000000000000001}, "b":true, "c":7.0}"#).expect("good");
        let members: Vec<(&str, &str)> =
            said.members.iter().map(|(name, json)| (name.as_str(), json.as_str())).collect();
        let metadata = r#"{"n":0.10000000000000000001}"#;
        assert_eq!(members, [("a", r#"{"n":7}"#), ("metadata", metadata), ("b", "true"), ("c", "7")]);
        assert_eq!(said.value["c"], 7);
        for (body, kind) in [
            ("", Kind::BadBody),
            ("{", Kind::BadBody),
            ("{}x", Kind::BadBody),
            (r#"{"b":true,"b":true}"#, Kind::BadBody),
            ("\u{feff}{}", Kind::BadBody),
            ("[]", Kind::InvalidBody),
            ("null", Kind::InvalidBody),
            (r#"{"d":1}"#, Kind::InvalidBody),
            (r#"{"c":1.5}"#, Kind::InvalidBody),
            (r#"{"c":1e300}"#, Kind::InvalidBody),
        ] {
            assert_eq!(read(body).expect_err(body).kind, kind, "{body}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(1_000), "]".repeat(1_000));
        assert_eq!(read(&deep).expect_err("too deep").kind, Kind::BadBody);
        assert!(Said::read(b"\xff", &Shape::Flag).is_err());
    }
}
