//! How things stand at the moment of asking.

use super::labels::Listener;
use super::process::Process;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt::Error;
use store::{LogEnds, PoolUse, Totals};

/// How things stand.
#[derive(Debug)]
pub(crate) struct Standing {
    /// `sqlite` or `postgresql`.
    pub database: &'static str,
    /// The turns of slow and of quick actions.
    pub turns: [Turns; 3],
    /// Open connections of clients, and those that found no place.
    pub connections: Vec<(Listener, usize, u64)>,
    /// The pools of connections to the database.
    pub pools: Vec<PoolUse>,
    /// What is known of the store.
    pub store: Knowledge,
    /// What of it is held in memory, where anything may be.
    pub roster: Option<(roster::Figures, u64)>,
    /// The process.
    pub process: Process,
}

/// The turns of one kind of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turns {
    /// `slow` or `quick`.
    pub kind: &'static str,
    /// How many there are.
    pub size: usize,
    /// How many are taken.
    pub in_use: usize,
    /// How many requests wait for one.
    pub waiting: usize,
}

/// What is known of the store: the last that it said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Knowledge {
    /// Whether it answered when it was asked last, in time.
    pub up: bool,
    /// Whether it takes writes.
    pub writes: bool,
    /// Where the change log begins and ends.
    pub ends: Option<LogEnds>,
    /// How much there is.
    pub totals: Option<Totals>,
}

impl Collector for Standing {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let mut out = Out(encoder);
        let version = env!("CARGO_PKG_VERSION");
        let build = [("version", version), ("database", self.database)];
        out.gauge("rollcall_build_info", "Which program this is", [(build.as_slice(), 1)])?;
        self.turns(&mut out)?;
        let listeners = |(listener, open, refused): &(Listener, usize, u64)| {
            let name = match listener {
                Listener::Public => "public",
                Listener::Admin => "admin",
            };
            ([("listener", name)], *open as i64, *refused)
        };
        let connections: Vec<_> = self.connections.iter().map(listeners).collect();
        let open = connections.iter().map(|(labels, open, _)| (labels.as_slice(), *open));
        out.gauge("rollcall_connections", "Open connections of clients", open)?;
        let refused = connections.iter().map(|(labels, _, refused)| (labels.as_slice(), *refused));
        out.counter("rollcall_connections_refused", "Connections for which there was no place", refused)?;
        self.pools(&mut out)?;
        self.store(&mut out)?;
        self.roster(&mut out)?;
        self.process(&mut out)
    }
}

impl Standing {
    fn turns(&self, out: &mut Out<'_>) -> Result<(), Error> {
        let labels = self.turns.map(|turns| [("kind", turns.kind)]);
        let each = |of: fn(&Turns) -> usize| {
            let values = self.turns.iter().map(move |turns| of(turns) as i64);
            labels.iter().map(|labels| labels.as_slice()).zip(values).collect::<Vec<_>>()
        };
        out.gauge("rollcall_turns_size", "Actions that may run at once", each(|turns| turns.size))?;
        out.gauge("rollcall_turns_in_use", "Actions that run", each(|turns| turns.in_use))?;
        out.gauge("rollcall_turns_waiting", "Requests that wait for a turn", each(|turns| turns.waiting))
    }

    fn pools(&self, out: &mut Out<'_>) -> Result<(), Error> {
        let labels: Vec<_> = self.pools.iter().map(|pool| [("pool", pool.name)]).collect();
        let each = |of: fn(&PoolUse) -> u32| {
            let values = self.pools.iter().map(move |pool| i64::from(of(pool)));
            labels.iter().map(|labels| labels.as_slice()).zip(values).collect::<Vec<_>>()
        };
        out.gauge("rollcall_pool_size", "Connections to the database that there may be", each(|pool| pool.size))?;
        out.gauge("rollcall_pool_open", "Connections to the database that there are", each(|pool| pool.open))?;
        out.gauge("rollcall_pool_in_use", "Connections to the database at work", each(|pool| pool.in_use))?;
        out.gauge("rollcall_pool_waiting", "Work that waits for a connection", each(|pool| pool.waiting))?;
        let timed_out = labels.iter().map(|labels| labels.as_slice()).zip(self.pools.iter().map(|pool| pool.timed_out));
        out.counter("rollcall_pool_timeouts", "Work that has waited for a connection in vain", timed_out)
    }

    fn store(&self, out: &mut Out<'_>) -> Result<(), Error> {
        let up = i64::from(self.store.up);
        out.gauge("rollcall_store_up", "Whether the store answered this request in time", [(NOTHING, up)])?;
        let writes = i64::from(self.store.up && self.store.writes);
        out.gauge("rollcall_store_takes_writes", "Whether the store can be written", [(NOTHING, writes)])?;
        if let Some(LogEnds { head, floor }) = self.store.ends {
            out.gauge("rollcall_change_head", "Number of the last change", [(NOTHING, head as i64)])?;
            let words = "Changes up to this number have been pruned";
            out.gauge("rollcall_change_floor", words, [(NOTHING, floor as i64)])?;
        }
        if let Some(totals) = &self.store.totals {
            out.gauge("rollcall_persons", "Persons", [(NOTHING, totals.persons as i64)])?;
            out.gauge("rollcall_groups", "Groups", [(NOTHING, totals.groups as i64)])?;
            let states: Vec<_> =
                totals.memberships.iter().map(|(state, many)| ([("state", state.as_str())], *many as i64)).collect();
            let each = states.iter().map(|(labels, many)| (labels.as_slice(), *many));
            out.gauge("rollcall_memberships", "Memberships of all groups", each)?;
        }
        Ok(())
    }

    fn roster(&self, out: &mut Out<'_>) -> Result<(), Error> {
        let Some((roster, again)) = &self.roster else { return Ok(()) };
        for (name, help, value) in [
            ("rollcall_roster_groups", "Groups held in memory", roster.groups),
            ("rollcall_roster_persons", "Persons held in memory", roster.persons),
            ("rollcall_roster_bytes", "Bytes that groups in memory take", roster.bytes),
            ("rollcall_roster_ready_bytes", "Bytes that rows take which are kept ready-made", roster.ready_bytes),
        ] {
            out.gauge(name, help, [(NOTHING, value as i64)])?;
        }
        for (name, help, value) in [
            ("rollcall_roster_hits", "Lists that stood in memory", roster.hits + again),
            ("rollcall_roster_replies_again", "Replies with lists that were given again", *again),
            ("rollcall_roster_misses", "Lists that did not", roster.misses),
            ("rollcall_roster_loads", "Groups read into memory", roster.loads),
            ("rollcall_roster_failures", "Times that something could not be read into memory", roster.failures),
            ("rollcall_roster_evictions", "Groups that had to leave it for others", roster.evictions),
        ] {
            out.counter(name, help, [(NOTHING, value)])?;
        }
        Ok(())
    }

    fn process(&self, out: &mut Out<'_>) -> Result<(), Error> {
        let process = &self.process;
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Resident memory", process.resident_bytes),
            ("process_virtual_memory_bytes", "Virtual memory", process.virtual_bytes),
            ("process_open_fds", "Open file descriptors", process.open_files),
            ("process_max_fds", "File descriptors that there may be", process.most_files),
            ("process_threads", "Threads", process.threads),
        ] {
            out.gauge(name, help, value.map(|value| (NOTHING, value as i64)))?;
        }
        if let Some(seconds) = process.cpu_seconds {
            let help = "Seconds of a core taken";
            let metric = out.0.encode_descriptor("process_cpu_seconds", help, None, MetricType::Counter)?;
            ConstCounter::new(seconds).encode(metric)?;
        }
        out.gauge("process_start_time_seconds", "Start, in unix seconds", [(NOTHING, process.started_at)])
    }
}

const NOTHING: &[(&str, &str)] = &[];

/// Where metrics are written.
struct Out<'a>(DescriptorEncoder<'a>);

impl Out<'_> {
    /// A gauge with these labels and values; nothing where there are none.
    fn gauge<'l, N: EncodeGaugeValue + Copy>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (&'l [(&'l str, &'l str)], N)>,
    ) -> Result<(), Error>
    where
        ConstGauge<N>: EncodeMetric,
    {
        let values = values.into_iter().map(|(labels, value)| (labels, ConstGauge::new(value)));
        self.write(name, help, MetricType::Gauge, values)
    }

    /// The same for a counter, whose name gets `_total` at its end.
    fn counter<'l>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (&'l [(&'l str, &'l str)], u64)>,
    ) -> Result<(), Error> {
        let values = values.into_iter().map(|(labels, value)| (labels, ConstCounter::new(value)));
        self.write(name, help, MetricType::Counter, values)
    }

    fn write<'l, M: EncodeMetric>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        values: impl IntoIterator<Item = (&'l [(&'l str, &'l str)], M)>,
    ) -> Result<(), Error> {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return Ok(());
        }
        let mut metric = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in values {
            if labels.is_empty() {
                value.encode(metric.encode_family::<[(&str, &str); 0]>(&[])?)?;
            } else {
                value.encode(metric.encode_family(&Labels(labels))?)?;
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Labels<'l>(&'l [(&'l str, &'l str)]);

impl EncodeLabelSet for Labels<'_> {
    fn encode(&self, encoder: &mut prometheus_client::encoding::LabelSetEncoder<'_>) -> Result<(), Error> {
        self.0.encode(encoder)
    }
}
