//! Groups: listing, counting, showing, making, changing and deleting them.

use crate::body::{self, Object};
use crate::field::GROUP;
use crate::format::Format;
use crate::listing::{Asked, Listing, number};
use crate::render;
use crate::responsible::{self, Responsible};
use crate::who::Who;
use dialect::access::Operation;
use dialect::{Action, Fault, Refusal, Reply, Request, Session};
use membership::record::{GroupRecord, PersonRef};
use membership::{GroupEdit, GroupKey, GroupQuery, NewGroup, Window};
use uuid::Uuid;

/// Asks for a page of the groups.
pub(crate) fn list(request: &Request<'_>) -> Result<Action, Refusal> {
    let asked = Asked::read(request, GROUP)?;
    let listing = Listing::new(request, &asked);
    let query = query(&asked)?;
    Ok(Action::task(Operation::ReadGroups, move |session| {
        let page = session.groups(&query)?;
        Ok(listing.reply(page.total, render::groups(listing.format, &page.rows)))
    }))
}

/// Asks for the number of the groups. The parameters of a list are checked here too, but only the filter has an effect.
pub(crate) fn count(request: &Request<'_>) -> Result<Action, Refusal> {
    let mut query = query(&Asked::read(request, GROUP)?)?;
    query.order.clear();
    query.window = Window { offset: 0, limit: 0 };
    Ok(Action::task(Operation::ReadGroups, move |session| session.count_groups(&query).map(number)))
}

fn query(asked: &Asked) -> Result<GroupQuery, Fault> {
    let mut query = GroupQuery::new(asked.window());
    query.order.clone_from(&asked.order);
    query.owner = asked.owner();
    query.filtered(asked.filter()).map_err(|large| asked.too_large(large))
}

/// Asks for one group.
pub(crate) fn show(request: &Request<'_>, id: Uuid) -> Action {
    let format = Format::of(request);
    Action::quick(Operation::ReadGroups, move |session| {
        let entry = session.group(&GroupKey::Id(id))?;
        Ok(Reply::new(200, format.content_type(), render::group(format, &entry)))
    })
}

/// Makes the group in the body and answers with its id.
pub(crate) fn create(request: &Request<'_>) -> Result<Action, Refusal> {
    let object = body::object(request)?;
    body::refuse_id(&object)?;
    let mut record = record(&object)?;
    record.name = Some(object.required("Name")?);
    let responsible = responsible::read(&object)?;
    let format = Format::of(request);
    Ok(Action::task(Operation::ChangeGroups, move |session| {
        let mut record = record.clone();
        if let Responsible::Is(who) = &responsible {
            record.owner = Some(owner(session, who)?);
        }
        let new = NewGroup { record, password: None, steps: Vec::new() };
        let made = session.create_group(&new)?;
        Ok(Reply::new(200, format.content_type(), render::id(format, made.group.group.id)))
    }))
}

/// Changes a group. What the body does not say stays, and so does what it repeats.
pub(crate) fn edit(request: &Request<'_>, id: Uuid) -> Result<Action, Refusal> {
    let object = body::object(request)?;
    let mut record = record(&object)?;
    record.id = body::id(&object)?;
    record.name = object.filled("Name")?;
    let responsible = responsible::read(&object)?;
    let key = GroupKey::Id(id);
    Ok(Action::task(Operation::ChangeGroups, move |session| {
        let mut record = record.clone();
        if let Responsible::Is(who) = &responsible {
            record.owner = Some(owner(session, who)?);
        }
        session.edit_group_judged(&key, &GroupEdit { record, password: None }, |stored| match responsible {
            Responsible::Nobody if stored.owner.is_some() => Err(responsible::not_emptied()),
            Responsible::Nobody | Responsible::Unsaid | Responsible::Is(_) => Ok(()),
        })?;
        Ok(Reply::new(204, "", ""))
    }))
}

/// Deletes a group.
pub(crate) fn delete(id: Uuid) -> Action {
    Action::task(Operation::ChangeGroups, move |session| {
        session.delete_group(&GroupKey::Id(id))?;
        Ok(Reply::new(204, "", ""))
    })
}

/// What is read alike for a new group and for one that is changed.
fn record(object: &Object) -> Result<GroupRecord, Fault> {
    body::refuse_attributes(object)?;
    Ok(GroupRecord {
        description: object.text("Description")?,
        email: object.text("Email")?,
        additional_information: object.text("AdditionalInformation")?,
        ..GroupRecord::default()
    })
}

fn owner(session: &Session<'_>, who: &Who) -> Result<PersonRef, Refusal> {
    Ok(PersonRef { id: Some(who.person(session)?.id), ..PersonRef::default() })
}
