//! Jobs, credentials and the change log.

use super::{Api, FULL, person};
use serde_json::json;

#[actix_web::test]
async fn jobs_are_posted_and_closed() {
    let api = Api::new();
    let olga = person(&api, "olga").await;
    person(&api, "otto").await;
    let new = json!({ "title": "Paint", "groups": ["guid:supergroup", "1116"] });
    let made = api.ask("POST", "/jobs?as=uid:olga", Some(new.clone())).await.is(201, "");
    let job = made.json();
    assert_eq!((&job["poster"], &job["groups"], &job["state"]), (&olga.into(), &json!([1116]), &"open".into()));
    let path = format!("/jobs/{}", job["number"]);
    assert_eq!(made.header("location"), Some(format!("/admin/v1{path}").as_str()));
    assert_eq!(api.get(&path).await.is(200, "").json(), job);
    assert_eq!(api.get("/jobs?group=1116&state=open").await.is(200, "").json(), json!({ "items": [job], "total": 1 }));
    let close = format!("{path}/close");
    api.ask("POST", &format!("{close}?as=uid:otto"), None).await.is(403, "not-allowed");
    let closed = api.ask("POST", &close, None).await.is(200, "").json();
    assert_eq!(closed["state"], "closed");
    assert_eq!(api.ask("POST", &format!("{close}?as=uid:olga"), None).await.is(200, "").json(), closed);
    assert_eq!(api.get("/jobs?group=1116&state=open").await.json()["total"], 0);
    for (body, status, kind) in [
        (json!({ "title": "x", "groups": ["guid:none"] }), 409, "unknown-reference"),
        (json!({ "title": "x", "groups": [] }), 422, "invalid-body"),
        (json!({ "title": "", "groups": ["1116"] }), 422, "invalid-body"),
    ] {
        api.ask("POST", "/jobs", Some(body)).await.is(status, kind);
    }
    api.get("/jobs").await.is(400, "bad-parameter");
    api.get("/jobs?group=guid:none").await.is(404, "no-such-group");
    api.get("/jobs/99").await.is(404, "no-such-job");
    api.ask("POST", "/jobs/99/close", None).await.is(404, "no-such-job");
}

#[actix_web::test]
async fn credentials_are_made_listed_and_revoked() {
    let api = Api::new();
    for (body, names) in [
        (json!({ "audience": "admin", "scope": "read", "note": "cron" }), &["admin_key"][..]),
        (json!({ "audience": "cometchat", "scope": "auth_only" }), &["apikey"]),
        (json!({ "audience": "elance", "person": "uid:superhero4", "expires_in": 60 }), &["access_token"]),
        (json!({ "audience": "rm" }), &["client_id", "client_secret"]),
    ] {
        let made = api.ask("POST", "/credentials", Some(body)).await.is(201, "");
        assert_eq!(made.header("cache-control"), Some("no-store"));
        let secret = made.json()["secret"].as_object().expect("secrets").clone();
        assert_eq!(secret.keys().collect::<Vec<_>>(), names);
        let id = made.json()["credential"]["id"].clone();
        let shown = api.get(&format!("/credentials/{id}")).await.is(200, "");
        assert_eq!(shown.json(), made.json()["credential"]);
        let value = secret[names[names.len() - 1]].as_str().expect("a text").to_owned();
        assert!(!shown.text.contains(&value) && !api.get("/credentials?page_size=1000").await.text.contains(&value));
        if names == ["admin_key"] {
            let mine = [("authorization", format!("Bearer {value}"))];
            let mine: Vec<(&str, &str)> = mine.iter().map(|(name, value)| (*name, value.as_str())).collect();
            api.send("GET", "/groups", &mine, "").await.is(200, "");
            api.send("DELETE", "/groups/1116", &mine, "").await.is(403, "forbidden");
            let revoked = api.ask("POST", &format!("/credentials/{id}/revoke"), None).await.is(200, "").json();
            assert!(revoked["revoked_at"].is_i64());
            api.send("GET", "/groups", &mine, "").await.is(401, "unauthorized");
        }
    }
    for (query, total) in
        [("audience=rm", 1), ("person=uid:superhero4", 1), ("audience=admin&in_force=true", 2), ("in_force=false", 1)]
    {
        assert_eq!(api.get(&format!("/credentials?{query}")).await.is(200, "").json()["total"], total, "{query}");
    }
    api.ask("POST", "/credentials/1/revoke", None).await.is(409, "own-key");
    api.ask("POST", "/credentials/99/revoke", None).await.is(404, "no-such-credential");
    let nobody = json!({ "audience": "elance", "person": "uid:nobody" });
    api.ask("POST", "/credentials", Some(nobody)).await.is(409, "unknown-reference");
    for body in [
        json!({}),
        json!({ "audience": "x" }),
        json!({ "audience": "rm", "scope": "full" }),
        json!({ "audience": "elance" }),
    ] {
        api.ask("POST", "/credentials", Some(body)).await.is(422, "invalid-body");
    }
    // A secret is not kept for whoever asks again.
    let fields = [("content-type", "application/json"), ("idempotency-key", "k")];
    api.send("POST", "/credentials", &fields, "{\"audience\":\"admin\"}").await.is(201, "");
    api.send("POST", "/credentials", &fields, "{\"audience\":\"admin\"}").await.is(409, "reply-withheld");
    assert_ne!(FULL, "");
}

#[actix_web::test]
async fn the_log_is_read_from_where_one_was() {
    let api = Api::new();
    let head = api.get("/changes?after=0&limit=1").await.is(200, "").json()["head"].as_u64().expect("a number");
    for n in 0..5 {
        person(&api, &format!("p{n}")).await;
    }
    api.ask("POST", "/groups/1116/members/login:p0/ask", None).await.is(200, "");
    let (mut after, mut actions) = (head, Vec::new());
    loop {
        let page = api.get(&format!("/changes?after={after}&limit=4")).await.is(200, "");
        let json = page.json();
        let items = json["items"].as_array().expect("items");
        actions.extend(
            items.iter().map(|item| (item["number"].as_u64(), item["action"].as_str().unwrap_or("").to_owned())),
        );
        after = json["next"].as_u64().expect("a number");
        let link = format!("</admin/v1/changes?limit=4&after={after}>; rel=\"next\"");
        assert_eq!(page.header("link"), Some(link.as_str()));
        if items.is_empty() {
            break;
        }
    }
    let expected = (1..=5).map(|n| (Some(head + n), "person_create".to_owned()));
    assert_eq!(actions[..5], expected.collect::<Vec<_>>()[..]);
    assert_eq!(actions[5..], [(Some(head + 6), "ask".to_owned())]);
    let of_group = api.get("/changes?after=0&group=guid:supergroup&limit=1000").await.is(200, "").json();
    assert!(of_group["items"].as_array().expect("items").iter().all(|item| item["group"] == 1116));
    let problem = api.get("/changes?after=999").await.is(409, "ahead-of-log").json();
    assert_eq!(problem["head"], head + 6);
    api.get("/changes?group=guid:none").await.is(404, "no-such-group");
    assert_eq!(
        api.get("/changes?group=99&wait=60").await.is(200, "").json()["items"],
        json!([]),
        "nobody waits in vain"
    );
    for bad in ["after=-1", "limit=0", "limit=1001", "wait=61"] {
        api.get(&format!("/changes?{bad}")).await.is(400, "bad-parameter");
    }
}
