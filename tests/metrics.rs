//! `/metrics` and the access log of the real program.

use crate::support::gateway::{Database, Gateway};
use crate::support::http::Client;
use crate::support::keys::{Dialect, Keys};
use crate::support::postgres::Server;
use membership::sample::NDJSON;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Every value, by its name and labels as written.
fn scrape(admin: &mut Client) -> BTreeMap<String, f64> {
    let reply = admin.get("/metrics", &[]);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let lines = reply.text().lines().filter(|line| !line.starts_with('#'));
    let value = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("{line}")))
    };
    lines.map(value).collect()
}

#[test]
fn requests_are_counted_by_route_and_never_by_path() {
    for database in Database::both() {
        database.import(NDJSON);
        let gateway = Gateway::serve(&database);
        let keys = Keys::make(&database, &gateway, "synapseindia");
        let (mut client, mut admin) = (gateway.client(), gateway.admin());
        for _ in 0..3 {
            assert_eq!(keys.get(&mut client, Dialect::CometChat, "/v3/groups/supergroup/members", &[]).status, 200);
        }
        // Whatever clients make up shares one label.
        for at in 0..50 {
            client.get(&format!("/made-up/{at}"), &[]);
            client.get(&format!("/v3/made-up/{at}"), &[]);
            admin.get(&format!("/admin/v1/made-up-{at}"), &[]);
        }
        client.send("BREW", "/v3/groups/g/members", &[], b"");
        assert_eq!(keys.get(&mut client, Dialect::Elance, "/api2/groups/1116/members", &[]).status, 200);
        let before = scrape(&mut admin);
        let value = |name: &str| *before.get(name).unwrap_or_else(|| panic!("{name} is not in {before:#?}"));
        let labels = |dialect: &str, route: &str, method: &str, status: u16| {
            format!(
                "rollcall_requests_total{{dialect=\"{dialect}\",route=\"{route}\",method=\"{method}\",status=\"{status}\"}}"
            )
        };
        let members = "/v3/groups/{guid}/members";
        assert!(value(&labels("cometchat", members, "GET", 200)) >= 3.0);
        assert!(value(&labels("cometchat", members, "none", 404)) >= 1.0);
        assert!(value(&labels("elance", "/api2/groups/{groupId}/members", "GET", 200)) >= 1.0);
        assert_eq!(value(&labels("none", "none", "GET", 404)), 50.0);
        assert_eq!(value(&labels("admin", "none", "GET", 404)), 50.0);
        assert!(before.keys().all(|name| !name.contains("made-up")), "{before:#?}");
        assert!(before.len() < 400, "{} series", before.len());
        let timed =
            format!("rollcall_request_seconds_count{{dialect=\"cometchat\",route=\"{members}\",method=\"GET\"}}");
        assert!(value(&timed) >= 3.0);
        assert_eq!(value("rollcall_requests_under_way{listener=\"public\"}"), 0.0);
        assert_eq!(value("rollcall_requests_under_way{listener=\"admin\"}"), 1.0);
        let kind = if database.name == "sqlite" { "sqlite" } else { "postgresql" };
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(value(&format!("rollcall_build_info{{version=\"{version}\",database=\"{kind}\"}}")), 1.0);
        assert!(value("process_start_time_seconds") > 1.6e9);
        if cfg!(target_os = "linux") {
            assert!(value("process_resident_memory_bytes") > 1e6 && value("process_open_fds") > 5.0);
        }
        let pool = if database.name == "sqlite" { "readers" } else { "all" };
        let of_pool = |what: &str| value(&format!("rollcall_pool_{what}{{pool=\"{pool}\"}}"));
        assert!(of_pool("size") > 8.0 && of_pool("open") >= 1.0 && of_pool("in_use") <= of_pool("open"));
        assert_eq!((of_pool("waiting"), of_pool("timeouts_total")), (0.0, 0.0));
        assert_eq!(value("rollcall_turns_size{kind=\"slow\"}"), 8.0);

        // The totals and the number of the last change follow what is written.
        let totals = ["rollcall_persons", "rollcall_memberships{state=\"member\"}", "rollcall_change_head"];
        let sample = membership::sample::NDJSON.lines();
        let persons = sample.filter(|line| line.contains("\"person\"") && line.contains("\"uid\"")).count();
        assert!(persons > 0 && totals.map(value).iter().all(|value| *value > 0.0));
        assert_eq!(value("rollcall_store_up"), 1.0);
        let created = client.send(
            "POST",
            "/v3/users",
            &[("apikey", keys.cometchat.as_str()), ("Content-Type", "application/json")],
            br#"{"uid":"newcomer","name":"New Comer"}"#,
        );
        assert_eq!(created.status, 200, "{}", created.text());
        // Counting again waits for a hundred times what it took.
        let begun = Instant::now();
        loop {
            let after = scrape(&mut admin);
            if after["rollcall_persons"] == value("rollcall_persons") + 1.0 {
                assert!(after["rollcall_change_head"] > value("rollcall_change_head"));
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{after:#?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(!gateway.log().contains("path=/metrics"), "who watches is not in the log");
    }
}

#[test]
fn metrics_are_told_while_the_store_is_away() {
    let server = Server::start();
    let database = Database::of("postgresql", server.fresh_database());
    database.import(NDJSON);
    let gateway = Gateway::serve(&database);
    let mut admin = gateway.admin();
    let before = scrape(&mut admin);
    assert_eq!(before["rollcall_store_up"], 1.0);
    server.stop();
    for _ in 0..5 {
        let begun = Instant::now();
        let away = scrape(&mut admin);
        assert!(begun.elapsed() < Duration::from_secs(3), "took {:?}", begun.elapsed());
        assert_eq!(away["rollcall_store_up"], 0.0);
        assert_eq!(away["rollcall_persons"], before["rollcall_persons"], "the last that is known");
    }
    server.start_again();
    let begun = Instant::now();
    while scrape(&mut admin)["rollcall_store_up"] != 1.0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", gateway.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_line_of_the_access_log_tells_all_but_secrets() {
    let database = Database::sqlite();
    database.import(NDJSON);
    for format in ["text", "json"] {
        let gateway = Gateway::start(&["--database", &database.url], &[("ROLLCALL__LOGGING__FORMAT", format)]);
        let keys = Keys::make(&database, &gateway, "synapseindia");
        let (mut client, mut admin) = (gateway.client(), gateway.admin());
        let target = format!("/api2/groups/1116/members?access_token={}", keys.elance.replace('|', "%7C"));
        let reply = client.get(&target, &[]);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let id = reply.header("x-request-id").expect("an id").to_owned();
        let refused = admin.get("/admin/v1/persons", &[]);
        let other = refused.header("x-request-id").expect("an id").to_owned();
        gateway.logs(0, &id);
        gateway.logs(0, &other);
        let log = gateway.log();
        let line = |id: &str| log.lines().find(|line| line.contains(id) && line.contains("access")).expect("a line");
        let (public, admin) = (line(&id), line(&other));
        let pairs: &[(&str, &str)] = &[
            ("client", "127.0.0.1"),
            ("dialect", "elance"),
            ("method", "GET"),
            ("path", "/api2/groups/1116/members"),
            ("status", "200"),
            ("route", "/api2/groups/{groupId}/members"),
        ];
        let refused: &[(&str, &str)] =
            &[("client", "127.0.0.1"), ("dialect", "admin"), ("route", "/admin/v1/persons"), ("credential", "-")];
        for (line, pairs) in [(public, pairs), (admin, refused)] {
            for (name, value) in pairs {
                let held = match format {
                    "text" => line.contains(&format!(" {name}={value}")),
                    _ => {
                        let json: serde_json::Value = serde_json::from_str(line).expect("JSON");
                        json[*name].as_str().map_or_else(|| json[*name].to_string(), str::to_owned) == *value
                    }
                };
                assert!(held, "{name}={value} is not in {line}");
            }
            assert!(line.contains("bytes") && line.contains("micros"), "{line}");
        }
        let number = match format {
            "text" => public.split("credential=").nth(1).expect("a number").to_owned(),
            _ => serde_json::from_str::<serde_json::Value>(public).expect("JSON")["credential"]
                .as_str()
                .expect("a number")
                .to_owned(),
        };
        assert!(number.trim().parse::<i64>().is_ok_and(|number| number > 0), "{public}");
        for secret in [keys.elance.as_str(), &keys.elance.replace('|', "%7C"), &keys.cometchat] {
            assert!(!log.contains(secret), "a secret is in the log");
        }
    }
}
