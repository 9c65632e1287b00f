//! The fields of a header as a dialect gets to see them.

use actix_web::http::header::{HeaderMap, HeaderValue};
use dialect::Headers;
use std::net::IpAddr;

/// The fields of a header, as far as they are UTF-8. Those that only a proxy may write are there only when one of ours
/// has handed the request on; then the host is the one that the client asked the proxy for.
pub(super) struct FieldsOf<'a> {
    /// As they came.
    pub headers: &'a HeaderMap,
    /// Whether a trusted proxy has handed the request on.
    pub by_proxy: bool,
    /// The address of the client, as far as proxies of ours tell it; `None` where nobody asks for it.
    pub address: Option<IpAddr>,
    /// Whether the request has come over https, to us or to a proxy of ours.
    pub over_tls: bool,
}

impl FieldsOf<'_> {
    fn value(&self, name: &str) -> Option<&[u8]> {
        let named = match name {
            "host" if self.by_proxy => self.headers.get("x-forwarded-host").or_else(|| self.headers.get(name)),
            _ if !self.by_proxy && name.starts_with("x-forwarded-") => None,
            _ => self.headers.get(name),
        };
        named.map(HeaderValue::as_bytes)
    }
}

impl Headers for FieldsOf<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    fn is_unreadable(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| std::str::from_utf8(value).is_err())
    }

    fn client_address(&self) -> Option<IpAddr> {
        self.address
    }

    fn is_over_tls(&self) -> bool {
        self.over_tls
    }

    fn is_repeated(&self, name: &str) -> bool {
        self.headers.get_all(name).nth(1).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderName;

    #[test]
    fn only_a_proxy_of_ours_tells_what_a_client_asked_it_for() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("host", "inner:8080"), ("x-forwarded-host", "api.example.com"), ("x-forwarded-proto", "https")]
        {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let fields = |by_proxy| FieldsOf { headers: &headers, by_proxy, address: None, over_tls: false };
        let of = |by_proxy, name: &str| fields(by_proxy).get(name).map(str::to_owned);
        assert_eq!(of(false, "host").as_deref(), Some("inner:8080"));
        assert_eq!(of(false, "x-forwarded-host"), None);
        assert_eq!(of(false, "x-forwarded-proto"), None);
        assert_eq!(of(true, "host").as_deref(), Some("api.example.com"));
        assert_eq!(of(true, "x-forwarded-proto").as_deref(), Some("https"));
        assert!(!fields(false).is_repeated("host"));
        headers.append(HeaderName::from_static("host"), HeaderValue::from_static("other"));
        let fields = FieldsOf { headers: &headers, by_proxy: true, address: None, over_tls: false };
        assert!(fields.is_repeated("host"));
        headers.remove("x-forwarded-host");
        let fields = FieldsOf { headers: &headers, by_proxy: true, address: None, over_tls: false };
        assert_eq!(fields.get("host"), Some("inner:8080"));
    }
}
