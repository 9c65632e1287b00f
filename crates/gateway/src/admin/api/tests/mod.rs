//! The API on the oracle. Every reply that a test gets is held against the OpenAPI document: its status, its media type,
//! the fields of its header, and what its body holds.

mod document;
mod groups;
mod lists;
mod persons;
mod rest;
mod rights;
mod steps;

use super::endpoint::{Endpoint, Gives, Verb};
use super::shape::{COUNT, Field, Object, Shape};
use super::{ENDPOINTS, PREFIX, document as made, request};
use crate::admin::{Admin, configure, observe::observe};
use crate::registry::Registry;
use crate::server::{Gateway, Limits};
use access::{CredentialKind, Right, Rights};
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::{App, web};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use testkit::{MemoryDirectory, sample};

/// The key that may do everything, and the one that may read.
pub const FULL: &str = "a-key-that-may-do-everything";
pub const READ: &str = "a-key-that-may-only-read";

/// The API, behind which stand the sample data.
pub struct Api {
    pub oracle: Arc<MemoryDirectory>,
    gateway: web::Data<Gateway>,
    admin: web::Data<Admin>,
    document: Value,
}

/// A reply.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The kind of the problem.
    pub fn kind(&self) -> String {
        let json = self.json();
        let address = json["type"].as_str().unwrap_or_else(|| panic!("no problem: {}", self.text));
        address.strip_prefix("/admin/v1/problems/").expect("an address of ours").to_owned()
    }

    /// Makes sure of the status and, where that tells a problem, of its kind.
    pub fn is(self, status: u16, kind: &str) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        if !kind.is_empty() {
            assert_eq!(self.kind(), kind, "{}", self.text);
        }
        self
    }
}

impl Api {
    pub fn new() -> Self {
        let oracle = Arc::new(sample::directory());
        oracle.grant("admin", CredentialKind::Key, FULL, Rights::FULL, None);
        oracle.grant("admin", CredentialKind::Key, READ, Rights::NONE.with(Right::Read), None);
        let limits = Limits {
            body_bytes: 100_000,
            body_timeout: Duration::from_secs(1),
            width: 1,
            writers: 1,
            quick: 1,
            queue_timeout: Duration::from_secs(1),
            answer_timeout: Duration::from_secs(30),
        };
        let registry = Registry::of(Vec::new()).expect("none");
        let gateway = Gateway::new(registry, oracle.clone(), oracle.clone(), oracle.clone(), true, limits);
        let store = Store::open(&store::Settings::new("sqlite::memory:".parse().expect("a URL"))).expect("opens");
        store.migrate().expect("migrates");
        let document = serde_json::from_slice(&made()).expect("JSON");
        Self { oracle, gateway: web::Data::new(gateway), admin: web::Data::new(Admin::new(store, 100_000)), document }
    }

    /// A request below the prefix, with the key that may do everything.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let body = body.map(|body| body.to_string());
        let json = [("content-type", "application/json")];
        self.send(method, path, if body.is_some() { &json } else { &[] }, body.as_deref().unwrap_or_default()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, None).await
    }

    /// The same with these fields of the header; the key among them wins.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let app = App::new().app_data(self.gateway.clone()).app_data(self.admin.clone());
        let app = init_service(app.wrap(from_fn(observe)).configure(configure)).await;
        let mut request = TestRequest::default()
            .method(method.parse().expect("a method"))
            .uri(&format!("{PREFIX}{path}"))
            .insert_header(("authorization", format!("Bearer {FULL}")));
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        if !body.is_empty() {
            request = request.insert_header(("content-length", body.len())).set_payload(body.to_owned());
        }
        let response = actix_web::test::call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8(read_body(response).await.to_vec()).expect("UTF-8");
        let reply = Reply { status, headers, text };
        self.hold_against_document(method, path, &reply);
        reply
    }

    /// Whether the document has foreseen the reply.
    fn hold_against_document(&self, method: &str, path: &str, reply: &Reply) {
        let address = path.split('?').next().expect("something");
        let Some(endpoint) = endpoint_of(method, address) else { return };
        let operation =
            &self.document["paths"][format!("{PREFIX}{}", endpoint.path)][endpoint.method.name().to_lowercase()];
        let told = &operation["responses"][reply.status.to_string()];
        let what = format!("{method} {path}: {} {}", reply.status, reply.text);
        assert!(told.is_object(), "the status is not in the document: {what}");
        for name in told["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
            assert!(reply.headers.contains_key(name.as_str()), "no {name}: {what}");
        }
        let types: Vec<&String> = told["content"].as_object().into_iter().flat_map(|content| content.keys()).collect();
        match reply.header("content-type") {
            Some(media_type) => assert!(types.iter().any(|known| *known == media_type), "{media_type}: {what}"),
            None => assert!(types.is_empty() && reply.text.is_empty(), "no media type: {what}"),
        }
        if reply.status >= 400 {
            assert_eq!(Shape::Object(&super::document::PROBLEM).judge(&reply.json()), [], "{what}");
        } else if reply.status < 300 && method != "HEAD" {
            let shape = match endpoint.gives {
                Gives::Json(shape) | Gives::Created(shape) => shape,
                Gives::Page(object) => {
                    let page = reply.json();
                    let items = page["items"].as_array().expect("items");
                    assert_eq!(COUNT.judge(&page["total"]), [], "{what}");
                    for item in items {
                        assert_eq!(shown(object, item), [], "{what}");
                    }
                    return;
                }
                Gives::Nothing | Gives::Rows | Gives::Document => return,
            };
            assert_eq!(shape.judge(&reply.json()), [], "{what}");
        }
    }
}

/// What is wrong with something that a reply shows. Fields that only replies say are judged too.
fn shown(object: &'static Object, value: &Value) -> Vec<super::shape::Wrong> {
    let mut wrong = Shape::Object(object).judge(value);
    for Field { name, shape, nullable, read_only, .. } in (object.fields)() {
        match &value[name] {
            Value::Null if nullable => {}
            value if read_only => wrong.extend(shape.judge(value)),
            _ => {}
        }
    }
    wrong
}

/// The endpoint that answers.
fn endpoint_of(method: &str, address: &str) -> Option<&'static Endpoint> {
    let method = if method == "HEAD" { "GET" } else { method };
    let mut all = ENDPOINTS.iter().copied().flatten();
    all.find(|endpoint| endpoint.method.name() == method && request::matched(endpoint.path, address).is_some())
}

/// A person of this login, just made; gives its number.
pub async fn person(api: &Api, login: &str) -> i64 {
    let made = api.ask("POST", "/persons", Some(json!({ "login": login }))).await.is(201, "");
    made.json()["number"].as_i64().expect("a number")
}

#[test]
fn addresses_find_their_endpoints() {
    for (method, address, name) in [
        ("GET", "/groups", "listGroups"),
        ("HEAD", "/groups/1", "getGroup"),
        ("POST", "/groups/1/members", "takeSteps"),
        ("GET", "/groups/1/members/2", "getMembership"),
        ("POST", "/groups/1/members/2/set-scope", "setScope"),
    ] {
        let found = endpoint_of(method, address).expect(address);
        assert_eq!(found.name, name);
        assert!(found.method != Verb::Post || found.needs == Some(Right::Write));
    }
    assert!(endpoint_of("GET", "/").is_none());
}
