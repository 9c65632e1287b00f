//! Posting and closing jobs.

use super::{USED_UP, bad, moment};
use crate::world::{About, World};
use membership::life_cycle::StepRefusal;
use membership::limits::{self, check};
use membership::{By, CommandError, Job, JobState, NewJob};
use std::collections::BTreeSet;

impl World {
    /// Judged in this order: the title, the description, whether any group is named, each group, how many they are.
    pub fn post_job(&mut self, by: &By, new: &NewJob) -> Result<Job, CommandError> {
        if new.title.is_empty() {
            return Err(bad("title", "must not be empty"));
        }
        check("title", &new.title, limits::TITLE)?;
        check("description", &new.description, limits::DESCRIPTION)?;
        if new.groups.is_empty() {
            return Err(bad("groups", "must name at least one"));
        }
        let mut groups = BTreeSet::new();
        for key in &new.groups {
            groups.insert(self.find_group(key).ok_or(CommandError::NoSuchGroup)?.number);
        }
        if groups.len() > limits::JOB_GROUPS {
            return Err(bad("groups", &format!("must be at most {}", limits::JOB_GROUPS)));
        }
        if self.last_job >= limits::NUMBER {
            return Err(bad("number", USED_UP));
        }
        self.last_job += 1;
        let job = Job {
            number: self.last_job,
            title: new.title.clone(),
            description: new.description.clone(),
            state: JobState::Open,
            poster: by.person,
            groups: groups.into_iter().collect(),
            created_at: by.now,
            closed_at: None,
        };
        self.jobs.push(job.clone());
        self.log_job(by, "job_post", &job);
        Ok(job)
    }

    /// Judged in this order: the job, the actor.
    pub fn close_job(&mut self, by: &By, number: i64) -> Result<Job, CommandError> {
        let job = self.jobs.iter_mut().find(|job| job.number == number).ok_or(CommandError::NoSuchJob)?;
        if by.person.is_some() && by.person != job.poster {
            return Err(CommandError::NotAllowed(StepRefusal::OnlyOneself));
        }
        if job.state == JobState::Closed {
            return Ok(job.clone());
        }
        (job.state, job.closed_at) = (JobState::Closed, Some(moment(by)));
        let job = job.clone();
        self.log_job(by, "job_close", &job);
        Ok(job)
    }

    /// One entry for each group that the job prefers; one without a group when all of them are gone.
    fn log_job(&mut self, by: &By, action: &str, job: &Job) {
        let about = About { group: None, person: job.poster, job: Some(job.number), subject: None };
        if job.groups.is_empty() {
            self.log(by, action, about);
        }
        for group in &job.groups {
            self.log(by, action, About { group: Some(*group), ..about });
        }
    }
}
