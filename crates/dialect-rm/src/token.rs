//! Tokens: `POST /APIIntegration/Token` (OAuth 2.0), from a client's id and secret, from the code that comes of a person's
//! consent, and from a refresh token; and what is RM's own of the pages where a person consents.

use crate::LONGEST;
use dialect::access::{Credential, NoRandomness, RedirectRule, Rights, Secret};
use dialect::json::Object;
use dialect::oauth::{ClientProof, Grant, Issuing, Tokens};
use dialect::sign_in::Flow;
use dialect::{Action, Call, Form, Presented, Refusal, Reply, Request, Token, oauth};

/// What is RM's own of the pages. Without a scope a client may do what the person may; `read` is less. (Both ours: the
/// manual knows no scopes.)
pub(crate) static FLOW: Flow = Flow {
    title: "RM",
    scope: |asked| match asked {
        "" => Some(("", Rights::USER)),
        "read" => Some(("read", Rights::READ)),
        _ => None,
    },
};

/// How long a token from `client_credentials` is valid, in seconds (manual).
const LIFETIME: i64 = 86_400;
/// How long an access token of the code flow is valid, in seconds (manual).
const CODE_LIFETIME: i64 = 15_552_000;
/// How long a refresh token is valid, in seconds (our decision): twice as long, from each refresh on.
const REFRESH_LIFETIME: i64 = 2 * CODE_LIFETIME;

/// Tokens have so many random bytes, as twice as many hexadecimal digits (manual).
const BYTES: usize = 20;

/// Reads the form in the body. The address is not looked at, since secrets do not belong there.
pub(crate) fn exchange(request: &Request<'_>) -> Result<Call, Refusal> {
    if request.body.len() > LONGEST {
        return Err(Refusal::BodyTooLarge(LONGEST));
    }
    let form = Form::of_body(request)?;
    let grant = Grant::read(&form)?;
    let client = ClientProof::read(request, &form)?;
    let action = match grant {
        Grant::ClientCredentials => Action::ExchangeClientSecret {
            client_id: client.id,
            client_secret: client.secret,
            lifetime: LIFETIME,
            write: Box::new(|token: &Token| write(&token.access_token, token.expires_in, "", None)),
        },
        Grant::Code { .. } | Grant::Refresh(_) => oauth::exchange(client, grant, issuing()),
    };
    Ok(Call { presented: Presented::Nothing, on_behalf_of: None, action, route: None })
}

fn issuing() -> Issuing {
    Issuing {
        access_lifetime: CODE_LIFETIME,
        refresh_lifetime: REFRESH_LIFETIME,
        redirect: RedirectRule::Repeated,
        make,
        write: Box::new(|tokens: &Tokens| {
            write(&tokens.access_token, tokens.expires_in, &tokens.scope, Some(&tokens.refresh_token))
        }),
    }
}

fn make(_client: &Credential, _person: i64) -> Result<(Secret, Secret), NoRandomness> {
    Ok((Secret::hexadecimal(BYTES)?, Secret::hexadecimal(BYTES)?))
}

/// Writes a token. JSON always, as OAuth 2.0 has it; `expires_in` is a text, as the vendor's client expects it.
fn write(access: &Secret, expires_in: i64, scope: &str, refresh: Option<&Secret>) -> Reply {
    let mut body = Vec::new();
    let mut object = Object::begin(&mut body);
    object
        .string("access_token", access.reveal())
        .string("token_type", "bearer")
        .plain("expires_in", expires_in)
        .string("scope", scope)
        .string_if("refresh_token", refresh.map(Secret::reveal).unwrap_or_default());
    object.end();
    Reply::new(200, "application/json", body).with("Cache-Control", "private, no-store")
}

/// What a client is told that has given back a token.
pub(crate) fn given_back() -> Reply {
    Reply::new(200, "application/json", b"{}".to_vec())
}
