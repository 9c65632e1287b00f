//! The store as a [`Registrar`].

use crate::{Store, commands};
use membership::record::PersonRecord;
use membership::{
    By, CommandError, Expected, Failing, Group, GroupEdit, GroupEntry, GroupKey, Job, NewGroup, NewJob, Person,
    PersonKey, Presence, Registrar, Step, Stepped,
};

impl Registrar for Store {
    fn steps(&self, by: &By, group: &GroupKey, steps: &[Step], failing: Failing) -> Result<Stepped, CommandError> {
        commands::steps(self, by, group, steps, failing)
    }

    fn create_group(&self, by: &By, new: &NewGroup) -> Result<Stepped, CommandError> {
        commands::create_group(self, by, new)
    }

    fn edit_group(
        &self,
        by: &By,
        key: &GroupKey,
        edit: &GroupEdit,
        expected: Expected<'_, Group>,
    ) -> Result<GroupEntry, CommandError> {
        commands::edit_group(self, by, key, edit, expected)
    }

    fn delete_group(&self, by: &By, key: &GroupKey, expected: Expected<'_, Group>) -> Result<Group, CommandError> {
        commands::delete_group(self, by, key, expected)
    }

    fn create_person(&self, by: &By, record: &PersonRecord) -> Result<Person, CommandError> {
        commands::create_person(self, by, record)
    }

    fn edit_person(
        &self,
        by: &By,
        key: &PersonKey,
        record: &PersonRecord,
        expected: Expected<'_, Person>,
    ) -> Result<Person, CommandError> {
        commands::edit_person(self, by, key, record, expected)
    }

    fn delete_person(&self, by: &By, key: &PersonKey, expected: Expected<'_, Person>) -> Result<Person, CommandError> {
        commands::delete_person(self, by, key, expected)
    }

    fn set_presence(&self, by: &By, person: &PersonKey, presence: Presence) -> Result<Person, CommandError> {
        commands::set_presence(self, by, person, presence)
    }

    fn post_job(&self, by: &By, new: &NewJob) -> Result<Job, CommandError> {
        commands::post_job(self, by, new)
    }

    fn close_job(&self, by: &By, number: i64) -> Result<Job, CommandError> {
        commands::close_job(self, by, number)
    }
}
