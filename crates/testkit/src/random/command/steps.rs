//! Random steps.

use super::RandomCommand;
use super::make::Maker;
use crate::random::{chance, other_case, pick};
use membership::life_cycle::{Action, StepRefusal};
use membership::{Failing, Group, GroupKind, Membership, Named, Person, Scope, State, Step};
use rand::Rng;

/// What counts as done already, in some lists.
const PASSED_OVER: [&[StepRefusal]; 4] = [
    &[],
    &[StepRefusal::AlreadyMember, StepRefusal::AlreadyAsked],
    &[StepRefusal::NotMember, StepRefusal::NotBanned, StepRefusal::AlreadyBanned, StepRefusal::NotAsked],
    &[StepRefusal::SameScope, StepRefusal::Banned, StepRefusal::AlreadyMember, StepRefusal::NotMember],
];

impl<'a> Maker<'a> {
    /// One step or several, of one who may take most of them.
    pub fn steps(&mut self) -> RandomCommand {
        let group = self.group();
        let failing = match self.rng.random_range(0..10) {
            0..5 => Failing::Alone,
            _ => Failing::Together(PASSED_OVER[self.rng.random_range(0..PASSED_OVER.len())]),
        };
        let how_many = *pick(self.rng, &[1, 1, 1, 1, 1, 2, 3, 6]);
        let mut by = self.over_group(group);
        let steps: Vec<Step> = (0..how_many)
            .map(|_| {
                let person = self.person_near(group);
                let action = self.action(group, person);
                let own = matches!(action, Action::Ask | Action::Withdraw | Action::Join | Action::Leave);
                if own && how_many == 1 && chance(self.rng, 90) {
                    by = self.by(person.map(|person| person.number));
                }
                self.step_of(person, action)
            })
            .collect();
        RandomCommand::Steps { by, group: self.group_key(group), steps, failing }
    }

    pub fn step_of(&mut self, person: Option<&Person>, action: Action) -> Step {
        let named = match person {
            Some(person) if chance(self.rng, 10) => Named::Name(other_case(&person.name)),
            Some(person) if chance(self.rng, 5) => Named::Name(person.name.clone()),
            person => Named::Key(self.person_key(person)),
        };
        let password = if action == Action::Join && chance(self.rng, 75) { self.password() } else { None };
        Step { person: named, action, password }
    }

    /// More often than not somebody who has to do with the group.
    fn person_near(&mut self, group: Option<&Group>) -> Option<&'a Person> {
        let near: Vec<&Membership> = match group {
            Some(group) => self.world.memberships.iter().filter(|m| m.group == group.number).collect(),
            None => Vec::new(),
        };
        if near.is_empty() || chance(self.rng, 40) {
            return self.person();
        }
        // Heads are few, and most rules are about them.
        let heads: Vec<&Membership> = near.iter().copied().filter(|m| m.scope != Scope::Participant).collect();
        let from = if heads.is_empty() || chance(self.rng, 60) { &near } else { &heads };
        self.world.person(pick(self.rng, from).person)
    }

    /// As a rule one that fits where the membership stands.
    fn action(&mut self, group: Option<&Group>, person: Option<&Person>) -> Action {
        let membership = group.zip(person).and_then(|(g, p)| self.world.membership(g.number, p.number));
        let scope = *pick(self.rng, Scope::ALL);
        let fitting: &[Action] = match membership.map(|m| m.state) {
            None if group.is_some_and(|group| group.kind == GroupKind::Password) => &[Action::Join],
            None => &[Action::Ask, Action::Join, Action::Add(scope), Action::Ban],
            Some(State::Pending) => {
                // Many ask twice.
                &[
                    Action::Ask,
                    Action::Withdraw,
                    Action::Approve,
                    Action::Reject,
                    Action::Join,
                    Action::Add(scope),
                    Action::Ban,
                ]
            }
            Some(State::Member) => &[
                Action::SetScope(scope),
                Action::SetScope(scope),
                Action::TransferOwnership,
                Action::Leave,
                Action::Kick,
                Action::Ban,
            ],
            Some(State::Banned) => &[Action::Unban],
        };
        let any = [
            Action::Ask,
            Action::Withdraw,
            Action::Approve,
            Action::Reject,
            Action::Join,
            Action::Add(scope),
            Action::SetScope(scope),
            Action::TransferOwnership,
            Action::Appoint,
            Action::Leave,
            Action::Kick,
            Action::Ban,
            Action::Unban,
        ];
        match self.rng.random_range(0..100) {
            0 => Action::Restore(*pick(self.rng, State::ALL)),
            1..62 => *pick(self.rng, fitting),
            _ => *pick(self.rng, &any),
        }
    }
}
