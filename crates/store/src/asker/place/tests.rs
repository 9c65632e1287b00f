//! Only what certainly is what libpq makes of it.

use super::*;
use crate::url::DatabaseUrl;

fn of(url: &str, environment: &[(&str, &str)]) -> Result<Place, &'static str> {
    let Ok(DatabaseUrl::Postgres(url)) = url.parse() else { panic!("{url}") };
    let variable = |name: &str| environment.iter().find(|(of, _)| *of == name).map(|(_, value)| value.into());
    Place::of(&url, &variable)
}

#[test]
fn what_is_usual_is_read() {
    let plain = if cfg!(feature = "postgres-tls") { "sslmode=disable" } else { "sslmode=prefer" };
    let place = of(&format!("postgres://u%40x:p%25+w@db.example:5433/da%20ta?{plain}&application_name=x"), &[]);
    let place = place.expect("usual");
    assert_eq!(place.host, Host::Tcp("db.example".to_owned(), 5433));
    assert_eq!((place.user.as_str(), place.database.as_str()), ("u@x", "da ta"));
    assert_eq!(place.password.as_deref(), Some("p%+w"));
    assert_eq!(place.application.as_deref(), Some("x"));
    assert_eq!(place.keepalive, Some(Keepalive { idle: 30, interval: 10, count: 3 }));
    assert!(!format!("{place:?}").contains("p%"), "{place:?}");
}

#[test]
fn a_socket_is_a_file() {
    for url in ["postgres://u@%2Frun%2Fpg/x", "postgres:///x?host=/run/pg&user=u"] {
        let place = of(url, &[]).expect("usual");
        assert_eq!(place.host, Host::Unix("/run/pg/.s.PGSQL.5432".into()), "{url}");
    }
    assert_eq!(
        of("postgres://u@%2Frun/x?port=6000", &[]).expect("usual").host,
        Host::Unix("/run/.s.PGSQL.6000".into())
    );
}

#[test]
fn the_environment_fills_what_is_not_said() {
    let said = [("PGUSER", "v"), ("PGPASSWORD", "hunter2"), ("PGPORT", "7"), ("PGDATABASE", "d"), ("PGHOST", "/s")];
    let place = of("postgres://", &said).expect("usual");
    assert_eq!(place.host, Host::Unix("/s/.s.PGSQL.7".into()));
    assert_eq!((place.user.as_str(), place.database.as_str()), ("v", "d"));
    assert_eq!(place.password.as_deref(), Some("hunter2"));
    let place = of("postgres://u:p@h:8/e?sslmode=disable", &said).expect("usual");
    assert_eq!(place.host, Host::Tcp("h".to_owned(), 8));
    assert_eq!((place.user.as_str(), place.database.as_str()), ("u", "e"));
    assert_eq!(place.password.as_deref(), Some("p"));
    assert_eq!(of("postgres://u@%2Fs", &[]).expect("usual").database, "u");
}

#[test]
fn everything_else_is_left_to_libpq() {
    for url in [
        "postgres://u@%2Fs/x?target_session_attrs=read-write",
        "postgres://u@%2Fs/x?service=y",
        "postgres://u@%2Fs/x?options=-c%20search_path%3Dy",
        "postgres://u@%2Fs/x?hostaddr=127.0.0.1",
        "postgres://u@%2Fs/x?sslcert=/c",
        "postgres://u@%2Fs/x?passfile=/p",
        "postgres://u@%2Fs/x?require_auth=scram-sha-256",
        "postgres://u@%2Fs/x?host=/t",
        "postgres://u@%2Fs/x?user=v",
        "postgres://u@%2Fs/x?keepalives_idle=often",
        "postgres://u@%2Fs/service%3Dy",
        "postgres://u@%40abstract/x",
        "postgres:///x?host=a,b&user=u",
        "postgres:///x?host=/s&port=1,2&user=u",
        "postgres://%2Fs/x",
        "postgres://u@%2Fs/%ff",
    ] {
        assert!(of(url, &[]).is_err(), "{url}");
    }
    for name in OF_LIBPQ {
        assert!(of("postgres://u@%2Fs/x", &[(name, "y")]).is_err(), "{name}");
    }
}

#[cfg(feature = "postgres-tls")]
#[test]
fn where_there_may_be_tls_it_is_not_left_out() {
    assert!(of("postgres://u@h/x", &[]).is_err());
    assert!(of("postgres://u@h/x?sslmode=prefer", &[]).is_err());
    assert!(of("postgres://u@h/x?sslmode=disable", &[]).is_ok());
}
