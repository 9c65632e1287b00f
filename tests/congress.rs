//! Every page of every committee of Congress, through every dialect, at the default, the smallest and the largest
//! page size, on both databases: the members and totals of the files.

use crate::support::congress::{Committee, Seat, read};
use crate::support::gateway::{Database, Gateway};
use crate::support::http::Client;
use crate::support::keys::{Dialect, Keys};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Connections at a time.
const THREADS: usize = 4;

#[test]
fn every_page_on_sqlite() {
    every_page(&Database::sqlite());
}

#[test]
fn every_page_on_postgresql() {
    every_page(&Database::postgresql());
}

fn every_page(database: &Database) {
    let (lines, committees) = read();
    database.import(&lines);
    let gateway = Gateway::serve(database);
    let keys = Keys::make(database, &gateway, "C000127");
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut client = gateway.client();
                while let Some(committee) = committees.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for dialect in Dialect::ALL {
                        for size in sizes(dialect) {
                            turn_pages(&mut client, &keys, dialect, committee, size);
                        }
                    }
                    count(&mut client, &keys, committee);
                }
            });
        }
    });
}

/// What a request says of the size (`None`: nothing), and what it then is.
fn sizes(dialect: Dialect) -> [(Option<usize>, usize); 3] {
    match dialect {
        Dialect::Elance => [(None, 8), (Some(1), 1), (Some(25), 25)],
        Dialect::Rm => [(None, 10), (Some(1), 1), (Some(1_000), 1_000)],
        Dialect::CometChat => [(None, 100), (Some(1), 1), (Some(1_000), 1_000)],
    }
}

/// Turns all pages and one more, which is empty but knows the total.
fn turn_pages(
    client: &mut Client,
    keys: &Keys,
    dialect: Dialect,
    committee: &Committee,
    (said, size): (Option<usize>, usize),
) {
    let total = committee.seats.len();
    for page in 1..=total.div_ceil(size) + 1 {
        let target = target(dialect, committee, page, said);
        let response = keys.get(client, dialect, &target, &[]);
        assert_eq!(response.status, 200, "{target}: {}", response.text());
        let json = response.json();
        let told = match dialect {
            Dialect::Elance => {
                let members = &json["data"]["groupMembers"];
                assert_eq!(members["groupId"], committee.number.to_string(), "{target}");
                assert_eq!(members["totalPages"], total.div_ceil(size), "{target}");
                assert_eq!(members["page"], page, "{target}");
                members["totalMembers"].as_str().expect("a string").to_owned()
            }
            Dialect::Rm => response.header("x-total-count").expect("a total").to_owned(),
            Dialect::CometChat => {
                let pagination = &json["meta"]["pagination"];
                assert_eq!(pagination["current_page"], page, "{target}");
                assert_eq!(pagination["per_page"], size, "{target}");
                assert_eq!(pagination["total_pages"], total.div_ceil(size).max(1), "{target}");
                pagination["total"].to_string()
            }
        };
        assert_eq!(told, total.to_string(), "{target}");
        let shown = rows(dialect, &json);
        let seats: Vec<&Seat> = committee.seats.iter().skip((page - 1) * size).take(size).collect();
        assert_eq!(shown.len(), seats.len(), "{target}");
        for (row, seat) in shown.iter().zip(seats) {
            assert!(shows(dialect, row, seat), "{target}: {row} is not {seat:?}");
        }
    }
}

fn target(dialect: Dialect, committee: &Committee, page: usize, size: Option<usize>) -> String {
    let (path, name) = match dialect {
        Dialect::Elance => (format!("/api2/groups/{}/members", committee.number), "rpp"),
        Dialect::Rm => (format!("/api/Organization/groups/{}/members", committee.id), "page_size"),
        Dialect::CometChat => (format!("/v3/groups/{}/members", committee.guid), "perPage"),
    };
    let size = size.map_or(String::new(), |size| format!("&{name}={size}"));
    format!("{path}?page={page}{size}")
}

/// The rows of a page, in their order.
fn rows(dialect: Dialect, json: &Value) -> Vec<&Value> {
    let rows = match dialect {
        Dialect::Elance => {
            let members = &json["data"]["groupMembers"];
            let rows = members["pageResults"].as_object().expect("an object");
            assert_eq!(members["numResults"], rows.len());
            return (0..rows.len()).map(|index| &rows[&index.to_string()]).collect();
        }
        Dialect::Rm => json,
        Dialect::CometChat => {
            assert_eq!(json["meta"]["pagination"]["count"], json["data"].as_array().map_or(0, Vec::len));
            &json["data"]
        }
    };
    rows.as_array().expect("an array").iter().collect()
}

fn shows(dialect: Dialect, row: &Value, seat: &Seat) -> bool {
    match dialect {
        Dialect::Elance => {
            row["userId"].as_str() == Some(&seat.number.to_string())
                && row["userName"].as_str() == Some(&seat.uid.to_ascii_uppercase())
        }
        Dialect::Rm => row["Id"] == seat.id && row["Name"] == seat.name && row["Status"] == "Active",
        Dialect::CometChat => {
            row["uid"] == seat.uid
                && row["name"] == seat.name
                && row["scope"] == seat.scope
                && row["joinedAt"] == seat.joined_at
        }
    }
}

/// RM's count, and CometChat's members by scope.
fn count(client: &mut Client, keys: &Keys, committee: &Committee) {
    let target = format!("/api/Organization/groups/{}/members/count", committee.id);
    assert_eq!(keys.get(client, Dialect::Rm, &target, &[]).text(), committee.seats.len().to_string());
    for scope in ["admin", "moderator", "participant"] {
        let expected: Vec<&Seat> = committee.seats.iter().filter(|seat| seat.scope == scope).collect();
        let target = format!("/v3/groups/{}/members?scopes={scope}", committee.guid);
        let json = keys.get(client, Dialect::CometChat, &target, &[]).json();
        assert_eq!(json["meta"]["pagination"]["total"], expected.len(), "{target}");
        let shown = rows(Dialect::CometChat, &json);
        assert_eq!(shown.len(), expected.len(), "{target}");
        assert!(shown.iter().zip(expected).all(|(row, seat)| shows(Dialect::CometChat, row, seat)), "{target}");
    }
}
