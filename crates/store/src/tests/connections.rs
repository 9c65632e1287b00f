//! How connections are set up.

use super::{on_both, postgres};
use crate::{Settings, Store};
use diesel::prelude::*;
use diesel::sql_types::Text;
use membership::{Directory, GroupKey, PersonKey};

#[cfg(unix)]
#[test]
fn a_new_database_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("r.db");
    let modes = || {
        ["r.db", "r.db-wal", "r.db-shm"]
            .map(|name| std::fs::metadata(dir.path().join(name)).expect(name).permissions().mode() & 0o777)
    };
    let open = || {
        let store = Store::open(&Settings::new(format!("sqlite://{}", file.display()).parse().expect("a URL")));
        let store = store.expect("opens");
        store.migrate().expect("migrates");
        store
    };
    let store = open();
    assert_eq!(modes(), [0o600; 3]);
    drop(store);
    // A connection that was just being opened for the pool may go a moment later.
    let begun = std::time::Instant::now();
    while dir.path().join("r.db-wal").exists() && begun.elapsed().as_secs() < 10 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // Somebody else's choice stays.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("changed");
    let _store = open();
    assert_eq!(modes(), [0o640; 3]);
}

#[test]
fn a_file_that_cannot_be_made_is_named() {
    let url = "sqlite:///nowhere/at/all/r.db".parse().expect("a URL");
    let Err(error) = Store::open(&Settings::new(url)) else { panic!("there is no such directory") };
    assert!(error.to_string().contains("/nowhere/at/all/r.db"), "{error}");
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    lc_messages: String,
}

#[test]
fn errors_are_told_in_english_where_that_may_be_asked_for() {
    let server = postgres::Server::shared();
    let url = server.fresh_database();
    let (_, database) = url.rsplit_once('/').expect("a URL");
    server.execute("postgres", &format!("ALTER DATABASE {database} SET lc_messages = 'POSIX'"));
    server.execute("postgres", &format!("CREATE ROLE plain_{database} LOGIN"));
    for (url, expected) in [(url.clone(), "C"), (url.replace("rollcall@", &format!("plain_{database}@")), "POSIX")] {
        let store = Store::open(&Settings::new(url.parse().expect("a URL"))).expect("opens");
        let found: Setting = store
            .outside(|c| Ok(diesel::sql_query("SELECT current_setting('lc_messages') AS lc_messages").get_result(c)?))
            .expect("asked");
        assert_eq!(found.lc_messages, expected, "{url}");
    }
    assert!(!server.log().contains("permission denied to set parameter"), "a refusal is not logged");
}

#[test]
fn no_key_holds_the_character_zero() {
    on_both(|store| {
        for key in [PersonKey::Uid("a\0b".to_owned()), PersonKey::Login("a\0b".to_owned())] {
            assert_eq!(store.person(&key).expect("asked"), None);
        }
        assert_eq!(store.group(&GroupKey::Guid("a\0b".to_owned())).expect("asked"), None);
    });
}
