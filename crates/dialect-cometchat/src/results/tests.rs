//! Which lists ask for which steps.

use super::*;
use membership::PersonKey;

fn read(body: &str) -> Result<Lists, Fault> {
    Lists::read(&Fields::of_body(body.as_bytes()).expect("JSON"))
}

fn of_new_group(body: &str) -> Result<Lists, Fault> {
    Lists::of_new_group(&Fields::of_body(body.as_bytes()).expect("JSON"))
}

fn named(found: Result<Lists, Fault>) -> Vec<(List, String)> {
    found.expect("legal").0
}

fn entries(expected: &[(List, &str)]) -> Vec<(List, String)> {
    expected.iter().map(|(list, uid)| (*list, (*uid).to_owned())).collect()
}

#[test]
fn who_is_in_several_lists_is_taken_from_the_first() {
    use List::{Admins, Moderators, Participants, UsersToBan};
    let body = r#"{"usersToBan":["d","A"],"participants":["c","B","b","C"],"moderators":["b","a"],"admins":["a"]}"#;
    let expected = [(Admins, "a"), (Moderators, "b"), (Participants, "c"), (UsersToBan, "d")];
    assert_eq!(named(read(body)), entries(&expected));
    let steps = read(body).expect("legal").steps();
    let keys: Vec<_> = steps.iter().map(|step| step.action).collect();
    assert_eq!(
        keys,
        [Scope::Admin, Scope::Moderator, Scope::Participant]
            .map(StepAction::Add)
            .into_iter()
            .chain([StepAction::Ban])
            .collect::<Vec<_>>()
    );
    assert_eq!(named(read(r#"{"participants":["Ab","aB"]}"#)), entries(&[(Participants, "Ab")]), "as it was spelled");
    let step = read(r#"{"participants":["Ab"]}"#).expect("legal").steps().remove(0);
    assert_eq!(step.person, PersonKey::Uid("ab".to_owned()).into());
}

#[test]
fn lists_may_be_left_out() {
    for body in ["", "{}", r#"{"admins":null,"participants":[]}"#, r#"{"members":{}}"#] {
        assert_eq!(named(read(body)), [], "{body}");
    }
    let participants = entries(&[(List::Participants, "a"), (List::Participants, "b")]);
    assert_eq!(named(read(r#"{"members":["a","b"]}"#)), participants);
    assert_eq!(named(of_new_group(r#"{"members":["a","b"]}"#)), participants);
    assert_eq!(named(of_new_group(r#"{"members":{"participants":["a","b"]}}"#)), participants);
    assert_eq!(named(of_new_group(r#"{"participants":["a"]}"#)), [], "of a new group they stand in an object");
}

#[test]
fn at_most_25_users() {
    let uids =
        |from: usize, count: usize| (from..from + count).map(|n| format!("\"u{n}\"")).collect::<Vec<_>>().join(",");
    assert!(read(&format!(r#"{{"admins":[{}],"usersToBan":[{}]}}"#, uids(0, 20), uids(20, 5))).is_ok());
    let fault = read(&format!(r#"{{"admins":[{}],"usersToBan":[{}]}}"#, uids(0, 20), uids(20, 6))).expect_err("26");
    assert_eq!((fault.parameter.as_str(), fault.code), ("usersToBan", FaultCode::Limit));
    let fault = read(&format!(r#"{{"participants":[{}]}}"#, uids(0, 26))).expect_err("26");
    assert_eq!(fault.parameter, "participants");
}

#[test]
fn lists_hold_texts() {
    for (body, parameter) in [
        (r#"{"admins":"a"}"#, "admins"),
        (r#"{"moderators":[1]}"#, "moderators"),
        (r#"{"usersToBan":{}}"#, "usersToBan"),
        (r#"{"members":[null]}"#, "members"),
    ] {
        assert_eq!(read(body).expect_err(body).parameter, parameter);
    }
    assert_eq!(of_new_group(r#"{"members":"a"}"#).expect_err("a text").parameter, "members");
    assert_eq!(of_new_group(r#"{"members":{"admins":1}}"#).expect_err("a number").parameter, "admins");
}
