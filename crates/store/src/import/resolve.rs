//! The second step: which row each line means, by the store and the other lines.

use super::ImportError;
use super::bad::Problem;
use super::codec::{Field, Names};
use super::known::{Digests, Hashes, Kind, Known, Text};
use super::lookup;
use super::members::Members;
use super::merge::Step;
use super::owners::Doubtful;
use super::spool::{GROUP_KEYS, MEMBERSHIP_KEYS, PERSON_KEYS, Pile, Place, Spool, Spooled, damaged};
use super::write::Numbers;
use crate::connection::Connection;
use crate::identity;
use crate::store::Failure;
use diesel::connection::SimpleConnection;
use membership::record::{GroupRecord, MembershipRecord, PersonRef};
use membership::text::fold;
use membership::{SPENT, State};
use std::collections::{BTreeSet, HashSet};
use std::sync::mpsc::{channel, sync_channel};

/// How many lines are looked up at once.
const CHUNK: usize = 2_000;
/// How many chunks are read ahead.
const CHUNKS_AHEAD: usize = 2;
/// Stands for a line that is not applied: it is bad, or an earlier one says the same.
pub(super) const SKIPPED: u32 = u32::MAX;

/// What all lines mean.
pub(super) struct Resolved {
    pub rows: Rows,
    pub members: Members,
    /// Whether the lines about memberships are still to be resolved, by [`Members::resolve`].
    pub ahead: bool,
}

/// What the lines about persons and groups mean.
pub(super) struct Rows {
    pub persons: Known,
    pub groups: Known,
    /// For each line about a person its row, or [`SKIPPED`].
    pub person_lines: Vec<u32>,
    pub group_lines: Vec<u32>,
    /// The counters of persons and groups when the store was asked.
    counters: (i64, i64),
}

/// Why resolving ended early.
pub(super) enum Stop {
    Database(Failure),
    Import(ImportError),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Database(failure)
    }
}

impl From<ImportError> for Stop {
    fn from(error: ImportError) -> Self {
        Self::Import(error)
    }
}

/// The rows of a pile, some at a time, with the bytes of each.
#[derive(Default)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    rows: Vec<(Place, usize)>,
}

impl Chunk {
    fn fill(&mut self, reader: &mut super::spool::PileReader) -> Result<bool, ImportError> {
        self.bytes.clear();
        self.rows.clear();
        while self.rows.len() < CHUNK {
            let Some(row) = reader.next()? else { break };
            self.bytes.extend_from_slice(row.body);
            self.rows.push((row.place, self.bytes.len()));
        }
        Ok(!self.rows.is_empty())
    }

    pub fn each(&self) -> impl Iterator<Item = Spooled<'_>> {
        let mut start = 0;
        self.rows.iter().filter_map(move |(place, end)| {
            let body = self.bytes.get(start..*end)?;
            start = *end;
            Some(Spooled { place: *place, body })
        })
    }
}

/// Works through a pile chunk by chunk. Another thread reads them, and has `prepare` do what needs no knowledge of
/// other lines.
pub(super) fn chunks<S, P: Send>(
    pile: &mut Pile,
    keys: &'static [&'static str],
    state: &mut S,
    prepare: impl Fn(&Spooled<'_>) -> Result<P, ImportError> + Send,
    mut each: impl FnMut(&mut S, &Chunk, Vec<P>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut reader = pile.reader(keys)?;
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
        let (give_back, used) = channel::<Chunk>();
        let reading = scope.spawn(move || {
            loop {
                let mut chunk = used.try_recv().unwrap_or_default();
                if !chunk.fill(&mut reader)? {
                    return Ok(());
                }
                let prepared: Vec<P> = chunk.each().map(|row| prepare(&row)).collect::<Result<_, _>>()?;
                if sender.send((chunk, prepared)).is_err() {
                    return Ok(());
                }
            }
        });
        // Leaving the loop drops the receiver, which ends the thread too.
        for (chunk, prepared) in receiver {
            each(state, &chunk, prepared)?;
            drop(give_back.send(chunk));
        }
        let read: Result<(), ImportError> = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(read?)
    })
}

/// A record, and the hash of its line.
pub(super) fn hashed_record<T: Field>(hashes: Hashes) -> impl Fn(&Spooled<'_>) -> Result<(T, u64), ImportError> {
    move |row| Ok((row.record()?, hashes.line(row.body)))
}

/// Resolves all lines of the spool in the snapshot of `connection`. Where `ahead` is wanted and the store is empty, so that
/// nothing need be looked up, those about memberships are left, unless one of the others is bad by then: `ahead` is told
/// how many are.
pub(super) fn resolve(
    connection: &mut Connection,
    spool: &mut Spool,
    ahead: &dyn Fn(u64) -> bool,
) -> Result<Resolved, Stop> {
    if let Connection::Postgres(inner) = &mut *connection {
        // Reading a large spool takes longer than a transaction may otherwise wait. Ends with the transaction.
        inner.batch_execute("SET LOCAL idle_in_transaction_session_timeout = 0").map_err(Failure::from)?;
    }
    connection.without_time_limits().map_err(Failure::from)?;
    let counters = lookup::counters(connection)?;
    let (any_persons, any_groups, any_memberships) = lookup::any(connection)?;
    let rows = Rows {
        persons: Known::new(Kind::Person, counters.0.max(spool.highest_person)),
        groups: Known::new(Kind::Group, counters.1.max(spool.highest_group)),
        person_lines: Vec::new(),
        group_lines: Vec::new(),
        counters,
    };
    let members = Members { bad: spool.bad.clone(), ..Members::default() };
    let sources = std::mem::take(&mut spool.sources);
    let mut resolver = Resolver {
        rows,
        members,
        connection,
        any_persons,
        any_groups,
        any_memberships,
        spent: None,
        sources: &sources,
    };
    let outcome = resolver.all(spool, ahead);
    let Resolver { rows, members, .. } = resolver;
    spool.sources = sources;
    outcome.map(|ahead| Resolved { rows, members, ahead })
}

struct Resolver<'a> {
    rows: Rows,
    members: Members,
    connection: &'a mut Connection,
    any_persons: bool,
    any_groups: bool,
    any_memberships: bool,
    /// The numbers of persons who were deleted, once somebody has asked.
    spent: Option<HashSet<i64>>,
    sources: &'a [String],
}

impl Resolver<'_> {
    /// Whether the lines about memberships are left.
    fn all(&mut self, spool: &mut Spool, ahead: &dyn Fn(u64) -> bool) -> Result<bool, Stop> {
        let Rows { persons, groups, .. } = &mut self.rows;
        persons.expect(spool.persons.rows);
        groups.expect(spool.groups.rows);
        let (persons, groups) = (persons.hashes.clone(), groups.hashes.clone());
        // Where every line brings its own there is nothing to be made, and nothing to be kept free.
        let nothing = |_: &Spooled<'_>| Ok(());
        if spool.persons_incomplete {
            chunks(&mut spool.persons, PERSON_KEYS, self, nothing, |s, chunk, _| s.claim_persons(chunk))?;
        }
        if spool.groups_incomplete {
            chunks(&mut spool.groups, GROUP_KEYS, self, nothing, |s, chunk, _| s.claim_groups(chunk))?;
        }
        let hash = move |row: &Spooled<'_>| {
            let names = Names::of_spooled_person(row.body).ok_or_else(damaged)?;
            Ok((persons.of(&names), persons.line(row.body)))
        };
        chunks(&mut spool.persons, PERSON_KEYS, self, hash, Self::persons)?;
        let record = hashed_record(groups.clone());
        chunks(&mut spool.groups, GROUP_KEYS, self, record, Self::groups)?;
        if !(self.any_persons || self.any_groups || self.any_memberships) && ahead(self.members.bad.total) {
            return Ok(true);
        }
        self.members.pairs.expect(spool.memberships.rows);
        chunks(&mut spool.memberships, MEMBERSHIP_KEYS, self, hashed_record(groups), Self::memberships)?;
        self.settle_doubts();
        Ok(false)
    }

    fn claim_persons(&mut self, chunk: &Chunk) -> Result<(), Stop> {
        for row in chunk.each() {
            self.rows.persons.claim(&Names::of_spooled_person(row.body).ok_or_else(damaged)?);
        }
        Ok(())
    }

    fn claim_groups(&mut self, chunk: &Chunk) -> Result<(), Stop> {
        for row in chunk.each() {
            self.rows.groups.claim(&Names::of_spooled_group(row.body).ok_or_else(damaged)?);
        }
        Ok(())
    }

    fn bad(&mut self, place: &Place, problem: Problem) {
        self.members.bad.add(place.bad(problem, self.sources));
    }

    fn persons(&mut self, chunk: &Chunk, hashes: Vec<(Digests, u64)>) -> Result<(), Stop> {
        if self.any_persons {
            let names: Option<Vec<_>> = chunk.each().map(|row| Names::of_spooled_person(row.body)).collect();
            self.look_up_persons(&names.ok_or_else(damaged)?)?;
        }
        for (row, (digests, hash)) in chunk.each().zip(hashes) {
            let names = Names::of_spooled_person(row.body).ok_or_else(damaged)?;
            let line = match self.person(&names, &digests) {
                Ok(at) => Some(at),
                Err(Bad::Row(problem)) => {
                    self.bad(&row.place, problem);
                    None
                }
                Err(Bad::Database(failure)) => return Err(failure.into()),
            };
            let told = line.filter(|at| self.rows.persons.tell(*at, hash));
            self.rows.person_lines.push(told.unwrap_or(SKIPPED));
        }
        Ok(())
    }

    fn person(&mut self, names: &Names<'_>, digests: &Digests) -> Result<u32, Bad> {
        if let Some(at) = self.rows.persons.find_by(names, digests)? {
            return Ok(at);
        }
        self.rows.persons.used_up(names)?;
        if let Some(number) = names.number
            && self.is_spent(number).map_err(Bad::Database)?
        {
            return Err(Problem::of("number", SPENT).into());
        }
        let (any, connection) = (self.any_persons, &mut *self.connection);
        let made = self.rows.persons.make(names, digests, None, &mut |what, text| match what {
            _ if !any => Ok(false),
            Text::Uid => lookup::has_uid(connection, text),
            Text::Login => lookup::has_login(connection, text),
        });
        made.map_err(Bad::Database)
    }

    /// Whether this was the number of a person who was deleted.
    fn is_spent(&mut self, number: i64) -> Result<bool, Failure> {
        // What was never given need not be looked for.
        if number > self.rows.counters.0 {
            return Ok(false);
        }
        let spent = match self.spent.take() {
            Some(spent) => spent,
            None => lookup::spent(self.connection)?,
        };
        Ok(self.spent.insert(spent).contains(&number))
    }

    fn groups(&mut self, chunk: &Chunk, records: Vec<(GroupRecord, u64)>) -> Result<(), Stop> {
        let owners: Vec<Names<'_>> = records.iter().filter_map(|(r, _)| r.owner.as_ref()).map(Names::from).collect();
        self.look_up_persons(&owners)?;
        self.look_up_groups(&records.iter().map(|(record, _)| Names::from(record)).collect::<Vec<_>>())?;
        let mut owned = Vec::new();
        for (row, (record, hash)) in chunk.each().zip(&records) {
            let line = match self.group(record) {
                Ok((at, owner)) => {
                    let line = self.rows.group_lines.len();
                    owned.extend(owner.map(|owner| Doubtful { line, place: row.place, key: (at, owner) }));
                    Some(at)
                }
                Err(Bad::Row(problem)) => {
                    self.bad(&row.place, problem);
                    None
                }
                Err(Bad::Database(failure)) => return Err(failure.into()),
            };
            let told = line.filter(|at| self.rows.groups.tell(*at, *hash));
            self.rows.group_lines.push(told.unwrap_or(SKIPPED));
        }
        if self.any_memberships {
            self.look_up_memberships(owned.iter().map(|line| line.key))?;
        }
        for line in owned {
            self.members.owners.say(line.key);
            if self.members.is_banned(line.key) {
                self.members.owners.doubt(line);
            }
        }
        Ok(())
    }

    /// Finds out whether the lines are good that name an owner whom the store has banned.
    fn settle_doubts(&mut self) {
        let (Members { owners, pairs, bad, .. }, group_lines) = (&mut self.members, &mut self.rows.group_lines);
        for line in owners.doubtful() {
            if pairs.get(line.key).is_some_and(|pair| pair.state == Some(State::Banned)) {
                let problem = Problem::of("owner", "is banned from the group");
                bad.add(line.place.bad(problem, self.sources));
                if let Some(at) = group_lines.get_mut(line.line) {
                    *at = SKIPPED;
                }
            }
        }
    }

    /// The places of the group and of its owner, if one is said.
    fn group(&mut self, record: &GroupRecord) -> Result<(u32, Option<u32>), Bad> {
        let owner = match &record.owner {
            Some(owner) => Some(self.rows.person("owner", owner)?),
            None => None,
        };
        let names = Names::from(record);
        let digests = self.rows.groups.hashes.of(&names);
        if let Some(at) = self.rows.groups.find_by(&names, &digests)? {
            return Ok((at, owner));
        }
        self.rows.groups.used_up(&names)?;
        let (any, connection) = (self.any_groups, &mut *self.connection);
        let made = self.rows.groups.make(&names, &digests, record.name.as_deref(), &mut |_, guid| {
            if any { lookup::has_guid(connection, guid) } else { Ok(false) }
        });
        made.map(|at| (at, owner)).map_err(Bad::Database)
    }

    fn memberships(&mut self, chunk: &Chunk, records: Vec<(MembershipRecord, u64)>) -> Result<(), Stop> {
        if self.any_persons {
            let people = records.iter().filter_map(|(r, _)| r.person.as_ref()).map(Names::from);
            let actors = records.iter().flat_map(|(r, _)| actors(r)).flatten().map(Names::from);
            let names: Vec<_> = people.chain(actors.filter(|names| names.number_alone().is_none())).collect();
            self.look_up_persons(&names)?;
        }
        let names: Vec<Names<'_>> = records.iter().filter_map(|(r, _)| r.group.as_ref()).map(Names::from).collect();
        self.look_up_groups(&names)?;
        let keys = self.rows.keys(&records);
        if self.any_memberships {
            self.look_up_memberships(keys.iter().flatten().copied())?;
        }
        if self.any_groups {
            let lines = keys.iter().zip(&records);
            self.look_up_owners(lines.filter_map(|(key, (record, _))| Some((*key.as_ref().ok()?, record))))?;
        }
        self.members.take(&self.rows, chunk, &records, keys, self.sources);
        Ok(())
    }

    /// Learns of all persons of the store that `names` name.
    fn look_up_persons(&mut self, names: &[Names<'_>]) -> Result<(), Failure> {
        if !self.any_persons {
            return Ok(());
        }
        let known = &mut self.rows.persons;
        let numbers: Vec<i64> =
            names.iter().filter_map(|n| n.number).filter(|n| known.by_number(*n).is_none()).collect();
        learn(known, lookup::persons_by_number(self.connection, &numbers)?);
        let ids = names.iter().filter_map(|n| n.id).filter(|id| known.by_id(*id).is_none());
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        learn(known, lookup::persons_by_id(self.connection, &ids)?);
        // Also what would be made for a new row, so that it need not be asked for one by one.
        known.forget_lookups();
        let made = |login: &str| Some(identity::legal_uid(login)).filter(|uid| !uid.is_empty());
        let uids = names.iter().filter_map(|n| n.uid.map(str::to_owned).or_else(|| n.login.and_then(made)));
        let uids: Vec<String> = uids.filter(|uid| known.by_text(Text::Uid, uid).is_none()).collect();
        learn(known, lookup::persons_by_uid(self.connection, &uids)?);
        known.looked_up(Text::Uid, uids.iter());
        let logins = names.iter().filter_map(|n| n.login.or(n.uid)).map(fold);
        let logins: Vec<String> = logins.filter(|login| known.by_text(Text::Login, login).is_none()).collect();
        learn(known, lookup::persons_by_login(self.connection, &logins)?);
        known.looked_up(Text::Login, logins.iter());
        Ok(())
    }

    /// Learns of all groups of the store that `names` name.
    fn look_up_groups(&mut self, names: &[Names<'_>]) -> Result<(), Failure> {
        if !self.any_groups {
            return Ok(());
        }
        let known = &mut self.rows.groups;
        let numbers: Vec<i64> =
            names.iter().filter_map(|n| n.number).filter(|n| known.by_number(*n).is_none()).collect();
        learn(known, lookup::groups_by_number(self.connection, &numbers)?);
        let ids = names.iter().filter_map(|n| n.id).filter(|id| known.by_id(*id).is_none());
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        learn(known, lookup::groups_by_id(self.connection, &ids)?);
        let guids = names.iter().filter_map(|n| n.uid).filter(|guid| known.by_text(Text::Uid, guid).is_none());
        let guids: Vec<String> = guids.map(str::to_owned).collect();
        learn(known, lookup::groups_by_guid(self.connection, &guids)?);
        Ok(())
    }

    /// Learns who owns the groups from which somebody is banned, where that is not said.
    fn look_up_owners<'r>(
        &mut self,
        lines: impl Iterator<Item = ((u32, u32), &'r MembershipRecord)>,
    ) -> Result<(), Failure> {
        let (groups, owners) = (&self.rows.groups, &self.members.owners);
        let bans = lines.filter(|(key, said)| match said.state {
            Some(state) => state == State::Banned,
            None => self.members.is_banned(*key),
        });
        let wanted = bans.map(|(key, _)| key.0).filter(|group| owners.rests_on_the_store(*group));
        let numbers = wanted.filter_map(|at| groups.row(at).filter(|row| !row.new).map(|row| row.number));
        let numbers: BTreeSet<i64> = numbers.collect();
        for (number, owner) in lookup::owners(self.connection, &numbers.into_iter().collect::<Vec<_>>())? {
            if let Some(at) = self.rows.groups.by_number(number) {
                self.members.owners.stored(at, owner);
            }
        }
        Ok(())
    }

    /// Learns of all memberships of the store among `keys`.
    fn look_up_memberships(&mut self, keys: impl Iterator<Item = (u32, u32)>) -> Result<(), Failure> {
        let (Rows { persons, groups, .. }, pairs) = (&self.rows, &mut self.members.pairs);
        let stored = |known: &Known, at| known.row(at).filter(|row| !row.new).map(|row| row.number);
        let wanted = keys.filter(|key| pairs.get(*key).is_none());
        let numbers: Vec<(i64, i64)> =
            wanted.filter_map(|(group, person)| Some((stored(groups, group)?, stored(persons, person)?))).collect();
        for (group, person, state) in lookup::memberships(self.connection, &numbers)? {
            let state: State = state.parse().map_err(|_| crate::rows::Corrupt("memberships.state"))?;
            if let (Some(group), Some(person)) = (groups.by_number(group), persons.by_number(person)) {
                pairs.stored((group, person), state);
            }
        }
        Ok(())
    }
}

fn learn(known: &mut Known, rows: Vec<lookup::Identity>) {
    for (number, id, uid, login) in rows {
        known.stored(number, &id, &uid, &login);
    }
}

/// The actors of a membership.
pub(super) fn actors(record: &MembershipRecord) -> [Option<&PersonRef>; 3] {
    [record.joined_by.as_ref(), record.scope_changed_by.as_ref(), record.banned_by.as_ref()]
}

enum Bad {
    Row(Problem),
    Database(Failure),
}

impl From<Problem> for Bad {
    fn from(problem: Problem) -> Self {
        Self::Row(problem)
    }
}

impl Rows {
    /// What the counters were, and what they become.
    pub fn numbers(&self) -> Numbers {
        Numbers { seen: self.counters, highest: (self.persons.highest, self.groups.highest) }
    }

    /// The person that the reference in `field` names.
    pub fn person(&self, field: &'static str, reference: &PersonRef) -> Result<u32, Problem> {
        let found = self.persons.find(&Names::from(reference));
        let found = found.map_err(|problem| Problem { field, text: format!("{field}: {}", problem.text) })?;
        found.ok_or_else(|| Problem::of(field, "names nobody"))
    }

    /// The number of an actor, who need not exist any more when only the number is said.
    fn actor(&self, field: &'static str, reference: Option<&PersonRef>) -> Result<Option<i64>, Problem> {
        let Some(reference) = reference else { return Ok(None) };
        if let Some(number) = Names::from(reference).number_alone() {
            return Ok(Some(number));
        }
        let at = self.person(field, reference)?;
        Ok(self.persons.row(at).map(|row| row.number))
    }

    /// What the line says, with numbers for the actors.
    pub fn step(&self, record: &MembershipRecord) -> Result<Step, Problem> {
        let [joined, scope, banned] = actors(record);
        let actors = [
            self.actor("joined_by", joined)?,
            self.actor("scope_changed_by", scope)?,
            self.actor("banned_by", banned)?,
        ];
        Ok(Step::new(record, actors))
    }

    /// The group and the person of each membership.
    pub fn keys(&self, records: &[(MembershipRecord, u64)]) -> Vec<Result<(u32, u32), Problem>> {
        records.iter().map(|(record, _)| self.key(record)).collect()
    }

    fn key(&self, record: &MembershipRecord) -> Result<(u32, u32), Problem> {
        let group = record.group.as_ref().ok_or_else(|| Problem::of("group", "is missing"))?;
        let found = self.groups.find(&Names::from(group));
        let found = found.map_err(|problem| Problem { field: "group", text: format!("group: {}", problem.text) })?;
        let group = found.ok_or_else(|| Problem::of("group", "names no group"))?;
        let person = record.person.as_ref().ok_or_else(|| Problem::of("person", "is missing"))?;
        Ok((group, self.person("person", person)?))
    }
}
