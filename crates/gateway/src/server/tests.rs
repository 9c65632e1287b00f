//! The web server with a dialect and a directory made for the purpose, over real sockets.

use super::*;
use crate::registry::{Mounted, Registry};
use access::{CredentialKind, Operation, Rights, Secret};
use actix_web::dev::ServerHandle;
use dialect::{Action, Call, Dialect, Mount, Parsed, Presented, Refusal, Reply, Request, Session};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;
use testkit::MemoryDirectory;

/// `/try/echo` tells what reached it; `/try/members/N` tells the number on the thread of the socket, `/try/slow/N` on
/// one that may block; `/try/panic` panics.
struct Trial;

impl Dialect for Trial {
    fn name(&self) -> &'static str {
        "trial"
    }

    fn mounts(&self) -> &'static [Mount] {
        &[Mount { path: "/try", ignore_case: false }]
    }

    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal> {
        if request.path == "/try/panic" {
            panic!("as asked");
        }
        if let Some(number) = request.path.strip_prefix("/try/members/") {
            return tell(number, false);
        }
        if let Some(number) = request.path.strip_prefix("/try/slow/") {
            return tell(number, true);
        }
        let Request { method, path, query, prefix, body, .. } = request;
        let text = format!("{method:?} {prefix} {path} {query} {:?} {}", request.header("x-name"), body.len());
        Ok(Parsed::Reply(Reply::new(200, "text/x-trial", text).with("x-one", "1").with("x-bad", "a\nb")))
    }

    fn reads_body(&self, request: &Request<'_>) -> bool {
        request.path.ends_with("/echo")
    }

    fn refuse(&self, _: &Request<'_>, refusal: &Refusal) -> Reply {
        let status = match refusal {
            Refusal::BodyTooLarge(_) => 413,
            Refusal::Unavailable(_) => 503,
            Refusal::NoSuchGroup => 404,
            Refusal::Internal => 500,
            _ => 400,
        };
        Reply::new(status, "text/x-refusal", format!("{refusal:?}"))
    }

    fn finish(&self, _: &Request<'_>, reply: &mut Reply) {
        reply.headers.push(("x-finished", "yes".to_owned()));
    }
}

/// Tells the number, at once or after 600 ms. Number 13 panics.
fn tell(number: &str, slow: bool) -> Result<Parsed, Refusal> {
    let number: i64 = number.parse().map_err(|_| Refusal::NoSuchGroup)?;
    let run = move |_: &Session<'_>| {
        assert_ne!(number, 13, "as asked");
        if slow {
            std::thread::sleep(Duration::from_millis(600));
        }
        Ok(Reply::new(200, "text/x-trial", format!("group {number}")))
    };
    let read = Operation::ListMembers;
    let action = if slow { Action::task(read, run) } else { Action::quick(read, run) };
    let presented = Presented::Secret(CredentialKind::Key, Secret::presented("any"));
    Ok(Call { presented, on_behalf_of: None, action, route: None }.into())
}

/// Knows the key that every call presents.
fn memory() -> Arc<MemoryDirectory> {
    let memory = MemoryDirectory::new();
    memory.grant("trial", CredentialKind::Key, "any", Rights::FULL, None);
    Arc::new(memory)
}

fn gateway(registry: Registry, in_process: bool, limits: Limits) -> Gateway {
    let memory = memory();
    Gateway::new(registry, memory.clone(), memory.clone(), memory, in_process, limits)
}

/// A running server; ended when dropped.
struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

fn running(width: usize) -> Running {
    running_with(width, 30, true)
}

fn running_with(width: usize, keep_alive_seconds: u64, in_process: bool) -> Running {
    running_until(width, keep_alive_seconds, in_process, Duration::from_millis(400))
}

fn running_until(width: usize, keep_alive_seconds: u64, in_process: bool, body_timeout: Duration) -> Running {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let mounted = Mounted { dialect: Box::new(Trial), prefix: "/here".into() };
        let limits = Limits {
            body_bytes: 1_000,
            body_timeout,
            width,
            writers: 1,
            quick: 2,
            queue_timeout: Duration::from_millis(200),
            answer_timeout: Duration::from_secs(30),
        };
        let registry = Registry::of(vec![mounted]).expect("one dialect");
        let gateway = gateway(registry, in_process, limits);
        let settings = settings::Server {
            listen: String::new(),
            tls_listen: String::new(),
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
            public_url: String::new(),
            https_redirect: false,
            hsts_seconds: 0,
            trusted_proxies: settings::Nets::default(),
            workers: 1,
            keep_alive_seconds,
            request_timeout_seconds: 1,
            shutdown_timeout_seconds: 5,
        };
        actix_web::rt::System::new().block_on(async {
            let address = address("127.0.0.1:0").expect("an address");
            let (server, bound, _) = bind(web::Data::new(gateway), &settings, address, None).expect("a free port");
            sender.send((bound.http, server.handle())).expect("somebody waits");
            server.await.expect("ends well");
        });
    });
    let (address, handle) = receiver.recv().expect("started");
    Running { address, handle, thread: Some(thread) }
}

impl Running {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
        stream
    }

    /// Sends these bytes and reads until the connection closes.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes).expect("sent");
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).expect("closes");
        String::from_utf8(reply).expect("UTF-8")
    }

    fn get(&self, path: &str) -> String {
        self.raw(format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").as_bytes())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Without waiting for the answer: the server's own thread ends when it has stopped.
        drop(self.handle.stop(true));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Status, header fields in lower case, body.
fn parts(reply: &str) -> (u16, String, &str) {
    let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no header: {reply:?}"));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    (status, head.to_ascii_lowercase(), body)
}

#[test]
fn a_dialect_sees_the_request_as_it_was_sent() {
    let server = running(2);
    let request = "POST /here/try/%2F%zz/a?b=%7C|c&d HTTP/1.1\r\nHost: h\r\nX-Name: caf\u{e9}\r\nContent-Length: 3\r\n\
                   Connection: close\r\n\r\nabc";
    let reply = server.raw(request.as_bytes());
    let (status, head, body) = parts(&reply);
    assert_eq!(status, 200);
    assert_eq!(body, "Post /here /try/%2F%zz/a b=%7C|c&d Some(\"café\") 3");
    assert!(head.contains("\r\ncontent-type: text/x-trial\r\n"), "{head}");
    assert!(head.contains("x-one: 1") && head.contains("x-finished: yes"), "{head}");
    assert!(!head.contains("x-bad"), "a field with a line break in it: {head}");
    let id = head.lines().find_map(|l| l.strip_prefix("x-request-id: ")).expect("a request id");
    assert!(uuid::Uuid::try_parse(id.trim()).is_ok(), "{id}");
    assert!(!server.get("/here/try/echo").to_lowercase().contains(id), "ids differ");
}

#[test]
fn head_has_the_length_but_not_the_body() {
    let server = running(2);
    let reply = server.raw(b"HEAD /here/try/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    let (status, head, body) = parts(&reply);
    assert_eq!((status, body), (200, ""));
    let length = "Head /here /try/echo  None 0".len();
    assert!(head.contains(&format!("content-length: {length}\r\n")), "{head}");
}

#[test]
fn an_address_of_no_dialect_is_a_problem_in_json() {
    let server = running(2);
    for target in ["/", "/try/echo", "/here", "/heretry/echo", "/here/tryst", "/here/%74ry", "*"] {
        let method = if target == "*" { "OPTIONS" } else { "GET" };
        let reply =
            server.raw(format!("{method} {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").as_bytes());
        let (status, head, body) = parts(&reply);
        assert_eq!(status, 404, "{target}");
        assert!(head.contains("content-type: application/problem+json\r\n") && head.contains("x-request-id"), "{head}");
        let problem: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!((&problem["status"], &problem["type"]), (&404.into(), &"about:blank".into()));
    }
}

#[test]
fn a_body_too_long_is_refused_in_the_dialects_shape() {
    let server = running(2);
    let known =
        format!("POST /here/try/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n{}", "x".repeat(300_000));
    let chunk = format!("1f4\r\n{}\r\n", "x".repeat(500));
    let chunked = format!(
        "POST /here/try/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(3)
    );
    for request in [known, chunked] {
        let reply = server.raw(request.as_bytes());
        let (status, head, body) = parts(&reply);
        assert_eq!((status, body), (413, "BodyTooLarge(1000)"));
        assert!(head.contains("text/x-refusal") && head.contains("x-finished: yes"), "{head}");
    }
    let allowed = format!(
        "POST /here/try/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n{}",
        "x".repeat(1000)
    );
    assert!(server.raw(allowed.as_bytes()).ends_with(" None 1000"));
}

#[test]
fn a_body_that_does_not_come_is_a_fault_of_the_request() {
    let server = running(2);
    let reply = server.raw(b"POST /here/try/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    let (status, _, body) = parts(&reply);
    assert_eq!(status, 400, "{reply}");
    assert!(body.contains("did not arrive in time"), "{body}");
    let reply = server.raw(b"POST /here/try/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    assert_eq!(parts(&reply).0, 400, "{reply}");
}

#[test]
fn an_upgrade_that_we_did_not_agree_to_does_not_hang() {
    let server = running(2);
    let request = "GET /here/try/echo HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let mut stream = server.connect();
    stream.write_all(request.as_bytes()).expect("sent");
    let mut start = [0; 12];
    stream.read_exact(&mut start).expect("answered");
    assert_eq!(&start, b"HTTP/1.1 200");
}

#[test]
fn a_panic_is_answered_and_ends_nothing_else() {
    let server = running(2);
    for path in ["/here/try/panic", "/here/try/members/13", "/here/try/slow/13"] {
        for _ in 0..3 {
            let reply = server.get(path);
            let (status, head, body) = parts(&reply);
            assert_eq!((status, body), (500, "Internal"), "{path}");
            assert!(head.contains("text/x-refusal") && head.contains("x-request-id"), "{head}");
        }
    }
    assert_eq!(parts(&server.get("/here/try/members/7")).2, "group 7");
    assert_eq!(parts(&server.get("/here/try/slow/7")).2, "group 7");
}

#[test]
fn slow_requests_wait_for_their_turn_and_never_hold_up_the_short_ones() {
    for in_process in [true, false] {
        let server = running_with(1, 30, in_process);
        std::thread::scope(|scope| {
            let first = scope.spawn(|| server.get("/here/try/slow/1"));
            std::thread::sleep(Duration::from_millis(100));
            let second = scope.spawn(|| server.get("/here/try/slow/2"));
            assert_eq!(parts(&server.get("/here/try/members/3")).2, "group 3");
            assert!(!first.is_finished(), "the short one waited for a slow one");
            let refused = second.join().expect("answered");
            assert_eq!((parts(&refused).0, parts(&refused).2), (503, "Unavailable(30)"));
            assert_eq!(parts(&first.join().expect("answered")).2, "group 1");
        });
    }
}

#[test]
fn ending_lets_requests_finish_and_does_not_wait_for_idle_connections() {
    let server = running(1);
    let mut idle = server.connect();
    idle.write_all(b"GET /here/try/echo HTTP/1.1\r\nHost: h\r\n\r\n").expect("sent");
    let mut start = [0; 12];
    idle.read_exact(&mut start).expect("answered");
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| server.get("/here/try/slow/1"));
        std::thread::sleep(Duration::from_millis(200));
        let begun = Instant::now();
        drop(server.handle.stop(true));
        assert_eq!(parts(&slow.join().expect("answered")).2, "group 1");
        while TcpStream::connect(server.address).is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(4), "still listening");
            std::thread::sleep(Duration::from_millis(20));
        }
    });
}

#[test]
fn a_header_that_does_not_come_is_408() {
    let server = running(1);
    let reply = server.raw(b"GET /here/try/echo HTTP/1.1\r\nHo");
    assert!(reply.starts_with("HTTP/1.1 408"), "{reply:?}");
}

#[test]
fn what_is_refused_by_its_header_does_not_wait_for_its_body() {
    // Nobody takes so long who does not wait for the body.
    let body_timeout = Duration::from_secs(20);
    let server = running_until(2, 30, true, body_timeout);
    for (path, status) in [("/nowhere", 404), ("/here/try/members/x", 404)] {
        let begun = Instant::now();
        let mut stream = server.connect();
        let head = format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut start = [0; 12];
        stream.read_exact(&mut start).expect("answered");
        assert_eq!(start, format!("HTTP/1.1 {status}").as_bytes());
        assert!(begun.elapsed() < body_timeout / 2, "{path} took {:?}", begun.elapsed());
        // A body that has come leaves the connection fit for the next request.
        let more = format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        let last = format!("POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let replies = server.raw(format!("{more}{last}").as_bytes());
        assert_eq!(replies.matches(&format!("HTTP/1.1 {status}")).count(), 2, "{replies}");
    }
}

#[test]
fn a_body_that_is_not_read_ends_the_connection() {
    let server = &running(2);
    std::thread::scope(|scope| {
        for path in ["/here/try/echo", "/nowhere"] {
            for head in ["Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "Content-Length: 500\r\n\r\nabc"] {
                let request = format!("POST {path} HTTP/1.1\r\nHost: h\r\n{head}");
                scope.spawn(move || is_ended(server.connect(), &request));
            }
        }
    });
}

/// Sends the request, goes on dripping, and asserts that the connection is ended all the same.
fn is_ended(mut stream: TcpStream, request: &str) {
    stream.write_all(request.as_bytes()).expect("sent");
    let begun = Instant::now();
    let mut drip = stream.try_clone().expect("a second handle");
    let dripping = std::thread::spawn(move || {
        while begun.elapsed() < Duration::from_secs(20) && drip.write_all(b"1\r\nx\r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let mut reply = Vec::new();
    // A reset is as good as an end.
    let _ = stream.read_to_end(&mut reply);
    let reply = String::from_utf8(reply).expect("UTF-8");
    assert!(parts(&reply).1.contains("connection: close"), "{reply}");
    dripping.join().expect("ends");
    assert!(begun.elapsed() < Duration::from_secs(9), "{request}: {:?}", begun.elapsed());
}

#[test]
fn a_later_header_that_drips_ends_the_connection() {
    let server = running_with(1, 1, true);
    let mut stream = server.connect();
    stream.write_all(b"GET /here/try/echo HTTP/1.1\r\nHost: h\r\n\r\nGET /here/try/e").expect("sent");
    let begun = Instant::now();
    while stream.write_all(b"x").is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(8), "still open");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(begun.elapsed() > Duration::from_millis(1_500), "the time of both limits is the client's");
}

#[test]
fn addresses_are_read_in_words() {
    assert_eq!(address("[::1]:80").map(|a| a.to_string()).ok().as_deref(), Some("[::1]:80"));
    for bad in ["", "8080", "127.0.0.1", "127.0.0.1:99999", "::1:x"] {
        let error = format!("{:#}", address(bad).expect_err(bad));
        assert!(error.contains(&format!("cannot listen on `{bad}`")), "{error}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("bound");
    let registry = Registry::of(Vec::new()).expect("none");
    let zero = Duration::ZERO;
    let limits = Limits {
        body_bytes: 0,
        body_timeout: zero,
        width: 1,
        writers: 1,
        quick: 1,
        queue_timeout: zero,
        answer_timeout: zero,
    };
    let gateway = web::Data::new(gateway(registry, true, limits));
    let settings = crate::settings::Settings::built_in().expect("sound").server;
    let error = actix_web::rt::System::new().block_on(async { bind(gateway, &settings, taken, None).map(|_| ()) });
    let error = format!("{:#}", error.expect_err("taken"));
    assert!(error.contains("cannot listen on 127.0.0.1:") && error.contains("in use"), "{error}");
}
