//! A fourth dialect, as small as one can be: lines of fields with tabs between them. It uses nothing but public items
//! of `dialect` and `membership`, so whatever a new dialect needs is there.
//!
//! `GET /plain/groups/{number}/members?from=0&count=20`, with the key in `X-Plain-Key`.

use dialect::access::{CredentialKind, Denial, Secret};
use dialect::membership::{GroupKey, MemberPage, MemberQuery, PersonFields, Window};
use dialect::{Action, Call, Dialect, Fault, FaultCode, Mount, Parsed, Presented, Query, Refusal, Reply, Request};

/// The dialect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

const TYPE: &str = "text/plain; charset=utf-8";
const MOUNTS: &[Mount] = &[Mount { path: "/plain", ignore_case: false }];
/// How many rows a page has unless asked, and at most.
const COUNT: u32 = 20;
const MOST: u32 = 500;

impl Dialect for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn mounts(&self) -> &'static [Mount] {
        MOUNTS
    }

    fn parse(&self, request: &Request<'_>) -> Result<Parsed, Refusal> {
        let segments: Vec<&str> = request.path.split('/').skip(1).collect();
        let ["plain", "groups", number, "members"] = segments[..] else { return Err(Refusal::NoSuchPath) };
        if !request.method.reads() {
            return Err(Refusal::Method("GET, HEAD"));
        }
        let number = number.parse().map_err(|_| Refusal::NoSuchGroup)?;
        let query = Query::parse(request.query);
        let offset = dialect::integer(&query, &["from"])?.unwrap_or(0);
        let limit = match dialect::positive_integer(&query, &["count"])? {
            None => COUNT,
            Some(count) => u32::try_from(count)
                .ok()
                .filter(|count| *count <= MOST)
                .ok_or_else(|| Fault::new("count", FaultCode::Limit, format!("must be at most {MOST}")))?,
        };
        let mut members = MemberQuery::new(GroupKey::Number(number), Window { offset, limit });
        members.fields = PersonFields::NUMBER.with(PersonFields::NAME).with(PersonFields::MEMBERSHIP);
        let presented = request
            .header("x-plain-key")
            .map_or(Presented::Nothing, |key| Presented::Secret(CredentialKind::Key, Secret::presented(key)));
        let action = Action::Members { query: members, write: Box::new(|_, page| write(page)) };
        Ok(Call { presented, on_behalf_of: None, action, route: None }.into())
    }

    fn refuse(&self, _: &Request<'_>, refusal: &Refusal) -> Reply {
        let say = |status, text: String| Reply::new(status, TYPE, text + "\n");
        match refusal {
            Refusal::Parameter(fault) => say(400, fault.to_string()),
            Refusal::Denied(Denial::NotAllowed | Denial::AccountClosed) => say(403, "not allowed".into()),
            Refusal::Denied(denial @ (Denial::Missing | Denial::Unknown)) => say(401, denial.to_string()),
            Refusal::BadClient => say(401, "wrong client".into()),
            Refusal::UnsupportedGrant => say(400, "unsupported grant".into()),
            Refusal::BadGrant(_) => say(400, "bad grant".into()),
            Refusal::NoSuchPath => say(404, "no such path".into()),
            Refusal::Method(allow) => say(405, "wrong method".into()).with("allow", *allow),
            Refusal::NoSuchGroup => say(404, "no such group".into()),
            Refusal::NoSuchPerson(uid) => say(404, format!("no such person: {uid}")),
            Refusal::NoSuchJob => say(404, "no such job".into()),
            Refusal::NeedsPerson => say(403, "only for persons".into()),
            Refusal::Step { failure, .. } => say(409, failure.to_string()),
            Refusal::Field(bad) => say(400, bad.to_string()),
            Refusal::InUse(field) => say(409, format!("{field} is in use")),
            Refusal::Immutable(field) => say(409, format!("{field} cannot be changed")),
            Refusal::StillOwner(guid) => say(409, format!("still the owner of {guid}")),
            Refusal::Unexpected => say(412, "changed meanwhile".into()),
            Refusal::Pruned(floor) => say(410, format!("nothing up to {floor}")),
            Refusal::BodyTooLarge(most) => say(413, format!("more than {most} bytes")),
            Refusal::TargetTooLong(most) => say(414, format!("more than {most} bytes")),
            Refusal::TooManyRequests(after) => {
                say(429, "too many requests".into()).with("retry-after", after.to_string())
            }
            Refusal::Unavailable(after) => say(503, "not available".into()).with("retry-after", after.to_string()),
            Refusal::Internal => say(500, "a fault of ours".into()),
        }
    }
}

fn write(page: MemberPage<'_>) -> Reply {
    let mut body = String::new();
    page.rows.each(&mut |row| {
        let person = row.person;
        // A tab or a line break in a name would look like the end of the field.
        let name = person.name.replace(|c: char| c.is_control(), " ");
        let joined_at = row.joined_at.unwrap_or_default();
        body.push_str(&format!("{}\t{}\t{name}\t{}\t{joined_at}\n", person.number, person.uid, row.scope));
    });
    Reply::new(200, TYPE, body).with("x-plain-total", page.total.to_string())
}

#[cfg(test)]
mod tests;
