//! Jobs: one, and lists of those that prefer a group.

use super::rows::{self, JOB};
use super::{counted, page as page_of};
use crate::connection::Connection;
use crate::query::{self, Sql};
use crate::store::Failure;
use membership::{Job, JobState, Page, Window};

/// The job with this number.
pub(crate) fn job(connection: &mut Connection, number: i64) -> Result<Option<Job>, Failure> {
    let mut sql = Sql::new(connection);
    let kinds = rows::select(&mut sql, &[JOB]);
    sql.push(" FROM jobs j WHERE j.number = ").int(number);
    Ok(rows::load(&sql, connection, &kinds, |row| row.job())?.pop())
}

/// The jobs that prefer the group of this number, in this state or any, newest first.
pub(crate) fn page(
    connection: &mut Connection,
    group: i64,
    state: Option<JobState>,
    window: Window,
) -> Result<Page<Job>, Failure> {
    let from = |sql: &mut Sql| {
        sql.push(" FROM job_groups o JOIN jobs j ON j.number = o.job_number WHERE o.group_number = ").int(group);
        if let Some(state) = state {
            sql.push(" AND j.state = ").text(state.as_str());
        }
    };
    let mut rows = Vec::new();
    if window.limit > 0 {
        let mut sql = Sql::new(connection);
        let kinds = rows::select(&mut sql, &[JOB]);
        from(&mut sql);
        sql.push(" ORDER BY o.job_number DESC");
        query::window(&mut sql, window);
        rows = rows::load(&sql, connection, &kinds, |row| row.job())?;
    }
    page_of(rows, window, || {
        let mut sql = Sql::new(connection);
        sql.push("SELECT ").columns(["COUNT(*)"]);
        from(&mut sql);
        counted(connection, &sql)
    })
}
