//! Reading the rows in one snapshot, one after the other, and writing each at once.

use super::{ExportError, ExportFormat, ExportOptions, Progress, RecordKind, ndjson, table};
use crate::connection::Connection;
use crate::error::StoreError;
use crate::import::MembershipRow;
use crate::rows::{GroupRecord, PersonRecord};
use crate::schema::{group_totals, groups, memberships, persons};
use crate::store::Failure;
use crate::{Store, rows};
use csv::{Terminator, WriterBuilder};
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use membership::GroupKey;
use membership::record::Record;
use std::io::{self, Write};

/// Of how many rows one is told to the progress.
const TOLD: u64 = 1_024;

pub(super) fn export(
    store: &Store,
    what: &ExportOptions,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, ExportError> {
    let (mut failed, mut began) = (None, false);
    let outcome = store.read(|connection| {
        // On a new connection there is a new snapshot, which cannot be the rest of what was written before.
        if std::mem::replace(&mut began, true) {
            return Err(StoreError::Unavailable("the connection was lost".to_owned()).into());
        }
        let progress = &mut *progress;
        let mut export =
            Export { out: Sink::new(what.format, &mut *out), format: what.format, progress, done: 0, total: 0 };
        match export.all(connection, what.group.as_ref()) {
            Ok(done) => Ok(Some(done)),
            Err(Stop::Database(failure)) => Err(failure),
            Err(Stop::Other(error)) => {
                failed = Some(error);
                Ok(None)
            }
        }
    });
    match (failed, outcome?) {
        (Some(error), _) => Err(error),
        (None, done) => Ok(done.unwrap_or_default()),
    }
}

/// Why an export ended early.
enum Stop {
    Database(Failure),
    Other(ExportError),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Database(failure)
    }
}

impl From<diesel::result::Error> for Stop {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<rows::Corrupt> for Stop {
    fn from(corrupt: rows::Corrupt) -> Self {
        Self::Database(corrupt.into())
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Other(ExportError::Output(error))
    }
}

/// Where the rows go.
enum Sink<'a> {
    Lines(&'a mut dyn Write),
    Rows(Box<csv::Writer<&'a mut dyn Write>>),
}

impl<'a> Sink<'a> {
    fn new(format: ExportFormat, out: &'a mut dyn Write) -> Self {
        match format {
            ExportFormat::Ndjson => Self::Lines(out),
            ExportFormat::Csv(_) => {
                Self::Rows(Box::new(WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out)))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Lines(out) => out.flush(),
            Self::Rows(out) => out.flush(),
        }
    }
}

struct Export<'a> {
    out: Sink<'a>,
    format: ExportFormat,
    progress: &'a mut dyn FnMut(Progress),
    done: u64,
    total: u64,
}

/// Hands the rows of a query to a closure without ever holding all of them.
macro_rules! each {
    ($connection:expr, $row:ty, $query:expr, $each:expr) => {
        match &mut *$connection {
            Connection::Sqlite(inner) => {
                for row in $query.load_iter::<$row, DefaultLoadingMode>(inner)? {
                    $each(row?)?;
                }
            }
            Connection::Postgres(inner) => {
                for row in $query.load_iter::<$row, PgRowByRowLoadingMode>(inner)? {
                    $each(row?)?;
                }
            }
        }
    };
}

impl Export<'_> {
    fn all(&mut self, connection: &mut Connection, group: Option<&GroupKey>) -> Result<u64, Stop> {
        // A statement lasts as long as its rows are being written.
        connection.without_time_limits()?;
        let group = match group {
            Some(key) => Some(find(connection, key)?.ok_or(Stop::Other(ExportError::NoSuchGroup))?),
            None => None,
        };
        let wanted = |kind| matches!(self.format, ExportFormat::Ndjson) || self.format == ExportFormat::Csv(kind);
        let kinds: Vec<RecordKind> = RecordKind::ALL.into_iter().filter(|kind| wanted(*kind)).collect();
        for kind in &kinds {
            self.total += count(connection, *kind, group.map(|(number, _)| number))?;
        }
        for kind in kinds {
            if let ExportFormat::Csv(kind) = self.format {
                self.cells(&table::header(kind))?;
            }
            match kind {
                RecordKind::Persons => self.persons(connection, group)?,
                RecordKind::Groups => self.groups(connection, group)?,
                RecordKind::Memberships => self.memberships(connection, group)?,
            }
        }
        self.out.flush()?;
        (self.progress)(Progress { done: self.done, total: self.done });
        Ok(self.done)
    }

    fn persons(&mut self, connection: &mut Connection, group: Option<(i64, i64)>) -> Result<(), Stop> {
        let mut each = |row: PersonRecord| match self.format {
            ExportFormat::Ndjson => self.record(&ndjson::person(row)?),
            ExportFormat::Csv(_) => self.row(&table::person(row)?),
        };
        let Some((group, owner)) = group else {
            let all = persons::table.order(persons::number);
            each!(connection, PersonRecord, all.select(PersonRecord::as_select()), each);
            return Ok(());
        };
        let of_group =
            memberships::table.filter(memberships::group_number.eq(group)).select(memberships::person_number);
        let wanted = persons::table.filter(persons::number.eq_any(of_group).or(persons::number.eq(owner)));
        let wanted = wanted.order(persons::number);
        each!(connection, PersonRecord, wanted.select(PersonRecord::as_select()), each);
        Ok(())
    }

    fn groups(&mut self, connection: &mut Connection, group: Option<(i64, i64)>) -> Result<(), Stop> {
        let mut each = |row: GroupRecord| match self.format {
            ExportFormat::Ndjson => self.record(&ndjson::group(row)?),
            ExportFormat::Csv(_) => self.row(&table::group(row)),
        };
        let all = groups::table.order(groups::number);
        if let Some((number, _)) = group {
            let one = all.filter(groups::number.eq(number));
            each!(connection, GroupRecord, one.select(GroupRecord::as_select()), each);
        } else {
            each!(connection, GroupRecord, all.select(GroupRecord::as_select()), each);
        }
        Ok(())
    }

    fn memberships(&mut self, connection: &mut Connection, group: Option<(i64, i64)>) -> Result<(), Stop> {
        let mut each = |row: MembershipRow| match self.format {
            ExportFormat::Ndjson => self.record(&ndjson::membership(&row)?),
            ExportFormat::Csv(_) => self.row(&table::membership(row)),
        };
        // Group by group, so that the database sorts one group at a time and not all memberships at once.
        let numbers: Vec<i64> = match group {
            Some((number, _)) => vec![number],
            None => groups::table.order(groups::number).select(groups::number).load(connection)?,
        };
        for number in numbers {
            let of_group = memberships::table.filter(memberships::group_number.eq(number));
            let of_group = of_group.order(memberships::person_number);
            each!(connection, MembershipRow, of_group.select(MembershipRow::as_select()), each);
        }
        Ok(())
    }

    fn record(&mut self, record: &Record) -> Result<(), Stop> {
        if let Sink::Lines(out) = &mut self.out {
            serde_json::to_writer(&mut *out, record).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
            self.count();
        }
        Ok(())
    }

    fn row(&mut self, cells: &[String]) -> Result<(), Stop> {
        self.cells(cells)?;
        self.count();
        Ok(())
    }

    fn cells(&mut self, cells: &[String]) -> Result<(), Stop> {
        match &mut self.out {
            Sink::Rows(out) => Ok(out.write_record(cells).map_err(io::Error::from)?),
            Sink::Lines(_) => Ok(()),
        }
    }

    fn count(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(TOLD) {
            (self.progress)(Progress { done: self.done, total: self.total.max(self.done) });
        }
    }
}

/// The numbers of the group and of its owner (0: none).
fn find(connection: &mut Connection, key: &GroupKey) -> Result<Option<(i64, i64)>, Failure> {
    let numbers = groups::table.select((groups::number, groups::owner));
    let found = match key {
        GroupKey::Number(number) => numbers.filter(groups::number.eq(*number)).first(connection),
        GroupKey::Id(id) => numbers.filter(groups::id.eq(id.to_string())).first(connection),
        GroupKey::Guid(guid) => numbers.filter(groups::guid.eq(guid)).first(connection),
    };
    Ok(found.optional()?)
}

/// How many rows there will be, for the progress: the owner of a single group may be one more.
fn count(connection: &mut Connection, kind: RecordKind, group: Option<i64>) -> Result<u64, Failure> {
    let count = match (kind, group) {
        (RecordKind::Groups, Some(_)) => 1,
        (RecordKind::Groups, None) => groups::table.count().get_result(connection)?,
        (RecordKind::Persons, None) => persons::table.count().get_result(connection)?,
        (RecordKind::Persons | RecordKind::Memberships, Some(group)) => {
            let of_group = group_totals::table.filter(group_totals::group_number.eq(group));
            of_group.select(group_totals::members).load::<i64>(connection)?.iter().sum()
        }
        (RecordKind::Memberships, None) => {
            group_totals::table.select(group_totals::members).load::<i64>(connection)?.iter().sum()
        }
    };
    Ok(u64::try_from(count).unwrap_or_default())
}
