//! Many credentials of many persons, listed and ended by the admin API and the command line, and a change log that is
//! kept for a while only, on both databases.

use crate::support::admin::Admin;
use crate::support::gateway::{Database, Gateway, fail, succeed};
use access::{CredentialQuery, Vault};
use membership::record::PersonRecord;
use membership::{By, Directory, Registrar};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::Store;

fn open(database: &Database) -> Store {
    Store::open(&store::Settings::new(database.url.parse().expect("a URL"))).expect("opens")
}

#[test]
fn credentials_are_listed_in_pages_and_ended_by_person() {
    for database in Database::both() {
        database.import("{\"kind\":\"person\",\"login\":\"anna\"}\n{\"kind\":\"person\",\"login\":\"bob\"}\n");
        let gateway = Gateway::serve(&database);
        let mut admin = Admin::of(&gateway, &database);
        for login in ["anna", "anna", "bob", "anna"] {
            let said = json!({ "audience": "elance", "person": format!("login:{login}") });
            assert_eq!(admin.ask("POST", "/credentials", &said).status, 201);
        }
        let page = admin.get("/credentials?person=login:anna&page_size=2&in_force=true");
        let link = page.header("link").expect("a field").to_owned();
        assert!(link.contains("page=2>; rel=\"next\"") && link.contains("page=2>; rel=\"last\""), "{link}");
        let ids = |page: &Value| -> Vec<i64> {
            page["items"].as_array().expect("a list").iter().filter_map(|c| c["id"].as_i64()).collect()
        };
        assert_eq!((ids(&page.json()), &page.json()["total"]), (vec![2, 3], &json!(3)), "{}", database.name);
        let page = admin.get("/credentials?person=login:anna&page_size=2&page=2").json();
        assert_eq!(ids(&page), [5]);

        let listed = |more: &[&str]| -> Vec<i64> {
            let lines = succeed(&[&["credential", "list", "--database", &database.url], more].concat(), b"");
            lines.lines().map(|l| serde_json::from_str::<Value>(l).expect("JSON")["id"].as_i64().expect("id")).collect()
        };
        assert_eq!(listed(&[]), [1, 2, 3, 4, 5]);
        assert_eq!(listed(&["--dialect", "admin"]), [1]);
        assert_eq!(listed(&["--after", "2", "--limit", "2"]), [3, 4]);
        assert_eq!(listed(&["--login", "anna", "--in-force"]), [2, 3, 5]);

        let all = "/persons/login:anna/credentials/revoke";
        let ended = admin.ask("POST", all, &Value::Null);
        assert_eq!((ended.status, ended.json()), (200, json!({ "revoked": 3 })), "{}", database.name);
        assert_eq!(admin.ask("POST", all, &Value::Null).json(), json!({ "revoked": 0 }));
        assert_eq!(admin.ask("POST", "/persons/login:none/credentials/revoke", &Value::Null).status, 404);
        assert_eq!(listed(&["--in-force"]), [1, 4]);
        let revoke = ["credential", "revoke", "--database", &database.url];
        assert_eq!(succeed(&[&revoke[..], &["--login", "bob"]].concat(), b""), "{\"revoked\":1}\n");
        assert_eq!(listed(&["--in-force"]), [1]);
        assert!(fail(1, &[&revoke[..], &["--login", "none"]].concat(), b"").contains("no person"));
        fail(2, &revoke, b"");
        fail(2, &[&revoke[..], &["1", "--login", "bob"]].concat(), b"");
    }
}

#[test]
fn a_list_of_thousands_is_read_a_page_at_a_time() {
    let database = Database::sqlite();
    database.import("{\"kind\":\"person\",\"login\":\"anna\"}\n");
    let store = open(&database);
    let new = |at: i64| access::NewCredential {
        audience: "rm".to_owned(),
        kind: access::CredentialKind::Token,
        rights: access::Rights::READ,
        person: None,
        client_id: String::new(),
        parent: None,
        secret: access::Secret::presented(at.to_string()).hash(),
        created_at: 1_000,
        expires_at: None,
        agreed: access::Agreed::default(),
    };
    for at in 0..2_005 {
        store.create(&By::system(1_000), &new(at)).expect("made");
    }
    assert_eq!(store.list(&CredentialQuery::all(0)).expect("listed").total, 2_005);
    let lines = succeed(&["credential", "list", "--database", &database.url], b"");
    let ids = lines.lines().map(|l| serde_json::from_str::<Value>(l).expect("JSON")["id"].as_i64().expect("id"));
    assert!(ids.eq(1..=2_005));
}

#[test]
fn the_log_is_kept_as_long_as_is_said() {
    for database in Database::both() {
        succeed(&["migrate", "--database", &database.url], b"");
        let store = open(&database);
        for (at, login) in ["old", "older", "oldest"].into_iter().enumerate() {
            let record = PersonRecord { login: Some(login.into()), ..PersonRecord::default() };
            store.create_person(&By::system(1_000 + at as i64), &record).expect("made");
        }
        let started = |days: &str| {
            let settings = [("ROLLCALL__CHANGES__KEEP_DAYS", days)];
            Gateway::start(&["--database", &database.url], &settings)
        };
        let gateway = started("0");
        let mut admin = Admin::of(&gateway, &database);
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(admin.get("/changes?after=0").json()["items"].as_array().map(Vec::len), Some(4), "for ever");
        drop(gateway);

        let gateway = started("30");
        let mut admin = Admin::of(&gateway, &database);
        let begun = Instant::now();
        let gone = loop {
            let reply = admin.get("/changes?after=0");
            if reply.status != 200 {
                break reply;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{}: nothing is pruned", database.name);
            std::thread::sleep(Duration::from_millis(50));
        };
        let problem = gone.json();
        assert_eq!((gone.status, &problem["floor"]), (410, &json!(3)), "{}: {problem}", database.name);
        assert_eq!(admin.get("/changes?after=2&wait=60").status, 410, "whoever would wait is told at once");
        let left = admin.get("/changes?after=3").json();
        assert_eq!((&left["items"][0]["number"], &left["head"]), (&json!(4), &json!(5)), "{}", database.name);
        assert_eq!(store.head().expect("asked"), 5);
        succeed(&["check", "--database", &database.url], b"");
    }
}
