//! Defaults, sources and refusals.

use super::*;
use std::io::Write;
use std::path::PathBuf;

fn with(toml: &str, environment: &[(&str, &str)]) -> anyhow::Result<Settings> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(toml.as_bytes()).expect("written");
    let environment = environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Settings::from_sources(Some(file.path()), environment)
}

#[test]
fn the_documented_file_holds_every_setting_with_its_default() {
    let plain = || Plain { enabled: true, prefix: String::new() };
    let expected = Settings {
        server: Server {
            listen: "127.0.0.1:8080".into(),
            tls_listen: String::new(),
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
            public_url: String::new(),
            https_redirect: false,
            hsts_seconds: 0,
            trusted_proxies: Nets::default(),
            workers: 0,
            keep_alive_seconds: 75,
            request_timeout_seconds: 10,
            shutdown_timeout_seconds: 20,
        },
        admin: Admin { enabled: true, listen: String::new() },
        database: Database {
            url: UrlText::default(),
            pool_size: 8,
            acquire_timeout_seconds: 5,
            statement_timeout_seconds: 30,
            ask_directly: true,
        },
        roster: Roster { bytes: 512 << 20, behind: 10_000, ready_rows: Names::default(), replies_bytes: 32 << 20 },
        limits: Limits {
            body_bytes: 1 << 20,
            bodies_bytes: 256 << 20,
            import_bytes: 1 << 30,
            body_timeout_seconds: 30,
            queue_timeout_seconds: 10,
            queue_length: 256,
            credential_per_minute: 20_000,
            address_per_minute: 60_000,
            failures_per_minute: 300,
            connections: 8_192,
            connections_per_address: 1_024,
            header_bytes: 32 << 10,
            header_fields: 64,
            parameters: 256,
            json_depth: 32,
        },
        changes: Changes { keep_days: 0 },
        logging: Logging { format: LogFormat::Text, filter: "info,actix_server=warn".into() },
        dialects: Dialects {
            elance: Elance {
                enabled: true,
                prefix: String::new(),
                default_rpp: 8,
                results_as_array: false,
                strict_redirect: true,
                expires_in: ExpiresIn::Absolute,
            },
            rm: plain(),
            cometchat: plain(),
        },
    };
    assert_eq!(Settings::built_in().expect("sound"), expected);
}

#[test]
fn dialects_with_ready_made_rows_are_named() {
    let names = |settings: anyhow::Result<Settings>| settings.expect("good").roster.ready_rows.to_vec();
    assert_eq!(names(with("[roster]\nready_rows = [\"rm\", \"cometchat\"]", &[])), ["rm", "cometchat"]);
    assert_eq!(names(with("", &[("ROLLCALL__ROSTER__READY_ROWS", "elance, rm")])), ["elance", "rm"]);
    assert_eq!(names(with("", &[("ROLLCALL__ROSTER__READY_ROWS", "")])), [""; 0]);
    for (bad, told) in [
        ("[roster]\nready_rows = [\"soap\"]", "roster.ready_rows must name dialects: elance, rm, cometchat"),
        ("[roster]\nready_rows = [1]", "roster.ready_rows must be a list of names"),
        ("[roster]\nready_rows = true", "roster.ready_rows must be a list of names"),
    ] {
        let error = with(bad, &[]).expect_err(bad).to_string();
        assert!(error.contains(told), "{bad}: {error}");
    }
}

#[test]
fn every_setting_in_the_documented_file_is_explained() {
    let lines: Vec<_> = BUILT_IN.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, l)| l.contains(" = ") && !l.starts_with('#')) {
        assert!(lines[at - 1].starts_with("# "), "{line} has no explanation");
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let toml = "[server]\nlisten = \"[::1]:9\"\nworkers = 3\n[dialects.rm]\nprefix = \"/risk\"\n";
    let environment = [
        ("ROLLCALL__SERVER__WORKERS", "4"),
        ("ROLLCALL__DIALECTS__ELANCE__ENABLED", "false"),
        ("ROLLCALL__DATABASE__URL", "sqlite:///x.db"),
        ("ROLLCALL__LOGGING__FORMAT", "json"),
        ("ROLLCALL__SERVER__TLS_CERT", "/etc/a.pem"),
    ];
    let settings = with(toml, &environment).expect("sound");
    assert_eq!(settings.server.listen, "[::1]:9");
    assert_eq!(settings.server.workers, 4);
    assert_eq!(settings.server.tls_cert, PathBuf::from("/etc/a.pem"));
    assert_eq!(settings.dialects.rm.prefix, "/risk");
    assert!(settings.dialects.rm.enabled && !settings.dialects.elance.enabled);
    assert_eq!(settings.database.url, UrlText::new("sqlite:///x.db"));
    assert_eq!(settings.logging.format, LogFormat::Json);
}

#[test]
fn what_cannot_be_meant_is_refused_in_words() {
    for (toml, word) in [
        ("[server]\nlistn = \"x\"", "listn"),
        ("[serverr]\nlisten = \"x\"", "serverr"),
        ("[dialects.soap]\nenabled = true", "soap"),
        ("[dialects.rm]\ndefault_rpp = 3", "default_rpp"),
        ("[server]\nworkers = -1", "workers"),
        ("[server]\nworkers = \"many\"", "workers"),
        ("[database]\npool_size = 0", "database.pool_size must be from 1 to 1000"),
        ("[dialects.rm]\nprefix = \"risk\"", "dialects.rm.prefix"),
        ("[dialects.rm]\nprefix = \"/risk/\"", "dialects.rm.prefix"),
        ("[server]\npublic_url = \"api.example.com\"", "server.public_url must be empty, or http:// or https://"),
        ("[server]\npublic_url = \"https://api.example.com/\"", "server.public_url"),
        ("[server]\npublic_url = \"https://\"", "server.public_url"),
        ("[server]\npublic_url = \"https:///x\"", "server.public_url"),
        ("[server]\npublic_url = \"https://u:p@example.com\"", "server.public_url"),
        ("[server]\npublic_url = \"https://example.com?x\"", "server.public_url"),
        ("[server]\nhsts_seconds = 999999999", "server.hsts_seconds must be"),
        ("[server]\nworkers = 1.5", "server.workers must be a whole number"),
        ("[server]\nworkers = 5000000000", "server.workers is too large"),
        ("[logging]\nformat = \"xml\"", "logging.format must be \"text\" or \"json\""),
        ("[dialects.elance]\nexpires_in = \"never\"", "dialects.elance.expires_in must be \"absolute\" or \"seconds\""),
        ("[dialects.rm]\nenabled = \"perhaps\"", "dialects.rm.enabled must be true or false"),
        ("server = 3", "server is a section, not a setting"),
        ("\n[server", "not well-formed TOML at line 2, column 8"),
    ] {
        let error = format!("{:#}", with(toml, &[]).expect_err(toml));
        assert!(error.contains(word), "{toml}: {error}");
    }
    for (name, words) in [
        ("ROLLCALL__SERVER__LISTN", "server.listn is not a setting (set by the environment)"),
        ("ROLLCALL__SERVER__LISTEN__X", "server.listen must be a text"),
        ("rollcall__server__listen", "in capitals"),
    ] {
        let error = format!("{:#}", with("", &[(name, "x")]).expect_err(name));
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn public_urls() {
    for url in
        ["", "http://localhost:8080", "https://api.example.com", "https://[::1]:443/a/b%20c", "http://127.0.0.1/x"]
    {
        let settings = with(&format!("[server]\npublic_url = \"{url}\""), &[]).expect(url);
        assert_eq!(settings.server.public_url, url);
    }
}

#[test]
fn short_requests_have_connections_of_their_own() {
    let settings = |workers, url| {
        let environment = [("ROLLCALL__SERVER__WORKERS", workers), ("ROLLCALL__DATABASE__URL", url)];
        with("", &environment).and_then(|s| s.store_to_serve()).expect("sound")
    };
    assert_eq!(settings("3", "sqlite::memory:").pool_size, 8 + 3 + 3);
    assert_eq!(settings("3", "postgres://h/x").pool_size, 8 + 3 + 4);
    assert_eq!(settings("1", "sqlite::memory:").pool_size, 8 + 1 + 3);
    assert_eq!(settings("1", "postgres://h/x").pool_size, 8 + 2 + 4);
}

#[test]
fn passwords_are_not_printed() {
    for url in ["postgres://u:hunter2@h/x", "postgres://u:hunter2@h:notaport/x", "hunter2"] {
        let settings = with("", &[("ROLLCALL__DATABASE__URL", url)]).expect("any text is taken");
        assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
        if let Err(error) = settings.store() {
            assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
        }
    }
    let error = Settings::built_in().and_then(|s| s.store().map(|_| ())).expect_err("no database");
    assert!(error.to_string().contains("--database"), "{error}");
}

#[test]
fn no_error_quotes_a_value() {
    for toml in [
        "[database]\nurl = \"postgres://u:hunter2@h/x",
        "[database]\nurl = postgres://u:hunter2@h/x",
        "[database]\npool_size = \"postgres://u:hunter2@h/x\"",
        "[database]\nenabled = \"hunter2\"",
        "database = \"postgres://u:hunter2@h/x\"",
        "[logging]\nformat = \"hunter2\"",
        "[dialects.rm]\nprefix = \"hunter2\"",
        "[dialects]\nrm = [\"hunter2\"]",
        "[database]\nurl = [\"hunter2\"]",
        "[database]\nurl = \"hunter2\"\nurl = \"hunter2\"",
    ] {
        let error = format!("{:?}", with(toml, &[]).expect_err(toml));
        assert!(!error.contains("hunter2"), "{toml}: {error}");
    }
    for name in ["ROLLCALL__DATABASE", "ROLLCALL__DATABASE__POOL_SIZE", "ROLLCALL__DIALECTS", "ROLLCALL__X"] {
        let error = format!("{:?}", with("", &[(name, "postgres://u:hunter2@h/x")]).expect_err(name));
        assert!(!error.contains("hunter2"), "{name}: {error}");
    }
}

#[test]
fn proxies_are_a_list_or_a_text_with_commas() {
    let proxies = |toml: &str, environment: &[(&str, &str)]| with(toml, environment).map(|s| s.server.trusted_proxies);
    let expected = Nets::parse(["10.0.0.0/8", "2001:db8::1/128"]).expect("an address and a net");
    let listed = proxies("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"2001:db8::1\"]", &[]);
    assert_eq!(listed.expect("sound"), expected);
    let name = "ROLLCALL__SERVER__TRUSTED_PROXIES";
    assert_eq!(proxies("", &[(name, "10.0.0.0/8, 2001:db8::1")]).expect("sound"), expected);
    assert_eq!(proxies("[server]\ntrusted_proxies = [\"10.0.0.0/8\"]", &[(name, "")]).expect("sound"), Nets::default());
    for bad in ["[\"10.0.0.0/8\", \"hunter2\"]", "[\"10.0.0.0/33\"]", "[1]", "7", "[[]]", "\"localhost\""] {
        let error = format!("{:#}", proxies(&format!("[server]\ntrusted_proxies = {bad}"), &[]).expect_err(bad));
        assert!(error.contains("server.trusted_proxies must be a list") && !error.contains("hunter2"), "{error}");
    }
    assert!(format!("{:#}", proxies("", &[(name, "x")]).expect_err("no net")).contains("must be a list"));
}
