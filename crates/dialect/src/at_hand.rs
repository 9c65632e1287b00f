//! Answers that are at hand: what a read model in memory has for one query.

use crate::answer::directory_refusal;
use crate::limited;
use crate::{Action, Refusal, Reply};
use access::Principal;
use membership::MemberPage;

/// The answer to one [`membership::MemberQuery`], as it stands in one snapshot.
pub trait AtHand {
    /// The number of the group that was asked about.
    fn group(&self) -> i64;

    /// Hands the page to `read`, once.
    fn members(&self, read: &mut dyn FnMut(MemberPage<'_>));

    /// How many members there are, whatever the window.
    fn count(&self) -> u64;
}

/// Refused where the principal may not see what is at hand.
pub fn reaches(principal: &Principal, at_hand: &dyn AtHand) -> Result<(), Refusal> {
    limited::reaches(principal, at_hand.group()).map_err(directory_refusal)
}

/// Writes what is at hand for the query of `action`, see [`Action::members_asked`], as the principal may see it.
pub fn answer_at_hand(principal: &Principal, action: &Action, at_hand: &dyn AtHand) -> Result<Reply, Refusal> {
    reaches(principal, at_hand)?;
    match action {
        Action::Members { write, .. } => {
            let mut reply = None;
            at_hand.members(&mut |page| reply = Some(write(principal, page)));
            reply.ok_or(Refusal::Internal)
        }
        Action::CountMembers { write, .. } => Ok(write(principal, at_hand.count())),
        Action::ExchangeClientSecret { .. } | Action::Task { .. } => Err(Refusal::Internal),
    }
}
