//! Filters over chunks against the oracle, person by person.

use super::*;
use crate::persons::{Folding, ROWS};
use membership::{Folded, Person};
use rand::Rng;
use std::sync::Arc;
use testkit::{MemoryDirectory, accepts, random};

/// Persons whose texts are as random as can be, but for those in which chunks look for a pattern.
fn persons(seed: u64, pattern: bool) -> (random::ChaCha8Rng, MemoryDirectory, Vec<Person>) {
    let mut rng = random::rng(seed);
    let mut oracle = MemoryDirectory::new();
    let size = random::Size { groups: 1, persons: ROWS, memberships: 1 };
    for record in random::population(&mut rng, size) {
        oracle.restore(&record, 1_000_000).expect("every record is good");
    }
    let mut persons = oracle.persons();
    persons.truncate(ROWS);
    if pattern {
        for (nth, person) in persons.iter_mut().enumerate() {
            person.uid = format!("anna-{}", nth * 7 % 1_000);
            person.login.clone_from(&person.uid);
            person.email = if nth % 9 == 0 { String::new() } else { format!("{}@anna.example", person.uid) };
            person.avatar = format!("https://{}/avatar-{}.png", person.uid, person.uid);
            person.phone = format!("+44 {nth}");
            person.description = if nth % 3 == 0 { "Rust and LAW".to_owned() } else { format!("Years: {nth}") };
        }
    }
    (rng, oracle, persons)
}

fn chunk(persons: &[Person]) -> Chunk {
    let rows: Vec<_> = persons.iter().map(|person| Some(person.view())).enumerate().collect();
    Chunk::empty().with(&rows)
}

fn compare(filter: &Filter, chunk: &Chunk, persons: &[Person], within: &Mask) {
    let found = Test::new(filter).of(chunk, within, &mut Scratch::default());
    let expected: Vec<usize> = within.rows().filter(|row| accepts(filter, &persons[*row])).collect();
    assert_eq!(found.rows().collect::<Vec<_>>(), expected, "{filter:?}");
}

#[test]
fn any_filter_lets_in_whom_it_should() {
    for seed in 0..8 {
        let (mut rng, oracle, persons) = persons(seed, seed % 2 == 1);
        let chunk = chunk(&persons);
        for _ in 0..400 {
            let depth = rng.random_range(0..4);
            let filter = random::filter(&mut rng, &oracle, depth);
            let one_in = *[1, 2, 50].get(rng.random_range(0..3_usize)).expect("one of three");
            let within = chunk.live.only(|_| rng.random_range(0..one_in) == 0);
            compare(&filter, &chunk, &persons, &within);
        }
    }
}

#[test]
fn what_is_put_together_is_searched_as_if_it_stood_there() {
    let (_, _, persons) = persons(3, true);
    let chunk = chunk(&persons);
    assert!(matches!(chunk.searched(Column::Email).0, crate::persons::Texts::AroundUid(_)));
    let compares = [Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge];
    let parts = [
        "",
        "a",
        "anna",
        "anna-7",
        "7@anna",
        "@",
        "@anna.example",
        "-14@a",
        "0@anna.example",
        "anna-7@anna.example",
        "anna-7@anna.example.",
        "example",
        "e@",
        "zzz",
        "na-",
        "@@",
        "law",
        "rust and",
        "years: 1",
        "+44 2",
    ];
    for field in TextField::ALL {
        for part in parts {
            let sides = || (TextExpr::Field(*field), TextExpr::Literal(Folded::new(part)));
            for how in [TextMatch::Contains, TextMatch::StartsWith, TextMatch::EndsWith] {
                compare(&Filter::Match(how, sides().0, sides().1), &chunk, &persons, &chunk.live);
            }
            for how in compares {
                compare(&Filter::Text(sides().0, how, sides().1), &chunk, &persons, &chunk.live);
            }
            let items = vec![Folded::new(part), Folded::new("anna-21@anna.example")];
            compare(&Filter::TextIn(sides().0, items), &chunk, &persons, &chunk.live);
        }
    }
}

#[test]
fn a_part_may_be_longer_than_all_texts_of_a_column_together() {
    let (_, _, mut persons) = persons(3, true);
    persons.truncate(20);
    for person in &mut persons {
        (person.description, person.phone) = (String::new(), String::new());
    }
    // One column that is put in lower case when it is read, and one that stands so.
    (persons[7].description, persons[7].phone) = ("Hi".to_owned(), "hi".to_owned());
    let chunk = chunk(&persons);
    assert!(matches!(chunk.searched(Column::Description), (crate::persons::Texts::Each(_), Folding::Lower)));
    let rare_at_last = "a".repeat(300) + "z";
    for part in ["hello", "hi", "i", "hiz", "xhi", &rare_at_last, &rare_at_last.repeat(40)] {
        for field in [TextField::Description, TextField::Phone, TextField::Uid] {
            let sides = (TextExpr::Field(field), TextExpr::Literal(Folded::new(part)));
            compare(&Filter::Match(TextMatch::Contains, sides.0, sides.1), &chunk, &persons, &chunk.live);
        }
    }
}

#[test]
fn rows_are_shown_as_they_came() {
    for pattern in [false, true] {
        let (_, _, persons) = persons(5, pattern);
        let mut chunk = chunk(&persons);
        let mut stands: Vec<Option<Person>> = persons.iter().cloned().map(Some).collect();
        for round in 0..60_usize {
            // Somebody goes, somebody comes, somebody changes.
            let rows = [round * 31 % ROWS, round * 77 % ROWS, (round * 13 + 1) % ROWS];
            let mut changes: Vec<(usize, Option<Person>)> = Vec::new();
            for (nth, row) in rows.into_iter().enumerate() {
                let person = match nth {
                    0 if round % 2 == 0 => None,
                    _ => Some(Person {
                        email: format!("x{round}@elsewhere.example"),
                        updated_at: Some(round as i64),
                        ..persons[(row + nth) % ROWS].clone()
                    }),
                };
                changes.retain(|(other, _)| *other != row);
                changes.push((row, person));
            }
            changes.sort_by_key(|(row, _)| *row);
            let views: Vec<_> = changes.iter().map(|(row, person)| (*row, person.as_ref().map(Person::view))).collect();
            chunk = chunk.with(&views);
            for (row, person) in &changes {
                stands[*row].clone_from(person);
            }
            let mut scratch = crate::persons::Scratch::default();
            for (row, person) in stands.iter().enumerate() {
                assert_eq!(chunk.live.has(row), person.is_some());
                if let Some(person) = person {
                    assert_eq!(chunk.view(row, membership::PersonFields::ALL, &mut scratch), person.view());
                }
            }
        }
    }
}

#[test]
fn a_patched_chunk_shows_and_finds_what_one_made_anew_would() {
    let mut scratch = crate::persons::Scratch::default();
    for seed in 0..8 {
        let (mut rng, oracle, pool) = persons(seed, seed % 2 == 1);
        // Not all rows are taken in the beginning.
        let mut stands: Vec<Option<Person>> = pool.iter().take(rng.random_range(1..ROWS)).cloned().map(Some).collect();
        let rows: Vec<_> = stands.iter().map(|person| person.as_ref().map(Person::view)).enumerate().collect();
        let mut patched = Chunk::empty().with(&rows);
        stands.resize(ROWS, None);
        for round in 0..150_usize {
            let mut changes: Vec<(usize, Option<Person>)> = Vec::new();
            for _ in 0..rng.random_range(1..5) {
                let row = rng.random_range(0..ROWS);
                let one = pool[rng.random_range(0..pool.len())].clone();
                let here = stands[row].clone().unwrap_or_else(|| one.clone());
                let next = match rng.random_range(0..8) {
                    0 => None,
                    1 => Some(one),
                    2 => Some(Person { name: format!("{} ÄÖ {round}", one.name), ..here }),
                    3 => Some(Person { uid: format!("other-{round}"), ..here }),
                    4 => Some(Person { email: one.email, login: one.login, link: one.link, ..here }),
                    5 => Some(Person { updated_at: None, last_active_at: Some(i64::MIN), ..here }),
                    6 => Some(Person { updated_at: Some(i64::MAX), phone: "+44 ABC".to_owned(), ..here }),
                    _ => Some(Person { presence: one.presence, city: one.city, tags: String::new(), ..here }),
                };
                changes.retain(|(other, _)| *other != row);
                changes.push((row, next));
            }
            changes.sort_by_key(|(row, _)| *row);
            let views: Vec<_> = changes.iter().map(|(row, person)| (*row, person.as_ref().map(Person::view))).collect();
            patched = patched.with(&views);
            for (row, person) in changes {
                stands[row] = person;
            }
            for (row, person) in stands.iter().enumerate() {
                assert_eq!(patched.live.has(row), person.is_some());
                if let Some(person) = person {
                    assert_eq!(patched.view(row, membership::PersonFields::ALL, &mut scratch), person.view());
                }
            }
            let filled: Vec<Person> = stands.iter().map(|person| person.as_ref().unwrap_or(&pool[0]).clone()).collect();
            for _ in 0..6 {
                let depth = rng.random_range(0..3);
                compare(&random::filter(&mut rng, &oracle, depth), &patched, &filled, &patched.live);
            }
        }
    }
}

#[test]
fn gathered_chunks_show_and_find_what_they_did() {
    let mut scratch = crate::persons::Scratch::default();
    let (mut rng, oracle, mut stands) = (random::rng(1), MemoryDirectory::new(), Vec::new());
    let mut all = crate::persons::Persons::default();
    for at in 0..12 {
        let (.., persons) = persons(at, at % 3 != 0);
        all.set(at as usize, std::sync::Arc::new(chunk(&persons)));
        stands.push(persons);
    }
    for round in 0..5_usize {
        let before = all.bytes();
        let (place, block) = all.scattered().next().map(|(at, block)| (at, block.clone())).expect("enough stand alone");
        assert!(all.swap(place, &block, block.gathered()));
        assert!(!all.is_scattered() && all.bytes() < before, "{} of {before} bytes", all.bytes());
        assert!(!all.swap(place, &block, block.gathered()), "another has come since");
        // Again, since some stand alone.
        for (at, persons) in stands.iter_mut().enumerate() {
            for (row, person) in persons.iter().enumerate() {
                assert_eq!(all.chunk(at).view(row, membership::PersonFields::ALL, &mut scratch), person.view());
            }
            for _ in 0..10 {
                compare(&random::filter(&mut rng, &oracle, 2), all.chunk(at), persons, &all.chunk(at).live);
            }
            if (at + round) % 4 > 0 {
                let row = rng.random_range(0..persons.len());
                persons[row].name = format!("{} ÄÖ {round}", persons[row].name);
                persons[row].uid = format!("{}-{round}", persons[row].uid);
                let next = all.chunk(at).with(&[(row, Some(persons[row].view()))]);
                all.set(at, std::sync::Arc::new(next));
                compare(&random::filter(&mut rng, &oracle, 2), all.chunk(at), persons, &all.chunk(at).live);
            }
        }
        assert!(all.is_scattered(), "nine stand alone");
    }
}

#[test]
fn a_chunk_that_holds_nobody_stays_the_one_that_all_share() {
    let mut all = crate::persons::Persons::default();
    for at in 0..30 {
        let chunk = if at % 3 == 0 { Arc::new(chunk(&persons(at as u64, true).2)) } else { Chunk::nobody() };
        all.set(at, chunk);
    }
    let (place, block) = all.scattered().next().map(|(at, block)| (at, block.clone())).expect("enough stand alone");
    assert!(all.swap(place, &block, block.gathered()));
    assert!((0..30).all(|at| at % 3 == 0 || Arc::ptr_eq(all.chunk(at), &Chunk::nobody())));
    assert_eq!(all.bytes(), (0..10).map(|nth| all.chunk(3 * nth).bytes()).sum::<u64>());
}

#[test]
fn what_has_gone_from_runs_takes_no_place_for_long() {
    let nobody = Chunk::nobody;
    let mut full = crate::persons::Persons::default();
    for at in 0..12 {
        full.set(at, Arc::new(chunk(&persons(at as u64, at % 3 != 0).2)));
    }
    assert!(full.is_scattered() && !full.give_back(), "nothing has gone yet");
    let (place, block) = full.scattered().next().map(|(at, block)| (at, block.clone())).expect("enough stand alone");
    assert!(full.swap(place, &block, block.gathered()));
    // The runs go with the last who stand in them.
    let mut all = full.clone();
    (0..12).for_each(|at| all.set(at, nobody()));
    assert_eq!((all.bytes(), all.is_scattered()), (0, false));
    // As long as one stands there, they stay, unless it is gathered.
    let mut all = full.clone();
    (0..11).for_each(|at| all.set(at, nobody()));
    let alive = all.chunk(11).bytes();
    assert!(all.is_scattered() && all.bytes() > 2 * alive, "{} of {alive} bytes", all.bytes());
    assert!(all.give_back() && !all.give_back() && !all.is_scattered());
    // Alone it has its own counters.
    assert!(all.bytes() < alive + 1_000, "{} of {alive} bytes", all.bytes());
    all.set(11, nobody());
    assert_eq!(all.bytes(), 0);
    // Who is edited leaves runs of which all the others stay.
    let (.., mut edited) = persons(4, true);
    edited[0].name.push_str(" edited");
    let mut all = full.clone();
    all.set(4, Arc::new(all.chunk(4).with(&[(0, Some(edited[0].view()))])));
    assert!(all.bytes() > full.bytes() && !all.is_scattered() && !all.give_back());
}
