//! Golden files: whole replies, byte for byte, in `tests/golden/NAME.http` of the crate under test.
//!
//! A file holds the status line, the fields of the header in the order in which the dialect set them
//! (`content-type` first), an empty line, and the body as it is. `UPDATE_GOLDEN=1` writes the files instead of
//! comparing; what changed is then read in the version control.
//!
//! ```no_run
//! # fn run(dialect: &dyn dialect::Dialect, directory: &testkit::MemoryDirectory) {
//! use testkit::golden::{Case, check};
//! check(
//!     dialect,
//!     directory.core(1_700_000_000),
//!     &[
//!         Case::get("first-page", "/api2/groups/1116/members?access_token=t"),
//!         Case::get("no-token", "/api2/groups/1116/members"),
//!         Case::get("bearer", "/api2/groups/1116/members").header("authorization", "Bearer t"),
//!     ],
//! );
//! # }
//! ```

use crate::exchange;
use dialect::{Core, Dialect, Reply};
use std::path::{Path, PathBuf};

/// A request with the name of the file that holds its reply.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// Name of the file, without `.http`.
    pub name: &'a str,
    /// Method.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Header.
    pub headers: Vec<(&'a str, &'a str)>,
    /// Body.
    pub body: &'a [u8],
}

impl<'a> Case<'a> {
    /// A `GET`.
    pub const fn get(name: &'a str, target: &'a str) -> Self {
        Self::request(name, "GET", target)
    }

    /// A request of any method, without a body.
    pub const fn request(name: &'a str, method: &'a str, target: &'a str) -> Self {
        Self { name, method, target, headers: Vec::new(), body: b"" }
    }

    /// With one more field of the header.
    #[must_use]
    pub fn header(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// With this body.
    #[must_use]
    pub const fn body(mut self, body: &'a [u8]) -> Self {
        self.body = body;
        self
    }
}

/// Runs every case and compares its reply with its file.
///
/// # Panics
/// When one differs, after all have been run; when two have the same name.
pub fn check(dialect: &dyn Dialect, core: Core<'_>, cases: &[Case<'_>]) {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    let folder = folder();
    let mut faults = String::new();
    for (at, case) in cases.iter().enumerate() {
        assert!(!cases[..at].iter().any(|other| other.name == case.name), "two cases are called {}", case.name);
        let reply = exchange(dialect, core, case.method, case.target, &case.headers, case.body);
        let path = folder.join(format!("{}.http", case.name));
        if let Err(fault) = compare(&path, &print(&reply), update) {
            faults.push_str(&fault);
        }
    }
    assert!(faults.is_empty(), "{faults}\nUPDATE_GOLDEN=1 writes the files anew.");
}

/// The folder of the crate under test: cargo names it when it runs the tests, and starts them there.
fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default().join("tests/golden")
}

/// A reply as a file holds it.
pub fn print(reply: &Reply) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\n", reply.status);
    if !reply.content_type.is_empty() {
        head.push_str(&format!("content-type: {}\n", reply.content_type));
    }
    for (name, value) in &reply.headers {
        head.push_str(&format!("{}: {value}\n", name.to_ascii_lowercase()));
    }
    head.push('\n');
    [head.as_bytes(), &reply.body].concat()
}

fn compare(path: &Path, reply: &[u8], update: bool) -> Result<(), String> {
    if update {
        let folder = path.parent().unwrap_or(Path::new("."));
        return std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(path, reply))
            .map_err(|error| format!("{}: {error}\n", path.display()));
    }
    let golden = std::fs::read(path).map_err(|error| format!("{}: {error}\n", path.display()))?;
    if golden == reply {
        return Ok(());
    }
    let same = golden.iter().zip(reply).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(60);
    let near = |bytes: &[u8]| {
        let to = bytes.len().min(same + 60);
        String::from_utf8_lossy(&bytes[from.min(to)..to]).into_owned()
    };
    Err(format!(
        "{}: differs from byte {same} on\n  golden: …{:?}…\n  reply:  …{:?}…\n",
        path.display(),
        near(&golden),
        near(reply)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_printed_whole() {
        let reply = Reply::new(404, "text/plain", "né\n").with("X-Total-Count", "3").with("vary", "accept");
        let printed = "HTTP/1.1 404\ncontent-type: text/plain\nx-total-count: 3\nvary: accept\n\nné\n";
        assert_eq!(String::from_utf8_lossy(&print(&reply)), printed);
        assert_eq!(print(&Reply::new(204, "", "")), b"HTTP/1.1 204\n\n");
    }

    #[test]
    fn a_difference_is_told_and_an_update_settles_it() {
        let folder = std::env::temp_dir().join(format!("rollcall-golden-{}", std::process::id()));
        let path = folder.join("case.http");
        assert!(compare(&path, b"abc", false).is_err(), "no file yet");
        assert_eq!(compare(&path, b"abc", true), Ok(()));
        assert_eq!(compare(&path, b"abc", false), Ok(()));
        for other in [&b"abd"[..], b"abcd", b"ab", b""] {
            let fault = compare(&path, other, false).expect_err("differs");
            assert!(fault.contains("differs from byte"), "{fault}");
        }
        std::fs::remove_dir_all(folder).expect("made above");
    }
}
