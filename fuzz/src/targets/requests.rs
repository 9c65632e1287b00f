//! Requests to the dialects, without a server.

use dialect::{Dialect, Method, Parsed, Refusal, Reply, Request};
use dialect_cometchat::CometChat;
use dialect_elance::Elance;
use dialect_rm::Rm;

/// Every byte but letters and digits as `%XX`.
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        letter if letter.is_ascii_alphanumeric() => char::from(letter).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The dialects.
pub fn dialects() -> [Box<dyn Dialect>; 3] {
    [Box::new(Elance::default()), Box::new(Rm::new()), Box::new(CometChat::new())]
}

/// Hands a request to a dialect. What is refused must be refused in words.
pub fn ask(
    dialect: &dyn Dialect,
    method: Method,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Parsed, Refusal> {
    let request = Request { method, path, query, prefix: "", headers: &headers, body };
    let reads_body = dialect.reads_body(&request);
    let outcome = dialect.parse(&request);
    if let Err(refusal) = &outcome {
        let mut reply = dialect.refuse(&request, refusal);
        dialect.finish(&request, &mut reply);
        in_words(&reply, refusal);
    }
    assert!(reads_body || body.is_empty() || outcome.is_err() || ignores(dialect, method, path, query, headers));
    outcome
}

/// Whether a body that is not read changes nothing.
fn ignores(dialect: &dyn Dialect, method: Method, path: &str, query: &str, headers: &[(&str, &str)]) -> bool {
    dialect.parse(&Request { method, path, query, prefix: "", headers: &headers, body: b"" }).is_ok()
}

/// A refusal is a fault of the client, told as JSON or XML.
fn in_words(reply: &Reply, refusal: &Refusal) {
    assert!((400..500).contains(&reply.status), "{refusal:?} is {}", reply.status);
    if reply.content_type.contains("json") {
        let body: Result<serde_json::Value, _> = serde_json::from_slice(&reply.body);
        assert!(body.is_ok_and(|body| body.is_object()), "{}", String::from_utf8_lossy(&reply.body));
    } else {
        assert!(reply.body.starts_with(b"<"), "{}", String::from_utf8_lossy(&reply.body));
    }
}
