//! What a client says of a group.

use crate::body::{self, Fields};
use crate::keys::{self, SYSTEM};
use dialect::{Fault, Refusal, Session};
use membership::life_cycle::StepRefusal;
use membership::limits;
use membership::record::{GroupRecord, Metadata, PersonRef};
use membership::{GroupEdit, GroupKey, GroupKind, NewGroup, Step};

/// The longest name, in characters (documented).
const NAME: usize = 100;
/// The longest description, in characters (documented).
const DESCRIPTION: usize = 255;
/// What can be emptied by name (documented).
const UNSET: &[&str] = &["icon", "description", "metadata"];

/// The fields of a body.
pub struct GroupFields {
    /// All but the owner.
    pub record: GroupRecord,
    /// The password, in clear; an empty one counts as none.
    pub password: Option<String>,
    owner: Option<String>,
}

impl GroupFields {
    /// Reads what may be said of any group. Its guid is not looked at: it cannot be changed, and clients send it back.
    pub fn read(fields: &Fields<'_>) -> Result<Self, Fault> {
        let record = GroupRecord {
            name: fields.full_text("name", NAME)?,
            description: fields.text("description", DESCRIPTION)?,
            r#type: fields.text("type", usize::MAX)?.map(|word| kind(&word).ok_or_else(bad_kind)).transpose()?,
            icon: fields.text("icon", limits::URL)?,
            metadata: fields.metadata()?,
            tags: fields.tags()?,
            ..GroupRecord::default()
        };
        let password = fields.text("password", limits::PASSWORD)?.filter(|password| !password.is_empty());
        let owner = fields.text("owner", limits::UID)?.filter(|owner| !owner.is_empty());
        Ok(Self { record, password, owner })
    }

    /// The same for a group that there is, some of whose fields may be emptied by name.
    pub fn read_edit(fields: &Fields<'_>) -> Result<Self, Fault> {
        let mut said = Self::read(fields)?;
        for name in fields.unset(UNSET)? {
            match name {
                "icon" => said.record.icon = Some(String::new()),
                "description" => said.record.description = Some(String::new()),
                _ => said.record.metadata = Some(Metadata::default()),
            }
        }
        Ok(said)
    }

    /// The group to be made. Who owns it is said by an application; a person owns what it makes itself, whatever else is
    /// said.
    pub fn new_group(&self, session: &Session<'_>, guid: &str, steps: Vec<Step>) -> Result<NewGroup, Refusal> {
        let mut record = self.record.clone();
        record.guid = Some(guid.to_owned());
        if session.viewer_number().is_none()
            && let Some(uid) = self.owner.as_deref().filter(|uid| !is_system(uid))
        {
            record.owner = Some(person(session, uid)?);
        }
        Ok(NewGroup { record, password: self.password.clone(), steps })
    }

    /// The change to be made. The owner is changed by an application only: what a person says is passed over
    /// (documented).
    pub fn edit(&self, session: &Session<'_>, group: &GroupKey) -> Result<GroupEdit, Refusal> {
        let mut record = self.record.clone();
        match self.owner.as_deref() {
            Some(uid) if session.viewer_number().is_none() && !is_system(uid) => {
                record.owner = Some(person(session, uid)?);
            }
            Some(_) if session.viewer_number().is_none() && session.group(group)?.owner.is_some() => {
                return Err(body::invalid("owner", "must be the uid of a user").into());
            }
            _ => {}
        }
        Ok(GroupEdit { record, password: self.password.clone() })
    }

    /// The owner was there when it was looked up, so it has gone meanwhile if the core does not know it.
    pub fn of_owner(&self, refusal: Refusal) -> Refusal {
        match (refusal, &self.owner) {
            (Refusal::Field(bad), Some(uid)) if bad.field == "owner" => Refusal::NoSuchPerson(uid.clone()),
            (other, _) => other,
        }
    }

    /// A group that becomes one with a password needs one: where none was said, the refusal is that of joining without.
    pub fn of_password(&self, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Field(bad) if bad.field == "password" && self.password.is_none() => password_missing(),
            other => other,
        }
    }
}

/// A group of this kind needs a password.
pub fn password_missing() -> Refusal {
    StepRefusal::PasswordMissing.into()
}

/// The kind of this name, in any case; `protected` is an older name of one.
pub fn kind(word: &str) -> Option<GroupKind> {
    match word.to_ascii_lowercase().as_str() {
        "protected" => Some(GroupKind::Password),
        word => word.parse().ok(),
    }
}

fn bad_kind() -> Fault {
    body::invalid("type", "must be public, private or password")
}

fn is_system(uid: &str) -> bool {
    uid.eq_ignore_ascii_case(SYSTEM)
}

fn person(session: &Session<'_>, uid: &str) -> Result<PersonRef, Refusal> {
    let found = session.person(&keys::uid(uid)).map_err(|refusal| match refusal {
        Refusal::NoSuchPerson(_) => Refusal::NoSuchPerson(uid.to_owned()),
        other => other,
    })?;
    Ok(PersonRef { number: Some(found.number), ..PersonRef::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::limits::BadText;

    #[test]
    fn an_owner_who_has_gone_is_as_unknown_as_one_who_never_was() {
        let body = br#"{"guid":"g","name":"N","owner":"Ada"}"#;
        let said = GroupFields::read(&Fields::of_body(body).expect("an object")).expect("good");
        let bad = |field| Refusal::Field(BadText { field, problem: "names nobody".into() });
        assert_eq!(said.of_owner(bad("owner")), Refusal::NoSuchPerson("Ada".into()));
        assert_eq!(said.of_owner(bad("name")), bad("name"));
        assert_eq!(said.of_owner(Refusal::NoSuchGroup), Refusal::NoSuchGroup);
    }
}
