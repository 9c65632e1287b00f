//! Persons.

use super::{Api, person};
use access::Vault;
use serde_json::json;

#[actix_web::test]
async fn a_person_is_made_changed_and_deleted() {
    let api = Api::new();
    let new = json!({ "login": "Jane", "hourly_rate": "22.50", "metadata": { "a": [1] }, "presence": "available" });
    let made = api.ask("POST", "/persons", Some(new)).await.is(201, "");
    let number = made.json()["number"].as_i64().expect("a number");
    assert_eq!(made.header("location"), Some(format!("/admin/v1/persons/{number}").as_str()));
    assert_eq!((&made.json()["uid"], &made.json()["hourly_rate"]), (&"jane".into(), &"22.5".into()));
    let path = "/persons/login:JANE";
    assert_eq!(api.get(path).await.json(), made.json());
    let patch = json!({ "city": "Ulm", "account_status": "blocked", "last_active_at": 7, "updated_at": 1 });
    let changed = api.ask("PATCH", path, Some(patch)).await.is(200, "").json();
    assert_eq!((&changed["city"], &changed["last_active_at"]), (&"Ulm".into(), &7.into()));
    assert!(changed["updated_at"].as_i64() > Some(1), "only we say that");
    let changed = api.ask("PATCH", path, Some(json!({ "city": null, "last_active_at": null }))).await.json();
    assert_eq!((&changed["city"], &changed["last_active_at"]), (&"".into(), &json!(null)));
    for (patch, field) in [
        (json!({ "hourly_rate": 22.501 }), "hourly_rate"),
        (json!({ "earnings_6_months": -1 }), "earnings_6_months"),
        (json!({ "hourly_rate": true }), "hourly_rate"),
        (json!({ "hourly_rate": null }), "hourly_rate"),
        (json!({ "hourly_rate": "1.500" }), "hourly_rate"),
        (json!({ "freelancer": "yes" }), "freelancer"),
        (json!({ "login": "" }), "login"),
        (json!({ "tags": vec!["x"; 26] }), "tags"),
        (json!({ "metadata": [] }), "metadata"),
        (json!({ "name": "a\0" }), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": null }), "name"),
        (json!({ "uid": "app_system" }), "uid"),
    ] {
        let problem = api.ask("PATCH", path, Some(patch)).await.is(422, "invalid-body").json();
        assert_eq!(problem["errors"][0]["field"], field);
    }
    api.ask("PATCH", path, Some(json!({ "login": "john" }))).await.is(409, "immutable");
    for (body, field) in [(json!({ "login": "jANE" }), "login"), (json!({ "number": number }), "number")] {
        let problem = api.ask("POST", "/persons", Some(body)).await.is(409, "in-use").json();
        assert_eq!(problem["field"], field);
    }
    let problem =
        api.ask("POST", "/persons", Some(json!({ "uid": "APP_system" }))).await.is(422, "invalid-body").json();
    assert_eq!(problem["errors"][0]["field"], "uid");
    api.ask("POST", "/persons", Some(json!({ "name": "" }))).await.is(422, "invalid-body");
    let made = api.ask("POST", "/persons", Some(json!({ "login": "app_system" }))).await.is(201, "").json();
    assert_eq!(made["uid"], "app_system-2", "who stands for the application is nobody");
    api.ask("DELETE", path, None).await.is(204, "");
    api.get(path).await.is(404, "no-such-person");
    api.get(&format!("/persons/{number}/memberships")).await.is(404, "no-such-person");
    let problem = api.ask("POST", "/persons", Some(json!({ "number": number }))).await.is(409, "in-use").json();
    assert_eq!(
        (&problem["field"], problem["detail"].as_str().map(|told| told.contains("deleted"))),
        (&"number".into(), Some(true))
    );
}

#[actix_web::test]
async fn money_is_taken_as_a_text_and_as_a_number_and_never_rounded() {
    let api = Api::new();
    person(&api, "jane").await;
    let path = "/persons/uid:jane";
    let fields = [("content-type", "application/json")];
    for (said, shown) in [
        ("22", "22.0"),
        ("22.50", "22.5"),
        ("22.500", "22.5"),
        ("2e1", "20.0"),
        ("\"22.50\"", "22.5"),
        ("999999999999.99", "999999999999.99"),
    ] {
        let body = format!("{{\"hourly_rate\":{said},\"earnings_6_months\":{said}}}");
        let json = api.send("PATCH", path, &fields, &body).await.is(200, "").json();
        assert_eq!((&json["hourly_rate"], &json["earnings_6_months"]), (&shown.into(), &shown.into()), "{said}");
        api.send("POST", "/persons", &fields, &body).await.is(201, "");
    }
    for bad in ["22.50000000000000000001", "0.28999999999999999999", "1e30", "1000000000000", "\"1e3\"", "[22]"] {
        let body = format!("{{\"hourly_rate\":{bad}}}");
        for (method, path) in [("PATCH", path), ("POST", "/persons")] {
            let problem = api.send(method, path, &fields, &body).await.is(422, "invalid-body").json();
            assert_eq!(problem["errors"][0]["field"], "hourly_rate", "{bad}");
        }
    }
}

#[actix_web::test]
async fn a_person_who_heads_a_group_stays() {
    let api = Api::new();
    let olga = person(&api, "olga").await;
    person(&api, "otto").await;
    let group = json!({ "guid": "chess", "owner": { "number": olga } });
    api.ask("POST", "/groups", Some(group)).await.is(201, "");
    api.ask("POST", "/groups/guid:chess/members/uid:otto/add", None).await.is(200, "");
    let problem = api.ask("DELETE", "/persons/uid:olga", None).await.is(409, "still-owner").json();
    assert_eq!(problem["group"], "guid:chess");
    let path = "/groups/guid:chess/members/uid:otto/set-scope";
    api.ask("POST", path, Some(json!({ "scope": "admin" }))).await.is(200, "");
    api.ask("DELETE", "/persons/uid:olga", None).await.is(204, "");
    let group = api.get("/groups/guid:chess").await.json();
    let otto = api.get("/persons/uid:otto").await.json();
    assert_eq!(group["owner"]["number"], otto["number"]);
}

#[actix_web::test]
async fn the_last_number_is_told() {
    let api = Api::new();
    api.ask("POST", "/persons", Some(json!({ "number": 9_007_199_254_740_991_i64 }))).await.is(201, "");
    api.ask("POST", "/persons", Some(json!({}))).await.is(409, "numbers-used-up");
    api.ask("POST", "/persons", Some(json!({ "number": 5 }))).await.is(201, "");
}

#[actix_web::test]
async fn a_password_is_set_and_forgotten() {
    let api = Api::new();
    person(&api, "olga").await;
    let kept = || api.oracle.password_of("olga").expect("asked").expect("a person").password;
    let path = "/persons/login:olga/password";
    let reply = api.ask("POST", path, Some(json!({ "password": "sésame 8" }))).await.is(204, "");
    assert_eq!(reply.text, "");
    assert!(kept().is_some_and(|hash| hash.is_of("sésame 8")));
    for bad in [
        json!({}),
        json!({ "password": "short" }),
        json!({ "password": "x".repeat(257) }),
        json!({ "password": "a line\nand another" }),
    ] {
        let problem = api.ask("POST", path, Some(bad.clone())).await.is(422, "invalid-body");
        assert!(!problem.text.contains("short") && !problem.text.contains("another"), "it is not told again");
        assert!(kept().is_some_and(|hash| hash.is_of("sésame 8")), "{bad}");
    }
    api.ask("POST", "/persons/login:nobody/password", Some(json!({ "password": null })))
        .await
        .is(404, "no-such-person");
    let shown = api.get("/persons/login:olga").await.is(200, "");
    assert!(!shown.text.contains("password") && !shown.text.contains("argon2"));
    api.ask("POST", path, Some(json!({ "password": null }))).await.is(204, "");
    assert_eq!(kept(), None);
}
