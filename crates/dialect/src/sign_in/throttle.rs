//! How often somebody may try to sign in.
//!
//! Each try costs one of an allowance, and comes back when the password was right, so that only wrong ones count. The
//! allowances grow back with time. Kept in memory and for this process only: a start forgets them, and each of several
//! gateways counts for itself.

use crate::client_key;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many wrong tries there may be at once, and in how many seconds one grows back.
#[derive(Clone, Copy, Debug)]
struct Rate {
    tries: i64,
    seconds: i64,
}

/// For one login: forty an hour in the long run.
const LOGIN: Rate = Rate { tries: 10, seconds: 90 };
/// For one address, which a whole office may share.
const ADDRESS: Rate = Rate { tries: 50, seconds: 18 };
/// How many logins, and how many addresses, are remembered at the most.
const MOST: usize = 16_384;

/// Counts tries. Shared by all threads.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    counts: Mutex<Counts>,
    /// Logins are remembered by their hashes, since they may be long; of a kind that nobody outside can reckon.
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Counts {
    logins: Allowances<u64>,
    addresses: Allowances<u64>,
}

impl Throttle {
    /// Takes one try to sign in with this folded login from this address at the time `now` (unix seconds). Refused with
    /// the number of seconds after which there may be one again; nothing is taken then.
    pub fn take(&self, login: &str, address: Option<IpAddr>, now: i64) -> Result<(), u32> {
        let (login, address) = (self.hasher.hash_one(login), address.map(client_key));
        let mut counts = self.counts();
        let wait = counts.logins.wait(&login, LOGIN, now);
        let wait = wait.max(address.map_or(0, |address| counts.addresses.wait(&address, ADDRESS, now)));
        if wait > 0 {
            return Err(u32::try_from(wait).unwrap_or(u32::MAX));
        }
        counts.logins.charge(login, LOGIN.seconds, now);
        if let Some(address) = address {
            counts.addresses.charge(address, ADDRESS.seconds, now);
        }
        Ok(())
    }

    /// Gives back a try that was none: the password was right, or could not be judged.
    pub fn give_back(&self, login: &str, address: Option<IpAddr>, now: i64) {
        let mut counts = self.counts();
        counts.logins.charge(self.hasher.hash_one(login), -LOGIN.seconds, now);
        if let Some(address) = address {
            counts.addresses.charge(client_key(address), -ADDRESS.seconds, now);
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Whatever a thread that panicked has left behind are numbers all the same.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until when (unix seconds) each allowance is not whole again. Who is not there has all of it.
#[derive(Debug)]
struct Allowances<K>(HashMap<K, i64>);

impl<K> Default for Allowances<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash + Clone> Allowances<K> {
    /// In how many seconds there is a try again; 0 when there is one now.
    fn wait(&self, key: &K, rate: Rate, now: i64) -> i64 {
        let debt = self.0.get(key).map_or(0, |whole| whole.saturating_sub(now));
        // A clock that was set back must not shut anybody out for longer than the whole allowance takes.
        debt.min(rate.tries * rate.seconds).saturating_sub((rate.tries - 1) * rate.seconds).max(0)
    }

    /// Takes so many seconds' worth, or gives them back.
    fn charge(&mut self, key: K, seconds: i64, now: i64) {
        let whole = self.0.get(&key).copied().unwrap_or(now).max(now).saturating_add(seconds);
        if whole <= now {
            self.0.remove(&key);
            return;
        }
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.make_room(now);
        }
        self.0.insert(key, whole);
    }

    /// Forgets those that are whole again; where that is none, the half that is next to be.
    fn make_room(&mut self, now: i64) {
        self.0.retain(|_, whole| *whole > now);
        if self.0.len() >= MOST {
            let mut all: Vec<i64> = self.0.values().copied().collect();
            let (_, middle, _) = all.select_nth_unstable(MOST / 2);
            let middle = *middle;
            self.0.retain(|_, whole| *whole > middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn a_login_has_ten_wrong_tries_and_gets_them_back_one_by_one() {
        let throttle = Throttle::default();
        for host in 0..10 {
            assert_eq!(throttle.take("jane", from(&format!("192.0.2.{host}")), 1_000), Ok(()), "{host}");
        }
        assert_eq!(throttle.take("jane", from("192.0.2.99"), 1_000), Err(90));
        assert_eq!(throttle.take("jane", None, 1_050), Err(40));
        assert_eq!(throttle.take("john", from("192.0.2.99"), 1_000), Ok(()), "others are not touched");
        assert_eq!(throttle.take("jane", None, 1_090), Ok(()));
        assert_eq!(throttle.take("jane", None, 1_090), Err(90));
        assert_eq!(throttle.take("jane", None, 1_090 + 900), Ok(()));
    }

    #[test]
    fn an_address_has_fifty_whatever_the_logins() {
        let throttle = Throttle::default();
        let tried = (0..60).filter(|at| throttle.take(&format!("u{at}"), from("2001:db8::1"), 5).is_ok());
        assert_eq!(tried.count(), 50);
        assert_eq!(throttle.take("x", from("2001:db8::ffff:1"), 5), Err(18), "its net of 64 bits is one");
        assert_eq!(throttle.take("x", from("2001:db8:0:1::1"), 5), Ok(()));
        assert_eq!(throttle.take("x", from("192.0.2.1"), 5), Ok(()));
        assert_eq!(throttle.take("x", from("::ffff:192.0.2.1"), 5), Ok(()), "the same as 192.0.2.1");
        assert_eq!(throttle.counts().addresses.0.len(), 3);
    }

    #[test]
    fn right_passwords_cost_nothing() {
        let throttle = Throttle::default();
        for _ in 0..100 {
            assert_eq!(throttle.take("jane", from("192.0.2.1"), 7), Ok(()));
            throttle.give_back("jane", from("192.0.2.1"), 7);
        }
        assert!(throttle.counts().logins.0.is_empty() && throttle.counts().addresses.0.is_empty());
    }

    #[test]
    fn a_clock_set_back_shuts_nobody_out() {
        let throttle = Throttle::default();
        (0..10).for_each(|_| throttle.take("jane", None, 1_000_000).expect("a try"));
        assert_eq!(throttle.take("jane", None, 500), Err(90));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut allowances: Allowances<usize> = Allowances::default();
        (0..10).for_each(|_| allowances.charge(0, 90, 0));
        for key in 1..3 * MOST {
            allowances.charge(key, 90, 0);
            assert!(allowances.0.len() <= MOST);
        }
        assert!(allowances.wait(&0, LOGIN, 0) > 0, "whoever has tried most is remembered longest");
    }
}
