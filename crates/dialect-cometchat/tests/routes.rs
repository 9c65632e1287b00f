//! Every route, with every kind of credential.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod support;

use dialect::access::{CredentialKind, Right, Rights};
use dialect::{Method, Reply, Route};
use dialect_cometchat::{CometChat, routes};
use support::{EVERYBODY, KEY, NOW, world};
use testkit::MemoryDirectory;

fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
        other => panic!("{other:?} is no method of this dialect"),
    }
}

/// Asks the route about the club and pat, with a body that is legal for every route.
fn ask(directory: &MemoryDirectory, route: &Route, headers: &[(&str, &str)]) -> Reply {
    let target = route.pattern.replace("{guid}", "club").replace("{uid}", "pat").replace("{authToken}", "pat");
    let body = br#"{"guid":"new","uid":"new","name":"New","scope":"admin","owner":"bea","participants":["zoe"]}"#;
    testkit::exchange(&CometChat::new(), directory.core(NOW), name(route.method), &target, headers, body)
}

fn text(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).expect("UTF-8")
}

fn code(reply: &Reply) -> &str {
    let (_, rest) = text(reply).split_once(r#"{"error":{"code":""#).unwrap_or_default();
    rest.split_once('"').map_or("", |(code, _)| code)
}

#[test]
fn who_is_unknown_is_refused_everywhere() {
    for route in routes() {
        for (headers, expected) in [
            (&[][..], "AUTH_ERR_EMPTY_APIKEY"),
            (&[("apikey", "")], "AUTH_ERR_EMPTY_APIKEY"),
            (&[("authToken", "")], "AUTH_ERR_EMPTY_AUTH_TOKEN"),
            (&[("apikey", "nobody's")], "AUTH_ERR_APIKEY_NOT_FOUND"),
            (&[("apikey", "pat")], "AUTH_ERR_APIKEY_NOT_FOUND"),
            (&[("authToken", "nobody's")], "AUTH_ERR_AUTH_TOKEN_NOT_FOUND"),
            (&[("authToken", KEY)], "AUTH_ERR_AUTH_TOKEN_NOT_FOUND"),
        ] {
            let directory = world();
            let before = directory.log();
            let reply = ask(&directory, &route, headers);
            assert_eq!((reply.status, code(&reply)), (401, expected), "{route:?} with {headers:?}");
            assert_eq!(directory.log(), before, "{route:?} with {headers:?} changed something");
        }
    }
}

/// A key that lacks exactly the right that a route needs is refused, one that has no other is not.
#[test]
fn a_right_opens_what_needs_it_and_nothing_else() {
    for route in routes() {
        let needed = route.operation.needs().expect("every route needs a right");
        for right in [Right::Read, Right::Write, Right::Admin, Right::Mint] {
            let directory = world();
            directory.grant("cometchat", CredentialKind::Key, "one", Rights::NONE.with(right), None);
            let before = directory.log();
            let reply = ask(&directory, &route, &[("apikey", "one")]);
            let denied = code(&reply) == "AUTH_ERR_NO_ACCESS";
            assert_eq!(denied, right != needed, "{route:?} with {right:?}: {}", text(&reply));
            assert!(!denied || directory.log() == before, "{route:?} with {right:?} changed something");
        }
    }
}

/// Whoever asks for whatever gets one of the dialect's own answers, with the fields that browsers look for, and never
/// the key.
#[test]
fn everybody_gets_an_answer() {
    let users = EVERYBODY.map(|uid| vec![("authToken", uid)]);
    let mut callers = users.to_vec();
    callers.push(vec![("apikey", KEY)]);
    callers.extend(EVERYBODY.map(|uid| vec![("apikey", KEY), ("onBehalfOf", uid)]));
    for route in routes() {
        for headers in &callers {
            let directory = world();
            let mut reply = ask(&directory, &route, headers);
            let expected = [200, 400, 401, 403, 404, 409];
            assert!(expected.contains(&reply.status), "{route:?} with {headers:?}: {} {}", reply.status, text(&reply));
            let start = if reply.status == 200 { r#"{"data":"# } else { r#"{"error":{"code":""# };
            assert!(text(&reply).starts_with(start), "{route:?} with {headers:?}: {}", text(&reply));
            assert!(!text(&reply).contains(KEY), "{route:?} with {headers:?}");
            reply.headers.retain(|(name, _)| *name == "Access-Control-Allow-Origin");
            assert_eq!(reply.headers.len(), 1, "{route:?} with {headers:?}");
        }
    }
}

/// What only an application may do, no user may, and a key does it as the application for whomever it asks.
#[test]
fn users_and_tokens_are_the_applications() {
    for route in routes() {
        let theirs =
            route.pattern.starts_with("/v3/users") && (route.method != Method::Get || route.pattern.contains("token"));
        if !theirs {
            continue;
        }
        let reply = ask(&world(), &route, &[("authToken", "pat")]);
        assert_eq!((reply.status, code(&reply)), (403, "AUTH_ERR_NO_ACCESS"), "{route:?}");
        for headers in [&[("apikey", KEY)][..], &[("apikey", KEY), ("onBehalfOf", "otto")]] {
            let reply = ask(&world(), &route, headers);
            assert_eq!(reply.status, 200, "{route:?} with {headers:?}: {}", text(&reply));
        }
    }
}
