//! `/livez` and `/readyz`, for whatever starts, stops and balances gateways, and `/metrics`, for whatever watches them.

use super::metrics::metrics;
use super::state::Admin;
use crate::metrics::Knowledge;
use crate::server::Gateway;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Route, guard, web};
use serde_json::json;
use std::time::Duration;

/// How long the store may take to answer a gateway that is ready.
const READY_WITHIN: Duration = Duration::from_secs(2);

const LIVE: &str = "/livez";
const READY: &str = "/readyz";
const METRICS: &str = "/metrics";

/// The addresses.
pub(super) fn configure(services: &mut web::ServiceConfig) {
    let other = || web::to(only_reading);
    services
        .service(web::resource(LIVE).route(reading().to(live)).default_service(other()))
        .service(web::resource(READY).route(reading().to(ready)).default_service(other()))
        .service(web::resource(METRICS).route(reading().to(metrics)).default_service(other()));
}

/// Whether this is one of them. They are asked for every few seconds, so the log tells of them only when it tells much.
pub(super) fn holds(path: &str) -> bool {
    pattern(path).is_some()
}

/// The same address as a pattern, if it is one of them.
pub(super) fn pattern(path: &str) -> Option<&'static str> {
    [LIVE, READY, METRICS].into_iter().find(|own| *own == path)
}

fn reading() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn only_reading(gateway: web::Data<Gateway>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let mut response = super::no_such_method(gateway, request, payload).await;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// The process answers. Nothing else is asked: what the store does is no reason to start another process.
async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(json!({ "status": "alive" }))
}

/// Requests would be answered.
///
/// A store that answers but takes no writes (its disk is full) still answers reads, so a gateway to it is ready, and says
/// so: who sent it no requests any more would lose the reads too.
async fn ready(gateway: web::Data<Gateway>, admin: web::Data<Admin>) -> HttpResponse {
    let (mut response, status, detail) = if gateway.into_inner().is_ready(READY_WITHIN).await {
        match admin.figures.ask().await {
            Knowledge { up: true, writes: false, .. } => {
                (HttpResponse::Ok(), "reading", "The store answers, but takes no writes.")
            }
            _ => (HttpResponse::Ok(), "ready", "The store answers."),
        }
    } else {
        (HttpResponse::ServiceUnavailable(), "not ready", "The store does not answer.")
    };
    response.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "status": status, "detail": detail }))
}
