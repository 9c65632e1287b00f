//! `$filter`: from the text of a client to a [`Filter`] of the core.
//!
//! Four steps, each in its own file:
//!
//! 1. `lexer` cuts the text into symbols: words, literals, parentheses, commas.
//! 2. `parser` knows precedence, parentheses, `not`, `and`, `or` and the limits. It goes at most
//!    [`MAX_LEVELS`] deep and reads each byte once.
//! 3. `leaf` writes what is left (one comparison, one call, one `in`, all their operands single) anew, in the form that
//!    `odata-params` is known to read rightly, and lets it decide what the leaf is. Text of a client never reaches
//!    that crate: version 0.4.0 takes `notes eq 'x'` for a negation, `a and b or c` for `a and (b or c)`, needs
//!    three times as long for each nested parenthesis and overflows the stack on `not not not …`.
//! 4. `types` checks the kinds of the operands and builds the typed tree.

mod leaf;
mod lexer;
mod parser;
mod types;

#[cfg(test)]
mod faults_of_the_crate;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;

use crate::field::Fields;
use dialect::{Fault, FaultCode};
pub(crate) use lexer::guid;
use membership::Filter;
use uuid::Uuid;

/// How deep a filter may nest: parentheses, `not`, calls and chained comparisons (contract).
pub(crate) const MAX_LEVELS: usize = 32;
/// How many nodes a filter may have (contract): fields, literals, comparisons, calls, `not`, `in`, and each run of
/// `and` or of `or`. Items of an `in` are not counted.
pub(crate) const MAX_NODES: usize = 200;
/// How many items one `in` may have (contract).
pub(crate) const MAX_ITEMS: usize = 100;

/// What a filter asks for: everything that is said must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// What the row must be like.
    pub(crate) filter: Filter,
    /// The id of the person that a group must be owned by.
    pub(crate) owner: Option<Uuid>,
}

/// Why a filter is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What kind of fault it is.
    pub(crate) code: FaultCode,
    /// What is wrong, to be read behind the name of the parameter.
    pub(crate) text: String,
    /// Where, in bytes from 0 of the decoded filter.
    pub(crate) at: usize,
}

impl Problem {
    /// The text does not follow the grammar.
    pub(crate) fn syntax(at: usize, text: impl Into<String>) -> Self {
        Self { code: FaultCode::Syntax, text: text.into(), at }
    }

    /// The text follows the grammar, but its values do not go together.
    pub(crate) fn value(at: usize, text: impl Into<String>) -> Self {
        Self { code: FaultCode::InvalidValue, text: text.into(), at }
    }

    /// The text is beyond a limit.
    pub(crate) fn limit(at: usize, text: impl Into<String>) -> Self {
        Self { code: FaultCode::Limit, text: text.into(), at }
    }

    /// OData knows it, but it is not supported here.
    pub(crate) fn unsupported(at: usize, text: impl Into<String>) -> Self {
        Self { code: FaultCode::Unsupported, text: text.into(), at }
    }

    /// As a fault of the parameter called `name`.
    pub(crate) fn of(self, name: &str) -> Fault {
        Fault::new(name, self.code, self.text).at(self.at)
    }
}

/// How much work was done, so that a test can show that it stays in proportion to the length of the filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steps {
    /// Bytes looked at by the lexer.
    pub(crate) bytes: usize,
    /// Symbols taken by the parser.
    pub(crate) symbols: usize,
    /// Bytes of leaves written for `odata-params`.
    pub(crate) leaves: usize,
}

/// Reads a decoded filter over these fields; `None` when it is blank.
pub(crate) fn parse(text: &str, fields: Fields) -> Result<Option<Condition>, Problem> {
    parse_counted(text, fields).0
}

/// As [`parse`], with the work that it took.
pub(crate) fn parse_counted(text: &str, fields: Fields) -> (Result<Option<Condition>, Problem>, Steps) {
    let mut parser = parser::Parser::new(text, fields);
    let condition = parser.whole();
    (condition, parser.steps())
}
