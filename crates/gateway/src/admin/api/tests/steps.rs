//! Steps in the lives of memberships.

use super::{Api, Reply, person};
use serde_json::{Value, json};

async fn step(api: &Api, who: &str, action: &str, query: &str, body: Option<Value>) -> Reply {
    api.ask("POST", &format!("/groups/guid:chess/members/uid:{who}/{action}{query}"), body).await
}

/// A group of this type with an owner, an admin and a moderator, and others outside.
async fn chess(kind: &str) -> Api {
    let api = Api::new();
    for login in ["owner", "admin", "moderator", "other", "another"] {
        person(&api, login).await;
    }
    let group = json!({ "guid": "chess", "type": kind, "password": "sesame", "owner": { "uid": "owner" } });
    api.ask("POST", "/groups", Some(group)).await.is(201, "");
    for scope in ["admin", "moderator"] {
        let taken = step(&api, scope, "add", "", Some(json!({ "scope": scope }))).await.is(200, "").json();
        assert_eq!((&taken["changed"], &taken["membership"]["scope"]), (&json!(true), &json!(scope)));
    }
    api
}

/// Where the membership stands.
async fn state(api: &Api, who: &str) -> String {
    let reply = api.get(&format!("/groups/guid:chess/members/uid:{who}")).await;
    if reply.status == 404 { reply.kind() } else { reply.json()["state"].as_str().expect("a state").to_owned() }
}

#[actix_web::test]
async fn every_step_can_be_taken() {
    let api = chess("public").await;
    assert_eq!(state(&api, "other").await, "no-such-membership");
    for (who, action, body, after) in [
        ("other", "ask", None, "pending"),
        ("other", "withdraw", None, "no-such-membership"),
        ("other", "ask", None, "pending"),
        ("other", "reject", None, "no-such-membership"),
        ("other", "ask", None, "pending"),
        ("other", "approve", None, "member"),
        ("other", "set-scope", Some(json!({ "scope": "moderator" })), "member"),
        ("other", "kick", None, "no-such-membership"),
        ("other", "join", Some(json!({})), "member"),
        ("other", "leave", None, "no-such-membership"),
        ("other", "ban", None, "banned"),
        ("other", "unban", None, "no-such-membership"),
        ("other", "add", Some(json!({ "scope": "participant" })), "member"),
        ("other", "transfer-ownership", None, "member"),
    ] {
        let taken = step(&api, who, action, "", body).await.is(200, "").json();
        assert_eq!((&taken["changed"], &taken["person"]["uid"]), (&json!(true), &json!(who)), "{action}");
        assert_eq!(state(&api, who).await, after, "{action}");
        assert_eq!(taken["membership"].is_null(), after == "no-such-membership", "{action}");
    }
    let other = api.get("/persons/uid:other").await.json();
    assert_eq!(api.get("/groups/guid:chess").await.json()["owner"]["number"], other["number"]);
    let log = api.oracle.log();
    let asked = log.iter().find(|entry| entry.action == "ask").expect("logged");
    assert_eq!((asked.actor, asked.credential), (other["number"].as_i64(), Some(1)), "taken as the person, by the key");
    let banned = log.iter().find(|entry| entry.action == "ban").expect("logged");
    assert_eq!((banned.actor, banned.credential), (None, Some(1)), "taken as the system, by the key");
}

#[actix_web::test]
async fn steps_are_refused_by_name() {
    let api = chess("private").await;
    for (who, action, query, status, kind, reason) in [
        ("admin", "add", "", 409, "step-refused", "already_member"),
        ("other", "approve", "", 409, "step-refused", "not_asked"),
        ("other", "kick", "", 409, "step-refused", "not_member"),
        ("other", "unban", "", 409, "step-refused", "not_banned"),
        ("other", "join", "", 409, "step-refused", "join_not_allowed"),
        ("owner", "leave", "", 409, "step-refused", "owner"),
        ("admin", "kick", "?as=uid:moderator", 403, "not-allowed", "scope_too_high"),
        ("other", "ban", "?as=uid:another", 403, "not-allowed", "only_moderator"),
        ("other", "add", "?as=uid:moderator", 403, "not-allowed", "only_admin"),
        ("admin", "transfer-ownership", "?as=uid:admin", 403, "not-allowed", "only_owner"),
        ("admin", "kick", "?as=uid:admin", 403, "not-allowed", "not_oneself"),
    ] {
        let problem = step(&api, who, action, query, None).await.is(status, kind).json();
        assert_eq!(problem["reason"], reason, "{action}");
    }
    step(&api, "other", "ban", "?as=uid:moderator", None).await.is(200, "");
    let entry = api.oracle.log().pop().expect("an entry");
    let moderator = api.get("/persons/uid:moderator").await.json();
    assert_eq!((entry.action.as_str(), entry.actor), ("ban", moderator["number"].as_i64()));
    step(&api, "other", "ban", "?as=uid:nobody", None).await.is(404, "no-such-person");
    step(&api, "nobody", "ask", "", None).await.is(404, "no-such-person");
    step(&api, "nobody", "kick", "", None).await.is(404, "no-such-person");
    api.ask("POST", "/groups/1/members/uid:other/ask", None).await.is(404, "no-such-group");
    step(&api, "other", "ask", "?as=uid:owner", None).await.is(400, "bad-parameter");
    step(&api, "other", "set-scope", "", Some(json!({}))).await.is(422, "invalid-body");
}

#[actix_web::test]
async fn a_password_opens_the_group() {
    let api = chess("password").await;
    for (body, reason) in [(None, "password_missing"), (Some(json!({ "password": "x" })), "password_wrong")] {
        let problem = step(&api, "other", "join", "", body).await.is(403, "not-allowed").json();
        assert_eq!(problem["reason"], reason);
    }
    step(&api, "other", "join", "", Some(json!({ "password": "sesame" }))).await.is(200, "");
}

#[actix_web::test]
async fn lists_of_steps_are_taken_together_or_alone() {
    let api = chess("private").await;
    let path = "/groups/guid:chess/members";
    let steps = json!([
        { "action": "add", "person": "uid:other", "scope": "moderator" },
        { "action": "kick", "person": "uid:nobody" },
        { "action": "ban", "person": "uid:other" },
        { "action": "set_scope", "person": "uid:other", "scope": "admin" },
    ]);
    let problem = api.ask("POST", path, Some(json!({ "steps": steps }))).await.is(409, "unknown-reference").json();
    assert_eq!((&problem["entry"], &problem["field"]), (&1.into(), &"steps[1].person".into()));
    assert_eq!(state(&api, "other").await, "no-such-membership", "nothing was done");
    let alone = api.ask("POST", path, Some(json!({ "steps": steps, "together": false }))).await.is(200, "").json();
    let items = alone["items"].as_array().expect("items");
    let changed: Vec<bool> = items.iter().map(|item| item["changed"] == json!(true)).collect();
    assert_eq!(changed, [true, false, true, false]);
    assert_eq!(items[1]["problem"]["type"], "/admin/v1/problems/unknown-reference");
    assert_eq!(items[3]["problem"]["reason"], "not_member");
    assert_eq!(state(&api, "other").await, "banned");
    let one = json!({ "steps": [{ "action": "unban", "person": "uid:other" }] });
    let problem =
        api.ask("POST", &format!("{path}?as=uid:another"), Some(one.clone())).await.is(403, "not-allowed").json();
    assert_eq!((&problem["entry"], &problem["reason"]), (&0.into(), &"only_moderator".into()));
    api.ask("POST", &format!("{path}?as=uid:moderator"), Some(one)).await.is(200, "");
    for (body, field) in [
        (json!({ "steps": [] }), "steps"),
        (json!({ "steps": [{ "action": "ask", "person": "uid:other" }] }), "steps[0].action"),
        (json!({ "steps": [{ "action": "kick", "person": "other" }] }), "steps[0].person"),
        (json!({ "steps": [{ "action": "kick", "person": "uid:other", "scope": "admin" }] }), "steps[0].scope"),
        (json!({ "steps": vec![json!({ "action": "kick", "person": "1" }); 1_001] }), "steps"),
    ] {
        let problem = api.ask("POST", path, Some(body)).await.is(422, "invalid-body").json();
        assert_eq!(problem["errors"][0]["field"], field);
    }
}
