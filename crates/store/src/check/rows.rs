//! Persons and groups, row by row: what no database can judge by itself.

use super::Problems;
use crate::connection::Connection;
use crate::rows::{GroupRecord, PersonRecord, account_status};
use crate::schema::{groups, persons};
use crate::store::Failure;
use diesel::prelude::*;
use membership::record::Metadata;
use membership::text::fold;
use membership::{GroupKind, Presence, limits};
use std::fmt::Display;
use uuid::Uuid;

/// How many rows are held at once; few in tests, so that they cross the seams.
const CHUNK: i64 = if cfg!(test) { 7 } else { 500 };

/// Judges every person.
pub(super) fn persons(connection: &mut Connection, problems: &mut Problems) -> Result<(), Failure> {
    use persons::dsl as p;
    type Folded = (String, String, String, String, String, String);
    let folded = (
        p::login_folded,
        p::name_folded,
        p::description_folded,
        p::email_folded,
        p::phone_folded,
        p::additional_information_folded,
    );
    let mut from = Some(i64::MIN);
    while let Some(number) = from {
        let query = p::persons.filter(p::number.ge(number)).order(p::number).limit(CHUNK);
        let chunk: Vec<(PersonRecord, Folded)> = query.select((PersonRecord::as_select(), folded)).load(connection)?;
        for (row, (login, name, description, email, phone, information)) in &chunk {
            let folded = [
                ("login", &row.login, login),
                ("name", &row.name, name),
                ("description", &row.description, description),
                ("email", &row.email, email),
                ("phone", &row.phone, phone),
                ("additional_information", &row.additional_information, information),
            ];
            person(row, &folded, Row { table: "person", number: row.number, problems });
        }
        from = chunk.last().and_then(|(row, _)| row.number.checked_add(1));
    }
    Ok(())
}

/// Judges every group.
pub(super) fn groups(connection: &mut Connection, problems: &mut Problems) -> Result<(), Failure> {
    use groups::dsl as g;
    type Folded = (String, String, String, String);
    let folded = (g::name_folded, g::description_folded, g::email_folded, g::additional_information_folded);
    let mut from = Some(i64::MIN);
    while let Some(number) = from {
        let query = g::groups.filter(g::number.ge(number)).order(g::number).limit(CHUNK);
        let chunk: Vec<(GroupRecord, Folded)> = query.select((GroupRecord::as_select(), folded)).load(connection)?;
        for (row, (name, description, email, information)) in &chunk {
            let folded = [
                ("name", &row.name, name),
                ("description", &row.description, description),
                ("email", &row.email, email),
                ("additional_information", &row.additional_information, information),
            ];
            group(row, &folded, Row { table: "group", number: row.number, problems });
        }
        from = chunk.last().and_then(|(row, _)| row.number.checked_add(1));
    }
    Ok(())
}

/// The name of a column, its text, and what is kept as its folding.
type FoldedColumn<'a> = (&'static str, &'a String, &'a String);

fn person(row: &PersonRecord, folded: &[FoldedColumn], mut judge: Row) {
    judge.identifiers(&row.id, "uid", &row.uid);
    if row.login.is_empty() {
        judge.tell("text", "login must not be empty");
    }
    judge.texts([
        ("login", &row.login, limits::LOGIN),
        ("name", &row.name, limits::NAME),
        ("business_name", &row.business_name, limits::BUSINESS_NAME),
        ("tag_line", &row.tag_line, limits::TAG_LINE),
        ("description", &row.description, limits::DESCRIPTION),
        ("email", &row.email, limits::EMAIL),
        ("phone", &row.phone, limits::PHONE),
        ("additional_information", &row.additional_information, limits::DESCRIPTION),
        ("city", &row.city, limits::SHORT),
        ("state", &row.state, limits::SHORT),
        ("country", &row.country, limits::SHORT),
        ("category", &row.category, limits::SHORT),
        ("overview", &row.overview, limits::OVERVIEW),
        ("avatar", &row.avatar, limits::URL),
        ("link", &row.link, limits::URL),
        ("role", &row.role, limits::SHORT),
        ("status_message", &row.status_message, limits::TAG_LINE),
        ("metadata", &row.metadata, limits::METADATA),
    ]);
    judge.folded(folded);
    judge.metadata(&row.metadata);
    judge.tags(&row.tags);
    judge.not_negative([
        ("hourly_rate", row.hourly_rate),
        ("earnings_6_months", row.earnings_6_months),
        ("feedback_6_months", row.feedback_6_months),
        ("positive_feedback_6_months", row.positive_feedback_6_months),
        ("last_active_at", row.last_active_at),
        ("created_at", row.created_at),
        ("updated_at", row.updated_at),
    ]);
    judge.known("account_status", account_status(&row.account_status).is_ok());
    judge.known("presence", row.presence.parse::<Presence>().is_ok());
}

fn group(row: &GroupRecord, folded: &[FoldedColumn], mut judge: Row) {
    judge.identifiers(&row.id, "guid", &row.guid);
    judge.texts([
        ("name", &row.name, limits::NAME),
        ("description", &row.description, limits::DESCRIPTION),
        ("sponsor", &row.sponsor, limits::BUSINESS_NAME),
        ("criteria", &row.criteria, limits::DESCRIPTION),
        ("icon", &row.icon, limits::URL),
        ("page", &row.page, limits::URL),
        ("email", &row.email, limits::EMAIL),
        ("additional_information", &row.additional_information, limits::DESCRIPTION),
        ("metadata", &row.metadata, limits::METADATA),
    ]);
    judge.folded(folded);
    judge.metadata(&row.metadata);
    judge.tags(&row.tags);
    judge.not_negative([("owner", row.owner), ("created_at", row.created_at), ("updated_at", row.updated_at)]);
    judge.known("kind", row.kind.parse::<GroupKind>().is_ok());
}

/// The row that is judged.
struct Row<'a> {
    table: &'static str,
    number: i64,
    problems: &'a mut Problems,
}

impl Row<'_> {
    fn tell(&mut self, kind: &'static str, problem: impl Display) {
        let Self { table, number, .. } = *self;
        self.problems.tell(table, kind, || format!("{table} {number}: {problem}"));
    }

    /// Rows are looked up by the bytes of their identifiers, so only one way of writing each will do.
    fn identifiers(&mut self, id: &str, column: &'static str, uid: &str) {
        if self.number < 1 {
            self.tell("number", "the number must be positive");
        }
        if !Uuid::parse_str(id).is_ok_and(|uuid| uuid.to_string() == id) {
            self.tell("id", "id must be a UUID in lower case with hyphens");
        }
        match limits::check_uid(column, uid) {
            Ok(lowered) if lowered == uid => {}
            Ok(_) => self.tell("uid", format_args!("{column} must be in lower case")),
            Err(bad) => self.tell("uid", bad),
        }
    }

    fn texts<const N: usize>(&mut self, texts: [(&'static str, &String, usize); N]) {
        for (column, text, max) in texts {
            if let Err(bad) = limits::check(column, text, max) {
                self.tell("text", bad);
            }
        }
    }

    fn folded(&mut self, columns: &[FoldedColumn]) {
        for (column, text, folded) in columns {
            if fold(text) != **folded {
                self.tell("folded", format_args!("{column}_folded is not the folding of {column}"));
            }
        }
    }

    fn metadata(&mut self, text: &str) {
        match Metadata::parse(text) {
            Ok(metadata) if metadata.as_str() == text => {}
            Ok(_) => self.tell("metadata", "metadata must be canonical: keys sorted, no blanks, empty for no keys"),
            Err(bad) => self.tell("metadata", format_args!("metadata {bad}")),
        }
    }

    fn tags(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match serde_json::from_str::<Vec<String>>(text) {
            Err(_) => self.tell("tags", "tags must be a JSON array of texts"),
            Ok(tags) if tags.len() > limits::TAGS => {
                self.tell("tags", format_args!("tags must be at most {}", limits::TAGS));
            }
            Ok(tags) => {
                let bad = tags.iter().find_map(|tag| limits::check("tags", tag, limits::TAG).err());
                let canonical = if tags.is_empty() { String::new() } else { serde_json::Value::from(tags).to_string() };
                if let Some(bad) = bad {
                    self.tell("tags", bad);
                } else if canonical != text {
                    self.tell("tags", "tags must be canonical: no blanks, empty for none");
                }
            }
        }
    }

    fn not_negative<const N: usize>(&mut self, numbers: [(&'static str, i64); N]) {
        for (column, number) in numbers {
            if number < 0 {
                self.tell("negative", format_args!("{column} must not be negative but is {number}"));
            }
        }
    }

    fn known(&mut self, column: &'static str, known: bool) {
        if !known {
            self.tell("word", format_args!("{column} holds an unknown word"));
        }
    }
}
