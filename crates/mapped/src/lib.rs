//! The first bytes of a file that other processes change, read again and again without a call to the system.
//!
//! It may import nothing of this project. It is a crate of its own because it is the only code of this project with
//! `unsafe`, one block of it, which is to be read in one go. What it is for is in the store's `wal_index.rs`.
//!
//! ```
//! # #[cfg(unix)] {
//! use std::io::Write;
//!
//! let mut file = tempfile::tempfile().expect("a file");
//! file.write_all(&[0; 64]).expect("written");
//! let words = mapped::Words::first_of(&file, 2).expect("mapped");
//! file.write_all(&[1; 64]).expect("written");
//! assert_eq!((words.get(0), words.get(2)), (Some(0), None));
//! # }
//! ```

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that are mapped: no system has smaller pages.
const PAGE: usize = 4_096;

/// The first words of a file, as they stand whenever they are looked at, for as long as this process runs: the map is never
/// given back, so to ask for one file again and again takes memory each time.
#[derive(Clone, Copy, Debug)]
pub struct Words(&'static [AtomicUsize]);

impl Words {
    /// Those of the file, so many. A word behind the end of the file is 0, unless others write there by maps of their own.
    ///
    /// A file that is cut off to nothing afterwards ends this process when it is looked at (SIGBUS); one that is cut off to
    /// anything else does not.
    ///
    /// # Errors
    ///
    /// None or more than 4,096 bytes are asked for; the file is empty; the system does not map it, or not in this way.
    pub fn first_of(file: &File, count: usize) -> io::Result<Self> {
        if count == 0 || count.saturating_mul(size_of::<usize>()) > PAGE {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "between one word and a page can be mapped"));
        }
        if file.metadata()?.len() == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is empty"));
        }
        map(file, count).map(Self)
    }

    /// The word at this place as it stands now; `None` behind the last. In no order with what else is read, unless the
    /// caller puts a fence between.
    #[inline]
    pub fn get(self, at: usize) -> Option<usize> {
        // The only way in which they are looked at, which is what makes `map` sound.
        self.0.get(at).map(|word| word.load(Ordering::Relaxed))
    }

    /// Whether both are one map.
    pub fn is(self, other: Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "see SAFETY")]
fn map(file: &File, count: usize) -> io::Result<&'static [AtomicUsize]> {
    use rustix::mm::{MapFlags, ProtFlags, mmap};
    // SAFETY: nothing is mapped over, since the system chooses the place, at the beginning of a page, which is aligned for
    // a word. The map stays for ever, since nobody gives it back, and `count` words are within it. All of the page can be
    // read as soon as the file has a byte, and as long as it has one; of a file that is cut off to nothing a read gives no
    // value, but ends the process. Whatever others write there is some number, and the words are in nobody's hands but those
    // of `Words`, which does nothing with them but relaxed loads: these are atomic, and are allowed where memory cannot be
    // written.
    unsafe {
        let page = mmap(std::ptr::null_mut(), PAGE, ProtFlags::READ, MapFlags::SHARED, file, 0)?;
        Ok(std::slice::from_raw_parts(page.cast::<AtomicUsize>(), count))
    }
}

#[cfg(not(unix))]
fn map(_: &File, _: usize) -> io::Result<&'static [AtomicUsize]> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom, Write};

    const WORD: usize = size_of::<usize>();

    fn write(file: &mut File, at: u64, bytes: &[u8]) {
        file.seek(SeekFrom::Start(at)).expect("sought");
        file.write_all(bytes).expect("written");
    }

    #[test]
    fn what_others_write_is_seen() {
        let mut file = tempfile::tempfile().expect("a file");
        write(&mut file, 0, &1_usize.to_ne_bytes());
        let words = Words::first_of(&file, 3).expect("mapped");
        let all = |words: Words| (0..4).map_while(|at| words.get(at)).collect::<Vec<_>>();
        let now = || all(words);
        assert_eq!(now(), [1, 0, 0], "nothing is behind the end");
        for round in 2..100 {
            write(&mut file, (round % 3 * WORD) as u64, &round.to_ne_bytes());
            assert_eq!(now()[round % 3], round);
        }
        let another = Words::first_of(&file, 3).expect("mapped");
        drop(file);
        assert_eq!(now(), all(another));
        assert!(words.is(words) && !words.is(another));
    }

    #[test]
    fn a_file_may_become_shorter_but_not_empty() {
        let mut file = tempfile::tempfile().expect("a file");
        assert_eq!(Words::first_of(&file, 1).expect_err("empty").kind(), io::ErrorKind::UnexpectedEof);
        write(&mut file, 0, &[7; 2 * PAGE]);
        let words = Words::first_of(&file, PAGE / WORD).expect("mapped");
        file.set_len(3).expect("cut off");
        let mut first = [0; WORD];
        first[..3].fill(7);
        assert_eq!(words.get(0), Some(usize::from_ne_bytes(first)));
        assert!((1..PAGE / WORD).all(|at| words.get(at) == Some(0)));
        for wrong in [0, PAGE / WORD + 1, usize::MAX] {
            assert_eq!(Words::first_of(&file, wrong).expect_err("too many").kind(), io::ErrorKind::InvalidInput);
        }
    }
}
