//! The members of a group: listing, counting, adding and removing them.

use crate::body;
use crate::field::PERSON;
use crate::listing::{Asked, Listing, number};
use crate::who::Who;
use crate::{errors, render};
use dialect::access::Operation;
use dialect::{Action, Fault, FaultCode, Refusal, Reply, Request};
use membership::life_cycle::{Action as StepAction, StepRefusal};
use membership::{Failing, GroupKey, MemberQuery, PersonFields, PersonKey, Scope, Step, StepFailure, Window};
use uuid::Uuid;

/// How many persons can be added at once (our decision: as many as a page lists).
const MOST: usize = 1_000;

/// The fields that a member shows.
pub(crate) const SHOWN: PersonFields = PersonFields::NAME
    .with(PersonFields::DESCRIPTION)
    .with(PersonFields::EMAIL)
    .with(PersonFields::PHONE)
    .with(PersonFields::ADDITIONAL_INFORMATION)
    .with(PersonFields::LOGIN)
    .with(PersonFields::ID)
    .with(PersonFields::ACCOUNT_STATUS);

/// Asks for a page of the members of `group`.
pub(crate) fn list(request: &Request<'_>, group: Uuid) -> Result<Action, Refusal> {
    let asked = Asked::read(request, PERSON)?;
    let listing = Listing::new(request, &asked);
    let write = Box::new(move |_: &_, page: membership::MemberPage<'_>| {
        listing.reply(page.total, render::members(listing.format, page.rows))
    });
    Ok(Action::Members { query: query(&asked, group)?, write })
}

/// Asks for the number of members of `group`. The parameters of a list are checked here too, but only the filter has an
/// effect.
pub(crate) fn count(request: &Request<'_>, group: Uuid) -> Result<Action, Refusal> {
    let mut query = query(&Asked::read(request, PERSON)?, group)?;
    query.order.clear();
    query.window = Window { offset: 0, limit: 0 };
    Ok(Action::CountMembers { query, write: Box::new(|_, found| number(found)) })
}

fn query(asked: &Asked, group: Uuid) -> Result<MemberQuery, Fault> {
    let mut query = MemberQuery::new(GroupKey::Id(group), asked.window());
    query.fields = SHOWN;
    query.order.clone_from(&asked.order);
    query.filtered(asked.filter()).map_err(|large| asked.too_large(large))
}

/// Adds the persons in the body to `group`, all of them or none. Who is a member already is one afterwards, too.
pub(crate) fn add(request: &Request<'_>, group: Uuid) -> Result<Action, Refusal> {
    let mut persons = Vec::new();
    for entry in &body::list(request, MOST)? {
        persons.push(Who::required(entry)?);
    }
    let added = StepAction::Add(Scope::Participant);
    let steps: Vec<_> = persons.iter().map(|who| Step::new(who.named(), added)).collect();
    Ok(Action::task(Operation::ChangeMemberships, move |session| {
        persons.iter().try_for_each(|who| who.check(session))?;
        let done = Failing::Together(&[StepRefusal::AlreadyMember]);
        session.steps(&GroupKey::Id(group), &steps, done).map_err(|refusal| naming_entry(&persons, refusal))?;
        Ok(Reply::new(204, "", ""))
    }))
}

/// Names the entry at fault as the client wrote it, unless it is not the entry but the one who asks.
fn naming_entry(persons: &[Who], refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Step { entry: Some(entry), failure } if !errors::is_about_the_actor(&failure) => {
            match persons.get(entry) {
                Some(who) => who.fault(&problem(&failure)).into(),
                None => Refusal::Step { entry: Some(entry), failure },
            }
        }
        other => other,
    }
}

fn problem(failure: &StepFailure) -> String {
    match failure {
        StepFailure::NoSuchPerson => "names nobody".to_owned(),
        StepFailure::Ambiguous => "names several persons".to_owned(),
        StepFailure::Refused(refusal) => format!("names a person who {refusal}"),
    }
}

/// Removes a member from `group`. One who is no member is not found.
pub(crate) fn remove(group: Uuid, person: Uuid) -> Action {
    let step = Step::new(PersonKey::Id(person), StepAction::Kick);
    Action::task(Operation::ChangeMemberships, move |session| match session.step(&GroupKey::Id(group), &step) {
        Ok(_) => Ok(Reply::new(204, "", "")),
        Err(Refusal::Step { failure: StepFailure::Refused(StepRefusal::NotMember), .. }) => {
            Err(Refusal::NoSuchPerson(person.to_string()))
        }
        Err(Refusal::Step { failure, .. }) if !errors::is_about_the_actor(&failure) => {
            Err(Fault::new("PersonID", FaultCode::InvalidValue, problem(&failure)).into())
        }
        Err(other) => Err(other),
    })
}
