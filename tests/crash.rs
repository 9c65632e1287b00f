//! The gateway killed in the middle of mixed writes, again and again: what was acknowledged is there, nothing is there by
//! half, and it is back at once.

use crate::support::gateway::{Database, Gateway, succeed};
use crate::support::http::Client;
use crate::support::keys::{create, word};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often the gateway is killed.
const ROUNDS: usize = 50;
/// Who writes at once.
const WRITERS: usize = 4;
const GROUP: &str = "crash";
/// How long a restart may take, from the start of the program to its first good answer.
const RESTART: Duration = Duration::from_secs(2);
/// The same when the machine is busy with other things.
const BUSY_RESTART: Duration = Duration::from_secs(10);

/// Where a person stands, as far as its only writer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Nowhere,
    Outside,
    Member(&'static str),
    Banned,
}

/// One thing to do to a person, and where it leads.
struct Step {
    method: &'static str,
    path: String,
    body: String,
    after: Stands,
}

/// What a writer does next to the person `uid`, chosen by `n`.
fn next(uid: &str, stands: Stands, n: usize) -> Step {
    let members = format!("/v3/groups/{GROUP}/members");
    let step = |method, path: String, body: String, after| Step { method, path, body, after };
    let none = String::new;
    match (stands, n % 3) {
        (Stands::Nowhere, _) => {
            step("POST", "/v3/users".into(), format!(r#"{{"uid":"{uid}","name":"{uid}"}}"#), Stands::Outside)
        }
        (Stands::Outside, _) => {
            step("POST", members, format!(r#"{{"participants":["{uid}"]}}"#), Stands::Member("participant"))
        }
        (Stands::Member("participant"), 0) => {
            step("PUT", format!("{members}/{uid}"), r#"{"scope":"moderator"}"#.into(), Stands::Member("moderator"))
        }
        (Stands::Member(_), 1) => step("POST", format!("/v3/groups/{GROUP}/bannedusers/{uid}"), none(), Stands::Banned),
        (Stands::Member(_), _) => step("DELETE", format!("{members}/{uid}"), none(), Stands::Outside),
        (Stands::Banned, _) => step("DELETE", format!("/v3/groups/{GROUP}/bannedusers/{uid}"), none(), Stands::Outside),
    }
}

/// Writes until the server goes away. `people` are this writer's own. Gives the step that was not acknowledged: the
/// person, and where it would stand.
fn write(
    client: &mut Client,
    key: &str,
    people: &mut BTreeMap<String, Stands>,
    seed: usize,
    end: &AtomicBool,
) -> (Option<(String, Stands)>, usize) {
    let headers = [("apikey", key), ("content-type", "application/json")];
    let mut done = 0;
    while !end.load(Ordering::Relaxed) || done == 0 {
        let uid = people.keys().nth((done * 7 + seed) % people.len()).cloned().expect("some people");
        let step = next(&uid, people[&uid], done + seed);
        let Some(reply) = client.send_once(step.method, &step.path, &headers, step.body.as_bytes()) else {
            return (Some((uid, step.after)), done);
        };
        assert_eq!(reply.status, 200, "{} {}: {}", step.method, step.path, reply.text());
        assert!(!reply.text().contains(r#""success":false"#), "{}: {}", step.path, reply.text());
        people.insert(uid, step.after);
        done += 1;
    }
    (None, done)
}

/// Where everybody stands, as the gateway tells.
fn told(client: &mut Client, key: &str) -> BTreeMap<String, Stands> {
    let headers = [("apikey", key)];
    let mut get = |path: &str| client.get(path, &headers).json();
    let users = get("/v3/users?perPage=1000");
    let uids = |rows: &serde_json::Value| -> Vec<(String, String)> {
        let rows = rows["data"].as_array().expect("rows");
        rows.iter().map(|row| (word(row, "uid"), row["scope"].as_str().unwrap_or_default().to_owned())).collect()
    };
    let mut stands: BTreeMap<_, _> = uids(&users).into_iter().map(|(uid, _)| (uid, Stands::Outside)).collect();
    let members = get(&format!("/v3/groups/{GROUP}/members?perPage=1000"));
    for (uid, scope) in uids(&members) {
        let scope = ["participant", "moderator", "admin"].into_iter().find(|s| *s == scope).expect("a scope");
        stands.insert(uid, Stands::Member(scope));
    }
    assert_eq!(members["meta"]["pagination"]["total"], members["data"].as_array().expect("rows").len());
    for (uid, _) in uids(&get(&format!("/v3/groups/{GROUP}/bannedusers?perPage=1000"))) {
        stands.insert(uid, Stands::Banned);
    }
    stands
}

/// How long the restarts took. A time by the clock is longer when the machine is busy with other things, and one that is
/// computed does not show what is waited for. So no restart may compute for as long as [`RESTART`], and half of all take
/// less by the clock: what every restart does or waits for is seen in either, whatever hinders a few of them.
#[derive(Default)]
struct Restarts {
    clock: Vec<Duration>,
    computed: Vec<Duration>,
}

impl Restarts {
    fn note(&mut self, gateway: &Gateway, took: Duration) {
        let round = self.clock.len();
        assert!(took < BUSY_RESTART, "round {round}: answered after {took:?}");
        self.clock.push(took);
        #[cfg(target_os = "linux")]
        {
            let computed = gateway.computed();
            assert!(computed < RESTART, "round {round}: computed for {computed:?} before it answered");
            self.computed.push(computed);
        }
    }

    fn judge(mut self, database: &str) {
        self.clock.sort();
        self.computed.sort();
        let (median, longest) = (self.clock[self.clock.len() / 2], self.clock.last());
        eprintln!("{database}: answered after {median:?}, {longest:?} at most; computed {:?}", self.computed.last());
        assert!(median < RESTART, "half of the restarts took {median:?} or longer");
    }
}

fn killed_again_and_again(database: &Database) {
    let mut gateway = Gateway::serve(database);
    let key = word(&create(database, &["cometchat"]), "apikey");
    let headers = [("apikey", key.as_str()), ("content-type", "application/json")];
    let group = format!(r#"{{"guid":"{GROUP}","name":"Crash","type":"public"}}"#);
    assert_eq!(gateway.client().send("POST", "/v3/groups", &headers, group.as_bytes()).status, 200);

    let mut people: Vec<BTreeMap<String, Stands>> =
        (0..WRITERS).map(|writer| (0..20).map(|n| (format!("w{writer}-p{n}"), Stands::Nowhere)).collect()).collect();
    let (mut acknowledged, mut unanswered, mut kept) = (0, 0, 0);
    let mut restarts = Restarts::default();
    for round in 0..ROUNDS {
        let end = AtomicBool::new(false);
        // Different in each round, so that the end comes at every place.
        let time = Duration::from_millis(20 + (round as u64 * 13) % 60);
        let cut: Vec<_> = std::thread::scope(|scope| {
            let writers: Vec<_> = people
                .iter_mut()
                .enumerate()
                .map(|(n, people)| {
                    let (mut client, key, end) = (gateway.client(), key.as_str(), &end);
                    scope.spawn(move || write(&mut client, key, people, round * 31 + n * 17, end))
                })
                .collect();
            std::thread::sleep(time);
            gateway.signal("KILL");
            let cut = writers.into_iter().map(|writer| writer.join().expect("a writer")).collect();
            end.store(true, Ordering::Relaxed);
            cut
        });
        gateway.wait();

        let begun = Instant::now();
        gateway = Gateway::serve(database);
        let mut client = gateway.client();
        assert_eq!(client.get(&format!("/v3/groups/{GROUP}"), &headers).status, 200);
        restarts.note(&gateway, begun.elapsed());

        succeed(&["check", "--database", &database.url], b"");
        let found = told(&mut client, &key);
        for (people, (cut, done)) in people.iter_mut().zip(cut) {
            acknowledged += done;
            for (uid, stands) in people.iter_mut() {
                let now = found.get(uid).copied().unwrap_or(Stands::Nowhere);
                match &cut {
                    // What was not acknowledged is done or not, as a whole.
                    Some((other, after)) if other == uid => {
                        assert!(
                            now == *stands || now == *after,
                            "round {round}, {uid}: {now:?}, not {stands:?} or {after:?}"
                        );
                        unanswered += 1;
                        kept += usize::from(now == *after);
                    }
                    _ => assert_eq!(now, *stands, "round {round}, {uid}: acknowledged and lost"),
                }
                *stands = now;
            }
        }
    }
    assert!(acknowledged > ROUNDS && unanswered > ROUNDS / 2, "{acknowledged} acknowledged, {unanswered} not");
    eprintln!("{}: {acknowledged} acknowledged, {unanswered} cut off, {kept} of these done", database.name);
    restarts.judge(database.name);
}

#[test]
fn what_was_acknowledged_outlives_a_kill_on_sqlite() {
    killed_again_and_again(&Database::sqlite());
}

#[test]
fn what_was_acknowledged_outlives_a_kill_on_postgresql() {
    killed_again_and_again(&Database::postgresql());
}
