//! What goes on beside an import.

use super::*;

/// SQLite does not queue writers; an import that left no gap would keep all others out.
#[test]
fn others_can_write_during_a_long_import() {
    use access::{Agreed, CredentialKind, NewCredential, Rights, Secret, Vault};
    use std::sync::atomic::{AtomicBool, Ordering};
    let directory = std::env::temp_dir().join(format!("rollcall-import-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let url = format!("sqlite://{}/store.db", directory.display());
    let (importer, other) = (open(&url), open(&url));
    let input: String = (0..200_000).map(|n| format!("{{\"kind\":\"person\",\"uid\":\"p{n}\"}}\n")).collect();
    let done = AtomicBool::new(false);
    let made = std::thread::scope(|scope| {
        let import = scope.spawn(|| {
            let report = import(&importer, &input);
            done.store(true, Ordering::Relaxed);
            report
        });
        let mut made = 0_u32;
        while !done.load(Ordering::Relaxed) {
            let new = NewCredential {
                audience: "x".to_owned(),
                kind: CredentialKind::Key,
                rights: Rights::NONE,
                person: None,
                client_id: String::new(),
                parent: None,
                secret: Secret::presented(made.to_string()).hash(),
                created_at: NOW,
                expires_at: None,
                agreed: Agreed::default(),
            };
            other.create(&membership::By::system(1_000), &new).expect("the other writer gets its turn");
            made = made.saturating_add(1);
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert!(import.join().expect("imports").applied);
        made
    });
    assert!(made > 0);
    sound(&importer);
    drop((importer, other));
    std::fs::remove_dir_all(directory).expect("removes");
}
