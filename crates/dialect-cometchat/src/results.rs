//! Lists of users that are added to a group or banned from it, and what became of each.

use crate::body::Fields;
use crate::errors::{self, Deed, Doer};
use crate::keys;
use crate::message::{Author, Message};
use dialect::json::{Object, string};
use dialect::{Fault, FaultCode, Refusal, Session};
use membership::life_cycle::{Action as StepAction, Blame, StepRefusal};
use membership::{Scope, Step, StepFailure, Stepped};
use std::collections::HashSet;

/// How many users one request may name (documented).
const MOST: usize = 25;

/// One of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Admins,
    Moderators,
    Participants,
    UsersToBan,
}

impl List {
    /// Every list. Who is in several is taken from the first (documented).
    const ALL: [Self; 4] = [Self::Admins, Self::Moderators, Self::Participants, Self::UsersToBan];

    const fn name(self) -> &'static str {
        match self {
            Self::Admins => "admins",
            Self::Moderators => "moderators",
            Self::Participants => "participants",
            Self::UsersToBan => "usersToBan",
        }
    }

    const fn action(self) -> StepAction {
        match self {
            Self::Admins => StepAction::Add(Scope::Admin),
            Self::Moderators => StepAction::Add(Scope::Moderator),
            Self::Participants => StepAction::Add(Scope::Participant),
            Self::UsersToBan => StepAction::Ban,
        }
    }

    const fn deed(self) -> Deed {
        match self {
            Self::Admins | Self::Moderators | Self::Participants => Deed::Add,
            Self::UsersToBan => Deed::Remove,
        }
    }
}

/// The users of a request, each once, as the client spelled them.
#[derive(Debug, PartialEq, Eq)]
pub struct Lists(Vec<(List, String)>);

impl Lists {
    /// Reads a request to add members. One client says `members`, a plain array, for participants.
    pub fn read(fields: &Fields<'_>) -> Result<Self, Fault> {
        let mut named = Vec::new();
        for list in List::ALL {
            named.push((list, list.name(), fields.texts(list.name())?.unwrap_or_default()));
        }
        if fields.is_array("members") {
            named.insert(3, (List::Participants, "members", fields.texts("members")?.unwrap_or_default()));
        }
        Self::once(named)
    }

    /// Reads the `members` of a group to be made: an object of such lists, or a plain array of participants.
    pub fn of_new_group(fields: &Fields<'_>) -> Result<Self, Fault> {
        if fields.is_array("members") {
            let uids = fields.texts("members")?.unwrap_or_default();
            return Self::once(vec![(List::Participants, "members", uids)]);
        }
        fields.object("members")?.map_or(Ok(Self(Vec::new())), |lists| Self::read(&lists))
    }

    /// Reads `members`, a plain array of users to be kicked; `None` when there is none.
    pub fn to_kick(fields: &Fields<'_>) -> Result<Option<Vec<String>>, Fault> {
        let Some(uids) = fields.texts("members")? else { return Ok(None) };
        let named = Self::once(vec![(List::Participants, "members", uids)])?;
        Ok(Some(named.0.into_iter().map(|(_, uid)| uid).collect()))
    }

    fn once(named: Vec<(List, &str, Vec<String>)>) -> Result<Self, Fault> {
        let mut count = 0;
        let mut seen = HashSet::new();
        let mut entries = Vec::new();
        for (list, name, uids) in named {
            count += uids.len();
            if count > MOST {
                let problem = format!("must not name more than {MOST} users, together with the other lists");
                return Err(Fault::new(name, FaultCode::Limit, problem));
            }
            entries.extend(uids.into_iter().filter(|uid| seen.insert(uid.to_ascii_lowercase())).map(|uid| (list, uid)));
        }
        Ok(Self(entries))
    }

    /// What is to be done to the user in this place.
    pub fn deed(&self, at: usize) -> Deed {
        self.0.get(at).map_or(Deed::Add, |(list, _)| list.deed())
    }

    /// The steps that the lists ask for.
    pub fn steps(&self) -> Vec<Step> {
        self.0.iter().map(|(list, uid)| Step::new(keys::uid(uid), list.action())).collect()
    }

    /// What became of the steps that `author` has taken.
    pub fn results(&self, session: &Session<'_>, author: &Author, stepped: &Stepped) -> Result<Results, Refusal> {
        let doer = doer(session, stepped)?;
        let viewer = session.principal().viewer.as_ref();
        let mut written = List::ALL.map(|list| (list, b"{".to_vec()));
        for ((list, uid), outcome) in self.0.iter().zip(&stepped.steps) {
            let Some((_, out)) = written.iter_mut().find(|(of, _)| of == list) else { continue };
            if out.len() > 1 {
                out.push(b',');
            }
            string(out, uid);
            out.push(b':');
            let mut object = Object::begin(out);
            match outcome {
                Ok(taken) => {
                    object.key("success").extend_from_slice(b"true");
                    if *list != List::UsersToBan {
                        let added = Message { action: "added", author, taken, group: &stepped.group, viewer };
                        added.write(session.now(), object.key("data"));
                    }
                }
                Err(failure) => {
                    object.key("success").extend_from_slice(b"false");
                    errors::failure(failure, list.deed(), doer).write(object.key("error"));
                }
            }
            object.end();
        }
        Ok(Results(written))
    }
}

/// What became of the users, list by list.
pub struct Results([(List, Vec<u8>); 4]);

impl Results {
    /// Writes an object with all four lists: the SDK waits for ever when one is missing.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        for (list, written) in &self.0 {
            let place = object.key(list.name());
            place.extend_from_slice(written);
            place.push(b'}');
        }
        object.end();
    }
}

/// Writes what became of users that were kicked.
pub fn write_kicked(uids: &[String], stepped: &Stepped, doer: Doer, out: &mut Vec<u8>) {
    out.push(b'{');
    for (at, (uid, outcome)) in uids.iter().zip(&stepped.steps).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        string(out, uid);
        out.push(b':');
        let mut object = Object::begin(out);
        match outcome {
            Ok(_) => object.key("success").extend_from_slice(b"true"),
            Err(failure) => {
                object.key("success").extend_from_slice(b"false");
                errors::failure(failure, Deed::Remove, doer).write(object.key("error"));
            }
        }
        object.end();
    }
    out.push(b'}');
}

/// What the one who asked is in the group, if that matters: looked up only when a step has failed.
pub fn doer(session: &Session<'_>, stepped: &Stepped) -> Result<Doer, Refusal> {
    if stepped.steps.iter().all(Result::is_ok) {
        return Ok(Doer::Application);
    }
    Doer::of(session, &membership::GroupKey::Number(stepped.group.group.number))
}

/// Where no step was taken, and one was refused for what the one who asks is in the group, nothing of the request was for
/// such a one: it is refused as a whole. Gives the place of that step, and why it was refused.
pub fn refused_as_a_whole(stepped: &Stepped) -> Option<(usize, StepRefusal)> {
    if stepped.steps.iter().any(Result::is_ok) {
        return None;
    }
    stepped.steps.iter().enumerate().find_map(|(at, outcome)| match outcome {
        Err(StepFailure::Refused(refusal)) if refusal.blames() == Blame::Actor => Some((at, *refusal)),
        Ok(_) | Err(_) => None,
    })
}

#[cfg(test)]
mod tests;
