//! Routes, for whoever wants to try all that a dialect has.

use crate::Method;
use access::Operation;

/// A route of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method. Where it is `GET`, `HEAD` does too.
    pub method: Method,
    /// The path, behind the configured prefix, with variable segments in braces: `/api2/groups/{groupId}/members`.
    pub pattern: &'static str,
    /// What is done, as far as access goes.
    pub operation: Operation,
}
