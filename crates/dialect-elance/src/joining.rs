//! `/api2/groups/{groupId}/members/…`: asking to join, leaving, approving and rejecting.

use crate::JSON;
use dialect::access::Operation;
use dialect::json::Object;
use dialect::{Action, Refusal, Reply, Session};
use membership::life_cycle::{Action as StepAction, StepRefusal};
use membership::{GroupEntry, GroupKey, PersonKey, Step, StepFailure, Taken};

/// What came of a step.
type Outcome = Result<(GroupEntry, Taken), Refusal>;

/// The user asks to join.
pub fn ask(group: i64) -> Action {
    task(move |session| session.own_step(&GroupKey::Number(group), StepAction::Ask, None))
}

/// The user leaves or, not yet a member, takes the question back.
pub fn leave(group: i64) -> Action {
    task(move |session| {
        let step = |action| session.own_step(&GroupKey::Number(group), action, None);
        let left = step(StepAction::Leave);
        if !is(&left, StepRefusal::NotMember) {
            return left;
        }
        let withdrawn = step(StepAction::Withdraw);
        if is(&withdrawn, StepRefusal::AlreadyMember) {
            // Let in between the two steps.
            return step(StepAction::Leave);
        }
        // One who has not asked either is told that there is nothing to leave.
        if is(&withdrawn, StepRefusal::NotAsked) { left } else { withdrawn }
    })
}

/// The group's owner or an admin lets the user in.
pub fn approve(group: i64, user: i64) -> Action {
    answer(group, user, StepAction::Approve)
}

/// The group's owner or an admin turns the user away.
pub fn reject(group: i64, user: i64) -> Action {
    answer(group, user, StepAction::Reject)
}

fn answer(group: i64, user: i64, action: StepAction) -> Action {
    let step = Step::new(PersonKey::Number(user), action);
    task(move |session| session.step(&GroupKey::Number(group), &step))
}

fn task(step: impl Fn(&Session<'_>) -> Outcome + Send + 'static) -> Action {
    Action::task(Operation::ChangeMemberships, move |session| {
        let (entry, taken) = step(session)?;
        Ok(write(&entry, &taken))
    })
}

fn is(outcome: &Outcome, refusal: StepRefusal) -> bool {
    matches!(outcome, Err(Refusal::Step { failure: StepFailure::Refused(why), .. }) if *why == refusal)
}

/// How the user stands to the group now: `pending`, `member`, or `none`.
fn write(entry: &GroupEntry, taken: &Taken) -> Reply {
    let mut body = br#"{"data":{"membership":"#.to_vec();
    let mut object = Object::begin(&mut body);
    object
        .digits("groupId", entry.group.number)
        .digits("userId", taken.person.number)
        .string("status", taken.membership.as_ref().map_or("none", |membership| membership.state.as_str()));
    object.end();
    body.extend_from_slice(b"}}");
    Reply::new(200, JSON, body)
}
