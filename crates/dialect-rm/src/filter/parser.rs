//! Precedence, parentheses, `not`, `and`, `or` and the limits.
//!
//! `gt ge lt le in` bind tighter than `eq ne`, these than `not`, then `and`, then `or`; all are left-associative. That is
//! OData 2.0, but for `not`, which covers the whole comparison behind it (our decision: real builders write
//! `not Status eq 'Blocked'`, which strict precedence would refuse).

use super::leaf::{Leaf, Literal, Operand, Part};
use super::lexer::{Lexer, Symbol, is_keyword};
use super::types::{Function, Typed};
use super::{Condition, MAX_ITEMS, MAX_LEVELS, MAX_NODES, Problem, Steps};
use crate::field::Fields;
use crate::words::quoted;
use membership::Filter;

/// Reads one filter. Each method reads what its name says and leaves the symbol behind it in `ahead`.
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    fields: Fields,
    ahead: Symbol<'a>,
    /// Where `ahead` begins.
    at: usize,
    levels: usize,
    nodes: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, fields: Fields) -> Self {
        Self { lexer: Lexer::new(text), fields, ahead: Symbol::End, at: 0, levels: 0, nodes: 0 }
    }

    pub(super) const fn steps(&self) -> Steps {
        self.lexer.steps
    }

    /// The whole filter.
    pub(super) fn whole(&mut self) -> Result<Option<Condition>, Problem> {
        self.advance()?;
        if self.ahead == Symbol::End {
            return Ok(None);
        }
        let operand = self.any_of()?;
        match &self.ahead {
            Symbol::End => operand.condition().map(Some),
            Symbol::Close => Err(Problem::syntax(self.at, "has a closing parenthesis that was never opened")),
            Symbol::Word(word) if !is_keyword(word) && is_keyword(&word.to_ascii_lowercase()) => {
                Err(Problem::syntax(self.at, "has an operator in capital letters; operators are written in lower case"))
            }
            _ => Err(Problem::syntax(self.at, "needs an operator or its end here")),
        }
    }

    fn advance(&mut self) -> Result<Symbol<'a>, Problem> {
        let (next, at) = self.lexer.next()?;
        self.lexer.steps.symbols += 1;
        self.at = at;
        Ok(std::mem::replace(&mut self.ahead, next))
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.ahead, Symbol::Word(found) if found == word)
    }

    /// The first of `words` that is the symbol ahead.
    fn one_of(&self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.is_word(word))
    }

    /// Goes one level deeper.
    fn enter(&mut self, at: usize) -> Result<(), Problem> {
        if self.levels == MAX_LEVELS {
            return Err(Problem::limit(at, format!("has more than {MAX_LEVELS} levels")));
        }
        self.levels += 1;
        Ok(())
    }

    fn leave(&mut self, levels: usize) {
        self.levels -= levels;
    }

    /// Counts one node.
    fn node(&mut self, at: usize) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Problem::limit(at, format!("has more than {MAX_NODES} nodes")));
        }
        Ok(())
    }

    /// Operands joined with `or`.
    fn any_of(&mut self) -> Result<Operand, Problem> {
        let first = self.all_of()?;
        if !self.is_word("or") {
            return Ok(first);
        }
        let at = first.at;
        self.node(self.at)?;
        let mut parts = vec![first.filter()?];
        while self.is_word("or") {
            self.advance()?;
            parts.push(self.all_of()?.filter()?);
        }
        Ok(Operand::built(at, Typed::Bool(Filter::Any(parts))))
    }

    /// Operands joined with `and`.
    fn all_of(&mut self) -> Result<Operand, Problem> {
        let first = self.negation()?;
        if !self.is_word("and") {
            return Ok(first);
        }
        let at = first.at;
        self.node(self.at)?;
        let mut parts = vec![first.condition()?];
        while self.is_word("and") {
            self.advance()?;
            parts.push(self.negation()?.condition()?);
        }
        Ok(Operand::built(at, Typed::all(parts)))
    }

    /// A comparison, or `not` in front of one.
    fn negation(&mut self) -> Result<Operand, Problem> {
        let at = self.at;
        if !self.is_word("not") {
            return self.equality();
        }
        self.enter(at)?;
        self.node(at)?;
        self.advance()?;
        let inner = self.negation()?.filter()?;
        self.leave(1);
        Ok(Operand::built(at, Typed::Bool(Filter::Not(Box::new(inner)))))
    }

    /// Comparisons with `eq` and `ne`, from left to right.
    fn equality(&mut self) -> Result<Operand, Problem> {
        let mut left = self.relation()?;
        let mut chained = 0;
        while let Some(operator) = self.one_of(&["eq", "ne"]) {
            chained += self.chain(chained)?;
            self.advance()?;
            let right = self.relation()?;
            left = self.leaf(left.at, Leaf::Compare(left, operator, right))?;
        }
        self.leave(chained.saturating_sub(1));
        Ok(left)
    }

    /// Comparisons with `gt ge lt le` and `in`, from left to right.
    fn relation(&mut self) -> Result<Operand, Problem> {
        let mut left = self.primary()?;
        let mut chained = 0;
        while let Some(operator) = self.one_of(&["gt", "ge", "lt", "le", "in"]) {
            chained += self.chain(chained)?;
            self.advance()?;
            let at = left.at;
            let leaf = if operator == "in" {
                Leaf::In(left, self.items()?)
            } else {
                Leaf::Compare(left, operator, self.primary()?)
            };
            left = self.leaf(at, leaf)?;
        }
        self.leave(chained.saturating_sub(1));
        Ok(left)
    }

    /// Each comparison of a chain but the first is one level more.
    fn chain(&mut self, chained: usize) -> Result<usize, Problem> {
        if chained > 0 {
            self.enter(self.at)?;
        }
        Ok(1)
    }

    /// The list behind `in`.
    fn items(&mut self) -> Result<Vec<Operand>, Problem> {
        if self.ahead != Symbol::Open {
            return Err(Problem::syntax(self.at, "needs an opening parenthesis behind 'in'"));
        }
        self.advance()?;
        let mut items = Vec::new();
        loop {
            if items.len() == MAX_ITEMS {
                return Err(Problem::limit(self.at, format!("has more than {MAX_ITEMS} items behind one 'in'")));
            }
            let at = self.at;
            let Some(literal) = literal(&self.ahead) else {
                return Err(Problem::syntax(at, "needs a literal here, as an item behind 'in'"));
            };
            self.advance()?;
            items.push(Operand { at, part: Part::Literal(literal) });
            if !self.more("behind an item")? {
                return Ok(items);
            }
        }
    }

    /// Takes a comma (true) or a closing parenthesis (false).
    fn more(&mut self, place: &str) -> Result<bool, Problem> {
        match self.ahead {
            Symbol::Comma => self.advance().map(|_| true),
            Symbol::Close => self.advance().map(|_| false),
            _ => Err(Problem::syntax(self.at, format!("needs a comma or a closing parenthesis {place}"))),
        }
    }

    /// A literal, a field, a call or something in parentheses.
    fn primary(&mut self) -> Result<Operand, Problem> {
        let at = self.at;
        if let Some(literal) = literal(&self.ahead) {
            self.node(at)?;
            self.advance()?;
            return Ok(Operand { at, part: Part::Literal(literal) });
        }
        match self.ahead {
            Symbol::Open => {
                self.enter(at)?;
                self.advance()?;
                let inner = self.any_of()?;
                if self.ahead != Symbol::Close {
                    return Err(Problem::syntax(self.at, "needs a closing parenthesis or an operator here"));
                }
                self.advance()?;
                self.leave(1);
                Ok(inner)
            }
            Symbol::Word(word) if !is_keyword(word) => {
                self.node(at)?;
                self.advance()?;
                if self.ahead == Symbol::Open {
                    return self.call(at, word);
                }
                match self.fields.find(word) {
                    Some(field) => Ok(Operand { at, part: Part::Field(field) }),
                    None => Err(unknown_field(at, word)),
                }
            }
            Symbol::End => Err(Problem::syntax(at, "ends where a field, a literal or a function is needed")),
            _ => Err(Problem::syntax(at, "needs a field, a literal or a function here")),
        }
    }

    /// The arguments of the function called `name`, which stands at `at`.
    fn call(&mut self, at: usize, name: &str) -> Result<Operand, Problem> {
        let Some(function) = Function::from_name(name) else {
            return Err(Problem::unsupported(at, format!("calls an unknown function{}", quoted(name))));
        };
        self.enter(at)?;
        self.advance()?;
        let mut arguments = Vec::new();
        if self.ahead == Symbol::Close {
            self.advance()?;
        } else {
            loop {
                arguments.push(self.any_of()?);
                if !self.more("behind an argument")? {
                    break;
                }
            }
        }
        self.leave(1);
        self.leaf(at, Leaf::Call(function, arguments))
    }

    /// Has a leaf read and checked.
    fn leaf(&mut self, at: usize, leaf: Leaf) -> Result<Operand, Problem> {
        if !matches!(leaf, Leaf::Call(..)) {
            self.node(at)?;
        }
        let typed = leaf.read(at, &mut self.lexer.steps)?;
        Ok(Operand::built(at, typed))
    }
}

/// The literal that a symbol is, if it is one.
fn literal(symbol: &Symbol<'_>) -> Option<Literal> {
    match symbol {
        Symbol::Text(text) => Some(Literal::Text(text.clone())),
        Symbol::Integer(value) => Some(Literal::Integer(*value)),
        Symbol::Guid(guid) => Some(Literal::Guid(*guid)),
        Symbol::Word("true") => Some(Literal::Bool(true)),
        Symbol::Word("false") => Some(Literal::Bool(false)),
        Symbol::Word("null") => Some(Literal::Null),
        Symbol::Word(_) | Symbol::Open | Symbol::Close | Symbol::Comma | Symbol::End => None,
    }
}

fn unknown_field(at: usize, name: &str) -> Problem {
    use dialect::FaultCode::UnknownField;
    Problem { code: UnknownField, text: format!("names an unknown field{}", quoted(name)), at }
}
