//! RM's `$filter` and `$orderby`.

use super::print::{name, print};
use super::requests::{ask, encoded};
use dialect::{Action, Method, Parsed};
use dialect_rm::Rm;
use membership::{MemberQuery, OrderBy, OrderKey, Person};
use std::sync::OnceLock;
use testkit::accepts;

const MEMBERS: &str = "/api/Organization/groups/00000000-0000-4000-8000-000000000001/members";

fn members(query: &str) -> Option<MemberQuery> {
    let asked = ask(&Rm::new(), Method::Get, MEMBERS, query, &[("authorization", "OAuth2 t")], b"").ok()?;
    match asked {
        Parsed::Call(call) => match call.action {
            Action::Members { query, .. } => Some(query),
            _ => panic!("members are asked for"),
        },
        Parsed::Reply(_) => panic!("members are asked for"),
    }
}

/// Some persons to try a filter on.
fn persons() -> &'static [Person] {
    static PERSONS: OnceLock<Vec<Person>> = OnceLock::new();
    PERSONS.get_or_init(|| testkit::sample::directory().persons().into_iter().take(25).collect())
}

/// A filter that is accepted means the same when it is written down and read again.
pub fn filter(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for path in ["/api/Organization/groups", "/api/Organization/people", "/api/Organization/groups/count"] {
        let query = format!("$filter={}", encoded(text));
        let _ = ask(&Rm::new(), Method::Get, path, &query, &[("authorization", "OAuth2 t")], b"");
    }
    let Some(read) = members(&format!("$filter={}", encoded(text))) else { return };
    // One that always holds is none.
    let Some(filter) = read.filter() else { return };
    assert!(filter.check().is_ok(), "{text:?} is beyond the bounds of the core");
    let printed = print(filter);
    // Written with all its parentheses a filter may be longer or deeper than one may be.
    let Some(again) = members(&format!("$filter={}", encoded(&printed))) else { return };
    for person in persons() {
        let accepted = again.filter().is_none_or(|again| accepts(again, person));
        assert_eq!(accepts(filter, person), accepted, "{text:?} as {printed:?}, of {}", person.uid);
    }
}

/// The same for an order.
pub fn order(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for path in ["/api/Organization/groups", "/api/Organization/people"] {
        let query = format!("$orderby={}", encoded(text));
        let _ = ask(&Rm::new(), Method::Get, path, &query, &[("authorization", "OAuth2 t")], b"");
    }
    let Some(read) = members(&format!("$orderby={}", encoded(text))) else { return };
    assert!(read.order.len() <= 5, "{text:?}");
    let key = |key: &OrderKey| {
        let field = match key.by {
            OrderBy::Text(field) => name(field),
            OrderBy::Id => "Id",
            other => panic!("{other:?} is no field of this dialect"),
        };
        format!("{field} {}", if key.descending { "desc" } else { "asc" })
    };
    let printed = read.order.iter().map(key).collect::<Vec<_>>().join(",");
    let again = members(&format!("$orderby={}", encoded(&printed))).expect("an order of ours");
    assert_eq!(again.order, read.order, "{text:?} as {printed:?}");
}
