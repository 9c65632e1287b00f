//! A new SQLite database that nobody sees before it is whole.
//!
//! Whoever fills a database that is not there yet has nobody beside it: nobody reads it, nobody waits for its turn. So it
//! is made in a file of another name in the same directory, without a log and without waiting for the disk, and gets its
//! name when all of it is on the disk. Until then there is no database of that name; whatever ends the work early leaves
//! none. Were there one by then, it would stay.

use crate::error::StoreError;
use crate::pool::Settings;
use crate::store::Store;
use crate::url::DatabaseUrl;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempPath;

/// How often what was written so far is sent to the disk, so that little is left in the end.
const SEND_AGAIN: Duration = Duration::from_millis(250);
/// What the name of a file in the making ends with.
const SUFFIX: &str = ".new";

/// A database in the making. Without [`NewFile::publish`] it is gone when this is.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("members.db");
/// let settings = store::Settings::new(format!("sqlite://{}", path.display()).parse()?);
/// let new = store::NewFile::begin(&settings)?.expect("there is none yet");
/// new.store().migrate()?;
/// assert!(!path.exists());
/// assert!(new.publish()?);
/// store::Store::open(&settings)?.ready()?;
/// # Ok(())
/// # }
/// ```
pub struct NewFile {
    store: Store,
    sending: Sending,
    file: Arc<File>,
    /// The file under the name that it has meanwhile. Removed when dropped, behind the store.
    temporary: TempPath,
    path: PathBuf,
}

impl NewFile {
    /// Begins the SQLite database that `settings` name, and removes what is left of others of this name that were never
    /// finished. The store is empty, without a schema. `None` where the database is no file, where there is something of
    /// that name or a log of what once had it, and where no other file can be made beside it or used: then [`Store::open`]
    /// tells what there is to tell.
    pub fn begin(settings: &Settings) -> Result<Option<Self>, StoreError> {
        let DatabaseUrl::SqliteFile(path) = &settings.url else { return Ok(None) };
        let Some(name) = path.file_name() else { return Ok(None) };
        let directory = directory_of(path);
        let prefix = [".".as_ref(), name, "-".as_ref()].into_iter().collect::<OsString>();
        remove_unfinished(directory, &prefix);
        if !is_free(path) {
            return Ok(None);
        }
        let made = tempfile::Builder::new().prefix(&prefix).rand_bytes(RANDOM).suffix(SUFFIX).tempfile_in(directory);
        let Ok(made) = made.inspect_err(|error| log::debug!("no file beside the database: {error}")) else {
            return Ok(None);
        };
        // Held as long as the file is being made, by which others see that it is.
        let (file, temporary) = made.into_parts();
        if let Err(error) = file.lock() {
            log::debug!("files beside the database cannot be locked: {error}");
            return Ok(None);
        }
        if !is_still(&file, &temporary) {
            log::debug!("the file beside the database was removed before it was locked");
            return Ok(None);
        }
        let file = Arc::new(file);
        let unseen = Settings { url: DatabaseUrl::SqliteFile(temporary.to_path_buf()), ..settings.clone() };
        // Where SQLite's locks and this one are of one kind, it cannot be had.
        let opened = Store::open_unseen(&unseen);
        let Ok(store) = opened.inspect_err(|error| log::debug!("the file beside the database is no use: {error}"))
        else {
            return Ok(None);
        };
        let sending = Sending::begin(Arc::clone(&file)).map_err(|error| cannot(&temporary, &error))?;
        Ok(Some(Self { store, sending, file, temporary, path: path.clone() }))
    }

    /// The store, to be filled.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Gives the database its name, once all of it is on the disk. False when something of that name has been made
    /// meanwhile, which then stays, or when the file system has no way to give a name only where it is free; what was made
    /// here is gone then. Fails when the disk does.
    pub fn publish(self) -> Result<bool, StoreError> {
        let Self { store, sending, file, temporary, path } = self;
        drop(store);
        // The system tells only once that something has not arrived.
        sending.end().map_err(|error| cannot(&path, &error))?;
        file.sync_all().map_err(|error| cannot(&path, &error))?;
        if !is_free(&path) {
            return Ok(false);
        }
        match temporary.persist_noclobber(&path) {
            Err(kept) if kept.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
            Err(kept) => {
                log::warn!("the new database cannot be given its name: {}", kept.error);
                return Ok(false);
            }
            Ok(()) => {}
        }
        // The name is in the directory. Not all systems have such a thing on the disk, or let it be opened.
        if let Ok(directory) = File::open(directory_of(&path)) {
            match directory.sync_all() {
                Err(error) if !matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
                    return Err(cannot(&path, &error));
                }
                _ => {}
            }
        }
        Ok(true)
    }
}

fn cannot(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether nothing has this name, a link that leads nowhere included, and no log is left of what had it: SQLite would
/// take that for the one of the new file.
fn is_free(path: &Path) -> bool {
    ["", "-wal", "-journal"].into_iter().all(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        Path::new(&name).symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
    })
}

/// Whether the file is the one of that name.
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let which = |of: std::fs::Metadata| (of.dev(), of.ino());
    file.metadata().ok().map(which).is_some_and(|one| path.symlink_metadata().ok().map(which) == Some(one))
}

/// A file that is open is not removed there.
#[cfg(not(unix))]
fn is_still(_: &File, _: &Path) -> bool {
    true
}

/// How many letters and digits `tempfile` puts into a name unless told otherwise.
const RANDOM: usize = 6;

/// Removes the files that were in the making when their processes ended. What cannot be removed stays.
fn remove_unfinished(directory: &Path, prefix: &OsString) {
    let entries = directory.read_dir().into_iter().flatten().flatten();
    let begun = entries.filter(|entry| {
        let name = entry.file_name();
        let between = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let between = between.and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
        between.is_some_and(|some| some.len() == RANDOM && some.iter().all(u8::is_ascii_alphanumeric))
    });
    for entry in begun {
        let removed = File::open(entry.path()).map(|file| {
            // Whoever makes it holds it.
            file.try_lock().is_ok() && std::fs::remove_file(entry.path()).is_ok()
        });
        if matches!(removed, Ok(true)) {
            log::info!("removed {}, which an import that was ended had begun", entry.path().display());
        }
    }
}

/// A thread that sends to the disk what was written. It ends with this.
struct Sending {
    end: Sender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Sending {
    fn begin(file: Arc<File>) -> io::Result<Self> {
        let (end, ended) = channel();
        let thread = std::thread::Builder::new().name("sync".to_owned()).spawn(move || {
            while ended.recv_timeout(SEND_AGAIN) == Err(RecvTimeoutError::Timeout) {
                file.sync_data()?;
            }
            Ok(())
        })?;
        Ok(Self { end, thread })
    }

    /// Whether all that was sent has arrived.
    fn end(self) -> io::Result<()> {
        drop(self.end);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that sends to the disk has ended")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(path: &Path) -> Settings {
        Settings::new(format!("sqlite://{}", path.display()).parse().expect("a URL"))
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = directory.read_dir().expect("a directory");
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect()
    }

    fn begin(path: &Path) -> NewFile {
        let new = NewFile::begin(&settings(path)).expect("begun").expect("there is none yet");
        new.store().migrate().expect("migrates");
        new
    }

    #[test]
    fn nothing_of_the_name_is_seen_before_it_is_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.db");
        drop(begin(&path));
        assert_eq!(names(directory.path()), Vec::<String>::new(), "given up");
        let new = begin(&path);
        assert!(!path.exists());
        assert!(new.publish().expect("published"));
        assert_eq!(names(directory.path()), ["a.db"]);
        let store = Store::open(&settings(&path)).expect("opens");
        assert_eq!(store.migrate().expect("migrates"), Vec::<String>::new());
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
        assert!(NewFile::begin(&settings(&path)).expect("looked").is_none(), "there is one");
        drop(store);
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().expect("a file").permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_somebody_else_has_made_meanwhile_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        for (made, left) in [("a.db", vec!["a.db"]), ("a.db-wal", vec!["a.db-wal"])] {
            let (path, other) = (directory.path().join("a.db"), directory.path().join(made));
            let new = begin(&path);
            std::fs::write(&other, "theirs").expect("writes");
            assert!(!new.publish().expect("looked"));
            assert_eq!(std::fs::read(&other).expect("reads"), b"theirs");
            assert_eq!(names(directory.path()), left);
            assert!(NewFile::begin(&settings(&path)).expect("looked").is_none());
            std::fs::remove_file(other).expect("removes");
        }
    }

    #[test]
    fn what_was_never_finished_is_removed_and_what_is_being_made_is_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let left = |name: &str| std::fs::write(directory.path().join(name), "").expect("writes");
        left(".a.db-123456.new");
        left(".b.db-123456.new");
        left(".a.db-backup1.new");
        let (one, other) = (begin(&directory.path().join("a.db")), begin(&directory.path().join("a.db")));
        let mut all = names(directory.path());
        all.sort();
        assert_eq!((all.len(), all.last().map(String::as_str)), (4, Some(".b.db-123456.new")), "{all:?}");
        assert!(one.publish().expect("published") && !other.publish().expect("looked"));
        left(".a.db-654321.new");
        assert!(NewFile::begin(&settings(&directory.path().join("a.db"))).expect("looked").is_none(), "there is one");
        let mut all = names(directory.path());
        all.sort();
        assert_eq!(all, [".a.db-backup1.new", ".b.db-123456.new", "a.db"], "what is not ours stays");
    }

    #[test]
    fn only_files_are_made_so() {
        for url in ["sqlite::memory:", "postgres://nobody@localhost/none", "sqlite:///nowhere/a.db"] {
            let begun = NewFile::begin(&Settings::new(url.parse().expect("a URL"))).expect("looked");
            assert!(begun.is_none(), "{url}");
        }
    }
}
