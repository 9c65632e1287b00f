//! Groups, and what holds for every representation: entity tags, conditions, merge patches, requests done once.

use super::{Api, person};
use serde_json::json;

const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

#[actix_web::test]
async fn a_group_is_made_changed_and_deleted() {
    let api = Api::new();
    let owner = person(&api, "olga").await;
    let new = json!({ "guid": "Chess", "name": "Chess", "owner": { "login": "OLGA" }, "tags": ["a"], "number": 7.0 });
    let made = api.ask("POST", "/groups", Some(new.clone())).await.is(201, "");
    assert_eq!((made.header("location"), made.json()["number"].as_i64()), (Some("/admin/v1/groups/7"), Some(7)));
    assert_eq!((&made.json()["guid"], &made.json()["owner"]), (&"chess".into(), &json!({ "number": owner })));
    let tag = made.header("etag").expect("a tag").to_owned();
    for path in ["/groups/7", "/groups/guid:CHESS", &format!("/groups/{}", made.json()["id"].as_str().expect("an id"))]
    {
        let got = api.get(path).await.is(200, "");
        assert_eq!((got.json(), got.header("etag")), (made.json(), Some(tag.as_str())), "{path}");
    }
    let membership = api.get("/groups/7/members/login:olga").await.is(200, "").json();
    assert_eq!((&membership["state"], &membership["scope"]), (&"member".into(), &"admin".into()));
    api.ask("POST", "/groups", Some(new)).await.is(409, "in-use");

    // What is said changes, null empties, and metadata is merged.
    let patch = json!({ "name": "Schach", "tags": null, "metadata": { "a": { "b": 1, "c": 2 } } });
    let changed = api.ask("PATCH", "/groups/7", Some(patch)).await.is(200, "");
    assert_eq!((&changed.json()["name"], &changed.json()["tags"]), (&"Schach".into(), &json!([])));
    let merged = api.send("PATCH", "/groups/7", &[PATCH], r#"{"metadata":{"a":{"b":null},"d":3}}"#).await.is(200, "");
    assert_eq!(merged.json()["metadata"], json!({ "a": { "c": 2 }, "d": 3 }));
    assert_ne!(merged.header("etag"), Some(tag.as_str()));
    // What was read can be sent back.
    api.ask("PATCH", "/groups/7", Some(merged.json())).await.is(200, "");
    for (patch, status, kind) in [
        (json!({ "number": 8 }), 409, "immutable"),
        (json!({ "owner": null }), 409, "immutable"),
        (json!({ "owner": { "login": "nobody" } }), 409, "unknown-reference"),
        (json!({ "type": "password" }), 409, "password-required"),
        (json!({ "type": null }), 422, "invalid-body"),
        (json!({ "member": 3 }), 422, "invalid-body"),
    ] {
        api.ask("PATCH", "/groups/7", Some(patch)).await.is(status, kind);
    }
    // A new owner becomes an admin; one who is banned does not become the owner.
    let (next, banned) = (person(&api, "ned").await, person(&api, "bob").await);
    api.ask("PATCH", "/groups/7", Some(json!({ "owner": { "number": next } }))).await.is(200, "");
    let membership = api.get("/groups/7/members/login:ned").await.is(200, "").json();
    assert_eq!((&membership["state"], &membership["scope"]), (&"member".into(), &"admin".into()));
    api.ask("POST", &format!("/groups/7/members/{banned}/ban"), None).await.is(200, "");
    let problem = api.ask("PATCH", "/groups/7", Some(json!({ "owner": { "number": banned } }))).await;
    let problem = problem.is(409, "step-refused").json();
    assert_eq!((&problem["field"], &problem["reason"]), (&"owner".into(), &"banned".into()));
    api.ask("POST", &format!("/groups/7/members/{next}/ban"), None).await.is(409, "step-refused");
    api.ask("PATCH", "/groups/7", Some(json!({ "type": "password", "password": "sesame" }))).await.is(200, "");
    assert!(api.oracle.has_password(7, "sesame"));

    api.ask("DELETE", "/groups/7", None).await.is(204, "");
    for (method, body) in [("GET", None), ("DELETE", None), ("PATCH", Some(json!({})))] {
        api.ask(method, "/groups/7", body).await.is(404, "no-such-group");
    }
}

#[actix_web::test]
async fn conditions_are_heeded() {
    let api = Api::new();
    let path = "/groups/guid:supergroup";
    let tag = api.get(path).await.header("etag").expect("a tag").to_owned();
    let json = ("content-type", "application/json");
    for (condition, value, status) in [
        ("if-none-match", tag.as_str(), 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "\"x\"", 200),
        ("if-match", &tag, 200),
        ("if-match", "*", 200),
        ("if-match", "\"x\"", 412),
        ("if-match", &format!("W/{tag}"), 412),
    ] {
        let reply = api.send("GET", path, &[(condition, value)], "").await;
        assert_eq!((reply.status, reply.text.is_empty()), (status, status == 304), "{condition} {value}");
    }
    for (condition, value) in [("if-match", "\"x\""), ("if-none-match", "*"), ("if-none-match", &tag)] {
        let reply = api.send("PATCH", path, &[json, (condition, value)], "{\"name\":\"x\"}").await;
        reply.is(412, "precondition-failed");
        api.send("DELETE", path, &[(condition, value)], "").await.is(412, "precondition-failed");
    }
    assert_eq!(api.get(path).await.header("etag"), Some(tag.as_str()), "nothing was done");
    let changed = api.send("PATCH", path, &[json, ("if-match", &tag)], "{\"name\":\"x\"}").await.is(200, "");
    api.send("DELETE", path, &[("if-match", &tag)], "").await.is(412, "precondition-failed");
    let post = "/groups/guid:supergroup/members/uid:superhero2/kick";
    api.send("POST", post, &[("if-match", "*")], "").await.is(412, "precondition-failed");
    let tag = changed.header("etag").expect("a tag").to_owned();
    api.send("DELETE", path, &[("if-match", &tag)], "").await.is(204, "");
    api.send("GET", path, &[("if-match", &tag)], "").await.is(404, "no-such-group");
    // A head is a get without its body.
    let head = api.send("HEAD", "/groups", &[], "").await.is(200, "");
    assert_eq!(head.header("etag"), api.get("/groups").await.header("etag"));
}

#[actix_web::test]
async fn a_post_with_a_key_is_done_once() {
    let api = Api::new();
    let fields = [("content-type", "application/json"), ("idempotency-key", "\"once\"")];
    let made = api.send("POST", "/groups", &fields, "{\"name\":\"a\"}").await.is(201, "");
    assert_eq!(made.header("idempotency-replayed"), None);
    let bare = [fields[0], ("idempotency-key", "once")];
    for fields in [fields, bare] {
        let again = api.send("POST", "/groups", &fields, "{\"name\":\"a\"}").await.is(201, "");
        assert_eq!((again.json(), again.header("location")), (made.json(), made.header("location")));
        assert_eq!((again.header("idempotency-replayed"), again.header("etag")), (Some("true"), made.header("etag")));
    }
    assert_eq!(api.oracle.groups().len(), 2);
    api.send("POST", "/groups", &fields, "{\"name\":\"b\"}").await.is(422, "key-reused");
    api.send("POST", "/persons", &fields, "{\"name\":\"a\"}").await.is(422, "key-reused");
    // What was refused by the core is kept too; what was refused before it was asked is not.
    let other = [fields[0], ("idempotency-key", "other")];
    api.send("POST", "/groups", &other, "{\"nmae\":\"b\"}").await.is(422, "invalid-body");
    let taken = format!("{{\"number\":{}}}", made.json()["number"]);
    api.send("POST", "/groups", &other, &taken).await.is(409, "in-use");
    api.ask("DELETE", &format!("/groups/{}", made.json()["number"]), None).await.is(204, "");
    api.send("POST", "/groups", &other, &taken).await.is(409, "in-use");
    for bad in ["", "a b", &"x".repeat(256)] {
        let fields = [fields[0], ("idempotency-key", bad)];
        api.send("POST", "/groups", &fields, "{}").await.is(400, "bad-header");
    }
}
