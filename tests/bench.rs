//! What the benches make of their samples: medians, percentiles, tables, plots, and what filters look for.

#[path = "../crates/gateway/benches/performance/figures/mod.rs"]
mod figures;
#[path = "../crates/gateway/benches/performance/http.rs"]
mod http;

use figures::literals::Literals;
use figures::plot::{self, Bars, Line, Scale};
use figures::spread::{Latency, Spread, count, millis, percentile};
use figures::table::{Table, replace_part};
use std::io::{Read, Write};

#[test]
fn a_spread_is_least_median_and_greatest() {
    let odd = Spread::of(&[0.9, 0.1, 0.5]);
    assert_eq!(odd, Spread { least: 0.1, median: 0.5, greatest: 0.9 });
    assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 3.0]).median, 2.5, "the mean of the middle two");
    assert_eq!(Spread::of(&[7.0]), Spread { least: 7.0, median: 7.0, greatest: 7.0 });
    assert_eq!(odd.ratio(), "0.500 (0.100–0.900)");
    assert_eq!(Spread::of(&[1200.0, 5.0, 33.0]).by(count), "33 (5–1,200)");
}

#[test]
fn percentiles_are_by_nearest_rank() {
    let hundred: Vec<u64> = (1..=100).collect();
    for (percent, wanted) in [(0, 1), (1, 1), (50, 50), (99, 99), (100, 100)] {
        assert_eq!(percentile(&hundred, percent), wanted, "{percent} %");
    }
    assert_eq!(percentile(&[3, 5], 50), 3);
    assert_eq!(percentile(&[3, 5], 51), 5);
    assert_eq!(percentile(&[8], 99), 8);
    let mut samples: Vec<u64> = (1..=1000).rev().map(|n| n * 1_000).collect();
    let latency = Latency::of(&mut samples);
    assert_eq!(latency, Latency { p50: 500_000, p99: 990_000 });
    assert_eq!(latency.print(), "0.500 / 0.990");
    assert_eq!(Latency::of(&mut []).print(), "–", "nothing was measured");
}

#[test]
fn numbers_are_printed_with_the_digits_that_count() {
    let milliseconds = [0.0312, 1.234, 12.34, 123.4, 2_345.6].map(millis);
    assert_eq!(milliseconds, ["0.031", "1.23", "12.3", "123", "2346"]);
    let counts = [0.0, 2.5, 7.0, 999.0, 1_000.0, 1_234_567.4].map(count);
    assert_eq!(counts, ["0", "2.5", "7", "999", "1,000", "1,234,567"]);
}

#[test]
fn a_table_is_markdown() {
    let mut table = Table::new(&["page", "ratio"]);
    table.row(&["a|b".to_owned(), "1".to_owned()]);
    assert_eq!(table.finish(), "| page | ratio |\n| --- | ---: |\n| a\\|b | 1 |\n\n");
}

#[test]
fn only_what_stands_between_the_markers_is_replaced() {
    let document = "before\n<!-- begin one -->old<!-- end one -->\nafter <!-- begin two -->x<!-- end two -->";
    let replaced = replace_part(document, "one", "new\n").expect("markers");
    assert_eq!(
        replaced,
        "before\n<!-- begin one -->\n\nnew\n\n<!-- end one -->\nafter <!-- begin two -->x<!-- end two -->"
    );
    assert_eq!(replace_part(&replaced, "one", "new").as_ref(), Some(&replaced), "the same again");
    for bad in ["", "<!-- begin one -->", "<!-- end one --><!-- begin one -->", &document.replace("two", "one")] {
        assert_eq!(replace_part(bad, "one", "new"), None, "{bad}");
    }
}

#[test]
fn the_document_has_the_parts_that_are_written() {
    let document = include_str!("../docs/performance.md");
    for name in ["make bench", "make bench-peers"] {
        assert!(replace_part(document, name, "").is_some(), "{name}");
    }
}

#[test]
fn filters_look_for_what_none_a_few_and_most_hold() {
    let names: Vec<String> = (0..100)
        .map(|n| match n {
            0 | 1 => "Zoë Xylander".to_owned(),
            2..50 => "Anna Berg".to_owned(),
            _ => "Łukasz Annaberg".to_owned(),
        })
        .collect();
    let literals = Literals::of(&names);
    let share = |text: &str| names.iter().filter(|name| name.to_lowercase().contains(text)).count();
    for (texts, expected) in [(&literals.none, 0..=0), (&literals.few, 2..=2), (&literals.most, 75..=100)] {
        assert!(texts.len() > 1, "several of each: {literals:?}");
        assert!(texts.iter().all(|text| expected.contains(&share(text))), "{literals:?}");
    }
    assert_eq!(literals, Literals::of(&names), "the same each time");
}

#[test]
fn plots_are_svg_with_every_label_and_mark() {
    let directory = tempfile::tempdir().expect("a directory");
    let labels = ["first <page>", "far page", "wide page"].map(str::to_owned);
    let bars = |name: &str, values: [Option<f64>; 3]| Bars { name: name.to_owned(), values: values.into() };
    let series =
        [bars("SQLite", [Some(0.9), Some(0.85), Some(0.4)]), bars("PostgreSQL", [Some(0.7), None, Some(3000.0)])];
    for scale in [Scale::Linear, Scale::Log] {
        let file = directory.path().join("bars.svg");
        plot::bars(&file, "Pages", "ratio", scale, &labels, &series).expect("a plot");
        let svg = std::fs::read_to_string(&file).expect("a file");
        for word in
            ["<svg", "Pages", "ratio", "first &lt;page&gt;", "far page", "SQLite", "PostgreSQL", "3,000", "</svg>"]
        {
            assert!(svg.contains(word), "{word} in {svg}");
        }
        // Five values, two in the legend with its two backgrounds, one for the page.
        assert!(svg.matches("<rect").count() >= 8, "{svg}");
    }
    let file = directory.path().join("lines.svg");
    let line = |name: &str, points: &[(f64, f64)]| Line { name: name.to_owned(), points: points.to_vec() };
    let series = [line("few", &[(1e3, 0.1), (1e6, 5.0)]), line("most", &[(1e3, 0.2), (1e6, 15.0), (3e6, 45.0)])];
    plot::lines(&file, "Growth", "members", ("ms", 20.0), &series).expect("a plot");
    let svg = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(svg.matches("<circle").count(), 5, "{svg}");
    for word in ["Growth", "members", "1,000,000", "few", "most"] {
        assert!(svg.contains(word), "{word}");
    }
    // One point, or none, is drawn too.
    plot::lines(&file, "Growth", "members", ("ms", 20.0), &[line("one", &[(1e3, 0.1)])]).expect("a plot");
    plot::lines(&file, "Growth", "members", ("ms", 20.0), &[]).expect("a plot");
    plot::bars(&file, "Pages", "ratio", Scale::Log, &[], &[]).expect("a plot");
}

#[test]
fn the_marks_of_a_logarithmic_axis_are_powers_of_ten() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("lines.svg");
    let line = Line { name: "one".to_owned(), points: vec![(1e3, 1.0), (3e6, 2.0)] };
    plot::lines(&file, "Growth", "members", ("ms", 0.0), &[line]).expect("a plot");
    let svg = std::fs::read_to_string(&file).expect("a file");
    let numbers: Vec<&str> = svg.lines().filter(|line| line.ends_with(",000") || line.ends_with(",000,000")).collect();
    assert_eq!(numbers, ["1,000", "10,000", "100,000", "1,000,000"]);
    assert!(!svg.contains("3,162"), "{svg}");
}

#[test]
fn replies_are_read_whole_with_and_without_a_length() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let target = http::Target { path: "/a?b=c".to_owned(), headers: "X-Key: k\r\n".to_owned(), others: Vec::new() };
    assert_eq!(target.requests(), [target.request()], "the same again and again");
    let length = target.request().len();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut asked = vec![0; length];
        for reply in [
            "HTTP/1.1 200 OK\r\ncontent-length: 7\r\nX-Total-Count: 42\r\nContent-Type: application/json\r\n\r\n{\"a\":1}",
            "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\nA\r\n2,34567890\r\n1\r\n]\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        ] {
            stream.read_exact(&mut asked).expect("a request");
            stream.write_all(reply.as_bytes()).expect("writes");
        }
        let (mut another, _) = listener.accept().expect("a client");
        another.read_exact(&mut asked).expect("a request");
        another.write_all(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").expect("writes");
        String::from_utf8(asked).expect("UTF-8")
    });
    let mut connection = http::Connection::open(address);
    let replies = [(); 3].map(|()| connection.ask(&target.request()));
    assert_eq!(replies.each_ref().map(|reply| reply.status), [200, 503, 200]);
    assert_eq!(replies.each_ref().map(|reply| reply.total), [Some(42), None, None]);
    assert_eq!((replies[0].json()["a"].as_i64(), replies[0].content_type.as_str()), (Some(1), "application/json"));
    assert_eq!(replies[1].body, b"[1,2,34567890]");
    assert_eq!(replies[2].body, b"[]");
    let another = http::once(address, &target);
    assert_eq!((another.status, another.body.len()), (404, 0));
    assert_eq!(server.join().expect("no panic"), "GET /a?b=c HTTP/1.1\r\nHost: localhost\r\nX-Key: k\r\n\r\n");
    let post = http::with_body("PUT", "/x", "A: b\r\n", "{}");
    assert_eq!(post, b"PUT /x HTTP/1.1\r\nHost: localhost\r\nA: b\r\nContent-Length: 2\r\n\r\n{}");
}
