//! Replies compressed with gzip, where the client takes it and it is worthwhile.
//!
//! Only lists and other data that are looked at are compressed, never a page of HTML: that is what a browser may be made
//! to ask for with its cookies, so that its length would tell something to whoever can choose a part of it.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT_ENCODING, AcceptEncoding, Encoding, Header};
use actix_web::web;
use dialect::Reply;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// From how many bytes on a body is compressed: a shorter one fits in a packet or two as it is.
const LEAST: usize = 1024;

/// Up to how many bytes are compressed on the thread that serves the socket, which takes some 0.2 ms. More is compressed
/// elsewhere.
const SHORT: usize = 32 << 10;

/// The types that are compressed. Parameters behind do not matter.
const TYPES: [&str; 2] = ["application/json", "application/xml"];

/// Compresses replies.
#[derive(Clone, Debug)]
pub(crate) struct Compressor {
    /// As many long bodies are compressed at once as there are cores; one more is sent as it is, which is quicker then.
    turns: Arc<Semaphore>,
}

impl Default for Compressor {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new(cores)) }
    }
}

impl Compressor {
    /// Compresses the reply, if the request wants it. Where it might have been, the reply says on what it depends. Tells
    /// whether the same would come of it at any time: it would not where there was no turn.
    pub async fn pack(&self, request: &HttpRequest, reply: &mut Reply) -> bool {
        if reply.status == 304 && request.method().is_safe() {
            // As the reply that it stands for.
            reply.vary_by("Accept-Encoding");
        }
        if reply.status != 200 || !request.method().is_safe() || !is_worthwhile(reply) {
            return true;
        }
        reply.vary_by("Accept-Encoding");
        if request.method() != Method::GET || !is_wanted(request) {
            return true;
        }
        if reply.body.len() <= SHORT {
            keep(reply, gzip(&reply.body));
            return true;
        }
        let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() else { return false };
        let body = std::mem::take(&mut reply.body);
        let packed = web::block(move || {
            let _turn = turn;
            let packed = gzip(&body);
            (body, packed)
        });
        match packed.await {
            Ok((body, packed)) => {
                reply.body = body;
                keep(reply, packed);
            }
            // Only where the thread is gone, at the very end: then the body is too.
            Err(_) => *reply = super::problem::internal(),
        }
        true
    }
}

fn is_worthwhile(reply: &Reply) -> bool {
    let kind = reply.content_type.split(';').next().unwrap_or_default();
    reply.body.len() >= LEAST
        && TYPES.contains(&kind)
        && !reply.headers.iter().any(|(name, _)| *name == "Content-Encoding")
}

/// Whether the client takes gzip, and says so. Who says nothing gets what everybody can read.
fn is_wanted(request: &HttpRequest) -> bool {
    if !request.headers().contains_key(ACCEPT_ENCODING) {
        return false;
    }
    let supported = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok();
    accepted.is_some_and(|accepted| accepted.negotiate(supported.iter()) == Some(Encoding::gzip()))
}

/// The same bytes, packed quickly rather than well.
fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// Takes the packed body in the place of the other, if it is shorter.
fn keep(reply: &mut Reply, packed: Option<Vec<u8>>) {
    if let Some(packed) = packed.filter(|packed| packed.len() < reply.body.len()) {
        reply.body = packed;
        reply.headers.push(("Content-Encoding", "gzip".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header;
    use actix_web::test::TestRequest;
    use flate2::read::GzDecoder;
    use std::io::Read;

    async fn packed(method: Method, accepted: Option<&str>, reply: Reply) -> Reply {
        let mut request = TestRequest::default().method(method);
        if let Some(accepted) = accepted {
            request = request.insert_header((header::ACCEPT_ENCODING, accepted));
        }
        let mut reply = reply;
        Compressor::default().pack(&request.to_http_request(), &mut reply).await;
        reply
    }

    fn list(bytes: usize) -> Reply {
        Reply::new(200, "application/json", "[1,2,3] ".repeat(bytes / 8))
    }

    fn said<'r>(reply: &'r Reply, name: &str) -> Option<&'r str> {
        reply.headers.iter().find(|(named, _)| *named == name).map(|(_, value)| value.as_str())
    }

    #[actix_web::test]
    async fn what_is_asked_for_comes_packed_and_unpacks_to_the_same() {
        for accepted in ["gzip", "deflate, gzip;q=0.5", "br, GZIP", "gzip, identity;q=0"] {
            for bytes in [LEAST, SHORT, SHORT + 8, 1 << 20] {
                let reply = packed(Method::GET, Some(accepted), list(bytes)).await;
                assert_eq!(said(&reply, "Content-Encoding"), Some("gzip"), "{accepted} {bytes}");
                assert_eq!(said(&reply, "Vary"), Some("Accept-Encoding"));
                let mut unpacked = Vec::new();
                GzDecoder::new(&*reply.body).read_to_end(&mut unpacked).expect("gzip");
                assert_eq!(unpacked, list(bytes).body);
                assert!(reply.body.len() < bytes / 2);
            }
        }
    }

    #[actix_web::test]
    async fn who_does_not_ask_for_it_gets_it_as_it_is() {
        for accepted in [
            None,
            Some(""),
            Some("identity"),
            Some("br"),
            Some("gzip;q=0"),
            Some("nonsense;;"),
            Some("*"),
            Some("identity, gzip;q=0.1"),
        ] {
            let reply = packed(Method::GET, accepted, list(4096)).await;
            assert_eq!((said(&reply, "Content-Encoding"), &reply.body), (None, &list(4096).body), "{accepted:?}");
            assert_eq!(reply.headers, [("Vary", "Accept-Encoding".to_owned())]);
        }
        let head = packed(Method::HEAD, Some("gzip"), list(4096)).await;
        assert_eq!((head.body.len(), said(&head, "Content-Encoding")), (4096, None));
    }

    #[actix_web::test]
    async fn what_is_short_or_no_data_stays_as_it_is() {
        let html = Reply::new(200, "text/html; charset=utf-8", vec![b' '; 4096]);
        let refused = Reply::new(400, "application/json", vec![b' '; 4096]);
        for reply in [list(LEAST - 8), html, refused] {
            assert_eq!(packed(Method::GET, Some("gzip"), reply.clone()).await, reply);
        }
        let unchanged = packed(Method::GET, Some("gzip"), Reply::new(304, "", "")).await;
        assert_eq!(unchanged, Reply::new(304, "", "").with("Vary", "Accept-Encoding"), "as the reply it stands for");
        let made = list(4096);
        assert_eq!(packed(Method::POST, Some("gzip"), made.clone()).await, made);
        // Nothing of it repeats.
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(2048)
        .collect();
        let reply = packed(Method::GET, Some("gzip"), Reply::new(200, "application/json", noise.clone())).await;
        assert_eq!((said(&reply, "Content-Encoding"), &reply.body), (None, &noise));
    }

    #[actix_web::test]
    async fn no_more_are_packed_at_once_than_there_are_cores() {
        let busy = Compressor { turns: Arc::new(Semaphore::new(0)) };
        let request = TestRequest::default().insert_header((header::ACCEPT_ENCODING, "gzip")).to_http_request();
        let mut reply = list(1 << 20);
        assert!(!busy.pack(&request, &mut reply).await, "it would be packed another time");
        assert_eq!((said(&reply, "Content-Encoding"), &reply.body), (None, &list(1 << 20).body));
        let mut short = list(2048);
        assert!(busy.pack(&request, &mut short).await);
        assert_eq!(said(&short, "Content-Encoding"), Some("gzip"), "takes no turn");
    }
}
