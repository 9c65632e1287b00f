//! Lists of credentials.

use super::row::load_credentials;
use crate::schema::credentials;
use crate::store::Store;
use access::{Credential, CredentialQuery, VaultError};
use diesel::prelude::*;
use membership::Page;
use membership::text::has_nul;

/// See [`access::Vault::list`].
pub(super) fn page(store: &Store, query: &CredentialQuery<'_>) -> Result<Page<Credential>, VaultError> {
    // Not every database can even be asked about a text with this character in it.
    if query.audience.is_some_and(has_nul) {
        return Ok(Page { rows: Vec::new(), total: 0 });
    }
    /// What `WHERE` says, of a statement of whatever columns.
    macro_rules! asked_for {
        ($statement:expr) => {{
            let mut statement = $statement.filter(credentials::id.gt(query.after)).into_boxed();
            if let Some(audience) = query.audience {
                statement = statement.filter(credentials::audience.eq(audience));
            }
            if let Some(person) = query.person {
                statement = statement.filter(credentials::person_number.eq(person));
            }
            let lasts = || credentials::expires_at.eq(0).or(credentials::expires_at.gt(query.now));
            match query.in_force {
                Some(true) => statement.filter(credentials::revoked_at.eq(0).and(lasts())),
                Some(false) => statement.filter(credentials::revoked_at.ne(0).or(diesel::dsl::not(lasts()))),
                None => statement,
            }
        }};
    }
    let (offset, limit) = (i64::try_from(query.window.offset).unwrap_or(i64::MAX), i64::from(query.window.limit));
    Ok(store.read(|connection| {
        let total: i64 = asked_for!(credentials::table.select(diesel::dsl::count_star())).first(connection)?;
        let rows = asked_for!(credentials::table.select(crate::vault::row::CredentialRecord::as_select()));
        let rows = load_credentials!(connection, rows.order(credentials::id).offset(offset).limit(limit));
        Ok(Page { rows, total: u64::try_from(total).unwrap_or_default() })
    })?)
}
