//! The names of fields of a reply's header. Those that many replies bear are known beforehand, which spares reading them.

use super::REQUEST_ID;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// The field of this name; `None` when it is none.
pub(super) fn field(name: &str) -> Option<HeaderName> {
    const TOTAL: HeaderName = HeaderName::from_static("x-total-count");
    const LIMIT: HeaderName = HeaderName::from_static("x-rate-limit");
    const REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");
    const RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");
    Some(match name {
        "Access-Control-Allow-Origin" => header::ACCESS_CONTROL_ALLOW_ORIGIN,
        "Access-Control-Expose-Headers" => header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "Cache-Control" => header::CACHE_CONTROL,
        "Content-Encoding" => header::CONTENT_ENCODING,
        "ETag" => header::ETAG,
        "Link" => header::LINK,
        "Vary" => header::VARY,
        "X-Rate-Limit" => LIMIT,
        "X-Rate-Limit-Remaining" => REMAINING,
        "X-Rate-Limit-Reset" => RESET,
        "X-Total-Count" => TOTAL,
        other => return HeaderName::from_bytes(other.as_bytes()).ok(),
    })
}

/// Says in a reply's header which request it is to.
pub(super) fn tell_id(id: Uuid, fields: &mut HeaderMap) {
    let mut buffer = [0; Hyphenated::LENGTH];
    let text = id.hyphenated().encode_lower(&mut buffer);
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(text.as_bytes())) {
        fields.insert(REQUEST_ID, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_they_would_be_read_as() {
        for name in [
            "Access-Control-Allow-Origin",
            "Access-Control-Expose-Headers",
            "Cache-Control",
            "Content-Encoding",
            "ETag",
            "Link",
            "Vary",
            "X-Rate-Limit",
            "X-Rate-Limit-Remaining",
            "X-Total-Count",
            "X-Rate-Limit-Reset",
            "x-any",
            "",
            "a b",
        ] {
            assert_eq!(field(name), HeaderName::from_bytes(name.as_bytes()).ok(), "{name}");
        }
    }
}
