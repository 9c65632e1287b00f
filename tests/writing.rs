//! What RM and Elance change, one request after the other, on both databases and in the oracle: each time the same
//! status and the same bytes, but for what is random and for the time.

use crate::support::gateway::{Database, Gateway};
use crate::support::keys::{Dialect, Keys};
use dialect::access::{CredentialKind, Rights};
use testkit::{MemoryDirectory, exchange};

const NOW: i64 = 1_700_000_000;
const SAMPLE: &str = concat!(
    r#"{"kind":"person","number":1,"id":"00000000-0000-4000-8000-000000000001","uid":"joseph","login":"joseph","name":"Joseph Parks","email":"j@example.com"}"#,
    "\n",
    r#"{"kind":"person","number":2,"id":"00000000-0000-4000-8000-000000000002","uid":"mary","login":"mary","name":"Mary Dawson","account_status":"blocked"}"#,
    "\n",
    r#"{"kind":"person","number":3,"id":"00000000-0000-4000-8000-000000000003","uid":"john","login":"john","name":"John Smith","freelancer":false}"#,
    "\n",
    r#"{"kind":"person","number":4,"id":"00000000-0000-4000-8000-000000000004","uid":"other","login":"other","name":"JOHN SMITH"}"#,
    "\n",
    r#"{"kind":"group","number":7,"id":"00000000-0000-4000-8000-0000000000a7","guid":"it","name":"IT Team","owner":{"number":1}}"#,
    "\n",
    r#"{"kind":"group","number":8,"id":"00000000-0000-4000-8000-0000000000a8","guid":"hr","name":"HR"}"#,
    "\n",
    r#"{"kind":"membership","group":{"number":7},"person":{"number":1},"scope":"admin","joined_at":1000}"#,
    "\n",
    r#"{"kind":"membership","group":{"number":7},"person":{"number":4},"state":"banned","banned_at":1000}"#,
    "\n",
);

/// Dialect, method, target, body. The Elance token is Joseph's.
type Case = (Dialect, &'static str, &'static str, &'static str);

const IT: &str = "/api/Organization/groups/00000000-0000-4000-8000-0000000000a7";
const HR: &str = "/api/Organization/groups/00000000-0000-4000-8000-0000000000a8";
const PEOPLE: &str = "/api/Organization/people";

const fn rm(method: &'static str, target: &'static str, body: &'static str) -> Case {
    (Dialect::Rm, method, target, body)
}

const fn elance(method: &'static str, target: &'static str, body: &'static str) -> Case {
    (Dialect::Elance, method, target, body)
}

fn cases() -> Vec<Case> {
    let leak = |text: String| -> &'static str { text.leak() };
    let at = |base: &str, rest: &str| leak(format!("{base}{rest}"));
    let person = |number: u32| leak(format!("{PEOPLE}/00000000-0000-4000-8000-00000000000{number}"));
    let (groups, members) = ("/api/Organization/groups", at(HR, "/members"));
    let long = leak(format!(r#"{{"Name":"{}"}}"#, "é".repeat(401)));
    vec![
        rm("GET", groups, ""),
        rm("POST", groups, r#"{"Name":"New","Description":"d","Responsible":{"Name":"mary dawson"}}"#),
        rm("POST", groups, r#"{"Name":"New","Responsible":"00000000-0000-4000-8000-0000000000ff"}"#),
        rm("POST", groups, r#"{"Name":"New","Responsible":{"Name":"john smith"}}"#),
        rm("POST", groups, long),
        rm("POST", groups, r#"{"Name":"a\u0000b"}"#),
        rm("PUT", IT, r#"{"Name":"IT","AdditionalInformation":"new","Responsible":""}"#),
        rm("PUT", IT, r#"{"Name":"IT","AdditionalInformation":"new"}"#),
        rm("PUT", IT, r#"{"Id":"00000000-0000-4000-8000-0000000000a8"}"#),
        rm("PUT", HR, r#"{"Responsible":"00000000-0000-4000-8000-000000000002"}"#),
        rm("GET", at(groups, "?$filter=Responsible%20eq%20guid'00000000-0000-4000-8000-000000000002'&$orderby=Id"), ""),
        rm("GET", at(groups, "?$filter=substringof('t',Name)&$orderby=Name%20desc,Email&page_size=2"), ""),
        rm("GET", at(groups, "/count?$filter=Id%20eq%20guid'00000000-0000-4000-8000-0000000000a7'"), ""),
        rm("POST", members, r#"[{"Name":"Joseph Parks"},{"Name":"John Smith"}]"#),
        rm("POST", members, r#"[{"Name":"Joseph Parks"},{"Id":"00000000-0000-4000-8000-0000000000ff"}]"#),
        rm("GET", members, ""),
        rm(
            "POST",
            members,
            r#"[{"Name":"JOSEPH parks"},{"Id":"00000000-0000-4000-8000-000000000003"},{"Name":"Mary Dawson"}]"#,
        ),
        rm("POST", members, r#"[{"Name":"Joseph Parks"}]"#),
        rm("GET", at(HR, "/members?$orderby=Name"), ""),
        rm("GET", at(HR, "/members/count"), ""),
        rm("POST", at(IT, "/members"), r#"[{"Id":"00000000-0000-4000-8000-000000000004"}]"#),
        rm("DELETE", at(HR, "/members/00000000-0000-4000-8000-000000000003"), ""),
        rm("DELETE", at(HR, "/members/00000000-0000-4000-8000-000000000003"), ""),
        rm("DELETE", at(IT, "/members/00000000-0000-4000-8000-000000000001"), ""),
        rm("POST", PEOPLE, r#"{"Name":"Charles","Email":"c@example.com","Login":"charles"}"#),
        rm("POST", PEOPLE, r#"{"Name":"Charles","Email":"c@example.com","Login":"CHARLES"}"#),
        rm("POST", PEOPLE, r#"{"Name":"Élodie & Co","Email":"e@example.com"}"#),
        rm("PUT", person(2), r#"{"Email":"m@example.com","Phone":"1","Status":"Blocked","Login":"MARY"}"#),
        rm("PUT", person(2), r#"{"Email":"m@example.com","Status":"Active"}"#),
        rm("PUT", person(2), r#"{"Email":"m@example.com","Login":"maria"}"#),
        rm("PUT", person(2), r#"{"Email":""}"#),
        rm("PUT", person(3), r#"{"Email":""}"#),
        rm("GET", at(PEOPLE, "?$filter=Email%20ne%20null%20and%20not%20Status%20eq%20'Blocked'&$orderby=Name"), ""),
        rm("GET", at(PEOPLE, "?page=2&page_size=4"), ""),
        rm("GET", at(PEOPLE, "/count"), ""),
        rm("DELETE", person(4), ""),
        rm("DELETE", person(4), ""),
        elance("GET", "/api2/groups?query=IT", ""),
        elance("GET", "/api2/groups?rpp=1&page=2", ""),
        elance("GET", "/api2/groups/7", ""),
        elance("GET", "/api2/profiles/my", ""),
        elance("POST", "/api2/groups/8/members/me", ""),
        elance("DELETE", "/api2/groups/8/members/me", ""),
        elance("POST", "/api2/groups/8/members/me", ""),
        elance("POST", "/api2/groups/8/members/me", ""),
        elance("POST", "/api2/groups/8/members/1/approve", ""),
        elance("DELETE", "/api2/groups/8/members/me", ""),
        elance("DELETE", "/api2/groups/8/members/me", ""),
        elance("POST", "/api2/groups/7/members/2/approve", ""),
        elance("POST", "/api2/groups/7/members/99/reject", ""),
        elance("DELETE", "/api2/groups/7/members/me", ""),
        elance("POST", "/api2/groups/7/jobs", r#"{"title":"Job","description":"d","groups":[8]}"#),
        elance("POST", "/api2/groups/7/jobs", r#"{"title":"Other"}"#),
        elance("POST", "/api2/groups/7/jobs", r#"{"title":"Job","groups":[99]}"#),
        elance("POST", "/api2/groups/99/jobs", r#"{"title":"Job"}"#),
        elance("POST", "/api2/jobs/1/close", ""),
        elance("POST", "/api2/jobs/9/close", ""),
        elance("GET", "/api2/groups/7/jobs?status=all", ""),
        elance("GET", "/api2/groups/8/jobs", ""),
        rm("POST", members, r#"[{"Name":"John Smith"}]"#),
        rm("DELETE", person(2), ""),
        rm("DELETE", IT, ""),
        rm("DELETE", IT, ""),
        elance("GET", "/api2/groups/8/jobs?status=closed", ""),
        elance("GET", "/api2/profiles/my", ""),
        rm("GET", groups, ""),
        rm("GET", PEOPLE, ""),
    ]
}

#[test]
fn the_same_is_written_and_answered_everywhere() {
    for database in Database::both() {
        database.import(SAMPLE);
        let gateway = Gateway::serve(&database);
        let keys = Keys::make(&database, &gateway, "joseph");
        let mut oracle = MemoryDirectory::new();
        oracle.load_ndjson(SAMPLE, NOW).expect("good lines");
        oracle.grant("elance", CredentialKind::Token, &keys.elance, Rights::USER, Some(1));
        oracle.grant("rm", CredentialKind::Token, &keys.rm, Rights::FULL, None);
        let mut client = gateway.client();
        for (dialect, method, target, body) in cases() {
            let own = keys.headers(dialect);
            let headers =
                [(own[0].0, own[0].1.as_str()), ("Content-Type", "application/json"), ("Host", "localhost:80")];
            let expected = match dialect {
                Dialect::Elance => {
                    let elance = dialect_elance::Elance::new(dialect_elance::Settings::default());
                    exchange(&elance, oracle.core(NOW), method, target, &headers, body.as_bytes())
                }
                _ => exchange(&dialect_rm::Rm::new(), oracle.core(NOW), method, target, &headers, body.as_bytes()),
            };
            let got = client.send(method, target, &headers[..2], body.as_bytes());
            let about = format!("{} {method} {target} {body:.80}", database.name);
            assert_eq!(got.status, expected.status, "{about}: {}", got.text());
            let expected = String::from_utf8(expected.body).expect("UTF-8");
            let address = gateway.address.to_string();
            assert_eq!(masked(got.text(), &address), masked(&expected, "localhost:80"), "{about}");
        }
    }
}

/// A body without what differs from one place to the next: the host, ids that were made, and times.
fn masked(body: &str, host: &str) -> String {
    let mut text = body.replace(host, "HOST");
    for field in ["postedDate", "closedDate"] {
        let pieces: Vec<_> = text.split(&format!("\"{field}\":\"")).map(String::from).collect();
        let mut pieces = pieces.into_iter();
        let mut out = pieces.next().unwrap_or_default();
        for piece in pieces {
            let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
            let time = if rest.len() < piece.len() { "TIME" } else { "" };
            out.push_str(&format!("\"{field}\":\"{time}{rest}"));
        }
        text = out;
    }
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((at, id)) = (0..rest.len()).find_map(|at| Some((at, made(rest.get(at..at + 36)?)?))) {
        out.push_str(&rest[..at]);
        out.push_str("ID");
        rest = &rest[at + id.len()..];
    }
    out + rest
}

/// The text of an id that nobody gave.
fn made(text: &str) -> Option<&str> {
    let hyphens = [8, 13, 18, 23].iter().all(|at| text.as_bytes()[*at] == b'-');
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count() == 32;
    (hyphens && digits && !text.starts_with("00000000-")).then_some(text)
}
