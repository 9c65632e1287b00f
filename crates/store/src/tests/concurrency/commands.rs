//! Commands of sixteen writers at once.

use super::super::{number, on_both, postgresql, sqlite};
use crate::{Format, ImportError, ImportOptions, Spool, Store};
use access::{Agreed, CredentialKind, NewCredential, Rights, Secret, Vault, VaultError};
use membership::life_cycle::Action;
use membership::record::{GroupRecord, PersonRecord, PersonRef};
use membership::{
    By, CommandError, Directory, Failing, GroupEdit, GroupKey, MemberQuery, NewGroup, NewJob, PersonKey, Presence,
    Registrar, Scope, ScopeSet, State, Step, Window,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

const WRITERS: u64 = 16;
const ROUNDS: u64 = 120;
/// Persons with these numbers are never deleted; they alone act in the groups that are kept.
const STAYING: i64 = 8;
/// Groups with numbers up to this one are never deleted. The last is owned by one of those who stay, the others by nobody.
const OWNED: i64 = 3;

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn from(&mut self, least: i64, greatest: i64) -> i64 {
        least + self.below((greatest - least + 1) as u64) as i64
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize].clone()
    }
}

fn name<T: From<String>>(kind: &str, dice: &mut Dice) -> T {
    format!("{kind}-{}", dice.below(12)).into()
}

fn populate(store: &Store) {
    let system = By::system(1_000);
    for number in 1..=STAYING {
        let record = PersonRecord { number: Some(number), ..PersonRecord::default() };
        store.create_person(&system, &record).expect("made");
    }
    for number in 1..=OWNED {
        let owner = (number == OWNED).then(|| PersonRef { number: Some(STAYING), ..PersonRef::default() });
        let record = GroupRecord { number: Some(number), owner, ..GroupRecord::default() };
        let steps = (1..=3).map(|person| Step::new(PersonKey::Number(person), Action::Add(Scope::Admin))).collect();
        store.create_group(&system, &NewGroup { record, steps, password: None }).expect("made");
    }
}

/// What was logged, by what the writers were told: action and how often.
type Told = BTreeMap<&'static str, i64>;

/// Passes over what may be refused; what the database could not do may not.
fn refusable<T>(outcome: Result<T, CommandError>) -> Option<T> {
    match outcome {
        Ok(done) => Some(done),
        Err(CommandError::Directory(error)) => panic!("{error}"),
        Err(_) => None,
    }
}

fn steps(store: &Store, dice: &mut Dice, now: i64, told: &mut Told) {
    let group = GroupKey::Number(dice.from(1, OWNED));
    // Often the owner, as long as it is the owner.
    let owner = store.group(&group).expect("read").and_then(|group| group.owner).filter(|_| dice.below(2) == 0);
    let by = By::person(owner.unwrap_or_else(|| dice.from(1, STAYING)), now);
    let scopes = [Scope::Participant, Scope::Moderator, Scope::Admin];
    let count = dice.from(1, 4);
    let all: Vec<Step> = (0..count)
        .map(|_| {
            let action = match dice.below(20) {
                9 | 10 => Action::Ask,
                11 => Action::Withdraw,
                12 | 13 => Action::Approve,
                14 => Action::Reject,
                15 | 16 => Action::TransferOwnership,
                0 => Action::Join,
                1 => Action::Leave,
                2 | 3 => Action::Add(dice.of(&scopes)),
                4 | 5 => Action::SetScope(dice.of(&scopes)),
                6 => Action::Kick,
                7 | 17 => Action::Ban,
                _ => Action::Unban,
            };
            let person = match action {
                Action::Ask | Action::Withdraw | Action::Join | Action::Leave => by.person.expect("a person"),
                // Who is deleted is an admin no more, even the last.
                Action::Add(_) | Action::SetScope(_) | Action::Approve | Action::Reject | Action::TransferOwnership => {
                    dice.from(1, STAYING)
                }
                _ => dice.from(1, STAYING + 12),
            };
            Step::new(PersonKey::Number(person), action)
        })
        .collect();
    let failing = if dice.below(3) == 0 { Failing::Together(&[]) } else { Failing::Alone };
    let Some(stepped) = refusable(store.steps(&by, &group, &all, failing)) else {
        return;
    };
    for (step, taken) in all.iter().zip(&stepped.steps) {
        if taken.as_ref().is_ok_and(|taken| taken.changed) {
            *told.entry(step.action.word()).or_default() += 1;
        }
    }
}

/// Any other command, on what others make and delete at the same time.
fn other(store: &Store, dice: &mut Dice, now: i64, told: &mut Told) {
    let system = By::system(now);
    let (person, group) = (PersonKey::Uid(name("p", dice)), GroupKey::Guid(name("g", dice)));
    let mut count = |action, times: Option<i64>| *told.entry(action).or_default() += times.unwrap_or(0);
    match dice.below(11) {
        0 | 1 => {
            let record = PersonRecord { uid: Some(name("p", dice)), ..PersonRecord::default() };
            count("person_create", refusable(store.create_person(&system, &record)).map(|_| 1));
        }
        2 => count("person_delete", refusable(store.delete_person(&system, &person, None)).map(|_| 1)),
        3 | 4 => {
            let owner = PersonRef { uid: Some(name("p", dice)), ..PersonRef::default() };
            let record = GroupRecord { guid: Some(name("g", dice)), owner: Some(owner), ..GroupRecord::default() };
            let add = |dice: &mut Dice| Step::new(PersonKey::Uid(name("p", dice)), Action::Add(Scope::Admin));
            let steps = vec![add(dice), add(dice)];
            let made = refusable(store.create_group(&system, &NewGroup { record, steps, password: None }));
            count("group_create", made.as_ref().map(|_| 1));
            let added = made.map(|made| made.steps.iter().filter(|step| step.is_ok()).count() as i64);
            count("add", added);
        }
        5 => count("group_delete", refusable(store.delete_group(&system, &group, None)).map(|_| 1)),
        6 => {
            let owner = PersonRef { uid: Some(name("p", dice)), ..PersonRef::default() };
            let record = GroupRecord { owner: Some(owner), ..GroupRecord::default() };
            refusable(store.edit_group(&system, &group, &GroupEdit { record, password: None }, None));
        }
        7 => {
            let record = PersonRecord { name: Some(name("n", dice)), ..PersonRecord::default() };
            refusable(store.edit_person(&system, &person, &record, None));
            refusable(store.set_presence(&system, &person, dice.of(Presence::ALL)));
        }
        8 => {
            let steps = [
                Step::new(person, Action::Add(Scope::Participant)),
                Step::new(PersonKey::Number(dice.from(1, STAYING)), Action::Add(Scope::Moderator)),
            ];
            let stepped = refusable(store.steps(&system, &group, &steps, Failing::Alone));
            count("add", stepped.map(|stepped| stepped.steps.iter().filter(|step| step.is_ok()).count() as i64));
        }
        9 => {
            let groups = vec![group, GroupKey::Number(1)];
            let new = NewJob { title: "t".to_owned(), description: String::new(), groups };
            let posted = refusable(store.post_job(&By::person(1, now), &new));
            count("job_post", posted.as_ref().map(|job| job.groups.len() as i64));
            if let Some(job) = posted {
                refusable(store.close_job(&system, job.number - 1));
            }
        }
        _ => {
            let found = store.person(&person).expect("asked");
            let credential = NewCredential {
                audience: "elance".to_owned(),
                kind: CredentialKind::Token,
                rights: Rights::USER,
                person: Some(found.map_or(i64::MAX, |person| person.number)),
                client_id: String::new(),
                parent: None,
                secret: Secret::presented(format!("{now} {}", dice.0)).hash(),
                created_at: now,
                expires_at: None,
                agreed: Agreed::default(),
            };
            match store.create(&credential) {
                Ok(_) => count("credential_create", Some(1)),
                Err(VaultError::Gone) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Nobody ever sees a kept group without an admin, or a total that is not the number of rows.
fn watch(store: &Store, done: &AtomicBool) -> u64 {
    let mut looks = 0;
    while !done.load(Ordering::Relaxed) {
        for group in 1..=OWNED {
            let mut query = MemberQuery::new(GroupKey::Number(group), Window::page(1, 100));
            query.scopes = ScopeSet::NONE.with(Scope::Admin);
            let mut seen = (0, 0);
            store.members(&query, &mut |page| seen = (page.total, page.rows.len() as u64)).expect("read");
            assert_eq!(seen.0, seen.1, "total and rows of one snapshot");
            assert!(seen.0 > 0, "group {group} has no admin");
            looks += 1;
        }
    }
    looks
}

#[test]
fn sixteen_commanders_leave_nothing_that_cannot_be() {
    on_both(|store| {
        populate(store);
        let begun = store.head().expect("head") as i64;
        let done = AtomicBool::new(false);
        let told: Vec<Told> = std::thread::scope(|scope| {
            let watcher = scope.spawn(|| watch(store, &done));
            let writers: Vec<_> = (1..=WRITERS)
                .map(|writer| {
                    scope.spawn(move || {
                        let mut dice = Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(writer));
                        let mut told = Told::new();
                        for round in 0..ROUNDS {
                            let now = 2_000 + round as i64;
                            if dice.below(2) == 0 {
                                steps(store, &mut dice, now, &mut told);
                            } else {
                                other(store, &mut dice, now, &mut told);
                            }
                        }
                        told
                    })
                })
                .collect();
            let told = writers.into_iter().map(|writer| writer.join().expect("no panic")).collect();
            done.store(true, Ordering::Relaxed);
            assert!(watcher.join().expect("no panic") > 0);
            told
        });
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
        let mut expected = Told::new();
        for (action, times) in told.into_iter().flatten() {
            *expected.entry(action).or_default() += times;
        }
        for (action, times) in expected {
            let query = "SELECT COUNT(*) AS number FROM changes WHERE number > ";
            // Who is deleted has an entry for each membership, too, and other groups pass on when their owners are deleted.
            let of = match action {
                "person_delete" => "group_number = 0".to_owned(),
                "transfer_ownership" => format!("group_number = {OWNED}"),
                _ => "1 = 1".to_owned(),
            };
            assert_eq!(number(store, &format!("{query}{begun} AND action = '{action}' AND {of}")), times, "{action}");
            assert!(times > 0, "nobody managed {action}: this proves little");
        }
        assert!(store.head().expect("head") as i64 > begun + 500);
        for action in ["ask", "withdraw", "approve", "reject", "transfer_ownership", "join", "leave", "ban", "unban"] {
            let query = format!("SELECT COUNT(*) AS number FROM changes WHERE action = '{action}'");
            assert!(number(store, &query) > 0, "nobody managed {action}: this proves little");
        }
        let owner = store.group(&GroupKey::Number(OWNED)).expect("read").expect("there").owner.expect("an owner");
        let membership = store.membership(&GroupKey::Number(OWNED), &PersonKey::Number(owner)).expect("read");
        let membership = membership.and_then(|entry| entry.membership).expect("a member");
        assert_eq!((membership.state, membership.scope), (State::Member, Scope::Admin));
        let unowned = "SELECT COUNT(*) AS number FROM \"groups\" g WHERE owner <> 0 \
                       AND NOT EXISTS (SELECT 1 FROM persons p WHERE p.number = g.owner)";
        assert_eq!(number(store, unowned), 0);
        let alive = "SELECT COUNT(*) AS number FROM credentials c WHERE revoked_at = 0 \
                     AND NOT EXISTS (SELECT 1 FROM persons p WHERE p.number = c.person_number)";
        assert_eq!(number(store, alive), 0, "a credential in force is somebody's");
    });
}

#[test]
fn of_sixteen_who_make_the_same_person_one_does() {
    on_both(|store| {
        let outcomes: Vec<String> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|_| {
                    scope.spawn(|| {
                        let record = PersonRecord { login: Some("Same".to_owned()), ..PersonRecord::default() };
                        match store.create_person(&By::system(1_000), &record) {
                            Ok(made) => made.uid,
                            Err(error) => error.to_string(),
                        }
                    })
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().expect("no panic")).collect()
        });
        let made = outcomes.iter().filter(|outcome| *outcome == "same").count();
        let told = outcomes.iter().filter(|outcome| *outcome == "login is already in use").count();
        assert_eq!((made, told), (1, WRITERS as usize - 1), "{outcomes:?}");
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn of_two_last_admins_who_leave_one_stays() {
    for store in [sqlite(), postgresql()] {
        populate(&store);
        for round in 0..20 {
            let record = GroupRecord::default();
            let add = |person| Step::new(PersonKey::Number(person), Action::Add(Scope::Admin));
            let new = NewGroup { record, steps: vec![add(1), add(2)], password: None };
            let group = store.create_group(&By::system(1_000), &new).expect("made").group.group.number;
            let left: usize = std::thread::scope(|scope| {
                let leave = |person| {
                    let steps = [Step::new(PersonKey::Number(person), Action::Leave)];
                    let key = GroupKey::Number(group);
                    let stepped = store.steps(&By::person(person, 2_000), &key, &steps, Failing::Alone);
                    usize::from(stepped.expect("asked").steps[0].is_ok())
                };
                let both = [scope.spawn(move || leave(1)), scope.spawn(move || leave(2))];
                both.into_iter().map(|one| one.join().expect("no panic")).sum()
            });
            assert_eq!(left, 1, "round {round}");
        }
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    }
}

/// What an import may do to the same persons and groups, in any order.
fn lines(dice: &mut Dice) -> String {
    let mut lines = String::new();
    for _ in 0..4 {
        let (person, group): (String, String) = (name("p", dice), name("g", dice));
        let (state, scope) = (dice.of(&["member", "pending", "banned"]), dice.of(&["participant", "admin"]));
        // Who owns a group cannot be banned; one who comes to own it at the same time is refused or waited for.
        let owner = if state == "banned" { String::new() } else { format!(",\"owner\":{{\"uid\":\"{person}\"}}") };
        lines.push_str(&format!(
            "{{\"kind\":\"person\",\"uid\":\"{person}\",\"city\":\"{}\"}}\n\
             {{\"kind\":\"group\",\"guid\":\"{group}\"{owner}}}\n\
             {{\"kind\":\"membership\",\"group\":{{\"guid\":\"{group}\"}},\"person\":{{\"uid\":\"{person}\"}},\
             \"state\":\"{state}\",\"scope\":\"{scope}\"}}\n",
            dice.0
        ));
    }
    lines
}

#[test]
fn imports_and_commands_at_once_leave_nothing_that_cannot_be() {
    on_both(|store| {
        populate(store);
        let imported = std::thread::scope(|scope| {
            for writer in 1..=8 {
                scope.spawn(move || {
                    let (mut dice, mut told) = (Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(writer)), Told::new());
                    for round in 0..ROUNDS {
                        other(store, &mut dice, 2_000 + round as i64, &mut told);
                    }
                });
            }
            let importers: Vec<_> = (1..=4)
                .map(|writer| {
                    scope.spawn(move || {
                        let mut dice = Dice(0xD1B5_4A32_D192_ED03_u64.wrapping_mul(writer));
                        let import = |text: String| {
                            let mut spool = Spool::new().expect("a spool");
                            spool.read("test", &mut text.as_bytes(), Format::Ndjson, &mut |_| {}).expect("spooled");
                            let options = ImportOptions { dry_run: false, skip_bad: false, now: 3_000 };
                            match store.import(&mut spool, &options, &mut |_| {}) {
                                Ok(report) => usize::from(report.applied),
                                // Others were quicker ten times.
                                Err(ImportError::Busy) => 0,
                                Err(error) => panic!("{error}"),
                            }
                        };
                        (0..20).map(|_| import(lines(&mut dice))).sum::<usize>()
                    })
                })
                .collect();
            importers.into_iter().map(|importer| importer.join().expect("no panic")).sum::<usize>()
        });
        assert!(imported > 40, "only {imported} of 80 imports were applied");
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}
