//! Tokens with which users of the SDK sign in: made, listed and deleted by an application. Only the hash of a token is
//! kept, so it is shown once, when it is made; a list shows an identifier in its place, by which it can be deleted.

use crate::body::Fields;
use crate::parameters::{self, SIZE};
use crate::routes::Asked;
use crate::{errors, keys, page};
use dialect::access::{Credential, CredentialKind, Operation, Rights, Secret};
use dialect::json::Object;
use dialect::{Action, NewToken, Query, Refusal, Session, decode_segment};
use membership::Person;

/// Random bytes of a token.
const BYTES: usize = 16;

/// `POST /users/{uid}/auth_tokens`. Every call makes another token, whether `force` is said or not.
pub fn create(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let key = keys::person(asked.first());
    Fields::of_body(asked.request.body)?.flag("force")?;
    Ok(Action::task(Operation::MintTokens, move |session| {
        let person = session.person(&key)?;
        let token = issue(session, &person)?;
        Ok(page::data(|out| write(&person, token.reveal(), session.now(), out)))
    }))
}

/// `GET /users/{uid}/auth_tokens`.
pub fn list(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let key = keys::person(asked.first());
    let paging = parameters::paging(&Query::parse(asked.request.query), SIZE)?;
    Ok(Action::task(Operation::ManageTokens, move |session| {
        let person = session.person(&key)?;
        let tokens = valid(session, &person)?;
        let window = paging.window();
        let offset = usize::try_from(window.offset).unwrap_or(usize::MAX);
        let shown: Vec<_> = tokens.iter().skip(offset).take(window.limit as usize).collect();
        Ok(page::write(paging, tokens.len() as u64, shown.len(), |rows| {
            for token in &shown {
                write(&person, &token.id.to_string(), token.created_at, rows.next(None));
            }
        }))
    }))
}

/// `GET /users/{uid}/auth_tokens/{authToken}`, by the token itself or by the identifier, which is given back.
pub fn get(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let (key, named) = (keys::person(asked.first()), name(asked));
    Ok(Action::task(Operation::ManageTokens, move |session| {
        let person = session.person(&key)?;
        let Some(token) = find(session, &person, &named)? else { return Ok(errors::no_such_token()) };
        Ok(page::data(|out| write(&person, named.reveal(), token.created_at, out)))
    }))
}

/// `DELETE /users/{uid}/auth_tokens/{authToken}`, by the token itself or by the identifier.
pub fn delete(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let (key, named) = (keys::person(asked.first()), name(asked));
    Ok(Action::task(Operation::ManageTokens, move |session| {
        let person = session.person(&key)?;
        let Some(token) = find(session, &person, &named)? else { return Ok(errors::no_such_token()) };
        session.revoke(token.id)?;
        Ok(page::done(&format!("The auth token of the user {} has been deleted.", person.uid)))
    }))
}

/// `DELETE /users/{uid}/auth_tokens`: every token of the user.
pub fn delete_all(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let key = keys::person(asked.first());
    Ok(Action::task(Operation::ManageTokens, move |session| {
        let person = session.person(&key)?;
        for token in valid(session, &person)? {
            session.revoke(token.id)?;
        }
        Ok(page::done(&format!("All auth tokens of the user {} have been deleted.", person.uid)))
    }))
}

/// Makes a token for a person.
fn issue(session: &Session<'_>, person: &Person) -> Result<Secret, Refusal> {
    let new = fresh(session, person.number, &person.uid)?;
    let secret = new.secret.clone();
    session.issue(new)?;
    Ok(secret)
}

/// A token to be issued. It looks as the vendor's do: whose it is, when it was made, and 128 random bits.
pub fn fresh(session: &Session<'_>, person: i64, uid: &str) -> Result<NewToken, Refusal> {
    let secret = session.secret(BYTES)?.prefixed(&format!("{uid}_{}", session.now()));
    Ok(NewToken { person, rights: Rights::USER, secret, expires_at: None })
}

/// The tokens of a person that open something, by the time at which they were made.
fn valid(session: &Session<'_>, person: &Person) -> Result<Vec<Credential>, Refusal> {
    let mut tokens = session.credentials_of(person.number)?;
    tokens.retain(|token| is_valid(session, token));
    Ok(tokens)
}

fn is_valid(session: &Session<'_>, token: &Credential) -> bool {
    let expired = token.expires_at.is_some_and(|at| at <= session.now());
    token.kind == CredentialKind::Token && token.revoked_at.is_none() && !expired
}

/// The valid token of this person that is so named.
fn find(session: &Session<'_>, person: &Person, named: &Secret) -> Result<Option<Credential>, Refusal> {
    if let Some(token) = session.find_credential(CredentialKind::Token, named)? {
        return Ok((token.person == Some(person.number) && is_valid(session, &token)).then_some(token));
    }
    let digits = named.reveal().bytes().all(|byte| byte.is_ascii_digit());
    let Some(id) = digits.then(|| named.reveal().parse::<i64>().ok()).flatten() else { return Ok(None) };
    Ok(valid(session, person)?.into_iter().find(|token| token.id == id))
}

/// The token or identifier in the path, treated as the secret that it may be.
fn name(asked: &Asked<'_>) -> Secret {
    Secret::presented(decode_segment(asked.second()).unwrap_or_default())
}

fn write(person: &Person, token: &str, created_at: i64, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.string("uid", &person.uid).string("authToken", token).integer("createdAt", created_at).end();
}
