//! What is counted, what it looks like, and what counting costs.

use super::*;
use store::{LogEnds, PoolUse, Totals};

fn standing(store: Knowledge) -> Standing {
    let turns = |kind| Turns { kind, size: 8, in_use: 1, waiting: 0 };
    let pool = PoolUse { name: "readers", size: 9, open: 3, in_use: 2, waiting: 1, timed_out: 4 };
    Standing {
        database: "sqlite",
        turns: ["slow", "writing", "quick"].map(turns),
        connections: vec![(Listener::Public, 7, 1), (Listener::Admin, 1, 0)],
        pools: vec![pool],
        store,
        roster: Some((
            roster::Figures {
                groups: 2,
                persons: 9,
                bytes: 1_234,
                ready_bytes: 4_321,
                hits: 5,
                misses: 6,
                loads: 7,
                evictions: 1,
                failures: 3,
            },
            2,
        )),
        process: Process::now(),
    }
}

#[test]
fn what_is_counted_is_told() {
    let metrics = Metrics::default();
    let asked = Asked::new(Some("rm"), Some("/api/Organization/groups"), "GET");
    metrics.answered(asked, 200, Duration::from_micros(700));
    metrics.answered(asked, 200, Duration::from_secs(40));
    metrics.answered(Asked::new(None, None, "BREW"), 404, Duration::ZERO);
    metrics.refused(Limit::Body);
    let begun = metrics.begin(Listener::Admin);
    let memberships = vec![(membership::State::Member, 5), (membership::State::Banned, 0)];
    let totals = Totals { persons: 3, groups: 2, memberships };
    let ends = LogEnds { head: 12, floor: 4 };
    let text = metrics
        .text(standing(Knowledge { up: true, writes: true, ends: Some(ends), totals: Some(totals) }))
        .expect("text");
    for line in [
        "# TYPE rollcall_requests_total counter",
        r#"rollcall_requests_total{dialect="rm",route="/api/Organization/groups",method="GET",status="200"} 2"#,
        r#"rollcall_requests_total{dialect="none",route="none",method="none",status="404"} 1"#,
        "# TYPE rollcall_request_seconds histogram",
        r#"rollcall_request_seconds_bucket{dialect="rm",route="/api/Organization/groups",method="GET",le="0.0005"} 0"#,
        r#"rollcall_request_seconds_bucket{dialect="rm",route="/api/Organization/groups",method="GET",le="0.001"} 1"#,
        r#"rollcall_request_seconds_bucket{dialect="rm",route="/api/Organization/groups",method="GET",le="+Inf"} 2"#,
        r#"rollcall_requests_under_way{listener="admin"} 1"#,
        r#"rollcall_requests_under_way{listener="public"} 0"#,
        r#"rollcall_refused_total{limit="body"} 1"#,
        r#"rollcall_refused_total{limit="address_rate"} 0"#,
        r#"rollcall_turns_size{kind="slow"} 8"#,
        r#"rollcall_connections{listener="public"} 7"#,
        r#"rollcall_connections_refused_total{listener="public"} 1"#,
        r#"rollcall_pool_in_use{pool="readers"} 2"#,
        r#"rollcall_pool_timeouts_total{pool="readers"} 4"#,
        "rollcall_store_up 1",
        "rollcall_store_takes_writes 1",
        "rollcall_persons 3",
        "rollcall_groups 2",
        r#"rollcall_memberships{state="member"} 5"#,
        "rollcall_roster_groups 2",
        "rollcall_roster_persons 9",
        "rollcall_roster_bytes 1234",
        "rollcall_roster_ready_bytes 4321",
        "rollcall_roster_hits_total 7",
        "rollcall_roster_replies_again_total 2",
        "rollcall_roster_misses_total 6",
        "rollcall_roster_loads_total 7",
        "rollcall_roster_evictions_total 1",
        "rollcall_roster_failures_total 3",
        "rollcall_change_head 12",
        "rollcall_change_floor 4",
    ] {
        assert!(text.lines().any(|own| own == line), "{line} is not in\n{text}");
    }
    drop(begun);
    let away = metrics.text(standing(Knowledge::default())).expect("text");
    assert!(away.contains("\nrollcall_store_up 0\n") && !away.contains("rollcall_persons"), "{away}");
    assert!(away.contains(r#"rollcall_requests_under_way{listener="admin"} 0"#));
    // Every name is told of once: a reader refuses the whole text otherwise.
    let mut names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    names.sort_unstable();
    let many = names.len();
    names.dedup();
    assert_eq!(names.len(), many);
}

/// Run with `--release … -- --nocapture` to see the figure.
#[test]
fn counting_a_request_costs_little() {
    let metrics = Metrics::default();
    // As many routes as there are.
    for dialect in ["elance", "rm", "cometchat"] {
        for route in dialect_cometchat::routes().map(|route| route.pattern) {
            metrics.answered(Asked::new(Some(dialect), Some(route), "GET"), 200, Duration::ZERO);
        }
    }
    let rounds = 100_000;
    let begun = std::time::Instant::now();
    for _ in 0..rounds {
        let _begun = metrics.begin(Listener::Public);
        let asked = Asked::new(Some("cometchat"), Some("/v3/groups/{guid}/members"), "GET");
        metrics.answered(asked, 200, Duration::from_micros(120));
    }
    let each = begun.elapsed() / rounds;
    println!("counting a request: {each:?}");
    // A debug build on a busy machine is some ten times slower than what is served.
    assert!(each < Duration::from_micros(50), "{each:?}");
}
