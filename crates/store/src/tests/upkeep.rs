//! Lists of credentials, revoking all of a person, and what is dropped in the background.

use super::{number, on_both, postgresql};
use crate::Store;
use access::{Agreed, CredentialKind, CredentialQuery, NewCredential, Rights, Secret, Vault};
use diesel::connection::SimpleConnection;
use membership::record::PersonRecord;
use membership::{By, Directory, DirectoryError, Registrar, Window};

const DAY: i64 = 86_400;

fn person(store: &Store, login: &str) -> i64 {
    let record = PersonRecord { login: Some(login.into()), ..PersonRecord::default() };
    store.create_person(&By::system(1_000), &record).expect("made").number
}

fn make(store: &Store, kind: CredentialKind, of: Option<i64>, parent: Option<i64>, expires_at: Option<i64>) -> i64 {
    let new = NewCredential {
        audience: if of.is_some() { "elance" } else { "rm" }.to_owned(),
        kind,
        rights: Rights::USER,
        person: of,
        client_id: String::new(),
        parent,
        secret: Secret::alphanumeric().expect("random bits").hash(),
        created_at: 1_000,
        expires_at,
        agreed: Agreed::default(),
    };
    store.create(&By::system(1_000), &new).expect("made").id
}

#[test]
fn a_page_is_what_filtering_all_gives() {
    on_both(|store| {
        let (anna, bob) = (person(store, "anna"), person(store, "bob"));
        for at in 0..60 {
            let of = [None, Some(anna), Some(bob)][at % 3];
            let id = make(store, CredentialKind::Token, of, None, (at % 4 == 0).then_some(1_500));
            if at % 5 == 0 {
                store.revoke(&By::system(1_200), id).expect("revoked");
            }
            assert_eq!(store.get(id).expect("asked").map(|c| c.id), Some(id));
        }
        assert_eq!(store.get(61).expect("asked"), None);
        let all = store.list(&CredentialQuery::all(0)).expect("listed").rows;
        assert_eq!(all.len(), 60);
        for (audience, person, in_force) in
            [None, Some("elance"), Some("rm"), Some("no\0ne")].into_iter().flat_map(|audience| {
                [None, Some(anna), Some(99)]
                    .into_iter()
                    .flat_map(move |of| [None, Some(true), Some(false)].map(|in_force| (audience, of, in_force)))
            })
        {
            for (after, offset, limit, now) in [(0, 0, 7, 1_499), (0, 7, 7, 1_500), (20, 0, 50, 1_501), (0, 99, 5, 0)] {
                let window = Window { offset, limit };
                let query = CredentialQuery { audience, person, in_force, after, window, now };
                let expected: Vec<_> = all.iter().filter(|c| query.asks_for(c)).collect();
                let page = store.list(&query).expect("listed");
                assert_eq!(page.total, expected.len() as u64, "{query:?}");
                let cut = expected.into_iter().skip(offset as usize).take(limit as usize);
                assert!(page.rows.iter().eq(cut), "{query:?}");
            }
        }
    });
}

#[test]
fn all_of_a_person_end_in_one_step() {
    on_both(|store| {
        let (anna, bob) = (person(store, "anna"), person(store, "bob"));
        let tokens: Vec<_> = (0..3).map(|_| make(store, CredentialKind::Token, Some(anna), None, None)).collect();
        let others = make(store, CredentialKind::Token, Some(bob), None, None);
        let by = By { person: Some(bob), credential: Some(others), now: 2_000 };
        let before = store.head().expect("asked");
        assert_eq!(store.revoke_of_person(&by, anna, &|c| c.id != tokens[0]).expect("revoked"), 2);
        assert_eq!(store.revoke_of_person(&by, anna, &|c| c.id != tokens[0]).expect("again"), 0);
        assert_eq!(store.revoke_of_person(&by, 99, &|_| true).expect("nobody"), 0);
        let at = |id| store.get(id).expect("asked").expect("there").revoked_at;
        assert_eq!(tokens.iter().map(|id| at(*id)).collect::<Vec<_>>(), [None, Some(2_000), Some(2_000)]);
        assert_eq!(at(others), None);
        let log = store.changes(before, None, 10).expect("asked").entries;
        let told: Vec<_> =
            log.iter().map(|e| (e.action.as_str(), e.person, e.actor, e.credential, e.subject)).collect();
        let ended = |id| ("credential_revoke", Some(anna), Some(bob), Some(others), Some(id));
        assert_eq!(told, [ended(tokens[1]), ended(tokens[2])]);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn what_ended_long_ago_is_dropped_in_the_background() {
    use CredentialKind::{Client, Key, Session, Token};
    on_both(|store| {
        let anna = person(store, "anna");
        let client = make(store, Client, None, None, None);
        let key = make(store, Key, None, None, Some(1_001));
        let standing = make(store, Token, Some(anna), None, None);
        let by_hand = make(store, Token, Some(anna), None, Some(2_000));
        let revoked = make(store, Token, Some(anna), None, None);
        for id in [key, revoked] {
            store.revoke(&By::system(2_000), id).expect("revoked");
        }
        let ids = || -> Vec<i64> {
            store.list(&CredentialQuery::all(0)).expect("listed").rows.iter().map(|c| c.id).collect()
        };
        // More than are dropped at once.
        let sessions: Vec<_> = (0..150).map(|_| make(store, Session, Some(anna), None, Some(2_000))).collect();
        let exchanged = make(store, Token, None, Some(client), Some(2_000));
        let now = 2_000 + DAY;
        assert!(!store.sweep_credentials(now).expect("swept"));
        assert_eq!(ids().len(), 156, "a day is not over");
        assert!(store.sweep_credentials(now + 1).expect("swept"), "there is more");
        while store.sweep_credentials(now + 1).expect("swept") {}
        assert!(!ids().iter().any(|id| sessions.contains(id) || *id == exchanged));
        assert_eq!(ids(), [client, key, standing, by_hand, revoked], "these are shown for longer");
        assert!(!store.sweep_credentials(2_001 + 90 * DAY).expect("swept"));
        assert_eq!(ids(), [client, key, standing], "keys and clients stay");
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn the_log_is_pruned_from_its_beginning_and_a_piece_at_a_time() {
    on_both(|store| {
        // Entries at 1_000, a younger one between, and more of the old: all behind the younger one stay.
        person(store, "first");
        let fill = "INSERT INTO changes (number, at, action, group_number, person_number, actor, credential, job, subject) \
                    WITH RECURSIVE n(number) AS (SELECT 2 UNION ALL SELECT number + 1 FROM n WHERE number < 2500) \
                    SELECT number, CASE number WHEN 2201 THEN 9000 ELSE 1000 END, 'presence', 0, 1, 0, 0, 0, 0 FROM n";
        let statements = [fill, "UPDATE change_head SET number = 2500"].map(|s| format!("{s};")).concat();
        store.outside(|connection| Ok(connection.batch_execute(&statements)?)).expect("filled");
        assert!(!store.prune_changes(1_000).expect("pruned"), "the time itself is not before it");
        assert!(store.changes(0, None, 1).is_ok());
        let rows = || number(store, "SELECT COUNT(*) AS number FROM changes");
        assert!(store.prune_changes(5_000).expect("pruned"), "there is more");
        assert_eq!(rows(), 1_500);
        assert!(store.prune_changes(5_000).expect("pruned"), "there is more");
        assert!(!store.prune_changes(5_000).expect("pruned"));
        assert!(!store.prune_changes(5_000).expect("again"));
        assert_eq!(rows(), 300);
        assert!(matches!(store.changes(2_199, None, 1), Err(DirectoryError::Gone(2_200))));
        let left = store.changes(2_200, None, 1_000).expect("there");
        assert_eq!((left.entries.first().map(|e| e.number), left.entries.len(), left.head), (Some(2_201), 300, 2_500));
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
        // All of it may go. Numbers go on all the same.
        assert!(!store.prune_changes(10_000).expect("pruned"));
        assert_eq!((rows(), store.head().expect("asked")), (0, 2_500));
        assert!(matches!(store.changes(0, None, 1), Err(DirectoryError::Gone(2_500))));
        person(store, "second");
        let left = store.changes(2_500, None, 10).expect("there").entries;
        assert_eq!(left.iter().map(|e| e.number).collect::<Vec<_>>(), [2_501]);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn one_process_at_a_time_does_it() {
    let store = postgresql();
    person(&store, "anna");
    let nothing_done = store.read(|connection| {
        assert!(crate::upkeep::is_ours(connection)?);
        // The lock is held, so whoever else comes goes away without waiting.
        assert!(!store.prune_changes(i64::MAX).expect("asked"));
        Ok(store.changes(0, None, 10).expect("all there").entries.len())
    });
    assert_eq!(nothing_done.expect("asked"), 1);
    assert!(!store.prune_changes(i64::MAX).expect("pruned"));
    assert!(matches!(store.changes(0, None, 10), Err(DirectoryError::Gone(1))));
}
