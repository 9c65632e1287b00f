//! The Rust that `Cargo.toml` declares is enough for every dependency, as far as they say what they need.

use crate::support::metadata::{cargo, list, text};
use std::process::Command;

/// `1.89` and `1.89.0` alike.
fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().expect("a number")).collect();
    parts.resize(3, 0);
    parts
}

fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc starts");
    let said = String::from_utf8(output.stdout).expect("rustc prints text");
    let line = said.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    line.to_owned()
}

#[test]
fn no_dependency_needs_a_newer_rust_than_ours() {
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    // Of this platform: what others need is not fetched here.
    let metadata = cargo(&["--filter-platform", &host()]);
    let mut newer = Vec::new();
    for package in list(&metadata, "packages") {
        if let Some(needs) = package["rust_version"].as_str()
            && version(needs) > ours
        {
            newer.push(format!("{} {} needs {needs}", text(package, "name"), text(package, "version")));
        }
    }
    assert_eq!(newer, Vec::<String>::new());
}
