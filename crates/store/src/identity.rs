//! Identifiers for rows that do not bring them all.
//!
//! Every person has a number, an id, a uid and a login, every group a number, an id and a guid, so that what was
//! added through one dialect can be addressed through the others. The rules (our decision): the uid is the login made
//! legal, the login is the uid, the guid is the name made legal; where nothing legal is left, `person-NUMBER` or
//! `group-NUMBER`. What is taken already gets `-2`, `-3` and so on; no person's uid becomes the reserved one.

use membership::limits;

/// `text` made a legal uid or guid: its first [`limits::UID`] characters, ASCII letters in lower case, every illegal
/// character a hyphen, without hyphens at the ends. Empty when nothing is left.
pub(crate) fn legal_uid(text: &str) -> String {
    let legal = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | '_') => c,
        _ => '-',
    };
    let all: String = text.chars().take(limits::UID).map(legal).collect();
    all.trim_matches('-').to_owned()
}

/// The `n`th attempt at an identifier made from `base`: `base` itself, then `base-2`, `base-3` and so on. When that
/// would be longer than `max` characters, `base` is cut.
pub(crate) fn attempt(base: &str, n: u32, max: usize) -> String {
    if n <= 1 {
        return base.to_owned();
    }
    let suffix = format!("-{n}");
    let kept = max.saturating_sub(suffix.len());
    let cut: String = base.chars().take(kept).collect();
    cut + &suffix
}

/// The uid to try first for a person: from its login, else from its number.
pub(crate) fn uid_base(login: Option<&str>, number: i64) -> String {
    Some(legal_uid(login.unwrap_or_default()))
        .filter(|uid| !uid.is_empty())
        .unwrap_or_else(|| format!("person-{number}"))
}

/// The guid to try first for a group: from its name, else from its number.
pub(crate) fn guid_base(name: Option<&str>, number: i64) -> String {
    Some(legal_uid(name.unwrap_or_default()))
        .filter(|guid| !guid.is_empty())
        .unwrap_or_else(|| format!("group-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_become_legal() {
        for (login, uid) in [
            ("John.Smith@example.org", "john-smith-example-org"),
            ("  Bob ", "bob"),
            ("under_score-9", "under_score-9"),
            ("Åse", "se"),
            ("李雷", ""),
            ("", ""),
            ("\u{212a}elvin", "elvin"),
        ] {
            assert_eq!(legal_uid(login), uid, "{login}");
        }
    }

    #[test]
    fn uids_stay_within_their_length() {
        let long = "a".repeat(99) + "-" + &"b".repeat(50);
        assert_eq!(legal_uid(&long), "a".repeat(99), "no hyphen is left where it was cut");
        assert_eq!(attempt(&"a".repeat(100), 12, limits::UID), "a".repeat(97) + "-12");
        assert_eq!(attempt("bob", 1, limits::UID), "bob");
        assert_eq!(attempt("bob", 2, limits::UID), "bob-2");
    }

    #[test]
    fn what_has_no_legal_character_is_named_by_its_number() {
        assert_eq!(uid_base(Some("李雷"), 7), "person-7");
        assert_eq!(uid_base(None, 7), "person-7");
        assert_eq!(guid_base(Some("!"), 9), "group-9");
        assert_eq!(guid_base(Some("The Group"), 9), "the-group");
    }
}
