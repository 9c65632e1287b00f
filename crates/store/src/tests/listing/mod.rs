//! Lists of groups, persons, memberships and jobs, and the change log as it is read.

mod differential;
mod tags;

use super::{on_both, soundness};
use crate::Store;
use crate::changes::{self, Change};
use diesel::connection::SimpleConnection;
use membership::{
    ChangeEntry, Compare, Directory, DirectoryError, Filter, Folded, GroupKey, GroupKind, GroupQuery, JobQuery,
    JobState, MembershipEntry, OrderBy, OrderKey, PersonKey, PersonQuery, Presence, Scope, Standing, State, TextExpr,
    TextField, TextMatch, Window,
};

/// Three groups, of which Anna owns the first and is in all, and somebody who was the owner of the second.
const ROWS: &str = r#"{"kind":"person","number":1,"login":"anna","name":"Anna","role":"chief","email":"A@X.org"}
{"kind":"person","number":2,"login":"bert","name":"Bert","role":"Chief"}
{"kind":"person","number":3,"login":"cleo","name":"cleo"}
{"kind":"group","number":10,"guid":"ten","name":"B","owner":{"number":1},"email":"Ten@Example.org"}
{"kind":"group","number":20,"guid":"twenty","name":"a","type":"private","owner":{"number":2},"tags":["x","y"]}
{"kind":"group","number":30,"guid":"thirty","name":"C","type":"password","additional_information":"STRAẞE"}
{"kind":"membership","group":{"number":10},"person":{"number":1},"scope":"admin","joined_at":50}
{"kind":"membership","group":{"number":10},"person":{"number":2},"joined_at":60}
{"kind":"membership","group":{"number":20},"person":{"number":1},"state":"pending","asked_at":70}
{"kind":"membership","group":{"number":30},"person":{"number":1},"state":"member","joined_at":80,"joined_by":{"number":2}}
{"kind":"membership","group":{"number":30},"person":{"number":3},"state":"banned","banned_at":90}
"#;

const ALL: Window = Window { offset: 0, limit: 100 };

fn load(store: &Store) {
    soundness::import(store, ROWS, 1_000);
}

fn run(store: &Store, sql: &str) {
    store.outside(|connection| Ok(connection.batch_execute(sql)?)).expect(sql);
}

/// The numbers of the groups in the window, and the total, which is counted to be the same.
fn groups(store: &Store, query: &GroupQuery) -> (Vec<i64>, u64) {
    let page = store.groups(query).expect("a page");
    assert_eq!(store.count_groups(query).expect("counted"), page.total, "{query:?}");
    (page.rows.iter().map(|entry| entry.group.number).collect(), page.total)
}

fn persons(store: &Store, query: &PersonQuery) -> (Vec<i64>, u64) {
    let page = store.persons(query).expect("a page");
    assert_eq!(store.count_persons(query).expect("counted"), page.total, "{query:?}");
    (page.rows.iter().map(|person| person.number).collect(), page.total)
}

/// All groups, but for what `set` says.
fn group_query(set: impl FnOnce(&mut GroupQuery)) -> GroupQuery {
    let mut query = GroupQuery::new(ALL);
    set(&mut query);
    query
}

fn person_query(set: impl FnOnce(&mut PersonQuery)) -> PersonQuery {
    let mut query = PersonQuery::new(ALL);
    set(&mut query);
    query
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn matches(how: TextMatch, field: TextField, part: &str) -> Filter {
    Filter::Match(how, TextExpr::Field(field), TextExpr::Literal(Folded::new(part)))
}

#[test]
fn groups_are_listed_with_members_owner_and_standing() {
    on_both(|store| {
        load(store);
        let mut query = GroupQuery::new(ALL);
        let page = store.groups(&query).expect("a page");
        let shown = |at: usize| {
            let entry = &page.rows[at];
            (entry.group.number, entry.members, entry.owner.as_ref().map(|owner| owner.name.clone()), entry.standing)
        };
        assert_eq!(page.total, 3);
        assert_eq!(shown(0), (10, 2, Some("Anna".to_owned()), None));
        assert_eq!(shown(1), (20, 0, Some("Bert".to_owned()), None));
        assert_eq!(shown(2), (30, 1, None, None));

        query.viewer = Some(1);
        let seen = store.groups(&query).expect("a page");
        let standing: Vec<_> = seen.rows.iter().map(|entry| entry.standing).collect();
        let stands = |state, scope, joined_at| Some(Standing { state, scope, joined_at });
        assert_eq!(
            standing,
            [
                stands(State::Member, Scope::Admin, Some(50)),
                stands(State::Pending, Scope::Participant, None),
                stands(State::Member, Scope::Participant, Some(80)),
            ]
        );
        for (entry, key) in seen.rows.iter().zip(["ten", "twenty", "thirty"]) {
            let key = GroupKey::Guid(key.to_owned());
            assert_eq!(&store.group_entry(&key, Some(1)).expect("there"), entry);
            assert_eq!(store.group_entry(&key, None).expect("there").standing, None);
            assert_eq!(store.group(&key).expect("asked").as_ref(), Some(&entry.group));
        }
        for key in [GroupKey::Number(11), GroupKey::Guid("no\0".to_owned())] {
            assert!(matches!(store.group_entry(&key, Some(1)), Err(DirectoryError::NoSuchGroup)), "{key:?}");
        }
    });
}

#[test]
fn the_members_of_an_entry_are_the_kept_total() {
    on_both(|store| {
        load(store);
        run(store, "UPDATE group_totals SET members = members + 40 WHERE group_number = 10 AND scope = 'admin'");
        let entry = store.group_entry(&GroupKey::Number(10), None).expect("there");
        assert_eq!(entry.members, 42);
        assert_eq!(store.groups(&GroupQuery::new(ALL)).expect("a page").rows[0], entry);
    });
}

#[test]
fn an_owner_who_is_gone_is_not_shown() {
    on_both(|store| {
        load(store);
        run(store, "UPDATE \"groups\" SET owner = 99 WHERE number = 10");
        let entry = store.group_entry(&GroupKey::Number(10), None).expect("there");
        assert_eq!((entry.owner, entry.group.owner), (None, Some(99)));
    });
}

#[test]
fn groups_are_chosen_by_kind_owner_and_membership() {
    on_both(|store| {
        load(store);
        let anna = store.person(&PersonKey::Number(1)).expect("asked").expect("there").id;
        let viewer = Some(1);
        for (query, expected) in [
            (group_query(|q| q.kinds = vec![GroupKind::Private, GroupKind::Password]), &[20, 30][..]),
            (group_query(|q| q.kinds = vec![GroupKind::Public]), &[10]),
            (group_query(|q| q.owner = Some(anna)), &[10]),
            (group_query(|q| q.owner = Some(uuid::Uuid::nil())), &[]),
            (
                group_query(|q| {
                    q.viewer = viewer;
                    q.joined = Some(true);
                }),
                &[10, 30],
            ),
            (
                group_query(|q| {
                    q.viewer = viewer;
                    q.joined = Some(false);
                }),
                &[20],
            ),
            (
                group_query(|q| {
                    q.viewer = Some(3);
                    q.joined = Some(true);
                }),
                &[],
            ),
            (
                group_query(|q| {
                    q.viewer = Some(99);
                    q.joined = Some(false);
                }),
                &[10, 20, 30],
            ),
            // Group 20 is private, and neither of them is a member.
            (group_query(|q| q.visible = true), &[10, 30]),
            (
                group_query(|q| {
                    q.viewer = viewer;
                    q.visible = true;
                }),
                &[10, 30],
            ),
            (group_query(|q| q.joined = Some(true)), &[]),
            (group_query(|q| q.joined = Some(false)), &[10, 20, 30]),
            (group_query(|q| q.tags = words(&["y", "z"])), &[20]),
            (
                group_query(|q| {
                    q.tags = words(&["y"]);
                    q.kinds = vec![GroupKind::Public];
                }),
                &[],
            ),
        ] {
            assert_eq!(groups(store, &query), (expected.to_vec(), expected.len() as u64), "{query:?}");
        }
    });
}

#[test]
fn groups_are_filtered_by_what_they_have() {
    use TextMatch::{Contains, EndsWith};
    let compare =
        |field, how, text: &str| Filter::Text(TextExpr::Field(field), how, TextExpr::Literal(Folded::new(text)));
    on_both(|store| {
        load(store);
        let ten = store.group(&GroupKey::Number(10)).expect("asked").expect("there").id;
        for (filter, expected) in [
            (matches(EndsWith, TextField::Email, "@EXAMPLE.ORG"), &[10][..]),
            (matches(Contains, TextField::AdditionalInformation, "Straße"), &[30]),
            (matches(Contains, TextField::Uid, "TY"), &[20, 30]),
            (compare(TextField::Name, Compare::Lt, "B"), &[20]),
            (compare(TextField::Phone, Compare::Eq, ""), &[10, 20, 30]),
            (compare(TextField::Login, Compare::Ne, ""), &[]),
            (compare(TextField::AccountStatus, Compare::Eq, "active"), &[]),
            (Filter::IdIn(vec![ten]), &[10]),
            (Filter::Presence(Presence::Offline), &[]),
            (Filter::Changed(Compare::Ge, 1_000), &[10, 20, 30]),
            (Filter::Changed(Compare::Gt, 1_000), &[]),
        ] {
            let query = GroupQuery::new(ALL).filtered(filter).expect("small");
            assert_eq!(groups(store, &query), (expected.to_vec(), expected.len() as u64), "{query:?}");
        }
    });
}

#[test]
fn lists_are_ordered_and_cut() {
    let by = |by, descending| OrderKey { by, descending };
    on_both(|store| {
        load(store);
        for (order, expected) in [
            (vec![by(OrderBy::Text(TextField::Name), false)], [20, 10, 30]),
            (vec![by(OrderBy::Text(TextField::Phone), true)], [10, 20, 30]),
            (vec![by(OrderBy::Text(TextField::Login), true), by(OrderBy::Number, true)], [30, 20, 10]),
            (vec![by(OrderBy::Number, true), by(OrderBy::Text(TextField::Name), false)], [30, 20, 10]),
            (vec![by(OrderBy::Changed, true)], [10, 20, 30]),
        ] {
            let mut query = group_query(|q| q.order = order);
            assert_eq!(groups(store, &query), (expected.to_vec(), 3), "{query:?}");
            for offset in 0..5 {
                for limit in 0..5 {
                    query.window = Window { offset, limit };
                    let rows: Vec<i64> = expected.into_iter().skip(offset as usize).take(limit as usize).collect();
                    assert_eq!(groups(store, &query), (rows, 3), "{query:?}");
                }
            }
            query.window = Window { offset: u64::MAX, limit: u32::MAX };
            assert_eq!(groups(store, &query), (vec![], 3));
        }
        let name = vec![by(OrderBy::Text(TextField::Name), true)];
        let mut query = person_query(|q| q.order = name);
        query.window = Window { offset: 1, limit: 1 };
        assert_eq!(persons(store, &query), (vec![2], 3));
    });
}

#[test]
fn persons_are_listed_whole_and_chosen_by_role() {
    on_both(|store| {
        load(store);
        let page = store.persons(&PersonQuery::new(ALL)).expect("a page");
        for person in &page.rows {
            let alone = store.person(&PersonKey::Number(person.number)).expect("asked");
            assert_eq!(alone.as_ref(), Some(person));
        }
        assert_eq!(page.total, 3);
        let query = |roles: &[&str]| person_query(|q| q.roles = words(roles));
        for (roles, expected) in [
            (&["chief"][..], &[1][..]),
            (&["Chief"], &[2]),
            (&["CHIEF"], &[]),
            (&["default", "chief"], &[1, 3]),
            (&["chief\0", "Chief"], &[2]),
            (&["chief\0"], &[]),
        ] {
            assert_eq!(persons(store, &query(roles)), (expected.to_vec(), expected.len() as u64), "{roles:?}");
        }
        let offline = query(&["chief", "default"]).filtered(matches(TextMatch::Contains, TextField::Email, "@x"));
        assert_eq!(persons(store, &offline.expect("small")), (vec![1], 1));
    });
}

#[test]
fn a_membership_is_shown_with_both_of_its_ends() {
    on_both(|store| {
        load(store);
        let ask =
            |group: i64, person: &str| store.membership(&GroupKey::Number(group), &PersonKey::Login(person.to_owned()));
        let MembershipEntry { group, person, membership } = ask(30, "ANNA").expect("asked").expect("there");
        assert_eq!((group.guid.as_str(), person.number), ("thirty", 1));
        let membership = membership.expect("there is one");
        assert_eq!((membership.group, membership.person, membership.state), (30, 1, State::Member));
        assert_eq!((membership.joined_at, membership.joined_by, membership.banned_at), (Some(80), Some(2), None));
        assert_eq!(ask(30, "bert").expect("asked").expect("there").membership, None);
        assert_eq!(ask(30, "nobody").expect("asked"), None);
        assert!(matches!(ask(31, "nobody"), Err(DirectoryError::NoSuchGroup)));
    });
}

#[test]
fn memberships_of_a_person_come_in_the_order_of_groups() {
    on_both(|store| {
        load(store);
        let ask = |person, state, offset, limit| {
            let page = store.memberships_of(person, state, Window { offset, limit }).expect("a page");
            let numbers = page.rows.iter().map(|(group, membership)| {
                assert_eq!((group.number, membership.person, membership.state), (membership.group, person, state));
                group.number
            });
            (numbers.collect::<Vec<_>>(), page.total)
        };
        assert_eq!(ask(1, State::Member, 0, 10), (vec![10, 30], 2));
        assert_eq!(ask(1, State::Member, 1, 1), (vec![30], 2));
        assert_eq!(ask(1, State::Member, 2, 1), (vec![], 2));
        assert_eq!(ask(1, State::Member, 0, 0), (vec![], 2));
        assert_eq!(ask(1, State::Pending, 0, 10), (vec![20], 1));
        assert_eq!(ask(3, State::Banned, 0, 10), (vec![30], 1));
        assert_eq!(ask(99, State::Member, 0, 10), (vec![], 0));
    });
}

#[test]
fn jobs_of_a_group_come_newest_first() {
    on_both(|store| {
        load(store);
        run(
            store,
            "INSERT INTO jobs (number, title, description, state, poster, created_at, closed_at) VALUES \
                 (1, 'One', '', 'open', 1, 5, 0), (2, 'Two', 'D', 'closed', 0, 6, 7), (3, 'Three', '', 'open', 99, 8, 0); \
             INSERT INTO job_groups (group_number, job_number) VALUES (30, 1), (10, 1), (20, 1), (10, 2), (10, 3); \
             UPDATE counters SET last = 3 WHERE name = 'job'",
        );
        let ask = |group: &str, state, offset, limit| {
            let group = GroupKey::Guid(group.to_owned());
            let page = store.jobs(&JobQuery { group, state, window: Window { offset, limit } }).expect("a page");
            (page.rows.iter().map(|job| job.number).collect::<Vec<_>>(), page.total)
        };
        assert_eq!(ask("ten", None, 0, 10), (vec![3, 2, 1], 3));
        assert_eq!(ask("ten", Some(JobState::Open), 0, 10), (vec![3, 1], 2));
        assert_eq!(ask("ten", Some(JobState::Closed), 0, 10), (vec![2], 1));
        assert_eq!(ask("ten", None, 1, 1), (vec![2], 3));
        assert_eq!(ask("ten", None, 9, 1), (vec![], 3));
        assert_eq!(ask("thirty", None, 0, 10), (vec![1], 1));
        let nowhere = JobQuery { group: GroupKey::Number(11), state: None, window: ALL };
        assert!(matches!(store.jobs(&nowhere), Err(DirectoryError::NoSuchGroup)));

        let job = store.job(1).expect("asked").expect("there");
        assert_eq!(
            (job.groups, job.poster, job.state, job.closed_at),
            (vec![10, 20, 30], Some(1), JobState::Open, None)
        );
        let job = store.job(2).expect("asked").expect("there");
        assert_eq!((job.title.as_str(), job.description.as_str(), job.poster), ("Two", "D", None));
        assert_eq!((job.created_at, job.closed_at), (6, Some(7)));
        run(store, "DELETE FROM job_groups WHERE job_number = 3");
        assert_eq!(store.job(3).expect("asked").expect("there").groups, Vec::<i64>::new());
        assert_eq!(store.job(4).expect("asked"), None);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn the_change_log_is_read_in_stretches() {
    on_both(|store| {
        let entry = |action, group| Change { action, group, person: 7, actor: 8, credential: 9, job: 6, subject: 5 };
        store
            .write(|connection| {
                let entries =
                    [entry("ask", 1), entry("ban", 2), entry("job_post", 1), Change::default(), entry("x", 1)];
                changes::log(connection, 77, &entries)
            })
            .expect("logged");
        let ask = |after, group, limit| {
            let changes = store.changes(after, group, limit).expect("a stretch");
            assert_eq!(changes.head, 5);
            changes.entries.iter().map(|entry| entry.number).collect::<Vec<_>>()
        };
        assert_eq!(ask(0, None, 10), [1, 2, 3, 4, 5]);
        assert_eq!(ask(1, None, 2), [2, 3]);
        assert_eq!(ask(0, None, 0), [0_u64; 0]);
        assert_eq!(ask(0, Some(1), 10), [1, 3, 5]);
        assert_eq!(ask(1, Some(1), 1), [3]);
        assert_eq!(ask(0, Some(3), 10), [0_u64; 0]);
        for after in [5, 6, i64::MAX.unsigned_abs(), u64::MAX] {
            assert_eq!(ask(after, None, 10), [0_u64; 0]);
        }
        let found = store.changes(2, None, 2).expect("a stretch").entries;
        let (group, person, actor, credential, job) = (Some(1), Some(7), Some(8), Some(9), Some(6));
        let action = "job_post".to_owned();
        assert_eq!(
            found[0],
            ChangeEntry { number: 3, at: 77, action, group, person, actor, credential, job, subject: Some(5) }
        );
        let named = (found[1].group, found[1].person, found[1].actor, found[1].credential, found[1].subject);
        assert_eq!(named, (None, None, None, None, None));

        run(store, "DELETE FROM changes WHERE number <= 2; UPDATE change_head SET floor = 2");
        for after in [0, 1] {
            assert!(matches!(store.changes(after, None, 10), Err(DirectoryError::Gone(2))), "{after}");
        }
        assert_eq!(ask(2, None, 10), [3, 4, 5]);
    });
}
