//! Steps in the lives of memberships: one at a time, or a list of them.
//!
//! To ask, to withdraw, to join and to leave are a person's own; they are taken as that person. All others are taken as
//! the system, or, where the query says `as`, as that person and judged as that person.

use super::answer::{Answer, Outcome};
use super::endpoint::{Body, Endpoint, Gives, Link, Param, Work};
use super::paging::items;
use super::persons::no_such_person;
use super::problem::{Kind, Problem};
use super::refusals::of_failure;
use super::request::Ask;
use super::shape::{Field, Object, Shape, words};
use super::shapes::{MEMBERSHIP, PERSON_IN_SHORT, STEP};
use super::{document, keys, represent};
use dialect::{Core, json};
use membership::life_cycle::Action;
use membership::{By, CommandError, Failing, Group, PersonKey, Scope, Step, StepFailure, Taken, limits};
use serde_json::Value;

/// As whom something is done.
pub(super) const AS: Param =
    Param::new("as", Shape::PersonKey, "The key of the person as whom it is done and judged; the system without it.");

/// On whose authority: that of the person whom the query names, else of the system.
pub(super) fn by(ask: &Ask, core: &Core<'_>) -> Result<By, Problem> {
    let system = ask.by_system();
    let Some(key) = ask.person_in_query("as")? else { return Ok(system) };
    let person = core.directory.person(&key)?;
    let person = person.ok_or_else(|| {
        Problem::new(Kind::NoSuchPerson, "There is no person with the key that `as` says.").with("parameter", "as")
    })?;
    Ok(By { person: Some(person.number), ..system })
}

/// At most how many steps a list may hold.
const STEPS: usize = 1_000;

const SCOPE: Field = Field::new("scope", words!(Scope), "What the member may do; a participant, when not said.");
const NEW_SCOPE: Field = Field::new("scope", words!(Scope), "What the member may do from now on.").required();
const PASSWORD: Field = Field::new("password", Shape::Text(0, limits::PASSWORD), "The password of the group.");

const ADD: Object = Object { name: "Add", fields: || vec![SCOPE] };
const SET_SCOPE: Object = Object { name: "SetScope", fields: || vec![NEW_SCOPE] };
const JOIN: Object = Object { name: "Join", fields: || vec![PASSWORD] };

const PROBLEMS: &[Kind] = &[Kind::NoSuchGroup, Kind::NoSuchPerson, Kind::NotAllowed, Kind::StepRefused];

/// From what came of a step to what can be done next with the same membership.
const LINKS: &[Link] = &[
    next("getMembership"),
    next("approve"),
    next("reject"),
    next("add"),
    next("setScope"),
    next("transferOwnership"),
    next("leave"),
    next("kick"),
    next("ban"),
    next("unban"),
    next("ask"),
    next("withdraw"),
    next("join"),
];

const fn next(to: &'static str) -> Link {
    Link { name: to, to, parameters: &[("group", "$request.path.group"), ("person", "$response.body#/person/number")] }
}

macro_rules! step {
    ($path:literal, $name:literal, $summary:literal, $doc:literal, $task:expr) => {
        Endpoint::post(concat!("/groups/{group}/members/{person}/", $path), $name, Work::Task($task))
            .within_groups()
            .says($summary, $doc)
            .gives(Gives::Json(Shape::Object(&STEP)))
            .or(PROBLEMS)
            .leads(LINKS)
    };
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    step!("ask", "ask", "Ask to join", "As the person, who must be a freelancer.", |a, c| own(a, c, Action::Ask)),
    step!("withdraw", "withdraw", "Take the question back", "As the person.", |a, c| own(a, c, Action::Withdraw)),
    step!("join", "join", "Join at once", "As the person, where the group's type lets it.", |a, c| own(a, c, Action::Join))
        .takes(Body::JsonOrNothing(Shape::Object(&JOIN))),
    step!("leave", "leave", "Leave", "As the person.", |a, c| own(a, c, Action::Leave)),
    step!("approve", "approve", "Answer the question with yes", "", |a, c| other(a, c, Action::Approve)).query(&[AS]),
    step!("reject", "reject", "Answer the question with no", "", |a, c| other(a, c, Action::Reject)).query(&[AS]),
    step!("add", "add", "Make the person a member at once", "", |a, c| other(a, c, Action::Add(scope(&a.said.value)?)))
        .query(&[AS])
        .takes(Body::JsonOrNothing(Shape::Object(&ADD))),
    step!("set-scope", "setScope", "Change what the member may do", "", |a, c| other(a, c, Action::SetScope(scope(&a.said.value)?)))
        .query(&[AS])
        .takes(Body::Json(Shape::Object(&SET_SCOPE))),
    step!("transfer-ownership", "transferOwnership", "Make the member the owner", "The former owner stays an admin.", |a, c| {
        other(a, c, Action::TransferOwnership)
    })
    .query(&[AS]),
    step!("kick", "kick", "Remove the member, who may join again", "", |a, c| other(a, c, Action::Kick)).query(&[AS]),
    step!("ban", "ban", "Remove the person, who may not join again", "", |a, c| other(a, c, Action::Ban)).query(&[AS]),
    step!("unban", "unban", "Lift the ban", "", |a, c| other(a, c, Action::Unban)).query(&[AS]),
    Endpoint::post("/groups/{group}/members", "takeSteps", Work::Task(list))
        .within_groups()
        .says(
            "Take a list of steps",
            "In the order of the list, each judged by what the ones before have left. Together: all or none, and the \
             problem tells the first entry that failed. Otherwise each by itself, and each entry of the reply tells what \
             came of it.",
        )
        .query(&[AS])
        .takes(Body::Json(Shape::Object(&LIST)))
        .gives(Gives::Json(Shape::Object(&TAKEN)))
        .or(&[Kind::NoSuchGroup, Kind::NoSuchPerson, Kind::NotAllowed, Kind::StepRefused, Kind::UnknownReference]),
];

macro_rules! entry {
    ($action:literal $(, $more:expr)?) => {
        Object {
            name: $action,
            fields: || {
                vec![
                    Field::new("action", Shape::Word(|| vec![$action]), "What is done.").required(),
                    Field::new("person", Shape::PersonKey, "The key of the person.").required(),
                    $($more)?
                ]
            },
        }
    };
}

const ENTRY: Shape = Shape::OneOf(
    "action",
    &[
        entry!("approve"),
        entry!("reject"),
        entry!("add", SCOPE),
        entry!("set_scope", NEW_SCOPE),
        entry!("transfer_ownership"),
        entry!("kick"),
        entry!("ban"),
        entry!("unban"),
    ],
);

const LIST: Object = Object {
    name: "Steps",
    fields: || {
        vec![
            Field::new("steps", Shape::List(&ENTRY, 1, STEPS), "The steps.").required(),
            Field::new("together", Shape::Flag, "Whether all or none are taken; true, when not said."),
        ]
    },
};

/// What came of one step of a list.
const OUTCOME: Object = Object {
    name: "StepOutcome",
    fields: || {
        vec![
            Field::new("changed", Shape::Flag, "Whether anything changed.").required(),
            Field::new("person", Shape::Object(&PERSON_IN_SHORT), "The person; null when the step was not taken.")
                .required()
                .nullable(),
            Field::new("membership", Shape::Object(&MEMBERSHIP), "The membership afterwards; null when there is none.")
                .required()
                .nullable(),
            Field::new("problem", Shape::Object(&document::PROBLEM), "Why the step was not taken; null when it was.")
                .required()
                .nullable(),
        ]
    },
};

const TAKEN: Object = Object {
    name: "StepsTaken",
    fields: || {
        vec![
            Field::new(
                "items",
                Shape::List(&Shape::Object(&OUTCOME), 0, STEPS),
                "What came of each step, in the order of the list.",
            )
            .required(),
        ]
    },
};

/// The scope that is said, a participant's when none is.
fn scope(said: &Value) -> Result<Scope, Problem> {
    let word = said.get("scope").and_then(Value::as_str);
    let wrong = |_| Problem::field(Kind::InvalidBody, "scope", "cannot be read");
    word.map_or(Ok(Scope::Participant), |word| word.parse().map_err(wrong))
}

/// A step of the person's own.
fn own(ask: &Ask, core: &Core<'_>, action: Action) -> Outcome {
    let person = core.directory.person(&ask.person()?)?.ok_or_else(no_such_person)?;
    let by = By { person: Some(person.number), ..ask.by_system() };
    let password = ask.said.text("password").map(str::to_owned);
    one(ask, core, &by, Step { person: PersonKey::Number(person.number).into(), action, password })
}

/// A step that somebody else takes.
fn other(ask: &Ask, core: &Core<'_>, action: Action) -> Outcome {
    one(ask, core, &by(ask, core)?, Step::new(ask.person()?, action))
}

fn one(ask: &Ask, core: &Core<'_>, by: &By, step: Step) -> Outcome {
    let stepped = core.registrar.steps(by, &ask.group()?, &[step], Failing::Together(&[]));
    let stepped = stepped.map_err(|error| match error {
        CommandError::Step { failure: StepFailure::NoSuchPerson, .. } => no_such_person(),
        CommandError::Step { failure, .. } => of_failure(&failure, "person"),
        other => other.into(),
    })?;
    let taken = stepped.steps.into_iter().next().ok_or_else(Problem::internal)?;
    let taken = taken.map_err(|failure| of_failure(&failure, "person"))?;
    let mut body = Vec::new();
    let mut object = json::Object::begin(&mut body);
    write_taken(&mut object, &stepped.group.group, &taken);
    object.end();
    Ok(Answer::json(body))
}

fn list(ask: &Ask, core: &Core<'_>) -> Outcome {
    let said = ask.said.value.get("steps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let steps = said.iter().map(step).collect::<Result<Vec<Step>, Problem>>()?;
    let together = ask.said.value.get("together") != Some(&Value::Bool(false));
    let failing = if together { Failing::Together(&[]) } else { Failing::Alone };
    let stepped = core.registrar.steps(&by(ask, core)?, &ask.group()?, &steps, failing)?;
    let group = &stepped.group.group;
    let outcomes: Vec<_> = stepped.steps.iter().enumerate().collect();
    let mut body = Vec::new();
    let mut object = json::Object::begin(&mut body);
    items(object.key("items"), &outcomes, |out, (entry, outcome)| {
        let mut object = json::Object::begin(out);
        match outcome {
            Ok(taken) => {
                write_taken(&mut object, group, taken);
                object.key("problem").extend_from_slice(b"null");
            }
            Err(failure) => {
                object.key("changed").extend_from_slice(b"false");
                object.key("person").extend_from_slice(b"null");
                object.key("membership").extend_from_slice(b"null");
                let problem = of_failure(failure, &format!("steps[{entry}].person"));
                object.key("problem").extend_from_slice(&problem.body(ask.id));
            }
        }
        object.end();
    });
    object.end();
    Ok(Answer::json(body))
}

/// One entry of a list.
fn step(said: &Value) -> Result<Step, Problem> {
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let person = keys::person(text("person"));
    let person = person.map_err(|problem| Problem::field(Kind::InvalidBody, "steps", problem))?;
    let action = match text("action") {
        "approve" => Action::Approve,
        "reject" => Action::Reject,
        "add" => Action::Add(scope(said)?),
        "set_scope" => Action::SetScope(scope(said)?),
        "transfer_ownership" => Action::TransferOwnership,
        "kick" => Action::Kick,
        "ban" => Action::Ban,
        "unban" => Action::Unban,
        _ => return Err(Problem::field(Kind::InvalidBody, "steps", "holds an action that is not known")),
    };
    Ok(Step::new(person, action))
}

fn write_taken(object: &mut json::Object<'_>, group: &Group, taken: &Taken) {
    let word: &[u8] = if taken.changed { b"true" } else { b"false" };
    object.key("changed").extend_from_slice(word);
    represent::person_ref(object.key("person"), &taken.person);
    let out = object.key("membership");
    match &taken.membership {
        Some(membership) => represent::membership(out, &(group, &taken.person, membership)),
        None => out.extend_from_slice(b"null"),
    }
}
