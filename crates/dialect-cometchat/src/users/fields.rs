//! What a client says of a user.

use crate::body::Fields;
use dialect::Fault;
use membership::limits;
use membership::record::{Metadata, PersonRecord};

/// The longest name, in characters (documented).
const NAME: usize = 100;
/// What can be emptied by name (documented).
const UNSET: &[&str] = &["avatar", "link", "metadata"];

/// Reads what may be said of any user. Its uid is not looked at: it cannot be changed, and clients send it back.
pub fn read(fields: &Fields<'_>) -> Result<PersonRecord, Fault> {
    Ok(PersonRecord {
        name: fields.full_text("name", NAME)?,
        avatar: fields.text("avatar", limits::URL)?,
        link: fields.text("link", limits::URL)?,
        role: fields.full_text("role", limits::SHORT)?,
        status_message: fields.text("statusMessage", limits::TAG_LINE)?,
        metadata: fields.metadata()?,
        tags: fields.tags()?,
        ..PersonRecord::default()
    })
}

/// The same for a user that there is, some of whose fields may be emptied by name.
pub fn read_edit(fields: &Fields<'_>) -> Result<PersonRecord, Fault> {
    let mut record = read(fields)?;
    for name in fields.unset(UNSET)? {
        match name {
            "avatar" => record.avatar = Some(String::new()),
            "link" => record.link = Some(String::new()),
            _ => record.metadata = Some(Metadata::default()),
        }
    }
    Ok(record)
}

/// What a user says of itself, if anything: not its role, which tells others what it may do.
pub fn of_oneself(fields: &Fields<'_>) -> Result<Option<PersonRecord>, Fault> {
    let record = PersonRecord { role: None, ..read_edit(fields)? };
    Ok((record != PersonRecord::default()).then_some(record))
}
