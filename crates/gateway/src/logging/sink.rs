//! Where lines go on their way to stderr. A line that tells what is wrong is written at once, with all that came before
//! it; lines of the access log are written together, a moment later, since a call to the operating system for each of
//! them costs more than making it.
//!
//! Those of one thread come out in the order in which they came in. What is lost when the process is killed are the lines of the access
//! log of the last moment ([`WHILE`]).

use crate::metrics::{Apart, PLACES, here};
use std::io::{self, ErrorKind, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a line may wait at most.
const WHILE: Duration = Duration::from_millis(50);

/// How many bytes are written at once: so many go into a pipe without others coming between (POSIX promises 512, Linux and
/// others 4,096).
const AT_ONCE: usize = 4_096;

/// How often a stderr that is full and does not wait is tried, a millisecond each.
const TRIES: u32 = 1_000;

/// From how many bytes on whoever has a line to write writes all that wait.
const MANY: usize = 64 << 10;

/// The way to stderr of the whole process.
pub(super) static SINK: Sink = Sink {
    waiting: [const { Apart(Mutex::new(Vec::new())) }; PLACES],
    writer: Mutex::new(Writer { state: State::NotYet, wanted: false }),
    some: Condvar::new(),
    out: Mutex::new(Vec::new()),
};

pub(super) struct Sink {
    /// Lines that wait, those of each thread in its place.
    waiting: [Apart<Mutex<Vec<u8>>>; PLACES],
    writer: Mutex<Writer>,
    /// That there is something to be written.
    some: Condvar,
    /// Held by whoever writes, so that lines stay in order. In it the memory of what was written before.
    out: Mutex<Vec<u8>>,
}

/// The thread that writes what waits.
struct Writer {
    state: State,
    /// Whether there is something for it to do.
    wanted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    NotYet,
    There,
    /// It could not be had: everything is written at once.
    Not,
}

impl Sink {
    /// Writes a line now, behind all that waits.
    pub fn now(&self, line: &[u8]) {
        lock(here(&self.waiting)).extend_from_slice(line);
        self.flush();
    }

    /// Has a line written soon.
    pub fn soon(&'static self, line: &[u8]) {
        let mut waiting = lock(here(&self.waiting));
        let first = waiting.is_empty();
        waiting.extend_from_slice(line);
        let many = waiting.len() >= MANY;
        drop(waiting);
        if many || first && !self.wants() {
            self.flush();
        }
    }

    /// Wakes the thread that writes; whether there is one.
    fn wants(&'static self) -> bool {
        let mut writer = lock(&self.writer);
        if writer.state == State::NotYet {
            let begun = std::thread::Builder::new().name("log".to_owned()).spawn(|| self.write_on());
            writer.state = if begun.is_ok() { State::There } else { State::Not };
        }
        writer.wanted = true;
        self.some.notify_one();
        writer.state == State::There
    }

    /// Writes all that waits.
    pub fn flush(&self) {
        let mut out = lock(&self.out);
        for Apart(waiting) in &self.waiting {
            out.append(&mut lock(waiting));
        }
        let mut rest: &[u8] = &out;
        while !rest.is_empty() {
            let (lines, behind) = rest.split_at(whole_lines(rest));
            write(lines);
            rest = behind;
        }
        out.clear();
    }

    fn write_on(&self) {
        loop {
            let idle = |writer: &mut Writer| !writer.wanted;
            let writer = self.some.wait_while(lock(&self.writer), idle);
            writer.unwrap_or_else(PoisonError::into_inner).wanted = false;
            std::thread::sleep(WHILE);
            self.flush();
        }
    }
}

/// How many bytes at the beginning are whole lines that may be written at once.
fn whole_lines(bytes: &[u8]) -> usize {
    let end = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
    let first = || bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
    bytes.get(..AT_ONCE).map_or(Some(bytes.len()), |some| end(some).or_else(first)).unwrap_or(bytes.len())
}

/// Where nobody takes the lines, or stderr is closed, nobody is left to be told.
fn write(mut lines: &[u8]) {
    let mut tries = 0;
    while !lines.is_empty() {
        match io::stderr().write(lines) {
            Ok(0) => return,
            Ok(written) => lines = lines.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Somebody else who has it too has made it not wait.
            Err(error) if error.kind() == ErrorKind::WouldBlock && tries < TRIES => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(_) => return,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the logger writes to: each line at once.
pub(super) struct Logged;

impl Write for Logged {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        SINK.now(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_whole() {
        let line = |length: usize| [vec![b'x'; length - 1], vec![b'\n']].concat();
        for (lines, first) in [
            (vec![10], 10),
            (vec![10, 20, 30], 60),
            (vec![AT_ONCE], AT_ONCE),
            (vec![AT_ONCE - 1, 2], AT_ONCE - 1),
            (vec![1_000; 10], 4_000),
            (vec![AT_ONCE + 5, 7], AT_ONCE + 5),
            (vec![100, AT_ONCE], 100),
        ] {
            let bytes: Vec<u8> = lines.iter().flat_map(|length| line(*length)).collect();
            assert_eq!(whole_lines(&bytes), first, "{lines:?}");
        }
        assert_eq!(whole_lines(&[b'x'; 5_000]), 5_000, "no line at all");
    }
}
