//! The addresses that replies name.

use crate::Settings;
use dialect::Request;
use dialect::json::Object;

/// What stands in front of `/api2` in an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base(String);

impl Base {
    /// The setting `public_url`, else `http://` and the field `Host` of the request where that is a name or an address,
    /// else nothing, which leaves a path. The field comes from the client, so only that client is told of it. It is
    /// `https://` where the request has come over https, to us or to a trusted proxy.
    pub fn of(settings: &Settings, request: &Request<'_>) -> Self {
        let host = request.host();
        let scheme = if request.headers.is_over_tls() { "https" } else { "http" };
        let origin = match (settings.public_url.as_str(), host) {
            ("", Some(host)) => format!("{scheme}://{host}"),
            (url, _) => url.to_owned(),
        };
        Self(origin + request.prefix)
    }

    /// Appends a field that holds the address of something below a group.
    pub fn below_group(&self, object: &mut Object<'_>, field: &'static str, group: i64, what: &str) {
        object.string(field, &format!("{}/api2/groups/{group}/{what}", self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::{Headers, Method};

    struct Over<'a> {
        host: Option<&'a str>,
        tls: bool,
    }

    impl Headers for Over<'_> {
        fn get(&self, name: &str) -> Option<&str> {
            // What the client writes there itself is not believed.
            if name == "host" { self.host } else { Some("https").filter(|_| name == "x-forwarded-proto") }
        }

        fn is_over_tls(&self) -> bool {
            self.tls
        }
    }

    #[test]
    fn the_setting_wins_over_the_header() {
        for (public_url, host, prefix, base) in [
            ("", Some("example.com:81"), "", "http://example.com:81"),
            ("", Some("example.com"), "/elance", "http://example.com/elance"),
            ("", Some("evil.example/x?"), "/elance", "/elance"),
            ("", None, "", ""),
            ("https://api.example.com", Some("other"), "/e", "https://api.example.com/e"),
        ] {
            let settings = Settings { public_url: public_url.into(), ..Settings::default() };
            let found = |tls| {
                let headers = &Over { host, tls };
                Base::of(&settings, &Request { method: Method::Get, path: "", query: "", prefix, headers, body: b"" }).0
            };
            assert_eq!(found(false), base);
            assert_eq!(found(true), base.replace("http://", "https://"));
        }
    }
}
