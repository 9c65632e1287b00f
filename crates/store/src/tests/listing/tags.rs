//! Tags are found exactly, although they are looked for in the text of a JSON array.

use super::{groups, on_both, persons, soundness};
use membership::{GroupQuery, PersonQuery, Window};
use serde_json::json;

/// What could be taken for the end of a text, of an element or of the array.
const PIECES: [&str; 9] = ["", ",", "\"", "\\", "[", "]", "a", "\n", "é"];

/// Every text of up to three pieces.
fn nasty() -> Vec<String> {
    let mut all = Vec::new();
    for a in PIECES {
        for b in PIECES {
            all.extend(PIECES.map(|c| format!("{a}{b}{c}")));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn a_tag_is_found_exactly() {
    let tags = nasty();
    // Each stands alone, and before and behind another, in the list of one person or group. The neighbours are far from
    // each other in the alphabet.
    let lists: Vec<Vec<&String>> = tags
        .iter()
        .enumerate()
        .flat_map(|(at, tag)| {
            let [second, third] = [7, 61].map(|step| &tags[(at * step + step) % tags.len()]);
            [vec![tag], vec![second, tag], vec![tag, third, second]]
        })
        .collect();
    let mut rows = String::new();
    for (at, list) in lists.iter().enumerate() {
        let number = at + 1;
        rows +=
            &format!("{}\n", json!({"kind": "person", "number": number, "login": format!("p{number}"), "tags": list}));
        rows +=
            &format!("{}\n", json!({"kind": "group", "number": number, "guid": format!("g{number}"), "tags": list}));
    }
    let window = Window { offset: 0, limit: 10_000 };
    let group_query = |tags: &[String]| {
        let mut query = GroupQuery::new(window);
        query.tags = tags.to_vec();
        query
    };
    let person_query = |tags: &[String]| {
        let mut query = PersonQuery::new(window);
        query.tags = tags.to_vec();
        query
    };
    on_both(|store| {
        soundness::import(store, &rows, 1_000);
        for tag in &tags {
            let bear = |list: &&Vec<&String>| list.contains(&tag);
            let expected: Vec<i64> =
                (1..).zip(&lists).filter(|(_, list)| bear(list)).map(|(number, _)| number).collect();
            let wanted = (expected.clone(), expected.len() as u64);
            let tags = vec![tag.clone()];
            assert_eq!(persons(store, &person_query(&tags)), wanted, "{tag:?}");
            assert_eq!(groups(store, &group_query(&tags)), wanted, "{tag:?}");
        }
        for strange in ["x", "a\0", "\0", "A", "a,a,a,a"] {
            let tags = vec![strange.to_owned()];
            assert_eq!(persons(store, &person_query(&tags)), (vec![], 0), "{strange:?}");
        }
        let two = vec!["\"".to_owned(), ",".to_owned()];
        let bear = |list: &&Vec<&String>| two.iter().any(|tag| list.contains(&tag));
        let many = lists.iter().filter(bear).count() as u64;
        assert!(many > 6);
        assert_eq!(groups(store, &group_query(&two)).1, many);
    });
}
