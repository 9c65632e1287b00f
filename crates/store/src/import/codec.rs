//! Records in the spool: bytes that are quick to read again. Only this process ever reads them.
//!
//! A record is a bit set of the fields that are said, then their values, identifiers first, so that who only needs
//! to know which row is meant need not read the rest.

use membership::record::{GroupRecord, GroupRef, MembershipRecord, Metadata, PersonRecord, PersonRef};
use membership::{AccountStatus, GroupKind, Money, Presence, Scope, State};
use uuid::Uuid;

/// Something that can be written to the spool and read again; `None` when the bytes are not such a thing.
pub(super) trait Field: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn take(input: &mut &[u8]) -> Option<Self>;
}

/// A whole number of no fixed length: small ones take one byte.
pub(super) fn put_count(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

pub(super) fn take_count(input: &mut &[u8]) -> Option<u64> {
    let (mut n, mut shift) = (0_u64, 0_u32);
    loop {
        let byte = take_bytes(input, 1)?[0];
        n |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(n);
        }
        shift += 7;
    }
}

fn take_bytes<'a>(input: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = input.split_at_checked(length)?;
    *input = rest;
    Some(taken)
}

fn put_str(text: &str, out: &mut Vec<u8>) {
    put_count(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

fn take_str<'a>(input: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(take_count(input)?).ok()?;
    std::str::from_utf8(take_bytes(input, length)?).ok()
}

impl Field for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        put_count(self.cast_unsigned(), out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        take_count(input).map(u64::cast_signed)
    }
}

impl Field for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        take_bytes(input, 1).map(|b| b[0] != 0)
    }
}

impl Field for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_str(self, out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        take_str(input).map(str::to_owned)
    }
}

impl Field for Uuid {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Self::from_slice(take_bytes(input, 16)?).ok()
    }
}

impl Field for Money {
    fn put(&self, out: &mut Vec<u8>) {
        self.cents.put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        i64::take(input).map(|cents| Self { cents })
    }
}

impl Field for Metadata {
    fn put(&self, out: &mut Vec<u8>) {
        put_str(self.as_str(), out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Self::parse(take_str(input)?).ok()
    }
}

impl Field for Vec<String> {
    fn put(&self, out: &mut Vec<u8>) {
        put_count(self.len() as u64, out);
        self.iter().for_each(|text| text.put(out));
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        (0..take_count(input)?).map(|_| String::take(input)).collect()
    }
}

macro_rules! words {
    ($($vocabulary:ident),+) => {$(
        impl Field for $vocabulary {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(*self as u8);
            }
            fn take(input: &mut &[u8]) -> Option<Self> {
                let index = take_bytes(input, 1)?[0];
                Self::ALL.get(usize::from(index)).copied()
            }
        }
    )+};
}
words!(AccountStatus, GroupKind, Presence, Scope, State);

/// Which fields are said, one bit each, asked in order.
struct Said(u64);

impl Said {
    fn next(&mut self) -> bool {
        let said = self.0 & 1 == 1;
        self.0 >>= 1;
        said
    }
}

macro_rules! record {
    ($record:ident { $($field:ident),+ $(,)? }) => {
        impl Field for $record {
            fn put(&self, out: &mut Vec<u8>) {
                let said = [$(self.$field.is_some()),+];
                put_count(said.iter().rev().fold(0, |bits, said| bits << 1 | u64::from(*said)), out);
                $(if let Some(value) = &self.$field { value.put(out); })+
            }
            fn take(input: &mut &[u8]) -> Option<Self> {
                let mut said = Said(take_count(input)?);
                Some(Self {
                    $($field: if said.next() { Some(Field::take(input)?) } else { None },)+
                    ..Self::default()
                })
            }
        }
    };
}

record!(GroupRecord {
    number,
    id,
    guid,
    name,
    description,
    r#type,
    owner,
    sponsor,
    criteria,
    icon,
    page,
    email,
    additional_information,
    metadata,
    tags,
    created_at,
    updated_at,
});
record!(PersonRecord {
    number,
    id,
    uid,
    login,
    name,
    business_name,
    tag_line,
    description,
    email,
    phone,
    additional_information,
    hourly_rate,
    city,
    state,
    country,
    category,
    earnings_6_months,
    feedback_6_months,
    positive_feedback_6_months,
    overview,
    avatar,
    link,
    metadata,
    tags,
    role,
    status_message,
    freelancer,
    individual,
    account_status,
    presence,
    last_active_at,
    created_at,
    updated_at,
});
record!(MembershipRecord {
    group,
    person,
    state,
    scope,
    asked_at,
    joined_at,
    joined_by,
    scope_changed_at,
    scope_changed_by,
    banned_at,
    banned_by,
});

macro_rules! reference {
    ($reference:ident { $($field:ident),+ }) => {
        impl Field for $reference {
            fn put(&self, out: &mut Vec<u8>) {
                let said = [$(self.$field.is_some()),+];
                put_count(said.iter().rev().fold(0, |bits, said| bits << 1 | u64::from(*said)), out);
                $(if let Some(value) = &self.$field { value.put(out); })+
            }
            fn take(input: &mut &[u8]) -> Option<Self> {
                let mut said = Said(take_count(input)?);
                Some(Self { $($field: if said.next() { Some(Field::take(input)?) } else { None }),+ })
            }
        }
    };
}
reference!(GroupRef { number, id, guid });
reference!(PersonRef { number, id, uid, login });

/// The identifiers of a row or of a reference to one. A group's guid stands in `uid`; it has no login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Names<'a> {
    pub number: Option<i64>,
    pub id: Option<Uuid>,
    pub uid: Option<&'a str>,
    pub login: Option<&'a str>,
}

impl<'a> Names<'a> {
    /// Reads only the identifiers of a spooled person.
    pub fn of_spooled_person(mut bytes: &'a [u8]) -> Option<Self> {
        let input = &mut bytes;
        let mut said = Said(take_count(input)?);
        Some(Self {
            number: if said.next() { Some(Field::take(input)?) } else { None },
            id: if said.next() { Some(Field::take(input)?) } else { None },
            uid: if said.next() { Some(take_str(input)?) } else { None },
            login: if said.next() { Some(take_str(input)?) } else { None },
        })
    }

    /// Reads only the identifiers of a spooled group.
    pub fn of_spooled_group(mut bytes: &'a [u8]) -> Option<Self> {
        let input = &mut bytes;
        let mut said = Said(take_count(input)?);
        Some(Self {
            number: if said.next() { Some(Field::take(input)?) } else { None },
            id: if said.next() { Some(Field::take(input)?) } else { None },
            uid: if said.next() { Some(take_str(input)?) } else { None },
            login: None,
        })
    }

    /// The number, when nothing else is said.
    pub fn number_alone(&self) -> Option<i64> {
        match *self {
            Self { number, id: None, uid: None, login: None } => number,
            _ => None,
        }
    }
}

impl<'a> From<&'a GroupRecord> for Names<'a> {
    fn from(r: &'a GroupRecord) -> Self {
        Self { number: r.number, id: r.id, uid: r.guid.as_deref(), login: None }
    }
}

impl<'a> From<&'a GroupRef> for Names<'a> {
    fn from(r: &'a GroupRef) -> Self {
        Self { number: r.number, id: r.id, uid: r.guid.as_deref(), login: None }
    }
}

impl<'a> From<&'a PersonRef> for Names<'a> {
    fn from(r: &'a PersonRef) -> Self {
        Self { number: r.number, id: r.id, uid: r.uid.as_deref(), login: r.login.as_deref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::record::Record;

    fn there_and_back<T: Field + PartialEq + std::fmt::Debug>(value: &T) {
        let mut bytes = Vec::new();
        value.put(&mut bytes);
        let mut input = bytes.as_slice();
        assert_eq!(T::take(&mut input).as_ref(), Some(value));
        assert!(input.is_empty());
        for length in 0..bytes.len() {
            assert_eq!(T::take(&mut &bytes[..length]), None, "cut to {length}");
        }
    }

    #[test]
    fn what_is_spooled_is_read_again() {
        there_and_back(&i64::MAX);
        there_and_back(&"Łódź".to_owned());
        for line in [
            r#"{"kind":"group","guid":"g","id":"6fe49ce4-56d4-475f-9483-1adca6b2976c","type":"password","owner":{"login":"x"},"metadata":{"b":1,"a":{}},"tags":["x","ü"],"updated_at":7}"#,
            r#"{"kind":"person","number":300,"uid":"u","login":"L","hourly_rate":"22.5","freelancer":false,"account_status":"no_access","presence":"available","positive_feedback_6_months":98,"updated_at":9}"#,
            r#"{"kind":"membership","group":{"guid":"g"},"person":{"number":5,"login":"x"},"state":"banned","scope":"moderator","banned_by":{"uid":"z"}}"#,
        ] {
            match Record::parse(line).expect(line) {
                Record::Group(r) => there_and_back(&*r),
                Record::Person(r) => there_and_back(&*r),
                Record::Membership(r) => there_and_back(&*r),
            }
        }
    }

    #[test]
    fn the_identifiers_of_a_person_can_be_read_alone() {
        let person = PersonRecord {
            number: Some(5),
            uid: Some("u".into()),
            login: Some("L".into()),
            name: Some("N".into()),
            ..PersonRecord::default()
        };
        let mut bytes = Vec::new();
        person.put(&mut bytes);
        let names = Names { number: Some(5), id: None, uid: Some("u"), login: Some("L") };
        assert_eq!(Names::of_spooled_person(&bytes), Some(names));
    }
}
