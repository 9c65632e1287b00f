//! The import, naively: one record after the other, each judged whole before anything is changed.

mod bounds;
mod memberships;

use crate::MemoryDirectory;
use crate::world::{About, World};
use bounds::{check_group, check_person};
use membership::limits::{self, check_uid};
use membership::record::{GroupRecord, GroupRef, PersonRecord, PersonRef, Record};
use membership::text::fold;
use membership::{AccountStatus, By, Group, GroupKey, GroupKind, Money, Person, Presence, State};
use uuid::Uuid;

const USED_UP: &str = "no number is left";

impl MemoryDirectory {
    /// Takes in every line, at the time `now` (unix seconds): persons first, then groups, then memberships, so that a
    /// line may name what stands behind it. Empty lines are passed over. Gives the number of rows that were made or
    /// changed; an error names the line, and then what was taken in before it stays.
    ///
    /// Each line is taken in before the next is looked at. So an identifier that is generated here may be one that a
    /// later line brings for somebody else; the import of a store keeps such identifiers free.
    pub fn load_ndjson(&mut self, text: &str, now: i64) -> Result<usize, String> {
        let mut lines = Vec::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            lines.push((at + 1, Record::parse(line.trim()).map_err(|error| format!("line {}: {error}", at + 1))?));
        }
        let kinds: [fn(&Record) -> bool; 3] = [
            |r| matches!(r, Record::Person(_)),
            |r| matches!(r, Record::Group(_)),
            |r| matches!(r, Record::Membership(_)),
        ];
        let mut changed = 0;
        for of_kind in kinds {
            for (at, record) in lines.iter().filter(|(_, record)| of_kind(record)) {
                changed += usize::from(self.restore(record, now).map_err(|error| format!("line {at}: {error}"))?);
            }
        }
        Ok(changed)
    }

    /// Takes in one record at the time `now` (unix seconds). Gives whether anything was made or changed; after an
    /// error nothing was. Identifiers only name the row: they never change it.
    pub fn restore(&mut self, record: &Record, now: i64) -> Result<bool, String> {
        self.world_mut().take_in(record, now)
    }

    /// The same where others read meanwhile.
    pub fn import(&self, record: &Record, now: i64) -> Result<bool, String> {
        self.command(|world| world.take_in(record, now))
    }
}

/// What an import says of a row is done when nothing is wrong with it; it gives what it changed, if anything.
impl World {
    fn take_in(&mut self, record: &Record, now: i64) -> Result<bool, String> {
        let changed = match record {
            Record::Person(person) => self.restore_person(person, now),
            Record::Group(group) => self.restore_group(group, now),
            Record::Membership(membership) => self.restore_membership(membership, now),
        }?;
        if let Some(about) = changed {
            self.log(&By::system(now), "import", about);
        }
        Ok(changed.is_some())
    }

    fn restore_person(&mut self, record: &PersonRecord, now: i64) -> Result<Option<About>, String> {
        check_person(record)?;
        let uid = record.uid.as_deref().map(lawful("uid")).transpose()?;
        if uid.as_deref() == Some(limits::RESERVED_UID) {
            return Err("uid is the application's own".to_owned());
        }
        let reference = PersonRef { number: record.number, id: record.id, uid, login: record.login.clone() };
        let stored = match self.named_person(&reference)? {
            Some(number) => Some(self.person(number).ok_or("names nobody")?.clone()),
            None => None,
        };
        let mut person = match &stored {
            Some(person) => person.clone(),
            None if record.number.is_none() && self.last_person >= limits::NUMBER => return Err(USED_UP.to_owned()),
            None if record.number.is_some_and(|number| self.is_spent(number)) => {
                return Err(format!("number {}", membership::SPENT));
            }
            None => self.new_person(&reference, now),
        };
        say_person(&mut person, record);
        person.created_at = record.created_at.unwrap_or(person.created_at);
        person.updated_at = match time(record.updated_at) {
            Some(said) => said,
            None if stored.as_ref().is_some_and(|stored| *stored != person) => Some(now),
            None => person.updated_at,
        };
        if stored.as_ref() == Some(&person) {
            return Ok(None);
        }
        let about = About { person: Some(person.number), ..About::default() };
        self.put_person(person);
        Ok(Some(about))
    }

    /// Puts the person in the place of the one of the same number, or adds it.
    pub(crate) fn put_person(&mut self, person: Person) {
        self.last_person = self.last_person.max(person.number);
        self.logins.insert(fold(&person.login), person.number);
        match self.persons.iter_mut().find(|p| p.number == person.number) {
            Some(place) => *place = person,
            None => {
                self.persons.push(person);
                self.persons.sort_by_key(|p| p.number);
            }
        }
    }

    /// A person with what is generated for what the reference leaves out.
    pub(crate) fn new_person(&self, reference: &PersonRef, now: i64) -> Person {
        let number = reference.number.unwrap_or(self.last_person + 1);
        let uid = reference.uid.clone().unwrap_or_else(|| {
            let login = reference.login.as_deref().unwrap_or_default();
            let wanted = made_lawful(login).unwrap_or_else(|| format!("person-{number}"));
            free(&wanted, |uid| uid == limits::RESERVED_UID || self.persons.iter().any(|p| p.uid == uid))
        });
        let login =
            reference.login.clone().unwrap_or_else(|| free(&uid, |login| self.logins.contains_key(&fold(login))));
        Person {
            number,
            id: reference.id.unwrap_or_else(Uuid::new_v4),
            uid,
            name: login.clone(),
            login,
            business_name: String::new(),
            tag_line: String::new(),
            description: String::new(),
            email: String::new(),
            phone: String::new(),
            additional_information: String::new(),
            hourly_rate: Money::default(),
            city: String::new(),
            state: String::new(),
            country: String::new(),
            category: String::new(),
            earnings_6_months: Money::default(),
            feedback_6_months: 0,
            positive_feedback_6_months: 0,
            overview: String::new(),
            avatar: String::new(),
            link: String::new(),
            metadata: String::new(),
            tags: String::new(),
            role: "default".to_owned(),
            status_message: String::new(),
            freelancer: true,
            individual: true,
            account_status: AccountStatus::Active,
            presence: Presence::Offline,
            last_active_at: None,
            created_at: now,
            updated_at: None,
        }
    }

    fn restore_group(&mut self, record: &GroupRecord, now: i64) -> Result<Option<About>, String> {
        check_group(record)?;
        let guid = record.guid.as_deref().map(lawful("guid")).transpose()?;
        let reference = GroupRef { number: record.number, id: record.id, guid };
        let stored = match self.named_group(&reference)? {
            Some(number) => Some(self.find_group(&GroupKey::Number(number)).ok_or("names no group")?.clone()),
            None => None,
        };
        let mut group = match &stored {
            Some(group) => group.clone(),
            None if record.number.is_none() && self.last_group >= limits::NUMBER => return Err(USED_UP.to_owned()),
            None => self.new_group(&reference, record.name.as_deref().unwrap_or_default(), now),
        };
        if let Some(owner) = &record.owner {
            let owner = self.named_person(owner)?.ok_or("owner names nobody")?;
            if self.membership(group.number, owner).is_some_and(|membership| membership.state == State::Banned) {
                return Err("owner is banned from the group".to_owned());
            }
            group.owner = Some(owner);
        }
        say_group(&mut group, record);
        group.created_at = record.created_at.unwrap_or(group.created_at);
        group.updated_at = match time(record.updated_at) {
            Some(said) => said,
            None if stored.as_ref().is_some_and(|stored| *stored != group) => Some(now),
            None => group.updated_at,
        };
        if stored.as_ref() == Some(&group) {
            return Ok(None);
        }
        let about = About { group: Some(group.number), ..About::default() };
        self.put_group(group);
        Ok(Some(about))
    }

    /// Puts the group in the place of the one of the same number, or adds it.
    pub(crate) fn put_group(&mut self, group: Group) {
        self.last_group = self.last_group.max(group.number);
        match self.groups.iter_mut().find(|g| g.number == group.number) {
            Some(place) => *place = group,
            None => {
                self.groups.push(group);
                self.groups.sort_by_key(|g| g.number);
            }
        }
    }

    /// A group with what is generated for what the reference leaves out.
    pub(crate) fn new_group(&self, reference: &GroupRef, name: &str, now: i64) -> Group {
        let number = reference.number.unwrap_or(self.last_group + 1);
        let guid = reference.guid.clone().unwrap_or_else(|| {
            let wanted = made_lawful(name).unwrap_or_else(|| format!("group-{number}"));
            free(&wanted, |guid| self.groups.iter().any(|g| g.guid == guid))
        });
        Group {
            number,
            id: reference.id.unwrap_or_else(Uuid::new_v4),
            name: guid.clone(),
            guid,
            description: String::new(),
            kind: GroupKind::Public,
            owner: None,
            sponsor: String::new(),
            criteria: String::new(),
            icon: String::new(),
            page: String::new(),
            email: String::new(),
            additional_information: String::new(),
            metadata: String::new(),
            tags: String::new(),
            created_at: now,
            updated_at: None,
        }
    }
}

/// Takes over what is said of the person, but for its identifiers and for when it was created and changed.
pub(crate) fn say_person(person: &mut Person, record: &PersonRecord) {
    macro_rules! say {
        ($($field:ident),+) => { $(if let Some(said) = &record.$field { person.$field = said.clone(); })+ };
    }
    say!(name, business_name, tag_line, description, email, phone, additional_information, hourly_rate, city);
    say!(state, country, category, earnings_6_months, feedback_6_months, positive_feedback_6_months, overview);
    say!(avatar, link, role, status_message, freelancer, individual, account_status, presence);
    person.last_active_at = time(record.last_active_at).unwrap_or(person.last_active_at);
    if let Some(metadata) = &record.metadata {
        person.metadata = metadata.as_str().to_owned();
    }
    if let Some(tags) = &record.tags {
        person.tags = canonical(tags);
    }
}

/// Takes over what is said of the group, but for its identifiers, its owner, and for when it was created and changed.
pub(crate) fn say_group(group: &mut Group, record: &GroupRecord) {
    macro_rules! say {
        ($($field:ident),+) => { $(if let Some(said) = &record.$field { group.$field = said.clone(); })+ };
    }
    say!(name, description, sponsor, criteria, icon, page, email, additional_information);
    group.kind = record.r#type.unwrap_or(group.kind);
    if let Some(metadata) = &record.metadata {
        group.metadata = metadata.as_str().to_owned();
    }
    if let Some(tags) = &record.tags {
        group.tags = canonical(tags);
    }
}

/// A time that was said, where 0 says that there is none.
fn time(said: Option<i64>) -> Option<Option<i64>> {
    said.map(|at| Some(at).filter(|at| *at != 0))
}

fn canonical(tags: &[String]) -> String {
    if tags.is_empty() { String::new() } else { serde_json::Value::from(tags).to_string() }
}

fn lawful(field: &'static str) -> impl Fn(&str) -> Result<String, String> {
    move |text| check_uid(field, text).map_err(|error| error.to_string())
}

/// The text as a uid: lower-case, with a hyphen for every character that a uid may not have, without hyphens at the
/// ends; `None` when nothing is left.
fn made_lawful(text: &str) -> Option<String> {
    let hyphens: String = text
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' { c } else { '-' })
        .take(limits::UID)
        .collect();
    let trimmed = hyphens.trim_matches('-');
    if trimmed.is_empty() { None } else { Some(trimmed.to_owned()) }
}

/// `wanted`, or with the first of the suffixes `-2`, `-3`, … that nobody has.
fn free(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(wanted) {
        return wanted.to_owned();
    }
    (2..)
        .map(|n| format!("-{n}"))
        .map(|suffix| {
            let room = limits::UID - suffix.len();
            wanted.chars().take(room).collect::<String>() + &suffix
        })
        .find(|candidate| !taken(candidate))
        .expect("there are more numbers than rows")
}

#[cfg(test)]
mod tests;
