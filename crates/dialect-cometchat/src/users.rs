//! Users: listed and looked at by everybody, made, changed and deleted by an application.

pub mod fields;

use crate::body::{self, Fields};
use crate::entities::User;
use crate::parameters::{self, SIZE_OR_LIMIT, spellings};
use crate::routes::Asked;
use crate::{keys, page, tokens};
use dialect::access::Operation;
use dialect::json::Object;
use dialect::{Action, Query, Refusal};
use membership::{Filter, Folded, PersonQuery, TextExpr, TextField};

/// `GET /users`.
pub fn list(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let parameters = Query::parse(asked.request.query);
    let paging = parameters::paging(&parameters, SIZE_OR_LIMIT)?;
    let mut query = PersonQuery::new(paging.window());
    query.roles = parameters::few(&parameters, &["role"])?;
    query.roles.extend(parameters::few(&parameters, spellings!("roles"))?);
    query.tags = parameters::few(&parameters, spellings!("tags"))?;
    query.order = parameters::order(&parameters, "uid")?;
    let tags = parameters::flag(&parameters, "withTags")?;
    let changed = parameters::changed(&parameters)?;
    if changed.is_some() && query.order.is_empty() {
        query.order = parameters::by_change();
    }
    let search = parameters::search(&parameters, &parameters::search_in(&parameters, "uid")?)?;
    let uids: Vec<_> = parameters::items(&parameters, spellings!("uids"))?.iter().map(|uid| Folded::new(uid)).collect();
    let named = (!uids.is_empty()).then_some(Filter::TextIn(TextExpr::Field(TextField::Uid), uids));
    if let Some(filter) = parameters::all([parameters::status(&parameters)?, search, named, changed]) {
        query = query.filtered(filter).map_err(parameters::too_large)?;
    }
    Ok(Action::task(Operation::ReadPersons, move |session| {
        let found = session.persons(&query)?;
        let viewer = session.principal().viewer.as_ref();
        Ok(page::write(paging, found.total, found.rows.len(), |rows| {
            for person in &found.rows {
                let row = User { tags, ..User::new(person.view(), viewer) };
                row.write(rows.next(row.changed_at()));
            }
        }))
    }))
}

/// `GET /users/{uid}`.
pub fn get(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let key = keys::person(asked.first());
    Ok(Action::quick(Operation::ReadPersons, move |session| {
        let person = session.person(&key)?;
        Ok(page::data(|out| User::new(person.view(), session.principal().viewer.as_ref()).write(out)))
    }))
}

/// `POST /users`, with a token to sign in with, if that is asked for.
pub fn create(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let said = Fields::of_body(asked.request.body)?;
    let mut record = fields::read(&said)?;
    let uid = said.id("uid")?;
    record.uid = Some(uid.clone());
    if record.name.is_none() {
        return Err(body::required("name").into());
    }
    let with_token = said.flag("withAuthToken")?;
    Ok(Action::task(Operation::CreatePerson, move |session| {
        if uid == keys::SYSTEM {
            return Err(Refusal::InUse("uid"));
        }
        let (person, token) = if with_token {
            let token = tokens::fresh(session, 0, &uid)?;
            let secret = token.secret.clone();
            (session.create_person_with(&record, token)?, Some(secret))
        } else {
            (session.create_person(&record)?, None)
        };
        Ok(page::data(|out| {
            let mut object = Object::begin(out);
            User::new(person.view(), None).fields(&mut object);
            if let Some(token) = &token {
                object.string("authToken", token.reveal());
            }
            object.end();
        }))
    }))
}

/// `PUT /users/{uid}`.
pub fn edit(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let key = keys::person(asked.first());
    let record = fields::read_edit(&Fields::of_body(asked.request.body)?)?;
    Ok(Action::task(Operation::ChangePersons, move |session| {
        let person = session.edit_person(&session.by_application()?, &key, &record)?;
        Ok(page::data(|out| User::new(person.view(), None).write(out)))
    }))
}

/// `DELETE /users/{uid}`. The user is gone for good, whatever `permanent` says.
pub fn delete(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let key = keys::person(asked.first());
    Ok(Action::task(Operation::ChangePersons, move |session| {
        let gone = session.delete_person(&key)?;
        Ok(page::done(&format!("The user {} has been deleted.", gone.uid)))
    }))
}
