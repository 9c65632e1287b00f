//! The pages at which a person signs in and consents to a client: the authorization endpoint of OAuth 2.0 (RFC 6749,
//! 3.1, with PKCE of RFC 7636 and the advice of RFC 9700), for every dialect that has one.
//!
//! A dialect keeps a [`SignIn`], says in a [`Flow`] what is its own, and hands over the requests for its address:
//!
//! * `GET` shows the page to sign in, or to whoever is signed in the page to consent;
//! * `POST` takes the forms of these pages, which say in `do` what was pressed. It always answers with the address to go
//!   on at, or with a page that says what was wrong.
//!
//! Client and address are judged before anything else, so that a browser is only ever sent to a registered address.

mod asked;
mod cookie;
mod forms;
mod gate;
mod page;
mod steps;
mod throttle;

use crate::host::Hosts;
use crate::{Action, Call, Method, Parsed, Presented, Query, Refusal, Reply, Request};
use access::{HashingFailed, Operation, PasswordHash, Rights};
use asked::Asked;
use cookie::Cookie;
use forms::Sent;
use gate::Gate;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use steps::Visit;
use throttle::Throttle;

/// The longest form that is read, in bytes.
const LONGEST_FORM: usize = 8 * 1024;
/// How long a person may wait until a password is judged.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most passwords that are judged at once, on whatever machine.
const MOST_AT_ONCE: usize = 4;

/// What a dialect says of its own flow.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// For what the accounts are, in words: `Elance`.
    pub title: &'static str,
    /// From the scope that is asked for (empty when none is) to the one that is given, and its rights; `None` when it is
    /// to be refused.
    pub scope: fn(&str) -> Option<(&'static str, Rights)>,
}

/// What all requests for the pages share: who has tried how often, and how many passwords are being judged. Handles to
/// the same one are clones.
#[derive(Clone, Debug)]
pub struct SignIn(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    hosts: Hosts,
    throttle: Throttle,
    gate: Gate,
    /// Nobody's password, with which those are judged who have none.
    nobodys: OnceLock<PasswordHash>,
}

impl SignIn {
    /// Pages under this address (`https://api.example.com`, perhaps with a path): asked for under another host they are
    /// refused. Empty for whatever host a request names.
    pub fn reached_at(public_url: &str) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Shared {
            hosts: Hosts::of(public_url),
            throttle: Throttle::default(),
            gate: Gate::new(cores.min(MOST_AT_ONCE), PATIENCE),
            nobodys: OnceLock::new(),
        }))
    }

    /// What a request for the address asks.
    pub fn parse(&self, flow: &'static Flow, request: &Request<'_>) -> Result<Parsed, Refusal> {
        if !self.0.hosts.hold(request.header("host")) {
            return Ok(Parsed::Reply(page::say(
                400,
                "This address is not right",
                "Pages are shown under the gateway's own name only. Check the address, or ask whoever runs the gateway.",
            )));
        }
        let asked = match Asked::read(&Query::parse(request.query), flow) {
            Ok(asked) => asked,
            Err(fault) => return Ok(Parsed::Reply(steps::not_understood(&format!("{fault}.")))),
        };
        let secure = self.0.hosts.are_secure() || request.headers.is_over_tls();
        let visit = Visit { shared: Arc::clone(&self.0), flow, asked, secure, cookie: Cookie::of(request, secure) };
        let action = if request.method == Method::Post {
            if request.body.len() > LONGEST_FORM {
                return Err(Refusal::BodyTooLarge(LONGEST_FORM));
            }
            let sent = Sent::read(request)?;
            Action::task(Operation::SignIn, move |session| visit.form(session, &sent))
        } else {
            Action::quick(Operation::SignIn, move |session| visit.look(session))
        };
        Ok(Call { presented: Presented::Nothing, on_behalf_of: None, action, route: None }.into())
    }

    /// A refusal as a page, from the reply by which the dialect would tell it.
    pub fn refuse(&self, reply: Reply) -> Reply {
        let (heading, text) = match reply.status {
            429 | 503 => ("Not now", "The gateway has too much to do. Try again in a moment."),
            405 => ("This cannot be done", "This address does not know that method."),
            400..=499 => ("This cannot be done", "What was sent could not be understood. Go back and try again."),
            _ => ("Something went wrong", "The gateway failed. This is not your fault. Try again later."),
        };
        let mut page = page::say(reply.status, heading, text);
        page.headers.extend(reply.headers);
        page
    }
}

/// Under whatever name.
impl Default for SignIn {
    fn default() -> Self {
        Self::reached_at("")
    }
}

impl Shared {
    /// Whether `password` is the one that `hash` is of. Takes as long when there is none. `None` when too many are being
    /// judged.
    fn is_right(&self, hash: Option<&PasswordHash>, password: &str) -> Result<Option<bool>, HashingFailed> {
        let Some(_inside) = self.gate.enter() else { return Ok(None) };
        if let Some(hash) = hash {
            return Ok(Some(hash.is_of(password)));
        }
        let nobodys = match self.nobodys.get() {
            Some(hash) => hash,
            None => {
                let hash = PasswordHash::of("nobody's")?;
                self.nobodys.get_or_init(|| hash)
            }
        };
        // Whatever it says, there is nobody to be let in.
        let _ = nobodys.is_of(password);
        Ok(Some(false))
    }
}
