//! What the columns cost: `cargo bench -p roster`, with `MEMBERS=1000000` unless it is said otherwise.
//!
//! Rows are read to the end, as a renderer reads them, but not written. Figures are medians of many runs, and the least of
//! them, which says more on a machine that has other things to do.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a benchmark fails")]

mod made;

use made::{GROUP, Made};
use membership::{
    Filter, Folded, GroupKey, MemberQuery, OrderBy, OrderKey, PersonFields, Scope, ScopeSet, TextExpr, TextField,
    TextMatch, Window,
};
use roster::{Roster, Settings};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() {
    // `cargo test` runs benchmarks, too, to see that they still work.
    let tested = !std::env::args().any(|argument| argument == "--bench");
    let said = std::env::var("MEMBERS").ok().map(|text| text.parse().expect("MEMBERS is a number"));
    let members = said.unwrap_or(if tested { 2_000 } else { 1_000_000 });
    let source = Arc::new(Made::new(members));
    let began = Instant::now();
    source.each(&mut |row| {
        black_box(row);
    });
    let making = began.elapsed();
    let roster = Roster::new(source.clone(), Settings { bytes: 4 << 30, behind: 10_000, ready: [""; 4] });
    let began = Instant::now();
    roster.hold(0, &page(0, 10));
    let longest = while_loading(&roster);
    let loading = began.elapsed().saturating_sub(making);
    let figures = roster.figures();
    println!("{members} members; {} groups, {} persons in memory", figures.groups, figures.persons);
    println!("{:<54}{:>12.1} bytes", "a member", figures.bytes as f64 / members as f64);
    println!("{:<54}{:>12.3} s", "load, without making the rows", loading.as_secs_f64());
    println!("{:<54}{:>12.3} s", "the longest wait of who catches up meanwhile", longest.as_secs_f64());

    // Which parts are measured: all, unless one is named.
    let part = std::env::var("PART").ok();
    let measured = |name: &str| part.as_deref().is_none_or(|part| part == name);
    let last = members * 9 / 10;
    if measured("pages") {
        pages(&roster, last);
    }
    if measured("orders") {
        orders(&roster, last, members);
    }
    if measured("filters") {
        filters(&roster, &source);
    }
    if measured("changes") {
        changes(&roster, &source, members);
    }
}

fn pages(roster: &Roster, last: u64) {
    let some = PersonFields::NAME.with(PersonFields::NUMBER).with(PersonFields::AVATAR).with(PersonFields::MEMBERSHIP);
    for (name, query, runs) in [
        ("first page of 10, all fields", page(0, 10), 20_000),
        ("page of 10 at nine tenths", page(last, 10), 20_000),
        ("first page of 10, name and avatar", with(page(0, 10), |query| query.fields = some), 20_000),
        ("page of 1,000, all fields", page(last, 1_000), 500),
        ("page of 1,000, name and avatar", with(page(last, 1_000), |query| query.fields = some), 500),
    ] {
        report(name, runs, || read(roster, &query));
    }
}

fn orders(roster: &Roster, last: u64, members: u64) {
    for (name, by, descending) in [
        ("order by name, descending", OrderBy::Text(TextField::Name), true),
        ("order by e-mail", OrderBy::Text(TextField::Email), false),
        ("order by time of change", OrderBy::Changed, true),
    ] {
        let query = with(page(last, 10), |query| query.order = vec![OrderKey { by, descending }]);
        let began = Instant::now();
        roster.hold(0, &query);
        roster.settle();
        println!("{:<54}{:>12.3} s", format!("{name}: made"), began.elapsed().as_secs_f64());
        report(&format!("{name}: page of 10 at nine tenths"), 20_000, || read(roster, &query));
    }
    println!("{:<54}{:>12.1} bytes", "a member, with three orders", roster.figures().bytes as f64 / members as f64);
}

fn filters(roster: &Roster, source: &Made) {
    let holds = |field: TextField, part: &str| {
        Filter::Match(TextMatch::Contains, TextExpr::Field(field), TextExpr::Literal(Folded::new(part)))
    };
    let (name, uid) = (TextField::Name, TextField::Uid);
    for (fields, part, what) in [
        (&[TextField::Name][..], "zzz", "name, none"),
        (&[TextField::Name][..], "okafor", "name, 2 %"),
        (&[TextField::Name][..], "an", "name, many"),
        (&[TextField::Name][..], " ", "name, all"),
        (&[TextField::Name][..], "a", "name, most"),
        (&[TextField::Email][..], "okafor-", "e-mail, 2 %"),
        (&[TextField::Email][..], "people.example", "e-mail, most"),
        (&[TextField::Description][..], "rust", "description, few"),
        (&[TextField::Description][..], "experience", "description, all"),
        (&[TextField::Login][..], "77-", "login, none"),
        (&[name, uid], "zzz", "name or uid, none"),
        (&[name, uid], "okafor", "name or uid, 4 %"),
        (&[name, uid], "a", "name or uid, most"),
    ] {
        // With something beside it that lets nobody in, it is another filter, of which nothing has been found before.
        let new = |nth: usize| {
            let never = std::iter::repeat_n(Filter::Always(false), nth);
            let filter = Filter::Any(fields.iter().map(|field| holds(*field, part)).chain(never).collect());
            page(0, 10).filtered(filter).expect("small")
        };
        let query = new(0);
        let head = roster.head();
        let found = roster.hold(head, &query).expect("held").count();
        let changed = |query: &MemberQuery| {
            source.edit(1);
            roster.catch_up().expect("up to date");
            let held = roster.hold(roster.head(), query).expect("held");
            let began = Instant::now();
            held.members(&mut |page| page.rows.each(&mut |row| _ = black_box(row)));
            began.elapsed()
        };
        let mut nth = 0;
        report_each(&format!("holds \"{part}\" ({what}): {found}"), 15, || {
            nth += 1;
            changed(&new(nth))
        });
        report_each("    after a change", 100, || changed(&query));
        report("    the same again", 20_000, || read(roster, &query));
    }
    let admins = with(page(0, 10), |query| query.scopes = ScopeSet::NONE.with(Scope::Admin));
    report_each("only admins", 15, || {
        source.edit(1);
        roster.catch_up().expect("up to date");
        let held = roster.hold(roster.head(), &admins).expect("held");
        let began = Instant::now();
        held.members(&mut |page| page.rows.each(&mut |row| _ = black_box(row)));
        began.elapsed()
    });
}

fn changes(roster: &Roster, source: &Made, members: u64) {
    for (what, person) in [("at the beginning", 5), ("in the middle", members / 2)] {
        report(&format!("a person changed, {what}"), 1_000, || {
            source.edit(person as i64);
            roster.catch_up().expect("up to date");
        });
        report(&format!("somebody leaves or joins, {what}"), 1_000, || {
            source.toggle(person as i64);
            roster.catch_up().expect("up to date");
        });
    }
    report("nothing has changed", 20_000, || {
        roster.catch_up().expect("up to date");
    });
}

/// How long somebody waits at most who catches up while a group is loaded.
fn while_loading(roster: &Roster) -> Duration {
    std::thread::scope(|scope| {
        let settled = scope.spawn(|| roster.settle());
        let mut longest = Duration::ZERO;
        while !settled.is_finished() {
            let began = Instant::now();
            roster.catch_up().expect("up to date");
            longest = longest.max(began.elapsed());
            std::thread::sleep(Duration::from_millis(1));
        }
        longest
    })
}

fn page(offset: u64, limit: u32) -> MemberQuery {
    MemberQuery::new(GroupKey::Number(GROUP), Window { offset, limit })
}

fn with(mut query: MemberQuery, change: impl FnOnce(&mut MemberQuery)) -> MemberQuery {
    change(&mut query);
    query
}

fn read(roster: &Roster, query: &MemberQuery) {
    let held = roster.hold(roster.head(), query).expect("held");
    held.members(&mut |page| page.rows.each(&mut |row| _ = black_box(row)));
}

fn report(name: &str, runs: usize, mut run: impl FnMut()) {
    report_each(name, runs, || {
        let began = Instant::now();
        run();
        began.elapsed()
    });
}

fn report_each(name: &str, runs: usize, mut run: impl FnMut() -> Duration) {
    let mut took: Vec<Duration> = (0..runs).map(|_| run()).collect();
    took.sort_unstable();
    let micros = |at: usize| took[at].as_secs_f64() * 1e6;
    let (least, median, p99) = (micros(0), micros(runs / 2), micros(runs * 99 / 100));
    println!("{name:<54}{median:>12.2} us   least {least:>12.2} us   p99 {p99:>12.2} us");
}
