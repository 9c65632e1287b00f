//! Whoever asks behind an acknowledged write sees it, whichever of several gateways is asked, while others write.

use super::*;
use membership::life_cycle::Action;
use membership::record::PersonRecord;
use membership::{
    By, Compare, Directory, Failing, Filter, Folded, OrderBy, OrderKey, PersonKey, Registrar, Scope, Step, TextExpr,
    TextField,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const GROUPS: i64 = 3;
const WRITERS: i64 = 4;
/// How many persons a writer has to itself.
const OWN: i64 = 20;
/// How many others there are.
const OTHERS: i64 = 600;

fn population() -> String {
    let mut lines = String::new();
    for group in 1..=GROUPS {
        lines.push_str(&format!("{{\"kind\":\"group\",\"number\":{group},\"name\":\"Group {group}\"}}\n"));
    }
    for person in 1..=WRITERS * OWN + OTHERS {
        lines.push_str(&format!(
            "{{\"kind\":\"person\",\"number\":{person},\"login\":\"p{person}\",\"name\":\"Person {person}\"}}\n"
        ));
    }
    for person in WRITERS * OWN + 1..=WRITERS * OWN + OTHERS {
        for group in 1..=GROUPS {
            let joined = 1_600_000_000 + person * 7 % 1_000;
            lines.push_str(&format!(
                "{{\"kind\":\"membership\",\"group\":{{\"number\":{group}}},\"person\":{{\"number\":{person}}},\"joined_at\":{joined}}}\n"
            ));
        }
    }
    lines
}

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// What one writer knows of a person whom nobody else changes.
#[derive(Clone, Default)]
struct Known {
    name: String,
    scopes: [Option<Scope>; GROUPS as usize],
}

/// Changes one of its own persons, and knows what has become of it once the change has been acknowledged.
fn write(store: &Store, dice: &mut Dice, number: i64, known: &mut Known, now: i64, turn: u64) {
    let by = By::system(now);
    let key = PersonKey::Number(number);
    if dice.below(2) == 0 {
        let name = format!("Of {number} in turn {turn}");
        let record = PersonRecord { name: Some(name.clone()), ..PersonRecord::default() };
        store.edit_person(&by, &key, &record, None).expect("edited");
        known.name = name;
        return;
    }
    let group = dice.below(GROUPS as u64) as usize;
    let (action, after) = match known.scopes[group] {
        None => (Action::Add(Scope::Moderator), Some(Scope::Moderator)),
        Some(Scope::Moderator) if dice.below(2) == 0 => (Action::SetScope(Scope::Admin), Some(Scope::Admin)),
        Some(_) => (Action::Kick, None),
    };
    let group_key = GroupKey::Number(group as i64 + 1);
    store.steps(&by, &group_key, &[Step::new(key, action)], Failing::Together(&[])).expect("stepped");
    known.scopes[group] = after;
}

/// A question whose answer is known: how the person stands in a group, asked in one of several ways.
fn ask(roster: &Roster, dice: &mut Dice, number: i64, known: &Known) -> bool {
    let group = dice.below(GROUPS as u64) as usize;
    let mut query = all_of(group as i64 + 1);
    let name = TextExpr::Literal(Folded::new(&known.name));
    match dice.below(4) {
        0 => {
            query = query.filtered(Filter::Text(TextExpr::Field(TextField::Name), Compare::Eq, name)).expect("small");
        }
        1 => query.order = vec![OrderKey { by: OrderBy::Text(TextField::Name), descending: true }],
        2 => query.order = vec![OrderKey { by: OrderBy::Changed, descending: dice.below(2) == 0 }],
        _ => {}
    }
    // As a gateway does: the number first, which must stand in memory then.
    let head = Directory::head(roster).expect("a head");
    if roster.head() < head {
        roster.catch_up().expect("up to date");
    }
    let mut found = None;
    let (mut rows, mut total) = (0, 0);
    let mut read = |page: MemberPage<'_>| {
        total = page.total;
        page.rows.each(&mut |row| {
            rows += 1;
            if row.person.number == number {
                assert_eq!(row.person.name, known.name, "person {number}, {query:?}");
                found = Some(row.scope);
            }
        });
    };
    let held = roster.hold(head, &query);
    match &held {
        Some(held) => held.members(&mut read),
        None => roster.members(&query, &mut read).expect("answered"),
    }
    assert_eq!(found, known.scopes[group], "person {number} in group {}, {query:?}", group + 1);
    assert_eq!(rows, total);
    held.is_some()
}

/// How many of the answers came from memory, and how many there were; how many groups had to leave for others.
fn nobody_misses_a_write(database: &Database, rosters: usize, seconds: u64, settings: Settings) -> (u64, u64, u64) {
    let first = open(database);
    import(&first, &population(), 1_600_000_000);
    // Each with connections of its own, as in processes of their own.
    let rosters: Vec<Arc<Roster>> = (0..rosters).map(|_| over(&Arc::new(open(database)), settings)).collect();
    let (held, asked, writes) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    let end = Instant::now() + Duration::from_secs(seconds);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (rosters, held, asked, writes) = (&rosters, &held, &asked, &writes);
            let store = open(database);
            scope.spawn(move || {
                let mut dice = Dice(writer.unsigned_abs() * 77 + 1);
                let own = |nth: usize| writer * OWN + nth as i64 + 1;
                let mut known: Vec<Known> = (0..OWN as usize)
                    .map(|nth| Known { name: format!("Person {}", own(nth)), ..Known::default() })
                    .collect();
                let mut turn = 0;
                while Instant::now() < end {
                    turn += 1;
                    let nth = dice.below(OWN as u64) as usize;
                    write(&store, &mut dice, own(nth), &mut known[nth], 1_700_000_000 + turn as i64 / 5, turn);
                    writes.fetch_add(1, Ordering::Relaxed);
                    for _ in 0..4 {
                        let roster = &rosters[dice.below(rosters.len() as u64) as usize];
                        // Now the one that was changed, now another.
                        let nth = if dice.below(2) == 0 { nth } else { dice.below(OWN as u64) as usize };
                        let from_memory = ask(roster, &mut dice, own(nth), &known[nth]);
                        held.fetch_add(u64::from(from_memory), Ordering::Relaxed);
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        // Now and then somebody imports, which makes groups stale.
        let (first, stop) = (&first, &stop);
        scope.spawn(move || {
            let mut turn = 0;
            while Instant::now() < end && !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(400));
                turn += 1;
                let person = WRITERS * OWN + 1 + turn % OTHERS;
                let scope = if turn % 2 == 0 { "participant" } else { "moderator" };
                let line = format!(
                    "{{\"kind\":\"membership\",\"group\":{{\"number\":{}}},\"person\":{{\"number\":{person}}},\"scope\":\"{scope}\"}}\n",
                    turn % GROUPS + 1
                );
                import(first, &line, 1_700_000_000);
            }
        });
    });
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (held, asked, writes) = (read(&held), read(&asked), read(&writes));
    assert!(writes > 20, "{writes} writes");
    // In the end all say the same as the store.
    for group in 1..=GROUPS {
        let expected = told(|read| first.members(&all_of(group), read));
        for roster in &rosters {
            assert_eq!(told(|read| roster.members(&all_of(group), read)), expected);
        }
    }
    let evictions = rosters.iter().map(|roster| roster.figures().evictions).sum();
    eprintln!("{}: {writes} writes, {held} of {asked} answers from memory, {evictions} evictions", database.name);
    (held, asked, evictions)
}

#[test]
fn on_sqlite_nobody_misses_an_acknowledged_write() {
    let (held, asked, _) = nobody_misses_a_write(&Database::sqlite(), 2, 6, LARGE);
    assert!(held * 3 > asked, "{held} of {asked} answers came from memory");
}

#[test]
fn on_postgresql_nobody_misses_an_acknowledged_write() {
    let (held, asked, _) = nobody_misses_a_write(&Database::postgresql(), 3, 6, LARGE);
    assert!(held * 3 > asked, "{held} of {asked} answers came from memory");
}

#[test]
fn nobody_misses_one_where_groups_come_and_go_all_the_time() {
    // Too little room for all three, and an end of patience that is reached often.
    let narrow = Settings { bytes: 150_000, behind: 8, ready: [""; 4] };
    let (held, _, evictions) = nobody_misses_a_write(&Database::sqlite(), 2, 6, narrow);
    assert!(held > 50 && evictions > 5, "{held} answers from memory, {evictions} evictions");
}
