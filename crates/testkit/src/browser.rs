//! A browser without scripts, as far as the pages to sign in and to consent take one.

use crate::exchange::exchange_at;
use dialect::{Core, Dialect, Reply};
use std::net::IpAddr;

/// Keeps cookies and fills in forms.
#[derive(Debug, Default)]
pub struct Browser {
    /// Name and value of the cookie, if there is one.
    pub cookie: Option<String>,
    /// From where it asks.
    pub address: Option<IpAddr>,
}

impl Browser {
    /// Asks for an address.
    pub fn get(&mut self, dialect: &dyn Dialect, core: Core<'_>, target: &str) -> Reply {
        self.send(dialect, core, "GET", target, b"")
    }

    /// Sends the first form of a page that came from `target`, with these further fields.
    ///
    /// # Panics
    /// When the page has no form of ours.
    pub fn submit(
        &mut self,
        dialect: &dyn Dialect,
        core: Core<'_>,
        target: &str,
        page: &Reply,
        fields: &[(&str, &str)],
    ) -> Reply {
        let page = String::from_utf8_lossy(&page.body).into_owned();
        let action = between(&page, "action=\"", "\"").replace("&amp;", "&");
        let path = target.split('?').next().unwrap_or_default();
        let proof = between(&page, "name=\"proof\" value=\"", "\"");
        let mut form = format!("proof={proof}");
        for (name, value) in fields {
            form.push_str(&format!("&{name}={}", encoded(value)));
        }
        self.send(dialect, core, "POST", &format!("{path}{action}"), form.as_bytes())
    }

    /// Sends anything.
    pub fn send(&mut self, dialect: &dyn Dialect, core: Core<'_>, method: &str, target: &str, body: &[u8]) -> Reply {
        let cookie = self.cookie.clone().unwrap_or_default();
        let headers = [("host", "api.example.com"), ("cookie", cookie.as_str())];
        let reply = exchange_at(self.address, dialect, core, method, target, &headers, body);
        if let Some(set) = header(&reply, "Set-Cookie") {
            self.cookie = set.split(';').next().map(str::to_owned);
        }
        reply
    }

    /// Signs in and allows what is asked for at `target`; gives the address to which the browser is sent.
    ///
    /// # Panics
    /// When a page is not the one that must come.
    pub fn allow(
        &mut self,
        dialect: &dyn Dialect,
        core: Core<'_>,
        target: &str,
        login: &str,
        password: &str,
    ) -> String {
        let page = self.get(dialect, core, target);
        let fields = [("do", "sign-in"), ("login", login), ("password", password)];
        let signed_in = self.submit(dialect, core, target, &page, &fields);
        assert_eq!(signed_in.status, 303, "{}", String::from_utf8_lossy(&signed_in.body));
        let page = self.get(dialect, core, target);
        let allowed = self.submit(dialect, core, target, &page, &[("do", "allow")]);
        assert_eq!(allowed.status, 303, "{}", String::from_utf8_lossy(&allowed.body));
        header(&allowed, "Location").expect("an address").to_owned()
    }
}

/// A field of a reply's header.
pub fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(named, _)| named.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// What stands in `text` between the first `before` and the next `behind`.
///
/// # Panics
/// When there is nothing like that.
pub fn between<'a>(text: &'a str, before: &str, behind: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(behind).unwrap_or_else(|| panic!("no {behind} in {rest}")).0
}

/// As a form has it.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
