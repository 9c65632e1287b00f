//! When credentials were last used.

use super::super::{on_both, sqlite};
use super::{NOW, new};
use access::CredentialQuery;
use access::{CredentialKind, Vault};
use membership::Directory;

#[test]
fn the_last_use_is_written_to_the_minute() {
    on_both(|store| {
        let id = store.create(&membership::By::system(1_000), &new(CredentialKind::Key, "key")).expect("made").id;
        let last = || store.list(&CredentialQuery::all(0)).expect("listed").rows[0].last_used_at;
        let head = store.head().expect("head");
        assert_eq!(last(), None);
        store.note_use(id, NOW + 59);
        store.write_uses();
        let minute = (NOW + 59) / 60 * 60;
        assert_eq!(last(), Some(minute));
        // A clock that goes back takes nothing back.
        store.note_use(id, NOW - 100);
        store.write_uses();
        assert_eq!(last(), Some(minute));
        store.note_use(id, minute + 60);
        store.note_use(999, minute + 60);
        store.write_uses();
        assert_eq!(last(), Some(minute + 60));
        assert_eq!(store.head().expect("head"), head, "the change log does not tell of it");
    });
}

#[test]
fn the_last_use_is_written_by_itself() {
    let store = sqlite();
    let id = store.create(&membership::By::system(1_000), &new(CredentialKind::Key, "key")).expect("made").id;
    store.note_use(id, NOW);
    let begun = std::time::Instant::now();
    while store.list(&CredentialQuery::all(0)).expect("listed").rows[0].last_used_at.is_none() {
        assert!(begun.elapsed().as_secs() < 60, "nobody writes it");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_use_waits_for_nobody() {
    on_both(|store| {
        let id = store.create(&membership::By::system(1_000), &new(CredentialKind::Key, "key")).expect("made").id;
        let held = store.write(|_| {
            let begun = std::time::Instant::now();
            for credential in 0..100 {
                store.note_use(id + credential, NOW);
            }
            assert!(begun.elapsed().as_millis() < 500, "{:?}", begun.elapsed());
            Ok(())
        });
        held.expect("held");
    });
}
