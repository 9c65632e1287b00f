//! What an endpoint is: everything that answering it takes, and everything that the OpenAPI document says of it.

use super::answer::Outcome;
use super::problem::Kind;
use super::request::Ask;
use super::shape::{NUMBER, Object, Shape};
use access::Right;
use dialect::Core;

/// One method of one address.
pub(super) struct Endpoint {
    /// The method.
    pub method: Verb,
    /// The address below the prefix, with names in braces.
    pub path: &'static str,
    /// Its name in the OpenAPI document.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What else is to be known.
    pub doc: &'static str,
    /// What it takes to be let in; nothing when absent.
    pub needs: Option<Right>,
    /// Whether a key that is limited to groups may ask at all. If so, the core keeps to the limit.
    pub within_groups: bool,
    /// What the query may hold.
    pub query: &'static [Param],
    /// What the body may be.
    pub body: Body,
    /// What comes of it when all goes well.
    pub gives: Gives,
    /// What may go wrong beside what may go wrong with every request of its kind.
    pub problems: &'static [Kind],
    /// Where one may go from its reply.
    pub links: &'static [Link],
    /// Does it.
    pub work: Work,
}

/// The methods in use. A `HEAD` is answered as a `GET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

impl Verb {
    /// As it stands in a request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A parameter of the query.
pub(super) struct Param {
    /// Name.
    pub name: &'static str,
    /// What its value may be.
    pub shape: Shape,
    /// What it means.
    pub doc: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What holds when it is not there.
    pub usual: Option<Usual>,
}

/// What holds when a parameter is not there.
#[derive(Clone, Copy)]
pub(super) enum Usual {
    Number(i64),
    Flag(bool),
    Word(&'static str),
}

impl Param {
    /// A parameter that may be left out.
    pub const fn new(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, doc, required: false, usual: None }
    }

    /// It must be there.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What holds when it is not there.
    pub const fn usually(mut self, usual: Usual) -> Self {
        self.usual = Some(usual);
        self
    }
}

/// What a body may be.
#[derive(Clone, Copy)]
pub(super) enum Body {
    /// None is taken.
    None,
    /// JSON of this shape.
    Json(Shape),
    /// The same, or nothing at all.
    JsonOrNothing(Shape),
    /// A merge patch (RFC 7396) of this object.
    Patch(&'static Object),
    /// Rows to be imported.
    Rows,
}

pub(super) const JSON: &str = "application/json";
pub(super) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(super) const NDJSON: &str = "application/x-ndjson";
pub(super) const CSV: &str = "text/csv";

impl Body {
    /// The media types that it may have.
    pub const fn types(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Json(_) | Self::JsonOrNothing(_) => &[JSON],
            Self::Patch(_) => &[MERGE_PATCH, JSON],
            Self::Rows => &[NDJSON, CSV],
        }
    }
}

/// What comes of an endpoint when all goes well.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    /// 200 with JSON of this shape.
    Json(Shape),
    /// 200 with a page of such things, and links to the other pages.
    Page(&'static Object),
    /// 201 with what was made, and its address.
    Created(Shape),
    /// 204.
    Nothing,
    /// 200 with rows.
    Rows,
    /// 200 with any JSON object.
    Document,
}

impl Gives {
    /// The status.
    pub const fn status(self) -> u16 {
        match self {
            Self::Json(_) | Self::Page(_) | Self::Rows | Self::Document => 200,
            Self::Created(_) => 201,
            Self::Nothing => 204,
        }
    }

    /// The media types of the reply.
    pub const fn types(self) -> &'static [&'static str] {
        match self {
            Self::Json(_) | Self::Page(_) | Self::Created(_) | Self::Document => &[JSON],
            Self::Nothing => &[],
            Self::Rows => &[NDJSON, CSV],
        }
    }
}

/// A way from a reply to another endpoint.
pub(super) struct Link {
    /// Name.
    pub name: &'static str,
    /// The endpoint's name.
    pub to: &'static str,
    /// Parameters of that endpoint, each with an expression for its value.
    pub parameters: &'static [(&'static str, &'static str)],
}

/// How an endpoint is answered.
#[derive(Clone, Copy)]
pub(super) enum Work {
    /// By asking the core, on a thread that may block.
    Task(fn(&Ask, &Core<'_>) -> Outcome),
    /// By a stream into the store.
    Import,
    /// By a stream out of the store.
    Export,
    /// By entries of the change log, as soon as there are any.
    Changes,
    /// By the OpenAPI document.
    Document,
    /// By what a kind of problem means.
    Problem,
}

impl Endpoint {
    const fn new(method: Verb, path: &'static str, name: &'static str, work: Work) -> Self {
        let needs = match method {
            Verb::Get => Some(Right::Read),
            Verb::Post | Verb::Patch | Verb::Delete => Some(Right::Write),
        };
        Self {
            method,
            path,
            name,
            summary: "",
            doc: "",
            needs,
            within_groups: false,
            query: &[],
            body: Body::None,
            gives: Gives::Nothing,
            problems: &[],
            links: &[],
            work,
        }
    }

    /// A `GET`; takes the right to read.
    pub const fn get(path: &'static str, name: &'static str, work: Work) -> Self {
        Self::new(Verb::Get, path, name, work)
    }

    /// A `POST`; takes the right to write, like those that follow.
    pub const fn post(path: &'static str, name: &'static str, work: Work) -> Self {
        Self::new(Verb::Post, path, name, work)
    }

    /// A `PATCH`.
    pub const fn patch(path: &'static str, name: &'static str, work: Work) -> Self {
        Self::new(Verb::Patch, path, name, work)
    }

    /// A `DELETE`.
    pub const fn delete(path: &'static str, name: &'static str, work: Work) -> Self {
        Self::new(Verb::Delete, path, name, work)
    }

    /// In words.
    pub const fn says(mut self, summary: &'static str, doc: &'static str) -> Self {
        self.summary = summary;
        self.doc = doc;
        self
    }

    /// Takes the right to administer.
    pub const fn administers(mut self) -> Self {
        self.needs = Some(Right::Admin);
        self
    }

    /// A key that is limited to groups may ask, too: all that it does is asked of the [`Core`] and concerns groups.
    pub const fn within_groups(mut self) -> Self {
        self.within_groups = true;
        self
    }

    /// Everybody may.
    pub const fn open(mut self) -> Self {
        self.needs = None;
        self
    }

    /// With these parameters in the query.
    pub const fn query(mut self, query: &'static [Param]) -> Self {
        self.query = query;
        self
    }

    /// With this body.
    pub const fn takes(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// With this outcome.
    pub const fn gives(mut self, gives: Gives) -> Self {
        self.gives = gives;
        self
    }

    /// With these problems.
    pub const fn or(mut self, problems: &'static [Kind]) -> Self {
        self.problems = problems;
        self
    }

    /// With these ways on.
    pub const fn leads(mut self, links: &'static [Link]) -> Self {
        self.links = links;
        self
    }

    /// The names in the path, with what their values may be.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, Shape)> + use<> {
        self.path.split('/').filter_map(named).map(|name| (name, in_path(name)))
    }

    /// What group of endpoints it belongs to: the first part of its path.
    pub fn tag(&self) -> &'static str {
        self.path.split(['/', '.']).nth(1).unwrap_or_default()
    }
}

/// The name of a segment in braces.
pub(super) fn named(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// What the value of a name in a path may be.
fn in_path(name: &str) -> Shape {
    match name {
        "group" => Shape::GroupKey,
        "person" => Shape::PersonKey,
        "job" | "credential" => NUMBER,
        _ => Shape::Text(1, 100),
    }
}
