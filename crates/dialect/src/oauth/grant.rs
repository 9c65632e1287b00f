//! What a client presents to get tokens.

use crate::{Fault, FaultCode, Form, Refusal};
use access::Secret;

/// What a client presents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Its own id and secret, and nothing else.
    ClientCredentials,
    /// A code.
    Code {
        /// The code.
        code: Secret,
        /// The address that is said with it.
        redirect_uri: Option<String>,
        /// The verifier of its challenge (RFC 7636).
        verifier: Option<Secret>,
    },
    /// A refresh token.
    Refresh(Secret),
}

impl Grant {
    /// Reads a form. Fields that it has no use for are passed over.
    pub fn read(form: &Form<'_>) -> Result<Self, Refusal> {
        let one = |name| form.one(&[name]).map(|value| value.map(String::from));
        let needed = |name| one(name)?.ok_or_else(|| Fault::new(name, FaultCode::Required, "is required"));
        match needed("grant_type")?.as_str() {
            "client_credentials" => Ok(Self::ClientCredentials),
            "authorization_code" => Ok(Self::Code {
                code: Secret::presented(needed("code")?),
                redirect_uri: one("redirect_uri")?,
                verifier: one("code_verifier")?.map(Secret::presented),
            }),
            "refresh_token" => Ok(Self::Refresh(Secret::presented(needed("refresh_token")?))),
            _ => Err(Refusal::UnsupportedGrant),
        }
    }
}
