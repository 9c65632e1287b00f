//! The change log says by which key a credential was made or revoked, a password set, and rows imported.

use crate::support::admin::Admin;
use crate::support::gateway::{Database, Gateway};
use serde_json::{Value, json};

#[test]
fn the_log_says_who_made_what() {
    for database in Database::both() {
        let gateway = Gateway::serve(&database);
        let mut admin = Admin::of(&gateway, &database);
        let changes = |admin: &mut Admin, after: u64| admin.get(&format!("/changes?after={after}")).json();
        let first = changes(&mut admin, 0);
        let (own, head) = (&first["items"][0]["subject"], first["head"].as_u64().expect("a number"));
        assert!(own.is_i64() && first["items"][0]["credential"].is_null(), "made on the command line: {first}");
        let rows = b"{\"kind\":\"person\",\"login\":\"anna\"}\n";
        let imported = admin.send("POST", "/import", &[("Content-Type", "application/x-ndjson")], rows);
        assert_eq!(imported.status, 200, "{}", imported.text());
        let made = admin.ask("POST", "/credentials", &json!({ "audience": "elance", "person": "login:anna" }));
        let id = made.json()["credential"]["id"].clone();
        assert_eq!(admin.ask("POST", &format!("/credentials/{id}/revoke"), &Value::Null).status, 200);
        let password = json!({ "password": "a long password" });
        assert_eq!(admin.ask("POST", "/persons/login:anna/password", &password).status, 204);
        let log = changes(&mut admin, head);
        let told: Vec<_> = log["items"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|entry| {
                assert_eq!(entry["credential"], *own, "{entry}");
                (entry["action"].as_str().expect("a word"), entry["subject"].clone())
            })
            .collect();
        let expected = [
            ("import", Value::Null),
            ("credential_create", id.clone()),
            ("credential_revoke", id),
            ("password_change", Value::Null),
        ];
        assert_eq!(told, expected, "{}", database.name);
    }
}
