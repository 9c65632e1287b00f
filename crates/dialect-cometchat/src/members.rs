//! Listing the members of a group, listing who is banned from it, and looking at one member.

use crate::entities::{self, FIELDS, User};
use crate::page::{self, Paging};
use crate::parameters::{self, SIZE, spellings};
use crate::routes::Asked;
use crate::{errors, keys};
use dialect::access::{Operation, Principal};
use dialect::json::Object;
use dialect::{Action, Fault, Query, Refusal, Reply};
use membership::{MemberPage, MemberQuery, PersonFields, Scope, ScopeSet, State, TextField};

/// `GET /groups/{guid}/members`.
pub fn list(asked: &Asked<'_>) -> Result<Action, Refusal> {
    in_state(asked, State::Member)
}

/// `GET /groups/{guid}/bannedusers`: the same, of the banned, whose rows are plain users.
pub fn banned(asked: &Asked<'_>) -> Result<Action, Refusal> {
    in_state(asked, State::Banned)
}

/// `GET /groups/{guid}/members/{uid}`: the row of one member.
pub fn one(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let (group, person) = (keys::group(asked.first()), keys::person(asked.second()));
    Ok(Action::quick(Operation::ListMembers, move |session| {
        let found = session.membership(&group, &person)?;
        let Some(membership) = found.membership.filter(|membership| membership.state == State::Member) else {
            return Ok(errors::not_a_member());
        };
        let viewer = session.principal().viewer.as_ref();
        let row = User {
            membership: Some((membership.scope, membership.joined_at)),
            ..User::new(found.person.view(), viewer)
        };
        Ok(page::data(|out| row.write(out)))
    }))
}

fn in_state(asked: &Asked<'_>, state: State) -> Result<Action, Refusal> {
    let parameters = Query::parse(asked.request.query);
    let paging = parameters::paging(&parameters, SIZE)?;
    let mut query = MemberQuery::new(keys::group(asked.first()), paging.window());
    query.state = state;
    query.scopes = scopes(&parameters)?;
    query.fields = FIELDS;
    let changed = parameters::changed(&parameters)?;
    if changed.is_some() {
        query.order = parameters::by_change();
    }
    let search = parameters::search(&parameters, &[TextField::Name, TextField::Uid])?;
    let conditions = [parameters::status(&parameters)?, search, changed];
    if let Some(filter) = parameters::all(conditions) {
        query = query.filtered(filter).map_err(parameters::too_large)?;
    }
    let write = move |principal: &_, found: MemberPage<'_>| write(paging, state, principal, found);
    Ok(Action::Members { query, write: Box::new(write) })
}

fn write(paging: Paging, state: State, principal: &Principal, found: MemberPage<'_>) -> Reply {
    page::write(paging, found.total, found.rows.len(), |rows| {
        found.rows.each_written(&entities::PERSON, PersonFields::TIMES, &mut |member, person| {
            let viewer = principal.viewer.as_ref();
            let out = rows.next(User::new(member.person, viewer).changed_at());
            out.extend_from_slice(person.before);
            if state == State::Member {
                entities::membership(member.scope, member.joined_at, &mut Object::resume(out));
            }
            out.extend_from_slice(person.after);
            let mut object = Object::resume(out);
            entities::conversation(member.person.uid, viewer, &mut object);
            object.end();
        });
    })
}

/// `scopes`, in any spelling.
fn scopes(parameters: &Query<'_>) -> Result<ScopeSet, Fault> {
    let expected = "must be one or more of participant, moderator and admin";
    let scopes = parameters::words(parameters, spellings!("scopes"), expected, |word| word.parse::<Scope>().ok())?;
    Ok(if scopes.is_empty() { ScopeSet::ALL } else { scopes.into_iter().collect() })
}

#[cfg(test)]
mod tests;
