//! Persons made, changed and deleted, and their presence.

use super::*;
use access::{Agreed, CredentialKind, NewCredential, Rights, Secret, Vault, VaultError};
use membership::{AccountStatus, Directory, NewJob, Presence};
use uuid::Uuid;

fn uid(uid: &str) -> PersonRecord {
    PersonRecord { uid: Some(uid.to_owned()), ..PersonRecord::default() }
}

fn login(login: &str) -> PersonRecord {
    PersonRecord { login: Some(login.to_owned()), ..PersonRecord::default() }
}

fn credential(person: Option<i64>, parent: Option<i64>, secret: &str) -> NewCredential {
    NewCredential {
        audience: "elance".to_owned(),
        kind: CredentialKind::Token,
        rights: Rights::USER,
        person,
        client_id: String::new(),
        parent,
        secret: Secret::presented(secret).hash(),
        created_at: 1,
        expires_at: None,
        agreed: Agreed::default(),
    }
}

#[test]
fn a_person_gets_what_is_said_and_the_rest_is_made() {
    on_both(|store| {
        let created = PersonRecord { created_at: Some(7), updated_at: Some(8), ..login("John.Smith@example.org") };
        let made = store.create_person(&SYSTEM, &created).expect("made");
        assert_eq!(
            (made.number, made.uid.as_str(), made.login.as_str()),
            (1, "john-smith-example-org", "John.Smith@example.org")
        );
        assert_eq!((made.name.as_str(), made.created_at, made.updated_at), ("John.Smith@example.org", 7, None));
        assert_eq!(
            (made.account_status, made.presence, made.freelancer),
            (AccountStatus::Active, Presence::Offline, true)
        );
        let others = [login("john.smith@example.com"), login("李雷"), uid("BOB"), uid("john-smith-example-org-2")];
        let uids: Vec<_> = others.iter().map(|r| store.create_person(&SYSTEM, r).expect("made").uid).collect();
        assert_eq!(uids, ["john-smith-example-com", "person-3", "bob", "john-smith-example-org-2"]);
        let third = store.create_person(&SYSTEM, &login("john smith-example.org")).expect("made");
        assert_eq!(third.uid, "john-smith-example-org-3");
        let said = PersonRecord { number: Some(50), id: Some(Uuid::from_u128(5)), ..uid("five") };
        let said = store.create_person(&By { now: 9, ..by(1) }, &said).expect("made");
        assert_eq!((said.number, said.id, said.login.as_str(), said.created_at), (50, Uuid::from_u128(5), "five", 9));
        let next = store.create_person(&SYSTEM, &PersonRecord::default()).expect("made");
        assert_eq!((next.number, next.uid.as_str(), next.login.as_str()), (51, "person-51", "person-51"));
        assert_eq!(log(store, head(store) - 2), [entry("person_create", 0, 50, 1), entry("person_create", 0, 51, 0)]);
        sound(store);
    });
}

#[test]
fn what_a_new_person_cannot_have_is_told() {
    on_both(|store| {
        let record =
            PersonRecord { number: Some(5), id: Some(Uuid::from_u128(5)), login: Some("Åse".into()), ..uid("a") };
        store.create_person(&SYSTEM, &record).expect("made");
        for (record, told) in [
            (PersonRecord { number: Some(5), ..uid("b") }, "number is already in use"),
            (PersonRecord { id: Some(Uuid::from_u128(5)), ..uid("b") }, "id is already in use"),
            (uid("A"), "uid is already in use"),
            (login("ÅSE"), "login is already in use"),
            (login(""), "login must not be empty"),
            (PersonRecord { name: Some(String::new()), ..uid("b") }, "name must not be empty"),
            (PersonRecord { feedback_6_months: Some(-1), ..uid("b") }, "feedback_6_months must not be negative"),
        ] {
            assert_eq!(refused(store, || store.create_person(&SYSTEM, &record)), told);
        }
        // The uid that the login would become is somebody's: another is made.
        assert_eq!(store.create_person(&SYSTEM, &login("a")).expect("made").uid, "a-2");
        sound(store);
    });
}

#[test]
fn nobody_is_called_as_the_application_is() {
    on_both(|store| {
        let told = "uid must not be app_system, which stands for the application itself";
        assert_eq!(refused(store, || store.create_person(&SYSTEM, &uid("App_System"))), told);
        let uids: Vec<_> = ["App_System", "app_system "]
            .map(|name| store.create_person(&SYSTEM, &login(name)).expect("made").uid)
            .into();
        assert_eq!(uids, ["app_system-2", "app_system-3"]);
        // No group is the application.
        let record = GroupRecord { guid: Some("app_system".into()), ..GroupRecord::default() };
        store.create_group(&SYSTEM, &NewGroup { record, ..NewGroup::default() }).expect("made");
        sound(store);
    });
}

#[test]
fn a_person_is_not_there_without_its_first_token_nor_that_without_the_person() {
    on_both(|store| {
        person(store, "first");
        store.create(&credential(Some(1), None, "taken")).expect("made");
        let before = head(store);
        // No two credentials have the same secret, so this one cannot be kept.
        let broken = store.create_person_with(&SYSTEM, &uid("second"), &credential(None, None, "taken"));
        assert!(matches!(broken, Err(CommandError::Directory(_))), "{broken:?}");
        assert_eq!(store.person(&PersonKey::Uid("second".into())).expect("asked"), None);
        let refused = store.create_person_with(&SYSTEM, &uid("first"), &credential(None, None, "free"));
        assert!(matches!(refused, Err(CommandError::InUse("uid"))), "{refused:?}");
        assert_eq!((store.list().expect("listed").len(), head(store)), (1, before));
        let (made, token) =
            store.create_person_with(&SYSTEM, &uid("second"), &credential(None, None, "free")).expect("made");
        assert_eq!((made.number, token.person), (2, Some(2)), "nothing was used up");
        let logged = [entry("person_create", 0, 2, 0), ("credential_create".to_owned(), 0, 2, 0, token.id)];
        assert_eq!(log(store, before), logged);
        sound(store);
    });
}

#[test]
fn nobody_inherits_the_number_of_who_was_deleted() {
    on_both(|store| {
        persons(store, 2);
        let group = group(store, GroupKind::Public, Some(2));
        add(store, group, &[(1, Scope::Participant)]);
        let new = NewJob { title: "Paint".into(), description: String::new(), groups: vec![key(group)] };
        let job = store.post_job(&by(1), &new).expect("posted").number;
        store.delete_person(&SYSTEM, &one(1), None).expect("deleted");
        let told = "number belonged to a person who was deleted, and is not given again";
        let again = PersonRecord { number: Some(1), ..uid("again") };
        assert_eq!(refused(store, || store.create_person(&SYSTEM, &again)), told);
        let late = PersonRecord { number: Some(9), ..uid("late") };
        store.create_person(&SYSTEM, &late).expect("made");
        // A number below the last one that nobody ever had is free, and who ended a membership by the way had none.
        store.create_person(&SYSTEM, &PersonRecord { number: Some(5), ..uid("gap") }).expect("made");
        assert_eq!(store.job(job).expect("asked").expect("there").poster, Some(1), "history outlives people");
        sound(store);
    });
}

#[test]
fn when_the_numbers_are_used_up_it_is_told() {
    on_both(|store| {
        let last = PersonRecord { number: Some(9_007_199_254_740_991), ..uid("last") };
        store.create_person(&SYSTEM, &last).expect("made");
        let told = "number is missing, and none is left: 9007199254740991 is taken";
        assert_eq!(refused(store, || store.create_person(&SYSTEM, &uid("b"))), told);
        assert_eq!(
            store.create_person(&SYSTEM, &PersonRecord { number: Some(7), ..uid("b") }).expect("made").number,
            7
        );
        sound(store);
    });
}

#[test]
fn a_person_is_changed_by_itself_and_the_system() {
    on_both(|store| {
        persons(store, 2);
        let before = head(store);
        let named = |name: &str| PersonRecord { name: Some(name.to_owned()), ..PersonRecord::default() };
        let edit = |by: &By, person: i64, record: PersonRecord| store.edit_person(by, &one(person), &record, None);
        assert_eq!(refused(store, || edit(&by(2), 1, named("x"))), "can only be done by the person itself");
        assert_eq!(refused(store, || edit(&by(2), 9, named("x"))), "no such person");
        assert_eq!(refused(store, || edit(&by(1), 1, named("\0"))), "name must not hold the character U+0000");
        let unexpected = || store.edit_person(&by(1), &one(1), &named("\0"), Some(&|_| false));
        assert_eq!(refused(store, unexpected), "the row is not as it was expected to be");
        for (record, told) in [
            (PersonRecord { number: Some(9), ..PersonRecord::default() }, "number cannot be changed"),
            (PersonRecord { id: Some(Uuid::nil()), ..PersonRecord::default() }, "id cannot be changed"),
            (uid("other"), "uid cannot be changed"),
            (login("P1"), "login cannot be changed"),
        ] {
            assert_eq!(refused(store, || edit(&SYSTEM, 1, record)), told);
        }
        let same = PersonRecord { login: Some("p1".into()), name: Some("p1".into()), updated_at: Some(9), ..uid("P1") };
        assert_eq!(edit(&by(1), 1, same).expect("the same").updated_at, None);
        assert_eq!(head(store), before);
        let changed = edit(&by(1), 1, PersonRecord { updated_at: Some(9), ..named("One") }).expect("changed");
        assert_eq!((changed.name.as_str(), changed.updated_at), ("One", Some(NOW)));
        edit(&SYSTEM, 2, PersonRecord { city: Some("Oslo".into()), ..PersonRecord::default() }).expect("changed");
        assert_eq!(log(store, before), [entry("person_edit", 0, 1, 1), entry("person_edit", 0, 2, 0)]);
        sound(store);
    });
}

#[test]
fn presence_is_logged_when_it_or_the_minute_changes() {
    on_both(|store| {
        persons(store, 2);
        let before = head(store);
        let set = |who: By, person: i64, presence| store.set_presence(&who, &one(person), presence);
        let seen = set(by(1), 1, Presence::Available).expect("set");
        assert_eq!((seen.presence, seen.last_active_at, seen.updated_at), (Presence::Available, Some(NOW), None));
        // The last second of the same minute, and the first of the next.
        let within = NOW - NOW % 60 + 59;
        for (now, logged) in [(within, 1), (within + 1, 2), (within + 2, 2)] {
            let again = set(By { now, ..by(1) }, 1, Presence::Available).expect("set");
            assert_eq!(again.last_active_at, Some(now));
            assert_eq!(log(store, before), vec![entry("presence", 0, 1, 1); logged]);
        }
        set(By { now: within + 2, ..SYSTEM }, 1, Presence::Offline).expect("set");
        assert_eq!(log(store, before + 2), [entry("presence", 0, 1, 0)]);
        let other = || set(by(2), 1, Presence::Available);
        assert_eq!(refused(store, other), "can only be done by the person itself");
        assert_eq!(refused(store, || set(SYSTEM, 9, Presence::Available)), "no such person");
        sound(store);
    });
}

#[test]
fn who_is_deleted_passes_the_groups_on() {
    on_both(|store| {
        persons(store, 5);
        let passed = group(store, GroupKind::Public, Some(1));
        add(store, passed, &[(3, Scope::Participant)]);
        // Five became an admin first, but has not been a member for as long as four; two is banned.
        step(store, &By::system(NOW + 1), passed, 5, Action::Add(Scope::Admin)).expect("added");
        step(store, &SYSTEM, passed, 4, Action::Add(Scope::Moderator)).expect("added");
        step(store, &SYSTEM, passed, 4, Action::SetScope(Scope::Admin)).expect("changed");
        step(store, &SYSTEM, passed, 2, Action::Add(Scope::Admin)).expect("added");
        step(store, &SYSTEM, passed, 2, Action::Ban).expect("banned");
        let alone = group(store, GroupKind::Public, Some(1));
        step(store, &by(2), alone, 2, Action::Ask).expect("asked");
        let other = group(store, GroupKind::Public, Some(4));
        step(store, &by(1), other, 1, Action::Ask).expect("asked");
        let before = head(store);
        assert_eq!(refused(store, || store.delete_person(&by(1), &one(1), None)), "can only be done by an admin");
        assert_eq!(refused(store, || store.delete_person(&SYSTEM, &one(9), None)), "no such person");
        let unexpected = || store.delete_person(&SYSTEM, &one(1), Some(&|_| false));
        assert_eq!(refused(store, unexpected), "the row is not as it was expected to be");
        let gone = store.delete_person(&SYSTEM, &PersonKey::Login("P1".into()), None).expect("deleted");
        assert_eq!(gone.uid, "p1");
        assert_eq!(store.person(&one(1)).expect("asked"), None);
        let owner = |group: i64| {
            let group = store.group(&key(group)).expect("asked").expect("there");
            (group.owner, group.updated_at)
        };
        assert_eq!(
            (owner(passed), owner(alone), owner(other)),
            ((Some(4), Some(NOW)), (None, Some(NOW)), (Some(4), None))
        );
        let logged = [
            entry("transfer_ownership", passed, 4, 0),
            entry("group_edit", alone, 0, 0),
            entry("person_delete", passed, 1, 0),
            entry("person_delete", alone, 1, 0),
            entry("person_delete", other, 1, 0),
            entry("person_delete", 0, 1, 0),
        ];
        assert_eq!(log(store, before), logged);
        // Who follows one group sees that the membership ended, asked for as it was.
        let followed = store.changes(before as u64, Some(other), 10).expect("asked");
        assert_eq!(
            followed.entries.iter().map(|e| (&*e.action, e.person)).collect::<Vec<_>>(),
            [("person_delete", Some(1))]
        );
        sound(store);
    });
}

#[test]
fn who_owns_a_group_that_nobody_can_take_over_stays() {
    on_both(|store| {
        persons(store, 3);
        let first = group(store, GroupKind::Public, Some(1));
        add(store, first, &[(2, Scope::Admin)]);
        let record = GroupRecord { guid: Some("stuck".into()), owner: Some(whose(1)), ..GroupRecord::default() };
        let stuck = store.create_group(&SYSTEM, &NewGroup { record, ..NewGroup::default() }).expect("made");
        let stuck = stuck.group.group.number;
        add(store, stuck, &[(2, Scope::Moderator)]);
        let told = "the person owns the group stuck, which has no other admin";
        assert_eq!(refused(store, || store.delete_person(&SYSTEM, &one(1), None)), told);
        assert_eq!(store.group(&key(first)).expect("asked").expect("there").owner, Some(1), "nothing was done");
        step(store, &SYSTEM, stuck, 2, Action::Kick).expect("kicked");
        store.delete_person(&SYSTEM, &one(1), None).expect("deleted");
        sound(store);
    });
}

#[test]
fn credentials_of_who_is_deleted_are_revoked() {
    on_both(|store| {
        persons(store, 2);
        let parent = store.create(&credential(Some(1), None, "parent")).expect("made").id;
        let child = store.create(&credential(None, Some(parent), "child")).expect("made").id;
        let old = store.create(&credential(Some(1), None, "old")).expect("made").id;
        let other = store.create(&credential(Some(2), None, "other")).expect("made").id;
        store.revoke(old, 3).expect("revoked");
        let before = head(store);
        store.delete_person(&By { credential: Some(other), ..SYSTEM }, &one(1), None).expect("deleted");
        let revoked: Vec<_> = store.list().expect("listed").iter().map(|c| (c.id, c.revoked_at)).collect();
        assert_eq!(revoked, [(parent, Some(NOW)), (child, Some(NOW)), (old, Some(3)), (other, None)]);
        let logged = [
            ("credential_revoke".to_owned(), 0, 1, 0, parent),
            ("credential_revoke".to_owned(), 0, 0, 0, child),
            ("person_delete".to_owned(), 0, 1, 0, other),
        ];
        assert_eq!(log(store, before), logged);
        let late = store.create(&credential(Some(1), None, "late"));
        assert!(matches!(late, Err(VaultError::Gone)), "{late:?}");
        assert_eq!(head(store), before + 3);
        sound(store);
    });
}
