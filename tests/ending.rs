//! SIGTERM under load resets no connection. Exactly: from the signal on, whoever has a connection gets
//!
//! * the whole answer to a request, and then the end of the connection in order; or
//! * the end of the connection in order (no reset) without a byte of an answer. Such a request has not been acted upon
//!   (RFC 9112, 9.3.1: it may be sent again elsewhere).
//!
//! And whoever makes a connection gets that too, or is told that nobody listens.

use crate::support::gateway::{Database, Gateway};
use crate::support::keys::Keys;
use membership::sample::NDJSON;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// What came of one request.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The whole answer; whether the connection stays.
    Answered(bool),
    /// The connection has ended in order, before a byte of an answer.
    Ended,
    /// Anything else: told in words.
    Broken(String),
}

fn exchange(stream: &mut TcpStream, request: &[u8]) -> Outcome {
    // The connection may have ended already. Whether it was reset is told by reading.
    let sent = stream.write_all(request);
    let mut reply = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) if reply.is_empty() => return Outcome::Ended,
            Ok(0) => return Outcome::Broken(format!("an answer of {} bytes breaks off", reply.len())),
            Ok(many) => reply.extend_from_slice(&buffer[..many]),
            Err(error) => return Outcome::Broken(format!("{error} ({:?}; sent: {sent:?})", error.kind())),
        }
        let Some(head) = reply.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&reply[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).expect("every answer tells its length");
        if reply.len() == head + 4 + length {
            assert!(text.starts_with("http/1.1 200"), "{text}");
            return Outcome::Answered(!text.contains("connection: close"));
        }
    }
}

/// Asks again and again until nobody listens, making a new connection whenever one has ended.
fn ask_on(address: SocketAddr, request: &[u8], told: &AtomicBool, answered: &AtomicUsize) -> Result<usize, String> {
    let mut ended = 0;
    let mut open: Option<TcpStream> = None;
    loop {
        let fresh = open.is_none();
        let mut stream = match open.take() {
            Some(stream) => stream,
            None => match TcpStream::connect_timeout(&address, Duration::from_secs(10)) {
                Ok(stream) => stream,
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Ok(ended),
                Err(error) => return Err(format!("connecting: {error}")),
            },
        };
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a positive time");
        stream.set_nodelay(true).expect("a connected socket");
        match exchange(&mut stream, request) {
            Outcome::Answered(stays) => {
                answered.fetch_add(1, Ordering::Relaxed);
                open = stays.then_some(stream);
            }
            Outcome::Ended if told.load(Ordering::SeqCst) => ended += 1,
            Outcome::Ended => return Err("a connection ends before the signal".to_owned()),
            Outcome::Broken(words) => return Err(format!("{words}; a new connection: {fresh}")),
        }
    }
}

#[test]
fn sigterm_under_load_resets_no_connection() {
    const CLIENTS: usize = 24;
    for database in Database::both() {
        database.import(NDJSON);
        let mut gateway = Gateway::serve(&database);
        let keys = Keys::make(&database, &gateway, "synapseindia");
        let address = gateway.address;
        let (told, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let quick = "/v3/groups/supergroup/members?perPage=5";
        let slow = "/v3/groups/supergroup/members?searchKey=a";
        let clients: Vec<_> = (0..CLIENTS)
            .map(|at| {
                let target = if at % 3 == 0 { slow } else { quick };
                // Every fourth client makes a connection for each request.
                let closing = if at % 4 == 0 { "Connection: close\r\n" } else { "" };
                let key = &keys.cometchat;
                let request =
                    format!("GET {target} HTTP/1.1\r\nHost: h\r\napikey: {key}\r\n{closing}\r\n").into_bytes();
                let (told, answered) = (Arc::clone(&told), Arc::clone(&answered));
                std::thread::spawn(move || ask_on(address, &request, &told, &answered))
            })
            .collect();
        // And some that are idle.
        let mut idle: Vec<TcpStream> = (0..10).map(|_| TcpStream::connect(address).expect("listens")).collect();
        while answered.load(Ordering::Relaxed) < 5 * CLIENTS {
            std::thread::sleep(Duration::from_millis(10));
        }
        told.store(true, Ordering::SeqCst);
        gateway.signal("TERM");
        for client in clients {
            let ended = client.join().expect("no panic");
            assert!(ended.is_ok(), "{}: {ended:?}", database.name);
        }
        for stream in &mut idle {
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a positive time");
            assert_eq!(stream.read(&mut [0; 16]).map_err(|error| error.to_string()), Ok(0), "an idle connection");
        }
        assert!(gateway.wait().success(), "{}", gateway.log());
    }
}
