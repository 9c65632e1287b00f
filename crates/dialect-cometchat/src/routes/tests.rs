//! Every route, and what is none.

use super::*;
use crate::CometChat;
use dialect::access::Denial;
use dialect::{Call, Dialect, Parsed};

/// A legal body for every route that needs one.
const BODY: &[u8] = br#"{"guid":"g","uid":"u","name":"N","scope":"admin","owner":"o"}"#;

fn address(route: &Route, mount: &str) -> String {
    let below = route.pattern.strip_prefix("/v3").expect("the documented mount");
    format!("{mount}{below}").replace("{guid}", "g").replace("{uid}", "u").replace("{authToken}", "t")
}

fn request<'a>(method: Method, path: &'a str, headers: &'a &'a [(&'a str, &'a str)], body: &'a [u8]) -> Request<'a> {
    Request { method, path, query: "", prefix: "", headers, body }
}

fn call(method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Call, Refusal> {
    match CometChat::new().parse(&request(method, path, &headers, body))? {
        Parsed::Call(call) => Ok(call),
        Parsed::Reply(_) => panic!("nothing but a preflight is answered at once"),
    }
}

#[test]
fn every_route_is_found_and_asks_for_what_it_says() {
    for route in routes() {
        for (mount, headers) in [("/v3", [("apikey", "k")]), ("/v3.0", [("authtoken", "t")])] {
            let path = address(&route, mount);
            let call = call(route.method, &path, &headers, BODY);
            let operation = call.map(|call| call.action.operation());
            assert_eq!(operation, Ok(route.operation), "{:?} {path}", route.method);
        }
    }
    let times = |route: &Route| routes().filter(|r| (r.method, r.pattern) == (route.method, route.pattern)).count();
    assert!(routes().all(|route| times(&route) == 1), "no route stands twice in the table");
}

#[test]
fn what_is_read_is_read_by_head_too() {
    for route in routes() {
        let path = address(&route, "/v3");
        let head = call(Method::Head, &path, &[("apikey", "k")], b"").map(|call| call.action.operation());
        let read = routes().find(|r| r.method == Method::Get && r.pattern == route.pattern);
        assert_eq!(head, read.map(|route| route.operation).ok_or(Refusal::NoSuchPath), "{path}");
    }
}

#[test]
fn who_presents_nothing_is_refused_before_anything_is_read() {
    for Entry { route, reads_body, .. } in TABLE {
        let path = address(route, "/v3");
        let none: &[(&str, &str)] = &[];
        let some: &[(&str, &str)] = &[("apikey", "k")];
        assert_eq!(call(route.method, &path, none, b"[").err(), Some(Denial::Missing.into()), "{path}");
        assert!(!CometChat::new().reads_body(&request(route.method, &path, &none, b"")), "{path}");
        assert_eq!(CometChat::new().reads_body(&request(route.method, &path, &some, b"")), *reads_body, "{path}");
    }
}

/// A route looks at its body exactly where the table says so: then one that is no JSON is refused.
#[test]
fn bodies_are_read_where_the_table_says_so() {
    for Entry { route, reads_body, .. } in TABLE {
        let path = address(route, "/v3");
        for body in [&b"{"[..], b"[]", b"null", b"\xff"] {
            let refusal = call(route.method, &path, &[("apikey", "k")], body).err();
            let of_the_body = matches!(&refusal, Some(Refusal::Parameter(fault)) if fault.parameter == "body");
            assert_eq!(of_the_body, *reads_body, "{:?} {path}: {refusal:?}", route.method);
        }
    }
}

#[test]
fn other_methods_and_paths_do_not_exist() {
    use Method::{Delete, Get, Head, Options, Other, Patch, Post, Put};
    for route in routes() {
        let path = address(&route, "/v3");
        for method in [Get, Post, Put, Patch, Delete, Other] {
            let there = routes().any(|r| r.method == method && r.pattern == route.pattern);
            let found = !matches!(call(method, &path, &[("apikey", "k")], BODY).err(), Some(Refusal::NoSuchPath));
            assert_eq!(found, there, "{method:?} {path}");
        }
        assert!(route.method != Head && route.method != Options, "these two are answered everywhere");
    }
    for path in [
        "/v3",
        "/v3/",
        "/v3.0",
        "/v3.1/groups/g/members",
        "/v3/groups/",
        "/v3/groups/g/",
        "/v3/groups/g/members/",
        "/v3/groups/g/members/u/",
        "/v3/groups/g/members/u/x",
        "/v3/Groups/g/members",
        "/v3//groups/g/members",
        "/v3.0groups/g/members",
        "/v3/users/u/auth_tokens/",
        "/v3/conversations",
        "/v3/messages",
    ] {
        assert_eq!(call(Get, path, &[("apikey", "k")], b"").err(), Some(Refusal::NoSuchPath), "{path}");
        assert_eq!(call(Get, path, &[], b"").err(), Some(Refusal::NoSuchPath), "{path}, before any key is asked for");
    }
    for path in ["/v3/groups//members", "/v3/groups/%zz/members"] {
        assert!(call(Get, path, &[("apikey", "k")], b"").is_ok(), "{path} is a group that nobody has");
    }
}
