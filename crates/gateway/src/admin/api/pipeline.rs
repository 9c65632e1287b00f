//! One request of the API, step by step: address and method, key, what may be answered, conditions, query and path,
//! body, and then the work.

use super::answer::{Answer, Outcome, Rendered};
use super::endpoint::{Body as Takes, Endpoint, JSON, Verb, Work};
use super::headers::{accepted, bearer, idempotency_key, is_encoded, media_type};
use super::limits::{admit, admit_key, check_json};
use super::once::{Key, Line, once};
use super::preconditions::{Conditions, tag_of};
use super::problem::{Kind, Problem};
use super::refusals::of_gateway;
use super::request::{self, Ask, Values};
use super::said::Said;
use super::{AUDIENCE, PREFIX, changes, endpoints, export, help, import};
use crate::admin::observe::{id_of, note_credential};
use crate::admin::state::Admin;
use crate::server::limits::Client;
use crate::server::{Body, Gateway};
use access::{CredentialKind, Principal, Secret};
use actix_web::http::ConnectionType;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use dialect::{Core, Cost, within};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// A request on its way.
pub(super) struct Call {
    pub admin: Arc<Admin>,
    pub gateway: Arc<Gateway>,
    pub id: Uuid,
    pub endpoint: &'static Endpoint,
    pub ask: Ask,
    /// The key by which it is done once, before the body is known.
    pub idempotency_key: Option<String>,
    /// What was presented.
    pub secret: Option<Secret>,
    /// The media type of the body.
    pub media_type: Option<String>,
    /// The media type that the client takes best.
    pub accepted: Option<&'static str>,
}

/// Answers a request below the prefix.
pub(super) async fn handle(
    admin: web::Data<Admin>,
    gateway: web::Data<Gateway>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let mut body = Body::of(&request, payload).within(gateway.guard().bodies());
    let limit = gateway.body_bytes();
    let id = id_of(&request);
    let reply = match body.begin().await {
        Ok(()) => reply(admin.into_inner(), gateway.into_inner(), id, &request, &mut body).await,
        Err(refusal) => Err(of_gateway(&refusal)),
    };
    let mut response = reply.unwrap_or_else(|problem| Rendered::of(Err(problem), id).into_response());
    body.pass_over(limit).await;
    if !body.is_read() {
        // What follows on the connection is the rest of the body, not another request.
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

async fn reply(
    admin: Arc<Admin>,
    gateway: Arc<Gateway>,
    id: Uuid,
    request: &HttpRequest,
    body: &mut Body,
) -> Result<HttpResponse, Problem> {
    let client = admit(gateway.guard(), request).await?;
    let headers = request.headers();
    let address = request.uri().path();
    let (endpoint, in_path) = route(request.method().as_str(), address)?;
    let secret = bearer(headers);
    let principal = let_in(&gateway, id, endpoint, &client, secret.as_ref()).await?;
    if let Some(id) = principal.credential {
        note_credential(request, id);
    }
    let accepted = accepted(headers, endpoint.gives.types())?;
    let conditions = Conditions::of(headers)?;
    let idempotency_key = if endpoint.method == Verb::Post { idempotency_key(headers)? } else { None };
    if endpoint.method == Verb::Post {
        conditions.without_representation()?;
    }
    let raw_query = request.uri().query().unwrap_or_default();
    let ask = Ask {
        id,
        principal,
        conditions,
        path: request::path(endpoint, &in_path)?,
        query: request::query(endpoint.query, raw_query)?,
        raw_query: raw_query.to_owned(),
        address: address.to_owned(),
        said: Said::default(),
        now: chrono::Utc::now().timestamp(),
    };
    let media_type = media_type(headers);
    let call = Call { admin, gateway, id, endpoint, ask, idempotency_key, secret, media_type, accepted };
    check_body(&call, headers, body)?;
    match endpoint.work {
        Work::Task(task) => call.task(task, body).await,
        Work::Import => import::answer(call, body).await,
        Work::Export => export::answer(call).await,
        Work::Changes => changes::answer(call, request).await,
        Work::Document => Ok(call.seen(Ok(Answer::json(call.admin.document.to_vec())))),
        Work::Problem => Ok(call.seen(help::problem(&call.ask))),
    }
}

/// The endpoint of this method and address.
fn route(method: &str, address: &str) -> Result<(&'static Endpoint, Values), Problem> {
    let path = address.strip_prefix(PREFIX).unwrap_or_default();
    let mut methods = Vec::new();
    for endpoint in endpoints() {
        let Some(found) = request::matched(endpoint.path, path) else { continue };
        if endpoint.method.name() == method || (endpoint.method == Verb::Get && method == "HEAD") {
            return Ok((endpoint, found));
        }
        methods.push(endpoint.method.name());
        if endpoint.method == Verb::Get {
            methods.push("HEAD");
        }
    }
    if methods.is_empty() {
        return Err(Problem::new(Kind::NoSuchAddress, "Nothing is served at this address."));
    }
    let allowed = methods.join(", ");
    let detail = format!("This address takes {allowed}.");
    Err(Problem::new(Kind::MethodNotAllowed, detail).header("allow", allowed))
}

/// Who asks, if it may.
async fn let_in(
    gateway: &Arc<Gateway>,
    id: Uuid,
    endpoint: &Endpoint,
    client: &Client,
    secret: Option<&Secret>,
) -> Result<Principal, Problem> {
    let Some(right) = endpoint.needs else { return Ok(Principal::nobody()) };
    let challenge = |detail: &str, more: &str| {
        let challenge = format!("Bearer realm=\"rollcall admin\"{more}");
        Problem::new(Kind::Unauthorized, detail).header("www-authenticate", challenge)
    };
    let Some(secret) = secret else {
        return Err(challenge("This takes a key: Authorization: Bearer KEY.", ""));
    };
    let hash = secret.hash();
    let find = move |core: Core<'_>| {
        let found = core.vault.find(AUDIENCE, CredentialKind::Key, &hash)?;
        let principal = found.and_then(|found| found.judge(core.now).ok());
        if let Some(id) = principal.as_ref().and_then(|principal| principal.credential) {
            core.vault.note_use(id, core.now);
        }
        Ok::<_, access::VaultError>(principal)
    };
    let found = gateway.ask(id, Cost::Inline, find).await.map_err(|refusal| of_gateway(&refusal))??;
    let Some(principal) = found else {
        gateway.guard().failed(client);
        return Err(challenge("The key is unknown, revoked or expired.", ", error=\"invalid_token\""));
    };
    let principal = admit_key(gateway.guard(), principal).await?;
    let detail = if !principal.rights.contains(right) {
        "The rights of the key do not reach so far."
    } else if principal.groups.limit().is_some() && !endpoint.within_groups {
        "The key is limited to some groups, and this is beyond them."
    } else {
        return Ok(principal);
    };
    let challenge = "Bearer realm=\"rollcall admin\", error=\"insufficient_scope\"";
    Err(Problem::new(Kind::Forbidden, detail).header("www-authenticate", challenge))
}

/// What the core says to the one who asks, within the limits of the key.
pub(super) async fn ask<T: Send + 'static>(
    call: &Call,
    cost: Cost,
    work: impl FnOnce(Core<'_>) -> T + Send + 'static,
) -> Result<T, Problem> {
    let principal = call.ask.principal.clone();
    let work = move |core: Core<'_>| within(core, &principal, work);
    call.gateway.ask(call.id, cost, work).await.map_err(|refusal| of_gateway(&refusal))
}

/// Refuses a body of which the header alone shows that it is not taken.
fn check_body(call: &Call, headers: &HeaderMap, body: &Body) -> Result<(), Problem> {
    let types = call.endpoint.body.types();
    let empty = body.is_read();
    match call.endpoint.body {
        Takes::None if empty || call.endpoint.method == Verb::Get => return Ok(()),
        Takes::None => return Err(Problem::new(Kind::BadBody, "This takes no body.")),
        Takes::JsonOrNothing(_) if empty => return Ok(()),
        Takes::Json(_) | Takes::JsonOrNothing(_) | Takes::Patch(_) | Takes::Rows => {}
    }
    let detail = match (call.media_type.as_deref(), is_encoded(headers)) {
        (Some(said), false) if types.contains(&said) => return Ok(()),
        (Some(said), true) if types.contains(&said) => "The body must not be encoded (Content-Encoding).".to_owned(),
        (said, _) => {
            let (known, said) = (types.join(" or "), said.unwrap_or("none"));
            format!("The body must be of the media type {known}, not {said}.")
        }
    };
    let name = if call.endpoint.method == Verb::Patch { "accept-patch" } else { "accept-post" };
    Err(Problem::new(Kind::UnsupportedMediaType, detail).header(name, types.join(", ")))
}

impl Call {
    /// Has the work done when there is a turn.
    async fn task(mut self, task: fn(&Ask, &Core<'_>) -> Outcome, body: &mut Body) -> Result<HttpResponse, Problem> {
        let mut hash = Sha256::digest(b"").into();
        if let (Some(shape), false) = (self.endpoint.body.shape(), body.is_read() && self.may_be_without_body()) {
            let (limit, time) = (self.gateway.body_bytes(), self.gateway.body_timeout());
            let bytes = body.read(limit, time).await.map_err(|refusal| of_gateway(&refusal))?;
            check_json(&self.gateway, &bytes)?;
            hash = Sha256::digest(&bytes).into();
            self.ask.said = Said::read(&bytes, &shape)?;
        }
        let key = self.key(&hash);
        let (gateway, id) = (Arc::clone(&self.gateway), self.id);
        let reads = self.endpoint.method == Verb::Get;
        let cost = if reads { Cost::Blocking } else { Cost::Writing };
        let work = move |core: Core<'_>| {
            let outcome = || within(core, &self.ask.principal, |core| task(&self.ask, &core));
            if reads {
                self.seen_rendered(outcome())
            } else {
                once(&self.admin.store, key.as_ref(), core.now, id, outcome)
            }
        };
        let rendered = gateway.ask(id, cost, work).await.map_err(|refusal| of_gateway(&refusal))?;
        Ok(rendered.into_response())
    }

    const fn may_be_without_body(&self) -> bool {
        matches!(self.endpoint.body, Takes::JsonOrNothing(_))
    }

    /// The key by which the request is done once, now that the hash of its body is known.
    pub fn key(&self, body: &[u8; 32]) -> Option<Key> {
        let (Some(key), Some(secret)) = (&self.idempotency_key, &self.secret) else { return None };
        let line = Line {
            method: self.endpoint.method.name(),
            address: &self.ask.address,
            query: &self.ask.raw_query,
            media_type: self.media_type.as_deref().unwrap_or_default(),
        };
        Some(Key::new(self.ask.principal.credential?, key.clone(), secret, &line, body))
    }

    /// A representation as the conditions let it be seen.
    pub fn seen(&self, outcome: Outcome) -> HttpResponse {
        self.seen_rendered(outcome).into_response()
    }

    fn seen_rendered(&self, outcome: Outcome) -> Rendered {
        let answer = match outcome {
            Ok(answer) => answer,
            Err(problem) => return Rendered::of(Err(problem), self.id),
        };
        let tag = tag_of(&answer.body);
        let conditions = &self.ask.conditions;
        if !conditions.let_see(&tag) {
            let detail = format!("The entity tag is {tag} now.");
            return Rendered::of(Err(Problem::new(Kind::PreconditionFailed, detail)), self.id);
        }
        let known = conditions.know(&tag);
        let mut rendered = Rendered::of(Ok(answer.header("etag", tag)), self.id);
        if known {
            rendered.status = 304;
            rendered.body.clear();
            rendered.headers.retain(|(name, _)| name != "content-type");
        }
        rendered
    }

    /// Whether the client wants this media type best.
    pub fn wants(&self, media_type: &str) -> bool {
        self.accepted.unwrap_or(JSON) == media_type
    }
}
