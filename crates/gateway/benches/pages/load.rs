//! A small load generator: two threads, each with a handful of connections that are written to and then read from in
//! turn, so that the generator itself costs little.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const THREADS: usize = 2;
const CONNECTIONS: usize = 8;

/// What is asked for.
pub struct Target {
    /// Path and query.
    pub path: String,
    /// Further lines of the header, each ended by CR LF.
    pub headers: String,
}

/// One reply.
pub struct Sample {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Target {
    fn request(&self) -> Vec<u8> {
        format!("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", self.path, self.headers).into_bytes()
    }
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).expect("connects");
    stream.set_nodelay(true).expect("no delay");
    BufReader::with_capacity(256 * 1024, stream)
}

/// Reads one reply into `body`; gives status and content type.
fn read(stream: &mut BufReader<TcpStream>, line: &mut String, body: &mut Vec<u8>) -> (u16, String) {
    let (mut status, mut length, mut content_type) = (0, 0, String::new());
    loop {
        line.clear();
        assert!(stream.read_line(line).expect("a line") > 0, "the connection was closed");
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if let Some(rest) = text.strip_prefix("HTTP/1.1 ") {
            status = rest[..3].parse().expect("a status");
        } else if let Some((name, value)) = text.split_once(": ") {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().expect("a length");
            } else if name.eq_ignore_ascii_case("content-type") {
                value.clone_into(&mut content_type);
            }
        }
    }
    body.resize(length, 0);
    stream.read_exact(body).expect("a body");
    (status, content_type)
}

/// One request.
pub fn once(address: SocketAddr, target: &Target) -> Sample {
    let mut stream = connect(address);
    stream.get_mut().write_all(&target.request()).expect("writes");
    let mut body = Vec::new();
    let (status, content_type) = read(&mut stream, &mut String::new(), &mut body);
    Sample { status, content_type, body }
}

/// As many requests as can be answered in `time`; how many a second.
pub fn drive(address: SocketAddr, target: &Target, time: Duration) -> f64 {
    let request = target.request();
    let start = Instant::now();
    let answered: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|_| scope.spawn(|| one_thread(address, &request, start + time))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).sum()
    });
    answered as f64 / start.elapsed().as_secs_f64()
}

fn one_thread(address: SocketAddr, request: &[u8], end: Instant) -> u64 {
    let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| connect(address)).collect();
    let (mut line, mut body, mut answered) = (String::new(), Vec::new(), 0);
    while Instant::now() < end {
        for stream in &mut streams {
            stream.get_mut().write_all(request).expect("writes");
        }
        for stream in &mut streams {
            let (status, _) = read(stream, &mut line, &mut body);
            assert_eq!(status, 200);
            answered += 1;
        }
    }
    answered
}
