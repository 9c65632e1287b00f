//! OAuth 2.0: the pages at which a person consents to a client, and the exchange of what comes of it for tokens. What all
//! dialects have in common is `dialect::sign_in` and `dialect::oauth`.

use crate::{JSON, Settings};
use dialect::access::{Credential, NoRandomness, RedirectRule, Rights, Secret};
use dialect::json::Object;
use dialect::oauth::{ClientProof, Grant, Issuing, Tokens, exchange};
use dialect::sign_in::Flow;
use dialect::{Call, Form, Presented, Refusal, Reply, Request};

/// The only scope that is known to have been there (seen). Whatever is asked for, this is what is given and told, as RFC
/// 6749 (3.3) allows.
const SCOPE: &str = "basicInfo";

/// What is Elance's own of the pages.
pub(crate) static FLOW: Flow = Flow { title: "Elance", scope: |_| Some((SCOPE, Rights::USER)) };

/// How long an access token is valid, in seconds (our decision): a day.
const ACCESS_LIFETIME: i64 = 86_400;
/// How long a refresh token is valid, in seconds (our decision): half a year, from each refresh on.
const REFRESH_LIFETIME: i64 = 180 * 86_400;

/// The longest form that is read, in bytes (our decision).
pub(crate) const LONGEST_FORM: usize = 8 * 1024;

/// `POST /api2/oauth/token`.
pub(crate) fn token(settings: &Settings, request: &Request<'_>) -> Result<Call, Refusal> {
    if request.body.len() > LONGEST_FORM {
        return Err(Refusal::BodyTooLarge(LONGEST_FORM));
    }
    let form = Form::of_body(request)?;
    let grant = Grant::read(&form)?;
    if grant == Grant::ClientCredentials {
        return Err(Refusal::UnsupportedGrant);
    }
    let absolute = !settings.expires_in_seconds;
    let issuing = Issuing {
        access_lifetime: ACCESS_LIFETIME,
        refresh_lifetime: REFRESH_LIFETIME,
        redirect: if settings.strict_redirect { RedirectRule::Same } else { RedirectRule::Registered },
        make,
        write: Box::new(move |tokens| write(tokens, absolute)),
    };
    let action = exchange(ClientProof::read(request, &form)?, grant, issuing);
    Ok(Call { presented: Presented::Nothing, on_behalf_of: None, action, route: None })
}

/// Of the shape that is known of real ones: `<client id>|<userId>|<22 characters>` and `<userId>|<22 characters>` (seen).
fn make(client: &Credential, user: i64) -> Result<(Secret, Secret), NoRandomness> {
    let access = Secret::alphanumeric()?.prefixed(&format!("{}|{user}|", client.client_id));
    Ok((access, Secret::alphanumeric()?.prefixed(&format!("{user}|"))))
}

/// Everything below `data`, as every known client reads it (seen). `expires_in` is the time at which the token expires,
/// which two clients compare with the clock; a setting gives the seconds until then.
fn write(tokens: &Tokens, absolute: bool) -> Reply {
    let mut body = br#"{"data":"#.to_vec();
    let mut object = Object::begin(&mut body);
    object
        .string("access_token", tokens.access_token.reveal())
        .integer("expires_in", if absolute { tokens.expires_at } else { tokens.expires_in })
        .string("token_type", "bearer")
        .string("refresh_token", tokens.refresh_token.reveal())
        .string("scope", &tokens.scope);
    object.end();
    body.push(b'}');
    Reply::new(200, JSON, body).with("Cache-Control", "no-store")
}

/// What a client is told that has given back a token.
pub(crate) fn given_back() -> Reply {
    Reply::new(200, JSON, br#"{"data":{}}"#.to_vec())
}
