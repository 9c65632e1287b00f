//! The last part of the second step: which membership each line means, and where it leads. By then it is known which
//! persons and groups there are.

use super::bad::{BadRows, Problem};
use super::known::{Pairs, Told};
use super::owners::Owners;
use super::resolve::{Chunk, Rows, SKIPPED, Stop, chunks, hashed_record};
use super::spool::{MEMBERSHIP_KEYS, Pile};
use membership::State;
use membership::record::MembershipRecord;

/// What the lines about memberships mean, and what is wrong with any line.
#[derive(Default)]
pub(super) struct Members {
    pub pairs: Pairs,
    /// For each line its group and its person, or twice [`SKIPPED`].
    pub lines: Vec<(u32, u32)>,
    pub owners: Owners,
    pub bad: BadRows,
}

impl Members {
    /// Resolves all lines about memberships of a store that was empty, so that nothing need be asked of it. Fails when the
    /// temporary file cannot be read.
    pub fn resolve(&mut self, rows: &Rows, pile: &mut Pile, sources: &[String]) -> Result<(), Stop> {
        self.pairs.expect(pile.rows);
        let prepare = hashed_record::<MembershipRecord>(rows.groups.hashes.clone());
        chunks(pile, MEMBERSHIP_KEYS, self, prepare, |members, chunk, records| {
            let keys = rows.keys(&records);
            members.take(rows, chunk, &records, keys, sources);
            Ok(())
        })
    }

    /// Takes in some lines, whose groups and persons are these.
    pub fn take(
        &mut self,
        rows: &Rows,
        chunk: &Chunk,
        records: &[(MembershipRecord, u64)],
        keys: Vec<Result<(u32, u32), Problem>>,
        sources: &[String],
    ) {
        for ((row, (record, hash)), key) in chunk.each().zip(records).zip(keys) {
            let line = match key.and_then(|key| Ok((key, self.judge(rows, key, record)?))) {
                Ok((key, state)) => Some(key).filter(|key| self.pairs.tell(*key, state, *hash)),
                Err(problem) => {
                    self.bad.add(row.place.bad(problem, sources));
                    None
                }
            };
            self.lines.push(line.unwrap_or((SKIPPED, SKIPPED)));
        }
    }

    /// Whether the membership stands so after the lines so far.
    pub fn is_banned(&self, key: (u32, u32)) -> bool {
        self.pairs.get(key).is_some_and(|pair| pair.state == Some(State::Banned))
    }

    /// Where the membership stands after the line.
    fn judge(&self, rows: &Rows, key: (u32, u32), record: &MembershipRecord) -> Result<State, Problem> {
        let before = self.pairs.get(key).and_then(|pair| pair.state);
        let owns = rows.persons.row(key.1).is_some_and(|person| self.owners.may_own(key, person.number));
        rows.step(record)?.judge(before, owns).map_err(|(field, problem)| Problem::of(field, problem))
    }

    /// Whether several lines that differ are about the membership.
    pub fn told_often(&self, key: (u32, u32)) -> bool {
        self.pairs.get(key).is_some_and(|pair| pair.told == Told::Often)
    }
}
