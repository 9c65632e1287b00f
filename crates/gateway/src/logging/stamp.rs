//! The time in front of a line.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

/// `2026-11-22T01:10:33.123Z`.
#[derive(Clone, Copy)]
pub(crate) struct Stamp([u8; LENGTH]);

const LENGTH: usize = 24;
/// The part that stays the same for a second.
const SECONDS: usize = 19;

thread_local! {
    /// The last second of this thread that was written, and how.
    static LAST: Cell<(Option<u64>, [u8; SECONDS])> = const { Cell::new((None, [b'0'; SECONDS])) };
}

impl Stamp {
    /// That of a time.
    pub fn of(time: SystemTime) -> Self {
        // A clock that stands before 1970 is wrong anyhow.
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let second = since.as_secs();
        let (last, mut text) = LAST.get();
        if last != Some(second) {
            let written = DateTime::<Utc>::from(time).format("%Y-%m-%dT%H:%M:%S").to_string();
            // Beyond the year 9999 it is longer.
            text = written.as_bytes().first_chunk().copied().unwrap_or(text);
            LAST.set((Some(second), text));
        }
        let mut stamp = *b"0000-00-00T00:00:00.000Z";
        stamp[..SECONDS].copy_from_slice(&text);
        let millis = since.subsec_millis();
        for (place, by) in [(20, 100), (21, 10), (22, 1)] {
            stamp[place] = b'0' + (millis / by % 10) as u8;
        }
        Self(stamp)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn it_is_the_time_to_the_millisecond() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_795_309_833_123, "2026-11-22T01:10:33.123Z"),
            (1_795_309_833_999, "2026-11-22T01:10:33.999Z"),
            (1_795_309_834_000, "2026-11-22T01:10:34.000Z"),
            (951_782_400_007, "2000-02-29T00:00:00.007Z"),
        ] {
            assert_eq!(Stamp::of(UNIX_EPOCH + Duration::from_millis(millis)).as_str(), text);
        }
    }
}
