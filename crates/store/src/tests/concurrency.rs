//! Several writers and readers at once.

mod commands;

use super::{number, on_both, soundness};
use access::CredentialQuery;
use access::{Agreed, CredentialKind, NewCredential, Rights, Secret, Vault, VaultError};
use membership::{Directory, GroupKey, MemberQuery, Window};

#[test]
fn sixteen_importers_of_one_group_keep_totals_and_log_exact() {
    on_both(|store| {
        soundness::import(store, r#"{"kind":"group","guid":"busy"}"#, 1_000);
        std::thread::scope(|scope| {
            for writer in 0..16 {
                scope.spawn(move || {
                    for round in 0..5 {
                        let uid = format!("w{writer}-{round}");
                        let lines = format!(
                            "{{\"kind\":\"person\",\"uid\":\"{uid}\"}}\n\
                             {{\"kind\":\"membership\",\"group\":{{\"guid\":\"busy\"}},\"person\":{{\"uid\":\"{uid}\"}}}}\n"
                        );
                        soundness::import(store, &lines, 2_000);
                    }
                });
            }
            // A reader sees as many rows as the total says, always.
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let query = MemberQuery::new(GroupKey::Guid("busy".to_owned()), Window::page(1, 1_000));
                        let mut seen = (0, 0);
                        store.members(&query, &mut |page| seen = (page.total, page.rows.len() as u64)).expect("read");
                        assert_eq!(seen.0, seen.1, "total and rows of one snapshot");
                    }
                });
            }
        });
        let query = MemberQuery::new(GroupKey::Guid("busy".to_owned()), Window::page(1, 1));
        assert_eq!(store.count(&query).expect("counted"), 80);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn sixteen_writers_of_all_kinds_keep_totals_and_log_exact() {
    const ROUNDS: i64 = 6;
    on_both(|store| {
        let mut lines = String::new();
        for group in ["a", "b"] {
            lines.push_str(&format!("{{\"kind\":\"group\",\"guid\":\"{group}\"}}\n"));
        }
        for person in 0..10 {
            lines.push_str(&format!("{{\"kind\":\"person\",\"uid\":\"p{person}\"}}\n"));
        }
        soundness::import(store, &lines, 1_000);
        let make = |secret: String, parent| {
            store.create(
                &membership::By::system(1_000),
                &NewCredential {
                    audience: "rm".to_owned(),
                    kind: CredentialKind::Token,
                    rights: Rights::USER,
                    person: None,
                    client_id: String::new(),
                    parent,
                    secret: Secret::presented(secret).hash(),
                    created_at: 1,
                    expires_at: None,
                    agreed: Agreed::default(),
                },
            )
        };
        let clients: Vec<i64> = (0..4).map(|c| make(format!("client {c}"), None).expect("made").id).collect();
        let clients = &clients;
        std::thread::scope(|scope| {
            for writer in 0..16_i64 {
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        match writer % 4 {
                            // The same ten persons change their state and scope in both groups, in either order.
                            0 | 1 => {
                                let state = ["member", "pending", "banned"][(writer + round) as usize % 3];
                                let scope = ["participant", "moderator", "admin"][(writer * round) as usize % 3];
                                let mut lines = String::new();
                                for group in if writer % 8 < 4 { ["a", "b"] } else { ["b", "a"] } {
                                    for person in 0..10 {
                                        let person = if writer % 8 < 4 { person } else { 9 - person };
                                        lines.push_str(&format!(
                                            "{{\"kind\":\"membership\",\"group\":{{\"guid\":\"{group}\"}},\"person\":\
                                             {{\"uid\":\"p{person}\"}},\"state\":\"{state}\",\"scope\":\"{scope}\"}}\n"
                                        ));
                                    }
                                }
                                soundness::import(store, &lines, 2_000 + round);
                            }
                            // Tokens are exchanged and their clients revoked at the same time.
                            2 => match make(format!("token {writer} {round}"), Some(clients[round as usize % 4])) {
                                Ok(_) | Err(VaultError::Gone) => {}
                                Err(error) => panic!("{error}"),
                            },
                            _ => {
                                let id = clients[round as usize % 4];
                                if round >= 2 {
                                    assert!(store.revoke(&membership::By::system(3_000), id).expect("revoked"));
                                }
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
        let log = "SELECT COUNT(*) AS number FROM changes WHERE action = ";
        let logged = |action: &str| number(store, &format!("{log}'{action}'"));
        let credentials = store.list(&CredentialQuery::all(0)).expect("listed").rows;
        assert_eq!(logged("credential_create"), credentials.len() as i64);
        let gone = credentials.iter().filter(|c| c.revoked_at.is_some());
        assert_eq!(logged("credential_revoke"), gone.clone().count() as i64);
        assert!(credentials.iter().all(|c| c.revoked_at.is_some()), "all clients were revoked: {credentials:?}");
        let memberships = number(store, "SELECT COUNT(*) AS number FROM memberships");
        assert_eq!(memberships, 20);
    });
}

#[test]
fn the_log_numbers_every_change_once() {
    on_both(|store| {
        std::thread::scope(|scope| {
            for writer in 0..8 {
                scope.spawn(move || {
                    for round in 0..10 {
                        store
                            .create(
                                &membership::By::system(1_000),
                                &NewCredential {
                                    audience: "rm".to_owned(),
                                    kind: CredentialKind::Client,
                                    rights: Rights::USER,
                                    person: None,
                                    client_id: format!("{writer}.{round}"),
                                    parent: None,
                                    secret: Secret::presented(format!("{writer}.{round}")).hash(),
                                    created_at: 1,
                                    expires_at: None,
                                    agreed: Agreed::default(),
                                },
                            )
                            .expect("made");
                    }
                });
            }
        });
        assert_eq!(store.head().expect("head"), 80);
        let ids: Vec<_> = store.list(&CredentialQuery::all(0)).expect("listed").rows.iter().map(|c| c.id).collect();
        assert_eq!(ids, (1..=80).collect::<Vec<i64>>());
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}
