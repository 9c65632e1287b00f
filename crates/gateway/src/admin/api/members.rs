//! Members of a group, in all states.

use super::answer::{Answer, Outcome};
use super::endpoint::{Endpoint, Gives, Param, Usual, Work};
use super::paging::{PAGE, PAGE_SIZE, SEARCH, linked};
use super::persons::{ORDER, SEARCHED, no_such_person};
use super::problem::{Kind, Problem};
use super::queries::{holds, order, too_large};
use super::represent;
use super::request::Ask;
use super::shape::{Shape, words};
use super::shapes::{MEMBER, MEMBERSHIP};
use dialect::{Core, json};
use membership::{MemberQuery, PersonFields, Scope, ScopeSet, State};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/groups/{group}/members", "listMembers", Work::Task(list))
        .within_groups()
        .says(
            "List the members of a group",
            "In the order in which they became members, then by number, unless `order` says otherwise.",
        )
        .query(&[
            Param::new("state", words!(State), "Only those whose membership stands so.").usually(Usual::Word("member")),
            Param::new("scope", Shape::List(&words!(Scope), 0, 3), "Only those with one of these scopes."),
            Param::new(
                "search",
                SEARCH,
                "Only those in whose name, login, uid or e-mail address this text stands, whatever the case.",
            ),
            Param::new("order", ORDER, "By what; with a hyphen in front the greatest first."),
            PAGE,
            PAGE_SIZE,
        ])
        .gives(Gives::Page(&MEMBER))
        .or(&[Kind::NoSuchGroup]),
    Endpoint::get("/groups/{group}/members/{person}", "getMembership", Work::Task(get))
        .within_groups()
        .says("Get a membership", "In whatever state it stands.")
        .gives(Gives::Json(Shape::Object(&MEMBERSHIP)))
        .or(&[Kind::NoSuchGroup, Kind::NoSuchPerson, Kind::NoSuchMembership]),
];

/// The fields of a person that a list shows.
const SHOWN: PersonFields = PersonFields::ID
    .with(PersonFields::LOGIN)
    .with(PersonFields::NAME)
    .with(PersonFields::EMAIL)
    .with(PersonFields::ACCOUNT_STATUS)
    .with(PersonFields::PRESENCE)
    .with(PersonFields::NUMBER)
    .with(PersonFields::MEMBERSHIP);

fn list(ask: &Ask, core: &Core<'_>) -> Outcome {
    let mut query = MemberQuery::new(ask.group()?, ask.window()?);
    query.fields = SHOWN;
    query.state = ask.value("state")?.unwrap_or(State::Member);
    query.order = order(ask);
    let scopes: Vec<Scope> = ask.values("scope")?;
    if !scopes.is_empty() {
        query.scopes = ScopeSet::from_iter(scopes);
    }
    if let Some(text) = ask.text("search") {
        query = query.filtered(holds(text, &SEARCHED)).map_err(too_large)?;
    }
    let (mut body, mut total) = (Vec::new(), 0);
    core.directory.members(&query, &mut |page| {
        body.clear();
        let mut object = json::Object::begin(&mut body);
        represent::members(object.key("items"), page.rows);
        object.integer("total", page.total).end();
        total = page.total;
    })?;
    linked(ask, body, total)
}

fn get(ask: &Ask, core: &Core<'_>) -> Outcome {
    let found = core.directory.membership(&ask.group()?, &ask.person()?)?.ok_or_else(no_such_person)?;
    let Some(membership) = &found.membership else {
        return Err(Problem::new(Kind::NoSuchMembership, "The person has nothing to do with the group."));
    };
    Ok(Answer::json(represent::alone(represent::membership, &(&found.group, &found.person, membership))))
}
