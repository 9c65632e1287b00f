//! What the header of a request says: who asks, what may be answered, what the body is, and by which key it is done once.

use super::problem::{Kind, Problem};
use access::Secret;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};

/// The field that names a request which must not be done twice.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key, in characters.
pub(super) const KEY_LENGTH: usize = 255;

/// The fields of this name as one list.
pub(super) fn list(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Problem> {
    let mut fields = headers.get_all(name).peekable();
    if fields.peek().is_none() {
        return Ok(None);
    }
    let texts: Result<Vec<&str>, _> = fields.map(|value| std::str::from_utf8(value.as_bytes())).collect();
    let texts = texts.map_err(|_| Problem::header_field(name.as_str(), "is not valid UTF-8"))?;
    Ok(Some(texts.join(", ")))
}

/// The key that came along, if one did.
pub(super) fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let field = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = field.split_once(' ')?;
    let secret = secret.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty()).then(|| Secret::presented(secret))
}

/// The key of a request that must not be done twice: as a text in quotation marks, as the draft has it, or bare.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let wrong = |problem: &str| Problem::header_field("idempotency-key", problem);
    let mut fields = headers.get_all(IDEMPOTENCY_KEY);
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(wrong("is given twice"));
    }
    let key = field.to_str().unwrap_or_default().trim();
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    let legal = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    if (1..=KEY_LENGTH).contains(&key.len()) && key.bytes().all(legal) {
        return Ok(Some(key.to_owned()));
    }
    Err(wrong(
        "must be 1 to 255 visible ASCII characters without quotation marks and backslashes, bare or in quotation marks",
    ))
}

/// The media type of the body, in lower case and without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let field = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = field.split(';').next().unwrap_or_default().trim();
    (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
}

/// Whether the body is encoded, compressed say.
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).any(|field| !field.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Which of these media types the client takes best; the first of them where it says nothing.
pub(super) fn accepted(headers: &HeaderMap, types: &[&'static str]) -> Result<Option<&'static str>, Problem> {
    let Some(first) = types.first() else { return Ok(None) };
    let Some(said) = list(headers, &ACCEPT)? else { return Ok(Some(first)) };
    if said.trim().is_empty() {
        return Ok(Some(first));
    }
    let ranges: Vec<(&str, f32)> = said.split(',').filter_map(range).collect();
    let mut best = None;
    for media_type in types {
        let quality = quality(media_type, &ranges);
        if quality > best.map_or(0.0, |(_, best)| best) {
            best = Some((*media_type, quality));
        }
    }
    match best {
        Some((media_type, _)) => Ok(Some(media_type)),
        None => {
            let detail = format!("This address answers with {}, which Accept leaves out.", types.join(" or "));
            Err(Problem::new(Kind::NotAcceptable, detail))
        }
    }
}

/// A range and its weight. One that cannot be read is passed over.
fn range(text: &str) -> Option<(&str, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| range.contains('/'))?;
    let mut weight = 1.0;
    for part in parts {
        if let Some((name, value)) = part.split_once('=')
            && name.trim().eq_ignore_ascii_case("q")
        {
            weight = value.trim().parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
        }
    }
    Some((range, weight))
}

/// The weight of the range that fits best.
fn quality(media_type: &str, ranges: &[(&str, f32)]) -> f32 {
    let main = media_type.split('/').next().unwrap_or_default();
    let fit = |range: &str| match range.split_once('/') {
        _ if range.eq_ignore_ascii_case(media_type) => 3,
        Some((kind, "*")) if kind.eq_ignore_ascii_case(main) => 2,
        Some(("*", "*")) => 1,
        _ => 0,
    };
    let fitting = ranges.iter().map(|(range, weight)| (fit(range), *weight)).filter(|(fit, _)| *fit > 0);
    // Of equals the first.
    fitting.fold((0, 0.0), |best, next| if next.0 > best.0 { next } else { best }).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), value.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn keys_are_borne() {
        for (field, secret) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer ", None),
            ("abc", None),
        ] {
            let found = bearer(&headers(&[("authorization", field)]));
            assert_eq!(found.as_ref().map(Secret::reveal), secret, "{field}");
        }
        assert_eq!(bearer(&headers(&[])), None);
    }

    #[test]
    fn keys_of_requests_are_bare_or_quoted() {
        let read = |field: &str| idempotency_key(&headers(&[("idempotency-key", field)]));
        for field in ["8e03978e-40d5", "\"8e03978e-40d5\""] {
            assert_eq!(read(field), Ok(Some("8e03978e-40d5".to_owned())), "{field}");
        }
        for field in ["", "\"\"", "a b", "\"a", "a\"b", "a\\b", "é", &"a".repeat(256)] {
            assert_eq!(read(field).expect_err(field).kind, Kind::BadHeader, "{field}");
        }
        assert!(idempotency_key(&headers(&[("idempotency-key", "a"), ("idempotency-key", "a")])).is_err());
        assert_eq!(idempotency_key(&headers(&[])), Ok(None));
    }

    #[test]
    fn the_best_of_what_is_accepted_is_taken() {
        let types = &["application/x-ndjson", "text/csv"];
        let of = |field: &str| accepted(&headers(&[("accept", field)]), types);
        for (field, taken) in [
            ("", types[0]),
            ("*/*", types[0]),
            ("text/*", types[1]),
            ("text/csv;q=0.5, application/*;q=0.4", types[1]),
            ("text/csv, application/x-ndjson", types[0]),
            ("*/*, application/x-ndjson;q=0", types[1]),
            ("nonsense, TEXT/CSV;header=present", types[1]),
        ] {
            assert_eq!(of(field), Ok(Some(taken)), "{field}");
        }
        for field in ["text/html", "*/*;q=0", "text/csv;q=0", "text/csv;q=x", "nonsense"] {
            assert_eq!(of(field).expect_err(field).kind, Kind::NotAcceptable, "{field}");
        }
        assert_eq!(accepted(&headers(&[]), types), Ok(Some(types[0])));
        assert_eq!(accepted(&headers(&[("accept", "text/html")]), &[]), Ok(None));
    }

    #[test]
    fn media_types_are_compared_without_parameters() {
        let of = |field: &str| media_type(&headers(&[("content-type", field)]));
        assert_eq!(of("Application/JSON; charset=utf-8").as_deref(), Some("application/json"));
        assert_eq!(of(" ;"), None);
    }
}
