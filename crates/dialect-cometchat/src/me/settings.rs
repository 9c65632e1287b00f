//! What the SDK is told of the service. Once it has them, it asks the host that they name.

use dialect::Request;
use dialect::json::Object;

/// The settings for one client: unless a public address is set, they name the host by the name under which the client
/// reached it. That name comes from the client, so only that client is told of it.
pub struct Settings {
    /// Host, port, and what stands in front of `/v3.0`; empty when nobody has said it.
    address: String,
}

impl Settings {
    /// Those for whoever sent this request to a dialect that is publicly reached at `host`, if that is set.
    pub fn of(request: &Request<'_>, host: &str) -> Self {
        let host = if host.is_empty() { request.host() } else { Some(host) };
        Self { address: host.map_or_else(String::new, |host| format!("{host}{}", request.prefix)) }
    }

    /// Writes the object.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        if !self.address.is_empty() {
            let (name, port) = self.name_and_port();
            object.string("CLIENT_API_HOST", &self.address).string("ADMIN_API_HOST", &self.address);
            // There are no sockets; an SDK that wants one asks here, and nobody else's server.
            object.string("CHAT_HOST", name).string("CHAT_WSS_PORT", port);
        }
        object.string("CHAT_API_VERSION", "v3.0").string("MODE", "DEFAULT");
        // With less, the SDK believes that it was updated since, and signs in anew.
        object.integer("APP_VERSION", 3);
        object.key("ANALYTICS_PING_DISABLED").extend_from_slice(b"true");
        object.key("extensions").extend_from_slice(b"[]");
        object.key("parameters").extend_from_slice(b"{}");
        object.end();
    }

    fn name_and_port(&self) -> (&str, &str) {
        let host = self.address.split_once('/').map_or(self.address.as_str(), |(host, _)| host);
        match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port),
            _ => (host, "443"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::Method;

    fn written(public: &str, host: &str, prefix: &str) -> String {
        let headers = [("host", host)];
        let request = Request {
            method: Method::Get,
            path: "/v3.0/settings",
            query: "",
            prefix,
            headers: &headers.as_slice(),
            body: b"",
        };
        let mut out = Vec::new();
        Settings::of(&request, public).write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_host_is_the_one_that_the_client_reached() {
        for (public, host, prefix, api, name, port) in [
            ("", "chat.example.org", "", "chat.example.org", "chat.example.org", "443"),
            ("", "localhost:8443", "", "localhost:8443", "localhost", "8443"),
            ("", "localhost:8443", "/chat", "localhost:8443/chat", "localhost", "8443"),
            ("", "[::1]", "", "[::1]", "[::1]", "443"),
            ("", "[::1]:9", "", "[::1]:9", "[::1]", "9"),
            (
                "public.example.org:1/base",
                "10.0.0.1",
                "/chat",
                "public.example.org:1/base/chat",
                "public.example.org",
                "1",
            ),
            ("public.example.org", "", "", "public.example.org", "public.example.org", "443"),
        ] {
            let expected = format!(
                r#"{{"CLIENT_API_HOST":"{api}","ADMIN_API_HOST":"{api}","CHAT_HOST":"{name}","CHAT_WSS_PORT":"{port}","CHAT_API_VERSION":"v3.0","#
            );
            assert!(written(public, host, prefix).starts_with(&expected), "{host}: {}", written(public, host, prefix));
        }
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        for host in ["", "a b", "a/b", "a\"b", "<a>", "a@b", "a:1:2", ":80", "[::1", "[x]", "a:x"] {
            assert!(written("", host, "").starts_with(r#"{"CHAT_API_VERSION":"#), "{host}");
        }
    }
}
