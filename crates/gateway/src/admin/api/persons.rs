//! Persons.

use super::PREFIX;
use super::answer::{Answer, Outcome};
use super::endpoint::{Body, Endpoint, Gives, Link, Param, Usual, Work};
use super::model::{NEW_PERSON, PERSON, PERSON_PATCH};
use super::paging::{PAGE, PAGE_SIZE, SEARCH, page};
use super::patch::{Patched, patched};
use super::preconditions::tag_of;
use super::problem::{Kind, Problem};
use super::queries::{holds, is, order, too_large};
use super::refusals::unavailable;
use super::request::Ask;
use super::shape::{Field, Object, Shape, words};
use super::shapes::MEMBERSHIP;
use super::{records, represent};
use access::PasswordHash;
use dialect::Core;
use membership::{AccountStatus, Filter, Person, PersonQuery, Presence, State, TextField, limits};

/// From a reply that shows a person to what can be done with it.
const LINKS: &[Link] = &[
    Link { name: "get", to: "getPerson", parameters: &[("person", "$response.body#/number")] },
    Link { name: "change", to: "changePerson", parameters: &[("person", "$response.body#/number")] },
    Link { name: "delete", to: "deletePerson", parameters: &[("person", "$response.body#/number")] },
    Link { name: "memberships", to: "listMembershipsOfPerson", parameters: &[("person", "$response.body#/number")] },
];

/// The fields in which a person is searched for.
pub(super) const SEARCHED: [TextField; 4] = [TextField::Name, TextField::Login, TextField::Uid, TextField::Email];

/// By what persons may be ordered.
pub(super) const ORDER: Shape = Shape::Word(|| {
    vec![
        "number",
        "-number",
        "name",
        "-name",
        "login",
        "-login",
        "uid",
        "-uid",
        "email",
        "-email",
        "updated_at",
        "-updated_at",
    ]
});

const PASSWORD: Object = Object {
    name: "Password",
    fields: || {
        vec![
            Field::new("password", Shape::Password, "The new password; null forgets the old one.")
                .required()
                .nullable(),
        ]
    },
};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/persons", "listPersons", Work::Task(list))
        .says("List persons", "In the order of their numbers, which is that of their making, unless `order` says otherwise.")
        .query(&[
            Param::new("search", SEARCH, "Only persons in whose name, login, uid or e-mail address this text stands, whatever the case."),
            Param::new("role", Shape::List(&Shape::Text(1, limits::SHORT), 0, 25), "Only persons with one of these roles."),
            Param::new("tag", Shape::List(&Shape::Text(1, limits::TAG), 0, limits::TAGS), "Only persons who bear one of these tags."),
            Param::new("account_status", words!(AccountStatus), "Only persons of this status."),
            Param::new("presence", words!(Presence), "Only persons who are there, or are not."),
            Param::new("order", ORDER, "By what; with a hyphen in front the greatest first."),
            PAGE,
            PAGE_SIZE,
        ])
        .gives(Gives::Page(&PERSON)),
    Endpoint::post("/persons", "createPerson", Work::Task(create))
        .administers()
        .says("Make a person", "What is not said is generated or empty.")
        .takes(Body::Json(Shape::Object(&NEW_PERSON)))
        .gives(Gives::Created(Shape::Object(&PERSON)))
        .or(&[Kind::InUse, Kind::NumbersUsedUp])
        .leads(LINKS),
    Endpoint::get("/persons/{person}", "getPerson", Work::Task(get))
        .within_groups()
        .says("Get a person", "")
        .gives(Gives::Json(Shape::Object(&PERSON)))
        .or(&[Kind::NoSuchPerson])
        .leads(LINKS),
    Endpoint::patch("/persons/{person}", "changePerson", Work::Task(change))
        .administers()
        .says("Change a person", "What is said changes, the rest stays; null empties a field. A change that changes nothing leaves no trace.")
        .takes(Body::Patch(&PERSON_PATCH))
        .gives(Gives::Json(Shape::Object(&PERSON)))
        .or(&[Kind::NoSuchPerson, Kind::Immutable, Kind::Overtaken])
        .leads(LINKS),
    Endpoint::delete("/persons/{person}", "deletePerson", Work::Task(delete))
        .administers()
        .says(
            "Delete a person",
            "The memberships end, the credentials are revoked, and each group that the person owns passes on to its \
             longest-standing other admin.",
        )
        .or(&[Kind::NoSuchPerson, Kind::StillOwner]),
    Endpoint::post("/persons/{person}/password", "setPassword", Work::Task(password))
        .administers()
        .says(
            "Set or forget a person's password",
            "With which the person signs in to consent to clients. The sign-in sessions of the person end. It is never shown.",
        )
        .takes(Body::Json(Shape::Object(&PASSWORD)))
        .or(&[Kind::NoSuchPerson]),
    Endpoint::get("/persons/{person}/memberships", "listMembershipsOfPerson", Work::Task(memberships))
        .within_groups()
        .says("List the memberships of a person", "In the order of the groups' numbers.")
        .query(&[
            Param::new("state", words!(State), "Only memberships that stand so.").usually(Usual::Word("member")),
            PAGE,
            PAGE_SIZE,
        ])
        .gives(Gives::Page(&MEMBERSHIP))
        .or(&[Kind::NoSuchPerson]),
];

fn list(ask: &Ask, core: &Core<'_>) -> Outcome {
    let mut query = PersonQuery::new(ask.window()?);
    query.roles = ask.values("role")?;
    query.tags = ask.values("tag")?;
    query.order = order(ask);
    let mut filters = Vec::new();
    if let Some(text) = ask.text("search") {
        filters.push(holds(text, &SEARCHED));
    }
    if let Some(status) = ask.value::<AccountStatus>("account_status")? {
        filters.push(is(TextField::AccountStatus, status.folded()));
    }
    if let Some(presence) = ask.value("presence")? {
        filters.push(Filter::Presence(presence));
    }
    if !filters.is_empty() {
        query = query.filtered(Filter::All(filters)).map_err(too_large)?;
    }
    let found = core.directory.persons(&query)?;
    page(ask, &found.rows, found.total, represent::person)
}

fn create(ask: &Ask, core: &Core<'_>) -> Outcome {
    let made = core.registrar.create_person(&ask.by_system(), &records::new(&ask.said, "")?)?;
    let location = format!("{PREFIX}/persons/{}", made.number);
    Ok(Answer::created(represent::alone(represent::person, &made)).tagged().header("location", location))
}

/// The person in the path.
fn found(ask: &Ask, core: &Core<'_>) -> Result<Person, Problem> {
    core.directory.person(&ask.person()?)?.ok_or_else(no_such_person)
}

fn get(ask: &Ask, core: &Core<'_>) -> Outcome {
    Ok(Answer::json(represent::alone(represent::person, &found(ask, core)?)))
}

fn change(ask: &Ask, core: &Core<'_>) -> Outcome {
    let key = ask.person()?;
    patched(
        ask,
        "person",
        || found(ask, core),
        |before, expected| {
            let record = records::patch(&ask.said, "", &before.metadata)?;
            Ok(core.registrar.edit_person(&ask.by_system(), &key, &record, Some(expected)))
        },
    )
}

impl Patched for Person {
    fn metadata(&self) -> &str {
        &self.metadata
    }

    fn shown(&self) -> Vec<u8> {
        represent::alone(represent::person, self)
    }
}

fn delete(ask: &Ask, core: &Core<'_>) -> Outcome {
    let expected = |person: &Person| ask.conditions.let_change(&tag(person));
    core.registrar.delete_person(&ask.by_system(), &ask.person()?, Some(&expected))?;
    Ok(Answer::nothing())
}

fn password(ask: &Ask, core: &Core<'_>) -> Outcome {
    let person = found(ask, core)?;
    let hash = ask.said.text("password").map(PasswordHash::of).transpose().map_err(|error| unavailable(&error))?;
    if core.vault.set_password(&ask.by_system(), person.number, hash.as_ref())? {
        Ok(Answer::nothing())
    } else {
        Err(no_such_person())
    }
}

fn memberships(ask: &Ask, core: &Core<'_>) -> Outcome {
    let person = found(ask, core)?;
    let state = ask.value("state")?.unwrap_or(State::Member);
    let these = core.directory.memberships_of(person.number, state, ask.window()?)?;
    page(ask, &these.rows, these.total, |out, (group, membership)| {
        represent::membership(out, &(group, &person, membership));
    })
}

fn tag(person: &Person) -> String {
    tag_of(&represent::alone(represent::person, person))
}

/// There is none with the key of the path.
pub(super) fn no_such_person() -> Problem {
    Problem::new(Kind::NoSuchPerson, "There is no person with this key.")
}
