//! Every route, with every kind of credential: what it takes, whether it reads a body, and what it refuses.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod support;

use dialect::access::{CredentialKind, Operation, Right, Rights};
use dialect::{Dialect, Headers, Method, Parsed, Refusal, Request};
use dialect_rm::{Rm, routes};
use std::collections::HashSet;
use support::{GROUPS, IT, JOSEPH, NOW, organization, parse};

fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        other => panic!("{other:?} is no method of this dialect"),
    }
}

fn path(pattern: &str) -> String {
    pattern.replace("{GroupID}", IT).replace("{PersonID}", JOSEPH)
}

/// A body that the route takes.
fn body(pattern: &str, method: Method) -> &'static str {
    match (pattern, method) {
        (_, Method::Get | Method::Delete) => "",
        ("/APIIntegration/AuthorizeFeatures", _) => "do=deny",
        ("/APIIntegration/Revoke", _) => "token=t&client_id=a&client_secret=b",
        ("/APIIntegration/Token", _) => "grant_type=client_credentials&client_id=a&client_secret=b",
        (pattern, Method::Post) if pattern.ends_with("/members") => "[]",
        _ => r#"{"Name":"N","Email":"n@example.com"}"#,
    }
}

/// A query that the route takes.
fn query(pattern: &str) -> &'static str {
    if pattern == "/APIIntegration/AuthorizeFeatures" { "client_id=a&response_type=code" } else { "" }
}

#[test]
fn every_route_asks_for_what_it_says() {
    let mut seen = HashSet::new();
    for route in routes() {
        let (path, body) = (path(route.pattern), body(route.pattern, route.method));
        let (headers, query) = ([("authorization", "OAuth2 x"), ("host", "localhost")], query(route.pattern));
        let parsed = parse(name(route.method), &path, query, &headers, body.as_bytes());
        let Ok(Parsed::Call(call)) = parsed else { panic!("{route:?}: {:?}", parsed.err()) };
        assert_eq!(call.action.operation(), route.operation, "{route:?}");
        assert!(seen.insert((route.method, route.pattern)), "{route:?} is there twice");
    }
    assert_eq!(seen.len(), 20);
}

#[test]
fn bodies_are_read_where_they_matter() {
    for route in routes() {
        let path = path(route.pattern);
        let reads = |authorization: &str| {
            let fields = [("authorization", authorization)];
            let (headers, query): (&dyn Headers, _) = (&fields.as_slice(), "");
            Rm::new().reads_body(&Request { method: route.method, path: &path, query, prefix: "", headers, body: b"" })
        };
        let written = matches!(route.method, Method::Post | Method::Put);
        assert_eq!(reads("OAuth2 x"), written, "{route:?}");
        // Whoever presents nothing is refused before the body has come.
        assert_eq!(reads(""), written && route.operation.needs().is_none(), "{route:?}");
    }
}

#[test]
fn only_who_has_the_right_may() {
    let full = |rights: Rights, right| rights.contains(right);
    for route in routes().filter(|route| route.operation.needs().is_some()) {
        for (secret, rights) in [
            (None, None),
            (Some("unknown"), None),
            (Some("nothing"), Some(Rights::NONE)),
            (Some("user"), Some(Rights::USER)),
        ] {
            let directory = organization();
            directory.grant("rm", CredentialKind::Token, "mint", Rights::MINT_ONLY, None);
            let before = directory.log();
            let authorization = secret.map(|secret| format!("OAuth2 {secret}")).unwrap_or_default();
            let (target, body) = (path(route.pattern), body(route.pattern, route.method));
            let headers = [("Authorization", authorization.as_str())];
            let reply = testkit::exchange(
                &Rm::new(),
                directory.core(NOW),
                name(route.method),
                &target,
                &headers,
                body.as_bytes(),
            );
            let needed = route.operation.needs().expect("all others need one");
            match rights {
                None => assert_eq!(reply.status, 401, "{route:?} with {secret:?}"),
                Some(rights) if !full(rights, needed) => assert_eq!(reply.status, 403, "{route:?} with {secret:?}"),
                // A person who is nothing in the group may look, and make a group of its own.
                Some(_) if needed == Right::Read => assert_eq!(reply.status, 200, "{route:?} with {secret:?}"),
                Some(_) if route.pattern == GROUPS => assert_eq!(reply.status, 200, "{route:?} with {secret:?}"),
                Some(_) if body == "[]" => assert_eq!(reply.status, 204, "nobody is added"),
                Some(_) => assert_eq!(reply.status, 403, "{route:?} with {secret:?}"),
            }
            if reply.status >= 400 {
                assert_eq!(directory.log(), before, "{route:?} with {secret:?} changed something");
            }
        }
    }
}

#[test]
fn a_post_stands_for_another_method() {
    let operation = |method: &str, path: &str, override_: &str| {
        let headers = [("authorization", "OAuth2 x"), ("x-http-method-override", override_)];
        match parse(method, path, "", &headers, br#"{"Name":"N"}"#) {
            Ok(Parsed::Call(call)) => Ok(call.action.operation()),
            Ok(Parsed::Reply(_)) => panic!("answered at once"),
            Err(refusal) => Err(refusal),
        }
    };
    let group = format!("{GROUPS}/{IT}");
    let change = Ok(Operation::ChangeGroups);
    for value in ["PUT", "put", " Put ", "DELETE"] {
        assert_eq!(operation("POST", &group, value), change, "{value}");
    }
    // The vendor's client says POST when it means it.
    for value in ["POST", "post", "", " "] {
        assert_eq!(operation("POST", GROUPS, value), change, "{value}");
        assert_eq!(operation("POST", &group, value), Err(Refusal::Method("GET, HEAD, PUT, DELETE")), "{value}");
    }
    assert_eq!(operation("POST", GROUPS, "PUT"), Err(Refusal::Method("GET, HEAD, POST")));
    for value in ["GET", "PATCH", "PUT, DELETE", "x"] {
        let Err(Refusal::Parameter(fault)) = operation("POST", &group, value) else { panic!("{value}") };
        assert_eq!(fault.to_string(), "X-HTTP-Method-Override must be PUT, DELETE or POST");
        assert_eq!(operation("POST", "/api/Organization/risks", value), Err(Refusal::NoSuchPath), "{value}");
    }
    // Other methods mean what they say.
    assert_eq!(operation("GET", &group, "DELETE"), Ok(Operation::ReadGroups));
    assert_eq!(operation("PUT", &group, "DELETE"), change);
}

#[test]
fn ids_in_a_path_are_guids() {
    for (path, name) in [
        (format!("{GROUPS}/7"), "GroupID"),
        (format!("{GROUPS}/7/members"), "GroupID"),
        (format!("{GROUPS}/7/members/{JOSEPH}"), "GroupID"),
        (format!("{GROUPS}/{IT}/members/jparks"), "PersonID"),
        ("/api/Organization/people/jparks".into(), "PersonID"),
        ("/api/Organization/people/%ff".into(), "PersonID"),
    ] {
        let method = if path.contains("/members/") { "DELETE" } else { "GET" };
        let Err(Refusal::Parameter(fault)) = parse(method, &path, "", &[], b"") else { panic!("{path}") };
        assert_eq!(fault.parameter, name, "{path}");
    }
}
