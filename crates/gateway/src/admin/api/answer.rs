//! What a handler gives, and how it goes over the wire.

use super::endpoint::JSON;
use super::preconditions::tag_of;
use super::problem::Problem;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use store::idempotency::KeptReply;
use uuid::Uuid;

/// What comes of asking.
pub(super) type Outcome = Result<Answer, Problem>;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// Status code.
    status: u16,
    /// JSON; empty for none.
    pub body: Vec<u8>,
    /// Further fields of the header.
    pub headers: Vec<(&'static str, String)>,
    /// Whether there is a secret in it.
    secret: bool,
}

impl Answer {
    /// 200 with this JSON.
    pub fn json(body: Vec<u8>) -> Self {
        Self { status: 200, body, headers: Vec::new(), secret: false }
    }

    /// 201 with this JSON, which is there from now on.
    pub fn created(body: Vec<u8>) -> Self {
        Self { status: 201, ..Self::json(body) }
    }

    /// 204.
    pub fn nothing() -> Self {
        Self { status: 204, ..Self::json(Vec::new()) }
    }

    /// With its entity tag: the JSON is what a `GET` of the thing would give.
    #[must_use]
    pub fn tagged(self) -> Self {
        let tag = tag_of(&self.body);
        self.header("etag", tag)
    }

    /// With one more field of the header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// There is a secret in it, so it is shown once and not kept.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// An answer or a problem, ready to be sent or kept.
#[derive(Debug)]
pub(super) struct Rendered {
    /// Status code.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// Whether there is a secret in it.
    pub secret: bool,
    /// Whether it is a problem that passes, so that the same request may be done again.
    pub passes: bool,
}

impl Rendered {
    /// The reply to the request of this id.
    pub fn of(outcome: Outcome, id: Uuid) -> Self {
        let (status, body, headers, secret, media_type, passes) = match outcome {
            Ok(answer) => (answer.status, answer.body, answer.headers, answer.secret, JSON, false),
            Err(problem) => {
                let body = problem.body(id);
                (problem.kind.status(), body, problem.headers, false, PROBLEM, problem.passes)
            }
        };
        let mut headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if !body.is_empty() {
            headers.push(("content-type".to_owned(), media_type.to_owned()));
        }
        // Whoever keeps it must ask again, and nobody between may keep it.
        headers.push(("cache-control".to_owned(), if secret { "no-store" } else { "private, no-cache" }.to_owned()));
        Self { status, headers, body, secret, passes }
    }

    /// As it is kept; `None` when it may not be.
    pub fn to_keep(&self) -> Option<KeptReply> {
        let body = String::from_utf8(self.body.clone()).ok().filter(|_| !self.secret)?;
        Some(KeptReply { status: self.status, headers: self.headers.clone(), body })
    }

    /// A reply that was kept.
    pub fn kept(reply: KeptReply) -> Self {
        let mut headers = reply.headers;
        headers.push(("idempotency-replayed".to_owned(), "true".to_owned()));
        Self { status: reply.status, headers, body: reply.body.into_bytes(), secret: false, passes: false }
    }

    /// As the web server sends it.
    pub fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        for (name, value) in &self.headers {
            match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                (Ok(name), Ok(value)) => drop(response.append_header((name, value))),
                _ => log::error!("the field {name} of the reply's header has an illegal value"),
            }
        }
        response.body(self.body)
    }
}

/// The media type of problems.
pub(in crate::admin) const PROBLEM: &str = "application/problem+json";
