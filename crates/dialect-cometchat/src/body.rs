//! Reading bodies: one JSON object, of which unknown fields are passed over, since clients send back what they were
//! given. A field that is `null` is one that is not said.

use dialect::{Fault, FaultCode};
use membership::limits::{self, BadText};
use membership::record::Metadata;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// The longest metadata, as canonical JSON (documented: 5 KB).
const METADATA: usize = 5 * 1024;

/// The fields of a JSON object, each still as it was sent. The last one counts where a name is said twice.
pub struct Fields<'a>(HashMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    /// Reads a body; an empty one says nothing.
    pub fn of_body(body: &'a [u8]) -> Result<Self, Fault> {
        match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => Ok(Self(HashMap::new())),
            Some(b'{') => {
                let read = serde_json::from_slice(body);
                read.map(Self).map_err(|error| Fault::new("body", FaultCode::Syntax, format!("must be JSON: {error}")))
            }
            Some(_) => Err(Fault::new("body", FaultCode::Syntax, "must be a JSON object")),
        }
    }

    /// The fields of an object that is itself a field.
    pub fn object(&self, name: &str) -> Result<Option<Self>, Fault> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let read = raw.starts_with('{').then(|| serde_json::from_str(raw).ok()).flatten();
        read.map(|fields| Some(Self(fields))).ok_or_else(|| invalid(name, "must be an object"))
    }

    /// Whether the field is said, and is an array.
    pub fn is_array(&self, name: &str) -> bool {
        self.raw(name).is_some_and(|raw| raw.starts_with('['))
    }

    /// A text of at most `max` characters.
    pub fn text(&self, name: &str, max: usize) -> Result<Option<String>, Fault> {
        let Some(text) = self.value::<String>(name, "must be a string")? else { return Ok(None) };
        limits::check("", &text, max).map_err(|bad| of_field(name, bad))?;
        Ok(Some(text))
    }

    /// A text that may be left out but not be empty.
    pub fn full_text(&self, name: &str, max: usize) -> Result<Option<String>, Fault> {
        match self.text(name, max)? {
            Some(text) if text.is_empty() => Err(invalid(name, "must not be empty")),
            text => Ok(text),
        }
    }

    /// A uid or guid that must be said, in lower case.
    pub fn id(&self, name: &str) -> Result<String, Fault> {
        let said = self.value::<String>(name, "must be a string")?;
        limits::check_uid("", &said.ok_or_else(|| required(name))?).map_err(|bad| of_field(name, bad))
    }

    /// A truth; `false` when it is not said.
    pub fn flag(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.value(name, "must be true or false")?.unwrap_or(false))
    }

    /// One word of a vocabulary, in any case.
    pub fn word<T: std::str::FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Fault> {
        let Some(word) = self.value::<String>(name, "must be a string")? else { return Ok(None) };
        word.to_ascii_lowercase().parse().map(Some).map_err(|_| invalid(name, expected))
    }

    /// A list of texts.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Fault> {
        self.value(name, "must be an array of strings")
    }

    /// Up to 25 tags of at most 100 characters each.
    pub fn tags(&self) -> Result<Option<Vec<String>>, Fault> {
        let Some(tags) = self.texts("tags")? else { return Ok(None) };
        if tags.len() > limits::TAGS {
            return Err(Fault::new("tags", FaultCode::Limit, format!("must be at most {}", limits::TAGS)));
        }
        tags.iter().try_for_each(|tag| limits::check("", tag, limits::TAG)).map_err(|bad| of_field("tags", bad))?;
        Ok(Some(tags))
    }

    /// `metadata`: an object, or a text that holds one.
    pub fn metadata(&self) -> Result<Option<Metadata>, Fault> {
        let Some(raw) = self.raw("metadata") else { return Ok(None) };
        let text;
        let json = if raw.starts_with('"') {
            text = self.value::<String>("metadata", "must be a JSON object")?.unwrap_or_default();
            text.as_str()
        } else {
            raw
        };
        let metadata = Metadata::parse(json).map_err(|bad| invalid("metadata", &bad.to_string()))?;
        if metadata.as_str().len() > METADATA {
            return Err(Fault::new("metadata", FaultCode::Limit, format!("must have at most {METADATA} bytes")));
        }
        Ok(Some(metadata))
    }

    /// Which of the fields in `known` are to be emptied.
    pub fn unset(&self, known: &[&'static str]) -> Result<Vec<&'static str>, Fault> {
        let said = self.texts("unset")?.unwrap_or_default();
        let find = |name: &String| known.iter().copied().find(|known| known == name);
        let found: Option<Vec<_>> = said.iter().map(find).collect();
        found.ok_or_else(|| invalid("unset", &format!("may only name {}", known.join(", "))))
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null")
    }

    fn value<T: DeserializeOwned>(&self, name: &str, expected: &str) -> Result<Option<T>, Fault> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        serde_json::from_str(raw).map(Some).map_err(|_| invalid(name, expected))
    }
}

/// A field that must be said is not.
pub fn required(name: &str) -> Fault {
    Fault::new(name, FaultCode::Required, "is required")
}

/// A field is not what it should be.
pub fn invalid(name: &str, problem: &str) -> Fault {
    Fault::new(name, FaultCode::InvalidValue, problem)
}

fn of_field(name: &str, bad: BadText) -> Fault {
    Fault::new(name, FaultCode::InvalidValue, bad.problem)
}

#[cfg(test)]
mod tests;
