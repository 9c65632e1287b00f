//! Consents and exchanges in the store.

mod passwords;
mod uses;

use super::{number, on_both, soundness};
use crate::Store;
use access::CredentialQuery;
use access::{
    Agreed, CODE_LIFETIME, Consent, Credential, CredentialKind, Denial, Exchange, ExchangeError, ExchangeRefusal,
    Exchanged, Groups, NewCredential, PasswordHash, Proof, RedirectRule, Right, Rights, SIGN_IN, Secret, SecretHash,
    Vault, VaultError,
};
use membership::record::PersonRecord;
use membership::{AccountStatus, By, Directory, PersonKey, Registrar};
use std::sync::Barrier;

const NOW: i64 = 1_000_000;
const CALLBACK: &str = "https://app.example/callback";

/// Somebody whom the sample knows.
const LOGIN: &str = "SynapseIndia";

fn secret(text: &str) -> Secret {
    Secret::presented(text)
}

fn new(kind: CredentialKind, text: &str) -> NewCredential {
    NewCredential {
        audience: "elance".to_owned(),
        kind,
        rights: Rights::FULL,
        person: None,
        client_id: "app".to_owned(),
        parent: None,
        secret: secret(text).hash(),
        created_at: NOW,
        expires_at: None,
        agreed: Agreed::default(),
    }
}

fn person(store: &Store) -> i64 {
    store.person(&PersonKey::Login(LOGIN.to_owned())).expect("asked").expect("in the sample").number
}

/// The sample, and a client with two addresses.
fn client(store: &Store) -> Credential {
    soundness::load(store);
    let agreed = Agreed {
        groups: Groups::only([1116]),
        name: "An App".to_owned(),
        redirect_uris: vec![CALLBACK.to_owned(), "http://localhost:3000/".to_owned()],
        ..Agreed::default()
    };
    store
        .create(&membership::By::system(1_000), &NewCredential { agreed, ..new(CredentialKind::Client, "client") })
        .expect("made")
}

fn consent<'a>(store: &Store, client: &'a Credential, code: &str) -> Consent<'a> {
    Consent {
        client,
        person: person(store),
        rights: Rights::USER,
        scope: "basicInfo",
        redirect_uri: Some(CALLBACK),
        code_challenge: None,
        code: secret(code).hash(),
        now: NOW,
    }
}

fn exchange<'a>(client: &'a Credential, proof: Proof<'a>, round: &str, now: i64) -> Exchange<'a> {
    Exchange {
        client,
        proof,
        access: secret(&format!("access {round}")).hash(),
        access_expires_at: Some(now + 3_600),
        refresh: secret(&format!("refresh {round}")).hash(),
        refresh_expires_at: Some(now + 86_400),
        now,
    }
}

fn code(text: &str) -> Proof<'static> {
    Proof::Code {
        code: secret(text).hash(),
        redirect_uri: Some(CALLBACK),
        rule: RedirectRule::Repeated,
        verifier: None,
    }
}

fn refresh(round: &str) -> Proof<'static> {
    Proof::Refresh { token: secret(&format!("refresh {round}")).hash() }
}

fn refusal(outcome: Result<Exchanged, ExchangeError>) -> ExchangeRefusal {
    match outcome {
        Err(ExchangeError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn judged(store: &Store, kind: CredentialKind, hash: &SecretHash, now: i64) -> Result<Option<i64>, Denial> {
    let found = store.find("elance", kind, hash).expect("asked").ok_or(Denial::Unknown)?;
    found.judge(now).map(|principal| principal.viewer.map(|viewer| viewer.number))
}

fn sound(store: &Store) {
    assert_eq!(store.check().expect("checked"), Vec::<String>::new());
}

#[test]
fn a_code_gives_tokens_and_a_refresh_token_its_successor() {
    on_both(|store| {
        let client = &client(store);
        let consented = store.consent(&membership::By::system(1_000), &consent(store, client, "code")).expect("kept");
        assert_eq!(consented.code.expires_at, Some(NOW + CODE_LIFETIME));
        assert_eq!((consented.grant.parent, consented.code.parent), (Some(client.id), Some(consented.grant.id)));
        let first = store.exchange(&exchange(client, code("code"), "1", NOW + 1)).expect("exchanged");
        let person = person(store);
        assert_eq!((first.holder.viewer.number, first.access.person), (person, Some(person)));
        assert_eq!(first.access.rights, Rights::USER);
        assert_eq!(
            (first.access.agreed.scope.as_str(), &first.access.agreed.groups),
            ("basicInfo", &Groups::only([1116]))
        );
        assert_eq!(judged(store, CredentialKind::Token, &secret("access 1").hash(), NOW + 2), Ok(Some(person)));
        let second = store.exchange(&exchange(client, refresh("1"), "2", NOW + 9)).expect("exchanged");
        assert_eq!(second.refresh.parent, Some(consented.grant.id));
        // As it was made, so it is found.
        let found = store.find("elance", CredentialKind::Refresh, &secret("refresh 2").hash()).expect("asked");
        assert_eq!(found.expect("found").credential, second.refresh);
        for hash in ["access 1", "access 2"] {
            assert_eq!(judged(store, CredentialKind::Token, &secret(hash).hash(), NOW + 10), Ok(Some(person)));
        }
        // A refresh token opens nothing else, and a grant nothing at all.
        assert_eq!(judged(store, CredentialKind::Token, &secret("refresh 2").hash(), NOW), Err(Denial::Unknown));
        sound(store);
    });
}

#[test]
fn a_client_gets_no_rights_that_it_has_not() {
    on_both(|store| {
        let whole = client(store);
        let only_read = NewCredential { rights: Rights::READ, ..new(CredentialKind::Client, "reader") };
        let reader = store.create(&membership::By::system(1_000), &only_read).expect("made");
        let grant = store.consent(&membership::By::system(1_000), &consent(store, &reader, "a")).expect("kept").grant;
        assert_eq!(grant.rights, Rights::READ);
        let grant = store.consent(&membership::By::system(1_000), &consent(store, &whole, "b")).expect("kept").grant;
        assert!(!grant.rights.contains(Right::Admin) && grant.rights.contains(Right::Write));
    });
}

#[test]
fn what_is_used_twice_revokes_the_family() {
    on_both(|store| {
        let client = &client(store);
        for (name, again) in [("a", code("a")), ("b", refresh("b 1")), ("c", refresh("c 2"))] {
            store.consent(&membership::By::system(1_000), &consent(store, client, name)).expect("kept");
            for (proof, round) in
                [(code(name), 1), (refresh(&format!("{name} 1")), 2), (refresh(&format!("{name} 2")), 3)]
            {
                store.exchange(&exchange(client, proof, &format!("{name} {round}"), NOW + round)).expect("exchanged");
            }
            let outcome = store.exchange(&exchange(client, again, &format!("{name} late"), NOW + 50));
            assert_eq!(refusal(outcome), ExchangeRefusal::Reused);
            for round in 1..=3 {
                let access = secret(&format!("access {name} {round}")).hash();
                assert_eq!(judged(store, CredentialKind::Token, &access, NOW + 51), Err(Denial::Unknown), "{name}");
            }
            let outcome = store.exchange(&exchange(client, refresh(&format!("{name} 3")), "x", NOW + 52));
            assert_eq!(refusal(outcome), ExchangeRefusal::Unknown, "{name}");
            let late = store.find("elance", CredentialKind::Token, &secret(&format!("access {name} late")).hash());
            assert_eq!(late.expect("asked"), None);
        }
        // The client itself and what others consented to stand.
        let (found, _) = store.client("elance", "app").expect("asked").expect("found");
        assert!(found.in_force(NOW + 60));
        sound(store);
    });
}

/// Sixteen clients' copies present the same at once.
fn race(store: &Store, client: &Credential, proof: &Proof<'_>, name: &str) {
    let barrier = Barrier::new(16);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let one = |at: usize| {
            let (barrier, proof) = (&barrier, proof.clone());
            scope.spawn(move || {
                barrier.wait();
                store.exchange(&exchange(client, proof, &format!("{name} {at}"), NOW + 5))
            })
        };
        let all: Vec<_> = (0..16).map(one).collect();
        all.into_iter().map(|one| one.join().expect("no panic")).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "one gets tokens");
    let mut reused = 0;
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        match refusal(outcome) {
            ExchangeRefusal::Reused => reused += 1,
            other => assert_eq!(other, ExchangeRefusal::Unknown),
        }
    }
    assert_eq!(reused, 1, "the second one revokes the family, and the others find it revoked");
    for at in 0..16 {
        let access = secret(&format!("access {name} {at}")).hash();
        assert_eq!(judged(store, CredentialKind::Token, &access, NOW + 6), Err(Denial::Unknown));
    }
}

#[test]
fn of_many_at_once_one_gets_tokens_and_all_lose_them() {
    on_both(|store| {
        let client = &client(store);
        store.consent(&membership::By::system(1_000), &consent(store, client, "code")).expect("kept");
        race(store, client, &code("code"), "first");
        store.consent(&membership::By::system(1_000), &consent(store, client, "other")).expect("kept");
        store.exchange(&exchange(client, code("other"), "1", NOW + 1)).expect("exchanged");
        race(store, client, &refresh("1"), "second");
        let tokens = number(store, "SELECT COUNT(*) AS number FROM credentials WHERE kind = 'token'");
        assert_eq!(tokens, 3, "none but the three that were given out");
        sound(store);
    });
}

#[test]
fn an_exchange_during_a_revocation_leaves_nothing_behind() {
    on_both(|store| {
        let client = &client(store);
        for round in 0..10 {
            let name = &format!("code {round}");
            let grant =
                store.consent(&membership::By::system(1_000), &consent(store, client, name)).expect("kept").grant.id;
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let exchanged = store.exchange(&exchange(client, code(name), name, NOW + 1));
                    assert!(!matches!(exchanged, Err(ExchangeError::Vault(_))), "{exchanged:?}");
                });
                scope.spawn(|| assert!(store.revoke(&membership::By::system(NOW + 1), grant).expect("revoked")));
            });
            let access = secret(&format!("access {name}")).hash();
            assert_eq!(judged(store, CredentialKind::Token, &access, NOW + 2), Err(Denial::Unknown));
        }
    });
}

#[test]
fn only_the_right_client_in_time_gets_tokens() {
    on_both(|store| {
        let client = &client(store);
        let other = NewCredential { client_id: "other".to_owned(), ..new(CredentialKind::Client, "other") };
        let other = &store.create(&membership::By::system(1_000), &other).expect("made");
        let foreign = NewCredential { audience: "rm".to_owned(), ..new(CredentialKind::Client, "foreign") };
        let foreign = &store.create(&membership::By::system(1_000), &foreign).expect("made");
        store.consent(&membership::By::system(1_000), &consent(store, client, "code")).expect("kept");
        let ask = |client, proof, now| refusal(store.exchange(&exchange(client, proof, "1", now)));
        assert_eq!(ask(other, code("code"), NOW + 1), ExchangeRefusal::Unknown);
        assert_eq!(ask(foreign, code("code"), NOW + 1), ExchangeRefusal::Unknown);
        assert_eq!(ask(client, code("codE"), NOW + 1), ExchangeRefusal::Unknown);
        let as_refresh = Proof::Refresh { token: secret("code").hash() };
        assert_eq!(ask(client, as_refresh, NOW + 1), ExchangeRefusal::Unknown);
        assert_eq!(ask(client, code("code"), NOW + CODE_LIFETIME), ExchangeRefusal::Unknown);
        // None of them has used it up.
        let exchanged = store.exchange(&exchange(client, code("code"), "1", NOW + CODE_LIFETIME - 1)).expect("in time");
        let ends = exchanged.refresh.expires_at.expect("it ends");
        assert_eq!(ask(other, refresh("1"), ends - 1), ExchangeRefusal::Unknown);
        assert_eq!(ask(client, refresh("1"), ends), ExchangeRefusal::Unknown);
        // Who is not the client revokes nothing, not even by presenting what has been used.
        assert_eq!(ask(other, code("code"), NOW + 5), ExchangeRefusal::Unknown);
        store.exchange(&exchange(client, refresh("1"), "2", ends - 1)).expect("in time");
        assert!(store.revoke(&membership::By::system(NOW + 400), client.id).expect("revoked"));
        assert_eq!(ask(client, refresh("2"), NOW + 401), ExchangeRefusal::Unknown);
        assert!(matches!(
            store.consent(&membership::By::system(1_000), &consent(store, client, "late")),
            Err(VaultError::Gone)
        ));
    });
}

#[test]
fn the_address_and_the_verifier_must_fit() {
    on_both(|store| {
        let client = &client(store);
        let said = [None, Some(CALLBACK), Some("http://localhost:3000/"), Some("https://app.example/callback/")];
        use RedirectRule::{Registered, Repeated, Same};
        for (name, at_authorize, rule, good) in [
            ("a", Some(CALLBACK), Repeated, [false, true, false, false]),
            ("b", Some(CALLBACK), Same, [true, true, false, false]),
            ("c", Some(CALLBACK), Registered, [true, true, true, false]),
            ("d", None, Repeated, [true, true, false, false]),
            ("e", None, Same, [true, true, false, false]),
            ("f", Some("http://localhost:3000/"), Same, [true, false, true, false]),
        ] {
            for (at, (now_said, good)) in said.iter().zip(good).enumerate() {
                let name = &format!("{name}{at}");
                let consent = Consent { redirect_uri: at_authorize, ..consent(store, client, name) };
                store.consent(&membership::By::system(1_000), &consent).expect("kept");
                let proof = Proof::Code { code: secret(name).hash(), redirect_uri: *now_said, rule, verifier: None };
                let outcome = store.exchange(&exchange(client, proof, name, NOW + 1));
                match outcome {
                    Ok(_) => assert!(good, "{name}"),
                    Err(_) => assert_eq!((refusal(outcome), good), (ExchangeRefusal::BadRedirect, false), "{name}"),
                }
            }
        }
        let verifier = secret("a verifier of many letters, at least forty-three");
        let with = Consent { code_challenge: Some(verifier.hash()), ..consent(store, client, "with") };
        store.consent(&membership::By::system(1_000), &with).expect("kept");
        store.consent(&membership::By::system(1_000), &consent(store, client, "without")).expect("kept");
        let wrong = secret("another verifier of many letters, at least forty");
        for (name, verifier, good) in [
            ("with", None, false),
            ("with", Some(&wrong), false),
            ("without", Some(&verifier), false),
            ("with", Some(&verifier), true),
            ("without", None, true),
        ] {
            let proof =
                Proof::Code { code: secret(name).hash(), redirect_uri: Some(CALLBACK), rule: Repeated, verifier };
            let outcome = store.exchange(&exchange(client, proof, name, NOW + 1));
            if good {
                outcome.expect(name);
            } else {
                assert_eq!(refusal(outcome), ExchangeRefusal::BadVerifier, "{name}");
            }
        }
    });
}

#[test]
fn who_is_blocked_or_deleted_gets_no_tokens() {
    on_both(|store| {
        let client = &client(store);
        store.consent(&membership::By::system(1_000), &consent(store, client, "code")).expect("kept");
        let session = NewCredential {
            audience: SIGN_IN.to_owned(),
            rights: Rights::NONE,
            person: Some(person(store)),
            expires_at: Some(NOW + 600),
            ..new(CredentialKind::Session, "session")
        };
        store.create(&membership::By::system(1_000), &session).expect("made");
        let key = PersonKey::Number(person(store));
        let set = |status| {
            let record = PersonRecord { account_status: Some(status), ..PersonRecord::default() };
            store.edit_person(&By::system(NOW), &key, &record, None).expect("changed");
        };
        let signed_in = || {
            let found = store.find(SIGN_IN, CredentialKind::Session, &session.secret).expect("asked").expect("found");
            found.judge(NOW).map(|_| ())
        };
        set(AccountStatus::Blocked);
        assert_eq!(signed_in(), Err(Denial::AccountClosed));
        let ask = |proof| store.exchange(&exchange(client, proof, "1", NOW + 1));
        assert_eq!(refusal(ask(code("code"))), ExchangeRefusal::AccountClosed);
        set(AccountStatus::Active);
        assert_eq!(signed_in(), Ok(()));
        ask(code("code")).expect("not used up");
        set(AccountStatus::NoAccess);
        assert_eq!(refusal(ask(refresh("1"))), ExchangeRefusal::AccountClosed);
        let hash = PasswordHash::of("a password").expect("random bits");
        assert!(store.set_password(&membership::By::system(NOW), person(store), Some(&hash)).expect("set"));
        store.delete_person(&By::system(NOW), &key, None).expect("deleted");
        assert_eq!(refusal(ask(refresh("1"))), ExchangeRefusal::Unknown);
        assert_eq!(number(store, "SELECT COUNT(*) AS number FROM passwords"), 0);
        sound(store);
    });
}

#[test]
fn what_is_of_no_use_any_more_is_dropped() {
    on_both(|store| {
        let client = &client(store);
        let ids = || -> Vec<i64> {
            store.list(&CredentialQuery::all(0)).expect("listed").rows.iter().map(|c| c.id).collect()
        };
        let abandoned =
            store.consent(&membership::By::system(1_000), &consent(store, client, "abandoned")).expect("kept");
        let used = store.consent(&membership::By::system(1_000), &consent(store, client, "used")).expect("kept");
        store.exchange(&exchange(client, code("used"), "1", NOW + 1)).expect("exchanged");
        let later = NOW + CODE_LIFETIME + 86_401;
        store
            .consent(&membership::By::system(1_000), &Consent { now: later, ..consent(store, client, "later") })
            .expect("kept");
        let left = ids();
        for gone in [abandoned.grant.id, abandoned.code.id, used.code.id] {
            assert!(!left.contains(&gone), "{gone} of {left:?}");
        }
        assert!(left.contains(&used.grant.id), "its refresh token is still known");
        let much_later = later + 2 * 86_400;
        store
            .consent(
                &membership::By::system(1_000),
                &Consent { now: much_later, ..consent(store, client, "much later") },
            )
            .expect("kept");
        let left = ids();
        assert!(!left.contains(&used.grant.id), "nothing is left of it");
        assert_eq!(left.len(), 3, "the client, the last grant and its code");
        sound(store);
    });
}
