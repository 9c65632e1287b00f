//! Changes, naively: every command works on a copy of everything, so one that fails has changed nothing.

mod groups;
mod jobs;
mod persons;
mod steps;

use crate::MemoryDirectory;
use membership::record::PersonRecord;
use membership::{
    By, CommandError, Expected, Failing, Group, GroupEdit, GroupEntry, GroupKey, Job, NewGroup, NewJob, Person,
    PersonKey, Presence, Registrar, Step, Stepped,
};

impl Registrar for MemoryDirectory {
    fn steps(&self, by: &By, group: &GroupKey, steps: &[Step], failing: Failing) -> Result<Stepped, CommandError> {
        self.command(|world| world.steps(by, group, steps, failing))
    }

    fn create_group(&self, by: &By, new: &NewGroup) -> Result<Stepped, CommandError> {
        self.command(|world| world.create_group(by, new))
    }

    fn edit_group(
        &self,
        by: &By,
        key: &GroupKey,
        edit: &GroupEdit,
        expected: Expected<'_, Group>,
    ) -> Result<GroupEntry, CommandError> {
        self.command(|world| world.edit_group(by, key, edit, expected))
    }

    fn delete_group(&self, by: &By, key: &GroupKey, expected: Expected<'_, Group>) -> Result<Group, CommandError> {
        self.command(|world| world.delete_group(by, key, expected))
    }

    fn create_person(&self, by: &By, record: &PersonRecord) -> Result<Person, CommandError> {
        self.command(|world| world.create_person(by, record))
    }

    fn edit_person(
        &self,
        by: &By,
        key: &PersonKey,
        record: &PersonRecord,
        expected: Expected<'_, Person>,
    ) -> Result<Person, CommandError> {
        self.command(|world| world.edit_person(by, key, record, expected))
    }

    fn delete_person(&self, by: &By, key: &PersonKey, expected: Expected<'_, Person>) -> Result<Person, CommandError> {
        self.command(|world| world.delete_person(by, key, expected))
    }

    fn set_presence(&self, by: &By, person: &PersonKey, presence: Presence) -> Result<Person, CommandError> {
        self.command(|world| world.set_presence(by, person, presence))
    }

    fn post_job(&self, by: &By, new: &NewJob) -> Result<Job, CommandError> {
        self.command(|world| world.post_job(by, new))
    }

    fn close_job(&self, by: &By, number: i64) -> Result<Job, CommandError> {
        self.command(|world| world.close_job(by, number))
    }
}

/// Why nothing can be made that brings no number.
const USED_UP: &str = "is missing, and none is left: 9007199254740991 is taken";

/// The time of a change. Where 0 stands for "never", nothing happens at 0.
fn moment(by: &By) -> i64 {
    by.now.max(1)
}

/// What was expected of the row must be true of it.
fn must_be_as<T>(expected: Expected<'_, T>, row: &T) -> Result<(), CommandError> {
    match expected {
        Some(is_true_of) if !is_true_of(row) => Err(CommandError::Unexpected),
        _ => Ok(()),
    }
}

fn bad(field: &'static str, problem: &str) -> CommandError {
    CommandError::Field(membership::limits::BadText { field, problem: problem.to_owned() })
}

#[cfg(test)]
mod tests;
