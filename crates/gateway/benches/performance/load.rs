//! A small load generator: two threads, each with a handful of connections that are written to and then read from in
//! turn, so that the generator itself costs little.

use crate::http::{Connection, Reply, Target};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const THREADS: usize = 2;
/// How many requests are under way at once, where nothing else is said.
pub const UNDER_WAY: usize = 16;

/// What came of a round.
pub struct Driven {
    /// Replies a second.
    pub rate: f64,
    /// How long each took, in nanoseconds, from writing the request to having read the reply. What a reply waits for
    /// those read before it is in it.
    pub latencies: Vec<u64>,
    /// Replies that were not 200, which count for nothing else: too many waited, or one for too long.
    pub refused: u64,
}

/// As many requests as can be answered in `time`.
pub fn drive(address: SocketAddr, target: &Target, time: Duration) -> Driven {
    drive_with(UNDER_WAY, address, target, time)
}

/// The same, with so many requests under way at once: an even number.
pub fn drive_with(under_way: usize, address: SocketAddr, target: &Target, time: Duration) -> Driven {
    let requests = target.requests();
    let start = Instant::now();
    let mut driven = Driven { rate: 0.0, latencies: Vec::new(), refused: 0 };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|at| {
                let begin = requests.len() / THREADS * at;
                let requests = &requests;
                scope.spawn(move || one_thread(under_way / THREADS, address, requests, begin, start + time))
            })
            .collect();
        for thread in threads {
            let (mut latencies, refused) = thread.join().expect("a thread");
            driven.latencies.append(&mut latencies);
            driven.refused += refused;
        }
    });
    driven.rate = driven.latencies.len() as f64 / start.elapsed().as_secs_f64();
    driven
}

fn one_thread(
    connections: usize,
    address: SocketAddr,
    requests: &[Vec<u8>],
    begin: usize,
    end: Instant,
) -> (Vec<u64>, u64) {
    let mut next = requests.iter().cycle().skip(begin);
    let mut connections: Vec<_> = (0..connections).map(|_| (Connection::open(address), Instant::now())).collect();
    let (mut reply, mut latencies, mut refused) = (Reply::default(), Vec::new(), 0);
    while Instant::now() < end {
        for (connection, written) in &mut connections {
            *written = Instant::now();
            connection.write(next.next().expect("one at least"));
        }
        for (connection, written) in &mut connections {
            connection.read(&mut reply);
            if reply.status == 200 {
                latencies.push(nanoseconds(written.elapsed()));
            } else {
                refused += 1;
            }
        }
    }
    (latencies, refused)
}

/// One request after the other on one connection: how long each took, in nanoseconds. At least one.
pub fn one_by_one(address: SocketAddr, target: &Target, time: Duration) -> Vec<u64> {
    let request = target.request();
    let mut connection = Connection::open(address);
    let (mut reply, mut latencies) = (Reply::default(), Vec::new());
    let end = Instant::now() + time;
    while latencies.is_empty() || Instant::now() < end {
        let written = Instant::now();
        connection.write(&request);
        connection.read(&mut reply);
        latencies.push(nanoseconds(written.elapsed()));
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    }
    latencies
}

pub fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
