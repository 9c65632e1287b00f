//! https: the same answers by the same rules, certificates that change while connections are open, and what is said
//! when something is wrong with them.

use crate::support::gateway::{Database, Gateway, fail};
use crate::support::http::Client;
use crate::support::keys::{Dialect, Keys, word};
use crate::support::tls::{Files, Secure, shake};
use crate::support::walk::needs_curl;
use membership::sample::NDJSON;
use rustls::version::{TLS12, TLS13};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MEMBERS: [(Dialect, &str); 3] = [
    (Dialect::Elance, "/api2/groups/1116/members"),
    (Dialect::Rm, "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members"),
    (Dialect::CometChat, "/v3/groups/supergroup/members"),
];

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a positive time");
    stream.set_nodelay(true).expect("a connected socket");
    stream
}

/// A connection by the name `localhost`, or why there is none.
fn reach(address: SocketAddr, config: &Arc<rustls::ClientConfig>) -> std::io::Result<Secure> {
    shake(connect(address), "localhost", config)
}

#[test]
fn https_answers_what_http_answers() {
    let files = Files::make();
    let database = Database::sqlite();
    database.import(NDJSON);
    let (gateway, address) = files.serve(&["--database", &database.url], &[]);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    let mut plain = gateway.client();
    for (host, version) in [("localhost", &TLS13), ("127.0.0.1", &TLS12), ("::1", &TLS13)] {
        let mut secure = Client::secure(address, host, &files.trusting_by(&[version]));
        for (dialect, target) in MEMBERS {
            let reply = keys.get(&mut secure, dialect, target, &[]);
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert_eq!(reply.body, keys.get(&mut plain, dialect, target, &[]).body, "{target}");
        }
        let refused = secure.get("/nowhere", &[]);
        assert_eq!((refused.status, refused.header("content-type")), (404, Some("application/problem+json")));
    }
    // The addresses in a reply lead to where the request came.
    let shown = |client: &mut Client| {
        let reply = keys.get(client, Dialect::Elance, "/api2/groups/1116", &[("X-Forwarded-Proto", "gopher")]);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let group = &reply.json()["data"]["group"];
        ["groupMembers", "groupJobs"].map(|field| word(group, field))
    };
    let mut secure = Client::secure(address, "localhost", &files.trusting());
    let (by_https, by_http) = (shown(&mut secure), shown(&mut plain));
    assert!(by_https.iter().all(|url| url.starts_with("https://")), "{by_https:?}");
    assert!(by_http.iter().all(|url| url.starts_with("http://")), "{by_http:?}");
    // Whoever does not know the certificate does not take it, and no certificate is good for any name.
    assert!(reach(address, &Files::make().trusting()).is_err());
    assert!(shake(connect(address), "example.com", &files.trusting()).is_err());
}

#[test]
fn curl_takes_the_certificate() {
    needs_curl();
    let files = Files::make();
    let (_gateway, address) = files.serve(&["--demo"], &[]);
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{}/v3/groups/supergroup/members", address.port());
        let mut curl = Command::new("curl");
        let output = curl.args(["-sS", "--noproxy", "*", "--ipv4", "--cacert", &files.cert, &url]).output();
        let output = output.expect("curl starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && output.stdout.starts_with(br#"{"error""#), "{url}: {said}");
    }
}

#[test]
fn http_1_1_is_what_is_agreed_on() {
    let files = Files::make();
    let (_gateway, address) = files.serve(&["--demo"], &[]);
    let offering = |protocols: &[&[u8]]| {
        let mut config = Arc::unwrap_or_clone(files.trusting());
        config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
        reach(address, &Arc::new(config))
    };
    for protocols in [&[b"h2" as &[u8], b"http/1.1"][..], &[b"http/1.1"]] {
        let stream = offering(protocols).expect("one of them is spoken");
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
    assert!(offering(&[b"h2"]).is_err());
}

#[test]
fn a_hangup_changes_the_certificate_and_drops_nothing() {
    let (files, next) = (Files::make(), Files::make());
    let (gateway, address) = files.serve(&["--demo"], &[]);
    let (old, new) = (files.trusting(), next.trusting());
    let mut kept = reach(address, &old).expect("trusted");
    assert!(ask(&mut kept).starts_with("HTTP/1.1 404"));
    let hang_up = |words: &str| {
        let before = gateway.log().len();
        gateway.signal("HUP");
        gateway.logs(before, words);
    };
    assert!(reach(address, &new).is_err());
    files.become_like(&next);
    hang_up("new connections get the certificate");
    assert!(reach(address, &new).is_ok() && reach(address, &fresh(&old)).is_err());
    assert!(ask(&mut kept).starts_with("HTTP/1.1 404"), "the old connection goes on");

    // Half of a change, a file that is no certificate, no file: what was read before stays.
    fs::copy(Files::make().key, &files.key).expect("copied");
    hang_up("the certificate stays the one before: the key in");
    fs::write(&files.cert, "no certificate").expect("written");
    hang_up("holds no certificate");
    fs::remove_file(&files.cert).expect("removed");
    hang_up("cannot read");
    assert!(reach(address, &fresh(&new)).is_ok());
    assert!(ask(&mut kept).starts_with("HTTP/1.1 404"));
    files.become_like(&next);
    hang_up("new connections get the certificate");
    assert!(reach(address, &fresh(&new)).is_ok());
}

/// The same client without what it remembers of former connections.
fn fresh(config: &Arc<rustls::ClientConfig>) -> Arc<rustls::ClientConfig> {
    let mut config = rustls::ClientConfig::clone(config);
    config.resumption = rustls::client::Resumption::disabled();
    Arc::new(config)
}

/// Sends a request on a connection that stays open, and gives the beginning of the reply.
fn ask(stream: &mut Secure) -> String {
    stream.write_all(b"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n").expect("sent");
    let mut reply = String::new();
    while !reply.contains("\r\n\r\n") || !reply.ends_with('}') {
        let mut some = [0; 1024];
        let many = stream.read(&mut some).expect("a reply");
        assert!(many > 0, "the connection has ended: {reply}");
        reply += std::str::from_utf8(&some[..many]).expect("UTF-8");
    }
    reply
}

#[test]
fn address_certificate_and_key_go_together() {
    let files = Files::make();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:"];
    let all = [("--tls-listen", "127.0.0.1:0"), ("--tls-cert", files.cert.as_str()), ("--tls-key", files.key.as_str())];
    for given in 1..7 {
        let is_given = |at: usize| given & (1 << at) != 0;
        let flags = (0..3).filter(|at| is_given(*at)).flat_map(|at| [all[at].0, all[at].1]);
        let arguments: Vec<&str> = serve.into_iter().chain(flags).collect();
        let said = fail(1, &arguments, b"");
        let (set, not) = said.split_once("is set, but not").unwrap_or_else(|| panic!("{said}"));
        for (at, (flag, _)) in all.iter().enumerate() {
            assert_eq!((set.contains(flag), not.contains(flag)), (is_given(at), !is_given(at)), "{said}");
        }
    }
    // One from the environment, one from the file, one flag, which wins over both.
    let config = format!("[server]\ntls_listen = \"nowhere\"\ntls_key = \"{}\"\n", files.key);
    let config = files.with("rollcall.toml", config.as_bytes());
    let environment = [("ROLLCALL__SERVER__TLS_CERT", files.cert.as_str())];
    let arguments = ["--demo", "--config", &config, "--tls-listen", "127.0.0.1:0"];
    assert!(Gateway::start(&arguments, &environment).line().starts_with("listening on https://127.0.0.1:"));
    assert!(!Gateway::start(&["--demo"], &[]).line().contains("https"));
}

#[test]
fn what_is_wrong_with_the_files_is_said_in_words() {
    let files = Files::make();
    let garbled = b"-----BEGIN PRIVATE KEY-----\nhunter2!\n-----END PRIVATE KEY-----\n";
    let encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let odd = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let garbled = files.with("garbled.pem", garbled);
    let damaged = files.with("damaged.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let other = Files::make();
    for (cert, key, words) in [
        ("/nowhere/cert.pem", files.key.as_str(), "cannot read /nowhere/cert.pem"),
        (&files.cert, "/nowhere/key.pem", "cannot read /nowhere/key.pem"),
        (&files.key, &files.key, "key.pem holds no certificate"),
        (&files.cert, &files.cert, "cert.pem holds no private key"),
        (&files.cert, &other.key, "does not belong to the certificate"),
        (&files.cert, &garbled, "garbled.pem is not well-formed PEM"),
        (&files.cert, &files.with("encrypted.pem", encrypted), "encrypted.pem is encrypted"),
        (&files.cert, &files.with("odd.pem", odd), "odd.pem is of no kind"),
        (&damaged, &files.key, "damaged.pem is damaged"),
        ("/dev/zero", &files.key, "/dev/zero is longer than"),
    ] {
        let database = Database::sqlite();
        database.import("");
        let tls = ["--tls-listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key];
        let serve = ["serve", "--listen", "127.0.0.1:0", "--database", &database.url];
        let said = fail(1, &[&serve[..], &tls].concat(), b"");
        assert!(said.contains(words) && !said.contains("hunter2"), "{words}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        let config = format!(
            "[server]\ntls_listen = \"127.0.0.1:0\"\ntls_cert = \"{cert}\"\ntls_key = \"{key}\"\n[logging]\nfilter = \"off\"\n"
        );
        let config = files.with("rollcall.toml", config.as_bytes());
        let said = fail(1, &["check", "--config", &config, "--database", &database.url], b"");
        assert!(said.contains(words), "check, {words}: {said}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("an address").to_string();
    for (address, words) in [("nowhere", "cannot listen on `nowhere`"), (&taken, &format!("cannot listen on {taken}"))]
    {
        let tls = ["--tls-listen", address, "--tls-cert", &files.cert, "--tls-key", &files.key];
        let serve = ["serve", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:"];
        let said = fail(1, &[&serve[..], &tls].concat(), b"");
        assert!(said.contains(words), "{said}");
    }
    let tls = ["--tls-listen", "0.0.0.0:0", "--tls-cert", &files.cert, "--tls-key", &files.key];
    let said = fail(1, &[&["serve", "--demo", "--listen", "127.0.0.1:0"][..], &tls].concat(), b"");
    assert!(said.contains("loopback"), "{said}");
}

#[test]
fn ending_lets_requests_over_tls_finish() {
    let files = Files::make();
    let (mut gateway, address) = files.serve(&["--demo"], &[]);
    let config = files.trusting();
    let mut idle = reach(address, &config).expect("trusted");
    ask(&mut idle);
    let mut asking = reach(address, &config).expect("trusted");
    let head = "POST /APIIntegration/Token HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Content-Length: 29\r\n\r\ngrant_type=";
    asking.write_all(head.as_bytes()).expect("sent");
    std::thread::sleep(Duration::from_millis(500));
    gateway.signal("TERM");
    let begun = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "still listening");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(gateway.alive(), "a request is under way");
    asking.write_all(b"client_credentials").expect("sent");
    let mut reply = Vec::new();
    asking.read_to_end(&mut reply).expect("the connection ends in order");
    let reply = String::from_utf8(reply).expect("UTF-8");
    assert!(reply.starts_with("HTTP/1.1 400") && reply.contains("error"), "{reply}");
    assert!(gateway.wait().success());
}

#[test]
fn what_never_becomes_a_request_is_ended() {
    let files = Files::make();
    let environment =
        [("ROLLCALL__SERVER__REQUEST_TIMEOUT_SECONDS", "1"), ("ROLLCALL__SERVER__KEEP_ALIVE_SECONDS", "1")];
    let (mut gateway, address) = files.serve(&["--demo"], &environment);
    // A handshake that drips: the beginning of a record of 512 bytes.
    let begun = Instant::now();
    let mut stream = connect(address);
    stream.write_all(&[22, 3, 1, 2, 0, 1]).expect("sent");
    while stream.write_all(b"\0").is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(8), "a handshake still drips");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(begun.elapsed() > Duration::from_millis(800), "its time is the client's");
    // One that says nothing.
    assert_eq!(connect(address).read(&mut [0; 16]).ok(), Some(0));
    // Plain HTTP gets an alert at most.
    let mut stream = connect(address);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").expect("sent");
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    assert!(reply.len() < 16 && !reply.starts_with(b"HTTP"), "{reply:?}");
    // A first header that does not come is answered, a later one that drips ends the connection.
    let config = files.trusting();
    let mut stream = reach(address, &config).expect("trusted");
    stream.write_all(b"GET / HTTP/1.1\r\nHo").expect("sent");
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    assert!(reply.starts_with(b"HTTP/1.1 408"), "{:?}", String::from_utf8_lossy(&reply));
    let mut stream = reach(address, &config).expect("trusted");
    ask(&mut stream);
    let begun = Instant::now();
    stream.write_all(b"GET /").expect("sent");
    while stream.write_all(b"x").and_then(|()| stream.flush()).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "a later header still drips");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(begun.elapsed() > Duration::from_millis(1_500), "the time of both limits is the client's");
    // So is a request whose body nobody reads.
    let mut stream = reach(address, &config).expect("trusted");
    stream.write_all(b"POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc").expect("sent");
    let begun = Instant::now();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    let reply = String::from_utf8_lossy(&reply).to_lowercase();
    assert!(reply.contains("connection: close"), "{reply}");
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    assert!(gateway.alive() && !gateway.log().contains("panic"), "{}", gateway.log());
}

#[test]
fn many_handshakes_that_do_not_come_stop_nobody() {
    let files = Files::make();
    let (gateway, address) = files.serve(&["--demo"], &[("ROLLCALL__SERVER__WORKERS", "1")]);
    let waiting: Vec<TcpStream> = (0..400).map(|_| connect(address)).collect();
    let begun = Instant::now();
    assert_eq!(gateway.client().get("/nowhere", &[]).status, 404);
    ask(&mut reach(address, &files.trusting()).expect("trusted"));
    assert!(begun.elapsed() < Duration::from_secs(5), "waited {:?}", begun.elapsed());
    assert_eq!(waiting.len(), 400);
}
