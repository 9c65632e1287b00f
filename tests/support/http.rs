//! A small HTTP client that sends exactly the bytes it is given, in the clear or over TLS.

use super::tls;
use rustls::ClientConfig;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A reply as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first field of that name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|_| panic!("not UTF-8: {:?}", self.body))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {}: {}", self.status, self.text()))
    }
}

/// A connection, of whatever kind.
trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

/// One connection at a time, kept open between requests.
pub struct Client {
    address: SocketAddr,
    /// Whom to trust, and by which name to call.
    secure: Option<(Arc<ClientConfig>, String)>,
    open: Option<BufReader<Box<dyn Stream>>>,
}

impl Client {
    /// A client of the server at this address.
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, secure: None, open: None }
    }

    /// The same over TLS, calling the server by this name.
    pub fn secure(address: SocketAddr, host: &str, config: &Arc<ClientConfig>) -> Self {
        Self { address, secure: Some((Arc::clone(config), host.to_owned())), open: None }
    }

    /// Where the server is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `GET target` with these fields.
    pub fn get(&mut self, target: &str, headers: &[(&str, &str)]) -> Response {
        self.send("GET", target, headers, b"")
    }

    /// A request. `target` is sent as it is, so it may hold whatever a test is about.
    pub fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let bytes = self.request(method, target, headers, body);
        // A server may close a connection that was idle; a fresh one must answer.
        if let Some(mut stream) = self.open.take()
            && let Some(response) = Self::try_once(&mut stream, &bytes, method == "HEAD")
        {
            self.keep(stream, &response);
            return response;
        }
        let mut stream = self.connect();
        let response = Self::try_once(&mut stream, &bytes, method == "HEAD");
        let response = response.unwrap_or_else(|| panic!("no reply to {method} {}", shortened(target)));
        self.keep(stream, &response);
        response
    }

    /// The same, sent only once: `None` when the server goes away before it has answered, or is not there.
    pub fn send_once(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Response> {
        let bytes = self.request(method, target, headers, body);
        let mut stream = match self.open.take() {
            Some(stream) => stream,
            None => self.try_connect().ok()?,
        };
        let response = Self::try_once(&mut stream, &bytes, method == "HEAD")?;
        self.keep(stream, &response);
        Some(response)
    }

    fn request(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        [head.as_bytes(), b"\r\n", body].concat()
    }

    /// Sends these bytes on a connection of their own and gives the reply, if there is one.
    pub fn raw(&self, bytes: &[u8]) -> Option<Response> {
        Self::try_once(&mut self.connect(), bytes, false)
    }

    fn connect(&self) -> BufReader<Box<dyn Stream>> {
        self.try_connect().expect("the gateway accepts connections")
    }

    fn try_connect(&self) -> std::io::Result<BufReader<Box<dyn Stream>>> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE)).expect("a positive time");
        stream.set_nodelay(true).expect("a connected socket");
        Ok(BufReader::new(match &self.secure {
            None => Box::new(stream),
            Some((config, host)) => Box::new(tls::shake(stream, host, config).expect("the certificate is trusted")),
        }))
    }

    fn keep(&mut self, stream: BufReader<Box<dyn Stream>>, response: &Response) {
        if response.header("connection") != Some("close") {
            self.open = Some(stream);
        }
    }

    fn try_once(stream: &mut BufReader<Box<dyn Stream>>, bytes: &[u8], head_only: bool) -> Option<Response> {
        // A server that refuses early may not read to the end; its reply counts all the same.
        let _ = stream.get_mut().write_all(bytes);
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut response = Response { status, headers, body: Vec::new() };
        if response.header("transfer-encoding").is_some() {
            let streams = ["application/x-ndjson", "text/csv"];
            let media_type = response.header("content-type").unwrap_or_default();
            assert!(streams.contains(&media_type), "every other reply tells its length, not {media_type}");
            if !head_only {
                response.body = chunks(stream)?;
            }
        } else if !head_only && let Some(length) = response.header("content-length") {
            response.body = vec![0; length.parse().expect("a length")];
            stream.read_exact(&mut response.body).ok()?;
        }
        Some(response)
    }
}

/// A body that comes in chunks; `None` when it is broken off.
fn chunks(stream: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let length = usize::from_str_radix(line.trim_end(), 16).expect("a length");
        let mut chunk = vec![0; length + 2];
        stream.read_exact(&mut chunk).ok()?;
        assert!(chunk.ends_with(b"\r\n"), "a chunk ends with its line");
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}

/// The beginning of a text that may be very long.
pub fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
