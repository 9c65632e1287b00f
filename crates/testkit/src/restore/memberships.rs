//! The import of a membership.

use super::bounds::{greater_than_zero, not_negative};
use super::time;
use crate::world::{About, World};
use membership::life_cycle::{Action, Actor, Next, Password, Situation};
use membership::record::rules::number as number_rule;
use membership::record::{MembershipRecord, PersonRef};
use membership::{GroupKey, Membership, Scope, State};

impl World {
    pub(super) fn restore_membership(&mut self, record: &MembershipRecord, now: i64) -> Result<Option<About>, String> {
        not_negative("asked_at", record.asked_at)?;
        greater_than_zero("joined_at", record.joined_at)?;
        not_negative("scope_changed_at", record.scope_changed_at)?;
        greater_than_zero("banned_at", record.banned_at)?;
        let group =
            self.named_group(record.group.as_ref().ok_or("group is missing")?)?.ok_or("group names no group")?;
        let person = record.person.as_ref().ok_or("person is missing")?;
        let person = self.named_person(person)?.ok_or("person names nobody")?;
        let stored = self.memberships.iter().find(|m| m.group == group && m.person == person).cloned();

        let state = record.state.or(stored.as_ref().map(|m| m.state)).unwrap_or(State::Member);
        let scope = record.scope.or(stored.as_ref().map(|m| m.scope)).unwrap_or(Scope::Participant);
        let owner_and_kind = self.find_group(&GroupKey::Number(group)).map(|g| (g.owner, g.kind));
        let (owner, kind) = owner_and_kind.ok_or("group names no group")?;
        let situation = Situation {
            state: stored.as_ref().map(|m| m.state),
            scope,
            owns: owner == Some(person),
            last_admin: false,
            kind,
            freelancer: true,
            password: Password::Missing,
            actor: Actor::System,
            oneself: false,
        };
        let next = situation.step(Action::Restore(state)).map_err(|refusal| refusal.to_string())?;
        let Next::Stands(state, scope) = next else { return Err("a restored membership must stand".to_owned()) };
        if state != State::Member && (record.joined_at.is_some() || record.joined_by.is_some()) {
            return Err("joined_at and joined_by are for members".to_owned());
        }
        if state != State::Banned && (record.banned_at.is_some() || record.banned_by.is_some()) {
            return Err("banned_at and banned_by are for the banned".to_owned());
        }

        let mut membership = stored.clone().unwrap_or(Membership {
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
        (membership.state, membership.scope) = (state, scope);
        membership.asked_at = time(record.asked_at).unwrap_or(membership.asked_at);
        membership.scope_changed_at = time(record.scope_changed_at).unwrap_or(membership.scope_changed_at);
        if let Some(by) = &record.scope_changed_by {
            membership.scope_changed_by = Some(self.recorded_actor(by)?);
        }
        // Time and actor of joining and of the ban are there exactly while the state is that.
        if state == State::Member {
            membership.joined_at = record.joined_at.or(membership.joined_at).or(Some(now));
            if let Some(by) = &record.joined_by {
                membership.joined_by = Some(self.recorded_actor(by)?);
            }
        } else {
            (membership.joined_at, membership.joined_by) = (None, None);
        }
        if state == State::Banned {
            membership.banned_at = record.banned_at.or(membership.banned_at).or(Some(now));
            if let Some(by) = &record.banned_by {
                membership.banned_by = Some(self.recorded_actor(by)?);
            }
        } else {
            (membership.banned_at, membership.banned_by) = (None, None);
        }
        if stored.as_ref() == Some(&membership) {
            return Ok(None);
        }
        self.set_membership(membership);
        Ok(Some(About { group: Some(group), person: Some(person), job: None, subject: None }))
    }

    /// The number of an actor, who need not exist any more when only the number is said.
    fn recorded_actor(&self, reference: &PersonRef) -> Result<i64, String> {
        match reference {
            PersonRef { number: Some(number), id: None, uid: None, login: None, .. } => {
                number_rule("number", Some(*number)).map_err(|bad| bad.to_string())?;
                Ok(*number)
            }
            _ => self.named_person(reference)?.ok_or_else(|| "the actor names nobody".to_owned()),
        }
    }
}
