//! Text: folding for comparison, and what no text may hold.
//!
//! Two texts are equal for rollcall when their foldings are the same bytes. Folding is Unicode *simple* case folding
//! (one code point to one code point), so lengths and positions counted in code points are the same before and
//! after. It happens here and nowhere else: databases only ever compare bytes, which is what makes SQLite,
//! PostgreSQL and memory agree.

use icu_casemap::CaseMapper;

/// Names the folding in use. It is kept in the store; when it differs from this, `rollcall migrate` folds every
/// stored text anew.
pub const FOLD_VERSION: &str = "icu_casemap-2";

/// What SHA-256 gives for the foldings of all characters, one behind the other, under [`FOLD_VERSION`]. A test compares:
/// where the library brings other data, both must change.
#[cfg(test)]
const FOLD_SHA256: &str = "878929d343408c4b42a605994030e60388597b4cbfdc87e19bc6e34cacce1fb8";

/// The code points that `trim` removes at both ends: Unicode `White_Space`, the same set as Rust's [`str::trim`].
pub const WHITE_SPACE: &str = "\u{9}\u{a}\u{b}\u{c}\u{d} \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

/// Folds `text` for comparison.
///
/// ```
/// assert_eq!(membership::text::fold("ÅSE Straße ΣΊΣΥΦΟΣ"), "åse straße σίσυφοσ");
/// ```
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mapper = CaseMapper::new();
    text.chars().map(|c| mapper.simple_fold(c)).collect()
}

/// A text already folded. Literals in a [`crate::Filter`] are of this type, so none can be compared unfolded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folded(String);

impl Folded {
    /// Folds `text`.
    pub fn new(text: &str) -> Self {
        Self(fold(text))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Length in code points.
    pub fn chars(&self) -> u64 {
        self.0.chars().count() as u64
    }
}

/// True when `text` holds U+0000, which no stored text and no query may (PostgreSQL cannot keep it).
pub fn has_nul(text: &str) -> bool {
    text.as_bytes().contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn white_space_is_what_trim_removes() {
        let all: String = (char::MIN..=char::MAX).filter(|c| c.is_whitespace()).collect();
        assert_eq!(all, WHITE_SPACE);
    }

    #[test]
    fn folding_keeps_the_number_of_code_points_and_is_idempotent() {
        let mapper = CaseMapper::new();
        for c in char::MIN..=char::MAX {
            let once = mapper.simple_fold(c);
            assert_eq!(mapper.simple_fold(once), once, "{c:?}");
            if c.is_ascii() {
                assert_eq!(once, c.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn a_folding_that_changes_gets_another_version() {
        let mut hash = Sha256::new();
        for c in char::MIN..=char::MAX {
            hash.update(fold(c.encode_utf8(&mut [0; 4])));
        }
        let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, FOLD_SHA256, "{FOLD_VERSION} folds otherwise: give it another name, and this its hash");
    }

    #[test]
    fn folding_knows_more_than_ascii() {
        assert_eq!(fold("İI\u{212a}"), "İik");
        assert_eq!(fold("ẞ"), "ß");
        assert_ne!(fold("SS"), fold("ß"), "simple folding never changes the length");
    }
}
