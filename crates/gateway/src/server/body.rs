//! Reading a body, within bounds of length and time.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::web::Payload;
use dialect::{Fault, FaultCode, Refusal};
use futures_util::StreamExt;
use std::time::Duration;

/// Reads the whole body. One longer than `limit` bytes is refused as soon as that is known; the web server reads on
/// for a moment before it closes the connection, so that the client gets to see the reply.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
    time: Duration,
) -> Result<Vec<u8>, Refusal> {
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if length.is_none() && !headers.contains_key(TRANSFER_ENCODING) {
        // No body by the rules of HTTP/1.1. What follows belongs to a protocol that we did not agree to.
        return Ok(Vec::new());
    }
    if length.is_some_and(|length| length > limit as u64) {
        return Err(Refusal::BodyTooLarge(limit));
    }
    tokio::time::timeout(time, collect(payload, limit)).await.unwrap_or_else(|_| Err(unread("did not arrive in time")))
}

async fn collect(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| unread("did not arrive whole"))?;
        if chunk.len() > limit - body.len() {
            return Err(Refusal::BodyTooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unread(problem: &str) -> Refusal {
    Fault::new("body", FaultCode::Syntax, problem).into()
}
