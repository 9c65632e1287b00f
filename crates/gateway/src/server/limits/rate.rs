//! How many requests a minute one client may make.

use super::keys::{Keys, Probe};
use dialect::Standing;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A rate of requests, for each client by itself: so many a minute, which may come at once; what was used comes back
/// evenly.
pub(super) struct Rate {
    limiter: RateLimiter<Probe, Keys, MonotonicClock, StateInformationMiddleware>,
    per_minute: NonZeroU32,
    /// Whether anybody may be remembered: where nobody is, nothing has to be looked up.
    known: AtomicBool,
}

/// A request is beyond the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exceeded {
    /// In how many seconds asking again helps, 1 at least.
    pub seconds: u32,
    /// How the client stands.
    pub standing: Standing,
}

impl Rate {
    /// So many requests a minute; none for 0, which is without a limit.
    pub fn per_minute(requests: u32) -> Option<Self> {
        let per_minute = NonZeroU32::new(requests)?;
        let limiter = RateLimiter::new(Quota::per_minute(per_minute), Keys::new(), MonotonicClock);
        Some(Self { limiter, per_minute, known: AtomicBool::new(false) })
    }

    /// Counts a request of this client, unless it is refused.
    pub fn spend(&self, key: u64) -> Result<Standing, Exceeded> {
        let asked = self.ask(Probe { key, spend: true });
        if !self.known.load(Ordering::Relaxed) {
            self.known.store(true, Ordering::Relaxed);
        }
        asked
    }

    /// Whether a request of this client would be refused. Counts none.
    pub fn check(&self, key: u64) -> Result<(), Exceeded> {
        if !self.known.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.ask(Probe { key, spend: false }).map(|_| ())
    }

    fn ask(&self, probe: Probe) -> Result<Standing, Exceeded> {
        let limit = self.per_minute.get();
        match self.limiter.check_key(&probe) {
            Ok(state) => Ok(Standing { limit, remaining: state.remaining_burst_capacity(), reset_at: None }),
            Err(until) => {
                let seconds = whole_seconds(until.wait_time_from(self.limiter.clock().now()));
                let reset_at = Some(chrono::Utc::now().timestamp().saturating_add(seconds.into()));
                Err(Exceeded { seconds, standing: Standing { limit, remaining: 0, reset_at } })
            }
        }
    }

    /// Forgets the clients of whom nothing has to be known any more.
    pub fn sweep(&self) {
        self.limiter.retain_recent();
        // In this order, so that nobody who comes meanwhile is overlooked.
        self.known.store(false, Ordering::SeqCst);
        if !self.limiter.is_empty() {
            self.known.store(true, Ordering::SeqCst);
        }
    }

    /// How many clients are remembered.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.limiter.len()
    }
}

/// Rounded up, so that who comes back then is let through.
fn whole_seconds(time: Duration) -> u32 {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::keys::MOST;
    use super::*;

    fn rate(requests: u32) -> Rate {
        Rate::per_minute(requests).expect("not 0")
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_comes_back_evenly() {
        let rate = rate(600);
        for left in (0..600).rev() {
            let standing = rate.spend(7).expect("within the rate");
            // A request comes back every tenth of a second, so that one or a few more may be left.
            assert!((left..left + 50).contains(&standing.remaining), "{left}: {standing:?}");
            assert_eq!((standing.limit, standing.reset_at), (600, None));
        }
        let refused = std::iter::repeat_with(|| rate.spend(7)).take(50).find_map(Result::err).expect("beyond the rate");
        assert_eq!((refused.seconds, refused.standing.remaining), (1, 0));
        assert!(refused.standing.reset_at.is_some_and(|at| at > chrono::Utc::now().timestamp() - 5));
        assert!(rate.spend(8).is_ok(), "another client");
        std::thread::sleep(Duration::from_millis(150));
        assert!(rate.spend(7).is_ok());
        assert!(Rate::per_minute(0).is_none());
    }

    #[test]
    fn looking_counts_nothing() {
        let rate = rate(2);
        for _ in 0..10 {
            assert_eq!(rate.check(1), Ok(()));
        }
        assert_eq!(rate.len(), 0);
        assert!(rate.spend(1).is_ok() && rate.spend(1).is_ok());
        let refused = rate.check(1).expect_err("both are used");
        assert!((29..=30).contains(&refused.seconds), "{refused:?}");
        assert_eq!(rate.check(2), Ok(()));
    }

    #[test]
    fn a_million_clients_take_no_more_memory_than_the_most_that_are_remembered() {
        let rate = rate(3);
        for _ in 0..3 {
            assert!(rate.spend(u64::MAX).is_ok());
        }
        for key in 0..1_000_000 {
            assert!(rate.spend(key).is_ok());
            if key % 10_000 == 0 {
                assert!(rate.len() <= MOST, "{}", rate.len());
                assert!(rate.spend(u64::MAX).is_err(), "who goes on asking is not forgotten");
            }
        }
        assert!(rate.len() > MOST / 4, "{}", rate.len());
        // The newest are still known.
        assert!(rate.spend(999_999).is_ok() && rate.spend(999_999).is_ok() && rate.spend(999_999).is_err());
    }

    #[test]
    fn who_has_everything_back_is_forgotten() {
        let rate = rate(60_000);
        for key in 0..1_000 {
            assert!(rate.spend(key).is_ok());
        }
        assert!(rate.len() > 0);
        std::thread::sleep(Duration::from_millis(20));
        rate.sweep();
        assert_eq!(rate.len(), 0);
    }

    /// What a check costs: `cargo test --release -p gateway --lib -- --ignored --nocapture cost_of_a_check`.
    #[test]
    #[ignore = "a measurement"]
    fn cost_of_a_check() {
        const TIMES: u32 = 2_000_000;
        let rate = rate(u32::MAX);
        for (what, spend) in [("spend", true), ("check", false)] {
            let begun = std::time::Instant::now();
            for at in 0..TIMES {
                let key = u64::from(at % 1_000);
                std::hint::black_box(rate.ask(Probe { key, spend }).is_ok());
            }
            println!("{what}: {:?} each", begun.elapsed() / TIMES);
        }
    }
}
