//! What a task may ask of the core, in the name of an authorized principal. Every answer that is none is a [`Refusal`]
//! already, so a task is a short chain of `?`.

use crate::answer::{command_refusal, directory_refusal, no_randomness, vault_refusal};
use crate::{Core, Fault, Refusal};
use access::{
    Agreed, Credential, CredentialKind, Denial, NewCredential, Principal, Right, Rights, Secret, VaultError, Viewer,
};
use membership::life_cycle::Action as StepAction;
use membership::record::PersonRecord;
use membership::{
    By, Expected, Failing, Group, GroupEdit, GroupEntry, GroupKey, GroupQuery, Job, JobQuery, Membership,
    MembershipEntry, NewGroup, NewJob, Page, Person, PersonKey, PersonQuery, Presence, State, Step, StepFailure,
    Stepped, Taken, Window,
};
use std::sync::{Mutex, PoisonError};

/// One task's way to the core.
pub struct Session<'a> {
    pub(crate) core: Core<'a>,
    pub(crate) audience: &'a str,
    principal: &'a Principal,
}

/// A token to be issued to a person.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Number of the person; 0 where that is not known yet ([`Session::create_person_with`]).
    pub person: i64,
    /// What it lets its holder do.
    pub rights: Rights,
    /// The secret; the core keeps its hash only.
    pub secret: Secret,
    /// From when on it is no longer valid, in unix seconds.
    pub expires_at: Option<i64>,
}

impl<'a> Session<'a> {
    /// A session of an authorized principal of the dialect called `audience`.
    pub(crate) const fn new(core: Core<'a>, audience: &'a str, principal: &'a Principal) -> Self {
        Self { core, audience, principal }
    }

    /// The time, in unix seconds.
    pub const fn now(&self) -> i64 {
        self.core.now
    }

    /// Who asks.
    pub const fn principal(&self) -> &Principal {
        self.principal
    }

    /// The person who asks, or on whose behalf a key asks; refused when there is none.
    pub fn viewer(&self) -> Result<&Viewer, Refusal> {
        self.principal.viewer.as_ref().ok_or(Refusal::NeedsPerson)
    }

    /// The number of that person, if there is one.
    pub fn viewer_number(&self) -> Option<i64> {
        self.principal.viewer.as_ref().map(|viewer| viewer.number)
    }

    /// On whose authority something is changed: the person's, where there is one, else the system's.
    pub fn by(&self) -> By {
        self.principal.by(self.core.now)
    }

    /// On the authority of an application, on whose behalf ever it asks; refused when its rights do not include
    /// administration.
    pub fn by_application(&self) -> Result<By, Refusal> {
        if self.principal.rights.contains(Right::Admin) {
            Ok(By { person: None, ..self.by() })
        } else {
            Err(Denial::NotAllowed.into())
        }
    }

    /// See [`membership::Directory::groups`].
    pub fn groups(&self, query: &GroupQuery) -> Result<Page<GroupEntry>, Refusal> {
        self.core.directory.groups(query).map_err(directory_refusal)
    }

    /// See [`membership::Directory::count_groups`].
    pub fn count_groups(&self, query: &GroupQuery) -> Result<u64, Refusal> {
        self.core.directory.count_groups(query).map_err(directory_refusal)
    }

    /// The group so named, as the viewer sees it.
    pub fn group(&self, key: &GroupKey) -> Result<GroupEntry, Refusal> {
        self.core.directory.group_entry(key, self.viewer_number()).map_err(directory_refusal)
    }

    /// See [`membership::Directory::persons`].
    pub fn persons(&self, query: &PersonQuery) -> Result<Page<Person>, Refusal> {
        self.core.directory.persons(query).map_err(directory_refusal)
    }

    /// See [`membership::Directory::count_persons`].
    pub fn count_persons(&self, query: &PersonQuery) -> Result<u64, Refusal> {
        self.core.directory.count_persons(query).map_err(directory_refusal)
    }

    /// The person so named; refused when there is none.
    pub fn person(&self, key: &PersonKey) -> Result<Person, Refusal> {
        let found = self.core.directory.person(key).map_err(directory_refusal)?;
        found.ok_or_else(|| no_such_person(key))
    }

    /// The membership of a person in a group, with both; refused when there is no such group or person.
    pub fn membership(&self, group: &GroupKey, person: &PersonKey) -> Result<MembershipEntry, Refusal> {
        let found = self.core.directory.membership(group, person).map_err(directory_refusal)?;
        found.ok_or_else(|| no_such_person(person))
    }

    /// See [`membership::Directory::memberships_of`].
    pub fn memberships_of(
        &self,
        person: i64,
        state: State,
        window: Window,
    ) -> Result<Page<(Group, Membership)>, Refusal> {
        self.core.directory.memberships_of(person, state, window).map_err(directory_refusal)
    }

    /// See [`membership::Directory::jobs`].
    pub fn jobs(&self, query: &JobQuery) -> Result<Page<Job>, Refusal> {
        self.core.directory.jobs(query).map_err(directory_refusal)
    }

    /// The job of this number; refused when there is none.
    pub fn job(&self, number: i64) -> Result<Job, Refusal> {
        self.core.directory.job(number).map_err(directory_refusal)?.ok_or(Refusal::NoSuchJob)
    }

    /// Takes one step in the life of one membership. The refusal names no entry.
    pub fn step(&self, group: &GroupKey, step: &Step) -> Result<(GroupEntry, Taken), Refusal> {
        let one = std::slice::from_ref(step);
        let stepped = match self.steps(group, one, Failing::Together(&[])) {
            Err(Refusal::Step { failure: StepFailure::NoSuchPerson, .. }) => {
                return Err(match &step.person {
                    membership::Named::Key(key) => no_such_person(key),
                    membership::Named::Name(name) => Refusal::NoSuchPerson(name.clone()),
                });
            }
            Err(Refusal::Step { failure, .. }) => return Err(Refusal::Step { entry: None, failure }),
            other => other?,
        };
        match stepped.steps.into_iter().next() {
            Some(Ok(taken)) => Ok((stepped.group, taken)),
            Some(Err(failure)) => Err(Refusal::Step { entry: None, failure }),
            None => Err(Refusal::Internal),
        }
    }

    /// Takes a step in the viewer's own membership.
    pub fn own_step(
        &self,
        group: &GroupKey,
        action: StepAction,
        password: Option<String>,
    ) -> Result<(GroupEntry, Taken), Refusal> {
        let person = PersonKey::Number(self.viewer()?.number).into();
        self.step(group, &Step { person, action, password })
    }

    /// See [`membership::Registrar::steps`].
    pub fn steps(&self, group: &GroupKey, steps: &[Step], failing: Failing) -> Result<Stepped, Refusal> {
        self.core.registrar.steps(&self.by(), group, steps, failing).map_err(command_refusal)
    }

    /// See [`membership::Registrar::create_group`].
    pub fn create_group(&self, new: &NewGroup) -> Result<Stepped, Refusal> {
        self.core.registrar.create_group(&self.by(), new).map_err(command_refusal)
    }

    /// See [`membership::Registrar::edit_group`].
    pub fn edit_group(&self, key: &GroupKey, edit: &GroupEdit) -> Result<GroupEntry, Refusal> {
        self.core.registrar.edit_group(&self.by(), key, edit, None).map_err(command_refusal)
    }

    /// The same where `judge` finds nothing wrong with the change: in the very transaction that makes it, on the group as
    /// it is then.
    pub fn edit_group_judged(
        &self,
        key: &GroupKey,
        edit: &GroupEdit,
        judge: impl Fn(&Group) -> Result<(), Fault> + Sync,
    ) -> Result<GroupEntry, Refusal> {
        judging(judge, |expected| {
            self.core.registrar.edit_group(&self.by(), key, edit, expected).map_err(command_refusal)
        })
    }

    /// See [`membership::Registrar::delete_group`].
    pub fn delete_group(&self, key: &GroupKey) -> Result<Group, Refusal> {
        self.core.registrar.delete_group(&self.by(), key, None).map_err(command_refusal)
    }

    /// Makes a person, on the authority of the system: the right to do so is [`access::Operation::CreatePerson`].
    pub fn create_person(&self, record: &PersonRecord) -> Result<Person, Refusal> {
        let by = By { person: None, ..self.by() };
        self.core.registrar.create_person(&by, record).map_err(command_refusal)
    }

    /// The same with a first token of the person's, whose number is not said, in one transaction.
    pub fn create_person_with(&self, record: &PersonRecord, token: NewToken) -> Result<Person, Refusal> {
        // The vault knows of no limit; within one nobody is made.
        if self.principal.groups.limit().is_some() {
            return Err(Denial::NotAllowed.into());
        }
        let by = By { person: None, ..self.by() };
        let made = self.core.vault.create_person_with(&by, record, &self.credential(token)).map_err(command_refusal)?;
        Ok(made.0)
    }

    /// Changes a person, on the authority `by`.
    pub fn edit_person(&self, by: &By, key: &PersonKey, record: &PersonRecord) -> Result<Person, Refusal> {
        self.core.registrar.edit_person(by, key, record, None).map_err(|error| of_person(error, key))
    }

    /// The same where `judge` finds nothing wrong with the change: in the very transaction that makes it, on the person as
    /// it is then.
    pub fn edit_person_judged(
        &self,
        by: &By,
        key: &PersonKey,
        record: &PersonRecord,
        judge: impl Fn(&Person) -> Result<(), Fault> + Sync,
    ) -> Result<Person, Refusal> {
        judging(judge, |expected| {
            self.core.registrar.edit_person(by, key, record, expected).map_err(|error| of_person(error, key))
        })
    }

    /// Deletes a person, on the authority of an application.
    pub fn delete_person(&self, key: &PersonKey) -> Result<Person, Refusal> {
        let by = self.by_application()?;
        self.core.registrar.delete_person(&by, key, None).map_err(|error| of_person(error, key))
    }

    /// Says that the viewer is there, or is not.
    pub fn set_presence(&self, presence: Presence) -> Result<Person, Refusal> {
        let key = PersonKey::Number(self.viewer()?.number);
        self.core.registrar.set_presence(&self.by(), &key, presence).map_err(command_refusal)
    }

    /// See [`membership::Registrar::post_job`].
    pub fn post_job(&self, new: &NewJob) -> Result<Job, Refusal> {
        self.core.registrar.post_job(&self.by(), new).map_err(command_refusal)
    }

    /// See [`membership::Registrar::close_job`].
    pub fn close_job(&self, number: i64) -> Result<Job, Refusal> {
        self.core.registrar.close_job(&self.by(), number).map_err(command_refusal)
    }

    /// Keeps a token for a person, for this dialect; limited to the same groups as the credential of who asks. Refused
    /// when the person was deleted meanwhile.
    pub fn issue(&self, new: NewToken) -> Result<Credential, Refusal> {
        let person = new.person;
        self.core.vault.create(&self.credential(new)).map_err(|error| match error {
            // It builds on nothing but the person.
            VaultError::Gone => no_such_person(&PersonKey::Number(person)),
            other => vault_refusal(other),
        })
    }

    fn credential(&self, token: NewToken) -> NewCredential {
        NewCredential {
            audience: self.audience.to_owned(),
            kind: CredentialKind::Token,
            rights: token.rights,
            person: Some(token.person),
            client_id: String::new(),
            parent: None,
            secret: token.secret.hash(),
            created_at: self.core.now,
            expires_at: token.expires_at,
            agreed: Agreed::limited(self.principal.groups.clone()),
        }
    }

    /// A fresh secret of `bytes` random bytes, as hexadecimal digits.
    pub fn secret(&self, bytes: usize) -> Result<Secret, Refusal> {
        Secret::hexadecimal(bytes).map_err(no_randomness)
    }

    /// The credentials of a person for this dialect, revoked and expired ones too, by id.
    pub fn credentials_of(&self, person: i64) -> Result<Vec<Credential>, Refusal> {
        let mut all = self.core.vault.of_person(self.audience, person).map_err(vault_refusal)?;
        all.retain(|credential| self.reaches(credential));
        Ok(all)
    }

    /// The credential of this dialect with this secret, whoever holds it.
    pub fn find_credential(&self, kind: CredentialKind, secret: &Secret) -> Result<Option<Credential>, Refusal> {
        let found = self.core.vault.find(self.audience, kind, &secret.hash()).map_err(vault_refusal)?;
        Ok(found.map(|found| found.credential).filter(|credential| self.reaches(credential)))
    }

    /// Whether the credential lets its holder see no group that is kept from who asks.
    fn reaches(&self, credential: &Credential) -> bool {
        self.principal.credential == Some(credential.id) || self.principal.groups.hold(&credential.agreed.groups)
    }

    /// Revokes a credential that [`Session::credentials_of`] or [`Session::find_credential`] gave, and all that were
    /// exchanged for it; false when there is none.
    pub fn revoke(&self, id: i64) -> Result<bool, Refusal> {
        self.core.vault.revoke(id, self.core.now).map_err(vault_refusal)
    }
}

/// Has `act` expect that `judge` finds nothing wrong with the row, and refuses with what it finds.
fn judging<T, R>(
    judge: impl Fn(&T) -> Result<(), Fault> + Sync,
    act: impl FnOnce(Expected<'_, T>) -> Result<R, Refusal>,
) -> Result<R, Refusal> {
    // A transaction that is tried again judges again; the last word counts.
    let found = Mutex::new(None);
    let last = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let fine = |row: &T| {
        let wrong = judge(row).err();
        let fine = wrong.is_none();
        *last() = wrong;
        fine
    };
    let outcome = act(Some(&fine));
    match outcome {
        Err(Refusal::Unexpected) => Err(last().take().map_or(Refusal::Unexpected, Refusal::from)),
        outcome => outcome,
    }
}

/// The person as the client named it.
fn no_such_person(key: &PersonKey) -> Refusal {
    Refusal::NoSuchPerson(match key {
        PersonKey::Number(number) => number.to_string(),
        PersonKey::Id(id) => id.to_string(),
        PersonKey::Uid(text) | PersonKey::Login(text) => text.clone(),
    })
}

fn of_person(error: membership::CommandError, key: &PersonKey) -> Refusal {
    match error {
        membership::CommandError::NoSuchPerson => no_such_person(key),
        other => command_refusal(other),
    }
}
