//! Persons' passwords.

use super::exchange::holder;
use super::revoke;
use crate::changes::{self, Change};
use crate::commands::keep_person;
use crate::connection::Connection;
use crate::import::on_either;
use crate::rows::Corrupt;
use crate::schema::{credentials, passwords, persons};
use crate::store::{Failure, Store};
use access::{CredentialKind, Login, PasswordHash, VaultError};
use diesel::prelude::*;
use membership::By;
use membership::text::{fold, has_nul};

/// See [`access::Vault::set_password`].
pub(super) fn set(store: &Store, by: &By, person: i64, hash: Option<&PasswordHash>) -> Result<bool, VaultError> {
    // Two at once may both find that there is none; the one that comes second looks again.
    let done = store.write_looking(|connection| {
        if !keep_person(connection, person)? {
            return Ok(false);
        }
        forget(connection, person)?;
        if let Some(hash) = hash {
            let row = (
                passwords::person_number.eq(person),
                passwords::password_hash.eq(hash.as_str()),
                passwords::changed_at.eq(by.now),
            );
            on_either!(&mut *connection, inner => diesel::insert_into(passwords::table).values(row).execute(inner))?;
        }
        let sessions = credentials::table
            .filter(credentials::person_number.eq(person))
            .filter(credentials::kind.eq(CredentialKind::Session.as_str()))
            .order(credentials::id)
            .select((credentials::id, credentials::person_number))
            .load(connection)?;
        let mut log = vec![Change { action: "password_change", person, ..Change::default() }.by(by)];
        log.extend(revoke(connection, by, sessions)?);
        changes::log(connection, by.now, &log)?;
        Ok(true)
    });
    Ok(done.map_err(crate::error::StoreError::from)?)
}

/// See [`access::Vault::password_of`].
pub(super) fn of(store: &Store, login: &str) -> Result<Option<Login>, VaultError> {
    // Not every database can even be asked about a text with this character in it.
    if has_nul(login) {
        return Ok(None);
    }
    let folded = fold(login);
    Ok(store.read(|connection| {
        let number = persons::table.filter(persons::login_folded.eq(&folded)).select(persons::number);
        let Some(number) = number.first::<i64>(connection).optional()? else { return Ok(None) };
        let hash = passwords::table.find(number).select(passwords::password_hash);
        let hash = hash.first::<String>(connection).optional()?;
        let password = hash.map(PasswordHash::stored).transpose().map_err(|_| Corrupt("passwords.password_hash"))?;
        Ok(holder(connection, number)?.map(|holder| Login { holder, password }))
    })?)
}

/// Forgets the password of the person of this number, if there is one.
pub(crate) fn forget(connection: &mut Connection, person: i64) -> Result<(), Failure> {
    on_either!(&mut *connection, inner => diesel::delete(passwords::table.find(person)).execute(inner))?;
    Ok(())
}
