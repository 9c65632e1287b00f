//! How large the parts of a request may be. What is larger is refused before anything looks into it.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use dialect::{Fault, FaultCode, Refusal};

/// The bounds. What is 0 is without a bound.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Caps {
    /// Names and values of a header, in bytes.
    pub header_bytes: usize,
    /// Fields of a header.
    pub header_fields: usize,
    /// Parameters of a query, or of a form.
    pub parameters: usize,
    /// Levels of lists and objects in a body of JSON.
    pub json_depth: usize,
}

/// A part of a request is larger than it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge {
    /// Which part.
    pub part: &'static str,
    /// What is wrong with it, without its name in front.
    pub problem: String,
}

impl From<TooLarge> for Refusal {
    fn from(TooLarge { part, problem }: TooLarge) -> Self {
        Fault::new(part, FaultCode::Limit, problem).into()
    }
}

impl Caps {
    /// Judges a header.
    pub fn header(&self, headers: &HeaderMap) -> Result<(), TooLarge> {
        within("header", headers.len(), self.header_fields, "fields")?;
        if self.header_bytes == 0 {
            return Ok(());
        }
        let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        within("header", bytes, self.header_bytes, "bytes")
    }

    /// Judges a query string.
    pub fn query(&self, query: &str) -> Result<(), TooLarge> {
        within("query string", pairs(query.as_bytes()), self.parameters, "parameters")
    }

    /// Judges a body, before anything reads it.
    pub fn body(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), TooLarge> {
        if is_form(headers) {
            return within("body", pairs(body), self.parameters, "parameters");
        }
        self.json(body)
    }

    /// Judges a body that may be JSON.
    pub fn json(&self, body: &[u8]) -> Result<(), TooLarge> {
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        if self.json_depth > 0 && matches!(first, Some(b'{' | b'[')) && is_deeper(body, self.json_depth) {
            return Err(too("body", self.json_depth, "levels of lists and objects"));
        }
        Ok(())
    }
}

/// Refuses a body that is packed: what comes out of one has no bound (`Content-Encoding`).
pub(crate) fn unpacked(headers: &HeaderMap) -> Result<(), Refusal> {
    let plain = |value: &[u8]| value.trim_ascii().is_empty() || value.trim_ascii().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).all(|value| plain(value.as_bytes())) {
        return Ok(());
    }
    let problem = "is not taken: the body must come as it is";
    Err(Fault::new("Content-Encoding", FaultCode::Unsupported, problem).into())
}

fn within(part: &'static str, count: usize, most: usize, of: &str) -> Result<(), TooLarge> {
    if most > 0 && count > most { Err(too(part, most, of)) } else { Ok(()) }
}

fn too(part: &'static str, most: usize, of: &str) -> TooLarge {
    TooLarge { part, problem: format!("has more than {most} {of}") }
}

/// How many pairs stand in a form.
fn pairs(text: &[u8]) -> usize {
    if text.is_empty() { 0 } else { 1 + text.iter().filter(|byte| **byte == b'&').count() }
}

fn is_form(headers: &HeaderMap) -> bool {
    const FORM: &[u8] = b"application/x-www-form-urlencoded";
    let value = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().trim_ascii_start());
    value.and_then(|value| value.get(..FORM.len())).is_some_and(|start| start.eq_ignore_ascii_case(FORM))
}

/// Whether JSON has more than `most` levels. Looks at brackets outside of texts only; what is no JSON is told by whoever
/// reads it.
fn is_deeper(json: &[u8], most: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    const CAPS: Caps = Caps { header_bytes: 100, header_fields: 3, parameters: 4, json_depth: 3 };

    fn headers(fields: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).expect("legal"),
                HeaderValue::from_str(value).expect("legal"),
            );
        }
        headers
    }

    #[test]
    fn headers_have_bounds_of_number_and_size() {
        let judge = |fields: &[(&str, &str)]| CAPS.header(&headers(fields)).map_err(|large| large.problem);
        let long = "x".repeat(99);
        assert_eq!(judge(&[("a", "1"), ("a", "2"), ("b", "3")]), Ok(()));
        assert_eq!(judge(&[("a", &long)]), Ok(()));
        assert_eq!(judge(&[("a", "1"), ("a", "2"), ("b", "3"), ("c", "4")]), Err("has more than 3 fields".into()));
        assert_eq!(judge(&[("a", &long), ("b", "")]), Err("has more than 100 bytes".into()));
        let open = Caps::default();
        assert_eq!(open.header(&headers(&[("a", &long), ("b", &long)])), Ok(()));
    }

    #[test]
    fn parameters_are_counted() {
        for (query, good) in [("", true), ("a=1&b&c&d", true), ("a&b&c&d&e", false), ("&&&&", false)] {
            assert_eq!(CAPS.query(query).is_ok(), good, "{query}");
            let form = headers(&[("content-type", " application/X-WWW-form-urlencoded; charset=utf-8")]);
            assert_eq!(CAPS.body(&form, query.as_bytes()).is_ok(), good, "{query}");
            assert!(CAPS.body(&headers(&[]), query.as_bytes()).is_ok());
        }
    }

    #[test]
    fn json_has_a_bound_of_levels() {
        for (json, good) in [
            ("", true),
            ("[[[]]]", true),
            (r#"[[["[[[[\"[[[["]]]"#, true),
            (r#"{"a":{"b":{"c":1}},"d":[{}],"e":[[]]}"#, true),
            (r#" {"a":{"b":{"c":[]}}}"#, false),
            ("[[[[", false),
            ("]]]][[[[", true),
            (r#"["\\",[[["#, false),
            ("name=[[[[", true),
        ] {
            assert_eq!(CAPS.body(&headers(&[]), json.as_bytes()).is_ok(), good, "{json}");
        }
    }

    #[test]
    fn packed_bodies_are_not_taken() {
        for (value, good) in [("", true), ("identity", true), ("Identity", true), ("gzip", false), ("br, gzip", false)]
        {
            assert_eq!(unpacked(&headers(&[("content-encoding", value)])).is_ok(), good, "{value}");
        }
        assert!(unpacked(&headers(&[("content-encoding", "identity"), ("content-encoding", "gzip")])).is_err());
        assert!(unpacked(&headers(&[])).is_ok());
    }
}
