//! The picture in `docs/architecture.md`: which crate may import which. An arrow that is not in it fails here, one of
//! dev-dependencies too.

use crate::support::metadata::{cargo, list, text};
use serde_json::Value;

/// The crates of this project that `from` may import. `None` for a crate that is not in the picture.
fn allowed(from: &str, dev: bool) -> Option<Vec<&'static str>> {
    let mut to: Vec<&str> = match from {
        "membership" | "mapped" => vec![],
        "access" => vec!["membership"],
        "roster" => vec!["membership"],
        "store" => vec!["membership", "access", "mapped"],
        "dialect" => vec!["membership", "access"],
        "testkit" => vec!["membership", "dialect"],
        // And every dialect, see `violations`.
        "gateway" => vec!["membership", "access", "store", "roster", "dialect"],
        _ if from.starts_with("dialect-") => vec!["dialect", "membership"],
        _ => return None,
    };
    let tested_with_it = ["store", "roster", "gateway"].contains(&from) || from.starts_with("dialect-");
    if dev && tested_with_it {
        to.push("testkit");
    }
    Some(to)
}

/// Crates of others that only these of ours may import.
const RESERVED: &[(&str, &[&str])] = &[
    ("actix-web", &["gateway"]),
    ("anyhow", &["gateway"]),
    ("diesel", &["store"]),
    ("diesel_migrations", &["store"]),
    ("libsqlite3-sys", &["store"]),
    ("odata-params", &["dialect-rm"]),
    ("pq-sys", &["store"]),
    ("r2d2", &["store"]),
    ("rustix", &["mapped"]),
    ("tokio", &["gateway"]),
    ("utoipa", &["gateway"]),
];

/// Every arrow of `packages` that is not in the picture.
fn violations(metadata: &Value) -> Vec<String> {
    let ours: Vec<&str> = list(metadata, "packages").map(|p| text(p, "name")).collect();
    let mut found = Vec::new();
    for package in list(metadata, "packages") {
        let from = text(package, "name");
        for dependency in list(package, "dependencies") {
            let to = text(dependency, "name");
            let dev = dependency["kind"].as_str() == Some("dev");
            if ours.contains(&to) {
                match allowed(from, dev) {
                    None => found.push(format!("{from} is not in the picture")),
                    Some(_) if from == "gateway" && to.starts_with("dialect-") => {}
                    Some(may) if !may.contains(&to) => found.push(format!("{from} may not import {to}")),
                    Some(_) => {}
                }
            }
            // A test of the whole program stands in for somebody else who uses the same database.
            let stands_in = dev && from == "gateway" && to == "diesel";
            if let Some((_, may)) = RESERVED.iter().find(|(name, _)| *name == to)
                && !may.contains(&from)
                && !stands_in
            {
                found.push(format!("{from} may not import {to}; only {} may", may.join(", ")));
            }
        }
    }
    found
}

#[test]
fn no_crate_imports_what_the_picture_does_not_show() {
    let metadata = cargo(&["--no-deps"]);
    assert!(list(&metadata, "packages").count() >= 10, "all crates are looked at");
    assert_eq!(violations(&metadata), Vec::<String>::new());
}

#[test]
fn a_wrong_arrow_is_found() {
    let package = |name: &str, dependencies: &[(&str, Option<&str>)]| {
        let dependencies: Vec<Value> =
            dependencies.iter().map(|(name, kind)| serde_json::json!({"name": name, "kind": kind})).collect();
        serde_json::json!({"name": name, "dependencies": dependencies})
    };
    let metadata = serde_json::json!({"packages": [
        package("membership", &[("serde", None)]),
        package("dialect", &[("membership", None), ("testkit", Some("dev"))]),
        package("roster", &[("membership", None), ("testkit", Some("dev")), ("dialect", None), ("gateway", Some("dev"))]),
        package("dialect-elance", &[("dialect", None), ("dialect-rm", Some("dev")), ("testkit", Some("dev"))]),
        package("dialect-rm", &[("dialect", None), ("diesel", None)]),
        package("gateway", &[("testkit", None), ("dialect-new", None), ("diesel", None), ("diesel", Some("dev"))]),
        package("testkit", &[("membership", Some("build"))]),
        package("mapped", &[("membership", None)]),
        package("store", &[("mapped", None), ("rustix", None)]),
        package("extra", &[("membership", None)]),
    ]});
    assert_eq!(
        violations(&metadata),
        [
            "dialect may not import testkit",
            "roster may not import dialect",
            "roster may not import gateway",
            "dialect-elance may not import dialect-rm",
            "dialect-rm may not import diesel; only store may",
            "gateway may not import testkit",
            "gateway may not import diesel; only store may",
            "mapped may not import membership",
            "store may not import rustix; only mapped may",
            "extra is not in the picture",
        ]
    );
}
