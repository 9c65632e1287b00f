//! People: listed, shown, made, changed and deleted.
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use dialect::Core;
use dialect_rm::Rm;
use membership::record::PersonRecord;
use membership::{AccountStatus, By, PersonKey, Registrar};
use serde_json::json;
use support::{
    AUDIT, BANNED, GROUPS, IT, JOHN, JOSEPH, MARY, NOBODY, NOW, OTHER_JOHN, PEOPLE, fault, organization, send, shown,
};
use testkit::golden::{Case, check};

#[test]
fn people_are_read() {
    let targets = [
        ("people", "?page_size=2".to_owned()),
        ("people-filtered", "?$filter=substringof('Jane',Name)%20or%20Status%20eq%20'Blocked'".into()),
        ("people-by-id", format!("?$filter=Id%20eq%20guid'{MARY}'")),
        ("people-past-the-end", "?page=9".into()),
        ("people-bad-field", "?$filter=Responsible%20eq%20null".into()),
        ("people-count", "/count".into()),
        ("people-count-filtered", "/count?$filter=Email%20ne%20null".into()),
        ("person", format!("/{JOSEPH}")),
        ("person-unknown", format!("/{NOBODY}")),
        ("person-bad-id", "/jparks".into()),
    ]
    .map(|(name, rest)| (name, format!("{PEOPLE}{rest}")));
    let xml = [("people-xml", format!("{PEOPLE}?page=3&page_size=2")), ("person-xml", format!("{PEOPLE}/{BANNED}"))];
    let mut cases: Vec<_> = targets.iter().map(|(name, target)| Case::get(name, target)).collect();
    cases.extend(xml.iter().map(|(name, target)| Case::get(name, target).header("Accept", "application/xml")));
    let cases: Vec<_> = cases.into_iter().map(|case| case.header("Authorization", "OAuth2 good")).collect();
    check(&Rm::new(), organization().core(NOW), &cases);
}

#[test]
fn people_are_written() {
    let at = |id: &str| format!("{PEOPLE}/{id}");
    let (mary, john, joseph, nobody) = (at(MARY), at(JOHN), at(JOSEPH), at(NOBODY));
    let taken = br#"{"Name":"N","Email":"n@example.com","Login":"JPARKS"}"#;
    let cases = [
        Case::request("person-edit", "PUT", &mary).body(br#"{"Email":"m@example.com","Phone":"1","Name":null}"#),
        Case::request("person-edit-no-email", "PUT", &mary).body(br#"{"Phone":"1"}"#),
        Case::request("person-edit-login", "PUT", &mary).body(br#"{"Email":"m@example.com","Login":"mary"}"#),
        Case::request("person-edit-status", "PUT", &mary).body(br#"{"Email":"m@example.com","Status":"Active"}"#),
        Case::request("person-edit-unknown", "PUT", &nobody).body(br#"{"Email":"m@example.com"}"#),
        Case::request("person-create-no-email", "POST", PEOPLE).body(br#"{"Name":"N"}"#),
        Case::request("person-create-taken-login", "POST", PEOPLE).body(taken),
        Case::request("person-wrong-method", "POST", &mary),
        Case::request("person-delete", "DELETE", &john),
        Case::request("person-delete-again", "DELETE", &john),
        Case::request("person-delete-responsible", "DELETE", &joseph),
    ];
    let cases: Vec<_> = cases.into_iter().map(|case| case.header("Authorization", "OAuth2 good")).collect();
    let directory = organization();
    check(&Rm::new(), directory.core(NOW), &cases);
    let edited = shown(&directory, &mary);
    assert_eq!((&edited["Name"], &edited["Phone"]), (&json!("Mary Dawson"), &json!("1")));
    assert_eq!(shown(&directory, &format!("{PEOPLE}/count")), json!(4));
}

#[test]
fn a_person_is_made_and_answered_by_its_id() {
    let directory = organization();
    let body = json!({
        "Name": "Charles Windsor", "Description": "Employee – Marketing department", "Email": "cwindsor@example.com",
        "Phone": "+1 (646) 555-0000", "AdditionalInformation": "Marketing department manager", "Status": "Active",
    });
    for (login, number) in [(None, 6), (Some("cwindsor"), 7)] {
        let mut body = body.clone();
        body["Login"] = json!(login);
        let reply = send(&directory, "POST", PEOPLE, &body.to_string());
        assert_eq!((reply.status, reply.content_type), (200, "application/json"));
        let id: String = serde_json::from_slice(&reply.body).expect("a JSON text");
        let read = shown(&directory, &format!("{PEOPLE}/{id}"));
        for (name, value) in body.as_object().expect("an object").iter().filter(|(_, value)| !value.is_null()) {
            assert_eq!(read[name], *value, "{name}");
        }
        assert_ne!(read["Login"], "", "there is one always");
        assert_eq!(directory.persons().last().map(|person| person.number), Some(number));
    }
}

#[test]
fn what_is_wrong_with_a_person_is_named() {
    let directory = organization();
    let before = directory.log();
    for (body, code, name) in [
        (r#"{"Email":"e"}"#, "required", "Name"),
        (r#"{"Name":"N","Email":""}"#, "invalid_value", "Email"),
        (r#"{"Name":"N","Email":"e","Login":""}"#, "invalid_value", "Login"),
        (r#"{"Name":"N","Email":"e","Status":"Blocked"}"#, "invalid_value", "Status"),
        (r#"{"Name":"N","Email":"e","Status":1}"#, "invalid_value", "Status"),
        (r#"{"Name":"N","Email":"e","Id":"x"}"#, "unsupported", "Id"),
        (r#"{"Name":"N","Email":"e","CustomAttributes":{}}"#, "unsupported", "CustomAttributes"),
    ] {
        assert_eq!(fault(&send(&directory, "POST", PEOPLE, body)), (code.into(), name.into()), "{body}");
    }
    let long = format!(r#"{{"Name":"N","Email":"e","Phone":"{}"}}"#, "1".repeat(101));
    assert_eq!(fault(&send(&directory, "POST", PEOPLE, &long)), ("invalid_value".into(), "Phone".into()));
    for (body, code, name) in [
        (r#"{"Email":""}"#, "invalid_value", "Email"),
        (r#"{"Email":null}"#, "required", "Email"),
        (r#"{"Email":"e","Name":""}"#, "invalid_value", "Name"),
        (r#"{"Email":"e","Status":"active"}"#, "invalid_value", "Status"),
        (r#"{"Email":"e","Login":"other"}"#, "invalid_value", "Login"),
        (r#"{"Email":"e","Id":"00000000-0000-4000-8000-000000000002"}"#, "invalid_value", "Id"),
        (r#"{"Email":"e","Id":"x"}"#, "invalid_value", "Id"),
    ] {
        let reply = send(&directory, "PUT", &format!("{PEOPLE}/{JOSEPH}"), body);
        assert_eq!(fault(&reply), (code.into(), name.into()), "{body}");
    }
    assert_eq!(directory.log(), before, "nothing was made or changed");
}

#[test]
fn what_was_read_can_be_written_back() {
    let directory = organization();
    let before = directory.log();
    for id in [JOSEPH, MARY, JOHN, OTHER_JOHN, BANNED] {
        let target = format!("{PEOPLE}/{id}");
        let read = shown(&directory, &target);
        assert_eq!(send(&directory, "PUT", &target, &read.to_string()).status, 204, "{read}");
    }
    assert_eq!(directory.log(), before, "nothing has changed");
}

#[test]
fn what_is_repeated_is_judged_when_it_is_changed() {
    // Who reads sees what was; who changes finds what is.
    let (before, directory) = (organization(), organization());
    let edit =
        PersonRecord { account_status: Some(AccountStatus::Blocked), email: Some(String::new()), ..Default::default() };
    let key = PersonKey::Id(JOSEPH.parse().expect("a UUID"));
    directory.edit_person(&By::system(NOW), &key, &edit, None).expect("changed");
    let core = Core { directory: &before, ..directory.core(NOW) };
    let put = |body: &str| {
        let headers = [("Authorization", "OAuth2 good"), ("Content-Type", "application/json")];
        testkit::exchange(&Rm::new(), core, "PUT", &format!("{PEOPLE}/{JOSEPH}"), &headers, body.as_bytes())
    };
    let wrong = |name: &str| ("invalid_value".to_owned(), name.to_owned());
    assert_eq!(fault(&put(r#"{"Email":"j@example.com","Status":"Active"}"#)), wrong("Status"));
    assert_eq!(put(r#"{"Email":"","Status":"Blocked"}"#).status, 204, "there is no e-mail now");
    assert_eq!(put(r#"{"Email":"j@example.com","Status":"Blocked"}"#).status, 204);
    assert_eq!(fault(&put(r#"{"Email":""}"#)), wrong("Email"), "there is one again");
}

#[test]
fn who_is_deleted_leaves_groups_behind() {
    let directory = organization();
    assert_eq!(send(&directory, "DELETE", &format!("{PEOPLE}/{MARY}"), "").status, 204);
    assert_eq!(shown(&directory, &format!("{GROUPS}/{AUDIT}"))["Responsible"], "");
    assert_eq!(shown(&directory, &format!("{GROUPS}/{IT}/members/count")), json!(1));
}
