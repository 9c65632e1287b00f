//! `GET /api2/groups` and `GET /api2/groups/{groupId}`: the directory of the groups, and one of them.

use crate::address::Base;
use crate::paging::Paging;
use crate::{JSON, Settings};
use dialect::access::Operation;
use dialect::json::Object;
use dialect::{Action, Fault, FaultCode, Query, Reply, Request};
use membership::{Filter, Folded, GroupEntry, GroupKey, GroupQuery, TextExpr, TextField, TextMatch};

/// The text that is searched for (our name: none is known).
const QUERY: [&str; 1] = ["query"];
/// About how many bytes a group takes, so that the body need not grow while it is written.
const ROW_BYTES: usize = 512;

/// Asks for a page of the groups that hold the text `query` in name or description; of all of them without it.
pub fn list(settings: &Settings, request: &Request<'_>, parameters: &Query<'_>) -> Result<Action, Fault> {
    let paging = Paging::read(settings, parameters)?;
    let mut query = GroupQuery::new(paging.window());
    if let Some(text) = parameters.one(&QUERY)? {
        let too_large = |_| Fault::new(QUERY[0], FaultCode::Limit, "is too long");
        query = query.filtered(holding(&text)).map_err(too_large)?;
    }
    let base = Base::of(settings, request);
    Ok(Action::task(Operation::ReadGroups, move |session| {
        let page = session.groups(&query)?;
        let mut body = Vec::with_capacity(256 + page.rows.len() * ROW_BYTES);
        body.extend_from_slice(br#"{"data":{"groups":"#);
        let mut object = Object::begin(&mut body);
        object.digits("totalGroups", page.total);
        paging.results(&mut object, page.total, page.rows.len(), |results| {
            page.rows.iter().for_each(|entry| results.add(|out| group(&base, entry, out)));
        });
        object.end();
        body.extend_from_slice(b"}}");
        Ok(Reply::new(200, JSON, body))
    }))
}

/// Groups with this text in their name or description, in whatever case.
fn holding(text: &str) -> Filter {
    let within = |field| {
        let text = TextExpr::Literal(Folded::new(text));
        Filter::Match(TextMatch::Contains, TextExpr::Field(field), text)
    };
    Filter::Any(vec![within(TextField::Name), within(TextField::Description)])
}

/// Asks for one group.
pub fn show(settings: &Settings, request: &Request<'_>, number: i64) -> Action {
    let base = Base::of(settings, request);
    Action::quick(Operation::ReadGroups, move |session| {
        let entry = session.group(&GroupKey::Number(number))?;
        let mut body = Vec::with_capacity(ROW_BYTES);
        body.extend_from_slice(br#"{"data":{"group":"#);
        group(&base, &entry, &mut body);
        body.extend_from_slice(b"}}");
        Ok(Reply::new(200, JSON, body))
    })
}

/// A group, with the ready-made addresses of its members and its jobs.
fn group(base: &Base, entry: &GroupEntry, out: &mut Vec<u8>) {
    let group = &entry.group;
    let mut object = Object::begin(out);
    object
        .digits("groupId", group.number)
        .string("name", &group.name)
        .string("description", &group.description)
        .string("sponsor", &group.sponsor)
        .string("criteria", &group.criteria)
        .string("logo", &group.icon)
        .digits("totalMembers", entry.members);
    base.below_group(&mut object, "groupMembers", group.number, "members");
    base.below_group(&mut object, "groupJobs", group.number, "jobs");
    object.end();
}
