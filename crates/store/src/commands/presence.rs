//! Whether a person is there.

use super::{Passwords, Work};
use crate::changes::Change;
use crate::import::on_either;
use crate::schema::persons;
use crate::store::Store;
use diesel::prelude::*;
use membership::{By, CommandError, Person, PersonKey, Presence};

/// In seconds.
const MINUTE: i64 = 60;

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
        let now = work.moment();
        let new = (persons::presence.eq(presence.as_str()), persons::last_active_at.eq(now));
        let this = persons::table.find(number);
        on_either!(&mut *work.connection, inner => diesel::update(this).set(new).execute(inner))?;
        // Who reads the log knows to the minute when somebody was last there.
        if before.presence != presence.as_str() || before.last_active_at / MINUTE != now / MINUTE {
            work.note(by, "presence", Change { person: number, ..Change::default() });
        }
        work.whole_person(number)
    })
}
