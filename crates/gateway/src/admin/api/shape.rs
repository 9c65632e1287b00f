//! What a value may be. One description, by which requests are judged and from which the OpenAPI document is made, so
//! that the document cannot say anything else than what applies.

use super::keys;
use membership::record::Metadata;
use membership::{BadMoney, Money, limits};
use serde_json::Value;

/// What a value may be.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A text without U+0000, of so many characters.
    Text(usize, usize),
    /// A uid or guid.
    Uid,
    /// A UUID, hyphenated.
    Uuid,
    /// A whole number within these bounds.
    Integer(i64, i64),
    /// An amount of US dollars, as a text: what replies say.
    Money,
    /// The same as it is taken: as a text, or as a number, which is never rounded.
    Amount,
    /// A person's new password: as [`access::check_password`] takes it, and of 256 characters at the most, so that a
    /// schema can say the same.
    Password,
    /// An address to which a browser may be sent, as [`access::check_redirect_uri`] takes it.
    RedirectUri,
    /// True or false.
    Flag,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// A JSON object that the store keeps as it is.
    Metadata,
    /// The key of a group.
    GroupKey,
    /// The key of a person.
    PersonKey,
    /// So many values of this shape.
    List(&'static Shape, usize, usize),
    /// An object.
    Object(&'static Object),
    /// One of several objects; the first field, whose value differs, tells which.
    OneOf(&'static str, &'static [Object]),
    /// A text that only replies hold, of this pattern.
    Told(&'static str),
}

/// An object with these fields and no others.
pub(super) struct Object {
    /// The name in the OpenAPI document; of one of several the value that tells it.
    pub name: &'static str,
    /// The fields.
    pub fields: fn() -> Vec<Field>,
}

/// A field of an object.
#[derive(Clone, Copy)]
pub(super) struct Field {
    /// Name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What its value may be.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// Whether the value may be null.
    pub nullable: bool,
    /// Whether only replies say it. A request that says it is not refused, and it has no effect.
    pub read_only: bool,
}

impl Field {
    /// A field that may be left out.
    pub const fn new(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, doc, shape, required: false, nullable: false, read_only: false }
    }

    /// It must be there.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It may be null.
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// The numbers of persons, groups and jobs.
pub(super) const NUMBER: Shape = Shape::Integer(1, limits::NUMBER);
/// Unix seconds; 0 where nothing else says that there is none.
pub(super) const TIME: Shape = Shape::Integer(0, limits::TIME);
/// How many there are.
pub(super) const COUNT: Shape = Shape::Integer(0, i64::MAX);

/// The words of a vocabulary of the domain.
macro_rules! words {
    ($vocabulary:ty) => {
        $crate::admin::api::shape::Shape::Word(|| <$vocabulary>::ALL.iter().map(|word| word.as_str()).collect())
    };
}
pub(super) use words;

/// The whole number that a value is, be it written `7` or `7.0`.
pub(super) fn whole(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    let whole = |number: &f64| number.fract() == 0.0 && number.abs() <= EXACT;
    #[allow(clippy::cast_possible_truncation, reason = "it is whole and within bounds")]
    value.as_i64().or_else(|| value.as_f64().filter(whole).map(|number| number as i64))
}

/// What is wrong with an amount, which a value that has been read shows only as far as a reader keeps digits; `json` is
/// how it was written.
pub(super) fn judge_amount(shape: &Shape, name: &str, json: &str) -> Option<Wrong> {
    let Shape::Object(object) = shape else { return None };
    let is_one = |field: &Field| field.name == name && matches!(field.shape, Shape::Amount);
    let wrong = (object.fields)().iter().any(is_one) && json != "null" && Money::of_json(json).is_err();
    wrong.then(|| Wrong { field: name.to_owned(), problem: BadMoney.to_string() })
}

/// What is wrong with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Where it stands: `steps[2].scope`; empty for the whole.
    pub field: String,
    /// What is wrong, to be read behind the name.
    pub problem: String,
}

/// At most how many of them are told.
const TOLD: usize = 100;

impl Shape {
    /// What is wrong with a value of a body.
    pub fn judge(&self, value: &Value) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        self.walk(String::new(), value, &mut wrong);
        wrong
    }

    fn walk(&self, at: String, value: &Value, wrong: &mut Vec<Wrong>) {
        if wrong.len() >= TOLD {
            return;
        }
        let problem = match (self, value) {
            (Self::Object(object), value) => return walk_object(&(object.fields)(), &at, value, wrong),
            (Self::OneOf(tag, objects), value) => {
                let told = value.get(tag).and_then(Value::as_str);
                match objects.iter().find(|object| told == Some(object.name)) {
                    Some(object) => return walk_object(&(object.fields)(), &at, value, wrong),
                    None if !value.is_object() => Some("must be an object".to_owned()),
                    None => {
                        let names: Vec<&str> = objects.iter().map(|object| object.name).collect();
                        let problem = format!("must be one of {}", names.join(", "));
                        return wrong.push(Wrong { field: below(&at, tag), problem });
                    }
                }
            }
            (Self::List(of, least, most), Value::Array(items)) => {
                if (*least..=*most).contains(&items.len()) {
                    for (number, item) in items.iter().enumerate() {
                        of.walk(format!("{at}[{number}]"), item, wrong);
                    }
                    return;
                }
                Some(format!("must have {least} to {most} entries"))
            }
            (Self::List(..), _) => Some("must be an array".to_owned()),
            (Self::Integer(least, most), value) => {
                let fits = whole(value).is_some_and(|number| (*least..=*most).contains(&number));
                (!fits).then(|| format!("must be a whole number from {least} to {most}"))
            }
            (Self::Flag, value) => (!value.is_boolean()).then(|| "must be true or false".to_owned()),
            (Self::Metadata, value) => judge_metadata(value).err(),
            (Self::Amount, Value::Number(number)) => self.judge_text(&number.to_string()).err(),
            (Self::Amount, value) if !value.is_string() => Some(BadMoney.to_string()),
            (_, Value::String(text)) => self.judge_text(text).err(),
            (_, _) => Some("must be a text".to_owned()),
        };
        wrong.extend(problem.map(|problem| Wrong { field: at, problem }));
    }

    /// What is wrong with a value of a path or a query.
    pub fn judge_text(&self, text: &str) -> Result<(), String> {
        let uuid = |text: &str| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
        match self {
            Self::Text(least, most) => {
                limits::check("", text, *most).map_err(|bad| bad.problem)?;
                let short = *least > 0 && text.chars().count() < *least;
                if short { Err(format!("must have at least {least} character(s)")) } else { Ok(()) }
            }
            Self::Password if text.chars().count() > 256 => Err("must have at most 256 characters".to_owned()),
            Self::Password => access::check_password(text).map_err(|bad| bad.to_string()),
            Self::RedirectUri => access::check_redirect_uri(text).map_err(|bad| bad.to_string()),
            Self::Uid => limits::check_uid("", text).map(drop).map_err(|bad| bad.problem),
            Self::Uuid if uuid(text) => Ok(()),
            Self::Uuid => Err("must be a UUID: 8, 4, 4, 4 and 12 hexadecimal digits with hyphens between".to_owned()),
            Self::Integer(least, most) => {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let fits = digits && text.parse().is_ok_and(|number: i64| (*least..=*most).contains(&number));
                if fits { Ok(()) } else { Err(format!("must be a whole number from {least} to {most}")) }
            }
            Self::Money | Self::Amount => {
                // No longer than need be, so that a pattern can tell it.
                let (whole, cents) = text.split_once('.').unwrap_or((text, "0"));
                let short = whole.len() <= 12 && cents.len() <= 2;
                text.parse::<Money>().ok().filter(|_| short).map(drop).ok_or_else(|| BadMoney.to_string())
            }
            Self::Flag if ["true", "false"].contains(&text) => Ok(()),
            Self::Flag => Err("must be true or false".to_owned()),
            Self::Word(words) => {
                let words = words();
                if words.contains(&text) { Ok(()) } else { Err(format!("must be one of {}", words.join(", "))) }
            }
            Self::GroupKey => keys::group(text).map(drop).map_err(str::to_owned),
            Self::PersonKey => keys::person(text).map(drop).map_err(str::to_owned),
            Self::List(of, ..) => of.judge_text(text),
            Self::Metadata | Self::Object(_) | Self::OneOf(..) | Self::Told(_) => Ok(()),
        }
    }
}

fn walk_object(fields: &[Field], at: &str, value: &Value, wrong: &mut Vec<Wrong>) {
    let Value::Object(said) = value else {
        return wrong.push(Wrong { field: at.to_owned(), problem: "must be an object".to_owned() });
    };
    let strangers = said.keys().filter(|name| !fields.iter().any(|field| field.name == *name));
    let stranger = |name: &String| Wrong { field: below(at, name), problem: "is not known here".to_owned() };
    wrong.extend(strangers.take(TOLD).map(stranger));
    for field in fields {
        let at = below(at, field.name);
        match said.get(field.name) {
            _ if field.read_only => {}
            None if field.required => wrong.push(Wrong { field: at, problem: "is missing".to_owned() }),
            None => {}
            Some(Value::Null) if field.nullable => {}
            Some(Value::Null) => wrong.push(Wrong { field: at, problem: "must not be null".to_owned() }),
            Some(value) => field.shape.walk(at, value, wrong),
        }
    }
    wrong.truncate(TOLD);
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// Metadata, as far as a value that has been read shows it: numbers may have lost their digits by then.
fn judge_metadata(value: &Value) -> Result<(), String> {
    if !value.is_object() {
        return Err("must be an object".to_owned());
    }
    let canonical = Metadata::from_value(value.clone()).map_err(|bad| bad.to_string())?;
    limits::check("metadata", canonical.as_str(), limits::METADATA).map_err(|bad| bad.problem)?;
    if holds_nul(value) { Err("must not hold the character U+0000".to_owned()) } else { Ok(()) }
}

fn holds_nul(value: &Value) -> bool {
    let nul = membership::text::has_nul;
    match value {
        Value::String(text) => nul(text),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| nul(name) || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::Scope;
    use serde_json::json;

    const STEP: Object = Object {
        name: "Step",
        fields: || {
            vec![
                Field::new("person", Shape::PersonKey, "").required(),
                Field::new("scope", words!(Scope), "").nullable(),
                Field::new("seen", TIME, ""),
            ]
        },
    };
    const STEPS: Object = Object {
        name: "Steps",
        fields: || vec![Field::new("steps", Shape::List(&Shape::Object(&STEP), 1, 2), "").required()],
    };

    fn told(value: Value) -> Vec<String> {
        let wrong = Shape::Object(&STEPS).judge(&value);
        wrong.into_iter().map(|wrong| format!("{} {}", wrong.field, wrong.problem)).collect()
    }

    #[test]
    fn everything_wrong_is_told_by_its_place() {
        assert_eq!(told(json!({ "steps": [{ "person": "uid:a", "scope": null }, { "person": "7" }] })), [""; 0]);
        assert_eq!(told(json!([])), [" must be an object"]);
        assert_eq!(told(json!({})), ["steps is missing"]);
        assert_eq!(told(json!({ "steps": [] })), ["steps must have 1 to 2 entries"]);
        assert_eq!(
            told(
                json!({ "steps": [{ "person": 7, "scope": "boss", "who": 1 }, { "person": null, "seen": -1 }], "x": 1 })
            ),
            [
                "x is not known here",
                "steps[0].who is not known here",
                "steps[0].person must be a text",
                "steps[0].scope must be one of participant, moderator, admin",
                "steps[1].person must not be null",
                "steps[1].seen must be a whole number from 0 to 253402300799",
            ]
        );
        let many: Vec<Value> = (0..300).map(|_| json!(1)).collect();
        assert_eq!(Shape::List(&Shape::Flag, 0, 1_000).judge(&json!(many)).len(), TOLD);
    }

    #[test]
    fn values_of_a_query_are_texts() {
        for (shape, good, bad) in [
            (NUMBER, &["1", "9007199254740991", "007"][..], &["", "0", "-1", "1.0", "+1", "9007199254740992", "x"][..]),
            (Shape::Flag, &["true", "false"], &["", "1", "True"]),
            (Shape::Money, &["22.5", "0"], &["", "1e3", "-1"]),
            (Shape::Uid, &["a", "A-_9"], &["", "ä", "a b"]),
            (Shape::Uuid, &["6fe49ce4-56d4-475f-9483-1adca6b2976c"], &["", "6fe49ce456d4475f94831adca6b2976c"]),
            (Shape::Text(1, 2), &["é", "ab"], &["", "abc", "a\0"]),
            (words!(Scope), &["admin"], &["", "Admin"]),
        ] {
            for text in good {
                assert_eq!(shape.judge_text(text), Ok(()), "{text}");
            }
            for text in bad {
                assert!(shape.judge_text(text).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn metadata_is_an_object_without_nul() {
        let judge = |value: Value| Shape::Metadata.judge(&value).len();
        assert_eq!(judge(json!({ "a": [1, null, { "b": "c" }] })), 0);
        for bad in
            [json!([]), json!("{}"), json!({ "a": ["\0"] }), json!({ "\0": 1 }), json!({ "a": "x".repeat(20_000) })]
        {
            assert_eq!(judge(bad.clone()), 1, "{bad}");
        }
    }
}
