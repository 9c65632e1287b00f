//! One function for each parser. Each takes any bytes, and panics when a promise is broken. libFuzzer runs them
//! (`make fuzz`), and so does the ordinary test `tests/fuzz.rs`, over the corpus and what it makes of it.
//!
//! The promises: no panic; work in proportion to the length; what is refused is refused in words, as a fault of the
//! client, in the dialect's own shape; what is accepted means the same when it is written down and read again.

#[path = "targets/addresses.rs"]
mod addresses;
#[path = "targets/bodies.rs"]
mod bodies;
#[path = "targets/files.rs"]
mod files;
#[path = "targets/filters.rs"]
mod filters;
#[path = "print.rs"]
mod print;
#[path = "targets/requests.rs"]
mod requests;

use std::time::{Duration, Instant};

/// Takes any input.
pub type Target = fn(&[u8]);

/// Every target, by its name: that of its corpus too.
pub const TARGETS: &[(&str, Target)] = &[
    ("query", addresses::query),
    ("elance_token", addresses::elance_token),
    ("cometchat_cursor", addresses::cometchat_cursor),
    ("rm_filter", filters::filter),
    ("rm_orderby", filters::order),
    ("json_body", bodies::json),
    ("rm_xml", bodies::xml),
    ("rm_xml_round_trip", bodies::xml_round_trip),
    ("import_ndjson", files::ndjson),
    ("import_csv", files::csv),
    ("config", files::config),
];

/// The longest input. Longer ones are cut by the web server before any of these parsers sees them, or take longer to
/// try than they tell.
pub const LONGEST: usize = 16 << 10;

/// How long one input may take, however busy the machine is.
const SOON: Duration = Duration::from_secs(10);

/// Runs the target of this name on one input.
pub fn run(name: &str, input: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    let input = &input[..input.len().min(LONGEST)];
    let begun = Instant::now();
    target(input);
    assert!(begun.elapsed() < SOON, "{name} took {:?}", begun.elapsed());
}
