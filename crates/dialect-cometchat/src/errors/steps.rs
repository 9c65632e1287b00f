//! What the refusals of the life cycle are called here. One and the same refusal has several codes: it depends on what
//! was to be done, and on what the one who asked is in the group. The codes are documented; which of them a refusal to
//! change a scope, to remove and to edit gives was recorded; the statuses are ours.

use super::Problem;
use dialect::{Refusal, Session};
use membership::life_cycle::StepRefusal;
use membership::{GroupKey, Scope, State, StepFailure};

/// What was to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Somebody joins.
    Join,
    /// Somebody leaves.
    Leave,
    /// Somebody is made a member.
    Add,
    /// The scope of a member is changed.
    SetScope,
    /// Somebody is kicked or banned, or a ban is lifted.
    Remove,
    /// The group gets another owner.
    PassOn,
    /// The group is changed.
    Edit,
    /// The group is deleted.
    Delete,
}

/// Who wanted to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doer {
    /// An application with a key of its own.
    Application,
    /// Somebody who is not in the group.
    Outsider,
    /// Somebody who is banned from it.
    Banned,
    /// A member of this scope.
    Member(Scope),
}

impl Doer {
    /// What the one who asks is in this group.
    pub fn of(session: &Session<'_>, group: &GroupKey) -> Result<Self, Refusal> {
        if session.viewer_number().is_none() {
            return Ok(Self::Application);
        }
        let standing = session.group(group)?.standing;
        Ok(match standing.map(|standing| (standing.state, standing.scope)) {
            None | Some((State::Pending, _)) => Self::Outsider,
            Some((State::Banned, _)) => Self::Banned,
            Some((State::Member, scope)) => Self::Member(scope),
        })
    }
}

/// Why one step was not taken.
pub fn failure(failure: &StepFailure, deed: Deed, doer: Doer) -> Problem<'static> {
    match failure {
        // Nobody is looked for by name here.
        StepFailure::NoSuchPerson | StepFailure::Ambiguous => {
            Problem::new(404, "ERR_UID_NOT_FOUND", "There is no such user.", "There is no user with the given uid.")
        }
        StepFailure::Refused(refusal) => self::refusal(*refusal, deed, doer),
    }
}

/// Why the life cycle refuses it.
pub fn refusal(refusal: StepRefusal, deed: Deed, doer: Doer) -> Problem<'static> {
    match refusal {
        StepRefusal::AlreadyMember | StepRefusal::AlreadyAsked => {
            conflict("ERR_ALREADY_JOINED", "The user is already a member of the group.")
        }
        StepRefusal::SameScope => conflict("ERR_SAME_SCOPE", "The member already has this scope."),
        StepRefusal::AlreadyBanned => conflict("ERR_ALREADY_BANNED", "The user is already banned from the group."),
        StepRefusal::NotBanned => conflict("ERR_NOT_A_BANNED_USER", "The user is not banned from the group."),
        StepRefusal::NotMember if deed == Deed::Leave => outside(doer),
        StepRefusal::NotMember | StepRefusal::NotAsked => not_a_member(),
        StepRefusal::Banned => banned(),
        StepRefusal::JoinNotAllowed | StepRefusal::NotFreelancer => {
            forbidden("ERR_GROUP_JOIN_NOT_ALLOWED", "A private group is entered by being added, not by joining.")
        }
        StepRefusal::PasswordMissing => forbidden("ERR_EMPTY_GROUP_PASS", "The group needs a password."),
        StepRefusal::PasswordWrong => forbidden("ERR_WRONG_GROUP_PASS", "This is not the password of the group."),
        StepRefusal::OnlyOneself => forbidden("ERR_GROUP_NO_CLEARANCE", "Only the user itself may do this."),
        StepRefusal::NotOneself => forbidden("ERR_GROUP_NO_SELF_ACTION", "Nobody may do this to itself."),
        StepRefusal::Owner => needed(deed, "The member owns the group, which must be passed on first."),
        StepRefusal::LastAdmin => needed(deed, "The member is the last admin of the group."),
        StepRefusal::ScopeTooHigh => {
            forbidden("ERR_GROUP_NO_CLEARANCE", "A moderator may do this to participants only.")
        }
        StepRefusal::OnlyOwner | StepRefusal::OnlyAdmin | StepRefusal::OnlyModerator => may_not(deed, doer),
    }
}

/// One without whom the group would be nobody's.
fn needed(deed: Deed, message: &'static str) -> Problem<'static> {
    match deed {
        Deed::Leave => forbidden("ERR_GROUP_NO_SELF_ACTION", message),
        Deed::SetScope => forbidden("ERR_GROUP_NO_SCOPE_CLEARANCE", message),
        Deed::Join | Deed::Add | Deed::Remove | Deed::PassOn | Deed::Edit | Deed::Delete => {
            forbidden("ERR_GROUP_NO_CLEARANCE", message)
        }
    }
}

/// Somebody who is too little in the group.
fn may_not(deed: Deed, doer: Doer) -> Problem<'static> {
    let scope = match doer {
        Doer::Outsider | Doer::Banned => return outside(doer),
        // The core refuses an application nothing of this.
        Doer::Application => Scope::Participant,
        Doer::Member(scope) => scope,
    };
    match (deed, scope) {
        (Deed::SetScope, _) => {
            forbidden("ERR_GROUP_NO_SCOPE_CLEARANCE", "The user may not change the scope of others in this group.")
        }
        (Deed::Add | Deed::Edit, Scope::Participant) => {
            forbidden("ERR_GROUP_NO_MODERATOR_SCOPE", "The user is a participant of the group, which is too little.")
        }
        (Deed::Add | Deed::Edit, Scope::Moderator | Scope::Admin) => {
            forbidden("ERR_GROUP_NO_ADMIN_SCOPE", "The user is no admin of the group.")
        }
        (Deed::Remove, _) => forbidden("ERR_GROUP_NO_CLEARANCE", "The user may not remove others from this group."),
        (Deed::PassOn | Deed::Delete | Deed::Join | Deed::Leave, _) => {
            forbidden("ERR_GROUP_NO_CLEARANCE", "Only the owner of the group may do this.")
        }
    }
}

fn outside(doer: Doer) -> Problem<'static> {
    match doer {
        Doer::Banned => banned(),
        Doer::Application | Doer::Outsider | Doer::Member(_) => {
            forbidden("ERR_GROUP_NOT_JOINED", "The user is not in the group.")
        }
    }
}

/// The user is not in the group.
pub fn not_a_member() -> Problem<'static> {
    let message = "The user is not a member of the group.";
    Problem::new(404, "ERR_NOT_A_MEMBER", message, message)
}

fn banned() -> Problem<'static> {
    forbidden("ERR_BANNED_GROUPMEMBER", "The user is banned from the group.")
}

fn conflict(code: &'static str, message: &'static str) -> Problem<'static> {
    Problem::new(409, code, message, message)
}

fn forbidden(code: &'static str, message: &'static str) -> Problem<'static> {
    Problem::new(403, code, message, message)
}

#[cfg(test)]
mod tests;
