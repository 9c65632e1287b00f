//! The schema: embedded migrations, the version of the folding, and what the store knows of itself.

use crate::connection::Connection;
use crate::error::StoreError;
use crate::schema::{change_head, groups, persons, store_facts};
use crate::store::{Failure, Store};
use crate::turns::{self, LongWork};
use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use membership::text::{FOLD_VERSION, fold};
use uuid::Uuid;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRESQL: EmbeddedMigrations = embed_migrations!("../../migrations/postgresql");

/// Held while one process migrates a PostgreSQL database, so that several may start at once.
pub(crate) const ADVISORY_LOCK: i64 = 0x726f_6c6c_6361_6c6c;
/// How many rows are folded anew in one transaction.
const FOLD_BATCH: i64 = 5_000;

impl Store {
    /// Brings the schema up to date and folds all texts anew when the folding has changed. Gives the names of the
    /// steps that were needed; none when all was up to date already. Safe to call from several processes at once.
    pub fn migrate(&self) -> Result<Vec<String>, StoreError> {
        let mut steps = self.apart(|connection| {
            lock(connection)?;
            not_newer(connection)?;
            run(connection)
        })?;
        if self.fold_anew()? {
            steps.push(format!("fold ({FOLD_VERSION})"));
        }
        self.outside(leave_stat4)?;
        Ok(steps)
    }

    /// Makes sure the schema is the one of this program, neither older nor newer, without changing anything.
    pub fn ready(&self) -> Result<(), StoreError> {
        let pending = self.outside(|connection| {
            // Told first: a store that is newer must not be migrated by this program.
            not_newer(connection)?;
            let pending = match connection {
                Connection::Sqlite(c) => c.has_pending_migration(SQLITE),
                Connection::Postgres(c) => c.has_pending_migration(POSTGRESQL),
            };
            pending.map_err(|e| StoreError::Unavailable(e.to_string()))
        })?;
        if pending {
            return Err(StoreError::Schema("the database is not up to date; run `rollcall migrate`".to_owned()));
        }
        match self.fact("fold_version")?.as_deref() {
            Some(FOLD_VERSION) => Ok(()),
            _ => Err(StoreError::Schema("the texts are folded by another version; run `rollcall migrate`".to_owned())),
        }
    }

    /// Whether nothing has ever been stored.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        self.read(|connection| {
            let head: i64 = change_head::table.select(change_head::number).first(connection)?;
            let person: Option<i64> = persons::table.select(persons::number).first(connection).optional()?;
            let group: Option<i64> = groups::table.select(groups::number).first(connection).optional()?;
            Ok(head == 0 && person.is_none() && group.is_none())
        })
    }

    /// Whether the store holds sample data, by its own mark.
    pub fn is_demo(&self) -> Result<bool, StoreError> {
        Ok(self.fact("demo")?.is_some())
    }

    /// Marks the store as holding sample data.
    pub fn mark_demo(&self) -> Result<(), StoreError> {
        self.write(|connection| state_fact(connection, "demo", "yes"))
    }

    fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            Ok(store_facts::table.find(name).select(store_facts::value).first(connection).optional()?)
        })
    }

    fn fold_anew(&self) -> Result<bool, StoreError> {
        if self.fact("fold_version")?.as_deref() == Some(FOLD_VERSION) {
            return Ok(false);
        }
        let mut after = 0;
        let mut folded = 0;
        let mut work = LongWork::new(self);
        while let Some((last, count)) = work.write(|connection| fold_persons(connection, after))? {
            after = last;
            folded += count;
        }
        after = 0;
        while let Some((last, count)) = work.write(|connection| fold_groups(connection, after))? {
            after = last;
            folded += count;
        }
        work.write(|connection| state_fact(connection, "fold_version", FOLD_VERSION))?;
        Ok(folded > 0)
    }
}

fn state_fact(connection: &mut Connection, name: &str, value: &str) -> Result<(), Failure> {
    // In one statement, since another process may be stating the same.
    macro_rules! state {
        ($connection:ident) => {
            diesel::insert_into(store_facts::table)
                .values((store_facts::name.eq(name), store_facts::value.eq(value)))
                .on_conflict(store_facts::name)
                .do_update()
                .set(store_facts::value.eq(value))
                .execute($connection)
        };
    }
    match connection {
        Connection::Sqlite(connection) => state!(connection)?,
        Connection::Postgres(connection) => state!(connection)?,
    };
    Ok(())
}

fn run(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| StoreError::Unavailable(error.to_string());
    let applied = match connection {
        // Locked before it is read which steps are missing, so that several processes may start at once.
        Connection::Sqlite(c) => turns::transaction(c, |c| {
            c.run_pending_migrations(SQLITE).map(|v| v.iter().map(ToString::to_string).collect()).map_err(failed)
        })?,
        Connection::Postgres(c) => {
            c.run_pending_migrations(POSTGRESQL).map(|v| v.iter().map(ToString::to_string).collect()).map_err(failed)?
        }
    };
    Ok(applied)
}

/// The versions that somebody has applied to the database but that are not in `source`.
fn unknown<DB: Backend, C: MigrationHarness<DB>>(
    connection: &mut C,
    source: impl MigrationSource<DB>,
) -> diesel::migration::Result<Vec<String>> {
    let known: Vec<String> = source.migrations()?.iter().map(|m| m.name().version().to_string()).collect();
    let applied = connection.applied_migrations()?;
    let mut unknown: Vec<String> = applied.iter().map(ToString::to_string).filter(|v| !known.contains(v)).collect();
    unknown.sort_unstable();
    Ok(unknown)
}

/// Fails when somebody has migrated the store further than this program knows.
fn not_newer(connection: &mut Connection) -> Result<(), StoreError> {
    let unknown = match connection {
        Connection::Sqlite(c) => unknown(c, SQLITE),
        Connection::Postgres(c) => unknown(c, POSTGRESQL),
    };
    let unknown = unknown.map_err(|e| StoreError::Unavailable(e.to_string()))?;
    if unknown.is_empty() {
        return Ok(());
    }
    let told = "the database is newer than this program, which does not know the schema versions";
    Err(StoreError::Schema(format!("{told} {}; run a newer rollcall", unknown.join(", "))))
}

/// Held until the connection is closed, see [`Store::apart`].
fn lock(connection: &mut Connection) -> Result<(), StoreError> {
    if let Connection::Postgres(connection) = connection {
        diesel::sql_query("SELECT pg_advisory_lock($1)").bind::<BigInt, _>(ADVISORY_LOCK).execute(connection)?;
    }
    Ok(())
}

/// Samples that a plain `ANALYZE` leaves behind make SQLite prepare cached statements anew at every bind. Whoever ran
/// it, they are dropped here; the ordinary statistics stay.
fn leave_stat4(connection: &mut Connection) -> Result<(), StoreError> {
    #[derive(diesel::QueryableByName)]
    struct Tables {
        #[diesel(sql_type = BigInt)]
        found: i64,
    }
    if let Connection::Sqlite(connection) = connection {
        let tables: Tables =
            diesel::sql_query("SELECT COUNT(*) AS found FROM sqlite_schema WHERE name = 'sqlite_stat4'")
                .get_result(connection)?;
        if tables.found > 0 {
            connection.batch_execute("DELETE FROM sqlite_stat4; ANALYZE sqlite_schema")?;
        }
    }
    Ok(())
}

/// Loads rows that are going to be written, so that nobody changes them in between (SQLite has locked already).
macro_rules! locked {
    ($connection:ident, $query:expr) => {
        match &mut *$connection {
            Connection::Sqlite(connection) => $query.load(connection)?,
            Connection::Postgres(connection) => $query.for_no_key_update().load(connection)?,
        }
    };
}

/// Makes sure that nobody else has the folded login that this person is about to get. A person that only has it from
/// the older folding gets a stand-in until its turn comes.
fn make_room(connection: &mut Connection, number: i64, login: &str) -> Result<(), Failure> {
    use persons::dsl as p;
    let folded = fold(login);
    let query = p::persons.filter(p::login_folded.eq(&folded)).filter(p::number.ne(number));
    let other: Vec<(i64, String)> = locked!(connection, query.select((p::number, p::login)));
    for (other, its_login) in other {
        if fold(&its_login) == folded {
            let told = format!(
                "the logins of person {other} ({its_login:?}) and person {number} ({login:?}) are the same now that \
                 upper and lower case are told apart by {FOLD_VERSION}; change one of them, then run `rollcall migrate`"
            );
            return Err(StoreError::Schema(told).into());
        }
        let stand_in = Uuid::new_v4().to_string();
        diesel::update(p::persons.find(other)).set(p::login_folded.eq(stand_in)).execute(connection)?;
    }
    Ok(())
}

/// Folds the next batch of persons, and writes those whose texts are folded otherwise than before; the last number and
/// how many there were, or none when all is done.
fn fold_persons(connection: &mut Connection, after: i64) -> Result<Option<(i64, usize)>, Failure> {
    use persons::dsl as p;
    type Texts = (String, String, String, String, String, String);
    connection.without_time_limits()?;
    let folded = (
        p::login_folded,
        p::name_folded,
        p::description_folded,
        p::email_folded,
        p::phone_folded,
        p::additional_information_folded,
    );
    let texts = (p::login, p::name, p::description, p::email, p::phone, p::additional_information);
    let query = p::persons.filter(p::number.gt(after)).order(p::number).limit(FOLD_BATCH);
    let batch: Vec<(i64, Texts, Texts)> = locked!(connection, query.select((p::number, texts, folded)));
    for (number, (login, name, description, email, phone, information), before) in &batch {
        let anew = (fold(login), fold(name), fold(description), fold(email), fold(phone), fold(information));
        if anew == *before {
            continue;
        }
        make_room(connection, *number, login)?;
        let (login, name, description, email, phone, information) = anew;
        diesel::update(p::persons.find(number))
            .set((
                p::login_folded.eq(login),
                p::name_folded.eq(name),
                p::description_folded.eq(description),
                p::email_folded.eq(email),
                p::phone_folded.eq(phone),
                p::additional_information_folded.eq(information),
            ))
            .execute(connection)?;
    }
    Ok(batch.last().map(|(number, ..)| (*number, batch.len())))
}

/// The same for groups.
fn fold_groups(connection: &mut Connection, after: i64) -> Result<Option<(i64, usize)>, Failure> {
    use groups::dsl as g;
    type Texts = (String, String, String, String);
    connection.without_time_limits()?;
    let folded = (g::name_folded, g::description_folded, g::email_folded, g::additional_information_folded);
    let texts = (g::name, g::description, g::email, g::additional_information);
    let query = g::groups.filter(g::number.gt(after)).order(g::number).limit(FOLD_BATCH);
    let batch: Vec<(i64, Texts, Texts)> = locked!(connection, query.select((g::number, texts, folded)));
    for (number, (name, description, email, information), before) in &batch {
        let anew = (fold(name), fold(description), fold(email), fold(information));
        if anew == *before {
            continue;
        }
        let (name, description, email, information) = anew;
        diesel::update(g::groups.find(number))
            .set((
                g::name_folded.eq(name),
                g::description_folded.eq(description),
                g::email_folded.eq(email),
                g::additional_information_folded.eq(information),
            ))
            .execute(connection)?;
    }
    Ok(batch.last().map(|(number, ..)| (*number, batch.len())))
}
