//! Who may do what: credentials and the rules for their secrets, principals and their rights. No input or output.
//!
//! **May import:** `membership`. Known to `store` (which keeps credentials), `dialect` and `gateway`.
//!
//! A client presents a [`Secret`]; only its [`SecretHash`] is ever stored or looked up. What the [`Vault`] finds is
//! judged by [`Found::judge`], and the [`Principal`] that comes of it is asked [`Principal::may`] before anything
//! is done.
//!
//! ```
//! use access::{Right, Rights, Secret};
//!
//! let secret = Secret::hexadecimal(20).expect("the system gives random bits");
//! assert_eq!(secret.reveal().len(), 40);
//! assert_eq!(format!("{secret:?}"), "Secret(…)");
//! assert!(Rights::FULL.contains(Right::Read) && !Rights::MINT_ONLY.contains(Right::Read));
//! ```

mod agreed;
mod credential;
mod exchange;
mod password;
mod principal;
mod redirect;
mod secret;
mod vault;

pub use agreed::{Agreed, Groups};
pub use credential::{Credential, CredentialKind, Found, Holder, NewCredential};
pub use exchange::{
    CODE_LIFETIME, Consent, Consented, Exchange, ExchangeError, ExchangeRefusal, Exchanged, Proof, RedirectRule,
};
pub use password::{BadPassword, BadPasswordHash, HashingFailed, PasswordHash, check_password};
pub use principal::{Denial, Operation, Principal, Right, Rights, Viewer};
pub use redirect::{BadRedirectUri, check_redirect_uri};
pub use secret::{NoRandomness, Secret, SecretHash};
pub use vault::{CredentialQuery, Login, Vault, VaultError};

/// The audience of the sessions in which persons are signed in at the pages where they consent to clients. No dialect
/// has this name.
pub const SIGN_IN: &str = "sign-in";
