//! The code flow of OAuth 2.0 (RFC 6749, 4.1 and 6), as far as it concerns what is kept: a person consents to a client,
//! which makes a grant and a code; the client exchanges the code, and later one refresh token after the other.

use crate::{Agreed, Credential, CredentialKind, Holder, NewCredential, Rights, Secret, SecretHash, VaultError};
use membership::{AccountStatus, By};

/// For how many seconds a code can be exchanged. RFC 6749 (4.1.2) recommends ten minutes at the most.
pub const CODE_LIFETIME: i64 = 300;

/// A person's consent to a client.
#[derive(Clone, Debug)]
pub struct Consent<'a> {
    /// The client. What comes of the consent has no rights and reaches no groups that the client has not.
    pub client: &'a Credential,
    /// Number of the person.
    pub person: i64,
    /// What the tokens are to let the client do in the person's name.
    pub rights: Rights,
    /// The scope in the words of the client.
    pub scope: &'a str,
    /// The address that the client said in the authorize call, if it said one. Must be a registered one: whoever sends
    /// the browser there has judged it.
    pub redirect_uri: Option<&'a str>,
    /// The hash of the verifier that must come with the code, if the client said one.
    pub code_challenge: Option<SecretHash>,
    /// The hash of the code.
    pub code: SecretHash,
    /// The time, in unix seconds. The code can be exchanged for [`CODE_LIFETIME`] from then on.
    pub now: i64,
}

impl Consent<'_> {
    /// The grant to be kept.
    pub fn grant(&self) -> NewCredential {
        NewCredential {
            audience: self.client.audience.clone(),
            kind: CredentialKind::Grant,
            rights: self.rights.and(self.client.rights),
            person: Some(self.person),
            client_id: self.client.client_id.clone(),
            parent: Some(self.client.id),
            secret: self.code.stand_in("grant"),
            created_at: self.now,
            expires_at: self.client.expires_at,
            agreed: Agreed { scope: self.scope.to_owned(), ..Agreed::limited(self.client.agreed.groups.clone()) },
        }
    }

    /// The code to be kept, of this grant.
    pub fn code(&self, grant: &Credential) -> NewCredential {
        let of_grant = of(grant, CredentialKind::Code, &self.code, self.now);
        NewCredential {
            expires_at: Some(self.now.saturating_add(CODE_LIFETIME)),
            agreed: Agreed {
                redirect_uris: self.redirect_uri.map(str::to_owned).into_iter().collect(),
                code_challenge: self.code_challenge.clone(),
                ..of_grant.agreed
            },
            ..of_grant
        }
    }
}

/// What came of a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consented {
    /// The grant.
    pub grant: Credential,
    /// The code.
    pub code: Credential,
}

/// What a client presents to be exchanged.
#[derive(Clone, Debug)]
pub enum Proof<'a> {
    /// A code.
    Code {
        /// Its hash.
        code: SecretHash,
        /// The address that the client says now, if it says one.
        redirect_uri: Option<&'a str>,
        /// How that is judged.
        rule: RedirectRule,
        /// The verifier of the code's challenge, if one is said.
        verifier: Option<&'a Secret>,
    },
    /// A refresh token.
    Refresh {
        /// Its hash.
        token: SecretHash,
    },
}

/// How the address that comes with a code is judged. One that is not registered is refused by each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectRule {
    /// RFC 6749, 4.1.3: the one of the authorize call must be said again, where one was said there.
    Repeated,
    /// It may be absent; where it is said it must be the one of the authorize call.
    Same,
    /// It may be absent; where it is said it must be a registered one.
    Registered,
}

/// A client's asking for tokens. Its secret has been judged before.
#[derive(Clone, Debug)]
pub struct Exchange<'a> {
    /// The client.
    pub client: &'a Credential,
    /// What it presents.
    pub proof: Proof<'a>,
    /// The hash of the new access token.
    pub access: SecretHash,
    /// From when on that is no longer valid, in unix seconds.
    pub access_expires_at: Option<i64>,
    /// The hash of the new refresh token.
    pub refresh: SecretHash,
    /// From when on that is no longer valid, in unix seconds.
    pub refresh_expires_at: Option<i64>,
    /// The time, in unix seconds.
    pub now: i64,
}

impl Exchange<'_> {
    /// On whose authority it is done: the client's.
    pub const fn by(&self) -> By {
        By { person: None, credential: Some(self.client.id), now: self.now }
    }

    /// Of what kind the thing is that is presented, and its hash.
    pub const fn presented(&self) -> (CredentialKind, &SecretHash) {
        match &self.proof {
            Proof::Code { code, .. } => (CredentialKind::Code, code),
            Proof::Refresh { token } => (CredentialKind::Refresh, token),
        }
    }

    /// Judges what was found for it, as it stands in the transaction of the exchange: the code or refresh token, its
    /// grant, and whose it is. The order counts: whoever is not the client it was given to revokes nothing.
    pub fn judge(
        &self,
        presented: &Credential,
        grant: &Credential,
        holder: Option<&Holder>,
    ) -> Result<(), ExchangeRefusal> {
        if grant.parent != Some(self.client.id) || !self.client.in_force(self.now) || !grant.in_force(self.now) {
            return Err(ExchangeRefusal::Unknown);
        }
        if presented.revoked_at.is_some() {
            return Err(ExchangeRefusal::Unknown);
        }
        if presented.used_at.is_some() {
            return Err(ExchangeRefusal::Reused);
        }
        let (true, Some(holder)) = (presented.in_force(self.now), holder) else {
            return Err(ExchangeRefusal::Unknown);
        };
        if holder.account_status != AccountStatus::Active {
            return Err(ExchangeRefusal::AccountClosed);
        }
        match &self.proof {
            Proof::Code { redirect_uri, rule, verifier, .. } => {
                self.judge_redirect(presented, *redirect_uri, *rule)?;
                judge_verifier(presented, *verifier)
            }
            Proof::Refresh { .. } => Ok(()),
        }
    }

    fn judge_redirect(&self, code: &Credential, said: Option<&str>, rule: RedirectRule) -> Result<(), ExchangeRefusal> {
        let registered = &self.client.agreed.redirect_uris;
        let before = code.agreed.redirect_uris.first();
        let Some(said) = said else {
            let missing = rule == RedirectRule::Repeated && before.is_some();
            return if missing { Err(ExchangeRefusal::BadRedirect) } else { Ok(()) };
        };
        let is_registered = registered.iter().any(|uri| uri == said);
        // Without one in the authorize call the browser was sent to the first.
        let is_same = before.or(registered.first()).is_some_and(|uri| uri == said);
        if is_registered && (is_same || rule == RedirectRule::Registered) {
            Ok(())
        } else {
            Err(ExchangeRefusal::BadRedirect)
        }
    }

    /// The access token to be kept, of this grant.
    pub fn access(&self, grant: &Credential) -> NewCredential {
        let of_grant = of(grant, CredentialKind::Token, &self.access, self.now);
        NewCredential { expires_at: self.access_expires_at, ..of_grant }
    }

    /// The refresh token to be kept, of this grant.
    pub fn refresh(&self, grant: &Credential) -> NewCredential {
        let of_grant = of(grant, CredentialKind::Refresh, &self.refresh, self.now);
        NewCredential { expires_at: self.refresh_expires_at, ..of_grant }
    }
}

/// A code with a challenge takes its verifier; one without takes none (RFC 9700, 2.1.1: else a challenge could be
/// stripped from the authorize call).
fn judge_verifier(code: &Credential, verifier: Option<&Secret>) -> Result<(), ExchangeRefusal> {
    match (&code.agreed.code_challenge, verifier) {
        (None, None) => Ok(()),
        (Some(challenge), Some(verifier)) if verifier.hash() == *challenge => Ok(()),
        _ => Err(ExchangeRefusal::BadVerifier),
    }
}

/// A new member of the family of this grant.
fn of(grant: &Credential, kind: CredentialKind, secret: &SecretHash, now: i64) -> NewCredential {
    NewCredential {
        audience: grant.audience.clone(),
        kind,
        rights: grant.rights,
        person: grant.person,
        client_id: grant.client_id.clone(),
        parent: Some(grant.id),
        secret: secret.clone(),
        created_at: now,
        expires_at: None,
        agreed: grant.agreed.clone(),
    }
}

/// What came of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchanged {
    /// The access token.
    pub access: Credential,
    /// The refresh token.
    pub refresh: Credential,
    /// Whose they are.
    pub holder: Holder,
}

/// Why an exchange is refused. A client is told `invalid_grant` in each case, and not which it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeRefusal {
    /// It is unknown, expired or revoked, or was given to another client.
    #[error("the code or refresh token is unknown, expired, revoked or was given to another client")]
    Unknown,
    /// It has been exchanged before. The whole family is revoked now.
    #[error("the code or refresh token has been used before, so all that came of it is revoked")]
    Reused,
    /// The address that came with the code is not the right one.
    #[error("the redirect_uri is not the one of the authorize call")]
    BadRedirect,
    /// The verifier that came with the code is not the right one, or is absent, or needless.
    #[error("the code_verifier does not fit the code_challenge")]
    BadVerifier,
    /// The account of the person is blocked or without access.
    #[error("the account is closed or blocked")]
    AccountClosed,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The exchange is refused.
    #[error(transparent)]
    Refused(#[from] ExchangeRefusal),
    /// The vault could not answer.
    #[error(transparent)]
    Vault(#[from] VaultError),
}
