//! Every edge of the parameters of lists of groups and users; those of the list of members are tried there.

use super::*;

fn parse(query: &str) -> Query<'_> {
    Query::parse(query)
}

#[test]
fn the_size_of_a_page_has_a_third_name_for_some() {
    for (query, number, size) in [
        ("", 1, 100),
        ("limit=5&page=3", 3, 5),
        ("per_page=7", 1, 7),
        ("perPage=0", 1, 100),
        ("limit=5000", 1, 1000),
        ("page=18446744073709551616", u64::MAX, 100),
    ] {
        assert_eq!(paging(&parse(query), SIZE_OR_LIMIT), Ok(Paging { number, size }), "{query}");
    }
    assert_eq!(paging(&parse("limit=x"), SIZE), Ok(Paging { number: 1, size: 100 }), "unknown elsewhere");
    assert!(paging(&parse("limit=x"), SIZE_OR_LIMIT).is_err());
    assert!(paging(&parse("limit=1&perPage=1"), SIZE_OR_LIMIT).is_err());
}

#[test]
fn items_in_every_spelling() {
    for query in
        ["tags=a,b", "tags=a%2Cb", "tags[]=a&tags[]=b", "tags=a&tags=b", "tags%5B0%5D=a&tags[1]=b", "tags=,a,,b"]
    {
        assert_eq!(items(&parse(query), spellings!("tags")), Ok(vec!["a".to_owned(), "b".to_owned()]), "{query}");
    }
    assert_eq!(items(&parse("tags=&tags[]="), spellings!("tags")), Ok(vec![]));
    let fault = items(&parse("tags[2]=%ff"), spellings!("tags")).expect_err("no UTF-8");
    assert_eq!(fault.parameter, "tags");
}

#[test]
fn lists_with_a_bound() {
    let of = |count: usize| format!("roles={}", vec!["a"; count].join(","));
    assert_eq!(few(&parse(&of(25)), spellings!("roles")).map(|items| items.len()), Ok(25));
    let fault = few(&parse(&of(26)), spellings!("roles")).expect_err("26");
    assert_eq!((fault.parameter.as_str(), fault.code), ("roles", FaultCode::Limit));
}

#[test]
fn flags() {
    for (query, truth) in
        [("", false), ("f=", false), ("f=true", true), ("f=1", true), ("f=false", false), ("f=0", false)]
    {
        assert_eq!(flag(&parse(query), "f"), Ok(truth), "{query}");
    }
    for query in ["f=yes", "f=TRUE", "f=2", "f=1&f=1", "f=%ff"] {
        assert_eq!(flag(&parse(query), "f").expect_err(query).parameter, "f");
    }
}

#[test]
fn orders() {
    let key = |by, descending| vec![OrderKey { by, descending }];
    let (name, id) = (OrderBy::Text(TextField::Name), OrderBy::Text(TextField::Uid));
    for (query, expected) in [
        ("", vec![]),
        ("sortBy=&sortOrder=", vec![]),
        ("sortBy=name", key(name, false)),
        ("sortBy=name&sortOrder=desc", key(name, true)),
        ("sortBy=guid&sortOrder=asc", key(id, false)),
        ("sortBy=createdAt&sortOrder=desc", key(OrderBy::Number, true)),
        ("sortOrder=desc", key(OrderBy::Number, true)),
        ("sortOrder=asc", key(OrderBy::Number, false)),
    ] {
        assert_eq!(order(&parse(query), "guid"), Ok(expected), "{query}");
    }
    for (query, parameter) in [
        ("sortBy=uid", "sortBy"),
        ("sortBy=Name", "sortBy"),
        ("sortBy=name&sortBy=name", "sortBy"),
        ("sortOrder=up", "sortOrder"),
    ] {
        assert_eq!(order(&parse(query), "guid").expect_err(query).parameter, parameter);
    }
}

#[test]
fn where_a_key_is_looked_for() {
    let both = vec![TextField::Name, TextField::Uid];
    for (query, fields) in [
        ("", both.clone()),
        ("searchIn=name", vec![TextField::Name]),
        ("searchIn[]=guid", vec![TextField::Uid]),
        ("searchIn=name,guid", both),
    ] {
        assert_eq!(search_in(&parse(query), "guid"), Ok(fields), "{query}");
    }
    assert_eq!(search_in(&parse("searchIn=uid"), "guid").expect_err("no guid").parameter, "searchIn");
}
