//! Credentials in the store.

use super::{on_both, soundness};
use access::{CredentialKind, Denial, NewCredential, Rights, Secret, Vault, VaultError};
use membership::{Directory, PersonKey};

fn new(audience: &str, kind: CredentialKind, secret: &Secret) -> NewCredential {
    NewCredential {
        audience: audience.to_owned(),
        kind,
        rights: Rights::USER,
        person: None,
        client_id: "client".to_owned(),
        parent: None,
        secret: secret.hash(),
        created_at: 1_000,
        expires_at: None,
    }
}

#[test]
fn a_secret_is_found_by_its_hash_and_only_as_what_it_is() {
    on_both(|store| {
        let secret = Secret::presented("a secret of many bits");
        let made = store.create(&new("elance", CredentialKind::Token, &secret)).expect("made");
        let found = store.find("elance", CredentialKind::Token, &secret.hash()).expect("asked").expect("found");
        assert_eq!(found.credential, made);
        for (audience, kind) in [("rm", CredentialKind::Token), ("elance", CredentialKind::Key)] {
            assert_eq!(store.find(audience, kind, &secret.hash()).expect("asked"), None);
        }
        let other = Secret::presented("another").hash();
        assert_eq!(store.find("elance", CredentialKind::Token, &other).expect("asked"), None);
        assert_eq!(store.list().expect("listed"), [made]);
    });
}

#[test]
fn a_revocation_works_at_once_and_takes_the_family_along() {
    on_both(|store| {
        let (client, token) = (Secret::presented("client"), Secret::presented("token"));
        let parent = store.create(&new("rm", CredentialKind::Client, &client)).expect("made");
        let child = NewCredential { parent: Some(parent.id), ..new("rm", CredentialKind::Token, &token) };
        store.create(&child).expect("made");
        let judge = || {
            let found = store.find("rm", CredentialKind::Token, &token.hash()).expect("asked").expect("found");
            found.judge(2_000).map(|principal| principal.rights)
        };
        assert_eq!(judge(), Ok(Rights::USER));
        assert!(store.revoke(parent.id, 2_000).expect("revoked"));
        assert_eq!(judge(), Err(Denial::Unknown));
        let late = NewCredential { secret: Secret::presented("late").hash(), ..child.clone() };
        assert!(matches!(store.create(&late), Err(VaultError::Gone)), "nothing builds on a revoked one");
        assert!(store.revoke(parent.id, 3_000).expect("revoked again"), "revoking twice is no error");
        assert!(!store.revoke(999, 3_000).expect("asked"));
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn clients_are_found_by_their_public_id() {
    on_both(|store| {
        let secret = Secret::presented("client");
        store.create(&new("rm", CredentialKind::Client, &secret)).expect("made");
        let (found, hash) = store.client("rm", "client").expect("asked").expect("found");
        assert_eq!((found.client_id.as_str(), hash), ("client", secret.hash()));
        for (audience, id) in
            [("elance", "client"), ("rm", "Client"), ("rm", ""), ("rm", "a\0b"), ("rm", "' OR 1=1 --")]
        {
            assert_eq!(store.client(audience, id).expect("asked"), None, "{id:?}");
        }
    });
}

#[test]
fn useless_tokens_do_not_pile_up() {
    on_both(|store| {
        let parent = store.create(&new("rm", CredentialKind::Client, &Secret::presented("c"))).expect("made");
        for round in 0..5 {
            let secret = Secret::presented(format!("token {round}"));
            store
                .create(&NewCredential {
                    parent: Some(parent.id),
                    created_at: 1_000 + round * 200_000,
                    expires_at: Some(1_000 + round * 200_000 + 86_400),
                    ..new("rm", CredentialKind::Token, &secret)
                })
                .expect("made");
        }
        assert_eq!(store.list().expect("listed").len(), 2, "the client and the newest token");
    });
}

#[test]
fn a_token_of_a_person_knows_its_holder() {
    on_both(|store| {
        soundness::load(store);
        let secret = Secret::presented("synapse");
        let person = store.person(&PersonKey::Login("SynapseIndia".to_owned())).expect("asked").expect("found");
        let new = NewCredential { person: Some(person.number), ..new("elance", CredentialKind::Token, &secret) };
        store.create(&new).expect("made");
        let found = store.find("elance", CredentialKind::Token, &secret.hash()).expect("asked").expect("found");
        let principal = found.judge(2_000).expect("active");
        assert_eq!(principal.viewer.map(|v| (v.number, v.uid)), Some((person.number, person.uid)));
    });
}
