//! Pages of lists: `{"items":[…],"total":n}`, and links to the other pages (RFC 8288).

use super::answer::{Answer, Outcome};
use super::endpoint::{Param, Usual};
use super::request::Ask;
use super::shape::Shape;
use dialect::{json, total_pages};
use membership::limits;

/// Rows of a page unless the request says it.
pub(super) const USUAL_SIZE: u32 = 50;
/// Rows of a page at most.
pub(super) const MOST: i64 = 1_000;

/// Which page.
pub(super) const PAGE: Param =
    Param::new("page", Shape::Integer(1, limits::NUMBER), "Which page, from 1. Past the last one is legal and empty.")
        .usually(Usual::Number(1));
/// Its size.
pub(super) const PAGE_SIZE: Param = Param::new("page_size", Shape::Integer(1, MOST), "How many items a page has.")
    .usually(Usual::Number(USUAL_SIZE as i64));
/// A text that is looked for.
pub(super) const SEARCH: Shape = Shape::Text(1, limits::NAME);

/// A page of `total` items, each written by `write`.
pub(super) fn page<T>(ask: &Ask, rows: &[T], total: u64, write: impl Fn(&mut Vec<u8>, &T)) -> Outcome {
    let mut body = Vec::new();
    let mut object = json::Object::begin(&mut body);
    items(object.key("items"), rows, write);
    object.integer("total", total).end();
    linked(ask, body, total)
}

/// A page that has been written, of a list of `total` items.
pub(super) fn linked(ask: &Ask, body: Vec<u8>, total: u64) -> Outcome {
    let (page, size) = ask.page()?;
    Ok(Answer::json(body).header("link", links(&ask.address, &ask.raw_query, page, size, total)))
}

/// An array of these.
pub(super) fn items<T>(out: &mut Vec<u8>, rows: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write(out, row);
    }
    out.push(b']');
}

/// The field `Link`: the first and the last page, and those before and behind, where there are any.
fn links(address: &str, query: &str, page: u64, size: u32, total: u64) -> String {
    let last = total_pages(total, size).max(1);
    let mut links = vec![("first", 1)];
    if page > 1 {
        // Whoever is past the end is led back to it.
        links.push(("prev", (page - 1).min(last)));
    }
    if page < last {
        links.push(("next", page + 1));
    }
    links.push(("last", last));
    let link = |(relation, page): (&str, u64)| format!("<{}>; rel=\"{relation}\"", with(address, query, "page", page));
    links.into_iter().map(link).collect::<Vec<_>>().join(", ")
}

/// The address with this query, in which the parameter has another value.
pub(super) fn with(address: &str, query: &str, name: &str, value: u64) -> String {
    let others = query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name));
    let pairs: Vec<String> = others.map(str::to_owned).chain([format!("{name}={value}")]).collect();
    format!("{address}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_other_pages() {
        let of = |query: &str, page, total| links("/g", query, page, 10, total);
        assert_eq!(
            of("page_size=10&page=2&tag=a%26b", 2, 35),
            "</g?page_size=10&tag=a%26b&page=1>; rel=\"first\", </g?page_size=10&tag=a%26b&page=1>; rel=\"prev\", \
             </g?page_size=10&tag=a%26b&page=3>; rel=\"next\", </g?page_size=10&tag=a%26b&page=4>; rel=\"last\""
        );
        assert_eq!(of("", 1, 0), "</g?page=1>; rel=\"first\", </g?page=1>; rel=\"last\"");
        assert_eq!(of("", 9, 35), "</g?page=1>; rel=\"first\", </g?page=4>; rel=\"prev\", </g?page=4>; rel=\"last\"");
    }
}
