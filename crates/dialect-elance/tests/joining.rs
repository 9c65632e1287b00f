//! Joining: asking, being approved or rejected days later, leaving; the badge that comes and goes.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use dialect_elance::{Elance, Settings};
use support::{NOW, directory, send, text};
use testkit::golden::{Case, check};

const ME: &str = "/api2/groups/1116/members/me";

#[test]
fn replies_to_those_who_come_and_go() {
    let at = |rest: &str, name: &str| format!("/api2/groups/{rest}?access_token={name}");
    let me = |name: &str| at("1116/members/me", name);
    let (newcomer, asking, banned, sponsor, nobody) =
        (me("newcomer"), me("asking"), me("banned"), me("sponsor"), me("nobody"));
    let not_mine = at("1117/members/me", "sponsor");
    let unknown = at("7/members/me", "newcomer");
    let approve = |user: &str, name: &str| at(&format!("1116/members/{user}/approve"), name);
    let (approve_newcomer, approve_as_member) = (approve("15", "sponsor"), approve("13", "t_mosby"));
    let (approve_member, approve_nobody, approve_text) =
        (approve("12", "sponsor"), approve("99", "sponsor"), approve("asking", "sponsor"));
    let reject = at("1116/members/13/reject", "sponsor");
    let cases = [
        Case::request("ask", "POST", &newcomer),
        Case::request("ask-again", "POST", &newcomer),
        Case::request("ask-banned", "POST", &banned),
        Case::request("ask-no-freelancer", "POST", &not_mine),
        Case::request("ask-nobody", "POST", &nobody),
        Case::request("ask-unknown-group", "POST", &unknown),
        Case::request("approve-as-member", "POST", &approve_as_member),
        Case::request("approve", "POST", &approve_newcomer),
        Case::request("approve-member", "POST", &approve_member),
        Case::request("approve-unknown-user", "POST", &approve_nobody),
        Case::request("approve-no-number", "POST", &approve_text),
        Case::request("ask-member", "POST", &newcomer),
        Case::request("leave", "DELETE", &newcomer),
        Case::request("leave-again", "DELETE", &newcomer),
        Case::request("leave-owner", "DELETE", &sponsor),
        Case::request("leave-banned", "DELETE", &banned),
        Case::request("withdraw", "DELETE", &asking),
        Case::request("ask-anew", "POST", &asking),
        Case::request("reject", "POST", &reject),
        Case::request("reject-again", "POST", &reject),
        Case::request("me-wrong-method", "GET", &newcomer),
        Case::request("ask-no-token", "POST", ME),
    ];
    check(&Elance::new(Settings::default()), directory().core(NOW), &cases);
}

#[test]
fn one_who_is_approved_is_listed_and_bears_the_badge() {
    let directory = directory();
    let seen = || {
        let members = text(&send(&directory, "newcomer", "GET", "/api2/groups/1116/members", ""));
        let profile = text(&send(&directory, "newcomer", "GET", "/api2/profiles/my", ""));
        (members.contains(r#""userName":"newcomer""#), profile.contains(r#""badges":[{"groupId":"1116""#))
    };
    let step = |name: &str, method: &str, path: &str| send(&directory, name, method, path, "").status;
    assert_eq!(seen(), (false, false));
    assert_eq!(step("newcomer", "POST", ME), 200);
    assert_eq!(seen(), (false, false), "asking is not joining");
    assert_eq!(step("newcomer", "POST", "/api2/groups/1116/members/15/approve"), 403, "not by oneself");
    assert_eq!(step("sponsor", "POST", "/api2/groups/1116/members/15/approve"), 200);
    assert_eq!(seen(), (true, true));
    assert_eq!(step("newcomer", "DELETE", ME), 200);
    assert_eq!(seen(), (false, false));
    let actions: Vec<_> = directory.log().into_iter().map(|entry| (entry.action, entry.person, entry.actor)).collect();
    let expected = [("ask", 15, 15), ("approve", 15, 11), ("leave", 15, 15)];
    let expected = expected.map(|(action, person, actor)| (action.to_owned(), Some(person), Some(actor)));
    assert_eq!(actions[actions.len() - 3..], expected);
}
