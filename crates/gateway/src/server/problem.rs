//! What is answered where no dialect is there to find the words: `application/problem+json` (RFC 9457).

use dialect::Reply;

/// A problem, with the usual members.
pub(crate) fn problem(status: u16, title: &str, detail: &str) -> Reply {
    let body = serde_json::json!({ "type": "about:blank", "title": title, "status": status, "detail": detail });
    Reply::new(status, "application/problem+json", body.to_string())
}

/// No dialect holds the path.
pub(crate) fn no_such_address() -> Reply {
    problem(404, "Not Found", "No dialect that is served here has this address.")
}

/// The client asks too often; asking again helps in so many seconds.
pub(crate) fn too_many_requests(seconds: u32) -> Reply {
    let detail = format!("Too many requests. Ask again in {seconds} seconds.");
    problem(429, "Too Many Requests", &detail).with("Retry-After", seconds.to_string())
}

/// A dialect could not even write a refusal.
pub(crate) fn internal() -> Reply {
    problem(500, "Internal Server Error", "The request could not be answered. The fault is ours.")
}
