//! Whole replies of the Elance dialect, byte for byte. The two rows that the documents print are in the first page of
//! group 1116, where the documents print them; the rest of the directory is made for the edges.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

use dialect::access::{CredentialKind, Rights};
use dialect_elance::{Elance, Settings};
use testkit::MemoryDirectory;
use testkit::golden::{Case, check};

const TOKEN: &str = "4ff|3784252|PJRXoP3q5Bbo78VdZhqIqg";
const NOW: i64 = 1_400_000_000;

fn directory() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    directory.load_ndjson(include_str!("members.ndjson"), NOW).expect("good lines");
    directory.grant("elance", CredentialKind::Token, TOKEN, Rights::USER, None);
    directory.grant("elance", CredentialKind::Token, "mint", Rights::MINT_ONLY, None);
    directory.grant("elance", CredentialKind::Token, "blocked", Rights::USER, Some(32));
    directory.grant("rm", CredentialKind::Token, "foreign", Rights::FULL, None);
    directory
}

#[test]
fn replies_to_a_good_token() {
    let targets = [
        ("first-page", "1116/members?"),
        ("last-page", "1116/members?page=2&"),
        ("past-the-end", "1116/members?page=3&"),
        ("far-past-the-end", "1116/members?page=99999999999999999999&"),
        ("largest-page", "1116/members?rpp=26&page=2&"),
        ("smallest-page", "1116/members?rpp=1&page=8&v=2&fmt=json&"),
        ("empty-group", "7/members?"),
        ("edges", "9/members?"),
        ("page-zero", "1116/members?page=0&"),
        ("rpp-abc", "1116/members?rpp=abc&"),
        ("page-twice", "1116/members?page=1&%70age=2&"),
        ("token-twice", "1116/members?access_token=x&"),
        ("unknown-group", "1117/members?"),
        ("no-number", "supergroup/members?"),
        ("too-large-a-number", "9223372036854775808/members?"),
        ("no-such-method", "1116/owners?"),
    ]
    .map(|(name, rest)| (name, format!("/api2/groups/{rest}access_token={TOKEN}")));
    let cases: Vec<_> = targets.iter().map(|(name, target)| Case::get(name, target)).collect();
    check(&Elance::new(Settings::default()), directory().core(NOW), &cases);
}

#[test]
fn replies_to_others() {
    let long = format!("/api2/groups/1116/members?access_token={TOKEN}&x={}", "a".repeat(16 * 1024));
    let bearer = format!("bearer {TOKEN}");
    check(
        &Elance::new(Settings::default()),
        directory().core(NOW),
        &[
            Case::get("bearer", "/api2/groups/7/members").header("Authorization", &bearer),
            Case::get("not-allowed", "/api2/groups/7/members?access_token=mint").header("Authorization", &bearer),
            Case::get("no-token", "/api2/groups/1116/members").header("Authorization", "Basic eDp5"),
            Case::get("unknown-token", "/api2/groups/1116/members?access_token=nobody"),
            Case::get("foreign-token", "/api2/groups/1116/members?access_token=foreign"),
            Case::get("closed-account", "/api2/groups/1116/members?access_token=blocked"),
            Case::request("wrong-method", "POST", "/api2/groups/1116/members"),
            Case::get("bare-mount", "/api2"),
            Case::get("long-address", &long),
        ],
    );
}

#[test]
fn an_array_and_another_size_by_setting() {
    let elance = Elance::new(Settings { default_rpp: 2, results_as_array: true, ..Settings::default() });
    let directory = directory();
    let page = format!("/api2/groups/9/members?access_token={TOKEN}");
    let empty = format!("/api2/groups/7/members?access_token={TOKEN}");
    check(&elance, directory.core(NOW), &[Case::get("array", &page), Case::get("array-empty", &empty)]);
}

/// The rows of the sample data are the documents', field by field, and stand where the documents print them.
#[test]
fn the_documents_rows_are_in_the_sample_data() {
    let directory = testkit::sample::directory();
    directory.grant("elance", CredentialKind::Token, TOKEN, Rights::USER, None);
    let target = format!("/api2/groups/{}/members?access_token={TOKEN}", membership::sample::GROUP_NUMBER);
    let elance = Elance::new(Settings::default());
    let reply = testkit::exchange(&elance, directory.core(NOW), "GET", &target, &[], b"");
    let body = String::from_utf8(reply.body).expect("UTF-8");
    for row in [
        concat!(
            r#""pageResults":{"0":{"userId":"300723","userName":"synapseindia","businessName":"SynapseIndia","#,
            r#""tagLine":"I.T. Outsourcing @ Peace of Mind (R)","hourlyRate":"20.0","city":"New Delhi","#,
            r#""state":"New Delhi","country":"India","earnings6Months":"942985.0","feedback6Months":"92","#,
            r#""posFeedback6Months":"95","category":"IT & Programming","logo":"","providerProfileURL":""},"1":{"#,
        ),
        concat!(
            r#","7":{"userId":"2112878","userName":"InsideMediaCommunication","#,
            r#""businessName":"Inside Media Communication - Keep IT simple","#,
            r#""tagLine":"WordPress | Joomla | Drupal | Magento | Mobile App","hourlyRate":"20.0","#,
            r#""city":"Bucharest","state":"Bucharest","country":"Romania","earnings6Months":"196868.0","#,
            r#""feedback6Months":"36","posFeedback6Months":"100","category":"IT & Programming","logo":"","#,
            r#""providerProfileURL":""}}}}}"#,
        ),
    ] {
        assert!(body.contains(row), "{row}\n is not in\n{body}");
    }
    assert!(body.starts_with(r#"{"data":{"groupMembers":{"groupId":"1116","totalMembers":""#), "{body}");
    assert!(body.contains(r#"","allMembers":"","totalPages":"#), "{body}");
}
