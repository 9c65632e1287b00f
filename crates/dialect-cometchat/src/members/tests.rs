//! Every edge of every parameter.

use super::*;
use dialect::Method;

fn call(group: &str, query: &str) -> Result<MemberQuery, Refusal> {
    let headers = [("apikey", "k")];
    let request = Request { method: Method::Get, path: "", query, prefix: "", headers: &headers.as_slice(), body: b"" };
    match parse(&request, group)?.action {
        Action::Members { query, .. } => Ok(query),
        _ => panic!("members are asked for"),
    }
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
        let window = call("g", query).expect(query).window;
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
        let Err(Refusal::Parameter(fault)) = call("g", query) else { panic!("{query}") };
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
        assert_eq!(call("g", query).expect(query).scopes, expected, "{query}");
    }
}

#[test]
fn filters() {
    use Compare::{Gt, Lt};
    let available = Filter::Presence(Presence::Available);
    for (query, conditions) in [
        ("status=available", vec![available.clone()]),
        ("status=online", vec![available.clone()]),
        ("status=offline", vec![Filter::Presence(Presence::Offline)]),
        ("searchKey=Cap", vec![searching("cap")]),
        ("searchKey=Captain+America", vec![searching("captain america")]),
        ("searchKey=%C3%85se%25_", vec![searching("åse%_")]),
        ("searchKey=a&b", vec![searching("a")]),
        ("updatedAt=7", vec![Filter::Changed(Gt, 7)]),
        ("updatedAt=7&affix=", vec![Filter::Changed(Gt, 7)]),
        ("affix=append&updatedAt=7", vec![Filter::Changed(Gt, 7)]),
        ("updatedAt=7&affix=prepend", vec![Filter::Changed(Lt, 7)]),
        ("updatedAt=9223372036854775808", vec![Filter::Changed(Gt, i64::MAX)]),
        (
            "affix=prepend&updatedAt=7&searchKey=x&status=online",
            vec![available, searching("x"), Filter::Changed(Lt, 7)],
        ),
    ] {
        assert_eq!(call("g", query).expect(query).filter(), Some(&Filter::All(conditions)), "{query}");
    }
    for query in ["", "status=&searchKey=&updatedAt=", "affix=append", "affix=prepend", "search=x", "Status=away"] {
        assert_eq!(call("g", query).expect(query).filter(), None, "{query}");
    }
}

#[test]
fn changes_come_in_their_order() {
    let order = |query| call("g", query).expect(query).order;
    let keys = [OrderBy::Changed, OrderBy::Number].map(|by| OrderKey { by, descending: false });
    assert_eq!(order("updatedAt=7"), keys);
    assert_eq!(order("updatedAt=7&affix=prepend"), keys);
    assert_eq!(order("affix=prepend"), []);
    assert_eq!(order(""), []);
}

#[test]
fn groups_are_named_by_legal_guids() {
    for (segment, guid) in [
        ("supergroup", "supergroup"),
        ("SuperGroup", "supergroup"),
        ("a-b_1", "a-b_1"),
        ("%53uper", "super"),
        ("", ""),
        ("a.b", ""),
        ("a+b", ""),
        ("%C3%A5", ""),
        ("a%00", ""),
        ("%ff", ""),
        ("%zz", ""),
        ("a%", ""),
    ] {
        assert_eq!(group_key(segment), GroupKey::Guid(guid.to_owned()), "{segment}");
    }
    assert_eq!(group_key(&"a".repeat(100)), GroupKey::Guid("a".repeat(100)));
    assert_eq!(group_key(&"a".repeat(101)), GroupKey::Guid(String::new()));
}

#[test]
fn the_caller_is_judged_before_the_parameters() {
    let request =
        Request { method: Method::Get, path: "", query: "page=0", prefix: "", headers: &[].as_slice(), body: b"" };
    let denied = Refusal::Denied(dialect::access::Denial::Missing);
    assert_eq!(parse(&request, "g").err(), Some(denied));
}
