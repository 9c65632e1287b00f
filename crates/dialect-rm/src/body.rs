//! Bodies: objects, and lists of them, in JSON or XML. The names of the elements around them do not matter.
//!
//! Names of fields count in either case, as the usual reader of the vendor's platform has it, and unknown ones are
//! ignored, since the vendor's client sends some of its own (our decisions). `null` is the same as nothing (manual).

use crate::filter::guid;
use crate::format::is_xml;
use crate::xml::{self, Element};
use dialect::{Fault, FaultCode, Request};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::fmt;
use uuid::Uuid;

/// An object in a body.
#[derive(Debug)]
pub(crate) struct Object {
    /// What stands in front of the names of its fields in an error: empty, `[1].`, `Responsible.`
    place: String,
    fields: Vec<(String, Value)>,
}

/// The object that the body is.
pub(crate) fn object(request: &Request<'_>) -> Result<Object, Fault> {
    const EXPECTED: &str = "an object";
    let fields = match body(request)? {
        Body::Json(json) => {
            let Pairs(fields) = serde_json::from_slice(json).map_err(|error| unreadable("body", &error, EXPECTED))?;
            fields
        }
        Body::Xml(text) => fields_of(document(text)?).ok_or_else(|| not("body", EXPECTED))?,
    };
    Ok(Object { place: String::new(), fields })
}

/// The objects in the list that the body is; at most `most`.
pub(crate) fn list(request: &Request<'_>, most: usize) -> Result<Vec<Object>, Fault> {
    const EXPECTED: &str = "a list of objects";
    let bounded = |many: usize| {
        if many <= most {
            Ok(())
        } else {
            Err(Fault::new("body", FaultCode::Limit, format!("has more than {most} entries")))
        }
    };
    let entry = |number: usize| format!("[{number}]");
    match body(request)? {
        Body::Json(json) => {
            let entries: Vec<&RawValue> =
                serde_json::from_slice(json).map_err(|error| unreadable("body", &error, EXPECTED))?;
            bounded(entries.len())?;
            let read = |(number, raw): (usize, &&RawValue)| {
                let wrong = |error| unreadable(&entry(number), &error, "an object");
                let Pairs(fields) = serde_json::from_str(raw.get()).map_err(wrong)?;
                Ok(Object { place: entry(number) + ".", fields })
            };
            entries.iter().enumerate().map(read).collect()
        }
        Body::Xml(text) => {
            let list = document(text)?;
            if !list.text.trim().is_empty() {
                return Err(not("body", EXPECTED));
            }
            bounded(list.children.len())?;
            let read = |(number, element)| {
                let fields = fields_of(element).ok_or_else(|| not(&entry(number), "an object"))?;
                Ok(Object { place: entry(number) + ".", fields })
            };
            list.children.into_iter().enumerate().map(read).collect()
        }
    }
}

/// A body by its format.
enum Body<'a> {
    Json(&'a [u8]),
    Xml(&'a str),
}

/// The body: XML where the header says so, else JSON (manual).
fn body<'a>(request: &Request<'a>) -> Result<Body<'a>, Fault> {
    // Some writers of the vendor's platform begin with a mark of the encoding.
    let body = request.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(request.body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Fault::new("body", FaultCode::Required, "is required"));
    }
    if !request.header("content-type").is_some_and(is_xml) {
        return Ok(Body::Json(body));
    }
    let unreadable = |_| Fault::new("body", FaultCode::Syntax, "is not valid UTF-8");
    std::str::from_utf8(body).map(Body::Xml).map_err(unreadable)
}

fn not(name: &str, expected: &str) -> Fault {
    Fault::new(name, FaultCode::InvalidValue, format!("must be {expected}"))
}

fn document(text: &str) -> Result<Element, Fault> {
    let wrong = |xml::Problem { at, text }| Fault::new("body", FaultCode::Syntax, format!("is XML that {text}")).at(at);
    xml::parse(text).map_err(wrong)
}

/// The fields of an element that stands for an object; `None` when it is a text.
fn fields_of(element: Element) -> Option<Vec<(String, Value)>> {
    let is_object = element.text.trim().is_empty();
    is_object.then(|| element.children.into_iter().map(|child| (child.name.clone(), value_of(child))).collect())
}

/// What an element says, as JSON would say it. Every text is one, and what is said to be none is `null`.
fn value_of(element: Element) -> Value {
    if element.nil {
        Value::Null
    } else if element.children.is_empty() {
        Value::String(element.text)
    } else {
        Value::Object(element.children.into_iter().map(|child| (child.name.clone(), value_of(child))).collect())
    }
}

/// The library's own words are not repeated: they quote the input.
fn unreadable(name: &str, error: &serde_json::Error, expected: &str) -> Fault {
    match error.classify() {
        Category::Data => not(name, expected),
        Category::Syntax | Category::Eof | Category::Io => {
            let problem = format!("is not JSON from line {}, column {} on", error.line(), error.column());
            Fault::new(name, FaultCode::Syntax, problem)
        }
    }
}

/// The id in the body, which must be that of the row in the path.
pub(crate) fn id(object: &Object) -> Result<Option<Uuid>, Fault> {
    let wrong = || object.fault("Id", FaultCode::InvalidValue, "must be a GUID");
    object.filled("Id")?.map(|text| guid(&text).ok_or_else(wrong)).transpose()
}

/// The id of a new row is not the client's to choose (our decision).
pub(crate) fn refuse_id(object: &Object) -> Result<(), Fault> {
    match object.value("Id")? {
        Some(_) => Err(object.fault("Id", FaultCode::Unsupported, "is given by the service; leave it out")),
        None => Ok(()),
    }
}

/// The manual knows attributes that an installation defines. There are none here, and what cannot be kept is refused
/// rather than lost.
pub(crate) fn refuse_attributes(object: &Object) -> Result<(), Fault> {
    const FIELD: &str = "CustomAttributes";
    match object.value(FIELD)? {
        Some(Value::Array(none)) if none.is_empty() => Ok(()),
        // An empty element.
        Some(Value::String(none)) if none.is_empty() => Ok(()),
        Some(_) => Err(object.fault(FIELD, FaultCode::Unsupported, "are not kept here")),
        None => Ok(()),
    }
}

impl Object {
    /// The value of a field; `None` when it is absent or `null`.
    pub(crate) fn value(&self, name: &str) -> Result<Option<&Value>, Fault> {
        let mut found = self.fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value);
        if found.next().is_some() {
            return Err(self.fault(name, FaultCode::Duplicate, "is given twice"));
        }
        Ok(value.filter(|value| !value.is_null()))
    }

    /// The text in a field; `None` when it is absent or `null`.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        match self.value(name)? {
            None => Ok(None),
            Some(Value::String(text)) if membership::text::has_nul(text) => {
                Err(self.fault(name, FaultCode::InvalidValue, "must not hold the character U+0000"))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.fault(name, FaultCode::InvalidValue, "must be a text")),
        }
    }

    /// As [`Object::text`], where the empty text will not do.
    pub(crate) fn filled(&self, name: &str) -> Result<Option<String>, Fault> {
        match self.text(name)? {
            Some(text) if text.is_empty() => Err(self.fault(name, FaultCode::InvalidValue, "must not be empty")),
            text => Ok(text),
        }
    }

    /// As [`Object::filled`], where something must be said.
    pub(crate) fn required(&self, name: &str) -> Result<String, Fault> {
        self.filled(name)?.ok_or_else(|| self.fault(name, FaultCode::Required, "is required"))
    }

    /// A fault of the field of that name.
    pub(crate) fn fault(&self, name: &str, code: FaultCode, problem: impl Into<String>) -> Fault {
        Fault::new(format!("{}{name}", self.place), code, problem)
    }

    /// A fault of the object itself, which lies in a list or a field.
    pub(crate) fn own_fault(&self, code: FaultCode, problem: impl Into<String>) -> Fault {
        Fault::new(self.place.trim_end_matches('.'), code, problem)
    }

    /// The object in the field of that name, whose value is known to be one.
    pub(crate) fn within(&self, name: &str, fields: &serde_json::Map<String, Value>) -> Self {
        let fields = fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Self { place: format!("{}{name}.", self.place), fields }
    }
}

/// The members of a JSON object, in order and as often as they are given.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
