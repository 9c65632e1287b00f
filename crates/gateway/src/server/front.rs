//! What stands before the web application: a request that was answered before, and whose answer is still true, is
//! answered here. All others go on.
//!
//! Such a request is matched, parsed and authorized by being the same as one that was, see [`super::kept`]; and that
//! nothing has changed since which could make its reply another is proven anew each time, by a number of the change log
//! that was read after the request came in. It is counted with its address and its credential, logged and measured as any
//! other.

use super::gateway::{Gateway, guarded};
use super::kept::{self, About, Keeper, Kept, Made, Replies, RequestKeys};
use super::limits::Client;
use super::memory::Memory;
use super::principals::Mark;
use super::watch::Pace;
use super::{Access, names, next_id};
use crate::metrics::Listener;
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
use std::time::{Instant, SystemTime, UNIX_EPOCH};
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
        let looked_at = |memory: &&Memory| memory.replies > 0 && matches!(request.payload(), Payload::None);
        let Some(memory) = self.gateway.memory.as_ref().filter(looked_at) else {
            return Answering::Application { answer: self.application.call(request) };
        };
        let begun = Instant::now();
        let client = self.gateway.guard.client_of(request.peer_addr(), &request.head().headers);
        let Some(key) = self.keys.key(request.head(), client.by_proxy, self.over_tls) else {
            return Answering::Application { answer: self.application.call(request) };
        };
        let made = self.replies.borrow_mut().look(key);
        let keeper = Keeper { key, replies: Rc::clone(&self.replies) };
        let mut handed = Handed { keeper, begun, id: next_id(), proven: None, admitted: None };
        let kept = match made {
            Made::Never => return Answering::Application { answer: self.application.call(request) },
            Made::Before => {
                request.extensions_mut().insert(handed);
                return Answering::Application { answer: self.application.call(request) };
            }
            Made::Kept(kept) => kept,
        };
        let pace = Pace::of(&request, begun);
        if memory.heads.are_here() && !pace.must_yield() {
            handed.proven = memory.proven_here(handed.id).ok().flatten().map(Some);
            if let Some(answer) = kept.again(&self.gateway, memory, client, &request, &mut handed) {
                pace.answered();
                return Answering::Here { answer: Some(answer) };
            }
            request.extensions_mut().insert(handed);
            return Answering::Application { answer: self.application.call(request) };
        }
        let (gateway, application) = (Arc::clone(&self.gateway), Rc::clone(&self.application));
        let answer = async move {
            let under_way = (pace.under_way(), gateway.metrics.begin(Listener::Public));
            if pace.must_yield() {
                // All that one client has sent would be answered before anybody else on this thread is heard.
                tokio::task::yield_now().await;
            }
            if let Some(memory) = &gateway.memory {
                handed.proven = Some(memory.proven(handed.id).await.ok().flatten());
                if let Some(answer) = kept.again(&gateway, memory, client, &request, &mut handed) {
                    return Ok(answer);
                }
            }
            drop(under_way);
            request.extensions_mut().insert(handed);
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

/// What the application is handed with a request whose reply it is to make.
pub(super) struct Handed {
    /// Where the reply is to be kept.
    pub keeper: Keeper,
    /// When the request came in, and its id.
    pub begun: Instant,
    pub id: Uuid,
    /// See [`super::answering::Asking`].
    pub proven: Option<Option<Mark>>,
    /// How the client stands, where the request has been counted with its address.
    pub admitted: Option<Option<Standing>>,
}

impl Kept {
    /// The reply, where it is the one to this request too, and the client may ask now. What is found out is put into
    /// `handed`, so that nobody has to find it out again where it is not.
    fn again(
        &self,
        gateway: &Gateway,
        memory: &Memory,
        client: Client,
        request: &Request,
        handed: &mut Handed,
    ) -> Option<Answer> {
        let (id, begun) = (handed.id, handed.begun);
        guarded(id, || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed());
            let proven = handed.proven.flatten()?;
            if !self.is_true(memory, proven, now) {
                return None;
            }
            let admitted = gateway.guard.admit(&client).ok()?;
            handed.admitted = Some(admitted);
            let credential = self.known().principal().credential;
            let standing = match credential {
                Some(id) => gateway.guard.admit_credential(id).ok()?.or(admitted),
                None => admitted,
            };
            self.note_use(&*gateway.vault, now);
            memory.again.count();
            let mut answer = Response::with_body(self.status, EitherBody::left(self.body.clone()));
            let fields = answer.headers_mut();
            self.write_fields(fields);
            let About { counted, dialect, route, shown } = &self.about;
            if let Some((standing, dialect)) = standing.as_ref().zip(gateway.dialect(dialect)) {
                kept::tell_standing(dialect, standing, fields);
            }
            names::tell_id(id, fields);
            let took = begun.elapsed();
            counted.answered(took);
            if Access::is_told(log::Level::Info) {
                let (client, dialect, route) = (client.address, Some(*dialect), *route);
                let path = shown.as_deref().unwrap_or_else(|| request.path());
                let (status, bytes) = (self.status.as_u16(), self.body.len() as u64);
                Access { id, client, dialect, method: "GET", path, route, status, bytes, took, credential }
                    .log(log::Level::Info);
            }
            Some(answer)
        })
        .ok()
        .flatten()
    }
}
