//! One request, from the socket to the socket.

use super::body::Body;
use super::watch::UnderWay;
use super::{LINGER, problem};
use crate::logging;
use crate::registry::{Mounted, Registry};
use access::{Denial, Vault};
use actix_web::body::BoxBody;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use dialect::{Call, Core, Cost, Headers, Method, Parsed, Refusal, Reply, Request};
use membership::{Directory, Registrar};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::borrow::Cow;
use std::cell::RefCell;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Everything that answering a request takes. Shared by all threads.
pub struct Gateway {
    registry: Registry,
    directory: Arc<dyn Directory>,
    registrar: Arc<dyn Registrar>,
    vault: Arc<dyn Vault>,
    /// Whether the directory is in this process, so that a short read need not leave the thread.
    in_process: bool,
    /// Turns of slow actions.
    turns: Arc<Semaphore>,
    /// Turns of quick actions that leave the process, so that they never wait for slow ones.
    quick_turns: Arc<Semaphore>,
    limits: Limits,
}

/// What requests may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// In what time a body must have arrived.
    pub body_timeout: Duration,
    /// How many slow actions may block at once.
    pub width: usize,
    /// How many quick actions may block at once beside them, where the directory is not in this process.
    pub quick: usize,
    /// How long an action waits for its turn.
    pub queue_timeout: Duration,
}

/// After how many seconds a client may ask again when everything is busy.
const RETRY_AFTER: u32 = 30;

impl Gateway {
    /// A gateway to this directory, its registrar and vault. `in_process` tells whether they may be asked for something short on
    /// the thread that serves the socket.
    pub fn new(
        registry: Registry,
        directory: Arc<dyn Directory>,
        registrar: Arc<dyn Registrar>,
        vault: Arc<dyn Vault>,
        in_process: bool,
        limits: Limits,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(limits.width.max(1)));
        let quick_turns = Arc::new(Semaphore::new(limits.quick.max(1)));
        Self { registry, directory, registrar, vault, in_process, turns, quick_turns, limits }
    }

    /// How many actions may block at once.
    pub fn width(&self) -> usize {
        self.limits.width.max(1).saturating_add(self.limits.quick.max(1))
    }

    /// The longest body, in bytes.
    pub(crate) const fn body_bytes(&self) -> usize {
        self.limits.body_bytes
    }

    /// In what time a body must have arrived, and each part of one that is streamed.
    pub(crate) const fn body_timeout(&self) -> Duration {
        self.limits.body_timeout
    }

    /// Whether the directory answers within `time`. Takes a turn like any quick action, so that asking again and again
    /// piles nothing up while it does not.
    pub(crate) async fn is_ready(self: Arc<Self>, time: Duration) -> bool {
        let asking = async move {
            let turn = Arc::clone(&self.quick_turns).acquire_owned().await.ok()?;
            let ask = move || {
                let _turn = turn;
                self.directory.head()
            };
            Some(web::block(ask).await.map(|head| head.map(|_| ())))
        };
        match tokio::time::timeout(time, asking).await {
            Ok(Some(Ok(Ok(())))) => return true,
            Ok(Some(Ok(Err(error)))) => log::warn!("not ready: {error}"),
            Ok(_) => log::warn!("not ready: the store could not be asked"),
            Err(_) => log::warn!("not ready: the store does not answer within {time:?}"),
        }
        false
    }

    /// The path of a request as a log may show it.
    fn loggable<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let Some((mounted, below)) = self.registry.find(path) else { return Cow::Borrowed(path) };
        match mounted.dialect.loggable(below) {
            Cow::Borrowed(_) => Cow::Borrowed(path),
            Cow::Owned(shown) => Cow::Owned(format!("{}{shown}", mounted.prefix)),
        }
    }

    /// The reply of a dialect, with its name; of none, when no dialect holds the path.
    async fn reply(
        self: &Arc<Self>,
        id: Uuid,
        request: &HttpRequest,
        body: &mut Body,
    ) -> (Option<&'static str>, Reply) {
        let uri = request.uri();
        let Some((mounted, path)) = self.registry.find(uri.path()) else {
            return (None, problem::no_such_address());
        };
        let headers = FieldsOf(request);
        let mut asked = Request {
            method: Method::from_name(request.method().as_str()),
            path,
            query: uri.query().unwrap_or_default(),
            prefix: &mounted.prefix,
            headers: &headers,
            body: b"",
        };
        let read;
        let outcome = match self.read(id, mounted, &asked, body).await {
            Ok(bytes) => {
                read = bytes;
                asked.body = &read;
                self.outcome(id, mounted, &asked).await
            }
            Err(refusal) => Err(refusal),
        };
        let written = guarded(id, || {
            let mut reply = outcome.unwrap_or_else(|refusal| mounted.dialect.refuse(&asked, &refusal));
            mounted.dialect.finish(&asked, &mut reply);
            reply
        });
        (Some(mounted.dialect.name()), written.unwrap_or_else(|_| problem::internal()))
    }

    /// Reads the body of a request, unless the request is refused whatever its body is.
    async fn read(
        &self,
        id: Uuid,
        mounted: &Mounted,
        asked: &Request<'_>,
        body: &mut Body,
    ) -> Result<Vec<u8>, Refusal> {
        if body.is_read() {
            return Ok(Vec::new());
        }
        body.check_length(self.limits.body_bytes)?;
        let header_alone = || -> Result<(), Refusal> {
            if !mounted.dialect.reads_body(asked)
                && let Parsed::Call(call) = mounted.dialect.parse(asked)?
                && call.lacks_credential()
            {
                return Err(Denial::Missing.into());
            }
            Ok(())
        };
        guarded(id, header_alone)??;
        body.read(self.limits.body_bytes, self.limits.body_timeout).await
    }

    async fn outcome(self: &Arc<Self>, id: Uuid, mounted: &Mounted, asked: &Request<'_>) -> Result<Reply, Refusal> {
        match guarded(id, || mounted.dialect.parse(asked))?? {
            Parsed::Reply(reply) => Ok(reply),
            Parsed::Call(call) => self.run(id, mounted.dialect.name(), call).await,
        }
    }

    async fn run(self: &Arc<Self>, id: Uuid, audience: &'static str, call: Call) -> Result<Reply, Refusal> {
        self.ask(id, call.action.cost(), move |core| dialect::answer(core, audience, &call)).await?
    }

    /// Asks the core: at once where that takes no time, or else when there is a turn, on a thread that may block. Goes
    /// on to its end when nobody waits for the outcome any more. Refused as unavailable when there is no turn in time,
    /// and as a fault of ours when the work panics.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        id: Uuid,
        cost: Cost,
        work: impl FnOnce(Core<'_>) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turns = match cost {
            Cost::Inline if self.in_process => return guarded(id, || work(self.core())),
            Cost::Inline => &self.quick_turns,
            Cost::Blocking => &self.turns,
        };
        let turn = tokio::time::timeout(self.limits.queue_timeout, Arc::clone(turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            logging::within(id, || log::warn!("no turn within {:?}", self.limits.queue_timeout));
            return Err(Refusal::Unavailable(RETRY_AFTER));
        };
        let gateway = Arc::clone(self);
        let work = move || {
            // Given back when the work is done, not when the client has lost its patience.
            let _turn = turn;
            guarded(id, || work(gateway.core()))
        };
        web::block(work).await.map_err(|_| Refusal::Internal)?
    }

    fn core(&self) -> Core<'_> {
        Core {
            directory: &*self.directory,
            registrar: &*self.registrar,
            vault: &*self.vault,
            now: chrono::Utc::now().timestamp(),
        }
    }
}

/// Runs `work`. A panic in it is told in the log and is a fault of ours, but ends nothing else.
pub(crate) fn guarded<T>(id: Uuid, work: impl FnOnce() -> T) -> Result<T, Refusal> {
    logging::within(id, || catch_unwind(AssertUnwindSafe(work))).map_err(|_| Refusal::Internal)
}

/// The fields of a request's header, as far as they are UTF-8.
struct FieldsOf<'a>(&'a HttpRequest);

impl Headers for FieldsOf<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    fn is_unreadable(&self, name: &str) -> bool {
        self.0.headers().get(name).is_some_and(|value| std::str::from_utf8(value.as_bytes()).is_err())
    }

    fn client_address(&self) -> Option<IpAddr> {
        self.0.peer_addr().map(|peer| peer.ip().to_canonical())
    }

    fn is_over_tls(&self) -> bool {
        self.0.app_config().secure()
    }
}

/// Answers one request, whatever its method and path.
pub(super) async fn handle(
    gateway: web::Data<Gateway>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse<BoxBody> {
    let begun = Instant::now();
    let id = next_id();
    let under_way = UnderWay::begin(&request);
    let mut body = Body::of(&request, payload);
    let gateway = gateway.into_inner();
    let (dialect, reply) = gateway.reply(id, &request, &mut body).await;
    body.pass_over(gateway.limits.body_bytes).await;
    let status = reply.status;
    let bytes = if request.method() == actix_web::http::Method::HEAD { 0 } else { reply.body.len() };
    let mut response = response(id, reply);
    if !body.is_read() {
        // What follows on the connection is the rest of the body, not another request.
        response.head_mut().set_connection_type(ConnectionType::Close);
        under_way.end_connection(LINGER);
    }
    // Never the query: an access token may stand in it, and of the path only what holds none.
    log::info!(
        target: "access",
        request:% = id, dialect = dialect.unwrap_or("-"), method = request.method().as_str(),
        path = &*gateway.loggable(request.uri().path()), status, bytes, micros = begun.elapsed().as_micros() as u64;
        "request"
    );
    response
}

fn response(id: Uuid, reply: Reply) -> HttpResponse<BoxBody> {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::with_body(status, BoxBody::new(reply.body));
    let fields = response.headers_mut();
    if !reply.content_type.is_empty() {
        fields.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    }
    for (name, value) in reply.headers {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            (Ok(name), Ok(value)) => fields.append(name, value),
            _ => logging::within(id, || log::error!("the field {name} of the reply's header has an illegal value")),
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        fields.insert(REQUEST_ID, value);
    }
    response
}

/// The field of a reply's header that names the request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

thread_local! {
    /// Request ids must differ, but need not be hard to guess: a generator of each thread saves a call to the
    /// operating system.
    static IDS: RefCell<ChaCha8Rng> = RefCell::new(ChaCha8Rng::from_seed(seed()));
}

fn seed() -> [u8; 32] {
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(one.as_bytes());
    seed[16..].copy_from_slice(other.as_bytes());
    seed
}

/// An id for a request.
pub(crate) fn next_id() -> Uuid {
    let mut bytes = [0; 16];
    IDS.with_borrow_mut(|ids| ids.fill_bytes(&mut bytes));
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
