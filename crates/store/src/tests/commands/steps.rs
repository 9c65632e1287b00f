//! Steps in the lives of memberships.

use super::*;
use membership::life_cycle::StepRefusal;
use membership::{Directory, MemberQuery, Named, State, Window};

#[test]
fn every_step_leaves_what_it_should() {
    on_both(|store| {
        persons(store, 4);
        let g = group(store, GroupKind::Public, Some(1));
        let base = standing(step(store, &by(2), g, 2, Action::Ask));
        let asked = Membership {
            group: g,
            person: 2,
            state: State::Pending,
            scope: Scope::Participant,
            asked_at: Some(NOW),
            joined_at: None,
            joined_by: None,
            scope_changed_at: None,
            scope_changed_by: None,
            banned_at: None,
            banned_by: None,
        };
        assert_eq!(base, asked);
        let later = By { now: NOW + 1, ..by(1) };
        let approved = standing(step(store, &later, g, 2, Action::Approve));
        let member = Membership { state: State::Member, joined_at: Some(NOW + 1), joined_by: Some(1), ..asked.clone() };
        assert_eq!(approved, member);
        let later = By { now: NOW + 2, ..by(1) };
        let promoted = standing(step(store, &later, g, 2, Action::SetScope(Scope::Moderator)));
        let moderator = Membership {
            scope: Scope::Moderator,
            scope_changed_at: Some(NOW + 2),
            scope_changed_by: Some(1),
            ..member.clone()
        };
        assert_eq!(promoted, moderator);
        let later = By { now: NOW + 3, ..by(1) };
        let banned = standing(step(store, &later, g, 2, Action::Ban));
        let expected = Membership {
            state: State::Banned,
            joined_at: None,
            joined_by: None,
            banned_at: Some(NOW + 3),
            banned_by: Some(1),
            ..moderator
        };
        assert_eq!(banned, expected);
        assert_eq!(step(store, &by(1), g, 2, Action::Unban).expect("taken").membership, None);
        let joined = standing(step(store, &by(2), g, 2, Action::Join));
        let fresh = Membership { asked_at: None, joined_at: Some(NOW), joined_by: None, ..member };
        assert_eq!(joined, fresh);
        assert_eq!(step(store, &by(2), g, 2, Action::Leave).expect("taken").membership, None);
        let added = standing(step(store, &By::system(0), g, 3, Action::Add(Scope::Admin)));
        let expected = Membership { person: 3, scope: Scope::Admin, joined_at: Some(1), ..fresh };
        assert_eq!(added, expected, "nobody joins at the time 0");
        step(store, &by(4), g, 4, Action::Ask).expect("asked");
        step(store, &by(4), g, 4, Action::Withdraw).expect("withdrawn");
        step(store, &by(4), g, 4, Action::Ask).expect("asked");
        step(store, &by(3), g, 4, Action::Reject).expect("rejected");
        step(store, &by(1), g, 3, Action::Kick).expect("kicked");
        let words: Vec<_> = log(store, 5)
            .into_iter()
            .map(|(action, group, person, actor, _)| {
                assert_eq!(group, g);
                format!("{actor} {action} {person}")
            })
            .collect();
        assert_eq!(
            words,
            [
                "2 ask 2",
                "1 approve 2",
                "1 set_scope 2",
                "1 ban 2",
                "1 unban 2",
                "2 join 2",
                "2 leave 2",
                "0 add 3",
                "4 ask 4",
                "4 withdraw 4",
                "4 ask 4",
                "3 reject 4",
                "1 kick 3",
            ]
        );
        sound(store);
    });
}

#[test]
fn a_step_is_judged_by_what_the_ones_before_have_left() {
    on_both(|store| {
        persons(store, 4);
        let g = group(store, GroupKind::Public, Some(1));
        add(store, g, &[(2, Scope::Admin), (3, Scope::Participant)]);
        let before = head(store);
        let steps = [
            Step::new(one(4), Action::Add(Scope::Participant)),
            Step::new(one(4), Action::Add(Scope::Admin)),
            Step::new(one(4), Action::Ban),
            Step::new(one(4), Action::Unban),
            Step::new(one(2), Action::TransferOwnership),
            // The actor is no owner any more, but still an admin.
            Step::new(one(1), Action::TransferOwnership),
            Step::new(one(3), Action::Kick),
            Step::new(one(1), Action::Leave),
            // And now not even that.
            Step::new(one(2), Action::Kick),
        ];
        let stepped = store.steps(&by(1), &key(g), &steps, Failing::Alone).expect("taken");
        let outcomes: Vec<_> = stepped.steps.iter().map(|s| s.as_ref().err().map(ToString::to_string)).collect();
        let failures = [
            None,
            Some("the person is already a member".to_owned()),
            None,
            None,
            None,
            Some("the person can only be done by the owner".to_owned()),
            None,
            None,
            Some("the person can only be done by a moderator".to_owned()),
        ];
        assert_eq!(outcomes, failures);
        assert_eq!(stepped.group.members, 1);
        assert_eq!(stepped.group.standing, None, "the viewer has left");
        assert_eq!(stepped.group.owner.map(|owner| owner.uid).as_deref(), Some("p2"));
        assert_eq!(stepped.group.group.updated_at, Some(NOW));
        assert_eq!(head(store), before + 6);
        sound(store);
    });
}

#[test]
fn ownership_is_passed_on_with_the_scope_of_an_admin() {
    on_both(|store| {
        persons(store, 2);
        let g = group(store, GroupKind::Public, Some(1));
        add(store, g, &[(2, Scope::Participant)]);
        let owner = standing(step(store, &by(1), g, 2, Action::TransferOwnership));
        assert_eq!((owner.scope, owner.scope_changed_at, owner.scope_changed_by), (Scope::Admin, Some(NOW), Some(1)));
        let back = By { now: NOW + 9, ..by(2) };
        let owner = standing(step(store, &back, g, 1, Action::TransferOwnership));
        assert_eq!((owner.scope, owner.scope_changed_at), (Scope::Admin, None), "the scope is the same");
        assert_eq!(log(store, head(store) - 1), [entry("transfer_ownership", g, 1, 2)]);
        assert_eq!(step(store, &by(1), g, 1, Action::Leave), Err(StepRefusal::Owner.into()));
        sound(store);
    });
}

#[test]
fn the_last_admin_stays() {
    on_both(|store| {
        persons(store, 4);
        let g = group(store, GroupKind::Public, None);
        add(store, g, &[(1, Scope::Admin), (2, Scope::Admin), (3, Scope::Participant)]);
        let steps = [
            Step::new(one(2), Action::SetScope(Scope::Participant)),
            Step::new(one(1), Action::Leave),
            Step::new(one(2), Action::SetScope(Scope::Admin)),
            Step::new(one(1), Action::Leave),
        ];
        let stepped = store.steps(&by(1), &key(g), &steps, Failing::Alone).expect("taken");
        let failed: Vec<_> = stepped.steps.iter().map(Result::is_err).collect();
        assert_eq!(failed, [false, true, false, false]);
        assert_eq!(step(store, &by(2), g, 2, Action::Leave), Err(StepRefusal::LastAdmin.into()));
        // Who is banned or waits is no admin.
        step(store, &SYSTEM, g, 4, Action::Add(Scope::Admin)).expect("added");
        step(store, &by(2), g, 4, Action::Ban).expect("banned");
        assert_eq!(step(store, &by(2), g, 2, Action::Leave), Err(StepRefusal::LastAdmin.into()));
        step(store, &SYSTEM, g, 2, Action::Kick).expect("the system may");
        sound(store);
    });
}

#[test]
fn together_means_all_or_nothing() {
    on_both(|store| {
        persons(store, 3);
        let g = group(store, GroupKind::Public, Some(1));
        let steps = [
            Step::new(one(2), Action::Add(Scope::Participant)),
            Step::new(one(1), Action::Add(Scope::Participant)),
            Step::new(one(3), Action::Add(Scope::Participant)),
        ];
        let error = refused(store, || store.steps(&SYSTEM, &key(g), &steps, Failing::Together(&[])));
        assert_eq!(error, "entry 2: the person is already a member");
        const DONE: Failing = Failing::Together(&[StepRefusal::AlreadyMember]);
        let stepped = store.steps(&SYSTEM, &key(g), &steps, DONE).expect("taken");
        let taken: Vec<_> = stepped.steps.into_iter().map(|step| step.expect("taken")).collect();
        assert_eq!(taken.iter().map(|t| t.changed).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(taken[1].membership.as_ref().map(|m| m.scope), Some(Scope::Admin), "it stays as it is");
        assert_eq!(stepped.group.members, 3);
        assert_eq!(log(store, head(store) - 2), [entry("add", g, 2, 0), entry("add", g, 3, 0)]);
        // Nobody is passed over whom nobody knows.
        let steps = [Step::new(one(3), Action::Kick), Step::new(one(9), Action::Add(Scope::Participant))];
        assert_eq!(refused(store, || store.steps(&SYSTEM, &key(g), &steps, DONE)), "entry 2: there is no such person");
        let query = MemberQuery::new(key(g), Window::page(1, 9));
        assert_eq!(store.count(&query).expect("counted"), 3);
        sound(store);
    });
}

#[test]
fn persons_are_named_by_keys_and_names() {
    on_both(|store| {
        let made = |uid: &str, name: &str| {
            let (uid, name) = (Some(uid.to_owned()), Some(name.to_owned()));
            store.create_person(&SYSTEM, &PersonRecord { uid, name, ..PersonRecord::default() }).expect("made")
        };
        let (åse, _, _) = (made("a", "Åse"), made("b", "Twin"), made("c", "TWIN"));
        let g = group(store, GroupKind::Public, None);
        for (named, told) in [
            (Named::Name("ÅSE".to_owned()), Ok(åse.number)),
            (PersonKey::Id(åse.id).into(), Err("the person is already a member")),
            (PersonKey::Uid("b".to_owned()).into(), Ok(2)),
            (PersonKey::Login("C".to_owned()).into(), Ok(3)),
            (Named::Name("twin".to_owned()), Err("several persons have this name")),
            (Named::Name("Åsa".to_owned()), Err("there is no such person")),
            (Named::Name("a\0b".to_owned()), Err("there is no such person")),
            (PersonKey::Uid("a\0b".to_owned()).into(), Err("there is no such person")),
            (PersonKey::Login("a\0b".to_owned()).into(), Err("there is no such person")),
        ] {
            let steps = [Step::new(named.clone(), Action::Add(Scope::Participant))];
            let stepped = store.steps(&SYSTEM, &key(g), &steps, Failing::Alone).expect("asked");
            let outcome = stepped.steps[0].as_ref().map(|taken| taken.person.number).map_err(ToString::to_string);
            assert_eq!(outcome, told.map_err(str::to_owned), "{named:?}");
        }
        let guid = GroupKey::Guid("a\0b".to_owned());
        let error = refused(store, || store.steps(&SYSTEM, &guid, &[], Failing::Alone));
        assert_eq!(error, "no such group");
    });
}

#[test]
fn a_password_opens_only_while_it_is_the_groups() {
    on_both(|store| {
        persons(store, 3);
        let g = group(store, GroupKind::Password, None);
        let join = |person: i64, password: Option<&str>| {
            let password = password.map(str::to_owned);
            let steps = [Step { password, ..Step::new(one(person), Action::Join) }];
            store.steps(&by(person), &key(g), &steps, Failing::Alone).expect("asked").steps.remove(0).map(|_| ())
        };
        assert_eq!(join(1, None), Err(StepRefusal::PasswordMissing.into()));
        for wrong in ["", "Sesame", "sesame ", &"x".repeat(10_000)] {
            assert_eq!(join(1, Some(wrong)), Err(StepRefusal::PasswordWrong.into()), "{wrong}");
        }
        assert_eq!(join(1, Some("sesame")), Ok(()));
        assert_eq!(join(1, Some("anything")), Err(StepRefusal::AlreadyMember.into()), "not even looked at");
        // A list may try several.
        let said = |password: &str| Step { password: Some(password.to_owned()), ..Step::new(one(2), Action::Join) };
        let stepped = store.steps(&by(2), &key(g), &[said("a"), said("b"), said("sesame")], Failing::Alone);
        let failed: Vec<_> = stepped.expect("asked").steps.iter().map(Result::is_err).collect();
        assert_eq!(failed, [true, true, false]);
        store
            .outside(|c| Ok(diesel::sql_query("UPDATE \"groups\" SET password_hash = 'x'").execute(c)?))
            .expect("done");
        assert_eq!(join(3, Some("x")), Err(StepRefusal::PasswordWrong.into()), "what is no hash opens nothing");
        sound(store);
    });
}

#[test]
fn only_an_import_restores() {
    on_both(|store| {
        persons(store, 1);
        let g = group(store, GroupKind::Public, None);
        let steps = [Step::new(one(1), Action::Restore(State::Member))];
        let error = refused(store, || store.steps(&SYSTEM, &key(g), &steps, Failing::Alone));
        assert_eq!(error, "action is only for imports");
        let new = NewGroup { steps: steps.to_vec(), ..NewGroup::default() };
        assert_eq!(refused(store, || store.create_group(&SYSTEM, &new)), "action is only for imports");
    });
}
