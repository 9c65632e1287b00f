//! Replies that were given before, each with what it rests on: as long as that is still so, they are given again.
//!
//! A reply is found by a hash of the whole request (method, address, every field of the header), keyed with a secret of
//! this process. So nothing that a request may depend on can be forgotten, two requests that differ never share a reply,
//! and no secret that a request bears is kept.

use super::memory::Memory;
use super::names;
use super::principals::Mark;
use crate::logging;
use crate::metrics::Counted;
use access::Vault;
use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use dialect::{Dialect, Known, Reply, Standing};
use membership::MemberQuery;
use roster::Ground;
use siphasher::sip128::{Hasher128, SipHasher24};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hasher;
use std::rc::Rc;
use uuid::Uuid;

/// What a reply from memory rests on.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    /// What was asked.
    pub query: MemberQuery,
    /// How things stood.
    pub ground: Ground,
    /// Who was told.
    pub known: Known,
}

/// One reply, but for what differs from request to request.
pub(super) struct Kept {
    basis: Basis,
    pub status: StatusCode,
    fields: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    /// The minute in which its credential's use was noted last.
    noted: Cell<i64>,
    pub about: About,
}

impl Kept {
    /// Of a reply that tells nothing of its request's id, nor of a rate, with the fields that its sender adds.
    pub fn new(basis: Basis, mut reply: Reply, hardened: HeaderMap, about: About) -> Self {
        let mut fields = fields(&reply);
        fields.extend(hardened);
        // What was not needed would be kept too.
        reply.body.shrink_to_fit();
        Self { basis, status: status(&reply), fields, body: reply.body.into(), noted: Cell::new(i64::MIN), about }
    }

    /// Whether it is the reply to the same request now, after which an epoch and in it a number of the change log were
    /// read; its credential lets in as before.
    pub fn is_true(&self, memory: &Memory, (epoch, head): Mark, now: i64) -> bool {
        let ground = memory.roster.ground(head, &self.basis.query);
        let is_so = |ground: Ground| ground.epoch == epoch && ground == self.basis.ground;
        ground.is_some_and(is_so) && self.basis.known.lasts(now)
    }

    /// Who is told.
    pub const fn known(&self) -> &Known {
        &self.basis.known
    }

    /// Notes the use of its credential at the time `now` (unix seconds), which is told to the minute.
    pub fn note_use(&self, vault: &dyn Vault, now: i64) {
        let minute = now.div_euclid(60);
        if let Some(id) = self.known().principal().credential.filter(|_| self.noted.replace(minute) != minute) {
            vault.note_use(id, now);
        }
    }

    /// Writes the fields of the header.
    pub fn write_fields(&self, into: &mut HeaderMap) {
        for (name, value) in &self.fields {
            into.append(name.clone(), value.clone());
        }
    }

    fn bytes(&self) -> usize {
        /// What the rest takes, about.
        const REST: usize = 1_024;
        let fields: usize = self.fields.iter().map(|(_, value)| REST / 16 + value.len()).sum();
        REST + self.body.len() + fields + self.about.shown.as_ref().map_or(0, String::len)
    }
}

/// What the metrics and the access log tell of a request, as far as that is the same when it is made again.
pub(super) struct About {
    pub counted: Counted,
    pub dialect: &'static str,
    pub route: Option<&'static str>,
    /// The path as a log may show it, where that is not the path itself.
    pub shown: Option<String>,
}

/// What is not borrowed of a text.
pub(super) fn owned(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    }
}

/// The status of a reply.
pub(super) fn status(reply: &Reply) -> StatusCode {
    StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The fields of a reply's header, but for what its sender adds.
pub(super) fn fields(reply: &Reply) -> Vec<(HeaderName, HeaderValue)> {
    let mut fields = Vec::with_capacity(reply.headers.len() + 4);
    if !reply.content_type.is_empty() {
        fields.push((CONTENT_TYPE, HeaderValue::from_static(reply.content_type)));
    }
    for (name, value) in &reply.headers {
        match (names::field(name), HeaderValue::from_str(value)) {
            (Some(name), Ok(value)) => fields.push((name, value)),
            _ => log::error!("the field {name} of the reply's header has an illegal value"),
        }
    }
    fields
}

/// Adds the fields that say how a client stands, where its dialect says anything of it.
pub(super) fn tell_standing(dialect: &dyn Dialect, standing: &Standing, into: &mut HeaderMap) {
    let Some(fields) = dialect.standing_fields() else { return };
    for (name, number) in fields.numbers(standing) {
        if let Some(name) = names::field(name) {
            into.insert(name, number.into());
        }
    }
}

/// By what a request is told from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RequestKey(u128);

/// With which the hashes of parts of a request begin, so that none can be taken for one of another kind.
const ADDRESS: u8 = 0;
const FIELD: u8 = 1;

/// Makes the keys. Whoever knows neither its secret nor any hash cannot make two requests whose keys are the same.
#[derive(Clone, Copy)]
pub(super) struct RequestKeys(SipHasher24);

impl Default for RequestKeys {
    fn default() -> Self {
        Self(SipHasher24::new_with_key(Uuid::new_v4().as_bytes()))
    }
}

impl RequestKeys {
    /// That of a request without a body, which may be looked at again; none of another. What is not in the header is
    /// given: whether a proxy of ours has handed it on, and whether it came over TLS.
    pub fn key(&self, head: &RequestHead, by_proxy: bool, over_tls: bool) -> Option<RequestKey> {
        if head.method != Method::GET {
            return None;
        }
        let mut hasher = self.0;
        hasher.write_u8(ADDRESS);
        let mut part = |text: &[u8]| {
            hasher.write_usize(text.len());
            hasher.write(text);
        };
        part(head.uri.path_and_query().map_or("", |target| target.as_str()).as_bytes());
        part(head.uri.authority().map_or("", |authority| authority.as_str()).as_bytes());
        hasher.write_u8(u8::from(by_proxy) | u8::from(over_tls) << 1);
        let address = hasher.finish128().as_u128();
        // In no order: the map of the fields has none. Those of one name come together, in the order in which they came.
        let (mut before, mut nth) = (None, 0);
        let fields = head.headers.iter().map(|(name, value)| {
            nth = if before == Some(name) { nth + 1 } else { 0 };
            before = Some(name);
            let mut hasher = self.0;
            hasher.write_u8(FIELD);
            hasher.write_usize(nth);
            hasher.write_usize(name.as_str().len());
            hasher.write(name.as_str().as_bytes());
            hasher.write(value.as_bytes());
            hasher.finish128().as_u128()
        });
        Some(RequestKey(fields.fold(address, u128::wrapping_add)))
    }
}

/// How often a request was made before, as far as is known.
pub(super) enum Made {
    /// Never, or not lately.
    Never,
    /// Its reply was not kept.
    Before,
    /// Its reply is here.
    Kept(Rc<Kept>),
}

/// The replies that one thread keeps, of which the ones that nobody has asked for longest are forgotten first.
pub(super) struct Replies {
    /// How many bytes a generation may take.
    generation: usize,
    young: HashMap<RequestKey, Rc<Kept>>,
    young_bytes: usize,
    old: HashMap<RequestKey, Rc<Kept>>,
    /// The requests that were made lately. What is asked for once only is not worth keeping, and would drive out others.
    made: Box<[u64; MADE]>,
}

/// How many requests are remembered as made, one for each place.
const MADE: usize = 4_096;

impl Replies {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self {
            generation: bytes / 2,
            young: HashMap::new(),
            young_bytes: 0,
            old: HashMap::new(),
            made: Box::new([0; MADE]),
        }
    }

    /// What is known of a request, which is being made.
    pub fn look(&mut self, key: RequestKey) -> Made {
        if let Some(kept) = self.young.get(&key) {
            return Made::Kept(Rc::clone(kept));
        }
        if let Some(kept) = self.old.remove(&key) {
            self.keep(key, Rc::clone(&kept));
            return Made::Kept(kept);
        }
        let (place, rest) = (key.0 as usize % MADE, (key.0 >> 64) as u64 | 1);
        match self.made.get_mut(place) {
            Some(made) if *made == rest => Made::Before,
            Some(made) => {
                *made = rest;
                Made::Never
            }
            None => Made::Never,
        }
    }

    /// Keeps a reply, in the place of the one before.
    pub fn keep(&mut self, key: RequestKey, kept: Rc<Kept>) {
        self.forget(&key);
        let bytes = kept.bytes();
        if bytes > self.generation / 4 {
            return;
        }
        if self.young_bytes + bytes > self.generation {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(key, kept);
    }

    fn forget(&mut self, key: &RequestKey) {
        self.old.remove(key);
        if let Entry::Occupied(before) = self.young.entry(*key) {
            self.young_bytes -= before.remove().bytes();
        }
    }
}

/// Where the reply to a request is to be kept.
pub(super) struct Keeper {
    pub key: RequestKey,
    pub replies: Rc<RefCell<Replies>>,
}

impl Keeper {
    /// Keeps it.
    pub fn keep(self, id: Uuid, kept: Rc<Kept>) {
        match self.replies.try_borrow_mut() {
            Ok(mut replies) => replies.keep(self.key, kept),
            Err(_) => logging::within(id, || log::error!("the replies are in use")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::{CredentialKind, Rights, Secret};
    use actix_http::Request;
    use actix_web::test::TestRequest;
    use membership::{GroupKey, Window};
    use roster::Version;
    use testkit::MemoryDirectory;

    fn request(method: Method, target: &str, fields: &[(&'static str, &str)]) -> Request {
        let request = TestRequest::with_uri(target).method(method);
        fields.iter().fold(request, |request, field| request.append_header(*field)).to_request()
    }

    #[test]
    fn requests_that_differ_have_keys_that_differ() {
        let keys = RequestKeys::default();
        let key = |target: &str, fields: &[(&'static str, &str)], (by_proxy, over_tls)| {
            keys.key(request(Method::GET, target, fields).head(), by_proxy, over_tls).expect("GET")
        };
        let direct = (false, false);
        let mut seen = HashMap::new();
        for (target, fields, way) in [
            ("/a", &[][..], direct),
            ("/b", &[], direct),
            ("/a?", &[], direct),
            ("/a?b", &[], direct),
            ("/a?b&c", &[], direct),
            ("/a", &[], (true, false)),
            ("/a", &[], (false, true)),
            ("/a", &[], (true, true)),
            ("/a", &[("x", "")], direct),
            ("/a", &[("x", "1")], direct),
            ("/a", &[("x", "2")], direct),
            ("/a", &[("x1", "")], direct),
            ("/a", &[("y", "1")], direct),
            ("/a", &[("x", "1"), ("y", "2")], direct),
            ("/a", &[("x", "2"), ("y", "1")], direct),
            ("/a", &[("x", "1"), ("x", "2")], direct),
            ("/a", &[("x", "2"), ("x", "1")], direct),
            ("/a", &[("x", "1"), ("x", "1")], direct),
            ("/a", &[("x", "1, 2")], direct),
        ] {
            assert_eq!(seen.insert(key(target, fields, way), (target, fields, way)), None, "{target} {fields:?}");
        }
        let fields: Vec<(&'static str, &str)> =
            ["a", "b", "c", "d", "e", "f", "g", "h"].into_iter().map(|name| (name, "1")).collect();
        let turned: Vec<_> = fields.iter().rev().copied().collect();
        assert_eq!(key("/a", &fields, direct), key("/a", &turned, direct), "the order of names says nothing");
        let other = RequestKeys::default().key(request(Method::GET, "/a", &[]).head(), false, false);
        assert!(!seen.contains_key(&other.expect("GET")), "of another process");
        for method in [Method::HEAD, Method::POST, Method::DELETE] {
            assert_eq!(keys.key(request(method, "/a", &[]).head(), false, false), None);
        }
    }

    fn kept(bytes: usize) -> Rc<Kept> {
        let memory = MemoryDirectory::new();
        memory.grant("trial", CredentialKind::Key, "s", Rights::READ, None);
        let hash = Secret::presented("s").hash();
        let known = Known::find(memory.core(100), "trial", CredentialKind::Key, &hash).expect("granted");
        let ground = Ground { epoch: 0, credentials: 0, version: Version { group: 1, persons: 1 } };
        let query = MemberQuery::new(GroupKey::Number(1), Window::page(1, 10));
        let basis = Basis { query, ground, known };
        let asked = crate::metrics::Asked::new(None, None, "GET");
        let counted = crate::metrics::Metrics::default().counted(asked, 200);
        let about = About { counted, dialect: "trial", route: None, shown: None };
        Rc::new(Kept::new(basis, Reply::new(200, "", vec![b' '; bytes]), HeaderMap::new(), about))
    }

    fn is_kept(replies: &mut Replies, key: u128) -> bool {
        matches!(replies.look(RequestKey(key)), Made::Kept(_))
    }

    #[test]
    fn what_is_asked_for_stays_and_not_more_than_there_is_room_for() {
        let mut replies = Replies::new(1 << 20);
        replies.keep(RequestKey(0), kept(1_000));
        for key in 1..2_000 {
            replies.keep(RequestKey(key), kept(1_000));
            assert!(is_kept(&mut replies, 0) && is_kept(&mut replies, key), "{key}");
            let bytes = |kept: &HashMap<RequestKey, Rc<Kept>>| kept.values().map(|kept| kept.bytes()).sum::<usize>();
            assert_eq!(bytes(&replies.young), replies.young_bytes);
            assert!(replies.young_bytes + bytes(&replies.old) <= 1 << 20);
        }
        assert!(!is_kept(&mut replies, 1));
        replies.keep(RequestKey(0), kept(1 << 18));
        assert!(
            !is_kept(&mut replies, 0),
            "nothing takes all the room, and what it was before is not the answer any more"
        );
        let mut none = Replies::new(0);
        none.keep(RequestKey(1), kept(0));
        assert!(!is_kept(&mut none, 1));
    }

    #[test]
    fn all_that_is_kept_is_counted() {
        let plain = kept(1_000).bytes();
        let basis = || kept(0).basis.clone();
        let about = |shown: Option<String>| {
            let counted =
                crate::metrics::Metrics::default().counted(crate::metrics::Asked::new(None, None, "GET"), 200);
            About { counted, dialect: "trial", route: None, shown }
        };
        let reply = || Reply::new(200, "", vec![b' '; 1_000]);
        let linked = Kept::new(basis(), reply().with("Link", "x".repeat(8_000)), HeaderMap::new(), about(None));
        assert!(linked.bytes() >= plain + 8_000, "{}", linked.bytes());
        let shown = Kept::new(basis(), reply(), HeaderMap::new(), about(Some("x".repeat(8_000))));
        assert!(shown.bytes() >= plain + 8_000, "{}", shown.bytes());
    }

    #[test]
    fn what_was_made_before_is_known() {
        let mut replies = Replies::new(1 << 20);
        let key = |at: u64| RequestKey(u128::from(at) << 64 | u128::from(at % 7));
        assert!(matches!(replies.look(key(1)), Made::Never));
        assert!(matches!(replies.look(key(1)), Made::Before));
        assert!(matches!(replies.look(key(8)), Made::Never), "of the same place");
        assert!(matches!(replies.look(key(1)), Made::Never));
    }
}
