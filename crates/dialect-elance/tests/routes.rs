//! Every route, with every kind of token: what it takes, whether it reads a body, and what it refuses.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod support;

use dialect::{Dialect, Method, Parsed, Request};
use dialect_elance::{Elance, Settings, routes};
use std::collections::HashSet;
use support::{directory, send};

fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
        other => panic!("{other:?} is no method of this dialect"),
    }
}

fn path(pattern: &str) -> String {
    pattern.replace("{groupId}", "1116").replace("{userId}", "13").replace("{jobId}", "1")
}

/// A body and a query that the route takes.
fn asked(pattern: &str) -> (&'static str, &'static [u8]) {
    match pattern {
        "/api2/oauth/authorize" => ("client_id=a&response_type=code", b"do=deny"),
        "/api2/oauth/token" => ("", b"grant_type=refresh_token&refresh_token=r&client_id=a&client_secret=b"),
        "/api2/oauth/revoke" => ("", b"token=t&client_id=a&client_secret=b"),
        _ => ("access_token=t", b"title=x"),
    }
}

fn with<T>(method: Method, path: &str, query: &str, body: &[u8], ask: impl FnOnce(&Elance, &Request<'_>) -> T) -> T {
    let headers = &[("host", "localhost")].as_slice();
    let request = Request { method, path, query, prefix: "", headers, body };
    ask(&Elance::new(Settings::default()), &request)
}

#[test]
fn every_route_asks_for_what_it_says() {
    let mut seen = HashSet::new();
    for route in routes() {
        let (query, body) = asked(route.pattern);
        let parsed = with(route.method, &path(route.pattern), query, body, |elance, request| elance.parse(request));
        let Ok(Parsed::Call(call)) = parsed else { panic!("{route:?}: {:?}", parsed.err()) };
        assert_eq!(call.action.operation(), route.operation, "{route:?}");
        assert!(seen.insert((route.method, route.pattern)), "{route:?} is there twice");
    }
    assert_eq!(seen.len(), 15);
}

#[test]
fn bodies_are_read_where_they_matter() {
    for route in routes() {
        let reads = |query: &str| {
            with(route.method, &path(route.pattern), query, b"", |elance, request| elance.reads_body(request))
        };
        let posts = route.method == Method::Post && route.pattern.ends_with("/jobs");
        let forms = route.method == Method::Post && route.operation.needs().is_none();
        assert_eq!(reads("access_token=t"), posts || forms, "{route:?}");
        assert_eq!(reads(""), forms, "whoever presents nothing is refused before the body has come");
    }
}

#[test]
fn only_who_has_the_right_may() {
    for route in routes().filter(|route| route.operation.needs().is_some()) {
        for (token, status) in [("", 401), ("unknown", 401), ("nothing", 403)] {
            let directory = directory();
            let before = directory.log();
            let reply = send(&directory, token, name(route.method), &path(route.pattern), "title=x");
            assert_eq!(reply.status, status, "{route:?} with {token:?}");
            assert_eq!(directory.log(), before, "{route:?} with {token:?} changed something");
        }
    }
}
