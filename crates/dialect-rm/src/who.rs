//! Persons as a body names them: `{"Id":"…"}` or `{"Name":"…"}` (manual).

use crate::body::Object;
use crate::filter::guid;
use dialect::{Fault, FaultCode, Refusal, Session};
use membership::{
    Compare, Filter, Folded, Named, Person, PersonKey, PersonQuery, TextExpr, TextField, Window, text::fold,
};
use uuid::Uuid;

/// A person, by one name or both.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// The field that errors name.
    parameter: String,
    key: Key,
}

#[derive(Clone, Debug)]
enum Key {
    Id(Uuid),
    Name(String),
    /// Both, which must be of one person, as the manual has it of other fields that take both.
    Both(Uuid, String),
}

impl Who {
    /// Reads the object, which must hold one name at least.
    pub(crate) fn required(object: &Object) -> Result<Self, Fault> {
        let id = match object.filled("Id")? {
            Some(text) => {
                let fault = || object.fault("Id", FaultCode::InvalidValue, "must be a GUID");
                Some(guid(&text).ok_or_else(fault)?)
            }
            None => None,
        };
        let (field, key) = match (id, object.filled("Name")?) {
            (Some(id), None) => ("Id", Key::Id(id)),
            (None, Some(name)) => ("Name", Key::Name(name)),
            (Some(id), Some(name)) => ("Id", Key::Both(id, name)),
            (None, None) => return Err(object.own_fault(FaultCode::Required, "needs an Id or a Name")),
        };
        Ok(Self { parameter: object.fault(field, FaultCode::InvalidValue, "").parameter, key })
    }

    /// A person by id alone, in the field of this name.
    pub(crate) fn by_id(parameter: &str, id: Uuid) -> Self {
        Self { parameter: parameter.to_owned(), key: Key::Id(id) }
    }

    /// As a step names a person.
    pub(crate) fn named(&self) -> Named {
        match &self.key {
            Key::Id(id) | Key::Both(id, _) => PersonKey::Id(*id).into(),
            Key::Name(name) => Named::Name(name.clone()),
        }
    }

    /// The fault of the field that names the person.
    pub(crate) fn fault(&self, problem: &str) -> Fault {
        Fault::new(self.parameter.as_str(), FaultCode::InvalidValue, problem)
    }

    /// Makes sure that both names are of one person, where there are two.
    pub(crate) fn check(&self, session: &Session<'_>) -> Result<(), Refusal> {
        if matches!(self.key, Key::Both(..)) { self.person(session).map(|_| ()) } else { Ok(()) }
    }

    /// The one person that is meant.
    pub(crate) fn person(&self, session: &Session<'_>) -> Result<Person, Refusal> {
        match &self.key {
            Key::Id(id) => self.by_key(session, *id),
            Key::Both(id, name) => {
                let person = self.by_key(session, *id)?;
                if fold(&person.name) == fold(name) {
                    Ok(person)
                } else {
                    Err(self.fault("names somebody with another Name than the one beside it").into())
                }
            }
            Key::Name(name) => self.by_name(session, name),
        }
    }

    fn by_key(&self, session: &Session<'_>, id: Uuid) -> Result<Person, Refusal> {
        session.person(&PersonKey::Id(id)).map_err(|refusal| match refusal {
            Refusal::NoSuchPerson(_) => self.fault("names nobody").into(),
            other => other,
        })
    }

    fn by_name(&self, session: &Session<'_>, name: &str) -> Result<Person, Refusal> {
        let (field, name) = (TextExpr::Field(TextField::Name), TextExpr::Literal(Folded::new(name)));
        let query = PersonQuery::new(Window { offset: 0, limit: 1 })
            .filtered(Filter::Text(field, Compare::Eq, name))
            .map_err(|_| self.fault("is too long"))?;
        let found = session.persons(&query)?;
        match (found.total, found.rows.into_iter().next()) {
            (1, Some(person)) => Ok(person),
            (0, _) => Err(self.fault("names nobody").into()),
            _ => Err(self.fault("names several persons").into()),
        }
    }
}
