//! Which dialects there are, and which of them holds a path.

use crate::settings::{ExpiresIn, Settings};
use anyhow::bail;
use dialect::Dialect;
use dialect::sign_in::SignIn;
use dialect_cometchat::CometChat;
use dialect_elance::Elance;
use dialect_rm::Rm;

/// The enabled dialects.
pub struct Registry {
    mounted: Vec<Mounted>,
}

/// A dialect and where it is mounted.
pub struct Mounted {
    /// The dialect.
    pub dialect: Box<dyn Dialect>,
    /// What stands in front of its addresses: empty, or begins with `/` and does not end in one.
    pub prefix: String,
}

/// Every dialect, with whether it is enabled and its prefix: one line each.
fn all(settings: &Settings) -> Vec<(bool, &str, Box<dyn Dialect>)> {
    let public_url = &settings.server.public_url;
    let settings = &settings.dialects;
    let elance = dialect_elance::Settings {
        default_rpp: settings.elance.default_rpp,
        results_as_array: settings.elance.results_as_array,
        public_url: public_url.clone(),
        strict_redirect: settings.elance.strict_redirect,
        expires_in_seconds: settings.elance.expires_in == ExpiresIn::Seconds,
    };
    // Whoever tries passwords at one dialect is counted at the others too.
    let sign_in = SignIn::reached_at(public_url);
    let elance = Elance::new(elance).signing_in_at(sign_in.clone());
    let rm = Rm::new().signing_in_at(sign_in);
    vec![
        (settings.elance.enabled, &settings.elance.prefix, Box::new(elance)),
        (settings.rm.enabled, &settings.rm.prefix, Box::new(rm)),
        (settings.cometchat.enabled, &settings.cometchat.prefix, Box::new(CometChat::reached_at(public_url))),
    ]
}

impl Registry {
    /// The enabled dialects of the configuration. Refused when two of them share an address.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let enabled = all(settings).into_iter().filter(|(enabled, ..)| *enabled);
        Self::of(enabled.map(|(_, prefix, dialect)| Mounted { dialect, prefix: prefix.to_owned() }).collect())
    }

    /// These dialects. Refused when two of them share an address.
    pub fn of(mounted: Vec<Mounted>) -> anyhow::Result<Self> {
        for (at, one) in mounted.iter().enumerate() {
            for other in &mounted[at + 1..] {
                if let Some(path) = one.shared_with(other) {
                    let (one, other) = (one.dialect.name(), other.dialect.name());
                    bail!("the dialects {one} and {other} both hold {path}; give one of them a prefix of its own");
                }
            }
        }
        Ok(Self { mounted })
    }

    /// The dialect that holds `path`, with the path behind its prefix.
    pub fn find<'p>(&self, path: &'p str) -> Option<(&Mounted, &'p str)> {
        self.mounted.iter().find_map(|mounted| {
            let rest = path.strip_prefix(mounted.prefix.as_str())?;
            mounted.dialect.mounts().iter().any(|mount| mount.holds(rest)).then_some((mounted, rest))
        })
    }

    /// The dialect of this name.
    pub fn dialect(&self, name: &str) -> Option<&dyn Dialect> {
        self.mounted.iter().find(|mounted| mounted.dialect.name() == name).map(|mounted| &*mounted.dialect)
    }

    /// The names of the dialects.
    pub fn names(&self) -> Vec<&'static str> {
        self.mounted.iter().map(|mounted| mounted.dialect.name()).collect()
    }
}

impl Mounted {
    /// A path that both hold, if there is one. Letters of either case count as the same, to be on the safe side.
    fn shared_with(&self, other: &Self) -> Option<String> {
        let paths = |m: &Self| -> Vec<String> {
            m.dialect.mounts().iter().map(|mount| format!("{}{}", m.prefix, mount.path)).collect()
        };
        let below = |path: &str, of: &str| {
            let (path, of) = (path.to_ascii_lowercase(), of.to_ascii_lowercase());
            path.strip_prefix(&of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let (mine, theirs) = (paths(self), paths(other));
        let pairs = mine.iter().flat_map(|m| theirs.iter().map(move |t| (m, t)));
        pairs.into_iter().find_map(|(m, t)| {
            if below(m, t) {
                Some(m.clone())
            } else if below(t, m) {
                Some(t.clone())
            } else {
                None
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Dialects;
    use dialect::{Parsed, Request};

    fn registry(change: impl FnOnce(&mut Dialects)) -> anyhow::Result<Registry> {
        let mut settings = Settings::built_in().expect("sound");
        change(&mut settings.dialects);
        Registry::new(&settings)
    }

    #[test]
    fn paths_find_their_dialect() {
        let registry = registry(|d| d.rm.prefix = "/risk".into()).expect("no overlap");
        for (path, found) in [
            ("/api2/groups/1/members", Some(("elance", "/api2/groups/1/members"))),
            ("/risk/API/organization/groups", Some(("rm", "/API/organization/groups"))),
            ("/risk/APIIntegration/Token", Some(("rm", "/APIIntegration/Token"))),
            ("/v3.0/groups", Some(("cometchat", "/v3.0/groups"))),
            ("/v3", Some(("cometchat", "/v3"))),
            ("/api/Organization/groups", None),
            ("/risky/api/Organization/groups", None),
            ("/v30/groups", None),
            ("/", None),
            ("", None),
            ("*", None),
        ] {
            assert_eq!(registry.find(path).map(|(m, rest)| (m.dialect.name(), rest)), found, "{path}");
        }
    }

    #[test]
    fn every_route_is_known_by_its_pattern() {
        let registry = registry(|_| {}).expect("no overlap");
        let mut understood = 0;
        let routes = dialect_elance::routes().chain(dialect_rm::routes()).chain(dialect_cometchat::routes());
        for route in routes {
            // A GUID is taken for whatever stands in braces.
            let segments = route.pattern.split('/').map(|segment| match segment.strip_prefix('{') {
                Some(_) => "6fe49ce4-56d4-475f-9483-1adca6b2976c",
                None => segment,
            });
            let path = segments.collect::<Vec<_>>().join("/");
            let (mounted, below) = registry.find(&path).expect("held by a dialect");
            assert_eq!(mounted.dialect.pattern(below), Some(route.pattern), "{path}");
            // What is understood tells it too, so that nobody has to ask.
            let headers = [("authorization", "Bearer x"), ("apikey", "x")];
            let (method, prefix) = (route.method, mounted.prefix.as_str());
            let asked = Request { method, path: below, query: "", prefix, headers: &headers.as_slice(), body: b"{}" };
            if let Ok(Parsed::Call(call)) = mounted.dialect.parse(&asked) {
                assert_eq!(call.route, Some(route.pattern), "{path}");
                understood += 1;
            }
        }
        assert!(understood > 30, "{understood}");
        for path in [
            "/api2/nothing",
            "/api2/groups/1/members/me/x",
            "/api/organization/x",
            "/v3",
            "/v3/",
            "/v3/groups/",
            "/v3.0/x/y",
        ] {
            let (mounted, below) = registry.find(path).expect("held by a dialect");
            assert_eq!(mounted.dialect.pattern(below), None, "{path}");
        }
        let (mounted, below) = registry.find("/API/organization/Groups/").expect("RM");
        assert_eq!(mounted.dialect.pattern(below), Some("/api/Organization/groups"));
    }

    #[test]
    fn a_disabled_dialect_answers_nothing() {
        let registry = registry(|d| d.cometchat.enabled = false).expect("no overlap");
        assert!(registry.find("/v3/groups/supergroup/members").is_none());
        assert!(!registry.names().contains(&"cometchat"));
        assert_eq!(registry.names(), ["elance", "rm"]);
    }

    #[test]
    fn two_dialects_may_not_share_an_address() {
        let error = registry(|d| d.elance.prefix = "/V3".into()).map(|_| ()).expect_err("overlap").to_string();
        assert!(error.contains("elance and cometchat"), "{error}");
    }
}
