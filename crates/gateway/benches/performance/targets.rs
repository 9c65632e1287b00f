//! What is asked for.

use crate::data::{Data, Presented};
use crate::http::Target;

/// What kind of page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    First,
    Far,
    Ordered,
    Thousand,
    /// Another one each time.
    Others,
}

/// One page of one dialect.
pub struct Page {
    pub dialect: &'static str,
    pub kind: Kind,
    pub name: String,
    pub target: Target,
}

/// How many of the names a filter matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hits {
    None,
    Few,
    Most,
}

/// One filter of one dialect.
pub struct Filter {
    pub dialect: &'static str,
    pub hits: Hits,
    pub name: String,
    pub target: Target,
    /// The same for others that as many names hold, that one first.
    pub alike: Vec<Target>,
    /// For texts that no name holds, so many that nothing is left of what was found before them.
    pub others: Vec<Target>,
}

/// How many filters are asked so that nothing is left of what was found before: more than the program keeps of a group.
const FORGET: usize = 24;

/// The page of `size` rows that holds the row at nine tenths of the group.
fn far(data: &Data, size: u64) -> u64 {
    (data.members / 10 * 9).div_ceil(size).max(1)
}

/// How many other pages there are at most: far more than replies are kept, and than can be asked for in a second.
const OTHERS: u64 = 100_000;

/// A prime far from any size of a group.
const STRIDE: u64 = 1_000_003;

/// Pages without a filter. Elance has at most 25 rows a page and no order of one's own, CometChat no order either.
pub fn pages(data: &Data, presented: &Presented) -> Vec<Page> {
    let page = |dialect: &'static str, kind: Kind, name: &str, query: &str| {
        let target = target(data, presented, dialect, query);
        Page { dialect, kind, name: format!("{dialect}, {name}"), target }
    };
    let deep = data.members / 10 * 9;
    let deep = format!("page of 10 at {}", crate::figures::spread::count(deep as f64));
    let far = far(data, 10);
    let others = |dialect: &'static str, size: &str| {
        let path = |page: u64| target(data, presented, dialect, &format!("?{size}page={page}")).path;
        let pages = (data.members / 10).max(1);
        // As a multiplicative walk, so that none is near the one before, nor comes again soon.
        let walk = (0..pages.min(OTHERS)).map(|step| path(step.wrapping_mul(STRIDE) % pages + 1));
        let mut page = page(dialect, Kind::Others, "page of 10, another each time", &format!("?{size}page=1"));
        page.target.others = walk.collect();
        page
    };
    vec![
        page("RM", Kind::First, "first page of 10", ""),
        page("RM", Kind::Far, &deep, &format!("?page={far}")),
        page("RM", Kind::Ordered, "first page of 10 by Name, descending", "?$orderby=Name%20desc"),
        page("RM", Kind::Thousand, "page of 1,000", "?page_size=1000"),
        others("RM", ""),
        page("CometChat", Kind::First, "first page of 10", "?perPage=10"),
        page("CometChat", Kind::Far, &deep, &format!("?perPage=10&page={far}")),
        page("CometChat", Kind::Thousand, "page of 1,000", "?perPage=1000"),
        others("CometChat", "perPage=10&"),
        page("Elance", Kind::First, "first page of 10", "?rpp=10"),
        page("Elance", Kind::Far, &deep, &format!("?rpp=10&page={far}")),
        others("Elance", "rpp=10&"),
    ]
}

/// Filters for a part of the name: the first page of 10, with the total.
pub fn filters(data: &Data, presented: &Presented) -> Vec<Filter> {
    let of = |dialect: &'static str, literal: &str| {
        let query = match dialect {
            "RM" => format!("?$filter=substringof('{literal}',Name)"),
            _ => format!("?searchKey={literal}&perPage=10"),
        };
        target(data, presented, dialect, &query)
    };
    let mut filters = Vec::new();
    for (hits, literals) in
        [(Hits::None, &data.literals.none), (Hits::Few, &data.literals.few), (Hits::Most, &data.literals.most)]
    {
        for dialect in ["RM", "CometChat"] {
            let alike: Vec<Target> = literals.iter().map(|literal| of(dialect, literal)).collect();
            let literal = literals.first().expect("a text");
            let name = format!("{dialect}, `{literal}`");
            let others = (0..FORGET).map(|nth| of(dialect, &format!("qxzqx{nth}q"))).collect();
            filters.push(Filter { dialect, hits, name, target: of(dialect, literal), alike, others });
        }
    }
    filters
}

fn target(data: &Data, presented: &Presented, dialect: &str, query: &str) -> Target {
    let group = &data.group;
    let (path, headers) = match dialect {
        "RM" => (format!("/api/Organization/groups/{}/members{query}", group.id), &presented.rm),
        "CometChat" => (format!("/v3/groups/{}/members{query}", group.guid), &presented.cometchat),
        _ => (format!("/api2/groups/{}/members{query}", group.number), &presented.elance),
    };
    Target { path, headers: headers.clone(), others: Vec::new() }
}
