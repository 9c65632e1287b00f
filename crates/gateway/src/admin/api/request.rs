//! A request as a handler sees it: everything in it has been judged by the endpoint's own description.

use super::endpoint::{Body, Endpoint, Param, named};
use super::keys;
use super::preconditions::Conditions;
use super::problem::Problem;
use super::said::Said;
use super::shape::Shape;
use access::Principal;
use dialect::{Query, decode_segment};
use membership::{By, GroupKey, PersonKey, Window};
use std::str::FromStr;
use uuid::Uuid;

/// Names and values.
pub(super) type Values = Vec<(&'static str, String)>;

/// A request.
pub(super) struct Ask {
    /// Its id.
    pub id: Uuid,
    /// Who asks.
    pub principal: Principal,
    /// What it says of what must be there.
    pub conditions: Conditions,
    /// The values in the path.
    pub path: Values,
    /// The values in the query; the usual ones where it does not say them.
    pub query: Values,
    /// The query as it was sent.
    pub raw_query: String,
    /// The address as it was sent, without the query.
    pub address: String,
    /// The body, where it is JSON.
    pub said: Said,
    /// The time, in unix seconds.
    pub now: i64,
}

/// What of a path belongs to the names of an endpoint's; `None` when it is another path.
pub(super) fn matched(pattern: &'static str, path: &str) -> Option<Values> {
    let mut found = Vec::new();
    let mut segments = path.split('/');
    for part in pattern.split('/') {
        let segment = segments.next()?;
        match named(part) {
            Some(name) if !segment.is_empty() => found.push((name, segment.to_owned())),
            Some(_) => return None,
            None if part == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(found)
}

/// The values in a path, judged.
pub(super) fn path(endpoint: &Endpoint, found: &[(&'static str, String)]) -> Result<Values, Problem> {
    let shapes: Vec<(&str, Shape)> = endpoint.names().collect();
    let mut values = Vec::new();
    for (name, raw) in found {
        let value = decode_segment(raw).map_err(|problem| Problem::parameter(name, problem))?;
        if let Some((_, shape)) = shapes.iter().find(|(of, _)| of == name) {
            shape.judge_text(&value).map_err(|problem| Problem::parameter(name, &problem))?;
        }
        values.push((*name, value.into_owned()));
    }
    Ok(values)
}

/// The values in a query, judged. One that is not known here would be without effect, which nobody wants, so it is
/// refused.
pub(super) fn query(params: &[Param], raw: &str) -> Result<Values, Problem> {
    let query = Query::parse(raw);
    if let Some(stranger) = query.names().find(|name| !params.iter().any(|param| param.name == *name)) {
        let known: Vec<&str> = params.iter().map(|param| param.name).collect();
        let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        return Err(Problem::parameter(stranger, &format!("is not known here; the query may hold {known}")));
    }
    let mut values = Vec::new();
    for param in params {
        let wrong = |problem: &str| Problem::parameter(param.name, problem);
        let of_fault = |fault: dialect::Fault| wrong(&fault.problem);
        let times = query.names().filter(|name| *name == param.name).count();
        let before = values.len();
        if let Shape::List(of, _, most) = param.shape {
            for value in query.many(&[param.name]).map_err(of_fault)? {
                of.judge_text(&value).map_err(|problem| wrong(&problem))?;
                values.push((param.name, value.into_owned()));
            }
            if values.len() - before < times {
                of.judge_text("").map_err(|problem| wrong(&problem))?;
            }
            if times > most {
                return Err(wrong(&format!("must be given at most {most} times")));
            }
        } else if times > 0 {
            let value = query.one(&[param.name]).map_err(of_fault)?.unwrap_or_default();
            param.shape.judge_text(&value).map_err(|problem| wrong(&problem))?;
            values.push((param.name, value.into_owned()));
        } else if param.required {
            return Err(wrong("is missing"));
        }
    }
    Ok(values)
}

impl Ask {
    /// The group in the path.
    pub fn group(&self) -> Result<GroupKey, Problem> {
        keys::group(self.in_path("group")).map_err(|problem| Problem::parameter("group", problem))
    }

    /// The person in the path.
    pub fn person(&self) -> Result<PersonKey, Problem> {
        keys::person(self.in_path("person")).map_err(|problem| Problem::parameter("person", problem))
    }

    /// A number in the path.
    pub fn number_in_path(&self, name: &str) -> Result<i64, Problem> {
        self.in_path(name).parse().map_err(|_| Problem::parameter(name, "must be a whole number"))
    }

    /// A text in the path.
    pub fn in_path(&self, name: &str) -> &str {
        self.path.iter().find(|(of, _)| *of == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// A text in the query; `None` when it is absent or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(of, _)| *of == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A word, a number or a flag in the query.
    pub fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let parse = |text: &str| text.parse().map_err(|_| Problem::parameter(name, "cannot be read"));
        self.text(name).map(parse).transpose()
    }

    /// The values of a parameter that may be given again and again.
    pub fn values<T: FromStr>(&self, name: &'static str) -> Result<Vec<T>, Problem> {
        let these = self.query.iter().filter(|(of, _)| *of == name);
        these.map(|(_, text)| text.parse().map_err(|_| Problem::parameter(name, "cannot be read"))).collect()
    }

    /// A flag in the query; false when it is absent.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// The key of a person in the query.
    pub fn person_in_query(&self, name: &str) -> Result<Option<PersonKey>, Problem> {
        let read = |text: &str| keys::person(text).map_err(|problem| Problem::parameter(name, problem));
        self.text(name).map(read).transpose()
    }

    /// Which page of a list.
    pub fn page(&self) -> Result<(u64, u32), Problem> {
        Ok((self.value("page")?.unwrap_or(1), self.value("page_size")?.unwrap_or(super::paging::USUAL_SIZE)))
    }

    /// Which rows of a list.
    pub fn window(&self) -> Result<Window, Problem> {
        self.page().map(|(page, size)| Window::page(page, size))
    }

    /// On the authority of the system.
    pub fn by_system(&self) -> By {
        By { person: None, credential: self.principal.credential, now: self.now }
    }
}

impl Body {
    /// What the body must be, where it is JSON.
    pub const fn shape(self) -> Option<Shape> {
        match self {
            Self::None | Self::Rows => None,
            Self::Json(shape) | Self::JsonOrNothing(shape) => Some(shape),
            Self::Patch(object) => Some(Shape::Object(object)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api::shape::words;
    use membership::State;

    #[test]
    fn paths_match_segment_by_segment() {
        let pattern = "/groups/{group}/members/{person}/kick";
        assert_eq!(
            matched(pattern, "/groups/1/members/login:a%2Fb/kick"),
            Some(vec![("group", "1".to_owned()), ("person", "login:a%2Fb".to_owned())])
        );
        for path in ["/groups/1/members/2", "/groups/1/members/2/kick/", "/groups//members/2/kick", "/groups", "", "/"]
        {
            assert_eq!(matched(pattern, path), None, "{path}");
        }
        assert_eq!(matched("/groups", "/groups"), Some(Vec::new()));
        assert_eq!(matched("/groups", "/groups/"), None);
    }

    const PARAMS: &[Param] = &[
        Param::new("page", Shape::Integer(1, 10), ""),
        Param::new("state", Shape::List(&words!(State), 0, 2), ""),
        Param::new("search", Shape::Text(1, 3), ""),
    ];

    #[test]
    fn queries_are_judged_by_their_description() {
        let read = |raw: &str| query(PARAMS, raw).map_err(|problem| problem.detail);
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(
            read("state=member&page=2&state=pending&search=x"),
            Ok(vec![
                ("page", "2".to_owned()),
                ("state", "member".to_owned()),
                ("state", "pending".to_owned()),
                ("search", "x".to_owned())
            ])
        );
        for (raw, detail) in [
            ("page=", "page must be a whole number from 1 to 10."),
            ("page=1&page=1", "page is given twice."),
            ("state=", "state must be one of pending, member, banned."),
            ("state=member&state=member&state=member", "state must be given at most 2 times."),
            ("search=", "search must have at least 1 character(s)."),
            ("search=abcd", "search must have at most 3 characters."),
            ("search=%zz", "search has a percent sign without two hexadecimal digits behind it."),
            ("pag=1", "pag is not known here; the query may hold page, state, search."),
        ] {
            assert_eq!(read(raw), Err(detail.to_owned()), "{raw}");
        }
    }
}
