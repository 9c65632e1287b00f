//! What a dialect asks of the core, each kind with the writer of its own kind of outcome, so that an outcome can
//! never meet a writer made for another.

use crate::{Refusal, Reply, Session};
use access::{Operation, Principal, Secret};
use membership::{MemberPage, MemberQuery};

/// Writes a page of members as the principal may see it.
pub type MembersWriter = Box<dyn Fn(&Principal, MemberPage<'_>) -> Reply + Send>;
/// Writes a number of members.
pub type CountWriter = Box<dyn Fn(&Principal, u64) -> Reply + Send>;
/// Writes a token just issued.
pub type TokenWriter = Box<dyn Fn(&Token) -> Reply + Send>;

/// Asks the core through the session and writes what comes of it. Called once.
pub type Run = Box<dyn Fn(&Session<'_>) -> Result<Reply, Refusal> + Send>;

/// What the core is asked to do.
pub enum Action {
    /// List members.
    Members {
        /// Which.
        query: MemberQuery,
        /// Writes the page.
        write: MembersWriter,
    },
    /// Count members.
    CountMembers {
        /// Which; the window does not matter.
        query: MemberQuery,
        /// Writes the number.
        write: CountWriter,
    },
    /// Exchange a client's id and secret for a token.
    ExchangeClientSecret {
        /// The client's public id.
        client_id: String,
        /// The client's secret.
        client_secret: Secret,
        /// How long the token is valid, in seconds.
        lifetime: i64,
        /// Writes the token.
        write: TokenWriter,
    },
    /// Anything else, which needs no page of borrowed rows.
    Task {
        /// What it is, as far as access goes.
        operation: Operation,
        /// Whether it only reads by keys, see [`Cost::Inline`]. Of no consequence where it may change something.
        quick: bool,
        /// Does it.
        run: Run,
    },
}

/// A token just issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The access token.
    pub access_token: Secret,
    /// In how many seconds it expires.
    pub expires_in: i64,
    /// When it expires, in unix seconds.
    pub expires_at: i64,
}

/// Where an action may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// A read by key or a page near the beginning: short enough for the thread that serves the socket, where the
    /// store is in the same process.
    Inline,
    /// Any other read: on a thread that may block.
    Blocking,
    /// Whatever may change something: on a thread that may block, and in a line of its own, since who waits for others
    /// that write must not keep those waiting that read.
    Writing,
}

/// The greatest offset of a page that still counts as near the beginning.
const NEAR: u64 = 10_000;

impl Action {
    /// A task that may take its time.
    pub fn task(operation: Operation, run: impl Fn(&Session<'_>) -> Result<Reply, Refusal> + Send + 'static) -> Self {
        Self::Task { operation, quick: false, run: Box::new(run) }
    }

    /// A task that only reads by keys.
    pub fn quick(operation: Operation, run: impl Fn(&Session<'_>) -> Result<Reply, Refusal> + Send + 'static) -> Self {
        Self::Task { operation, quick: true, run: Box::new(run) }
    }

    /// What this is, as far as access goes.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Members { .. } | Self::CountMembers { .. } => Operation::ListMembers,
            Self::ExchangeClientSecret { .. } => Operation::ExchangeClientSecret,
            Self::Task { operation, .. } => *operation,
        }
    }

    /// Which members are asked for or counted, where that is what is asked.
    pub const fn members_asked(&self) -> Option<&MemberQuery> {
        match self {
            Self::Members { query, .. } | Self::CountMembers { query, .. } => Some(query),
            Self::ExchangeClientSecret { .. } | Self::Task { .. } => None,
        }
    }

    /// Where this may run. What changes something is told by its operation, so no action can forget to say it.
    pub fn cost(&self) -> Cost {
        match self {
            _ if self.operation().changes() => Cost::Writing,
            Self::Members { query, .. } => {
                let near = query.window.offset <= NEAR;
                if near && query.filter().is_none() && query.order.is_empty() { Cost::Inline } else { Cost::Blocking }
            }
            Self::CountMembers { query, .. } => {
                if query.filter().is_none() {
                    Cost::Inline
                } else {
                    Cost::Blocking
                }
            }
            Self::Task { quick: true, .. } => Cost::Inline,
            Self::Task { quick: false, .. } | Self::ExchangeClientSecret { .. } => Cost::Blocking,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_changes_something_waits_where_no_reader_does() {
        for operation in Operation::ALL.iter().copied() {
            let reads = matches!(
                operation,
                Operation::ListMembers | Operation::ReadGroups | Operation::ReadPersons | Operation::ReadSelf
            );
            let cost = |quick| {
                let run: Run = Box::new(|_| Err(Refusal::Internal));
                Action::Task { operation, quick, run }.cost()
            };
            let expected = if reads { [Cost::Inline, Cost::Blocking] } else { [Cost::Writing; 2] };
            assert_eq!([cost(true), cost(false)], expected, "{operation:?}");
        }
    }
}
