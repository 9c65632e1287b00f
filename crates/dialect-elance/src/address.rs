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
    /// `https://` where the field `X-Forwarded-Proto` says so, which the web server lets through from trusted proxies only.
    pub fn of(settings: &Settings, request: &Request<'_>) -> Self {
        let host = request.host();
        let is_secure = request.header("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        let scheme = if is_secure { "https" } else { "http" };
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
            let mut fields: Vec<_> = host.map(|host| ("host", host)).into_iter().collect();
            let found = |fields: &[(&str, &str)]| {
                let request = Request { method: Method::Get, path: "", query: "", prefix, headers: &fields, body: b"" };
                Base::of(&settings, &request).0
            };
            assert_eq!(found(&fields), base);
            fields.push(("x-forwarded-proto", "https"));
            assert_eq!(found(&fields), base.replace("http://", "https://"));
        }
    }
}
