//! What happens while a group is being loaded.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test fails")]

use membership::record::Record;
use membership::{
    By, CatchUp, Changes, Directory, DirectoryError, Group, GroupEntry, GroupKey, GroupQuery, Job, JobQuery, Loaded,
    MemberPage, MemberQuery, MemberRow, Membership, MembershipEntry, Page, Person, PersonKey, PersonQuery, Registrar,
    Source, State, Window,
};
use roster::{Roster, Settings};
use std::sync::{Arc, Mutex};
use testkit::MemoryDirectory;

/// What is done behind the reading of a group, before it is handed on.
type Act = Box<dyn FnOnce(&MemoryDirectory) + Send>;

/// An oracle to which something happens while a group is read.
struct Disturbed {
    oracle: MemoryDirectory,
    acts: Mutex<Vec<Act>>,
}

impl Source for Disturbed {
    fn load(&self, group: i64, each: &mut dyn FnMut(&MemberRow<'_>)) -> Result<Option<Loaded>, DirectoryError> {
        let loaded = self.oracle.load(group, each);
        if let Some(act) = self.acts.lock().expect("no panic").pop() {
            act(&self.oracle);
        }
        loaded
    }

    fn catch_up(&self, after: u64, limit: u32) -> Result<CatchUp, DirectoryError> {
        self.oracle.catch_up(after, limit)
    }
}

macro_rules! as_the_oracle {
    ($($name:ident($($argument:ident: $of:ty),*) -> $gives:ty;)+) => {
        impl Directory for Disturbed {
            $(fn $name(&self, $($argument: $of),*) -> Result<$gives, DirectoryError> {
                Directory::$name(&self.oracle, $($argument),*)
            })+
        }
    };
}

as_the_oracle! {
    members(query: &MemberQuery, read: &mut dyn FnMut(MemberPage<'_>)) -> ();
    count(query: &MemberQuery) -> u64;
    person(key: &PersonKey) -> Option<Person>;
    group(key: &GroupKey) -> Option<Group>;
    groups(query: &GroupQuery) -> Page<GroupEntry>;
    count_groups(query: &GroupQuery) -> u64;
    group_entry(key: &GroupKey, viewer: Option<i64>) -> GroupEntry;
    persons(query: &PersonQuery) -> Page<Person>;
    count_persons(query: &PersonQuery) -> u64;
    membership(group: &GroupKey, person: &PersonKey) -> Option<MembershipEntry>;
    memberships_of(person: i64, state: State, window: Window) -> Page<(Group, Membership)>;
    jobs(query: &JobQuery) -> Page<Job>;
    job(number: i64) -> Option<Job>;
    changes(after: u64, group: Option<i64>, limit: u32) -> Changes;
    head() -> u64;
}

fn numbers(read: impl FnOnce(&mut dyn FnMut(MemberPage<'_>))) -> Vec<(i64, String)> {
    let mut found = Vec::new();
    read(&mut |page| page.rows.each(&mut |row| found.push((row.person.number, row.person.name.to_owned()))));
    found
}

/// Loads a group of the sample data while `act` happens: how often it had to be asked for until it stood in memory, as
/// it is then.
fn loaded_while(act: impl FnOnce(&MemoryDirectory, i64, i64) + Send + 'static) -> usize {
    let mut oracle = MemoryDirectory::new();
    oracle.load_ndjson(membership::sample::NDJSON, 1_000).expect("good lines");
    let of_all = |group: &Group| MemberQuery::new(GroupKey::Number(group.number), Window { offset: 0, limit: 100 });
    let size = |group: &Group| oracle.count(&of_all(group)).expect("there");
    let group = oracle.groups().into_iter().max_by_key(size).expect("a group");
    let query = of_all(&group);
    let member = numbers(|read| oracle.members(&query, read).expect("there"))[0].0;
    let number = group.number;
    let acts: Vec<Act> = vec![Box::new(move |oracle: &MemoryDirectory| act(oracle, number, member))];
    let source = Arc::new(Disturbed { oracle, acts: Mutex::new(acts) });
    let roster =
        Roster::new(Arc::clone(&source) as Arc<dyn Source>, Settings { bytes: 1 << 20, behind: 100, ready: [""; 4] });
    for asked in 1..=3 {
        let head = roster.catch_up().expect("up to date");
        roster.hold(head, &query);
        roster.settle();
        let head = roster.catch_up().expect("up to date");
        assert_eq!(head, source.oracle.head().expect("a head"));
        if let Some(held) = roster.hold(head, &query) {
            let expected = numbers(|read| source.oracle.members(&query, read).expect("there"));
            assert_eq!(numbers(|read| held.members(read)), expected);
            return asked;
        }
    }
    panic!("never held: {:?}", roster.figures());
}

#[test]
fn a_change_meanwhile_is_caught_up_with() {
    let asked = loaded_while(|oracle, _, member| {
        let record = membership::record::PersonRecord { name: Some("Renamed".to_owned()), ..Default::default() };
        oracle.edit_person(&By::system(2_000), &PersonKey::Number(member), &record, None).expect("edited");
    });
    assert_eq!(asked, 1);
}

#[test]
fn the_end_of_a_member_meanwhile_is_caught_up_with() {
    let asked = loaded_while(|oracle, group, member| {
        let kick = membership::Step::new(PersonKey::Number(member), membership::life_cycle::Action::Ban);
        let together = membership::Failing::Together(&[]);
        oracle.steps(&By::system(2_000), &GroupKey::Number(group), &[kick], together).expect("banned");
    });
    assert_eq!(asked, 1);
}

#[test]
fn a_group_that_an_import_hits_meanwhile_is_loaded_again() {
    let asked = loaded_while(|oracle, group, member| {
        let line = format!(
            r#"{{"kind":"membership","group":{{"number":{group}}},"person":{{"number":{member}}},"state":"member","joined_at":7}}"#
        );
        let changed = oracle.import(&Record::parse(&line).expect("a record"), 2_000).expect("imported");
        assert!(changed);
    });
    assert_eq!(asked, 2);
}
