//! Credentials of all dialects and of this API. A secret is shown once, in the reply that makes its credential.

use super::PREFIX;
use super::answer::{Answer, Outcome};
use super::endpoint::{Body, Endpoint, Gives, Link, Param, Work};
use super::paging::{PAGE, PAGE_SIZE, page};
use super::problem::{Kind, Problem};
use super::refusals::unavailable;
use super::request::Ask;
use super::shape::{Field, Object, Shape};
use super::shapes::CREDENTIAL;
use super::{keys, represent};
use crate::cli::{KeyScope, Scope};
use crate::issue::{Client, IssueError, Terms, Wanted, issue};
use access::{Credential, CredentialQuery, Groups};
use dialect::{Core, json};
use membership::limits;
use serde_json::Value;

/// At most in how many seconds a credential may end: ten years.
const LIFETIME: i64 = 315_360_000;

pub(super) const EXPIRES_IN: Field =
    Field::new("expires_in", Shape::Integer(1, LIFETIME), "In how many seconds it ends; never, when not said.");
const NOTE: Field = Field::new("note", Shape::Text(0, 100), "What is noted with it, to be shown as `client_id`.");

pub(super) const GROUPS: Field = Field::new(
    "groups",
    Shape::List(&Shape::GroupKey, 1, GROUPS_AT_MOST),
    "Keys of the groups that it is limited to; of all, when not said.",
);
/// At most how many groups a credential may be limited to.
const GROUPS_AT_MOST: usize = 100;

/// What a credential may do.
pub(super) const SCOPE: Field =
    Field::new("scope", Shape::Word(|| vec!["read", "write", "admin"]), "What it may do; as usual, when not said.");

macro_rules! wanted {
    ($audience:literal, $($more:expr),*) => {
        Object {
            name: $audience,
            fields: || {
                vec![
                    Field::new("audience", Shape::Word(|| vec![$audience]), "What it opens.").required(),
                    $($more,)*
                    GROUPS,
                    EXPIRES_IN,
                ]
            },
        }
    };
}
pub(super) use wanted;

const WANTED: Shape = Shape::OneOf(
    "audience",
    &[
        wanted!(
            "admin",
            Field::new(
                "scope",
                Shape::Word(|| vec!["read", "write", "admin", "full"]),
                "What the key may do; everything, when not said. `full` is another word for `admin`."
            ),
            NOTE
        ),
        wanted!(
            "cometchat",
            Field::new(
                "scope",
                Shape::Word(|| vec!["full_access", "auth_only", "read", "write"]),
                "What the key may do; everything, when not said. `auth_only`: make users and mint their tokens."
            ),
            NOTE
        ),
        wanted!(
            "elance",
            Field::new("person", Shape::PersonKey, "The key of the person whose token it is.").required(),
            SCOPE,
            NOTE
        ),
        wanted!("rm", SCOPE),
    ],
);

const SECRET: Object = Object {
    name: "Secret",
    fields: || {
        let told = |name, doc| Field::new(name, Shape::Text(1, 200), doc);
        vec![
            told("admin_key", "A key of this API: `Authorization: Bearer KEY`."),
            told("apikey", "A CometChat key."),
            told("access_token", "An Elance token."),
            told("client_id", "The public id of a client."),
            told("client_secret", "Its secret."),
        ]
    },
};

pub(super) const ISSUED: Object = Object {
    name: "IssuedCredential",
    fields: || {
        vec![
            Field::new("credential", Shape::Object(&CREDENTIAL), "The credential.").required(),
            Field::new("secret", Shape::Object(&SECRET), "What is shown this once.").required(),
        ]
    },
};

pub(super) const LINKS: &[Link] = &[
    Link { name: "get", to: "getCredential", parameters: &[("credential", "$response.body#/credential/id")] },
    Link { name: "revoke", to: "revokeCredential", parameters: &[("credential", "$response.body#/credential/id")] },
];

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/credentials", "listCredentials", Work::Task(list))
        .says("List credentials", "Without their secrets, by id; revoked and expired ones too.")
        .query(&[
            Param::new("audience", Shape::Text(1, 100), "Only those for this dialect, or for `admin`."),
            Param::new("person", Shape::PersonKey, "Only those of this person."),
            Param::new("in_force", Shape::Flag, "Only those that are in force, or are not."),
            PAGE,
            PAGE_SIZE,
        ])
        .gives(Gives::Page(&CREDENTIAL))
        .or(&[Kind::NoSuchPerson]),
    Endpoint::post("/credentials", "createCredential", Work::Task(create))
        .administers()
        .says(
            "Make a credential",
            "The secret is shown in this reply and never again; the store keeps its hash only. A reply with a secret is \
             not kept for a repeated request with the same Idempotency-Key either.",
        )
        .takes(Body::Json(WANTED))
        .gives(Gives::Created(Shape::Object(&ISSUED)))
        .or(&[Kind::UnknownReference, Kind::ReplyWithheld])
        .leads(LINKS),
    Endpoint::get("/credentials/{credential}", "getCredential", Work::Task(get))
        .says("Get a credential", "Without its secret.")
        .gives(Gives::Json(Shape::Object(&CREDENTIAL)))
        .or(&[Kind::NoSuchCredential]),
    Endpoint::post("/credentials/{credential}/revoke", "revokeCredential", Work::Task(revoke))
        .administers()
        .says("Revoke a credential", "And all that were exchanged for it, at once and everywhere. Twice is no error.")
        .gives(Gives::Json(Shape::Object(&CREDENTIAL)))
        .or(&[Kind::NoSuchCredential, Kind::OwnKey]),
    Endpoint::post("/persons/{person}/credentials/revoke", "revokeCredentialsOfPerson", Work::Task(revoke_of_person))
        .administers()
        .says(
            "Revoke all credentials of a person",
            "In one step, of all dialects, with all that were exchanged for them; sign-in sessions too. The key that the \
             request bears stays.",
        )
        .gives(Gives::Json(Shape::Object(&REVOKED)))
        .or(&[Kind::NoSuchPerson]),
];

const REVOKED: Object = Object {
    name: "Revoked",
    fields: || {
        let doc = "How many had not been revoked until now.";
        vec![Field::new("revoked", Shape::Integer(0, limits::NUMBER), doc).required()]
    },
};

fn list(ask: &Ask, core: &Core<'_>) -> Outcome {
    let person = match ask.person_in_query("person")? {
        Some(key) => Some(core.directory.person(&key)?.ok_or_else(super::persons::no_such_person)?.number),
        None => None,
    };
    let found = core.vault.list(&CredentialQuery {
        audience: ask.text("audience"),
        person,
        in_force: ask.value("in_force")?,
        after: 0,
        window: ask.window()?,
        now: core.now,
    })?;
    page(ask, &found.rows, found.total, represent::credential)
}

fn create(ask: &Ask, core: &Core<'_>) -> Outcome {
    let wanted = match ask.said.text("audience") {
        Some("elance") => {
            let key = keys::person(ask.said.text("person").unwrap_or_default());
            let key = key.map_err(|problem| Problem::field(Kind::InvalidBody, "person", problem))?;
            let person = core.directory.person(&key)?;
            let nobody = || Problem::field(Kind::UnknownReference, "person", "names nobody");
            Wanted::Elance(person.ok_or_else(nobody)?.number)
        }
        Some("rm") => Wanted::Rm(Client::default()),
        Some("cometchat") => Wanted::Cometchat(match ask.said.text("scope") {
            Some("auth_only") => KeyScope::AuthOnly,
            Some("read") => KeyScope::Read,
            Some("write") => KeyScope::Write,
            _ => KeyScope::FullAccess,
        }),
        _ => Wanted::Admin,
    };
    made(ask, core, wanted)
}

/// Makes a credential on the terms that the body says, and shows its secret.
pub(super) fn made(ask: &Ask, core: &Core<'_>, wanted: Wanted) -> Outcome {
    let scope = match ask.said.text("scope") {
        Some("read") => Some(Scope::Read),
        Some("write") => Some(Scope::Write),
        Some("admin" | "full") => Some(Scope::Admin),
        _ => None,
    };
    let lifetime = ask.said.value.get("expires_in").and_then(Value::as_i64);
    let terms = Terms {
        expires_at: lifetime.map(|lifetime| core.now.saturating_add(lifetime)),
        scope,
        groups: groups(ask, core)?,
        by: ask.by_system(),
        ..Terms::usual(ask.said.text("note").unwrap_or_default(), core.now)
    };
    let made = issue(core.vault, wanted, terms).map_err(|error| match error {
        IssueError::NoRandomness(error) => unavailable(&error),
        IssueError::Vault(error) => error.into(),
    })?;
    let mut body = Vec::new();
    let mut object = json::Object::begin(&mut body);
    represent::credential(object.key("credential"), &made.credential);
    let mut secret = json::Object::begin(object.key("secret"));
    for (name, value) in &made.shown {
        secret.string(name, value.reveal());
    }
    secret.end();
    object.end();
    let location = format!("{PREFIX}/credentials/{}", made.credential.id);
    Ok(Answer::created(body).header("location", location).secret())
}

/// The groups that the body limits it to.
fn groups(ask: &Ask, core: &Core<'_>) -> Result<Groups, Problem> {
    let Some(said) = ask.said.value.get("groups").and_then(Value::as_array) else { return Ok(Groups::All) };
    let mut numbers = Vec::new();
    for (at, key) in said.iter().enumerate() {
        let at = format!("groups[{at}]");
        let key = keys::group(key.as_str().unwrap_or_default());
        let key = key.map_err(|problem| Problem::field(Kind::InvalidBody, &at, problem))?;
        let group = core.directory.group(&key)?;
        let none = || Problem::field(Kind::UnknownReference, &at, "names no group");
        numbers.push(group.ok_or_else(none)?.number);
    }
    Ok(Groups::only(numbers))
}

/// The credential in the path.
fn found(ask: &Ask, core: &Core<'_>) -> Result<Credential, Problem> {
    let id = ask.number_in_path("credential")?;
    core.vault.get(id)?.ok_or_else(|| Problem::new(Kind::NoSuchCredential, "There is no credential with this id."))
}

fn get(ask: &Ask, core: &Core<'_>) -> Outcome {
    Ok(Answer::json(represent::alone(represent::credential, &found(ask, core)?)))
}

fn revoke(ask: &Ask, core: &Core<'_>) -> Outcome {
    let id = found(ask, core)?.id;
    if ask.principal.credential == Some(id) {
        return Err(Problem::new(
            Kind::OwnKey,
            "This is the key that the request bears, and a key does not revoke itself.",
        ));
    }
    core.vault.revoke(&ask.by_system(), id)?;
    Ok(Answer::json(represent::alone(represent::credential, &found(ask, core)?)).tagged())
}

fn revoke_of_person(ask: &Ask, core: &Core<'_>) -> Outcome {
    let person = core.directory.person(&ask.person()?)?.ok_or_else(super::persons::no_such_person)?;
    let others = |credential: &Credential| ask.principal.credential != Some(credential.id);
    let revoked = core.vault.revoke_of_person(&ask.by_system(), person.number, &others)?;
    let mut body = Vec::new();
    json::Object::begin(&mut body).integer("revoked", revoked).end();
    Ok(Answer::json(body))
}
