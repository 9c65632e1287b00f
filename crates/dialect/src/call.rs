//! What a dialect is.

use crate::{Action, Refusal, Reply, Request, StandingFields};
use access::{CredentialKind, Secret};
use std::borrow::Cow;

/// A foreign HTTP dialect. Everything here is synchronous and pure: no socket, no database, no clock.
pub trait Dialect: Send + Sync {
    /// The name: the section of the configuration, and the audience of the credentials.
    fn name(&self) -> &'static str;

    /// The paths below which all addresses of the dialect lie, behind the configured prefix.
    fn mounts(&self) -> &'static [Mount];

    /// Whether [`Dialect::parse`] looks at the body of this request, whose body is still empty here. A request for
    /// which it does not is refused, where it must be, before its body has come.
    fn reads_body(&self, _request: &Request<'_>) -> bool {
        false
    }

    /// The pattern of the address that a path (behind the configured prefix, still percent-encoded) is, whatever the
    /// method, as [`crate::Route::pattern`] tells it; `None` when it is none. For logs and figures: there are only as
    /// many as the dialect has addresses, whatever clients ask for. Asked where parsing has not told it ([`Call::route`]): of
    /// a request that is refused.
    fn pattern(&self, _path: &str) -> Option<&'static str> {
        None
    }

    /// Turns a request below one of the mounts into what it asks.
    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal>;

    /// Writes a refusal, from wherever it came, in the dialect's own shape.
    fn refuse(&self, request: &Request<'_>, refusal: &Refusal) -> Reply;

    /// Adds what every reply of the dialect bears.
    fn finish(&self, _request: &Request<'_>, _reply: &mut Reply) {}

    /// In which fields every reply says how its client stands with its rate, if that is limited. `None` where the
    /// dialect says nothing of it.
    fn standing_fields(&self) -> Option<&'static StandingFields> {
        None
    }

    /// The fields of a request's header, by their names in lower case, on which the reply to a list of members depends
    /// beside its address and whoever asks. `None` where clients must not be told how to recognise a list that they have
    /// already.
    fn lists_vary_by(&self) -> Option<&'static [&'static str]> {
        None
    }

    /// The path (behind the configured prefix, still percent-encoded) as a log may show it: without what may be a
    /// secret.
    fn loggable<'p>(&self, path: &'p str) -> Cow<'p, str> {
        Cow::Borrowed(path)
    }
}

/// A path below which addresses lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The path, beginning with `/` and not ending in one.
    pub path: &'static str,
    /// Whether letters of either case match it.
    pub ignore_case: bool,
}

impl Mount {
    /// Whether `path` is the mount itself or lies below it.
    pub fn holds(&self, path: &str) -> bool {
        let Some((head, rest)) = path.split_at_checked(self.path.len()) else { return false };
        let same = if self.ignore_case { head.eq_ignore_ascii_case(self.path) } else { head == self.path };
        same && (rest.is_empty() || rest.starts_with('/'))
    }
}

/// What came of parsing a request.
pub enum Parsed {
    /// The core is asked to do something.
    Call(Call),
    /// The dialect can answer by itself (a CORS preflight, for example).
    Reply(Reply),
}

/// What a request asks, and with what right.
pub struct Call {
    /// What the client presented.
    pub presented: Presented,
    /// The uid of the person through whose eyes a key wants to see.
    pub on_behalf_of: Option<String>,
    /// What is to be done.
    pub action: Action,
    /// The pattern of the address, as [`Dialect::pattern`] tells it; where it is `None`, that is asked.
    pub route: Option<&'static str>,
}

impl Parsed {
    /// The same, of the address of this pattern.
    #[must_use]
    pub fn at(self, pattern: &'static str) -> Self {
        match self {
            Self::Call(call) => Self::Call(Call { route: Some(pattern), ..call }),
            reply @ Self::Reply(_) => reply,
        }
    }
}

impl Call {
    /// Whether the call needs a credential and none was presented.
    pub const fn lacks_credential(&self) -> bool {
        matches!(self.presented, Presented::Nothing) && self.action.operation().needs().is_some()
    }
}

/// What a client presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Nothing.
    Nothing,
    /// A secret of this kind.
    Secret(CredentialKind, Secret),
}

impl From<Call> for Parsed {
    fn from(call: Call) -> Self {
        Self::Call(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_hold_whole_segments() {
        let v3 = Mount { path: "/v3", ignore_case: false };
        for (path, held) in
            [("/v3", true), ("/v3/groups", true), ("/v3.0/groups", false), ("/V3", false), ("/v", false)]
        {
            assert_eq!(v3.holds(path), held, "{path}");
        }
        assert!(Mount { path: "/api/organization", ignore_case: true }.holds("/API/Organization/groups"));
        assert!(!v3.holds("/vé"), "cut inside a character");
    }
}
