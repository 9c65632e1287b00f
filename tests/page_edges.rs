//! The edges of every parameter of every dialect: status, shape, and which rows of the sample group come.

use crate::support::gateway::{Database, Gateway};
use crate::support::http::Response;
use crate::support::keys::{Dialect, Keys};
use crate::support::shapes;
use membership::sample::NDJSON;
use serde_json::Value;

/// What is expected of a case.
#[derive(Clone, Copy)]
pub enum Expect {
    /// 200 with so many rows.
    Rows(usize),
    /// The first page of the default size.
    Default,
    /// 400 naming this parameter.
    Fault(&'static str),
    /// Another status.
    Status(u16),
}
use Expect::{Default, Fault, Rows, Status};

/// A number beyond 64 bits.
pub const BIG: &str = "9223372036854775808";

#[test]
fn edges_of_every_parameter() {
    for database in Database::both() {
        database.import(NDJSON);
        let gateway = Gateway::serve(&database);
        let keys = Keys::make(&database, &gateway, "synapseindia");
        let mut client = gateway.client();
        let json = keys.get(&mut client, Dialect::CometChat, "/v3/groups/supergroup/members", &[]).json();
        let total = json["meta"]["pagination"]["total"].as_u64().expect("a number").try_into().expect("a small one");
        assert!(total > 250, "there are pages to turn");
        for dialect in Dialect::ALL {
            for (query, expect) in cases(dialect, total) {
                let target = target(dialect, &query);
                let response = keys.get(&mut client, dialect, &target, &[]);
                let about = format!("{} {target}", database.name);
                shapes::check(dialect, &response, &about);
                judge(dialect, &response, expect, &about);
            }
        }
    }
}

fn target(dialect: Dialect, query: &str) -> String {
    let path = match dialect {
        Dialect::Elance => "/api2/groups/1116/members",
        Dialect::Rm => "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members",
        Dialect::CometChat => "/v3/groups/supergroup/members",
    };
    format!("{path}?{query}")
}

fn judge(dialect: Dialect, response: &Response, expect: Expect, about: &str) {
    let rows = match (dialect, expect) {
        (_, Rows(rows)) => rows,
        (Dialect::Elance, Default) => 8,
        (Dialect::Rm, Default) => 10,
        (Dialect::CometChat, Default) => 100,
        (_, Fault(parameter)) => {
            assert_eq!(response.status, 400, "{about}: {}", response.text());
            assert_eq!(named(dialect, &response.json()).as_deref(), Some(parameter), "{about}: {}", response.text());
            return;
        }
        (_, Status(status)) => {
            assert_eq!(response.status, status, "{about}: {}", response.text());
            return;
        }
    };
    assert_eq!(response.status, 200, "{about}: {}", response.text());
    let json = response.json();
    let found = match dialect {
        Dialect::Elance => json["data"]["groupMembers"]["pageResults"].as_object().map(serde_json::Map::len),
        Dialect::Rm => json.as_array().map(Vec::len),
        Dialect::CometChat => json["data"].as_array().map(Vec::len),
    };
    assert_eq!(found, Some(rows), "{about}");
}

/// Which parameter an error names.
pub fn named(dialect: Dialect, json: &Value) -> Option<String> {
    match dialect {
        Dialect::Elance => {
            let error = &json["errors"][0];
            assert_eq!(
                (&error["type"], &error["code"]),
                (&"validation".into(), &"E_VALIDATION_INVALID_PARAMETER".into())
            );
            let description = error["description"].as_str()?;
            ["rpp", "page", "access_token", "query string"]
                .iter()
                .find(|n| description.contains(**n))
                .map(|n| (*n).into())
        }
        Dialect::Rm => json["app_errors"][0]["parameter_name"].as_str().map(str::to_owned),
        Dialect::CometChat => {
            assert_eq!(json["error"]["code"], "ERR_BAD_REQUEST");
            json["error"]["details"].as_object()?.keys().next().cloned()
        }
    }
}

/// Query strings and what is expected of them, in a group with `total` members.
fn cases(dialect: Dialect, total: usize) -> Vec<(String, Expect)> {
    let mut cases = match dialect {
        Dialect::Elance => integers("page", "rpp", 8, 25, total),
        Dialect::Rm => integers("page", "page_size", 10, 1_000, total),
        Dialect::CometChat => integers("page", "perPage", 100, 1_000, total),
    };
    let own: &[(&str, Expect)] = match dialect {
        Dialect::Elance => &[
            ("rpp=0", Fault("rpp")),
            ("rpp=26", Rows(25)),
            ("rpp=9223372036854775808", Rows(25)),
            ("v=9&fmt=xml&stray=%zz&page_size=3", Default),
            ("rpp=%32%35", Rows(25)),
            ("%72pp=3", Rows(3)),
            ("rpp=3&%72pp=4", Fault("rpp")),
        ],
        Dialect::Rm => &[
            ("page_size=0", Fault("page_size")),
            ("page_size=1001", Fault("page_size")),
            ("page_size=9223372036854775808", Fault("page_size")),
            ("?&page_size=3&&", Rows(3)),
            ("%70age_size=3", Rows(3)),
            ("page_size=3&stray=%zz", Rows(3)),
            ("$filter=", Default),
            ("%24filter=Name%20eq%20'John%20Smith'", Rows(1)),
            ("filter=Name+eq+'John+Smith'", Rows(1)),
            ("$filter=substringof(Name,'jane%20d')", Rows(1)),
            ("$filter=Name%20eq%20'a'&filter=Name%20eq%20'b'", Fault("$filter")),
            ("$filter=Nmae%20eq%20'a'", Fault("$filter")),
            ("$filter=Name%20eq%20'a%00b'", Fault("$filter")),
            ("$filter=Name%20eq%20'%ff'", Fault("$filter")),
            ("$filter=Name%20eq%20'%zz'", Fault("$filter")),
            ("$filter=substringof%2528Name,'Jane'%2529", Fault("$filter")),
            ("$orderby=Name%20desc,Login", Default),
            ("$orderby=Name,Name", Fault("$orderby")),
            ("$orderby=Name%5Bdesc%5D", Fault("$orderby")),
            ("$orderby=", Default),
            ("$select=Name", Fault("$select")),
            ("$expand=Group", Fault("$expand")),
            ("$top=3", Fault("$top")),
        ],
        Dialect::CometChat => &[
            ("perPage=0", Default),
            ("per_page=3", Rows(3)),
            ("per_page=-1", Fault("per_page")),
            ("perPage=3&per_page=3", Fault("perPage")),
            ("per%50age=3", Rows(3)),
            ("perPage=3&stray=%zz", Rows(3)),
            ("perPage=2&status=offline", Rows(2)),
            ("perPage=2&status=online", Rows(2)),
            ("status=away", Fault("status")),
            ("status=", Default),
            ("status=offline&status=offline", Fault("status")),
            ("perPage=2&scopes=admin,moderator", Rows(2)),
            ("perPage=2&scopes=admin%2Cmoderator", Rows(2)),
            ("perPage=2&scopes[]=admin&scopes[]=moderator", Rows(2)),
            ("perPage=2&scopes%5B%5D=admin&scopes=moderator", Rows(2)),
            ("scopes=owner", Fault("scopes")),
            ("scopes=", Default),
            ("searchKey=SUPERHERO", Rows(4)),
            ("searchKey=%25", Rows(0)),
            ("searchKey=%00", Fault("searchKey")),
            ("searchKey=", Default),
            ("perPage=2&updatedAt=1", Rows(2)),
            ("updatedAt=1&affix=prepend", Rows(0)),
            ("perPage=2&updatedAt=0", Rows(2)),
            ("updatedAt=0&affix=prepend", Rows(0)),
            ("updatedAt=-1", Fault("updatedAt")),
            ("updatedAt=1&affix=sideways", Fault("affix")),
            ("updatedAt=abc", Fault("updatedAt")),
            ("affix=prepend", Default),
        ],
    };
    cases.extend(own.iter().map(|(query, expect)| ((*query).to_owned(), *expect)));
    cases
}

/// The cases that the common rule of integers gives for a page and its size.
pub fn integers(
    page: &'static str,
    size: &'static str,
    default: usize,
    largest: usize,
    total: usize,
) -> Vec<(String, Expect)> {
    let last = total.div_ceil(default);
    let mut cases = vec![
        (String::new(), Default),
        (format!("{page}="), Default),
        (format!("{size}="), Default),
        (page.to_owned(), Default),
        (format!("{page}=1"), Default),
        (format!("{page}=%31"), Default),
        (format!("{page}=0001"), Default),
        (format!("{page}={last}"), Rows(total - (last - 1) * default)),
        (format!("{page}={}", last + 1), Rows(0)),
        (format!("{page}={BIG}"), Rows(0)),
        (format!("{page}=99999999999999999999999999"), Rows(0)),
        (format!("{page}={BIG}&{size}={largest}"), Rows(0)),
        (format!("{size}=1"), Rows(1)),
        (format!("{size}=1&{page}={total}"), Rows(1)),
        (format!("{size}=1&{page}={}", total + 1), Rows(0)),
        (format!("{size}={largest}"), Rows(largest.min(total))),
        (format!("{page}=0"), Fault(page)),
        (format!("{page}=1&{page}=1"), Fault(page)),
        (format!("{size}=2&{size}=2"), Fault(size)),
    ];
    for bad in ["-1", "abc", "1.0", "+1", "%201", "1%20", "0x1", "1e3", "%D9%A1", "%ff", "%zz", "%", "%00", "1%002"] {
        cases.push((format!("{page}={bad}"), Fault(page)));
        cases.push((format!("{size}={bad}"), Fault(size)));
    }
    cases
}

#[test]
fn groups_that_are_not_there() {
    for database in Database::both() {
        database.import(NDJSON);
        let gateway = Gateway::serve(&database);
        let keys = Keys::make(&database, &gateway, "synapseindia");
        let mut client = gateway.client();
        for (dialect, path, status) in [
            (Dialect::Elance, "/api2/groups/1117/members", 404),
            (Dialect::Elance, "/api2/groups/0/members", 404),
            (Dialect::Elance, "/api2/groups/-1116/members", 404),
            (Dialect::Elance, "/api2/groups/supergroup/members", 404),
            (Dialect::Elance, "/api2/groups/99999999999999999999/members", 404),
            (Dialect::Elance, "/api2/groups/%31116/members", 200),
            (Dialect::Elance, "/api2/groups/%ff/members", 404),
            (Dialect::Elance, "/api2/groups/%zz/members", 404),
            (Dialect::Elance, "/api2/groups/%00/members", 404),
            (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976d/members", 404),
            (Dialect::Rm, "/api/Organization/groups/1116/members", 400),
            (Dialect::Rm, "/API/organization/GROUPS/6FE49CE4-56D4-475F-9483-1ADCA6B2976C/Members", 200),
            (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976d/members/count", 404),
            (Dialect::Rm, "/api/Organization/groups/%ff/members", 400),
            (Dialect::CometChat, "/v3/groups/nobody/members", 404),
            (Dialect::CometChat, "/v3/groups/SuperGroup/members", 200),
            (Dialect::CometChat, "/v3.0/groups/supergroup/members", 200),
            (Dialect::CometChat, "/v3/groups/super%67roup/members", 200),
            (Dialect::CometChat, "/v3/groups/super.group/members", 404),
            (Dialect::CometChat, "/v3/groups/%00/members", 404),
        ] {
            let response = keys.get(&mut client, dialect, path, &[]);
            shapes::check(dialect, &response, path);
            judge(dialect, &response, if status == 200 { Default } else { Status(status) }, path);
        }
    }
}
