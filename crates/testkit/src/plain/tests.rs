use super::*;
use crate::golden::{Case, check};
use crate::{MemoryDirectory, exchange, exchange_below, sample};
use dialect::access::Rights;
use dialect::membership::Directory;
use dialect::membership::sample::GROUP_NUMBER;

fn get(directory: &MemoryDirectory, target: &str) -> Reply {
    exchange(&Plain, directory.core(0), "GET", target, &[("X-Plain-Key", "k")], b"")
}

fn ready() -> MemoryDirectory {
    let directory = sample::directory();
    directory.grant("plain", CredentialKind::Key, "k", Rights::USER, None);
    directory
}

#[test]
fn lists_the_same_members_page_by_page() {
    let directory = ready();
    let all = MemberQuery::new(GroupKey::Number(GROUP_NUMBER), Window { offset: 0, limit: u32::MAX });
    let (expected, total) = directory.numbers(&all).expect("the group is there");
    let mut listed = Vec::new();
    loop {
        let reply = get(&directory, &format!("/plain/groups/{GROUP_NUMBER}/members?from={}&count=7", listed.len()));
        assert_eq!(reply.headers, [("x-plain-total", total.to_string())]);
        let body = String::from_utf8(reply.body).expect("UTF-8");
        if body.is_empty() {
            break;
        }
        listed
            .extend(body.lines().map(|line| line.split('\t').next().expect("a field").parse::<i64>().expect("digits")));
    }
    assert_eq!(listed, expected);
    assert_eq!(directory.count(&all).expect("counts"), listed.len() as u64);
}

#[test]
fn refuses_in_its_own_words() {
    let directory = ready();
    for (target, status, body) in [
        ("/plain/groups/2/members", 404, "no such group\n"),
        ("/plain/groups/x/members", 404, "no such group\n"),
        ("/plain/groups", 404, "no such path\n"),
        ("/plain/groups/1116/members?count=0", 400, "count must be a whole number from 1 on\n"),
        ("/plain/groups/1116/members?count=501", 400, "count must be at most 500\n"),
        ("/plain/groups/1116/members?from=1&from=2", 400, "from is given twice\n"),
    ] {
        let reply = get(&directory, target);
        assert_eq!((reply.status, String::from_utf8_lossy(&reply.body).as_ref()), (status, body), "{target}");
    }
    let target = "/plain/groups/1116/members";
    let keyless = exchange(&Plain, directory.core(0), "GET", target, &[], b"");
    assert_eq!((keyless.status, keyless.body.as_slice()), (401, &b"no credential was presented\n"[..]));
    let posted = exchange(&Plain, directory.core(0), "POST", target, &[("x-plain-key", "k")], b"");
    assert_eq!((posted.status, posted.headers), (405, vec![("allow", "GET, HEAD".to_owned())]));
}

#[test]
fn replies_are_as_in_the_golden_files() {
    let directory = ready();
    check(
        &Plain,
        directory.core(0),
        &[
            Case::get("plain-page", "/plain/groups/1116/members?from=7&count=8").header("X-Plain-Key", "k"),
            Case::get("plain-past-the-end", "/plain/groups/1116/members?from=100000").header("X-Plain-Key", "k"),
            Case::get("plain-no-key", "/plain/groups/1116/members"),
            Case::request("plain-method", "PUT", "/plain/groups/1116/members").body(b"x"),
        ],
    );
}

#[test]
fn a_prefix_stands_in_front() {
    let directory = ready();
    let get =
        |prefix, target| exchange_below(prefix, &Plain, directory.core(0), "GET", target, &[("x-plain-key", "k")], b"");
    let below = get("/old/api", "/old/api/plain/groups/1116/members?count=3");
    assert_eq!(below, get("", "/plain/groups/1116/members?count=3"));
    assert_eq!(below.status, 200);
}

#[test]
#[should_panic(expected = "plain does not lie at /plainly")]
fn a_path_outside_the_mounts_is_a_mistake_of_the_test() {
    get(&ready(), "/plainly");
}
