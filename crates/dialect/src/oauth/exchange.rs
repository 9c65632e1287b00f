//! From a code or a refresh token to the next two tokens.

use super::{ClientProof, Grant};
use crate::answer::no_randomness;
use crate::{Action, Refusal, Reply};
use access::{Credential, Exchange, ExchangeRefusal, NoRandomness, Operation, Proof, RedirectRule, Secret};

/// Two tokens just issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The access token.
    pub access_token: Secret,
    /// The refresh token.
    pub refresh_token: Secret,
    /// In how many seconds the access token expires.
    pub expires_in: i64,
    /// When it expires, in unix seconds.
    pub expires_at: i64,
    /// What the person has consented to.
    pub scope: String,
}

/// Makes an access token and a refresh token for a client and the person of this number.
pub type MakeTokens = fn(&Credential, i64) -> Result<(Secret, Secret), NoRandomness>;

/// What a dialect says of the tokens that it issues.
pub struct Issuing {
    /// How long an access token is valid, in seconds.
    pub access_lifetime: i64,
    /// How long a refresh token is valid, in seconds.
    pub refresh_lifetime: i64,
    /// How the address that comes with a code is judged.
    pub redirect: RedirectRule,
    /// Makes the two.
    pub make: MakeTokens,
    /// Writes them.
    pub write: Box<dyn Fn(&Tokens) -> Reply + Send>,
}

/// The exchange of what `grant` presents for tokens. Of `client_credentials` it is [`Refusal::UnsupportedGrant`].
pub fn exchange(client: ClientProof, grant: Grant, issuing: Issuing) -> Action {
    Action::task(Operation::ExchangeClientSecret, move |session| {
        let client = session.authenticate(&client)?;
        let proof = match &grant {
            Grant::ClientCredentials => return Err(Refusal::UnsupportedGrant),
            Grant::Code { code, redirect_uri, verifier } => Proof::Code {
                code: code.hash(),
                redirect_uri: redirect_uri.as_deref(),
                rule: issuing.redirect,
                verifier: verifier.as_ref(),
            },
            Grant::Refresh(token) => Proof::Refresh { token: token.hash() },
        };
        // Whose it is never changes, so it may be asked before the exchange, which judges all else.
        let person = session.person_behind(&proof)?.ok_or(Refusal::BadGrant(ExchangeRefusal::Unknown))?;
        let (access_token, refresh_token) = (issuing.make)(&client, person).map_err(no_randomness)?;
        let expires_at = session.now().saturating_add(issuing.access_lifetime);
        let exchanged = session.exchange(&Exchange {
            client: &client,
            proof,
            access: access_token.hash(),
            access_expires_at: Some(expires_at),
            refresh: refresh_token.hash(),
            refresh_expires_at: Some(session.now().saturating_add(issuing.refresh_lifetime)),
            now: session.now(),
        })?;
        Ok((issuing.write)(&Tokens {
            access_token,
            refresh_token,
            expires_in: issuing.access_lifetime,
            expires_at,
            scope: exchanged.access.agreed.scope,
        }))
    })
}
