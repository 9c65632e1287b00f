//! Imports into a database that does not exist before: the outcome is that of any other import.

use super::*;
use store::NewFile;

const OPTIONS: ImportOptions = ImportOptions { dry_run: false, skip_bad: false, by: By::system(NOW) };

/// Imports these, one after the other, into a new file; what it is then, and the reports.
fn made(directory: &std::path::Path, name: &str, inputs: &[&str]) -> (Store, Vec<ImportReport>) {
    let settings = Settings::new(format!("sqlite://{}", directory.join(name).display()).parse().expect("a URL"));
    let new = NewFile::begin(&settings).expect("begins").expect("there is none yet");
    new.store().migrate().expect("migrates");
    let reports = inputs.iter().map(|input| import_as(new.store(), &[input], OPTIONS)).collect();
    assert!(new.publish().expect("published"));
    let store = Store::open(&settings).expect("opens");
    assert_eq!(store.migrate().expect("migrates"), Vec::<String>::new());
    sound(&store);
    (store, reports)
}

#[test]
fn what_is_there_in_the_end_is_the_same() {
    let directory = tempfile::tempdir().expect("a directory");
    for seed in 0..4 {
        let population = lines(&random::population(&mut random::rng(seed), random::Size::LARGE));
        let changed = population.replace("\"available\"", "\"offline\"");
        assert_ne!(changed, population);
        let (store, reports) = made(directory.path(), &format!("{seed}.db"), &[&population, &changed]);
        let usual = open("sqlite::memory:");
        let expected: Vec<_> = [&population, &changed].map(|input| import_as(&usual, &[input], OPTIONS)).into();
        assert_eq!(reports, expected);
        assert!(reports.iter().all(|report| report.applied));
        assert_eq!(ndjson(&store), ndjson(&usual));
        // What it knows serves the next import.
        let again = import(&store, &changed);
        assert_eq!(counts(&again).map(|[created, changed, _]| (created, changed)), [(0, 0); 3], "{again:?}");
        let more = import(&store, r#"{"kind":"person","uid":"one-more"}"#);
        assert_eq!(counts(&more)[0], [1, 0, 0]);
        sound(&store);
    }
}

/// No index tells it while there is none: the lines do, with the same words as ever.
#[test]
fn what_is_there_twice_is_told_as_ever() {
    let directory = tempfile::tempdir().expect("a directory");
    let persons: String = (1..=30_000)
        .map(|n| format!("{{\"kind\":\"person\",\"number\":{n},\"uid\":\"p{n}\",\"login\":\"L{n}\"}}\n"))
        .collect();
    for (at, last) in [
        r#"{"kind":"person","number":30001,"uid":"p17","login":"new"}"#,
        r#"{"kind":"person","number":30001,"uid":"new","login":"l17"}"#,
        r#"{"kind":"person","number":17,"uid":"new","login":"new"}"#,
        r#"{"kind":"membership","group":{"number":1},"person":{"number":17}}"#,
    ]
    .into_iter()
    .enumerate()
    {
        let input = format!("{persons}{last}");
        let (store, reports) = made(directory.path(), &format!("{at}.db"), &[&input]);
        let report = import(&open("sqlite::memory:"), &input);
        assert_eq!(reports, [report]);
        assert!(!reports[0].applied);
        let told = problems(&reports[0]);
        assert!(told.len() == 1 && told[0].starts_with("f0:30001:"), "{told:?}");
        assert!(store.is_empty().expect("looked"), "nothing of it is there");
    }
}
