//! A list of addresses and nets.

use config::{Value, ValueKind};
use ipnet::IpNet;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::net::IpAddr;
use std::ops::Deref;

/// Addresses and nets: a list of texts in a file, one text with commas in the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nets(Vec<IpNet>);

impl Nets {
    /// Reads the list; `None` when something in it is neither an address nor a net.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<Self> {
        let all = texts.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty());
        all.map(|text| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok())
            .collect::<Option<_>>()
            .map(Self)
    }

    /// What is wrong with a value of a configuration, in words.
    pub(super) fn problem(value: &Value) -> Option<&'static str> {
        let texts = match &value.kind {
            ValueKind::Array(values) => values.iter().map(|value| value.clone().into_string().ok()).collect(),
            _ => Some(vec![value.clone().into_string().unwrap_or_default()]),
        };
        let texts: Vec<String> = texts.unwrap_or_else(|| vec!["?".to_owned()]);
        let good = Self::parse(texts.iter().map(String::as_str)).is_some();
        (!good).then_some("must be a list of addresses and nets, like [\"10.0.0.0/8\", \"2001:db8::1\"]")
    }
}

impl Deref for Nets {
    type Target = [IpNet];

    fn deref(&self) -> &[IpNet] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Nets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = super::names::texts(deserializer)?;
        Self::parse(texts.iter().map(String::as_str)).ok_or_else(|| D::Error::custom("neither an address nor a net"))
    }
}
