//! What describes the API itself. Everybody may read it.

use super::answer::{Answer, Outcome};
use super::endpoint::{Endpoint, Gives, Work};
use super::problem::{Kind, Problem};
use super::request::Ask;
use super::shape::{Field, Object, Shape};
use dialect::json;

const KIND: Object = Object {
    name: "ProblemKind",
    fields: || {
        vec![
            Field::new("type", Shape::Text(1, 100), "Its address, the `type` of the problem.").required(),
            Field::new("title", Shape::Text(1, 100), "What it is called.").required(),
            Field::new("status", Shape::Integer(400, 599), "The status that it comes with.").required(),
            Field::new("description", Shape::Text(1, 1_000), "When it happens, and what helps.").required(),
        ]
    },
};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/openapi.json", "getDocument", Work::Document)
        .says("This document", "Made from the same description that requests are judged by.")
        .open()
        .gives(Gives::Document),
    Endpoint::get("/problems/{problem}", "getProblem", Work::Problem)
        .says("What a kind of problem means", "The `type` of every problem is such an address.")
        .open()
        .gives(Gives::Json(Shape::Object(&KIND)))
        .or(&[Kind::NoSuchProblem]),
];

/// What a kind of problem means.
pub(super) fn problem(ask: &Ask) -> Outcome {
    let Some(kind) = Kind::of(ask.in_path("problem")) else {
        return Err(Problem::new(Kind::NoSuchProblem, "There is no kind of problem with this name."));
    };
    let mut body = Vec::new();
    let mut object = json::Object::begin(&mut body);
    object.string("type", &kind.address()).string("title", kind.title());
    object.integer("status", kind.status()).string("description", kind.doc()).end();
    Ok(Answer::json(body))
}
