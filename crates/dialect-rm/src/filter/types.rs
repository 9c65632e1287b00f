//! The kinds of values, and what may be done with each: from checked operands to the typed tree of the core.

use super::leaf::Placed;
use super::lexer::guid;
use super::{Condition, Problem};
use membership::{Compare, Filter, Folded, IntExpr, TextExpr, TextMatch};
use odata_params::filters::CompareOperator;
use uuid::Uuid;

/// An expression of a known kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// True or false.
    Bool(Filter),
    /// A text.
    Text(TextExpr),
    /// A whole number.
    Int(IntExpr),
    /// The field `Id`.
    Id,
    /// A GUID literal.
    Guid(Uuid),
    /// The field `Responsible`.
    Responsible,
    /// True or false, where a group must be owned by somebody.
    Owned(Box<Condition>),
    /// `null`.
    Null,
}

impl Typed {
    /// The kind, as an error names it.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) | Self::Owned(_) => "true or false",
            Self::Text(_) => "a text",
            Self::Int(_) => "a number",
            Self::Id | Self::Guid(_) | Self::Responsible => "a GUID",
            Self::Null => "null",
        }
    }

    /// All of these conditions. A group has one owner at most, so two different ones are nobody's.
    pub(super) fn all(conditions: Vec<Condition>) -> Self {
        let mut owner: Option<Uuid> = None;
        let mut parts = Vec::with_capacity(conditions.len());
        for condition in conditions {
            let told = condition.owner.is_some();
            if told && owner.is_some() && owner != condition.owner {
                parts.push(Filter::Always(false));
            }
            owner = owner.or(condition.owner);
            if !told || condition.filter != Filter::Always(true) {
                parts.push(condition.filter);
            }
        }
        match owner {
            None => Self::Bool(Filter::All(parts)),
            Some(_) => Self::Owned(Box::new(Condition { filter: alone(parts), owner })),
        }
    }
}

/// All of `parts`, written as short as can be.
fn alone(mut parts: Vec<Filter>) -> Filter {
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Filter::Always(true),
        (Some(only), true) => only,
        (Some(last), false) => Filter::All(parts.into_iter().chain([last]).collect()),
    }
}

/// `Responsible` in a place where the query core cannot look at it.
pub(super) fn owner_inside(at: usize) -> Problem {
    let text = "compares Responsible inside another expression; it can only be joined with 'and' to all the rest";
    Problem::unsupported(at, text)
}

/// A function: what the manual lists, what OData 2.0 has for texts, and `contains` of later versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    SubstringOf,
    StartsWith,
    EndsWith,
    Contains,
    ToLower,
    ToUpper,
    Trim,
    Concat,
    Length,
    IndexOf,
    Replace,
    Substring,
}

const FUNCTIONS: [(&str, Function); 12] = [
    ("substringof", Function::SubstringOf),
    ("startswith", Function::StartsWith),
    ("endswith", Function::EndsWith),
    ("contains", Function::Contains),
    ("tolower", Function::ToLower),
    ("toupper", Function::ToUpper),
    ("trim", Function::Trim),
    ("concat", Function::Concat),
    ("length", Function::Length),
    ("indexof", Function::IndexOf),
    ("replace", Function::Replace),
    ("substring", Function::Substring),
];

impl Function {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }

    pub(super) fn name(self) -> &'static str {
        FUNCTIONS.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    /// How many arguments it takes: at least, at most.
    const fn arity(self) -> (usize, usize) {
        match self {
            Self::ToLower | Self::ToUpper | Self::Trim | Self::Length => (1, 1),
            Self::SubstringOf | Self::StartsWith | Self::EndsWith | Self::Contains | Self::Concat | Self::IndexOf => {
                (2, 2)
            }
            Self::Replace => (3, 3),
            Self::Substring => (2, 3),
        }
    }
}

/// The arguments of a call, taken one after the other.
struct Arguments {
    function: Function,
    /// Where the call stands.
    at: usize,
    rest: std::vec::IntoIter<Placed>,
}

impl Arguments {
    fn next(&mut self) -> Result<Placed, Problem> {
        self.rest.next().ok_or_else(|| Problem::syntax(self.at, "has too few arguments"))
    }

    fn text(&mut self) -> Result<TextExpr, Problem> {
        let Placed { at, typed } = self.next()?;
        match typed {
            Typed::Text(text) => Ok(text),
            other => Err(self.mismatch(at, "a text", &other)),
        }
    }

    fn int(&mut self) -> Result<IntExpr, Problem> {
        let Placed { at, typed } = self.next()?;
        match typed {
            Typed::Int(int) => Ok(int),
            other => Err(self.mismatch(at, "a number", &other)),
        }
    }

    fn mismatch(&self, at: usize, needed: &str, found: &Typed) -> Problem {
        let name = self.function.name();
        Problem::value(at, format!("gives '{name}' {} where it needs {needed}", found.kind()))
    }
}

/// A call that stands at `at`.
pub(super) fn call(at: usize, function: Function, arguments: Vec<Placed>) -> Result<Typed, Problem> {
    let (least, most) = function.arity();
    if !(least..=most).contains(&arguments.len()) {
        let needed = if least == most { least.to_string() } else { format!("{least} or {most}") };
        let text = format!("needs {needed} arguments for '{}', not {}", function.name(), arguments.len());
        return Err(Problem::value(at, text));
    }
    let mut args = Arguments { function, at, rest: arguments.into_iter() };
    Ok(match function {
        Function::SubstringOf => {
            let (first, second) = (args.text()?, args.text()?);
            Typed::Bool(substring_of(first, second))
        }
        Function::StartsWith => Typed::Bool(Filter::Match(TextMatch::StartsWith, args.text()?, args.text()?)),
        Function::EndsWith => Typed::Bool(Filter::Match(TextMatch::EndsWith, args.text()?, args.text()?)),
        Function::Contains => Typed::Bool(Filter::Match(TextMatch::Contains, args.text()?, args.text()?)),
        // Texts are folded, so neither changes anything.
        Function::ToLower | Function::ToUpper => Typed::Text(args.text()?),
        Function::Trim => Typed::Text(TextExpr::Trim(Box::new(args.text()?))),
        Function::Concat => Typed::Text(TextExpr::Concat(Box::new(args.text()?), Box::new(args.text()?))),
        Function::Length => Typed::Int(IntExpr::Length(Box::new(args.text()?))),
        Function::IndexOf => Typed::Int(IntExpr::IndexOf(Box::new(args.text()?), Box::new(args.text()?))),
        Function::Replace => Typed::Text(TextExpr::Replace {
            text: Box::new(args.text()?),
            from: Box::new(args.text()?),
            to: Box::new(args.text()?),
        }),
        Function::Substring => Typed::Text(TextExpr::Substring {
            text: Box::new(args.text()?),
            start: Box::new(args.int()?),
            length: if args.rest.len() == 0 { None } else { Some(Box::new(args.int()?)) },
        }),
    })
}

/// The manual writes `substringof(Name,'Jane')`, every client `substringof('Jane',Name)`. When one of both depends on
/// the member and the other does not, the former contains the latter, whatever the order; otherwise the order of
/// OData 2.0 holds: the first is contained in the second.
fn substring_of(first: TextExpr, second: TextExpr) -> Filter {
    let (whole, part) =
        if depends_on_member(&first) && !depends_on_member(&second) { (first, second) } else { (second, first) };
    Filter::Match(TextMatch::Contains, whole, part)
}

/// Whether a field occurs. The depth is that of the filter, which is bounded.
fn depends_on_member(text: &TextExpr) -> bool {
    let int = |int: &IntExpr| match int {
        IntExpr::Literal(_) => false,
        IntExpr::Length(text) => depends_on_member(text),
        IntExpr::IndexOf(a, b) => depends_on_member(a) || depends_on_member(b),
    };
    match text {
        TextExpr::Field(_) => true,
        TextExpr::Literal(_) => false,
        TextExpr::Trim(text) => depends_on_member(text),
        TextExpr::Concat(a, b) => depends_on_member(a) || depends_on_member(b),
        TextExpr::Substring { text, start, length } => {
            depends_on_member(text) || int(start) || length.as_deref().is_some_and(int)
        }
        TextExpr::Replace { text, from, to } => {
            depends_on_member(text) || depends_on_member(from) || depends_on_member(to)
        }
    }
}

const fn operator(operator: &CompareOperator) -> Compare {
    match operator {
        CompareOperator::Equal => Compare::Eq,
        CompareOperator::NotEqual => Compare::Ne,
        CompareOperator::GreaterThan => Compare::Gt,
        CompareOperator::GreaterOrEqual => Compare::Ge,
        CompareOperator::LessThan => Compare::Lt,
        CompareOperator::LessOrEqual => Compare::Le,
    }
}

/// A comparison.
pub(super) fn compare(left: Placed, by: &CompareOperator, right: Placed) -> Result<Typed, Problem> {
    let by = operator(by);
    let odd = odd_kind(&left.typed, &right.typed);
    let equality = |filter: Filter| match by {
        Compare::Eq => Ok(filter),
        Compare::Ne => Ok(negated(filter)),
        Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge => {
            Err(Problem::value(left.at, format!("compares {odd} with other than 'eq' and 'ne'")))
        }
    };
    let filter = match (left.typed, right.typed) {
        (Typed::Owned(_), _) => return Err(owner_inside(left.at)),
        (_, Typed::Owned(_)) => return Err(owner_inside(right.at)),
        (Typed::Responsible, other) => return owned(left.at, by, right.at, other),
        (other, Typed::Responsible) => return owned(right.at, by, left.at, other),
        (Typed::Text(a), Typed::Text(b)) => Filter::Text(a, by, b),
        (Typed::Int(a), Typed::Int(b)) => Filter::Int(a, by, b),
        (Typed::Bool(a), Typed::Bool(b)) => equality(same(a, b))?,
        // An absent text is the empty text.
        (Typed::Text(text), Typed::Null) | (Typed::Null, Typed::Text(text)) => {
            let empty = TextExpr::Literal(Folded::new(""));
            equality(Filter::Always(true))?;
            Filter::Text(text, by, empty)
        }
        // Nothing else is ever absent.
        (Typed::Null, Typed::Null) => equality(Filter::Always(true))?,
        (Typed::Null, _) | (_, Typed::Null) => equality(Filter::Always(false))?,
        (Typed::Id, Typed::Id) => equality(Filter::Always(true))?,
        (Typed::Id, other) => equality(Filter::IdIn(vec![as_guid(right.at, other)?]))?,
        (other, Typed::Id) => equality(Filter::IdIn(vec![as_guid(left.at, other)?]))?,
        (Typed::Guid(a), other) => equality(Filter::Always(a == as_guid(right.at, other)?))?,
        (other, Typed::Guid(b)) => equality(Filter::Always(b == as_guid(left.at, other)?))?,
        (a @ (Typed::Text(_) | Typed::Int(_) | Typed::Bool(_)), b) => {
            return Err(Problem::value(left.at, format!("compares {} with {}", a.kind(), b.kind())));
        }
    };
    Ok(Typed::Bool(filter))
}

/// The field `Responsible`, which stands at `field`, compared with something at `at`.
fn owned(field: usize, by: Compare, at: usize, with: Typed) -> Result<Typed, Problem> {
    if by != Compare::Eq || matches!(with, Typed::Null | Typed::Id | Typed::Responsible) {
        return Err(Problem::unsupported(field, "compares Responsible in another way than with 'eq' and one GUID"));
    }
    let owner = Some(as_guid(at, with)?);
    Ok(Typed::Owned(Box::new(Condition { filter: Filter::Always(true), owner })))
}

/// Of the kinds of two operands the one that has no order.
const fn odd_kind(left: &Typed, right: &Typed) -> &'static str {
    match (left, right) {
        (Typed::Text(_) | Typed::Int(_), other) | (other, _) => other.kind(),
    }
}

fn negated(filter: Filter) -> Filter {
    match filter {
        Filter::Always(value) => Filter::Always(!value),
        Filter::Not(inner) => *inner,
        other => Filter::Not(Box::new(other)),
    }
}

/// Whether both are true or both false.
fn same(left: Filter, right: Filter) -> Filter {
    match (left, right) {
        (Filter::Always(true), other) | (other, Filter::Always(true)) => other,
        (Filter::Always(false), other) | (other, Filter::Always(false)) => negated(other),
        (a, b) => Filter::Same(Box::new(a), Box::new(b)),
    }
}

/// A GUID literal, or a text literal that holds one.
fn as_guid(at: usize, typed: Typed) -> Result<Uuid, Problem> {
    match typed {
        Typed::Guid(guid) => Ok(guid),
        Typed::Text(TextExpr::Literal(text)) => {
            guid(text.as_str()).ok_or_else(|| Problem::value(at, "compares a GUID with a text that is none"))
        }
        other => Err(Problem::value(at, format!("compares a GUID with {}", other.kind()))),
    }
}

/// `left in (items)`.
pub(super) fn within(left: Placed, items: Vec<Placed>) -> Result<Typed, Problem> {
    let filter = match left.typed {
        Typed::Text(text) if !items.iter().any(|item| matches!(item.typed, Typed::Guid(_))) => {
            Filter::TextIn(text, items.into_iter().map(text_item).collect::<Result<_, _>>()?)
        }
        Typed::Int(int) => {
            let mut alternatives = Vec::with_capacity(items.len());
            for Placed { at, typed } in items {
                match typed {
                    Typed::Int(item) => alternatives.push(Filter::Int(int.clone(), Compare::Eq, item)),
                    Typed::Null => alternatives.push(Filter::Always(false)),
                    other => return Err(Problem::value(at, format!("looks for a number in {}", other.kind()))),
                }
            }
            match alternatives.pop() {
                Some(only) if alternatives.is_empty() => only,
                last => Filter::Any(alternatives.into_iter().chain(last).collect()),
            }
        }
        Typed::Id => match guid_items(items)? {
            guids if guids.is_empty() => Filter::Always(false),
            guids => Filter::IdIn(guids),
        },
        constant @ (Typed::Guid(_) | Typed::Text(_)) => {
            let wanted = as_guid(left.at, constant)?;
            Filter::Always(guid_items(items)?.contains(&wanted))
        }
        Typed::Responsible => {
            let text = "looks for Responsible in a list; it can only be compared with 'eq' and one GUID";
            return Err(Problem::unsupported(left.at, text));
        }
        other @ (Typed::Bool(_) | Typed::Owned(_) | Typed::Null) => {
            return Err(Problem::value(left.at, format!("uses 'in' on {}", other.kind())));
        }
    };
    Ok(Typed::Bool(filter))
}

fn text_item(item: Placed) -> Result<Folded, Problem> {
    match item.typed {
        Typed::Text(TextExpr::Literal(text)) => Ok(text),
        Typed::Null => Ok(Folded::new("")),
        other => Err(Problem::value(item.at, format!("looks for a text in {}", other.kind()))),
    }
}

/// The GUIDs among the items; `null` is none and matches nothing.
fn guid_items(items: Vec<Placed>) -> Result<Vec<Uuid>, Problem> {
    let given = items.into_iter().filter(|item| item.typed != Typed::Null);
    given.map(|item| as_guid(item.at, item.typed)).collect()
}
