//! One request, from the socket to the socket.

use super::answering::Asking;
use super::body::Body;
use super::compress::Compressor;
use super::fields::FieldsOf;
use super::front::Handed;
use super::harden::{Hardening, is_secure};
use super::kept::{self, About, Basis, Kept};
use super::limits::{Client, Exceeded, Guard, Line, unpacked};
use super::memory::Memory;
use super::watch::UnderWay;
use super::{Access, LINGER, limits, names, next_id, problem};
use crate::logging;
use crate::metrics::{Asked, Limit, Listener, Metrics, Turns};
use crate::registry::{Mounted, Registry};
use access::{Denial, Vault};
use actix_web::body::BoxBody;
use actix_web::http::ConnectionType;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use dialect::{Dialect, Method, Parsed, Refusal, Reply, Request, Standing};
use membership::{Directory, Registrar};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Everything that answering a request takes. Shared by all threads.
pub struct Gateway {
    registry: Registry,
    pub(super) directory: Arc<dyn Directory>,
    pub(super) registrar: Arc<dyn Registrar>,
    pub(super) vault: Arc<dyn Vault>,
    /// Whether the directory is in this process, so that a short read need not leave the thread.
    pub(super) in_process: bool,
    /// Turns of slow actions that read.
    pub(super) turns: Line,
    /// Turns of actions that change something.
    pub(super) writing_turns: Line,
    /// Turns of quick actions that leave the process, so that they never wait for slow ones.
    pub(super) quick_turns: Line,
    pub(super) limits: Limits,
    pub(super) guard: Guard,
    pub(super) metrics: Metrics,
    /// What need not be asked of the directory; none where nothing is kept.
    pub(super) memory: Option<Memory>,
    compressor: Compressor,
}

/// What requests may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// In what time a body must have arrived.
    pub body_timeout: Duration,
    /// How many slow actions that read may block at once.
    pub width: usize,
    /// How many actions that change something may block at once beside them.
    pub writers: usize,
    /// How many quick actions may block at once beside them, where the directory is not in this process.
    pub quick: usize,
    /// How long an action waits for its turn.
    pub queue_timeout: Duration,
    /// How long is waited for what an action says, once it has its turn. A store that does not even say that it is away
    /// keeps the turn, and the client is told.
    pub answer_timeout: Duration,
}

/// After how many seconds a client may ask again when everything is busy.
pub(super) const RETRY_AFTER: u32 = 30;

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
        let guard = Guard::open();
        let turns = Line::new(limits.width, guard.waiting());
        let writing_turns = Line::new(limits.writers, guard.waiting());
        let quick_turns = Line::new(limits.quick, guard.waiting());
        Self {
            registry,
            directory,
            registrar,
            vault,
            in_process,
            turns,
            writing_turns,
            quick_turns,
            limits,
            guard,
            metrics: Metrics::default(),
            memory: None,
            compressor: Compressor::default(),
        }
    }

    /// The same, with lists of members answered from memory where that is proven current.
    #[must_use]
    pub fn remembering(self, memory: Memory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// The same, watched over by `guard`; until then clients may ask as often and for as much as they like.
    #[must_use]
    pub fn guarded(mut self, guard: Guard) -> Self {
        self.turns = self.turns.with_waiting(guard.waiting());
        self.writing_turns = self.writing_turns.with_waiting(guard.waiting());
        self.quick_turns = self.quick_turns.with_waiting(guard.waiting());
        self.guard = guard;
        self
    }

    /// What watches over clients.
    pub const fn guard(&self) -> &Guard {
        &self.guard
    }

    /// How requests go.
    pub(crate) const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How the turns are used.
    pub(crate) fn turns_in_use(&self) -> [Turns; 3] {
        [("slow", &self.turns), ("writing", &self.writing_turns), ("quick", &self.quick_turns)].map(|(kind, line)| {
            let (size, in_use, waiting) = line.standing();
            Turns { kind, size, in_use, waiting }
        })
    }

    /// What is held in memory, and how many replies were given again; none where nothing is kept.
    pub(crate) fn held(&self) -> Option<(roster::Figures, u64)> {
        self.memory.as_ref().map(|memory| (memory.roster.figures(), memory.again.all()))
    }

    /// How many bytes of replies all threads may keep together.
    pub(super) fn kept_bytes(&self) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.replies)
    }

    /// The dialect of this name.
    pub(super) fn dialect(&self, name: &str) -> Option<&dyn Dialect> {
        self.registry.dialect(name)
    }

    /// How many actions may block at once.
    pub fn width(&self) -> usize {
        let Limits { width, writers, quick, .. } = self.limits;
        [width, writers, quick].into_iter().fold(0, |all, some| all.saturating_add(some.max(1)))
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
            let turn = self.quick_turns.turn_beside().await?;
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

    /// The path of a request as a log may show it, with the dialect that holds it if that is known already. In one that
    /// is no dialect's anything may stand, a secret too.
    fn loggable<'p>(&self, path: &'p str, found: Option<(&Mounted, &'p str)>) -> Cow<'p, str> {
        let found = found.or_else(|| self.registry.find(path));
        let Some((mounted, below)) = found else { return logging::first_segment(path) };
        match mounted.dialect.loggable(below) {
            Cow::Borrowed(_) => Cow::Borrowed(path),
            Cow::Owned(shown) => Cow::Owned(format!("{}{shown}", mounted.prefix)),
        }
    }

    /// The reply of the dialect that holds the path. What is found out on the way is `noted`.
    async fn reply<'r>(
        self: &'r Arc<Self>,
        id: Uuid,
        request: &'r HttpRequest,
        body: &mut Body,
        client: &Client,
        noted: &mut Noted<'r>,
    ) -> Reply {
        let uri = request.uri();
        let admitted = match noted.handed.as_ref().and_then(|handed| handed.admitted) {
            Some(standing) => Ok(standing),
            None => self.guard.admit(client).inspect_err(|_| self.metrics.refused(Limit::Address)),
        };
        let Some((mounted, path)) = self.registry.find(uri.path()) else {
            let refused = admitted.err().map(|exceeded| problem::too_many_requests(exceeded.seconds));
            return refused.unwrap_or_else(problem::no_such_address);
        };
        noted.found = Some((mounted, path));
        let headers = FieldsOf {
            headers: request.headers(),
            by_proxy: client.by_proxy,
            address: Some(client.address),
            over_tls: is_secure(request, client.by_proxy),
        };
        let mut asked = Request {
            method: Method::from_name(request.method().as_str()),
            path,
            query: uri.query().unwrap_or_default(),
            prefix: &mounted.prefix,
            headers: &headers,
            body: b"",
        };
        let read;
        let standing = admitted.as_ref().map_or_else(|exceeded| Some(exceeded.standing), |standing| *standing);
        let proven = noted.handed.as_ref().and_then(|handed| handed.proven);
        let mut asking = Asking { standing, proven, ..Asking::default() };
        let outcome = match admitted.map_err(too_many) {
            Ok(_) => match self.read(id, mounted, &asked, request.headers(), body).await {
                Ok(bytes) => {
                    read = bytes;
                    asked.body = &read;
                    self.outcome(id, mounted, &asked, &mut asking, noted).await
                }
                Err(refusal) => Err(refusal),
            },
            Err(refusal) => Err(refusal),
        };
        noted.route = noted.route.or_else(|| mounted.dialect.pattern(path));
        noted.credential = asking.credential;
        match &outcome {
            Err(Refusal::Denied(Denial::Unknown) | Refusal::BadClient) => self.guard.failed(client),
            Err(Refusal::BodyTooLarge(_)) => self.metrics.refused(Limit::Body),
            Err(Refusal::TargetTooLong(_)) => self.metrics.refused(Limit::Header),
            _ => {}
        }
        let written = guarded(id, || {
            let mut reply = outcome.unwrap_or_else(|refusal| mounted.dialect.refuse(&asked, &refusal));
            mounted.dialect.finish(&asked, &mut reply);
            reply
        });
        noted.standing = asking.standing;
        noted.basis = asking.basis;
        written.unwrap_or_else(|_| problem::internal())
    }

    /// Reads the body of a request, unless the request is refused whatever its body is. What is too large, or packed so
    /// that nobody knows how large it is, is refused here, before anything looks into it.
    async fn read(
        &self,
        id: Uuid,
        mounted: &Mounted,
        asked: &Request<'_>,
        headers: &HeaderMap,
        body: &mut Body,
    ) -> Result<Vec<u8>, Refusal> {
        let caps = self.guard.caps();
        let too_large = caps.header(headers).and_then(|()| caps.query(asked.query));
        too_large.inspect_err(|_| self.metrics.refused(Limit::Header))?;
        if body.is_read() {
            return Ok(Vec::new());
        }
        body.check_length(self.limits.body_bytes)?;
        unpacked(headers)?;
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
        let read = body.read(self.limits.body_bytes, self.limits.body_timeout).await?;
        caps.body(headers, &read)?;
        Ok(read)
    }

    /// What comes of a request. Where a credential is found, `asking` becomes that of the credential.
    async fn outcome(
        self: &Arc<Self>,
        id: Uuid,
        mounted: &Mounted,
        asked: &Request<'_>,
        asking: &mut Asking,
        noted: &mut Noted<'_>,
    ) -> Result<Reply, Refusal> {
        match guarded(id, || mounted.dialect.parse(asked))?? {
            Parsed::Reply(reply) => Ok(reply),
            Parsed::Call(call) => {
                noted.route = call.route;
                self.run(id, &*mounted.dialect, asked, call, asking).await
            }
        }
    }
}

/// Runs `work`. A panic in it is told in the log and is a fault of ours, but ends nothing else.
pub(crate) fn guarded<T>(id: Uuid, work: impl FnOnce() -> T) -> Result<T, Refusal> {
    logging::within(id, || catch_unwind(AssertUnwindSafe(work))).map_err(|_| Refusal::Internal)
}

pub(super) fn too_many(exceeded: Exceeded) -> Refusal {
    Refusal::TooManyRequests(exceeded.seconds)
}

/// What is found out of a request while it is answered.
#[derive(Default)]
struct Noted<'r> {
    /// The dialect, and the path below its prefix.
    found: Option<(&'r Mounted, &'r str)>,
    route: Option<&'static str>,
    credential: Option<i64>,
    /// How the client stands with its rate.
    standing: Option<Standing>,
    /// On what the reply rests, where it may be given again.
    basis: Option<Basis>,
    /// What was found out before.
    handed: Option<Handed>,
}

/// Answers one request, whatever its method and path.
pub(super) async fn handle(
    gateway: web::Data<Gateway>,
    hardening: web::Data<Hardening>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse<BoxBody> {
    let handed = request.extensions_mut().remove::<Handed>();
    let (begun, id) = handed.as_ref().map_or_else(|| (Instant::now(), next_id()), |handed| (handed.begun, handed.id));
    let under_way = UnderWay::begin(&request);
    if under_way.is_pressing() {
        // All that one client has sent would be answered before anybody else on this thread is heard.
        tokio::task::yield_now().await;
    }
    let gateway = gateway.into_inner();
    let mut body = Body::of(&request, payload).within(gateway.guard.bodies());
    let client = gateway.guard.client(&request);
    let _begun = gateway.metrics.begin(Listener::Public);
    let mut noted = Noted { handed, ..Noted::default() };
    let mut reply = match hardening.redirect(&request, client.by_proxy) {
        Some(elsewhere) => elsewhere,
        None => gateway.reply(id, &request, &mut body, &client, &mut noted).await,
    };
    let as_ever = gateway.compressor.pack(&request, &mut reply).await;
    body.pass_over(gateway.limits.body_bytes).await;
    let status = reply.status;
    let bytes = if request.method() == actix_web::http::Method::HEAD { 0 } else { reply.body.len() };
    let mut hardened = HeaderMap::new();
    hardening.finish(&request, client.by_proxy, &mut hardened);
    let (method, found) = (request.method().as_str(), noted.found);
    let (dialect, route) = (found.map(|(mounted, _)| &*mounted.dialect), noted.route);
    let asked = Asked::new(dialect.map(Dialect::name), route, method);
    let basis = noted.basis.take().filter(|_| as_ever && matches!(status, 200 | 304));
    let mut response = match (basis, noted.handed.take(), dialect) {
        (Some(basis), Some(Handed { keeper, .. }), Some(dialect)) => {
            let counted = gateway.metrics.counted(asked, status);
            let shown = gateway.loggable(request.uri().path(), found);
            let about = About { counted, dialect: dialect.name(), route, shown: kept::owned(shown) };
            let kept = Rc::new(logging::within(id, || Kept::new(basis, reply, hardened, about)));
            keeper.keep(id, Rc::clone(&kept));
            let mut response = HttpResponse::with_body(kept.status, BoxBody::new(kept.body.clone()));
            kept.write_fields(response.headers_mut());
            response
        }
        _ => logging::within(id, || response(reply, hardened)),
    };
    if let Some((standing, dialect)) = noted.standing.as_ref().zip(dialect) {
        kept::tell_standing(dialect, standing, response.headers_mut());
    }
    names::tell_id(id, response.headers_mut());
    if !body.is_read() {
        // What follows on the connection is the rest of the body, not another request.
        response.head_mut().set_connection_type(ConnectionType::Close);
        under_way.end_connection(LINGER);
    }
    let took = begun.elapsed();
    gateway.metrics.answered(asked, status, took);
    if Access::is_told(log::Level::Info) {
        let path = &*gateway.loggable(request.uri().path(), found);
        let (client, credential, dialect) = (client.address, noted.credential, dialect.map(Dialect::name));
        let bytes = bytes as u64;
        Access { id, client, dialect, method, path, route, status, bytes, took, credential }.log(log::Level::Info);
    }
    if status == 429 {
        limits::slow_down().await;
    }
    response
}

fn response(reply: Reply, hardened: HeaderMap) -> HttpResponse<BoxBody> {
    let fields = kept::fields(&reply);
    let mut response = HttpResponse::with_body(kept::status(&reply), BoxBody::new(reply.body));
    let into = response.headers_mut();
    for (name, value) in fields.into_iter().chain(hardened) {
        into.append(name, value);
    }
    response
}

/// The field of a reply's header that names the request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
