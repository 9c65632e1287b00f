//! Lists: what they hold, in which order, and how one turns their pages.

use super::{Api, person};
use serde_json::{Value, json};

fn of(page: &Value, field: &str) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item.pointer(field).and_then(Value::as_str).expect("a text").to_owned()).collect()
}

#[actix_web::test]
async fn pages_lead_to_each_other() {
    let api = Api::new();
    let path = "/groups/guid:supergroup/members?page_size=100";
    let first = api.get(path).await.is(200, "");
    assert_eq!(first.json()["total"], 315);
    let link = |relation: &str, reply: &super::Reply| -> Option<String> {
        let header = reply.header("link").expect("links").to_owned();
        let wanted = format!("; rel=\"{relation}\"");
        let found = header.split(", ").find(|link| link.ends_with(&wanted))?;
        let address = found.strip_prefix('<')?.split('>').next()?;
        address.strip_prefix("/admin/v1").map(str::to_owned)
    };
    assert_eq!(link("prev", &first), None);
    let (mut seen, mut next) = (of(&first.json(), "/person/uid"), link("next", &first));
    while let Some(path) = next {
        let page = api.get(&path).await.is(200, "");
        seen.extend(of(&page.json(), "/person/uid"));
        next = link("next", &page);
    }
    assert_eq!(seen.len(), 315);
    let all = api.get("/groups/guid:supergroup/members?page_size=1000").await.json();
    assert_eq!(of(&all, "/person/uid"), seen);
    let last = api.get(&link("last", &first).expect("a last one")).await.json();
    assert_eq!(last["items"].as_array().map(Vec::len), Some(15));
    let beyond = api.get(&format!("{path}&page=9007199254740991")).await.is(200, "");
    assert_eq!((&beyond.json()["items"], link("prev", &beyond)), (&json!([]), link("last", &first)));
    for bad in ["page=0", "page_size=0", "page_size=1001", "page=9007199254740992", "page=1&page=2", "page="] {
        api.get(&format!("/groups?{bad}")).await.is(400, "bad-parameter");
    }
}

#[actix_web::test]
async fn members_are_found_by_what_they_are() {
    let api = Api::new();
    let members = "/groups/guid:supergroup/members";
    let found = |query: &'static str| {
        let api = &api;
        async move { api.get(&format!("{members}?{query}")).await.is(200, "").json() }
    };
    assert_eq!(of(&found("search=SUPERHERO&order=uid").await, "/person/uid")[..2], ["superhero2", "superhero3"]);
    assert_eq!(of(&found("search=SUPERHERO&order=-uid&page_size=1").await, "/person/uid"), ["superhero5"]);
    let admins = found("scope=admin&page_size=1000").await;
    let both = found("scope=admin&scope=moderator&page_size=1000").await;
    assert!(admins["total"].as_u64() < both["total"].as_u64() && admins["total"].as_u64() > Some(0));
    assert!(of(&admins, "/scope").iter().all(|scope| scope == "admin"));
    for state in ["pending", "banned"] {
        let these = api.get(&format!("{members}?state={state}")).await.is(200, "").json();
        assert!(of(&these, "/state").iter().all(|found| found == state));
        assert_eq!(these["total"].as_u64().map(|total| total as usize), these["items"].as_array().map(Vec::len));
    }
    api.get(&format!("{members}?state=gone")).await.is(400, "bad-parameter");
    api.get("/groups/1/members").await.is(404, "no-such-group");
}

#[actix_web::test]
async fn groups_and_persons_are_found_by_what_they_are() {
    let api = Api::new();
    let olga = person(&api, "olga").await;
    for (guid, kind, tag) in [("chess", "private", "board"), ("go", "public", "board"), ("tennis", "public", "ball")] {
        let owner = if guid == "go" { json!({ "number": olga }) } else { Value::Null };
        let group = json!({ "guid": guid, "name": guid.to_uppercase(), "type": kind, "tags": [tag], "owner": owner });
        api.ask("POST", "/groups", Some(group)).await.is(201, "");
    }
    for (query, guids) in [
        ("search=TENN", &["tennis"][..]),
        ("tag=board&order=-name", &["go", "chess"]),
        ("tag=board&tag=ball&type=public", &["go", "tennis"]),
        ("type=private", &["chess"]),
        ("owner=uid:olga", &["go"]),
        ("search=nothing", &[]),
    ] {
        assert_eq!(of(&api.get(&format!("/groups?{query}")).await.is(200, "").json(), "/guid"), guids, "{query}");
    }
    let go = api.get("/groups?search=go").await.json();
    assert_eq!(go["items"][0]["members"], 1);
    api.get("/groups?owner=uid:nobody").await.is(404, "no-such-person");

    let new = json!({ "login": "otto", "role": "Boss", "account_status": "no_access", "presence": "available" });
    api.ask("POST", "/persons", Some(new)).await.is(201, "");
    for (query, logins) in [
        ("search=OLG", &["olga"][..]),
        ("role=Boss", &["otto"]),
        ("account_status=no_access&search=otto", &["otto"]),
        ("presence=available&role=Boss", &["otto"]),
        ("presence=offline&role=Boss", &[]),
    ] {
        assert_eq!(of(&api.get(&format!("/persons?{query}")).await.is(200, "").json(), "/login"), logins, "{query}");
    }
    let of_olga = api.get("/persons/uid:olga/memberships").await.is(200, "").json();
    assert_eq!((of(&of_olga, "/group/guid"), &of_olga["total"]), (vec!["go".to_owned()], &1.into()));
    let pending = api.get("/persons/uid:olga/memberships?state=pending").await.is(200, "").json();
    assert_eq!(pending, json!({ "items": [], "total": 0 }));
}
