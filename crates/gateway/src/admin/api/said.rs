//! What the body of a request says, where it is JSON.

use super::problem::{Kind, Problem};
use super::shape::Shape;
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
    /// The members of the object, as they were written: a value that has been read may have lost digits.
    pub members: Vec<(String, Box<RawValue>)>,
}

impl Said {
    /// Reads a body and judges it.
    pub fn read(body: &[u8], shape: &Shape) -> Result<Self, Problem> {
        let bad =
            |error: serde_json::Error| Problem::new(Kind::BadBody, format!("The body is not good JSON: {error}."));
        let value: Value = serde_json::from_slice(body).map_err(bad)?;
        let wrong = shape.judge(&value);
        if !wrong.is_empty() {
            return Err(Problem::fields(&wrong));
        }
        // Every name is a known one by now, so there are few.
        let members = if value.is_object() {
            serde_json::Deserializer::from_slice(body).deserialize_map(Members).map_err(bad)?
        } else {
            Vec::new()
        };
        Ok(Self { value, members })
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value.get(name).and_then(Value::as_str)
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

    const ANY: Object =
        Object { name: "Any", fields: || vec![Field::new("a", Shape::Metadata, ""), Field::new("b", Shape::Flag, "")] };

    #[test]
    fn bodies_are_objects_with_nothing_twice() {
        let read = |body: &str| Said::read(body.as_bytes(), &Shape::Object(&ANY));
        let said = read(r#"{"a":{"n":0.10000000000000000001}, "b":true}"#).expect("good");
        assert_eq!(said.members[0].1.get(), r#"{"n":0.10000000000000000001}"#);
        for (body, kind) in [
            ("", Kind::BadBody),
            ("{", Kind::BadBody),
            ("{}x", Kind::BadBody),
            (r#"{"b":true,"b":true}"#, Kind::BadBody),
            ("\u{feff}{}", Kind::BadBody),
            ("[]", Kind::InvalidBody),
            ("null", Kind::InvalidBody),
            (r#"{"c":1}"#, Kind::InvalidBody),
        ] {
            assert_eq!(read(body).expect_err(body).kind, kind, "{body}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(1_000), "]".repeat(1_000));
        assert_eq!(read(&deep).expect_err("too deep").kind, Kind::BadBody);
        assert!(Said::read(b"\xff", &Shape::Flag).is_err());
    }
}
