use super::*;
use crate::MemoryDirectory;
use membership::record::Record;
use membership::{Directory, Filter, IntExpr, TextExpr, Window, text::fold};
use std::collections::HashSet;

fn load(seed: u64, size: Size) -> (ChaCha8Rng, MemoryDirectory) {
    let mut rng = rng(seed);
    let mut directory = MemoryDirectory::new();
    for record in population(&mut rng, size) {
        let line = serde_json::to_string(&record).expect("writes");
        assert_eq!(Record::parse(&line).expect(&line), record, "survives a file");
        assert_eq!(directory.restore(&record, 0), Ok(true), "{line}");
    }
    (rng, directory)
}

#[test]
fn the_same_seed_gives_the_same() {
    let ((mut rng_a, a), (mut rng_b, b)) = (load(7, Size::SMALL), load(7, Size::SMALL));
    assert_eq!((a.persons(), a.groups(), a.memberships()), (b.persons(), b.groups(), b.memberships()));
    for _ in 0..50 {
        assert_eq!(query(&mut rng_a, &a), query(&mut rng_b, &b));
    }
    assert_ne!(load(8, Size::SMALL).1.persons(), a.persons());
}

#[test]
fn populations_have_equal_keys_and_every_state() {
    let (_, directory) = load(1, Size::LARGE);
    let names: HashSet<_> = directory.persons().iter().map(|p| fold(&p.name)).collect();
    assert!(names.len() < directory.persons().len() * 3 / 4, "{} names", names.len());
    for state in membership::State::ALL {
        for scope in membership::Scope::ALL {
            assert!(
                directory.groups().iter().any(|g| directory.total(g.number, *state, *scope) > 0),
                "{state} {scope}"
            );
        }
    }
    assert!(directory.persons().iter().all(|p| !p.name.is_empty()));
    assert!(directory.persons().iter().any(|p| p.name.trim() != p.name));
}

/// Names of the kinds of nodes, gathered so that none is forgotten.
fn kinds(filter: &Filter, seen: &mut HashSet<&'static str>) {
    let mut texts: Vec<&TextExpr> = Vec::new();
    let mut ints: Vec<&IntExpr> = Vec::new();
    let kind = match filter {
        Filter::Always(_) => "always",
        Filter::Not(inner) => {
            kinds(inner, seen);
            "not"
        }
        Filter::All(parts) | Filter::Any(parts) => {
            parts.iter().for_each(|part| kinds(part, seen));
            if matches!(filter, Filter::All(_)) { "all" } else { "any" }
        }
        Filter::Same(a, b) => {
            kinds(a, seen);
            kinds(b, seen);
            "same"
        }
        Filter::Text(a, _, b) => {
            texts.extend([a, b]);
            "text"
        }
        Filter::TextIn(a, _) => {
            texts.push(a);
            "text in"
        }
        Filter::Match(_, a, b) => {
            texts.extend([a, b]);
            "match"
        }
        Filter::Int(a, _, b) => {
            ints.extend([a, b]);
            "int"
        }
        Filter::IdIn(_) => "id in",
        Filter::Presence(_) => "presence",
        Filter::Changed(..) => "changed",
    };
    seen.insert(kind);
    while !texts.is_empty() || !ints.is_empty() {
        if let Some(int) = ints.pop() {
            seen.insert(match int {
                IntExpr::Literal(_) => "int literal",
                IntExpr::Length(a) => {
                    texts.push(a);
                    "length"
                }
                IntExpr::IndexOf(a, b) => {
                    texts.extend([&**a, &**b]);
                    "index of"
                }
            });
        } else if let Some(text) = texts.pop() {
            seen.insert(match text {
                TextExpr::Field(_) => "field",
                TextExpr::Literal(_) => "literal",
                TextExpr::Concat(a, b) => {
                    texts.extend([&**a, &**b]);
                    "concat"
                }
                TextExpr::Trim(a) => {
                    texts.push(a);
                    "trim"
                }
                TextExpr::Substring { text, start, length } => {
                    texts.push(text);
                    ints.push(start);
                    ints.extend(length.as_deref());
                    if length.is_some() { "substring of length" } else { "substring" }
                }
                TextExpr::Replace { text, from, to } => {
                    texts.extend([&**text, &**from, &**to]);
                    "replace"
                }
            });
        }
    }
}

#[test]
fn queries_are_of_every_kind_and_find_something() {
    let (mut rng, directory) = load(3, Size::SMALL);
    let mut seen = HashSet::new();
    let (mut none, mut some, mut all) = (0, 0, 0);
    for _ in 0..2_000 {
        let query = query(&mut rng, &directory);
        let (numbers, total) = directory.numbers(&query).expect("a group of the population");
        assert!(numbers.len() as u64 <= total && numbers.len() as u64 <= u64::from(query.window.limit));
        let Some(filter) = query.filter() else { continue };
        kinds(filter, &mut seen);
        let mut unfiltered = query.clone().filtered(Filter::Always(true)).expect("small");
        unfiltered.order.clear();
        let everybody = directory.numbers(&unfiltered).expect("a group of the population").1;
        match total {
            _ if everybody == 0 => {}
            0 => none += 1,
            total if total == everybody => all += 1,
            _ => some += 1,
        }
    }
    assert_eq!(seen.len(), 22, "{seen:?}");
    assert!(some > 300 && none > 100 && all > 100, "none {none}, some {some}, all {all}");
}

#[test]
fn changes_name_rows_that_are_there() {
    let (mut rng, mut directory) = load(5, Size::SMALL);
    let (persons, groups) = (directory.persons().len(), directory.groups().len());
    let records = changes(&mut rng, &directory, 100);
    assert_eq!(records.len(), 100);
    let mut changed = 0;
    for record in &records {
        changed += usize::from(directory.restore(record, 2_000_000_000).expect("every record is good"));
    }
    assert!(changed > 70 && changed < 100, "{changed}");
    assert_eq!((directory.persons().len(), directory.groups().len()), (persons, groups));
    for record in &records {
        assert_eq!(directory.restore(record, 2_100_000_000), Ok(false), "no row is named twice");
    }
}

#[test]
fn groups_and_persons_are_asked_for_in_every_way() {
    let (mut rng, directory) = load(7, Size { groups: 20, persons: 60, memberships: 30 });
    let everything = Window { offset: 0, limit: u32::MAX };
    let (groups, persons) = (directory.groups().len() as u64, directory.persons().len() as u64);
    let (mut some_groups, mut some_persons, mut standing) = (0, 0, 0);
    for _ in 0..1_000 {
        let mut query = group_query(&mut rng, &directory);
        query.window = everything;
        let page = Directory::groups(&directory, &query).expect("in memory");
        assert_eq!(page.rows.len() as u64, page.total);
        some_groups += usize::from(page.total > 0 && page.total < groups);
        standing += usize::from(page.rows.iter().any(|entry| entry.standing.is_some()));
        let mut query = person_query(&mut rng, &directory);
        query.window = everything;
        let page = Directory::persons(&directory, &query).expect("in memory");
        some_persons += usize::from(page.total > 0 && page.total < persons);
    }
    assert!(some_groups > 300 && some_persons > 300 && standing > 150, "{some_groups} {some_persons} {standing}");
}
