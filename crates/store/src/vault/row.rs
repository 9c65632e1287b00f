//! Rows of credentials.

use crate::changes::Change;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::rows::{self, Corrupt};
use crate::schema::{counters, credentials};
use crate::store::Failure;
use access::{Agreed, Credential, CredentialKind, Groups, NewCredential, Rights, SecretHash};
use diesel::prelude::*;
use membership::text::has_nul;

/// A credential's row, but for the hash of its secret.
#[derive(Queryable, Selectable, Debug)]
#[diesel(table_name = credentials)]
pub(super) struct CredentialRecord {
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
    used_at: i64,
    last_used_at: i64,
    only_groups: String,
    name: String,
    redirect_uris: String,
    scope: String,
    code_challenge: String,
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
            used_at: rows::some(row.used_at),
            last_used_at: rows::some(row.last_used_at),
            agreed: agreed([&row.only_groups, &row.name, &row.redirect_uris, &row.scope, &row.code_challenge])?,
        })
    }
}

/// Reads the columns `only_groups`, `name`, `redirect_uris`, `scope` and `code_challenge`.
pub(super) fn agreed(columns: [&str; 5]) -> Result<Agreed, Corrupt> {
    let [groups, name, uris, scope, challenge] = columns;
    let challenge = match challenge {
        "" => None,
        hash => Some(SecretHash::from_hex(hash).ok_or(Corrupt("credentials.code_challenge"))?),
    };
    Ok(Agreed {
        groups: Groups::from_words(groups).ok_or(Corrupt("credentials.only_groups"))?,
        name: name.to_owned(),
        redirect_uris: uris.split_ascii_whitespace().map(str::to_owned).collect(),
        scope: scope.to_owned(),
        code_challenge: challenge,
    })
}

/// The credentials that the query finds.
macro_rules! load_credentials {
    ($connection:expr, $query:expr) => {{
        let rows: Vec<$crate::vault::row::CredentialRecord> =
            $query.select($crate::vault::row::CredentialRecord::as_select()).load($connection)?;
        let all: Result<Vec<access::Credential>, _> = rows.into_iter().map(access::Credential::try_from).collect();
        all?
    }};
}
pub(super) use load_credentials;

/// The credential with this id, if there is one.
pub(super) fn by_id(connection: &mut Connection, id: i64) -> Result<Option<Credential>, Failure> {
    Ok(load_credentials!(connection, credentials::table.find(id)).pop())
}

/// Keeps new credentials, and gives what is to be logged. What they build on is held.
pub(crate) fn keep(connection: &mut Connection, new: &NewCredential) -> Result<(Credential, Change), Failure> {
    let agreed = &new.agreed;
    let uris = agreed.redirect_uris.join(" ");
    // No database takes this character, and each refuses it in its own way.
    if [&new.client_id, &agreed.name, &agreed.scope, &uris].into_iter().any(|text| has_nul(text)) {
        return Err(StoreError::Fault("a credential with U+0000 in a text".to_owned()).into());
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
            credentials::used_at.eq(0),
            credentials::last_used_at.eq(0),
            credentials::only_groups.eq(agreed.groups.to_words()),
            credentials::name.eq(&agreed.name),
            credentials::redirect_uris.eq(uris),
            credentials::scope.eq(&agreed.scope),
            credentials::code_challenge.eq(agreed.code_challenge.as_ref().map(SecretHash::to_hex).unwrap_or_default()),
        ))
        .execute(connection)?;
    let person = new.person.unwrap_or(0);
    let change = Change { action: "credential_create", person, credential: id, ..Change::default() };
    Ok((new.kept(id), change))
}
