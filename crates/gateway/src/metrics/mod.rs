//! What an operator watches, in Prometheus' text format: how requests go ([`Metrics`]), and how things stand at the
//! moment of asking ([`Standing`]). `docs/operations.md` has the table.
//!
//! **Bounded.** A label is never what a client says: a route is the pattern of an address, and whatever is none shares
//! one word. So there are as many series as there are routes, methods and states, however many clients ask.

mod labels;
mod process;
mod sharded;
mod standing;
#[cfg(test)]
mod tests;

pub(crate) use labels::{Asked, Limit, Listener};
pub(crate) use process::{Process, started};
pub(crate) use sharded::{Apart, PLACES, Tally, here};
pub(crate) use standing::{Knowledge, Standing, Turns};

use labels::{Answered, ListenerLabel, Refused};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use sharded::Times;
use std::fmt;
use std::time::Duration;

/// The type of what [`Metrics::text`] writes.
pub(crate) use prometheus_text::CONTENT_TYPE;

/// How requests go. Shared by all threads; counting one takes well below a microsecond.
pub struct Metrics {
    requests: Family<Answered, Tally>,
    seconds: Family<Asked, Times>,
    under_way: [Gauge; 2],
    refused: Family<Refused, Counter>,
    registry: Registry,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let requests = Family::<Answered, Tally>::default();
        let seconds = Family::<Asked, Times>::default();
        let refused = Family::default();
        let under_way: Family<ListenerLabel, Gauge> = Family::default();
        let mut registry = Registry::with_prefix("rollcall");
        registry.register("requests", "Requests answered", requests.clone());
        registry.register("request_seconds", "Seconds from the header of a request to its reply", seconds.clone());
        registry.register("requests_under_way", "Requests being answered", under_way.clone());
        registry.register("refused", "Requests refused because of a limit", refused.clone());
        let gauge = |listener| under_way.get_or_create_owned(&ListenerLabel { listener });
        let under_way = [gauge(Listener::Public), gauge(Listener::Admin)];
        // So that a rate can be told from the first refusal on.
        for limit in Limit::ALL {
            drop(refused.get_or_create(&Refused { limit: *limit }));
        }
        Self { requests, seconds, under_way, refused, registry }
    }
}

impl Metrics {
    /// A request has come, and is under way until what is returned is dropped.
    pub(crate) fn begin(&self, listener: Listener) -> Begun {
        let gauge = match listener {
            Listener::Public => &self.under_way[0],
            Listener::Admin => &self.under_way[1],
        };
        gauge.inc();
        Begun(gauge.clone())
    }

    /// Where requests are counted that ask for this and have this come of them.
    pub(crate) fn counted(&self, asked: Asked, status: u16) -> Counted {
        let requests = self.requests.get_or_create_owned(&Answered::of(asked, status));
        Counted { requests, seconds: self.seconds.get_or_create_owned(&asked) }
    }

    /// A request was answered.
    pub(crate) fn answered(&self, asked: Asked, status: u16, took: Duration) {
        self.counted(asked, status).answered(took);
    }

    /// A request was refused because of this limit.
    pub(crate) fn refused(&self, limit: Limit) {
        self.refused.get_or_create(&Refused { limit }).inc();
    }

    /// All of it as text, and how things stand behind it.
    pub(crate) fn text(&self, standing: Standing) -> Result<String, fmt::Error> {
        let mut text = String::with_capacity(16 << 10);
        prometheus_text::encode(&mut text, &self.registry)?;
        let mut now = Registry::default();
        now.register_collector(Box::new(standing));
        prometheus_text::encode(&mut text, &now)?;
        Ok(text)
    }
}

/// Where requests of one kind are counted, looked up once for many.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    requests: Tally,
    seconds: Times,
}

impl Counted {
    /// One was answered.
    pub(crate) fn answered(&self, took: Duration) {
        self.requests.count();
        self.seconds.observe(took);
    }
}

/// A request under way.
pub(crate) struct Begun(Gauge);

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.dec();
    }
}
