//! Credentials in the store.

use super::{number, on_both, postgresql, soundness, until_somebody_waits};
use access::CredentialQuery;
use access::{Agreed, CredentialKind, Denial, NewCredential, Rights, Secret, Vault, VaultError};
use diesel::connection::SimpleConnection;
use membership::{Directory, PersonKey};
use std::sync::mpsc::channel;

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
        agreed: Agreed::default(),
    }
}

#[test]
fn a_secret_is_found_by_its_hash_and_only_as_what_it_is() {
    on_both(|store| {
        let secret = Secret::presented("a secret of many bits");
        let made =
            store.create(&membership::By::system(1_000), &new("elance", CredentialKind::Token, &secret)).expect("made");
        let found = store.find("elance", CredentialKind::Token, &secret.hash()).expect("asked").expect("found");
        assert_eq!(found.credential, made);
        for (audience, kind) in [("rm", CredentialKind::Token), ("elance", CredentialKind::Key)] {
            assert_eq!(store.find(audience, kind, &secret.hash()).expect("asked"), None);
        }
        let other = Secret::presented("another").hash();
        assert_eq!(store.find("elance", CredentialKind::Token, &other).expect("asked"), None);
        assert_eq!(store.list(&CredentialQuery::all(0)).expect("listed").rows, [made]);
    });
}

#[test]
fn a_revocation_works_at_once_and_takes_the_family_along() {
    on_both(|store| {
        let (client, token) = (Secret::presented("client"), Secret::presented("token"));
        let parent =
            store.create(&membership::By::system(1_000), &new("rm", CredentialKind::Client, &client)).expect("made");
        let child = NewCredential { parent: Some(parent.id), ..new("rm", CredentialKind::Token, &token) };
        store.create(&membership::By::system(1_000), &child).expect("made");
        let judge = || {
            let found = store.find("rm", CredentialKind::Token, &token.hash()).expect("asked").expect("found");
            found.judge(2_000).map(|principal| principal.rights)
        };
        assert_eq!(judge(), Ok(Rights::USER));
        assert!(store.revoke(&membership::By::system(2_000), parent.id).expect("revoked"));
        assert_eq!(judge(), Err(Denial::Unknown));
        let late = NewCredential { secret: Secret::presented("late").hash(), ..child.clone() };
        assert!(
            matches!(store.create(&membership::By::system(1_000), &late), Err(VaultError::Gone)),
            "nothing builds on a revoked one"
        );
        assert!(
            store.revoke(&membership::By::system(3_000), parent.id).expect("revoked again"),
            "revoking twice is no error"
        );
        assert!(!store.revoke(&membership::By::system(3_000), 999).expect("asked"));
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn a_revocation_takes_all_generations_along_and_logs_each() {
    on_both(|store| {
        let make = |secret: &str, parent: Option<i64>| {
            let secret = Secret::presented(secret);
            store
                .create(
                    &membership::By::system(1_000),
                    &NewCredential { parent, ..new("rm", CredentialKind::Token, &secret) },
                )
                .expect("made")
                .id
        };
        let first = make("first", None);
        let second = make("second", Some(first));
        let already = make("already", Some(first));
        let other = make("other", None);
        let third = make("third", Some(second));
        assert!(store.revoke(&membership::By::system(1_500), already).expect("revoked"));
        let before = store.head().expect("head");
        assert!(store.revoke(&membership::By::system(2_000), first).expect("revoked"));
        let revoked: Vec<_> =
            store.list(&CredentialQuery::all(0)).expect("listed").rows.iter().map(|c| (c.id, c.revoked_at)).collect();
        let expected =
            [(first, Some(2_000)), (second, Some(2_000)), (already, Some(1_500)), (other, None), (third, Some(2_000))];
        assert_eq!(revoked, expected);
        assert_eq!(store.head().expect("head"), before + 3);
        for id in [first, second, third] {
            let query = format!(
                "SELECT COUNT(*) AS number FROM changes \
                 WHERE action = 'credential_revoke' AND subject = {id} AND number > {before}"
            );
            assert_eq!(number(store, &query), 1, "{id}");
        }
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn a_token_that_is_made_during_the_revocation_is_revoked_too() {
    let store = &postgresql();
    let parent = store
        .create(&membership::By::system(1_000), &new("rm", CredentialKind::Client, &Secret::presented("client")))
        .expect("made")
        .id;
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        scope.spawn(move || {
            // What `create` does, but slowly.
            let made = store.write(|connection| {
                connection.batch_execute(&format!(
                    "UPDATE credentials SET revoked_at = 0 WHERE id = {parent} AND revoked_at = 0; \
                     UPDATE counters SET last = last + 1 WHERE name = 'credential'; \
                     INSERT INTO credentials (id, audience, kind, rights, person_number, client_id, secret_hash, \
                         parent, created_at, expires_at, revoked_at) \
                     SELECT last, 'rm', 'token', '', 0, 'client', 'late', {parent}, 1000, 0, 0 \
                         FROM counters WHERE name = 'credential'"
                ))?;
                sender.send(()).expect("somebody listens");
                until_somebody_waits(store);
                Ok(())
            });
            made.expect("made");
        });
        receiver.recv().expect("made");
        assert!(store.revoke(&membership::By::system(2_000), parent).expect("revoked"));
    });
    assert_eq!(number(store, "SELECT COUNT(*) AS number FROM credentials WHERE revoked_at = 2000"), 2);
    assert_eq!(number(store, "SELECT COUNT(*) AS number FROM changes WHERE action = 'credential_revoke'"), 2);
}

#[test]
fn clients_are_found_by_their_public_id() {
    on_both(|store| {
        let secret = Secret::presented("client");
        store.create(&membership::By::system(1_000), &new("rm", CredentialKind::Client, &secret)).expect("made");
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
        let parent = store
            .create(&membership::By::system(1_000), &new("rm", CredentialKind::Client, &Secret::presented("c")))
            .expect("made");
        for round in 0..5 {
            let secret = Secret::presented(format!("token {round}"));
            store
                .create(
                    &membership::By::system(1_000),
                    &NewCredential {
                        parent: Some(parent.id),
                        created_at: 1_000 + round * 200_000,
                        expires_at: Some(1_000 + round * 200_000 + 86_400),
                        ..new("rm", CredentialKind::Token, &secret)
                    },
                )
                .expect("made");
        }
        assert_eq!(
            store.list(&CredentialQuery::all(0)).expect("listed").rows.len(),
            2,
            "the client and the newest token"
        );
    });
}

#[test]
fn a_token_of_a_person_knows_its_holder() {
    on_both(|store| {
        soundness::load(store);
        let secret = Secret::presented("synapse");
        let person = store.person(&PersonKey::Login("SynapseIndia".to_owned())).expect("asked").expect("found");
        let new = NewCredential { person: Some(person.number), ..new("elance", CredentialKind::Token, &secret) };
        store.create(&membership::By::system(1_000), &new).expect("made");
        let found = store.find("elance", CredentialKind::Token, &secret.hash()).expect("asked").expect("found");
        let principal = found.judge(2_000).expect("active");
        assert_eq!(principal.viewer.map(|v| (v.number, v.uid)), Some((person.number, person.uid)));
    });
}
