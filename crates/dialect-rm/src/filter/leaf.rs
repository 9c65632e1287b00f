//! Leaves: one comparison, one call or one `in`, all of whose operands are single. They are written anew and read by
//! `odata-params`.
//!
//! What is handed over holds nothing that the crate was measured to misread: names are our own, texts are escaped its
//! way (with backslashes, which are ordinary characters in OData), and whatever it cannot read (a negative number) or
//! would read in exponential time (a nested call) is replaced with a name that stands for it.

use super::types::{self, Function, Typed};
use super::{Condition, Problem, Steps};
use crate::field::Field;
use membership::{Filter, Folded, IntExpr, TextExpr};
use odata_params::filters::{Expr, Value, parse_str};
use std::fmt::Write;
use uuid::Uuid;

/// What the names that stand for something begin with. No field and no function does, nor any word of the grammar.
const STAND_IN: &str = "part_";

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Integer(i64),
    Guid(Uuid),
    Bool(bool),
    Null,
}

/// What an operand is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Field(Field),
    Literal(Literal),
    /// What came of a leaf, of `not`, `and`, `or`.
    Built(Typed),
}

/// An operand, and the byte at which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operand {
    pub(super) at: usize,
    pub(super) part: Part,
}

impl Operand {
    pub(super) const fn built(at: usize, typed: Typed) -> Self {
        Self { at, part: Part::Built(typed) }
    }

    /// As a filter, if it is true or false.
    pub(super) fn filter(self) -> Result<Filter, Problem> {
        let at = self.at;
        let Condition { filter, owner } = self.condition()?;
        if owner.is_some() { Err(types::owner_inside(at)) } else { Ok(filter) }
    }

    /// As one of several conditions that must all hold, if it is true or false.
    pub(super) fn condition(self) -> Result<Condition, Problem> {
        let at = self.at;
        match self.typed() {
            Typed::Bool(filter) => Ok(Condition { filter, owner: None }),
            Typed::Owned(condition) => Ok(*condition),
            other => {
                Err(Problem::value(at, format!("needs something true or false here, but this is {}", other.kind())))
            }
        }
    }

    fn typed(self) -> Typed {
        match self.part {
            Part::Built(typed) => typed,
            Part::Field(field) => of_field(field),
            Part::Literal(Literal::Text(text)) => Typed::Text(TextExpr::Literal(Folded::new(&text))),
            Part::Literal(Literal::Integer(value)) => Typed::Int(IntExpr::Literal(value)),
            Part::Literal(Literal::Guid(guid)) => Typed::Guid(guid),
            Part::Literal(Literal::Bool(value)) => Typed::Bool(Filter::Always(value)),
            Part::Literal(Literal::Null) => Typed::Null,
        }
    }
}

const fn of_field(field: Field) -> Typed {
    match field {
        Field::Id => Typed::Id,
        Field::Text(field) => Typed::Text(TextExpr::Field(field)),
        Field::Responsible => Typed::Responsible,
    }
}

/// One comparison, call or `in`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Compare(Operand, &'static str, Operand),
    Call(Function, Vec<Operand>),
    In(Operand, Vec<Operand>),
}

impl Leaf {
    /// Has the leaf, which stands at `at`, read, and checks its operands.
    pub(super) fn read(self, at: usize, steps: &mut Steps) -> Result<Typed, Problem> {
        let mut slip = Slip::default();
        match self {
            Self::Compare(left, operator, right) => {
                slip.operand(left);
                let _ = write!(slip.text, " {operator} ");
                slip.operand(right);
            }
            Self::Call(function, arguments) => {
                slip.text.push_str(function.name());
                slip.list(arguments);
            }
            Self::In(left, items) => {
                slip.operand(left);
                slip.text.push_str(" in ");
                slip.list(items);
            }
        }
        steps.leaves += slip.text.len();
        slip.read(at)
    }
}

/// What is handed over.
#[derive(Default)]
struct Slip {
    text: String,
    /// Where each operand stands in the filter, in the order in which they are written.
    places: Vec<usize>,
    /// What the names stand for.
    stand_ins: Vec<Option<Typed>>,
}

impl Slip {
    fn operand(&mut self, operand: Operand) {
        self.places.push(operand.at);
        // Writing into a text cannot fail.
        let _ = match operand.part {
            Part::Field(field) => self.text.write_str(field.name()),
            Part::Literal(Literal::Text(text)) => self.quoted(&text),
            Part::Literal(Literal::Integer(value)) if value >= 0 => write!(self.text, "{value}"),
            Part::Literal(Literal::Guid(guid)) => write!(self.text, "{guid}"),
            Part::Literal(Literal::Bool(value)) => write!(self.text, "{value}"),
            Part::Literal(Literal::Null) => self.text.write_str("null"),
            Part::Literal(Literal::Integer(_)) | Part::Built(_) => {
                let number = self.stand_ins.len();
                self.stand_ins.push(Some(operand.typed()));
                write!(self.text, "{STAND_IN}{number}")
            }
        };
    }

    fn quoted(&mut self, text: &str) -> std::fmt::Result {
        self.text.push('\'');
        for c in text.chars() {
            if matches!(c, '\'' | '\\') {
                self.text.push('\\');
            }
            self.text.push(c);
        }
        self.text.write_char('\'')
    }

    fn list(&mut self, operands: Vec<Operand>) {
        self.text.push('(');
        for (number, operand) in operands.into_iter().enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            self.operand(operand);
        }
        self.text.push(')');
    }

    fn read(mut self, at: usize) -> Result<Typed, Problem> {
        match parse_str(&self.text) {
            Ok(Expr::Compare(left, operator, right)) => {
                let left = self.taken(*left, 0, at)?;
                let right = self.taken(*right, 1, at)?;
                types::compare(left, &operator, right)
            }
            Ok(Expr::Function(name, arguments)) => {
                let arguments = self.all_taken(arguments, 0, at)?;
                let function = Function::from_name(&name).ok_or_else(|| misread(at))?;
                types::call(at, function, arguments)
            }
            Ok(Expr::In(left, items)) => {
                let left = self.taken(*left, 0, at)?;
                let items = self.all_taken(items, 1, at)?;
                types::within(left, items)
            }
            Ok(Expr::And(..) | Expr::Or(..) | Expr::Not(..) | Expr::Identifier(_) | Expr::Value(_)) | Err(_) => {
                Err(misread(at))
            }
        }
    }

    fn all_taken(&mut self, parts: Vec<Expr>, from: usize, at: usize) -> Result<Vec<Placed>, Problem> {
        if parts.len() + from != self.places.len() {
            return Err(misread(at));
        }
        parts.into_iter().enumerate().map(|(number, part)| self.taken(part, number + from, at)).collect()
    }

    /// What the crate made of the operand of that number.
    fn taken(&mut self, part: Expr, number: usize, at: usize) -> Result<Placed, Problem> {
        let place = *self.places.get(number).ok_or_else(|| misread(at))?;
        let typed = match part {
            Expr::Identifier(name) => match name.strip_prefix(STAND_IN) {
                Some(number) => {
                    let slot = number.parse().ok().and_then(|n: usize| self.stand_ins.get_mut(n));
                    slot.and_then(Option::take).ok_or_else(|| misread(at))?
                }
                None => of_field(Field::from_name(&name).ok_or_else(|| misread(at))?),
            },
            Expr::Value(Value::String(text)) => Typed::Text(TextExpr::Literal(Folded::new(&text))),
            Expr::Value(Value::Number(number)) => {
                Typed::Int(IntExpr::Literal(number.to_string().parse().map_err(|_| misread(at))?))
            }
            Expr::Value(Value::Uuid(guid)) => Typed::Guid(guid),
            Expr::Value(Value::Bool(value)) => Typed::Bool(Filter::Always(value)),
            Expr::Value(Value::Null) => Typed::Null,
            Expr::Value(Value::DateTime(_) | Value::Date(_) | Value::Time(_))
            | Expr::And(..)
            | Expr::Or(..)
            | Expr::Not(..)
            | Expr::Compare(..)
            | Expr::In(..)
            | Expr::Function(..) => return Err(misread(at)),
        };
        Ok(Placed { at: place, typed })
    }
}

/// A typed operand, and the byte at which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) at: usize,
    pub(super) typed: Typed,
}

/// A leaf that did not come back as what it is. That is a fault of ours, but refusing the filter is the only safe answer:
/// the wrong members would be worse.
fn misread(at: usize) -> Problem {
    Problem::syntax(at, "could not be understood here")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands `text` over as if two operands had been written into it, the second of them a stand-in.
    fn read(text: &str) -> Result<Typed, Problem> {
        Slip { text: text.to_owned(), places: vec![3, 5], stand_ins: vec![Some(Typed::Id)] }.read(7)
    }

    #[test]
    fn what_comes_back_as_something_else_is_refused() {
        assert_eq!(read("Id eq part_0"), Ok(Typed::Bool(Filter::Always(true))));
        for text in [
            "Id and part_0",
            "Id or part_0",
            "not Id eq part_0",
            "notes eq part_0",
            "Id",
            "'a'",
            "",
            "Id eq",
            "Uid eq part_0",
            "Id eq part_1",
            "Id eq part_",
            "part_0 eq part_0",
            "Id eq length(Name)",
            "Id eq 2020-01-01",
            "length(Name) gt 1.5",
            "year(Name,Name)",
            "length(Name)",
            "Id in (part_0,null)",
            "concat(Name eq 'a',Name)",
        ] {
            assert_eq!(read(text), Err(misread(7)), "{text}");
        }
    }
}
