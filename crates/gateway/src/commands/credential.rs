//! `rollcall credential …`: making, listing and revoking credentials, and setting passwords.

use super::password;
use crate::cli::{ClientArgs, CreateCommand, CredentialCommand, LimitArgs, ListArgs, Place, REDIRECT_URIS, Scope};
use crate::issue::{Client, Issued, Terms, Wanted, issue};
use access::{Credential, CredentialQuery, Groups, PasswordHash, Secret, Vault, VaultError};
use anyhow::{Context, bail};
use membership::{By, Directory, PersonKey};
use serde_json::{Map, Value, json};
use std::io::Write;
use store::Store;

/// Does what the command line says about credentials.
pub(super) fn run(place: &Place, command: &CredentialCommand) -> anyhow::Result<()> {
    let store = super::open_existing(&super::settings(place)?)?;
    match command {
        CredentialCommand::Create(command) => create(&store, command),
        CredentialCommand::List(args) => list(&store, args),
        CredentialCommand::Revoke { id: Some(id), .. } => revoke(&store, *id),
        CredentialCommand::Revoke { login, .. } => {
            let person = person(&store, login.as_deref().unwrap_or_default())?;
            let revoked = store.revoke_of_person(&By::system(super::now()), person, &|_| true)?;
            shown_or_not(show(&json!({ "revoked": revoked })))
        }
        CredentialCommand::Password { login, generate, remove } => {
            let person = person(&store, login)?;
            if *generate {
                let password = fresh_password(&store, person)?;
                return Ok(show(&json!({ "login": login, "password": password.reveal() }))?);
            }
            let hash = if *remove { None } else { Some(PasswordHash::of(&password::read()?)?) };
            keep_password(&store, person, hash.as_ref())
        }
    }
}

/// Gives the person of this number a new password, made up of 131 random bits.
pub(super) fn fresh_password(store: &Store, person: i64) -> anyhow::Result<Secret> {
    let password = Secret::alphanumeric()?;
    keep_password(store, person, Some(&PasswordHash::of(password.reveal())?))?;
    Ok(password)
}

fn keep_password(store: &Store, person: i64, hash: Option<&PasswordHash>) -> anyhow::Result<()> {
    if !store.set_password(&By::system(super::now()), person, hash)? {
        bail!("the person has been deleted meanwhile");
    }
    log::info!("the password of person {person} is {}", if hash.is_some() { "set" } else { "forgotten" });
    Ok(())
}

fn create(store: &Store, command: &CreateCommand) -> anyhow::Result<()> {
    let (wanted, scope, limits) = match command {
        CreateCommand::Elance(args) => {
            let wanted = match &args.login {
                Some(login) => Wanted::Elance(person(store, login)?),
                None => Wanted::ElanceClient(client(&args.about)?),
            };
            (wanted, args.scope, &args.limits)
        }
        CreateCommand::Rm { client: about, scope, limits } => (Wanted::Rm(client(about)?), *scope, limits),
        CreateCommand::Cometchat { scope, limits } => (Wanted::Cometchat(*scope), None, limits),
        CreateCommand::Admin { scope, limits } => (Wanted::Admin, Some(*scope), limits),
    };
    let made = issue(store, wanted, terms(store, scope, limits)?)?;
    let shown: Map<String, Value> =
        made.shown.iter().map(|(name, secret)| ((*name).to_owned(), secret.reveal().into())).collect();
    if let Err(error) = show(&shown.into()) {
        // Nobody has seen the secret, and nobody ever will.
        store.revoke(&By::system(super::now()), made.credential.id)?;
        return Err(error).context("cannot write the secret, so the credential is revoked");
    }
    log::info!("credential {} made for {}", made.credential.id, made.credential.audience);
    Ok(())
}

/// Writes a line on stdout.
fn show(line: &serde_json::Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Revokes and tells whether the credential was in force until now.
fn revoke(store: &Store, id: i64) -> anyhow::Result<()> {
    let now = super::now();
    let was_in_force = store.get(id)?.is_some_and(|credential| credential.in_force(now));
    if !store.revoke(&By::system(now), id)? {
        bail!("there is no credential {id}");
    }
    shown_or_not(show(&json!({ "id": id, "was_in_force": was_in_force })))
}

/// What was to be shown is done, whether or not anybody reads of it.
fn shown_or_not(shown: std::io::Result<()>) -> anyhow::Result<()> {
    match shown {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        shown => Ok(shown?),
    }
}

/// Lists credentials, however many there are, a page after the other.
fn list(store: &Store, args: &ListArgs) -> anyhow::Result<()> {
    let query = CredentialQuery {
        audience: args.dialect.as_deref(),
        person: args.login.as_ref().map(|login| person(store, login)).transpose()?,
        in_force: args.in_force.then_some(true),
        after: args.after,
        ..CredentialQuery::all(super::now())
    };
    let mut out = std::io::stdout().lock();
    let most = usize::try_from(args.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    for credential in every(store, query).take(most) {
        writeln!(out, "{}", describe(&credential?))?;
    }
    Ok(())
}

/// All that the query asks for, whatever its window is, read a page at a time.
pub(super) fn every<'s>(
    store: &'s Store,
    mut query: CredentialQuery<'s>,
) -> impl Iterator<Item = Result<Credential, VaultError>> + 's {
    query.window = CredentialQuery::all(query.now).window;
    let mut page = Vec::new().into_iter();
    let mut ended = false;
    std::iter::from_fn(move || {
        if let Some(next) = page.next() {
            return Some(Ok(next));
        }
        if ended {
            return None;
        }
        match store.list(&query) {
            Ok(found) => page = found.rows.into_iter(),
            Err(error) => {
                ended = true;
                return Some(Err(error));
            }
        }
        query.after = page.as_slice().last().map_or(query.after, |last| last.id);
        page.next().map(Ok)
    })
}

fn client(args: &ClientArgs) -> anyhow::Result<Client> {
    if args.redirect_uris.len() > REDIRECT_URIS {
        bail!("a client has at most {REDIRECT_URIS} addresses");
    }
    Ok(Client { name: args.name.clone().unwrap_or_default(), redirect_uris: args.redirect_uris.clone() })
}

fn terms(store: &Store, scope: Option<Scope>, limits: &LimitArgs) -> anyhow::Result<Terms<'static>> {
    let now = super::now();
    let expires_at = limits.expires_at.or(limits.expires.map(|days| now + i64::from(days) * 86_400));
    if expires_at.is_some_and(|at| at <= now) {
        bail!("--expires-at must be a time to come");
    }
    let number = |key| Ok(store.group(key)?.with_context(|| format!("there is no group {key:?}"))?.number);
    let groups = match &limits.groups[..] {
        [] => Groups::All,
        keys if keys.len() > GROUPS => bail!("a credential is limited to at most {GROUPS} groups"),
        keys => Groups::only(keys.iter().map(number).collect::<anyhow::Result<Vec<i64>>>()?),
    };
    Ok(Terms { expires_at, scope, groups, ..Terms::usual("", now) })
}

/// At most how many groups a credential may be limited to: each is looked at when a person is.
const GROUPS: usize = 100;

/// Makes a credential without an end or limit, with which `note` is noted.
pub(super) fn make(store: &Store, wanted: Wanted, note: &str) -> anyhow::Result<Issued> {
    Ok(issue(store, wanted, Terms::usual(note, super::now()))?)
}

/// The number of the person with this login.
pub(super) fn person(store: &Store, login: &str) -> anyhow::Result<i64> {
    let person = store.person(&PersonKey::Login(login.to_owned()))?;
    Ok(person.with_context(|| format!("there is no person with the login `{login}`"))?.number)
}

/// A credential as one line of JSON. There is no secret in it: the store has none.
fn describe(credential: &Credential) -> serde_json::Value {
    json!({
        "id": credential.id,
        "dialect": credential.audience,
        "kind": credential.kind.as_str(),
        "rights": credential.rights.to_words(),
        "person": credential.person,
        "client_id": credential.client_id,
        "parent": credential.parent,
        "created_at": credential.created_at,
        "expires_at": credential.expires_at,
        "revoked_at": credential.revoked_at,
        "used_at": credential.used_at,
        "last_used_at": credential.last_used_at,
        "groups": credential.agreed.groups.limit(),
        "name": credential.agreed.name,
        "redirect_uris": credential.agreed.redirect_uris,
        "scope": credential.agreed.scope,
    })
}
