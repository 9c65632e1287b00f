//! Where lines go on their way to stderr. A line that tells what is wrong is written at once, with all that came before
//! it; lines of the access log are written together, a moment later, since a call to the operating system for each of
//! them costs more than making it.
//!
//! They come out in the order in which they came in. What is lost when the process is killed are the lines of the access
//! log of the last moment ([`WHILE`]).

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a line may wait at most.
const WHILE: Duration = Duration::from_millis(50);

/// From how many bytes on whoever has a line to write writes all that wait.
const MANY: usize = 64 << 10;

/// The way to stderr of the whole process.
pub(super) static SINK: Sink = Sink {
    waiting: Mutex::new(Waiting { lines: Vec::new(), writer: Writer::NotYet }),
    some: Condvar::new(),
    out: Mutex::new(Vec::new()),
};

pub(super) struct Sink {
    waiting: Mutex<Waiting>,
    /// That there is something to be written.
    some: Condvar,
    /// Held by whoever writes, so that lines stay in order. In it the memory of what was written before.
    out: Mutex<Vec<u8>>,
}

struct Waiting {
    lines: Vec<u8>,
    writer: Writer,
}

/// The thread that writes what waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    NotYet,
    There,
    /// It could not be had: everything is written at once.
    Not,
}

impl Sink {
    /// Writes a line now, behind all that waits.
    pub fn now(&self, line: &[u8]) {
        lock(&self.waiting).lines.extend_from_slice(line);
        self.flush();
    }

    /// Has a line written soon.
    pub fn soon(&'static self, line: &[u8]) {
        let mut waiting = lock(&self.waiting);
        let first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line);
        if waiting.writer == Writer::NotYet {
            let begun = std::thread::Builder::new().name("log".to_owned()).spawn(|| self.write_on());
            waiting.writer = if begun.is_ok() { Writer::There } else { Writer::Not };
        }
        let at_once = waiting.writer == Writer::Not || waiting.lines.len() >= MANY;
        drop(waiting);
        if at_once {
            self.flush();
        } else if first {
            self.some.notify_one();
        }
    }

    /// Writes all that waits.
    pub fn flush(&self) {
        let mut out = lock(&self.out);
        std::mem::swap(&mut lock(&self.waiting).lines, &mut *out);
        // Nobody is left to be told.
        let _ = io::stderr().write_all(&out);
        out.clear();
    }

    fn write_on(&self) {
        loop {
            let waiting = lock(&self.waiting);
            let empty = |waiting: &mut Waiting| waiting.lines.is_empty();
            drop(self.some.wait_while(waiting, empty).unwrap_or_else(PoisonError::into_inner));
            std::thread::sleep(WHILE);
            self.flush();
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
