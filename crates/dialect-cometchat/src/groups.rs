//! Groups: listed, looked at, made, changed, deleted, passed on.

mod fields;

use crate::body::{self, Fields};
use crate::errors::{Deed, judged};
use crate::message::Author;
use crate::page;
use crate::parameters::{self, SIZE_OR_LIMIT, spellings};
use crate::results::Lists;
use crate::routes::Asked;
use crate::{entities, keys};
use dialect::access::Operation;
use dialect::json::Object;
use dialect::{Action, Fault, FaultCode, Query, Refusal};
use fields::GroupFields;
use membership::life_cycle::Action as StepAction;
use membership::{GroupKind, GroupQuery, PersonKey, Step};

/// `GET /groups`.
pub fn list(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let parameters = Query::parse(asked.request.query);
    let paging = parameters::paging(&parameters, SIZE_OR_LIMIT)?;
    let mut query = GroupQuery::new(paging.window());
    query.kinds = kinds(&parameters)?;
    query.tags = parameters::few(&parameters, spellings!("tags"))?;
    query.order = parameters::order(&parameters, "guid")?;
    let tags = parameters::flag(&parameters, "withTags")?;
    let joined = parameters::flag(&parameters, "hasJoined")?;
    query.joined = joined.then_some(true);
    let changed = parameters::changed(&parameters)?;
    if changed.is_some() && query.order.is_empty() {
        query.order = parameters::by_change();
    }
    let search = parameters::search(&parameters, &parameters::search_in(&parameters, "guid")?)?;
    if let Some(filter) = parameters::all([search, changed]) {
        query = query.filtered(filter).map_err(parameters::too_large)?;
    }
    Ok(Action::task(Operation::ReadGroups, move |session| {
        let mut query = query.clone();
        query.viewer = session.viewer_number();
        // An application sees all groups, a user no private ones but its own.
        query.visible = query.viewer.is_some();
        if joined && query.viewer.is_none() {
            let problem = "is only for a user: the header authToken or onBehalfOf is missing";
            return Err(Fault::new("hasJoined", FaultCode::InvalidValue, problem).into());
        }
        let found = session.groups(&query)?;
        Ok(page::write(paging, found.total, found.rows.len(), |rows| {
            for entry in &found.rows {
                entities::group(entry, tags, rows.next(entities::changed_at(entry)));
            }
        }))
    }))
}

/// `GET /groups/{guid}`.
pub fn get(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let group = keys::group(asked.first());
    Ok(Action::quick(Operation::ReadGroups, move |session| {
        let entry = session.group(&group)?;
        Ok(page::data(|out| entities::group(&entry, true, out)))
    }))
}

/// `POST /groups`. A person owns what it makes; an application says who does.
pub fn create(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let fields = Fields::of_body(asked.request.body)?;
    let guid = fields.id("guid")?;
    let said = GroupFields::read(&fields)?;
    if said.record.name.is_none() {
        return Err(body::required("name").into());
    }
    let password_is_missing = said.record.r#type == Some(GroupKind::Password) && said.password.is_none();
    let lists = Lists::of_new_group(&fields)?;
    Ok(Action::task(Operation::ChangeGroups, move |session| {
        if password_is_missing {
            return Err(fields::password_missing());
        }
        let author = Author::of(session)?;
        let new = said.new_group(session, &guid, lists.steps())?;
        let made = session.create_group(&new).map_err(|refusal| said.of_owner(refusal))?;
        let results = lists.results(session, &author, &made)?;
        Ok(page::data(|out| {
            let mut object = Object::begin(out);
            entities::group_fields(&made.group, true, &mut object);
            // The SDK looks for it there, and waits for ever when it finds nothing.
            let mut members = Object::begin(object.key("members"));
            results.write(members.key("data"));
            members.end();
            object.end();
        }))
    }))
}

/// `PUT /groups/{guid}`.
pub fn edit(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let group = keys::group(asked.first());
    let said = GroupFields::read_edit(&Fields::of_body(asked.request.body)?)?;
    Ok(Action::task(Operation::ChangeGroups, move |session| {
        let edited = said.edit(session, &group).and_then(|edit| session.edit_group(&group, &edit));
        let edited = edited.map_err(|refusal| said.of_owner(said.of_password(refusal)));
        let reply = edited.map(|entry| page::data(|out| entities::group(&entry, true, out)));
        judged(session, &group, Deed::Edit, reply)
    }))
}

/// `DELETE /groups/{guid}`.
pub fn delete(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let group = keys::group(asked.first());
    Ok(Action::task(Operation::ChangeGroups, move |session| {
        let deleted = session.delete_group(&group);
        let reply = deleted.map(|gone| page::done(&format!("The group {} has been deleted.", gone.guid)));
        judged(session, &group, Deed::Delete, reply)
    }))
}

/// `PATCH /groups/{guid}/owner`: the member `owner` becomes the owner.
pub fn pass_on(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let group = keys::group(asked.first());
    let fields = Fields::of_body(asked.request.body)?;
    let step = Step::new(PersonKey::Uid(fields.id("owner")?), StepAction::TransferOwnership);
    Ok(Action::task(Operation::ChangeMemberships, move |session| {
        let reply = session.step(&group, &step).map(|(entry, taken)| {
            let message = format!("The group {} now belongs to {}.", entry.group.guid, taken.person.uid);
            page::data(|out| Object::begin(out).string("message", &message).end())
        });
        judged(session, &group, Deed::PassOn, reply)
    }))
}

/// `type` and `types`, in any spelling.
fn kinds(parameters: &Query<'_>) -> Result<Vec<GroupKind>, Fault> {
    let expected = "must be public, private or password";
    let read = |word: &str| fields::kind(word);
    let mut kinds = parameters::words(parameters, &["type"], expected, read)?;
    kinds.extend(parameters::words(
        parameters,
        spellings!("types"),
        "must be some of public, private and password",
        read,
    )?);
    Ok(kinds)
}
