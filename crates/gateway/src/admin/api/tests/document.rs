//! The document is what is routed, and what is routed is the document.

use super::{Api, FULL, READ};
use crate::admin::api::problem::Kind;
use crate::admin::api::{PREFIX, endpoints};
use dialect::Cost;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// An address of each path.
fn address(path: &str) -> String {
    path.replace("{group}", "guid:none")
        .replace("{person}", "uid:none")
        .replace("{job}", "99")
        .replace("{credential}", "99")
        .replace("{problem}", "none")
}

#[actix_web::test]
async fn the_document_names_what_is_served_and_nothing_else() {
    let api = Api::new();
    let served = api.get("/openapi.json").await.is(200, "").json();
    assert_eq!(served, api.document);
    assert_eq!(served["openapi"], "3.1.0");
    let paths = served["paths"].as_object().expect("paths");
    let mut named = BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("an item") {
            named.insert((
                path.clone(),
                method.to_uppercase(),
                operation["operationId"].as_str().expect("a name").to_owned(),
            ));
        }
    }
    let routed: BTreeSet<_> =
        endpoints().map(|e| (format!("{PREFIX}{}", e.path), e.method.name().to_owned(), e.name.to_owned())).collect();
    assert_eq!(named, routed);
    assert_eq!(named.len(), endpoints().count(), "no two endpoints share a method and an address");
    let names: BTreeSet<&str> = endpoints().map(|endpoint| endpoint.name).collect();
    assert_eq!(names.len(), named.len(), "no two operations share a name");
}

#[actix_web::test]
async fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value, found: &mut usize) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(to)) = fields.get("$ref") {
                    let pointer = to.strip_prefix('#').expect("within the document");
                    assert!(document.pointer(pointer).is_some(), "{to}");
                    *found += 1;
                }
                fields.values().for_each(|value| walk(value, document, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, document, found)),
            _ => {}
        }
    }
    let document = Api::new().document;
    let mut found = 0;
    walk(&document, &document, &mut found);
    assert!(found > 100);
    for endpoint in endpoints() {
        for link in endpoint.links {
            let to = endpoints().find(|other| other.name == link.to).expect(link.to);
            let query = to.query.iter().map(|param| param.name);
            let names: Vec<_> = to.names().map(|(name, _)| name).chain(query).collect();
            assert!(link.parameters.iter().all(|(name, _)| names.contains(name)), "{}", link.to);
        }
        assert!(!endpoint.summary.is_empty(), "{}", endpoint.name);
    }
}

#[actix_web::test]
async fn every_address_wants_a_key_and_tells_its_methods() {
    let api = Api::new();
    for endpoint in endpoints() {
        let path = address(endpoint.path);
        let method = endpoint.method.name();
        let without = [("authorization", "")];
        let reply = api.send(method, &path, &without, "").await;
        if endpoint.needs.is_none() {
            assert_ne!(reply.status, 401, "{path}");
            continue;
        }
        reply.is(401, "unauthorized");
        for bad in ["Bearer x", &format!("Basic {FULL}"), &format!("Bearer {FULL}x")] {
            api.send(method, &path, &[("authorization", bad)], "").await.is(401, "unauthorized");
        }
        let reading = format!("Bearer {READ}");
        let reply = api.send(method, &path, &[("authorization", &reading)], "").await;
        assert_eq!(reply.status == 403, method != "GET", "{method} {path}: {}", reply.text);
    }
    let served = api.document["paths"].as_object().expect("paths");
    for (path, item) in served {
        let path = address(path.strip_prefix(PREFIX).expect("below the prefix"));
        for method in ["PUT", "OPTIONS", "TRACE", "QUERY", "DELETE", "PATCH", "POST", "GET"] {
            if item.get(method.to_lowercase()).is_some() {
                continue;
            }
            let reply = api.send(method, &path, &[], "").await.is(405, "method-not-allowed");
            let allowed: BTreeSet<String> = reply
                .header("allow")
                .expect("methods")
                .split(", ")
                .map(str::to_lowercase)
                .filter(|m| m != "head")
                .collect();
            let named: BTreeSet<String> = item.as_object().expect("an item").keys().cloned().collect();
            assert_eq!(allowed, named, "{path}");
        }
    }
    for path in ["", "/", "/groups/", "/groups//members", "/nothing", "/groups/1/members/2/dance"] {
        api.get(path).await.is(404, "no-such-address");
    }
}

#[actix_web::test]
async fn what_is_said_badly_is_refused_everywhere() {
    let api = Api::new();
    for endpoint in endpoints() {
        let path = address(endpoint.path);
        let method = endpoint.method.name();
        let stranger = api.send(method, &format!("{path}?no_such_parameter=1"), &[], "").await;
        let problem = stranger.is(400, "bad-parameter").json();
        assert_eq!(problem["parameter"], "no_such_parameter");
        if !endpoint.gives.types().is_empty() {
            api.send(method, &path, &[("accept", "image/png")], "").await.is(406, "not-acceptable");
        }
        api.send(method, &path, &[("if-none-match", "x")], "").await.is(400, "bad-header");
        if !endpoint.body.types().is_empty() {
            let xml = [("content-type", "text/xml")];
            api.send(method, &path, &xml, "<x/>").await.is(415, "unsupported-media-type");
            let typed = [("content-type", endpoint.body.types()[0])];
            let packed = [typed[0], ("content-encoding", "gzip")];
            api.send(method, &path, &packed, "{}").await.is(415, "unsupported-media-type");
            let long = "x".repeat(100_001);
            api.send(method, &path, &typed, &long).await.is(413, "body-too-large");
            if endpoint.body.shape().is_some() {
                api.send(method, &path, &typed, "{").await.is(400, "bad-body");
                let reply = api.send(method, &path, &typed, "{\"no_such_field\":1}").await.is(422, "invalid-body");
                assert!(reply.json()["errors"][0]["detail"].is_string());
            }
        } else if method != "GET" {
            api.send(method, &path, &[("content-type", "application/json")], "{}").await.is(400, "bad-body");
        }
        for (name, _) in endpoint.names().filter(|(name, _)| *name != "problem") {
            let bad = endpoint.path.replace(&format!("{{{name}}}"), "%00");
            let problem = api.send(method, &address(&bad), &[], "").await.is(400, "bad-parameter").json();
            assert_eq!(problem["parameter"], name);
        }
    }
}

#[actix_web::test]
async fn who_gets_no_turn_is_told_when_to_ask_again() {
    let api = Api::new();
    let gateway = api.gateway.clone().into_inner();
    // The only turn is taken for longer than anybody waits.
    let slow = gateway.ask(Uuid::nil(), Cost::Blocking, |_| std::thread::sleep(Duration::from_millis(1_500)));
    let (slow, reply) = futures_util::future::join(slow, api.get("/groups")).await;
    assert!(slow.is_ok());
    let reply = reply.is(503, "unavailable");
    assert_eq!(reply.header("retry-after"), Some("30"));
    api.get("/groups").await.is(200, "");
}

#[actix_web::test]
async fn every_kind_of_problem_is_explained() {
    let api = Api::new();
    for kind in Kind::ALL {
        let told = api.get(&format!("/problems/{}", kind.slug())).await.is(200, "").json();
        assert_eq!((told["status"].as_u64(), &told["title"]), (Some(kind.status().into()), &kind.title().into()));
    }
    api.get("/problems/none").await.is(404, "no-such-problem");
    let docs = include_str!("../../../../../../docs/admin-api.md");
    for kind in Kind::ALL {
        assert!(docs.contains(&format!("| `{}` | {} |", kind.slug(), kind.status())), "{}", kind.slug());
    }
}
