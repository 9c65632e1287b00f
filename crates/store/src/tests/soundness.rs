//! `check` finds what cannot be.

use super::on_both;
use crate::{Format, ImportOptions, Spool, Store};
use diesel::connection::SimpleConnection;
use membership::sample;

/// Imports NDJSON, all of it or nothing.
pub fn import(store: &Store, text: &str, now: i64) {
    let mut spool = Spool::new().expect("a spool");
    spool.read("test", &mut text.as_bytes(), Format::Ndjson, &mut |_| {}).expect("spooled");
    let options = ImportOptions { dry_run: false, skip_bad: false, now };
    let report = store.import(&mut spool, &options, &mut |_| {}).expect("imported");
    assert_eq!(report.bad_total, 0, "{:?}", report.bad);
    assert!(report.applied);
}

/// Imports the sample data.
pub fn load(store: &Store) {
    import(store, sample::NDJSON, 1_700_000_000);
}

#[test]
fn a_fresh_import_is_sound() {
    on_both(|store| {
        load(store);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn every_kind_of_damage_is_told() {
    for (damage, told) in [
        ("UPDATE group_totals SET members = members + 1 WHERE scope = 'admin' AND state = 'member'", "is kept as"),
        ("DELETE FROM group_totals WHERE scope = 'admin' AND state = 'member'", "is kept as 0"),
        (
            "INSERT INTO group_totals (group_number, state, scope, members) VALUES (424242, 'member', 'admin', 3)",
            "there are 0",
        ),
        ("UPDATE memberships SET banned_at = 5 WHERE state = 'member'", "banned_at 5"),
        ("UPDATE counters SET last = 5 WHERE name = 'person'", "counter of person"),
        ("DELETE FROM changes WHERE number = 1", "change log"),
        ("UPDATE change_head SET number = number + 1", "change log"),
        ("DELETE FROM change_head", "0 heads"),
    ] {
        on_both(|store| {
            load(store);
            store.outside(|connection| Ok(connection.batch_execute(damage)?)).expect(damage);
            let problems = store.check().expect("checked");
            assert!(problems.iter().any(|p| p.contains(told)), "{damage}: {problems:?}");
        });
    }
}
