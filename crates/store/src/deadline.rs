//! How long a statement may run on SQLite, which has no such limit of its own.
//!
//! A statement that filters or sorts asks at every row that it looks at whether its time is over, by a function that SQLite
//! calls in this process; when it is, the function fails, and the statement with it. Nothing else of a statement takes
//! long: a row is bounded, and what is sorted is narrow.

use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the error says, so that a log tells it from others.
const OVER: &str = "the statement was given up: it ran longer than the configuration allows";

/// A condition that holds while there is time, on rows of which `number` is the column of their number. To be written
/// before all others that take time, since SQLite asks in that order. The plus keeps it from making a range of the table
/// of this one, for which it would ask once.
pub fn condition(number: &str) -> String {
    format!("(+{number} > nothing_in_time())")
}

diesel::define_sql_function! {
    /// 0, while there is time.
    fn nothing_in_time() -> BigInt;
}

/// When the statement under way must be done, in milliseconds since `start`.
struct Deadline {
    start: Instant,
    at: AtomicU64,
}

impl Deadline {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_over(&self) -> bool {
        self.now() > self.at.load(Ordering::Relaxed)
    }
}

/// What the function gives.
#[derive(Debug)]
struct NothingInTime {
    over: bool,
}

impl ToSql<BigInt, Sqlite> for NothingInTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> diesel::serialize::Result {
        if self.over {
            return Err(OVER.into());
        }
        out.set_value(0_i64);
        Ok(IsNull::No)
    }
}

/// Holds every statement of the connection that asks to `limit`, from its own beginning.
pub fn hold_to(connection: &mut SqliteConnection, limit: Duration) -> QueryResult<()> {
    let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    let deadline = Arc::new(Deadline { start: Instant::now(), at: AtomicU64::new(u64::MAX) });
    let asked = Arc::clone(&deadline);
    nothing_in_time_utils::register_nondeterministic_impl(connection, move || NothingInTime { over: asked.is_over() })?;
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            deadline.at.store(deadline.now().saturating_add(limit), Ordering::Relaxed);
        }
    });
    Ok(())
}
