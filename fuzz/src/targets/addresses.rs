//! What stands in an address: query strings, the token of Elance, the cursor of CometChat.

use super::requests::{ask, dialects, encoded};
use dialect::access::CredentialKind;
use dialect::{Action, Method, Parsed, Presented, Query};
use dialect_cometchat::CometChat;
use dialect_elance::Elance;
use membership::{Compare, Filter, MemberQuery};

/// A query string: read, written down and read again it says the same. Every dialect takes it or refuses it in words.
pub fn query(input: &[u8]) {
    let Ok(raw) = std::str::from_utf8(input) else { return };
    let query = Query::parse(raw);
    let names: Vec<String> = query.names().map(str::to_owned).collect();
    assert!(names.len() <= raw.split('&').count());
    let mut again = String::new();
    let mut said = Vec::new();
    for name in &names {
        match query.many(&[name]) {
            Ok(values) => {
                for value in &values {
                    again += &format!("&{}={}", encoded(name), encoded(value));
                }
                said.push((name, values));
            }
            Err(fault) => assert!(fault.parameter == *name && !fault.problem.is_empty(), "{fault:?}"),
        }
        if let (Ok(Some(one)), Ok(values)) = (query.one(&[name]), query.many(&[name])) {
            assert_eq!(values, [one], "{name}");
        }
        let number = dialect::integer(&query, &[name]);
        let positive = dialect::positive_integer(&query, &[name]);
        assert!(number.is_ok() || positive.is_err(), "{name}: {positive:?} but {number:?}");
    }
    let again = Query::parse(&again);
    for (name, values) in said {
        // A name that is there more than once was written down as often.
        let times = names.iter().filter(|other| *other == name).count();
        let found = again.many(&[name]).expect("well written");
        assert_eq!(found.len(), values.len() * times, "{name}");
        assert!(found.chunks(values.len().max(1)).all(|part| part == values), "{name}");
    }
    let fields = [("authorization", "Bearer t"), ("apikey", "k")];
    for dialect in dialects() {
        let paths: &[&str] = match dialect.name() {
            "elance" => &["/api2/groups/1/members", "/api2/groups", "/api2/groups/1/jobs"],
            "rm" => &[
                "/api/Organization/groups",
                "/api/Organization/people",
                "/api/Organization/groups/00000000-0000-4000-8000-000000000001/members",
            ],
            _ => &["/v3/groups/g/members", "/v3.0/groups", "/v3/users", "/v3/users/u/auth_tokens"],
        };
        for path in paths {
            if let Ok(Parsed::Call(call)) = ask(&*dialect, Method::Get, path, raw, &fields, b"")
                && let Action::Members { query, .. } = call.action
            {
                assert!((1..=1_000).contains(&query.window.limit), "{}: {:?}", dialect.name(), query.window);
            }
        }
    }
}

/// Elance's token, in the query and in the header: any text but an empty one comes out as it went in.
pub fn elance_token(input: &[u8]) {
    let Ok(token) = std::str::from_utf8(input) else { return };
    let elance = Elance::default();
    let path = "/api2/groups/1/members";
    // As it is, whatever that means.
    let _ = ask(&elance, Method::Get, path, &format!("access_token={token}"), &[], b"");
    let _ = ask(&elance, Method::Get, path, token, &[], b"");
    let _ = ask(&elance, Method::Get, path, "", &[("authorization", token)], b"");
    let whole = format!("access_token={}", encoded(token));
    let asked = ask(&elance, Method::Get, path, &whole, &[("authorization", "Bearer other")], b"");
    if token.contains('\0') || whole.len() > 8_000 {
        return;
    }
    let Ok(Parsed::Call(call)) = asked else { panic!("{token:?} is refused") };
    let Presented::Secret(CredentialKind::Token, secret) = call.presented else { panic!("no token") };
    let expected = if token.is_empty() { "other" } else { token };
    assert_eq!(secret.reveal(), expected);
    // Printing it tells nothing, unless it is as short as any word.
    assert!(expected.len() < 8 || !format!("{secret:?}").contains(expected));
}

/// CometChat's cursor: a number and a word that a client got from us and sends back.
pub fn cometchat_cursor(input: &[u8]) {
    let Ok(raw) = std::str::from_utf8(input) else { return };
    let members = |query: &str| -> Option<MemberQuery> {
        let asked = ask(&CometChat::new(), Method::Get, "/v3/groups/g/members", query, &[("apikey", "k")], b"");
        match asked.ok()? {
            Parsed::Call(call) => match call.action {
                Action::Members { query, .. } => Some(query),
                _ => panic!("members are asked for"),
            },
            Parsed::Reply(_) => panic!("members are asked for"),
        }
    };
    let _ = members(raw);
    let _ = members(&format!("updatedAt={}&affix={}", encoded(raw), encoded(raw)));
    // The number that the beginning of the input is.
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(input).for_each(|(byte, given)| *byte = *given);
    let at = u64::from_le_bytes(bytes);
    for (affix, by) in [("&affix=append", Compare::Gt), ("&affix=prepend", Compare::Lt), ("", Compare::Gt)] {
        let query = members(&format!("updatedAt={at}{affix}&per_page=3")).expect("a cursor of ours");
        let after = i64::try_from(at).unwrap_or(i64::MAX);
        let filter = query.filter().expect("the cursor is a filter");
        assert!(holds(filter, &Filter::Changed(by, after)), "{at} {affix}: {filter:?}");
        assert_eq!(query.window.limit, 3);
    }
}

fn holds(filter: &Filter, wanted: &Filter) -> bool {
    filter == wanted || matches!(filter, Filter::All(parts) if parts.iter().any(|part| holds(part, wanted)))
}
