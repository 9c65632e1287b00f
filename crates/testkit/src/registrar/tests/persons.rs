use super::*;
use dialect::access::CredentialQuery;
use dialect::access::{CredentialKind, Rights, Vault};
use membership::Presence;
use membership::life_cycle::Action;
use membership::{Failing, NewGroup, NewJob};
use uuid::Uuid;

fn named(login: &str) -> PersonRecord {
    PersonRecord { login: Some(login.to_owned()), ..PersonRecord::default() }
}

fn city(city: &str) -> PersonRecord {
    PersonRecord { city: Some(city.to_owned()), ..PersonRecord::default() }
}

fn one(directory: &MemoryDirectory, number: i64) -> membership::Person {
    directory.person(&person(number)).expect("in memory").expect("there")
}

#[test]
fn a_person_gets_what_is_not_said() {
    let directory = five();
    let mut record = named("Max.Müller");
    (record.created_at, record.updated_at, record.last_active_at) = (Some(7), Some(8), Some(9));
    let made = directory.create_person(&By::system(NOW), &record).expect("makes");
    assert_eq!((made.number, made.uid.as_str(), made.name.as_str()), (7, "max-m-ller", "Max.Müller"));
    assert_eq!((made.created_at, made.updated_at, made.last_active_at), (7, None, Some(9)));
    assert_eq!((made.role.as_str(), made.presence, made.freelancer), ("default", Presence::Offline, true));
    let made = directory.create_person(&By::person(1, NOW), &PersonRecord { login: None, ..record }).expect("makes");
    assert_eq!((made.uid.as_str(), made.login.as_str(), made.created_at), ("person-8", "person-8", NOW));
    assert_eq!(logged(&directory), [line("person_create", 0, 7, 0, 0), line("person_create", 0, 8, 1, 0)]);
    assert_eq!(directory.person(&PersonKey::Login("MAX.MÜLLER".into())).expect("in memory").map(|p| p.number), Some(7));
}

#[test]
fn identifiers_are_one_persons() {
    let directory = five();
    let before = (directory.persons(), directory.log());
    let mut record = PersonRecord { number: Some(3), id: Some(one(&directory, 2).id), ..named("C") };
    (record.uid, record.city) = (Some("A".into()), Some("x".repeat(201)));
    let refused = |record: &PersonRecord| refusal(directory.create_person(&By::system(NOW), record));
    assert_eq!(refused(&record), "field city");
    record.city = None;
    assert_eq!(refused(&record), "in use uid");
    record.uid = Some("new".into());
    assert_eq!(refused(&record), "in use login");
    record.login = Some("new".into());
    assert_eq!(refused(&record), "in use number");
    record.number = Some(40);
    assert_eq!(refused(&record), "in use id");
    assert_eq!((directory.persons(), directory.log()), before);
    record.id = Some(Uuid::nil());
    assert_eq!(refused(&record), "done");
    assert_eq!(directory.create_person(&By::system(NOW), &PersonRecord::default()).expect("makes").number, 41);
    let last = PersonRecord { number: Some(membership::limits::NUMBER), ..PersonRecord::default() };
    assert_eq!(refused(&last), "done");
    assert_eq!(refused(&PersonRecord::default()), "field number", "none is left");
    let said = PersonRecord { number: Some(50), ..PersonRecord::default() };
    assert_eq!(refused(&said), "done", "one that is said may be free");
}

#[test]
fn persons_edit_themselves() {
    let directory = five();
    let never: membership::Expected<'_, membership::Person> = Some(&|_| false);
    let run = |by: By, number, record: &PersonRecord, expected| {
        refusal(directory.edit_person(&by, &person(number), record, expected))
    };
    let mut record = city("\0");
    (record.uid, record.login) = (Some("b".into()), Some("b".into()));
    (record.number, record.id) = (Some(2), Some(Uuid::nil()));
    assert_eq!(run(By::person(1, NOW), 9, &record, never), "NoSuchPerson");
    assert_eq!(run(By::person(1, NOW), 4, &record, never), "OnlyOneself");
    assert_eq!(run(By::person(4, NOW), 4, &record, never), "Unexpected");
    assert_eq!(run(By::person(4, NOW), 4, &record, None), "field city");
    record.city = Some("Rome".into());
    assert_eq!(run(By::person(4, NOW), 4, &record, None), "immutable uid");
    record.uid = Some("D".into());
    assert_eq!(run(By::person(4, NOW), 4, &record, None), "immutable login");
    record.login = Some("D".into());
    assert_eq!(run(By::person(4, NOW), 4, &record, None), "immutable login", "it would be spelled otherwise");
    record.login = Some("d".into());
    assert_eq!(run(By::person(4, NOW), 4, &record, None), "immutable number");
    record.number = Some(4);
    assert_eq!(run(By::person(4, NOW), 4, &record, None), "immutable id");
    record.id = Some(one(&directory, 4).id);
    assert!(logged(&directory).is_empty());
    assert_eq!(run(By::person(4, NOW), 4, &record, None), "done");
    let edited = one(&directory, 4);
    assert_eq!((edited.city.as_str(), edited.login.as_str(), edited.updated_at), ("Rome", "d", Some(NOW)));
    assert_eq!(run(By::person(4, 6_000), 4, &record, None), "done");
    assert_eq!(one(&directory, 4).updated_at, Some(NOW), "nothing has changed");
    let mut record = city("Oslo");
    (record.created_at, record.updated_at) = (Some(3), Some(4));
    assert_eq!(run(By::person(4, 6_000), 4, &record, None), "done");
    assert_eq!((one(&directory, 4).created_at, one(&directory, 4).updated_at), (100, Some(6_000)));
    assert_eq!(run(By::system(7_000), 4, &record, Some(&|p| p.city == "Oslo")), "done");
    assert_eq!((one(&directory, 4).created_at, one(&directory, 4).updated_at), (3, Some(7_000)));
    let expected = [line("person_edit", 0, 4, 4, 0), line("person_edit", 0, 4, 4, 0), line("person_edit", 0, 4, 0, 0)];
    assert_eq!(logged(&directory), expected);
}

#[test]
fn presence_is_logged_when_it_or_the_minute_changes() {
    let directory = five();
    let set = |by: By, number, presence| directory.set_presence(&by, &person(number), presence);
    assert_eq!(refusal(set(By::person(1, NOW), 9, Presence::Available)), "NoSuchPerson");
    assert_eq!(refusal(set(By::person(1, NOW), 4, Presence::Available)), "OnlyOneself");
    let there = set(By::person(4, NOW), 4, Presence::Available).expect("oneself");
    assert_eq!((there.presence, there.last_active_at, there.updated_at), (Presence::Available, Some(NOW), None));
    // The last second of the same minute, and the first of the next.
    for (now, entries) in [(5_039, 1), (5_040, 2), (5_041, 2)] {
        let still = set(By::person(4, now), 4, Presence::Available).expect("oneself");
        assert_eq!((still.presence, still.last_active_at), (Presence::Available, Some(now)));
        assert_eq!(logged(&directory), vec![line("presence", 0, 4, 4, 0); entries]);
    }
    set(By::system(5_041), 4, Presence::Offline).expect("the system");
    assert_eq!(logged(&directory)[2..], [line("presence", 0, 4, 0, 0)]);
}

#[test]
fn a_deleted_persons_groups_pass_on() {
    let directory = five();
    let h = GroupKey::Number(2);
    let alone = directory.create_group(&By::person(1, NOW), &NewGroup::default()).expect("makes").group.group.number;
    let late = Step::new(person(3), Action::SetScope(Scope::Admin));
    directory.steps(&By::system(NOW), &G, &[late], Failing::Alone).expect("steps");
    directory.steps(&By::person(5, NOW), &h, &[Step::new(person(5), Action::Ask)], Failing::Alone).expect("steps");
    let job = NewJob { title: "t".into(), description: String::new(), groups: vec![G] };
    directory.post_job(&By::person(1, NOW), &job).expect("posts");
    let own = directory.grant("rm", CredentialKind::Token, "own", Rights::USER, Some(1));
    let other = directory.grant("rm", CredentialKind::Token, "other", Rights::USER, Some(2));
    let before = logged(&directory).len();

    let refused = |by: By, number, expected| refusal(directory.delete_person(&by, &person(number), expected));
    assert_eq!(refused(By::person(1, NOW), 9, None), "NoSuchPerson");
    assert_eq!(refused(By::person(1, NOW), 1, None), "OnlyAdmin", "not even oneself");
    assert_eq!(refused(By::system(NOW), 1, Some(&|_| false)), "Unexpected");
    let gone = directory.delete_person(&By::system(NOW), &person(1), Some(&|p| p.uid == "a")).expect("deletes");
    assert_eq!(gone.number, 1);

    let group = |number| directory.group(&GroupKey::Number(number)).expect("in memory").expect("there");
    assert_eq!((group(1).owner, group(1).updated_at), (Some(2), Some(NOW)), "2 has been there for longer than 3");
    assert_eq!((group(alone).owner, group(alone).updated_at), (None, Some(NOW)));
    assert!(directory.memberships().iter().all(|m| m.person != 1));
    assert_eq!(directory.job(1).expect("in memory").expect("there").poster, Some(1));
    let revoked: Vec<_> = directory
        .list(&CredentialQuery::all(0))
        .expect("in memory")
        .rows
        .iter()
        .map(|c| (c.id, c.revoked_at))
        .collect();
    assert_eq!(revoked, [(own, Some(NOW)), (other, None)]);
    let expected = [
        line("transfer_ownership", 1, 2, 0, 0),
        line("group_edit", alone, 0, 0, 0),
        line("person_delete", 1, 1, 0, 0),
        line("person_delete", alone, 1, 0, 0),
        line("credential_revoke", 0, 1, 0, 0),
        line("person_delete", 0, 1, 0, 0),
    ];
    assert_eq!(logged(&directory)[before..], expected);
    let entries = directory.log();
    let credential = entries.iter().find(|e| e.action == "credential_revoke").and_then(|e| e.subject);
    assert_eq!(credential, Some(own));
    assert_eq!(directory.person(&PersonKey::Login("a".into())).expect("in memory"), None);
    let again = directory.create_person(&By::system(NOW), &named("a")).expect("the login is free again");
    assert_eq!((again.number, again.uid.as_str()), (7, "a"));
}

#[test]
fn who_leaves_members_without_an_admin_stays() {
    let directory = five();
    let step = Step::new(person(2), Action::SetScope(Scope::Moderator));
    directory.steps(&By::system(NOW), &G, &[step], Failing::Alone).expect("steps");
    let before = (directory.persons(), directory.groups(), directory.memberships(), directory.log());
    assert_eq!(refusal(directory.delete_person(&By::system(NOW), &person(1), None)), "still owner of g");
    assert_eq!((directory.persons(), directory.groups(), directory.memberships(), directory.log()), before);
    // Those who asked and those who are banned are no members.
    let kick = [2, 3, 4].map(|number| Step::new(person(number), Action::Kick));
    directory.steps(&By::system(NOW), &G, &kick, Failing::Together(&[])).expect("steps");
    assert_eq!(refusal(directory.delete_person(&By::system(NOW), &person(1), None)), "done");
    assert_eq!(directory.groups()[0].owner, None);
    assert_eq!(directory.memberships().len(), 2);
}
