//! Passwords: only a slow, salted hash of one is ever kept (argon2id).

use crate::NoRandomness;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// The hash of a password in the form of PHC strings: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. It knows its own
/// parameters, so they can be raised without losing what is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// A text that is no hash of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the hash of a password")]
pub struct BadPasswordHash;

/// A password that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// It has fewer than 8 characters.
    #[error("the password must have at least 8 characters")]
    Short,
    /// It has more than 1,024 bytes.
    #[error("the password must have at most 1024 bytes")]
    Long,
    /// It holds a control character, which no sign-in page could send.
    #[error("the password must not hold control characters")]
    Control,
}

/// Judges a person's new password: 8 characters at the least, 1,024 bytes at the most (so that hashing has a bound), no
/// control characters. Nothing else is asked of it, as NIST SP 800-63B advises.
pub fn check_password(password: &str) -> Result<(), BadPassword> {
    if password.len() > 1_024 {
        Err(BadPassword::Long)
    } else if password.chars().any(char::is_control) {
        Err(BadPassword::Control)
    } else if password.chars().count() < 8 {
        Err(BadPassword::Short)
    } else {
        Ok(())
    }
}

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingFailed {
    /// There is no salt.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The algorithm refuses it: no memory, or a password of more than 4 GiB.
    #[error("the password cannot be hashed: {0}")]
    Refused(Error),
}

/// 19 MiB, two passes, one lane: the least that OWASP recommends for argon2id. Some 20 ms on one core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn hashed(password: &str, salt: &[u8]) -> Result<String, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(hasher.hash_password(password.as_bytes(), &SaltString::encode_b64(salt)?)?.to_string())
}

impl PasswordHash {
    /// Hashes `password` with a fresh salt of 128 bits. Takes some 20 ms of one core, on purpose.
    pub fn of(password: &str) -> Result<Self, HashingFailed> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(NoRandomness)?;
        hashed(password, &salt).map(Self).map_err(HashingFailed::Refused)
    }

    /// Takes what is stored.
    pub fn stored(text: impl Into<String>) -> Result<Self, BadPasswordHash> {
        let text = text.into();
        if argon2::PasswordHash::new(&text).is_ok() { Ok(Self(text)) } else { Err(BadPasswordHash) }
    }

    /// What is to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `password` is the one, compared in constant time. Takes as long as hashing it.
    pub fn is_of(&self, password: &str) -> bool {
        let Ok(stored) = argon2::PasswordHash::new(&self.0) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &stored).is_ok()
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_is_the_password() {
        let hash = PasswordHash::of("sésame").expect("random bits");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hash.is_of("sésame"));
        for wrong in ["", "sesame", "sésame ", "SÉSAME"] {
            assert!(!hash.is_of(wrong), "{wrong}");
        }
        assert_ne!(hash, PasswordHash::of("sésame").expect("random bits"), "each has a salt of its own");
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    }

    #[test]
    fn a_new_password_has_bounds() {
        for (password, judged) in [
            ("sésame 8".to_owned(), Ok(())),
            ("x".repeat(1_024), Ok(())),
            ("éééé".to_owned(), Err(BadPassword::Short)),
            ("x".repeat(1_025), Err(BadPassword::Long)),
            ("a password\0".to_owned(), Err(BadPassword::Control)),
        ] {
            assert_eq!(check_password(&password), judged, "{password}");
        }
    }

    #[test]
    fn what_is_stored_comes_back() {
        let hash = PasswordHash::of("x").expect("random bits");
        assert_eq!(PasswordHash::stored(hash.as_str()), Ok(hash));
        for text in ["", "x", "$argon2id$"] {
            assert_eq!(PasswordHash::stored(text), Err(BadPasswordHash), "{text}");
        }
    }
}
