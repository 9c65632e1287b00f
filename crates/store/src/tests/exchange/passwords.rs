//! Persons' passwords.

use super::super::{on_both, soundness};
use super::{NOW, new, person, sound};
use access::{CredentialKind, NewCredential, PasswordHash, SIGN_IN, Vault};
use membership::Directory;

#[test]
fn a_password_is_kept_changed_and_forgotten() {
    on_both(|store| {
        soundness::load(store);
        let number_of = person(store);
        let session = |name: &str| NewCredential {
            audience: SIGN_IN.to_owned(),
            person: Some(number_of),
            ..new(CredentialKind::Session, name)
        };
        assert_eq!(store.password_of("nobody").expect("asked"), None);
        assert_eq!(store.password_of("a\0b").expect("asked"), None);
        let password = || store.password_of("SYNAPSEINDIA").expect("asked").expect("a person").password;
        assert_eq!(password(), None);
        for (round, text) in ["first password", "second password"].into_iter().enumerate() {
            let kept = store.create(&membership::By::system(1_000), &session(text)).expect("made").id;
            let head = store.head().expect("head");
            let hash = PasswordHash::of(text).expect("random bits");
            assert!(
                store.set_password(&membership::By::system(NOW + round as i64), number_of, Some(&hash)).expect("set")
            );
            assert!(password().is_some_and(|hash| hash.is_of(text)));
            let entries = store.changes(head, None, 10).expect("a stretch").entries;
            let told: Vec<_> = entries.iter().map(|e| (e.action.as_str(), e.person, e.subject)).collect();
            let person = Some(number_of);
            assert_eq!(told, [("password_change", person, None), ("credential_revoke", person, Some(kept))]);
        }
        assert!(store.set_password(&membership::By::system(NOW), number_of, None).expect("forgotten"));
        assert_eq!(password(), None);
        assert!(!store.set_password(&membership::By::system(NOW), 999_999, None).expect("asked"));
        let hash = &PasswordHash::of("at once").expect("random bits");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    assert!(store.set_password(&membership::By::system(NOW), number_of, Some(hash)).expect("set"))
                });
            }
        });
        assert!(password().is_some_and(|hash| hash.is_of("at once")));
        sound(store);
    });
}
