//! What the core refuses, as problems. A new reason of its own does not compile until it has an answer here.

use super::problem::{Kind, Problem};
use access::VaultError;
use dialect::Refusal;
use membership::life_cycle::{Blame, StepRefusal};
use membership::limits::BadText;
use membership::{CommandError, DirectoryError, StepFailure};
use store::StoreError;

/// After how many seconds a client may ask again when the store is away.
const RETRY_AFTER: u32 = 30;

/// The store is away.
pub(super) fn unavailable(error: &dyn std::fmt::Display) -> Problem {
    log::error!("{error}");
    Problem::later(Kind::Unavailable, RETRY_AFTER, "The store is away, or everything is busy.")
}

/// A fault of ours, told in the log.
pub(super) fn internal(error: &dyn std::fmt::Display) -> Problem {
    log::error!("{error}");
    Problem::internal()
}

impl From<DirectoryError> for Problem {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::NoSuchGroup => Self::new(Kind::NoSuchGroup, "There is no group with this key."),
            DirectoryError::OutOfReach => {
                Self::new(Kind::Forbidden, "The key is limited to some groups, and this is beyond them.")
            }
            DirectoryError::Gone(floor) => {
                let detail = format!("The change log now begins behind number {floor}.");
                Self::new(Kind::Pruned, detail).with("floor", floor)
            }
            DirectoryError::Unavailable(_) => unavailable(&error),
            DirectoryError::Fault(_) => internal(&error),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            // A person who was deleted meanwhile.
            VaultError::Gone => Self::field(Kind::UnknownReference, "person", "names nobody"),
            VaultError::Unavailable(_) => unavailable(&error),
            VaultError::Fault(_) => internal(&error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Schema(_) | StoreError::Gone | StoreError::Overtaken => {
                unavailable(&error)
            }
            StoreError::Fault(_) => internal(&error),
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NoSuchGroup => Self::new(Kind::NoSuchGroup, "There is no group with this key."),
            CommandError::NoSuchPerson => Self::new(Kind::NoSuchPerson, "There is no person with this key."),
            CommandError::NoSuchJob => Self::new(Kind::NoSuchJob, "There is no job with this number."),
            CommandError::Step { entry, failure } => of_entry(entry, &failure),
            CommandError::NotAllowed(refusal) => of_step(refusal),
            CommandError::Owner(refusal) => of_step(refusal).with("field", "owner"),
            CommandError::Field(bad) => of_field(&bad),
            CommandError::InUse(field) => Self::field(Kind::InUse, field, "is already in use"),
            CommandError::Spent(field) => Self::field(Kind::InUse, field, membership::SPENT),
            CommandError::Immutable(field) => Self::field(Kind::Immutable, field, "cannot be changed"),
            CommandError::StillOwner(guid) => {
                let detail = format!("The person owns the group {guid}, which has other members but no other admin.");
                Self::new(Kind::StillOwner, detail).with("group", format!("guid:{guid}"))
            }
            CommandError::Unexpected => {
                Self::new(Kind::PreconditionFailed, "What is there now is not what was expected.")
            }
            CommandError::Directory(error) => error.into(),
        }
    }
}

/// A field that the core judges otherwise than its shape does: by what is stored, or by the other fields.
fn of_field(bad: &BadText) -> Problem {
    let kind = match bad.field {
        "owner" => Kind::UnknownReference,
        "password" => Kind::PasswordRequired,
        "number" => Kind::NumbersUsedUp,
        _ => Kind::InvalidBody,
    };
    let problem = Problem::field(kind, bad.field, &bad.problem);
    if kind == Kind::InvalidBody {
        let error = serde_json::json!({ "field": bad.field, "detail": bad.problem });
        problem.with("errors", [error])
    } else {
        problem
    }
}

/// One entry of a list in which all or none are done.
fn of_entry(entry: usize, failure: &StepFailure) -> Problem {
    let mut problem = of_failure(failure, &format!("steps[{entry}].person"));
    problem.detail = format!("Entry {} of the list: {}", entry + 1, problem.detail);
    problem.with("entry", entry)
}

/// A step that was not taken; `field` is where the person was named.
pub(super) fn of_failure(failure: &StepFailure, field: &str) -> Problem {
    match failure {
        StepFailure::NoSuchPerson => Problem::field(Kind::UnknownReference, field, "names nobody"),
        StepFailure::Ambiguous => Problem::field(Kind::UnknownReference, field, "names several persons"),
        StepFailure::Refused(refusal) => of_step(*refusal),
    }
}

/// A step that the life cycle refuses.
pub(super) fn of_step(refusal: StepRefusal) -> Problem {
    let (kind, reason) = reason(refusal);
    let subject = match refusal {
        StepRefusal::JoinNotAllowed => "The group",
        _ if refusal.blames() != Blame::Standing => "This",
        _ => "The person",
    };
    Problem::new(kind, format!("{subject} {refusal}.")).with("reason", reason)
}

/// Whether somebody lacks the right or the membership stands in the way, and the word for it.
const fn reason(refusal: StepRefusal) -> (Kind, &'static str) {
    use Kind::{NotAllowed, StepRefused};
    match refusal {
        StepRefusal::AlreadyMember => (StepRefused, "already_member"),
        StepRefusal::AlreadyAsked => (StepRefused, "already_asked"),
        StepRefusal::NotAsked => (StepRefused, "not_asked"),
        StepRefusal::NotMember => (StepRefused, "not_member"),
        StepRefusal::Banned => (StepRefused, "banned"),
        StepRefusal::AlreadyBanned => (StepRefused, "already_banned"),
        StepRefusal::NotBanned => (StepRefused, "not_banned"),
        StepRefusal::SameScope => (StepRefused, "same_scope"),
        StepRefusal::JoinNotAllowed => (StepRefused, "join_not_allowed"),
        StepRefusal::NotFreelancer => (StepRefused, "not_freelancer"),
        StepRefusal::Owner => (StepRefused, "owner"),
        StepRefusal::LastAdmin => (StepRefused, "last_admin"),
        StepRefusal::PasswordMissing => (NotAllowed, "password_missing"),
        StepRefusal::PasswordWrong => (NotAllowed, "password_wrong"),
        StepRefusal::OnlyOneself => (NotAllowed, "only_oneself"),
        StepRefusal::NotOneself => (NotAllowed, "not_oneself"),
        StepRefusal::OnlyOwner => (NotAllowed, "only_owner"),
        StepRefusal::OnlyAdmin => (NotAllowed, "only_admin"),
        StepRefusal::OnlyModerator => (NotAllowed, "only_moderator"),
        StepRefusal::ScopeTooHigh => (NotAllowed, "scope_too_high"),
    }
}

/// What the gateway itself refuses, before a handler is asked: no turn, a panic, a body that does not come.
pub(super) fn of_gateway(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::Unavailable(seconds) => {
            Problem::later(Kind::Unavailable, *seconds, "Everything is busy; there was no turn in time.")
        }
        Refusal::BodyTooLarge(most) => {
            let detail = format!("The body is longer than {most} bytes.");
            Problem::new(Kind::BodyTooLarge, detail).with("limit", most)
        }
        Refusal::Parameter(fault) => Problem::new(Kind::BadBody, format!("The body {}.", fault.problem)),
        _ => Problem::internal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_refused_in_sentences() {
        for (refusal, kind, reason, detail) in [
            (StepRefusal::AlreadyMember, Kind::StepRefused, "already_member", "The person is already a member."),
            (StepRefusal::OnlyAdmin, Kind::NotAllowed, "only_admin", "This can only be done by an admin."),
            (
                StepRefusal::JoinNotAllowed,
                Kind::StepRefused,
                "join_not_allowed",
                "The group cannot be joined without being added.",
            ),
        ] {
            let problem = of_step(refusal);
            assert_eq!((problem.kind, problem.detail.as_str()), (kind, detail));
            assert_eq!(problem.more["reason"], reason);
        }
    }

    #[test]
    fn an_entry_of_a_list_is_named() {
        let problem = Problem::from(CommandError::Step { entry: 2, failure: StepFailure::NoSuchPerson });
        assert_eq!(problem.kind, Kind::UnknownReference);
        assert_eq!((&problem.more["entry"], &problem.more["field"]), (&2.into(), &"steps[2].person".into()));
        assert_eq!(problem.detail, "Entry 3 of the list: steps[2].person names nobody.");
    }
}
