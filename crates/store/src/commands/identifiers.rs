//! Identifiers of new rows: those that are said must be free, those that are not are made.

use super::{Work, bad};
use crate::connection::Connection;
use crate::identity;
use crate::import::{self, LIST, on_either};
use crate::schema::counters;
use crate::store::Failure;
use diesel::prelude::*;
use membership::text::fold;
use membership::{CommandError, limits};
use std::collections::BTreeSet;
use uuid::Uuid;

/// How many attempts at an identifier are looked up at once, at first.
const FEW: usize = 8;

/// The identifiers of a row that is to be made.
pub(super) struct Identifiers {
    pub number: i64,
    pub id: Uuid,
    /// The uid of a person, the guid of a group.
    pub uid: String,
    /// Empty for a group.
    pub login: String,
}

impl Work<'_> {
    /// Identifiers for a group, of which these are said; `name` is what the guid is made from.
    pub(super) fn new_group_identifiers(
        &mut self,
        number: Option<i64>,
        id: Option<Uuid>,
        guid: Option<&str>,
        name: Option<&str>,
    ) -> Result<Identifiers, Failure> {
        if let Some(guid) = guid {
            free("guid", &import::groups_by_guid(self.connection, &[guid.to_owned()])?)?;
        }
        if let Some(number) = number {
            free("number", &import::groups_by_number(self.connection, &[number])?)?;
        }
        if let Some(id) = id {
            free("id", &import::groups_by_id(self.connection, &[id.to_string()])?)?;
        }
        let number = self.number("group", number)?;
        let uid = match guid {
            Some(guid) => guid.to_owned(),
            None => self.made(&identity::guid_base(name, number), |work, candidates| {
                let found = import::groups_by_guid(work.connection, candidates)?;
                Ok(found.into_iter().map(|(_, _, guid, _)| guid).collect())
            })?,
        };
        Ok(Identifiers { number, id: id.unwrap_or_else(Uuid::new_v4), uid, login: String::new() })
    }

    /// Identifiers for a person, of which these are said.
    pub(super) fn new_person_identifiers(
        &mut self,
        number: Option<i64>,
        id: Option<Uuid>,
        uid: Option<&str>,
        login: Option<&str>,
    ) -> Result<Identifiers, Failure> {
        if let Some(uid) = uid {
            free("uid", &import::persons_by_uid(self.connection, &[uid.to_owned()])?)?;
        }
        if let Some(login) = login {
            free("login", &import::persons_by_login(self.connection, &[fold(login)])?)?;
        }
        if let Some(number) = number {
            free("number", &import::persons_by_number(self.connection, &[number])?)?;
            if import::is_spent(self.connection, number)? {
                return Err(CommandError::Spent("number").into());
            }
        }
        if let Some(id) = id {
            free("id", &import::persons_by_id(self.connection, &[id.to_string()])?)?;
        }
        let number = self.number("person", number)?;
        let uid = match uid {
            Some(uid) => uid.to_owned(),
            None => self.made(&identity::uid_base(login, number), |work, candidates| {
                let found = import::persons_by_uid(work.connection, candidates)?;
                let reserved = limits::RESERVED_UID.to_owned();
                Ok(found.into_iter().map(|(_, _, uid, _)| uid).chain([reserved]).collect())
            })?,
        };
        let login = match login {
            Some(login) => login.to_owned(),
            // A made login is a uid or like one, so it is folded already.
            None => self.made(&uid, |work, candidates| {
                let found = import::persons_by_login(work.connection, candidates)?;
                Ok(found.into_iter().map(|(_, _, _, login)| login).collect())
            })?,
        };
        Ok(Identifiers { number, id: id.unwrap_or_else(Uuid::new_v4), uid, login })
    }

    /// The number that is said, or else the next one. The counter never stands below a number that is taken, and is
    /// held until the transaction ends.
    pub(super) fn number(&mut self, counter: &'static str, said: Option<i64>) -> Result<i64, Failure> {
        let this = counters::table.find(counter);
        if let Some(number) = said {
            let raised = diesel::update(this.filter(counters::last.lt(number)));
            on_either!(&mut *self.connection, inner => raised.set(counters::last.eq(number)).execute(inner))?;
            return Ok(number);
        }
        let next = diesel::update(this).set(counters::last.eq(counters::last + 1));
        let number: i64 = match &mut *self.connection {
            Connection::Sqlite(inner) => {
                next.execute(inner)?;
                this.select(counters::last).first(inner)?
            }
            Connection::Postgres(inner) => next.returning(counters::last).get_result(inner)?,
        };
        if number > limits::NUMBER {
            let problem = format!("is missing, and none is left: {} is taken", limits::NUMBER);
            return Err(bad("number", problem).into());
        }
        Ok(number)
    }

    /// The first attempt at `base` that is not taken; `taken` gives those of a list that are.
    fn made(
        &mut self,
        base: &str,
        taken: impl Fn(&mut Self, &[String]) -> Result<BTreeSet<String>, Failure>,
    ) -> Result<String, Failure> {
        let mut attempts = (1..).map(|n| identity::attempt(base, n, limits::UID));
        let mut many = FEW;
        loop {
            let some: Vec<String> = attempts.by_ref().take(many).collect();
            let taken = taken(self, &some)?;
            if let Some(free) = some.into_iter().find(|candidate| !taken.contains(candidate)) {
                return Ok(free);
            }
            many = LIST;
        }
    }
}

/// Makes sure that nobody was found who has the identifier.
fn free<T>(field: &'static str, found: &[T]) -> Result<(), CommandError> {
    if found.is_empty() { Ok(()) } else { Err(CommandError::InUse(field)) }
}
