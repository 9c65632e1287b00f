//! What every reply bears and every request goes through for the sake of browsers and of clients that begin in the
//! clear: the way from http to https, and the fields of a header that say how a reply is to be taken.

use super::fields::FieldsOf;
use super::problem;
use crate::settings;
use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderValue, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use dialect::{Headers, Reply, is_host};
use std::sync::OnceLock;

/// The port of https that need not be said.
const HTTPS: u16 = 443;

/// What the settings say of it. Shared by all threads.
#[derive(Debug)]
pub(crate) struct Hardening {
    redirects: bool,
    /// The public address, when it is one of https.
    base: Option<String>,
    /// Where https is served here, once that is known.
    port: OnceLock<u16>,
    transport_security: Option<HeaderValue>,
}

impl Hardening {
    /// What the settings say.
    pub fn of(settings: &settings::Server) -> Self {
        let transport_security = match settings.hsts_seconds {
            0 => None,
            seconds => HeaderValue::from_str(&format!("max-age={seconds}")).ok(),
        };
        Self {
            redirects: settings.https_redirect,
            base: Some(settings.public_url.clone()).filter(|url| url.starts_with("https://")),
            port: OnceLock::new(),
            transport_security,
        }
    }

    /// Refuses a redirect that leads nowhere. Flags must have been taken.
    pub fn check(settings: &settings::Server) -> anyhow::Result<()> {
        if settings.https_redirect && !settings.leads_to_https() {
            anyhow::bail!(
                "server.https_redirect takes an https address to send to: a server.public_url that begins with \
                 https://, or none and server.tls_listen"
            );
        }
        Ok(())
    }

    /// Https is served at this port.
    pub fn served_at(&self, port: u16) {
        // Said once, before anything is served.
        let _ = self.port.set(port);
    }

    /// Where a request must go that has not come over https; none when it has, or need not. It is sent to the public
    /// address, or else to the host that it names itself where that is one: nobody but that client is told of it.
    pub fn redirect(&self, request: &HttpRequest, by_proxy: bool) -> Option<Reply> {
        if !self.redirects || is_secure(request, by_proxy) {
            return None;
        }
        let fields = FieldsOf { headers: request.headers(), by_proxy, address: None, over_tls: false };
        let host = fields.get("host").map(str::to_owned);
        let Some(origin) = self.origin(host.as_deref()) else {
            let detail = "This is served over https only, and the field Host does not say where.";
            return Some(problem::problem(400, "Bad Request", detail));
        };
        let target = request.uri().path_and_query().map(|target| target.as_str());
        // `*`, and what a proxy is asked for by CONNECT, is no path.
        let target = target.filter(|target| target.starts_with('/')).unwrap_or("/");
        let detail = "This is served over https only.";
        Some(problem::problem(308, "Permanent Redirect", detail).with("Location", format!("{origin}{target}")))
    }

    fn origin(&self, host: Option<&str>) -> Option<String> {
        if let Some(base) = &self.base {
            return Some(base.clone());
        }
        let host = host.filter(|host| is_host(host))?;
        // Without the port, which is that of http. The end of an address in brackets is none.
        let host = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(host, _)| host);
        Some(match self.port.get() {
            Some(&port) if port != HTTPS => format!("https://{host}:{port}"),
            _ => format!("https://{host}"),
        })
    }

    /// Adds what every reply bears.
    pub fn finish(&self, request: &HttpRequest, by_proxy: bool, reply: &mut HeaderMap) {
        as_it_says(reply);
        if let Some(value) = &self.transport_security
            && is_secure(request, by_proxy)
        {
            reply.insert(STRICT_TRANSPORT_SECURITY, value.clone());
        }
    }
}

/// A reply is of the type that it says, whatever a browser finds in it.
pub(crate) fn as_it_says(reply: &mut HeaderMap) {
    reply.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Whether a request has come over https, to us or to a proxy of ours.
pub(super) fn is_secure(request: &HttpRequest, by_proxy: bool) -> bool {
    let to_proxy = || {
        let scheme = request.headers().get("x-forwarded-proto").map(HeaderValue::as_bytes);
        scheme.is_some_and(|scheme| scheme.trim_ascii().eq_ignore_ascii_case(b"https"))
    };
    request.app_config().secure() || by_proxy && to_proxy()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::Method;
    use actix_web::test::TestRequest;

    fn location(public_url: &str, port: Option<u16>, host: Option<&str>, target: &str) -> Option<String> {
        let built_in = settings::Settings::built_in().expect("sound").server;
        let server = settings::Server { https_redirect: true, public_url: public_url.into(), ..built_in };
        let hardening = Hardening::of(&server);
        if let Some(port) = port {
            hardening.served_at(port);
        }
        let mut request = TestRequest::default().uri(target);
        if let Some(host) = host {
            request = request.insert_header(("host", host));
        }
        let reply = hardening.redirect(&request.to_http_request(), false).expect("not over https");
        assert_eq!(reply.headers.is_empty(), reply.status == 400, "{reply:?}");
        assert!(reply.status == 308 || reply.status == 400);
        reply.headers.first().map(|(name, value)| {
            assert_eq!(*name, "Location");
            value.clone()
        })
    }

    #[test]
    fn a_redirect_never_leaves_us() {
        for (public_url, port, host, target, expected) in [
            (
                "https://api.example.com",
                Some(8443),
                Some("evil.example"),
                "/v3/x?a=b",
                Some("https://api.example.com/v3/x?a=b"),
            ),
            ("https://api.example.com/below", None, None, "/v3", Some("https://api.example.com/below/v3")),
            ("", Some(8443), Some("example.com:8080"), "/x?y=%20", Some("https://example.com:8443/x?y=%20")),
            ("", Some(443), Some("example.com:80"), "/", Some("https://example.com/")),
            ("", Some(8443), Some("[::1]:8080"), "/", Some("https://[::1]:8443/")),
            // What looks like a host stands behind the real one.
            ("", Some(443), Some("example.com"), "//evil.example/", Some("https://example.com//evil.example/")),
            ("", Some(443), Some("example.com"), "/@evil.example", Some("https://example.com/@evil.example")),
            ("", Some(443), Some("example.com"), "http://evil.example/x", Some("https://example.com/x")),
            ("", Some(443), Some("example.com"), "*", Some("https://example.com/")),
            ("", Some(443), Some("u@evil.example"), "/", None),
            ("", Some(443), Some("evil.example/x?"), "/", None),
            ("", Some(443), Some(""), "/", None),
            ("", Some(443), None, "/", None),
        ] {
            assert_eq!(location(public_url, port, host, target).as_deref(), expected, "{host:?} {target}");
        }
    }

    #[test]
    fn only_a_proxy_of_ours_says_that_a_request_was_safe() {
        let built_in = settings::Settings::built_in().expect("sound").server;
        let server = settings::Server { https_redirect: true, hsts_seconds: 60, ..built_in };
        let hardening = Hardening::of(&server);
        for (scheme, by_proxy, secure) in
            [("https", true, true), ("HTTPS", true, true), ("http", true, false), ("https", false, false)]
        {
            let request = TestRequest::with_uri("/").method(Method::POST);
            let request = request.insert_header(("host", "h")).insert_header(("x-forwarded-proto", scheme));
            let request = request.to_http_request();
            assert_eq!(hardening.redirect(&request, by_proxy).is_none(), secure, "{scheme} {by_proxy}");
            let mut headers = HeaderMap::new();
            hardening.finish(&request, by_proxy, &mut headers);
            assert_eq!(headers.get("strict-transport-security").is_some(), secure, "{scheme} {by_proxy}");
            assert_eq!(headers.get("x-content-type-options").expect("there"), "nosniff");
        }
        let open = Hardening::of(&settings::Settings::built_in().expect("sound").server);
        let request = TestRequest::with_uri("/").to_http_request();
        assert!(open.redirect(&request, false).is_none(), "nothing is said");
    }
}
