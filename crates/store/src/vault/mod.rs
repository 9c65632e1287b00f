//! The store as a [`Vault`].

mod exchange;
mod list;
mod passwords;
mod row;
mod sweep;
mod uses;

pub(crate) use passwords::forget as forget_password;
pub(crate) use row::keep;
pub(crate) use uses::Uses;

use crate::changes::{self, Change};
use crate::commands::{self, keep_person};
use crate::connection::Connection;
use crate::error::StoreError;
use crate::query::{Kind, Sql};
use crate::rows::{self, Corrupt};
use crate::schema::credentials;
use crate::store::{Failure, Store};
use access::{
    Consent, Consented, Credential, CredentialKind, CredentialQuery, Exchange, ExchangeError, Exchanged, Found, Holder,
    Login, NewCredential, PasswordHash, Rights, SecretHash, Vault, VaultError, Viewer,
};
use diesel::prelude::*;
use membership::record::PersonRecord;
use membership::{By, CommandError, Page, Person};
use row::load_credentials;
use std::collections::BTreeSet;
use sweep::{forget_expired, sweep};

impl Vault for Store {
    fn find(&self, audience: &str, kind: CredentialKind, secret: &SecretHash) -> Result<Option<Found>, VaultError> {
        // Asked by every request, so it goes the short way.
        const COLUMNS: [&str; 17] = [
            "c.id",
            "c.rights",
            "c.person_number",
            "c.client_id",
            "c.parent",
            "c.created_at",
            "c.expires_at",
            "c.revoked_at",
            "c.used_at",
            "c.last_used_at",
            "c.only_groups",
            "c.name",
            "c.redirect_uris",
            "c.scope",
            "c.code_challenge",
            "COALESCE(p.uid, '')",
            "COALESCE(p.account_status, '')",
        ];
        const FROM: &str =
            " FROM credentials c LEFT JOIN persons p ON p.number = c.person_number WHERE c.secret_hash = ";
        use Kind::{Int, Text};
        let kinds = [Int, Text, Int, Text, Int, Int, Int, Int, Int, Int, Text, Text, Text, Text, Text, Text, Text];
        Ok(self.read_alone(|connection| {
            let mut sql = Sql::new(connection);
            sql.push("SELECT ").columns(COLUMNS).push(FROM).text(&secret.to_hex());
            sql.push(" AND c.audience = ").text(audience).push(" AND c.kind = ").text(kind.as_str());
            let found = sql.load(connection, &kinds, 1)?;
            if found.rows() == 0 {
                return Ok(None);
            }
            let (text, int) = (|at| found.text(0, at), |at| found.int(0, at));
            let credential = Credential {
                id: int(0),
                audience: audience.to_owned(),
                kind,
                rights: Rights::from_words(text(1)).ok_or(Corrupt("credentials.rights"))?,
                person: rows::some(int(2)),
                client_id: text(3).to_owned(),
                parent: rows::some(int(4)),
                created_at: int(5),
                expires_at: rows::some(int(6)),
                revoked_at: rows::some(int(7)),
                used_at: rows::some(int(8)),
                last_used_at: rows::some(int(9)),
                agreed: row::agreed([text(10), text(11), text(12), text(13), text(14)])?,
            };
            let holder = match (credential.person, text(15)) {
                (None, _) | (_, "") => None,
                (Some(number), uid) => Some(Holder {
                    viewer: Viewer { number, uid: uid.to_owned() },
                    account_status: rows::account_status(text(16))?,
                }),
            };
            Ok(Some(Found { credential, holder }))
        })?)
    }

    fn client(&self, audience: &str, client_id: &str) -> Result<Option<(Credential, SecretHash)>, VaultError> {
        // Not every database can even be asked about a text with this character in it.
        if membership::text::has_nul(client_id) {
            return Ok(None);
        }
        Ok(self.read(|connection| {
            let client = credentials::table
                .filter(credentials::audience.eq(audience))
                .filter(credentials::client_id.eq(client_id))
                .filter(credentials::kind.eq(CredentialKind::Client.as_str()));
            let Some(found) = load_credentials!(connection, client).pop() else { return Ok(None) };
            let hash: String = credentials::table.find(found.id).select(credentials::secret_hash).first(connection)?;
            let hash = SecretHash::from_hex(&hash).ok_or(Corrupt("credentials.secret_hash"))?;
            Ok(Some((found, hash)))
        })?)
    }

    fn create(&self, by: &By, new: &NewCredential) -> Result<Credential, VaultError> {
        Ok(self.write(|connection| {
            if let Some(person) = new.person
                && !keep_person(connection, person)?
            {
                return Err(StoreError::Gone.into());
            }
            if let Some(parent) = new.parent {
                hold(connection, parent)?;
                forget_expired(connection, parent, new.created_at)?;
            }
            if new.kind == CredentialKind::Session {
                sweep(connection, new.created_at)?;
            }
            let (credential, change) = row::keep(connection, by, new)?;
            changes::log(connection, new.created_at, &[change])?;
            Ok(credential)
        })?)
    }

    fn create_person_with(
        &self,
        by: &By,
        person: &PersonRecord,
        new: &NewCredential,
    ) -> Result<(Person, Credential), CommandError> {
        commands::create_person_with(self, by, person, new)
    }

    fn consent(&self, by: &By, consent: &Consent<'_>) -> Result<Consented, VaultError> {
        exchange::consent(self, by, consent)
    }

    fn exchange(&self, exchange: &Exchange<'_>) -> Result<Exchanged, ExchangeError> {
        exchange::exchange(self, exchange)
    }

    fn note_use(&self, id: i64, now: i64) {
        uses::note(self, id, now);
    }

    fn set_password(&self, by: &By, person: i64, password: Option<&PasswordHash>) -> Result<bool, VaultError> {
        passwords::set(self, by, person, password)
    }

    fn password_of(&self, login: &str) -> Result<Option<Login>, VaultError> {
        passwords::of(self, login)
    }

    fn revoke(&self, by: &By, id: i64) -> Result<bool, VaultError> {
        Ok(self.write(|connection| {
            let first = id_and_person(connection, id)?;
            let known = !first.is_empty();
            let revoked = revoke(connection, by, first)?;
            changes::log(connection, by.now, &revoked)?;
            Ok(known)
        })?)
    }

    fn revoke_of_person(&self, by: &By, person: i64, which: &dyn Fn(&Credential) -> bool) -> Result<u64, VaultError> {
        Ok(self.write(|connection| {
            // Held, so that nobody makes another one meanwhile.
            if !keep_person(connection, person)? {
                return Ok(0);
            }
            let of = credentials::table.filter(credentials::person_number.eq(person)).order(credentials::id);
            let chosen = load_credentials!(connection, of).into_iter().filter(|credential| which(credential));
            let revoked = revoke(connection, by, chosen.map(|credential| (credential.id, person)).collect())?;
            changes::log(connection, by.now, &revoked)?;
            Ok(revoked.len() as u64)
        })?)
    }

    fn of_person(&self, audience: &str, person: i64) -> Result<Vec<Credential>, VaultError> {
        Ok(self.read(|connection| {
            let of = credentials::table
                .filter(credentials::person_number.eq(person))
                .filter(credentials::audience.eq(audience))
                .order(credentials::id);
            Ok(load_credentials!(connection, of))
        })?)
    }

    fn get(&self, id: i64) -> Result<Option<Credential>, VaultError> {
        Ok(self.read(|connection| row::by_id(connection, id))?)
    }

    fn list(&self, query: &CredentialQuery<'_>) -> Result<Page<Credential>, VaultError> {
        list::page(self, query)
    }
}

/// Revokes every credential of the person of this number, and all that were exchanged for them. Gives what is to be
/// logged.
pub(crate) fn revoke_all_of(connection: &mut Connection, by: &By, person: i64) -> Result<Vec<Change>, Failure> {
    let all = credentials::table.filter(credentials::person_number.eq(person)).order(credentials::id);
    let first = all.select((credentials::id, credentials::person_number)).load(connection)?;
    revoke(connection, by, first)
}

/// Revokes these credentials (id and person) and all that were exchanged for them. Gives what is to be logged.
fn revoke(connection: &mut Connection, by: &By, mut generation: Vec<(i64, i64)>) -> Result<Vec<Change>, Failure> {
    // 0 would say that it was not.
    let now = by.now.max(1);
    // A generation after the other: writing a credential's row waits for whoever is about to exchange it for another,
    // and keeps others from doing so. Only then is it sure who its children are.
    let mut seen = BTreeSet::new();
    let mut revoked = Vec::new();
    while !generation.is_empty() {
        let mut next = Vec::new();
        for (credential, person) in generation {
            if !seen.insert(credential) {
                continue;
            }
            let written = diesel::update(credentials::table.find(credential))
                .filter(credentials::revoked_at.eq(0))
                .set(credentials::revoked_at.eq(now))
                .execute(connection)?;
            if written > 0 {
                let change = Change { action: "credential_revoke", person, subject: credential, ..Change::default() };
                revoked.push(change.by(by));
            }
            next.extend(children(connection, credential)?);
        }
        generation = next;
    }
    revoked.sort_by_key(|change| change.subject);
    Ok(revoked)
}

/// Id and person of this credential, if there is one.
fn id_and_person(connection: &mut Connection, id: i64) -> Result<Vec<(i64, i64)>, Failure> {
    let row = credentials::table.find(id).select((credentials::id, credentials::person_number));
    Ok(row.load(connection)?)
}

/// Ids and persons of the credentials that this one was exchanged for, revoked or not, in ascending order.
fn children(connection: &mut Connection, parent: i64) -> Result<Vec<(i64, i64)>, Failure> {
    let rows = credentials::table.filter(credentials::parent.eq(parent)).order(credentials::id);
    Ok(rows.select((credentials::id, credentials::person_number)).load(connection)?)
}

/// Makes sure the parent is in force and stays so until this transaction ends.
fn hold(connection: &mut Connection, parent: i64) -> Result<(), Failure> {
    // Writing the row as it is locks it on both databases.
    let held = diesel::update(credentials::table.find(parent).filter(credentials::revoked_at.eq(0)))
        .set(credentials::revoked_at.eq(0))
        .execute(connection)?;
    if held == 0 { Err(StoreError::Gone.into()) } else { Ok(()) }
}
