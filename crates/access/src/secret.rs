//! Secrets: how they are made, shown and compared.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use std::fmt;
use std::hash::{Hash, Hasher};
use subtle::ConstantTimeEq;

/// Letters and digits of the Elance token's last part; 62 of them, 5.95 bits each.
const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An opaque secret as a client holds it. It is shown once, when made; neither `Debug` nor any error reveals it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The operating system gave no random bits.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bits: {0}")]
pub struct NoRandomness(pub(crate) getrandom::Error);

impl Secret {
    /// Takes what a client presented.
    pub fn presented(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A new one of `bytes` random bytes, printed as twice as many hexadecimal digits. 16 bytes at the least, for
    /// the 128 bits that every secret here must have.
    pub fn hexadecimal(bytes: usize) -> Result<Self, NoRandomness> {
        let mut random = vec![0; bytes.max(16)];
        getrandom::fill(&mut random).map_err(NoRandomness)?;
        Ok(Self(hex(&random)))
    }

    /// A new one of 22 letters and digits: 131 bits, the shape of the last part of Elance's tokens.
    pub fn alphanumeric() -> Result<Self, NoRandomness> {
        let mut text = String::with_capacity(22);
        while text.len() < 22 {
            let mut random = [0; 32];
            getrandom::fill(&mut random).map_err(NoRandomness)?;
            // 248 is the greatest multiple of 62 in a byte; the rest is thrown away, so that no letter is likelier.
            let fair = random.iter().filter(|b| **b < 248).map(|b| char::from(ALPHANUMERIC[usize::from(*b) % 62]));
            text.extend(fair.take(22 - text.len()));
        }
        Ok(Self(text))
    }

    /// With `before` in front, for tokens that begin with what they belong to.
    #[must_use]
    pub fn prefixed(self, before: &str) -> Self {
        Self(format!("{before}{}", self.0))
    }

    /// The text itself, to be given to its owner and to nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up in its place.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of a secret. The secrets have at least 128 random bits, so a fast hash without salt is enough.
#[derive(Clone, Eq)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Reads a `code_challenge` of the method S256 (RFC 7636, 4.2): the hash of a verifier as 43 letters of base64url.
    pub fn from_challenge(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let read = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
        (read == 32).then_some(Self(bytes))
    }

    /// The hash that stands in the store for a thing that has no secret but belongs to this one. Nothing that bears it
    /// is ever looked up by it.
    pub(crate) fn stand_in(&self, label: &str) -> Self {
        Self(Sha256::new_with_prefix(label).chain_update(self.0).finalize().into())
    }

    /// As 64 hexadecimal digits, the form in the store.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// Reads the form in the store.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// In constant time.
impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Hash for SecretHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_their_shapes_and_differ() {
        let make = || Secret::alphanumeric().expect("random");
        assert_eq!(make().reveal().len(), 22);
        assert!(make().reveal().bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(make(), make());
        assert_eq!(Secret::hexadecimal(1).expect("random").reveal().len(), 32, "never below 128 bits");
    }

    #[test]
    fn a_challenge_is_the_hash_of_its_verifier() {
        // The example of RFC 7636, appendix B.
        let challenge = SecretHash::from_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").expect("a challenge");
        assert_eq!(challenge, Secret::presented("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").hash());
        for text in
            ["", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "AAAA"]
        {
            assert_eq!(SecretHash::from_challenge(text), None, "{text}");
        }
    }

    #[test]
    fn hashes_survive_the_store() {
        let hash = Secret::presented("abc").hash();
        assert_eq!(hash.to_hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(SecretHash::from_hex(&hash.to_hex()), Some(hash));
        assert_eq!(SecretHash::from_hex("+a7816"), None);
    }
}
