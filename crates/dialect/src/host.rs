//! By which names the gateway may be asked.

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

/// The one host by whose name pages may be asked for, or any that can be one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hosts {
    /// In lower case, without the port that goes without saying; `None` for any.
    only: Option<String>,
    /// Whether clients reach the gateway over https, whatever the connection to it is.
    secure: bool,
}

impl Hosts {
    /// The host in an address like `https://api.example.com/path`; any where it is empty.
    pub fn of(public_url: &str) -> Self {
        let (secure, rest) = match public_url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, public_url.strip_prefix("http://").unwrap_or_default()),
        };
        let host = rest.split('/').next().unwrap_or_default();
        Self { only: (!host.is_empty()).then(|| plain(host, secure).to_ascii_lowercase()), secure }
    }

    /// Whether a request that names this host in its field `Host` may be answered with a page.
    pub fn hold(&self, host: Option<&str>) -> bool {
        let Some(host) = host.filter(|host| is_host(host)) else { return false };
        self.only.as_ref().is_none_or(|only| plain(host, self.secure).eq_ignore_ascii_case(only))
    }

    /// Whether the browser speaks https, as far as the setting tells.
    pub const fn are_secure(&self) -> bool {
        self.secure
    }
}

/// Without the port that goes without saying.
fn plain(host: &str, secure: bool) -> &str {
    let port = if secure { ":443" } else { ":80" };
    host.strip_suffix(port).unwrap_or(host)
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

    #[test]
    fn pages_have_one_host_where_it_is_said() {
        for (public_url, host, held) in [
            ("", "whatever.example:81", true),
            ("", "a b", false),
            ("", "", false),
            ("https://api.example.com", "api.example.com", true),
            ("https://api.example.com", "API.example.com:443", true),
            ("https://api.example.com:443/v", "api.example.com", true),
            ("https://api.example.com", "api.example.com:80", false),
            ("https://api.example.com", "api.example.com.evil.example", false),
            ("https://api.example.com", "evil.example", false),
            ("http://127.0.0.1:8080/x", "127.0.0.1:8080", true),
            ("http://127.0.0.1:8080", "127.0.0.1", false),
            ("http://[::1]", "[::1]:80", true),
        ] {
            assert_eq!(Hosts::of(public_url).hold(Some(host)), held, "{public_url} {host}");
        }
        assert!(!Hosts::default().hold(None));
        assert!(Hosts::of("https://a.example").are_secure() && !Hosts::of("http://a.example").are_secure());
    }
}
