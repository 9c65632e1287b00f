//! The OpenAPI document, made from the endpoints' own description.

mod operation;
mod schema;

use super::shape::{Field, Object, Shape};
use super::{PREFIX, endpoints, headers, keys};
use schema::Schemas;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, HttpMethod, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem,
    PathsBuilder, Required, Type,
};

/// A problem as it is sent.
pub(super) const PROBLEM: Object = Object {
    name: "Problem",
    fields: || {
        let told = |name, doc| Field::new(name, Shape::Told(""), doc);
        let count = |name, doc| Field::new(name, super::shape::COUNT, doc);
        vec![
            Field::new(
                "type",
                Shape::Told("^/admin/v1/problems/[a-z-]+$"),
                "The kind; its address tells what it means.",
            )
            .required(),
            told("title", "What the kind is called.").required(),
            Field::new("status", Shape::Integer(400, 599), "The status of the reply.").required(),
            told("detail", "What went wrong this time.").required(),
            Field::new(
                "instance",
                Shape::Told("^urn:uuid:[0-9a-f-]{36}$"),
                "The id of the request, as in `X-Request-Id`.",
            )
            .required(),
            told("parameter", "The part of the address, the query or the header that is wrong."),
            told("field", "The field of the body that is wrong."),
            told("reason", "The rule of the life cycle that is in the way."),
            count("entry", "The entry of a list that failed, from 0."),
            Field::new("errors", Shape::List(&Shape::Object(&ERROR), 0, 1_000), "Everything that is wrong."),
            Field::new("report", Shape::Object(&super::shapes::REPORT), "What the import did."),
            told("group", "The key of the group that is in the way."),
            count("limit", "The most that there may be."),
            count("head", "The number of the last change of the log."),
            count("floor", "The number behind which the change log begins."),
        ]
    },
};

const ERROR: Object = Object {
    name: "ProblemError",
    fields: || {
        vec![
            Field::new("detail", Shape::Told(""), "What is wrong.").required(),
            Field::new("field", Shape::Told(""), "The field of the body; empty for the whole."),
            Field::new("line", Shape::Integer(1, i64::MAX), "The line of the body, from 1."),
            Field::new("column", Shape::Integer(1, i64::MAX), "The place in the line, from 1."),
        ]
    },
};

const DESCRIPTION: &str = "\
Groups, persons, memberships, jobs, credentials, the change log, and streams in and out, for scripts.

**Keys.** A group is named by its number, its id (a UUID) or `guid:GUID`; a person by its number, its id, `uid:UID` or \
`login:LOGIN`.

**Conditions.** Every representation has a strong entity tag (`ETag`). `If-Match` and `If-None-Match` are heeded by every \
`GET` (304, 412) and, in the very transaction that makes the change, by every `PATCH` and `DELETE` (412). They are \
described in `components/parameters` and not repeated at every operation.

**Once.** A `POST` that bears an `Idempotency-Key` (see there too) is done once: repeated within a day, by the same key \
holder and with the same content, it gets the same reply again, with `Idempotency-Replayed: true`. The same key with other \
content is a 422, one whose first request has no reply yet a 409. What may fare better later (`overtaken`, 429, 500, 503, and `bad-rows` where \
nothing was applied) is not kept, and the request can be tried again.

**HEAD** is answered as `GET`, without the body. A parameter or a field that is not described is refused.";

/// The document, as it is served.
pub(in crate::admin) fn document() -> Vec<u8> {
    // A tree of texts and numbers: nothing in it can fail to be written.
    let mut document = serde_json::to_value(open_api()).unwrap_or_default();
    require_headers(&mut document);
    document.to_string().into_bytes()
}

/// Every field of a reply's header that the document names is always there; `utoipa` has no word for that.
fn require_headers(document: &mut Value) {
    let items = document["paths"].as_object_mut().into_iter().flat_map(|items| items.values_mut());
    let operations = items.filter_map(Value::as_object_mut).flat_map(|item| item.values_mut());
    let responses = operations.filter_map(|operation| operation["responses"].as_object_mut());
    for response in responses.flat_map(|responses| responses.values_mut()) {
        let headers = response["headers"].as_object_mut();
        for header in headers.into_iter().flat_map(|headers| headers.values_mut()) {
            header["required"] = true.into();
        }
    }
}

fn open_api() -> OpenApi {
    let mut schemas = Schemas::default();
    let mut items: BTreeMap<String, PathItem> = BTreeMap::new();
    for endpoint in endpoints() {
        let operation = operation::of(endpoint, &mut schemas);
        let item = PathItem::new(method(endpoint.method), operation);
        match items.get_mut(endpoint.path) {
            Some(known) => known.merge_operations(item),
            None => drop(items.insert(endpoint.path.to_owned(), item)),
        }
    }
    let paths =
        items.into_iter().fold(PathsBuilder::new(), |paths, (path, item)| paths.path(format!("{PREFIX}{path}"), item));
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A key made by `rollcall credential create admin`, or by `POST /admin/v1/credentials`."))
        .build();
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas.finish())
        .security_scheme(operation::KEY, SecurityScheme::Http(key))
        .parameter(
            "IfMatch",
            tags(
                "If-Match",
                "Do it only if what is there now has one of these entity tags; `*`: if there is anything.",
            ),
        )
        .parameter(
            "IfNoneMatch",
            tags("If-None-Match", "Do it only if what is there now has none of these entity tags."),
        )
        .parameter("IdempotencyKey", idempotency_key())
        .build();
    let info =
        InfoBuilder::new().title("rollcall admin API").version("1").description(Some(DESCRIPTION)).license(Some(
            LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build(),
        ));
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}

const fn method(verb: super::endpoint::Verb) -> HttpMethod {
    use super::endpoint::Verb;
    match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Post => HttpMethod::Post,
        Verb::Patch => HttpMethod::Patch,
        Verb::Delete => HttpMethod::Delete,
    }
}

/// A field of the header that holds entity tags.
fn tags(name: &str, doc: &str) -> Parameter {
    let shape =
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(r#"^(\*|(W/)?"[^"]*"(, *(W/)?"[^"]*")*)$"#));
    header(name, doc).schema(Some(shape)).build()
}

fn idempotency_key() -> Parameter {
    let doc = "A name for this request, of your choice and never used before; a random UUID, say. In quotation marks, as \
               the draft of the field has it, or bare.";
    let shape = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(headers::KEY_LENGTH + 2))
        .pattern(Some(r#"^("[!#-\[\]-~]{1,255}"|[!#-\[\]-~]{1,255})$"#));
    header("Idempotency-Key", doc).schema(Some(shape)).build()
}

fn header(name: &str, doc: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(doc))
}

/// The pattern of the key of a group or a person.
const fn key_pattern(shape: &Shape) -> Option<&'static str> {
    match shape {
        Shape::GroupKey => Some(keys::GROUP_PATTERN),
        Shape::PersonKey => Some(keys::PERSON_PATTERN),
        _ => None,
    }
}

/// Such keys, of the sample data.
const fn key_examples(shape: &Shape) -> [&'static str; 3] {
    match shape {
        Shape::GroupKey => ["1116", "6fe49ce4-56d4-475f-9483-1adca6b2976c", "guid:supergroup"],
        _ => ["4100004", "uid:superhero4", "login:superhero4"],
    }
}
