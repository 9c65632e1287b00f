//! Writes: the scope of members of the group is changed back and forth, in the CometChat dialect. Each is a change of
//! its own, committed before its reply.

use crate::data::{Data, Presented};
use crate::http::{Connection, with_body};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PER_WRITER: u32 = 50;

/// Whose scopes are changed, and by whom.
pub struct Writing {
    address: SocketAddr,
    header: String,
    /// A path for each member.
    paths: Vec<String>,
}

/// One connection that changes the scope of one member.
pub struct Writer {
    connection: Connection,
    /// To a moderator, and back.
    requests: [Vec<u8>; 2],
    next: usize,
}

impl Writer {
    /// One change.
    pub fn write(&mut self) {
        let reply = self.connection.ask(&self.requests[self.next]);
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        self.next = 1 - self.next;
    }
}

impl Writing {
    pub fn new(address: SocketAddr, data: &Data, presented: &Presented) -> Self {
        let header = format!("{}Content-Type: application/json\r\n", presented.cometchat);
        let path = |uid: &String| format!("/v3/groups/{}/members/{uid}", data.group.guid);
        Self { address, header, paths: data.writable.iter().map(path).collect() }
    }

    /// A writer of the nth member, who is a participant when it begins.
    pub fn writer(&self, nth: usize) -> Writer {
        let path = &self.paths[nth % self.paths.len()];
        let request = |scope: &str| with_body("PUT", path, &self.header, &format!("{{\"scope\":\"{scope}\"}}"));
        let mut connection = Connection::open(self.address);
        let requests = [request("moderator"), request("participant")];
        // Refused where the member is one already.
        let status = connection.ask(&requests[1]).status;
        assert!(status == 200 || status == 409, "{path}: {status}");
        Writer { connection, requests, next: 0 }
    }

    /// As many changes as so many writers get done in `time`; how many a second.
    pub fn as_many(&self, writers: usize, time: Duration) -> f64 {
        let writers: Vec<Writer> = (0..writers).map(|nth| self.writer(nth)).collect();
        let start = Instant::now();
        let done: u64 = std::thread::scope(|scope| {
            let write = |mut writer: Writer| {
                let mut done = 0;
                while start.elapsed() < time {
                    writer.write();
                    done += 1;
                }
                done
            };
            let threads: Vec<_> = writers.into_iter().map(|writer| scope.spawn(move || write(writer))).collect();
            threads.into_iter().map(|thread| thread.join().expect("a writer")).sum::<u64>()
        });
        done as f64 / start.elapsed().as_secs_f64()
    }

    /// Begins to make so many changes a second, evenly, until it is finished.
    pub fn steadily(&self, per_second: u32) -> Steady {
        let writers = per_second.div_ceil(PER_WRITER).clamp(1, u32::try_from(self.paths.len()).expect("some"));
        let pause = Duration::from_secs(1) * writers / per_second.max(1);
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let ready: Vec<Writer> = (0..writers as usize).map(|nth| self.writer(nth)).collect();
        let start = Instant::now();
        let threads = ready.into_iter().enumerate().map(|(nth, mut writer)| {
            let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
            let mut due = start + pause * u32::try_from(nth).expect("few") / writers;
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    writer.write();
                    done.fetch_add(1, Ordering::Relaxed);
                    due += pause;
                }
            })
        });
        Steady { threads: threads.collect(), stop, done, start }
    }
}

/// Writers under way.
pub struct Steady {
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    start: Instant,
}

impl Steady {
    /// Ends them; how many changes a second they made.
    pub fn finish(self) -> f64 {
        let rate = self.done.load(Ordering::Relaxed) as f64 / self.start.elapsed().as_secs_f64();
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a writer");
        }
        rate
    }
}
