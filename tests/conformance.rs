//! One list of requests through every dialect, on both databases and through the oracle in memory: the same status,
//! the same header, the same bytes.

use crate::support::gateway::{Database, Gateway, project_text};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect as Kind, Keys};
use dialect::Reply;
use dialect::access::{CredentialKind, Rights};
use membership::record::Record;
use membership::sample;
use membership::{GroupKey, MemberQuery, Window};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use testkit::{MemoryDirectory, exchange, random};

/// Set by the web server or by the gateway, not by a dialect.
const NOT_OURS: [&str; 9] = [
    "date",
    "connection",
    "content-length",
    "x-request-id",
    "keep-alive",
    "x-content-type-options",
    // Whether a list comes from memory, or might be packed, no dialect knows.
    "etag",
    "cache-control",
    "vary",
];
/// When the oracle answers. No credential here expires.
const NOW: i64 = 1_700_000_000;

/// A request: its dialect, its target, further fields of its header.
type Case = (Kind, String, Vec<(&'static str, String)>);

/// A gateway with its credentials, and its name for messages.
struct Served {
    name: &'static str,
    _database: Database,
    gateway: Gateway,
    keys: Keys,
}

const NO_RATES: [(&str, &str); 2] =
    [("ROLLCALL__LIMITS__ADDRESS_PER_MINUTE", "0"), ("ROLLCALL__LIMITS__CREDENTIAL_PER_MINUTE", "0")];

fn serve(ndjson: &str, login: &str) -> Vec<Served> {
    let start = |database: Database| {
        database.import(ndjson);
        // No core knows of rates, and there would be more in the header.
        let gateway = Gateway::start(&["--database", &database.url], &NO_RATES);
        let keys = Keys::make(&database, &gateway, login);
        Served { name: database.name, _database: database, gateway, keys }
    };
    Database::both().into_iter().map(start).collect()
}

/// Sends every case to every gateway and to the oracle.
fn compare(oracle: &MemoryDirectory, person: i64, served: &[Served], cases: &[Case]) {
    // The oracle knows the same secrets, though no two gateways have one in common.
    for one in served {
        oracle.grant("elance", CredentialKind::Token, &one.keys.elance, Rights::USER, Some(person));
        oracle.grant("rm", CredentialKind::Token, &one.keys.rm, Rights::FULL, None);
        oracle.grant("cometchat", CredentialKind::Key, &one.keys.cometchat, Rights::FULL, None);
    }
    for one in served {
        let mut client = one.gateway.client();
        for case in cases {
            compare_one(oracle, one, &mut client, case);
        }
    }
}

fn compare_one(oracle: &MemoryDirectory, served: &Served, client: &mut Client, (kind, target, more): &Case) {
    let own = served.keys.headers(*kind);
    let headers: Vec<(&str, &str)> = own.iter().chain(more).map(|(n, v)| (*n, v.as_str())).collect();
    let expected = match kind {
        Kind::Elance => {
            let dialect = dialect_elance::Elance::new(dialect_elance::Settings::default());
            exchange(&dialect, oracle.core(NOW), "GET", target, &headers, b"")
        }
        Kind::Rm => exchange(&dialect_rm::Rm::new(), oracle.core(NOW), "GET", target, &headers, b""),
        Kind::CometChat => {
            exchange(&dialect_cometchat::CometChat::new(), oracle.core(NOW), "GET", target, &headers, b"")
        }
    };
    let got = client.get(target, &headers);
    let about = format!("{} {target} {more:?}", served.name);
    assert_eq!(got.status, expected.status, "{about}: {}", got.text());
    assert_eq!(got.text(), String::from_utf8_lossy(&expected.body), "{about}");
    assert_eq!(fields_of(&got), fields(&expected), "{about}");
}

fn fields(reply: &Reply) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> =
        reply.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect();
    if !reply.content_type.is_empty() {
        fields.push(("content-type".into(), reply.content_type.into()));
    }
    fields.sort();
    fields
}

fn fields_of(response: &Response) -> Vec<(String, String)> {
    let mut fields: Vec<_> =
        response.headers.iter().filter(|(n, _)| !NOT_OURS.contains(&n.as_str())).cloned().collect();
    fields.sort();
    fields
}

/// Percent-encodes everything that could mean something in a query.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn rm_path() -> String {
    format!("/api/Organization/groups/{}/members", sample::GROUP_ID)
}

#[test]
fn the_sample_group() {
    let mut cases: Vec<Case> = Vec::new();
    for query in ["", "?page=2", "?page=9&rpp=25", "?rpp=1&page=300", "?page=999", "?page=0", "?rpp=x", "?rpp=500"] {
        cases.push((Kind::Elance, format!("/api2/groups/1116/members{query}"), vec![]));
    }
    for key in ["1117", "x", "0"] {
        cases.push((Kind::Elance, format!("/api2/groups/{key}/members"), vec![]));
    }
    for query in [
        "",
        "?perPage=1000",
        "?per_page=7&page=3",
        "?status=available",
        "?status=offline&scopes=admin",
        "?scopes=admin,moderator&perPage=5&page=2",
        "?scopes[]=participant&searchKey=an",
        "?searchKey=SUPERHERO",
        "?searchKey=%C3%A9",
        "?updatedAt=1630000000&perPage=20",
        "?updatedAt=1630000000&affix=prepend&perPage=20&page=2",
        "?page=999",
        "?page=0",
        "?status=away",
        "?searchKey=_",
        "?searchKey=%25",
    ] {
        let target = format!("/v3/groups/supergroup/members{query}");
        cases.push((Kind::CometChat, target.clone(), vec![]));
        cases.push((Kind::CometChat, target, vec![("onBehalfOf", "superhero4".into())]));
    }
    cases.push((Kind::CometChat, "/v3/groups/nobody/members".into(), vec![]));
    cases.push((Kind::CometChat, "/v3/groups/supergroup/members".into(), vec![("onBehalfOf", "nobody".into())]));
    for query in ["", "?page=2", "?page_size=1000", "?page_size=7&page=3", "?page=999", "?page_size=0", "?$select=Name"]
    {
        for accept in ["application/json", "application/xml"] {
            cases.push((Kind::Rm, format!("{}{query}", rm_path()), vec![("Accept", accept.into())]));
        }
    }
    for order in ["Name", "Name desc,Login", "Status,Email desc", "Id desc", "Phone,Description,AdditionalInformation"]
    {
        for page in [1, 2, 17] {
            cases.push((
                Kind::Rm,
                format!("{}?$orderby={}&page_size=20&page={page}", rm_path(), encoded(order)),
                vec![],
            ));
        }
    }
    // Everything that the judged filters ask, with rows, total and count.
    for line in project_text("crates/dialect-rm/tests/data/filters.tsv").lines() {
        let Some((_, query)) = line.split_once('\t') else { continue };
        let (name, value) = query.split_once('=').expect("a name and a value");
        let query = format!("{}={}", encoded(name), encoded(value));
        cases.push((Kind::Rm, format!("{}?{query}&page_size=50", rm_path()), vec![]));
        cases.push((Kind::Rm, format!("{}/count?{query}", rm_path()), vec![]));
    }
    let served = serve(sample::NDJSON, "synapseindia");
    compare(&testkit::sample::directory(), 300_723, &served, &cases);
}

/// A population of unpleasant texts, and filters that look for pieces of them.
#[test]
fn random_groups() {
    let mut rng = random::rng(20_261_122);
    let records = random::population(&mut rng, random::Size { groups: 3, persons: 300, memberships: 250 });
    let mut oracle = MemoryDirectory::new();
    let mut ndjson = String::new();
    for record in &records {
        oracle.restore(record, NOW).expect("a legal record");
        ndjson += &serde_json::to_string(&said(record)).expect("writes");
        ndjson.push('\n');
    }
    let asker = oracle.persons().into_iter().find(|p| p.account_status.as_str() == "active").expect("somebody");
    let mut cases = Vec::new();
    for group in oracle.groups() {
        let all = MemberQuery::new(GroupKey::Number(group.number), Window { offset: 0, limit: u32::MAX });
        let (numbers, _) = oracle.numbers(&all).expect("the group is there");
        let elance = format!("/api2/groups/{}/members", group.number);
        let rm = format!("/api/Organization/groups/{}/members", group.id);
        let chat = format!("/v3/groups/{}/members", group.guid);
        cases.push((Kind::Elance, format!("{elance}?rpp=25"), vec![]));
        cases.push((Kind::Elance, format!("{elance}?page=3"), vec![]));
        cases.push((Kind::Rm, format!("{rm}?page_size=1000"), vec![("Accept", "application/xml".into())]));
        cases.push((Kind::CometChat, format!("{chat}?perPage=1000"), vec![("onBehalfOf", asker.uid.clone())]));
        for _ in 0..40 {
            let Some(name) = some_text(&mut rng, &oracle, &numbers) else { continue };
            let piece = piece(&mut rng, &name);
            cases.push((Kind::CometChat, format!("{chat}?perPage=1000&searchKey={}", encoded(&piece)), vec![]));
            let filter = filter(&mut rng, &name.replace('\'', "''"), &piece.replace('\'', "''"));
            let order = ["", "&$orderby=Name", "&$orderby=Name%20desc,Email", "&$orderby=Status,Description"];
            let order = order[rng.random_range(0..order.len())];
            cases.push((Kind::Rm, format!("{rm}?page_size=1000&$filter={}{order}", encoded(&filter)), vec![]));
        }
    }
    assert!(cases.len() > 60, "there is something to ask");
    let served = serve(&ndjson, &asker.login);
    compare(&oracle, asker.number, &served, &cases);
}

/// Nothing but what a record says of itself: the import's clock is not the oracle's.
fn said(record: &Record) -> Record {
    let mut record = record.clone();
    match &mut record {
        Record::Group(group) => _ = group.created_at.get_or_insert(NOW),
        Record::Person(person) => _ = person.created_at.get_or_insert(NOW),
        Record::Membership(membership) => {
            if membership.state.is_none_or(|state| state == membership::State::Member) {
                membership.joined_at.get_or_insert(NOW);
            }
        }
    }
    record
}

/// A text of a member of the group, its name more often than not.
fn some_text(rng: &mut ChaCha8Rng, oracle: &MemoryDirectory, numbers: &[i64]) -> Option<String> {
    let number = numbers.get(rng.random_range(0..numbers.len().max(1)))?;
    let person = oracle.persons().into_iter().find(|p| p.number == *number)?;
    Some([&person.name, &person.name, &person.description, &person.email][rng.random_range(0..4)].clone())
}

/// One to three code points of the text, sometimes in capitals.
fn piece(rng: &mut ChaCha8Rng, text: &str) -> String {
    let start = rng.random_range(0..text.chars().count().max(1));
    let piece: String = text.chars().skip(start).take(rng.random_range(1..4)).collect();
    if rng.random_bool(0.5) { piece.to_uppercase() } else { piece }
}

fn filter(rng: &mut ChaCha8Rng, whole: &str, piece: &str) -> String {
    match rng.random_range(0..9) {
        0 => format!("Name eq '{whole}'"),
        1 => format!("substringof('{piece}',Name) or Email eq ''"),
        2 => format!("not startswith(Name,'{piece}') and Description ne null"),
        3 => format!("endswith(Name,'{piece}') eq false"),
        4 => format!("Name gt '{whole}' and Name le 'z{piece}'"),
        5 => format!("indexof(Name,'{piece}') eq 1 or length(Name) gt 5"),
        6 => format!("concat(trim(Name),'{piece}') lt Description"),
        7 => format!("replace(Name,'{piece}','x') eq Name or Status eq 'noaccess'"),
        _ => format!("Name in ('{whole}','{piece}') or substring(Description,1) eq '{piece}'"),
    }
}
