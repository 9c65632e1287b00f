//! `serve --demo`, and the curl lines that it prints.

use crate::support::gateway::{Database, Gateway, fail, succeed};
use crate::support::http::Client;
use serde_json::Value;
use std::process::Command;

/// Runs a printed line by the shell, as somebody who tries the demo does; without curl it sends the same request.
fn shell(line: &str) -> Value {
    if Command::new("curl").arg("--version").output().is_err() {
        return same_request(line);
    }
    let output = Command::new("/bin/sh").args(["-c", line]).output().expect("a shell");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{line}: {error}: {}", String::from_utf8_lossy(&output.stdout)))
}

/// What curl would send for a line of `-H 'Name: value'` and one quoted address.
fn same_request(line: &str) -> Value {
    let quoted: Vec<&str> = line.split('\'').skip(1).step_by(2).collect();
    let (address, headers) = quoted.split_last().expect("an address");
    let headers: Vec<(&str, &str)> = headers.iter().map(|h| h.split_once(": ").expect("a field")).collect();
    let (host, target) = address.strip_prefix("http://").and_then(|a| a.split_once('/')).expect("http");
    Client::new(host.parse().expect("an address and a port")).get(&format!("/{target}"), &headers).json()
}

#[test]
fn without_curl_the_same_request_is_sent() {
    let gateway = Gateway::start(&["--demo"], &[]);
    for line in lines(&gateway) {
        assert_eq!(shell(&line), same_request(&line), "{line}");
    }
}

/// The printed lines, one a dialect and the last for the admin listener.
fn lines(gateway: &Gateway) -> [String; 4] {
    let is_curl = |line: &String| line.trim_start().starts_with("curl ");
    let mut lines = std::iter::repeat_with(|| gateway.line()).filter(is_curl);
    std::array::from_fn(|_| lines.next().expect("one more"))
}

#[test]
fn the_printed_lines_answer() {
    for database in Database::both() {
        let mut before: Vec<String> = Vec::new();
        // Again and again on the same database.
        for _ in 0..2 {
            let mut gateway = Gateway::start(&["--demo", "--database", &database.url], &[]);
            let printed = lines(&gateway);
            let [elance, rm, cometchat, admin] = printed.each_ref().map(|line| shell(line));
            assert_eq!(elance["data"]["groupMembers"]["pageResults"]["0"]["userName"], "synapseindia", "{elance}");
            assert!(rm.as_array().is_some_and(|rows| rows.iter().all(|row| row["Login"].is_string())), "{rm}");
            assert!(rm[0]["Name"].as_str().is_some_and(|name| name.starts_with('J')), "{rm}");
            assert_eq!(cometchat["data"][0]["uid"], "superhero4", "{cometchat}");
            assert_eq!(cometchat["data"][1]["conversationId"], "superhero2_user_superhero4", "{cometchat}");
            assert_eq!((&admin["total"], &admin["items"][0]["state"]), (&315.into(), &"member".into()), "{admin}");
            // The credentials of the start before are no longer good.
            for (line, now) in before.iter().zip(&printed) {
                let port = |line: &str| {
                    let rest = line.split("http://127.0.0.1:").nth(1).expect("an address").to_owned();
                    rest.split('/').next().expect("a port").to_owned()
                };
                let old = shell(&line.replace(&port(line), &port(now)));
                assert!(old.get("data").is_none() && old.get("items").is_none() && !old.is_array(), "{old}");
            }
            before = printed.to_vec();
            gateway.signal("TERM");
            assert!(gateway.wait().success());
        }
    }
}

#[test]
fn a_demo_keeps_away_from_real_data_and_from_the_world() {
    let database = Database::sqlite();
    database.import(r#"{"kind":"person","login":"somebody"}"#);
    let said = fail(1, &["serve", "--demo", "--listen", "127.0.0.1:0", "--database", &database.url], b"");
    assert!(said.contains("empty store"), "{said}");
    let said = fail(1, &["serve", "--demo", "--listen", "0.0.0.0:0", "--database", "sqlite::memory:"], b"");
    assert!(said.contains("loopback"), "{said}");
    assert!(succeed(&["export", "--database", &database.url], b"").contains("somebody"), "nothing was touched");
}

#[test]
fn a_demo_needs_no_database() {
    let gateway = Gateway::start(&["--demo"], &[]);
    assert!(shell(&lines(&gateway)[0])["data"].is_object());
}
