//! Parameters that several lists share.

use crate::page::Paging;
use dialect::{Fault, FaultCode, Query, integer, positive_integer};
use membership::{Compare, Filter, Folded, OrderBy, OrderKey, Presence, TextExpr, TextField, TextMatch, limits};

/// Rows of a page when the client does not say (documented).
const DEFAULT_SIZE: u32 = 100;
/// The longest page, in rows (documented). Who asks for more gets this.
const MAX_SIZE: u32 = 1_000;

/// The spellings of a list: plain, as axios writes arrays, and with an index.
macro_rules! spellings {
    ($name:literal) => {
        &[
            $name,
            concat!($name, "[]"),
            concat!($name, "[0]"),
            concat!($name, "[1]"),
            concat!($name, "[2]"),
            concat!($name, "[3]"),
            concat!($name, "[4]"),
            concat!($name, "[5]"),
            concat!($name, "[6]"),
            concat!($name, "[7]"),
            concat!($name, "[8]"),
            concat!($name, "[9]"),
        ]
    };
}
pub(crate) use spellings;

/// The names of the page size: the documented one, and the one that the SDK sends.
pub const SIZE: &[&str] = &["perPage", "per_page"];
/// The same for lists of groups and users, where another client has a third one.
pub const SIZE_OR_LIMIT: &[&str] = &["perPage", "per_page", "limit"];

/// Which page. The SDK lets a size of 0 through, so it stands for the default.
pub fn paging(parameters: &Query<'_>, size: &[&str]) -> Result<Paging, Fault> {
    let size = match integer(parameters, size)? {
        None | Some(0) => DEFAULT_SIZE,
        Some(wanted) => u32::try_from(wanted).unwrap_or(u32::MAX).min(MAX_SIZE),
    };
    Ok(Paging { number: positive_integer(parameters, &["page"])?.unwrap_or(1), size })
}

/// The items of a list in any of its spellings, also several in one value; empty ones are left out. A fault bears the
/// first name.
pub fn items(parameters: &Query<'_>, names: &[&str]) -> Result<Vec<String>, Fault> {
    let name = || names.first().copied().unwrap_or_default().to_owned();
    let values = parameters.many(names).map_err(|fault| Fault { parameter: name(), ..fault })?;
    let items = values.iter().flat_map(|value| value.split(',')).filter(|item| !item.is_empty());
    Ok(items.map(str::to_owned).collect())
}

/// The items of a list of which a store takes only so many (ours: as many as one thing may have tags).
pub fn few(parameters: &Query<'_>, names: &[&str]) -> Result<Vec<String>, Fault> {
    let items = items(parameters, names)?;
    if items.len() > limits::TAGS {
        let problem = format!("must be at most {}", limits::TAGS);
        return Err(Fault::new(names.first().copied().unwrap_or_default(), FaultCode::Limit, problem));
    }
    Ok(items)
}

/// The items of a list, each translated by `read`; `expected` is what others are refused with.
pub fn words<T>(
    parameters: &Query<'_>,
    names: &[&str],
    expected: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Fault> {
    let items = items(parameters, names)?;
    let read: Option<Vec<T>> = items.iter().map(|item| read(item)).collect();
    let name = names.first().copied().unwrap_or_default();
    read.ok_or_else(|| Fault::new(name, FaultCode::InvalidValue, expected))
}

/// A truth: documented as `true` and `false`, sent by the SDK as `1`. Absent counts as `false`.
pub fn flag(parameters: &Query<'_>, name: &str) -> Result<bool, Fault> {
    match parameters.one(&[name])?.as_deref() {
        Some("true" | "1") => Ok(true),
        None | Some("false" | "0") => Ok(false),
        Some(_) => Err(Fault::new(name, FaultCode::InvalidValue, "must be true or false")),
    }
}

/// `status`. The SDK says `online` for what the store and the replies call `available`.
pub fn status(parameters: &Query<'_>) -> Result<Option<Filter>, Fault> {
    let Some(word) = parameters.one(&["status"])? else { return Ok(None) };
    let presence = match word.as_ref() {
        "available" | "online" => Presence::Available,
        "offline" => Presence::Offline,
        _ => return Err(Fault::new("status", FaultCode::InvalidValue, "must be available or offline")),
    };
    Ok(Some(Filter::Presence(presence)))
}

/// `searchKey`: a part of any of these fields.
pub fn search(parameters: &Query<'_>, fields: &[TextField]) -> Result<Option<Filter>, Fault> {
    let Some(part) = parameters.one(&["searchKey"])? else { return Ok(None) };
    let part = Folded::new(&part);
    let held_by = |field| Filter::Match(TextMatch::Contains, TextExpr::Field(field), TextExpr::Literal(part.clone()));
    Ok(Some(Filter::Any(fields.iter().copied().map(held_by).collect())))
}

/// `searchIn`: in which fields `searchKey` is looked for; name and `id` unless said.
pub fn search_in(parameters: &Query<'_>, id: &str) -> Result<Vec<TextField>, Fault> {
    let read = |word: &str| match word {
        "name" => Some(TextField::Name),
        word if word == id => Some(TextField::Uid),
        _ => None,
    };
    let fields = words(parameters, spellings!("searchIn"), &format!("must be one or both of name and {id}"), read)?;
    Ok(if fields.is_empty() { vec![TextField::Name, TextField::Uid] } else { fields })
}

/// `updatedAt` with `affix`: what was changed after (`append`, unless said) or before (`prepend`) that second. A wrong
/// `affix` is refused even alone, a right one alone does nothing.
pub fn changed(parameters: &Query<'_>) -> Result<Option<Filter>, Fault> {
    let compare = match parameters.one(&["affix"])?.as_deref() {
        None | Some("append") => Compare::Gt,
        Some("prepend") => Compare::Lt,
        Some(_) => return Err(Fault::new("affix", FaultCode::InvalidValue, "must be append or prepend")),
    };
    // From 0 on: the cursor of a page may say 0, and a client sends it back.
    let at = integer(parameters, &["updatedAt"])?;
    Ok(at.map(|at| Filter::Changed(compare, i64::try_from(at).unwrap_or(i64::MAX))))
}

/// The order of what was changed: by the time of the change, then as it was made.
pub fn by_change() -> Vec<OrderKey> {
    [OrderBy::Changed, OrderBy::Number].map(|by| OrderKey { by, descending: false }).to_vec()
}

/// `sortBy` (name, `id` or createdAt) and `sortOrder` (asc unless said): the keys before the number, which is the order
/// of creation. None when neither is said.
pub fn order(parameters: &Query<'_>, id: &str) -> Result<Vec<OrderKey>, Fault> {
    let by = match parameters.one(&["sortBy"])?.as_deref() {
        None => None,
        Some("name") => Some(OrderBy::Text(TextField::Name)),
        Some("createdAt") => Some(OrderBy::Number),
        Some(word) if word == id => Some(OrderBy::Text(TextField::Uid)),
        Some(_) => {
            let problem = format!("must be name, {id} or createdAt");
            return Err(Fault::new("sortBy", FaultCode::InvalidValue, problem));
        }
    };
    let descending = match parameters.one(&["sortOrder"])?.as_deref() {
        None => None,
        Some("asc") => Some(false),
        Some("desc") => Some(true),
        Some(_) => return Err(Fault::new("sortOrder", FaultCode::InvalidValue, "must be asc or desc")),
    };
    Ok(match (by, descending) {
        (None, None) => Vec::new(),
        (by, descending) => {
            vec![OrderKey { by: by.unwrap_or(OrderBy::Number), descending: descending.unwrap_or(false) }]
        }
    })
}

/// All of these conditions, if there are any.
pub fn all(conditions: impl IntoIterator<Item = Option<Filter>>) -> Option<Filter> {
    let conditions: Vec<_> = conditions.into_iter().flatten().collect();
    (!conditions.is_empty()).then_some(Filter::All(conditions))
}

/// What a filter beyond the bounds is refused with: only `searchKey` can be so long.
pub fn too_large(problem: membership::FilterTooLarge) -> Fault {
    Fault::new("searchKey", FaultCode::Limit, problem.to_string())
}

#[cfg(test)]
mod tests;
