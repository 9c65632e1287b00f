//! What keys of lesser rights, and those that are limited to groups, may do.

use super::{Api, FULL, person};
use crate::admin::api::endpoints;
use access::Right;
use serde_json::{Value, json};

/// A key made by the API itself; gives the field of the header.
async fn key(api: &Api, more: Value) -> String {
    let mut body = json!({ "audience": "admin" });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let made = api.ask("POST", "/credentials", Some(body)).await.is(201, "");
    format!("Bearer {}", made.json()["secret"]["admin_key"].as_str().expect("a key"))
}

fn address(path: &str) -> String {
    path.replace("{group}", "99").replace("{person}", "uid:none").replace("{job}", "99").replace("{credential}", "99")
}

#[actix_web::test]
async fn every_address_takes_the_right_that_it_says() {
    let api = Api::new();
    for (scope, rights) in [
        ("read", &[Right::Read][..]),
        ("write", &[Right::Read, Right::Write]),
        ("admin", &[Right::Read, Right::Write, Right::Admin]),
        ("full", &[Right::Read, Right::Write, Right::Admin]),
    ] {
        let key = key(&api, json!({ "scope": scope })).await;
        for endpoint in endpoints() {
            let Some(needed) = endpoint.needs else { continue };
            let (method, path) = (endpoint.method.name(), address(endpoint.path));
            let reply = api.send(method, &path, &[("authorization", &key)], "").await;
            if rights.contains(&needed) {
                assert!(![401, 403].contains(&reply.status), "{scope} {method} {path}: {}", reply.text);
            } else {
                reply.is(403, "forbidden");
            }
        }
    }
    // What is not a group's, a person's membership or a job is for administrators.
    for endpoint in endpoints().filter(|endpoint| endpoint.needs == Some(Right::Write)) {
        assert!(endpoint.path.starts_with("/groups") || endpoint.path.starts_with("/jobs"), "{}", endpoint.path);
    }
}

#[actix_web::test]
async fn a_limited_key_sees_and_changes_its_groups_only() {
    let api = Api::new();
    for guid in ["chess", "go"] {
        api.ask("POST", "/groups", Some(json!({ "guid": guid, "name": guid }))).await.is(201, "");
    }
    for (login, group) in [("anna", "chess"), ("berta", "go"), ("carla", "chess"), ("carla", "go")] {
        if api.get(&format!("/persons/login:{login}")).await.status == 404 {
            person(&api, login).await;
        }
        api.ask("POST", &format!("/groups/guid:{group}/members/login:{login}/add"), None).await.is(200, "");
    }
    let job = json!({ "title": "both", "groups": ["guid:chess", "guid:go"] });
    let both = api.ask("POST", "/jobs", Some(job)).await.is(201, "").json()["number"].clone();
    let job = json!({ "title": "go", "groups": ["guid:go"] });
    let other = api.ask("POST", "/jobs", Some(job)).await.is(201, "").json()["number"].clone();
    let chess = api.get("/groups/guid:chess").await.json();
    let go = api.get("/groups/guid:go").await.json();
    let (chess_id, go_id) = (&chess["id"].as_str().expect("an id"), &go["id"].as_str().expect("an id"));
    let key = key(&api, json!({ "groups": ["guid:chess"] })).await;
    let json = ("content-type", "application/json");
    let ask = async |method: &str, path: &str, body: &str| {
        let headers = [("authorization", key.as_str()), json];
        api.send(method, path, if body.is_empty() { &headers[..1] } else { &headers }, body).await
    };
    for (path, expected) in [
        ("/groups".to_owned(), 1),
        ("/groups?search=chess".to_owned(), 1),
        ("/groups?search=o".to_owned(), 0),
        ("/groups/guid:chess/members".to_owned(), 2),
        (format!("/groups/{chess_id}/members"), 2),
        (format!("/groups/{}/members", chess["number"]), 2),
        ("/jobs?group=guid:chess".to_owned(), 1),
        ("/persons/login:carla/memberships".to_owned(), 1),
    ] {
        let page = ask("GET", &path, "").await.is(200, "").json();
        assert_eq!(page["total"], expected, "{path}");
        assert!(!page.to_string().contains("\"go\"") && !page.to_string().contains(go_id), "{path}: {page}");
    }
    assert_eq!(ask("GET", &format!("/jobs/{both}"), "").await.is(200, "").json()["groups"], json!([chess["number"]]));
    ask("GET", "/persons/login:anna", "").await.is(200, "");
    ask("GET", "/changes?group=guid:chess", "").await.is(200, "");
    // Whether it is there or not, nothing is told of what lies beyond.
    for (method, path, body) in [
        ("GET", "/groups/guid:go", ""),
        ("GET", "/groups/guid:none", ""),
        ("GET", "/groups/99999", ""),
        ("GET", &format!("/groups/{go_id}"), ""),
        ("GET", &format!("/groups/{}/members", go["number"]), ""),
        ("GET", "/groups/guid:go/members/login:carla", ""),
        ("GET", "/groups/guid:chess/members/login:berta", ""),
        ("GET", "/groups/guid:chess/members/login:nobody", ""),
        ("GET", "/persons", ""),
        ("GET", "/persons/login:berta", ""),
        ("GET", "/persons/login:nobody", ""),
        ("GET", "/persons/login:berta/memberships", ""),
        ("GET", "/groups?owner=login:berta", ""),
        ("GET", "/jobs?group=guid:go", ""),
        ("GET", &format!("/jobs/{other}"), ""),
        ("GET", "/jobs/99999", ""),
        ("GET", "/changes", ""),
        ("GET", "/changes?group=guid:go", ""),
        ("GET", "/changes?group=99999", ""),
        ("GET", "/credentials", ""),
        ("GET", "/export", ""),
        ("GET", "/export?group=guid:chess", ""),
        ("POST", "/import", ""),
        ("POST", "/groups", "{}"),
        ("PATCH", "/groups/guid:go", "{\"name\":\"x\"}"),
        ("DELETE", "/groups/guid:go", ""),
        ("POST", "/groups/guid:go/members/login:berta/kick", ""),
        ("POST", "/groups/guid:go/members", "{\"steps\":[{\"action\":\"kick\",\"person\":\"login:berta\"}]}"),
        ("POST", "/groups/guid:chess/members/login:anna/kick?as=login:berta", ""),
        ("POST", "/jobs", "{\"title\":\"x\",\"groups\":[\"guid:chess\",\"guid:go\"]}"),
        ("POST", &format!("/jobs/{both}/close"), ""),
        ("POST", "/persons", "{\"login\":\"dora\"}"),
        ("PATCH", "/persons/login:anna", "{\"name\":\"x\"}"),
        ("DELETE", "/persons/login:anna", ""),
        ("POST", "/credentials", "{\"audience\":\"admin\"}"),
        ("POST", "/credentials/1/revoke", ""),
        ("POST", "/clients", "{}"),
    ] {
        ask(method, path, body).await.is(403, "forbidden");
    }
    ask("PATCH", "/groups/guid:chess", "{\"name\":\"Chess\"}").await.is(200, "");
    ask("POST", "/groups/guid:chess/members/login:anna/set-scope", "{\"scope\":\"admin\"}").await.is(200, "");
    ask("POST", "/groups/guid:chess/members/login:carla/kick", "").await.is(200, "");
    ask("POST", "/jobs", "{\"title\":\"x\",\"groups\":[\"guid:chess\"]}").await.is(201, "");
    ask("DELETE", "/groups/guid:chess", "").await.is(204, "");
    assert_eq!(ask("GET", "/groups", "").await.is(200, "").json()["total"], 0);
    api.get("/groups/guid:go").await.is(200, "");
}

#[actix_web::test]
async fn clients_are_made_with_addresses() {
    let api = Api::new();
    let addresses = json!(["https://app.example/cb", "http://localhost:3000/"]);
    for audience in ["elance", "rm"] {
        let body = json!({ "audience": audience, "name": "An App", "redirect_uris": addresses, "scope": "read",
            "groups": ["1116", "guid:supergroup"], "expires_in": 60 });
        let made = api.ask("POST", "/clients", Some(body)).await.is(201, "");
        let shown = &made.json()["credential"];
        assert_eq!((&shown["kind"], &shown["rights"]), (&json!("client"), &json!("read")));
        assert_eq!((&shown["name"], &shown["redirect_uris"]), (&json!("An App"), &addresses));
        assert_eq!((&shown["groups"], &shown["last_used_at"]), (&json!([1116]), &json!(null)));
        assert_eq!(made.json()["secret"]["client_id"], shown["client_id"]);
        let listed = api.get(&format!("/credentials/{}", shown["id"])).await.is(200, "");
        assert_eq!(listed.json(), *shown);
    }
    for (field, value, told) in [
        ("name", json!("a\nb"), "name"),
        ("name", json!("  "), "name"),
        ("redirect_uris", json!([]), "redirect_uris"),
        ("redirect_uris", json!(["https://a.example/", "/relative"]), "redirect_uris[1]"),
        ("redirect_uris", json!(["javascript:alert(1)"]), "redirect_uris[0]"),
        ("redirect_uris", json!(["https://a.example/#x"]), "redirect_uris[0]"),
        ("scope", json!("full"), "scope"),
        ("groups", json!(["no/guid"]), "groups[0]"),
    ] {
        let mut body = json!({ "audience": "elance", "name": "An App", "redirect_uris": addresses });
        body[field] = value;
        let problem = api.ask("POST", "/clients", Some(body)).await.is(422, "invalid-body").json();
        assert_eq!(problem["errors"][0]["field"], told, "{problem}");
    }
    let nowhere = json!({ "audience": "rm", "name": "x", "redirect_uris": addresses, "groups": ["guid:none"] });
    let problem = api.ask("POST", "/clients", Some(nowhere)).await.is(409, "unknown-reference").json();
    assert_eq!(problem["field"], "groups[0]");
}

#[actix_web::test]
async fn a_key_tells_when_it_was_last_used() {
    let api = Api::new();
    api.get("/groups").await.is(200, "");
    let mine = api.get("/credentials/1").await.is(200, "").json();
    let last = mine["last_used_at"].as_i64().expect("just now");
    assert!(last % 60 == 0 && (chrono::Utc::now().timestamp() - last) < 180, "{last}");
    assert_eq!(api.get("/credentials/2").await.is(200, "").json()["last_used_at"], json!(null));
    assert_ne!(FULL, "");
}
