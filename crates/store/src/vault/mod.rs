//! The store as a [`Vault`].

mod exchange;
mod passwords;
mod row;
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
    Consent, Consented, Credential, CredentialKind, Exchange, ExchangeError, Exchanged, Found, Holder, Login,
    NewCredential, PasswordHash, Rights, SecretHash, Vault, VaultError, Viewer,
};
use diesel::prelude::*;
use membership::record::PersonRecord;
use membership::{By, CommandError, Person};
use row::load_credentials;
use std::collections::BTreeSet;

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
            if new.kind == CredentialKind::Session {
                sweep(connection, new.created_at)?;
            }
            let (credential, change) = row::keep(connection, new)?;
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

    fn consent(&self, consent: &Consent<'_>) -> Result<Consented, VaultError> {
        exchange::consent(self, consent)
    }

    fn exchange(&self, exchange: &Exchange<'_>) -> Result<Exchanged, ExchangeError> {
        exchange::exchange(self, exchange)
    }

    fn note_use(&self, id: i64, now: i64) {
        uses::note(self, id, now);
    }

    fn set_password(&self, person: i64, password: Option<&PasswordHash>, now: i64) -> Result<bool, VaultError> {
        passwords::set(self, person, password, now)
    }

    fn password_of(&self, login: &str) -> Result<Option<Login>, VaultError> {
        passwords::of(self, login)
    }

    fn revoke(&self, id: i64, now: i64) -> Result<bool, VaultError> {
        Ok(self.write(|connection| {
            let first = id_and_person(connection, id)?;
            let known = !first.is_empty();
            let revoked = revoke(connection, first, now)?;
            changes::log(connection, now, &revoked)?;
            Ok(known)
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

    fn list(&self) -> Result<Vec<Credential>, VaultError> {
        Ok(self.read(|connection| Ok(load_credentials!(connection, credentials::table.order(credentials::id))))?)
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

/// For how long what has expired is kept, in seconds: whoever comes late is told that it has.
const KEPT_FOR: i64 = 86_400;
/// For how long a refresh token without an end is kept after its exchange, in seconds. Whoever presents it later is
/// refused all the same, but gives nothing away any more about who had it.
const USED_KEPT_FOR: i64 = 90 * 86_400;
/// At most how many of each kind are dropped at once, so that nobody waits long.
const DROPPED: i64 = 100;

/// What was exchanged for this one and has been of no use for a day is dropped when something new is, so that it does not
/// pile up.
fn forget_expired(connection: &mut Connection, parent: i64, now: i64) -> Result<(), Failure> {
    let of = || credentials::table.filter(credentials::parent.eq(parent));
    // A grant may be the parent of others; it goes when the last of these has gone, see [`sweep`].
    let single = credentials::kind.ne(CredentialKind::Grant.as_str());
    let old = credentials::expires_at.gt(0).and(credentials::expires_at.lt(now - KEPT_FOR)).and(single);
    diesel::delete(of().filter(old)).execute(connection)?;
    let used = credentials::used_at.gt(0).and(credentials::used_at.lt(now - USED_KEPT_FOR));
    diesel::delete(of().filter(used)).execute(connection)?;
    Ok(())
}

/// Drops some of the codes, tokens and sessions, whosever they are, that have been of no use for a day, and the grants of
/// which nothing is left then.
fn sweep(connection: &mut Connection, now: i64) -> Result<(), Failure> {
    use CredentialKind::{Code, Refresh, Session, Token};
    for kind in [Code, Refresh, Session, Token] {
        let old: Vec<(i64, i64)> = credentials::table
            .filter(credentials::kind.eq(kind.as_str()))
            .filter(credentials::expires_at.gt(0).and(credentials::expires_at.lt(now - KEPT_FOR)))
            // A token that was made by hand is shown as long as nobody deletes its person.
            .filter(credentials::parent.ne(0).or(credentials::kind.eq(Session.as_str())))
            .order(credentials::expires_at)
            .limit(DROPPED)
            .select((credentials::id, credentials::parent))
            .load(connection)?;
        for (id, parent) in old {
            diesel::delete(credentials::table.find(id)).execute(connection)?;
            if parent == 0 {
                continue;
            }
            let others: Option<i64> = credentials::table
                .filter(credentials::parent.eq(parent))
                .select(credentials::id)
                .first(connection)
                .optional()?;
            if others.is_none() {
                let grant = credentials::kind.eq(CredentialKind::Grant.as_str());
                diesel::delete(credentials::table.find(parent).filter(grant)).execute(connection)?;
            }
        }
    }
    Ok(())
}
