//! Every cell of the table.

use super::*;
use StepRefusal as No;

const STATES: [Option<State>; 4] = [None, Some(State::Pending), Some(State::Member), Some(State::Banned)];

fn situation(state: Option<State>, actor: Actor, oneself: bool) -> Situation {
    Situation {
        state,
        scope: Scope::Participant,
        owns: false,
        last_admin: false,
        kind: GroupKind::Public,
        freelancer: true,
        password: Password::Missing,
        actor,
        oneself,
    }
}

/// The whole row of an action for one who may: no membership, pending, member, banned.
fn row(action: Action, actor: Actor, oneself: bool) -> [Result<Next, No>; 4] {
    STATES.map(|state| situation(state, actor, oneself).step(action))
}

const GONE: Result<Next, No> = Ok(Next::Gone);
const PENDING: Result<Next, No> = Ok(Next::Stands(State::Pending, Scope::Participant));
const MEMBER: Result<Next, No> = Ok(Next::Stands(State::Member, Scope::Participant));
const ADMIN: Result<Next, No> = Ok(Next::Stands(State::Member, Scope::Admin));
const BANNED: Result<Next, No> = Ok(Next::Stands(State::Banned, Scope::Participant));

#[test]
fn what_a_person_does_for_itself() {
    use No::*;
    let own = |action| row(action, Actor::Person, true);
    assert_eq!(own(Action::Ask), [PENDING, Err(AlreadyAsked), Err(AlreadyMember), Err(No::Banned)]);
    assert_eq!(own(Action::Withdraw), [Err(NotAsked), GONE, Err(AlreadyMember), Err(No::Banned)]);
    assert_eq!(own(Action::Join), [MEMBER, MEMBER, Err(AlreadyMember), Err(No::Banned)]);
    assert_eq!(own(Action::Leave), [Err(NotMember), Err(NotMember), GONE, Err(NotMember)]);
    for action in [Action::Ask, Action::Withdraw, Action::Join, Action::Leave] {
        for actor in [Actor::System, Actor::Person, Actor::Moderator, Actor::Admin, Actor::Owner] {
            assert_eq!(row(action, actor, false), [Err(OnlyOneself); 4]);
        }
    }
}

#[test]
fn what_an_admin_does() {
    use No::*;
    for actor in [Actor::System, Actor::Admin, Actor::Owner] {
        let by = |action| row(action, actor, false);
        assert_eq!(by(Action::Approve), [Err(NotAsked), MEMBER, Err(AlreadyMember), Err(No::Banned)]);
        assert_eq!(by(Action::Reject), [Err(NotAsked), GONE, Err(AlreadyMember), Err(No::Banned)]);
        assert_eq!(by(Action::Add(Scope::Admin)), [ADMIN, ADMIN, Err(AlreadyMember), Err(No::Banned)]);
        let none = Err(NotMember);
        assert_eq!(by(Action::SetScope(Scope::Admin)), [none, none, ADMIN, none]);
        assert_eq!(by(Action::SetScope(Scope::Participant)), [none, none, Err(SameScope), none]);
        assert_eq!(by(Action::Kick), [none, none, GONE, none]);
        assert_eq!(by(Action::Ban), [BANNED, BANNED, BANNED, Err(AlreadyBanned)]);
        assert_eq!(by(Action::Unban), [Err(NotBanned), Err(NotBanned), Err(NotBanned), GONE]);
    }
}

#[test]
fn who_may_not() {
    use No::*;
    for actor in [Actor::Person, Actor::Moderator] {
        for action in [Action::Approve, Action::Reject, Action::Add(Scope::Participant), Action::SetScope(Scope::Admin)]
        {
            assert_eq!(row(action, actor, false), [Err(OnlyAdmin); 4]);
        }
    }
    for action in [Action::Kick, Action::Ban, Action::Unban] {
        assert_eq!(row(action, Actor::Person, false), [Err(OnlyModerator); 4]);
        for actor in [Actor::Person, Actor::Moderator, Actor::Admin, Actor::Owner] {
            assert_eq!(row(action, actor, true), [Err(NotOneself); 4]);
        }
    }
    for actor in [Actor::Person, Actor::Moderator, Actor::Admin] {
        assert_eq!(row(Action::TransferOwnership, actor, false), [Err(OnlyOwner); 4]);
    }
    for actor in [Actor::Person, Actor::Moderator, Actor::Admin, Actor::Owner] {
        assert_eq!(row(Action::Restore(State::Member), actor, false), [Err(OnlyAdmin); 4]);
    }
}

#[test]
fn moderators_have_power_over_participants_only() {
    let moderator = situation(Some(State::Member), Actor::Moderator, false);
    assert_eq!(moderator.step(Action::Kick), GONE);
    assert_eq!(moderator.step(Action::Ban), BANNED);
    for scope in [Scope::Moderator, Scope::Admin] {
        let above = Situation { scope, ..moderator };
        assert_eq!(above.step(Action::Kick), Err(No::ScopeTooHigh));
        assert_eq!(above.step(Action::Ban), Err(No::ScopeTooHigh));
    }
    assert_eq!(situation(Some(State::Banned), Actor::Moderator, false).step(Action::Unban), GONE);
}

#[test]
fn private_groups_are_not_joined_at_once() {
    for state in [None, Some(State::Pending)] {
        let mut at = situation(state, Actor::Person, true);
        at.kind = GroupKind::Private;
        assert_eq!(at.step(Action::Join), Err(No::JoinNotAllowed));
        at.kind = GroupKind::Password;
        for (password, next) in [
            (Password::Missing, Err(No::PasswordMissing)),
            (Password::Wrong, Err(No::PasswordWrong)),
            (Password::Right, MEMBER),
        ] {
            at.password = password;
            assert_eq!(at.step(Action::Join), next);
        }
    }
}

#[test]
fn only_freelancers_ask() {
    let mut at = situation(None, Actor::Person, true);
    at.freelancer = false;
    assert_eq!(at.step(Action::Ask), Err(No::NotFreelancer));
    // A dialect without freelancers lets everybody join.
    assert_eq!(at.step(Action::Join), MEMBER);
    for state in STATES.into_iter().flatten() {
        at.state = Some(state);
        assert!(at.step(Action::Ask).is_err_and(|refusal| refusal != No::NotFreelancer), "{state}");
    }
}

#[test]
fn every_step_has_a_word_of_the_change_log() {
    for action in [
        Action::Ask,
        Action::Withdraw,
        Action::Approve,
        Action::Reject,
        Action::Join,
        Action::Add(Scope::Admin),
        Action::SetScope(Scope::Admin),
        Action::TransferOwnership,
        Action::Appoint,
        Action::Leave,
        Action::Kick,
        Action::Ban,
        Action::Unban,
        Action::Restore(State::Member),
    ] {
        assert!(crate::ACTIONS.contains(&action.word()), "{action:?}");
    }
}

#[test]
fn a_group_keeps_its_owner_and_its_last_admin() {
    let admin = Situation { scope: Scope::Admin, ..situation(Some(State::Member), Actor::Admin, false) };
    for action in [Action::Kick, Action::Ban, Action::SetScope(Scope::Moderator)] {
        assert_eq!(Situation { owns: true, ..admin }.step(action), Err(No::Owner));
        let last = Situation { last_admin: true, ..admin };
        assert_eq!(last.step(action), Err(No::LastAdmin));
        assert!(Situation { actor: Actor::System, ..last }.step(action).is_ok());
    }
    let leaves = Situation { oneself: true, ..admin };
    assert_eq!(leaves.step(Action::Leave), GONE);
    assert_eq!(Situation { owns: true, ..leaves }.step(Action::Leave), Err(No::Owner));
    assert_eq!(Situation { last_admin: true, ..leaves }.step(Action::Leave), Err(No::LastAdmin));
}

#[test]
fn ownership_passes_to_members_only() {
    for actor in [Actor::System, Actor::Owner] {
        let none = Err(No::NotMember);
        assert_eq!(row(Action::TransferOwnership, actor, false), [none, none, Ok(Next::Owns), none]);
    }
}

#[test]
fn the_system_appoints_whom_it_wants_but_the_banned() {
    let owns = Ok(Next::Owns);
    assert_eq!(row(Action::Appoint, Actor::System, false), [owns, owns, owns, Err(No::Banned)]);
    for actor in [Actor::Person, Actor::Moderator, Actor::Admin, Actor::Owner] {
        assert_eq!(row(Action::Appoint, actor, false), [Err(No::OnlyOwner); 4]);
    }
}

/// An import may leave behind an owner who is no member.
#[test]
fn an_owner_is_never_banned() {
    for state in STATES {
        for actor in [Actor::System, Actor::Admin] {
            let owner = Situation { owns: true, ..situation(state, actor, false) };
            assert_eq!(owner.step(Action::Ban), Err(No::Owner), "{state:?}");
        }
        let moderator = Situation { owns: true, ..situation(state, Actor::Moderator, false) };
        assert_eq!(moderator.step(Action::Ban), Err(No::Owner), "{state:?}");
        let owner = Situation { owns: true, ..situation(state, Actor::System, false) };
        assert_eq!(owner.step(Action::Restore(State::Banned)), Err(No::Owner), "{state:?}");
        for target in [State::Pending, State::Member] {
            let restored = Ok(Next::Stands(target, Scope::Participant));
            assert_eq!(owner.step(Action::Restore(target)), restored, "{state:?}");
        }
    }
}

/// What is done to an owner, wherever the membership stands: none, pending, member, banned.
#[test]
fn an_owner_is_judged_by_its_membership_in_all_else() {
    let row = |action, oneself: bool| {
        STATES.map(|state| Situation { owns: true, ..situation(state, Actor::System, oneself) }.step(action))
    };
    let none = Err(No::NotMember);
    assert_eq!(row(Action::Kick, false), [none, none, Err(No::Owner), none]);
    assert_eq!(row(Action::Leave, true), [none, none, Err(No::Owner), none]);
    assert_eq!(row(Action::SetScope(Scope::Moderator), false), [none, none, Err(No::Owner), none]);
    assert_eq!(row(Action::SetScope(Scope::Admin), false), [none, none, ADMIN, none]);
    assert_eq!(row(Action::Unban, false), [Err(No::NotBanned), Err(No::NotBanned), Err(No::NotBanned), GONE]);
    assert_eq!(row(Action::Reject, false), [Err(No::NotAsked), GONE, Err(No::AlreadyMember), Err(No::Banned)]);
}

#[test]
fn an_import_restores_any_state() {
    for target in State::ALL {
        let restored = Ok(Next::Stands(*target, Scope::Participant));
        assert_eq!(row(Action::Restore(*target), Actor::System, false), [restored; 4]);
    }
}

#[test]
fn who_somebody_is_in_a_group() {
    let of = |who, state, scope| Actor::of(who, Some(7), Some((state, scope)));
    assert_eq!(of(None, State::Member, Scope::Participant), Actor::System);
    assert_eq!(of(Some(7), State::Member, Scope::Participant), Actor::Owner);
    assert_eq!(Actor::of(Some(7), Some(7), None), Actor::Owner);
    assert_eq!(Actor::of(Some(8), None, None), Actor::Person);
    for (scope, actor) in
        [(Scope::Participant, Actor::Person), (Scope::Moderator, Actor::Moderator), (Scope::Admin, Actor::Admin)]
    {
        assert_eq!(of(Some(8), State::Member, scope), actor);
        assert_eq!(of(Some(8), State::Banned, scope), Actor::Person);
        assert_eq!(of(Some(8), State::Pending, scope), Actor::Person);
    }
}

#[test]
fn who_may_change_a_group() {
    use Actor::{Admin, Moderator, Owner, Person, System};
    for (actor, edit, delete) in [
        (System, Ok(()), Ok(())),
        (Owner, Ok(()), Ok(())),
        (Admin, Ok(()), Err(No::OnlyOwner)),
        (Moderator, Err(No::OnlyAdmin), Err(No::OnlyOwner)),
        (Person, Err(No::OnlyAdmin), Err(No::OnlyOwner)),
    ] {
        assert_eq!((actor.may_edit_group(), actor.may_delete_group()), (edit, delete), "{actor:?}");
    }
}
