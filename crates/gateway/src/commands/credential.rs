//! `rollcall credential …`: making, listing and revoking credentials.

use crate::cli::{CreateCommand, CredentialCommand, KeyScope, Place};
use access::{Credential, CredentialKind, NewCredential, Rights, Secret, Vault};
use anyhow::{Context, bail};
use membership::{Directory, PersonKey};
use serde_json::json;
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
    let (made, shown) = match command {
        CreateCommand::Elance { login } => {
            let (made, token) = elance_token(store, login, "")?;
            (made, json!({ "access_token": token.reveal() }))
        }
        CreateCommand::Rm => {
            // An application of the whole organization: it acts as the system.
            let client_id = Secret::hexadecimal(16)?.reveal().to_owned();
            let secret = Secret::hexadecimal(20)?;
            let new = new("rm", CredentialKind::Client, Rights::FULL, &client_id, &secret);
            (store.create(&new)?, json!({ "client_id": client_id, "client_secret": secret.reveal() }))
        }
        CreateCommand::Cometchat { scope } => {
            let (made, key) = cometchat_key(store, *scope, "")?;
            (made, json!({ "apikey": key.reveal() }))
        }
    };
    if let Err(error) = show(&shown) {
        // Nobody has seen the secret, and nobody ever will.
        store.revoke(made.id, super::now())?;
        return Err(error).context("cannot write the secret, so the credential is revoked");
    }
    log::info!("credential {} made for the dialect {}", made.id, made.audience);
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

/// Makes an Elance token of the person with this login, of the shape that Elance's clients know: 24 hexadecimal
/// digits of an application, the person's number, 22 letters and digits. `client_id` is noted with it.
pub(super) fn elance_token(store: &Store, login: &str, client_id: &str) -> anyhow::Result<(Credential, Secret)> {
    let person = store.person(&PersonKey::Login(login.to_owned()))?;
    let person = person.with_context(|| format!("there is no person with the login `{login}`"))?;
    let application = Secret::hexadecimal(16)?;
    let application = application.reveal().get(..24).unwrap_or_default();
    let token = Secret::alphanumeric()?.prefixed(&format!("{application}|{}|", person.number));
    let new = new("elance", CredentialKind::Token, Rights::USER, client_id, &token);
    Ok((store.create(&NewCredential { person: Some(person.number), ..new })?, token))
}

/// Makes a CometChat key: 40 hexadecimal digits. `client_id` is noted with it.
pub(super) fn cometchat_key(store: &Store, scope: KeyScope, client_id: &str) -> anyhow::Result<(Credential, Secret)> {
    let rights = match scope {
        KeyScope::FullAccess => Rights::FULL,
        KeyScope::AuthOnly => Rights::MINT_ONLY,
    };
    let key = Secret::hexadecimal(20)?;
    Ok((store.create(&new("cometchat", CredentialKind::Key, rights, client_id, &key))?, key))
}

/// Makes an RM token, of an application of the whole organization: 40 hexadecimal digits. `client_id` is noted with it.
pub(super) fn rm_token(store: &Store, client_id: &str) -> anyhow::Result<(Credential, Secret)> {
    let token = Secret::hexadecimal(20)?;
    Ok((store.create(&new("rm", CredentialKind::Token, Rights::FULL, client_id, &token))?, token))
}

fn new(audience: &str, kind: CredentialKind, rights: Rights, client_id: &str, secret: &Secret) -> NewCredential {
    NewCredential {
        audience: audience.to_owned(),
        kind,
        rights,
        person: None,
        client_id: client_id.to_owned(),
        parent: None,
        secret: secret.hash(),
        created_at: super::now(),
        expires_at: None,
    }
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
