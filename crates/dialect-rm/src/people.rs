//! People: listing, counting, showing, making, changing and deleting persons.

use crate::body::{self, Object};
use crate::field::PERSON;
use crate::format::Format;
use crate::listing::{Asked, Listing, number};
use crate::render;
use dialect::access::Operation;
use dialect::{Action, Fault, FaultCode, Refusal, Reply, Request};
use membership::record::PersonRecord;
use membership::{AccountStatus, Person, PersonKey, PersonQuery, Window};
use uuid::Uuid;

/// Asks for a page of the people.
pub(crate) fn list(request: &Request<'_>) -> Result<Action, Refusal> {
    let asked = Asked::read(request, PERSON)?;
    let listing = Listing::new(request, &asked);
    let query = query(&asked)?;
    Ok(Action::task(Operation::ReadPersons, move |session| {
        let page = session.persons(&query)?;
        Ok(listing.reply(page.total, render::people(listing.format, &page.rows)))
    }))
}

/// Asks for their number. The parameters of a list are checked here too, but only the filter has an effect.
pub(crate) fn count(request: &Request<'_>) -> Result<Action, Refusal> {
    let mut query = query(&Asked::read(request, PERSON)?)?;
    query.order.clear();
    query.window = Window { offset: 0, limit: 0 };
    Ok(Action::task(Operation::ReadPersons, move |session| session.count_persons(&query).map(number)))
}

fn query(asked: &Asked) -> Result<PersonQuery, Fault> {
    let mut query = PersonQuery::new(asked.window());
    query.order.clone_from(&asked.order);
    query.filtered(asked.filter()).map_err(|large| asked.too_large(large))
}

/// Asks for one person.
pub(crate) fn show(request: &Request<'_>, id: Uuid) -> Action {
    let format = Format::of(request);
    Action::quick(Operation::ReadPersons, move |session| {
        let person = session.person(&PersonKey::Id(id))?;
        Ok(Reply::new(200, format.content_type(), render::person(format, &person)))
    })
}

/// Makes the person in the body and answers with its id. A login may be given, and only here.
pub(crate) fn create(request: &Request<'_>) -> Result<Action, Refusal> {
    let object = body::object(request)?;
    body::refuse_id(&object)?;
    let mut record = record(&object)?;
    record.name = Some(object.required("Name")?);
    record.email = Some(object.required("Email")?);
    record.login = object.filled("Login")?;
    check_status(&object, AccountStatus::Active)?;
    let format = Format::of(request);
    Ok(Action::task(Operation::CreatePerson, move |session| {
        let made = session.create_person(&record)?;
        Ok(Reply::new(200, format.content_type(), render::id(format, made.id)))
    }))
}

/// Changes a person. What the body does not say stays, and so does what it repeats.
pub(crate) fn edit(request: &Request<'_>, id: Uuid) -> Result<Action, Refusal> {
    let object = body::object(request)?;
    let mut record = record(&object)?;
    record.id = body::id(&object)?;
    record.name = object.filled("Name")?;
    let required = || object.fault("Email", FaultCode::Required, "is required");
    record.email = Some(object.text("Email")?.ok_or_else(required)?);
    // Judged by the core, which changes no login.
    record.login = object.filled("Login")?;
    let key = PersonKey::Id(id);
    Ok(Action::task(Operation::ChangePersons, move |session| {
        session.edit_person_judged(&session.by_application()?, &key, &record, |stored| {
            check_email(&object, &record, stored)?;
            check_status(&object, stored.account_status)
        })?;
        Ok(Reply::new(204, "", ""))
    }))
}

/// Deletes a person.
pub(crate) fn delete(id: Uuid) -> Action {
    Action::task(Operation::ChangePersons, move |session| {
        session.delete_person(&PersonKey::Id(id))?;
        Ok(Reply::new(204, "", ""))
    })
}

/// What is read alike for a new person and for one that is changed.
fn record(object: &Object) -> Result<PersonRecord, Fault> {
    body::refuse_attributes(object)?;
    Ok(PersonRecord {
        description: object.text("Description")?,
        phone: object.text("Phone")?,
        additional_information: object.text("AdditionalInformation")?,
        ..PersonRecord::default()
    })
}

/// An e-mail is required, unless the person has none: who came in through another dialect may lack one, and what was
/// read can always be written back.
fn check_email(object: &Object, record: &PersonRecord, stored: &Person) -> Result<(), Fault> {
    let emptied = record.email.as_deref() == Some("") && !stored.email.is_empty();
    if emptied { Err(object.fault("Email", FaultCode::InvalidValue, "must not be empty")) } else { Ok(()) }
}

/// The status cannot be written (manual); it may be repeated as it is.
fn check_status(object: &Object, is: AccountStatus) -> Result<(), Fault> {
    match object.text("Status")? {
        Some(said) if said != render::status(is) => {
            Err(object.fault("Status", FaultCode::InvalidValue, "cannot be changed"))
        }
        _ => Ok(()),
    }
}
