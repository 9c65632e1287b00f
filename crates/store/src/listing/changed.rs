//! What a few changes have come to, by one statement.
//!
//! One statement is one snapshot by itself, and it costs a fraction of the handful that a transaction of them takes, on
//! either database; as a rule one member has changed since somebody looked last. Rows of several kinds come below each
//! other, each with a letter before it that says of which kind it is.

use super::rows::{self, CHANGE, Columns, GROUP, MEMBERSHIP, PERSON};
use crate::connection::Connection;
use crate::query::{Flavor, Gathering, Kind, Sql, Table, Value};
use crate::rows::Corrupt;
use crate::store::Failure;
use membership::{ChangeEntry, Changed, Group, Person};
use std::collections::{BTreeMap, BTreeSet};

/// How many changes at the most.
const FEW: u8 = 8;

/// One kind of rows: its letter, its columns, where they come from, and the column of `c` that names them, if one does.
struct Part(u8, &'static Columns, &'static str, Option<&'static str>);

const HEAD: &Columns = &[("h.number", Kind::Int)];

/// `c` are the entries of the change log that are asked for. A number of 0 in them is nobody's.
const PARTS: [Part; 5] = [
    Part(b'h', HEAD, " FROM change_head h", None),
    Part(b'c', CHANGE, " FROM c", None),
    Part(b'm', MEMBERSHIP, " FROM memberships m WHERE m.person_number", Some("c.person_number")),
    Part(b'p', PERSON, " FROM persons p WHERE p.number", Some("c.person_number")),
    Part(b'g', GROUP, " FROM \"groups\" g WHERE g.number", Some("c.group_number")),
];

/// What the changes behind the number `after` have come to, at most `limit` of them. `None` where that is not told by one
/// statement: where there are more, or not all of them any more, and where more than what they name has to be looked at.
pub(crate) fn changed(connection: &mut Connection, after: u64, limit: u32) -> Result<Option<Changed>, Failure> {
    let Ok(from) = i64::try_from(after) else { return Ok(None) };
    let Some(to) = from.checked_add(i64::from(FEW)) else { return Ok(None) };
    let sql = statement(connection, from, to);
    let [head, entries, memberships, persons, groups] = load(&sql, connection)?;
    let head = rows::each(&head, |row| Ok(row.int()))?.pop().and_then(|head| u64::try_from(head).ok());
    let head = head.ok_or(Corrupt("change_head.number"))?;
    let mut entries: Vec<ChangeEntry> = rows::each(&entries, |row| row.change())?;
    entries.sort_unstable_by_key(|entry| entry.number);
    // Where as many entries came as numbers were given, none is missing.
    let all = head.checked_sub(after).is_some_and(|new| new == entries.len() as u64 && new <= u64::from(limit));
    // Its owner may be another one, who is not named.
    let names_a_group_alone = |entry: &ChangeEntry| entry.person.is_none() && entry.group.is_some();
    if !all || entries.iter().any(names_a_group_alone) {
        return Ok(None);
    }
    let persons = rows::each(&persons, |row| row.person())?.into_iter().map(|person| (person.number, person));
    let groups = rows::each(&groups, |row| row.group())?.into_iter().map(|group| (group.number, group));
    let (mut persons, mut groups): (BTreeMap<i64, Person>, BTreeMap<i64, Group>) =
        (persons.collect(), groups.collect());
    let named = |number: fn(&ChangeEntry) -> Option<i64>| entries.iter().filter_map(number).collect::<BTreeSet<_>>();
    let persons = named(|entry| entry.person).into_iter().map(|number| (number, persons.remove(&number))).collect();
    let groups = named(|entry| entry.group).into_iter().map(|number| (number, groups.remove(&number))).collect();
    let memberships = rows::each(&memberships, |row| row.membership())?;
    Ok(Some(Changed { entries, head, persons, memberships, groups }))
}

/// Asks for the entries behind the number `from` up to the number `to`, for what they name, and for the head.
fn statement(connection: &Connection, from: i64, to: i64) -> Sql {
    let mut sql = Sql::new(connection);
    sql.push(match sql.flavor {
        Flavor::Sqlite => "WITH c AS MATERIALIZED (",
        // So it is, since it is named more than once; servers before 12 do not know the word.
        Flavor::Postgres => "WITH c AS (",
    });
    sql.push("SELECT * FROM changes WHERE number ");
    match sql.flavor {
        Flavor::Sqlite => sql.push("> ").int(from).push(" AND number <= ").int(to),
        // Of a range the planner does not know that it is short, whatever its ends are, and would plan anew each time.
        Flavor::Postgres => {
            for (at, number) in (from..to).enumerate() {
                sql.push(if at > 0 { ", " } else { "IN (" }).int(number + 1);
            }
            sql.push(")")
        }
    };
    for (at, Part(letter, columns, from, named)) in PARTS.iter().enumerate() {
        sql.push(if at > 0 { " UNION ALL SELECT " } else { ") SELECT " });
        let letter = format!("'{}'", char::from(*letter));
        match sql.flavor {
            Flavor::Sqlite => {
                sql.columns([&*letter].into_iter().chain(columns.iter().map(|(column, _)| *column)));
            }
            Flavor::Postgres => {
                sql.push("CAST(").push(&letter).push(" AS TEXT)");
                for (kind, most, none) in
                    [(Kind::Int, most(Kind::Int), "CAST(0 AS BIGINT)"), (Kind::Text, most(Kind::Text), "''")]
                {
                    let of_kind = columns.iter().filter(|(_, of)| *of == kind).map(|(column, _)| *column);
                    for column in of_kind.chain(std::iter::repeat(none)).take(most) {
                        sql.push(", ").push(column);
                    }
                }
            }
        }
        sql.push(from);
        if let Some(named) = named {
            // As a join PostgreSQL might read a whole table, where it has no statistics yet; of an array it looks each up.
            let (begin, end) = match sql.flavor {
                Flavor::Sqlite => (" IN (SELECT ", " FROM c)"),
                Flavor::Postgres => (" = ANY (ARRAY(SELECT ", " FROM c))"),
            };
            sql.push(begin).push(named).push(end);
        }
    }
    sql
}

/// How many columns of this kind the widest part has.
fn most(kind: Kind) -> usize {
    let of_kind = |Part(_, columns, ..): &Part| columns.iter().filter(|(_, of)| *of == kind).count();
    PARTS.iter().map(of_kind).max().unwrap_or_default()
}

/// The rows of each part.
fn load(sql: &Sql, connection: &mut Connection) -> Result<[Table; PARTS.len()], Failure> {
    let kinds = PARTS.map(|Part(_, columns, ..)| columns.iter().map(|(_, kind)| *kind).collect::<Vec<_>>());
    let mut parts = kinds.each_ref().map(|kinds| Gathering::new(kinds.len(), 0));
    let part = |letter: Option<&u8>| PARTS.iter().position(|Part(of, ..)| Some(of) == letter);
    if sql.flavor == Flavor::Sqlite {
        sql.each(connection, &[Kind::Text], |_, value| {
            let Value::Text(packed) = value else { return None };
            let at = part(packed.first())?;
            parts[at].push_packed(packed.get(2..)?, &kinds[at])
        })?;
    } else {
        let (ints, texts) = (most(Kind::Int), most(Kind::Text));
        let columns: Vec<Kind> = std::iter::once(Kind::Text)
            .chain(std::iter::repeat_n(Kind::Int, ints))
            .chain(std::iter::repeat_n(Kind::Text, texts))
            .collect();
        let mut row = Row::default();
        sql.each(connection, &columns, |at, value| {
            match value {
                Value::Text(letter) if at == 0 => row = Row { part: part(letter.first())?, ..Row::default() },
                Value::Text(text) => row.texts.push(text.to_owned()),
                Value::Int(value) => row.ints.push(value),
            }
            if at == ints + texts { row.hand_over(&kinds[row.part], &mut parts[row.part]) } else { Some(()) }
        })?;
    }
    let mut tables = Vec::with_capacity(PARTS.len());
    for part in parts {
        tables.push(part.finish().map_err(|_| Corrupt("a text"))?);
    }
    tables.try_into().map_err(|_| Corrupt("a row").into())
}

/// A row of PostgreSQL, whose columns stand apart by their kinds.
#[derive(Default)]
struct Row {
    part: usize,
    ints: Vec<i64>,
    texts: Vec<Vec<u8>>,
}

impl Row {
    /// Puts its columns in, in the order of `kinds`.
    fn hand_over(&self, kinds: &[Kind], into: &mut Gathering) -> Option<()> {
        let (mut ints, mut texts) = (self.ints.iter(), self.texts.iter());
        for kind in kinds {
            match kind {
                Kind::Int => into.push_int(*ints.next()?),
                Kind::Text => into.push_text(texts.next()?),
            }
        }
        Some(())
    }
}
