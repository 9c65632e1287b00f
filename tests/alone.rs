//! Clients that want too much, or too slowly, and how long others wait meanwhile. A program by itself, since what is
//! measured beside a hundred other tests is mostly those: cargo runs one program of tests after the other.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test fails")]

#[allow(dead_code, unused_imports, reason = "most of it is for the other program")]
mod support;

use membership::sample::NDJSON;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::gateway::{Database, Gateway};
use support::http::Client;
use support::keys::Keys;

const PAGE: &str = "/v3/groups/supergroup/members?perPage=10";

/// Requests a minute of one address.
const RATE: usize = 50;

/// How many times others ask in a round.
const ASKED: usize = 300;

/// How many pairs of rounds, a quiet one and a busy one, are compared by their medians. They take turns, so that what else
/// the machine does disturbs both alike, and so many that a few that are disturbed do not count.
const ROUNDS: usize = 11;

/// How many connections say a byte a second.
const HALF_OPEN: usize = 2_000;

/// Clients of several addresses ask for a page again and again, never faster than their rate allows. Gives the time that
/// all but the slowest in a hundred stay within.
fn p99(client: &mut Client, key: &str, round: usize) -> Duration {
    let mut times: Vec<Duration> = (0..ASKED)
        .map(|time| {
            let address = format!("10.1.{round}.{}", time / RATE);
            let headers = [("apikey", key), ("X-Forwarded-For", address.as_str())];
            std::thread::sleep(Duration::from_millis(2));
            let begun = Instant::now();
            let response = client.get(PAGE, &headers);
            let time = begun.elapsed();
            assert_eq!(response.status, 200, "{}", response.text());
            time
        })
        .collect();
    times.sort_unstable();
    times[ASKED * 99 / 100]
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Connections with the beginning of a header.
fn half_open(address: SocketAddr) -> Vec<TcpStream> {
    let open = || {
        let mut stream = TcpStream::connect(address).expect("listens");
        stream.write_all(b"GET /v3/groups HTTP/1.1\r\nX-Slow: ").expect("sent");
        stream.set_nonblocking(true).expect("a connected socket");
        stream
    };
    std::iter::repeat_with(open).take(HALF_OPEN).collect()
}

/// Says one more byte a second on each, until `over`. Gives how many the gateway still holds then.
fn drip(mut all: Vec<TcpStream>, over: &AtomicBool) -> usize {
    while !over.load(Ordering::Relaxed) {
        for part in all.chunks_mut(HALF_OPEN / 200) {
            for stream in part {
                let _ = stream.write_all(b"x");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let is_held = |stream: &TcpStream| {
        let mut stream = stream;
        let read = stream.read(&mut [0; 1]);
        read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    };
    all.iter().filter(|stream| is_held(stream)).count()
}

/// Ten times as many requests as the rate allows in a minute, all sent at once from one address on eight connections.
/// Gives the connections, so that they stay open as long as the caller wants.
fn burst(address: SocketAddr, key: &str, from: usize) -> Vec<TcpStream> {
    const CONNECTIONS: usize = 8;
    let request =
        format!("GET {PAGE} HTTP/1.1\r\nHost: x\r\napikey: {key}\r\nX-Forwarded-For: 198.51.100.{from}\r\n\r\n");
    let all = request.repeat(10 * RATE / CONNECTIONS);
    let sent = (0..CONNECTIONS).map(|_| {
        let mut stream = TcpStream::connect(address).expect("listens");
        stream.set_nonblocking(true).expect("a connected socket");
        // As much as the gateway lets come; it reads on as it answers.
        let _ = stream.write(all.as_bytes());
        stream
    });
    sent.collect()
}

/// What is measured: the time from a request to its whole reply, of one client that asks for a page every two milliseconds
/// over one connection, with nothing else going on and with the flood; of 300 times the 99th percentile, and of eleven
/// rounds of each kind, taken in turns, the median. There is one measurement, and no second one when it fails.
#[test]
fn others_hardly_notice_who_says_little_and_who_asks_too_often() {
    // One for each connection, and some more.
    rlimit::increase_nofile_limit(u64::MAX).expect("may be raised");
    let database = Database::sqlite();
    database.import(NDJSON);
    let gateway = Gateway::start(
        &["--database", &database.url],
        &[
            ("ROLLCALL__LIMITS__ADDRESS_PER_MINUTE", &RATE.to_string()),
            ("ROLLCALL__LIMITS__CONNECTIONS_PER_ADDRESS", "0"),
            ("ROLLCALL__SERVER__TRUSTED_PROXIES", "127.0.0.1"),
            // So that none of those who say little are ended before the measurement is.
            ("ROLLCALL__SERVER__REQUEST_TIMEOUT_SECONDS", "120"),
            ("ROLLCALL__LOGGING__FILTER", "warn"),
        ],
    );
    let keys = Keys::make(&database, &gateway, "synapseindia");
    let key = keys.cometchat.as_str();
    let mut client = gateway.client();
    // Whatever is slow once is slow now.
    p99(&mut client, key, 255);
    let mut addresses = 0..255;
    let mut next = || addresses.next().expect("one that nobody has had");
    let (mut quiet, mut busy) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        quiet.push(p99(&mut client, key, next()));
        let (all, over) = (half_open(gateway.address), AtomicBool::new(false));
        let held = std::thread::scope(|scope| {
            let dripping = scope.spawn(|| drip(all, &over));
            let bursting = burst(gateway.address, key, next());
            busy.push(p99(&mut client, key, next()));
            over.store(true, Ordering::Relaxed);
            drop(bursting);
            dripping.join().expect("drips to the end")
        });
        assert_eq!(held, HALF_OPEN, "all were held while it was measured");
        std::thread::sleep(Duration::from_millis(300));
    }
    println!("p99, quiet: {quiet:?}");
    println!("p99, with {HALF_OPEN} half-open connections and a burst: {busy:?}");
    let (quiet, busy) = (median(quiet), median(busy));
    println!("medians: {quiet:?}, {busy:?}");
    assert!(busy <= 2 * quiet, "{busy:?}, and {quiet:?} without");
}
