//! A store of the version before becomes one of this, and back again, with all that it holds.

use super::{number, on_both, soundness};
use crate::Store;
use access::CredentialQuery;
use access::{Agreed, CredentialKind, NewCredential, Rights, Secret, Vault};
use diesel::connection::SimpleConnection;
use membership::{Directory, Filter, Folded, GroupQuery, TextExpr, TextField, TextMatch, Window};

const ROWS: &str = r#"{"kind":"person","number":1,"login":"Anna"}
{"kind":"group","number":1,"guid":"one","email":"One@Example.org","owner":{"number":1}}
{"kind":"group","number":2,"guid":"two","additional_information":"ΣΊΣΥΦΟΣ"}
{"kind":"membership","group":{"number":1},"person":{"number":1},"scope":"admin"}
"#;

fn credential(kind: CredentialKind, parent: Option<i64>) -> NewCredential {
    NewCredential {
        audience: "rm".to_owned(),
        kind,
        rights: Rights::FULL,
        person: None,
        client_id: "app".to_owned(),
        parent,
        secret: Secret::presented(kind.as_str()).hash(),
        created_at: 1_000,
        expires_at: None,
        agreed: Agreed::default(),
    }
}

/// Takes the migrations back to the first, the last one first.
fn revert(store: &Store) {
    const SQLITE: [&str; 4] = [
        include_str!("../../../../migrations/sqlite/00000000000005_subject/down.sql"),
        include_str!("../../../../migrations/sqlite/00000000000004_oauth/down.sql"),
        include_str!("../../../../migrations/sqlite/00000000000003_idempotency/down.sql"),
        include_str!("../../../../migrations/sqlite/00000000000002_writes/down.sql"),
    ];
    const POSTGRESQL: [&str; 4] = [
        include_str!("../../../../migrations/postgresql/00000000000005_subject/down.sql"),
        include_str!("../../../../migrations/postgresql/00000000000004_oauth/down.sql"),
        include_str!("../../../../migrations/postgresql/00000000000003_idempotency/down.sql"),
        include_str!("../../../../migrations/postgresql/00000000000002_writes/down.sql"),
    ];
    let down = if store.in_process() { SQLITE } else { POSTGRESQL };
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version IN ('00000000000002', '00000000000003', '00000000000004', '00000000000005')";
    let reverted = store.outside(|connection| {
        for step in down {
            connection.batch_execute(step)?;
        }
        Ok(connection.batch_execute(forget)?)
    });
    reverted.expect("reverted");
}

fn found(store: &Store, field: TextField, part: &str) -> Vec<i64> {
    let filter = Filter::Match(TextMatch::Contains, TextExpr::Field(field), TextExpr::Literal(Folded::new(part)));
    let query = GroupQuery::new(Window { offset: 0, limit: 10 }).filtered(filter).expect("small");
    store.groups(&query).expect("a page").rows.iter().map(|entry| entry.group.number).collect()
}

#[test]
fn an_older_store_gets_its_texts_folded() {
    on_both(|store| {
        soundness::import(store, ROWS, 1_000);
        let client = credential(CredentialKind::Client, None);
        let kept = store.create(&membership::By::system(1_000), &client).expect("made");
        let code = store
            .create(&membership::By::system(1_000), &credential(CredentialKind::Code, Some(kept.id)))
            .expect("made");
        let head = store.head().expect("asked");
        revert(store);
        let error = store.ready().expect_err("not current").to_string();
        assert!(error.contains("rollcall migrate"), "{error}");
        let steps = store.migrate().expect("migrates");
        assert_eq!(steps.len(), 5, "{steps:?}");
        assert_eq!(steps[..4], ["00000000000002", "00000000000003", "00000000000004", "00000000000005"]);
        assert!(steps[4].starts_with("fold"), "{steps:?}");
        store.ready().expect("current");
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
        assert_eq!(found(store, TextField::Email, "@EXAMPLE"), [1]);
        assert_eq!(found(store, TextField::AdditionalInformation, "σίσυφοσ"), [2]);
        let changes = store.changes(0, None, 100).expect("a stretch");
        assert_eq!((changes.entries.len() as u64, changes.head), (head, head));
        assert!(changes.entries.iter().all(|entry| entry.job.is_none()));
        // The version before had one column for both, and these were what it said of credentials.
        let told: Vec<_> = changes.entries.iter().filter(|entry| entry.action == "credential_create").collect();
        assert_eq!(told.iter().map(|entry| entry.subject).collect::<Vec<_>>(), [Some(kept.id), Some(code.id)]);
        assert!(told.iter().all(|entry| entry.credential.is_none()));
        // What the version before does not know is gone; the rest is as it was, with nothing agreed.
        assert_eq!(store.list(&CredentialQuery::all(0)).expect("listed").rows, [kept]);
        let next =
            store.create(&membership::By::system(1_000), &credential(CredentialKind::Token, None)).expect("made");
        assert_eq!(next.id, code.id + 1);
        assert_eq!(number(store, "SELECT last AS number FROM counters WHERE name = 'job'"), 0);
    });
}
