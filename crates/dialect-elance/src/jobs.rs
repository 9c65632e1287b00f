//! Jobs that are posted to a group: a stated preference for its members, open to all.

use crate::body::Posted;
use crate::paging::Paging;
use crate::{JSON, Settings};
use dialect::access::Operation;
use dialect::json::{Object, digits};
use dialect::{Action, Fault, FaultCode, Query, Refusal, Reply, Request};
use membership::{GroupKey, Job, JobQuery, JobState, NewJob, limits};

/// About how many bytes a job takes, so that the body need not grow while it is written.
const ROW_BYTES: usize = 512;

/// Asks for a page of the jobs that prefer `group`, newest first: the open ones, unless `status` says otherwise.
pub fn list(settings: &Settings, parameters: &Query<'_>, group: i64) -> Result<Action, Fault> {
    let paging = Paging::read(settings, parameters)?;
    let state = match parameters.one(&["status"])?.as_deref() {
        None | Some("open") => Some(JobState::Open),
        Some("closed") => Some(JobState::Closed),
        Some("all") => None,
        Some(_) => return Err(Fault::new("status", FaultCode::InvalidValue, "must be open, closed or all")),
    };
    let query = JobQuery { group: GroupKey::Number(group), state, window: paging.window() };
    Ok(Action::task(Operation::ReadGroups, move |session| {
        let page = session.jobs(&query)?;
        let mut body = Vec::with_capacity(256 + page.rows.len() * ROW_BYTES);
        body.extend_from_slice(br#"{"data":{"groupJobs":"#);
        let mut object = Object::begin(&mut body);
        object.digits("groupId", group).digits("totalJobs", page.total);
        paging.results(&mut object, page.total, page.rows.len(), |results| {
            page.rows.iter().for_each(|job| results.add(|out| row(job, out)));
        });
        object.end();
        body.extend_from_slice(b"}}");
        Ok(Reply::new(200, JSON, body))
    }))
}

/// Posts a job to `group` and to the further ones that the request names.
pub fn post(request: &Request<'_>, parameters: &Query<'_>, group: i64) -> Result<Action, Fault> {
    let posted = Posted::read(request, parameters)?;
    let title = posted.title.ok_or_else(|| Fault::new("title", FaultCode::Required, "is required"))?;
    let mut numbers = posted.groups;
    let has_further = !numbers.is_empty();
    numbers.push(group);
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() > limits::JOB_GROUPS {
        let problem = format!("must be at most {}, with the one in the address", limits::JOB_GROUPS);
        return Err(Fault::new("groups", FaultCode::Limit, problem));
    }
    let groups = numbers.into_iter().map(GroupKey::Number).collect();
    let job = NewJob { title, description: posted.description.unwrap_or_default(), groups };
    Ok(Action::task(Operation::ChangeJobs, move |session| {
        // Told apart: the group in the address is not found, a further one is a bad parameter.
        session.group(&GroupKey::Number(group))?;
        match session.post_job(&job) {
            Ok(job) => Ok(one(&job)),
            Err(Refusal::NoSuchGroup) if has_further => {
                Err(Fault::new("groups", FaultCode::InvalidValue, "names a group that there is not").into())
            }
            Err(other) => Err(other),
        }
    }))
}

/// Closes a job. One that is closed already stays closed.
pub fn close(number: i64) -> Action {
    Action::task(Operation::ChangeJobs, move |session| Ok(one(&session.close_job(number)?)))
}

fn one(job: &Job) -> Reply {
    let mut body = Vec::with_capacity(ROW_BYTES);
    body.extend_from_slice(br#"{"data":{"job":"#);
    row(job, &mut body);
    body.extend_from_slice(b"}}");
    Reply::new(200, JSON, body)
}

/// A job. Numbers and unix seconds are strings, as numbers are in the rows that the vendor documents; `""` is none.
fn row(job: &Job, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object
        .digits("jobId", job.number)
        .string("title", &job.title)
        .string("description", &job.description)
        .string("status", job.state.as_str())
        .string("userId", &job.poster.map(|poster| poster.to_string()).unwrap_or_default());
    let groups = object.key("groups");
    groups.push(b'[');
    for (index, group) in job.groups.iter().enumerate() {
        if index > 0 {
            groups.push(b',');
        }
        digits(groups, *group);
    }
    groups.push(b']');
    object
        .digits("postedDate", job.created_at)
        .string("closedDate", &job.closed_at.map(|at| at.to_string()).unwrap_or_default())
        .end();
}
