//! One line: a group, a person or a membership.

use super::random::Random;
use super::vocabulary::{BUSINESS_KINDS, CATEGORIES, CULTURES, Culture, GROUP_TOPICS, SKILLS, TAG_LINES, TAGS, WORDS};
use dialect::json::{Object, integer, string};
use std::fmt::Write as _;

/// The second from which on persons are created and join: 1 January 2012.
const EPOCH: i64 = 1_325_376_000;
/// Over how many seconds they are spread: ten years.
const SPAN: u64 = 315_360_000;

/// The number before the first, and how many persons are made.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) base: u64,
    pub(super) members: u64,
}

/// Texts that are put together anew for each person.
#[derive(Default)]
pub(super) struct Scratch {
    name: String,
    handle: String,
    text: String,
}

/// Writes the `nth` group.
pub(super) fn group(plan: Plan, nth: u64, random: &mut Random, out: &mut Vec<u8>) {
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

/// Writes the `nth` person.
pub(super) fn person(plan: Plan, nth: u64, random: &mut Random, scratch: &mut Scratch, out: &mut Vec<u8>) {
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

/// Writes the membership of one person in one group.
pub(super) fn membership(plan: Plan, group: u64, person: u64, state: &str, random: &mut Random, out: &mut Vec<u8>) {
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
