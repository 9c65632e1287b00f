//! Consents and exchanges.
//!
//! Whoever exchanges holds the row of the grant until the end, so the exchanges of one family come one after the other,
//! and a revocation, which goes from the grant to what came of it, comes before or after all of it.

use super::row::{by_id, keep, load_credentials};
use super::{forget_expired, hold, revoke, sweep};
use crate::changes;
use crate::commands::keep_person;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::rows;
use crate::schema::{credentials, persons};
use crate::store::{Failure, Store};
use access::{Consent, Consented, Exchange, ExchangeError, ExchangeRefusal, Exchanged, Holder, VaultError, Viewer};
use diesel::prelude::*;
use membership::By;

/// See [`access::Vault::consent`].
pub(super) fn consent(store: &Store, by: &By, consent: &Consent<'_>) -> Result<Consented, VaultError> {
    Ok(store.write(|connection| {
        if !keep_person(connection, consent.person)? {
            return Err(StoreError::Gone.into());
        }
        hold(connection, consent.client.id)?;
        sweep(connection, consent.now)?;
        let (grant, granted) = keep(connection, by, &consent.grant())?;
        let (code, made) = keep(connection, by, &consent.code(&grant))?;
        changes::log(connection, consent.now, &[granted, made])?;
        Ok(Consented { grant, code })
    })?)
}

/// See [`access::Vault::exchange`].
pub(super) fn exchange(store: &Store, exchange: &Exchange<'_>) -> Result<Exchanged, ExchangeError> {
    let outcome = store.write(|connection| exchange_in(connection, exchange)).map_err(VaultError::from)?;
    Ok(outcome?)
}

/// A refusal is no failure of the transaction: the revocation that goes with one is committed.
fn exchange_in(
    connection: &mut Connection,
    exchange: &Exchange<'_>,
) -> Result<Result<Exchanged, ExchangeRefusal>, Failure> {
    let by = &exchange.by();
    let (kind, secret) = exchange.presented();
    let presented = credentials::table
        .filter(credentials::secret_hash.eq(secret.to_hex()))
        .filter(credentials::audience.eq(&exchange.client.audience))
        .filter(credentials::kind.eq(kind.as_str()));
    let Some(first) = load_credentials!(connection, presented).pop() else { return Ok(Err(ExchangeRefusal::Unknown)) };
    let (Some(grant), Some(person)) = (first.parent, first.person) else { return Ok(Err(ExchangeRefusal::Unknown)) };
    let holder = if keep_person(connection, person)? { holder(connection, person)? } else { None };
    // Writing the row as it is locks it on both databases. What was read before is read again now that it stays.
    let grant = credentials::table.find(grant);
    diesel::update(grant).set(credentials::used_at.eq(credentials::used_at)).execute(connection)?;
    let grant = load_credentials!(connection, grant).pop();
    let (Some(presented), Some(grant)) = (by_id(connection, first.id)?, grant) else {
        return Ok(Err(ExchangeRefusal::Unknown));
    };
    match (exchange.judge(&presented, &grant, holder.as_ref()), holder) {
        (Ok(()), Some(holder)) => {
            diesel::update(credentials::table.find(presented.id))
                .set(credentials::used_at.eq(exchange.now.max(1)))
                .execute(connection)?;
            forget_expired(connection, grant.id, exchange.now)?;
            let (access, made) = keep(connection, by, &exchange.access(&grant))?;
            let (refresh, also) = keep(connection, by, &exchange.refresh(&grant))?;
            changes::log(connection, exchange.now, &[made, also])?;
            Ok(Ok(Exchanged { access, refresh, holder }))
        }
        (Ok(()), None) => Ok(Err(ExchangeRefusal::Unknown)),
        (Err(ExchangeRefusal::Reused), _) => {
            let revoked = revoke(connection, by, vec![(grant.id, person)])?;
            changes::log(connection, exchange.now, &revoked)?;
            Ok(Err(ExchangeRefusal::Reused))
        }
        (Err(refusal), _) => Ok(Err(refusal)),
    }
}

/// The person of this number, as far as it matters for access.
pub(super) fn holder(connection: &mut Connection, number: i64) -> Result<Option<Holder>, Failure> {
    let row = persons::table.find(number).select((persons::uid, persons::account_status));
    let Some((uid, status)) = row.first::<(String, String)>(connection).optional()? else { return Ok(None) };
    Ok(Some(Holder { viewer: Viewer { number, uid }, account_status: rows::account_status(&status)? }))
}
