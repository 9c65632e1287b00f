//! What a user of the SDK asks about itself, from signing in to signing out. These calls are for a token: a key is
//! nobody, even where it acts for somebody.

use crate::body::Fields;
use crate::entities::User;
use crate::page;
use crate::routes::Asked;
use crate::users::fields;
use dialect::access::{Operation, Secret};
use dialect::json::Object;
use dialect::{Action, Refusal, Reply, Session};
use membership::{Person, PersonKey, Presence};

mod settings;

use settings::Settings;

/// Random bytes of the id of a session.
const SESSION_BYTES: usize = 16;
/// The longest id of a session that is given back, in characters.
const SESSION: usize = 256;

/// `GET /me`.
pub fn get(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let (token, settings) = (asked.token().cloned(), Settings::of(asked.request, asked.host));
    Ok(Action::quick(Operation::ReadSelf, move |session| {
        let token = token.as_ref().ok_or(Refusal::NeedsPerson)?;
        let person = session.person(&PersonKey::Number(session.viewer()?.number))?;
        Ok(write(session, &person, token, &settings))
    }))
}

/// `PUT /me`: how the SDK signs in with a token, which it wants to get back. What the body tells of the device is passed
/// over; what it says of the user is changed.
pub fn sign_in(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let (token, settings) = (asked.token().cloned(), Settings::of(asked.request, asked.host));
    let record = fields::of_oneself(&Fields::of_body(asked.request.body)?)?;
    Ok(Action::task(Operation::ChangeSelf, move |session| {
        let token = token.as_ref().ok_or(Refusal::NeedsPerson)?;
        if let Some(record) = &record {
            session.edit_person(&session.by(), &PersonKey::Number(session.viewer()?.number), record)?;
        }
        let person = session.set_presence(Presence::Available)?;
        Ok(write(session, &person, token, &settings))
    }))
}

/// `DELETE /me`: the token ends.
pub fn sign_out(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let is_token = asked.token().is_some();
    Ok(Action::task(Operation::ChangeSelf, move |session| {
        let token = session.principal().credential.filter(|_| is_token).ok_or(Refusal::NeedsPerson)?;
        // Before the token ends: whatever fails, the client may try again.
        let person = session.set_presence(Presence::Offline)?;
        session.revoke(token)?;
        Ok(page::done(&format!("The user {} is signed out.", person.uid)))
    }))
}

/// `GET /settings`.
pub fn settings(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let settings = Settings::of(asked.request, asked.host);
    Ok(Action::quick(Operation::ReadSelf, move |_| Ok(page::data(|out| settings.write(out)))))
}

/// `POST /user_sessions`: the SDK tells about its device. Nothing is kept; it gets its own id back.
pub fn session(asked: &Asked<'_>) -> Result<Action, Refusal> {
    let is_token = asked.token().is_some();
    let id = Fields::of_body(asked.request.body)?.text("sessionId", SESSION)?.filter(|id| !id.is_empty());
    Ok(Action::quick(Operation::ReadSelf, move |session| {
        if !is_token {
            return Err(Refusal::NeedsPerson);
        }
        let id = match &id {
            Some(id) => id.clone(),
            None => session.secret(SESSION_BYTES)?.reveal().to_owned(),
        };
        Ok(page::data(|out| Object::begin(out).string("sessionId", &id).end()))
    }))
}

fn write(session: &Session<'_>, person: &Person, token: &Secret, settings: &Settings) -> Reply {
    page::data(|out| {
        let mut object = Object::begin(out);
        User::new(person.view(), session.principal().viewer.as_ref()).fields(&mut object);
        object.string("authToken", token.reveal());
        settings.write(object.key("settings"));
        object.end();
    })
}
