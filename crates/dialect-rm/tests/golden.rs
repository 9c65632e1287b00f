//! Whole replies of the RM dialect, byte for byte. The group of the first page holds the
//! members of the manual's example, the other one texts that are hard to write.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

use dialect::access::{CredentialKind, Rights};
use dialect_rm::Rm;
use membership::sample::GROUP_ID;
use testkit::MemoryDirectory;
use testkit::golden::{Case, check};

const NOW: i64 = 1_700_000_100;
const EDGES: &str = "/api/Organization/groups/00000000-0000-0000-0000-00000000000e/members";
const GROUP: &str = "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members";

fn directory() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    directory.load_ndjson(include_str!("data/members.ndjson"), NOW).expect("good lines");
    directory.grant("rm", CredentialKind::Token, "good", Rights::USER, None);
    directory.grant("rm", CredentialKind::Token, "mint", Rights::MINT_ONLY, None);
    directory.grant("elance", CredentialKind::Token, "foreign", Rights::USER, None);
    directory
}

#[test]
fn pages() {
    let directory = directory();
    let get = |name, rest: &'static str, group: &str| (name, format!("{group}{rest}"));
    let targets = [
        get("first-page", "", GROUP),
        get("second-page", "?page=2&page_size=1&$orderby=Name%20desc,Login", GROUP),
        get("past-the-end", "?page=99999999999999999999&page_size=2", GROUP),
        get("filtered", "?$filter=substringof(Name,'Jane')", GROUP),
        get("filtered-by-status", "?%24filter=Status+eq+'NoAccess'+or+Status+eq+'blocked'&page_size=1&&page=1", GROUP),
        get("by-id", "?filter=Id+eq+guid'63E5FE02-5773-4A49-BA13-22506F022316'", GROUP),
        get("nobody", "?$filter=Name%20eq%20'O''Brien'", GROUP),
        get("edges", "", EDGES),
        get("count", "/count", GROUP),
        get("count-filtered", "/count?$filter=startswith(Name,'j')+and+not+Status+eq+'Active'", GROUP),
        get("bad-page", "?page=0", GROUP),
        get("bad-page-size", "?page_size=1001", GROUP),
        get("bad-filter", "?$filter=Nmae%20eq%20'x'", GROUP),
        get("bad-filter-unspeakable", "?$filter=Name%20eq%20token", GROUP),
        get("bad-order", "?$orderby=Name[desc]", GROUP),
        get("select", "?$select=Name", GROUP),
        get("bad-group", "", "/api/organization/groups/1116/members"),
        get("unknown-group", "", "/api/organization/groups/00000000-0000-0000-0000-000000000000/members"),
        get("unknown-path", "", "/api/Organization/departments"),
    ];
    let mut cases: Vec<_> = targets.iter().map(|(name, target)| Case::get(name, target)).collect();
    let xml = [("xml-page", format!("{EDGES}?page_size=2")), ("xml-bad-filter", format!("{EDGES}?$filter=<&>"))];
    cases.extend(xml.iter().map(|(name, target)| Case::get(name, target).header("Accept", "text/xml")));
    cases.push(Case::get("xml-by-content-type", EDGES).header("Content-Type", "application/xml; charset=utf-8"));
    let cases: Vec<_> = cases.into_iter().map(|case| case.header("Authorization", "OAuth2 good")).collect();
    check(&Rm::new(), directory.core(NOW), &cases);
}

#[test]
fn refusals() {
    check(
        &Rm::new(),
        directory().core(NOW),
        &[
            Case::get("no-credential", GROUP),
            Case::get("unknown-credential", GROUP).header("Authorization", "OAuth2 nobody"),
            Case::get("foreign-credential", GROUP).header("Authorization", "OAuth2 foreign"),
            Case::get("small-credential", GROUP).header("Authorization", "OAuth2 mint"),
            Case::request("wrong-method", "DELETE", GROUP),
            Case::request("token-wrong-method", "GET", "/APIIntegration/Token"),
            Case::request("token-no-grant", "POST", "/APIIntegration/Token").body(b"client_id=a"),
            Case::request("token-other-grant", "POST", "/APIIntegration/Token").body(b"grant_type=password"),
            Case::request("token-bad-client", "POST", "/APIIntegration/Token")
                .body(b"grant_type=client_credentials&client_id=a&client_secret=b"),
        ],
    );
}

/// References in `Link` are behind the configured prefix.
#[test]
fn links_lead_behind_the_prefix() {
    let headers = [("Authorization", "OAuth2 good")];
    let target = format!("/RM{GROUP}?page_size=2");
    let reply = testkit::exchange_below("/RM", &Rm::new(), directory().core(NOW), "GET", &target, &headers, b"");
    let link = reply.headers.iter().find(|(name, _)| *name == "Link").expect("a link");
    let to = |page: u64, relation: &str| format!("<{target}&page={page}>; rel=\"{relation}\"");
    assert_eq!(link.1, [to(1, "first"), to(2, "next"), to(2, "last")].join(", "));
}

/// The rows of the sample data are the manual's, field by field, but for Jane Doe's Id, which the manual gives twice.
#[test]
fn the_manuals_rows_are_in_the_sample_data() {
    let directory = testkit::sample::directory();
    directory.grant("rm", CredentialKind::Token, "good", Rights::USER, None);
    let target = format!("/api/Organization/groups/{GROUP_ID}/members?page_size=1000");
    let headers = [("Authorization", "OAuth2 good")];
    let reply = testkit::exchange(&Rm::new(), directory.core(NOW), "GET", &target, &headers, b"");
    let body = String::from_utf8(reply.body).expect("UTF-8");
    for row in [
        r#"{"Id":"6fe49ce4-56d4-475f-9483-1adca6b2976c","Name":"John Smith","Description":"Employee - HR department","Email":"jsmith@abccompany.com","Phone":"+1 (646) 555-0000","AdditionalInformation":"HR manager","Login":"jsmith","Status":"Active"}"#,
        r#"{"Id":"63e5fe02-5773-4a49-ba13-22506f022316","Name":"James Hoffman","Description":"Employee – Security","Email":"jhoffman@example.com","Phone":"+1 (646) 555-0000","AdditionalInformation":"Night shift","Login":"jhoffman","Status":"NoAccess"}"#,
        r#""Name":"Jane Doe","Description":"Employee – Marketing department","Email":"jdoe@example.com","Phone":"+1 (646) 555-0000","AdditionalInformation":"Marketing manager","Login":"janedoe","Status":"Blocked"}"#,
    ] {
        assert!(body.contains(row), "{row}");
    }
}
