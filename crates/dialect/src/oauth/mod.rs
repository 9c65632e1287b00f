//! What the token endpoints of OAuth 2.0 (RFC 6749, 3.2) and of revocation (RFC 7009) have in common: who the client is,
//! what it presents, and what it gets. The shapes of secrets and replies are the dialects' own.

mod asking;
mod client;
mod exchange;
mod grant;
mod revoke;

pub(crate) use asking::SignedIn;
pub use client::ClientProof;
pub use exchange::{Issuing, MakeTokens, Tokens, exchange};
pub use grant::Grant;
pub use revoke::give_back;
