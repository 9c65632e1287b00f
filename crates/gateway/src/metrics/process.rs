//! What the system knows of this process, by the names that Prometheus' own libraries use. Read from `/proc`, so it is
//! told on Linux only; elsewhere only the time of the start is known.

use std::fs;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// The process at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Process {
    /// Memory that it really has, in bytes.
    pub resident_bytes: Option<u64>,
    /// Addresses that it has set aside, in bytes.
    pub virtual_bytes: Option<u64>,
    /// Open files and sockets.
    pub open_files: Option<u64>,
    /// How many there may be.
    pub most_files: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// Seconds of a core that it has taken.
    pub cpu_seconds: Option<f64>,
    /// When it started, in unix seconds.
    pub started_at: f64,
}

/// In how many parts of a second Linux tells programs of time, on every machine.
const TICKS_A_SECOND: f64 = 100.0;

impl Process {
    /// As it is now.
    pub fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let kibibytes = |name| number_after(&status, name).map(|kib| kib.saturating_mul(1024));
        Self {
            resident_bytes: kibibytes("VmRSS:"),
            virtual_bytes: kibibytes("VmSize:"),
            // One is the directory that is being read.
            open_files: fs::read_dir("/proc/self/fd").ok().map(|files| (files.count() as u64).saturating_sub(1)),
            most_files: number_after(&limits, "Max open files"),
            threads: number_after(&status, "Threads:"),
            cpu_seconds: cpu(&stat),
            started_at: started(),
        }
    }
}

/// When the process started, as far as it was asked for soon: the first time that this is called.
pub(crate) fn started() -> f64 {
    static STARTED: OnceLock<f64> = OnceLock::new();
    *STARTED.get_or_init(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()))
}

/// The number behind a name at the beginning of a line.
fn number_after(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Fields 14 and 15, counted from behind the name of the program, which may hold anything.
fn cpu(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_read() {
        let status = "Name:\tx\nVmSize:\t  220 kB\nVmRSS:\t    7 kB\nThreads:\t3\n";
        assert_eq!(number_after(status, "VmRSS:"), Some(7));
        assert_eq!(
            number_after("Max open files            1024                 4096   files\n", "Max open files"),
            Some(1024)
        );
        assert_eq!(number_after("Max open files            unlimited            unlimited\n", "Max open files"), None);
        assert_eq!(number_after("", "VmRSS:"), None);
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 3 0 1 1";
        assert_eq!(cpu(stat), Some(3.0));
        assert_eq!(cpu("42 (a"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_known() {
        let now = Process::now();
        assert!(now.resident_bytes.is_some_and(|bytes| bytes > 1 << 20), "{now:?}");
        assert!(now.open_files.is_some_and(|files| files >= 3), "{now:?}");
        assert!(now.threads.is_some_and(|threads| threads >= 1) && now.cpu_seconds.is_some(), "{now:?}");
        assert!(now.started_at > 1.6e9 && now == Process { started_at: now.started_at, ..now });
    }
}
