//! Clients that want too much, and what others notice of it. What is measured of that is in `alone.rs`.

use crate::support::gateway::{Database, Gateway};
use crate::support::keys::{Dialect, Keys};
use crate::support::postgres::Server;
use crate::support::shapes;
use membership::sample::NDJSON;
use std::time::{Duration, Instant};

/// Somebody else holds a lock, so nothing that is slow gets done. Two have a turn, three wait, and everybody else is told
/// at once.
#[test]
fn what_piles_up_is_refused_at_once() {
    const SLOW: &str =
        "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c/members?$filter=substringof(Name,'a')";
    const LOCKED: Duration = Duration::from_secs(6);
    let server = Server::shared();
    let database = Database::postgresql();
    database.import(NDJSON);
    let gateway = Gateway::start(
        &["--database", &database.url],
        &[("ROLLCALL__DATABASE__POOL_SIZE", "2"), ("ROLLCALL__LIMITS__QUEUE_LENGTH", "3")],
    );
    let keys = Keys::make(&database, &gateway, "synapseindia");
    let name = database.url.rsplit('/').next().expect("a name");
    let lock = format!("LOCK TABLE memberships IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({})", LOCKED.as_secs());
    std::thread::scope(|scope| {
        let locking = scope.spawn(|| server.execute(name, &lock));
        std::thread::sleep(Duration::from_millis(500));
        let asking: Vec<_> = (0..20)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(20));
                scope.spawn(|| {
                    let begun = Instant::now();
                    let response = keys.get(&mut gateway.client(), Dialect::Rm, SLOW, &[]);
                    shapes::check(Dialect::Rm, &response, SLOW);
                    (response, begun.elapsed())
                })
            })
            .collect();
        let answers: Vec<_> = asking.into_iter().map(|one| one.join().expect("answered")).collect();
        let (served, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(response, _)| response.status == 200);
        assert_eq!((served.len(), refused.len()), (5, 15));
        for (response, time) in refused {
            assert_eq!((response.status, &response.json()["error"]), (503, &"temporarily_unavailable".into()));
            assert!(response.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
            assert!(*time < LOCKED / 2, "waited {time:?}");
        }
        locking.join().expect("unlocked");
        assert_eq!(keys.get(&mut gateway.client(), Dialect::Rm, SLOW, &[]).status, 200, "and then all is well");
    });
}
