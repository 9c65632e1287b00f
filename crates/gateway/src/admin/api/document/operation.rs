//! Endpoints as operations: every status that may come, with its media type and the fields of its header.

use super::super::endpoint::{Body, Endpoint, Gives, Param, Usual, Verb, Work};
use super::super::problem::Kind;
use super::super::shape::Shape;
use super::super::{PROBLEM as PROBLEM_TYPE, endpoints};
use super::{PROBLEM, schema::Schemas};
use access::Right;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::link::{Link, LinkBuilder};
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, RefOr, Required, Response, ResponseBuilder, SecurityRequirement};

/// The name of the way in which keys come along.
pub(super) const KEY: &str = "key";

/// The operation of an endpoint.
pub(super) fn of(endpoint: &'static Endpoint, schemas: &mut Schemas) -> Operation {
    let security = match endpoint.needs {
        Some(_) => vec![SecurityRequirement::new::<_, [&str; 0], &str>(KEY, [])],
        None => Vec::new(),
    };
    let mut operation = OperationBuilder::new()
        .operation_id(Some(endpoint.name))
        .tag(endpoint.tag())
        .summary(Some(endpoint.summary))
        .description(Some(description(endpoint)))
        .securities(Some(security))
        .request_body(request_body(endpoint.body, schemas));
    for (name, shape) in endpoint.names() {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(in_path(name)))
            .example(example(name))
            .schema(Some(schemas.of(&shape)));
        operation = operation.parameter(parameter);
    }
    for param in endpoint.query {
        operation = operation.parameter(query(param, schemas));
    }
    operation = operation.response(endpoint.gives.status().to_string(), good(endpoint, schemas));
    if endpoint.method == Verb::Get && !matches!(endpoint.gives, Gives::Rows) {
        let response = with_id(
            ResponseBuilder::new().description("The client has it already: If-None-Match names its entity tag."),
        );
        operation = operation.response("304", response.header("ETag", told("The entity tag.")));
    }
    for (status, kinds) in problems(endpoint) {
        operation = operation.response(status.to_string(), bad(endpoint, status, &kinds, schemas));
    }
    operation.build()
}

fn description(endpoint: &Endpoint) -> String {
    let more = match endpoint.method {
        Verb::Get if endpoint.needs.is_none() => "Takes no key.",
        Verb::Get => "",
        Verb::Post => "Takes an `Idempotency-Key`.",
        Verb::Patch | Verb::Delete => "Takes `If-Match` and `If-None-Match`.",
    };
    let rights = match endpoint.needs {
        Some(Right::Admin) => "Takes a key with the right to administer.",
        Some(Right::Write) => "Takes a key with the right to write.",
        _ => "",
    };
    [endpoint.doc, more, rights].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

fn in_path(name: &str) -> &'static str {
    match name {
        "group" => "The key of a group: its number, its id, or `guid:` and its guid.",
        "person" => "The key of a person: its number, its id, `uid:` and its uid, or `login:` and its login.",
        "job" => "The number of a job.",
        "credential" => "The id of a credential.",
        _ => "The name of a kind of problem.",
    }
}

/// One that is there in the sample data, or after the first has been made.
fn example(name: &str) -> Option<Value> {
    match name {
        "job" | "credential" => Some(1.into()),
        "problem" => Some(Kind::InUse.slug().into()),
        _ => None,
    }
}

fn query(param: &Param, schemas: &mut Schemas) -> Parameter {
    let mut schema = schemas.of(&param.shape);
    if let (Some(usual), RefOr::T(Schema::Object(object))) = (param.usual, &mut schema) {
        object.default = Some(match usual {
            Usual::Number(number) => number.into(),
            Usual::Flag(flag) => flag.into(),
            Usual::Word(word) => word.into(),
        });
    }
    let parameter = ParameterBuilder::new()
        .name(param.name)
        .parameter_in(ParameterIn::Query)
        .required(if param.required { Required::True } else { Required::False })
        .description(Some(param.doc))
        .schema(Some(schema));
    if matches!(param.shape, Shape::List(..)) {
        parameter.style(Some(ParameterStyle::Form)).explode(Some(true)).build()
    } else {
        parameter.build()
    }
}

fn request_body(body: Body, schemas: &mut Schemas) -> Option<RequestBody> {
    let required = if matches!(body, Body::JsonOrNothing(_)) { Required::False } else { Required::True };
    let schema = match body {
        Body::None => return None,
        Body::Json(shape) | Body::JsonOrNothing(shape) => schemas.of(&shape),
        Body::Patch(object) => RefOr::Ref(schemas.named(object)),
        Body::Rows => ObjectBuilder::new().schema_type(Type::String).into(),
    };
    let types = body.types().iter();
    let bodies = types.fold(RequestBodyBuilder::new().required(Some(required)), |bodies, media_type| {
        bodies.content(*media_type, ContentBuilder::new().schema(Some(schema.clone())).build())
    });
    Some(bodies.build())
}

/// The reply when all goes well.
fn good(endpoint: &'static Endpoint, schemas: &mut Schemas) -> Response {
    let mut response = with_id(ResponseBuilder::new().description(match endpoint.gives {
        Gives::Created(_) => "Made.",
        Gives::Nothing => "Done.",
        _ => "As asked.",
    }));
    let schema = match endpoint.gives {
        Gives::Nothing => None,
        Gives::Json(shape) | Gives::Created(shape) => Some(schemas.of(&shape)),
        Gives::Page(object) => Some(schemas.page(object)),
        Gives::Rows => Some(ObjectBuilder::new().schema_type(Type::String).into()),
        Gives::Document => Some(ObjectBuilder::new().schema_type(Type::Object).into()),
    };
    if let Some(schema) = schema {
        for media_type in endpoint.gives.types() {
            response = response.content(*media_type, ContentBuilder::new().schema(Some(schema.clone())).build());
        }
    }
    let is_read = endpoint.method == Verb::Get && !matches!(endpoint.gives, Gives::Rows);
    if is_read || endpoint.method == Verb::Patch {
        response = response.header("ETag", told("The entity tag."));
    }
    if matches!(endpoint.gives, Gives::Page(_)) || matches!(endpoint.work, Work::Changes) {
        response = response.header("Link", told("The other pages (RFC 8288)."));
    }
    if matches!(endpoint.gives, Gives::Created(_)) {
        response = response.header("Location", told("The address of what was made."));
    }
    if matches!(endpoint.gives, Gives::Rows) {
        response = response.header("Content-Disposition", told("A name for the file."));
    }
    for link in endpoint.links {
        response = response.link(link.name, way(link));
    }
    response.build()
}

fn way(link: &super::super::endpoint::Link) -> Link {
    let all = LinkBuilder::new().operation_id(link.to);
    let target = endpoints().find(|endpoint| endpoint.name == link.to);
    let in_path: Vec<&str> = target.into_iter().flat_map(Endpoint::names).map(|(name, _)| name).collect();
    let all = link.parameters.iter().fold(all, |all, (name, value)| {
        let place = if in_path.contains(name) { "path" } else { "query" };
        all.parameter(format!("{place}.{name}"), *value)
    });
    all.build()
}

/// What may go wrong, by status.
fn problems(endpoint: &Endpoint) -> BTreeMap<u16, Vec<Kind>> {
    let mut kinds = vec![
        Kind::BadParameter,
        Kind::BadHeader,
        Kind::MethodNotAllowed,
        Kind::PreconditionFailed,
        Kind::TooManyRequests,
        Kind::Internal,
    ];
    if endpoint.needs.is_some() {
        kinds.extend([Kind::Unauthorized, Kind::Forbidden, Kind::Unavailable]);
    }
    if endpoint.method != Verb::Get {
        kinds.push(Kind::BadBody);
    }
    if !endpoint.gives.types().is_empty() {
        kinds.push(Kind::NotAcceptable);
    }
    if !endpoint.body.types().is_empty() {
        kinds.extend([Kind::BodyTooLarge, Kind::UnsupportedMediaType]);
    }
    if endpoint.body.shape().is_some() {
        kinds.push(Kind::InvalidBody);
    }
    if endpoint.method == Verb::Post {
        kinds.extend([Kind::UnderWay, Kind::KeyReused]);
    }
    kinds.extend(endpoint.problems);
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in kinds {
        let of_status = by_status.entry(kind.status()).or_default();
        if !of_status.contains(&kind) {
            of_status.push(kind);
        }
    }
    by_status
}

fn bad(endpoint: &Endpoint, status: u16, kinds: &[Kind], schemas: &mut Schemas) -> Response {
    let told_kinds = kinds.iter().map(|kind| format!("`{}`: {}", kind.slug(), kind.doc()));
    let mut response = with_id(ResponseBuilder::new().description(told_kinds.collect::<Vec<_>>().join("\n\n")));
    let schema = RefOr::Ref(schemas.named(&PROBLEM));
    response = response.content(PROBLEM_TYPE, ContentBuilder::new().schema(Some::<RefOr<Schema>>(schema)).build());
    let field = match status {
        401 => Some(("WWW-Authenticate", "How to ask (RFC 6750).")),
        405 => Some(("Allow", "The methods that the address takes.")),
        415 if endpoint.method == Verb::Patch => Some(("Accept-Patch", "The media types that are taken.")),
        415 => Some(("Accept-Post", "The media types that are taken.")),
        429 | 503 => Some(("Retry-After", "In how many seconds asking again may help.")),
        _ => None,
    };
    if let Some((name, doc)) = field {
        response = response.header(name, told(doc));
    }
    response.build()
}

fn with_id(response: ResponseBuilder) -> ResponseBuilder {
    let id = ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom("uuid".to_owned())));
    let header =
        HeaderBuilder::new().schema(Some(id)).description(Some("The id of the request, as it stands in the log."));
    response.header("X-Request-Id", header.build())
}

/// A field of the header that is always there.
fn told(doc: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String))).description(Some(doc)).build()
}
