//! The life cycle of a membership: **one** table, state × action × actor → next state or a named refusal. Every
//! dialect, the admin API and the import go through it.

use crate::{GroupKind, Scope, State};

/// What is done to a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The person asks to become a member, to be answered later.
    Ask,
    /// The person takes the question back.
    Withdraw,
    /// The question is answered with yes.
    Approve,
    /// The question is answered with no.
    Reject,
    /// The person joins at once, where the group's kind lets it.
    Join,
    /// Somebody makes the person a member at once.
    Add(Scope),
    /// What the member may do is changed.
    SetScope(Scope),
    /// The owner makes the member the owner.
    TransferOwnership,
    /// The system makes the person the owner, and a member who is none yet.
    Appoint,
    /// The member leaves.
    Leave,
    /// Somebody removes the member, who may join again.
    Kick,
    /// Somebody removes the person, who may not join again.
    Ban,
    /// The ban is lifted.
    Unban,
    /// An import sets the state as it was recorded.
    Restore(State),
}

impl Action {
    /// The word under which the change log keeps it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Withdraw => "withdraw",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Join => "join",
            Self::Add(_) => "add",
            Self::SetScope(_) => "set_scope",
            Self::TransferOwnership | Self::Appoint => "transfer_ownership",
            Self::Leave => "leave",
            Self::Kick => "kick",
            Self::Ban => "ban",
            Self::Unban => "unban",
            Self::Restore(_) => "import",
        }
    }
}

/// Whether the right password came along, where a group asks for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Password {
    /// None came.
    Missing,
    /// Another one came.
    Wrong,
    /// The right one came.
    Right,
}

/// Who does it, seen from the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The system: an administrator, a key with full access, the import.
    System,
    /// A person outside the group, or with the scope of an ordinary member.
    Person,
    /// A moderator of the group.
    Moderator,
    /// An admin of the group.
    Admin,
    /// The owner of the group.
    Owner,
}

impl Actor {
    /// What the person of the number `who` (the system, when absent) is in a group with this owner, in which its
    /// membership stands so. Only members have the power of their scope.
    pub fn of(who: Option<i64>, owner: Option<i64>, membership: Option<(State, Scope)>) -> Self {
        match (who, membership) {
            (None, _) => Self::System,
            (Some(_), _) if who == owner => Self::Owner,
            (Some(_), Some((State::Member, Scope::Admin))) => Self::Admin,
            (Some(_), Some((State::Member, Scope::Moderator))) => Self::Moderator,
            (Some(_), _) => Self::Person,
        }
    }

    /// Whether such a one may change what is said of the group.
    pub const fn may_edit_group(self) -> Result<(), StepRefusal> {
        match self {
            Self::System | Self::Owner | Self::Admin => Ok(()),
            Self::Moderator | Self::Person => Err(StepRefusal::OnlyAdmin),
        }
    }

    /// Whether such a one may delete the group.
    pub const fn may_delete_group(self) -> Result<(), StepRefusal> {
        match self {
            Self::System | Self::Owner => Ok(()),
            Self::Admin | Self::Moderator | Self::Person => Err(StepRefusal::OnlyOwner),
        }
    }
}

/// The facts that a step is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Situation {
    /// Where the membership stands; `None` when there is none.
    pub state: Option<State>,
    /// The scope of the membership, if there is one.
    pub scope: Scope,
    /// Whether the person owns the group.
    pub owns: bool,
    /// Whether the person is the only admin among the members.
    pub last_admin: bool,
    /// How one joins the group.
    pub kind: GroupKind,
    /// Whether the person works as a freelancer: only such a one may ask to join (documented by Elance).
    pub freelancer: bool,
    /// The password that came along; matters only for joining a group that asks for one.
    pub password: Password,
    /// Who acts.
    pub actor: Actor,
    /// Whether the actor is the person itself.
    pub oneself: bool,
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// The membership ends.
    Gone,
    /// The membership stands so, with that scope.
    Stands(State, Scope),
    /// The person owns the group from now on, as an admin among the members.
    Owns,
}

/// Why a step is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum StepRefusal {
    /// The person is a member already.
    #[error("is already a member")]
    AlreadyMember,
    /// The person has asked already.
    #[error("has already asked to join")]
    AlreadyAsked,
    /// There is no unanswered question.
    #[error("has not asked to join")]
    NotAsked,
    /// The person is not a member.
    #[error("is not a member")]
    NotMember,
    /// The person is banned.
    #[error("is banned from the group")]
    Banned,
    /// The person is banned already.
    #[error("is already banned")]
    AlreadyBanned,
    /// The person is not banned.
    #[error("is not banned")]
    NotBanned,
    /// The member has that scope already.
    #[error("already has this scope")]
    SameScope,
    /// The group cannot be joined at once.
    #[error("cannot be joined without being added")]
    JoinNotAllowed,
    /// The group asks for a password, and none came along.
    #[error("must give the password of the group")]
    PasswordMissing,
    /// The password is not the group's.
    #[error("gave a wrong password")]
    PasswordWrong,
    /// Only freelancers may ask to join.
    #[error("is no freelancer")]
    NotFreelancer,
    /// Only the person itself may do this.
    #[error("can only be done by the person itself")]
    OnlyOneself,
    /// A person may not do this to itself.
    #[error("cannot be done to oneself")]
    NotOneself,
    /// Only the owner may do this.
    #[error("can only be done by the owner")]
    OnlyOwner,
    /// Only an admin or the owner may do this.
    #[error("can only be done by an admin")]
    OnlyAdmin,
    /// Only a moderator, an admin or the owner may do this.
    #[error("can only be done by a moderator")]
    OnlyModerator,
    /// A moderator may do this to participants only.
    #[error("cannot be done to a member of this scope")]
    ScopeTooHigh,
    /// The owner must pass the group on first.
    #[error("owns the group and must pass it on first")]
    Owner,
    /// The group would be without an admin.
    #[error("is the last admin of the group")]
    LastAdmin,
}

/// Whom a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The one who asks, whoever it is done to.
    Actor,
    /// The one who asks, as far as it is done to this person.
    ActorWithPerson,
    /// How the person or the group stands, whoever asks.
    Standing,
}

impl StepRefusal {
    /// Whom it is about.
    pub const fn blames(self) -> Blame {
        match self {
            Self::OnlyOwner | Self::OnlyAdmin | Self::OnlyModerator => Blame::Actor,
            Self::OnlyOneself | Self::NotOneself | Self::ScopeTooHigh => Blame::ActorWithPerson,
            Self::AlreadyMember
            | Self::AlreadyAsked
            | Self::NotAsked
            | Self::NotMember
            | Self::Banned
            | Self::AlreadyBanned
            | Self::NotBanned
            | Self::SameScope
            | Self::JoinNotAllowed
            | Self::PasswordMissing
            | Self::PasswordWrong
            | Self::NotFreelancer
            | Self::Owner
            | Self::LastAdmin => Blame::Standing,
        }
    }
}

impl Situation {
    /// Judges `action`.
    ///
    /// ```
    /// use membership::life_cycle::{Action, Actor, Next, Password, Situation, StepRefusal};
    /// use membership::{GroupKind, Scope, State};
    /// let asked = Situation {
    ///     state: Some(State::Pending), scope: Scope::Participant, owns: false, last_admin: false,
    ///     kind: GroupKind::Private, freelancer: true, password: Password::Missing, actor: Actor::Admin, oneself: false,
    /// };
    /// assert_eq!(asked.step(Action::Approve), Ok(Next::Stands(State::Member, Scope::Participant)));
    /// assert_eq!(asked.step(Action::Kick), Err(StepRefusal::NotMember));
    /// ```
    pub fn step(&self, action: Action) -> Result<Next, StepRefusal> {
        self.may(action)?;
        self.next(action)
    }

    /// Whether this actor may do such a thing at all, wherever the membership stands.
    fn may(&self, action: Action) -> Result<(), StepRefusal> {
        use StepRefusal::{NotOneself, OnlyAdmin, OnlyModerator, OnlyOneself, OnlyOwner, ScopeTooHigh};
        let system = self.actor == Actor::System;
        let admin = matches!(self.actor, Actor::System | Actor::Admin | Actor::Owner);
        match action {
            Action::Ask | Action::Withdraw | Action::Join | Action::Leave => {
                if self.oneself {
                    Ok(())
                } else {
                    Err(OnlyOneself)
                }
            }
            Action::Approve | Action::Reject | Action::Add(_) => {
                if admin {
                    Ok(())
                } else {
                    Err(OnlyAdmin)
                }
            }
            Action::Restore(_) => {
                if system {
                    Ok(())
                } else {
                    Err(OnlyAdmin)
                }
            }
            Action::TransferOwnership => {
                if system || self.actor == Actor::Owner {
                    Ok(())
                } else {
                    Err(OnlyOwner)
                }
            }
            Action::Appoint => {
                if system {
                    Ok(())
                } else {
                    Err(OnlyOwner)
                }
            }
            Action::SetScope(_) | Action::Kick | Action::Ban | Action::Unban if self.oneself && !system => {
                Err(NotOneself)
            }
            Action::SetScope(_) => {
                if admin {
                    Ok(())
                } else {
                    Err(OnlyAdmin)
                }
            }
            Action::Kick | Action::Ban | Action::Unban => match self.actor {
                Actor::System | Actor::Admin | Actor::Owner => Ok(()),
                Actor::Moderator if self.state != Some(State::Member) || self.scope == Scope::Participant => Ok(()),
                Actor::Moderator => Err(ScopeTooHigh),
                Actor::Person => Err(OnlyModerator),
            },
        }
    }

    /// The next state, for one who may.
    fn next(&self, action: Action) -> Result<Next, StepRefusal> {
        use State::{Banned, Member, Pending};
        use StepRefusal as No;
        let joined = |scope| Ok(Next::Stands(Member, scope));
        match (action, self.state) {
            // Whether a member or not, which an import leaves open: the one who has all the power is never banned.
            (Action::Ban | Action::Restore(Banned), _) if self.owns => Err(No::Owner),
            (Action::Restore(state), _) => Ok(Next::Stands(state, self.scope)),

            (Action::Ask, None) if !self.freelancer => Err(No::NotFreelancer),
            (Action::Ask, None) => Ok(Next::Stands(Pending, Scope::Participant)),
            (Action::Ask, Some(Pending)) => Err(No::AlreadyAsked),

            (Action::Join, None | Some(Pending)) => match (self.kind, self.password) {
                (GroupKind::Private, _) => Err(No::JoinNotAllowed),
                (GroupKind::Password, Password::Missing) => Err(No::PasswordMissing),
                (GroupKind::Password, Password::Wrong) => Err(No::PasswordWrong),
                (GroupKind::Public, _) | (GroupKind::Password, Password::Right) => joined(Scope::Participant),
            },
            (Action::Add(scope), None | Some(Pending)) => joined(scope),
            (Action::Ask | Action::Join | Action::Add(_), Some(Member)) => Err(No::AlreadyMember),
            (Action::Ask | Action::Join | Action::Add(_), Some(Banned)) => Err(No::Banned),

            (Action::Withdraw | Action::Reject, Some(Pending)) => Ok(Next::Gone),
            (Action::Approve, Some(Pending)) => joined(self.scope),
            (Action::Withdraw | Action::Reject | Action::Approve, None) => Err(No::NotAsked),
            (Action::Withdraw | Action::Reject | Action::Approve, Some(Member)) => Err(No::AlreadyMember),
            (Action::Withdraw | Action::Reject | Action::Approve, Some(Banned)) => Err(No::Banned),

            (Action::SetScope(scope), Some(Member)) => {
                if scope == self.scope {
                    Err(No::SameScope)
                } else {
                    self.keeps_a_head(scope == Scope::Admin)?;
                    Ok(Next::Stands(Member, scope))
                }
            }
            (Action::TransferOwnership, Some(Member)) => Ok(Next::Owns),
            (Action::Appoint, None | Some(Pending | Member)) => Ok(Next::Owns),
            (Action::Appoint, Some(Banned)) => Err(No::Banned),
            (Action::Leave | Action::Kick, Some(Member)) => {
                self.keeps_a_head(false)?;
                Ok(Next::Gone)
            }
            (
                Action::SetScope(_) | Action::TransferOwnership | Action::Leave | Action::Kick,
                None | Some(Pending | Banned),
            ) => Err(No::NotMember),

            (Action::Ban, Some(Banned)) => Err(No::AlreadyBanned),
            (Action::Ban, None | Some(Pending | Member)) => {
                self.keeps_a_head(false)?;
                Ok(Next::Stands(Banned, self.scope))
            }
            (Action::Unban, Some(Banned)) => Ok(Next::Gone),
            (Action::Unban, None | Some(Pending | Member)) => Err(No::NotBanned),
        }
    }

    /// An owner who is a member stays an admin of the group until it is passed on, and a member who is its last admin
    /// stays one unless the system says otherwise.
    fn keeps_a_head(&self, stays_admin: bool) -> Result<(), StepRefusal> {
        if stays_admin || self.state != Some(State::Member) {
            Ok(())
        } else if self.owns {
            Err(StepRefusal::Owner)
        } else if self.last_admin && self.scope == Scope::Admin && self.actor != Actor::System {
            Err(StepRefusal::LastAdmin)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
