//! Clients: applications to which persons consent, and which exchange codes for tokens.

use super::answer::Outcome;
use super::credentials::{EXPIRES_IN, GROUPS, ISSUED, LINKS, SCOPE, made, wanted};
use super::endpoint::{Body, Endpoint, Gives, Work};
use super::problem::{Kind, Problem};
use super::request::Ask;
use super::shape::{Field, Object, Shape};
use crate::cli::{CLIENT_NAME, REDIRECT_URIS, client_name};
use crate::issue::{Client, Wanted};
use dialect::Core;
use serde_json::Value;

const NAME: Field =
    Field::new("name", Shape::Text(1, CLIENT_NAME), "What persons are told who are asked to consent.").required();
const ADDRESSES: Field = Field::new(
    "redirect_uris",
    Shape::List(&Shape::RedirectUri, 1, REDIRECT_URIS),
    "Where browsers may be sent after a consent, to the letter.",
)
.required();

const WANTED: Shape =
    Shape::OneOf("audience", &[wanted!("elance", NAME, ADDRESSES, SCOPE), wanted!("rm", NAME, ADDRESSES, SCOPE)]);

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::post("/clients", "createClient", Work::Task(create))
    .administers()
    .says(
        "Make a client",
        "An application to which persons may consent (OAuth 2.0, authorization code). It is a credential like others: \
         listed, shown and revoked there, with all that came of it. Its tokens have no rights and reach no groups that it \
         has not. The secret is shown in this reply and never again.",
    )
    .takes(Body::Json(WANTED))
    .gives(Gives::Created(Shape::Object(&ISSUED)))
    .or(&[Kind::UnknownReference, Kind::ReplyWithheld])
    .leads(LINKS)];

fn create(ask: &Ask, core: &Core<'_>) -> Outcome {
    let name = ask.said.text("name").unwrap_or_default();
    let name = client_name(name).map_err(|problem| {
        let error = serde_json::json!({ "field": "name", "detail": problem });
        Problem::field(Kind::InvalidBody, "name", &problem).with("errors", [error])
    })?;
    let said = ask.said.value.get("redirect_uris").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let redirect_uris = said.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let client = Client { name, redirect_uris };
    made(
        ask,
        core,
        if ask.said.text("audience") == Some("elance") { Wanted::ElanceClient(client) } else { Wanted::Rm(client) },
    )
}
