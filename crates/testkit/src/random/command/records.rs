//! What random commands say of groups, persons and jobs.

use super::make::Maker;
use crate::random::population::{group_fields, id, maybe, person_fields, reference_to_person, some_of_person};
use crate::random::{chance, pick, text};
use membership::life_cycle::Action;
use membership::limits;
use membership::record::{GroupRecord, PersonRecord, PersonRef};
use membership::{By, Group, GroupEdit, GroupKey, GroupKind, NewGroup, NewJob, Person, Scope};
use rand::Rng;

/// The passwords that groups have.
const PASSWORDS: [&str; 2] = ["sesame", "σésame"];

impl Maker<'_> {
    fn owner(&mut self) -> PersonRef {
        match self.person() {
            Some(person) => some_of_person(self.rng, &reference_to_person(person)),
            None => PersonRef { number: *pick(self.rng, &[None, Some(0), Some(8_000_000)]), ..PersonRef::default() },
        }
    }

    pub fn password(&mut self) -> Option<String> {
        match self.rng.random_range(0..20) {
            0..3 => None,
            3 => Some(String::new()),
            4 => Some("x".repeat(limits::PASSWORD + 1)),
            5 => Some("y".repeat(limits::PASSWORD)),
            _ => Some((*pick(self.rng, &PASSWORDS)).to_owned()),
        }
    }

    /// A uid or guid, now and then one that is taken, in capitals, or not legal.
    fn uid(&mut self, taken: Option<&str>) -> String {
        match (self.rng.random_range(0..20), taken) {
            (0..2, Some(taken)) => taken.to_owned(),
            (2, Some(taken)) => taken.to_ascii_uppercase(),
            (3, _) => (*pick(self.rng, &["", "a b", "é"])).to_owned(),
            _ => format!("new-{}", self.rng.random_range(0..100_000)),
        }
    }

    /// A number, now and then one that is taken or none at all.
    fn number(&mut self, last: i64, taken: Option<i64>) -> i64 {
        match (self.rng.random_range(0..10), taken) {
            (0..2, Some(taken)) => taken,
            (2, _) => *pick(self.rng, &[0, -1, limits::NUMBER + 1]),
            _ => last + self.rng.random_range(1..5),
        }
    }

    pub fn new_group(&mut self) -> NewGroup {
        let other = self.group();
        let mut record = group_fields(self.rng);
        record.id = Some(other.map(|other| other.id).filter(|_| chance(self.rng, 3)).unwrap_or(id(self.rng)));
        record.guid = if chance(self.rng, 60) { Some(self.uid(other.map(|g| g.guid.as_str()))) } else { None };
        if chance(self.rng, 10) {
            record.number = Some(self.number(self.world.last_group, other.map(|other| other.number)));
        }
        record.owner = if chance(self.rng, 40) { Some(self.owner()) } else { None };
        self.spoil_group(&mut record);
        let steps = (0..*pick(self.rng, &[0, 0, 1, 3]))
            .map(|_| {
                let scope = *pick(self.rng, Scope::ALL);
                let action = *pick(self.rng, &[Action::Add(scope), Action::Add(scope), Action::Ban, Action::Leave]);
                self.step_of(None, action)
            })
            .collect();
        NewGroup { record, password: self.password(), steps }
    }

    fn spoil_group(&mut self, record: &mut GroupRecord) {
        if chance(self.rng, 3) {
            record.name = Some("n".repeat(limits::NAME + 1));
        }
        if chance(self.rng, 2) {
            record.name = Some(String::new());
        }
        if chance(self.rng, 2) {
            record.description = Some("\0".to_owned());
        }
    }

    pub fn group_edit(&mut self, group: Option<&Group>) -> GroupEdit {
        let mut record = match self.rng.random_range(0..10) {
            0..5 => group_fields(self.rng),
            // What it is already.
            5..7 => GroupRecord { name: group.map(|group| group.name.clone()), ..GroupRecord::default() },
            7..9 => GroupRecord { r#type: Some(*pick(self.rng, GroupKind::ALL)), ..GroupRecord::default() },
            _ => GroupRecord::default(),
        };
        if let Some(group) = group {
            let other = self.group().filter(|_| chance(self.rng, 10)).unwrap_or(group);
            record.number = Some(other.number).filter(|_| chance(self.rng, 10));
            record.id = Some(other.id).filter(|_| chance(self.rng, 10));
            record.guid = Some(other.guid.to_ascii_uppercase()).filter(|_| chance(self.rng, 10));
            if chance(self.rng, 5) {
                record.owner = group.owner.map(|number| PersonRef { number: Some(number), ..PersonRef::default() });
            }
        }
        if chance(self.rng, 15) {
            record.owner = Some(self.owner());
        }
        self.spoil_group(&mut record);
        GroupEdit { record, password: if chance(self.rng, 30) { self.password() } else { None } }
    }

    pub fn new_person(&mut self) -> PersonRecord {
        let other = self.person();
        let mut record = person_fields(self.rng);
        record.id = Some(other.map(|other| other.id).filter(|_| chance(self.rng, 3)).unwrap_or(id(self.rng)));
        record.uid = if chance(self.rng, 50) { Some(self.uid(other.map(|p| p.uid.as_str()))) } else { None };
        record.login = match other {
            Some(other) if chance(self.rng, 5) => Some(self.same_login(other)),
            _ => maybe(self.rng, |rng| text(rng, limits::LOGIN)),
        };
        if chance(self.rng, 10) {
            record.number = Some(self.number(self.world.last_person, other.map(|other| other.number)));
        }
        self.spoil_person(&mut record);
        record
    }

    fn spoil_person(&mut self, record: &mut PersonRecord) {
        if chance(self.rng, 3) {
            record.city = Some("c".repeat(limits::SHORT + 1));
        }
        if chance(self.rng, 2) {
            record.feedback_6_months = Some(-1);
        }
    }

    pub fn person_edit(&mut self, person: Option<&Person>) -> PersonRecord {
        let mut record = match self.rng.random_range(0..10) {
            0..6 => person_fields(self.rng),
            6..8 => PersonRecord { name: person.map(|person| person.name.clone()), ..PersonRecord::default() },
            _ => PersonRecord { freelancer: Some(chance(self.rng, 70)), ..PersonRecord::default() },
        };
        if let Some(person) = person {
            let other = self.person().filter(|_| chance(self.rng, 10)).unwrap_or(person);
            record.number = Some(other.number).filter(|_| chance(self.rng, 10));
            record.id = Some(other.id).filter(|_| chance(self.rng, 10));
            record.uid = Some(other.uid.to_ascii_uppercase()).filter(|_| chance(self.rng, 10));
            record.login = Some(self.same_login(other)).filter(|_| chance(self.rng, 10));
        }
        self.spoil_person(&mut record);
        record
    }

    pub fn new_job(&mut self) -> NewJob {
        let title = if chance(self.rng, 5) { "t".repeat(limits::TITLE + 1) } else { text(self.rng, limits::TITLE) };
        let mut groups: Vec<GroupKey> = (0..*pick(self.rng, &[0, 1, 1, 2, 3, 30]))
            .map(|_| {
                // A list of many would hold an unknown one nearly always.
                let group = self.world.groups.first().map(|_| pick(self.rng, &self.world.groups));
                self.group_key(group)
            })
            .collect();
        if chance(self.rng, 3) {
            groups.push(self.group_key(None));
        }
        NewJob { title, description: text(self.rng, limits::DESCRIPTION), groups }
    }

    pub fn end_of_job(&mut self) -> (By, i64) {
        let jobs = &self.world.jobs;
        if jobs.is_empty() || chance(self.rng, 5) {
            return (self.anybody(), *pick(self.rng, &[0, -1, 5_000_000]));
        }
        let job = pick(self.rng, jobs);
        let by = if chance(self.rng, 60) { self.by(job.poster) } else { self.anybody() };
        (by, job.number)
    }
}
