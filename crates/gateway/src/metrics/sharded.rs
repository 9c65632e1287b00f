//! Counters that many threads count on at once: each on a place of its own, so that none waits until another has let go of
//! the memory. They are added up when somebody looks.

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// How many places there are. More threads share them.
pub(crate) const PLACES: usize = 8;

/// Alone on what a processor takes at once.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Apart<T>(pub T);

/// One for each place.
type Places<T> = Arc<[Apart<T>; PLACES]>;

/// That of this thread.
pub(crate) fn here<T>(places: &[Apart<T>; PLACES]) -> &T {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PLACE: usize = THREADS.fetch_add(1, Ordering::Relaxed) % PLACES;
    }
    let place = PLACE.try_with(|place| *place).unwrap_or_default();
    let [first, ..] = places;
    &places.get(place).unwrap_or(first).0
}

/// A counter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Places<AtomicU64>);

impl Tally {
    /// One more.
    pub fn count(&self) {
        here(&self.0).fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    pub fn all(&self) -> u64 {
        self.0.iter().map(|Apart(place)| place.load(Ordering::Relaxed)).sum()
    }
}

impl EncodeMetric for Tally {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        encoder.encode_counter::<NoLabelSet, _, u64>(&self.all(), None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Tally {
    const TYPE: MetricType = MetricType::Counter;
}

/// Upper bounds of the times that are told apart, in nanoseconds: from what a page out of SQLite takes to the usual limits.
const BOUNDS: [u64; 14] = [
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    5_000_000_000,
    30_000_000_000,
];

/// How many took how long.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Places<Spread>);

#[derive(Debug, Default)]
struct Spread {
    nanoseconds: AtomicU64,
    /// As many as there are bounds, and one for what took longer.
    counts: [AtomicU64; BOUNDS.len() + 1],
}

impl Times {
    /// One more, which took this long.
    pub fn observe(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let spread = here(&self.0);
        let bucket = BOUNDS.iter().position(|bound| nanoseconds <= *bound).unwrap_or(BOUNDS.len());
        if let Some(count) = spread.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        spread.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl EncodeMetric for Times {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let sum: u64 = self.0.iter().map(|Apart(spread)| spread.nanoseconds.load(Ordering::Relaxed)).sum();
        let bounds = BOUNDS.iter().map(|bound| Duration::from_nanos(*bound).as_secs_f64()).chain([f64::MAX]);
        let buckets: Vec<(f64, u64)> = bounds
            .enumerate()
            .map(|(at, bound)| {
                let of = |Apart(spread): &Apart<Spread>| spread.counts.get(at).map_or(0, |n| n.load(Ordering::Relaxed));
                (bound, self.0.iter().map(of).sum())
            })
            .collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(Duration::from_nanos(sum).as_secs_f64(), count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Times {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_threads_count_is_added_up() {
        let tally = Tally::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * PLACES {
                scope.spawn(|| (0..1_000).for_each(|_| tally.count()));
            }
        });
        assert_eq!(tally.all(), 2 * PLACES as u64 * 1_000);
    }
}
