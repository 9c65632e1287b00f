//! Jobs: posted and closed.

use super::{Passwords, Work, bad};
use crate::changes::Change;
use crate::connection::Connection;
use crate::import::on_either;
use crate::listing;
use crate::schema::{groups, job_groups, jobs};
use crate::store::{Failure, Store};
use diesel::prelude::*;
use membership::life_cycle::StepRefusal;
use membership::{By, CommandError, Job, JobState, NewJob, limits};
use std::collections::{BTreeSet, HashSet};

/// Posts a job: [`membership::Registrar::post_job`].
pub(crate) fn post_job(store: &Store, by: &By, new: &NewJob) -> Result<Job, CommandError> {
    if new.title.is_empty() {
        return Err(bad("title", "must not be empty"));
    }
    limits::check("title", &new.title, limits::TITLE)?;
    limits::check("description", &new.description, limits::DESCRIPTION)?;
    if new.groups.is_empty() {
        return Err(bad("groups", "must name at least one"));
    }
    store.command(by, &mut Passwords::default(), |work| {
        let groups = work.keep_groups(new)?;
        let number = work.number("job", None)?;
        let job = Job {
            number,
            title: new.title.clone(),
            description: new.description.clone(),
            state: JobState::Open,
            poster: by.person,
            groups,
            created_at: by.now,
            closed_at: None,
        };
        let row = (
            jobs::number.eq(number),
            jobs::title.eq(&job.title),
            jobs::description.eq(&job.description),
            jobs::state.eq(job.state.as_str()),
            jobs::poster.eq(by.person.unwrap_or(0)),
            jobs::created_at.eq(job.created_at),
            jobs::closed_at.eq(0),
        );
        on_either!(&mut *work.connection, inner => diesel::insert_into(jobs::table).values(row).execute(inner))?;
        for group in &job.groups {
            let row = (job_groups::group_number.eq(group), job_groups::job_number.eq(number));
            on_either!(&mut *work.connection, inner => {
                diesel::insert_into(job_groups::table).values(row).execute(inner)?;
            });
        }
        work.note_job(by, "job_post", &job);
        Ok(job)
    })
}

/// Closes a job: [`membership::Registrar::close_job`].
pub(crate) fn close_job(store: &Store, by: &By, number: i64) -> Result<Job, CommandError> {
    store.command(by, &mut Passwords::default(), |work| {
        let mut job = work.job(number)?;
        if by.person.is_some() && by.person != job.poster {
            return Err(CommandError::NotAllowed(StepRefusal::OnlyOneself).into());
        }
        if job.state == JobState::Closed {
            return Ok(job);
        }
        let now = work.moment();
        (job.state, job.closed_at) = (JobState::Closed, Some(now));
        let new = (jobs::state.eq(job.state.as_str()), jobs::closed_at.eq(now));
        let this = jobs::table.find(number);
        on_either!(&mut *work.connection, inner => diesel::update(this).set(new).execute(inner))?;
        work.note_job(by, "job_close", &job);
        Ok(job)
    })
}

impl Work<'_> {
    /// The numbers of the groups that a new job prefers, ascending, each of them once. They are kept from being deleted.
    fn keep_groups(&mut self, new: &NewJob) -> Result<Vec<i64>, Failure> {
        let mut numbers = BTreeSet::new();
        for key in new.groups.iter().collect::<HashSet<_>>() {
            numbers.insert(listing::group(self.connection, key)?.ok_or(CommandError::NoSuchGroup)?.number);
        }
        if numbers.len() > limits::JOB_GROUPS {
            return Err(bad("groups", format!("must be at most {}", limits::JOB_GROUPS)).into());
        }
        let numbers: Vec<i64> = numbers.into_iter().collect();
        if let Connection::Postgres(inner) = &mut *self.connection {
            let these = groups::table.filter(groups::number.eq_any(&numbers)).order(groups::number);
            let kept: Vec<i64> = these.select(groups::number).for_key_share().load(inner)?;
            if kept.len() < numbers.len() {
                return Err(CommandError::NoSuchGroup.into());
            }
        }
        Ok(numbers)
    }

    /// The job of this number, held.
    fn job(&mut self, number: i64) -> Result<Job, Failure> {
        let one = jobs::table.find(number);
        let held: Option<i64> = match &mut *self.connection {
            Connection::Sqlite(inner) => one.select(jobs::number).first(inner).optional()?,
            Connection::Postgres(inner) => one.select(jobs::number).for_no_key_update().first(inner).optional()?,
        };
        let job = match held {
            Some(number) => listing::job(self.connection, number)?,
            None => None,
        };
        job.ok_or_else(|| CommandError::NoSuchJob.into())
    }

    /// One entry for each group that the job prefers; one without a group when all of them are gone.
    fn note_job(&mut self, by: &By, action: &'static str, job: &Job) {
        let (person, job_number) = (job.poster.unwrap_or(0), job.number);
        let nowhere = if job.groups.is_empty() { &[0][..] } else { &[] };
        for group in job.groups.iter().chain(nowhere) {
            self.note(by, action, Change { group: *group, person, job: job_number, ..Change::default() });
        }
    }
}
