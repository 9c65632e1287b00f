//! `/metrics`, in Prometheus' text format.

use super::figures::Figures;
use super::state::Admin;
use crate::metrics::{CONTENT_TYPE, Listener, Process, Standing};
use crate::server::Gateway;
use actix_web::http::header::{self, CACHE_CONTROL};
use actix_web::{HttpResponse, web};
use std::sync::Arc;

/// How things stand. The store has a second to answer; without it the rest is told all the same.
pub(super) async fn metrics(gateway: web::Data<Gateway>, admin: web::Data<Admin>) -> HttpResponse {
    let figures: &Arc<Figures> = &admin.figures;
    let standing = Standing {
        database: if admin.store.in_process() { "sqlite" } else { "postgresql" },
        store: figures.ask().await,
        turns: gateway.turns_in_use(),
        connections: [(Listener::Public, gateway.guard().public()), (Listener::Admin, gateway.guard().admin())]
            .map(|(listener, connections)| (listener, connections.open(), connections.refused()))
            .to_vec(),
        pools: admin.store.pools(),
        roster: gateway.held(),
        process: Process::now(),
    };
    match gateway.metrics().text(standing) {
        Ok(text) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, CONTENT_TYPE))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(text),
        Err(error) => {
            log::error!("the metrics cannot be written: {error}");
            HttpResponse::InternalServerError().finish()
        }
    }
}
