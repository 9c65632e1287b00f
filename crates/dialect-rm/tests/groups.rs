//! Groups: listed, shown, made, changed and deleted.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use dialect::Core;
use dialect_rm::Rm;
use membership::Directory;
use membership::GroupKey;
use serde_json::json;
use support::{AUDIT, GROUPS, HR, IT, JOSEPH, MARY, NOBODY, NOW, fault, organization, send, shown};
use testkit::golden::{Case, check};

#[test]
fn groups_are_read() {
    let owned = format!("?$filter=Responsible%20eq%20guid'{JOSEPH}'%20and%20substringof('team',Name)");
    let targets = [
        ("groups", String::new()),
        ("groups-second-page", "?page=2&page_size=1&$orderby=Name%20desc".into()),
        ("groups-past-the-end", "?page=4&page_size=1".into()),
        ("groups-filtered", "?$filter=substringof('Team',Name)".into()),
        ("groups-owned", owned),
        ("groups-owned-or", format!("?$filter=Name%20eq%20'x'%20or%20Responsible%20eq%20guid'{JOSEPH}'")),
        ("groups-bad-field", "?$filter=Login%20eq%20'x'".into()),
        ("groups-bad-order", "?$orderby=Responsible".into()),
        ("groups-count", "/count?$filter=startswith(Name,'a')".into()),
        ("group", format!("/{IT}")),
        ("group-unowned", format!("/{HR}/")),
        ("group-unknown", format!("/{NOBODY}")),
        ("group-bad-id", "/7".into()),
    ]
    .map(|(name, rest)| (name, format!("{GROUPS}{rest}")));
    let xml = [("groups-xml", format!("{GROUPS}?page_size=2")), ("group-xml", format!("{GROUPS}/{HR}"))];
    let mut cases: Vec<_> = targets.iter().map(|(name, target)| Case::get(name, target)).collect();
    cases.extend(xml.iter().map(|(name, target)| Case::get(name, target).header("Accept", "application/xml")));
    let cases: Vec<_> = cases.into_iter().map(|case| case.header("Authorization", "OAuth2 good")).collect();
    check(&Rm::new(), organization().core(NOW), &cases);
}

#[test]
fn groups_are_written() {
    let (it, hr, nobody) = (format!("{GROUPS}/{IT}"), format!("{GROUPS}/{HR}"), format!("{GROUPS}/{NOBODY}"));
    let unknown = format!(r#"{{"Name":"X","Responsible":"{NOBODY}"}}"#);
    let long = format!(r#"{{"Name":"{}"}}"#, "x".repeat(401));
    let cases = [
        Case::request("group-edit", "PUT", &it).body(br#"{"Description":"new","Email":null}"#),
        Case::request("group-edit-empty", "PUT", &it).body(b"{}"),
        Case::request("group-edit-no-responsible", "PUT", &it).body(br#"{"Responsible":""}"#),
        Case::request("group-edit-other-id", "PUT", &it).body(br#"{"Id":"00000000-0000-4000-8000-0000000000a2"}"#),
        Case::request("group-edit-unknown", "PUT", &nobody).body(br#"{"Name":"X"}"#),
        Case::request("group-edit-no-body", "PUT", &it),
        Case::request("group-create-no-name", "POST", GROUPS).body(br#"{"Description":"x"}"#),
        Case::request("group-create-long-name", "POST", GROUPS).body(long.as_bytes()),
        Case::request("group-create-unknown-responsible", "POST", GROUPS).body(unknown.as_bytes()),
        Case::request("group-create-no-json", "POST", GROUPS).body(b"{\"Name\":\n \"X\""),
        Case::request("group-create-list", "POST", GROUPS).body(b"[]"),
        Case::request("group-create-no-xml", "POST", GROUPS)
            .header("Content-Type", "text/xml; charset=utf-8")
            .body(b"<Group><Name>X</Group>"),
        Case::request("group-edit-xml", "PUT", &hr)
            .header("Content-Type", "application/xml")
            .body(b"<Group><Name>HR</Name><Responsible><Name>mary dawson</Name></Responsible></Group>"),
        Case::request("group-bad-override", "POST", &it).header("X-HTTP-Method-Override", "PATCH"),
        Case::request("group-two-overrides", "POST", &it)
            .header("X-HTTP-Method-Override", "PUT")
            .header("X-HTTP-Method-Override", "DELETE"),
        Case::request("group-wrong-method", "PATCH", &it),
        Case::request("group-delete", "POST", &hr).header("X-HTTP-Method-Override", "DELETE"),
        Case::request("group-delete-again", "DELETE", &hr),
    ];
    let cases: Vec<_> = cases.into_iter().map(|case| case.header("Authorization", "OAuth2 good")).collect();
    let directory = organization();
    check(&Rm::new(), directory.core(NOW), &cases);
    let edited = shown(&directory, &it);
    assert_eq!((&edited["Description"], &edited["Email"]), (&json!("new"), &json!("it@example.com")));
    assert_eq!(shown(&directory, &format!("{GROUPS}/count")), json!(2));
}

#[test]
fn xml_says_the_same_as_json() {
    let directory = organization();
    let xml = |method: &str, target: &str, body: &str| {
        let headers = [("Authorization", "OAuth2 good"), ("Content-Type", "application/xml"), ("Accept", "*/*")];
        testkit::exchange(&Rm::new(), directory.core(NOW), method, target, &headers, body.as_bytes())
    };
    let made = xml(
        "POST",
        GROUPS,
        "<?xml version=\"1.0\"?><Group xmlns=\"urn:x\" xmlns:i=\"urn:i\"><Name>A &amp; B</Name><Email i:nil=\"true\"/>\
         <CustomAttributes/><Responsible><Name>Mary Dawson</Name></Responsible></Group>",
    );
    assert_eq!(made.status, 200);
    let id: String = serde_json::from_slice(&made.body).expect("a JSON text");
    let target = format!("{GROUPS}/{id}");
    let group = shown(&directory, &target);
    assert_eq!((&group["Name"], &group["Responsible"]), (&json!("A & B"), &json!(MARY)));
    let headers = [("Authorization", "OAuth2 good"), ("Accept", "text/xml")];
    let read = testkit::exchange(&Rm::new(), directory.core(NOW), "GET", &target, &headers, b"");
    let before = directory.log();
    let read = String::from_utf8(read.body).expect("UTF-8");
    assert_eq!(xml("PUT", &target, &read).status, 204, "what was read can be written back");
    assert_eq!(directory.log(), before, "nothing has changed");
    let members = format!("{target}/members");
    let list =
        format!("<ArrayOfMember><Member><Id>{JOSEPH}</Id></Member><M><Name>mary dawson</Name></M></ArrayOfMember>");
    assert_eq!(xml("POST", &members, &list).status, 204);
    assert_eq!(shown(&directory, &format!("{members}/count")), json!(2));
    assert_eq!(xml("POST", &members, "<ArrayOfMember/>").status, 204);
    for (target, body, code, name) in [
        (GROUPS, "<Group/>", "required", "Name"),
        (GROUPS, "<Group><Name/></Group>", "invalid_value", "Name"),
        (GROUPS, "<Group><Name>a</Name><name>b</name></Group>", "duplicate", "Name"),
        (GROUPS, "<Group><Name><x/></Name></Group>", "invalid_value", "Name"),
        (GROUPS, "<Group>X</Group>", "invalid_value", "body"),
        (GROUPS, "{\"Name\":\"X\"}", "syntax", "body"),
        (GROUPS, "<Group><Name>a&#0;b</Name></Group>", "invalid_value", "Name"),
        (&members, "<A><M><Name>Nobody</Name></M></A>", "invalid_value", "[0].Name"),
        (&members, "<A><M/><M>x</M></A>", "invalid_value", "[1]"),
        (&members, "<A>x</A>", "invalid_value", "body"),
        (&members, "<M><Id>x</Id></M>", "invalid_value", "[0]"),
    ] {
        assert_eq!(fault(&xml("POST", target, body)), (code.into(), name.into()), "{body}");
    }
}

#[test]
fn a_group_is_made_and_answered_by_its_id() {
    let directory = organization();
    for (responsible, owner) in [
        (json!(null), ""),
        (json!(""), ""),
        (json!(MARY), MARY),
        (json!(MARY.to_uppercase()), MARY),
        (json!({ "Name": "joseph PARKS" }), JOSEPH),
        (json!({ "Id": MARY }), MARY),
        (json!({ "Id": MARY, "Name": "mary dawson", "Email": null }), MARY),
    ] {
        let body = json!({
            "Name": "IT Team", "Description": "d", "Email": "e", "AdditionalInformation": "a",
            "Responsible": responsible, "CustomAttributes": [], "Unknown": 5,
        });
        let reply = send(&directory, "POST", GROUPS, &body.to_string());
        assert_eq!((reply.status, reply.content_type), (200, "application/json"), "{responsible}");
        let id: String = serde_json::from_slice(&reply.body).expect("a JSON text");
        assert_eq!(reply.body, format!("\"{id}\"").into_bytes());
        let expected = json!({
            "Id": id, "Name": "IT Team", "Description": "d", "Email": "e", "AdditionalInformation": "a",
            "Responsible": owner,
        });
        assert_eq!(shown(&directory, &format!("{GROUPS}/{id}")), expected, "{responsible}");
        let members = shown(&directory, &format!("{GROUPS}/{id}/members/count"));
        assert_eq!(members, json!(if owner.is_empty() { 0 } else { 1 }), "an owner is a member");
    }
    let headers = [("Authorization", "OAuth2 good"), ("Accept", "text/xml")];
    let reply = testkit::exchange(&Rm::new(), directory.core(NOW), "POST", GROUPS, &headers, br#"{"name":"X"}"#);
    let body = String::from_utf8(reply.body).expect("UTF-8");
    let id = body.strip_prefix("<string>").and_then(|rest| rest.strip_suffix("</string>")).expect("an element");
    let id = GroupKey::Id(id.parse().expect("a GUID"));
    assert_eq!(directory.group(&id).expect("in memory").expect("made").name, "X", "names count in either case");
}

#[test]
fn what_is_wrong_with_a_group_is_named() {
    let directory = organization();
    let before = directory.log();
    let named = |code: &str, name: &str| (code.to_owned(), name.to_owned());
    for (body, code, name) in [
        (r#"{"Name":""}"#, "invalid_value", "Name"),
        (r#"{"Name":null}"#, "required", "Name"),
        (r#"{"Name":5}"#, "invalid_value", "Name"),
        (r#"{"Name":"X","name":"Y"}"#, "duplicate", "Name"),
        (r#"{"Name":"a\u0000b"}"#, "invalid_value", "Name"),
        (r#"{"Name":"X","Description":[]}"#, "invalid_value", "Description"),
        (r#"{"Name":"X","Id":"00000000-0000-4000-8000-000000000000"}"#, "unsupported", "Id"),
        (r#"{"Name":"X","Responsible":"Joseph"}"#, "invalid_value", "Responsible"),
        (r#"{"Name":"X","Responsible":7}"#, "invalid_value", "Responsible"),
        (r#"{"Name":"X","Responsible":{}}"#, "required", "Responsible"),
        (r#"{"Name":"X","Responsible":{"Id":"x"}}"#, "invalid_value", "Responsible.Id"),
        (r#"{"Name":"X","Responsible":{"Name":"John Smith"}}"#, "invalid_value", "Responsible.Name"),
        (r#"{"Name":"X","Responsible":{"Name":"Nobody"}}"#, "invalid_value", "Responsible.Name"),
        (
            r#"{"Name":"X","Responsible":{"Name":"Mary Dawson","Id":"00000000-0000-4000-8000-000000000001"}}"#,
            "invalid_value",
            "Responsible.Id",
        ),
        (r#"{"Name":"X","CustomAttributes":[{"Name":"a"}]}"#, "unsupported", "CustomAttributes"),
        ("", "required", "body"),
        (" \r\n", "required", "body"),
        ("null", "invalid_value", "body"),
        ("\"Name\"", "invalid_value", "body"),
        ("{\"Name\":\"X\"} x", "syntax", "body"),
        ("{\"Name\":\"\u{1}\"}", "syntax", "body"),
    ] {
        let reply = send(&directory, "POST", GROUPS, body);
        assert_eq!(fault(&reply), named(code, name), "{body}");
    }
    let headers = [("Authorization", "OAuth2 good")];
    let broken = testkit::exchange(&Rm::new(), directory.core(NOW), "POST", GROUPS, &headers, b"{\"Name\":\"\xff\"}");
    assert_eq!(fault(&broken), named("syntax", "body"));
    assert_eq!(directory.log(), before, "nothing was made");
    let marked =
        testkit::exchange(&Rm::new(), directory.core(NOW), "POST", GROUPS, &headers, b"\xef\xbb\xbf{\"Name\":\"X\"}");
    assert_eq!(marked.status, 200, "a mark of the encoding does no harm");
}

#[test]
fn what_was_read_can_be_written_back() {
    let directory = organization();
    let before = directory.log();
    for id in [IT, HR, AUDIT] {
        let target = format!("{GROUPS}/{id}");
        let read = shown(&directory, &target);
        assert_eq!(send(&directory, "PUT", &target, &read.to_string()).status, 204, "{read}");
    }
    assert_eq!(directory.log(), before, "nothing has changed");
}

#[test]
fn a_group_changes_hands() {
    let directory = organization();
    let target = format!("{GROUPS}/{AUDIT}");
    for (responsible, owner) in [(json!(JOSEPH), JOSEPH), (json!({ "Name": "Mary Dawson" }), MARY), (json!(null), MARY)]
    {
        let body = json!({ "Responsible": responsible }).to_string();
        assert_eq!(send(&directory, "PUT", &target, &body).status, 204, "{body}");
        assert_eq!(shown(&directory, &target)["Responsible"], owner);
    }
    let unknown = json!({ "Responsible": NOBODY }).to_string();
    assert_eq!(fault(&send(&directory, "PUT", &target, &unknown)).1, "Responsible");
    assert_eq!(shown(&directory, &target)["Responsible"], MARY);
}

#[test]
fn who_is_responsible_is_judged_when_it_is_changed() {
    // Who reads sees what was; who changes finds what is.
    let (before, directory) = (organization(), organization());
    let target = format!("{GROUPS}/{HR}");
    let put = |responsible: &str| {
        let core = Core { directory: &before, ..directory.core(NOW) };
        let headers = [("Authorization", "OAuth2 good"), ("Content-Type", "application/json")];
        let body = json!({ "Responsible": responsible }).to_string();
        testkit::exchange(&Rm::new(), core, "PUT", &target, &headers, body.as_bytes())
    };
    assert_eq!(put("").status, 204, "there is nobody");
    assert_eq!(put(MARY).status, 204);
    assert_eq!(fault(&put("")), ("invalid_value".into(), "Responsible".into()), "there is somebody now");
    assert_eq!(shown(&directory, &target)["Responsible"], MARY);
    // What was read before somebody else changed it is written back, and not taken for what is there.
    assert_eq!(send(&before, "PUT", &target, &json!({ "Responsible": JOSEPH }).to_string()).status, 204);
    assert_eq!(put(JOSEPH).status, 204);
    assert_eq!(shown(&directory, &target)["Responsible"], JOSEPH);
}
