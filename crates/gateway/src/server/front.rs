//! What stands before the web application: a request that was answered before, and whose answer is still true, is
//! answered here. All others go on.
//!
//! Such a request is matched, parsed and authorized by being the same as one that was, see [`super::kept`]; and that
//! nothing has changed since which could make its reply another is proven anew each time, by a number of the change log
//! that was read after the request came in. It is counted with its address and its credential, logged and measured as any
//! other.

use super::gateway::Gateway;
use super::kept::{self, About, Keeper, Kept, Made, Replies, RequestKeys};
use super::limits::Client;
use super::memory::Memory;
use super::principals::Mark;
use super::watch::Pace;
use super::{Access, names, next_id};
use actix_http::Request;
use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{AppConfig, Payload, Response, Service, ServiceFactory, ServiceResponse};
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage};
use dialect::Standing;
use futures_util::future::LocalBoxFuture;
use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use uuid::Uuid;

/// Makes what stands before an application.
pub(super) struct Front<A> {
    pub gateway: Data<Gateway>,
    pub keys: RequestKeys,
    /// How many bytes of replies each thread keeps.
    pub share: usize,
    pub application: A,
}

impl<A> ServiceFactory<Request> for Front<A>
where
    A: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<BoxBody>, Error = Error>,
    A::Service: 'static,
    A::Future: 'static,
    A::InitError: 'static,
{
    type Response = Response<EitherBody<Bytes, BoxBody>>;
    type Error = Error;
    type Config = AppConfig;
    type Service = Before<A::Service>;
    type InitError = A::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let (gateway, keys) = (self.gateway.clone().into_inner(), self.keys);
        let replies = Rc::new(RefCell::new(Replies::new(self.share)));
        let over_tls = config.secure();
        let application = self.application.new_service(config);
        Box::pin(async move {
            let application = Rc::new(application.await?);
            Ok(Before { gateway, keys, over_tls, replies, application })
        })
    }
}

/// Stands before an application.
pub(super) struct Before<S> {
    gateway: Arc<Gateway>,
    keys: RequestKeys,
    over_tls: bool,
    replies: Rc<RefCell<Replies>>,
    application: Rc<S>,
}

type Answer = Response<EitherBody<Bytes, BoxBody>>;

impl<S> Service<Request> for Before<S>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    S::Future: 'static,
{
    type Response = Answer;
    type Error = Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.application.poll_ready(context)
    }

    fn call(&self, mut request: Request) -> Self::Future {
        let Some(memory) = self.gateway.memory.as_ref().filter(|_| matches!(request.payload(), Payload::None)) else {
            return Answering::Application { answer: self.application.call(request) };
        };
        let begun = Instant::now();
        let client = self.gateway.guard.client_of(request.peer_addr(), &request.head().headers);
        let Some(key) = self.keys.key(request.head(), client.by_proxy, self.over_tls) else {
            return Answering::Application { answer: self.application.call(request) };
        };
        let kept = match self.replies.borrow_mut().look(key) {
            Made::Never => return Answering::Application { answer: self.application.call(request) },
            Made::Before => None,
            Made::Kept(kept) => Some(kept),
        };
        let keeper = Keeper { key, replies: Rc::clone(&self.replies) };
        let Some(kept) = kept else {
            request.extensions_mut().insert(keeper);
            return Answering::Application { answer: self.application.call(request) };
        };
        let pace = Pace::of(&request);
        let again = Again { kept, client, begun, id: next_id() };
        if memory.heads.are_here() && !pace.must_yield() {
            let proven = memory.proven_here(again.id).ok().flatten();
            return match proven.and_then(|proven| again.answer(&self.gateway, memory, proven, &request)) {
                Some(answer) => {
                    pace.answered();
                    Answering::Here { answer: Some(answer) }
                }
                None => {
                    request.extensions_mut().insert(keeper);
                    Answering::Application { answer: self.application.call(request) }
                }
            };
        }
        let (gateway, application) = (Arc::clone(&self.gateway), Rc::clone(&self.application));
        let answer = async move {
            if pace.must_yield() {
                // All that one client has sent would be answered before anybody else on this thread is heard.
                tokio::task::yield_now().await;
            }
            if let Some(memory) = &gateway.memory {
                let proven = memory.proven(again.id).await.ok().flatten();
                if let Some(answer) = proven.and_then(|proven| again.answer(&gateway, memory, proven, &request)) {
                    pace.answered();
                    return Ok(answer);
                }
            }
            request.extensions_mut().insert(keeper);
            application.call(request).await.map(of_application)
        };
        Answering::There { answer: Box::pin(answer) }
    }
}

fn of_application(reply: ServiceResponse<BoxBody>) -> Answer {
    Response::from(reply).map_body(|_, body| EitherBody::right(body))
}

pin_project! {
    /// An answer on its way.
    #[project = Projected]
    pub(super) enum Answering<F> {
        /// It is there.
        Here { answer: Option<Answer> },
        /// The application makes it.
        Application { #[pin] answer: F },
        /// Whether it is there is not known yet.
        There { answer: LocalBoxFuture<'static, Result<Answer, Error>> },
    }
}

impl<F: Future<Output = Result<ServiceResponse<BoxBody>, Error>>> Future for Answering<F> {
    type Output = Result<Answer, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::Here { answer } => match answer.take() {
                Some(answer) => Poll::Ready(Ok(answer)),
                // Not asked for twice.
                None => Poll::Pending,
            },
            Projected::Application { answer } => answer.poll(context).map_ok(of_application),
            Projected::There { answer } => answer.as_mut().poll(context),
        }
    }
}

/// What was read to prove that memory is current, after the request came in.
pub(super) struct Proven(pub Mark);

/// How a client stands whose request has been counted already.
pub(super) struct Admitted(pub Option<Standing>);

/// A request that was answered before.
struct Again {
    kept: Rc<Kept>,
    client: Client,
    begun: Instant,
    id: Uuid,
}

impl Again {
    /// The answer of before, where it is the answer now, and the client may ask now. The epoch and the head were read
    /// after the request came in, in that order.
    fn answer(&self, gateway: &Gateway, memory: &Memory, proven: Mark, request: &Request) -> Option<Answer> {
        let Self { kept, client, begun, id } = self;
        let now = chrono::Utc::now().timestamp();
        if !kept.is_true(memory, proven, now) {
            // What has been proven need not be asked again.
            request.extensions_mut().insert(Proven(proven));
            return None;
        }
        let admitted = gateway.guard.admit(client).ok()?;
        let credential = kept.known().principal().credential;
        let standing = match credential.map(|id| gateway.guard.admit_credential(id)) {
            Some(Ok(standing)) => standing.or(admitted),
            Some(Err(_)) => {
                // It is refused elsewhere, and has been counted with its address here.
                request.extensions_mut().insert(Admitted(admitted));
                return None;
            }
            None => admitted,
        };
        if let Some(id) = credential {
            gateway.vault.note_use(id, now);
        }
        memory.roster.gave_again();
        let mut answer = Response::with_body(kept.status, EitherBody::left(kept.body.clone()));
        let fields = answer.headers_mut();
        kept.write_fields(fields);
        let About { counted, dialect, route, shown } = &kept.about;
        if let Some((standing, dialect)) = standing.as_ref().zip(gateway.dialect(dialect)) {
            kept::tell_standing(dialect, standing, fields);
        }
        names::tell_id(*id, fields);
        let took = begun.elapsed();
        counted.answered(took);
        if Access::is_told(log::Level::Info) {
            let path = shown.as_deref().unwrap_or_else(|| request.path());
            Access {
                id: *id,
                client: client.address,
                dialect: Some(dialect),
                method: "GET",
                path,
                route: *route,
                status: kept.status.as_u16(),
                bytes: kept.body.len() as u64,
                took,
                credential,
            }
            .log(log::Level::Info);
        }
        Some(answer)
    }
}
