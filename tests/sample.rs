//! The members in the examples of the vendors' documents come out of the real program field by field as printed
//! there. Totals, cursor and order are our own, and so is Jane Doe's Id: the RM document prints John Smith's twice.

use crate::support::gateway::{Database, Gateway};
use crate::support::keys::{Dialect, Keys};
use membership::sample::NDJSON;
use serde_json::Value;

fn each(check: impl Fn(&Gateway, &Keys)) {
    for database in Database::both() {
        database.import(NDJSON);
        let gateway = Gateway::serve(&database);
        let keys = Keys::make(&database, &gateway, "synapseindia");
        check(&gateway, &keys);
    }
}

#[test]
fn elance() {
    each(|gateway, keys| {
        // The token in the query, as every client of the time sends it.
        let target = format!("/api2/groups/1116/members?access_token={}", keys.elance);
        let response = gateway.client().get(&target, &[]);
        let text = response.text();
        let head = r#"{"data":{"groupMembers":{"groupId":"1116","totalMembers":""#;
        assert!(text.starts_with(head), "{text}");
        assert!(text.contains(r#"","allMembers":"","totalPages":"#), "{text}");
        assert!(text.contains(r#","page":1,"numResults":8,"pageResults":{"0":{"#), "{text}");
        assert!(
            text.contains(concat!(
                r#""0":{"userId":"300723","userName":"synapseindia","businessName":"SynapseIndia","#,
                r#""tagLine":"I.T. Outsourcing @ Peace of Mind (R)","hourlyRate":"20.0","city":"New Delhi","#,
                r#""state":"New Delhi","country":"India","earnings6Months":"942985.0","feedback6Months":"92","#,
                r#""posFeedback6Months":"95","category":"IT & Programming","logo":"","providerProfileURL":""}"#
            )),
            "{text}"
        );
        assert!(
            text.contains(concat!(
                r#""7":{"userId":"2112878","userName":"InsideMediaCommunication","#,
                r#""businessName":"Inside Media Communication - Keep IT simple","#,
                r#""tagLine":"WordPress | Joomla | Drupal | Magento | Mobile App","hourlyRate":"20.0","#,
                r#""city":"Bucharest","state":"Bucharest","country":"Romania","earnings6Months":"196868.0","#,
                r#""feedback6Months":"36","posFeedback6Months":"100","category":"IT & Programming","logo":"","#,
                r#""providerProfileURL":""}}}}}"#
            )),
            "{text}"
        );
        assert_eq!(response.header("content-type"), Some("application/json"));
    });
}

#[test]
fn rm() {
    each(|gateway, keys| {
        let path = "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members";
        let filter = "$filter=Login%20in%20('jsmith','jhoffman','janedoe')";
        let response = keys.get(&mut gateway.client(), Dialect::Rm, &format!("{path}?{filter}"), &[]);
        let text = response.text();
        let start = concat!(
            r#"[{"Id":"6fe49ce4-56d4-475f-9483-1adca6b2976c","Name":"John Smith","#,
            r#""Description":"Employee - HR department","Email":"jsmith@abccompany.com","#,
            r#""Phone":"+1 (646) 555-0000","AdditionalInformation":"HR manager","Login":"jsmith","Status":"Active"},"#,
            r#"{"Id":"63e5fe02-5773-4a49-ba13-22506f022316","Name":"James Hoffman","#,
            r#""Description":"Employee – Security","Email":"jhoffman@example.com","#,
            r#""Phone":"+1 (646) 555-0000","AdditionalInformation":"Night shift","Login":"jhoffman","#,
            r#""Status":"NoAccess"},{"Id":""#
        );
        let end = concat!(
            r#"","Name":"Jane Doe","Description":"Employee – Marketing department","Email":"jdoe@example.com","#,
            r#""Phone":"+1 (646) 555-0000","AdditionalInformation":"Marketing manager","Login":"janedoe","#,
            r#""Status":"Blocked"}]"#
        );
        assert!(text.starts_with(start) && text.ends_with(end), "{text}");
        assert_eq!(text.len(), start.len() + 36 + end.len());
        assert_eq!(response.header("x-total-count"), Some("3"));
        // The document's own example of a filter.
        let jane =
            keys.get(&mut gateway.client(), Dialect::Rm, &format!("{path}?$filter=substringof(Name,'Jane')"), &[]);
        assert!(jane.text().contains(r#""Name":"Jane Doe""#), "{}", jane.text());
    });
}

#[test]
fn cometchat() {
    each(|gateway, keys| {
        let target = "/v3/groups/supergroup/members?searchKey=superhero";
        let seen_by_four = [("onBehalfOf", "superhero4")];
        let json = keys.get(&mut gateway.client(), Dialect::CometChat, target, &seen_by_four).json();
        let avatar = |name: &str| format!("https://data-us.cometchat.io/assets/images/avatars/{name}.png");
        let mut printed = serde_json::json!([
            {
                "uid": "superhero2", "name": "Captain America", "avatar": avatar("captainamerica"),
                "status": "offline", "role": "default", "scope": "participant", "joinedAt": 1_638_360_106,
                "createdAt": 1_629_869_270, "updatedAt": 1_630_308_676,
                "conversationId": "superhero2_user_superhero4",
            },
            {
                "uid": "superhero3", "name": "Captain America", "link": "https://data-us.cometchat.io/assets",
                "avatar": avatar("captainamerica"), "metadata": {"contactNumber": "0123456789"},
                "status": "offline", "role": "default", "scope": "participant", "joinedAt": 1_638_360_106,
                "createdAt": 1_629_869_270, "updatedAt": 1_638_351_060,
                "conversationId": "superhero3_user_superhero4",
            },
            {
                "uid": "superhero5", "name": "Cyclops", "avatar": avatar("cyclops"), "status": "offline",
                "role": "default", "scope": "moderator", "joinedAt": 1_638_360_106, "createdAt": 1_629_869_270,
                "conversationId": "superhero4_user_superhero5",
            },
            {
                "uid": "superhero4", "name": "Wolverine", "avatar": avatar("wolverine"), "status": "offline",
                "role": "default", "scope": "admin", "joinedAt": 1_638_359_534, "createdAt": 1_629_869_270,
            },
        ]);
        let uid = |row: &Value| row["uid"].as_str().map(str::to_owned);
        let mut shown = json["data"].clone();
        for rows in [&mut shown, &mut printed] {
            rows.as_array_mut().expect("rows").sort_by_key(uid);
        }
        assert_eq!(shown, printed);
        assert_eq!(json["meta"]["pagination"]["total"], 4);
        assert_eq!(json["cursor"], serde_json::json!({"updatedAt": 1_629_869_270, "affix": "append"}));
        assert_eq!(json["cursor"], json["meta"]["cursor"]);
    });
}

#[test]
fn whoever_waits_or_is_banned_is_not_listed() {
    let mut states = std::collections::HashMap::new();
    for line in NDJSON.lines() {
        let record: Value = serde_json::from_str(line).expect("JSON");
        if record["kind"] == "membership" {
            *states.entry(record["state"].as_str().unwrap_or("member").to_owned()).or_insert(0_u64) += 1;
        }
    }
    assert!(states["pending"] > 0 && states["banned"] > 0, "{states:?}");
    each(|gateway, keys| {
        let path = "/v3/groups/supergroup/members?perPage=1000";
        let json = keys.get(&mut gateway.client(), Dialect::CometChat, path, &[]).json();
        assert_eq!(json["meta"]["pagination"]["total"], states["member"]);
        assert_eq!(json["data"].as_array().map(|rows| rows.len() as u64), Some(states["member"]));
    });
}
