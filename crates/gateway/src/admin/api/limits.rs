//! The limits of a request that hold whatever it asks.

use super::problem::{Kind, Problem};
use crate::server::limits::{Client, Exceeded, TooLarge, slow_down};
use crate::server::{Gateway, Guard};
use access::Principal;
use actix_web::HttpRequest;

/// Lets a request in as long as its address has not asked too often, and no part of its header is too large.
pub(super) async fn admit(guard: &Guard, request: &HttpRequest) -> Result<Client, Problem> {
    let client = guard.client(request);
    if let Err(exceeded) = guard.admit(&client) {
        return Err(too_many(exceeded).await);
    }
    let caps = guard.caps();
    caps.header(request.headers()).map_err(|large| Problem::header_field(large.part, &large.problem))?;
    let query = request.uri().query().unwrap_or_default();
    caps.query(query).map_err(|large| Problem::parameter(large.part, &large.problem))?;
    Ok(client)
}

/// Lets in whoever was found as long as the key has not been used too often.
pub(super) async fn admit_key(guard: &Guard, principal: Principal) -> Result<Principal, Problem> {
    if let Some(credential) = principal.credential
        && let Err(exceeded) = guard.admit_credential(credential)
    {
        return Err(too_many(exceeded).await);
    }
    Ok(principal)
}

/// Refuses JSON with too many levels.
pub(super) fn check_json(gateway: &Gateway, body: &[u8]) -> Result<(), Problem> {
    let told = |TooLarge { problem, .. }: TooLarge| Problem::new(Kind::BadBody, format!("The body {problem}."));
    gateway.guard().caps().json(body).map_err(told)
}

/// The refusal, after a pause.
async fn too_many(exceeded: Exceeded) -> Problem {
    slow_down().await;
    let detail = format!("Too many requests. Ask again in {} seconds.", exceeded.seconds);
    Problem::later(Kind::TooManyRequests, exceeded.seconds, &detail)
}
