//! Jobs.

use super::PREFIX;
use super::answer::{Answer, Outcome};
use super::endpoint::{Body, Endpoint, Gives, Link, Param, Work};
use super::paging::{PAGE, PAGE_SIZE, page};
use super::problem::{Kind, Problem};
use super::request::Ask;
use super::shape::{Field, Object, Shape, words};
use super::shapes::JOB;
use super::steps::{AS, by};
use super::{keys, represent};
use dialect::Core;
use membership::{CommandError, GroupKey, JobQuery, JobState, NewJob, limits};
use serde_json::Value;

const NEW_JOB: Object = Object {
    name: "NewJob",
    fields: || {
        vec![
            Field::new("title", Shape::Text(1, limits::TITLE), "Title.").required(),
            Field::new("description", Shape::Text(0, limits::DESCRIPTION), "Description."),
            Field::new(
                "groups",
                Shape::List(&Shape::GroupKey, 1, limits::JOB_GROUPS),
                "Keys of the groups whose members it prefers.",
            )
            .required(),
        ]
    },
};

const LINKS: &[Link] = &[
    Link { name: "get", to: "getJob", parameters: &[("job", "$response.body#/number")] },
    Link { name: "close", to: "closeJob", parameters: &[("job", "$response.body#/number")] },
];

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/jobs", "listJobs", Work::Task(list))
        .within_groups()
        .says("List the jobs that prefer a group", "Newest first.")
        .query(&[
            Param::new("group", Shape::GroupKey, "The key of the group.").required(),
            Param::new("state", words!(JobState), "Only jobs in this state."),
            PAGE,
            PAGE_SIZE,
        ])
        .gives(Gives::Page(&JOB))
        .or(&[Kind::NoSuchGroup]),
    Endpoint::post("/jobs", "postJob", Work::Task(post))
        .within_groups()
        .says("Post a job", "")
        .query(&[AS])
        .takes(Body::Json(Shape::Object(&NEW_JOB)))
        .gives(Gives::Created(Shape::Object(&JOB)))
        .or(&[Kind::NoSuchPerson, Kind::UnknownReference, Kind::NumbersUsedUp])
        .leads(LINKS),
    Endpoint::get("/jobs/{job}", "getJob", Work::Task(get))
        .within_groups()
        .says("Get a job", "")
        .gives(Gives::Json(Shape::Object(&JOB)))
        .or(&[Kind::NoSuchJob])
        .leads(LINKS),
    Endpoint::post("/jobs/{job}/close", "closeJob", Work::Task(close))
        .within_groups()
        .says("Close a job", "One that is closed already stays as it is. As a person, only who posted it may.")
        .query(&[AS])
        .gives(Gives::Json(Shape::Object(&JOB)))
        .or(&[Kind::NoSuchJob, Kind::NoSuchPerson, Kind::NotAllowed]),
];

fn list(ask: &Ask, core: &Core<'_>) -> Outcome {
    let group = keys::group(ask.text("group").unwrap_or_default());
    let group = group.map_err(|problem| Problem::parameter("group", problem))?;
    let found = core.directory.jobs(&JobQuery { group, state: ask.value("state")?, window: ask.window()? })?;
    page(ask, &found.rows, found.total, represent::job)
}

fn post(ask: &Ask, core: &Core<'_>) -> Outcome {
    let said = ask.said.value.get("groups").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let key = |value: &Value| keys::group(value.as_str().unwrap_or_default());
    let groups: Result<Vec<GroupKey>, &str> = said.iter().map(key).collect();
    let new = NewJob {
        title: ask.said.text("title").unwrap_or_default().to_owned(),
        description: ask.said.text("description").unwrap_or_default().to_owned(),
        groups: groups.map_err(|problem| Problem::field(Kind::InvalidBody, "groups", problem))?,
    };
    let job = core.registrar.post_job(&by(ask, core)?, &new).map_err(|error| match error {
        CommandError::NoSuchGroup => {
            Problem::field(Kind::UnknownReference, "groups", "names a group that is not there")
        }
        other => other.into(),
    })?;
    let location = format!("{PREFIX}/jobs/{}", job.number);
    Ok(Answer::created(represent::alone(represent::job, &job)).tagged().header("location", location))
}

fn get(ask: &Ask, core: &Core<'_>) -> Outcome {
    let job = core.directory.job(ask.number_in_path("job")?)?;
    let job = job.ok_or_else(|| Problem::from(CommandError::NoSuchJob))?;
    Ok(Answer::json(represent::alone(represent::job, &job)))
}

fn close(ask: &Ask, core: &Core<'_>) -> Outcome {
    let job = core.registrar.close_job(&by(ask, core)?, ask.number_in_path("job")?)?;
    Ok(Answer::json(represent::alone(represent::job, &job)).tagged())
}
