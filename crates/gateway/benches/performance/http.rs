//! As much of HTTP/1.1 as a load generator needs: requests that are made ready once, replies that are read whole.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a reply may take. A peer may need seconds for a page.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is asked for, with GET.
#[derive(Clone)]
pub struct Target {
    /// Path and query.
    pub path: String,
    /// Further lines of the header, each ended by CR LF.
    pub headers: String,
    /// What is asked for in turn under load instead, where that is not the same again and again.
    pub others: Vec<String>,
}

impl Target {
    pub fn request(&self) -> Vec<u8> {
        self.request_for(&self.path)
    }

    /// What is asked for under load, in turn.
    pub fn requests(&self) -> Vec<Vec<u8>> {
        if self.others.is_empty() {
            return vec![self.request()];
        }
        self.others.iter().map(|path| self.request_for(path)).collect()
    }

    fn request_for(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", self.headers).into_bytes()
    }
}

/// A request with a body.
pub fn with_body(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// One reply.
#[derive(Default)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    /// `X-Total-Count`, where the dialect tells the total so.
    pub total: Option<u64>,
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }
}

/// A connection that is kept.
pub struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("connects");
        stream.set_nodelay(true).expect("no delay");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Self { stream: BufReader::with_capacity(256 * 1024, stream), line: String::new() }
    }

    pub fn write(&mut self, request: &[u8]) {
        self.stream.get_mut().write_all(request).expect("writes");
    }

    /// Reads the next reply into `reply`, whose buffers are used again.
    pub fn read(&mut self, reply: &mut Reply) {
        let (mut length, mut chunked) = (0, false);
        reply.total = None;
        while let Some(text) = self.header() {
            if let Some(rest) = text.strip_prefix("HTTP/1.1 ") {
                reply.status = rest[..3].parse().expect("a status");
            } else if let Some((name, value)) = text.split_once(": ") {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.parse().expect("a length");
                } else if name.eq_ignore_ascii_case("content-type") {
                    value.clone_into(&mut reply.content_type);
                } else if name.eq_ignore_ascii_case("x-total-count") {
                    reply.total = value.parse().ok();
                } else if name.eq_ignore_ascii_case("transfer-encoding") {
                    chunked = value.eq_ignore_ascii_case("chunked");
                }
            }
        }
        if chunked {
            reply.body.clear();
            while self.chunk(&mut reply.body) {}
        } else {
            reply.body.resize(length, 0);
            self.stream.read_exact(&mut reply.body).expect("a body");
        }
    }

    /// One request and its reply.
    pub fn ask(&mut self, request: &[u8]) -> Reply {
        let mut reply = Reply::default();
        self.write(request);
        self.read(&mut reply);
        reply
    }

    /// The next line of a header; None for the empty one at its end.
    fn header(&mut self) -> Option<&str> {
        self.line.clear();
        assert!(self.stream.read_line(&mut self.line).expect("a line") > 0, "the connection was closed");
        let text = self.line.trim_end();
        (!text.is_empty()).then_some(text)
    }

    /// Appends the next chunk of a body; whether more may come.
    fn chunk(&mut self, body: &mut Vec<u8>) -> bool {
        let size = self.header().map(|line| usize::from_str_radix(line, 16).expect("a size")).expect("a size");
        let begin = body.len();
        body.resize(begin + size, 0);
        self.stream.read_exact(&mut body[begin..]).expect("a chunk");
        // The end of the line behind a chunk, and the empty line behind the last.
        assert!(self.header().is_none(), "a chunk ends with its line");
        size > 0
    }
}

/// One request on a connection of its own.
pub fn once(address: SocketAddr, target: &Target) -> Reply {
    Connection::open(address).ask(&target.request())
}
