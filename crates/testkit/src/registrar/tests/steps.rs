use super::*;
use membership::life_cycle::{Action, StepRefusal};
use membership::{Failing, GroupEdit, GroupKind, Named, Stepped};

const TOGETHER: Failing = Failing::Together(&[]);

fn take(directory: &MemoryDirectory, by: By, number: i64, action: Action) -> Result<Stepped, CommandError> {
    directory.steps(&by, &G, &[Step::new(person(number), action)], TOGETHER)
}

fn by(number: i64) -> By {
    By { credential: Some(77), ..By::person(number, NOW) }
}

#[test]
fn every_step_leaves_its_times_and_actors() {
    let directory = five();
    take(&directory, by(2), 5, Action::Approve).expect("asked");
    let m = standing(&directory, 1, 5).expect("a member");
    assert_eq!((m.state, m.scope, m.asked_at), (State::Member, Scope::Participant, Some(50)));
    assert_eq!((m.joined_at, m.joined_by), (Some(NOW), Some(2)));

    take(&directory, By::person(1, 6_000), 5, Action::SetScope(Scope::Moderator)).expect("a member");
    let m = standing(&directory, 1, 5).expect("a member");
    assert_eq!((m.scope, m.scope_changed_at, m.scope_changed_by), (Scope::Moderator, Some(6_000), Some(1)));
    assert_eq!((m.joined_at, m.joined_by), (Some(NOW), Some(2)), "a new scope is no new joining");

    take(&directory, By::person(2, 7_000), 5, Action::Ban).expect("a member");
    let m = standing(&directory, 1, 5).expect("banned");
    assert_eq!((m.state, m.scope, m.banned_at, m.banned_by), (State::Banned, Scope::Moderator, Some(7_000), Some(2)));
    assert_eq!((m.joined_at, m.joined_by, m.asked_at), (None, None, Some(50)));
    assert_eq!((m.scope_changed_at, m.scope_changed_by), (Some(6_000), Some(1)));

    take(&directory, By::system(8_000), 5, Action::Unban).expect("banned");
    assert_eq!(standing(&directory, 1, 5), None);
    take(&directory, By::person(5, 9_000), 5, Action::Ask).expect("nothing stands in the way");
    let m = standing(&directory, 1, 5).expect("pending");
    assert_eq!((m.state, m.asked_at, m.banned_at, m.scope_changed_at), (State::Pending, Some(9_000), None, None));
    take(&directory, By::person(5, 9_500), 5, Action::Join).expect("the group is public");
    let m = standing(&directory, 1, 5).expect("a member");
    assert_eq!((m.asked_at, m.joined_at, m.joined_by), (Some(9_000), Some(9_500), None));

    let entries = directory.log();
    let own: Vec<_> = entries.iter().filter(|e| e.action != "import").map(|e| (e.action.as_str(), e.at)).collect();
    let expected =
        [("approve", NOW), ("set_scope", 6_000), ("ban", 7_000), ("unban", 8_000), ("ask", 9_000), ("join", 9_500)];
    assert_eq!(own, expected);
    assert_eq!(logged(&directory)[0], line("approve", 1, 5, 2, 0));
    assert_eq!(logged(&directory)[3], line("unban", 1, 5, 0, 0));
    let approved = entries.iter().find(|e| e.action == "approve").expect("logged");
    assert_eq!((approved.credential, approved.number), (Some(77), 15), "14 rows were imported before");
    assert_eq!(directory.head().expect("in memory"), 20);
}

#[test]
fn who_is_added_is_there_at_once_and_by_whom() {
    let directory = five();
    let added = directory.steps(
        &By::system(0),
        &GroupKey::Guid("h".into()),
        &[Step::new(person(4), Action::Add(Scope::Moderator))],
        TOGETHER,
    );
    let taken = added.expect("nothing stands in the way").steps.remove(0).expect("taken");
    let m = taken.membership.expect("a member");
    assert_eq!((m.group, m.person, m.scope), (2, 4, Scope::Moderator));
    assert_eq!((m.joined_at, m.joined_by), (Some(1), None), "nobody joins at 0, which would say that it never was");
    assert!(taken.changed);
    assert_eq!(taken.person.number, 4);
}

#[test]
fn actors_are_judged_by_what_they_are_in_the_group() {
    let judged = |who: Option<i64>, number, action| {
        let by = who.map_or(By::system(NOW), |who| By::person(who, NOW));
        refusal(take(&five(), by, number, action))
    };
    assert_eq!(judged(Some(3), 4, Action::Kick), "done");
    assert_eq!(judged(Some(3), 2, Action::Kick), "ScopeTooHigh");
    assert_eq!(judged(Some(3), 5, Action::Approve), "OnlyAdmin");
    assert_eq!(judged(Some(2), 1, Action::Kick), "Owner");
    assert_eq!(judged(Some(2), 3, Action::TransferOwnership), "OnlyOwner");
    assert_eq!(judged(Some(4), 3, Action::Kick), "OnlyModerator");
    assert_eq!(judged(Some(2), 2, Action::Kick), "NotOneself");
    assert_eq!(judged(Some(2), 4, Action::Leave), "OnlyOneself");
    assert_eq!(judged(Some(999), 4, Action::Kick), "OnlyModerator", "one who is gone is somebody without power");
    assert_eq!(judged(None, 4, Action::Kick), "done");
    assert_eq!(judged(None, 4, Action::Leave), "OnlyOneself");
    assert_eq!(judged(Some(6), 6, Action::Join), "Banned");
    assert_eq!(judged(None, 9, Action::Ban), "NoSuchPerson");
}

#[test]
fn only_freelancers_ask() {
    let directory = five();
    take(&directory, By::system(NOW), 6, Action::Unban).expect("banned");
    assert_eq!(refusal(take(&directory, by(6), 6, Action::Ask)), "NotFreelancer");
}

#[test]
fn the_last_admin_stays() {
    let directory = five();
    // The group loses its owner, so that the admins are judged as such.
    let passed_on = [Step::new(person(2), Action::TransferOwnership), Step::new(person(1), Action::Leave)];
    directory.steps(&by(1), &G, &passed_on[..1], TOGETHER).expect("the owner may");
    directory.steps(&by(1), &G, &passed_on[1..], TOGETHER).expect("no longer the owner");
    assert_eq!(refusal(take(&directory, by(2), 2, Action::Leave)), "Owner");
    let group = |number| directory.group(&GroupKey::Number(number)).expect("in memory").expect("there");
    assert_eq!(group(1).owner, Some(2));

    take(&directory, by(2), 3, Action::TransferOwnership).expect("a member");
    take(&directory, by(3), 2, Action::SetScope(Scope::Participant)).expect("two admins");
    take(&directory, by(3), 2, Action::TransferOwnership).expect("a member");
    take(&directory, by(2), 2, Action::TransferOwnership).expect("changes nothing");
    take(&directory, By::system(NOW), 3, Action::SetScope(Scope::Participant)).expect("not the owner");

    // In the other group nobody is the owner.
    let h = GroupKey::Number(2);
    let add = Step::new(person(4), Action::Add(Scope::Admin));
    directory.steps(&By::system(NOW), &h, &[add], TOGETHER).expect("adds");
    let leave = [Step::new(person(4), Action::Leave)];
    assert_eq!(refusal(directory.steps(&by(4), &h, &leave, TOGETHER)), "LastAdmin");
    let more = Step::new(person(3), Action::Add(Scope::Admin));
    directory.steps(&By::system(NOW), &h, &[more], TOGETHER).expect("adds");
    assert_eq!(refusal(directory.steps(&by(4), &h, &leave, TOGETHER)), "done");
}

#[test]
fn ownership_passes_on_as_an_admin() {
    let directory = five();
    let stepped = take(&directory, by(1), 4, Action::TransferOwnership).expect("a member");
    let group = stepped.group;
    assert_eq!((group.group.owner, group.group.updated_at), (Some(4), Some(NOW)));
    assert_eq!(group.owner.map(|o| (o.number, o.uid)), Some((4, "d".to_owned())));
    assert_eq!(group.standing.map(|s| (s.state, s.scope)), Some((State::Member, Scope::Admin)), "the old owner's");
    let m = standing(&directory, 1, 4).expect("a member");
    assert_eq!((m.scope, m.scope_changed_at, m.scope_changed_by), (Scope::Admin, Some(NOW), Some(1)));
    assert_eq!((m.joined_at, m.joined_by), (Some(40), Some(2)));

    // An admin's scope does not change.
    let stepped = take(&directory, By::system(6_000), 2, Action::TransferOwnership).expect("a member");
    assert_eq!(stepped.group.group.updated_at, Some(6_000));
    let m = standing(&directory, 1, 2).expect("a member");
    assert_eq!((m.scope, m.scope_changed_at), (Scope::Admin, None));
    let expected = [line("transfer_ownership", 1, 4, 1, 0), line("transfer_ownership", 1, 2, 0, 0)];
    assert_eq!(logged(&directory), expected);

    // Whose it is already.
    let again = take(&directory, By::system(7_000), 2, Action::TransferOwnership).expect("a member");
    assert!(!again.steps[0].as_ref().expect("taken").changed);
    assert_eq!((again.group.group.updated_at, logged(&directory).len()), (Some(6_000), 2));
}

#[test]
fn steps_are_judged_by_what_the_ones_before_have_left() {
    let directory = five();
    let steps = [
        Step::new(person(5), Action::Approve),
        Step::new(person(5), Action::Kick),
        Step::new(person(5), Action::Ban),
        Step::new(person(5), Action::Approve),
        Step::new(Named::Name("fay".into()), Action::Unban),
        Step::new(Named::Name("same".into()), Action::Kick),
        Step::new(Named::Name("nobody".into()), Action::Kick),
        Step::new(PersonKey::Login("C".into()), Action::Kick),
    ];
    let stepped = directory.steps(&by(1), &G, &steps, Failing::Alone).expect("the group is there");
    let outcomes =
        stepped.steps.iter().map(|o| o.as_ref().map(|t| t.membership.as_ref().map(|m| m.state)).map_err(Clone::clone));
    let outcomes: Vec<_> = outcomes.collect();
    let expected = [
        Ok(Some(State::Member)),
        Ok(None),
        Ok(Some(State::Banned)),
        Err(StepFailure::Refused(StepRefusal::Banned)),
        Ok(None),
        Err(StepFailure::Ambiguous),
        Err(StepFailure::NoSuchPerson),
        Ok(None),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(stepped.group.members, 3);
    let words: Vec<_> = logged(&directory).into_iter().map(|l| l.0).collect();
    assert_eq!(words, ["approve", "kick", "ban", "unban", "kick"]);
}

#[test]
fn steps_together_are_taken_all_or_none() {
    let directory = five();
    let before = (directory.memberships(), directory.log());
    let steps = [
        Step::new(person(4), Action::Ban),
        Step::new(person(6), Action::Ban),
        Step::new(person(9), Action::Ban),
        Step::new(person(3), Action::Unban),
    ];
    let failed = directory.steps(&by(1), &G, &steps, TOGETHER).expect_err("6 is banned");
    let CommandError::Step { entry, failure } = failed else { panic!("{failed:?}") };
    assert_eq!((entry, failure), (1, StepFailure::Refused(StepRefusal::AlreadyBanned)));
    let passing = Failing::Together(&[StepRefusal::AlreadyBanned, StepRefusal::NotBanned]);
    let failed = directory.steps(&by(1), &G, &steps, passing).expect_err("nobody is 9");
    let CommandError::Step { entry, failure } = failed else { panic!("{failed:?}") };
    assert_eq!((entry, failure), (2, StepFailure::NoSuchPerson));
    assert_eq!((directory.memberships(), directory.log()), before);

    let steps = [steps[0].clone(), steps[1].clone(), steps[3].clone()];
    let stepped = directory.steps(&by(1), &G, &steps, passing).expect("two count as done");
    let taken: Vec<_> = stepped.steps.into_iter().map(|o| o.expect("taken")).collect();
    let told: Vec<_> = taken.iter().map(|t| (t.changed, t.membership.as_ref().map(|m| m.state))).collect();
    assert_eq!(told, [(true, Some(State::Banned)), (false, Some(State::Banned)), (false, Some(State::Member))]);
    assert_eq!(logged(&directory), [line("ban", 1, 4, 1, 0)]);
}

#[test]
fn what_is_the_imports_own_is_refused() {
    let directory = five();
    let steps = [Step::new(person(4), Action::Kick), Step::new(person(4), Action::Restore(State::Banned))];
    for failing in [TOGETHER, Failing::Alone] {
        assert_eq!(refusal(directory.steps(&By::system(NOW), &G, &steps, failing)), "field action");
    }
    assert_eq!(state(&directory, 1, 4), Some((State::Member, Scope::Participant)));
    let unknown = GroupKey::Number(3);
    assert_eq!(refusal(directory.steps(&By::system(NOW), &unknown, &steps, TOGETHER)), "NoSuchGroup");
}

#[test]
fn a_group_with_a_password_asks_for_it() {
    let directory = five();
    let h = GroupKey::Number(2);
    let join = |password: Option<&str>| {
        let step = Step { password: password.map(str::to_owned), ..Step::new(person(4), Action::Join) };
        refusal(directory.steps(&by(4), &h, &[step], TOGETHER))
    };
    assert_eq!(join(Some("sesame")), "JoinNotAllowed", "the group is private");
    let record = GroupRecord { r#type: Some(GroupKind::Password), ..GroupRecord::default() };
    let edit = GroupEdit { record, password: Some("sesame".into()) };
    directory.edit_group(&By::system(NOW), &h, &edit, None).expect("the system may");
    assert_eq!(join(None), "PasswordMissing");
    assert_eq!(join(Some("Sesame")), "PasswordWrong");
    assert_eq!(join(Some("")), "PasswordWrong");
    assert_eq!(join(Some("sesame")), "done");
    assert_eq!(join(Some("sesame")), "AlreadyMember");

    let mut imported = five();
    imported.load_ndjson(r#"{"kind":"group","number":2,"type":"password"}"#, 100).expect("a good line");
    let step = Step { password: Some("x".into()), ..Step::new(person(4), Action::Join) };
    assert_eq!(refusal(imported.steps(&by(4), &h, &[step], TOGETHER)), "PasswordWrong", "none has been set");
}
