//! What requests ask: routes, methods, parameters, credentials, and the token exchange.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod support;

use dialect::access::{CredentialKind, Rights, Secret};
use dialect::{Action, Call, FaultCode, Parsed, Presented, Refusal};
use dialect_rm::Rm;
use membership::{GroupKey, MemberQuery, OrderBy, OrderKey, PersonFields, TextField, Window};
use support::{parse, percent_encoded};
use testkit::{MemoryDirectory, exchange};

const GROUP: &str = "6fe49ce4-56d4-475f-9483-1adca6b2976c";

fn members() -> String {
    format!("/api/Organization/groups/{GROUP}/members")
}

fn call(query: &str) -> Result<Call, Refusal> {
    match parse("GET", &members(), query, &[], b"")? {
        Parsed::Call(call) => Ok(call),
        Parsed::Reply(_) => panic!("{query}: answered at once"),
    }
}

fn query(raw: &str) -> MemberQuery {
    match call(raw).map(|call| call.action) {
        Ok(Action::Members { query, .. }) => query,
        Ok(_) => panic!("{raw}: not a list"),
        Err(refusal) => panic!("{raw}: {refusal:?}"),
    }
}

fn fault(raw: &str) -> (String, FaultCode) {
    match call(raw).map(|_| ()) {
        Err(Refusal::Parameter(fault)) => (fault.parameter, fault.code),
        other => panic!("{raw}: {other:?}"),
    }
}

#[test]
fn paths_match_in_either_case() {
    let upper = GROUP.to_uppercase();
    let list = [
        members(),
        format!("/API/organization/GROUPS/{upper}/Members"),
        format!("/api/Organization/gr%6Fups/{GROUP}/members"),
        format!("/api/Organization/groups/{GROUP}/members/"),
    ];
    for path in &list {
        let parsed = parse("GET", path, "", &[], b"");
        let Ok(Parsed::Call(Call { action: Action::Members { query, .. }, .. })) = parsed else { panic!("{path}") };
        assert_eq!(query.group, GroupKey::Id(GROUP.parse().expect("a GUID")));
    }
    for path in [format!("{}/count", members()), format!("{}/Count/", members()), format!("{}/COUNT", members())] {
        let parsed = parse("HEAD", &path, "$filter=Name%20eq%20'x'", &[], b"");
        let Ok(Parsed::Call(Call { action: Action::CountMembers { query, .. }, .. })) = parsed else {
            panic!("{path}")
        };
        assert!(query.filter().is_some());
    }
}

#[test]
fn other_paths_are_none() {
    let below = [
        "",
        "/",
        "/group",
        "/peoples",
        "/groups//",
        "/groups//members",
        "/people//",
        "/people/6fe49ce4-56d4-475f-9483-1adca6b2976c/groups",
        "/groupsx/6fe49ce4-56d4-475f-9483-1adca6b2976c/members",
        "/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/member",
        "/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members//",
        "/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members/count/x",
        "/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/%zz",
    ];
    let others = ["/APIIntegration", "/APIIntegration/", "/APIIntegration/Tokens", "/APIIntegration/Token/x"];
    let paths = below.iter().map(|path| format!("/api/Organization{path}")).chain(others.map(String::from));
    for path in paths {
        for method in ["GET", "POST"] {
            assert_eq!(parse(method, &path, "", &[], b"").err(), Some(Refusal::NoSuchPath), "{method} {path}");
        }
    }
}

#[test]
fn other_methods_are_told_which_there_are() {
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get"] {
        let refused = |allow| Some(Refusal::Method(allow));
        assert_eq!(parse(method, &members(), "", &[], b"").err(), refused("GET, HEAD, POST"), "{method}");
        assert_eq!(
            parse(method, &format!("{}/count", members()), "", &[], b"").err(),
            refused("GET, HEAD"),
            "{method}"
        );
    }
    for method in ["GET", "HEAD", "PUT"] {
        let refused = Some(Refusal::Method("POST"));
        assert_eq!(parse(method, "/apiintegration/TOKEN", "", &[], b"").err(), refused, "{method}");
    }
}

#[test]
fn group_ids_are_guids() {
    for group in ["1116", "6fe49ce456d4475f94831adca6b2976c", "%zz", "%00", "%ff", "x%2Fy", &format!("%7B{GROUP}%7D")] {
        let path = format!("/api/Organization/groups/{group}/members");
        let Some(Refusal::Parameter(fault)) = parse("GET", &path, "", &[], b"").err() else { panic!("{group}") };
        assert_eq!((fault.parameter.as_str(), fault.code), ("GroupID", FaultCode::InvalidValue), "{group}");
    }
    assert_eq!(parse("GET", &format!("/api/Organization/{}", "x".repeat(8192)), "", &[], b"").err(), {
        Some(Refusal::TargetTooLong(8192))
    });
}

#[test]
fn windows_follow_the_common_rule() {
    for (raw, offset, limit) in [
        ("", 0, 10),
        ("page=&page_size=", 0, 10),
        ("?&page=2", 10, 10),
        ("page=3&page_size=1000", 2_000, 1_000),
        ("p%61ge=%32&page_size=1", 1, 1),
        ("page=9223372036854775808", u64::MAX, 10),
        ("page=99999999999999999999999", u64::MAX, 10),
        ("unknown=%zz&page=1&top=5", 0, 10),
    ] {
        assert_eq!(query(raw).window, Window { offset, limit }, "{raw}");
    }
    for (name, values) in [
        ("page", vec!["0", "-1", "abc", "1.0", "+1", "1%20", "%zz", "%00", "%ff", "%D9%A1"]),
        ("page_size", vec!["0", "-1", "abc", "1.0", "%201", "%zz", "%00"]),
    ] {
        for value in values {
            assert_eq!(fault(&format!("{name}={value}")), (name.into(), FaultCode::InvalidValue), "{name}={value}");
        }
        assert_eq!(fault(&format!("{name}=1&{name}=1")), (name.into(), FaultCode::Duplicate));
    }
    for value in ["1001", "4294967296", "4294967297", "99999999999999999999999"] {
        assert_eq!(fault(&format!("page_size={value}")), ("page_size".into(), FaultCode::Limit));
    }
}

#[test]
fn filters_and_orders_have_several_names() {
    for name in ["$filter", "%24filter", "filter"] {
        assert!(query(&format!("{name}=Name+eq+'x'")).filter().is_some(), "{name}");
        assert!(query(&format!("{name}=%20")).filter().is_none(), "{name}");
        let sent = name.replace("%24", "$");
        assert_eq!(fault(&format!("{name}=x")), (sent.clone(), FaultCode::UnknownField));
        assert_eq!(fault(&format!("{name}=&$filter=")).1, FaultCode::Duplicate);
        assert_eq!(fault(&format!("{name}=%ff")), (sent, FaultCode::InvalidValue));
    }
    for name in ["$orderby", "%24orderby", "orderby"] {
        let order = query(&format!("{name}=Status+desc,Id")).order;
        let status = OrderKey { by: OrderBy::Text(TextField::AccountStatus), descending: true };
        assert_eq!(order, [status, OrderKey { by: OrderBy::Id, descending: false }]);
        assert_eq!(query(&format!("{name}=")).order, []);
        assert_eq!(fault(&format!("{name}=Name&orderby=Name")).1, FaultCode::Duplicate);
    }
    assert!(query("$filter=true").filter().is_none(), "lets everybody in");
    assert!(query("$Filter=x".trim_start_matches('$')).filter().is_none(), "another name");
}

#[test]
fn rows_carry_only_what_is_shown() {
    let fields = query("").fields;
    assert!(fields.contains(PersonFields::NAME.with(PersonFields::LOGIN).with(PersonFields::PHONE)));
    assert!(!fields.contains(PersonFields::METADATA) && !fields.contains(PersonFields::AVATAR));
}

#[test]
fn other_options_are_refused() {
    for name in ["$select", "$expand"] {
        assert_eq!(fault(&format!("{name}=Name")), (name.into(), FaultCode::Unsupported));
        query(&format!("{name}="));
    }
    for name in ["$top", "$skip", "$inlinecount", "$format", "$Filter", "$"] {
        assert_eq!(fault(&format!("{name}=1")), (name.into(), FaultCode::Unsupported));
    }
    assert_eq!(fault("$skiptoken=1"), ("query string".into(), FaultCode::Unsupported));
    // Only what can be decoded is an option.
    for raw in ["%zz=1", "$%ff=1", "%=1", "$%00=1"] {
        query(raw);
    }
}

#[test]
fn long_query_strings_are_refused() {
    let limit = |name: &str| (name.to_owned(), FaultCode::Limit);
    let of = |name: &str, len: usize| format!("page=1&{name}={}", "'".repeat(len - name.len() - 8));
    assert_eq!(fault(&of("$filter", 8193)), limit("$filter"));
    assert_eq!(fault(&of("%24filter", 60_000)), limit("$filter"));
    assert_eq!(fault(&of("orderby", 8193)), limit("orderby"));
    assert_eq!(fault(&of("other", 8193)), limit("query string"));
    assert_eq!(fault(&of("$filter", 8192)), ("$filter".into(), FaultCode::Syntax), "just fits");
    query(&of("other", 8192));
    // What the core still finds too large.
    let grown = format!("replace(replace(Name,'a','{0}'),'b','{0}') eq 'x'", "z".repeat(1_000));
    assert_eq!(fault(&format!("$filter={}", percent_encoded(&grown))), limit("$filter"));
}

#[test]
fn hostile_filters_are_refused() {
    for (filter, code) in [
        ("not+".repeat(2_000), FaultCode::Limit),
        ("(".repeat(8_000), FaultCode::Limit),
        ("substringof%2528Name%252C%2527a%2527%2529".into(), FaultCode::Syntax),
        ("Name+eq+'%00'".into(), FaultCode::InvalidValue),
        ("Name+eq+'%zz'".into(), FaultCode::InvalidValue),
        ("Name+eq+'%e9'".into(), FaultCode::InvalidValue),
    ] {
        assert_eq!(fault(&format!("$filter={filter}")), ("$filter".into(), code), "{filter:.40}");
    }
}

#[test]
fn credentials_are_read_from_the_header() {
    let presented = |value: &str| {
        let parsed = parse("GET", &members(), "", &[("authorization", value)], b"");
        let Ok(Parsed::Call(call)) = parsed else { panic!("{value}") };
        call.presented
    };
    let secret = |text: &str| Presented::Secret(CredentialKind::Token, Secret::presented(text));
    for value in ["OAuth2 abc", "oauth2 abc", "Bearer abc", "BEARER  abc ", "OAUTH2 abc"] {
        assert_eq!(presented(value), secret("abc"), "{value}");
    }
    for value in ["", "OAuth2", "OAuth2 ", "abc", "Basic abc", "OAuth abc"] {
        assert_eq!(presented(value), Presented::Nothing, "{value}");
    }
}

#[test]
fn a_client_exchanges_its_secret_for_a_token() {
    let mut directory = MemoryDirectory::new();
    directory.load_ndjson(&format!(r#"{{"kind":"group","number":1,"id":"{GROUP}","name":"G"}}"#), 0).expect("good");
    directory.grant_client("rm", "the app", "s&cret");
    let rm = Rm::new();
    let form = b"client_id=the+app&client_secret=s%26cret&grant_type=client_credentials";
    let reply = exchange(&rm, directory.core(1_000), "POST", "/apiintegration/token", &[], form);
    assert_eq!((reply.status, reply.content_type), (200, "application/json"));
    assert_eq!(reply.headers, [("Cache-Control", "private, no-store".to_owned())]);
    let body: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
    let token = body["access_token"].as_str().expect("a text").to_owned();
    assert!(token.len() == 40 && token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
    let expected = format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":"86400","scope":""}}"#);
    assert_eq!(String::from_utf8(reply.body), Ok(expected));

    let header = [("Authorization", format!("OAuth2 {token}"))];
    let header = [(header[0].0, header[0].1.as_str())];
    for (now, status) in [(1_000, 200), (87_399, 200), (87_400, 401)] {
        assert_eq!(exchange(&rm, directory.core(now), "GET", &members(), &header, b"").status, status, "{now}");
    }
}

#[test]
fn forms_are_checked() {
    let token = |body: &[u8]| parse("POST", "/APIIntegration/Token", "", &[], body).err();
    for (body, name, code) in [
        (&b""[..], "grant_type", FaultCode::Required),
        (b"{\"grant_type\":\"client_credentials\"}", "grant_type", FaultCode::Required),
        (b"grant_type=&client_id=a", "grant_type", FaultCode::Required),
        (b"grant_type=client_credentials&client_secret=b", "client_id", FaultCode::Required),
        (b"grant_type=client_credentials&client_id=a", "client_secret", FaultCode::Required),
        (b"grant_type=client_credentials&client_id=a&client_id=a&client_secret=b", "client_id", FaultCode::Duplicate),
        (b"grant_type=client_credentials&client_id=%zz&client_secret=b", "client_id", FaultCode::InvalidValue),
        (b"grant_type=client_credentials&client_id=a&client_secret=%00", "client_secret", FaultCode::InvalidValue),
        (b"grant_type=client_credentials&client_id=\xff", "body", FaultCode::Syntax),
        (b"%zz=1", "grant_type", FaultCode::Required),
    ] {
        let Some(Refusal::Parameter(fault)) = token(body) else { panic!("{body:?}") };
        assert_eq!((fault.parameter.as_str(), fault.code), (name, code));
    }
    for grant in ["password", "CLIENT_CREDENTIALS", "authorization_code%20"] {
        let body = format!("grant_type={grant}&client_id=a&client_secret=b&code=c&refresh_token=d");
        assert_eq!(token(body.as_bytes()), Some(Refusal::UnsupportedGrant), "{grant}");
    }
    assert_eq!(token(&[b'x'; 8193]), Some(Refusal::BodyTooLarge(8192)));
    // The secret is not taken from the address.
    let address = "grant_type=client_credentials&client_id=a&client_secret=b";
    assert!(parse("POST", "/APIIntegration/Token", address, &[], b"").is_err());
}

#[test]
fn a_wrong_client_is_turned_away() {
    let directory = MemoryDirectory::new();
    directory.grant_client("rm", "app", "secret");
    directory.grant("rm", CredentialKind::Token, "app", Rights::USER, None);
    for form in ["client_id=app&client_secret=wrong", "client_id=nobody&client_secret=secret"] {
        let form = format!("grant_type=client_credentials&{form}");
        let reply = exchange(&Rm::new(), directory.core(0), "POST", "/APIIntegration/Token", &[], form.as_bytes());
        assert_eq!(reply.status, 401, "{form}");
        assert!(reply.headers.iter().any(|(name, _)| *name == "WWW-Authenticate"));
    }
}
