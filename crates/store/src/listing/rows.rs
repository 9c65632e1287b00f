//! The columns that lists read, and what a row of them becomes in the domain. Persons are `p`, groups `g`, memberships
//! `m`, jobs `j`.

use crate::connection::Connection;
use crate::query::Kind::{self, Int, Text};
use crate::query::{Sql, Table};
use crate::rows::{Corrupt, account_status, some};
use crate::store::Failure;
use membership::{Brief, ChangeEntry, Group, Job, Membership, Money, Person, Standing};
use std::str::FromStr;
use uuid::Uuid;

/// Columns with their kinds, in the order in which a row is read.
pub type Columns = [(&'static str, Kind)];

/// What [`Cells::group`] reads.
pub const GROUP: &Columns = &[
    ("g.number", Int),
    ("g.id", Text),
    ("g.guid", Text),
    ("g.name", Text),
    ("g.description", Text),
    ("g.kind", Text),
    ("g.owner", Int),
    ("g.sponsor", Text),
    ("g.criteria", Text),
    ("g.icon", Text),
    ("g.page", Text),
    ("g.email", Text),
    ("g.additional_information", Text),
    ("g.metadata", Text),
    ("g.tags", Text),
    ("g.created_at", Int),
    ("g.updated_at", Int),
];

/// What [`Cells::person`] reads.
pub const PERSON: &Columns = &[
    ("p.number", Int),
    ("p.id", Text),
    ("p.uid", Text),
    ("p.login", Text),
    ("p.name", Text),
    ("p.business_name", Text),
    ("p.tag_line", Text),
    ("p.description", Text),
    ("p.email", Text),
    ("p.phone", Text),
    ("p.additional_information", Text),
    ("p.hourly_rate", Int),
    ("p.city", Text),
    ("p.state", Text),
    ("p.country", Text),
    ("p.category", Text),
    ("p.earnings_6_months", Int),
    ("p.feedback_6_months", Int),
    ("p.positive_feedback_6_months", Int),
    ("p.overview", Text),
    ("p.avatar", Text),
    ("p.link", Text),
    ("p.metadata", Text),
    ("p.tags", Text),
    ("p.role", Text),
    ("p.status_message", Text),
    // What is read is a text or an integer of 64 bits; PostgreSQL casts a truth value only to one of 32.
    ("CAST(CAST(p.freelancer AS INTEGER) AS BIGINT)", Int),
    ("CAST(CAST(p.individual AS INTEGER) AS BIGINT)", Int),
    ("p.account_status", Text),
    ("p.presence", Text),
    ("p.last_active_at", Int),
    ("p.created_at", Int),
    ("p.updated_at", Int),
];

/// What [`Cells::membership`] reads.
pub const MEMBERSHIP: &Columns = &[
    ("m.group_number", Int),
    ("m.person_number", Int),
    ("m.state", Text),
    ("m.scope", Text),
    ("m.asked_at", Int),
    ("m.joined_at", Int),
    ("m.joined_by", Int),
    ("m.scope_changed_at", Int),
    ("m.scope_changed_by", Int),
    ("m.banned_at", Int),
    ("m.banned_by", Int),
];

/// What [`Cells::change`] reads: the entry `c` of the change log.
pub const CHANGE: &Columns = &[
    ("c.number", Int),
    ("c.at", Int),
    ("c.action", Text),
    ("c.group_number", Int),
    ("c.person_number", Int),
    ("c.actor", Int),
    ("c.credential", Int),
    ("c.job", Int),
    ("c.subject", Int),
];

/// How many members the group `g` has, read by [`Cells::int`]: the kept total, never a count.
pub const MEMBERS: &Columns = &[(
    "COALESCE((SELECT CAST(SUM(t.members) AS BIGINT) FROM group_totals t \
     WHERE t.group_number = g.number AND t.state = 'member'), 0)",
    Int,
)];

/// What [`Cells::owner`] reads: the person `p`, where there is one.
pub const OWNER: &Columns = &[
    ("COALESCE(p.number, 0)", Int),
    ("COALESCE(p.id, '')", Text),
    ("COALESCE(p.uid, '')", Text),
    ("COALESCE(p.name, '')", Text),
];

/// What [`Cells::standing`] reads: the membership `m`, where there is one.
pub const STANDING: &Columns =
    &[("COALESCE(m.state, '')", Text), ("COALESCE(m.scope, '')", Text), ("COALESCE(m.joined_at, 0)", Int)];

/// What [`Cells::job`] reads.
pub const JOB: &Columns = &[
    ("j.number", Int),
    ("j.title", Text),
    ("j.description", Text),
    ("j.state", Text),
    ("j.poster", Int),
    (
        "COALESCE((SELECT string_agg(CAST(q.group_number AS TEXT), ',') FROM job_groups q \
         WHERE q.job_number = j.number), '')",
        Text,
    ),
    ("j.created_at", Int),
    ("j.closed_at", Int),
];

/// Writes `SELECT` and these columns; gives their kinds.
pub fn select(sql: &mut Sql, columns: &[&Columns]) -> Vec<Kind> {
    sql.push("SELECT ").columns(columns.iter().copied().flatten().map(|(column, _)| *column));
    columns.iter().copied().flatten().map(|(_, kind)| *kind).collect()
}

/// Runs the query, whose columns are of these kinds, and makes something of each row.
pub fn load<T>(
    sql: &Sql,
    connection: &mut Connection,
    kinds: &[Kind],
    read: impl Fn(&mut Cells<'_>) -> Result<T, Corrupt>,
) -> Result<Vec<T>, Failure> {
    Ok(each(&sql.load(connection, kinds, 0)?, read)?)
}

/// Makes something of each row that was taken over.
pub fn each<T>(table: &Table, read: impl Fn(&mut Cells<'_>) -> Result<T, Corrupt>) -> Result<Vec<T>, Corrupt> {
    (0..table.rows()).map(|row| read(&mut Cells { table, row, next: 0 })).collect()
}

/// One row, read from its first column on.
pub struct Cells<'t> {
    table: &'t Table,
    row: usize,
    next: usize,
}

impl<'t> Cells<'t> {
    fn next(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    /// The next column, an integer.
    pub fn int(&mut self) -> i64 {
        let column = self.next();
        self.table.int(self.row, column)
    }

    fn some(&mut self) -> Option<i64> {
        some(self.int())
    }

    fn text(&mut self) -> &'t str {
        let column = self.next();
        self.table.text(self.row, column)
    }

    fn owned(&mut self) -> String {
        self.text().to_owned()
    }

    /// The next column, a word of a vocabulary or an id.
    fn parsed<T: FromStr>(&mut self, name: &'static str) -> Result<T, Corrupt> {
        self.text().parse().map_err(|_| Corrupt(name))
    }

    /// Reads [`GROUP`].
    pub fn group(&mut self) -> Result<Group, Corrupt> {
        Ok(Group {
            number: self.int(),
            id: self.parsed("groups.id")?,
            guid: self.owned(),
            name: self.owned(),
            description: self.owned(),
            kind: self.parsed("groups.kind")?,
            owner: self.some(),
            sponsor: self.owned(),
            criteria: self.owned(),
            icon: self.owned(),
            page: self.owned(),
            email: self.owned(),
            additional_information: self.owned(),
            metadata: self.owned(),
            tags: self.owned(),
            created_at: self.int(),
            updated_at: self.some(),
        })
    }

    /// Reads [`PERSON`].
    pub fn person(&mut self) -> Result<Person, Corrupt> {
        Ok(Person {
            number: self.int(),
            id: self.parsed("persons.id")?,
            uid: self.owned(),
            login: self.owned(),
            name: self.owned(),
            business_name: self.owned(),
            tag_line: self.owned(),
            description: self.owned(),
            email: self.owned(),
            phone: self.owned(),
            additional_information: self.owned(),
            hourly_rate: Money { cents: self.int() },
            city: self.owned(),
            state: self.owned(),
            country: self.owned(),
            category: self.owned(),
            earnings_6_months: Money { cents: self.int() },
            feedback_6_months: self.int(),
            positive_feedback_6_months: self.int(),
            overview: self.owned(),
            avatar: self.owned(),
            link: self.owned(),
            metadata: self.owned(),
            tags: self.owned(),
            role: self.owned(),
            status_message: self.owned(),
            freelancer: self.int() != 0,
            individual: self.int() != 0,
            account_status: account_status(self.text())?,
            presence: self.parsed("persons.presence")?,
            last_active_at: self.some(),
            created_at: self.int(),
            updated_at: self.some(),
        })
    }

    /// Reads [`MEMBERSHIP`].
    pub fn membership(&mut self) -> Result<Membership, Corrupt> {
        Ok(Membership {
            group: self.int(),
            person: self.int(),
            state: self.parsed("memberships.state")?,
            scope: self.parsed("memberships.scope")?,
            asked_at: self.some(),
            joined_at: self.some(),
            joined_by: self.some(),
            scope_changed_at: self.some(),
            scope_changed_by: self.some(),
            banned_at: self.some(),
            banned_by: self.some(),
        })
    }

    /// Reads [`CHANGE`].
    pub fn change(&mut self) -> Result<ChangeEntry, Corrupt> {
        Ok(ChangeEntry {
            number: u64::try_from(self.int()).map_err(|_| Corrupt("changes.number"))?,
            at: self.int(),
            action: self.owned(),
            group: self.some(),
            person: self.some(),
            actor: self.some(),
            credential: self.some(),
            job: self.some(),
            subject: self.some(),
        })
    }

    /// Reads [`OWNER`].
    pub fn owner(&mut self) -> Result<Option<Brief>, Corrupt> {
        let (number, id, uid, name) = (self.int(), self.text(), self.text(), self.text());
        if number == 0 {
            return Ok(None);
        }
        let id = Uuid::parse_str(id).map_err(|_| Corrupt("persons.id"))?;
        Ok(Some(Brief { number, id, uid: uid.to_owned(), name: name.to_owned() }))
    }

    /// Reads [`STANDING`].
    pub fn standing(&mut self) -> Result<Option<Standing>, Corrupt> {
        let (state, scope, joined_at) = (self.text(), self.text(), self.some());
        if state.is_empty() {
            return Ok(None);
        }
        let state = state.parse().map_err(|_| Corrupt("memberships.state"))?;
        let scope = scope.parse().map_err(|_| Corrupt("memberships.scope"))?;
        Ok(Some(Standing { state, scope, joined_at }))
    }

    /// Reads [`JOB`].
    pub fn job(&mut self) -> Result<Job, Corrupt> {
        Ok(Job {
            number: self.int(),
            title: self.owned(),
            description: self.owned(),
            state: self.parsed("jobs.state")?,
            poster: self.some(),
            groups: {
                let numbers = self.text().split_terminator(',').map(str::parse);
                let mut groups: Vec<i64> = numbers.collect::<Result<_, _>>().map_err(|_| Corrupt("job_groups"))?;
                groups.sort_unstable();
                groups
            },
            created_at: self.int(),
            closed_at: self.some(),
        })
    }
}
