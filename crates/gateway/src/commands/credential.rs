//! `rollcall credential …`: making, listing and revoking credentials.

use crate::cli::{CreateCommand, CredentialCommand, Place};
use crate::issue::{Issued, Terms, Wanted, issue};
use access::{Credential, Vault};
use anyhow::{Context, bail};
use membership::{Directory, PersonKey};
use serde_json::{Map, Value, json};
use std::io::Write;
use store::Store;

/// Does what the command line says about credentials.
pub(super) fn run(place: &Place, command: &CredentialCommand) -> anyhow::Result<()> {
    let store = super::open_existing(&super::settings(place)?)?;
    match command {
        CredentialCommand::Create(command) => create(&store, command),
        CredentialCommand::List => {
            let mut out = std::io::stdout().lock();
            for credential in &store.list()? {
                writeln!(out, "{}", describe(credential))?;
            }
            Ok(())
        }
        CredentialCommand::Revoke { id } => revoke(&store, *id),
    }
}

fn create(store: &Store, command: &CreateCommand) -> anyhow::Result<()> {
    let wanted = match command {
        CreateCommand::Elance { login } => Wanted::Elance(person(store, login)?),
        CreateCommand::Rm => Wanted::Rm,
        CreateCommand::Cometchat { scope } => Wanted::Cometchat(*scope),
        CreateCommand::Admin { scope } => Wanted::Admin(*scope),
    };
    let made = make(store, wanted, "")?;
    let shown: Map<String, Value> =
        made.shown.iter().map(|(name, secret)| ((*name).to_owned(), secret.reveal().into())).collect();
    if let Err(error) = show(&shown.into()) {
        // Nobody has seen the secret, and nobody ever will.
        store.revoke(made.credential.id, super::now())?;
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
    let in_force = |c: &Credential| c.id == id && c.revoked_at.is_none() && c.expires_at.is_none_or(|at| at > now);
    let was_in_force = store.list()?.iter().any(in_force);
    if !store.revoke(id, now)? {
        bail!("there is no credential {id}");
    }
    match show(&json!({ "id": id, "was_in_force": was_in_force })) {
        // Nobody reads it. It is revoked all the same.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        shown => Ok(shown?),
    }
}

/// Makes a credential without an end, with which `note` is noted.
pub(super) fn make(store: &Store, wanted: Wanted, note: &str) -> anyhow::Result<Issued> {
    Ok(issue(store, wanted, Terms { note, now: super::now(), expires_at: None })?)
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
    })
}
