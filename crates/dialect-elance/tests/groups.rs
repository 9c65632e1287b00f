//! The directory of the groups, a group, its jobs, and the profile with its badges.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use dialect_elance::{Elance, Settings};
use support::{NOW, directory, send, text};
use testkit::golden::{Case, check};

#[test]
fn groups_are_searched_and_shown() {
    let targets = [
        ("groups", "groups?"),
        ("groups-search", "groups?query=PHP&"),
        ("groups-search-page", "groups?query=php&rpp=1&page=2&"),
        ("groups-search-nothing", "groups?query=100%25&"),
        ("groups-search-twice", "groups?query=a&query=b&"),
        ("groups-bad-page", "groups?page=0&"),
        ("group", "groups/1116?"),
        ("group-unknown", "groups/7?"),
        ("group-no-number", "groups/?"),
        ("profile", "profiles/my?"),
        ("other-profile", "profiles/12?"),
    ]
    .map(|(name, rest)| (name, format!("/api2/{rest}access_token=t_mosby")));
    let cases: Vec<_> =
        targets.iter().map(|(name, target)| Case::get(name, target).header("Host", "api.example.com:8080")).collect();
    check(&Elance::new(Settings::default()), directory().core(NOW), &cases);

    let others = [
        ("profile-none", "/api2/profiles/my?access_token=sponsor"),
        ("profile-nobody", "/api2/profiles/my?access_token=nobody"),
        ("group-no-host", "/api2/groups/1118?access_token=nobody"),
        ("groups-no-token", "/api2/groups"),
    ];
    let mut cases: Vec<_> = others.iter().map(|(name, target)| Case::get(name, target)).collect();
    cases.push(Case::request("groups-wrong-method", "POST", "/api2/groups"));
    check(&Elance::new(Settings::default()), directory().core(NOW), &cases);
}

#[test]
fn addresses_begin_as_the_setting_says() {
    let public_url = "https://api.example.com/v".to_owned();
    let elance = Elance::new(Settings { public_url, results_as_array: true, ..Settings::default() });
    check(
        &elance,
        directory().core(NOW),
        &[
            Case::get("groups-public-url", "/api2/groups?access_token=t_mosby&rpp=1").header("Host", "other.example"),
            Case::get("groups-public-url-empty", "/api2/groups?access_token=t_mosby&page=2"),
        ],
    );
}

#[test]
fn jobs_are_posted_listed_and_closed() {
    let at = |rest: &str, name: &str| format!("/api2/{rest}access_token={name}");
    let jobs = |group: i64| at(&format!("groups/{group}/jobs?"), "sponsor");
    let (php, unknown, close) = (jobs(1116), jobs(7), at("jobs/1/close?", "sponsor"));
    let (open, all, closed) = (
        at("groups/1116/jobs?", "t_mosby"),
        at("groups/1116/jobs?status=all&rpp=1&", "t_mosby"),
        at("groups/1117/jobs?status=closed&", "t_mosby"),
    );
    let (bad_status, empty) = (at("groups/1116/jobs?status=new&", "t_mosby"), at("groups/1118/jobs?", "t_mosby"));
    let (not_ones_own, no_job, no_number) =
        (at("jobs/1/close?", "t_mosby"), at("jobs/9/close?", "sponsor"), at("jobs/x/close?", "sponsor"));
    let in_address = at("groups/1118/jobs?title=Logo+%22X%22&", "newcomer");
    let long = format!("title={}", "x".repeat(401));
    let many = format!("title=x&groups={}", (1..=25).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    let json = br#"{"title":"Maintain a shop","description":"long","groups":[1117,"1116"]}"#;
    let cases = [
        Case::request("job-post", "POST", &php).body(b"title=A+shop&description=in+PHP%0Aand+SQL&groups=1117"),
        Case::request("job-post-json", "POST", &php).header("Content-Type", "application/json").body(json),
        Case::request("job-post-in-address", "POST", &in_address),
        Case::request("job-post-no-title", "POST", &php).body(b"description=x"),
        Case::request("job-post-long-title", "POST", &php).body(long.as_bytes()),
        Case::request("job-post-many-groups", "POST", &php).body(many.as_bytes()),
        Case::request("job-post-unknown-group", "POST", &unknown).body(b"title=x"),
        Case::request("job-post-unknown-further-group", "POST", &php).body(b"title=x&groups=7"),
        Case::request("job-post-no-json", "POST", &php).body(b"{title"),
        Case::get("jobs", &open),
        Case::request("job-close-not-ones-own", "POST", &not_ones_own),
        Case::request("job-close", "POST", &close),
        Case::request("job-close-unknown", "POST", &no_job),
        Case::request("job-close-no-number", "POST", &no_number),
        Case::request("job-wrong-method", "GET", &close),
        Case::get("jobs-all", &all),
        Case::get("jobs-closed", &closed),
        Case::get("jobs-bad-status", &bad_status),
        Case::get("jobs-of-another-group", &empty),
        Case::request("job-post-no-token", "POST", "/api2/groups/1116/jobs").body(b"title=x"),
    ];
    let directory = directory();
    check(&Elance::new(Settings::default()), directory.core(NOW), &cases);
    let again = send(&directory, "sponsor", "POST", "/api2/jobs/1/close", "");
    assert!(again.status == 200 && text(&again).contains(r#""status":"closed""#), "closed once more");
    assert_eq!(directory.jobs().len(), 3, "what was refused was not posted");
}
