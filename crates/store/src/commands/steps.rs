//! Steps in the lives of the memberships of one group.

use super::{Passwords, Work, bad};
use crate::changes::Change;
use crate::import::{GroupRow, MembershipRow, Said};
use crate::query::Sql;
use crate::rows::Corrupt;
use crate::schema::persons;
use crate::store::{Failure, Store};
use crate::{directory, totals};
use diesel::prelude::*;
use membership::life_cycle::{Action, Actor, Next, Password, Situation};
use membership::text::{fold, has_nul};
use membership::{
    By, CommandError, Failing, GroupKey, GroupKind, Membership, Named, Person, PersonKey, Scope, ScopeSet, State, Step,
    StepFailure, Stepped, Taken,
};
use std::collections::BTreeMap;

/// Takes steps: [`membership::Registrar::steps`].
pub(crate) fn steps(
    store: &Store,
    by: &By,
    key: &GroupKey,
    steps: &[Step],
    failing: Failing,
) -> Result<Stepped, CommandError> {
    store.command(by, &mut Passwords::default(), |work| {
        let group = work.group(key)?;
        for_commands(steps)?;
        let mut walk = Walk::new(work, *by, group)?;
        let steps = walk.all(steps, failing)?;
        let number = walk.group.number;
        Ok(Stepped { group: work.entry(number)?, steps })
    })
}

/// Makes sure that none of the steps is one that only an import takes.
pub(super) fn for_commands(steps: &[Step]) -> Result<(), CommandError> {
    if steps.iter().any(|step| matches!(step.action, Action::Restore(_))) {
        return Err(bad("action", "is only for imports"));
    }
    Ok(())
}

/// Steps that are taken one after the other in a group whose row is held.
pub(super) struct Walk<'w, 'a> {
    work: &'w mut Work<'a>,
    by: By,
    group: GroupRow,
    kind: GroupKind,
    /// What the memberships that mattered so far have become, by the number of the person.
    memberships: BTreeMap<i64, Option<MembershipRow>>,
    /// How many admins there are among the members, once that mattered.
    admins: Option<i64>,
}

impl<'w, 'a> Walk<'w, 'a> {
    /// Goes through `group`, on the authority `by`. Totals that are outstanding in `work` must not be of this group.
    pub(super) fn new(work: &'w mut Work<'a>, by: By, group: GroupRow) -> Result<Self, Failure> {
        let kind = group.kind.parse().map_err(|_| Corrupt("groups.kind"))?;
        Ok(Self { work, by, group, kind, memberships: BTreeMap::new(), admins: None })
    }

    /// Takes all of them.
    pub(super) fn all(&mut self, steps: &[Step], failing: Failing) -> Result<Vec<Result<Taken, StepFailure>>, Failure> {
        let mut taken = Vec::with_capacity(steps.len());
        for (entry, step) in steps.iter().enumerate() {
            let outcome = match (self.one(step)?, failing) {
                (Outcome::Taken(one), _) => Ok(one),
                (Outcome::Failed(failure, standing), Failing::Together(pass_over)) => match (failure, standing) {
                    (StepFailure::Refused(refusal), Some(standing)) if pass_over.contains(&refusal) => Ok(standing),
                    (failure, _) => return Err(CommandError::Step { entry, failure }.into()),
                },
                (Outcome::Failed(failure, _), Failing::Alone) => Err(failure),
            };
            taken.push(outcome);
        }
        Ok(taken)
    }

    fn one(&mut self, step: &Step) -> Result<Outcome, Failure> {
        let person = match self.named(&step.person)? {
            Ok(person) => person,
            Err(failure) => return Ok(Outcome::Failed(failure, None)),
        };
        let before = self.membership(person.number)?;
        let situation = self.situation(step, &person, before.as_ref())?;
        let next = match situation.step(step.action) {
            Ok(next) => next,
            Err(refusal) => {
                let membership = before.as_ref().map(Membership::try_from).transpose()?;
                return Ok(Outcome::Failed(refusal.into(), Some(Taken { person, membership, changed: false })));
            }
        };
        let is_admin_already = situation.state == Some(State::Member) && situation.scope == Scope::Admin;
        if next == Next::Owns && situation.owns && is_admin_already {
            let membership = before.as_ref().map(Membership::try_from).transpose()?;
            return Ok(Outcome::Taken(Taken { person, membership, changed: false }));
        }
        let after = self.after(step.action, next, person.number, before.as_ref());
        self.work.put(before.as_ref(), after.as_ref())?;
        if let Some(admins) = &mut self.admins {
            *admins += is_admin(after.as_ref()) - is_admin(before.as_ref());
        }
        if next == Next::Owns {
            self.pass_on(person.number)?;
        }
        let change = Change { group: self.group.number, person: person.number, ..Change::default() };
        self.work.note(&self.by, step.action.word(), change);
        let membership = after.as_ref().map(Membership::try_from).transpose()?;
        self.memberships.insert(person.number, after);
        Ok(Outcome::Taken(Taken { person, membership, changed: true }))
    }

    fn named(&mut self, named: &Named) -> Result<Result<Person, StepFailure>, Failure> {
        let number = match named {
            Named::Key(key) => {
                return Ok(directory::person(self.work.connection, key)?.ok_or(StepFailure::NoSuchPerson));
            }
            Named::Name(name) if has_nul(name) => None,
            Named::Name(name) => {
                let so_named = persons::table.filter(persons::name_folded.eq(fold(name))).select(persons::number);
                let found: Vec<i64> = so_named.limit(2).load(&mut *self.work.connection)?;
                if found.len() > 1 {
                    return Ok(Err(StepFailure::Ambiguous));
                }
                found.first().copied()
            }
        };
        let person = match number {
            Some(number) => directory::person(self.work.connection, &PersonKey::Number(number))?,
            None => None,
        };
        Ok(person.ok_or(StepFailure::NoSuchPerson))
    }

    /// The membership of the person of this number, as the steps so far have left it.
    fn membership(&mut self, person: i64) -> Result<Option<MembershipRow>, Failure> {
        if let Some(known) = self.memberships.get(&person) {
            return Ok(known.clone());
        }
        let found = self.work.membership(self.group.number, person)?;
        self.memberships.insert(person, found.clone());
        Ok(found)
    }

    fn situation(
        &mut self,
        step: &Step,
        person: &Person,
        membership: Option<&MembershipRow>,
    ) -> Result<Situation, Failure> {
        let stands = membership.map(MembershipRow::stands).transpose()?;
        let actor = match self.by.person {
            Some(number) if number == person.number => stands,
            Some(number) => self.membership(number)?.as_ref().map(MembershipRow::stands).transpose()?,
            None => None,
        };
        let oneself = self.by.person == Some(person.number);
        let joins = step.action == Action::Join && oneself && self.kind == GroupKind::Password;
        let password = match &step.password {
            Some(said) if joins && matches!(stands, None | Some((State::Pending, _))) => {
                let right = self.work.passwords.is_of(said, &self.group.password_hash)?;
                if right { Password::Right } else { Password::Wrong }
            }
            _ => Password::Missing,
        };
        Ok(Situation {
            state: stands.map(|(state, _)| state),
            scope: stands.map_or(Scope::Participant, |(_, scope)| scope),
            owns: self.group.owner == person.number,
            last_admin: is_admin(membership) > 0 && self.admins()? <= 1,
            kind: self.kind,
            freelancer: person.freelancer,
            password,
            actor: Actor::of(self.by.person, Some(self.group.owner).filter(|owner| *owner != 0), actor),
            oneself,
        })
    }

    /// How many admins there are among the members.
    fn admins(&mut self) -> Result<i64, Failure> {
        if let Some(admins) = self.admins {
            return Ok(admins);
        }
        // The steps so far have not been applied to the kept total, but are known here.
        let kept = totals::of(self.work.connection, self.group.number, State::Member, admin())?;
        let admins = kept + self.work.totals.of(self.group.number, State::Member, Scope::Admin);
        self.admins = Some(admins);
        Ok(admins)
    }

    /// The membership after a step that was allowed.
    fn after(&self, action: Action, next: Next, person: i64, before: Option<&MembershipRow>) -> Option<MembershipRow> {
        let (state, scope) = match next {
            Next::Gone => return None,
            Next::Stands(state, scope) => (state, scope),
            Next::Owns => (State::Member, Scope::Admin),
        };
        let now = self.by.now.max(1);
        let who = self.by.person.unwrap_or(0);
        let mut said = Said { state: Some(state), scope: Some(scope), ..Said::default() };
        match action {
            Action::Ask => said.asked_at = Some(now),
            Action::Approve | Action::Add(_) => said.joined_by = Some(who),
            Action::Appoint if before.is_none_or(|before| before.state != State::Member.as_str()) => {
                said.joined_by = Some(who);
            }
            Action::Ban => said.banned_by = Some(who),
            Action::SetScope(_) | Action::TransferOwnership | Action::Appoint => {
                if before.is_none_or(|before| before.scope != scope.as_str()) {
                    (said.scope_changed_at, said.scope_changed_by) = (Some(now), Some(who));
                }
            }
            Action::Withdraw
            | Action::Reject
            | Action::Join
            | Action::Leave
            | Action::Kick
            | Action::Unban
            | Action::Restore(_) => {}
        }
        Some(MembershipRow::after(before, self.group.number, person, &said, now))
    }

    /// Makes this one the owner who was named in a change of the group, or says why not.
    pub(super) fn appoint(&mut self, owner: i64) -> Result<(), Failure> {
        match self.one(&Step::new(PersonKey::Number(owner), Action::Appoint))? {
            Outcome::Taken(_) => Ok(()),
            Outcome::Failed(StepFailure::Refused(refusal), _) => Err(CommandError::Owner(refusal).into()),
            Outcome::Failed(StepFailure::NoSuchPerson | StepFailure::Ambiguous, _) => {
                Err(bad("owner", "names nobody").into())
            }
        }
    }

    /// The person owns the group from now on.
    fn pass_on(&mut self, person: i64) -> Result<(), Failure> {
        self.group.owner = person;
        self.group.updated_at = self.by.now.max(1);
        let mut sql = Sql::new(self.work.connection);
        sql.push("UPDATE \"groups\" SET owner = ").int(person).push(", updated_at = ").int(self.group.updated_at);
        sql.push(" WHERE number = ").int(self.group.number).execute(self.work.connection)?;
        Ok(())
    }
}

/// What came of one step.
enum Outcome {
    Taken(Taken),
    /// It failed; what would have come of it, were it done already.
    Failed(StepFailure, Option<Taken>),
}

/// The set of this one scope.
fn admin() -> ScopeSet {
    ScopeSet::NONE.with(Scope::Admin)
}

/// 1 for an admin among the members.
fn is_admin(row: Option<&MembershipRow>) -> i64 {
    let admin = |row: &&MembershipRow| row.state == State::Member.as_str() && row.scope == Scope::Admin.as_str();
    i64::from(row.filter(admin).is_some())
}
