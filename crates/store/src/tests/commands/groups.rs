//! Groups made, changed and deleted.

use super::*;
use crate::tests::soundness;
use membership::record::Metadata;
use membership::{Directory, GroupEdit, State};
use uuid::Uuid;

fn named(guid: &str) -> GroupRecord {
    GroupRecord { guid: Some(guid.to_owned()), ..GroupRecord::default() }
}

fn create(store: &Store, by: &By, record: GroupRecord) -> Result<Stepped, CommandError> {
    store.create_group(by, &NewGroup { record, ..NewGroup::default() })
}

fn edit(store: &Store, by: &By, group: i64, record: GroupRecord) -> Result<membership::GroupEntry, CommandError> {
    store.edit_group(by, &key(group), &GroupEdit { record, password: None }, None)
}

#[test]
fn a_group_gets_what_is_said_and_the_rest_is_made() {
    on_both(|store| {
        persons(store, 2);
        let record = GroupRecord {
            name: Some("The Group!".into()),
            metadata: Some(Metadata::parse(r#"{"b":1,"a":2}"#).expect("JSON")),
            tags: Some(vec!["x".into()]),
            created_at: Some(7),
            updated_at: Some(8),
            ..GroupRecord::default()
        };
        let made = create(store, &by(2), record.clone()).expect("made").group;
        assert_eq!((made.group.number, made.group.guid.as_str()), (1, "the-group"));
        assert_eq!((made.group.created_at, made.group.updated_at), (NOW, None), "the times are not for everybody");
        assert_eq!(made.group.metadata, r#"{"a":2,"b":1}"#);
        assert_eq!((made.members, made.owner.map(|o| o.number), made.group.owner), (1, Some(2), Some(2)));
        let standing = made.standing.expect("the maker is a member");
        assert_eq!((standing.scope, standing.joined_at), (Scope::Admin, Some(NOW)));
        let second = create(store, &SYSTEM, record).expect("made").group;
        assert_eq!((second.group.number, second.group.guid.as_str()), (2, "the-group-2"));
        assert_eq!((second.group.created_at, second.group.updated_at), (7, None));
        assert_eq!((second.members, second.owner, second.standing), (0, None, None));
        assert_eq!(log(store, 2), [entry("group_create", 1, 2, 2), entry("group_create", 2, 0, 0)]);
        let said = GroupRecord { number: Some(77), id: Some(Uuid::from_u128(7)), ..named("GUID") };
        let third = create(store, &SYSTEM, said).expect("made").group.group;
        assert_eq!((third.number, third.id, third.guid.as_str()), (77, Uuid::from_u128(7), "guid"));
        assert_eq!(create(store, &SYSTEM, GroupRecord::default()).expect("made").group.group.guid, "group-78");
        // One who is gone makes a group of nobody.
        assert_eq!(create(store, &by(99), GroupRecord::default()).expect("made").group.group.owner, None);
        sound(store);
    });
}

#[test]
fn many_groups_of_one_name_get_many_guids() {
    on_both(|store| {
        let make = || {
            let record = GroupRecord { name: Some("x".repeat(120)), ..GroupRecord::default() };
            create(store, &SYSTEM, record).expect("made").group.group.guid
        };
        let guids: Vec<String> = (0..30).map(|_| make()).collect();
        assert_eq!(guids[0], "x".repeat(100));
        assert_eq!(guids[8], "x".repeat(98) + "-9");
        assert_eq!(guids[29], "x".repeat(97) + "-30");
        let nine = GroupKey::Guid(guids[8].clone());
        store.delete_group(&SYSTEM, &nine, None).expect("deleted");
        assert_eq!(make(), guids[8], "the first that is free");
    });
}

#[test]
fn what_a_new_group_cannot_have_is_told() {
    on_both(|store| {
        persons(store, 2);
        let record = GroupRecord { number: Some(5), id: Some(Uuid::from_u128(5)), ..named("five") };
        create(store, &SYSTEM, record).expect("made");
        let owner = |owner: PersonRef| GroupRecord { owner: Some(owner), ..GroupRecord::default() };
        let both = PersonRef { uid: Some("p1".into()), login: Some("p2".into()), ..PersonRef::default() };
        for (record, told) in [
            (GroupRecord { number: Some(5), ..named("other") }, "number is already in use"),
            (GroupRecord { id: Some(Uuid::from_u128(5)), ..named("other") }, "id is already in use"),
            (named("FIVE"), "guid is already in use"),
            (named("a b"), "guid must be 1 to 100 letters a to z, digits, hyphens and underscores"),
            (GroupRecord { number: Some(0), ..named("other") }, "number must be from 1 to 9007199254740991"),
            (GroupRecord { name: Some("a\0".into()), ..named("other") }, "name must not hold the character U+0000"),
            (owner(whose(9)), "owner names nobody"),
            (owner(both), "owner names nobody"),
            (owner(PersonRef::default()), "owner names nobody"),
            (owner(PersonRef { uid: Some("a b".into()), ..PersonRef::default() }), "owner names nobody"),
        ] {
            assert_eq!(refused(store, || create(store, &SYSTEM, record.clone())), told, "{record:?}");
        }
        assert_eq!(number(store, "SELECT COUNT(*) AS number FROM \"groups\""), 1);
    });
}

#[test]
fn a_password_is_asked_for_and_checked() {
    on_both(|store| {
        persons(store, 1);
        let make = |password: Option<String>| {
            let record = GroupRecord { r#type: Some(GroupKind::Password), ..GroupRecord::default() };
            store.create_group(&SYSTEM, &NewGroup { record, password, steps: Vec::new() })
        };
        assert_eq!(refused(store, || make(None)), "password must be given for a group of this kind");
        assert_eq!(refused(store, || make(Some(String::new()))), "password must be given for a group of this kind");
        assert_eq!(refused(store, || make(Some("ß".repeat(257)))), "password must have at most 256 characters");
        let g = make(Some("ß".repeat(256))).expect("made").group.group.number;
        let opens = |password: &str| {
            let steps = [Step { password: Some(password.to_owned()), ..Step::new(one(1), Action::Join) }];
            let taken = store.steps(&by(1), &key(g), &steps, Failing::Alone).expect("asked").steps.remove(0);
            taken.is_ok_and(|_| step(store, &by(1), g, 1, Action::Leave).is_ok())
        };
        assert!(opens(&"ß".repeat(256)) && !opens("ß"));
        let edit = |kind: Option<GroupKind>, password: Option<&str>| {
            let record = GroupRecord { r#type: kind, ..GroupRecord::default() };
            store.edit_group(&SYSTEM, &key(g), &GroupEdit { record, password: password.map(str::to_owned) }, None)
        };
        edit(None, Some("new")).expect("changed");
        assert!(opens("new") && !opens(&"ß".repeat(256)));
        assert_eq!(refused(store, || edit(None, Some(""))), "password must be given for a group of this kind");
        edit(Some(GroupKind::Private), Some("gone")).expect("changed");
        assert_eq!(number(store, "SELECT COUNT(*) AS number FROM \"groups\" WHERE password_hash <> ''"), 0);
        let before = head(store);
        edit(Some(GroupKind::Private), Some("without effect")).expect("the same");
        assert_eq!(head(store), before);
        let again = Some(GroupKind::Password);
        assert_eq!(refused(store, || edit(again, None)), "password must be given for a group of this kind");
        edit(again, Some("again")).expect("changed");
        assert!(opens("again"));
        edit(again, None).expect("it has one");
        assert_eq!(log(store, before).iter().filter(|(action, ..)| action == "group_edit").count(), 1);
        sound(store);
    });
}

#[test]
fn steps_of_a_new_group_are_the_systems() {
    on_both(|store| {
        persons(store, 3);
        let steps = vec![
            Step::new(one(2), Action::Add(Scope::Moderator)),
            Step::new(one(9), Action::Add(Scope::Moderator)),
            Step::new(one(1), Action::Add(Scope::Participant)),
            Step::new(one(3), Action::Ban),
            Step::new(one(1), Action::SetScope(Scope::Participant)),
        ];
        let new = NewGroup { record: named("g"), steps, ..NewGroup::default() };
        let made = store.create_group(&By { credential: Some(4), ..by(1) }, &new).expect("made");
        let told: Vec<_> = made.steps.iter().map(|s| s.as_ref().err().map(ToString::to_string)).collect();
        let refusals = [
            None,
            Some("there is no such person".to_owned()),
            Some("the person is already a member".to_owned()),
            None,
            Some("the person owns the group and must pass it on first".to_owned()),
        ];
        assert_eq!(told, refusals);
        assert_eq!(made.group.members, 2);
        let g = made.group.group.number;
        let logged = [("group_create", 1, 1), ("add", 2, 0), ("ban", 3, 0)];
        let logged = logged.map(|(action, person, actor)| (action.to_owned(), g, person, actor, 4));
        assert_eq!(log(store, 3), logged);
        sound(store);
    });
}

#[test]
fn who_may_change_a_group_is_judged_first() {
    on_both(|store| {
        persons(store, 5);
        let g = group(store, GroupKind::Public, Some(1));
        add(store, g, &[(2, Scope::Admin), (3, Scope::Moderator), (4, Scope::Participant)]);
        let bad = || GroupRecord { name: Some("\0".into()), guid: Some("other".into()), ..GroupRecord::default() };
        let never = |_: &membership::Group| false;
        let all = |by: &By, group: i64, expected: bool, record: GroupRecord| {
            let expected: membership::Expected<'_, membership::Group> = if expected { Some(&never) } else { None };
            store.edit_group(by, &key(group), &GroupEdit { record, password: None }, expected)
        };
        for (who, told) in [
            (by(3), "can only be done by an admin"),
            (by(4), "can only be done by an admin"),
            (by(5), "can only be done by an admin"),
            (by(99), "can only be done by an admin"),
            (by(2), "the row is not as it was expected to be"),
            (by(1), "the row is not as it was expected to be"),
            (SYSTEM, "the row is not as it was expected to be"),
        ] {
            assert_eq!(refused(store, || all(&who, g, true, bad())), told, "{who:?}");
        }
        assert_eq!(refused(store, || all(&by(5), 99, true, bad())), "no such group");
        assert_eq!(refused(store, || all(&SYSTEM, g, false, bad())), "name must not hold the character U+0000");
        let number = GroupRecord { number: Some(99), ..GroupRecord::default() };
        let id = GroupRecord { id: Some(Uuid::from_u128(9)), ..GroupRecord::default() };
        for (record, told) in [
            (number, "number cannot be changed"),
            (id, "id cannot be changed"),
            (named("other"), "guid cannot be changed"),
        ] {
            assert_eq!(refused(store, || all(&SYSTEM, g, false, record)), told);
        }
        // Only the system names another owner.
        let owner = |owner| GroupRecord { owner: Some(whose(owner)), ..GroupRecord::default() };
        assert_eq!(refused(store, || edit(store, &by(1), g, owner(2))), "can only be done by the owner");
        edit(store, &by(2), g, owner(1)).expect("it is the owner already");
        let edited = edit(store, &SYSTEM, g, owner(5)).expect("changed");
        assert_eq!(edited.owner.map(|owner| owner.number), Some(5));
        assert_eq!(refused(store, || edit(store, &SYSTEM, g, owner(6))), "owner names nobody");
        assert_eq!(refused(store, || store.delete_group(&by(1), &key(g), None)), "can only be done by the owner");
        store.delete_group(&by(5), &key(g), None).expect("deleted by its owner");
        sound(store);
    });
}

#[test]
fn a_new_owner_becomes_an_admin() {
    on_both(|store| {
        persons(store, 6);
        let g = group(store, GroupKind::Public, Some(1));
        add(store, g, &[(2, Scope::Participant), (6, Scope::Participant)]);
        step(store, &by(3), g, 3, Action::Ask).expect("asked");
        step(store, &SYSTEM, g, 5, Action::Ban).expect("banned");
        let owner = |owner| GroupRecord { owner: Some(whose(owner)), ..GroupRecord::default() };
        let told = "owner: the person is banned from the group";
        assert_eq!(refused(store, || edit(store, &SYSTEM, g, owner(5))), told);
        let named = GroupRecord { name: Some("Another".into()), ..owner(5) };
        assert_eq!(refused(store, || edit(store, &SYSTEM, g, named)), told, "all of it or nothing");
        // A member, one who has asked, one who is nothing: how many members there are then, and since when.
        for (person, members, joined_at, scope_changed_at) in
            [(2, 3, NOW, Some(NOW + 1)), (3, 4, NOW + 1, None), (4, 5, NOW + 1, None)]
        {
            let before = head(store);
            let entry_of = edit(store, &By::system(NOW + 1), g, owner(person)).expect("appointed");
            let owner = (entry_of.group.owner, entry_of.group.updated_at, entry_of.members);
            assert_eq!(owner, (Some(person), Some(NOW + 1), members));
            let stands =
                store.membership(&key(g), &one(person)).expect("asked").expect("there").membership.expect("a member");
            let of_joining = (stands.state, stands.scope, stands.joined_at, stands.scope_changed_at);
            assert_eq!(of_joining, (State::Member, Scope::Admin, Some(joined_at), scope_changed_at), "{person}");
            assert_eq!(log(store, before), [entry("transfer_ownership", g, person, 0)]);
            assert_eq!(refused(store, || Err::<(), _>(ban(store, g, person))), OWNER);
        }
        let before = head(store);
        let both = GroupRecord { name: Some("Another".into()), ..owner(6) };
        let entry_of = edit(store, &SYSTEM, g, both).expect("changed");
        assert_eq!((entry_of.group.name.as_str(), entry_of.group.owner), ("Another", Some(6)));
        assert_eq!(log(store, before), [entry("group_edit", g, 0, 0), entry("transfer_ownership", g, 6, 0)]);
        let before = head(store);
        edit(store, &SYSTEM, g, owner(6)).expect("owns it already");
        assert_eq!(head(store), before);
        sound(store);
    });
}

const OWNER: &str = "entry 1: the person owns the group and must pass it on first";

/// Why the system cannot ban this one.
fn ban(store: &Store, group: i64, person: i64) -> CommandError {
    let steps = [Step::new(one(person), Action::Ban)];
    store.steps(&SYSTEM, &key(group), &steps, Failing::Together(&[])).expect_err("refused")
}

#[test]
fn an_imported_owner_who_is_no_member_cannot_be_banned() {
    on_both(|store| {
        let lines = [
            r#"{"kind":"person","number":1}"#,
            r#"{"kind":"person","number":2}"#,
            r#"{"kind":"group","number":1,"owner":{"number":1}}"#,
            r#"{"kind":"group","number":2,"owner":{"number":2}}"#,
            r#"{"kind":"membership","group":{"number":2},"person":{"number":2},"state":"pending","scope":"admin"}"#,
        ];
        soundness::import(store, &lines.join("\n"), NOW);
        for (group, members) in [(1, 0), (2, 0)] {
            assert_eq!(refused(store, || Err::<(), _>(ban(store, group, group))), OWNER);
            assert_eq!(store.group_entry(&key(group), None).expect("there").members, members);
        }
        // One who has asked, as an admin, and owns the group, becomes a member.
        let taken = step(store, &SYSTEM, 2, 2, Action::Appoint).expect("appointed");
        assert!(taken.changed);
        assert_eq!(store.group_entry(&key(2), None).expect("there").members, 1);
        sound(store);
    });
}

#[test]
fn a_change_that_changes_nothing_leaves_no_trace() {
    on_both(|store| {
        let made = create(store, &SYSTEM, named("g")).expect("made").group.group;
        let before = head(store);
        let same = GroupRecord {
            number: Some(made.number),
            id: Some(made.id),
            name: Some("g".into()),
            updated_at: Some(99),
            ..named("G")
        };
        assert_eq!(edit(store, &SYSTEM, made.number, same).expect("the same").group, made);
        assert_eq!(head(store), before);
        let sponsor = GroupRecord { sponsor: Some("s".into()), updated_at: Some(99), ..GroupRecord::default() };
        let edited = edit(store, &By::system(0), made.number, sponsor).expect("changed").group;
        assert_eq!((edited.sponsor.as_str(), edited.updated_at), ("s", Some(1)));
        assert_eq!(log(store, before), [entry("group_edit", made.number, 0, 0)]);
        sound(store);
    });
}

#[test]
fn a_group_is_deleted_with_all_that_is_its() {
    on_both(|store| {
        persons(store, 3);
        let g = group(store, GroupKind::Public, Some(1));
        let kept = group(store, GroupKind::Public, Some(1));
        add(store, g, &[(2, Scope::Admin)]);
        step(store, &by(1), g, 3, Action::Ban).expect("banned");
        let never: membership::Expected<'_, membership::Group> = Some(&|_| false);
        for (who, expected, told) in
            [(by(2), never, "can only be done by the owner"), (by(1), never, "the row is not as it was expected to be")]
        {
            assert_eq!(refused(store, || store.delete_group(&who, &key(g), expected)), told);
        }
        let as_it_was = store.group(&key(g)).expect("asked").expect("there");
        assert_eq!(store.delete_group(&by(1), &key(g), None).expect("deleted"), as_it_was);
        assert_eq!(store.group(&key(g)).expect("asked"), None);
        assert_eq!(log(store, head(store) - 1), [entry("group_delete", g, 0, 1)]);
        assert_eq!(number(store, &format!("SELECT COUNT(*) AS number FROM group_totals WHERE group_number = {g}")), 0);
        assert_eq!(
            number(store, &format!("SELECT COUNT(*) AS number FROM memberships WHERE group_number <> {kept}")),
            0
        );
        assert_eq!(refused(store, || store.delete_group(&by(1), &key(g), None)), "no such group");
        sound(store);
    });
}
