//! Commands that wait for others.

use super::*;
use crate::Settings;
use crate::commands::keep_person;
use crate::tests::{postgresql, until_somebody_waits};
use access::{Agreed, CredentialKind, NewCredential, Rights, Secret, Vault, VaultError};
use diesel::connection::SimpleConnection;
use membership::life_cycle::StepRefusal;
use membership::{Directory, DirectoryError};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Does `first` in a transaction that stays open until somebody waits for it, and `second` meanwhile.
fn one_behind_the_other<T>(store: &Store, first: &str, second: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        scope.spawn(move || {
            let done = store.write(|connection| {
                connection.batch_execute(first)?;
                sender.send(()).expect("somebody listens");
                until_somebody_waits(store);
                Ok(())
            });
            done.expect("done");
        });
        receiver.recv().expect("begun");
        second()
    })
}

#[test]
fn a_writer_of_another_process_is_waited_for_but_not_for_ever() {
    let dir = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", dir.path().join("r.db").display());
    let open = || Store::open(&Settings::new(url.parse().expect("a URL"))).expect("opens");
    let (store, other) = (&open(), &open());
    store.migrate().expect("migrates");
    let hold = |how_long: Duration| {
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            scope.spawn(move || {
                let held = other.write(|_| {
                    sender.send(()).expect("somebody listens");
                    std::thread::sleep(how_long);
                    Ok(())
                });
                held.expect("held");
            });
            receiver.recv().expect("begun");
            let begun = Instant::now();
            (store.create_person(&SYSTEM, &PersonRecord::default()), begun.elapsed())
        })
    };
    let (made, waited) = hold(Duration::from_millis(700));
    assert!(made.is_ok() && waited > Duration::from_millis(500), "{made:?} after {waited:?}");
    let (made, waited) = hold(Duration::from_millis(11_500));
    let unavailable = matches!(made, Err(CommandError::Directory(DirectoryError::Unavailable(_))));
    assert!(unavailable && waited > Duration::from_millis(9_500), "{made:?} after {waited:?}");
    store.create_person(&SYSTEM, &PersonRecord::default()).expect("made");
    sound(store);
}

#[test]
fn a_step_is_judged_when_its_turn_comes() {
    let store = &postgresql();
    persons(store, 2);
    let g = group(store, GroupKind::Public, Some(1));
    add(store, g, &[(2, Scope::Admin)]);
    // What `transfer_ownership` does, but slowly.
    let first = format!("SELECT 1 FROM groups WHERE number = {g} FOR NO KEY UPDATE; UPDATE groups SET owner = 2");
    let left = one_behind_the_other(store, &first, || step(store, &by(2), g, 2, Action::Leave));
    assert_eq!(left, Err(StepRefusal::Owner.into()));
}

#[test]
fn who_is_being_deleted_can_be_referred_to_no_more() {
    let store = &postgresql();
    persons(store, 4);
    let g = group(store, GroupKind::Public, None);
    let token = |person| NewCredential {
        audience: "rm".to_owned(),
        kind: CredentialKind::Token,
        rights: Rights::USER,
        person: Some(person),
        client_id: String::new(),
        parent: None,
        secret: Secret::presented(format!("token {person}")).hash(),
        created_at: 1_000,
        expires_at: None,
        agreed: Agreed::default(),
    };
    let delete = |person: i64| format!("DELETE FROM persons WHERE number = {person}");
    let made = one_behind_the_other(store, &delete(1), || store.create(&token(1)));
    assert!(matches!(made, Err(VaultError::Gone)), "{made:?}");
    let added = one_behind_the_other(store, &delete(2), || step(store, &SYSTEM, g, 2, Action::Add(Scope::Participant)));
    assert_eq!(added, Err(StepFailure::NoSuchPerson));
    let owner = GroupRecord { owner: Some(whose(3)), ..GroupRecord::default() };
    let edit = membership::GroupEdit { record: owner, password: None };
    let owned = one_behind_the_other(store, &delete(3), || store.edit_group(&SYSTEM, &key(g), &edit, None));
    assert_eq!(owned.expect_err("gone").to_string(), "owner names nobody");
    // The other way round: what refers to somebody first is seen by whoever deletes that one then.
    store.create(&token(4)).expect("made");
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        scope.spawn(move || {
            let kept = store.write(|connection| {
                assert!(keep_person(connection, 4)?);
                connection.batch_execute(&format!(
                    "INSERT INTO memberships SELECT {g}, 'member', 5, 4, 'admin', 0, 0, 0, 0, 0, 0; \
                     INSERT INTO group_totals VALUES ({g}, 'member', 'admin', 1)"
                ))?;
                sender.send(()).expect("somebody listens");
                until_somebody_waits(store);
                Ok(())
            });
            kept.expect("kept");
        });
        receiver.recv().expect("begun");
        store.delete_person(&SYSTEM, &one(4), None).expect("deleted");
    });
    assert_eq!(number(store, "SELECT COUNT(*) AS number FROM memberships"), 0);
    assert_eq!(number(store, "SELECT COUNT(*) AS number FROM credentials WHERE revoked_at = 0"), 0);
    sound(store);
}

#[test]
fn an_import_makes_nobody_who_is_gone_an_owner() {
    let store = &postgresql();
    persons(store, 1);
    let lines = r#"{"kind":"group","guid":"g","owner":{"uid":"p1"}}"#;
    assert_eq!(imported_behind(store, "DELETE FROM persons WHERE number = 1", lines), ["owner names nobody"]);
    sound(store);
}

/// Imports these lines behind a change that others have begun. Gives the problems of bad rows.
fn imported_behind(store: &Store, first: &str, lines: &str) -> Vec<String> {
    let bad = one_behind_the_other(store, first, || {
        let mut spool = crate::Spool::new().expect("a spool");
        spool.read("test", &mut lines.as_bytes(), crate::Format::Ndjson, &mut |_| {}).expect("spooled");
        let options = crate::ImportOptions { dry_run: false, skip_bad: false, now: NOW };
        store.import(&mut spool, &options, &mut |_| {}).expect("imported").bad
    });
    bad.into_iter().map(|row| row.problem).collect()
}

#[test]
fn an_import_bans_nobody_who_comes_to_own_the_group_meanwhile() {
    for there in ["", "member"] {
        let store = &postgresql();
        persons(store, 2);
        let g = group(store, GroupKind::Public, Some(1));
        if !there.is_empty() {
            add(store, g, &[(2, Scope::Admin)]);
        }
        // What an import that names another owner does, but slowly.
        let first = format!("UPDATE groups SET owner = 2 WHERE number = {g}");
        let line =
            format!(r#"{{"kind":"membership","group":{{"number":{g}}},"person":{{"uid":"p2"}},"state":"banned"}}"#);
        let told = imported_behind(store, &first, &line);
        assert_eq!(told, ["state cannot be restored: the person owns the group and must pass it on first"]);
        sound(store);
    }
}

#[test]
fn an_import_makes_nobody_an_owner_who_is_banned_meanwhile() {
    let store = &postgresql();
    persons(store, 2);
    let g = group(store, GroupKind::Public, Some(1));
    // What `ban` does, but slowly; its row of the group is held.
    let first = format!(
        "SELECT 1 FROM groups WHERE number = {g} FOR NO KEY UPDATE; \
         INSERT INTO memberships SELECT {g}, 'banned', 0, 2, 'participant', 0, 0, 0, 0, 5, 0; \
         INSERT INTO group_totals VALUES ({g}, 'banned', 'participant', 1)"
    );
    let line = format!(r#"{{"kind":"group","number":{g},"owner":{{"uid":"p2"}}}}"#);
    assert_eq!(imported_behind(store, &first, &line), ["owner is banned from the group"]);
    sound(store);
}

#[test]
fn groups_of_a_person_who_is_deleted_are_found_whenever_they_come() {
    let store = &postgresql();
    persons(store, 2);
    let g = group(store, GroupKind::Public, Some(2));
    // The person becomes a member while its groups are being held; the row of the group is held, too.
    let first = format!(
        "SELECT 1 FROM groups WHERE number = {g} FOR NO KEY UPDATE; \
         INSERT INTO memberships SELECT {g}, 'member', 5, 1, 'participant', 0, 0, 0, 0, 0, 0; \
         INSERT INTO group_totals VALUES ({g}, 'member', 'participant', 1)"
    );
    let gone = one_behind_the_other(store, &first, || store.delete_person(&SYSTEM, &one(1), None));
    assert_eq!(gone.expect("deleted").number, 1);
    assert_eq!(store.group_entry(&key(g), None).expect("there").members, 1);
    sound(store);
}

#[test]
fn a_number_that_is_given_twice_is_a_fault() {
    let store = postgresql();
    // Whatever is tried: no client has done that.
    persons(&store, 1);
    store.outside(|c| Ok(c.batch_execute("UPDATE counters SET last = 0 WHERE name = 'person'")?)).expect("done");
    let made = store.create_person(&SYSTEM, &PersonRecord::default());
    assert!(matches!(made, Err(CommandError::Directory(DirectoryError::Fault(_)))), "{made:?}");
}
