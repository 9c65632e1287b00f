//! What the SDK is told of the service. Once it has them, it asks the host that they name.

use dialect::Request;
use dialect::json::Object;

/// The settings for one client: they name the host by the name under which the client reached it.
pub struct Settings {
    /// Name or address, port, and the configured prefix; empty when the client did not say.
    host: String,
    prefix: String,
}

impl Settings {
    /// Those for whoever sent this request.
    pub fn of(request: &Request<'_>) -> Self {
        let legal = |host: &&str| {
            host.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
        };
        let host = request.header("host").filter(legal).unwrap_or_default().to_owned();
        Self { host, prefix: request.prefix.to_owned() }
    }

    /// Writes the object.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        if !self.host.is_empty() {
            let address = format!("{}{}", self.host, self.prefix);
            let (name, port) = self.name_and_port();
            object.string("CLIENT_API_HOST", &address).string("ADMIN_API_HOST", &address);
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
        match self.host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port),
            _ => (&self.host, "443"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::Method;

    fn written(host: &str, prefix: &str) -> String {
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
        Settings::of(&request).write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_host_is_the_one_that_the_client_reached() {
        for (host, prefix, api, name, port) in [
            ("chat.example.org", "", "chat.example.org", "chat.example.org", "443"),
            ("localhost:8443", "", "localhost:8443", "localhost", "8443"),
            ("localhost:8443", "/chat", "localhost:8443/chat", "localhost", "8443"),
            ("[::1]", "", "[::1]", "[::1]", "443"),
            ("[::1]:9", "", "[::1]:9", "[::1]", "9"),
        ] {
            let expected = format!(
                r#"{{"CLIENT_API_HOST":"{api}","ADMIN_API_HOST":"{api}","CHAT_HOST":"{name}","CHAT_WSS_PORT":"{port}","CHAT_API_VERSION":"v3.0","#
            );
            assert!(written(host, prefix).starts_with(&expected), "{host}: {}", written(host, prefix));
        }
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        for host in ["", "a b", "a/b", "a\"b", "<a>", "a@b"] {
            assert!(written(host, "").starts_with(r#"{"CHAT_API_VERSION":"#), "{host}");
        }
    }
}
