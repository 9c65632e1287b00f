//! Every route there is, from the tables by which requests are routed, and a good request for each.

use crate::support::keys::Dialect;
use dialect::Method;
use dialect::access::{Operation, Right};

/// What serves a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    Elance,
    Rm,
    CometChat,
    Admin,
}

impl Area {
    pub const ALL: [Self; 4] = [Self::Elance, Self::Rm, Self::CometChat, Self::Admin];

    /// The audience of its credentials.
    pub const fn audience(self) -> &'static str {
        match self {
            Self::Elance => "elance",
            Self::Rm => "rm",
            Self::CometChat => "cometchat",
            Self::Admin => "admin",
        }
    }

    /// The dialect that it is, if it is one.
    pub const fn dialect(self) -> Option<Dialect> {
        match self {
            Self::Elance => Some(Dialect::Elance),
            Self::Rm => Some(Dialect::Rm),
            Self::CometChat => Some(Dialect::CometChat),
            Self::Admin => None,
        }
    }
}

/// How far a route reaches, for a credential that is limited to some groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It names a group, or what belongs to one: a member, a job.
    Group,
    /// It shows what lies within the limit and nothing else, or whoever asks.
    Within,
    /// It belongs to no group.
    Beyond,
}

/// A route, whoever serves it.
#[derive(Clone, Debug)]
pub struct Route {
    pub area: Area,
    pub method: &'static str,
    /// The path with names in braces.
    pub pattern: String,
    /// The right that it takes; `None` when it takes no credential.
    pub needs: Option<Right>,
    pub reach: Reach,
}

/// What the names in a path stand for.
#[derive(Clone, Copy, Debug)]
pub struct Objects {
    /// Number of a group.
    pub group: i64,
    /// Number of a person.
    pub person: i64,
    /// Number of a job that prefers the group.
    pub job: i64,
    /// Number of a credential.
    pub credential: i64,
}

/// The id of the group of this number.
pub fn group_id(number: i64) -> String {
    format!("00000000-0000-4000-9000-{number:012}")
}

/// The id of the person of this number.
pub fn person_id(number: i64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// All of them.
pub fn all() -> Vec<Route> {
    let dialects = [
        (Area::Elance, dialect_elance::routes().collect::<Vec<_>>()),
        (Area::Rm, dialect_rm::routes().collect()),
        (Area::CometChat, dialect_cometchat::routes().collect()),
    ];
    let of_dialects = dialects.into_iter().flat_map(|(area, routes)| {
        routes.into_iter().map(move |route| Route {
            area,
            method: name(route.method),
            pattern: route.pattern.to_owned(),
            needs: route.operation.needs(),
            reach: reach(route.operation, route.pattern),
        })
    });
    let admin = gateway::admin::routes().map(|route| Route {
        area: Area::Admin,
        method: route.method,
        needs: route.needs,
        reach: match route.pattern.as_str() {
            _ if !route.within_groups => Reach::Beyond,
            "/admin/v1/groups" => Reach::Within,
            _ => Reach::Group,
        },
        pattern: route.pattern,
    });
    of_dialects.chain(admin).collect()
}

fn reach(operation: Operation, pattern: &str) -> Reach {
    let names_group = ["{groupId}", "{GroupID}", "{guid}"].iter().any(|name| pattern.contains(name));
    let names_more = pattern.contains('{');
    match operation {
        Operation::CreatePerson | Operation::ChangePersons => Reach::Beyond,
        Operation::ReadSelf | Operation::ChangeSelf => Reach::Within,
        _ if names_group => Reach::Group,
        Operation::ReadPersons | Operation::MintTokens | Operation::ManageTokens | Operation::ChangeJobs
            if names_more =>
        {
            Reach::Group
        }
        Operation::ReadGroups => Reach::Within,
        _ => Reach::Beyond,
    }
}

pub const fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
        _ => "OPTIONS",
    }
}

impl Route {
    /// Whether it changes nothing.
    pub fn reads(&self) -> bool {
        self.method == "GET"
    }

    /// Whether it concerns whoever asks: then a person's token is tried instead of a key, which is nobody.
    pub fn is_oneself(&self) -> bool {
        self.area == Area::CometChat
            && (["/v3/me", "/v3/settings", "/v3/user_sessions"].contains(&self.pattern.as_str())
                || (self.method == "DELETE" && self.pattern.ends_with("/members")))
    }

    /// The path, and the query where one is needed.
    pub fn target(&self, objects: &Objects) -> String {
        let path: Vec<String> = self.pattern.split('/').map(|segment| Self::segment(segment, objects)).collect();
        let path = path.join("/");
        match self.pattern.as_str() {
            "/admin/v1/jobs" if self.reads() => format!("{path}?group={}", objects.group),
            "/admin/v1/changes" => format!("{path}?group={}", objects.group),
            _ => path,
        }
    }

    fn segment(segment: &str, objects: &Objects) -> String {
        let Objects { group, person, job, credential } = objects;
        match segment {
            "{groupId}" | "{group}" => group.to_string(),
            "{GroupID}" => group_id(*group),
            "{guid}" => format!("g{group}"),
            "{userId}" | "{person}" => person.to_string(),
            "{PersonID}" => person_id(*person),
            "{uid}" => format!("p{person}"),
            "{jobId}" | "{job}" => job.to_string(),
            "{credential}" | "{authToken}" => credential.to_string(),
            "{problem}" => "in-use".to_owned(),
            // So that nobody adds a route whose access is not tried.
            unknown if unknown.starts_with('{') => panic!("the tests do not know what {unknown} stands for"),
            fixed => fixed.to_owned(),
        }
    }

    /// A body that is good there, and its type; nothing where none is read.
    pub fn body(&self, objects: &Objects) -> (&'static str, String) {
        const JSON: &str = "application/json";
        let Objects { group, person, .. } = objects;
        let path = self.pattern.as_str();
        let said = match (self.method, path.rsplit('/').next().unwrap_or_default()) {
            ("GET" | "HEAD", _) => String::new(),
            ("DELETE", "members") if self.area == Area::CometChat => "{}".to_owned(),
            ("DELETE", _) => String::new(),
            ("POST", "Token") => {
                let form = "grant_type=client_credentials&client_id=nobody&client_secret=nothing";
                return ("application/x-www-form-urlencoded", form.to_owned());
            }
            (_, "import") => {
                return ("application/x-ndjson", format!(r#"{{"kind":"person","login":"imported{person}"}}"#));
            }
            (_, "jobs") if self.area == Area::Admin => format!(r#"{{"title":"x","groups":["{group}"]}}"#),
            (_, "jobs") => r#"{"title":"x"}"#.to_owned(),
            ("POST", "groups") if self.area == Area::Rm => r#"{"Name":"x"}"#.to_owned(),
            ("PUT", "{GroupID}") => r#"{"Name":"changed"}"#.to_owned(),
            ("POST", "members") if self.area == Area::Rm => format!(r#"[{{"Id":"{}"}}]"#, person_id(5)),
            ("POST", "people") => r#"{"Name":"x","Email":"x@example.com"}"#.to_owned(),
            ("PUT", "{PersonID}") => r#"{"Email":"changed@example.com"}"#.to_owned(),
            ("POST", "groups") => format!(r#"{{"guid":"new{group}","name":"x","type":"public"}}"#),
            ("PUT", "{guid}") => r#"{"name":"changed"}"#.to_owned(),
            ("POST" | "PUT", "members") if self.area == Area::CometChat => r#"{"participants":["p5"]}"#.to_owned(),
            ("PUT", "{uid}") if path.contains("/members/") => r#"{"scope":"moderator"}"#.to_owned(),
            ("PUT", "{uid}") => r#"{"name":"changed"}"#.to_owned(),
            ("PATCH", "owner") => format!(r#"{{"owner":"p{person}"}}"#),
            ("POST", "users") => format!(r#"{{"uid":"new{person}","name":"x"}}"#),
            ("POST", "persons") => format!(r#"{{"login":"new{person}"}}"#),
            ("PATCH", "{group}" | "{person}") => r#"{"name":"changed"}"#.to_owned(),
            ("POST", "password") => r#"{"password":"a long password"}"#.to_owned(),
            ("POST", "credentials") => r#"{"audience":"admin","scope":"read"}"#.to_owned(),
            ("POST", "clients") => {
                r#"{"audience":"rm","name":"x","redirect_uris":["https://app.example/cb"]}"#.to_owned()
            }
            ("POST", "members") => format!(r#"{{"steps":[{{"action":"kick","person":"{person}"}}]}}"#),
            ("POST", "set-scope") => r#"{"scope":"moderator"}"#.to_owned(),
            _ if self.area == Area::Elance => String::new(),
            _ if self.area == Area::CometChat && (path.contains("/banned") || path.contains("/auth_tokens/{")) => {
                String::new()
            }
            ("POST", _) if self.area == Area::Admin => String::new(),
            _ => "{}".to_owned(),
        };
        (if said.is_empty() { "" } else { JSON }, said)
    }
}
