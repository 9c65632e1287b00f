//! Several writers and readers at once.

use super::{on_both, soundness};
use access::{CredentialKind, NewCredential, Rights, Secret, Vault};
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
fn the_log_numbers_every_change_once() {
    on_both(|store| {
        std::thread::scope(|scope| {
            for writer in 0..8 {
                scope.spawn(move || {
                    for round in 0..10 {
                        store
                            .create(&NewCredential {
                                audience: "rm".to_owned(),
                                kind: CredentialKind::Client,
                                rights: Rights::USER,
                                person: None,
                                client_id: format!("{writer}.{round}"),
                                parent: None,
                                secret: Secret::presented(format!("{writer}.{round}")).hash(),
                                created_at: 1,
                                expires_at: None,
                            })
                            .expect("made");
                    }
                });
            }
        });
        assert_eq!(store.head().expect("head"), 80);
        let ids: Vec<_> = store.list().expect("listed").iter().map(|c| c.id).collect();
        assert_eq!(ids, (1..=80).collect::<Vec<i64>>());
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}
