//! Jobs posted and closed.

use super::super::soundness::damage;
use super::*;
use membership::{Job, JobState, NewJob, limits};

fn job(title: &str, groups: &[i64]) -> NewJob {
    NewJob {
        title: title.to_owned(),
        description: "d".to_owned(),
        groups: groups.iter().map(|group| key(*group)).collect(),
    }
}

/// The entries about jobs behind the number `after`: action, group, person, actor, job.
fn job_log(store: &Store, after: i64) -> Vec<(String, i64, i64, i64, i64)> {
    let columns = (changes::action, changes::group_number, changes::person_number, changes::actor, changes::job);
    let behind = changes::table.filter(changes::number.gt(after)).order(changes::number).select(columns);
    store.outside(|connection| Ok(behind.load(connection)?)).expect("read")
}

#[test]
fn a_job_is_posted_to_its_groups_and_closed_once() {
    on_both(|store| {
        persons(store, 2);
        let groups = [(); 3].map(|()| group(store, GroupKind::Public, None));
        let before = head(store);
        let mut new = job("t", &[groups[2], groups[0], groups[2]]);
        new.groups.push(GroupKey::Guid(format!("group-{}", groups[0])));
        let posted = store.post_job(&by(1), &new).expect("posted");
        let expected = Job {
            number: 1,
            title: "t".to_owned(),
            description: "d".to_owned(),
            state: JobState::Open,
            poster: Some(1),
            groups: vec![groups[0], groups[2]],
            created_at: NOW,
            closed_at: None,
        };
        assert_eq!(posted, expected);
        assert_eq!(refused(store, || store.close_job(&by(2), 1)), "can only be done by the person itself");
        assert_eq!(refused(store, || store.close_job(&SYSTEM, 2)), "no such job");
        let closed = store.close_job(&By { now: NOW + 1, ..by(1) }, 1).expect("closed");
        let expected = Job { state: JobState::Closed, closed_at: Some(NOW + 1), ..expected };
        assert_eq!(closed, expected);
        let entry = |action: &str, group: i64| (action.to_owned(), group, 1, 1, 1);
        let (first, last) = (groups[0], groups[2]);
        let logged = [("job_post", first), ("job_post", last), ("job_close", first), ("job_close", last)];
        assert_eq!(job_log(store, before), logged.map(|(action, group)| entry(action, group)));
        assert_eq!(store.close_job(&SYSTEM, 1).expect("closed already"), expected);
        assert_eq!(head(store), before + 4);
        sound(store);
    });
}

#[test]
fn jobs_outlive_who_posted_them_and_the_groups_they_prefer() {
    on_both(|store| {
        persons(store, 1);
        let groups = [(); 2].map(|()| group(store, GroupKind::Public, None));
        let posted = store.post_job(&by(1), &job("t", &groups)).expect("posted").number;
        store.delete_person(&SYSTEM, &one(1), None).expect("deleted");
        store.delete_group(&SYSTEM, &key(groups[0]), None).expect("deleted");
        store.delete_group(&SYSTEM, &key(groups[1]), None).expect("deleted");
        let before = head(store);
        let closed = store.close_job(&SYSTEM, posted).expect("closed");
        assert_eq!((closed.poster, closed.groups), (Some(1), vec![]));
        assert_eq!(job_log(store, before), [("job_close".to_owned(), 0, 1, 0, posted)]);
        sound(store);
    });
}

#[test]
fn what_a_job_cannot_have_is_told() {
    on_both(|store| {
        let all: Vec<i64> = (0..26).map(|_| group(store, GroupKind::Public, None)).collect();
        let text = |title: &str, description: &str| NewJob {
            title: title.to_owned(),
            description: description.to_owned(),
            groups: vec![key(all[0])],
        };
        for (new, told) in [
            (job("", &all[..1]), "title must not be empty"),
            (text("a\0", ""), "title must not hold the character U+0000"),
            (text(&"ß".repeat(401), ""), "title must have at most 400 characters"),
            (text("t", &"ß".repeat(10_001)), "description must have at most 10000 characters"),
            (job("t", &[]), "groups must name at least one"),
            (job("t", &[all[0], 99]), "no such group"),
            (job("t", &all), "groups must be at most 25"),
        ] {
            assert_eq!(refused(store, || store.post_job(&SYSTEM, &new)), told);
        }
        assert_eq!(all.len(), limits::JOB_GROUPS + 1);
        let posted = store.post_job(&SYSTEM, &job(&"ß".repeat(400), &all[..25])).expect("posted");
        assert_eq!((posted.number, posted.poster, posted.groups.len()), (1, None, 25));
        sound(store);
    });
}

#[test]
fn jobs_that_cannot_be_are_told() {
    on_both(|store| {
        persons(store, 1);
        let g = group(store, GroupKind::Public, None);
        for title in ["a", "b", "c", "d", "e", "f"] {
            store.post_job(&by(1), &job(title, &[g])).expect("posted");
        }
        sound(store);
        let long = "x".repeat(limits::TITLE + 1);
        for (sql, constraint, told) in [
            (
                "UPDATE job_groups SET group_number = 77 WHERE job_number = 1",
                None,
                "group 77, which job 1 prefers, does",
            ),
            ("UPDATE job_groups SET job_number = 88 WHERE job_number = 2", None, "job 88, which prefers group "),
            ("UPDATE jobs SET closed_at = 5 WHERE number = 3", None, "job 3 is open with closed_at 5"),
            ("UPDATE jobs SET state = 'closed' WHERE number = 4", None, "job 4 is closed with closed_at 0"),
            ("UPDATE jobs SET state = 'odd' WHERE number = 5", Some(("jobs", "jobs_state_check")), "job 5 is odd with"),
            ("UPDATE jobs SET title = '' WHERE number = 1", None, "job 1 has a title of 0 characters"),
            (
                &format!("UPDATE jobs SET title = '{long}' WHERE number = 2"),
                None,
                "job 2 has a title of 401 characters",
            ),
            ("UPDATE jobs SET created_at = -5 WHERE number = 6", None, "job 6 has a number that cannot be: poster 1, "),
            ("UPDATE counters SET last = 5 WHERE name = 'job'", None, "the counter of job stands at 5 but 6 is taken"),
            ("DELETE FROM counters WHERE name = 'job'", None, "the counter of job is missing"),
        ] {
            let is_told = || store.check().expect("checked").iter().any(|problem| problem.contains(told));
            assert!(!is_told(), "{told}");
            damage(store, sql, constraint);
            assert!(is_told(), "{sql}: {:#?}", store.check());
        }
    });
}
