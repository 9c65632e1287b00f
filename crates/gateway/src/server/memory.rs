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
        Ok(Self { roster, heads, principals, validators, replies, again: Tally::default() })
    }
}

impl Memory {
    /// An epoch of the roster and a number of the change log, read in that order, up to which the roster is current; see
    /// [`Heads::anywhere`].
    pub(super) async fn proven(&self, id: Uuid) -> Result<Option<Mark>, Refusal> {
        let epoch = self.roster.epoch();
        Ok(self.heads.anywhere(id).await?.map(|head| (epoch, head)))
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
    let Call { presented: Presented::Secret(kind, secret), on_behalf_of: None, action, .. } = call else { return None };
    action.members_asked()?;
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
