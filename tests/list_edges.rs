//! The edges of paging in every list but that of members (`page_edges` has those): of each dialect, and of the admin API.

use crate::page_edges::{BIG, Expect, integers, named};
use crate::support::admin::Admin;
use crate::support::gateway::{Database, Gateway};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys};
use crate::support::shapes;
use serde_json::{Value, json};

/// How many there are of each kind.
const GROUPS: usize = 40;
const PERSONS: usize = 130;
const BANNED: usize = 30;
const JOBS: usize = 20;
const TOKENS: usize = 12;

/// Everybody is banned or a member of the first group, whose jobs are many; the first person is in every group.
fn population() -> String {
    let mut lines = Vec::new();
    for person in 1..=PERSONS {
        lines.push(json!({ "kind": "person", "number": person, "uid": format!("p{person}") }));
    }
    for group in 1..=GROUPS {
        let id = format!("00000000-0000-4000-8000-{group:012}");
        lines.push(json!({ "kind": "group", "number": group, "id": id, "guid": format!("g{group}") }));
        let (group, person) = (json!({ "number": group }), json!({ "number": 1 }));
        lines.push(json!({ "kind": "membership", "group": group, "person": person }));
    }
    for person in 2..=PERSONS {
        let state = if person <= BANNED + 1 { "banned" } else { "member" };
        let (group, person) = (json!({ "number": 1 }), json!({ "number": person }));
        lines.push(json!({ "kind": "membership", "group": group, "person": person, "state": state }));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn served(database: &Database) -> (Gateway, Keys, Admin) {
    database.import(&population());
    let gateway = Gateway::serve(database);
    let keys = Keys::make(database, &gateway, "p1");
    let mut admin = Admin::of(&gateway, database);
    for job in 1..=JOBS {
        let body = json!({ "title": format!("Job {job}"), "groups": ["1"] });
        assert_eq!(admin.ask("POST", "/jobs", &body).status, 201);
    }
    let mut client = gateway.client();
    for _ in 0..TOKENS {
        let made = keys.send(&mut client, Dialect::CometChat, "POST", "/v3/users/p2/auth_tokens", &[]);
        assert_eq!(made.status, 200, "{}", made.text());
    }
    (gateway, keys, admin)
}

/// The rows of a page of a dialect.
fn rows(dialect: Dialect, json: &Value) -> Option<usize> {
    match dialect {
        Dialect::Elance => {
            json["data"].as_object()?.values().next()?["pageResults"].as_object().map(serde_json::Map::len)
        }
        Dialect::Rm => json.as_array().map(Vec::len),
        Dialect::CometChat => json["data"].as_array().map(Vec::len),
    }
}

/// Names of page and size, the default size, the largest one.
const fn paging(dialect: Dialect) -> (&'static str, &'static str, usize, usize) {
    match dialect {
        Dialect::Elance => ("page", "rpp", 8, 25),
        Dialect::Rm => ("page", "page_size", 10, 1_000),
        Dialect::CometChat => ("page", "perPage", 100, 1_000),
    }
}

/// What is expected of a size of 0, and of one that is too large, by the common rule of integers.
fn sizes(dialect: Dialect, total: usize) -> Vec<(String, Expect)> {
    let (_, size, _, largest) = paging(dialect);
    let (zero, beyond) = match dialect {
        Dialect::Elance => (Expect::Fault(size), Expect::Rows(largest.min(total))),
        Dialect::Rm => (Expect::Fault(size), Expect::Fault(size)),
        Dialect::CometChat => (Expect::Default, Expect::Rows(largest.min(total))),
    };
    vec![
        (format!("{size}=0"), zero),
        (format!("{size}={}", largest + 1), beyond),
        (format!("{size}={BIG}"), beyond),
        (format!("page={BIG}&{size}={BIG}"), if let Expect::Fault(_) = beyond { beyond } else { Expect::Rows(0) }),
    ]
}

fn judge(dialect: Dialect, response: &Response, expect: Expect, total: usize, about: &str) {
    shapes::check(dialect, response, about);
    let json = response.json();
    let expected = match expect {
        Expect::Fault(parameter) => {
            assert_eq!(response.status, 400, "{about}: {json}");
            assert_eq!(named(dialect, &json).as_deref(), Some(parameter), "{about}: {json}");
            return;
        }
        Expect::Status(status) => return assert_eq!(response.status, status, "{about}: {json}"),
        Expect::Rows(rows) => rows,
        Expect::Default => paging(dialect).2.min(total),
    };
    assert_eq!((response.status, rows(dialect, &json)), (200, Some(expected)), "{about}: {json}");
}

#[test]
fn edges_of_every_list_of_every_dialect() {
    const RM: &str = "/api/Organization";
    for database in Database::both() {
        let (gateway, keys, _admin) = served(&database);
        let mut client: Client = gateway.client();
        for (dialect, path, total) in [
            (Dialect::Elance, "/api2/groups".to_owned(), GROUPS),
            (Dialect::Elance, "/api2/groups/1/jobs".to_owned(), JOBS),
            (Dialect::Rm, format!("{RM}/groups"), GROUPS),
            (Dialect::Rm, format!("{RM}/people"), PERSONS),
            (Dialect::CometChat, "/v3/groups".to_owned(), GROUPS),
            (Dialect::CometChat, "/v3/users".to_owned(), PERSONS),
            (Dialect::CometChat, "/v3/groups/g1/bannedusers".to_owned(), BANNED),
            (Dialect::CometChat, "/v3/groups/g1/banned_members".to_owned(), BANNED),
            (Dialect::CometChat, "/v3/users/p2/auth_tokens".to_owned(), TOKENS),
        ] {
            let (page, size, default, largest) = paging(dialect);
            // Where all fits on one page, the last page is the first.
            let cases = integers(page, size, default, largest, total).into_iter().chain(sizes(dialect, total));
            for (query, expect) in cases {
                let target = format!("{path}?{query}");
                let response = keys.get(&mut client, dialect, &target, &[]);
                judge(dialect, &response, expect, total, &format!("{} {target}", database.name));
            }
        }
    }
}

#[test]
fn edges_of_every_list_of_the_admin_api() {
    for database in Database::both() {
        let (_gateway, _keys, mut admin) = served(&database);
        let credentials = admin.get("/credentials").json()["total"].as_u64().expect("a number");
        let credentials = usize::try_from(credentials).expect("a small one");
        assert!(credentials > TOKENS);
        for (path, total) in [
            ("/groups", GROUPS),
            ("/persons", PERSONS),
            ("/groups/1/members", PERSONS - BANNED),
            ("/groups/1/members?state=banned", BANNED),
            ("/jobs?group=1", JOBS),
            ("/persons/1/memberships", GROUPS),
            ("/credentials", credentials),
        ] {
            let default = total.min(50);
            let last = total.div_ceil(default);
            let rows = |query: String, rows: usize| (query, Ok(rows));
            let fault = |query: String, parameter: &'static str| (query, Err(parameter));
            let mut cases = vec![
                rows(String::new(), default),
                rows("page=1".to_owned(), default),
                rows("page=%31".to_owned(), default),
                rows(format!("page={last}&page_size={default}"), total - (last - 1) * default),
                rows(format!("page={}&page_size={default}", last + 1), 0),
                rows("page=9007199254740991&page_size=1000".to_owned(), 0),
                rows(format!("page_size=1&page={total}"), 1),
                rows("page_size=1000".to_owned(), total),
                fault("page=0".to_owned(), "page"),
                fault("page_size=0".to_owned(), "page_size"),
                fault("page_size=1001".to_owned(), "page_size"),
                fault(format!("page_size={BIG}"), "page_size"),
                fault(format!("page={BIG}"), "page"),
                fault("page=1&page=1".to_owned(), "page"),
                fault("page_size=2&page_size=2".to_owned(), "page_size"),
            ];
            // What is empty is refused here, never passed over.
            for bad in ["", "-1", "abc", "1.0", "+1", "%201", "1%20", "0x1", "1e3", "%D9%A1", "%ff", "%zz", "%00"] {
                cases.push(fault(format!("page={bad}"), "page"));
                cases.push(fault(format!("page_size={bad}"), "page_size"));
            }
            for (query, expected) in cases {
                let joint = if path.contains('?') { '&' } else { '?' };
                let target = format!("{path}{joint}{query}");
                let target = target.trim_end_matches(['?', '&']);
                let about = format!("{} {target}", database.name);
                let reply = admin.get(target);
                let json = reply.json();
                match expected {
                    Ok(rows) => {
                        let found = json["items"].as_array().map(Vec::len);
                        assert_eq!((reply.status, found), (200, Some(rows)), "{about}: {json}");
                        assert_eq!(json["total"], total, "{about}");
                    }
                    Err(parameter) => {
                        assert_eq!((reply.status, &json["parameter"]), (400, &parameter.into()), "{about}: {json}");
                        assert_eq!(json["type"], "/admin/v1/problems/bad-parameter", "{about}");
                    }
                }
            }
        }
    }
}
