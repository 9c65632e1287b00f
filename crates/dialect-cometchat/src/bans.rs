//! Banning somebody from a group, and lifting the ban.

use crate::errors::Deed;
use crate::memberships::task;
use crate::routes::Asked;
use crate::{keys, page};
use dialect::{Action, Refusal};
use membership::Step;
use membership::life_cycle::Action as StepAction;

/// `POST /groups/{guid}/bannedusers/{uid}`: the user is out of the group, and may not join until the ban is lifted.
pub fn ban(asked: &Asked<'_>) -> Result<Action, Refusal> {
    Ok(step(asked, StepAction::Ban, "has been banned from"))
}

/// `DELETE /groups/{guid}/bannedusers/{uid}`: the user may join again.
pub fn unban(asked: &Asked<'_>) -> Result<Action, Refusal> {
    Ok(step(asked, StepAction::Unban, "is no longer banned from"))
}

fn step(asked: &Asked<'_>, action: StepAction, what: &'static str) -> Action {
    let (group, person) = (keys::group(asked.first()), keys::person(asked.second()));
    let step = Step::new(person, action);
    task(group, Deed::Remove, move |session, group| {
        let (entry, taken) = session.step(group, &step)?;
        Ok(page::done(&format!("The user {} {what} the group {}.", taken.person.uid, entry.group.guid)))
    })
}
