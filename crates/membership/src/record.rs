//! The records of import and export: one JSON object a line, `{"kind":"group"|"person"|"membership", …}`. The
//! names here are the names in the files; `docs/import-export.md` lists them.
//!
//! A field left out, or `null`, is *not said*: an existing row keeps what it has, a new one gets what is generated
//! or the empty value.

pub(crate) mod numbers;
mod object;
pub mod rules;

use crate::{AccountStatus, GroupKind, Money, Presence, Scope, State};
use object::Object;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One line of an import or export. Read by [`Record::parse`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A group.
    Group(Box<GroupRecord>),
    /// A person.
    Person(Box<PersonRecord>),
    /// A membership.
    Membership(Box<MembershipRecord>),
}

impl Record {
    /// Reads one line; the error knows its column.
    pub fn parse(line: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Kind {
            Group,
            Person,
            Membership,
        }
        #[derive(Deserialize)]
        #[serde(expecting = "an object")]
        struct Tagged {
            kind: Kind,
        }
        let mut reader = serde_json::Deserializer::from_str(line);
        let tagged = Tagged::deserialize(Object(&mut reader))?;
        reader.end()?;
        Ok(match tagged.kind {
            Kind::Group => Self::Group(serde_json::from_str(line)?),
            Kind::Person => Self::Person(serde_json::from_str(line)?),
            Kind::Membership => Self::Membership(serde_json::from_str(line)?),
        })
    }
}

macro_rules! record {
    ($(#[$doc:meta])* $name:ident $(ignoring $ignored:ident)? { $($(#[$fdoc:meta])* $field:ident : $ty:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, expecting = "an object", remote = "Self")]
        pub struct $name {
            $($(#[$fdoc])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $field: Option<$ty>,)+
            $(#[doc(hidden)] #[serde(default, skip_serializing)] pub $ignored: serde::de::IgnoredAny,)?
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                // What is derived, which `remote` makes a function of its own.
                Self::deserialize(Object(d))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, s)
            }
        }

        impl $name {
            /// The names of the fields, in the order in which they are exported.
            pub const FIELDS: &'static [&'static str] = &[$(field_name(stringify!($field)),)+];
        }
    };
}

/// The name in a file: raw identifiers lose their mark.
const fn field_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

record! {
    /// A group, as far as it is said. See [`crate::Group`] for the meaning of the fields. Identifiers first: at least
    /// one, and all that are there must name the same row.
    GroupRecord ignoring kind {
        /// Number.
        number: i64,
        /// Id.
        id: Uuid,
        /// Guid.
        guid: String,
        /// Name.
        name: String,
        /// Description.
        description: String,
        /// How one joins: `public`, `private` or `password`.
        r#type: GroupKind,
        /// The owner.
        owner: PersonRef,
        /// Sponsor.
        sponsor: String,
        /// Criteria.
        criteria: String,
        /// Icon.
        icon: String,
        /// Page of the members.
        page: String,
        /// E-mail.
        email: String,
        /// Additional information.
        additional_information: String,
        /// A JSON object.
        metadata: Metadata,
        /// Tags.
        tags: Vec<String>,
        /// Created at.
        created_at: i64,
        /// Changed at.
        updated_at: i64,
    }
}

record! {
    /// A person, as far as it is said. See [`crate::Person`] for the meaning of the fields. Identifiers first: at
    /// least one, and all that are there must name the same row.
    PersonRecord ignoring kind {
        /// Number.
        number: i64,
        /// Id.
        id: Uuid,
        /// Uid.
        uid: String,
        /// Login.
        login: String,
        /// Name.
        name: String,
        /// Business name.
        business_name: String,
        /// Tag line.
        tag_line: String,
        /// Description.
        description: String,
        /// E-mail.
        email: String,
        /// Phone.
        phone: String,
        /// Additional information.
        additional_information: String,
        /// US dollars an hour.
        hourly_rate: Money,
        /// City.
        city: String,
        /// State or province.
        state: String,
        /// Country.
        country: String,
        /// Category.
        category: String,
        /// US dollars in six months.
        earnings_6_months: Money,
        /// Ratings in six months.
        feedback_6_months: i64,
        /// Positive ratings in six months.
        positive_feedback_6_months: i64,
        /// Overview.
        overview: String,
        /// Avatar.
        avatar: String,
        /// Link.
        link: String,
        /// A JSON object.
        metadata: Metadata,
        /// Tags.
        tags: Vec<String>,
        /// Role.
        role: String,
        /// Status message.
        status_message: String,
        /// Freelancer.
        freelancer: bool,
        /// Individual.
        individual: bool,
        /// `active`, `no_access` or `blocked`.
        account_status: AccountStatus,
        /// `available` or `offline`.
        presence: Presence,
        /// Last active at.
        last_active_at: i64,
        /// Created at.
        created_at: i64,
        /// Changed at.
        updated_at: i64,
    }
}

record! {
    /// A membership. `group` and `person` are required.
    MembershipRecord ignoring kind {
        /// Which group.
        group: GroupRef,
        /// Which person.
        person: PersonRef,
        /// `pending`, `member` (when new and not said) or `banned`.
        state: State,
        /// `participant` (when new and not said), `moderator` or `admin`.
        scope: Scope,
        /// When the person asked to join.
        asked_at: i64,
        /// When the person became a member; the time of the import when new and not said.
        joined_at: i64,
        /// By whom.
        joined_by: PersonRef,
        /// When the scope was changed.
        scope_changed_at: i64,
        /// By whom.
        scope_changed_by: PersonRef,
        /// When the person was banned.
        banned_at: i64,
        /// By whom.
        banned_by: PersonRef,
    }
}

record! {
    /// Names a group by one or more of its identifiers, which must all name the same one.
    GroupRef {
        /// Number.
        number: i64,
        /// Id.
        id: Uuid,
        /// Guid.
        guid: String,
    }
}

record! {
    /// Names a person by one or more of its identifiers, which must all name the same one. As an actor or an owner
    /// it is exported by number.
    PersonRef {
        /// Number.
        number: i64,
        /// Id.
        id: Uuid,
        /// Uid.
        uid: String,
        /// Login.
        login: String,
    }
}

/// A JSON object, kept as canonical text: keys sorted, no blanks. Read from an object, or from a text that holds one
/// (the empty text means none); written as an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(String);

/// A text that cannot be metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMetadata {
    /// It holds no JSON object.
    #[error("must be a JSON object")]
    NotAnObject,
    /// It holds a number that would come out as another one: only whole numbers from -2^63 to 2^64-1 and what a
    /// double holds are kept exactly (our decision: refused rather than rounded).
    #[error("must not hold the number {0}, which would lose digits; write it as a text")]
    InexactNumber(String),
}

impl Metadata {
    /// The canonical text of the object in `text`; of an empty text, or of an object without keys, the empty text.
    /// Fails when it is no object, or when a number in it would lose digits.
    pub fn parse(text: &str) -> Result<Self, BadMetadata> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let value = serde_json::from_str(text).map_err(|_| BadMetadata::NotAnObject)?;
        match numbers::first_inexact(text) {
            Some(number) => Err(BadMetadata::InexactNumber(number.chars().take(40).collect())),
            None => Self::from_value(value),
        }
    }

    /// The canonical text of an object; of one without keys the empty text.
    pub fn from_value(value: serde_json::Value) -> Result<Self, BadMetadata> {
        match value {
            serde_json::Value::Object(map) if map.is_empty() => Ok(Self::default()),
            value @ serde_json::Value::Object(_) => Ok(Self(value.to_string())),
            serde_json::Value::String(text) => Self::parse(&text),
            _ => Err(BadMetadata::NotAnObject),
        }
    }

    /// The canonical text, empty when there is none.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Metadata {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        let text = if self.0.is_empty() { "{}" } else { &self.0 };
        let value: serde_json::Value = serde_json::from_str(text).map_err(S::Error::custom)?;
        value.serialize(s)
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        // As it is written: a value would have rounded its numbers already.
        let written = Box::<serde_json::value::RawValue>::deserialize(d)?;
        Self::parse(written.get()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_and_write_alike() {
        for line in [
            r#"{"kind":"group","number":1116,"guid":"supergroup","type":"public","metadata":{"a":1,"b":[2]}}"#,
            r#"{"kind":"person","uid":"superhero4","hourly_rate":"22.5","tags":["x"],"freelancer":false}"#,
            r#"{"kind":"membership","group":{"guid":"supergroup"},"person":{"login":"jdoe"},"state":"member","joined_at":1638360106}"#,
        ] {
            let record = Record::parse(line).expect(line);
            assert_eq!(serde_json::to_string(&record).expect("writes"), line);
        }
    }

    #[test]
    fn unknown_fields_and_words_are_refused() {
        for line in [
            r#"{"kind":"person","uid":"a","nmae":"x"}"#,
            r#"{"kind":"person","uid":"a","presence":"online"}"#,
            r#"{"kind":"persons","uid":"a"}"#,
            r#"{"uid":"a"}"#,
            r#"{"kind":"person","uid":"a","metadata":[1]}"#,
            r#"["person"]"#,
            r#"{"kind":"membership","group":[null,null,"g"],"person":{"uid":"a"}}"#,
            r#"{"kind":"membership","group":{"guid":"g"},"person":[1]}"#,
            r#"{"kind":"group","guid":"g","owner":[1,null,null,null]}"#,
        ] {
            assert!(Record::parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn metadata_is_canonical() {
        assert_eq!(
            Metadata::parse(r#" {"b":1, "a":{"d":2,"c":3}}"#).map(|m| m.0),
            Ok(r#"{"a":{"c":3,"d":2},"b":1}"#.to_owned())
        );
        assert_eq!(Metadata::parse("{}"), Ok(Metadata::default()));
        assert_eq!(Metadata::parse("[]"), Err(BadMetadata::NotAnObject));
    }

    #[test]
    fn numbers_in_metadata_keep_their_digits() {
        let parse = |number: &str| Metadata::parse(&format!(r#"{{"a":["12345678901234567890123",{number}]}}"#));
        for number in ["0", "-0.0", "1e2", "0.1", "1.50", "18446744073709551615", "-9223372036854775808", "1E-7"] {
            assert!(parse(number).is_ok(), "{number}");
        }
        for number in [
            "12345678901234567890123",
            "18446744073709551617",
            "3.14159265358979323846",
            "1e-400",
            "0.1000000000000000001",
        ] {
            assert_eq!(parse(number), Err(BadMetadata::InexactNumber(number.to_owned())), "{number}");
            let line = format!(r#"{{"kind":"person","uid":"a","metadata":{{"n":{number}}}}}"#);
            let error = Record::parse(&line).expect_err(&line).to_string();
            assert!(
                error.starts_with(&format!("must not hold the number {number}, which would lose digits")),
                "{error}"
            );
            let line = format!(r#"{{"kind":"person","uid":"a","metadata":"{{\"n\":{number}}}"}}"#);
            assert!(Record::parse(&line).is_err(), "{line}");
        }
        assert_eq!(parse("1e400"), Err(BadMetadata::NotAnObject));
    }

    #[test]
    fn fields_are_named_as_in_the_files() {
        assert_eq!(GroupRecord::FIELDS[5], "type");
        assert_eq!(PersonRecord::FIELDS[0], "number");
    }
}
