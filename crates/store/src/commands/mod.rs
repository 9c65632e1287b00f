//! Commands: what one call of the [`membership::Registrar`] changes, as one transaction.
//!
//! **Locks.** On SQLite a transaction that writes is alone. On PostgreSQL every command locks in this order, so that no
//! two wait for each other: rows of groups, by number; persons, by number; memberships; credentials; counters; totals,
//! by the number of the group; the head of the change log. Whoever takes steps in a group holds its row, so the steps of
//! one group come one after the other, and what is judged by (who owns it, who its last admin is) cannot change in
//! between. Whoever refers to a person or a group keeps it from being deleted until the end, most of all by foreign
//! keys. What still ends in a deadlock is tried again.
//!
//! **Passwords** take some 20 ms each, which nobody should wait for. So a command that finds that it needs one judged or
//! hashed is given up, the work is done, and it runs again with what was found out.

mod groups;
mod held;
mod identifiers;
mod jobs;
mod persons;
mod presence;
mod steps;

pub(crate) use groups::{create_group, delete_group, edit_group};
pub(crate) use held::keep_person;
pub(crate) use jobs::{close_job, post_job};
pub(crate) use persons::{create_person, create_person_with, delete_person, edit_person};
pub(crate) use presence::set_presence;
pub(crate) use steps::steps;

use crate::changes::{self, Change};
use crate::connection::Connection;
use crate::error::StoreError;
use crate::listing;
use crate::store::{Failure, Store};
use crate::totals::Differences;
use access::PasswordHash;
use membership::limits::{self, BadText};
use membership::{By, CommandError, DirectoryError, Expected, GroupEntry, GroupKey};
use std::fmt;

/// Why a command is given up before its transaction ends.
#[derive(Debug)]
pub(crate) enum Halt {
    /// It is refused.
    Refused(CommandError),
    /// It needs something that takes too long to be done in a transaction.
    Needs(Need),
}

/// What is to be done before the command runs again.
pub(crate) enum Need {
    /// Find out whether this is the password of this stored hash.
    Judged { hash: String, password: String },
    /// Hash this password.
    Hashed(String),
}

impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Judged { .. } => "Judged(…)",
            Self::Hashed(_) => "Hashed(…)",
        })
    }
}

/// What has been found out about passwords so far.
#[derive(Default)]
pub(crate) struct Passwords {
    /// Stored hash, password, whether it is the one.
    judged: Vec<(String, String, bool)>,
    hashed: Option<PasswordHash>,
}

impl Passwords {
    /// Whether `password` is that of the stored hash.
    fn is_of(&self, password: &str, hash: &str) -> Result<bool, Failure> {
        // Such a one was never taken.
        if password.is_empty() || check_password(password).is_err() {
            return Ok(false);
        }
        let known = self.judged.iter().find(|(of, said, _)| of == hash && said == password);
        let need = || Need::Judged { hash: hash.to_owned(), password: password.to_owned() };
        known.map(|(.., right)| *right).ok_or_else(|| Halt::Needs(need()).into())
    }

    /// The hash of `password`, the only one of this command.
    fn hash_of(&self, password: &str) -> Result<&PasswordHash, Failure> {
        self.hashed.as_ref().ok_or_else(|| Halt::Needs(Need::Hashed(password.to_owned())).into())
    }

    /// Does what is needed.
    fn find_out(&mut self, need: Need) -> Result<(), CommandError> {
        match need {
            Need::Judged { hash, password } => {
                // What is stored but no hash is nobody's password.
                let right = PasswordHash::stored(hash.as_str()).is_ok_and(|hash| hash.is_of(&password));
                self.judged.push((hash, password, right));
            }
            Need::Hashed(password) => {
                let hash = PasswordHash::of(&password);
                self.hashed = Some(hash.map_err(|error| DirectoryError::Unavailable(Box::new(error)))?);
            }
        }
        Ok(())
    }
}

/// Judges the length of a password.
fn check_password(password: &str) -> Result<(), BadText> {
    limits::check("password", password, limits::PASSWORD)
}

fn bad(field: &'static str, problem: impl Into<String>) -> CommandError {
    BadText { field, problem: problem.into() }.into()
}

/// A command in its transaction.
pub(crate) struct Work<'a> {
    connection: &'a mut Connection,
    by: By,
    passwords: &'a Passwords,
    totals: Differences,
    log: Vec<Change>,
}

impl Store {
    /// Runs `act` in one transaction, and logs what it has noted. It may run several times; only the last run counts.
    fn command<T>(
        &self,
        by: &By,
        passwords: &mut Passwords,
        mut act: impl FnMut(&mut Work<'_>) -> Result<T, Failure>,
    ) -> Result<T, CommandError> {
        loop {
            let outcome = self.write_looking(|connection| {
                let (totals, log) = (Differences::default(), Vec::new());
                let mut work = Work { connection, by: *by, passwords, totals, log };
                let value = act(&mut work)?;
                work.settle()?;
                changes::log(work.connection, by.now, &work.log)?;
                Ok(value)
            });
            match outcome {
                Ok(value) => return Ok(value),
                Err(Failure::Halt(Halt::Refused(error))) => return Err(error),
                Err(Failure::Halt(Halt::Needs(need))) => passwords.find_out(need)?,
                Err(failure) => return Err(DirectoryError::from(StoreError::from(failure)).into()),
            }
        }
    }
}

impl Work<'_> {
    /// The time of a change, which is never 0: that would say that there was none.
    fn moment(&self) -> i64 {
        self.by.now.max(1)
    }

    /// The group of this number, which is there, as the one sees it by whom the command runs.
    fn entry(&mut self, number: i64) -> Result<GroupEntry, Failure> {
        self.settle()?;
        let entry = listing::group_entry(self.connection, &GroupKey::Number(number), self.by.person)?;
        entry.ok_or_else(|| CommandError::NoSuchGroup.into())
    }

    /// Applies the differences of totals that are outstanding, so that what is read behind shows them.
    fn settle(&mut self) -> Result<(), Failure> {
        std::mem::take(&mut self.totals).apply(self.connection)
    }

    /// Notes what was done on the authority `by`, for the change log.
    fn note(&mut self, by: &By, action: &'static str, change: Change) {
        let (actor, credential) = (by.person.unwrap_or(0), by.credential.unwrap_or(0));
        self.log.push(Change { action, actor, credential, ..change });
    }
}

/// Makes sure of what was expected of a row.
fn expect<T>(expected: Expected<'_, T>, row: &T) -> Result<(), CommandError> {
    if expected.is_none_or(|holds| holds(row)) { Ok(()) } else { Err(CommandError::Unexpected) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_out_holds_for_that_hash_only() {
        let mut passwords = Passwords::default();
        let [first, second] = ["old", "new"].map(|password| PasswordHash::of(password).expect("random bits"));
        let need = |passwords: &Passwords, hash: &PasswordHash| match passwords.is_of("old", hash.as_str()) {
            Err(Failure::Halt(Halt::Needs(need))) => need,
            other => panic!("{other:?}"),
        };
        assert!(matches!(passwords.is_of("", first.as_str()), Ok(false)), "nothing needs to be found out");
        let needed = need(&passwords, &first);
        assert_eq!(format!("{needed:?}"), "Judged(…)", "no secret is printed");
        passwords.find_out(needed).expect("found out");
        assert!(matches!(passwords.is_of("old", first.as_str()), Ok(true)));
        let needed = need(&passwords, &second);
        passwords.find_out(needed).expect("found out");
        assert!(matches!(passwords.is_of("old", second.as_str()), Ok(false)));
    }
}
