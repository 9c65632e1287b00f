//! The addresses that replies name.

use crate::Settings;
use dialect::Request;
use dialect::json::Object;

/// What stands in front of `/api2` in an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base(String);

impl Base {
    /// The setting `public_url`, else `http://` and the field `Host` of the request where that is a name or an address,
    /// else nothing, which leaves a path. The field comes from the client, so only that client is told of it.
    pub fn of(settings: &Settings, request: &Request<'_>) -> Self {
        let host = request.host();
        let origin = match (settings.public_url.as_str(), host) {
            ("", Some(host)) => format!("http://{host}"),
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
    use dialect::Method;

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
            let fields: Vec<_> = host.map(|host| ("host", host)).into_iter().collect();
            let headers = &fields.as_slice();
            let request = Request { method: Method::Get, path: "", query: "", prefix, headers, body: b"" };
            assert_eq!(Base::of(&settings, &request).0, base);
        }
    }
}
