//! What a row must be by itself, before anybody asks which row it is.

use super::bad::Problem;
use membership::limits::{self, check, check_uid};
use membership::record::{GroupRecord, GroupRef, MembershipRecord, Metadata, PersonRecord, PersonRef, Record};

/// The largest number: the largest whole number that every reader of JSON keeps exactly.
pub(super) const MAX_NUMBER: i64 = 9_007_199_254_740_991;
/// The latest time: the last second of the year 9999, which every calendar can print.
pub(super) const MAX_TIME: i64 = 253_402_300_799;

type Checked = Result<(), Problem>;

/// Judges a record and brings its uids and guids into lower case.
pub(super) fn check_record(record: &mut Record) -> Checked {
    match record {
        Record::Group(r) => check_group(r),
        Record::Person(r) => check_person(r),
        Record::Membership(r) => check_membership(r),
    }
}

fn text(field: &'static str, said: Option<&String>, max: usize) -> Checked {
    let Some(said) = said else { return Ok(()) };
    check(field, said, max).map_err(|bad| Problem::of(field, bad.problem))
}

fn number(field: &'static str, said: Option<i64>) -> Checked {
    match said {
        Some(number) if !(1..=MAX_NUMBER).contains(&number) => {
            Err(Problem::of(field, format!("must be from 1 to {MAX_NUMBER}")))
        }
        _ => Ok(()),
    }
}

fn time(field: &'static str, said: Option<i64>) -> Checked {
    match said {
        Some(time) if !(0..=MAX_TIME).contains(&time) => {
            Err(Problem::of(field, format!("must be unix seconds from 0 to {MAX_TIME}")))
        }
        _ => Ok(()),
    }
}

/// A time that cannot be absent: everybody who has joined, or was banned, did so at some time.
fn moment(field: &'static str, said: Option<i64>) -> Checked {
    if said == Some(0) {
        return Err(Problem::of(
            field,
            format!("must be unix seconds from 1 to {MAX_TIME}; 0 would say that it never was"),
        ));
    }
    time(field, said)
}

fn count(field: &'static str, said: Option<i64>) -> Checked {
    if said.is_some_and(|n| n < 0) { Err(Problem::of(field, "must not be negative")) } else { Ok(()) }
}

/// A uid or guid: judged and brought into lower case. `column` is where it is said, `name` what it is called there.
fn uid(column: &'static str, name: &'static str, said: &mut Option<String>) -> Checked {
    if let Some(text) = said {
        match check_uid(name, text) {
            Ok(lowered) => *text = lowered,
            Err(bad) => return Err(within(column, Problem::of(name, bad.problem))),
        }
    }
    Ok(())
}

fn login(said: Option<&String>) -> Checked {
    if said.is_some_and(String::is_empty) {
        return Err(Problem::of("login", "must not be empty"));
    }
    text("login", said, limits::LOGIN)
}

fn tags(said: Option<&Vec<String>>) -> Checked {
    let Some(tags) = said else { return Ok(()) };
    if tags.len() > limits::TAGS {
        return Err(Problem::of("tags", format!("must be at most {}", limits::TAGS)));
    }
    tags.iter().try_for_each(|tag| text("tags", Some(tag), limits::TAG))
}

fn metadata(said: Option<&Metadata>) -> Checked {
    let Some(text) = said.map(Metadata::as_str) else { return Ok(()) };
    check("metadata", text, limits::METADATA).map_err(|bad| Problem::of("metadata", bad.problem))?;
    if holds_escaped_nul(text) {
        return Err(Problem::of("metadata", "must not hold the character U+0000"));
    }
    Ok(())
}

/// Whether canonical JSON holds U+0000, which it writes `\u0000`; in `\\u0000` the backslash is one itself.
fn holds_escaped_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let before = json.as_bytes()[..at].iter().rev().take_while(|b| **b == b'\\').count();
        before % 2 == 0
    })
}

fn check_person(r: &mut PersonRecord) -> Checked {
    if r.number.is_none() && r.id.is_none() && r.uid.is_none() && r.login.is_none() {
        return Err(Problem { field: "", text: "a person needs a number, an id, a uid or a login".to_owned() });
    }
    number("number", r.number)?;
    uid("uid", "uid", &mut r.uid)?;
    login(r.login.as_ref())?;
    for (field, said, max) in [
        ("name", &r.name, limits::NAME),
        ("business_name", &r.business_name, limits::BUSINESS_NAME),
        ("tag_line", &r.tag_line, limits::TAG_LINE),
        ("description", &r.description, limits::DESCRIPTION),
        ("email", &r.email, limits::EMAIL),
        ("phone", &r.phone, limits::PHONE),
        ("additional_information", &r.additional_information, limits::DESCRIPTION),
        ("city", &r.city, limits::SHORT),
        ("state", &r.state, limits::SHORT),
        ("country", &r.country, limits::SHORT),
        ("category", &r.category, limits::SHORT),
        ("overview", &r.overview, limits::OVERVIEW),
        ("avatar", &r.avatar, limits::URL),
        ("link", &r.link, limits::URL),
        ("role", &r.role, limits::SHORT),
        ("status_message", &r.status_message, limits::TAG_LINE),
    ] {
        text(field, said.as_ref(), max)?;
    }
    metadata(r.metadata.as_ref())?;
    tags(r.tags.as_ref())?;
    count("feedback_6_months", r.feedback_6_months)?;
    count("positive_feedback_6_months", r.positive_feedback_6_months)?;
    time("last_active_at", r.last_active_at)?;
    time("created_at", r.created_at)?;
    time("updated_at", r.updated_at)
}

fn check_group(r: &mut GroupRecord) -> Checked {
    if r.number.is_none() && r.id.is_none() && r.guid.is_none() {
        return Err(Problem { field: "", text: "a group needs a number, an id or a guid".to_owned() });
    }
    number("number", r.number)?;
    uid("guid", "guid", &mut r.guid)?;
    if let Some(owner) = &mut r.owner {
        person_ref("owner", owner)?;
    }
    for (field, said, max) in [
        ("name", &r.name, limits::NAME),
        ("description", &r.description, limits::DESCRIPTION),
        ("sponsor", &r.sponsor, limits::BUSINESS_NAME),
        ("criteria", &r.criteria, limits::DESCRIPTION),
        ("icon", &r.icon, limits::URL),
        ("page", &r.page, limits::URL),
        ("email", &r.email, limits::EMAIL),
        ("additional_information", &r.additional_information, limits::DESCRIPTION),
    ] {
        text(field, said.as_ref(), max)?;
    }
    metadata(r.metadata.as_ref())?;
    tags(r.tags.as_ref())?;
    time("created_at", r.created_at)?;
    time("updated_at", r.updated_at)
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
    moment("banned_at", r.banned_at)
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
    number("number", r.number).map_err(|p| within(field, p))?;
    uid(field, "uid", &mut r.uid)?;
    login(r.login.as_ref()).map_err(|p| within(field, p))
}

fn group_ref(field: &'static str, r: &mut GroupRef) -> Checked {
    if *r == GroupRef::default() {
        return Err(Problem::of(field, "names no group: it needs a number, an id or a guid"));
    }
    number("number", r.number).map_err(|p| within(field, p))?;
    uid(field, "guid", &mut r.guid)
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
