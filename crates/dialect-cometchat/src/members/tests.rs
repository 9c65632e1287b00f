//! Every edge of every parameter of the list of members.

use super::*;
use crate::CometChat;
use dialect::{Dialect, FaultCode, Method, Parsed, Request};
use membership::{Compare, Filter, Folded, OrderBy, OrderKey, Presence, TextExpr, TextMatch};

fn call_at(path: &str, query: &str) -> Result<MemberQuery, Refusal> {
    let headers = [("apikey", "k")];
    let request = Request { method: Method::Get, path, query, prefix: "", headers: &headers.as_slice(), body: b"" };
    match CometChat::new().parse(&request)? {
        Parsed::Call(call) => match call.action {
            Action::Members { query, .. } => Ok(query),
            _ => panic!("members are asked for"),
        },
        Parsed::Reply(_) => panic!("members are asked for"),
    }
}

fn call(query: &str) -> Result<MemberQuery, Refusal> {
    call_at("/v3/groups/g/members", query)
}

fn contains(field: TextField, part: &str) -> Filter {
    Filter::Match(TextMatch::Contains, TextExpr::Field(field), TextExpr::Literal(Folded::new(part)))
}

fn searching(part: &str) -> Filter {
    Filter::Any(vec![contains(TextField::Name, part), contains(TextField::Uid, part)])
}

#[test]
fn windows() {
    for (query, offset, limit) in [
        ("", 0, 100),
        ("perPage=&page=", 0, 100),
        ("perPage=0", 0, 100),
        ("per_page=0&page=2", 100, 100),
        ("perPage=1&page=3", 2, 1),
        ("per_page=30&page=2", 30, 30),
        ("perPage=1000", 0, 1000),
        ("perPage=1001&page=2", 1000, 1000),
        ("perPage=9223372036854775808", 0, 1000),
        ("perPage=99999999999999999999", 0, 1000),
        ("page=9223372036854775808", u64::MAX, 100),
        ("page=99999999999999999999&perPage=1", u64::MAX - 1, 1),
        ("%70er%50age=%32&p%61ge=%32", 2, 2),
        ("rpp=0&page_size=x&b&=&stray=%zz", 0, 100),
        ("%zz=1&a=1&%ff=1&%00&%", 0, 100),
    ] {
        let window = call(query).expect(query).window;
        assert_eq!((window.offset, window.limit), (offset, limit), "{query}");
    }
}

#[test]
fn bad_parameters_are_named() {
    use FaultCode::{Duplicate, InvalidValue};
    for (query, parameter, code) in [
        ("perPage=-1", "perPage", InvalidValue),
        ("per_page=-1", "per_page", InvalidValue),
        ("perPage=abc", "perPage", InvalidValue),
        ("perPage=1.5", "perPage", InvalidValue),
        ("perPage=%2B1", "perPage", InvalidValue),
        ("perPage=1%00", "perPage", InvalidValue),
        ("perPage=%ff", "perPage", InvalidValue),
        ("perPage=1%", "perPage", InvalidValue),
        ("perPage=1&perPage=1", "perPage", Duplicate),
        ("perPage=1&per_page=1", "perPage", Duplicate),
        ("page=0", "page", InvalidValue),
        ("page=-1", "page", InvalidValue),
        ("page=abc", "page", InvalidValue),
        ("page=2&%70age=2", "page", Duplicate),
        ("status=away", "status", InvalidValue),
        ("status=Available", "status", InvalidValue),
        ("status=available,offline", "status", InvalidValue),
        ("status=%zz", "status", InvalidValue),
        ("status=offline&status=offline", "status", Duplicate),
        ("scopes=owner", "scopes", InvalidValue),
        ("scopes=admin,owner", "scopes", InvalidValue),
        ("scopes=admin,%20moderator", "scopes", InvalidValue),
        ("scopes[]=admin&scopes[]=Owner", "scopes", InvalidValue),
        ("scopes[1]=%ff", "scopes", InvalidValue),
        ("searchKey=%00", "searchKey", InvalidValue),
        ("searchKey=%ff", "searchKey", InvalidValue),
        ("searchKey=50%", "searchKey", InvalidValue),
        ("searchKey=a&searchKey=b", "searchKey", Duplicate),
        ("updatedAt=-1", "updatedAt", InvalidValue),
        ("updatedAt=now", "updatedAt", InvalidValue),
        ("updatedAt=1&updatedAt=2", "updatedAt", Duplicate),
        ("updatedAt=1&affix=both", "affix", InvalidValue),
        ("affix=both", "affix", InvalidValue),
        ("affix=append&affix=append", "affix", Duplicate),
    ] {
        let Err(Refusal::Parameter(fault)) = call(query) else { panic!("{query}") };
        assert_eq!((fault.parameter.as_str(), fault.code), (parameter, code), "{query}");
    }
}

#[test]
fn scopes_in_every_spelling() {
    use Scope::{Admin, Moderator, Participant};
    for (query, scopes) in [
        ("scopes=admin", &[Admin][..]),
        ("scopes=admin,moderator", &[Admin, Moderator]),
        ("scopes=admin%2Cmoderator", &[Admin, Moderator]),
        ("scopes=moderator&scopes=participant", &[Moderator, Participant]),
        ("scopes[]=admin&scopes[]=participant", &[Admin, Participant]),
        ("scopes%5B%5D=admin&scopes%5b%5d=participant", &[Admin, Participant]),
        ("scopes[0]=moderator&scopes[1]=admin", &[Admin, Moderator]),
        ("scopes%5B0%5D=moderator", &[Moderator]),
        ("scopes=admin,,admin,", &[Admin]),
        ("scopes=&scopes[]=admin", &[Admin]),
        ("scopes=admin,moderator,participant", Scope::ALL),
        ("scopes=", Scope::ALL),
        ("scopes[]=", Scope::ALL),
        ("scopes=,", Scope::ALL),
        ("scope=owner&scopes[x]=owner", Scope::ALL),
    ] {
        let expected: ScopeSet = scopes.iter().copied().collect();
        assert_eq!(call(query).expect(query).scopes, expected, "{query}");
    }
}

#[test]
fn filters() {
    use Compare::{Gt, Lt};
    let available = Filter::Presence(Presence::Available);
    // A single condition is asked for as it is, so that its statement is one of the few that are kept prepared.
    for (query, filter) in [
        ("status=available", available.clone()),
        ("status=online", available.clone()),
        ("status=offline", Filter::Presence(Presence::Offline)),
        ("searchKey=Cap", searching("cap")),
        ("searchKey=Captain+America", searching("captain america")),
        ("searchKey=%C3%85se%25_", searching("åse%_")),
        ("searchKey=a&b", searching("a")),
        ("updatedAt=7", Filter::Changed(Gt, 7)),
        ("updatedAt=7&affix=", Filter::Changed(Gt, 7)),
        ("affix=append&updatedAt=7", Filter::Changed(Gt, 7)),
        ("updatedAt=7&affix=prepend", Filter::Changed(Lt, 7)),
        ("updatedAt=9223372036854775808", Filter::Changed(Gt, i64::MAX)),
        (
            "affix=prepend&updatedAt=7&searchKey=x&status=online",
            Filter::All(vec![available, searching("x"), Filter::Changed(Lt, 7)]),
        ),
    ] {
        assert_eq!(call(query).expect(query).filter(), Some(&filter), "{query}");
    }
    for query in ["", "status=&searchKey=&updatedAt=", "affix=append", "affix=prepend", "search=x", "Status=away"] {
        assert_eq!(call(query).expect(query).filter(), None, "{query}");
    }
}

#[test]
fn changes_come_in_their_order() {
    let order = |query| call(query).expect(query).order;
    let keys = [OrderBy::Changed, OrderBy::Number].map(|by| OrderKey { by, descending: false });
    assert_eq!(order("updatedAt=7"), keys);
    assert_eq!(order("updatedAt=7&affix=prepend"), keys);
    assert_eq!(order("affix=prepend"), []);
    assert_eq!(order(""), []);
}

#[test]
fn the_banned_are_asked_for_in_the_same_way() {
    let query = "perPage=5&page=2&searchKey=x&scopes[]=admin";
    let members = call(query).expect("legal");
    assert_eq!(members.state, State::Member);
    for path in ["/v3/groups/g/bannedusers", "/v3.0/groups/G/banned_members"] {
        let mut banned = call_at(path, query).expect(path);
        assert_eq!(std::mem::replace(&mut banned.state, State::Member), State::Banned, "{path}");
        assert_eq!(banned, members, "{path}");
        assert!(call_at(path, "page=0").is_err());
    }
}
