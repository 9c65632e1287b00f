//! No field gets lost on the way.

use super::*;

/// What of a record of the export, as JSON, differs in every field from what is made when nothing is said.
fn full_person(number: i64, other: bool) -> serde_json::Value {
    let text = |field: &str| format!("{field} {number} {other}");
    serde_json::json!({
        "kind": "person", "number": number, "id": format!("6fe49ce4-56d4-475f-9483-{number:012}"),
        "uid": format!("u{number}"), "login": format!("Login {number}"), "name": text("name"),
        "business_name": text("business"), "tag_line": text("tag, \"line\""), "description": text("a\nb"),
        "email": text("email"), "phone": text("phone"), "additional_information": text("info"),
        "hourly_rate": if other { "1.75" } else { "22.25" }, "city": text("city"), "state": text("state"),
        "country": text("country"), "category": text("category"),
        "earnings_6_months": if other { "7.25" } else { "9.25" }, "feedback_6_months": 5 + i64::from(other),
        "positive_feedback_6_months": 3 + i64::from(other), "overview": text("overview"), "avatar": text("avatar"),
        "link": text("link"), "metadata": { "k": text("metadata") }, "tags": [text("tag")], "role": text("role"),
        "status_message": text("status"), "freelancer": other, "individual": other,
        "account_status": if other { "blocked" } else { "no_access" },
        "presence": if other { "offline" } else { "available" }, "last_active_at": 11 + i64::from(other),
        "created_at": 13 + i64::from(other), "updated_at": 15 + i64::from(other),
    })
}

fn full_group(number: i64, other: bool) -> serde_json::Value {
    let text = |field: &str| format!("{field} {number} {other}");
    serde_json::json!({
        "kind": "group", "number": number, "id": format!("6fe49ce4-56d4-475f-9483-{number:012}"),
        "guid": format!("g{number}"), "name": text("name"), "description": text("description"),
        "type": if other { "password" } else { "private" }, "owner": { "number": 1 + i64::from(other) },
        "sponsor": text("sponsor"), "criteria": text("criteria"), "icon": text("icon"), "page": text("page"),
        "email": text("email"), "additional_information": text("info"), "metadata": { "k": text("metadata") },
        "tags": [text("tag")], "created_at": 13 + i64::from(other), "updated_at": 15 + i64::from(other),
    })
}

/// The same without what only the other lines say.
fn only(record: &serde_json::Value, fields: &[&str]) -> serde_json::Value {
    let mut record = record.clone();
    if let Some(object) = record.as_object_mut() {
        object.retain(|key, _| fields.contains(&key.as_str()));
    }
    record
}

fn jsons(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// A field that one of the many lists of fields forgets would be lost without a word.
#[test]
fn every_field_survives() {
    use membership::record::{GroupRecord, MembershipRecord, PersonRecord};
    let people = [full_person(1, false), full_person(2, true)];
    let groups = [full_group(1, false), full_group(2, true)];
    let memberships = [
        serde_json::json!({
            "kind": "membership", "group": { "number": 1 }, "person": { "number": 1 }, "state": "member",
            "scope": "admin", "asked_at": 5, "joined_at": 6, "joined_by": { "number": 2 }, "scope_changed_at": 7,
            "scope_changed_by": { "number": 1 },
        }),
        serde_json::json!({
            "kind": "membership", "group": { "number": 2 }, "person": { "number": 1 }, "state": "banned",
            "scope": "moderator", "asked_at": 5, "scope_changed_at": 7, "scope_changed_by": { "number": 1 },
            "banned_at": 8, "banned_by": { "number": 1 },
        }),
    ];
    // Every field is said somewhere.
    let said = |records: &[serde_json::Value], fields: &[&str]| {
        for field in fields {
            assert!(records.iter().any(|record| record.get(field).is_some()), "{field}");
        }
    };
    said(&people[..1], PersonRecord::FIELDS);
    said(&groups[..1], GroupRecord::FIELDS);
    said(&memberships, MembershipRecord::FIELDS);
    let all: Vec<_> = people.iter().chain(&groups).chain(&memberships).cloned().collect();
    let lines = |records: &[serde_json::Value]| records.iter().map(|r| format!("{r}\n")).collect::<String>();
    for store in stores() {
        // NDJSON there and back.
        let report = import(&store, &lines(&all));
        assert!(report.applied, "{:?}", report.bad);
        let mut found = jsons(&ndjson(&store));
        // What is as it is made is left out.
        let mut expected = all.clone();
        for default in ["freelancer", "individual", "presence"] {
            expected[1].as_object_mut().expect("an object").remove(default);
        }
        assert_eq!(found, expected);
        // CSV likewise, and each field that changes alone is changed alone.
        let tables = RecordKind::ALL.map(|kind| export(&store, ExportFormat::Csv(kind), None));
        let other = open("sqlite::memory:");
        let options = ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(NOW) };
        let report = import_as(&other, &tables.each_ref().map(String::as_str), options);
        assert!(report.applied, "{:?}", report.bad);
        assert_eq!(ndjson(&other), ndjson(&store));
        for (at, fields, changed, names) in [
            (0, PersonRecord::FIELDS, full_person(1, true), ["number", "id", "uid", "login"].as_slice()),
            (2, GroupRecord::FIELDS, full_group(1, true), ["number", "id", "guid"].as_slice()),
        ] {
            for field in fields.iter().filter(|field| !names.contains(field)) {
                let line = only(&changed, &["kind", "number", "updated_at", field]);
                assert!(import(&store, &line.to_string()).applied);
                found[at]["updated_at"] = 16.into();
                found[at][field] = changed[field].clone();
                let now = jsons(&ndjson(&store));
                for field in fields.iter().filter(|field| now[at].get(field).is_some()) {
                    assert_eq!(now[at][field], found[at][field], "{field}");
                }
            }
        }
    }
    // Two lines about one row: what either of them alone says is kept, new or not.
    for store in stores() {
        for round in 0..2 {
            for (kind, fields, full) in [
                ("person", PersonRecord::FIELDS, full_person as fn(i64, bool) -> serde_json::Value),
                ("group", GroupRecord::FIELDS, full_group),
            ] {
                let whole = full(1, round == 1);
                let (even, odd): (Vec<_>, Vec<_>) = fields.iter().enumerate().partition(|(at, _)| at % 2 == 0);
                let half = |fields: Vec<(usize, &&str)>| {
                    let names = fields.into_iter().map(|(_, name)| *name).chain(["kind", "number", "uid", "guid"]);
                    only(&whole, &names.collect::<Vec<_>>())
                };
                let people = format!("{}\n{}\n", full_person(1, round == 1), full_person(2, false));
                let people = if kind == "group" { people } else { String::new() };
                let (first, second) = (half(even), half(odd));
                // The first line makes the row, so it brings all identifiers.
                let mut first = first;
                for name in ["id", "login"] {
                    if let Some(value) = whole.get(name) {
                        first[name] = value.clone();
                    }
                }
                let report = import(&store, &format!("{people}{first}\n{second}\n"));
                assert!(report.applied, "{:?}", report.bad);
                let found = jsons(&ndjson(&store));
                let found = found.iter().find(|r| r["kind"] == kind && r["number"] == 1).expect("is there");
                for field in fields {
                    let default = matches!(*field, "freelancer" | "individual" | "presence") && round == 1;
                    assert!(default || found.get(field) == whole.get(field), "{kind} {field}: {found}");
                }
            }
        }
    }
}
