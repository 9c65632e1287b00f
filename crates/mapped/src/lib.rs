//! The first bytes of a file that other processes change, read again and again without a call to the system.
//!
//! It may import nothing of this project. It is a crate of its own because it is the only code of this project with
//! `unsafe`, one block of it, which is to be read in one go. What it is for is in the store's `wal_index.rs`.
//!
//! ```
//! # #[cfg(unix)] {
//! use std::io::Write;
//! use std::sync::atomic::Ordering;
//!
//! let mut file = tempfile::tempfile().expect("a file");
//! file.write_all(&[0; 64]).expect("written");
//! let words = mapped::first_words(&file, 2).expect("mapped");
//! assert_eq!(words[0].load(Ordering::Relaxed), 0);
//! # }
//! ```

use std::fs::File;
use std::io;
use std::sync::atomic::AtomicUsize;

/// The most bytes that are mapped: no system has smaller pages.
const PAGE: usize = 4_096;

/// The first `words` words of a file, as they stand whenever they are looked at, for as long as this process runs: the map
/// is never given back, so who asks for one file again and again takes memory each time.
///
/// To be read with [`Ordering::Relaxed`](std::sync::atomic::Ordering::Relaxed), and fences where an order matters; never to
/// be written: the map is one for reading. Words behind the end of the file are 0. A file that is cut off to nothing
/// afterwards ends the process when it is read (SIGBUS); cut off to anything else it does not.
///
/// # Errors
///
/// More than 4,096 bytes are asked for; the file is empty; the system does not map it, or not in this way.
pub fn first_words(file: &File, words: usize) -> io::Result<&'static [AtomicUsize]> {
    if words == 0 || words.saturating_mul(size_of::<usize>()) > PAGE {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "between one word and a page can be mapped"));
    }
    if file.metadata()?.len() == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is empty"));
    }
    map(file, words)
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "see SAFETY")]
fn map(file: &File, words: usize) -> io::Result<&'static [AtomicUsize]> {
    use rustix::mm::{MapFlags, ProtFlags, mmap};
    // SAFETY: nothing is mapped over, since the system chooses the place, at the beginning of a page, which is aligned for
    // a word. The page is there as a whole as soon as the file has a byte, and stays for ever, since nobody gives it back.
    // `words` are within it. Whatever others write there is some number, and all that is made of it here are words that are
    // read atomically; relaxed loads, which the documentation asks for, are allowed where memory cannot be written.
    unsafe {
        let page = mmap(std::ptr::null_mut(), PAGE, ProtFlags::READ, MapFlags::SHARED, file, 0)?;
        Ok(std::slice::from_raw_parts(page.cast::<AtomicUsize>(), words))
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
    use std::sync::atomic::Ordering;

    const WORD: usize = size_of::<usize>();

    fn write(file: &mut File, at: u64, bytes: &[u8]) {
        file.seek(SeekFrom::Start(at)).expect("sought");
        file.write_all(bytes).expect("written");
    }

    #[test]
    fn what_others_write_is_seen() {
        let mut file = tempfile::tempfile().expect("a file");
        write(&mut file, 0, &1_usize.to_ne_bytes());
        let words = first_words(&file, 3).expect("mapped");
        let now = || words.iter().map(|word| word.load(Ordering::Relaxed)).collect::<Vec<_>>();
        assert_eq!(now(), [1, 0, 0], "nothing is behind the end");
        for round in 2..100 {
            write(&mut file, (round % 3 * WORD) as u64, &round.to_ne_bytes());
            assert_eq!(now()[round % 3], round);
        }
        let another = first_words(&file, 3).expect("mapped");
        drop(file);
        assert_eq!(now(), another.iter().map(|word| word.load(Ordering::Relaxed)).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_may_become_shorter_but_not_empty() {
        let mut file = tempfile::tempfile().expect("a file");
        assert_eq!(first_words(&file, 1).expect_err("empty").kind(), io::ErrorKind::UnexpectedEof);
        write(&mut file, 0, &[7; 2 * PAGE]);
        let words = first_words(&file, PAGE / WORD).expect("mapped");
        file.set_len(3).expect("cut off");
        let mut first = [0; WORD];
        first[..3].fill(7);
        assert_eq!(words[0].load(Ordering::Relaxed), usize::from_ne_bytes(first));
        assert!(words[1..].iter().all(|word| word.load(Ordering::Relaxed) == 0));
        for wrong in [0, PAGE / WORD + 1, usize::MAX] {
            assert_eq!(first_words(&file, wrong).expect_err("too many").kind(), io::ErrorKind::InvalidInput);
        }
    }
}
