//! What commands answer with, read in the transaction that has changed it.

use super::Work;
use crate::error::StoreError;
use crate::store::Failure;
use crate::{directory, totals};
use membership::{Brief, CommandError, GroupEntry, GroupKey, Membership, PersonKey, ScopeSet, Standing, State};

impl Work<'_> {
    /// The group of this number, which is there, as the one sees it by whom the command runs.
    pub(super) fn entry(&mut self, number: i64) -> Result<GroupEntry, Failure> {
        self.settle()?;
        let group = directory::group(self.connection, &GroupKey::Number(number))?;
        let group = group.ok_or(CommandError::NoSuchGroup)?;
        let members = totals::of(self.connection, number, State::Member, ScopeSet::ALL)?;
        let members = u64::try_from(members)
            .map_err(|_| StoreError::Fault(format!("the group {number} has {members} members")))?;
        let owner = match group.owner {
            Some(owner) => directory::person(self.connection, &PersonKey::Number(owner))?,
            None => None,
        };
        let standing = match self.by.person {
            Some(viewer) => self.membership(number, viewer)?,
            None => None,
        };
        let standing = standing.as_ref().map(Membership::try_from).transpose()?;
        let (owner, standing) = (owner.as_ref().map(Brief::from), standing.as_ref().map(Standing::from));
        Ok(GroupEntry { group, members, owner, standing })
    }
}
