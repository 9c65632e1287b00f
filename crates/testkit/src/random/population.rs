//! Random groups, persons and memberships, as records of an import.

use super::{chance, other_case, pick, text};
use crate::MemoryDirectory;
use membership::limits::{self, check_uid};
use membership::record::{GroupRecord, GroupRef, MembershipRecord, Metadata, PersonRecord, PersonRef, Record};
use membership::text::fold;
use membership::{AccountStatus, Group, GroupKind, Money, Person, Presence, Scope, State};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use uuid::Uuid;

/// How much to make.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Groups, at least one.
    pub groups: usize,
    /// Persons.
    pub persons: usize,
    /// Memberships of each group, at most; a third to all of them are made.
    pub memberships: usize,
}

impl Size {
    /// Enough for a unit test.
    pub const SMALL: Self = Self { groups: 3, persons: 60, memberships: 50 };
    /// Enough to meet the rare texts.
    pub const LARGE: Self = Self { groups: 6, persons: 1_500, memberships: 1_200 };
}

/// A whole population: persons, then groups, then memberships, so that every record names what came before it.
/// All identifiers are said; the other fields often.
pub fn population(rng: &mut ChaCha8Rng, size: Size) -> Vec<Record> {
    let mut taken = Taken::default();
    let mut number = 0;
    let persons: Vec<PersonRecord> = (0..size.persons)
        .map(|_| {
            number += rng.random_range(1..4);
            let login = taken.login(rng);
            let uid = taken.uid(rng);
            PersonRecord {
                number: Some(number),
                id: Some(id(rng)),
                uid: Some(uid),
                login: Some(login),
                ..person_fields(rng)
            }
        })
        .collect();
    let references: Vec<PersonRef> = persons
        .iter()
        .map(|p| PersonRef { number: p.number, id: p.id, uid: p.uid.clone(), login: p.login.clone() })
        .collect();

    let mut number = 0;
    let groups: Vec<(GroupRecord, Option<i64>)> = (0..size.groups.max(1))
        .map(|_| {
            number += rng.random_range(1..4);
            let guid = taken.uid(rng);
            let owner =
                if !references.is_empty() && chance(rng, 50) { Some(pick(rng, &references).clone()) } else { None };
            let owned_by = owner.as_ref().and_then(|owner| owner.number);
            let owner = owner.map(|owner| some_of_person(rng, &owner));
            let (number, id) = (Some(number), Some(id(rng)));
            (GroupRecord { number, id, guid: Some(guid), owner, ..group_fields(rng) }, owned_by)
        })
        .collect();

    let mut memberships = Vec::new();
    for (group, owner) in &groups {
        let reference = GroupRef { number: group.number, id: group.id, guid: group.guid.clone() };
        // Some groups were filled in one second.
        let seconds = *pick(rng, &[1, 3, 50, 100_000]);
        let most = size.memberships.min(references.len());
        let how_many = rng.random_range(most / 3..=most);
        let mut of_group = references.clone();
        of_group.shuffle(rng);
        for person in &of_group[..how_many] {
            let state = *pick(
                rng,
                &[State::Member, State::Member, State::Member, State::Member, State::Pending, State::Banned],
            );
            let state = if person.number == *owner { not_banned(state) } else { state };
            memberships.push(MembershipRecord {
                group: Some(some_of_group(rng, &reference)),
                person: Some(some_of_person(rng, person)),
                state: Some(state),
                ..steps(rng, state, seconds, &references)
            });
        }
    }
    let persons = persons.into_iter().map(|person| Record::Person(Box::new(person)));
    let groups = groups.into_iter().map(|(group, _)| Record::Group(Box::new(group)));
    let memberships = memberships.into_iter().map(|membership| Record::Membership(Box::new(membership)));
    persons.chain(groups).chain(memberships).collect()
}

/// The state, but for one that an owner never has.
fn not_banned(state: State) -> State {
    if state == State::Banned { State::Pending } else { state }
}

/// Records that change what the directory holds already: fields of persons and groups, states and scopes of
/// memberships, each row named by some of its identifiers, and none twice. Some of them change nothing. Fewer than
/// asked for when the directory is small.
pub fn changes(rng: &mut ChaCha8Rng, directory: &MemoryDirectory, how_many: usize) -> Vec<Record> {
    let world = directory.world();
    let (persons, groups) = (&world.persons, &world.groups);
    let mut records = Vec::new();
    let mut named = HashSet::new();
    for _ in 0..how_many * 10 {
        if records.len() == how_many || persons.is_empty() || groups.is_empty() {
            break;
        }
        let (person, group) = (pick(rng, persons), pick(rng, groups));
        let kind = rng.random_range(0..10);
        // A person's row has no group, a group's no person.
        let row = match kind {
            0..4 => (0, person.number),
            4 => (group.number, 0),
            _ => (group.number, person.number),
        };
        if !named.insert(row) {
            continue;
        }
        let owns = group.owner == Some(person.number);
        let person = some_of_person(rng, &reference_to_person(person));
        let group = some_of_group(rng, &reference_to_group(group));
        records.push(match kind {
            0..4 => {
                let PersonRef { number, id, uid, login, .. } = person;
                Record::Person(Box::new(PersonRecord { number, id, uid, login, ..person_fields(rng) }))
            }
            4 => {
                let GroupRef { number, id, guid, .. } = group;
                Record::Group(Box::new(GroupRecord { number, id, guid, ..group_fields(rng) }))
            }
            5 => Record::Membership(Box::new(MembershipRecord {
                group: Some(group),
                person: Some(person),
                ..MembershipRecord::default()
            })),
            _ => {
                let state = *pick(rng, State::ALL);
                let state = if owns { not_banned(state) } else { state };
                let references: Vec<PersonRef> = persons.iter().take(20).map(reference_to_person).collect();
                Record::Membership(Box::new(MembershipRecord {
                    group: Some(group),
                    person: Some(person),
                    state: Some(state),
                    ..steps(rng, state, 50, &references)
                }))
            }
        });
    }
    records
}

pub(super) fn reference_to_person(person: &Person) -> PersonRef {
    PersonRef {
        number: Some(person.number),
        id: Some(person.id),
        uid: Some(person.uid.clone()),
        login: Some(person.login.clone()),
    }
}

fn reference_to_group(group: &Group) -> GroupRef {
    GroupRef { number: Some(group.number), id: Some(group.id), guid: Some(group.guid.clone()) }
}

/// At least one of the identifiers; a login or a uid perhaps in another case that means the same.
pub(super) fn some_of_person(rng: &mut ChaCha8Rng, all: &PersonRef) -> PersonRef {
    let mut some = PersonRef::default();
    while some == PersonRef::default() {
        some.number = all.number.filter(|_| chance(rng, 40));
        some.id = all.id.filter(|_| chance(rng, 20));
        some.uid = all.uid.clone().filter(|_| chance(rng, 30));
        some.login = all.login.clone().filter(|_| chance(rng, 20));
    }
    some.uid = some.uid.map(|uid| if chance(rng, 10) { uid.to_ascii_uppercase() } else { uid });
    some.login = some.login.map(|login| {
        let other = other_case(&login);
        if fold(&other) == fold(&login) && chance(rng, 20) { other } else { login }
    });
    some
}

fn some_of_group(rng: &mut ChaCha8Rng, all: &GroupRef) -> GroupRef {
    let mut some = GroupRef::default();
    while some == GroupRef::default() {
        some.number = all.number.filter(|_| chance(rng, 40));
        some.id = all.id.filter(|_| chance(rng, 30));
        some.guid = all.guid.clone().filter(|_| chance(rng, 40));
    }
    some
}

/// Identifiers that have been given.
#[derive(Default)]
struct Taken {
    logins: HashSet<String>,
    uids: HashSet<String>,
}

impl Taken {
    fn login(&mut self, rng: &mut ChaCha8Rng) -> String {
        loop {
            let login = text(rng, limits::LOGIN);
            if !login.is_empty() && self.logins.insert(fold(&login)) {
                return login;
            }
            let login = format!("{}{}", login.chars().take(100).collect::<String>(), rng.random_range(0..1_000_000));
            if self.logins.insert(fold(&login)) {
                return login;
            }
        }
    }

    /// Short ones of few letters, so that one is often a part of another.
    fn uid(&mut self, rng: &mut ChaCha8Rng) -> String {
        loop {
            let length = rng.random_range(1..8);
            let uid: String = (0..length).map(|_| *pick(rng, &['a', 'b', 'z', '0', '9', '-', '_'])).collect();
            let uid = if chance(rng, 2) { uid.repeat(100).chars().take(limits::UID).collect() } else { uid };
            if check_uid("uid", &uid).is_ok() && self.uids.insert(uid.clone()) {
                return uid;
            }
        }
    }
}

pub(super) fn id(rng: &mut ChaCha8Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid()
}

/// Said or not.
pub(super) fn maybe<T>(rng: &mut ChaCha8Rng, value: impl FnOnce(&mut ChaCha8Rng) -> T) -> Option<T> {
    if chance(rng, 60) { Some(value(rng)) } else { None }
}

fn said(rng: &mut ChaCha8Rng, longest: usize) -> Option<String> {
    maybe(rng, |rng| text(rng, longest))
}

/// The name of a person or group, which is not empty. Many have the same.
fn name(rng: &mut ChaCha8Rng) -> Option<String> {
    said(rng, limits::NAME).map(|name| if name.is_empty() { "-".to_owned() } else { name })
}

/// Few different ones, so that many are equal.
fn a_time(rng: &mut ChaCha8Rng) -> i64 {
    1_600_000_000 + rng.random_range(0..12)
}

fn money(rng: &mut ChaCha8Rng) -> Money {
    Money { cents: *pick(rng, &[0, 1, 5, 10, 2_000, 2_250, 94_298_500, largest_amount()]) }
}

/// The largest amount that is read.
fn largest_amount() -> i64 {
    "999999999999.99".parse::<Money>().map_or(0, |money| money.cents)
}

fn tags(rng: &mut ChaCha8Rng) -> Vec<String> {
    let how_many = *pick(rng, &[0, 1, 2, limits::TAGS]);
    (0..how_many).map(|_| text(rng, limits::TAG)).collect()
}

fn metadata(rng: &mut ChaCha8Rng) -> Metadata {
    let how_many = rng.random_range(0..4);
    let pairs = (0..how_many).map(|_| {
        let value = match rng.random_range(0..3) {
            0 => serde_json::Value::from(text(rng, 50)),
            1 => serde_json::Value::from(rng.random_range(-5_i64..5)),
            _ => serde_json::json!({ "b": [true, null], "a": text(rng, 20) }),
        };
        (text(rng, 20), value)
    });
    Metadata::from_value(pairs.collect()).expect("an object")
}

pub(super) fn person_fields(rng: &mut ChaCha8Rng) -> PersonRecord {
    PersonRecord {
        name: name(rng),
        business_name: said(rng, limits::BUSINESS_NAME),
        tag_line: said(rng, limits::TAG_LINE),
        description: said(rng, limits::DESCRIPTION),
        email: said(rng, limits::EMAIL),
        phone: said(rng, limits::PHONE),
        additional_information: said(rng, limits::DESCRIPTION),
        hourly_rate: maybe(rng, money),
        city: said(rng, limits::SHORT),
        state: said(rng, limits::SHORT),
        country: said(rng, limits::SHORT),
        category: said(rng, limits::SHORT),
        earnings_6_months: maybe(rng, money),
        feedback_6_months: maybe(rng, |rng| rng.random_range(0..200)),
        positive_feedback_6_months: maybe(rng, |rng| rng.random_range(0..200)),
        overview: said(rng, limits::OVERVIEW),
        avatar: said(rng, limits::URL),
        link: said(rng, limits::URL),
        metadata: maybe(rng, metadata),
        tags: maybe(rng, tags),
        role: said(rng, limits::SHORT),
        status_message: said(rng, limits::TAG_LINE),
        freelancer: maybe(rng, |rng| rng.random()),
        individual: maybe(rng, |rng| rng.random()),
        account_status: maybe(rng, |rng| *pick(rng, AccountStatus::ALL)),
        presence: maybe(rng, |rng| *pick(rng, Presence::ALL)),
        last_active_at: maybe(rng, a_time),
        created_at: Some(a_time(rng)),
        updated_at: maybe(rng, a_time),
        ..PersonRecord::default()
    }
}

pub(super) fn group_fields(rng: &mut ChaCha8Rng) -> GroupRecord {
    GroupRecord {
        name: name(rng),
        description: said(rng, limits::DESCRIPTION),
        r#type: maybe(rng, |rng| *pick(rng, GroupKind::ALL)),
        sponsor: said(rng, limits::BUSINESS_NAME),
        criteria: said(rng, limits::DESCRIPTION),
        icon: said(rng, limits::URL),
        page: said(rng, limits::URL),
        email: said(rng, limits::EMAIL),
        additional_information: said(rng, limits::DESCRIPTION),
        metadata: maybe(rng, metadata),
        tags: maybe(rng, tags),
        created_at: Some(a_time(rng)),
        updated_at: maybe(rng, a_time),
        ..GroupRecord::default()
    }
}

/// When and by whom, as far as it goes with the state. Without the state itself and whose membership it is.
fn steps(rng: &mut ChaCha8Rng, state: State, seconds: i64, actors: &[PersonRef]) -> MembershipRecord {
    let actor = |rng: &mut ChaCha8Rng| {
        if chance(rng, 20) || actors.is_empty() {
            // Somebody who is gone.
            PersonRef { number: Some(rng.random_range(1_000_000..2_000_000)), ..PersonRef::default() }
        } else {
            let all = pick(rng, actors).clone();
            some_of_person(rng, &all)
        }
    };
    let mut record = MembershipRecord {
        scope: maybe(rng, |rng| *pick(rng, Scope::ALL)),
        asked_at: maybe(rng, a_time),
        scope_changed_at: maybe(rng, a_time),
        scope_changed_by: maybe(rng, actor),
        ..MembershipRecord::default()
    };
    match state {
        State::Pending => {}
        State::Member => {
            record.joined_at = Some(1_600_000_000 + rng.random_range(0..seconds));
            record.joined_by = maybe(rng, actor);
        }
        State::Banned => {
            record.banned_at = Some(a_time(rng));
            record.banned_by = maybe(rng, actor);
        }
    }
    record
}
