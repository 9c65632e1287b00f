//! What the fields of a record must be by themselves, before anybody asks which row it is: one table for the import and
//! for every command.

use super::{GroupRecord, Metadata, PersonRecord, PersonRef};
use crate::limits::{self, BadText, check, check_uid};

type Checked = Result<(), BadText>;

fn bad(field: &'static str, problem: impl Into<String>) -> Checked {
    Err(BadText { field, problem: problem.into() })
}

/// A text of at most `max` characters, without U+0000.
pub fn text(field: &'static str, said: Option<&String>, max: usize) -> Checked {
    said.map_or(Ok(()), |said| check(field, said, max))
}

/// A number of a row: positive, and what every reader of JSON keeps exactly ([`limits::NUMBER`]).
pub fn number(field: &'static str, said: Option<i64>) -> Checked {
    match said {
        Some(number) if !(1..=limits::NUMBER).contains(&number) => {
            bad(field, format!("must be from 1 to {}", limits::NUMBER))
        }
        _ => Ok(()),
    }
}

/// A time, 0 for none.
pub fn time(field: &'static str, said: Option<i64>) -> Checked {
    match said {
        Some(time) if !(0..=limits::TIME).contains(&time) => {
            bad(field, format!("must be unix seconds from 0 to {}", limits::TIME))
        }
        _ => Ok(()),
    }
}

/// A time that cannot be absent: everybody who has joined, or was banned, did so at some time.
pub fn moment(field: &'static str, said: Option<i64>) -> Checked {
    if said == Some(0) {
        return bad(field, format!("must be unix seconds from 1 to {}; 0 would say that it never was", limits::TIME));
    }
    time(field, said)
}

fn count(field: &'static str, said: Option<i64>) -> Checked {
    if said.is_some_and(|n| n < 0) { bad(field, "must not be negative") } else { Ok(()) }
}

/// A uid or guid: judged and brought into lower case.
pub fn uid(field: &'static str, said: &mut Option<String>) -> Checked {
    if let Some(text) = said {
        *text = check_uid(field, text)?;
    }
    Ok(())
}

/// The uid that a person is to have: not [`limits::RESERVED_UID`], in whatever case.
fn uid_of_a_person(said: &mut Option<String>) -> Checked {
    uid("uid", said)?;
    if said.as_deref() == Some(limits::RESERVED_UID) {
        return bad("uid", format!("must not be {}, which stands for the application itself", limits::RESERVED_UID));
    }
    Ok(())
}

/// A login: not empty.
pub fn login(said: Option<&String>) -> Checked {
    filled("login", said, limits::LOGIN)
}

/// The name of a person or group: not empty, since every dialect shows one and RM takes none back that is.
fn name(said: Option<&String>) -> Checked {
    filled("name", said, limits::NAME)
}

/// A text that is not empty.
fn filled(field: &'static str, said: Option<&String>, max: usize) -> Checked {
    if said.is_some_and(String::is_empty) {
        return bad(field, "must not be empty");
    }
    text(field, said, max)
}

fn tags(said: Option<&Vec<String>>) -> Checked {
    let Some(tags) = said else { return Ok(()) };
    if tags.len() > limits::TAGS {
        return bad("tags", format!("must be at most {}", limits::TAGS));
    }
    tags.iter().try_for_each(|tag| text("tags", Some(tag), limits::TAG))
}

fn metadata(said: Option<&Metadata>) -> Checked {
    let Some(text) = said.map(Metadata::as_str) else { return Ok(()) };
    check("metadata", text, limits::METADATA)?;
    if holds_escaped_nul(text) {
        return bad("metadata", "must not hold the character U+0000");
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

impl PersonRecord {
    /// Judges every field that is said, and brings the uid into lower case. Which identifiers are said, and whether they
    /// name somebody, is not judged here.
    pub fn check(&mut self) -> Result<(), BadText> {
        number("number", self.number)?;
        uid_of_a_person(&mut self.uid)?;
        login(self.login.as_ref())?;
        name(self.name.as_ref())?;
        for (field, said, max) in [
            ("business_name", &self.business_name, limits::BUSINESS_NAME),
            ("tag_line", &self.tag_line, limits::TAG_LINE),
            ("description", &self.description, limits::DESCRIPTION),
            ("email", &self.email, limits::EMAIL),
            ("phone", &self.phone, limits::PHONE),
            ("additional_information", &self.additional_information, limits::DESCRIPTION),
            ("city", &self.city, limits::SHORT),
            ("state", &self.state, limits::SHORT),
            ("country", &self.country, limits::SHORT),
            ("category", &self.category, limits::SHORT),
            ("overview", &self.overview, limits::OVERVIEW),
            ("avatar", &self.avatar, limits::URL),
            ("link", &self.link, limits::URL),
            ("role", &self.role, limits::SHORT),
            ("status_message", &self.status_message, limits::TAG_LINE),
        ] {
            text(field, said.as_ref(), max)?;
        }
        metadata(self.metadata.as_ref())?;
        tags(self.tags.as_ref())?;
        count("feedback_6_months", self.feedback_6_months)?;
        count("positive_feedback_6_months", self.positive_feedback_6_months)?;
        time("last_active_at", self.last_active_at)?;
        time("created_at", self.created_at)?;
        time("updated_at", self.updated_at)
    }
}

impl GroupRecord {
    /// Judges every field that is said but the owner, and brings the guid into lower case. Which identifiers are said,
    /// and whether they name a group, is not judged here.
    pub fn check(&mut self) -> Result<(), BadText> {
        number("number", self.number)?;
        uid("guid", &mut self.guid)?;
        name(self.name.as_ref())?;
        for (field, said, max) in [
            ("description", &self.description, limits::DESCRIPTION),
            ("sponsor", &self.sponsor, limits::BUSINESS_NAME),
            ("criteria", &self.criteria, limits::DESCRIPTION),
            ("icon", &self.icon, limits::URL),
            ("page", &self.page, limits::URL),
            ("email", &self.email, limits::EMAIL),
            ("additional_information", &self.additional_information, limits::DESCRIPTION),
        ] {
            text(field, said.as_ref(), max)?;
        }
        metadata(self.metadata.as_ref())?;
        tags(self.tags.as_ref())?;
        time("created_at", self.created_at)?;
        time("updated_at", self.updated_at)
    }
}

impl PersonRef {
    /// Judges every identifier that is said, and brings the uid into lower case.
    pub fn check(&mut self) -> Result<(), BadText> {
        number("number", self.number)?;
        uid("uid", &mut self.uid)?;
        login(self.login.as_ref())
    }
}
