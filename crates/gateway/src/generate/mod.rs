//! Makes up plausible groups and members, as import lines: for benchmarks, demonstrations and tests. The same
//! arguments give the same lines on every machine.
//!
//! ```
//! let mut lines = Vec::new();
//! gateway::generate::write(1, 3, 7, &mut lines).expect("memory takes everything");
//! let text = String::from_utf8(lines).expect("UTF-8");
//! assert_eq!(text.lines().count(), 1 + 3 + 3, "a group, its persons, their memberships");
//! ```

mod vocabulary;

use dialect::json::{Object, integer, string};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::fmt::Write as _;
use std::io::{self, Write};
use uuid::Uuid;
use vocabulary::{BUSINESS_KINDS, CATEGORIES, CULTURES, Culture, GROUP_TOPICS, SKILLS, TAG_LINES, TAGS, WORDS};

/// The second from which on persons are created and join: 1 January 2012.
const EPOCH: i64 = 1_325_376_000;
/// Over how many seconds they are spread: ten years.
const SPAN: u64 = 315_360_000;

/// How far apart the numbers of two seeds are, so that what they give can live in one store.
const APART: u64 = 1_000_000_000;
/// How many seeds have numbers of their own. Keeps all numbers below 2^53, the greatest that every reader of JSON
/// takes.
const SEEDS: u64 = 9_000_000;

/// Writes `groups` groups, `members` persons and their memberships, in this order. Groups and persons are both
/// numbered from `seed % 9,000,000 * 1,000,000,000 + 1` on.
///
/// Person by person goes to the next group in turn, so every group has its share and a single one has them all. Where there are several groups, about every third person also belongs to a second one; only there do pending
/// and banned memberships occur, so that the first kind can be counted on.
pub fn write(groups: u64, members: u64, seed: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::with_capacity(2_048);
    let mut flush = |line: &mut Vec<u8>| {
        line.push(b'\n');
        let written = out.write_all(line);
        line.clear();
        written
    };
    let plan = Plan { base: seed % SEEDS * APART, members };
    // One stream each, so that more persons do not change the groups.
    let mut random = Random::new(seed, 0);
    for nth in 1..=groups {
        group(plan, nth, &mut random, &mut line);
        flush(&mut line)?;
    }
    let mut random = Random::new(seed, 1);
    let mut scratch = Scratch::default();
    for nth in 1..=members {
        person(plan, nth, &mut random, &mut scratch, &mut line);
        flush(&mut line)?;
    }
    let mut random = Random::new(seed, 2);
    for nth in 1..=members {
        let home = (nth - 1) % groups.max(1) + 1;
        membership(plan, home, nth, "member", &mut random, &mut line);
        flush(&mut line)?;
        if groups > 1 && random.one_in(3) {
            let other = (home + random.below(groups - 1)) % groups + 1;
            let state = match random.below(20) {
                0 => "banned",
                1..=3 => "pending",
                _ => "member",
            };
            membership(plan, other, nth, state, &mut random, &mut line);
            flush(&mut line)?;
        }
    }
    Ok(())
}

/// The number before the first, and how many persons are made.
#[derive(Clone, Copy)]
struct Plan {
    base: u64,
    members: u64,
}

/// Texts that are put together anew for each person.
#[derive(Default)]
struct Scratch {
    name: String,
    handle: String,
    text: String,
}

fn group(plan: Plan, nth: u64, random: &mut Random, out: &mut Vec<u8>) {
    let number = plan.base + nth;
    let topic = random.pick(GROUP_TOPICS);
    let sponsor = format!("{} {}", random.pick(WORDS), random.pick(BUSINESS_KINDS));
    let guid = format!("{}-{number}", topic.to_ascii_lowercase().replace(' ', "-"));
    let mut object = Object::begin(out);
    object.string("kind", "group").integer("number", number).plain("id", random.uuid()).string("guid", &guid);
    object.string("name", &format!("{sponsor} {topic}"));
    object.string("description", &format!("{topic} who have worked with {sponsor}. {}", random.pick(TAG_LINES)));
    object.string("type", if random.one_in(4) { "private" } else { "public" });
    // The first who belongs to it, if there is one.
    if nth <= plan.members {
        object.key("owner").extend_from_slice(format!("{{\"number\":{number}}}").as_bytes());
    }
    object.string("sponsor", &sponsor);
    object.string("criteria", &format!("At least {} projects in {topic}.", random.below(9) + 2));
    object.string("icon", &format!("https://groups.example/{guid}/badge.png"));
    object.string("page", &format!("https://groups.example/{guid}/members"));
    object.string("email", &format!("{guid}@groups.example"));
    object.integer("created_at", EPOCH - 1 - random.below(10_000_000) as i64);
    object.end();
}

fn person(plan: Plan, nth: u64, random: &mut Random, scratch: &mut Scratch, out: &mut Vec<u8>) {
    let number = plan.base + nth;
    let culture = &random.pick(CULTURES);
    let Scratch { name, handle, text } = scratch;
    named(culture, number, random, name, handle);
    let business = random.one_in(3);
    let created_at = moment(plan, nth, random);
    let (city, state, country) = random.pick(culture.places);

    let mut object = Object::begin(out);
    object.string("kind", "person").integer("number", number).plain("id", random.uuid());
    object.string("uid", handle).string("login", handle).string("name", name);
    if business {
        again(text, format_args!("{} {}", random.pick(WORDS), random.pick(BUSINESS_KINDS)));
        object.string("business_name", text);
    }
    object.string("tag_line", random.pick(TAG_LINES));
    let (skill, other) = (random.pick(SKILLS), random.pick(SKILLS));
    again(text, format_args!("{skill} and {other}, {} years of experience", random.below(25) + 1));
    object.string("description", text);
    if !random.one_in(10) {
        again(text, format_args!("{handle}@people.example"));
        object.string("email", text);
    }
    if !random.one_in(5) {
        let (one, other) = (random.below(900) + 100, random.below(9_000) + 1_000);
        again(text, format_args!("{} {one} {other}", culture.calling_code));
        object.string("phone", text);
    }
    if random.one_in(8) {
        again(text, format_args!("Speaks {}", culture.language));
        object.string("additional_information", text);
    }
    let cents = [0, 25, 50, 75][random.below(4) as usize];
    object.plain("hourly_rate", format_args!("{}.{cents:02}", random.below(140) + 5));
    object.string("city", city).string_if("state", state).string("country", country);
    object.string("category", random.pick(CATEGORIES));
    let ratings = random.below(120);
    object.plain("earnings_6_months", format_args!("{}.{:02}", ratings * (200 + random.below(900)), random.below(100)));
    object.integer("feedback_6_months", ratings).integer("positive_feedback_6_months", random.below(21) + 80);
    again(text, format_args!("https://people.example/{handle}/avatar.png"));
    object.string("avatar", text);
    again(text, format_args!("https://people.example/{handle}"));
    object.string("link", text);
    if random.one_in(4) {
        again(text, format_args!("{{\"level\":{},\"team\":\"{}\"}}", random.below(9) + 1, random.pick(WORDS)));
        object.raw_if("metadata", text);
    }
    if random.one_in(3) {
        let tags = object.key("tags");
        tags.push(b'[');
        string(tags, random.pick(TAGS));
        tags.push(b']');
    }
    if random.one_in(30) {
        object.string("role", "staff");
    }
    if random.one_in(6) {
        object.string("status_message", random.pick(TAG_LINES));
    }
    if business {
        object.key("individual").extend_from_slice(b"false");
    }
    match random.below(50) {
        0 => object.string("account_status", "blocked"),
        1 | 2 => object.string("account_status", "no_access"),
        _ => &mut object,
    };
    if random.one_in(7) {
        object.string("presence", "available");
    }
    if !random.one_in(4) {
        object.integer("last_active_at", created_at + random.below(30_000_000) as i64);
    }
    object.integer("created_at", created_at);
    if random.one_in(2) {
        object.integer("updated_at", created_at + random.below(20_000_000) as i64);
    }
    object.end();
}

fn membership(plan: Plan, group: u64, person: u64, state: &str, random: &mut Random, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.string("kind", "membership");
    for (name, nth) in [("group", group), ("person", person)] {
        let reference = object.key(name);
        reference.extend_from_slice(b"{\"number\":");
        integer(reference, plan.base + nth);
        reference.push(b'}');
    }
    let scope = match random.below(100) {
        0 => "admin",
        1..=3 => "moderator",
        _ => "participant",
    };
    object.string("state", state).string("scope", scope);
    let moment = moment(plan, person, random) + 86_400;
    object.integer(
        match state {
            "member" => "joined_at",
            "pending" => "asked_at",
            _ => "banned_at",
        },
        moment,
    );
    object.end();
}

/// About when something happened to the `nth` person: later ones later, but not strictly, and often in the same
/// second where there are many.
fn moment(plan: Plan, nth: u64, random: &mut Random) -> i64 {
    let share = u128::from(nth) * u128::from(SPAN) / u128::from(plan.members.max(1));
    EPOCH + i64::try_from(share).unwrap_or_default() + random.below(1_000_000) as i64
}

/// A name, and what serves as uid and login: the name in Latin letters with the number behind it.
fn named(culture: &Culture, number: u64, random: &mut Random, name: &mut String, handle: &mut String) {
    let (given, given_latin) = spelled(random.pick(culture.given));
    let (family, family_latin) = spelled(random.pick(culture.family));
    let (first, second) = if culture.family_first { (family, given) } else { (given, family) };
    again(name, format_args!("{first} {second}"));
    again(handle, format_args!("{given_latin}-{family_latin}-{number}"));
    handle.make_ascii_lowercase();
}

/// Splits `Łukasz=lukasz`; a name without its Latin spelling is one already.
fn spelled(entry: &'static str) -> (&'static str, &'static str) {
    entry.split_once('=').unwrap_or((entry, entry))
}

fn again(text: &mut String, with: std::fmt::Arguments<'_>) {
    text.clear();
    // Writing into a String cannot fail.
    let _ = text.write_fmt(with);
}

/// Random numbers that are the same for the same seed, now and on every machine.
struct Random(ChaCha8Rng);

impl Random {
    fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// From 0 to just below `bound` (0 when that is 0). The bias is below one in a billion for the bounds used here.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::limits;
    use membership::record::Record;
    use std::collections::HashSet;

    fn text(groups: u64, members: u64, seed: u64) -> String {
        let mut out = Vec::new();
        write(groups, members, seed, &mut out).expect("memory takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_same_seed_gives_the_same_lines() {
        assert_eq!(text(3, 50, 7), text(3, 50, 7));
        assert_ne!(text(3, 50, 7), text(3, 50, 8));
        let persons =
            |text: &str| text.lines().filter(|l| l.contains("\"person\",")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(persons(&text(3, 50, 7)), persons(&text(5, 50, 7)), "more groups, the same persons");
    }

    #[test]
    fn every_line_is_a_legal_record_with_all_identifiers() {
        let (mut uids, mut guids, mut ids) = (HashSet::new(), HashSet::new(), HashSet::new());
        for line in text(20, 2_000, 1).lines() {
            match Record::parse(line).unwrap_or_else(|e| panic!("{line}: {e}")) {
                Record::Group(group) => {
                    let guid = group.guid.expect("guid");
                    assert_eq!(limits::check_uid("guid", &guid), Ok(guid.clone()));
                    assert!(group.number.is_some() && ids.insert(group.id) && guids.insert(guid));
                }
                Record::Person(person) => {
                    let uid = person.uid.expect("uid");
                    assert_eq!(limits::check_uid("uid", &uid), Ok(uid.clone()));
                    assert_eq!(person.login.as_ref(), Some(&uid));
                    assert!(person.number.is_some() && ids.insert(person.id) && uids.insert(uid));
                }
                Record::Membership(_) => {}
            }
        }
        assert_eq!((guids.len(), uids.len()), (20, 2_000));
    }

    #[test]
    fn everybody_is_a_member_of_a_group_and_of_none_twice() {
        let mut members = HashSet::new();
        let mut all = HashSet::new();
        for line in text(7, 1_000, 3).lines() {
            if let Ok(Record::Membership(m)) = Record::parse(line) {
                let number = (m.group.and_then(|g| g.number), m.person.and_then(|p| p.number));
                assert!(all.insert(number), "twice: {line}");
                if m.state == Some(membership::State::Member) {
                    assert!(m.joined_at.is_some(), "{line}");
                    members.insert(number.1);
                }
            }
        }
        assert_eq!(members.len(), 1_000);
        assert_eq!(text(1, 500, 3).matches("\"state\":\"member\"").count(), 500, "one group has them all");
        assert_eq!(text(5, 0, 3).lines().count(), 5);
    }

    #[test]
    fn two_seeds_share_no_identifier() {
        let numbers = |seed| -> HashSet<i64> {
            let persons = text(2, 50, seed);
            let records = persons.lines().map(|line| Record::parse(line).expect(line));
            records
                .filter_map(|record| match record {
                    Record::Person(person) => person.number,
                    _ => None,
                })
                .collect()
        };
        assert_eq!(numbers(0), (1..=50).collect());
        assert!(numbers(1).is_disjoint(&numbers(2)));
        assert!(numbers(u64::MAX).iter().all(|n| *n < 1 << 53));
    }

    #[test]
    fn the_made_up_is_varied() {
        let text = text(20, 2_000, 1);
        for sign in ["blocked", "no_access", "available", "moderator", "pending", "banned", "private", "metadata"] {
            assert!(text.contains(sign), "{sign}");
        }
        assert!(!text.is_ascii());
    }
}
