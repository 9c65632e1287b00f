//! What each column of a CSV file does to a record.

use membership::record::{GroupRecord, MembershipRecord, Metadata, PersonRecord};
use membership::{BadMoney, Money, UnknownWord};
use std::str::FromStr;
use uuid::Uuid;

/// Takes a cell into a record; an error is to be read behind the name of the column.
pub(super) type Setter<R> = fn(&mut R, &str) -> Result<(), String>;
/// What a cell says.
type Said<T> = Result<Option<T>, String>;

fn said<T>(cell: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Said<T> {
    if cell.is_empty() { Ok(None) } else { read(cell).map(Some) }
}

/// A text: says its cell, even an empty one.
#[allow(clippy::unnecessary_wraps, reason = "the readers of all columns are alike")]
fn text(cell: &str) -> Said<String> {
    Ok(Some(cell.to_owned()))
}

/// A text that cannot be empty: an identifier, a name.
fn name(cell: &str) -> Said<String> {
    said(cell, |cell| Ok(cell.to_owned()))
}

fn integer(cell: &str) -> Said<i64> {
    said(cell, |cell| cell.parse().map_err(|_| "must be a whole number".to_owned()))
}

fn uuid(cell: &str) -> Said<Uuid> {
    said(cell, |cell| cell.parse().map_err(|_| "must be a UUID".to_owned()))
}

fn word<T: FromStr<Err = UnknownWord>>(cell: &str) -> Said<T> {
    said(cell, |cell| cell.parse().map_err(|error: UnknownWord| error.to_string()))
}

fn flag(cell: &str) -> Said<bool> {
    said(cell, |cell| cell.parse().map_err(|_| "must be true or false".to_owned()))
}

fn money(cell: &str) -> Said<Money> {
    said(cell, |cell| cell.parse().map_err(|error: BadMoney| error.to_string()))
}

fn object(cell: &str) -> Said<Metadata> {
    Metadata::parse(cell).map(Some).map_err(|error| error.to_string())
}

fn list(cell: &str) -> Said<Vec<String>> {
    if cell.is_empty() {
        return Ok(Some(Vec::new()));
    }
    serde_json::from_str(cell).map(Some).map_err(|_| "must be a JSON array of texts".to_owned())
}

macro_rules! setters {
    ($(#[$doc:meta])* $setter:ident: $record:ty {
        $($column:literal => $field:ident $(.$part:ident)? $read:ident),+ $(,)?
    }) => {
        $(#[$doc])*
        pub(super) fn $setter(column: &str) -> Option<Setter<$record>> {
            match column {
                $($column => Some(|record, cell| {
                    setters!(@take record, cell, $read, $field $($part)?);
                    Ok(())
                }),)+
                _ => None,
            }
        }
    };
    (@take $record:ident, $cell:ident, $read:ident, $field:ident) => {
        $record.$field = $read($cell)?;
    };
    // A reference is there only when one of its cells says something.
    (@take $record:ident, $cell:ident, $read:ident, $field:ident $part:ident) => {
        if let Some(said) = $read($cell)? {
            $record.$field.get_or_insert_default().$part = Some(said);
        }
    };
}

setters! {
    /// The columns of persons.
    person_setter: PersonRecord {
        "number" => number integer,
        "id" => id uuid,
        "uid" => uid name,
        "login" => login name,
        "name" => name name,
        "business_name" => business_name text,
        "tag_line" => tag_line text,
        "description" => description text,
        "email" => email text,
        "phone" => phone text,
        "additional_information" => additional_information text,
        "hourly_rate" => hourly_rate money,
        "city" => city text,
        "state" => state text,
        "country" => country text,
        "category" => category text,
        "earnings_6_months" => earnings_6_months money,
        "feedback_6_months" => feedback_6_months integer,
        "positive_feedback_6_months" => positive_feedback_6_months integer,
        "overview" => overview text,
        "avatar" => avatar text,
        "link" => link text,
        "metadata" => metadata object,
        "tags" => tags list,
        "role" => role text,
        "status_message" => status_message text,
        "freelancer" => freelancer flag,
        "individual" => individual flag,
        "account_status" => account_status word,
        "presence" => presence word,
        "last_active_at" => last_active_at integer,
        "created_at" => created_at integer,
        "updated_at" => updated_at integer,
    }
}

setters! {
    /// The columns of groups.
    group_setter: GroupRecord {
        "number" => number integer,
        "id" => id uuid,
        "guid" => guid name,
        "name" => name name,
        "description" => description text,
        "type" => r#type word,
        "owner_number" => owner.number integer,
        "owner_id" => owner.id uuid,
        "owner_uid" => owner.uid name,
        "owner_login" => owner.login name,
        "sponsor" => sponsor text,
        "criteria" => criteria text,
        "icon" => icon text,
        "page" => page text,
        "email" => email text,
        "additional_information" => additional_information text,
        "metadata" => metadata object,
        "tags" => tags list,
        "created_at" => created_at integer,
        "updated_at" => updated_at integer,
    }
}

setters! {
    /// The columns of memberships.
    membership_setter: MembershipRecord {
        "group_number" => group.number integer,
        "group_id" => group.id uuid,
        "group_guid" => group.guid name,
        "person_number" => person.number integer,
        "person_id" => person.id uuid,
        "person_uid" => person.uid name,
        "person_login" => person.login name,
        "state" => state word,
        "scope" => scope word,
        "asked_at" => asked_at integer,
        "joined_at" => joined_at integer,
        "joined_by_number" => joined_by.number integer,
        "joined_by_id" => joined_by.id uuid,
        "joined_by_uid" => joined_by.uid name,
        "joined_by_login" => joined_by.login name,
        "scope_changed_at" => scope_changed_at integer,
        "scope_changed_by_number" => scope_changed_by.number integer,
        "scope_changed_by_id" => scope_changed_by.id uuid,
        "scope_changed_by_uid" => scope_changed_by.uid name,
        "scope_changed_by_login" => scope_changed_by.login name,
        "banned_at" => banned_at integer,
        "banned_by_number" => banned_by.number integer,
        "banned_by_id" => banned_by.id uuid,
        "banned_by_uid" => banned_by.uid name,
        "banned_by_login" => banned_by.login name,
    }
}
