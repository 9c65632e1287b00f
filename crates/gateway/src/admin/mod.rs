//! The admin listener: what watches and looks after a gateway, apart from the dialects. On loopback unless told
//! otherwise, and on a thread of its own, so that it answers while the public threads are busy.

mod api;
mod feed;
mod figures;
mod health;
mod listen;
mod metrics;
mod observe;
mod state;

pub use api::{AUDIENCE, Route, routes};
pub use listen::{Place, bind, place};
pub use state::{Admin, CONNECTIONS};

use crate::server::{Body, Gateway, problem};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use api::problem::{Kind, Problem};
use observe::id_of;
use uuid::Uuid;

/// Everything that is answered here. Handlers find the [`Gateway`] as `web::Data<Gateway>`, and [`Admin`] likewise.
///
/// Around all of it stands `observe`: it gives the request its id and the log its line, and makes a problem (RFC 9457)
/// of the error of a handler or of what reads its parameters.
pub fn configure(services: &mut web::ServiceConfig) {
    services.configure(health::configure).configure(api::configure).default_service(web::to(nothing_here));
}

async fn nothing_here(gateway: web::Data<Gateway>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let problem = Problem::new(Kind::NoSuchAddress, "Nothing is served at this address.");
    refuse(&problem, &gateway, &request, payload).await
}

async fn no_such_method(gateway: web::Data<Gateway>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let problem = Problem::new(Kind::MethodNotAllowed, "This address does not take that method.");
    refuse(&problem, &gateway, &request, payload).await
}

/// A problem, whatever the body is. The connection is closed unless the body has come along.
async fn refuse(problem: &Problem, gateway: &Gateway, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
    let mut body = Body::of(request, payload);
    body.pass_over(gateway.body_bytes()).await;
    let mut response = as_problem(problem, id_of(request));
    if !body.is_read() {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

/// A reply that is a problem (RFC 9457).
fn as_problem(problem: &Problem, id: Uuid) -> HttpResponse {
    let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).insert_header((CONTENT_TYPE, api::PROBLEM)).body(problem.body(id))
}

/// A problem of which nothing but the status is known.
fn of_status(status: StatusCode, detail: &str, id: Uuid) -> HttpResponse {
    if status == StatusCode::NOT_FOUND {
        return as_problem(&Problem::new(Kind::NoSuchAddress, detail), id);
    }
    let reply = problem::problem(status.as_u16(), status.canonical_reason().unwrap_or("Problem"), detail);
    HttpResponse::build(status).insert_header((CONTENT_TYPE, reply.content_type)).body(reply.body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;
    use crate::server::Limits;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, error};
    use std::sync::Arc;
    use std::time::Duration;
    use testkit::MemoryDirectory;

    #[actix_web::test]
    async fn errors_of_handlers_are_problems() {
        let limits = Limits {
            body_bytes: 1_000,
            body_timeout: Duration::from_secs(1),
            width: 1,
            writers: 1,
            quick: 1,
            queue_timeout: Duration::from_secs(1),
            answer_timeout: Duration::from_secs(30),
        };
        let oracle = Arc::new(MemoryDirectory::default());
        let registry = Registry::of(Vec::new()).expect("none");
        let gateway = web::Data::new(Gateway::new(registry, oracle.clone(), oracle.clone(), oracle, true, limits));
        let store =
            store::Store::open(&store::Settings::new("sqlite::memory:".parse().expect("a URL"))).expect("opens");
        let admin = web::Data::new(Admin::new(store, 1_000));
        let fails = || async { Err::<HttpResponse, _>(error::ErrorConflict("in words")) };
        let breaks = || async { Err::<HttpResponse, _>(error::ErrorInternalServerError("secret")) };
        let number = |n: web::Path<u32>| async move { n.to_string() };
        let app = App::new()
            .app_data(gateway)
            .app_data(admin)
            .wrap(from_fn(observe::observe))
            .route("/fails", web::get().to(fails))
            .route("/breaks", web::get().to(breaks))
            .route("/number/{n}", web::get().to(number))
            .configure(configure);
        let app = init_service(app).await;
        for (path, status, words) in
            [("/fails", 409, "in words"), ("/breaks", 500, "ours"), ("/number/x", 404, "x"), ("/none", 404, "address")]
        {
            let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(response.headers().get(CONTENT_TYPE).expect("a type"), "application/problem+json");
            assert!(response.headers().contains_key("x-request-id"));
            let body: serde_json::Value = serde_json::from_slice(&read_body(response).await).expect("JSON");
            assert_eq!(body["status"], status);
            let detail = body["detail"].as_str().expect("words");
            assert!(detail.contains(words) && !detail.contains("secret"), "{detail}");
        }
    }
}
