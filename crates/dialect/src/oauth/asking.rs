//! What the flows of OAuth ask of the core.

use super::ClientProof;
use crate::answer::vault_refusal;
use crate::{Refusal, Session};
use access::{
    Agreed, Consent, Consented, Credential, CredentialKind, Exchange, ExchangeError, ExchangeRefusal, Exchanged, Login,
    NewCredential, Proof, Rights, SIGN_IN, Secret, SecretHash, VaultError,
};
use membership::{By, Person, PersonKey};

/// Who is signed in at the pages.
pub(crate) struct SignedIn {
    /// The person.
    pub person: Person,
    /// On whose authority it acts there: the person's, by the session.
    pub by: By,
}

/// For how long a person is signed in at the pages at the most, in seconds.
const SIGNED_IN: i64 = 12 * 3_600;

impl Session<'_> {
    /// The client of this public id, if it is in force.
    pub(crate) fn client(&self, id: &str) -> Result<Option<Credential>, Refusal> {
        let found = self.core.vault.client(self.audience, id).map_err(vault_refusal)?;
        Ok(found.map(|(client, _)| client).filter(|client| client.in_force(self.core.now)))
    }

    /// The client that proves who it is; refused when it does not.
    pub(crate) fn authenticate(&self, proof: &ClientProof) -> Result<Credential, Refusal> {
        crate::answer::authenticate(self.core, self.audience, &proof.id, &proof.secret)
    }

    /// The person who is signed in with a cookie of this hash, if somebody is.
    pub(crate) fn signed_in(&self, cookie: &SecretHash) -> Result<Option<SignedIn>, Refusal> {
        let found = self.core.vault.find(SIGN_IN, CredentialKind::Session, cookie).map_err(vault_refusal)?;
        let Some(principal) = found.and_then(|found| found.judge(self.core.now).ok()) else { return Ok(None) };
        let Some(viewer) = &principal.viewer else { return Ok(None) };
        match self.person(&PersonKey::Number(viewer.number)) {
            Err(Refusal::NoSuchPerson(_)) => Ok(None),
            person => Ok(Some(SignedIn { person: person?, by: principal.by(self.core.now) })),
        }
    }

    /// Signs a person in with a cookie of this hash. Refused as unavailable when the person was deleted meanwhile.
    pub(crate) fn begin_sign_in(&self, person: i64, cookie: SecretHash) -> Result<(), Refusal> {
        let new = NewCredential {
            audience: SIGN_IN.to_owned(),
            kind: CredentialKind::Session,
            rights: Rights::NONE,
            person: Some(person),
            client_id: String::new(),
            parent: None,
            secret: cookie,
            created_at: self.core.now,
            expires_at: Some(self.core.now.saturating_add(SIGNED_IN)),
            agreed: Agreed::default(),
        };
        // The password let it in, not a credential.
        let by = By::person(person, self.core.now);
        self.core.vault.create(&by, &new).map(|_| ()).map_err(vault_refusal)
    }

    /// Signs out whoever is signed in with a cookie of this hash.
    pub(crate) fn end_sign_in(&self, cookie: &SecretHash) -> Result<(), Refusal> {
        let found = self.core.vault.find(SIGN_IN, CredentialKind::Session, cookie).map_err(vault_refusal)?;
        match found.map(|found| found.credential).filter(|session| session.revoked_at.is_none()) {
            Some(session) => {
                let by = By { person: session.person, credential: Some(session.id), now: self.core.now };
                self.core.vault.revoke(&by, session.id).map(|_| ()).map_err(vault_refusal)
            }
            None => Ok(()),
        }
    }

    /// See [`access::Vault::password_of`].
    pub(crate) fn login(&self, login: &str) -> Result<Option<Login>, Refusal> {
        self.core.vault.password_of(login).map_err(vault_refusal)
    }

    /// See [`access::Vault::consent`].
    pub(crate) fn consent(&self, by: &By, consent: &Consent<'_>) -> Result<Consented, Refusal> {
        self.core.vault.consent(by, consent).map_err(vault_refusal)
    }

    /// The number of the person who has consented to what is presented; `None` when nobody knows it.
    pub(crate) fn person_behind(&self, proof: &Proof<'_>) -> Result<Option<i64>, Refusal> {
        let (kind, secret) = match proof {
            Proof::Code { code, .. } => (CredentialKind::Code, code),
            Proof::Refresh { token } => (CredentialKind::Refresh, token),
        };
        let found = self.core.vault.find(self.audience, kind, secret).map_err(vault_refusal)?;
        Ok(found.and_then(|found| found.credential.person))
    }

    /// See [`access::Vault::exchange`].
    pub(crate) fn exchange(&self, exchange: &Exchange<'_>) -> Result<Exchanged, Refusal> {
        self.core.vault.exchange(exchange).map_err(|error| match error {
            ExchangeError::Refused(refusal) => {
                if refusal == ExchangeRefusal::Reused {
                    log::warn!("{refusal}; the client is credential {}", exchange.client.id);
                }
                Refusal::BadGrant(refusal)
            }
            ExchangeError::Vault(VaultError::Gone) => Refusal::BadGrant(ExchangeRefusal::Unknown),
            ExchangeError::Vault(error) => vault_refusal(error),
        })
    }

    /// Revokes a token of this client; with a refresh token all that came of the same consent. What nobody knows is
    /// passed over; what is another client's is refused.
    pub(crate) fn give_back(&self, client: &Credential, token: &Secret) -> Result<(), Refusal> {
        let by = By { person: None, credential: Some(client.id), now: self.core.now };
        for kind in [CredentialKind::Token, CredentialKind::Refresh] {
            let Some(found) = self.find_credential(kind, token)? else { continue };
            // A token of a person that no client was given bears what was noted with it, which may be anything.
            if found.client_id != client.client_id || found.parent.is_none() {
                return Err(Refusal::BadGrant(ExchangeRefusal::Unknown));
            }
            let first = if kind == CredentialKind::Refresh { found.parent.unwrap_or(found.id) } else { found.id };
            self.core.vault.revoke(&by, first).map_err(vault_refusal)?;
        }
        Ok(())
    }
}
