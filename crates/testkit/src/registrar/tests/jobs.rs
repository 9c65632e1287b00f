use super::*;
use membership::{JobQuery, JobState, NewGroup, NewJob, Window};

fn job(title: &str, groups: &[GroupKey]) -> NewJob {
    NewJob { title: title.to_owned(), description: "d".to_owned(), groups: groups.to_vec() }
}

#[test]
fn jobs_prefer_some_groups() {
    let directory = five();
    let h = GroupKey::Guid("h".into());
    let posted = directory.post_job(&By::person(4, NOW), &job("t", &[h.clone(), G, h.clone()])).expect("posts");
    assert_eq!((posted.number, &posted.groups[..], posted.poster), (1, &[1, 2][..], Some(4)));
    assert_eq!((posted.state, posted.created_at, posted.closed_at), (JobState::Open, NOW, None));
    assert_eq!(logged(&directory), [line("job_post", 1, 4, 4, 1), line("job_post", 2, 4, 4, 1)]);
    directory.post_job(&By::system(NOW), &job("u", &[h])).expect("posts");
    assert_eq!(logged(&directory).last(), Some(&line("job_post", 2, 0, 0, 2)));

    let found = |group: i64, state, offset| {
        let query = JobQuery { group: GroupKey::Number(group), state, window: Window { offset, limit: 1 } };
        let page = Directory::jobs(&directory, &query).expect("the group is there");
        (page.rows.iter().map(|job| job.number).collect::<Vec<_>>(), page.total)
    };
    assert_eq!((found(2, None, 0), found(2, None, 1), found(1, None, 0)), ((vec![2], 2), (vec![1], 2), (vec![1], 1)));
    directory.close_job(&By::system(6_000), 2).expect("the system may");
    assert_eq!(found(2, Some(JobState::Open), 0), (vec![1], 1));
    assert_eq!(found(2, Some(JobState::Closed), 0), (vec![2], 1));
    let unknown = JobQuery { group: GroupKey::Number(9), state: None, window: Window { offset: 0, limit: 1 } };
    assert!(matches!(Directory::jobs(&directory, &unknown), Err(membership::DirectoryError::NoSuchGroup)));
}

#[test]
fn what_no_job_may_be() {
    let directory = five();
    for _ in 0..30 {
        directory.create_group(&By::system(NOW), &NewGroup::default()).expect("makes");
    }
    let all: Vec<GroupKey> = (1..=26).map(GroupKey::Number).collect();
    let refused = |new: &NewJob| refusal(directory.post_job(&By::system(NOW), new));
    assert_eq!(refused(&job("", &[])), "field title");
    assert_eq!(refused(&job(&"é".repeat(401), &[])), "field title");
    let long = NewJob { description: "x".repeat(10_001), ..job("t", &[]) };
    assert_eq!(refused(&long), "field description");
    assert_eq!(refused(&job("t", &[])), "field groups");
    assert_eq!(refused(&job("t", &[G, GroupKey::Number(99)])), "NoSuchGroup");
    assert_eq!(refused(&job("t", &all)), "field groups");
    assert!(directory.jobs().is_empty());
    assert_eq!(refused(&job(&"é".repeat(400), &[&all[..25], &all[..25]].concat())), "done");
}

#[test]
fn who_posted_a_job_closes_it_once() {
    let directory = five();
    directory.post_job(&By::person(4, NOW), &job("t", &[G])).expect("posts");
    directory.post_job(&By::system(NOW), &job("t", &[G])).expect("posts");
    let close = |by: By, number| directory.close_job(&by, number);
    assert_eq!(refusal(close(By::person(1, NOW), 3)), "NoSuchJob");
    assert_eq!(refusal(close(By::person(1, NOW), 1)), "OnlyOneself", "not even the owner of the group");
    assert_eq!(refusal(close(By::person(4, NOW), 2)), "OnlyOneself", "it is nobody's");
    let closed = close(By::person(4, 6_000), 1).expect("its poster may");
    assert_eq!((closed.state, closed.closed_at), (JobState::Closed, Some(6_000)));
    assert_eq!(refusal(close(By::person(1, NOW), 1)), "OnlyOneself");
    assert_eq!(close(By::system(7_000), 1).expect("the system may").closed_at, Some(6_000));
    assert_eq!(logged(&directory)[2..], [line("job_close", 1, 4, 4, 1)]);
    // Of one whose groups are gone the log tells too.
    directory.delete_group(&By::system(NOW), &G, None).expect("deletes");
    close(By::system(NOW), 2).expect("the system may");
    assert_eq!(logged(&directory).last(), Some(&line("job_close", 0, 0, 0, 2)));
}
