//! What is answered from memory: lists of members that the roster holds, to whoever is known.
//!
//! Nothing of it is used before it is proven current for the request at hand, by a number of the change log that was
//! read after the request came in ([`Heads`]).

use super::heads::{Head, Heads};
use super::principals::{Key, Mark, Principals};
use super::validators::Validators;
use crate::metrics::Tally;
use dialect::{AtHand, Call, Presented, Refusal};
use membership::MemberPage;
use roster::{Held, Roster};
use std::sync::Arc;
use uuid::Uuid;

/// The roster, and what goes with it.
pub struct Memory {
    pub(super) roster: Arc<Roster>,
    pub(super) heads: Heads,
    pub(super) principals: Principals,
    /// Gives the head where that is known without a question to the store.
    known: Option<Known>,
    pub(super) validators: Validators,
    /// How many bytes of replies may be kept, so that they need not be made again.
    pub(super) replies: usize,
    /// How many replies were given again.
    pub(super) again: Tally,
}

impl Memory {
    /// With a roster that follows the change log of the store, how far which has come `head` says. `configured` is what
    /// makes replies look different elsewhere; `replies` how many bytes of them may be kept. Begins a thread.
    pub fn of(roster: Arc<Roster>, head: Head, configured: &str, replies: usize) -> std::io::Result<Self> {
        let heads = Heads::of(head, Arc::clone(&roster))?;
        let (principals, validators) = (Principals::default(), Validators::of(configured));
        Ok(Self { roster, heads, principals, known: None, validators, replies, again: Tally::default() })
    }

    /// With what gives the number of the last change where that is known without a question to the store: of all changes
    /// that were committed before it is called.
    #[must_use]
    pub fn knowing(self, known: impl Fn() -> Option<u64> + Send + Sync + 'static) -> Self {
        Self { known: Some(Box::new(known)), ..self }
    }
}

/// See [`Memory::knowing`].
type Known = Box<dyn Fn() -> Option<u64> + Send + Sync>;

impl Memory {
    /// An epoch of the roster and a number of the change log, read in that order, up to which the roster is current; see
    /// [`Heads::anywhere`].
    pub(super) async fn proven(&self, id: Uuid) -> Result<Option<Mark>, Refusal> {
        let epoch = self.roster.epoch();
        Ok(self.heads.anywhere(id).await?.map(|head| (epoch, head)))
    }

    /// Whose credential this is, where that is remembered, and proven now without a question to the store to be so still.
    pub(super) fn remembered(&self, key: &Key, now: i64) -> Option<dialect::Known> {
        let before = self.roster.head();
        let head = self.known.as_ref()?()?;
        // Of a lower number the log is not the one that was followed.
        if head < before || self.roster.head() < head {
            return None;
        }
        self.principals.get(key, self.roster.last_credential_change(), now)
    }

    /// An epoch of the roster and in it the number of a change that was committed.
    pub(super) fn followed(&self) -> Mark {
        let epoch = self.roster.epoch();
        (epoch, self.roster.head())
    }

    /// The same, on this thread, see [`Heads::here`].
    pub(super) fn proven_here(&self, id: Uuid) -> Result<Option<Mark>, Refusal> {
        let epoch = self.roster.epoch();
        Ok(self.heads.here(id)?.map(|head| (epoch, head)))
    }
}

/// By what the credential of a call is remembered, where the call is one that may be answered from memory: it asks for
/// members, for no person but the one who asks.
pub(super) fn key(audience: &'static str, call: &Call) -> Option<Key> {
    call.action.members_asked().filter(|_| call.on_behalf_of.is_none())?;
    key_of_any(audience, call)
}

/// The same of whatever call bears one.
pub(super) fn key_of_any(audience: &'static str, call: &Call) -> Option<Key> {
    let Presented::Secret(kind, secret) = &call.presented else { return None };
    Some(Key { audience, kind: *kind, secret: secret.hash() })
}

/// What the roster holds for a query.
pub(super) struct Hand(pub Held);

impl AtHand for Hand {
    fn group(&self) -> i64 {
        self.0.group().number
    }

    fn members(&self, read: &mut dyn FnMut(MemberPage<'_>)) {
        self.0.members(read);
    }

    fn count(&self) -> u64 {
        self.0.count()
    }
}
