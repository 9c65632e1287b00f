//! The index that SQLite keeps beside its write-ahead log (`…-shm`): its first bytes say which commit was the last, to
//! all processes, so whether anything was committed since a look is told without a question to SQLite, which would take
//! two locks of a file by the system.
//!
//! The form is SQLite's documented one (*WAL-mode File Format*, "The WAL-Index File Format"): two copies of a header of
//! 48 bytes, of which a writer changes the second first. Every commit changes it before it is acknowledged: a counter of
//! commits, how many frames are valid, and their checksum are in it. Two equal copies therefore say that no commit is
//! half told, and the same bytes as before that none has been told since.

use mapped::Words;
use std::path::Path;
use std::sync::atomic::{Ordering, fence};

/// The length of one copy of the header.
const HEADER: usize = 48;

/// The version that the header begins with, as a number in the machine's own order of bytes.
const VERSION: u32 = 3_007_000;

/// Which byte says that the header has been filled in.
const FILLED: usize = 12;

/// The header at some moment. Two that are equal were read with no commit between them.
pub(crate) type Stamp = [u8; HEADER];

/// The length of one copy in words.
const WORDS: usize = HEADER / size_of::<usize>();

/// The index of one database, as long as a connection to it is open: with the last one SQLite deletes the file. Both copies
/// of the header are mapped, as SQLite maps them, so to look at them is no call to the system.
pub(crate) struct WalIndex(Words);

impl WalIndex {
    /// That of the database in `file`, to which a connection is open that has read something. `None` where there is none
    /// to be had; then SQLite itself has to be asked every time.
    pub fn of(file: &Path) -> Option<Self> {
        opened::open(file).map(Self)
    }

    /// Whether both are one.
    pub fn is(&self, other: &Self) -> bool {
        self.0.is(other.0)
    }

    /// How it stands now. `None` while a commit is being told, and where it is none that we know.
    pub fn stamp(&self) -> Option<Stamp> {
        let first = self.copy(0)?;
        // The first one is read first: who changes them begins with the second, so that both are the same only when no
        // change came between.
        fence(Ordering::Acquire);
        let second = self.copy(WORDS)?;
        let known = first.first_chunk() == Some(&VERSION.to_ne_bytes()) && first.get(FILLED).is_some_and(|is| *is != 0);
        if first == second && known { Some(first) } else { None }
    }

    /// The copy that begins with this word.
    fn copy(&self, from: usize) -> Option<Stamp> {
        let mut bytes = [0; HEADER];
        for (at, into) in (from..).zip(bytes.chunks_exact_mut(size_of::<usize>())) {
            into.copy_from_slice(&self.0.get(at)?.to_ne_bytes());
        }
        Some(bytes)
    }
}

/// The files. A process loses all its locks of a file as soon as it closes that file anywhere, and SQLite relies on its
/// locks of this one: so once opened it stays open until the process ends, and is opened once only.
///
/// SQLite cuts such a file off when it is the only one to have it, to three bytes, so what is mapped stays there.
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
mod opened {
    use mapped::Words;
    use std::collections::HashMap;
    use std::ffi::OsString;
    use std::fs::File;
    use std::mem::ManuallyDrop;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};
    use std::sync::{Mutex, PoisonError};

    /// By device and number; `None` of one that could not be mapped.
    type Files = HashMap<(u64, u64), Option<Words>>;

    /// There are as many as the process has ever seen: SQLite makes a new one where the last connection of all processes was
    /// closed before.
    static FILES: Mutex<Option<Files>> = Mutex::new(None);

    pub fn open(database: &Path) -> Option<Words> {
        // SQLite follows links before it puts a name beside the database's.
        let mut name: OsString = database.canonicalize().ok()?.into();
        name.push("-shm");
        let name = PathBuf::from(name);
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        let files = files.get_or_insert_default();
        let seen = name.metadata().ok()?;
        if let Some(words) = files.get(&(seen.dev(), seen.ino())) {
            return *words;
        }
        // From here on it must not be closed, whatever it turns out to be.
        let file = ManuallyDrop::new(File::open(&name).ok()?);
        let found = file.metadata().ok()?;
        let words = || {
            let mapped = Words::first_of(&file, 2 * super::WORDS);
            let tell =
                |error: &_| log::warn!("SQLite is asked for each request, since its index cannot be mapped: {error}");
            mapped.inspect_err(tell).ok()
        };
        *files.entry((found.dev(), found.ino())).or_insert_with(words)
    }
}

/// Elsewhere nobody has looked whether it is as good.
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
mod opened {
    use mapped::Words;
    use std::path::Path;

    pub fn open(_: &Path) -> Option<Words> {
        None
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{soundness, sqlite};
    use crate::{Settings, Store};
    use diesel::connection::SimpleConnection;
    use std::os::unix::fs::FileExt;

    fn change(store: &Store, uid: &str) {
        soundness::import(store, &format!("{{\"kind\":\"person\",\"uid\":\"{uid}\"}}\n"), 1_000);
    }

    fn of(store: &Store) -> WalIndex {
        store.head_now().expect("read");
        WalIndex::of(store.manager().file.as_deref().expect("a file")).expect("an index")
    }

    #[test]
    fn it_stays_the_same_until_something_is_committed_by_whomever() {
        let store = sqlite();
        let file = store.manager().file.clone().expect("a file");
        // As another process has it.
        let other = Store::open(&Settings::new(format!("sqlite://{}", file.display()).parse().expect("a URL")));
        let other = other.expect("opens");
        let index = of(&store);
        let mut before = index.stamp().expect("filled in");
        for round in 0..20 {
            let writer = if round % 2 == 0 { &store } else { &other };
            change(writer, &format!("p{round}"));
            let after = index.stamp().expect("filled in");
            assert_ne!(before, after, "{round}");
            store.head_now().expect("read");
            other.totals().expect("read");
            assert_eq!(index.stamp(), Some(after), "who reads changes nothing");
            before = after;
        }
        assert!(index.is(&of(&other)), "opened once only");
    }

    /// A log that begins anew may look as it did: its salt is another one.
    #[test]
    fn a_log_that_begins_anew_is_another_one() {
        let store = sqlite();
        change(&store, "first");
        let index = of(&store);
        let mut seen = vec![index.stamp().expect("filled in")];
        for round in 0..10 {
            let empty = "PRAGMA wal_checkpoint(TRUNCATE)";
            store.outside(|connection| Ok(connection.batch_execute(empty)?)).expect("run");
            change(&store, &format!("p{round}"));
            let stamp = index.stamp().expect("filled in");
            assert!(!seen.contains(&stamp), "{round}");
            assert_eq!(store.head_now().expect("read"), round + 2);
            seen.push(stamp);
        }
    }

    #[test]
    fn what_is_no_index_says_nothing() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("some.db");
        std::fs::write(&file, "").expect("written");
        assert!(WalIndex::of(&file).is_none(), "there is none");
        let shm = directory.path().join("some.db-shm");
        let write = |bytes: &[u8]| {
            // A new one each time, as SQLite makes it: one that is there is never cut off to nothing.
            let _ = std::fs::remove_file(&shm);
            std::fs::write(&shm, bytes).expect("written");
        };
        write(&[]);
        assert!(WalIndex::of(&file).is_none(), "nothing is in it");
        for bytes in [vec![0; 95], vec![0; 4_096], vec![7; 4_096]] {
            write(&bytes);
            assert_eq!(WalIndex::of(&file).expect("a file").stamp(), None);
        }
        let mut good = VERSION.to_ne_bytes().to_vec();
        good.resize(HEADER, 1);
        let good = [good.clone(), good].concat();
        write(&good);
        let index = WalIndex::of(&file).expect("a file");
        assert!(index.stamp().is_some());
        let open = std::fs::OpenOptions::new().write(true).open(&shm).expect("opens");
        open.write_at(&[2], (HEADER + 16) as u64).expect("written");
        assert_eq!(index.stamp(), None, "half told");
        open.write_at(&[2], 16).expect("written");
        assert!(index.stamp().is_some());
        open.set_len(3).expect("cut off, as SQLite does with one that was left");
        assert_eq!(index.stamp(), None);
    }
}
