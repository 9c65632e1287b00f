//! Members: added and removed.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use dialect::access::{CredentialKind, Rights};
use dialect_rm::Rm;
use serde_json::json;
use support::{
    AUDIT, BANNED, GROUPS, HR, IT, JOHN, JOSEPH, MARY, NOBODY, NOW, OTHER_JOHN, fault, organization, send, shown,
};
use testkit::golden::{Case, check};

#[test]
fn members_come_and_go() {
    let (hr, it) = (format!("{GROUPS}/{HR}/members"), format!("{GROUPS}/{IT}/members"));
    let ids = format!(r#"[{{"Id":"{JOSEPH}"}},{{"Id":"{JOHN}"}}]"#);
    let unknown = format!(r#"[{{"Id":"{MARY}"}},{{"Id":"{NOBODY}"}}]"#);
    let nowhere = format!("{GROUPS}/{NOBODY}/members");
    let at = |group: &str, person: &str| format!("{GROUPS}/{group}/members/{person}");
    let (john, owner, gone) = (at(HR, JOHN), at(IT, JOSEPH), at(HR, NOBODY));
    let cases = [
        Case::request("members-add", "POST", &hr).body(ids.as_bytes()),
        Case::request("members-add-by-name", "POST", &hr).body(br#"[{"Name":"mary dawson"},{"Name":"Joseph Parks"}]"#),
        Case::request("members-add-unknown", "POST", &hr).body(unknown.as_bytes()),
        Case::request("members-add-ambiguous", "POST", &hr).body(br#"[{"Name":"John Smith"}]"#),
        Case::request("members-add-banned", "POST", &it).body(br#"[{"Name":"Banned <&>"}]"#),
        Case::request("members-add-nothing", "POST", &hr).body(br#"[{"Name":"Mary Dawson"},{}]"#),
        Case::request("members-add-object", "POST", &hr).body(br#"{"Name":"Mary Dawson"}"#),
        Case::request("members-add-unknown-group", "POST", &nowhere).body(b"[]"),
        Case::request("member-remove", "DELETE", &john),
        Case::request("member-remove-again", "POST", &john).header("X-HTTP-Method-Override", "DELETE"),
        Case::request("member-remove-nobody", "DELETE", &gone),
        Case::request("member-remove-owner", "DELETE", &owner),
        Case::request("member-wrong-method", "GET", &owner),
    ];
    let mut cases: Vec<_> = cases.into_iter().map(|case| case.header("Authorization", "OAuth2 good")).collect();
    // One who is nothing in the group, and a body without a credential.
    cases.push(
        Case::request("members-add-forbidden", "POST", &it).header("Authorization", "OAuth2 user").body(ids.as_bytes()),
    );
    cases.push(Case::request("member-remove-forbidden", "DELETE", &owner).header("Authorization", "OAuth2 user"));
    cases.push(Case::request("members-add-no-credential", "POST", &it).body(b"no JSON at all"));
    let directory = organization();
    check(&Rm::new(), directory.core(NOW), &cases);
    let names: Vec<_> = shown(&directory, &hr).as_array().expect("a list").iter().map(|m| m["Name"].clone()).collect();
    assert_eq!(names, ["Joseph Parks", "Mary Dawson"]);
}

#[test]
fn all_are_added_or_none() {
    let directory = organization();
    let target = format!("{GROUPS}/{HR}/members");
    let before = directory.log();
    for (last, named) in [
        (json!({ "Id": NOBODY }), "[2].Id"),
        (json!({ "Id": "x" }), "[2].Id"),
        (json!({ "Id": 7 }), "[2].Id"),
        (json!({ "Id": "" }), "[2].Id"),
        (json!({ "Name": "Nobody" }), "[2].Name"),
        (json!({ "Name": "JOHN smith" }), "[2].Name"),
        (json!({ "Name": "" }), "[2].Name"),
        (json!({ "Id": JOSEPH, "Name": "Mary Dawson" }), "[2].Id"),
        (json!({ "Id": null, "Name": null }), "[2]"),
        (json!("Mary Dawson"), "[2]"),
        (json!(null), "[2]"),
    ] {
        let body = json!([{ "Id": JOSEPH }, { "Name": "Mary Dawson" }, last]);
        assert_eq!(fault(&send(&directory, "POST", &target, &body.to_string())).1, named, "{last}");
    }
    assert_eq!(directory.log(), before, "nobody was added");
    // The same one twice, a member already, one who has asked, and both names of one person.
    let both = json!({ "id": OTHER_JOHN, "NAME": "john smith", "Phone": 7 });
    let body = json!([{ "Id": JOSEPH, "Name": null }, { "Id": JOSEPH.to_uppercase() }, { "Id": JOHN }, both]);
    assert_eq!(send(&directory, "POST", &target, &body.to_string()).status, 204);
    assert_eq!(shown(&directory, &format!("{target}/count")), json!(3));
    let before = directory.log();
    assert_eq!(send(&directory, "POST", &target, &body.to_string()).status, 204, "once more");
    assert_eq!(send(&directory, "POST", &target, "[]").status, 204, "nobody at all");
    assert_eq!(directory.log(), before, "they were there already");
}

#[test]
fn a_list_is_bounded() {
    let directory = organization();
    let list = |many| json!(vec![json!({ "Id": JOSEPH }); many]).to_string();
    let target = format!("{GROUPS}/{HR}/members");
    assert_eq!(send(&directory, "POST", &target, &list(1_000)).status, 204);
    let reply = send(&directory, "POST", &target, &list(1_001));
    assert_eq!(fault(&reply), ("limit".into(), "body".into()));
    let deep = "[".repeat(100_000);
    assert_eq!(fault(&send(&directory, "POST", &target, &deep)).1, "body");
}

/// A token that a person holds does what that person may.
#[test]
fn a_person_acts_as_itself() {
    let directory = organization();
    directory.grant("rm", CredentialKind::Token, "joseph", Rights::USER, Some(1));
    let as_joseph = |method: &str, target: &str, body: &str| {
        let headers = [("Authorization", "OAuth2 joseph")];
        testkit::exchange(&Rm::new(), directory.core(NOW), method, target, &headers, body.as_bytes()).status
    };
    let john = format!(r#"[{{"Id":"{JOHN}"}}]"#);
    assert_eq!(as_joseph("POST", &format!("{GROUPS}/{IT}/members"), &john), 204, "he owns it");
    assert_eq!(as_joseph("POST", &format!("{GROUPS}/{AUDIT}/members"), &john), 403, "he does not");
    assert_eq!(as_joseph("DELETE", &format!("{GROUPS}/{IT}/members/{MARY}"), ""), 204);
    assert_eq!(as_joseph("DELETE", &format!("{GROUPS}/{IT}/members/{BANNED}"), ""), 404, "no member");
    assert_eq!(as_joseph("PUT", &format!("{GROUPS}/{IT}"), r#"{"Name":"IT"}"#), 204);
    assert_eq!(as_joseph("DELETE", &format!("{GROUPS}/{AUDIT}"), ""), 403);
}
