//! The store as a [`Registrar`].

use crate::Store;
use membership::record::PersonRecord;
use membership::{
    By, CommandError, Expected, Failing, Group, GroupEdit, GroupEntry, GroupKey, Job, NewGroup, NewJob, Person,
    PersonKey, Presence, Registrar, Step, Stepped,
};

impl Registrar for Store {
    fn steps(&self, _by: &By, _group: &GroupKey, _steps: &[Step], _failing: Failing) -> Result<Stepped, CommandError> {
        todo!()
    }

    fn create_group(&self, _by: &By, _new: &NewGroup) -> Result<Stepped, CommandError> {
        todo!()
    }

    fn edit_group(
        &self,
        _by: &By,
        _key: &GroupKey,
        _edit: &GroupEdit,
        _expected: Expected<'_, Group>,
    ) -> Result<GroupEntry, CommandError> {
        todo!()
    }

    fn delete_group(&self, _by: &By, _key: &GroupKey, _expected: Expected<'_, Group>) -> Result<Group, CommandError> {
        todo!()
    }

    fn create_person(&self, _by: &By, _record: &PersonRecord) -> Result<Person, CommandError> {
        todo!()
    }

    fn edit_person(
        &self,
        _by: &By,
        _key: &PersonKey,
        _record: &PersonRecord,
        _expected: Expected<'_, Person>,
    ) -> Result<Person, CommandError> {
        todo!()
    }

    fn delete_person(
        &self,
        _by: &By,
        _key: &PersonKey,
        _expected: Expected<'_, Person>,
    ) -> Result<Person, CommandError> {
        todo!()
    }

    fn set_presence(&self, _by: &By, _person: &PersonKey, _presence: Presence) -> Result<Person, CommandError> {
        todo!()
    }

    fn post_job(&self, _by: &By, _new: &NewJob) -> Result<Job, CommandError> {
        todo!()
    }

    fn close_job(&self, _by: &By, _number: i64) -> Result<Job, CommandError> {
        todo!()
    }
}
