//! Import and export, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_rows;
mod fields;
mod new_file;
mod owners;
#[path = "../../../../tests/support/postgres.rs"]
mod postgres;
mod waiting;

use membership::record::Record;
use membership::{By, Directory, GroupKey, MemberQuery, PersonKey, Registrar, Window};
use store::export::{ExportError, ExportFormat, ExportOptions, RecordKind};
use store::import::{Format, ImportOptions, ImportReport, Spool};
use store::{Settings, Store};
use testkit::{MemoryDirectory, random};

const NOW: i64 = 1_700_000_000;

fn open(url: &str) -> Store {
    let store = Store::open(&Settings::new(url.parse().expect("a URL"))).expect("opens");
    store.migrate().expect("migrates");
    store
}

/// An empty store on each database.
fn stores() -> [Store; 2] {
    [open("sqlite::memory:"), open(&postgres::Server::shared().fresh_database())]
}

fn import_as(store: &Store, inputs: &[&str], options: ImportOptions) -> ImportReport {
    let mut spool = Spool::new().expect("a spool");
    for (at, input) in inputs.iter().enumerate() {
        spool.read(&format!("f{at}"), &mut input.as_bytes(), Format::Auto, &mut |_| ()).expect("reads");
    }
    store.import(&mut spool, &options, &mut |progress| assert!(progress.done <= progress.total)).expect("imports")
}

fn import(store: &Store, input: &str) -> ImportReport {
    import_at(store, input, NOW)
}

fn import_at(store: &Store, input: &str, now: i64) -> ImportReport {
    import_as(store, &[input], ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(now) })
}

fn export(store: &Store, format: ExportFormat, group: Option<GroupKey>) -> String {
    let mut out = Vec::new();
    store.export(&ExportOptions { group, format }, &mut out, &mut |_| ()).expect("exports");
    String::from_utf8(out).expect("UTF-8")
}

fn ndjson(store: &Store) -> String {
    export(store, ExportFormat::Ndjson, None)
}

fn lines(records: &[Record]) -> String {
    records.iter().map(|record| serde_json::to_string(record).expect("writes") + "\n").collect()
}

fn problems(report: &ImportReport) -> Vec<String> {
    report.bad.iter().map(ToString::to_string).collect()
}

fn counts(report: &ImportReport) -> [[u64; 3]; 3] {
    [report.persons, report.groups, report.memberships].map(|c| [c.created, c.changed, c.unchanged])
}

fn sound(store: &Store) {
    assert_eq!(store.check().expect("checks"), Vec::<String>::new());
}

/// The store holds what the oracle holds.
fn assert_same(store: &Store, oracle: &MemoryDirectory) {
    sound(store);
    for person in oracle.persons() {
        let found = store.person(&PersonKey::Number(person.number)).expect("answers");
        assert_eq!(found, Some(person));
    }
    for group in oracle.groups() {
        let found = store.group(&GroupKey::Number(group.number)).expect("answers");
        assert_eq!(found, Some(group));
    }
    let exported: Vec<Record> = ndjson(store).lines().map(|line| Record::parse(line).expect(line)).collect();
    let rows = oracle.persons().len() + oracle.groups().len() + oracle.memberships().len();
    assert_eq!(exported.len(), rows);
    let memberships: Vec<_> =
        exported.iter().filter_map(|r| if let Record::Membership(m) = r { Some(m) } else { None }).collect();
    for (found, expected) in memberships.iter().zip(oracle.memberships()) {
        let by = |r: &Option<membership::record::PersonRef>| r.as_ref().and_then(|r| r.number);
        assert_eq!(found.group.as_ref().and_then(|g| g.number), Some(expected.group));
        assert_eq!(by(&found.person), Some(expected.person));
        assert_eq!((found.state, found.scope), (Some(expected.state), Some(expected.scope)));
        let times = (found.asked_at, found.joined_at, found.scope_changed_at, found.banned_at);
        let expected_times = (expected.asked_at, expected.joined_at, expected.scope_changed_at, expected.banned_at);
        assert_eq!(times, expected_times, "{expected:?}");
        let actors = (by(&found.joined_by), by(&found.scope_changed_by), by(&found.banned_by));
        assert_eq!(actors, (expected.joined_by, expected.scope_changed_by, expected.banned_by));
    }
}

#[test]
fn random_populations_and_changes_are_restored_as_the_oracle_says() {
    for seed in 0..6 {
        let mut rng = random::rng(seed);
        let size = if seed == 0 { random::Size::LARGE } else { random::Size::SMALL };
        let population = random::population(&mut rng, size);
        let mut oracle = MemoryDirectory::new();
        for record in &population {
            oracle.restore(record, NOW).expect("every record is good");
        }
        let changes = random::changes(&mut rng, &oracle, 200);
        let mut changed = MemoryDirectory::new();
        for record in &population {
            changed.restore(record, NOW).expect("every record is good");
        }
        let mut differ = 0;
        for record in &changes {
            differ += u64::from(changed.restore(record, NOW + 9).expect("every record is good"));
        }
        for store in stores() {
            let report = import(&store, &lines(&population));
            assert_eq!(problems(&report), Vec::<String>::new());
            assert_same(&store, &oracle);
            let report = import_at(&store, &lines(&changes), NOW + 9);
            assert_eq!(problems(&report), Vec::<String>::new(), "seed {seed}");
            let [persons, groups, memberships] = counts(&report);
            assert_eq!(persons[0] + persons[1] + groups[1] + memberships[0] + memberships[1], differ);
            assert_same(&store, &changed);
        }
    }
}

#[test]
fn the_sample_comes_out_as_it_went_in() {
    let mut oracle = MemoryDirectory::new();
    oracle.load_ndjson(membership::sample::NDJSON, NOW).expect("the sample is good");
    for store in stores() {
        assert!(import(&store, membership::sample::NDJSON).applied);
        assert_same(&store, &oracle);
    }
}

#[test]
fn importing_twice_changes_nothing_and_logs_nothing() {
    let population = lines(&random::population(&mut random::rng(7), random::Size::SMALL));
    // Lines that leave much out, and lines that say different things about the same rows.
    let more = concat!(
        r#"{"kind":"membership","group":{"guid":"new"},"person":{"login":"Bob B"}}"#,
        "\n",
        r#"{"kind":"person","login":"Bob B"}"#,
        "\n",
        r#"{"kind":"group","guid":"NEW","owner":{"uid":"bob-b"}}"#,
        "\n",
        r#"{"kind":"person","login":"BOB b","name":"One"}"#,
        "\n",
        r#"{"kind":"person","login":"Bob B","name":"Two","city":"Rome"}"#,
        "\n",
        r#"{"kind":"membership","group":{"guid":"new"},"person":{"uid":"bob-b"},"state":"pending"}"#,
        "\n",
        r#"{"kind":"group","guid":"new","name":"A"}"#,
        "\n",
        r#"{"kind":"group","guid":"new","name":"B"}"#,
        "\n",
    );
    for store in stores() {
        let first = import_as(
            &store,
            &[&population, more],
            ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(NOW) },
        );
        assert!(first.applied, "{:?}", first.bad);
        let (head, before) = (store.head().expect("answers"), ndjson(&store));
        let bob = store.person(&PersonKey::Login("bob b".into())).expect("answers").expect("is there");
        assert_eq!((bob.name.as_str(), bob.city.as_str(), bob.updated_at), ("Two", "Rome", None));
        for now in [NOW, NOW + 1_000] {
            let options = ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(now) };
            let again = import_as(&store, &[&population, more], options);
            assert!(again.applied);
            let [persons, groups, memberships] = counts(&again);
            assert_eq!((persons[0] + persons[1], groups[0] + groups[1], memberships[0] + memberships[1]), (0, 0, 0));
            assert_eq!(persons[2], first.persons.created);
            assert_eq!(store.head().expect("answers"), head);
            assert_eq!(ndjson(&store), before);
        }
        // The same input twice in one go is the same, too.
        let options = ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(NOW) };
        import_as(&store, &[&population, more, &population, more], options);
        assert_eq!((store.head().expect("answers"), ndjson(&store)), (head, before));
        sound(&store);
    }
}

#[test]
fn a_whole_export_into_an_empty_store_exports_the_same_bytes() {
    let population = lines(&random::population(&mut random::rng(11), random::Size::SMALL));
    let kinds = RecordKind::ALL.map(ExportFormat::Csv);
    let [sqlite, postgres] = stores();
    import(&sqlite, &population);
    let whole = ndjson(&sqlite);
    assert!(import(&postgres, &whole).applied);
    assert_eq!(ndjson(&postgres), whole);
    let tables = kinds.map(|kind| export(&postgres, kind, None));
    for store in stores() {
        let options = ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(NOW + 5) };
        let report = import_as(&store, &tables.each_ref().map(String::as_str), options);
        assert!(report.applied, "{:?}", report.bad);
        assert_eq!(kinds.map(|kind| export(&store, kind, None)), tables);
        assert_eq!(ndjson(&store), whole);
    }
}

#[test]
fn a_group_is_exported_with_all_that_it_needs() {
    let input = concat!(
        r#"{"kind":"person","number":1,"uid":"owner"}"#,
        "\n",
        r#"{"kind":"person","number":2,"uid":"member"}"#,
        "\n",
        r#"{"kind":"person","number":3,"uid":"other"}"#,
        "\n",
        r#"{"kind":"person","number":4,"uid":"banned"}"#,
        "\n",
        r#"{"kind":"group","number":7,"guid":"g","owner":{"number":1}}"#,
        "\n",
        r#"{"kind":"group","number":8,"guid":"h"}"#,
        "\n",
        r#"{"kind":"membership","group":{"number":7},"person":{"number":4},"state":"banned","banned_by":{"uid":"other"}}"#,
        "\n",
        r#"{"kind":"membership","group":{"number":7},"person":{"number":2}}"#,
        "\n",
        r#"{"kind":"membership","group":{"number":8},"person":{"number":3}}"#,
        "\n",
    );
    for (store, into) in stores().into_iter().zip(stores()) {
        assert!(import(&store, input).applied);
        let keys = [GroupKey::Number(7), GroupKey::Guid("g".into())];
        for key in keys {
            let whole = export(&store, ExportFormat::Ndjson, Some(key.clone()));
            let kinds: Vec<&str> = whole.lines().map(|line| &line[9..22]).collect();
            let expected = [
                r#"person","numb"#,
                r#"person","numb"#,
                r#"person","numb"#,
                r#"group","numbe"#,
                r#"membership",""#,
                r#"membership",""#,
            ];
            assert_eq!(kinds, expected, "{whole}");
            assert!(import(&into, &whole).applied);
            assert_eq!(export(&into, ExportFormat::Ndjson, Some(key)), whole);
        }
        let none = ExportOptions { group: Some(GroupKey::Number(99)), format: ExportFormat::Ndjson };
        assert!(matches!(store.export(&none, &mut Vec::new(), &mut |_| ()), Err(ExportError::NoSuchGroup)));
    }
}

#[test]
fn identifiers_are_made_for_what_brings_none() {
    let input = concat!(
        r#"{"kind":"person","login":"John.Smith"}"#,
        "\n",
        r#"{"kind":"person","login":"john smith"}"#,
        "\n",
        r#"{"kind":"person","uid":"alone"}"#,
        "\n",
        r#"{"kind":"person","id":"6fe49ce4-56d4-475f-9483-1adca6b2976c"}"#,
        "\n",
        r#"{"kind":"person","number":40,"name":"Forty"}"#,
        "\n",
        r#"{"kind":"group","id":"6fe49ce4-56d4-475f-9483-1adca6b2976c","name":"The Group!"}"#,
        "\n",
        r#"{"kind":"group","number":5}"#,
        "\n",
        r#"{"kind":"membership","group":{"guid":"the-group"},"person":{"uid":"john-smith-2"}}"#,
        "\n",
    );
    for store in stores() {
        let report = import(&store, input);
        assert!(report.applied, "{:?}", report.bad);
        let person = |uid: &str| {
            let p = store.person(&PersonKey::Uid(uid.into())).expect("answers").expect(uid);
            (p.number, p.login, p.name, p.created_at, p.updated_at)
        };
        let expected = |number, login: &str, name: &str| (number, login.to_owned(), name.to_owned(), NOW, None);
        // Numbers that are made are higher than all that are said.
        assert_eq!(person("john-smith"), expected(41, "John.Smith", "John.Smith"));
        assert_eq!(person("john-smith-2"), expected(42, "john smith", "john smith"));
        assert_eq!(person("alone"), expected(43, "alone", "alone"));
        assert_eq!(person("person-44"), expected(44, "person-44", "person-44"));
        assert_eq!(person("person-40"), expected(40, "person-40", "Forty"));
        let group = |guid: &str| store.group(&GroupKey::Guid(guid.into())).expect("answers").expect(guid);
        assert_eq!((group("the-group").number, group("the-group").name), (6, "The Group!".to_owned()));
        assert_eq!((group("group-5").number, group("group-5").name), (5, "group-5".to_owned()));
        // A later import goes on with the counters and sees what is taken.
        assert!(import(&store, r#"{"kind":"person","login":"JOHN+SMITH"}"#).applied);
        assert_eq!(person("john-smith-3").0, 45);
        assert!(import(&store, r#"{"kind":"person","login":"App_System"}"#).applied);
        assert_eq!(person("app_system-2").0, 46, "who stands for the application is nobody");
        sound(&store);
    }
}

#[test]
fn identifiers_that_a_later_line_brings_are_left_to_it() {
    let input = concat!(
        r#"{"kind":"person","login":"bob"}"#,
        "\n",
        r#"{"kind":"person","login":"Eve","number":7}"#,
        "\n",
        r#"{"kind":"person","login":"max"}"#,
        "\n",
        r#"{"kind":"person","uid":"tom"}"#,
        "\n",
        r#"{"kind":"group","id":"6fe49ce4-56d4-475f-9483-1adca6b2976c","name":"Chess"}"#,
        "\n",
        // Others have the identifiers that would have been made for bob, tom and the group …
        r#"{"kind":"person","uid":"bob","login":"robert"}"#,
        "\n",
        r#"{"kind":"person","login":"TOM","uid":"thomas"}"#,
        "\n",
        r#"{"kind":"group","guid":"chess","number":9}"#,
        "\n",
        // … but these name the rows that were made.
        r#"{"kind":"person","uid":"eve","login":"eve"}"#,
        "\n",
        r#"{"kind":"person","uid":"max","city":"Rome"}"#,
        "\n",
    );
    for store in stores() {
        let report = import(&store, input);
        assert_eq!(problems(&report), Vec::<String>::new());
        assert_eq!(counts(&report), [[6, 0, 0], [2, 0, 0], [0; 3]]);
        let uid_of = |login: &str| {
            let found = store.person(&PersonKey::Login(login.into())).expect("answers").expect(login);
            found.uid
        };
        let uids = ["bob", "robert", "eve", "max", "tom-2", "tom"].map(uid_of);
        assert_eq!(uids, ["bob-2", "bob", "eve", "max", "tom", "thomas"]);
        let group = store.group(&GroupKey::Guid("chess-2".into())).expect("answers").expect("is there");
        assert_eq!((group.name.as_str(), group.number), ("Chess", 10));
        let before = (store.head().expect("answers"), ndjson(&store));
        let again = import(&store, input);
        assert_eq!(problems(&again), Vec::<String>::new());
        assert_eq!((store.head().expect("answers"), ndjson(&store)), before);
    }
}

#[test]
fn a_dry_run_tells_what_would_happen() {
    let there = concat!(r#"{"kind":"person","uid":"a"}"#, "\n", r#"{"kind":"person","uid":"b"}"#);
    let input = concat!(
        r#"{"kind":"person","uid":"a","name":"New"}"#,
        "\n",
        r#"{"kind":"person","uid":"b"}"#,
        "\n",
        r#"{"kind":"person","uid":"c"}"#,
        "\n",
    );
    for store in stores() {
        assert!(import(&store, there).applied);
        let before = (store.head().expect("answers"), ndjson(&store));
        let dry = import_as(
            &store,
            &[input],
            ImportOptions { dry_run: true, skip_bad: false, by: membership::By::system(NOW + 1) },
        );
        assert_eq!((dry.applied, counts(&dry)[0]), (false, [1, 1, 1]));
        assert_eq!((store.head().expect("answers"), ndjson(&store)), before);
        let wet = import_at(&store, input, NOW + 1);
        assert_eq!((wet.persons, wet.applied), (dry.persons, true));
        let person = store.person(&PersonKey::Uid("a".into())).expect("answers").expect("is there");
        assert_eq!((person.name.as_str(), person.updated_at), ("New", Some(NOW + 1)));
    }
}

#[test]
fn a_batch_logs_one_entry_for_persons_and_one_for_each_group() {
    let input = concat!(
        r#"{"kind":"person","uid":"a"}"#,
        "\n",
        r#"{"kind":"person","uid":"b"}"#,
        "\n",
        r#"{"kind":"group","guid":"g"}"#,
        "\n",
        r#"{"kind":"group","guid":"h"}"#,
        "\n",
        r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"}}"#,
        "\n",
        r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"b"},"scope":"admin"}"#,
        "\n",
    );
    for store in stores() {
        import(&store, input);
        assert_eq!(store.head().expect("answers"), 3, "persons, g, h");
        import(&store, r#"{"kind":"membership","group":{"guid":"g"},"person":{"uid":"b"},"state":"banned"}"#);
        assert_eq!(store.head().expect("answers"), 4, "g alone");
        let query = MemberQuery::new(GroupKey::Guid("g".into()), Window::page(1, 10));
        assert_eq!(store.count(&query).expect("answers"), 1);
        sound(&store);
    }
}

#[test]
fn the_same_rows_may_be_imported_by_many_at_once() {
    let input: String = (0..50)
        .map(|n| format!("{{\"kind\":\"person\",\"uid\":\"p{n}\"}}\n{{\"kind\":\"group\",\"guid\":\"g{n}\"}}\n"))
        .collect();
    for store in stores() {
        let created: u64 = std::thread::scope(|scope| {
            let one = || (0..3).map(|_| import(&store, &input).persons.created).sum::<u64>();
            let all: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|thread| thread.join().expect("no importer fails")).sum()
        });
        assert_eq!(created, 50);
        assert_eq!(store.head().expect("answers"), 51);
        sound(&store);
    }
}

/// More rows than one transaction takes.
#[test]
fn large_imports_go_in_batches() {
    use std::fmt::Write;
    let mut input = String::from("{\"kind\":\"group\",\"guid\":\"g\"}\n");
    let (rows, members) = (store::import::BATCH + 1_000, 1_000);
    for n in 1..=rows {
        writeln!(input, r#"{{"kind":"person","uid":"p{n}"}}"#).unwrap();
    }
    for n in 1..=members {
        writeln!(input, r#"{{"kind":"membership","group":{{"guid":"g"}},"person":{{"uid":"p{n}"}},"joined_at":{n}}}"#)
            .unwrap();
    }
    for store in stores() {
        let report = import(&store, &input);
        assert_eq!((report.persons.created, report.memberships.created), (rows as u64, members));
        let head = store.head().expect("answers");
        // An entry for the persons in each batch, and one for the group in those with its members.
        assert!((3..=60).contains(&head), "{head}");
        let query = MemberQuery::new(GroupKey::Guid("g".into()), Window::page(1, 10));
        assert_eq!(store.count(&query).expect("answers"), members);
        let again = import(&store, &input);
        assert_eq!((again.persons.unchanged, again.memberships.unchanged), (rows as u64, members));
        assert_eq!(store.head().expect("answers"), head);
        sound(&store);
    }
}
