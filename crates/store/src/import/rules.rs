//! What a row must be by itself, before anybody asks which row it is.

use super::bad::Problem;
use membership::limits::BadText;
pub(super) use membership::limits::NUMBER as MAX_NUMBER;
use membership::record::rules::{moment, number, time, uid};
use membership::record::{GroupRecord, GroupRef, MembershipRecord, PersonRecord, PersonRef, Record};

type Checked = Result<(), Problem>;

impl From<BadText> for Problem {
    fn from(bad: BadText) -> Self {
        Self::of(bad.field, bad.problem)
    }
}

/// Judges a record and brings its uids and guids into lower case.
pub(super) fn check_record(record: &mut Record) -> Checked {
    match record {
        Record::Group(r) => check_group(r),
        Record::Person(r) => check_person(r),
        Record::Membership(r) => check_membership(r),
    }
}

fn check_person(r: &mut PersonRecord) -> Checked {
    if r.number.is_none() && r.id.is_none() && r.uid.is_none() && r.login.is_none() {
        return Err(Problem { field: "", text: "a person needs a number, an id, a uid or a login".to_owned() });
    }
    Ok(r.check()?)
}

fn check_group(r: &mut GroupRecord) -> Checked {
    if r.number.is_none() && r.id.is_none() && r.guid.is_none() {
        return Err(Problem { field: "", text: "a group needs a number, an id or a guid".to_owned() });
    }
    r.check()?;
    match &mut r.owner {
        Some(owner) => person_ref("owner", owner),
        None => Ok(()),
    }
}

fn check_membership(r: &mut MembershipRecord) -> Checked {
    match &mut r.group {
        Some(group) => group_ref("group", group)?,
        None => return Err(Problem::of("group", "is missing")),
    }
    match &mut r.person {
        Some(person) => person_ref("person", person)?,
        None => return Err(Problem::of("person", "is missing")),
    }
    for (field, actor) in [
        ("joined_by", &mut r.joined_by),
        ("scope_changed_by", &mut r.scope_changed_by),
        ("banned_by", &mut r.banned_by),
    ] {
        if let Some(actor) = actor {
            person_ref(field, actor)?;
        }
    }
    time("asked_at", r.asked_at)?;
    moment("joined_at", r.joined_at)?;
    time("scope_changed_at", r.scope_changed_at)?;
    Ok(moment("banned_at", r.banned_at)?)
}

/// A problem inside of the reference `field`.
fn within(field: &'static str, problem: Problem) -> Problem {
    let text = if problem.field == field { problem.text } else { format!("{field}: {}", problem.text) };
    Problem { field, text }
}

fn person_ref(field: &'static str, r: &mut PersonRef) -> Checked {
    if *r == PersonRef::default() {
        return Err(Problem::of(field, "names nobody: it needs a number, an id, a uid or a login"));
    }
    r.check().map_err(|bad| within(field, bad.into()))
}

fn group_ref(field: &'static str, r: &mut GroupRef) -> Checked {
    if *r == GroupRef::default() {
        return Err(Problem::of(field, "names no group: it needs a number, an id or a guid"));
    }
    number("number", r.number).map_err(|bad| within(field, bad.into()))?;
    uid("guid", &mut r.guid).map_err(|bad| within(field, bad.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: &str) -> Option<String> {
        check_record(&mut Record::parse(line).expect(line)).err().map(|p| p.text)
    }

    #[test]
    fn every_kind_of_bad_row_is_told() {
        let long = |field: &str, n: usize| format!(r#"{{"kind":"person","uid":"a","{field}":"{}"}}"#, "x".repeat(n));
        for (line, told) in [
            (r#"{"kind":"person","name":"x"}"#.to_owned(), "a person needs a number, an id, a uid or a login"),
            (r#"{"kind":"group","name":"x"}"#.to_owned(), "a group needs a number, an id or a guid"),
            (r#"{"kind":"person","number":0}"#.to_owned(), "number must be from 1 to 9007199254740991"),
            (r#"{"kind":"group","number":9007199254740992}"#.to_owned(), "number must be from 1 to 9007199254740991"),
            (r#"{"kind":"person","login":""}"#.to_owned(), "login must not be empty"),
            (long("name", 401), "name must have at most 400 characters"),
            (long("overview", 20_001), "overview must have at most 20000 characters"),
            (r#"{"kind":"person","uid":"a","city":"x\u0000"}"#.to_owned(), "city must not hold the character U+0000"),
            (
                r#"{"kind":"person","uid":"a","metadata":{"a":"\u0000"}}"#.to_owned(),
                "metadata must not hold the character U+0000",
            ),
            (r#"{"kind":"person","uid":"a","tags":["x\u0000"]}"#.to_owned(), "tags must not hold the character U+0000"),
            (
                r#"{"kind":"person","uid":"a","feedback_6_months":-1}"#.to_owned(),
                "feedback_6_months must not be negative",
            ),
            (
                r#"{"kind":"person","uid":"a","created_at":-1}"#.to_owned(),
                "created_at must be unix seconds from 0 to 253402300799",
            ),
            (
                r#"{"kind":"membership","group":{"guid":"a"},"person":{"uid":"a"},"joined_at":0}"#.to_owned(),
                "joined_at must be unix seconds from 1 to 253402300799; 0 would say that it never was",
            ),
            (
                r#"{"kind":"membership","group":{"guid":"a"},"person":{"uid":"a"},"banned_at":0}"#.to_owned(),
                "banned_at must be unix seconds from 1 to 253402300799; 0 would say that it never was",
            ),
            (r#"{"kind":"membership","person":{"uid":"a"}}"#.to_owned(), "group is missing"),
            (r#"{"kind":"membership","group":{"guid":"a"}}"#.to_owned(), "person is missing"),
            (
                r#"{"kind":"membership","group":{},"person":{"uid":"a"}}"#.to_owned(),
                "group names no group: it needs a number, an id or a guid",
            ),
            (
                r#"{"kind":"membership","group":{"guid":"a b"},"person":{"uid":"a"}}"#.to_owned(),
                "group: guid must be 1 to 100 letters a to z, digits, hyphens and underscores",
            ),
            (
                r#"{"kind":"membership","group":{"guid":"a"},"person":{"uid":"a"},"banned_by":{"number":-5}}"#
                    .to_owned(),
                "banned_by: number must be from 1 to 9007199254740991",
            ),
        ] {
            assert_eq!(problem(&line).as_deref(), Some(told), "{line}");
        }
        let tags = vec!["x"; 26];
        let line = format!(r#"{{"kind":"person","uid":"a","tags":{tags:?}}}"#);
        assert_eq!(problem(&line).as_deref(), Some("tags must be at most 25"));
    }

    #[test]
    fn what_is_at_the_limit_is_good() {
        for line in [
            r#"{"kind":"person","uid":"ABC","number":9007199254740991,"updated_at":0}"#.to_owned(),
            format!(r#"{{"kind":"person","uid":"a","name":"{}"}}"#, "ß".repeat(400)),
            r#"{"kind":"person","uid":"a","metadata":{"a":"\\u0000"}}"#.to_owned(),
            r#"{"kind":"membership","group":{"guid":"a"},"person":{"uid":"a"},"asked_at":0,"joined_at":1}"#.to_owned(),
        ] {
            assert_eq!(problem(&line), None, "{line}");
        }
    }

    #[test]
    fn uids_become_lower_case() {
        let mut record = Record::parse(r#"{"kind":"person","uid":"SuperHero4"}"#).expect("reads");
        assert_eq!(check_record(&mut record), Ok(()));
        assert!(matches!(record, Record::Person(p) if p.uid.as_deref() == Some("superhero4")));
    }
}
