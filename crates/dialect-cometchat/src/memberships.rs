//! Coming into a group, leaving it, and what a member may do there.

use crate::body::{self, Fields};
use crate::errors::{Deed, judged};
use crate::message::{Author, Message};
use crate::results::{self, Lists};
use crate::routes::Asked;
use crate::{keys, page};
use dialect::access::Operation;
use dialect::json::Object;
use dialect::{Action, Refusal, Reply, Session};
use membership::life_cycle::Action as StepAction;
use membership::{Failing, GroupKey, Scope, Step, limits};

/// `POST /groups/{guid}/members`: a user of the SDK joins, a key adds (documented for keys, seen of the SDK).
pub fn post(asked: &Asked<'_>) -> Result<Action, Refusal> {
    if asked.token().is_some() { join(asked) } else { add(asked) }
}

/// `PUT /groups/{guid}/members`: adds members and bans users, each by itself.
pub fn add(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let group = keys::group(asked.first());
    let lists = Lists::read(&Fields::of_body(asked.request.body)?)?;
    Ok(task(group, Deed::Add, move |session, group| {
        let author = Author::of(session)?;
        let stepped = session.steps(group, &lists.steps(), Failing::Alone)?;
        if let Some((at, refusal)) = results::refused_as_a_whole(&stepped) {
            return judged(session, group, lists.deed(at), Err(refusal.into()));
        }
        let results = lists.results(session, &author, &stepped)?;
        Ok(page::data(|out| results.write(out)))
    }))
}

/// The SDK sends more than the password; nothing else matters.
fn join(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let group = keys::group(asked.first());
    let password = Fields::of_body(asked.request.body)?.text("password", limits::PASSWORD)?;
    let password = password.filter(|password| !password.is_empty());
    Ok(task(group, Deed::Join, move |session, group| {
        let (entry, taken) = session.own_step(group, StepAction::Join, password.clone())?;
        let author = Author::Person(Box::new(taken.person.clone()));
        let viewer = session.principal().viewer.as_ref();
        let joined = Message { action: "joined", author: &author, taken: &taken, group: &entry, viewer };
        Ok(page::data(|out| joined.write(session.now(), out)))
    }))
}

/// `DELETE /groups/{guid}/members`: the one who asks leaves. An application, which can leave nothing, may name `members`
/// to be kicked, as one client does.
pub fn remove(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let group = keys::group(asked.first());
    let named = Lists::to_kick(&Fields::of_body(asked.request.body)?)?;
    Ok(match named.filter(|_| asked.token().is_none()) {
        None => leave(group),
        Some(uids) => kick_all(group, uids),
    })
}

fn leave(group: GroupKey) -> Action {
    task(group, Deed::Leave, |session, group| {
        let (entry, taken) = session.own_step(group, StepAction::Leave, None)?;
        Ok(page::done(&format!("The user {} has left the group {}.", taken.person.uid, entry.group.guid)))
    })
}

fn kick_all(group: GroupKey, uids: Vec<String>) -> Action {
    task(group, Deed::Remove, move |session, group| {
        let steps: Vec<_> = uids.iter().map(|uid| Step::new(keys::uid(uid), StepAction::Kick)).collect();
        let stepped = session.steps(group, &steps, Failing::Alone)?;
        if let Some((_, refusal)) = results::refused_as_a_whole(&stepped) {
            return Err(refusal.into());
        }
        let doer = results::doer(session, &stepped)?;
        Ok(page::data(|out| {
            let mut object = Object::begin(out);
            results::write_kicked(&uids, &stepped, doer, object.key("members"));
            object.end();
        }))
    })
}

/// `PUT /groups/{guid}/members/{uid}`.
pub fn set_scope(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let (group, person) = (keys::group(asked.first()), keys::person(asked.second()));
    let expected = "must be participant, moderator or admin";
    let scope = Fields::of_body(asked.request.body)?.word::<Scope>("scope", expected)?;
    let step = Step::new(person, StepAction::SetScope(scope.ok_or_else(|| body::required("scope"))?));
    Ok(task(group, Deed::SetScope, move |session, group| {
        let (entry, taken) = session.step(group, &step)?;
        let membership = taken.membership.ok_or(Refusal::Internal)?;
        Ok(page::data(|out| {
            let mut object = Object::begin(out);
            object.string("guid", &entry.group.guid).string("uid", &taken.person.uid);
            object.string("scope", membership.scope.as_str());
            if let Some(joined_at) = membership.joined_at {
                object.integer("joinedAt", joined_at);
            }
            object.end();
        }))
    }))
}

/// `DELETE /groups/{guid}/members/{uid}`: the member is removed, and may join again.
pub fn kick(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let (group, person) = (keys::group(asked.first()), keys::person(asked.second()));
    let step = Step::new(person, StepAction::Kick);
    Ok(task(group, Deed::Remove, move |session, group| {
        let (entry, taken) = session.step(group, &step)?;
        Ok(page::done(&format!("The user {} has been kicked from the group {}.", taken.person.uid, entry.group.guid)))
    }))
}

/// A task that changes memberships of this group.
pub fn task(
    group: GroupKey,
    deed: Deed,
    run: impl Fn(&Session<'_>, &GroupKey) -> Result<Reply, Refusal> + Send + 'static,
) -> Action {
    Action::task(Operation::ChangeMemberships, move |session| judged(session, &group, deed, run(session, &group)))
}
