//! The vault that keeps credentials and passwords.

use crate::{
    Consent, Consented, Credential, CredentialKind, Exchange, ExchangeError, Exchanged, Found, Holder, NewCredential,
    PasswordHash, SecretHash,
};
use membership::record::PersonRecord;
use membership::{By, CommandError, Person};

/// Keeps credentials. What one call changes is committed when it returns, and in force at once everywhere.
pub trait Vault: Send + Sync {
    /// The credential of this audience and kind with this secret, revoked or not.
    fn find(&self, audience: &str, kind: CredentialKind, secret: &SecretHash) -> Result<Option<Found>, VaultError>;

    /// The client of this audience with this public id, with the hash of its secret.
    fn client(&self, audience: &str, client_id: &str) -> Result<Option<(Credential, SecretHash)>, VaultError>;

    /// Keeps a new credential. Refused (as [`VaultError::Gone`]) when its parent has been revoked meanwhile, or when the
    /// person it is to belong to does not exist (any more).
    fn create(&self, new: &NewCredential) -> Result<Credential, VaultError>;

    /// Makes a person, on the authority `by`, and keeps a credential that belongs to it, in one transaction: neither is
    /// there without the other. What `new` says of a person and of a parent is not looked at.
    fn create_person_with(
        &self,
        by: &By,
        person: &PersonRecord,
        new: &NewCredential,
    ) -> Result<(Person, Credential), CommandError>;

    /// Revokes the credential with this id and all that were exchanged for it; false when there is none.
    fn revoke(&self, id: i64, now: i64) -> Result<bool, VaultError>;

    /// Keeps a person's consent to a client: makes a grant, and a code to be exchanged. Refused (as
    /// [`VaultError::Gone`]) when the client has been revoked meanwhile or there is no such person.
    fn consent(&self, consent: &Consent<'_>) -> Result<Consented, VaultError>;

    /// Exchanges a code or a refresh token for a new access token and a new refresh token, in one transaction, so that
    /// of several that present the same at once a single one gets them.
    ///
    /// What has been exchanged before has got into two hands, and nobody knows which of them is the client's: it is
    /// refused as [`ExchangeRefusal::Reused`], and the grant with the whole family is revoked (RFC 6819, 5.2.1.1; RFC
    /// 9700, 4.14.2). Everything else that is refused leaves all as it was.
    ///
    /// [`ExchangeRefusal::Reused`]: crate::ExchangeRefusal::Reused
    fn exchange(&self, exchange: &Exchange<'_>) -> Result<Exchanged, ExchangeError>;

    /// Takes note that the credential of this id let somebody in at the time `now`. Returns at once and cannot fail: it
    /// is written later, at most once a minute for each credential, and lost when it cannot be written.
    fn note_use(&self, id: i64, now: i64);

    /// Keeps a person's password, or forgets it, and revokes the sessions in which the person is signed in. False when
    /// there is no person of this number.
    fn set_password(&self, person: i64, password: Option<&PasswordHash>, now: i64) -> Result<bool, VaultError>;

    /// The person with this login, and what is known of the password; `None` when there is no such person.
    fn password_of(&self, login: &str) -> Result<Option<Login>, VaultError>;

    /// The credentials of this audience that belong to the person of this number, by id.
    fn of_person(&self, audience: &str, person: i64) -> Result<Vec<Credential>, VaultError>;

    /// All credentials, by id.
    fn list(&self) -> Result<Vec<Credential>, VaultError>;
}

/// Why a vault could not answer.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// What the new credential builds on is not there any more: it has been revoked, or its person does not exist.
    #[error("the credential that this one builds on has been revoked, or its person does not exist")]
    Gone,
    /// The vault is away, busy or out of resources; asking again later may help.
    #[error("the store is not available: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of ours: what was found could not be understood.
    #[error("the store gave an answer that cannot be: {0}")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A person who may sign in, if the password is right and the account active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Who it is.
    pub holder: Holder,
    /// The hash of the password; `None` for a person who has none and so cannot sign in.
    pub password: Option<PasswordHash>,
}
