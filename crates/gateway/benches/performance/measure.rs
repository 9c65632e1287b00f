//! One target against the constant handler, in turn, several rounds each.

use crate::figures::spread::{Latency, Spread};
use crate::http::{Connection, Reply, Target, once};
use crate::load::{drive, drive_with, nanoseconds, one_by_one};
use crate::program::{Constant, Gateway, timed};
use crate::settings::Settings;
use crate::targets::Filter;
use crate::writes::Writing;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What came of it.
pub struct Measured {
    pub name: String,
    /// Length of the body.
    pub bytes: usize,
    /// Rate by rate, round by round.
    pub ratio: Spread,
    /// Replies a second.
    pub rate: Spread,
    pub constant_rate: Spread,
    /// With as many requests under way as the generator has connections.
    pub loaded: Latency,
    pub constant_loaded: Latency,
    /// One request after the other.
    pub alone: Latency,
    pub constant_alone: Latency,
    /// How many requests were refused under load, which the rate leaves out.
    pub refused: u64,
}

/// Writes that go on while the target is driven, so many a second.
pub struct Beside<'a> {
    pub writing: &'a Writing,
    pub per_second: u32,
}

/// Drives `address` and the constant handler in turn.
pub fn measure(name: &str, address: SocketAddr, target: &Target, settings: &Settings) -> Measured {
    measure_beside(name, address, target, settings, None).0
}

/// The same, perhaps while others write. Gives how many writes a second there were, too.
pub fn measure_beside(
    name: &str,
    address: SocketAddr,
    target: &Target,
    settings: &Settings,
    beside: Option<&Beside<'_>>,
) -> (Measured, f64) {
    let sample = good(name, address, target);
    let constant = Constant::start(&sample);
    let warm = settings.round.min(Duration::from_millis(500));
    drive(address, target, warm);
    drive(constant.address(), target, warm);
    let (mut ratios, mut rates, mut constant_rates) = (Vec::new(), Vec::new(), Vec::new());
    let (mut loaded, mut constant_loaded) = (Vec::new(), Vec::new());
    let (mut alone, mut constant_alone) = (Vec::new(), Vec::new());
    let (mut written, mut refused) = (Vec::new(), 0);
    for _ in 0..settings.rounds {
        let steady = beside.map(|beside| beside.writing.steadily(beside.per_second));
        let mut ours = drive(address, target, settings.round);
        alone.extend(one_by_one(address, target, settings.round / 4));
        written.extend(steady.map(|steady| steady.finish()));
        let mut theirs = drive(constant.address(), target, settings.round);
        constant_alone.extend(one_by_one(constant.address(), target, settings.round / 4));
        ratios.push(ours.rate / theirs.rate);
        rates.push(ours.rate);
        constant_rates.push(theirs.rate);
        refused += ours.refused;
        loaded.append(&mut ours.latencies);
        constant_loaded.append(&mut theirs.latencies);
    }
    let measured = Measured {
        name: name.to_owned(),
        bytes: sample.body.len(),
        ratio: Spread::of(&ratios),
        rate: Spread::of(&rates),
        constant_rate: Spread::of(&constant_rates),
        loaded: Latency::of(&mut loaded),
        constant_loaded: Latency::of(&mut constant_loaded),
        alone: Latency::of(&mut alone),
        constant_alone: Latency::of(&mut constant_alone),
        refused,
    };
    println!(
        "{name:<52} {:>22} {:>10.0}/s, alone {} ms",
        measured.ratio.ratio(),
        measured.rate.median,
        measured.alone.print()
    );
    (measured, if written.is_empty() { 0.0 } else { Spread::of(&written).median })
}

/// How many requests may be under way at once, where that is looked at.
const CROWDS: [usize; 5] = [2, 4, 16, 64, 256];

/// A target with so many requests under way at once.
pub struct Crowd {
    pub under_way: usize,
    pub ratio: Spread,
    pub rate: Spread,
}

/// Drives `address` and the constant handler in turn, with more and more requests under way.
pub fn crowded(name: &str, address: SocketAddr, target: &Target, settings: &Settings) -> Vec<Crowd> {
    let constant = Constant::start(&good(name, address, target));
    let warm = settings.round.min(Duration::from_millis(500));
    let crowd = |under_way: usize| {
        let (mut ratios, mut rates) = (Vec::new(), Vec::new());
        drive_with(under_way, address, target, warm);
        drive_with(under_way, constant.address(), target, warm);
        for _ in 0..settings.rounds {
            let ours = drive_with(under_way, address, target, settings.round);
            let theirs = drive_with(under_way, constant.address(), target, settings.round);
            assert_eq!(ours.refused, 0, "{name}, {under_way} under way");
            ratios.push(ours.rate / theirs.rate);
            rates.push(ours.rate);
        }
        let (ratio, rate) = (Spread::of(&ratios), Spread::of(&rates));
        println!("{name}, {under_way} under way: {}, {:.0}/s", ratio.ratio(), rate.median);
        Crowd { under_way, ratio, rate }
    };
    CROWDS.into_iter().map(crowd).collect()
}

/// One good reply.
pub fn good(name: &str, address: SocketAddr, target: &Target) -> Reply {
    let sample = once(address, target);
    assert_eq!(sample.status, 200, "{name}: {}", String::from_utf8_lossy(&sample.body));
    sample
}

/// How long a filter takes that has not been asked before, and how long the same takes again after a change of the group.
///
/// Each time the group is changed before, so no reply is given again. Between the change and the query a page is asked
/// for, so taking in the change is not measured. What is asked for the first time is another one of those that as many
/// names hold each time, and so many others come before that nothing is left of it from an earlier round.
pub fn filtered(
    gateway: &Gateway,
    filter: &Filter,
    page: &Target,
    writing: &Writing,
    settings: &Settings,
) -> (Latency, Latency) {
    const MOST: usize = 100;
    let mut connection = Connection::open(gateway.address());
    let mut writer = writing.writer(0);
    let mut ask = |connection: &mut Connection, target: &Target| {
        writer.write();
        connection.ask(&page.request());
        let (reply, time) = timed(|| connection.ask(&target.request()));
        assert_eq!(reply.status, 200);
        nanoseconds(time)
    };
    let (mut new, mut again) = (Vec::new(), Vec::new());
    let mut alike = filter.alike.iter().cycle();
    let end = Instant::now() + settings.round * 5;
    while new.is_empty() || new.len() < MOST && Instant::now() < end {
        filter.others.iter().for_each(|other| assert_eq!(connection.ask(&other.request()).status, 200));
        let target = alike.next().expect("one of them");
        new.push(ask(&mut connection, target));
        again.push(ask(&mut connection, target));
    }
    (Latency::of(&mut new), Latency::of(&mut again))
}

/// Asks until an answer comes from memory; how long that took from the first request on. None where the program does
/// not tell (then it was asked some times), or none came in half a minute.
pub fn warm(gateway: &Gateway, target: &Target) -> Option<Duration> {
    const PATIENCE: Duration = Duration::from_secs(30);
    const HITS: &str = "rollcall_roster_hits_total";
    let start = Instant::now();
    if gateway.metric(HITS).is_none() {
        for _ in 0..20 {
            good(&target.path, gateway.address(), target);
        }
        return None;
    }
    while start.elapsed() < PATIENCE {
        let before = gateway.metric(HITS);
        good(&target.path, gateway.address(), target);
        let elapsed = start.elapsed();
        if gateway.metric(HITS) > before {
            return Some(elapsed);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    println!("never answered from memory: {}", target.path);
    None
}
