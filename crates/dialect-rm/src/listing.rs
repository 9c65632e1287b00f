//! What all lists have in common: their parameters, and the header of their replies.

use crate::field::Fields;
use crate::filter::Condition;
use crate::format::Format;
use crate::links::Address;
use crate::{LONGEST, filter, order};
use dialect::{Fault, FaultCode, Query, Reply, Request, decode_segment, positive_integer, total_pages};
use membership::{Filter, FilterTooLarge, OrderKey, Window};
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

/// What the parameters of a list ask for.
pub(crate) struct Asked {
    page: u64,
    size: u32,
    condition: Option<Condition>,
    /// The name under which the filter was sent.
    filter_name: String,
    /// The order.
    pub(crate) order: Vec<OrderKey>,
}

impl Asked {
    /// Reads the parameters of a list of rows that have these fields.
    pub(crate) fn read(request: &Request<'_>, fields: Fields) -> Result<Self, Fault> {
        if request.query.len() > LONGEST {
            return Err(too_long(request.query));
        }
        let parameters = Query::parse(request.query);
        options(&parameters)?;
        let page = positive_integer(&parameters, &PAGE)?.unwrap_or(1);
        let size = page_size(&parameters)?;
        let filter_name = parameters.name_of(&FILTER);
        let condition = match parameters.one(&FILTER)? {
            Some(text) => filter::parse(&text, fields).map_err(|problem| problem.of(&filter_name))?,
            None => None,
        };
        let order = match parameters.one(&ORDER)? {
            Some(text) => order::parse(&parameters.name_of(&ORDER), &text, fields)?,
            None => Vec::new(),
        };
        Ok(Self { page, size, condition, filter_name, order })
    }

    /// Which rows.
    pub(crate) const fn window(&self) -> Window {
        Window::page(self.page, self.size)
    }

    /// What the rows must be like.
    pub(crate) fn filter(&self) -> Filter {
        self.condition.as_ref().map_or(Filter::Always(true), |condition| condition.filter.clone())
    }

    /// Who must own them.
    pub(crate) fn owner(&self) -> Option<Uuid> {
        self.condition.as_ref().and_then(|condition| condition.owner)
    }

    /// The fault of a filter that the core finds too large.
    pub(crate) fn too_large(&self, large: FilterTooLarge) -> Fault {
        Fault::new(self.filter_name.as_str(), FaultCode::Limit, large.to_string())
    }
}

/// How the page of a list is answered.
pub(crate) struct Listing {
    /// How its body is written.
    pub(crate) format: Format,
    address: Address,
    page: u64,
    size: u32,
}

impl Listing {
    /// For a page that was asked for so.
    pub(crate) fn new(request: &Request<'_>, asked: &Asked) -> Self {
        let address = Address::new(request.prefix, request.path, request.query);
        Self { format: Format::of(request), address, page: asked.page, size: asked.size }
    }

    /// The body has no room for the total and the neighbouring pages, so they stand in the header (our decision).
    pub(crate) fn reply(&self, total: u64, body: Vec<u8>) -> Reply {
        let reply = Reply::new(200, self.format.content_type(), body).with("X-Total-Count", total.to_string());
        match self.address.links(self.page, total_pages(total, self.size)) {
            Some(links) => reply.with("Link", links),
            None => reply,
        }
    }
}

/// A number of rows: a bare integer, after the pattern of the vendor's `…/count` resources, and JSON always.
pub(crate) fn number(number: u64) -> Reply {
    Reply::new(200, Format::Json.content_type(), number.to_string())
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
