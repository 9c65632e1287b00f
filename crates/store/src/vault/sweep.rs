//! Dropping what is of no use any more.

use crate::connection::Connection;
use crate::error::StoreError;
use crate::schema::credentials;
use crate::store::{Failure, Store};
use crate::upkeep;
use access::CredentialKind;
use diesel::prelude::*;

/// For how long what has expired is kept, in seconds: whoever comes late is told that it has.
const KEPT_FOR: i64 = 86_400;
/// For how long a refresh token without an end is kept after its exchange, and anything after it was revoked, in seconds.
/// Whoever presents it later is refused all the same, but gives nothing away any more about who had it.
const LONG_KEPT_FOR: i64 = 90 * 86_400;
/// At most how many of each kind are dropped at once, so that nobody waits long.
const DROPPED: i64 = 100;

/// What was exchanged for this one and has been of no use for a day is dropped when something new is, so that it does not
/// pile up.
pub(super) fn forget_expired(connection: &mut Connection, parent: i64, now: i64) -> Result<(), Failure> {
    let of = || credentials::table.filter(credentials::parent.eq(parent));
    // A grant may be the parent of others; it goes when the last of these has gone, see [`sweep`].
    let single = credentials::kind.ne(CredentialKind::Grant.as_str());
    let old = credentials::expires_at.gt(0).and(credentials::expires_at.lt(now - KEPT_FOR)).and(single);
    diesel::delete(of().filter(old)).execute(connection)?;
    let used = credentials::used_at.gt(0).and(credentials::used_at.lt(now - LONG_KEPT_FOR));
    diesel::delete(of().filter(used)).execute(connection)?;
    Ok(())
}

/// Drops some of the codes, tokens and sessions, whosever they are, that have been of no use for long, and the grants of
/// which nothing is left then. True when there may be more.
pub(super) fn sweep(connection: &mut Connection, now: i64) -> Result<bool, Failure> {
    use CredentialKind::{Code, Refresh, Session, Token};
    let mut more = false;
    for kind in [Code, Refresh, Session, Token] {
        let of_kind = || {
            let all = credentials::table.filter(credentials::kind.eq(kind.as_str()));
            all.select((credentials::id, credentials::parent)).limit(DROPPED)
        };
        let expired = |before: i64| credentials::expires_at.gt(0).and(credentials::expires_at.lt(before));
        // Whoever made a token by hand is shown for a while what became of it.
        let exchanged = credentials::parent.ne(0).or(credentials::kind.eq(Session.as_str()));
        let exchanged = of_kind().filter(expired(now - KEPT_FOR).and(exchanged));
        let by_hand = of_kind().filter(expired(now - LONG_KEPT_FOR));
        let revoked = credentials::revoked_at.gt(0).and(credentials::revoked_at.lt(now - LONG_KEPT_FOR));
        let revoked = of_kind().filter(revoked);
        let found: [Vec<(i64, i64)>; 3] = [
            exchanged.order(credentials::expires_at).load(connection)?,
            by_hand.order(credentials::expires_at).load(connection)?,
            revoked.order(credentials::revoked_at).load(connection)?,
        ];
        for old in found {
            more |= old.len() as i64 == DROPPED;
            for (id, parent) in old {
                drop_one(connection, id, parent)?;
            }
        }
    }
    Ok(more)
}

/// Drops one, and its grant when nothing else is left of it.
fn drop_one(connection: &mut Connection, id: i64, parent: i64) -> Result<(), Failure> {
    diesel::delete(credentials::table.find(id)).execute(connection)?;
    if parent == 0 {
        return Ok(());
    }
    let others: Option<i64> = credentials::table
        .filter(credentials::parent.eq(parent))
        .select(credentials::id)
        .first(connection)
        .optional()?;
    if others.is_none() {
        let grant = credentials::kind.eq(CredentialKind::Grant.as_str());
        diesel::delete(credentials::table.find(parent).filter(grant)).execute(connection)?;
    }
    Ok(())
}

impl Store {
    /// Drops some of the codes, tokens, sessions and grants that have been of no use for long: a day after the end of what
    /// was exchanged or is a sign-in, 90 days after the end of what was made by hand, and after a revocation. Keys and
    /// clients stay. At most a few hundred at once; true when there may be more. Nothing is done where another process is
    /// at it.
    pub fn sweep_credentials(&self, now: i64) -> Result<bool, StoreError> {
        self.write(|connection| if upkeep::is_ours(connection)? { sweep(connection, now) } else { Ok(false) })
    }
}
