//! A list of names.

use config::{Value, ValueKind};
use serde::Deserialize;
use serde::de::Deserializer;
use std::ops::Deref;

/// Names: a list of texts in a file, one text with commas in the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// Takes texts apart at their commas. Empty names are passed over.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let all = texts.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty());
        Self(all.map(str::to_owned).collect())
    }

    /// What is wrong with a value of a configuration, in words.
    pub(super) fn problem(value: &Value) -> Option<&'static str> {
        let good = match &value.kind {
            ValueKind::Array(values) => values.iter().all(|value| matches!(value.kind, ValueKind::String(_))),
            kind => matches!(kind, ValueKind::String(_)),
        };
        (!good).then_some("must be a list of names, like [\"rm\", \"cometchat\"]")
    }
}

impl Deref for Names {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(texts(deserializer)?.iter().map(String::as_str)))
    }
}

/// The texts of a list, which in the environment is one text.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        List(Vec<String>),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Text(text) => vec![text],
        Written::List(texts) => texts,
    })
}
