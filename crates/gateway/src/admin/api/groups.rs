//! Groups.

use super::PREFIX;
use super::answer::{Answer, Outcome};
use super::endpoint::{Body, Endpoint, Gives, Link, Param, Work};
use super::model::{GROUP, GROUP_PATCH, LISTED_GROUP, NEW_GROUP};
use super::paging::{PAGE, PAGE_SIZE, SEARCH, page};
use super::patch::{Patched, patched};
use super::preconditions::tag_of;
use super::problem::{Kind, Problem};
use super::queries::{holds, order, too_large};
use super::request::Ask;
use super::shape::{Shape, words};
use super::{records, represent};
use dialect::Core;
use membership::{Group, GroupEdit, GroupKind, GroupQuery, NewGroup, TextField, limits};

/// From a reply that shows a group to what can be done with it.
pub(super) const LINKS: &[Link] = &[
    Link { name: "get", to: "getGroup", parameters: &[("group", "$response.body#/number")] },
    Link { name: "change", to: "changeGroup", parameters: &[("group", "$response.body#/number")] },
    Link { name: "delete", to: "deleteGroup", parameters: &[("group", "$response.body#/number")] },
    Link { name: "members", to: "listMembers", parameters: &[("group", "$response.body#/number")] },
    Link { name: "steps", to: "takeSteps", parameters: &[("group", "$response.body#/number")] },
    Link { name: "jobs", to: "listJobs", parameters: &[("group", "$response.body#/number")] },
];

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/groups", "listGroups", Work::Task(list))
        .within_groups()
        .says("List groups", "In the order of their numbers, which is that of their making, unless `order` says otherwise.")
        .query(&[
            Param::new("search", SEARCH, "Only groups in whose name, guid or description this text stands, whatever the case."),
            Param::new("type", Shape::List(&words!(GroupKind), 0, 3), "Only groups of these types."),
            Param::new("tag", Shape::List(&Shape::Text(1, limits::TAG), 0, limits::TAGS), "Only groups that bear one of these tags."),
            Param::new("owner", Shape::PersonKey, "Only groups of this owner."),
            Param::new("order", ORDER, "By what; with a hyphen in front the greatest first."),
            PAGE,
            PAGE_SIZE,
        ])
        .gives(Gives::Page(&LISTED_GROUP))
        .or(&[Kind::NoSuchPerson]),
    Endpoint::post("/groups", "createGroup", Work::Task(create))
        .says("Make a group", "What is not said is generated or empty. The owner, if one is said, becomes the first member, as an admin.")
        .takes(Body::Json(Shape::Object(&NEW_GROUP)))
        .gives(Gives::Created(Shape::Object(&GROUP)))
        .or(&[Kind::InUse, Kind::UnknownReference, Kind::PasswordRequired, Kind::NumbersUsedUp])
        .leads(LINKS),
    Endpoint::get("/groups/{group}", "getGroup", Work::Task(get))
        .within_groups()
        .says("Get a group", "")
        .gives(Gives::Json(Shape::Object(&GROUP)))
        .or(&[Kind::NoSuchGroup])
        .leads(LINKS),
    Endpoint::patch("/groups/{group}", "changeGroup", Work::Task(change))
        .within_groups()
        .says("Change a group", "What is said changes, the rest stays; null empties a field. A new owner becomes a member, as an admin, and must not be banned. A change that changes nothing leaves no trace.")
        .takes(Body::Patch(&GROUP_PATCH))
        .gives(Gives::Json(Shape::Object(&GROUP)))
        .or(&[Kind::NoSuchGroup, Kind::Immutable, Kind::UnknownReference, Kind::PasswordRequired, Kind::StepRefused, Kind::Overtaken])
        .leads(LINKS),
    Endpoint::delete("/groups/{group}", "deleteGroup", Work::Task(delete))
        .within_groups()
        .says("Delete a group", "Its memberships end with it; jobs that prefer it lose the preference.")
        .or(&[Kind::NoSuchGroup]),
];

const ORDER: Shape = Shape::Word(|| {
    vec!["number", "-number", "name", "-name", "guid", "-guid", "email", "-email", "updated_at", "-updated_at"]
});

fn list(ask: &Ask, core: &Core<'_>) -> Outcome {
    let mut query = GroupQuery::new(ask.window()?);
    query.kinds = ask.values("type")?;
    query.tags = ask.values("tag")?;
    query.order = order(ask);
    if let Some(key) = ask.person_in_query("owner")? {
        let owner = core.directory.person(&key)?;
        query.owner =
            Some(owner.ok_or_else(|| Problem::new(Kind::NoSuchPerson, "There is no person with this key."))?.id);
    }
    if let Some(text) = ask.text("search") {
        let fields = [TextField::Name, TextField::Uid, TextField::Description];
        query = query.filtered(holds(text, &fields)).map_err(too_large)?;
    }
    let found = core.directory.groups(&query)?;
    page(ask, &found.rows, found.total, represent::listed_group)
}

fn create(ask: &Ask, core: &Core<'_>) -> Outcome {
    let new = NewGroup {
        record: records::new(&ask.said, "password")?,
        password: ask.said.text("password").map(str::to_owned),
        steps: Vec::new(),
    };
    let made = core.registrar.create_group(&ask.by_system(), &new)?.group.group;
    let location = format!("{PREFIX}/groups/{}", made.number);
    Ok(Answer::created(represent::alone(represent::group, &made)).tagged().header("location", location))
}

fn get(ask: &Ask, core: &Core<'_>) -> Outcome {
    let found = core.directory.group(&ask.group()?)?;
    let group = found.ok_or_else(no_such_group)?;
    Ok(Answer::json(represent::alone(represent::group, &group)))
}

fn change(ask: &Ask, core: &Core<'_>) -> Outcome {
    let key = ask.group()?;
    let read = || core.directory.group(&key)?.ok_or_else(no_such_group);
    patched(ask, "group", read, |before, expected| {
        if records::says_null(&ask.said, "owner") && before.owner.is_some() {
            return Err(Problem::field(Kind::Immutable, "owner", "can be passed on, but not taken away"));
        }
        let edit = GroupEdit {
            record: records::patch(&ask.said, "password", &before.metadata)?,
            password: ask.said.text("password").map(str::to_owned),
        };
        Ok(core.registrar.edit_group(&ask.by_system(), &key, &edit, Some(expected)).map(|changed| changed.group))
    })
}

impl Patched for Group {
    fn metadata(&self) -> &str {
        &self.metadata
    }

    fn shown(&self) -> Vec<u8> {
        represent::alone(represent::group, self)
    }
}

fn delete(ask: &Ask, core: &Core<'_>) -> Outcome {
    let expected = |group: &Group| ask.conditions.let_change(&tag(group));
    core.registrar.delete_group(&ask.by_system(), &ask.group()?, Some(&expected))?;
    Ok(Answer::nothing())
}

fn tag(group: &Group) -> String {
    tag_of(&represent::alone(represent::group, group))
}

/// There is none with the key of the path.
pub(super) fn no_such_group() -> Problem {
    Problem::new(Kind::NoSuchGroup, "There is no group with this key.")
}
