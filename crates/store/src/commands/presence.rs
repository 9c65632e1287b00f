//! Whether a person is there.

use super::{Passwords, Work};
use crate::changes::Change;
use crate::import::on_either;
use crate::schema::persons;
use crate::store::Store;
use diesel::prelude::*;
use membership::{By, CommandError, Person, PersonKey, Presence};

/// Says that a person is there, or is not: [`membership::Registrar::set_presence`].
pub(crate) fn set_presence(
    store: &Store,
    by: &By,
    key: &PersonKey,
    presence: Presence,
) -> Result<Person, CommandError> {
    store.command(by, &mut Passwords::default(), |work: &mut Work<'_>| {
        let before = work.person(key)?;
        let number = before.number;
        work.only_oneself(number)?;
        let new = (persons::presence.eq(presence.as_str()), persons::last_active_at.eq(work.moment()));
        let this = persons::table.find(number);
        on_either!(&mut *work.connection, inner => diesel::update(this).set(new).execute(inner))?;
        if before.presence != presence.as_str() {
            work.note(by, "presence", Change { person: number, ..Change::default() });
        }
        work.whole_person(number)
    })
}
