//! How an address, a parameter or a field names a group or a person: one form each, none of which can be taken for
//! another.
//!
//! - digits alone are a number: `1116`;
//! - 36 characters with four hyphens are an id: `6fe49ce4-56d4-475f-9483-1adca6b2976c`;
//! - anything else says what it is: `guid:supergroup`, `uid:superhero4`, `login:jsmith`.

use membership::{GroupKey, PersonKey, limits};
use uuid::Uuid;

const NO_GROUP: &str = "must be a number, a UUID, or guid: and a guid";
const NO_PERSON: &str = "must be a number, a UUID, uid: and a uid, or login: and a login";

/// The patterns in the OpenAPI document.
pub(super) const GROUP_PATTERN: &str = concat!("^([1-9][0-9]{0,15}|", uuid!(), "|guid:[A-Za-z0-9_-]{1,100})$");
/// The same for persons.
pub(super) const PERSON_PATTERN: &str =
    concat!("^([1-9][0-9]{0,15}|", uuid!(), "|uid:[A-Za-z0-9_-]{1,100}|login:[^\\u0000]{1,255})$");

macro_rules! uuid {
    () => {
        "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
    };
}
use uuid;

/// Reads the key of a group.
pub(super) fn group(text: &str) -> Result<GroupKey, &'static str> {
    match plain(text) {
        Some(Plain::Number(number)) => Ok(GroupKey::Number(number)),
        Some(Plain::Id(id)) => Ok(GroupKey::Id(id)),
        None => {
            let guid = text.strip_prefix("guid:").and_then(|guid| limits::check_uid("guid", guid).ok());
            guid.map(GroupKey::Guid).ok_or(NO_GROUP)
        }
    }
}

/// Reads the key of a person.
pub(super) fn person(text: &str) -> Result<PersonKey, &'static str> {
    match plain(text) {
        Some(Plain::Number(number)) => return Ok(PersonKey::Number(number)),
        Some(Plain::Id(id)) => return Ok(PersonKey::Id(id)),
        None => {}
    }
    if let Some(uid) = text.strip_prefix("uid:") {
        return limits::check_uid("uid", uid).map(PersonKey::Uid).map_err(|_| NO_PERSON);
    }
    let login = text.strip_prefix("login:").filter(|login| !login.is_empty());
    let login = login.filter(|login| limits::check("login", login, limits::LOGIN).is_ok());
    login.map(|login| PersonKey::Login(login.to_owned())).ok_or(NO_PERSON)
}

enum Plain {
    Number(i64),
    Id(Uuid),
}

fn plain(text: &str) -> Option<Plain> {
    // 16 digits are enough for every number, and fit.
    let digits = (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && !text.starts_with('0') {
        return text.parse().ok().map(Plain::Number);
    }
    if text.len() == 36 { Uuid::try_parse(text).ok().map(Plain::Id) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_one_form_each() {
        let id = "6FE49ce4-56d4-475f-9483-1adca6b2976c";
        let uuid = Uuid::try_parse(id).expect("a UUID");
        for (text, key) in [
            ("1116", GroupKey::Number(1116)),
            (id, GroupKey::Id(uuid)),
            ("guid:SuperGroup", GroupKey::Guid("supergroup".into())),
            ("guid:1116", GroupKey::Guid("1116".into())),
        ] {
            assert_eq!(group(text), Ok(key), "{text}");
        }
        for (text, key) in [
            ("7", PersonKey::Number(7)),
            (id, PersonKey::Id(uuid)),
            ("uid:7", PersonKey::Uid("7".into())),
            ("login:J. Doe/1", PersonKey::Login("J. Doe/1".into())),
            ("login:uid:7", PersonKey::Login("uid:7".into())),
        ] {
            assert_eq!(person(text), Ok(key), "{text}");
        }
        for text in [
            "",
            "0",
            "01",
            "-1",
            "12345678901234567",
            "supergroup",
            "guid:",
            "guid:a b",
            "GUID:a",
            "uid:",
            "login:",
            "login:\0",
        ] {
            assert!(group(text).is_err() && person(text).is_err(), "{text:?}");
        }
        assert!(person(&format!("login:{}", "é".repeat(255))).is_ok());
        assert!(person(&format!("login:{}", "é".repeat(256))).is_err());
    }
}
