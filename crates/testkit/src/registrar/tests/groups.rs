use super::*;
use membership::life_cycle::Action;
use membership::record::PersonRef;
use membership::{Failing, GroupEdit, GroupKind, NewGroup, NewJob};
use uuid::Uuid;

fn said(name: &str) -> GroupRecord {
    GroupRecord { name: Some(name.to_owned()), ..GroupRecord::default() }
}

fn of_number(number: i64) -> Option<PersonRef> {
    Some(PersonRef { number: Some(number), ..PersonRef::default() })
}

fn new(record: GroupRecord) -> NewGroup {
    NewGroup { record, ..NewGroup::default() }
}

fn edit(record: GroupRecord) -> GroupEdit {
    GroupEdit { record, password: None }
}

fn with_password(record: GroupRecord, password: &str) -> GroupEdit {
    GroupEdit { record, password: Some(password.to_owned()) }
}

fn of_kind(kind: GroupKind) -> GroupRecord {
    GroupRecord { r#type: Some(kind), ..GroupRecord::default() }
}

#[test]
fn who_makes_a_group_is_its_first_admin() {
    let directory = five();
    let by = By { credential: Some(7), ..By::person(4, NOW) };
    let steps = vec![
        Step::new(person(5), Action::Add(Scope::Moderator)),
        Step::new(person(4), Action::Add(Scope::Participant)),
        Step::new(person(9), Action::Ban),
        Step::new(person(6), Action::Ban),
    ];
    let made = directory.create_group(&by, &NewGroup { record: said("Chess & Go"), password: None, steps });
    let made = made.expect("nothing stands in the way");
    let group = &made.group.group;
    assert_eq!((group.number, group.guid.as_str(), group.name.as_str()), (3, "chess---go", "Chess & Go"));
    assert_eq!((group.owner, group.created_at, group.updated_at), (Some(4), NOW, None));
    assert_eq!((group.kind, group.id.get_version_num()), (GroupKind::Public, 4));
    assert_eq!((made.group.members, made.group.owner.map(|o| o.number)), (2, Some(4)));
    assert_eq!(
        made.group.standing.map(|s| (s.state, s.scope, s.joined_at)),
        Some((State::Member, Scope::Admin, Some(NOW)))
    );
    let failures: Vec<_> = made.steps.iter().map(|s| s.as_ref().err().cloned()).collect();
    let refused = StepFailure::Refused(membership::life_cycle::StepRefusal::AlreadyMember);
    assert_eq!(failures, [None, Some(refused), Some(StepFailure::NoSuchPerson), None]);
    assert_eq!(standing(&directory, 3, 4).map(|m| (m.joined_by, m.scope_changed_at)), Some((None, None)));
    assert_eq!(standing(&directory, 3, 5).map(|m| (m.scope, m.joined_by)), Some((Scope::Moderator, None)));
    let expected = [line("group_create", 3, 4, 4, 0), line("add", 3, 5, 0, 0), line("ban", 3, 6, 0, 0)];
    assert_eq!(logged(&directory), expected);
    let entries = directory.log();
    let credentials: Vec<_> = entries.iter().rev().take(3).map(|e| e.credential).collect();
    assert_eq!(credentials, [Some(7); 3]);
}

#[test]
fn a_group_may_have_another_owner_or_none() {
    let directory = five();
    let mut record = said("x");
    (record.owner, record.created_at, record.updated_at) = (of_number(2), Some(7), Some(8));
    let owned = directory.create_group(&By::person(4, NOW), &new(record.clone())).expect("makes").group;
    assert_eq!((owned.group.owner, owned.members, owned.standing), (Some(2), 1, None));
    assert_eq!((owned.group.created_at, owned.group.updated_at), (NOW, None), "a person does not say when");
    let owned = directory.create_group(&By::system(NOW), &new(record)).expect("makes").group;
    assert_eq!((owned.group.guid.as_str(), owned.group.created_at, owned.group.updated_at), ("x-2", 7, None));
    let none = directory.create_group(&By::system(NOW), &NewGroup::default()).expect("makes").group;
    assert_eq!((none.group.owner, none.members, none.owner), (None, 0, None));
    assert_eq!((none.group.guid.as_str(), none.group.name.as_str()), ("group-5", "group-5"));
    assert_eq!(logged(&directory).last(), Some(&line("group_create", 5, 0, 0, 0)));
    let gone = directory.create_group(&By::person(999, NOW), &NewGroup::default()).expect("makes").group;
    assert_eq!((gone.group.owner, gone.members, gone.standing), (None, 0, None), "who is gone owns nothing");
    assert_eq!(logged(&directory).last(), Some(&line("group_create", 6, 0, 999, 0)));
}

#[test]
fn what_no_group_may_be_is_told_in_order() {
    let directory = five();
    let before = (directory.groups(), directory.log());
    let refused = |by: By, new: &NewGroup| refusal(directory.create_group(&by, new));
    let system = By::system(NOW);
    let mut all = NewGroup { password: None, ..new(of_kind(GroupKind::Password)) };
    all.record.name = Some("\0".into());
    all.record.owner = Some(PersonRef::default());
    all.steps = vec![Step::new(person(4), Action::Restore(State::Member))];
    (all.record.guid, all.record.number) = (Some("G".into()), Some(1));
    all.record.id = Some(directory.groups()[0].id);
    assert_eq!(refused(system, &all), "field name");
    all.record.name = None;
    assert_eq!(refused(system, &all), "field owner");
    // Two who are not the same.
    all.record.owner = Some(PersonRef { number: Some(1), uid: Some("b".into()), ..PersonRef::default() });
    assert_eq!(refused(system, &all), "field owner");
    all.record.owner = of_number(9);
    assert_eq!(refused(system, &all), "field owner");
    all.record.owner = Some(PersonRef { number: Some(2), uid: Some("B".into()), ..PersonRef::default() });
    for password in [None, Some(String::new()), Some("x".repeat(257)), Some("\0".to_owned())] {
        all.password = password;
        assert_eq!(refused(system, &all), "field password");
    }
    all.password = Some("é".repeat(256));
    assert_eq!(refused(system, &all), "field action");
    all.steps.clear();
    assert_eq!(refused(system, &all), "in use guid");
    all.record.guid = Some("new".into());
    assert_eq!(refused(system, &all), "in use number");
    all.record.number = Some(50);
    assert_eq!(refused(system, &all), "in use id");
    assert_eq!((directory.groups(), directory.log()), before);
    all.record.id = Some(Uuid::nil());
    assert_eq!(refused(system, &all), "done");
    assert!(directory.has_password(50, &"é".repeat(256)));
    let next = directory.create_group(&system, &NewGroup::default()).expect("makes");
    assert_eq!(next.group.group.number, 51, "numbers go on behind the greatest");
    let last = new(GroupRecord { number: Some(membership::limits::NUMBER), ..GroupRecord::default() });
    assert_eq!((refused(system, &last), refused(system, &NewGroup::default())), ("done".into(), "field number".into()));
}

#[test]
fn owners_and_admins_edit() {
    let directory = five();
    let record = GroupRecord { description: Some("new".into()), ..GroupRecord::default() };
    for (who, told) in [(Some(3), "OnlyAdmin"), (Some(4), "OnlyAdmin"), (Some(999), "OnlyAdmin")] {
        let by = By { person: who, ..By::system(NOW) };
        assert_eq!(refusal(directory.edit_group(&by, &G, &edit(record.clone()), None)), told);
    }
    let entry = directory.edit_group(&By::person(2, NOW), &G, &edit(record.clone()), None).expect("an admin may");
    assert_eq!((entry.group.description.as_str(), entry.group.updated_at), ("new", Some(NOW)));
    assert_eq!((entry.members, entry.standing.map(|s| s.scope)), (4, Some(Scope::Admin)));
    let again = directory.edit_group(&By::person(1, 6_000), &G, &edit(record), None).expect("the owner may");
    assert_eq!(again.group.updated_at, Some(NOW), "nothing has changed");
    assert_eq!(logged(&directory), [line("group_edit", 1, 0, 2, 0)]);
}

#[test]
fn edits_are_judged_in_order() {
    let directory = five();
    let never: membership::Expected<'_, membership::Group> = Some(&|_| false);
    let mut record = said("\0");
    let mut other = GroupRecord { guid: Some("H".into()), number: Some(2), id: Some(Uuid::nil()), ..said("N") };
    (record.guid, record.owner) = (Some("H".into()), of_number(9));
    let refused = |by: By, record: &GroupRecord| refusal(directory.edit_group(&by, &G, &edit(record.clone()), None));
    let unknown = GroupKey::Number(9);
    assert_eq!(
        refusal(directory.edit_group(&By::person(4, NOW), &unknown, &edit(record.clone()), never)),
        "NoSuchGroup"
    );
    assert_eq!(refusal(directory.edit_group(&By::person(4, NOW), &G, &edit(record.clone()), never)), "OnlyAdmin");
    assert_eq!(refusal(directory.edit_group(&By::person(1, NOW), &G, &edit(record.clone()), never)), "Unexpected");
    assert_eq!(refused(By::person(1, NOW), &record), "field name");
    record.name = Some("N".into());
    assert_eq!(refused(By::person(1, NOW), &record), "field owner");
    record.owner = of_number(2);
    assert_eq!(refused(By::person(1, NOW), &record), "OnlyOwner");
    record.r#type = Some(GroupKind::Password);
    assert_eq!(refused(By::system(NOW), &record), "field password");
    record.r#type = None;
    assert_eq!(refused(By::system(NOW), &record), "immutable guid");
    for (field, own) in [("guid", "G"), ("number", ""), ("id", "")] {
        assert_eq!(refused(By::system(NOW), &other), format!("immutable {field}"));
        match field {
            "guid" => other.guid = Some(own.into()),
            "number" => other.number = Some(1),
            _ => other.id = Some(directory.groups()[0].id),
        }
    }
    let holds: membership::Expected<'_, membership::Group> = Some(&|group| group.name == "G");
    assert_eq!(refusal(directory.edit_group(&By::person(1, NOW), &G, &edit(other), holds)), "done");
    assert_eq!(directory.groups()[0].name, "N");
}

#[test]
fn the_system_alone_names_an_owner_or_a_time() {
    let directory = five();
    let record =
        GroupRecord { owner: of_number(6), created_at: Some(3), updated_at: Some(4), ..GroupRecord::default() };
    let banned = directory.edit_group(&By::system(NOW), &G, &edit(record.clone()), None);
    assert_eq!(refusal(banned), "owner Banned");
    let lift = [Step::new(PersonKey::Number(6), Action::Unban)];
    directory.steps(&By::system(NOW), &G, &lift, Failing::Alone).expect("asked");
    let entry = directory.edit_group(&By::system(NOW), &G, &edit(record), None).expect("the system may");
    assert_eq!((entry.group.owner, entry.group.created_at, entry.group.updated_at), (Some(6), 3, Some(NOW)));
    assert_eq!(state(&directory, 1, 6), Some((State::Member, Scope::Admin)), "an owner becomes a member");
    // Who is the owner already may be said by anybody who may edit.
    let record = GroupRecord { owner: of_number(6), created_at: Some(9), ..GroupRecord::default() };
    let entry = directory.edit_group(&By::person(6, 6_000), &G, &edit(record), None).expect("the owner may");
    assert_eq!((entry.group.created_at, entry.group.updated_at), (3, Some(NOW)));
}

#[test]
fn passwords_come_and_go_with_the_kind() {
    let directory = five();
    let run = |edit: &GroupEdit| directory.edit_group(&By::system(NOW), &G, edit, None);
    let entries = || logged(&directory).len();
    run(&with_password(GroupRecord::default(), "unused")).expect("without effect");
    assert_eq!((entries(), directory.has_password(1, "unused")), (0, false));
    assert_eq!(refusal(run(&edit(of_kind(GroupKind::Password)))), "field password");
    assert_eq!(refusal(run(&with_password(of_kind(GroupKind::Password), ""))), "field password");
    run(&with_password(of_kind(GroupKind::Password), "one")).expect("a password");
    assert!(directory.has_password(1, "one"));
    assert_eq!(refusal(run(&edit(of_kind(GroupKind::Password)))), "done", "it has one");
    assert_eq!(entries(), 1);
    let again = directory.edit_group(&By::system(6_000), &G, &with_password(GroupRecord::default(), "two"), None);
    assert_eq!(again.expect("a new one").group.updated_at, Some(6_000));
    assert_eq!((entries(), directory.has_password(1, "one"), directory.has_password(1, "two")), (2, false, true));
    assert_eq!(refusal(run(&with_password(said("n"), &"x".repeat(257)))), "field password");
    run(&with_password(of_kind(GroupKind::Private), "three")).expect("without effect");
    assert!(!directory.has_password(1, "two") && !directory.has_password(1, "three"));
    assert_eq!(refusal(run(&edit(of_kind(GroupKind::Password)))), "field password", "it is forgotten");

    // One that was imported without a password can be edited all the same.
    let mut imported = five();
    imported.load_ndjson(r#"{"kind":"group","number":2,"type":"password"}"#, 100).expect("a good line");
    let h = GroupKey::Number(2);
    assert_eq!(refusal(imported.edit_group(&By::system(NOW), &h, &edit(said("n")), None)), "done");
}

#[test]
fn a_deleted_group_leaves_nothing_but_its_history() {
    let directory = five();
    let job = NewJob { title: "t".into(), description: String::new(), groups: vec![G, GroupKey::Number(2)] };
    directory.post_job(&By::person(4, NOW), &job).expect("posts");
    let refused = |by: By, expected| refusal(directory.delete_group(&by, &G, expected));
    assert_eq!(refused(By::person(2, NOW), Some(&|_| false)), "OnlyOwner");
    assert_eq!(refused(By::person(1, NOW), Some(&|_| false)), "Unexpected");
    let group = directory.delete_group(&By::person(1, NOW), &G, Some(&|g| g.guid == "g")).expect("the owner may");
    assert_eq!(group.number, 1);
    assert_eq!(refused(By::system(NOW), None), "NoSuchGroup");
    assert!(directory.memberships().is_empty());
    assert_eq!(directory.jobs()[0].groups, [2]);
    assert_eq!(logged(&directory).last(), Some(&line("group_delete", 1, 0, 1, 0)));
    let next = directory.create_group(&By::system(NOW), &new(said("g"))).expect("makes").group.group;
    assert_eq!((next.number, next.guid.as_str()), (3, "g"), "a guid is free again, a number never");
}
