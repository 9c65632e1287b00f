//! What the places of a path name.

use dialect::decode_segment;
use membership::{GroupKey, PersonKey, limits};

/// Who owns what nobody owns: the application itself (documented). Nobody else can be called so.
pub const SYSTEM: &str = limits::RESERVED_UID;

/// The group that a segment names. What is no legal guid becomes the empty one, which no group has: so it is refused
/// where every unknown group is, behind the judging of the key.
pub fn group(segment: &str) -> GroupKey {
    let text = decode_segment(segment).unwrap_or_default();
    GroupKey::Guid(limits::check_uid("guid", &text).unwrap_or_default())
}

/// The person that a segment names, in lower case. What is no legal uid is nobody's, and kept so that the refusal can
/// say it.
pub fn person(segment: &str) -> PersonKey {
    PersonKey::Uid(decode_segment(segment).unwrap_or_default().to_ascii_lowercase())
}

/// The person of this uid, whatever the case. What is no legal uid becomes the empty one, which nobody has.
pub fn uid(text: &str) -> PersonKey {
    PersonKey::Uid(limits::check_uid("uid", text).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_named_by_legal_guids() {
        for (segment, guid) in [
            ("supergroup", "supergroup"),
            ("SuperGroup", "supergroup"),
            ("a-b_1", "a-b_1"),
            ("%53uper", "super"),
            ("", ""),
            ("a.b", ""),
            ("a+b", ""),
            ("%C3%A5", ""),
            ("a%00", ""),
            ("%ff", ""),
            ("%zz", ""),
            ("a%", ""),
        ] {
            assert_eq!(group(segment), GroupKey::Guid(guid.to_owned()), "{segment}");
        }
        assert_eq!(group(&"a".repeat(100)), GroupKey::Guid("a".repeat(100)));
        assert_eq!(group(&"a".repeat(101)), GroupKey::Guid(String::new()));
    }

    #[test]
    fn persons_are_named_by_what_is_sent() {
        for (segment, uid) in
            [("SuperHero4", "superhero4"), ("%53-_1", "s-_1"), ("a.b", "a.b"), ("%zz", ""), ("a%00", "")]
        {
            assert_eq!(person(segment), PersonKey::Uid(uid.to_owned()), "{segment}");
        }
    }

    #[test]
    fn listed_persons_are_named_by_legal_uids() {
        let long = "a".repeat(101);
        for (text, expected) in [("Ada", "ada"), ("", ""), ("a b", ""), ("a\0", ""), ("é", ""), (&long, "")] {
            assert_eq!(uid(text), PersonKey::Uid(expected.to_owned()), "{text}");
        }
    }
}
