//! Credentials, and the vault that keeps them.

use crate::{Denial, Principal, Rights, SecretHash, Viewer};
use membership::AccountStatus;

/// What kind of thing a secret is. A secret of one kind is never found as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// An application that exchanges its id and secret for tokens (RM).
    Client,
    /// An access token (Elance, RM).
    Token,
    /// A key sent with every request (CometChat).
    Key,
}

impl CredentialKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Client, Self::Token, Self::Key];

    /// The word in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Token => "token",
            Self::Key => "key",
        }
    }

    /// Reads the word in the store.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.as_str() == word)
    }
}

/// A credential as it is stored, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Number of the credential.
    pub id: i64,
    /// The name of the dialect that it is for. It opens no other.
    pub audience: String,
    /// What kind of thing it is.
    pub kind: CredentialKind,
    /// What it lets its holder do.
    pub rights: Rights,
    /// The person it belongs to, if it is a person's.
    pub person: Option<i64>,
    /// The public half of a client; of a token the client that it was given to.
    pub client_id: String,
    /// The credential that this one was exchanged for. Revoking that one revokes this one.
    pub parent: Option<i64>,
    /// When it was made, in unix seconds.
    pub created_at: i64,
    /// From when on it is no longer valid, in unix seconds.
    pub expires_at: Option<i64>,
    /// When it was revoked, in unix seconds.
    pub revoked_at: Option<i64>,
}

/// A credential to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    /// See [`Credential::audience`].
    pub audience: String,
    /// See [`Credential::kind`].
    pub kind: CredentialKind,
    /// See [`Credential::rights`].
    pub rights: Rights,
    /// See [`Credential::person`].
    pub person: Option<i64>,
    /// See [`Credential::client_id`].
    pub client_id: String,
    /// See [`Credential::parent`].
    pub parent: Option<i64>,
    /// The hash of the secret.
    pub secret: SecretHash,
    /// See [`Credential::created_at`].
    pub created_at: i64,
    /// See [`Credential::expires_at`].
    pub expires_at: Option<i64>,
}

/// The person that a credential belongs to, as far as it matters for access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who it is.
    pub viewer: Viewer,
    /// Whether the person's credentials work.
    pub account_status: AccountStatus,
}

/// What a vault found: a credential and its holder, as they stand in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// The person it belongs to, if it is a person's.
    pub holder: Option<Holder>,
}

impl Found {
    /// Judges the credential at the time `now` (unix seconds). A credential of a person who is gone is unknown.
    pub fn judge(self, now: i64) -> Result<Principal, Denial> {
        let Self { credential, holder } = self;
        let expired = credential.expires_at.is_some_and(|at| at <= now);
        let orphaned = credential.person.is_some() && holder.is_none();
        if credential.revoked_at.is_some() || expired || orphaned {
            return Err(Denial::Unknown);
        }
        if holder.as_ref().is_some_and(|h| h.account_status != AccountStatus::Active) {
            return Err(Denial::AccountClosed);
        }
        Ok(Principal {
            credential: Some(credential.id),
            rights: credential.rights,
            viewer: holder.map(|h| h.viewer),
            client_id: credential.client_id,
        })
    }
}

/// Keeps credentials. What one call changes is committed when it returns, and in force at once everywhere.
pub trait Vault: Send + Sync {
    /// The credential of this audience and kind with this secret, revoked or not.
    fn find(&self, audience: &str, kind: CredentialKind, secret: &SecretHash) -> Result<Option<Found>, VaultError>;

    /// The client of this audience with this public id, with the hash of its secret.
    fn client(&self, audience: &str, client_id: &str) -> Result<Option<(Credential, SecretHash)>, VaultError>;

    /// Keeps a new credential. Refused (as [`VaultError::Gone`]) when its parent has been revoked meanwhile, or when the
    /// person it is to belong to does not exist (any more).
    fn create(&self, new: &NewCredential) -> Result<Credential, VaultError>;

    /// Revokes the credential with this id and all that were exchanged for it; false when there is none.
    fn revoke(&self, id: i64, now: i64) -> Result<bool, VaultError>;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(status: Option<AccountStatus>) -> Found {
        let viewer = |_| Viewer { number: 7, uid: "u".into() };
        Found {
            credential: Credential {
                id: 1,
                audience: "elance".into(),
                kind: CredentialKind::Token,
                rights: Rights::FULL,
                person: status.map(|_| 7),
                client_id: String::new(),
                parent: None,
                created_at: 100,
                expires_at: Some(200),
                revoked_at: None,
            },
            holder: status.map(|account_status| Holder { viewer: viewer(()), account_status }),
        }
    }

    #[test]
    fn credentials_end() {
        assert!(found(None).judge(199).is_ok());
        assert_eq!(found(None).judge(200), Err(Denial::Unknown));
        let mut revoked = found(None);
        revoked.credential.revoked_at = Some(150);
        assert_eq!(revoked.judge(150), Err(Denial::Unknown));
    }

    #[test]
    fn a_persons_credentials_work_while_the_account_is_active() {
        let principal = found(Some(AccountStatus::Active)).judge(150).expect("active");
        assert_eq!(principal.viewer.map(|v| v.number), Some(7));
        assert_eq!(found(Some(AccountStatus::Blocked)).judge(150), Err(Denial::AccountClosed));
        assert_eq!(found(Some(AccountStatus::NoAccess)).judge(150), Err(Denial::AccountClosed));
        let mut orphaned = found(Some(AccountStatus::Active));
        orphaned.holder = None;
        assert_eq!(orphaned.judge(150), Err(Denial::Unknown));
    }
}
