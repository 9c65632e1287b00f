//! Reading `GET /groups/{guid}/members`.

use crate::{caller, page};
use dialect::{Action, Call, Fault, FaultCode, Query, Refusal, Request, decode_segment, integer, positive_integer};
use membership::{
    Compare, Filter, Folded, GroupKey, MemberPage, MemberQuery, OrderBy, OrderKey, Presence, Scope, ScopeSet, TextExpr,
    TextField, TextMatch, Window, limits,
};

/// Rows of a page when the client does not say (documented).
const DEFAULT_SIZE: u32 = 100;
/// The longest page, in rows (documented). Who asks for more gets this.
const MAX_SIZE: u32 = 1_000;

/// The names of the page size: the documented one, and the one that the SDK sends.
const SIZE: &[&str] = &["perPage", "per_page"];
/// The spellings of the list of scopes: plain, as axios writes arrays, and with an index.
const SCOPES: &[&str] = &[
    "scopes",
    "scopes[]",
    "scopes[0]",
    "scopes[1]",
    "scopes[2]",
    "scopes[3]",
    "scopes[4]",
    "scopes[5]",
    "scopes[6]",
    "scopes[7]",
    "scopes[8]",
    "scopes[9]",
];

/// Reads the request; `group` is the segment of the path, still encoded.
pub fn parse(request: &Request<'_>, group: &str) -> Result<Call, Refusal> {
    let presented = caller::presented(request)?;
    let on_behalf_of = caller::on_behalf_of(request, &presented);
    let parameters = Query::parse(request.query);
    let size = size(&parameters)?;
    let number = positive_integer(&parameters, &["page"])?.unwrap_or(1);
    let mut query = MemberQuery::new(group_key(group), Window::page(number, size));
    query.scopes = scopes(&parameters)?;
    query.fields = page::FIELDS;
    let changed = changed(&parameters)?;
    if changed.is_some() {
        query.order = [OrderBy::Changed, OrderBy::Number].map(|by| OrderKey { by, descending: false }).to_vec();
    }
    let conditions: Vec<_> = [status(&parameters)?, search(&parameters)?, changed].into_iter().flatten().collect();
    if !conditions.is_empty() {
        let too_large =
            |problem: membership::FilterTooLarge| Fault::new("searchKey", FaultCode::Limit, problem.to_string());
        query = query.filtered(Filter::All(conditions)).map_err(too_large)?;
    }
    let write = move |principal: &_, found: MemberPage<'_>| page::write(number, size, principal, found);
    Ok(Call { presented, on_behalf_of, action: Action::Members { query, write: Box::new(write) } })
}

/// The group that the segment names. What is no legal guid becomes the empty one, which no group has: so it is refused
/// where every unknown group is, behind the judging of the key.
fn group_key(segment: &str) -> GroupKey {
    let text = decode_segment(segment).unwrap_or_default();
    GroupKey::Guid(limits::check_uid("guid", &text).unwrap_or_default())
}

/// `perPage`. The SDK lets 0 through, so it stands for the default.
fn size(parameters: &Query<'_>) -> Result<u32, Fault> {
    Ok(match integer(parameters, SIZE)? {
        None | Some(0) => DEFAULT_SIZE,
        Some(wanted) => u32::try_from(wanted).unwrap_or(u32::MAX).min(MAX_SIZE),
    })
}

/// `scopes`, in any spelling, also several in one value.
fn scopes(parameters: &Query<'_>) -> Result<ScopeSet, Fault> {
    let values = parameters.many(SCOPES).map_err(|fault| Fault { parameter: "scopes".to_owned(), ..fault })?;
    let mut set = ScopeSet::NONE;
    for word in values.iter().flat_map(|value| value.split(',')).filter(|word| !word.is_empty()) {
        let scope: Scope = word.parse().map_err(|_| {
            Fault::new("scopes", FaultCode::InvalidValue, "must be one or more of participant, moderator and admin")
        })?;
        set = set.with(scope);
    }
    Ok(if set == ScopeSet::NONE { ScopeSet::ALL } else { set })
}

/// `status`. The SDK says `online` for what the store and the replies call `available`.
fn status(parameters: &Query<'_>) -> Result<Option<Filter>, Fault> {
    let Some(word) = parameters.one(&["status"])? else { return Ok(None) };
    let presence = match word.as_ref() {
        "available" | "online" => Presence::Available,
        "offline" => Presence::Offline,
        _ => return Err(Fault::new("status", FaultCode::InvalidValue, "must be available or offline")),
    };
    Ok(Some(Filter::Presence(presence)))
}

/// `searchKey`: a part of the name or of the uid.
fn search(parameters: &Query<'_>) -> Result<Option<Filter>, Fault> {
    let Some(part) = parameters.one(&["searchKey"])? else { return Ok(None) };
    let part = Folded::new(&part);
    let held_by = |field| Filter::Match(TextMatch::Contains, TextExpr::Field(field), TextExpr::Literal(part.clone()));
    Ok(Some(Filter::Any(vec![held_by(TextField::Name), held_by(TextField::Uid)])))
}

/// `updatedAt` with `affix`: who was changed after (`append`, unless said) or before (`prepend`) that second. A wrong
/// `affix` is refused even alone, a right one alone does nothing.
fn changed(parameters: &Query<'_>) -> Result<Option<Filter>, Fault> {
    let compare = match parameters.one(&["affix"])?.as_deref() {
        None | Some("append") => Compare::Gt,
        Some("prepend") => Compare::Lt,
        Some(_) => return Err(Fault::new("affix", FaultCode::InvalidValue, "must be append or prepend")),
    };
    // From 0 on: the cursor of a page may say 0, and a client sends it back.
    let at = integer(parameters, &["updatedAt"])?;
    Ok(at.map(|at| Filter::Changed(compare, i64::try_from(at).unwrap_or(i64::MAX))))
}

#[cfg(test)]
mod tests;
