//! Entity tags of lists that are answered from memory: nothing has to be written, nor sent, to whoever has it already.
//!
//! A tag says which list was asked for, by whom, and which changes were the last ones of what is in it. It is a weak one,
//! since the list may be sent compressed or not.

use super::entity_tags::Tags;
use access::Principal;
use dialect::{Dialect, Reply, Request};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Makes the tags. Those of gateways that are configured alike are alike.
pub(super) struct Validators {
    alike: DefaultHasher,
}

/// The validator of one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Validator {
    /// In its quotation marks, without the mark of a weak one.
    tag: String,
    /// Fields of a request's header on which the list depends, beside what packs it.
    varies: &'static [&'static str],
}

impl Validators {
    /// Tags for lists that are written as `configured` says: whatever changes how a list is written must be in it, and
    /// whatever makes the numbers of changes begin anew.
    pub fn of(configured: &str) -> Self {
        let mut alike = DefaultHasher::new();
        (env!("CARGO_PKG_VERSION"), configured).hash(&mut alike);
        Self { alike }
    }

    /// That of the list which is asked for, whose last changes are `version`; none where the dialect has none, or where
    /// something else than a look is asked for.
    pub fn validator(
        &self,
        dialect: &dyn Dialect,
        asked: &Request<'_>,
        principal: &Principal,
        version: impl Hash,
    ) -> Option<Validator> {
        let varies = dialect.lists_vary_by().filter(|_| asked.method.reads())?;
        let mut hasher = self.alike.clone();
        (dialect.name(), asked.prefix, asked.path, asked.query, version).hash(&mut hasher);
        let viewer = principal.viewer.as_ref().map(|viewer| viewer.number);
        (principal.credential, viewer).hash(&mut hasher);
        varies.iter().for_each(|name| asked.header(name).hash(&mut hasher));
        Some(Validator { tag: format!("\"{:016x}\"", hasher.finish()), varies })
    }
}

impl Validator {
    /// Whether whoever asks has the list already. What cannot be read counts as nothing.
    pub fn is_known_to(&self, asked: &Request<'_>) -> bool {
        let named = asked.header("if-none-match").and_then(Tags::parse);
        named.is_some_and(|tags| tags.hold(&self.tag, true))
    }

    /// The reply to whoever has the list already.
    pub fn unchanged(self) -> Reply {
        self.tell(Reply::new(304, "", ""))
    }

    /// Says it in a reply. Nobody else may be shown what is kept, and who asked must ask again before it shows it.
    pub fn tell(self, reply: Reply) -> Reply {
        let reply = reply.with("ETag", format!("W/{}", self.tag)).with("Cache-Control", "private, no-cache");
        if self.varies.is_empty() { reply } else { reply.with("Vary", self.varies.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::{Rights, Viewer};
    use dialect::{Method, Mount, Parsed, Refusal};

    struct Trial(Option<&'static [&'static str]>);

    impl Dialect for Trial {
        fn name(&self) -> &'static str {
            "trial"
        }
        fn mounts(&self) -> &'static [Mount] {
            &[]
        }
        fn parse(&self, _: &Request<'_>) -> Result<Parsed, Refusal> {
            Err(Refusal::NoSuchPath)
        }
        fn refuse(&self, _: &Request<'_>, _: &Refusal) -> Reply {
            Reply::new(404, "", "")
        }
        fn lists_vary_by(&self) -> Option<&'static [&'static str]> {
            self.0
        }
    }

    const VARIES: Option<&[&str]> = Some(&["accept"]);

    fn asked<'a>(query: &'a str, headers: &'a &'a [(&'a str, &'a str)]) -> Request<'a> {
        Request { method: Method::Get, path: "/p", query, prefix: "", headers, body: b"" }
    }

    #[test]
    fn a_tag_is_that_of_one_list_for_one_principal_at_one_version() {
        let validators = Validators::of("so");
        let principal = Principal { credential: Some(1), rights: Rights::READ, ..Principal::nobody() };
        let headers: &[(&str, &str)] = &[("accept", "a"), ("x-other", "b")];
        let tag = |validators: &Validators, asked: &Request<'_>, principal: &Principal, version: (u64, u64)| {
            validators.validator(&Trial(VARIES), asked, principal, version).expect("one").tag
        };
        let one = tag(&validators, &asked("q", &headers), &principal, (1, 2));
        assert_eq!(one.len(), 18);
        let other_field: &[(&str, &str)] = &[("accept", "a"), ("x-other", "c")];
        assert_eq!(tag(&Validators::of("so"), &asked("q", &other_field), &principal, (1, 2)), one);
        let viewer = Some(Viewer { number: 7, uid: "u".into() });
        let accept: &[(&str, &str)] = &[("accept", "b")];
        let all = [
            one,
            tag(&Validators::of("otherwise"), &asked("q", &headers), &principal, (1, 2)),
            tag(&validators, &asked("r", &headers), &principal, (1, 2)),
            tag(&validators, &asked("q", &accept), &principal, (1, 2)),
            tag(&validators, &asked("q", &headers), &principal, (2, 2)),
            tag(&validators, &asked("q", &headers), &principal, (1, 3)),
            tag(&validators, &asked("q", &headers), &Principal { credential: Some(2), ..principal.clone() }, (1, 2)),
            tag(&validators, &asked("q", &headers), &Principal { viewer, ..principal.clone() }, (1, 2)),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{all:?}");
        }
    }

    #[test]
    fn only_who_looks_at_what_can_be_told_apart_gets_one() {
        let validators = Validators::of("");
        let headers: &[(&str, &str)] = &[];
        let get = asked("", &headers);
        let of = |varies, method| {
            let asked = Request { method, ..get };
            validators.validator(&Trial(varies), &asked, &Principal::nobody(), 1)
        };
        assert_eq!(of(None, Method::Get), None);
        assert_eq!(of(VARIES, Method::Post), None);
        assert_eq!(of(VARIES, Method::Head), of(VARIES, Method::Get));
        let validator = of(VARIES, Method::Get).expect("one");
        let value = format!("\"x\", {}", validator.tag);
        for (value, known) in [(&*value, true), ("*", true), ("\"x\"", false), ("nonsense", false), ("", false)] {
            let headers: &[(&str, &str)] = &[("if-none-match", value)];
            assert_eq!(validator.is_known_to(&asked("", &headers)), known, "{value}");
        }
        let reply = validator.clone().unchanged();
        assert_eq!((reply.status, reply.content_type, reply.body.len()), (304, "", 0));
        assert_eq!(reply.headers[0], ("ETag", format!("W/{}", validator.tag)));
        assert_eq!(reply.headers[2], ("Vary", "accept".to_owned()));
    }
}
