//! Routes, for whoever wants to try all that a dialect has.

use crate::{Method, Refusal};
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

/// One address of a dialect, with all that may be done there; `E` is what the dialect calls what is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Resource<E: 'static> {
    /// See [`Route::pattern`].
    pub pattern: &'static str,
    /// The field `Allow` of a refusal: the methods of `calls`, and `HEAD` behind `GET`.
    pub allow: &'static str,
    /// Method, what is done as far as access goes, and what is asked for.
    pub calls: &'static [(Method, Operation, E)],
}

impl<E: Copy> Resource<E> {
    /// The routes to this address.
    pub fn routes(&self) -> impl Iterator<Item = Route> + use<E> {
        let pattern = self.pattern;
        self.calls.iter().map(move |&(method, operation, _)| Route { method, pattern, operation })
    }

    /// What is asked for by this method (`HEAD` must have been taken for `GET`); refused with what is allowed instead.
    pub fn call(&self, method: Method) -> Result<E, Refusal> {
        let found = self.calls.iter().find(|call| call.0 == method);
        found.map(|call| call.2).ok_or(Refusal::Method(self.allow))
    }
}
