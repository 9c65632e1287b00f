//! Steps in the lives of memberships.

use super::{bad, moment};
use crate::world::{About, World};
use membership::life_cycle::{Action, Actor, Next, Password, Situation, StepRefusal};
use membership::text::fold;
use membership::{
    By, CommandError, Failing, GroupKey, GroupKind, Membership, Named, Scope, State, Step, StepFailure, Stepped, Taken,
};

impl World {
    /// Judged in this order: the group, the kinds of all steps, then one step after the other.
    pub fn steps(
        &mut self,
        by: &By,
        group: &GroupKey,
        steps: &[Step],
        failing: Failing,
    ) -> Result<Stepped, CommandError> {
        let group = self.find_group(group).ok_or(CommandError::NoSuchGroup)?.number;
        no_restore(steps)?;
        let mut outcomes = Vec::new();
        for (entry, step) in steps.iter().enumerate() {
            let outcome = self.named_step(by, group, step, failing);
            match (outcome, failing) {
                (Err(failure), Failing::Together(_)) => return Err(CommandError::Step { entry, failure }),
                (outcome, _) => outcomes.push(outcome),
            }
        }
        let group = self.find_group(&GroupKey::Number(group)).ok_or(CommandError::NoSuchGroup)?;
        Ok(Stepped { group: self.entry(group, by.person), steps: outcomes })
    }

    fn named_step(&mut self, by: &By, group: i64, step: &Step, failing: Failing) -> Result<Taken, StepFailure> {
        let person = self.named(&step.person)?;
        let changed = match (self.step(by, group, person, step), failing) {
            (Ok(changed), _) => changed,
            (Err(refusal), Failing::Together(pass_over)) if pass_over.contains(&refusal) => false,
            (Err(refusal), _) => return Err(refusal.into()),
        };
        Ok(Taken {
            person: self.person(person).ok_or(StepFailure::NoSuchPerson)?.clone(),
            membership: self.membership(group, person).cloned(),
            changed,
        })
    }

    fn named(&self, named: &Named) -> Result<i64, StepFailure> {
        match named {
            Named::Key(key) => self.find_person(key).map(|person| person.number).ok_or(StepFailure::NoSuchPerson),
            Named::Name(name) => {
                let wanted = fold(name);
                let found: Vec<_> = self.persons.iter().filter(|person| fold(&person.name) == wanted).collect();
                match found[..] {
                    [] => Err(StepFailure::NoSuchPerson),
                    [person] => Ok(person.number),
                    _ => Err(StepFailure::Ambiguous),
                }
            }
        }
    }

    /// What this one is in the group.
    pub fn actor(&self, by: &By, group: i64) -> Actor {
        let owner = self.find_group(&GroupKey::Number(group)).and_then(|group| group.owner);
        let membership = by.person.and_then(|person| self.membership(group, person));
        Actor::of(by.person, owner, membership.map(|m| (m.state, m.scope)))
    }

    fn situation(&self, by: &By, group: i64, person: i64, step: &Step) -> Situation {
        let row = self.find_group(&GroupKey::Number(group)).expect("the group has been found before");
        let membership = self.membership(group, person);
        let admins: Vec<i64> = self.members(group).filter(|m| m.scope == Scope::Admin).map(|m| m.person).collect();
        Situation {
            state: membership.map(|m| m.state),
            scope: membership.map_or(Scope::Participant, |m| m.scope),
            owns: row.owner == Some(person),
            last_admin: admins == [person],
            kind: row.kind,
            freelancer: self.person(person).is_some_and(|person| person.freelancer),
            password: match &step.password {
                None => Password::Missing,
                // Nobody else asks for it, and it takes time to compare.
                Some(_) if row.kind != GroupKind::Password || step.action != Action::Join => Password::Missing,
                Some(password) => match self.passwords.get(&group) {
                    Some(hash) if hash.is_of(password) => Password::Right,
                    // Nothing is right while no password has been set, as after an import.
                    _ => Password::Wrong,
                },
            },
            actor: self.actor(by, group),
            oneself: by.person == Some(person),
        }
    }

    /// Gives whether anything changed.
    pub(super) fn step(&mut self, by: &By, group: i64, person: i64, step: &Step) -> Result<bool, StepRefusal> {
        let now = moment(by);
        let before = self.membership(group, person).cloned();
        match self.situation(by, group, person, step).step(step.action)? {
            Next::Gone => self.end_membership(group, person),
            Next::Stands(state, scope) => {
                self.set_membership(standing(before, group, person, (state, scope), step.action, by));
            }
            Next::Owns => {
                let owner = self.group_mut(group).owner;
                let is = before.as_ref().map(|before| (before.state, before.scope));
                if owner == Some(person) && is == Some((State::Member, Scope::Admin)) {
                    return Ok(false);
                }
                let admin = (State::Member, Scope::Admin);
                self.set_membership(standing(before, group, person, admin, step.action, by));
                let group = self.group_mut(group);
                (group.owner, group.updated_at) = (Some(person), Some(now));
            }
        }
        self.log(by, step.action.word(), About { group: Some(group), person: Some(person), job: None, subject: None });
        Ok(true)
    }
}

/// The import alone sets a state as it was recorded.
pub(super) fn no_restore(steps: &[Step]) -> Result<(), CommandError> {
    let restores = steps.iter().any(|step| matches!(step.action, Action::Restore(_)));
    if restores { Err(bad("action", "is only for imports")) } else { Ok(()) }
}

/// The membership after a step that leads to this state and scope.
fn standing(
    before: Option<Membership>,
    group: i64,
    person: i64,
    (state, scope): (State, Scope),
    action: Action,
    by: &By,
) -> Membership {
    let now = Some(moment(by));
    let was = before.as_ref().map(|m| m.state);
    let was_scope = before.as_ref().map(|m| m.scope);
    let mut after = before.unwrap_or(Membership {
        group,
        person,
        state,
        scope,
        asked_at: None,
        joined_at: None,
        joined_by: None,
        scope_changed_at: None,
        scope_changed_by: None,
        banned_at: None,
        banned_by: None,
    });
    (after.state, after.scope) = (state, scope);
    if action == Action::Ask {
        after.asked_at = now;
    }
    let in_rank = match action {
        Action::SetScope(_) | Action::TransferOwnership => true,
        Action::Appoint => was == Some(State::Member),
        _ => false,
    };
    if in_rank && was_scope != Some(scope) {
        (after.scope_changed_at, after.scope_changed_by) = (now, by.person);
    }
    // What belongs to one state is set when it is entered, and cleared when it is left.
    if was != Some(state) {
        (after.joined_at, after.joined_by, after.banned_at, after.banned_by) = (None, None, None, None);
        match state {
            State::Pending => {}
            State::Member => {
                after.joined_at = now;
                after.joined_by = match action {
                    Action::Approve | Action::Add(_) | Action::Appoint => by.person,
                    _ => None,
                };
            }
            State::Banned => (after.banned_at, after.banned_by) = (now, by.person),
        }
    }
    after
}
