//! Listing and counting the members of a group.

use crate::format::Format;
use crate::links::Address;
use crate::{LONGEST, filter, order, presented, render};
use dialect::{
    Action, Call, Fault, FaultCode, Query, Refusal, Reply, Request, decode_segment, positive_integer, total_pages,
};
use membership::{GroupKey, MemberQuery, PersonFields, Window};
use uuid::Uuid;

/// The names of the filter: as the conventions have it, and as the manual's list of parameters has it.
pub(crate) const FILTER: [&str; 2] = ["$filter", "filter"];
/// The names of the order, likewise.
pub(crate) const ORDER: [&str; 2] = ["$orderby", "orderby"];
const PAGE: [&str; 1] = ["page"];
const PAGE_SIZE: [&str; 1] = ["page_size"];
/// Options of OData that the manual says are not implemented.
const NOT_IMPLEMENTED: [&str; 2] = ["$select", "$expand"];

/// Rows of a page unless asked otherwise (manual).
const DEFAULT_SIZE: u32 = 10;
/// The greatest number of rows of a page (manual).
const GREATEST_SIZE: u64 = 1_000;

/// The text fields that a member shows.
const SHOWN: PersonFields = PersonFields::NAME
    .with(PersonFields::DESCRIPTION)
    .with(PersonFields::EMAIL)
    .with(PersonFields::PHONE)
    .with(PersonFields::ADDITIONAL_INFORMATION)
    .with(PersonFields::LOGIN)
    .with(PersonFields::ID)
    .with(PersonFields::ACCOUNT_STATUS);

/// Asks for a page of the members of `group`.
pub(crate) fn list(request: &Request<'_>, group: &Uuid) -> Result<Call, Refusal> {
    let (query, page) = asked(request, group)?;
    let format = Format::of(request);
    let address = Address::new(request.prefix, request.path, request.query);
    let size = query.window.limit;
    let write = Box::new(move |_: &_, members: membership::MemberPage<'_>| {
        let body = render::members(format, members.rows);
        let reply = Reply::new(200, format.content_type(), body).with("X-Total-Count", members.total.to_string());
        match address.links(page, total_pages(members.total, size)) {
            Some(links) => reply.with("Link", links),
            None => reply,
        }
    });
    Ok(Call { presented: presented(request), on_behalf_of: None, action: Action::Members { query, write } })
}

/// Asks for the number of members of `group`. The parameters of a list are checked here too, but only the filter has an
/// effect. The answer is a bare integer, after the pattern of the vendor's `…/count` resources, and JSON always.
pub(crate) fn count(request: &Request<'_>, group: &Uuid) -> Result<Call, Refusal> {
    let (mut query, _) = asked(request, group)?;
    query.order.clear();
    query.window = Window { offset: 0, limit: 0 };
    let write = Box::new(|_: &_, number: u64| Reply::new(200, Format::Json.content_type(), number.to_string()));
    Ok(Call { presented: presented(request), on_behalf_of: None, action: Action::CountMembers { query, write } })
}

/// The query that the parameters make, and the number of its page.
fn asked(request: &Request<'_>, group: &Uuid) -> Result<(MemberQuery, u64), Refusal> {
    if request.query.len() > LONGEST {
        return Err(too_long(request.query).into());
    }
    let parameters = Query::parse(request.query);
    options(&parameters)?;
    let page = positive_integer(&parameters, &PAGE)?.unwrap_or(1);
    let size = page_size(&parameters)?;
    let mut query = MemberQuery::new(GroupKey::Id(*group), Window::page(page, size));
    query.fields = SHOWN;
    if let Some(text) = parameters.one(&FILTER)? {
        let name = parameters.name_of(&FILTER);
        if let Some(tree) = filter::parse(&text).map_err(|problem| problem.of(&name))? {
            query = query.filtered(tree).map_err(|large| Fault::new(name, FaultCode::Limit, large.to_string()))?;
        }
    }
    if let Some(text) = parameters.one(&ORDER)? {
        query.order = order::parse(&parameters.name_of(&ORDER), &text)?;
    }
    Ok((query, page))
}

/// Refuses the options of OData that there are not. Other unknown parameters are ignored.
fn options(parameters: &Query<'_>) -> Result<(), Fault> {
    for name in NOT_IMPLEMENTED {
        if parameters.one(&[name])?.is_some() {
            return Err(Fault::new(name, FaultCode::Unsupported, "is not implemented"));
        }
    }
    let known = |name: &str| [FILTER[0], ORDER[0]].contains(&name) || NOT_IMPLEMENTED.contains(&name);
    match parameters.names().find(|name| name.starts_with('$') && !known(name)) {
        Some(name) if !crate::words::quoted(name).is_empty() => {
            Err(Fault::new(name, FaultCode::Unsupported, "is not an option of this resource"))
        }
        Some(_) => {
            let problem = "has an option that this resource does not have";
            Err(Fault::new("query string", FaultCode::Unsupported, problem))
        }
        None => Ok(()),
    }
}

fn page_size(parameters: &Query<'_>) -> Result<u32, Fault> {
    let problem = || format!("must be a whole number from 1 to {GREATEST_SIZE}");
    match positive_integer(parameters, &PAGE_SIZE) {
        Ok(None) => Ok(DEFAULT_SIZE),
        Ok(Some(size)) => match u32::try_from(size) {
            Ok(legal) if size <= GREATEST_SIZE => Ok(legal),
            _ => Err(Fault::new(PAGE_SIZE[0], FaultCode::Limit, problem())),
        },
        Err(fault) if fault.code == FaultCode::InvalidValue => Err(Fault { problem: problem(), ..fault }),
        Err(fault) => Err(fault),
    }
}

/// Too long a query string: names its longest parameter, if that is one of ours.
fn too_long(query: &str) -> Fault {
    let longest = query.split('&').max_by_key(|pair| pair.len()).unwrap_or_default();
    let name = longest.split('=').next().and_then(|name| decode_segment(name).ok()).unwrap_or_default();
    let ours = FILTER.iter().chain(&ORDER).chain(&PAGE).chain(&PAGE_SIZE).find(|known| **known == name);
    let problem = format!("makes the query string longer than {LONGEST} bytes");
    match ours {
        Some(name) => Fault::new(*name, FaultCode::Limit, problem),
        None => Fault::new("query string", FaultCode::Limit, format!("is longer than {LONGEST} bytes")),
    }
}
