//! Every reason for which a request may be refused. A dialect answers each of them, without a catch-all arm, so a
//! new one does not compile until every dialect has an answer.

use access::{Denial, ExchangeRefusal};
use membership::limits::BadText;
use membership::{StepFailure, life_cycle::StepRefusal};
use std::fmt;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A parameter, a header or a field of the body is wrong. Nothing was done.
    Parameter(Fault),
    /// Access is denied.
    Denied(Denial),
    /// The client id or secret presented to a token endpoint is wrong (OAuth 2.0 `invalid_client`).
    BadClient,
    /// A token endpoint does not know this way of asking (OAuth 2.0 `unsupported_grant_type`).
    UnsupportedGrant,
    /// A code or refresh token presented to a token endpoint is no good (OAuth 2.0 `invalid_grant`).
    BadGrant(ExchangeRefusal),
    /// The dialect has no such path.
    NoSuchPath,
    /// The path exists, but not for this method. The field `Allow` to be sent.
    Method(&'static str),
    /// There is no such group.
    NoSuchGroup,
    /// There is no person with this key (as the client gave it).
    NoSuchPerson(String),
    /// There is no job with this number.
    NoSuchJob,
    /// The call only makes sense for a person, and the credential is nobody's.
    NeedsPerson,
    /// A step was not taken, or something may not be done to the group, person or job.
    Step {
        /// The entry of a list that failed, from 0. Nothing was done about the others either.
        entry: Option<usize>,
        /// Why.
        failure: StepFailure,
    },
    /// A field of the domain cannot hold what is said. The dialect knows what it calls the field.
    Field(BadText),
    /// An identifier (the domain's snake_case name of it) is somebody else's already.
    InUse(&'static str),
    /// An identifier (the domain's snake_case name of it) cannot be changed.
    Immutable(&'static str),
    /// The person cannot be deleted while it owns the group of this guid, which has no other admin.
    StillOwner(String),
    /// What the client expected of the row is not true (`If-Match`).
    Unexpected,
    /// What was asked for has been pruned; the change log now begins behind this number.
    Pruned(u64),
    /// The body is longer than this many bytes.
    BodyTooLarge(usize),
    /// The address is longer than this many bytes.
    TargetTooLong(usize),
    /// Too many requests; asking again after so many seconds may help.
    TooManyRequests(u32),
    /// The store is away or everything is busy; asking again after so many seconds may help.
    Unavailable(u32),
    /// A fault of ours.
    Internal,
}

/// What is wrong with one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The name of the parameter, as the client would write it.
    pub parameter: String,
    /// What kind of fault it is.
    pub code: FaultCode,
    /// What is wrong, a sentence without the name in front: `must be a whole number from 1 on`.
    pub problem: String,
    /// Where, in bytes from 0 of the decoded value, when that helps.
    pub position: Option<usize>,
}

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultCode {
    /// The value is not one of the legal ones.
    InvalidValue,
    /// The value does not parse.
    Syntax,
    /// The value names a field that does not exist.
    UnknownField,
    /// Given twice.
    Duplicate,
    /// Beyond a limit.
    Limit,
    /// Legal, but not supported here.
    Unsupported,
    /// Missing.
    Required,
}

impl Fault {
    /// A fault without a position.
    pub fn new(parameter: impl Into<String>, code: FaultCode, problem: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), code, problem: problem.into(), position: None }
    }

    /// At this byte of the decoded value.
    #[must_use]
    pub fn at(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.parameter, self.problem)?;
        match self.position {
            Some(position) => write!(f, " (at position {position})"),
            None => Ok(()),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Parameter(fault)
    }
}

impl From<StepRefusal> for Refusal {
    fn from(refusal: StepRefusal) -> Self {
        Self::Step { entry: None, failure: refusal.into() }
    }
}

impl From<BadText> for Refusal {
    fn from(bad: BadText) -> Self {
        Self::Field(bad)
    }
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}
