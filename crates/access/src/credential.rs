//! Credentials, and how one that was found is judged.

use crate::{Agreed, Denial, Principal, Rights, SecretHash, Viewer};
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
    /// A person's consent to a client: the head of the family of codes and tokens that came of it. Its parent is the
    /// client; revoking it revokes the family. Nobody can present it.
    Grant,
    /// What a client is given at a consent, to be exchanged for tokens once. Its parent is the grant.
    Code,
    /// What a client exchanges for a new access token and its own successor, once. Its parent is the grant.
    Refresh,
    /// A person's signing in at a browser, for the audience [`crate::SIGN_IN`].
    Session,
}

impl CredentialKind {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::Client, Self::Token, Self::Key, Self::Grant, Self::Code, Self::Refresh, Self::Session];

    /// The word in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Token => "token",
            Self::Key => "key",
            Self::Grant => "grant",
            Self::Code => "code",
            Self::Refresh => "refresh",
            Self::Session => "session",
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
    /// When a code or refresh token was exchanged, in unix seconds.
    pub used_at: Option<i64>,
    /// When it last let somebody in, in unix seconds and to the minute only; told late, and never at all when the store
    /// cannot be written to.
    pub last_used_at: Option<i64>,
    /// What is agreed beside its rights.
    pub agreed: Agreed,
}

impl Credential {
    /// Whether it is neither revoked nor, at the time `now` (unix seconds), expired.
    pub fn in_force(&self, now: i64) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }
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
    /// See [`Credential::agreed`].
    pub agreed: Agreed,
}

impl NewCredential {
    /// The credential that it becomes under the number `id`.
    pub fn kept(&self, id: i64) -> Credential {
        Credential {
            id,
            audience: self.audience.clone(),
            kind: self.kind,
            rights: self.rights,
            person: self.person,
            client_id: self.client_id.clone(),
            parent: self.parent,
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: None,
            used_at: None,
            last_used_at: None,
            agreed: self.agreed.clone(),
        }
    }
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
        let orphaned = credential.person.is_some() && holder.is_none();
        if !credential.in_force(now) || orphaned {
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
            groups: credential.agreed.groups,
        })
    }
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
                used_at: None,
                last_used_at: None,
                agreed: Agreed::default(),
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
