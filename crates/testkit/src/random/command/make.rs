//! Who gives random commands, and to whom they are done.

use crate::random::query::key;
use crate::random::{chance, other_case, pick};
use crate::world::World;
use membership::text::fold;
use membership::{By, Group, GroupKey, Person, PersonKey, Scope};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

/// Makes random things that fit the world.
pub struct Maker<'a> {
    pub rng: &'a mut ChaCha8Rng,
    pub world: &'a World,
    pub now: i64,
}

impl<'a> Maker<'a> {
    pub fn by(&mut self, person: Option<i64>) -> By {
        let credential = if chance(self.rng, 50) { Some(self.rng.random_range(1..5)) } else { None };
        By { person, credential, now: self.now }
    }

    pub fn system(&mut self) -> By {
        self.by(None)
    }

    /// The system, somebody, or one who has been deleted.
    pub fn anybody(&mut self) -> By {
        let person = match self.rng.random_range(0..10) {
            0..4 => None,
            4..9 => self.person().map(|person| person.number),
            _ => Some(7_000_000),
        };
        self.by(person)
    }

    /// One who has, as a rule, a say in the group.
    pub fn over_group(&mut self, group: Option<&Group>) -> By {
        let heads: Vec<i64> = match group {
            Some(group) => {
                let members = self.world.members(group.number);
                members.filter(|m| m.scope != Scope::Participant).map(|m| m.person).collect()
            }
            None => Vec::new(),
        };
        let owner = group.and_then(|group| group.owner);
        match self.rng.random_range(0..10) {
            0..3 => self.by(None),
            3..6 if owner.is_some() => self.by(owner),
            3..9 if !heads.is_empty() => {
                let head = *pick(self.rng, &heads);
                self.by(Some(head))
            }
            _ => self.anybody(),
        }
    }

    pub fn over_person(&mut self, person: Option<&Person>) -> By {
        match self.rng.random_range(0..10) {
            0..4 => self.by(None),
            4..9 => self.by(person.map(|person| person.number)),
            _ => self.anybody(),
        }
    }

    pub fn group(&mut self) -> Option<&'a Group> {
        if self.world.groups.is_empty() || chance(self.rng, 3) {
            None
        } else {
            Some(pick(self.rng, &self.world.groups))
        }
    }

    pub fn group_key(&mut self, group: Option<&Group>) -> GroupKey {
        match (group, self.rng.random_range(0..3)) {
            (Some(group), _) => key(self.rng, group),
            (None, 0) => GroupKey::Number(*pick(self.rng, &[0, -1, 9_000_000, i64::MAX])),
            (None, 1) => GroupKey::Id(Uuid::nil()),
            (None, _) => GroupKey::Guid("no-such-group".to_owned()),
        }
    }

    pub fn person(&mut self) -> Option<&'a Person> {
        let persons = &self.world.persons;
        if persons.is_empty() || chance(self.rng, 3) { None } else { Some(pick(self.rng, persons)) }
    }

    /// A key of this person; of anybody, or nobody, when there is none.
    pub fn person_key(&mut self, person: Option<&Person>) -> PersonKey {
        let Some(person) = person.or(self.person()) else {
            return match self.rng.random_range(0..4) {
                0 => PersonKey::Number(*pick(self.rng, &[0, -1, 9_000_000, i64::MIN])),
                1 => PersonKey::Id(Uuid::nil()),
                2 => PersonKey::Uid("no-such-person".to_owned()),
                _ => PersonKey::Login("no such person".to_owned()),
            };
        };
        match self.rng.random_range(0..4) {
            0 => PersonKey::Number(person.number),
            1 => PersonKey::Id(person.id),
            2 => PersonKey::Uid(person.uid.clone()),
            _ => PersonKey::Login(self.same_login(person)),
        }
    }

    /// The login as it is spelled, or otherwise but with the same meaning.
    pub fn same_login(&mut self, person: &Person) -> String {
        let other = other_case(&person.login);
        if fold(&other) == fold(&person.login) && chance(self.rng, 20) { other } else { person.login.clone() }
    }

    pub fn expected(&mut self) -> Option<bool> {
        *pick(self.rng, &[None, None, None, None, None, None, Some(true), Some(true), Some(false)])
    }
}
