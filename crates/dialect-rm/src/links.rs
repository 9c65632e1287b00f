//! The field `Link` (RFC 8288): where the neighbouring pages are.

use std::fmt::Write;

/// The longest field that is written, in bytes; beyond it is left out, since many clients and proxies refuse long ones
/// (our decision). The total is then still in `X-Total-Count`.
const LONGEST: usize = 8 * 1024;

/// The address of a list, without its page.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// Prefix, path, `?`, and every other parameter as sent, each with `&` behind it.
    before_page: String,
}

impl Address {
    /// Takes an address apart. Empty pairs and the parameter `page` are left out; `is_page` tells whether a raw name is
    /// that.
    pub(crate) fn new(prefix: &str, path: &str, query: &str) -> Self {
        let mut before_page = String::with_capacity(prefix.len() + path.len() + query.len() + 2);
        legal(&mut before_page, prefix);
        legal(&mut before_page, path);
        before_page.push('?');
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split('=').next().unwrap_or_default();
            if !dialect::decode_segment(name).is_ok_and(|name| name == "page") {
                legal(&mut before_page, pair);
                before_page.push('&');
            }
        }
        Self { before_page }
    }

    /// The value of the field for page `page` of `pages`, with relative references; `None` when it would be too long. A
    /// page past the end has the last one before it; an empty list has one page.
    pub(crate) fn links(&self, page: u64, pages: u64) -> Option<String> {
        let last = pages.max(1);
        let neighbours = [
            ("first", Some(1)),
            ("prev", (page > 1).then(|| last.min(page.saturating_sub(1)))),
            ("next", (page < last).then(|| page.saturating_add(1))),
            ("last", Some(last)),
        ];
        let mut field = String::new();
        for (relation, page) in neighbours {
            let Some(page) = page else { continue };
            let separator = if field.is_empty() { "" } else { ", " };
            // Writing into a text cannot fail.
            let _ = write!(field, "{separator}<{}page={page}>; rel=\"{relation}\"", self.before_page);
        }
        (field.len() <= LONGEST).then_some(field)
    }
}

/// Appends `text` with all that may not stand in an address (RFC 3986) percent-encoded. Lenient clients send such bytes
/// as they are; a `>` among them would end the reference.
fn legal(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                let _ = write!(out, "%{byte:02X}");
            }
            b'!'..=b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(query: &str, page: u64, pages: u64) -> String {
        Address::new("/rm", "/g/members", query).links(page, pages).expect("short")
    }

    #[test]
    fn neighbours_are_named() {
        let link = |page: u64, relation: &str| format!("</rm/g/members?page={page}>; rel=\"{relation}\"");
        let join = |links: &[String]| links.join(", ");
        assert_eq!(links("", 1, 0), join(&[link(1, "first"), link(1, "last")]));
        assert_eq!(links("", 1, 3), join(&[link(1, "first"), link(2, "next"), link(3, "last")]));
        assert_eq!(links("", 2, 3), join(&[link(1, "first"), link(1, "prev"), link(3, "next"), link(3, "last")]));
        assert_eq!(links("", 3, 3), join(&[link(1, "first"), link(2, "prev"), link(3, "last")]));
        assert_eq!(links("", u64::MAX, 3), join(&[link(1, "first"), link(3, "prev"), link(3, "last")]));
    }

    #[test]
    fn other_parameters_stay_as_sent() {
        let field = links("&$filter=Name%20eq+'a>b'&p%61ge=7&&page_size=5&x", 1, 1);
        assert!(field.starts_with("</rm/g/members?$filter=Name%20eq+'a%3Eb'&page_size=5&x&page=1>;"), "{field}");
    }

    #[test]
    fn long_fields_are_left_out() {
        let address = Address::new("", "/g", &format!("x={}", "a".repeat(5_000)));
        assert_eq!(address.links(1, 1), None);
    }
}
