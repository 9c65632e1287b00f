//! What comes along with a job that is posted: a form or JSON in the body; where there is none, parameters of the
//! address, as the Ruby client sends those of its own posts.

use dialect::{Fault, FaultCode, Form, Query, Request};
use serde::Deserialize;
use serde_json::Value;

/// A job as a client says it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Posted {
    /// `None` when absent or empty.
    pub title: Option<String>,
    /// `None` when absent or empty.
    pub description: Option<String>,
    /// Numbers of groups; 0 for one that cannot be.
    pub groups: Vec<i64>,
}

/// The same in JSON.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Said {
    title: Option<Value>,
    description: Option<Value>,
    groups: Option<Value>,
}

impl Posted {
    /// Reads the request.
    pub fn read(request: &Request<'_>, parameters: &Query<'_>) -> Result<Self, Fault> {
        let body = request.body.trim_ascii();
        let kind = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if body.is_empty() {
            Self::of_form(parameters)
        } else if body.starts_with(b"{") || kind.contains("json") {
            Self::of_json(body)
        } else if kind.starts_with("multipart/") {
            Err(Fault::new("body", FaultCode::Unsupported, "must be form-encoded or JSON, not in several parts"))
        } else {
            Self::of_form(&Form::of_body(&Request { body, ..*request })?)
        }
    }

    /// `groups` may be given several times, with or without `[]`, and hold several numbers with commas between.
    fn of_form(form: &Form<'_>) -> Result<Self, Fault> {
        let text = |name| form.one(&[name]).map(|text| text.map(String::from));
        let mut groups = Vec::new();
        for value in form.many(&["groups", "groups[]"])? {
            group_list(&value, &mut groups)?;
        }
        Ok(Self { title: text("title")?, description: text("description")?, groups })
    }

    fn of_json(body: &[u8]) -> Result<Self, Fault> {
        let said: Said = serde_json::from_slice(body).map_err(|error| {
            let (code, problem) = if error.is_data() {
                (FaultCode::InvalidValue, "must be a JSON object that gives no field twice".to_owned())
            } else {
                (FaultCode::Syntax, format!("is not JSON from line {}, column {} on", error.line(), error.column()))
            };
            Fault::new("body", code, problem)
        })?;
        let mut groups = Vec::new();
        match said.groups {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => items.iter().try_for_each(|item| group(item, &mut groups))?,
            Some(single) => group(&single, &mut groups)?,
        }
        Ok(Self { title: text("title", said.title)?, description: text("description", said.description)?, groups })
    }
}

/// A text; what is empty counts as absent, as in a form.
fn text(name: &str, value: Option<Value>) -> Result<Option<String>, Fault> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(_) => Err(Fault::new(name, FaultCode::InvalidValue, "must be a text")),
    }
}

/// A number, or a text of numbers.
fn group(value: &Value, groups: &mut Vec<i64>) -> Result<(), Fault> {
    match value {
        Value::Number(number) if number.is_u64() => {
            groups.push(number.as_i64().unwrap_or(0));
            Ok(())
        }
        Value::String(text) => group_list(text, groups),
        _ => Err(no_group()),
    }
}

fn group_list(text: &str, groups: &mut Vec<i64>) -> Result<(), Fault> {
    for item in text.split(',') {
        if item.is_empty() || !item.bytes().all(|b| b.is_ascii_digit()) {
            return Err(no_group());
        }
        groups.push(item.parse().unwrap_or(0));
    }
    Ok(())
}

fn no_group() -> Fault {
    Fault::new("groups", FaultCode::InvalidValue, "must be numbers of groups")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::Method;

    fn read(query: &str, kind: &str, body: &[u8]) -> Result<Posted, (String, FaultCode)> {
        let fields = [("content-type", kind)];
        let headers = &fields.as_slice();
        let request = Request { method: Method::Post, path: "", query, prefix: "", headers, body };
        Posted::read(&request, &Query::parse(query)).map_err(|fault| (fault.parameter, fault.code))
    }

    fn posted(title: &str, description: &str, groups: &[i64]) -> Result<Posted, (String, FaultCode)> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(Posted { title: some(title), description: some(description), groups: groups.to_vec() })
    }

    #[test]
    fn forms_and_json_say_the_same() {
        const FORM: &str = "application/x-www-form-urlencoded";
        let expected = || posted("A & B", "é", &[7, 9]);
        for (kind, body) in [
            (FORM, "title=A+%26+B&description=%C3%A9&groups=7&groups=9"),
            ("", "title=A+%26+B&description=%C3%A9&groups=7,9&unknown=%zz"),
            (FORM, "title=A+%26+B&description=%C3%A9&groups%5B%5D=7&groups[]=9&groups="),
            ("application/json", r#"{"title":"A & B","description":"é","groups":[7,9]}"#),
            (
                "application/json; charset=utf-8",
                r#" {"title":"A & B","description":"\u00e9","groups":["7","9"],"x":[]}"#,
            ),
            ("", r#"{"title":"A & B","description":"é","groups":"7,9"}"#),
        ] {
            assert_eq!(read("access_token=t&title=ignored", kind, body.as_bytes()), expected(), "{body}");
        }
        assert_eq!(read("title=A+%26+B&description=%C3%A9&groups=7,9", "", b" \r\n"), expected());
        assert_eq!(
            read("", "application/json", br#"{"title":"","description":null,"groups":[]}"#),
            posted("", "", &[])
        );
        assert_eq!(read("", "", br#"{"title":"a","groups":7}"#), posted("a", "", &[7]));
        let huge = r#"{"title":"a","groups":[18446744073709551615,"99999999999999999999"]}"#;
        assert_eq!(read("", "", huge.as_bytes()), posted("a", "", &[0, 0]), "no group has it");
        assert_eq!(read("access_token=t", "", b""), posted("", "", &[]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        use FaultCode::{Duplicate, InvalidValue, Syntax, Unsupported};
        for (kind, body, name, code) in [
            ("", &b"title=a&title=b"[..], "title", Duplicate),
            ("", b"title=%ff", "title", InvalidValue),
            ("", b"title=a&groups=x", "groups", InvalidValue),
            ("", b"title=a&groups=7,,9", "groups", InvalidValue),
            ("", b"title=a&groups=-7", "groups", InvalidValue),
            ("", b"title=\xff", "body", Syntax),
            ("application/json", b"[]", "body", InvalidValue),
            ("application/json", b"title=a", "body", Syntax),
            ("", b"{\"title\":\"a\",\"title\":\"b\"}", "body", InvalidValue),
            ("", b"{\"title\":5}", "title", InvalidValue),
            ("", b"{\"title\":\"a\"", "body", Syntax),
            ("", b"{\"title\":\"a\",\"groups\":[7.5]}", "groups", InvalidValue),
            ("", b"{\"title\":\"a\",\"groups\":[-7]}", "groups", InvalidValue),
            ("", b"{\"title\":\"a\",\"groups\":{}}", "groups", InvalidValue),
            ("", b"{\"title\":\"a\",\"groups\":[[7]]}", "groups", InvalidValue),
            ("multipart/form-data; boundary=x", b"--x", "body", Unsupported),
        ] {
            let shown = String::from_utf8_lossy(body);
            assert_eq!(read("", kind, body), Err((name.to_owned(), code)), "{shown}");
        }
    }
}
