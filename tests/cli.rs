//! The command line: credentials, import and export, errors in words, and the end of a server.

use crate::support::congress;
use crate::support::gateway::{Database, Gateway, fail, rollcall, run, succeed};
use crate::support::http::Client;
use crate::support::keys::{Dialect, Keys, create, exchange, word};
use membership::Directory;
use membership::sample::NDJSON;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_revoked_credential_ends_at_once() {
    for database in Database::both() {
        database.import(NDJSON);
        let gateway = Gateway::serve(&database);
        let mut client = gateway.client();
        let keys = Keys::make(&database, &gateway, "synapseindia");
        let listed = || -> Vec<Value> {
            let lines = succeed(&["credential", "list", "--database", &database.url], b"");
            for secret in [&keys.elance, &keys.rm, &keys.cometchat] {
                assert!(!lines.contains(secret.as_str()), "no secret is listed");
            }
            lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
        };
        let kinds: Vec<[String; 3]> =
            listed().iter().map(|c| ["dialect", "kind", "rights"].map(|name| word(c, name))).collect();
        for expected in [
            ["elance", "token", "read write"],
            ["rm", "client", "read write admin mint"],
            ["cometchat", "key", "read write admin mint"],
            ["rm", "token", "read write admin mint"],
        ] {
            assert!(kinds.contains(&expected.map(String::from)), "{expected:?} in {kinds:?}");
        }
        for (dialect, kind, path) in [
            (Dialect::Elance, "token", "/api2/groups/1116/members"),
            // The client's end is the end of its tokens.
            (Dialect::Rm, "client", "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members"),
            (Dialect::CometChat, "key", "/v3/groups/supergroup/members"),
        ] {
            let name = format!("{dialect:?}").to_lowercase();
            let of_it = |c: &&Value| c["dialect"] == name.as_str() && c["kind"] == kind;
            let id = listed().iter().find(of_it).expect("listed")["id"].to_string();
            assert_eq!(keys.get(&mut client, dialect, path, &[]).status, 200, "{path}");
            for was_in_force in [true, false] {
                let told = succeed(&["credential", "revoke", &id, "--database", &database.url], b"");
                let told: Value = serde_json::from_str(&told).expect("a JSON line");
                assert_eq!((told["id"].to_string(), &told["was_in_force"]), (id.clone(), &was_in_force.into()));
            }
            assert_eq!(keys.get(&mut client, dialect, path, &[]).status, 401, "{path}");
        }
        assert!(listed().iter().all(|c| c["revoked_at"].is_i64()), "all are revoked, and still listed");
        let said = fail(1, &["credential", "revoke", "999", "--database", &database.url], b"");
        assert!(said.contains("999"), "{said}");
        let said = fail(1, &["credential", "create", "elance", "--login", "nobody", "--database", &database.url], b"");
        assert!(said.contains("nobody"), "{said}");
    }
}

#[test]
fn secrets_have_their_vendors_shapes() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let token = word(&create(&database, &["elance", "--login", "SynapseIndia"]), "access_token");
    let parts: Vec<&str> = token.split('|').collect();
    assert!(hex(parts[0], 24) && parts[1] == "300723" && parts[2].len() == 22, "{token}");
    assert!(parts[2].bytes().all(|b| b.is_ascii_alphanumeric()), "{token}");
    assert!(hex(&word(&create(&database, &["cometchat"]), "apikey"), 40));
    let client = create(&database, &["rm"]);
    let gateway = Gateway::serve(&database);
    let token = exchange(&mut gateway.client(), &word(&client, "client_id"), &word(&client, "client_secret"));
    assert!(hex(&token, 40), "{token}");
}

#[test]
fn a_key_that_may_only_mint_lists_nobody() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let key = word(&create(&database, &["cometchat", "--scope", "authOnly"]), "apikey");
    let gateway = Gateway::serve(&database);
    let response = gateway.client().get("/v3/groups/supergroup/members", &[("apikey", &key)]);
    assert_eq!((response.status, response.json()["error"]["code"].as_str()), (403, Some("AUTH_ERR_NO_ACCESS")));
}

#[test]
fn a_credential_opens_its_own_dialect_only() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let gateway = Gateway::serve(&database);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    let rm = "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members";
    for (path, field, secret) in [
        ("/api2/groups/1116/members", "Authorization", format!("Bearer {}", keys.rm)),
        ("/api2/groups/1116/members", "Authorization", format!("Bearer {}", keys.cometchat)),
        (rm, "Authorization", format!("OAuth2 {}", keys.elance)),
        (rm, "Authorization", format!("Bearer {}", keys.cometchat)),
        ("/v3/groups/supergroup/members", "apikey", keys.rm.clone()),
        ("/v3/groups/supergroup/members", "apikey", keys.elance.clone()),
    ] {
        assert_eq!(gateway.client().get(path, &[(field, &secret)]).status, 401, "{path}");
    }
}

/// What the store exports.
fn exported(database: &Database, more: &[&str]) -> String {
    succeed(&[&["export", "--database", &database.url], more].concat(), b"")
}

/// The number of the last change that the store has logged.
fn changes(database: &Database) -> u64 {
    let settings = store::Settings::new(database.url.parse().expect("a URL"));
    store::Store::open(&settings).expect("opens").head().expect("answers")
}

#[test]
fn importing_twice_changes_nothing() {
    let (lines, _) = congress::read();
    for database in Database::both() {
        let first: Value = serde_json::from_str(&database.import(&lines)).expect("a JSON line");
        for (kind, count) in [("groups", 230), ("persons", 537), ("memberships", 3_879)] {
            assert_eq!(first[kind]["created"], count, "{first}");
        }
        let (before, head) = (exported(&database, &[]), changes(&database));
        let second: Value = serde_json::from_str(&database.import(&lines)).expect("a JSON line");
        for (kind, count) in [("groups", 230), ("persons", 537), ("memberships", 3_879)] {
            let counts = &second[kind];
            assert_eq!((&counts["created"], &counts["changed"]), (&0.into(), &0.into()), "{second}");
            assert_eq!(counts["unchanged"], count, "{second}");
        }
        assert_eq!(exported(&database, &[]), before);
        assert!(head > 0, "the first import is logged");
        assert_eq!(changes(&database), head, "the second is not");
        let said = succeed(&["check", "--database", &database.url], b"");
        assert!(said.contains("store: sound"), "{said}");
    }
}

#[test]
fn an_export_imports_and_exports_the_same_bytes() {
    let generated = succeed(&["generate", "--groups", "3", "--members", "200", "--seed", "5"], b"");
    assert_eq!(generated, succeed(&["generate", "--groups", "3", "--members", "200", "--seed", "5"], b""));
    assert_ne!(generated, succeed(&["generate", "--groups", "3", "--members", "200", "--seed", "6"], b""));
    let lines = format!("{NDJSON}{generated}");
    let mut exports = Vec::new();
    for database in Database::both() {
        database.import(&lines);
        let ndjson = exported(&database, &[]);
        exports.push(ndjson.clone());
        for again in Database::both() {
            again.import(&ndjson);
            assert_eq!(exported(&again, &[]), ndjson, "{} to {}", database.name, again.name);
        }
        let directory = tempfile::TempDir::new().expect("a temporary directory");
        let mut files = Vec::new();
        for kind in ["groups", "persons", "memberships"] {
            let path = directory.path().join(format!("{kind}.csv")).display().to_string();
            succeed(
                &["export", "--database", &database.url, "--format", "csv", "--kind", kind, "--output", &path],
                b"",
            );
            files.push(path);
        }
        let again = Database::sqlite();
        let arguments: Vec<&str> =
            ["import", "--database", &again.url].into_iter().chain(files.iter().map(String::as_str)).collect();
        succeed(&arguments, b"");
        assert_eq!(exported(&again, &[]), ndjson, "by CSV");
        for (kind, path) in ["groups", "persons", "memberships"].iter().zip(&files) {
            let csv = exported(&again, &["--format", "csv", "--kind", kind]);
            assert_eq!(csv, fs::read_to_string(path).expect("the file"), "{kind}");
        }
    }
    assert_eq!(exports[0], exports[1], "both databases export the same");
}

#[test]
fn one_group_can_be_exported() {
    let database = Database::sqlite();
    let (lines, committees) = congress::read();
    database.import(&lines);
    let committee = &committees[0];
    let by_guid = exported(&database, &["--group", &committee.guid]);
    assert_eq!(by_guid, exported(&database, &["--group", &committee.number.to_string()]));
    assert_eq!(by_guid, exported(&database, &["--group", &committee.id]));
    let count = |kind: &str| by_guid.lines().filter(|line| line.contains(&format!(r#""kind":"{kind}""#))).count();
    assert_eq!((count("group"), count("membership")), (1, committee.seats.len()));
    let said = fail(1, &["export", "--database", &database.url, "--group", "nothing"], b"");
    assert!(said.contains("no such group"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_secret_that_nobody_saw_is_revoked() {
    let database = Database::sqlite();
    succeed(&["migrate", "--database", &database.url], b"");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let arguments = ["credential", "create", "rm", "--database", &database.url];
    let output = rollcall().args(arguments).stdout(full).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the credential is revoked"), "{said}");
    let listed = succeed(&["credential", "list", "--database", &database.url], b"");
    let listed: Value = serde_json::from_str(&listed).expect("one JSON line");
    assert!(listed["revoked_at"].is_i64(), "{listed}");
}

#[test]
fn a_dry_run_makes_no_database() {
    let database = Database::sqlite();
    let report = succeed(&["import", "--database", &database.url, "--dry-run", "-"], NDJSON.as_bytes());
    let report: Value = serde_json::from_str(&report).expect("a JSON line");
    assert_eq!(report["groups"]["created"], 1, "{report}");
    let path = database.url.strip_prefix("sqlite://").expect("a file");
    assert!(!std::path::Path::new(path).exists(), "nothing is made");
}

#[test]
fn what_is_quoted_on_stderr_is_escaped() {
    let database = Database::sqlite();
    let line = b"{\"kind\":\"person\",\"\x1b[31m\xc2\x9b\":1}\n{\"kind\":\"person\",\"a\\u001b\\nb\":1}\n";
    for said in [
        fail(1, &["import", "--database", &database.url, "-"], line),
        fail(1, &["credential", "create", "elance", "--login", "\x1b[31m\nx", "--database", &database.url], b""),
    ] {
        assert!(!said.contains(|c: char| c.is_control() && c != '\n'), "{said:?}");
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    for database in Database::both() {
        succeed(&["migrate", "--database", &database.url], b"");
        let report = succeed(&["import", "--database", &database.url, "--dry-run", "-"], NDJSON.as_bytes());
        let report: Value = serde_json::from_str(&report).expect("a JSON line");
        assert_eq!(report["groups"]["created"], 1, "{report}");
        assert_eq!(exported(&database, &[]), "");
    }
}

#[test]
fn bad_rows_are_named_and_nothing_is_applied() {
    let lines = concat!(
        r#"{"kind":"person","login":"good","name":"Good"}"#,
        "\n",
        r#"{"kind":"person","login":"odd","nmae":"Odd"}"#,
        "\n",
        "{not json\n",
        r#"{"kind":"person"}"#,
        "\n",
        r#"{"kind":"group","guid":"Not A Guid"}"#,
        "\n",
        r#"{"kind":"membership","group":{"guid":"nowhere"},"person":{"login":"good"}}"#,
        "\n",
        r#"{"kind":"person","login":"nul","name":"a\u0000b"}"#,
        "\n",
    );
    for database in Database::both() {
        let arguments = ["import", "--database", &database.url, "--format", "ndjson", "-"];
        let said = fail(1, &arguments, lines.as_bytes());
        for line in 2..=7 {
            assert!(said.contains(&format!("stdin:{line}:")), "line {line}: {said}");
        }
        assert!(!said.contains("stdin:1:"), "{said}");
        assert!(said.contains("nmae"), "the field is named: {said}");
        assert_eq!(exported(&database, &[]), "", "nothing is applied");

        let skipping = [&arguments[..], &["--skip-bad"]].concat();
        let output = run(&skipping, lines.as_bytes());
        assert!(output.status.success());
        let all = exported(&database, &[]);
        assert_eq!(all.lines().count(), 1, "{all}");
        assert!(all.contains(r#""login":"good""#), "{all}");
    }
}

#[test]
fn a_reader_who_went_away_hides_no_failure() {
    let database = Database::sqlite();
    let unread = |arguments: &[&str], input: &str, errors: bool| {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(input.as_bytes()).expect("written");
        let stderr = if errors { Stdio::from(writer.try_clone().expect("a pipe")) } else { Stdio::null() };
        let input = file.reopen().expect("a file");
        let mut command = rollcall();
        command.args(arguments).args(["--database", &database.url]).stdin(input).stdout(writer).stderr(stderr);
        command.status().expect("the program runs").code()
    };
    let import = ["import", "--format", "ndjson", "-"];
    for errors in [false, true] {
        assert_eq!(unread(&import, "{not json\n", errors), Some(1), "nothing was applied");
        assert_eq!(unread(&import, NDJSON, errors), Some(0), "all was applied");
        assert_eq!(unread(&["credential", "create", "rm"], "", errors), Some(1), "nobody knows the secret");
        assert_eq!(unread(&["credential", "revoke", "999"], "", errors), Some(1));
        for only_writes in [&["export"][..], &["generate"], &["credential", "list"]] {
            assert_eq!(unread(only_writes, "", errors), Some(0), "{only_writes:?}");
        }
    }
}

#[test]
fn errors_are_said_in_words() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("an address").to_string();
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let config = directory.path().join("rollcall.toml");
    let config = config.to_str().expect("a plain path");
    let with = |text: &str| fs::write(config, text).expect("a file");

    for (arguments, words) in [
        (vec!["serve", "--listen", &taken, "--database", "sqlite::memory:"], taken.as_str()),
        (vec!["serve", "--listen", "nowhere", "--database", "sqlite::memory:"], "nowhere"),
        (vec!["serve", "--listen", "127.0.0.1:0", "--database", "mysql://x/y"], "postgres://"),
        (vec!["check", "--database", "sqlite:///nowhere/at/all.db"], "/nowhere/at/all.db"),
        (vec!["check", "--database", "postgres://u:hidden@127.0.0.1:1/x"], "127.0.0.1"),
        (vec!["check", "--config", "/nowhere/rollcall.toml"], "/nowhere/rollcall.toml"),
        (vec!["import", "--database", "sqlite::memory:", "/nowhere/a.ndjson"], "/nowhere/a.ndjson"),
    ] {
        let said = fail(1, &arguments, b"");
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(!said.contains("hidden") && !said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
    }
    for (text, words) in [
        ("[server]\nlistne = \"x\"\n", "listne"),
        ("[dialects.soap]\nenabled = true\n", "soap"),
        ("[dialects.elance]\ndefault_rpp = \"many\"\n", "default_rpp"),
        ("[server\n", "rollcall.toml"),
    ] {
        with(text);
        let said = fail(1, &["check", "--config", config, "--database", "sqlite::memory:"], b"");
        assert!(said.contains(words), "{text}: {said}");
    }
    assert_eq!(run(&["serve", "--prot", "1"], b"").status.code(), Some(2), "a wrong command line is another code");
}

#[test]
fn the_environment_wins_over_the_file_and_flags_over_both() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let config = directory.path().join("rollcall.toml");
    let text = "[database]\nurl = \"sqlite:///nowhere/at/all.db\"\n[dialects.elance]\ndefault_rpp = 3\n\
        [dialects.rm]\nprefix = \"/risk\"\n";
    fs::write(&config, text).expect("a file");
    let config = config.to_str().expect("a plain path");
    let gateway = Gateway::start(
        &["--config", config, "--database", &database.url],
        &[("ROLLCALL__DIALECTS__ELANCE__DEFAULT_RPP", "5"), ("ROLLCALL__DIALECTS__COMETCHAT__ENABLED", "false")],
    );
    let mut client = gateway.client();
    let token = word(&create(&database, &["elance", "--login", "synapseindia"]), "access_token");
    let json = client.get(&format!("/api2/groups/1116/members?access_token={token}"), &[]).json();
    assert_eq!(json["data"]["groupMembers"]["numResults"], 5, "{json}");
    let gone = client.get("/v3/groups/supergroup/members", &[]);
    assert_eq!((gone.status, gone.header("content-type")), (404, Some("application/problem+json")));
    let path = "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members";
    assert_eq!(client.get(path, &[]).header("content-type"), Some("application/problem+json"));
    assert_eq!(client.get(&format!("/risk{path}"), &[]).status, 401);
}

/// Waits until the gateway has begun with a request: it then asks for the body.
fn until_it_is_asked_for(stream: &mut TcpStream) {
    const ASKED: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a positive time");
    let mut said = [0; ASKED.len()];
    stream.read_exact(&mut said).expect("asked for");
    assert_eq!(said, ASKED, "{}", String::from_utf8_lossy(&said));
}

/// Waits until the gateway has heard the signal to end.
fn until_nobody_listens(gateway: &Gateway) {
    let begun = std::time::Instant::now();
    while TcpStream::connect(gateway.address).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(30), "still listening");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn sigterm_lets_requests_finish() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let mut gateway = Gateway::serve(&database);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    // A request whose body is still under way when the signal comes.
    let mut slow = TcpStream::connect(gateway.address).expect("a connection");
    slow.set_read_timeout(Some(Duration::from_secs(30))).expect("a positive time");
    let head = format!(
        "GET /v3/groups/supergroup/members?perPage=2 HTTP/1.1\r\nHost: x\r\napikey: {}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nab",
        keys.cometchat
    );
    slow.write_all(head.as_bytes()).expect("the first half");
    until_it_is_asked_for(&mut slow);
    gateway.signal("TERM");
    until_nobody_listens(&gateway);
    assert!(gateway.alive(), "a request is under way");
    slow.write_all(b"cd").expect("the second half");
    let mut reply = String::new();
    slow.read_to_string(&mut reply).expect("a reply");
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(gateway.wait().success());
    assert!(TcpStream::connect(gateway.address).is_err(), "nobody listens any more");
}

#[test]
fn a_signal_is_heard_as_soon_as_the_first_line_is_there() {
    let database = Database::sqlite();
    for _ in 0..10 {
        let mut gateway = Gateway::serve(&database);
        gateway.signal("TERM");
        assert!(gateway.wait().success(), "ended by the signal itself: {}", gateway.log());
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let mut gateway = Gateway::serve(&database);
    let mut slow = TcpStream::connect(gateway.address).expect("a connection");
    let head = "POST /APIIntegration/Token HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nab";
    slow.write_all(head.as_bytes()).expect("the first half");
    until_it_is_asked_for(&mut slow);
    gateway.signal("TERM");
    until_nobody_listens(&gateway);
    assert!(gateway.alive(), "a request is under way");
    let begun = std::time::Instant::now();
    gateway.signal("TERM");
    assert_eq!(gateway.wait().code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(5), "took {:?}", begun.elapsed());
}

#[test]
fn logs_hold_no_secrets() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let mut gateway = Gateway::start(&["--database", &database.url], &[("ROLLCALL__LOGGING__FORMAT", "json")]);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    let mut client: Client = gateway.client();
    let reply = client.get(&format!("/api2/groups/1116/members?access_token={}", keys.elance), &[]);
    for dialect in [Dialect::Rm, Dialect::CometChat] {
        keys.get(&mut client, dialect, "/v3/groups/supergroup/members", &[]);
    }
    let token = "nobody_1700000100c3027ce530b2367f3c97b4106f0cb8a9".to_owned();
    let path = format!("/v3/users/nobody/auth_tokens/{token}");
    assert_eq!(keys.send(&mut client, Dialect::CometChat, "DELETE", &path, &[]).status, 404);
    gateway.signal("TERM");
    assert!(gateway.wait().success());
    let log = gateway.log();
    assert!(log.contains("/v3/users/nobody/auth_tokens/"), "{log}");
    for secret in [&keys.elance, &keys.rm, &keys.cometchat, &token] {
        assert!(!log.contains(secret.as_str()), "{log}");
    }
    let id = reply.header("x-request-id").expect("an id");
    let line = log.lines().find(|line| line.contains(id)).unwrap_or_else(|| panic!("no line of {id}: {log}"));
    let line: Value = serde_json::from_str(line).expect("a JSON line");
    assert!(line.to_string().contains("/api2/groups/1116/members"), "{line}");
}

#[test]
fn help_teaches() {
    for command in ["serve", "migrate", "check", "import", "export", "generate", "credential", "certificate"] {
        let help = succeed(&[command, "--help"], b"");
        assert!(help.contains("Usage:"), "{help}");
        assert!(succeed(&["--help"], b"").contains(command));
    }
    assert!(rollcall().arg("--version").output().expect("starts").status.success());
}
