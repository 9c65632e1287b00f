//! Requests without a server.
#![allow(dead_code, reason = "each test file uses its own part")]

use dialect::{Dialect, Headers, Method, Parsed, Refusal, Reply, Request};
use dialect_rm::Rm;

/// Hands a request to `Rm::parse`.
pub fn parse(method: &str, path: &str, query: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Parsed, Refusal> {
    let headers: &dyn Headers = &headers;
    Rm::new().parse(&Request { method: Method::from_name(method), path, query, prefix: "", headers, body })
}

/// Has `Rm` write a refusal for a request with these fields in its header.
pub fn refuse(refusal: &Refusal, headers: &[(&str, &str)]) -> Reply {
    let headers: &dyn Headers = &headers;
    Rm::new().refuse(
        &Request { method: Method::Get, path: "/api/Organization", query: "", prefix: "", headers, body: b"" },
        refusal,
    )
}

/// Every byte but letters and digits as `%XX`.
pub fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
