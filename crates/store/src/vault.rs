//! The store as a [`Vault`].

use crate::changes::{self, Change};
use crate::commands::keep_person;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::query::{Kind, Sql};
use crate::rows::{self, Corrupt};
use crate::schema::{counters, credentials};
use crate::store::{Failure, Store};
use access::{Credential, CredentialKind, Found, Holder, NewCredential, Rights, SecretHash, Vault, VaultError, Viewer};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// A credential's row.
#[derive(Queryable, Selectable, Debug)]
#[diesel(table_name = credentials)]
struct CredentialRecord {
    id: i64,
    audience: String,
    kind: String,
    rights: String,
    person_number: i64,
    client_id: String,
    parent: i64,
    created_at: i64,
    expires_at: i64,
    revoked_at: i64,
}

impl TryFrom<CredentialRecord> for Credential {
    type Error = Corrupt;

    fn try_from(row: CredentialRecord) -> Result<Self, Corrupt> {
        Ok(Self {
            id: row.id,
            audience: row.audience,
            kind: CredentialKind::from_word(&row.kind).ok_or(Corrupt("credentials.kind"))?,
            rights: Rights::from_words(&row.rights).ok_or(Corrupt("credentials.rights"))?,
            person: rows::some(row.person_number),
            client_id: row.client_id,
            parent: rows::some(row.parent),
            created_at: row.created_at,
            expires_at: rows::some(row.expires_at),
            revoked_at: rows::some(row.revoked_at),
        })
    }
}

impl Vault for Store {
    fn find(&self, audience: &str, kind: CredentialKind, secret: &SecretHash) -> Result<Option<Found>, VaultError> {
        // Asked by every request, so it goes the short way.
        const COLUMNS: [&str; 10] = [
            "c.id",
            "c.rights",
            "c.person_number",
            "c.client_id",
            "c.parent",
            "c.created_at",
            "c.expires_at",
            "c.revoked_at",
            "COALESCE(p.uid, '')",
            "COALESCE(p.account_status, '')",
        ];
        const FROM: &str =
            " FROM credentials c LEFT JOIN persons p ON p.number = c.person_number WHERE c.secret_hash = ";
        use Kind::{Int, Text};
        let kinds = [Int, Text, Int, Text, Int, Int, Int, Int, Text, Text];
        Ok(self.read(|connection| {
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
            };
            let holder = match (credential.person, text(8)) {
                (None, _) | (_, "") => None,
                (Some(number), uid) => Some(Holder {
                    viewer: Viewer { number, uid: uid.to_owned() },
                    account_status: rows::account_status(text(9))?,
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
            let row: Option<(CredentialRecord, String)> = credentials::table
                .filter(credentials::audience.eq(audience))
                .filter(credentials::client_id.eq(client_id))
                .filter(credentials::kind.eq(CredentialKind::Client.as_str()))
                .select((CredentialRecord::as_select(), credentials::secret_hash))
                .first(connection)
                .optional()?;
            let Some((row, hash)) = row else { return Ok(None) };
            let hash = SecretHash::from_hex(&hash).ok_or(Corrupt("credentials.secret_hash"))?;
            Ok(Some((row.try_into()?, hash)))
        })?)
    }

    fn create(&self, new: &NewCredential) -> Result<Credential, VaultError> {
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
            diesel::update(counters::table.find("credential"))
                .set(counters::last.eq(counters::last + 1))
                .execute(connection)?;
            let id: i64 = counters::table.find("credential").select(counters::last).first(connection)?;
            diesel::insert_into(credentials::table)
                .values((
                    credentials::id.eq(id),
                    credentials::audience.eq(&new.audience),
                    credentials::kind.eq(new.kind.as_str()),
                    credentials::rights.eq(new.rights.to_words()),
                    credentials::person_number.eq(new.person.unwrap_or(0)),
                    credentials::client_id.eq(&new.client_id),
                    credentials::secret_hash.eq(new.secret.to_hex()),
                    credentials::parent.eq(new.parent.unwrap_or(0)),
                    credentials::created_at.eq(new.created_at),
                    credentials::expires_at.eq(new.expires_at.unwrap_or(0)),
                    credentials::revoked_at.eq(0),
                ))
                .execute(connection)?;
            let action = "credential_create";
            let person = new.person.unwrap_or(0);
            changes::log(
                connection,
                new.created_at,
                &[Change { action, person, credential: id, ..Change::default() }],
            )?;
            Ok(Credential {
                id,
                audience: new.audience.clone(),
                kind: new.kind,
                rights: new.rights,
                person: new.person,
                client_id: new.client_id.clone(),
                parent: new.parent,
                created_at: new.created_at,
                expires_at: new.expires_at,
                revoked_at: None,
            })
        })?)
    }

    fn revoke(&self, id: i64, now: i64) -> Result<bool, VaultError> {
        Ok(self.write(|connection| {
            let first = by_id(connection, id)?;
            let known = !first.is_empty();
            let revoked = revoke(connection, first, now)?;
            changes::log(connection, now, &revoked)?;
            Ok(known)
        })?)
    }

    fn of_person(&self, audience: &str, person: i64) -> Result<Vec<Credential>, VaultError> {
        Ok(self.read(|connection| {
            let rows = credentials::table
                .filter(credentials::person_number.eq(person))
                .filter(credentials::audience.eq(audience))
                .order(credentials::id)
                .select(CredentialRecord::as_select())
                .load(connection)?;
            let all: Result<Vec<_>, _> = rows.into_iter().map(Credential::try_from).collect();
            Ok(all?)
        })?)
    }

    fn list(&self) -> Result<Vec<Credential>, VaultError> {
        Ok(self.read(|connection| {
            let rows =
                credentials::table.order(credentials::id).select(CredentialRecord::as_select()).load(connection)?;
            let all: Result<Vec<_>, _> = rows.into_iter().map(Credential::try_from).collect();
            Ok(all?)
        })?)
    }
}

/// Revokes every credential of the person of this number, and all that were exchanged for them. Gives what is to be
/// logged.
pub(crate) fn revoke_all_of(connection: &mut Connection, person: i64, now: i64) -> Result<Vec<Change>, Failure> {
    let all = credentials::table.filter(credentials::person_number.eq(person)).order(credentials::id);
    let first = all.select((credentials::id, credentials::person_number)).load(connection)?;
    revoke(connection, first, now)
}

/// Revokes these credentials (id and person) and all that were exchanged for them. Gives what is to be logged.
fn revoke(connection: &mut Connection, mut generation: Vec<(i64, i64)>, now: i64) -> Result<Vec<Change>, Failure> {
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
                revoked.push(Change { action: "credential_revoke", person, credential, ..Change::default() });
            }
            next.extend(children(connection, credential)?);
        }
        generation = next;
    }
    revoked.sort_by_key(|change| change.credential);
    Ok(revoked)
}

/// Id and person of this credential, if there is one.
fn by_id(connection: &mut Connection, id: i64) -> Result<Vec<(i64, i64)>, Failure> {
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

/// Tokens that have been of no use for a day are dropped when the same client asks for a new one, so that they do not
/// pile up.
fn forget_expired(connection: &mut Connection, parent: i64, now: i64) -> Result<(), Failure> {
    let old = credentials::expires_at.gt(0).and(credentials::expires_at.lt(now - 86_400));
    diesel::delete(credentials::table.filter(credentials::parent.eq(parent)).filter(old)).execute(connection)?;
    Ok(())
}
