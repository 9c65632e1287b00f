//! What the thread does that asks for all.

use super::{Found, Question, Read};
use crate::server::heads::tell;
use roster::Roster;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use store::Seen;

/// What the thread does.
pub(super) struct Turns {
    pub begun: Arc<AtomicU64>,
    pub read: Option<Read>,
    pub roster: Arc<Roster>,
    /// See [`Proofs`](super::Proofs).
    pub followed: Arc<AtomicU64>,
}

impl Turns {
    /// Takes turns until nobody can ask any more.
    pub fn go_on(&mut self, line: &mpsc::Receiver<Question>) {
        let mut asked = Vec::new();
        while let Ok(first) = line.recv() {
            asked.push(first);
            asked.extend(line.try_iter());
            let found = self.find(line, &mut asked);
            for one in asked.drain(..) {
                // Whoever has gone away needs no answer.
                let _ = one.teller.send(found);
            }
        }
    }

    /// Finds what all want to know who have asked, and who ask meanwhile and can be told the same.
    fn find(&mut self, line: &mpsc::Receiver<Question>, asked: &mut Vec<Question>) -> Found {
        let known = self.roster.head();
        let all_know = asked.iter().all(|one| one.lacks > 0);
        if all_know && asked.iter().all(|one| one.lacks <= known) {
            // Another one lacked the same.
            return Found { turn: 0, head: None };
        }
        let mut turn = self.begin();
        let look = if all_know { Look::Behind } else { self.look() };
        let head = match look {
            Look::Current(head) => Some(head),
            Look::Nothing => None,
            Look::Behind if all_know => {
                let head = self.catch_up();
                // Nobody has looked whether the log is still the one that is followed. So this answers only those who
                // know what they lacked, and by which connection they read it.
                turn = if head.is_some() { 0 } else { turn };
                head
            }
            Look::Behind => {
                // Begins only now, so it is for those, too, who have come meanwhile.
                asked.extend(line.try_iter());
                turn = self.begin();
                self.catch_up()
            }
        };
        Found { turn, head }
    }

    /// The number of the turn that begins here: whoever has read a lower one has come before it.
    fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Asks how far the log has come, where that costs less than to catch up.
    fn look(&mut self) -> Look {
        let known = self.roster.head();
        let Some(read) = &mut self.read else { return Look::Behind };
        let Ok(seen) = catch_unwind(AssertUnwindSafe(read)) else { return Look::Nothing };
        match seen.inspect_err(tell) {
            Err(_) => Look::Nothing,
            Ok(Seen { connection, .. }) if connection > self.followed.load(Ordering::SeqCst) => {
                self.roster.begin_anew();
                // What was opened before proves nothing any more.
                self.followed.store(connection, Ordering::SeqCst);
                Look::Behind
            }
            // A log that has gone back is another one.
            Ok(Seen { head, .. }) if known <= head && head <= self.roster.head() => Look::Current(head),
            Ok(_) => Look::Behind,
        }
    }

    fn catch_up(&self) -> Option<u64> {
        match catch_unwind(AssertUnwindSafe(|| self.roster.catch_up())) {
            Ok(head) => head.inspect_err(tell).ok(),
            Err(_) => {
                // Nobody knows what it left.
                self.roster.begin_anew();
                None
            }
        }
    }
}

/// What came of asking.
enum Look {
    /// The roster holds everything up to this change.
    Current(u64),
    /// It does not, or that is not known.
    Behind,
    /// The store does not say.
    Nothing,
}
