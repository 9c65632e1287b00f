//! Requests that are too large in any way are refused, in the dialect's shape wherever they are HTTP at all, and cost no
//! memory worth speaking of.

use crate::support::admin::{Admin, PREFIX, key};
use crate::support::gateway::{Database, Gateway};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys};
use crate::support::shapes;
use crate::support::tls::{Files, shake};
use membership::sample::NDJSON;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// An address of each dialect that takes a body of JSON.
const WRITES: [(Dialect, &str); 3] = [
    (Dialect::Elance, "/api2/groups/1116/jobs"),
    (Dialect::Rm, "/api/Organization/groups"),
    (Dialect::CometChat, "/v3/groups"),
];

/// 64 MiB of blanks in brackets, packed to 64 KiB.
const BOMB: &[u8] = include_bytes!("data/blanks.json.gz");

/// A gateway and whoever may ask it for anything.
struct Served {
    _database: Database,
    gateway: Gateway,
    keys: Keys,
    admin: (SocketAddr, String),
}

impl Served {
    fn new() -> Self {
        let database = Database::sqlite();
        database.import(NDJSON);
        let gateway = Gateway::serve(&database);
        let keys = Keys::make(&database, &gateway, "synapseindia");
        let admin = (gateway.admin().address(), key(&database, "full"));
        Self { _database: database, gateway, keys, admin }
    }

    /// Asks on a connection of its own, since whoever refuses a body closes it.
    fn send(&self, dialect: Dialect, method: &str, target: &str, more: &[(&str, &str)], body: &[u8]) -> Response {
        let own = self.keys.headers(dialect);
        let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.gateway.client().send(method, target, &[&own[..], more].concat(), body)
    }

    fn admin(&self, method: &str, target: &str, more: &[(&str, &str)], body: &[u8]) -> Response {
        Admin::with(self.admin.0, &self.admin.1).send(method, target, more, body)
    }
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// What is refused because of one of its parts, with the name of that part.
fn check_fault(dialect: Dialect, response: &Response, part: &str, about: &str) {
    shapes::check(dialect, response, about);
    let json = response.json();
    assert_eq!(response.status, 400, "{about}: {json}");
    let named = match dialect {
        Dialect::Elance => json["errors"][0]["description"].as_str().is_some_and(|text| text.starts_with(part)),
        Dialect::Rm => json["app_errors"][0]["parameter_name"] == part,
        Dialect::CometChat => json["error"]["details"][part].is_array(),
    };
    assert!(named, "{about}: {json}");
}

/// A page of each dialect, and of the admin API.
fn reads(query: &str) -> [(Option<Dialect>, String); 4] {
    [
        (Some(Dialect::Elance), format!("/api2/groups/1116/members?{query}")),
        (Some(Dialect::Rm), format!("/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members?{query}")),
        (Some(Dialect::CometChat), format!("/v3/groups/supergroup/members?{query}")),
        (None, format!("/groups?{query}")),
    ]
}

fn ten_thousand_parameters(served: &Served) {
    for (dialect, target) in reads(&"a&".repeat(10_000)) {
        let begun = Instant::now();
        match dialect {
            // Longer than this dialect reads at all, which it tells first where the parameters are few.
            Some(dialect) => {
                check_fault(dialect, &served.send(dialect, "GET", &target, &[], b""), "query string", "parameters");
            }
            None => {
                let response = served.admin("GET", &target, &[], b"");
                assert_eq!((response.status, &response.json()["parameter"]), (400, &"query string".into()));
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{dialect:?} took {:?}", begun.elapsed());
    }
    let form = "x=1&".repeat(2_500);
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let response = served.gateway.client().send("POST", "/APIIntegration/Token", &headers, form.as_bytes());
    check_fault(Dialect::Rm, &response, "body", "a form of 2,500 parameters");
}

/// 10 MB, announced and in chunks.
fn bodies(served: &Served, ten: &[u8]) {
    for (dialect, path) in WRITES {
        let response = served.send(dialect, "POST", path, &[JSON], ten);
        shapes::check(dialect, &response, "10 MB");
        assert_eq!(response.status, 413, "{}", response.text());
        let [(name, value)] = served.keys.headers(dialect);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\n{name}: {value}\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\n{:x}\r\n",
            ten.len()
        );
        let request = [head.as_bytes(), ten, b"\r\n0\r\n\r\n"].concat();
        if let Some(response) = served.gateway.client().raw(&request) {
            shapes::check(dialect, &response, "10 MB in one chunk");
            assert_eq!(response.status, 413, "{}", response.text());
        }
    }
    let response = served.admin("POST", "/groups", &[JSON], ten);
    assert_eq!((response.status, &response.json()["status"]), (413, &413.into()));
}

fn packed_bodies(served: &Served) {
    for encoding in ["gzip", "deflate", "br", "gzip, gzip", "zstd"] {
        let packed = ("Content-Encoding", encoding);
        for (dialect, path) in WRITES {
            let response = served.send(dialect, "POST", path, &[JSON, packed], BOMB);
            check_fault(dialect, &response, "Content-Encoding", encoding);
        }
        let response = served.admin("POST", "/groups", &[JSON, packed], BOMB);
        assert_eq!((response.status, &response.json()["status"]), (415, &415.into()));
        let rows = ("Content-Type", "application/x-ndjson");
        assert_eq!(served.admin("POST", "/import", &[rows, packed], BOMB).status, 415);
    }
}

/// Within what the web server reads, and far beyond.
fn headers(served: &Served) {
    let (wide, many) = ("z".repeat(40_000), vec![("X-Many", "x"); 80]);
    for (dialect, target) in reads("") {
        for fields in [&[("X-Wide", wide.as_str())][..], &many] {
            match dialect {
                Some(dialect) => {
                    let response = served.send(dialect, "GET", &target, fields, b"");
                    check_fault(dialect, &response, "header", "a large header");
                }
                None => {
                    let response = served.admin("GET", &target, fields, b"");
                    assert_eq!((response.status, &response.json()["parameter"]), (400, &"header".into()));
                }
            }
        }
    }
    for (_, path) in WRITES {
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Wide: {}\r\n\r\n", "z".repeat(1 << 20));
        let lines = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-Many: x\r\n".repeat(1 << 17));
        for request in [head, lines] {
            if let Some(response) = served.gateway.client().raw(request.as_bytes()) {
                assert!([400, 431].contains(&response.status) && response.body.is_empty(), "{response:?}");
            }
        }
    }
}

fn deep_bodies(served: &Served) {
    let deep = |levels: usize| format!("{{\"name\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
    for levels in [32, 1_000, 300_000] {
        for (dialect, path) in WRITES {
            let response = served.send(dialect, "POST", path, &[JSON], deep(levels).as_bytes());
            check_fault(dialect, &response, "body", &format!("{levels} levels"));
            assert!(response.text().contains("more than 32 levels"), "{}", response.text());
        }
        let response = served.admin("POST", "/groups", &[JSON], deep(levels).as_bytes());
        let json = response.json();
        assert_eq!((response.status, &json["type"]), (400, &format!("{PREFIX}/problems/bad-body").into()));
        assert_eq!(json["detail"], "The body has more than 32 levels of lists and objects.");
    }
    // What is within the bound is judged by what it is.
    for (dialect, path) in WRITES {
        let response = served.send(dialect, "POST", path, &[JSON], deep(31).as_bytes());
        shapes::check(dialect, &response, "31 levels");
        assert!(response.status == 400 && !response.text().contains("levels"), "{}", response.text());
    }
}

#[test]
fn what_is_too_large_is_refused_and_takes_no_memory() {
    let mut served = Served::new();
    let ten = vec![b' '; 10_000_000];
    let all = |served: &Served| {
        ten_thousand_parameters(served);
        bodies(served, &ten);
        packed_bodies(served);
        headers(served);
        deep_bodies(served);
    };
    // At once, so that what each takes would add up.
    let at_once = |served: &Served| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| all(served));
            }
        });
    };
    // Once before, so that everything that is kept for good is there: threads, statements, buffers.
    at_once(&served);
    #[cfg(target_os = "linux")]
    let before = served.gateway.memory();
    for _ in 0..4 {
        at_once(&served);
    }
    #[cfg(target_os = "linux")]
    {
        let (after, mib) = (served.gateway.memory(), |bytes: u64| bytes >> 20);
        println!("memory: {} MiB before, {} MiB after", mib(before), mib(after));
        assert!(after < before + 20_000_000, "{} MiB, and {} MiB before", mib(after), mib(before));
    }
    assert!(served.gateway.alive() && !served.gateway.log().contains("panic"));
}

#[test]
fn what_is_just_within_the_bounds_is_answered() {
    let served = Served::new();
    let parameters = vec!["stray"; 255].join("&");
    let (wide, many) = ("z".repeat(30_000), vec![("X-Many", "x"); 60]);
    for (dialect, target) in &reads(&parameters)[..3] {
        let dialect = dialect.expect("a dialect");
        for fields in [&[("X-Wide", wide.as_str())][..], &many, &[("Content-Encoding", "identity")]] {
            assert_eq!(served.send(dialect, "GET", target, fields, b"").status, 200, "{target}");
        }
    }
}

/// Bodies that are not whole yet take memory, and all together only so much.
#[test]
fn bodies_that_do_not_end_leave_room_for_no_more_than_there_is() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let gateway = Gateway::start(&["--database", &database.url], &[("ROLLCALL__LIMITS__BODIES_BYTES", "2097152")]);
    let keys = Keys::make(&database, &gateway, "synapseindia");
    let (dialect, path) = WRITES[2];
    let body = vec![b' '; 1_000_000];
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\napikey: {}\r\nContent-Type: application/json\r\nContent-Length: 1040000\r\n\r\n",
        keys.cometchat
    );
    let ask = || {
        let [(name, key)] = keys.headers(dialect);
        let response = gateway.client().send("POST", path, &[(name, &key), JSON], &body);
        shapes::check(dialect, &response, "a body among others");
        response
    };
    assert_eq!(ask().status, 400, "blanks are no JSON");
    let waiting: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut stream = connected(gateway.address);
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).expect("sent");
            stream
        })
        .collect();
    // Of three at once any could be the one too many, so let the two come first.
    std::thread::sleep(Duration::from_secs(1));
    until(|| {
        let response = ask();
        let refused = response.status == 503;
        assert!(!refused || response.header("retry-after") == Some("5"), "{}", response.text());
        refused
    });
    drop(waiting);
    until(|| ask().status == 400);
}

/// Waits until something has become true.
fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "does not become so");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// One that sends its body a byte at a time gets its time and no more, over TLS too.
#[test]
fn a_body_that_drips_is_given_up_over_tls_too() {
    let files = Files::make();
    let environment = [("ROLLCALL__LIMITS__BODY_TIMEOUT_SECONDS", "2")];
    let (gateway, address) = files.serve(&["--demo"], &environment);
    let head = b"POST /APIIntegration/Token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: 5000\r\n\r\n";
    let plain = || -> Box<dyn Stream> { Box::new(connected(gateway.address)) };
    let secure =
        || -> Box<dyn Stream> { Box::new(shake(connected(address), "localhost", &files.trusting()).expect("trusted")) };
    for mut stream in [plain(), secure()] {
        let begun = Instant::now();
        stream.write_all(head).expect("sent");
        // The reply comes while the body still drips, and then the connection ends.
        while stream.write_all(b"x").and_then(|()| stream.flush()).is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(20), "a body still drips");
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(begun.elapsed() > Duration::from_millis(1_900), "its time is the client's");
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        let reply = String::from_utf8_lossy(&reply);
        assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 400") && reply.contains("in time"), "{reply}");
    }
    gateway.logs(0, "status=400");
}

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

fn connected(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a positive time");
    stream.set_nodelay(true).expect("a connected socket");
    stream
}

/// Whether the connection is still open.
fn is_open(stream: &TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a positive time");
    !matches!((&*stream).read(&mut [0; 1]), Ok(0)) && (&*stream).write_all(b"G").is_ok()
}

#[test]
fn connections_are_bounded_in_all_and_by_address() {
    for (name, most) in [("CONNECTIONS_PER_ADDRESS", 5), ("CONNECTIONS", 7)] {
        let variable = format!("ROLLCALL__LIMITS__{name}");
        let gateway = Gateway::start(&["--demo"], &[(&variable, &most.to_string())]);
        let all: Vec<TcpStream> = (0..20).map(|_| connected(gateway.address)).collect();
        std::thread::sleep(Duration::from_millis(300));
        let open = all.iter().filter(|stream| is_open(stream)).count();
        assert_eq!(open, most, "{name}");
        // The admin listener is apart from it, and a place is free again when its connection ends.
        assert_eq!(gateway.admin().get("/livez", &[]).status, 200);
        drop(all);
        until(|| Client::new(gateway.address).send_once("GET", "/nowhere", &[], b"").is_some());
    }
    // A proxy that is trusted brings the clients of many addresses.
    let environment =
        [("ROLLCALL__LIMITS__CONNECTIONS_PER_ADDRESS", "5"), ("ROLLCALL__SERVER__TRUSTED_PROXIES", "127.0.0.1")];
    let gateway = Gateway::start(&["--demo"], &environment);
    let all: Vec<TcpStream> = (0..20).map(|_| connected(gateway.address)).collect();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(all.iter().filter(|stream| is_open(stream)).count(), 20);
}
