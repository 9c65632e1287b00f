//! `Responsible` of a group: who owns it.

use crate::body::Object;
use crate::filter::guid;
use crate::who::Who;
use dialect::{Fault, FaultCode};
use serde_json::Value;

/// The name of the field.
const FIELD: &str = "Responsible";

/// What a body says of the owner.
#[derive(Debug)]
pub(crate) enum Responsible {
    /// Nothing.
    Unsaid,
    /// That there is none, by an empty text: what is shown of a group that has none.
    Nobody,
    /// That it is this person.
    Is(Who),
}

/// Reads the field: a GUID, as it is shown, or an object that names a person, as the manual writes it.
pub(crate) fn read(object: &Object) -> Result<Responsible, Fault> {
    let wrong = || {
        let problem = "must be the GUID of a person, or an object with an Id or a Name";
        object.fault(FIELD, FaultCode::InvalidValue, problem)
    };
    Ok(match object.value(FIELD)? {
        None => Responsible::Unsaid,
        Some(Value::String(text)) if text.is_empty() => Responsible::Nobody,
        Some(Value::String(text)) => Responsible::Is(Who::by_id(FIELD, guid(text).ok_or_else(wrong)?)),
        Some(Value::Object(fields)) => Responsible::Is(Who::required(&object.within(FIELD, fields))?),
        Some(_) => return Err(wrong()),
    })
}

/// The owner of a group cannot be taken away, only changed (our decision: the core knows no other way).
pub(crate) fn not_emptied() -> Fault {
    let problem = "cannot be emptied; leave it out, or name another person";
    Fault::new(FIELD, FaultCode::InvalidValue, problem)
}
