//! The field `Host`, which comes from the client.

/// Whether a text is a host with or without a port (RFC 3986; of names only what is used in the network).
pub fn is_host(text: &str) -> bool {
    const LONGEST: usize = 255;
    let (host, port) = match text.rfind(':') {
        Some(at) if !text.ends_with(']') => text.split_at(at),
        _ => (text, ""),
    };
    let is_port = port.is_empty() || (2..=6).contains(&port.len()) && port[1..].bytes().all(|b| b.is_ascii_digit());
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let is_address = |b: u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
    let is_host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|inner| inner.len() > 1 && inner.bytes().all(is_address)),
        None => !host.is_empty() && host.bytes().all(is_name),
    };
    text.len() <= LONGEST && is_port && is_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for host in ["example.com", "example.com:8080", "127.0.0.1:80", "[::1]", "[::1]:8080", "a_b-c", "localhost:1"] {
            assert!(is_host(host), "{host}");
        }
        for other in [
            "",
            ":80",
            "example.com:",
            "example.com:x",
            "example.com:123456",
            "a b",
            "a/b",
            "a@b",
            "a?b",
            "a#b",
            "a,b",
            "a:1:2",
            "[::1",
            "::1",
            "[]",
            "[x]",
            "[::1]x",
            "[::1]:",
            "é",
            "a\"b",
            "a%2fb",
        ] {
            assert!(!is_host(other), "{other}");
        }
        assert!(is_host(&"a".repeat(255)) && !is_host(&"a".repeat(256)));
    }
}
