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
        /// Where it may run. Whatever changes something blocks.
        cost: Cost,
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
    /// Anything else: on a thread that may block.
    Blocking,
}

/// The greatest offset of a page that still counts as near the beginning.
const NEAR: u64 = 10_000;

impl Action {
    /// A task that may take its time.
    pub fn task(operation: Operation, run: impl Fn(&Session<'_>) -> Result<Reply, Refusal> + Send + 'static) -> Self {
        Self::Task { operation, cost: Cost::Blocking, run: Box::new(run) }
    }

    /// A task that only reads by keys.
    pub fn quick(operation: Operation, run: impl Fn(&Session<'_>) -> Result<Reply, Refusal> + Send + 'static) -> Self {
        Self::Task { operation, cost: Cost::Inline, run: Box::new(run) }
    }

    /// What this is, as far as access goes.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Members { .. } | Self::CountMembers { .. } => Operation::ListMembers,
            Self::ExchangeClientSecret { .. } => Operation::ExchangeClientSecret,
            Self::Task { operation, .. } => *operation,
        }
    }

    /// Where this may run.
    pub fn cost(&self) -> Cost {
        match self {
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
            Self::ExchangeClientSecret { .. } => Cost::Blocking,
            Self::Task { cost, .. } => *cost,
        }
    }
}
