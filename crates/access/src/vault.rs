//! The vault that keeps credentials and passwords.

use crate::{
    Consent, Consented, Credential, CredentialKind, Exchange, ExchangeError, Exchanged, Found, Holder, NewCredential,
    PasswordHash, SecretHash,
};
use membership::record::PersonRecord;
use membership::{By, CommandError, Page, Person, Window};

/// Keeps credentials. What one call changes is committed when it returns, and in force at once everywhere.
pub trait Vault: Send + Sync {
    /// The credential of this audience and kind with this secret, revoked or not.
    fn find(&self, audience: &str, kind: CredentialKind, secret: &SecretHash) -> Result<Option<Found>, VaultError>;

    /// The client of this audience with this public id, with the hash of its secret.
    fn client(&self, audience: &str, client_id: &str) -> Result<Option<(Credential, SecretHash)>, VaultError>;

    /// Keeps a new credential. Refused (as [`VaultError::Gone`]) when its parent has been revoked meanwhile, or when the
    /// person it is to belong to does not exist (any more).
    ///
    /// Nobody is judged by `by`, here and below: it is what the change log says of who did it.
    fn create(&self, by: &By, new: &NewCredential) -> Result<Credential, VaultError>;

    /// Makes a person, on the authority `by`, and keeps a credential that belongs to it, in one transaction: neither is
    /// there without the other. What `new` says of a person and of a parent is not looked at.
    fn create_person_with(
        &self,
        by: &By,
        person: &PersonRecord,
        new: &NewCredential,
    ) -> Result<(Person, Credential), CommandError>;

    /// Revokes the credential with this id and all that were exchanged for it; false when there is none.
    fn revoke(&self, by: &By, id: i64) -> Result<bool, VaultError>;

    /// Revokes at once all credentials of the person of this number that `which` chooses, and all that were exchanged for
    /// them; gives how many that were in force until now, those of them that had expired too. A transaction that is tried
    /// again chooses again.
    fn revoke_of_person(&self, by: &By, person: i64, which: &dyn Fn(&Credential) -> bool) -> Result<u64, VaultError>;

    /// Keeps a person's consent to a client: makes a grant, and a code to be exchanged. Refused (as
    /// [`VaultError::Gone`]) when the client has been revoked meanwhile or there is no such person.
    fn consent(&self, by: &By, consent: &Consent<'_>) -> Result<Consented, VaultError>;

    /// Exchanges a code or a refresh token for a new access token and a new refresh token, in one transaction, so that
    /// of several that present the same at once a single one gets them.
    ///
    /// What has been exchanged before has got into two hands, and nobody knows which of them is the client's: it is
    /// refused as [`ExchangeRefusal::Reused`], and the grant with the whole family is revoked (RFC 6819, 5.2.1.1; RFC
    /// 9700, 4.14.2). Everything else that is refused leaves all as it was.
    ///
    /// It is done on the authority of the client: see [`Exchange::by`].
    ///
    /// [`ExchangeRefusal::Reused`]: crate::ExchangeRefusal::Reused
    fn exchange(&self, exchange: &Exchange<'_>) -> Result<Exchanged, ExchangeError>;

    /// Takes note that the credential of this id let somebody in at the time `now`. Returns at once and cannot fail: it
    /// is written later, at most once a minute for each credential, and lost when it cannot be written.
    fn note_use(&self, id: i64, now: i64);

    /// Keeps a person's password, or forgets it, and revokes the sessions in which the person is signed in. False when
    /// there is no person of this number.
    fn set_password(&self, by: &By, person: i64, password: Option<&PasswordHash>) -> Result<bool, VaultError>;

    /// The person with this login, and what is known of the password; `None` when there is no such person.
    fn password_of(&self, login: &str) -> Result<Option<Login>, VaultError>;

    /// The credentials of this audience that belong to the person of this number, by id.
    fn of_person(&self, audience: &str, person: i64) -> Result<Vec<Credential>, VaultError>;

    /// The credential with this id, revoked or not.
    fn get(&self, id: i64) -> Result<Option<Credential>, VaultError>;

    /// The credentials that the query asks for, by id.
    fn list(&self, query: &CredentialQuery<'_>) -> Result<Page<Credential>, VaultError>;
}

/// Which credentials are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialQuery<'a> {
    /// Only those of this audience.
    pub audience: Option<&'a str>,
    /// Only those of the person of this number.
    pub person: Option<i64>,
    /// Only those that are in force at the time `now`, or are not.
    pub in_force: Option<bool>,
    /// Only those with a greater id. Whoever goes on behind the last one of the page before misses none that stays.
    pub after: i64,
    /// Which stretch of them.
    pub window: Window,
    /// The time, in unix seconds.
    pub now: i64,
}

impl CredentialQuery<'_> {
    /// The first page of all, with room for a thousand.
    pub const fn all(now: i64) -> Self {
        Self { audience: None, person: None, in_force: None, after: 0, window: Window::page(1, 1_000), now }
    }

    /// Whether it asks for this one.
    pub fn asks_for(&self, credential: &Credential) -> bool {
        self.audience.is_none_or(|audience| credential.audience == audience)
            && self.person.is_none_or(|person| credential.person == Some(person))
            && self.in_force.is_none_or(|in_force| credential.in_force(self.now) == in_force)
            && credential.id > self.after
    }
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
