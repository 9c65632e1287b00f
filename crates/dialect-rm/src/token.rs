//! `POST /APIIntegration/Token`: from a client's id and secret to a token (OAuth 2.0, `client_credentials`).

use crate::LONGEST;
use dialect::access::Secret;
use dialect::{Action, Call, Fault, FaultCode, Form, Presented, Refusal, Reply, Request, Token, json};

/// How long a token from `client_credentials` is valid, in seconds (manual).
const LIFETIME: i64 = 86_400;

/// Reads the form in the body; every field is required. The address is not looked at, since secrets do not belong there.
pub(crate) fn exchange(request: &Request<'_>) -> Result<Call, Refusal> {
    if request.body.len() > LONGEST {
        return Err(Refusal::BodyTooLarge(LONGEST));
    }
    let unreadable = |_| Fault::new("body", FaultCode::Syntax, "is not valid UTF-8");
    let form = Form::parse(std::str::from_utf8(request.body).map_err(unreadable)?);
    let field = |name: &'static str| match form.one(&[name]) {
        Ok(Some(value)) => Ok(value.into_owned()),
        Ok(None) => Err(Fault::new(name, FaultCode::Required, "is required")),
        Err(fault) => Err(fault),
    };
    if field("grant_type")? != "client_credentials" {
        return Err(Refusal::UnsupportedGrant);
    }
    let action = Action::ExchangeClientSecret {
        client_id: field("client_id")?,
        client_secret: Secret::presented(field("client_secret")?),
        lifetime: LIFETIME,
        write: Box::new(reply),
    };
    Ok(Call { presented: Presented::Nothing, on_behalf_of: None, action })
}

/// Writes a token. JSON always, as OAuth 2.0 has it; `expires_in` is a text, as the vendor's client expects it.
fn reply(token: &Token) -> Reply {
    let mut body = Vec::new();
    let mut object = json::Object::begin(&mut body);
    object
        .string("access_token", token.access_token.reveal())
        .string("token_type", "bearer")
        .plain("expires_in", token.expires_in)
        .string("scope", "");
    object.end();
    Reply::new(200, "application/json", body).with("Cache-Control", "private, no-store")
}
