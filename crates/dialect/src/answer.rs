//! Authorizing and running a call: the two steps between parsing and sending that need the core.

use crate::{Action, Call, Known, Presented, Refusal, Reply, Session, Token, within};
use access::{
    Agreed, Credential, CredentialKind, Denial, NewCredential, NoRandomness, Operation, Principal, Secret, Vault,
    VaultError, Viewer,
};
use membership::limits::BadText;
use membership::{By, CommandError, Directory, DirectoryError, MemberQuery, PersonKey, Registrar};
use std::sync::Arc;

/// What answers calls.
#[derive(Clone, Copy)]
pub struct Core<'a> {
    /// Knows the members.
    pub directory: &'a dyn Directory,
    /// Changes what the directory knows.
    pub registrar: &'a dyn Registrar,
    /// Knows the credentials.
    pub vault: &'a dyn Vault,
    /// The time, in unix seconds.
    pub now: i64,
}

/// After how many seconds a client may ask again when the store is away.
pub(crate) const RETRY_AFTER: u32 = 30;

/// Authorizes `call` for the dialect called `audience`, runs it and writes its outcome. Blocks as long as the core does.
pub fn answer(core: Core<'_>, audience: &str, call: &Call) -> Result<Reply, Refusal> {
    answer_if(core, audience, call, None, |_| Ok(()))
}

/// The same, as long as `admit` has nothing against the credential. It is asked once, as soon as a credential is known
/// to be good, whatever that may do; not at all for what needs none. Whoever is `remembered` for what was presented, and
/// proven to be so still, is not looked up.
pub fn answer_if(
    core: Core<'_>,
    audience: &str,
    call: &Call,
    remembered: Option<Known>,
    admit: impl FnOnce(&Known) -> Result<(), Refusal>,
) -> Result<Reply, Refusal> {
    let principal = authorize(core, audience, call, remembered, admit)?;
    run(core, audience, &principal, &call.action)
}

/// Runs an action for a principal who may do it, and writes its outcome. Blocks as long as the core does.
pub fn run(core: Core<'_>, audience: &str, principal: &Principal, action: &Action) -> Result<Reply, Refusal> {
    within(core, principal, |core| match action {
        Action::Members { query, write } => members(core, query, principal, write),
        Action::CountMembers { query, write } => {
            let count = core.directory.count(query).map_err(directory_refusal)?;
            Ok(write(principal, count))
        }
        Action::ExchangeClientSecret { client_id, client_secret, lifetime, write } => {
            exchange(core, audience, client_id, client_secret, *lifetime).map(|token| write(&token))
        }
        Action::Task { run, .. } => run(&Session::new(core, audience, principal)),
    })
}

fn authorize(
    core: Core<'_>,
    audience: &str,
    call: &Call,
    remembered: Option<Known>,
    admit: impl FnOnce(&Known) -> Result<(), Refusal>,
) -> Result<Arc<Principal>, Refusal> {
    let operation: Operation = call.action.operation();
    if operation.needs().is_none() {
        return Ok(Arc::new(Principal::nobody()));
    }
    let Presented::Secret(kind, secret) = &call.presented else { return Err(Denial::Missing.into()) };
    let known = match remembered {
        Some(known) => known,
        None => Known::find(core, audience, *kind, &secret.hash())?,
    };
    admit(&known)?;
    known.may(core, operation)?;
    let Some(uid) = &call.on_behalf_of else { return Ok(Arc::clone(known.principal())) };
    let key = PersonKey::Uid(uid.clone());
    let person = core.directory.person(&key).map_err(directory_refusal)?;
    let person = person.ok_or_else(|| Refusal::NoSuchPerson(uid.clone()))?;
    let viewer = Some(Viewer { number: person.number, uid: person.uid });
    Ok(Arc::new(Principal { viewer, ..Principal::clone(known.principal()) }))
}

fn members(
    core: Core<'_>,
    query: &MemberQuery,
    principal: &Principal,
    write: &dyn Fn(&Principal, membership::MemberPage<'_>) -> Reply,
) -> Result<Reply, Refusal> {
    let mut reply = None;
    core.directory.members(query, &mut |page| reply = Some(write(principal, page))).map_err(directory_refusal)?;
    reply.ok_or(Refusal::Internal)
}

/// The client of this public id and secret.
pub(crate) fn authenticate(
    core: Core<'_>,
    audience: &str,
    client_id: &str,
    client_secret: &Secret,
) -> Result<Credential, Refusal> {
    let found = core.vault.client(audience, client_id).map_err(vault_refusal)?;
    let (client, hash) = found.ok_or(Refusal::BadClient)?;
    if client_secret.hash() != hash || !client.in_force(core.now) {
        return Err(Refusal::BadClient);
    }
    core.vault.note_use(client.id, core.now);
    Ok(client)
}

fn exchange(
    core: Core<'_>,
    audience: &str,
    client_id: &str,
    client_secret: &Secret,
    lifetime: i64,
) -> Result<Token, Refusal> {
    let client = authenticate(core, audience, client_id, client_secret)?;
    let access_token = Secret::hexadecimal(20).map_err(no_randomness)?;
    let expires_at = core.now.saturating_add(lifetime);
    let by = By { person: None, credential: Some(client.id), now: core.now };
    let created = core.vault.create(
        &by,
        &NewCredential {
            audience: audience.to_owned(),
            kind: CredentialKind::Token,
            rights: client.rights,
            person: client.person,
            client_id: client.client_id,
            parent: Some(client.id),
            secret: access_token.hash(),
            created_at: core.now,
            expires_at: Some(expires_at),
            agreed: Agreed::limited(client.agreed.groups),
        },
    );
    match created {
        Ok(_) => Ok(Token { access_token, expires_in: lifetime, expires_at }),
        Err(VaultError::Gone) => Err(Refusal::BadClient),
        Err(error) => Err(vault_refusal(error)),
    }
}

/// The operating system gives no random bits.
pub(crate) fn no_randomness(error: NoRandomness) -> Refusal {
    log::error!("{error}");
    Refusal::Unavailable(RETRY_AFTER)
}

pub(crate) fn directory_refusal(error: DirectoryError) -> Refusal {
    match error {
        DirectoryError::NoSuchGroup => Refusal::NoSuchGroup,
        DirectoryError::OutOfReach => Denial::NotAllowed.into(),
        DirectoryError::Gone(floor) => Refusal::Pruned(floor),
        DirectoryError::Unavailable(_) => {
            log::error!("{error}");
            Refusal::Unavailable(RETRY_AFTER)
        }
        DirectoryError::Fault(_) => {
            log::error!("{error}");
            Refusal::Internal
        }
    }
}

pub(crate) fn command_refusal(error: CommandError) -> Refusal {
    match error {
        CommandError::NoSuchGroup => Refusal::NoSuchGroup,
        CommandError::NoSuchPerson => Refusal::NoSuchPerson(String::new()),
        CommandError::NoSuchJob => Refusal::NoSuchJob,
        CommandError::Step { entry, failure } => Refusal::Step { entry: Some(entry), failure },
        CommandError::NotAllowed(refusal) => refusal.into(),
        CommandError::Owner(refusal) => {
            BadText { field: "owner", problem: format!("must be another person: this one {refusal}") }.into()
        }
        CommandError::Field(bad) => bad.into(),
        // No dialect lets a number be chosen.
        CommandError::InUse(field) | CommandError::Spent(field) => Refusal::InUse(field),
        CommandError::Immutable(field) => Refusal::Immutable(field),
        CommandError::StillOwner(guid) => Refusal::StillOwner(guid),
        CommandError::Unexpected => Refusal::Unexpected,
        CommandError::Directory(error) => directory_refusal(error),
    }
}

pub(crate) fn vault_refusal(error: VaultError) -> Refusal {
    log::error!("{error}");
    match error {
        VaultError::Gone | VaultError::Unavailable(_) => Refusal::Unavailable(RETRY_AFTER),
        VaultError::Fault(_) => Refusal::Internal,
    }
}
