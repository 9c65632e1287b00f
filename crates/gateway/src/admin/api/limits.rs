//! The limits of a request that hold whatever it asks.

use super::problem::{Kind, Problem};
use crate::server::limits::{Client, Exceeded, TooLarge};
use crate::server::{Gateway, Guard};
use access::Principal;
use actix_web::HttpRequest;

/// Lets a request in as long as its address has not asked too often, and no part of its header is too large.
pub(super) fn admit(guard: &Guard, request: &HttpRequest) -> Result<Client, Problem> {
    let client = guard.client(request);
    guard.admit(&client).map_err(too_many)?;
    let caps = guard.caps();
    caps.header(request.headers()).map_err(|large| Problem::header_field(large.part, &large.problem))?;
    let query = request.uri().query().unwrap_or_default();
    caps.query(query).map_err(|large| Problem::parameter(large.part, &large.problem))?;
    Ok(client)
}

/// Lets in whoever was found as long as the key has not been used too often.
pub(super) fn admit_key(guard: &Guard, principal: Principal) -> Result<Principal, Problem> {
    if let Some(credential) = principal.credential {
        guard.admit_credential(credential).map_err(too_many)?;
    }
    Ok(principal)
}

/// Refuses JSON with too many levels.
pub(super) fn check_json(gateway: &Gateway, body: &[u8]) -> Result<(), Problem> {
    let told = |TooLarge { problem, .. }: TooLarge| Problem::new(Kind::BadBody, format!("The body {problem}."));
    gateway.guard().caps().json(body).map_err(told)
}

fn too_many(exceeded: Exceeded) -> Problem {
    let detail = format!("Too many requests. Ask again in {} seconds.", exceeded.seconds);
    Problem::later(Kind::TooManyRequests, exceeded.seconds, &detail)
}
