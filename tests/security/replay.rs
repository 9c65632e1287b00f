//! What was used or has ended, presented again; and places in lists that nobody was led to.

use super::credentials::Kind;
use super::routes::{self, Area};
use super::world::{CANARY, OUTSIDER, OWNER, World, bearing};
use crate::support::gateway::Database;
use crate::support::keys::{create, word};
use access::{
    Agreed, Consent, Exchange, ExchangeError, Exchanged, Proof, RedirectRule, Rights, Secret, SecretHash, Vault,
};
use membership::record::PersonRecord;
use membership::{AccountStatus, By, PersonKey, Registrar};

/// Where each dialect shows something to whoever bears a token of a person.
const SHOWN: [(Area, &str); 3] =
    [(Area::Elance, "/api2/groups"), (Area::Rm, "/api/Organization/groups"), (Area::CometChat, "/v3/groups")];

fn status(world: &World, area: Area, target: &str, token: &str) -> u16 {
    let headers = bearing(area, token);
    world.client(area).get(target, &[(headers[0].0, &headers[0].1)]).status
}

#[test]
fn what_has_ended_lets_nobody_in_again() {
    for database in Database::both() {
        let world = World::new(database, 1);
        for (area, target) in SHOWN {
            let (credential, token) = world.token(area, OUTSIDER, Agreed::default());
            assert_eq!(status(&world, area, target, &token), 200, "{target}");
            world.revoke(&credential);
            assert_eq!(status(&world, area, target, &token), 401, "{target}: a use leaves nothing behind");
            let (_, token) = world.token(area, OUTSIDER, Agreed::default());
            assert_eq!(status(&world, area, target, &token), 200, "{target}");
            let by = By { person: None, credential: None, now: world.now };
            for (account_status, expected) in [(AccountStatus::Blocked, 403), (AccountStatus::Active, 200)] {
                let record = PersonRecord { account_status: Some(account_status), ..PersonRecord::default() };
                world.store.edit_person(&by, &PersonKey::Number(OUTSIDER), &record, None).expect("changed");
                assert_eq!(status(&world, area, target, &token), expected, "{target} {account_status:?}");
            }
        }
    }
}

/// Whoever has just been let in is remembered, and forgotten as soon as that ends, whatever is asked for.
#[test]
fn whoever_is_remembered_is_forgotten_in_time() {
    for database in Database::both() {
        let world = World::new(database, 1);
        let (_, follower) = world.token(Area::Elance, OWNER, Agreed::default());
        let by = By { person: None, credential: None, now: world.now };
        for (area, target) in SHOWN {
            let (credential, token) = world.token(area, OUTSIDER, Agreed::default());
            let is_told = |expected: u16| {
                for time in 0..4 {
                    assert_eq!(status(&world, area, target, &token), expected, "{target}, the {time}th time");
                    // By this the gateway comes to know of all that was changed.
                    assert_eq!(status(&world, Area::Elance, "/api2/groups/10000/members", &follower), 200);
                }
            };
            is_told(200);
            for (account_status, expected) in [(AccountStatus::Blocked, 403), (AccountStatus::Active, 200)] {
                let record = PersonRecord { account_status: Some(account_status), ..PersonRecord::default() };
                world.store.edit_person(&by, &PersonKey::Number(OUTSIDER), &record, None).expect("changed");
                is_told(expected);
            }
            world.revoke(&credential);
            is_told(401);
        }
    }
}

/// A code or refresh token that is presented twice ends all that came of it, in the gateway too.
#[test]
fn what_is_presented_twice_ends_the_family() {
    for database in Database::both() {
        let world = World::new(database, 1);
        for (area, target) in &SHOWN[..2] {
            let address = "https://app.example/callback";
            let flag: &[&str] = if *area == Area::Elance { &["elance", "--client"] } else { &["rm"] };
            let made = create(&world.database, &[flag, &["--name", "App", "--redirect-uri", address]].concat());
            let (client, _) =
                world.store.client(area.audience(), &word(&made, "client_id")).expect("asked").expect("found");
            let fresh = || Secret::alphanumeric().expect("random bits");
            let consent = |code: SecretHash| {
                let consent = Consent {
                    client: &client,
                    person: OWNER,
                    rights: Rights::USER,
                    scope: "",
                    redirect_uri: Some(address),
                    code_challenge: None,
                    code,
                    now: world.now,
                };
                world.store.consent(&membership::By::system(1_000), &consent).expect("kept");
            };
            let exchange = |proof: Proof<'_>, access: &Secret, refresh: &Secret| -> Result<Exchanged, ExchangeError> {
                world.store.exchange(&Exchange {
                    client: &client,
                    proof,
                    access: access.hash(),
                    access_expires_at: Some(world.now + 600),
                    refresh: refresh.hash(),
                    refresh_expires_at: None,
                    now: world.now,
                })
            };
            let of_code = |code: &Secret| Proof::Code {
                code: code.hash(),
                redirect_uri: Some(address),
                rule: RedirectRule::Repeated,
                verifier: None,
            };
            for by_refresh in [false, true] {
                let [code, access, refresh, next, after] = [fresh(), fresh(), fresh(), fresh(), fresh()];
                consent(code.hash());
                exchange(of_code(&code), &access, &refresh).expect("exchanged");
                assert_eq!(status(&world, *area, target, access.reveal()), 200);
                for token in [&code, &refresh] {
                    assert_eq!(status(&world, *area, target, token.reveal()), 401, "neither is an access token");
                }
                let again = if by_refresh {
                    exchange(Proof::Refresh { token: refresh.hash() }, &next, &after).expect("exchanged");
                    assert_eq!(status(&world, *area, target, next.reveal()), 200);
                    exchange(Proof::Refresh { token: refresh.hash() }, &fresh(), &fresh())
                } else {
                    exchange(of_code(&code), &next, &after)
                };
                assert!(matches!(again, Err(ExchangeError::Refused(_))), "{again:?}");
                for token in [&access, &next] {
                    assert_eq!(status(&world, *area, target, token.reveal()), 401, "all of the family has ended");
                }
                assert!(exchange(Proof::Refresh { token: after.hash() }, &fresh(), &fresh()).is_err());
            }
        }
    }
}

/// Pages and cursors are places, not permissions: wherever one claims to be, nothing else is shown.
#[test]
fn no_cursor_leads_beyond_what_may_be_seen() {
    let places = ["-1", "0", "1", "9000", "9223372036854775807", "18446744073709551616", "1.5", "e", "", "zaun"];
    for database in Database::both() {
        let routes: Vec<_> = routes::all().into_iter().filter(|r| r.reads() && r.needs.is_some()).collect();
        let world = World::new(database, routes.len());
        for (n, route) in routes.iter().enumerate() {
            let objects = world.objects(n, route);
            let own = Kind::Inside.headers(&world, route, objects.group);
            let headers: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let mut client = world.client(route.area);
            let target = route.target(&objects);
            let and = if target.contains('?') { '&' } else { '?' };
            for place in places {
                for query in [
                    format!("page={place}"),
                    format!("page={place}&per_page=1&perPage=1"),
                    format!("page={place}&page_size={place}"),
                    format!("page={place}&rpp={place}"),
                    format!("after={place}"),
                    format!("updatedAt={place}&affix=append&cursorField=updatedAt"),
                    format!("updatedAt={place}&affix=prepend&cursorField=updatedAt&id={place}&cursorId={place}"),
                ] {
                    let response = client.get(&format!("{target}{and}{query}"), &headers);
                    assert!(response.status < 500, "{target} {query}: {}", response.text());
                    let text = String::from_utf8_lossy(&response.body).into_owned();
                    assert!(!text.contains(CANARY), "{target} {query}: {text}");
                }
            }
        }
    }
}
