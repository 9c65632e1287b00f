//! Every edge of every kind of field.

use super::*;

fn fields(body: &str) -> Fields<'_> {
    Fields::of_body(body.as_bytes()).unwrap_or_else(|fault| panic!("{body}: {fault}"))
}

#[test]
fn a_body_is_one_object_or_nothing() {
    for body in ["", " \n", "{}", " {} ", r#"{"a":null}"#, r#"{"other":[{"deep":[1,{}]}],"a":null}"#] {
        assert_eq!(fields(body).text("a", 9), Ok(None), "{body}");
    }
    for body in ["[]", "null", "1", "\"{}\"", "{", "{}{}", "{\"a\":}", "{a:1}", "a=1", "{\"a\":1,}", "{} x"] {
        let Err(fault) = Fields::of_body(body.as_bytes()) else { panic!("{body}") };
        assert_eq!((fault.parameter.as_str(), fault.code), ("body", FaultCode::Syntax), "{body}");
    }
    assert!(Fields::of_body(b"{\"a\":\"\xff\"}").is_err());
    // Whatever is not looked at may be as deep as it likes.
    let deep = format!(r#"{{"x":{}{},"a":"b"}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(fields(&deep).text("a", 9), Ok(Some("b".to_owned())));
}

#[test]
fn texts() {
    let body = fields(r#"{"a":"bé","b":"","n":1,"o":{},"z":"a\u0000","l":"\ud800","a":"last"}"#);
    assert_eq!(body.text("a", 4), Ok(Some("last".to_owned())), "the last one counts");
    assert_eq!(body.text("b", 4), Ok(Some(String::new())));
    assert_eq!(body.full_text("a", 4), Ok(Some("last".to_owned())));
    for (name, problem) in [
        ("n", "must be a string"),
        ("o", "must be a string"),
        ("l", "must be a string"),
        ("z", "must not hold the character U+0000"),
        ("a", "must have at most 3 characters"),
        ("b", "must not be empty"),
    ] {
        assert_eq!(body.full_text(name, 3), Err(invalid(name, problem)));
    }
    assert_eq!(fields(r#"{"a":"éé"}"#).text("a", 2), Ok(Some("éé".to_owned())), "characters are counted, not bytes");
}

#[test]
fn ids() {
    let body = fields(r#"{"a":"Ab-_9","b":"","c":"a b","n":5}"#);
    assert_eq!(body.id("a"), Ok("ab-_9".to_owned()));
    assert_eq!(body.id("none"), Err(required("none")));
    assert_eq!(body.id("n"), Err(invalid("n", "must be a string")));
    for name in ["b", "c"] {
        let problem = "must be 1 to 100 letters a to z, digits, hyphens and underscores";
        assert_eq!(body.id(name), Err(invalid(name, problem)));
    }
}

#[test]
fn flags_and_words() {
    let body = fields(r#"{"t":true,"f":false,"s":"true","n":1,"w":"Admin","x":"owner"}"#);
    assert_eq!([body.flag("t"), body.flag("f"), body.flag("none")], [Ok(true), Ok(false), Ok(false)]);
    for name in ["s", "n"] {
        assert_eq!(body.flag(name), Err(invalid(name, "must be true or false")));
    }
    let word = |name| body.word::<membership::Scope>(name, "must be a scope");
    assert_eq!(word("w"), Ok(Some(membership::Scope::Admin)));
    assert_eq!(word("none"), Ok(None));
    assert_eq!(word("x"), Err(invalid("x", "must be a scope")));
    assert_eq!(word("t"), Err(invalid("t", "must be a string")));
}

#[test]
fn tags_are_few_and_short() {
    let tags = |json: &str| fields(&format!(r#"{{"tags":{json}}}"#)).tags();
    assert_eq!(tags("null"), Ok(None));
    assert_eq!(tags("[]"), Ok(Some(vec![])));
    assert_eq!(tags(r#"["a","é b"]"#), Ok(Some(vec!["a".to_owned(), "é b".to_owned()])));
    for json in ["\"a\"", "[1]", "[null]", "{}", "1"] {
        assert_eq!(tags(json), Err(invalid("tags", "must be an array of strings")), "{json}");
    }
    let many = |count, length| tags(&serde_json::to_string(&vec!["a".repeat(length); count]).expect("JSON"));
    assert!(many(25, 100).is_ok());
    assert_eq!(many(26, 1), Err(Fault::new("tags", FaultCode::Limit, "must be at most 25")));
    assert_eq!(many(1, 101), Err(invalid("tags", "must have at most 100 characters")));
    assert_eq!(tags(r#"["\u0000"]"#), Err(invalid("tags", "must not hold the character U+0000")));
}

#[test]
fn metadata_is_an_object_or_a_text_that_holds_one() {
    let metadata = |json: &str| {
        let found = fields(&format!(r#"{{"metadata":{json}}}"#)).metadata();
        found.map(|found| found.map(|metadata| metadata.as_str().to_owned()))
    };
    for (json, expected) in [
        ("null", None),
        ("{}", Some("")),
        ("\"\"", Some("")),
        (r#"{"b":[1, {"c":null}], "a":"é"}"#, Some(r#"{"a":"é","b":[1,{"c":null}]}"#)),
        (r#""{\"a\": 1}""#, Some(r#"{"a":1}"#)),
    ] {
        assert_eq!(metadata(json), Ok(expected.map(str::to_owned)), "{json}");
    }
    for json in ["[]", "1", "true", "\"x\"", "\"[]\"", "\"{\""] {
        assert_eq!(metadata(json), Err(invalid("metadata", "must be a JSON object")), "{json}");
    }
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
    assert_eq!(metadata(&deep), Err(invalid("metadata", "must be a JSON object")), "the depth is bounded");
    assert!(metadata(r#"{"a":12345678901234567890123}"#).is_err(), "no number is rounded");
    let sized = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8));
    assert!(metadata(&sized(METADATA)).is_ok());
    let problem = "must have at most 5120 bytes";
    assert_eq!(metadata(&sized(METADATA + 1)), Err(Fault::new("metadata", FaultCode::Limit, problem)));
}

#[test]
fn fields_that_are_emptied() {
    let unset = |json: &str| fields(&format!(r#"{{"unset":{json}}}"#)).unset(&["icon", "metadata"]);
    assert_eq!(unset("null"), Ok(vec![]));
    assert_eq!(unset(r#"["metadata","icon"]"#), Ok(vec!["metadata", "icon"]));
    assert_eq!(unset(r#"["icon","name"]"#), Err(invalid("unset", "may only name icon, metadata")));
    assert_eq!(unset("\"icon\""), Err(invalid("unset", "must be an array of strings")));
}

#[test]
fn objects_within() {
    let body = fields(r#"{"o":{"a":"b"},"l":[],"s":"{}"}"#);
    let inner = body.object("o").expect("an object").expect("is said");
    assert_eq!(inner.text("a", 9), Ok(Some("b".to_owned())));
    assert!(body.object("none").expect("nothing").is_none());
    for name in ["l", "s"] {
        assert_eq!(body.object(name).err(), Some(invalid(name, "must be an object")));
    }
    assert_eq!([body.is_array("l"), body.is_array("o"), body.is_array("none")], [true, false, false]);
}
