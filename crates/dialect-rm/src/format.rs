//! JSON or XML: which of both a request asks for.

use dialect::Request;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `application/json`.
    Json,
    /// `application/xml`.
    Xml,
}

impl Format {
    /// What `Accept` asks for or, without it, `Content-Type` (manual). The greater weight wins; JSON on a tie, and when
    /// neither is acceptable (our decisions: an answer in the wrong format tells more than none).
    pub(crate) fn of(request: &Request<'_>) -> Self {
        let asked = |name| request.header(name).filter(|field| !field.trim().is_empty());
        match (asked("accept"), asked("content-type")) {
            (Some(accept), _) => Self::accepted(accept),
            (None, Some(content_type)) if is_xml(content_type) => Self::Xml,
            (None, _) => Self::Json,
        }
    }

    fn accepted(accept: &str) -> Self {
        let xml = XML.iter().map(|name| weight(accept, name)).max().unwrap_or_default();
        if xml > weight(accept, "application/json") { Self::Xml } else { Self::Json }
    }

    /// The content type.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        }
    }
}

/// The names of XML.
const XML: [&str; 2] = ["application/xml", "text/xml"];

/// Whether a field `Content-Type` names XML.
pub(crate) fn is_xml(content_type: &str) -> bool {
    XML.contains(&media_type(content_type).as_str())
}

/// The media type of a field, in lower case and without parameters.
fn media_type(field: &str) -> String {
    field.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The weight of the media type `wanted`, in thousandths: that of the most exact range that matches it.
fn weight(accept: &str, wanted: &str) -> u16 {
    let family = wanted.split('/').next().unwrap_or_default();
    let mut best = (0, 0);
    for range in accept.split(',') {
        let name = media_type(range);
        let exactness = if name == wanted {
            3
        } else if name.strip_suffix("/*").is_some_and(|f| f == family) {
            2
        } else if name == "*/*" {
            1
        } else {
            continue;
        };
        if exactness > best.0 {
            best = (exactness, quality(range));
        }
    }
    best.1
}

/// The `q` of a range in thousandths (RFC 9110: 0 to 1, at most three decimals); 1 when absent or unreadable.
fn quality(range: &str) -> u16 {
    let parameters = range.split(';').skip(1).filter_map(|p| p.split_once('='));
    let given =
        parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("q")).map(|(_, value)| value.trim()).next();
    let Some((whole, decimals)) = given.map(|q| q.split_once('.').unwrap_or((q, ""))) else { return 1000 };
    if whole != "0" || decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return 1000;
    }
    format!("{decimals:0<3}").parse().unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greater_weight_wins() {
        for (accept, format) in [
            ("application/json", Format::Json),
            ("application/xml", Format::Xml),
            ("TEXT/XML; charset=utf-8", Format::Xml),
            ("*/*", Format::Json),
            ("application/*", Format::Json),
            ("text/*", Format::Xml),
            ("application/xml, application/json", Format::Json),
            ("application/xml, */*", Format::Json),
            ("application/xml, */*;q=0.8", Format::Xml),
            ("application/xml;q=0.5, application/json;q=0.49", Format::Xml),
            ("application/xml;q=0.5, application/json;q=0.501", Format::Json),
            ("application/xml;q=0, */*;q=0.1", Format::Json),
            ("application/json;q=0, */*", Format::Xml),
            ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", Format::Xml),
            ("image/png", Format::Json),
            ("nonsense;;q=,=", Format::Json),
        ] {
            assert_eq!(Format::accepted(accept), format, "{accept}");
        }
    }
}
