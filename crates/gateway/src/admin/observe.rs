//! What every request of the admin listener has in common: an id, a line in the log, a watch over its connection, and
//! errors that are problems.

use super::api::problem::Problem;
use super::{api, health};
use crate::logging;
use crate::metrics::{Asked, Begun, Listener};
use crate::server::{Access, Gateway, LINGER, REQUEST_ID, UnderWay, as_it_says, next_id};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{ALLOW, HeaderValue, RETRY_AFTER};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{self, Bytes};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use uuid::Uuid;

/// Answers by `next`. The connection counts as busy until the reply's body is sent, so that one which takes long is not
/// taken for idle; a reply that ends the connection should therefore be short: the client has [`LINGER`] to read it.
pub(super) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Instant::now();
    let id = next_id();
    let under_way = UnderWay::begin(request.request());
    let gateway = request.app_data::<web::Data<Gateway>>().cloned();
    let client = gateway.as_ref().map_or(UNKNOWN, |gateway| gateway.guard().client(request.request()).address);
    let counted = gateway.as_ref().map(|gateway| gateway.metrics().begin(Listener::Admin));
    request.extensions_mut().insert(Id(id));
    // Taken out, for a request that is held on to cannot be routed.
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let mut answered = match next.call(request).await {
        Ok(answered) => answered.map_into_boxed_body(),
        Err(error) => {
            let told = in_words(id, error.as_response_error().status_code(), &error);
            return Err(InternalError::from_response(error, told).into());
        }
    };
    if let Some(error) = answered.response().error() {
        let mut told = in_words(id, answered.status(), error);
        for name in [ALLOW, RETRY_AFTER] {
            if let Some(value) = answered.headers().get(&name) {
                told.headers_mut().insert(name, value.clone());
            }
        }
        told.head_mut().set_connection_type(answered.response().head().connection_type());
        answered = answered.into_response(told);
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        answered.headers_mut().insert(REQUEST_ID, value);
    }
    as_it_says(answered.headers_mut());
    let bytes = match answered.response().body().size() {
        BodySize::Sized(bytes) => bytes,
        BodySize::None | BodySize::Stream => 0,
    };
    let level = if health::holds(&path) { log::Level::Debug } else { log::Level::Info };
    let (status, took) = (answered.status().as_u16(), begun.elapsed());
    let (dialect, method) = (Some(api::AUDIENCE), method.as_str());
    let route = health::pattern(&path).or_else(|| api::pattern(&path));
    let credential = answered.request().extensions().get::<LetIn>().map(|let_in| let_in.0);
    if let Some(gateway) = &gateway {
        gateway.metrics().answered(Asked::new(dialect, route, method), status, took);
    }
    let path = if route.is_some() { path.as_str().into() } else { logging::first_segment(&path) };
    Access { id, client, dialect, method, path: &path, route, status, bytes, took, credential }.log(level);
    if answered.response().head().connection_type() == ConnectionType::Close {
        under_way.end_connection(LINGER);
        return Ok(answered);
    }
    Ok(answered.map_body(|_, body| BoxBody::new(Sent { body, _under_way: under_way, _counted: counted })))
}

/// The address of one whose is not known.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The number of the credential that let a request in.
#[derive(Clone, Copy)]
struct LetIn(i64);

/// Notes which credential let a request in.
pub(super) fn note_credential(request: &HttpRequest, id: i64) {
    request.extensions_mut().insert(LetIn(id));
}

/// The id of a request, for who answers it.
#[derive(Clone, Copy)]
struct Id(Uuid);

/// The id of a request.
pub(super) fn id_of(request: &HttpRequest) -> Uuid {
    request.extensions().get::<Id>().map_or_else(Uuid::nil, |id| id.0)
}

/// An error as a problem. What is our own fault is for the log.
fn in_words(id: Uuid, status: StatusCode, error: &Error) -> HttpResponse {
    if status.is_server_error() {
        logging::within(id, || log::error!("{error}"));
        return super::as_problem(&Problem::internal(), id);
    }
    super::of_status(status, &error.to_string(), id)
}

/// A body during whose sending the request is under way.
struct Sent {
    body: BoxBody,
    _under_way: UnderWay,
    _counted: Option<Begun>,
}

impl MessageBody for Sent {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
