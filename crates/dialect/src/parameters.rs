//! Parameters: query strings, forms and path segments, by the rules that all dialects share.
//!
//! * A pair whose *name* cannot be decoded is no parameter that anybody knows, and is passed over like every unknown
//!   one. The *value* of a parameter is decoded only when a dialect asks for it, so a stray one does no harm.
//! * Empty means absent. The same parameter twice is a fault, whichever of its names is used.
//! * Integers are ASCII digits after decoding, without trimming; they saturate.

use crate::{Fault, FaultCode, Request};
use percent_encoding::percent_decode;
use std::borrow::Cow;

/// A query string, cut into pairs.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    pairs: Vec<(Cow<'a, str>, &'a str)>,
}

/// A form in a body, cut into pairs; the same thing as a query string.
pub type Form<'a> = Query<'a>;

impl<'a> Query<'a> {
    /// The form in the body of a request, whatever the request says that it is.
    pub fn of_body(request: &Request<'a>) -> Result<Self, Fault> {
        let unreadable = |_| Fault::new("body", FaultCode::Syntax, "is not valid UTF-8");
        std::str::from_utf8(request.body).map(Self::parse).map_err(unreadable)
    }

    /// Cuts `raw` into pairs; empty pairs, and those whose name cannot be decoded, are passed over.
    pub fn parse(raw: &'a str) -> Self {
        let named = raw.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name).ok()?, value))
        });
        Self { pairs: named.collect() }
    }

    /// The names of all parameters, as often as they occur.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_ref())
    }

    /// The value of the parameter with any of these names (all of them its names; the first is the one that errors
    /// use when none occurs). `None` when absent or empty.
    pub fn one(&self, names: &[&str]) -> Result<Option<Cow<'a, str>>, Fault> {
        let mut found = self.pairs.iter().filter(|(name, _)| names.contains(&name.as_ref()));
        let Some((name, raw)) = found.next() else { return Ok(None) };
        if found.next().is_some() {
            return Err(Fault::new(name.as_ref(), FaultCode::Duplicate, "is given twice"));
        }
        let value = decode(raw).map_err(|problem| Fault::new(name.as_ref(), FaultCode::InvalidValue, problem))?;
        Ok(Some(value).filter(|v| !v.is_empty()))
    }

    /// The values of a parameter that may be repeated, under any of these names, empty ones left out.
    pub fn many(&self, names: &[&str]) -> Result<Vec<Cow<'a, str>>, Fault> {
        let mut values = Vec::new();
        for (name, raw) in self.pairs.iter().filter(|(name, _)| names.contains(&name.as_ref())) {
            let value = decode(raw).map_err(|problem| Fault::new(name.as_ref(), FaultCode::InvalidValue, problem))?;
            if !value.is_empty() {
                values.push(value);
            }
        }
        Ok(values)
    }

    /// The name under which the parameter was sent, or the first of `names`.
    pub fn name_of(&self, names: &[&str]) -> String {
        let sent = self.pairs.iter().find(|(name, _)| names.contains(&name.as_ref()));
        sent.map(|(name, _)| name.as_ref()).or(names.first().copied()).unwrap_or_default().to_owned()
    }
}

/// An integer from 0 on; `None` when absent. Greater ones than 2⁶⁴-1 count as that.
pub fn integer(query: &Query<'_>, names: &[&str]) -> Result<Option<u64>, Fault> {
    integer_from(0, "must be a whole number", query, names)
}

/// An integer from 1 on; `None` when absent.
pub fn positive_integer(query: &Query<'_>, names: &[&str]) -> Result<Option<u64>, Fault> {
    integer_from(1, "must be a whole number from 1 on", query, names)
}

/// An integer from `least` on; `problem` is what any other text is refused with.
fn integer_from(least: u64, problem: &str, query: &Query<'_>, names: &[&str]) -> Result<Option<u64>, Fault> {
    let Some(text) = query.one(names)? else { return Ok(None) };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    // All digits: the only way to fail is to be too large.
    let value = digits.then(|| text.parse().unwrap_or(u64::MAX)).filter(|value| *value >= least);
    match value {
        Some(value) => Ok(Some(value)),
        None => Err(Fault::new(query.name_of(names), FaultCode::InvalidValue, problem)),
    }
}

/// How many pages of `size` rows `total` rows fill; 0 when there are none.
pub const fn total_pages(total: u64, size: u32) -> u64 {
    if size == 0 { 0 } else { total.div_ceil(size as u64) }
}

/// Decodes a segment of a path; the problem is to be read behind its name.
pub fn decode_segment(raw: &str) -> Result<Cow<'_, str>, &'static str> {
    decode_percent(raw.as_bytes())
}

/// Decodes a name or value of a query string or form, where `+` is a blank.
fn decode(raw: &str) -> Result<Cow<'_, str>, &'static str> {
    if raw.contains('+') {
        let spaced = raw.replace('+', " ");
        return decode_percent(spaced.as_bytes()).map(|text| Cow::Owned(text.into_owned()));
    }
    decode_percent(raw.as_bytes())
}

fn decode_percent(raw: &[u8]) -> Result<Cow<'_, str>, &'static str> {
    let broken = raw.iter().enumerate().any(|(at, byte)| {
        let digits = raw.get(at + 1..at + 3);
        *byte == b'%' && !digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
    });
    if broken {
        return Err("has a percent sign without two hexadecimal digits behind it");
    }
    let text = percent_decode(raw).decode_utf8().map_err(|_| "is not valid UTF-8")?;
    if membership::text::has_nul(&text) { Err("must not hold the character U+0000") } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(raw: &str) -> Query<'_> {
        Query::parse(raw)
    }

    #[test]
    fn values_are_decoded_when_asked_for() {
        let q = query("?&a=1+2%2B&&b&c=%C3%A9&%24filter=x&stray=%zz");
        assert_eq!(q.one(&["a"]).expect("a").as_deref(), Some("1 2+"));
        assert_eq!(q.one(&["b"]), Ok(None));
        assert_eq!(q.one(&["c"]).expect("c").as_deref(), Some("é"));
        assert_eq!(q.one(&["$filter", "filter"]).expect("filter").as_deref(), Some("x"));
        assert!(q.one(&["stray"]).is_err());
    }

    #[test]
    fn what_has_a_broken_name_is_passed_over() {
        for raw in ["%zz=1&a=2", "a=2&%=2", "%ff=1&a=2", "%00=1&a=2", "a=2&%4", "a%00=1&a=2"] {
            assert_eq!(query(raw).names().collect::<Vec<_>>(), ["a"], "{raw}");
            assert_eq!(query(raw).one(&["a"]).expect(raw).as_deref(), Some("2"), "{raw}");
        }
    }

    #[test]
    fn broken_values_are_faults_of_their_parameter() {
        for raw in ["a=%zz", "a=%", "a=%ff", "a=%00", "a=x%4"] {
            let fault = query(raw).one(&["a"]).expect_err(raw);
            assert_eq!((fault.parameter.as_str(), fault.code), ("a", FaultCode::InvalidValue));
        }
    }

    #[test]
    fn twice_is_a_fault_under_any_name() {
        for raw in ["p=1&p=2", "p=&p=2", "p=1&q=2"] {
            assert_eq!(query(raw).one(&["p", "q"]).expect_err(raw).code, FaultCode::Duplicate);
        }
        assert_eq!(query("s=a&s=&s=b").many(&["s"]).expect("many"), ["a", "b"]);
    }

    #[test]
    fn integers_by_the_common_rule() {
        for (raw, value) in [
            ("p=1", Some(1)),
            ("p=%31%30", Some(10)),
            ("p=007", Some(7)),
            ("p=9223372036854775808", Some(1 << 63)),
            ("p=99999999999999999999999", Some(u64::MAX)),
            ("p=", None),
            ("", None),
        ] {
            assert_eq!(positive_integer(&query(raw), &["p"]), Ok(value), "{raw}");
        }
        for raw in ["p=0", "p=-1", "p=abc", "p=+1", "p=1%20", "p=1.0", "p=%D9%A1", "p=0x1"] {
            let fault = positive_integer(&query(raw), &["p"]).expect_err(raw);
            assert_eq!((fault.parameter.as_str(), fault.code), ("p", FaultCode::InvalidValue), "{raw}");
            assert_eq!(fault.problem, "must be a whole number from 1 on", "{raw}");
        }
        assert_eq!(integer(&query("p=0"), &["p"]), Ok(Some(0)));
        assert_eq!(integer(&query("p=x"), &["p"]).expect_err("no number").problem, "must be a whole number");
        for raw in ["p=%zz", "p=1&p=2"] {
            let fault = positive_integer(&query(raw), &["p"]).expect_err(raw);
            assert!(!fault.problem.contains("whole number"), "what is wrong is something else: {}", fault.problem);
        }
    }

    #[test]
    fn pages_are_counted() {
        assert_eq!([(2337, 8), (0, 8), (8, 8), (9, 8)].map(|(t, s)| total_pages(t, s)), [293, 0, 1, 2]);
    }
}
