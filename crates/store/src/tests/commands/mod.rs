//! Commands: every rule, on both databases.

mod differential;
mod groups;
mod jobs;
mod persons;
mod steps;
mod waiting;

use super::{number, on_both};
use crate::Store;
use crate::schema::changes;
use diesel::prelude::*;
use membership::life_cycle::Action;
use membership::record::{GroupRecord, PersonRecord, PersonRef};
use membership::{
    By, CommandError, Failing, GroupKey, GroupKind, Membership, NewGroup, PersonKey, Registrar, Scope, Step,
    StepFailure, Stepped, Taken,
};

/// When everything happens.
const NOW: i64 = 5_000;

const SYSTEM: By = By::system(NOW);

fn by(person: i64) -> By {
    By::person(person, NOW)
}

fn key(number: i64) -> GroupKey {
    GroupKey::Number(number)
}

fn one(number: i64) -> PersonKey {
    PersonKey::Number(number)
}

fn whose(number: i64) -> PersonRef {
    PersonRef { number: Some(number), ..PersonRef::default() }
}

/// Makes persons with the numbers from 1 to `last`, called `p1`, `p2` and so on.
fn persons(store: &Store, last: i64) {
    for number in 1..=last {
        person(store, &format!("p{number}"));
    }
}

fn person(store: &Store, uid: &str) -> i64 {
    let record = PersonRecord { uid: Some(uid.to_owned()), ..PersonRecord::default() };
    store.create_person(&SYSTEM, &record).expect(uid).number
}

/// A group of this kind with this owner.
fn group(store: &Store, kind: GroupKind, owner: Option<i64>) -> i64 {
    let record = GroupRecord { r#type: Some(kind), owner: owner.map(whose), ..GroupRecord::default() };
    let password = Some("sesame".to_owned());
    store.create_group(&SYSTEM, &NewGroup { record, password, steps: Vec::new() }).expect("made").group.group.number
}

/// One step, which must be taken or fail as a step.
fn step(store: &Store, by: &By, group: i64, person: i64, action: Action) -> Result<Taken, StepFailure> {
    let steps = [Step::new(one(person), action)];
    match store.steps(by, &key(group), &steps, Failing::Alone) {
        Ok(Stepped { mut steps, .. }) => steps.remove(0),
        Err(error) => panic!("{error}"),
    }
}

/// Makes these persons members with these scopes.
fn add(store: &Store, group: i64, members: &[(i64, Scope)]) {
    for (person, scope) in members {
        step(store, &SYSTEM, group, *person, Action::Add(*scope)).expect("added");
    }
}

fn standing(taken: Result<Taken, StepFailure>) -> Membership {
    taken.expect("taken").membership.expect("there is one")
}

/// The entries of the change log behind the number `after`: action, group, person, actor, credential.
fn log(store: &Store, after: i64) -> Vec<(String, i64, i64, i64, i64)> {
    store
        .outside(|connection| {
            let behind = changes::table.filter(changes::number.gt(after)).order(changes::number);
            let columns =
                (changes::action, changes::group_number, changes::person_number, changes::actor, changes::credential);
            Ok(behind.select(columns).load(connection)?)
        })
        .expect("read")
}

fn entry(action: &str, group: i64, person: i64, actor: i64) -> (String, i64, i64, i64, i64) {
    (action.to_owned(), group, person, actor, 0)
}

/// The number of the last change.
fn head(store: &Store) -> i64 {
    number(store, "SELECT number FROM change_head")
}

fn sound(store: &Store) {
    assert_eq!(store.check().expect("checked"), Vec::<String>::new());
}

/// What is refused leaves no trace.
fn refused<T: std::fmt::Debug>(store: &Store, command: impl FnOnce() -> Result<T, CommandError>) -> String {
    let before = head(store);
    let error = command().expect_err("refused").to_string();
    assert_eq!(head(store), before, "{error}");
    error
}
