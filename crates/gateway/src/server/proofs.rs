//! What proves that memory is current where that takes time: one thread asks the store, for all who wait on all threads
//! that serve sockets.
//!
//! Those who wait on one thread stand in one line there, for which a task of that thread has one question under way at a
//! time. So what is said to all of them crosses threads once.

use super::heads::tell;
use membership::DirectoryError;
use roster::Roster;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use store::Seen;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// Reads how far the change log has come, and blocks for as long as that takes.
pub(super) type Read = Box<dyn FnMut() -> Result<Seen, DirectoryError> + Send>;

/// So many may wait on one thread for the store to say something, those who have gone away meanwhile too.
const MOST: usize = 4_096;

/// What one turn has found.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// Which turn. It began behind the coming of whoever had read a lower number by then.
    turn: u64,
    /// Up to which change the roster is current; `None` where the store has not said how far the log has come.
    head: Option<u64>,
}

/// The thread that asks.
#[derive(Clone)]
pub(super) struct Proofs {
    line: mpsc::Sender<oneshot::Sender<Found>>,
    /// How many turns have begun.
    begun: Arc<AtomicU64>,
}

impl Proofs {
    /// Begins the thread, which ends with the last clone of what this gives. It has the roster catch up, but where `read`
    /// says that there is nothing new.
    pub fn begin(read: Option<Read>, roster: Arc<Roster>) -> std::io::Result<Self> {
        let (line, asked) = mpsc::channel();
        let begun = Arc::new(AtomicU64::new(0));
        // Of the connections to the database the roster has followed none, and nothing was read before the first one.
        let mut turns = Turns { begun: Arc::clone(&begun), read, roster, followed: 1 };
        std::thread::Builder::new().name("head".to_owned()).spawn(move || turns.go_on(&asked))?;
        Ok(Self { line, begun })
    }

    /// The number of a change that was the last one at some time after this was called, and up to which the roster is
    /// current. `None` where the store does not say it within `patience`, which is the same for all, or where too many wait.
    ///
    /// To be called on a thread that serves sockets.
    pub async fn next(&self, patience: Duration) -> Option<u64> {
        let line = self.line_of_this_thread();
        let (teller, told) = oneshot::channel();
        {
            let mut waiting = line.0.borrow_mut();
            if waiting.line.len() >= MOST {
                return None;
            }
            // The turn that counts has yet to begin.
            let begun = self.begun.load(Ordering::SeqCst);
            waiting.line.push_back(Waiter { begun, until: Instant::now() + patience, teller });
            if !waiting.driven {
                waiting.driven = true;
                // Runs when all requests that have come in on this thread have got as far as here.
                actix_web::rt::spawn(drive(self.line.clone(), Driver(Rc::clone(&line))));
            }
        }
        told.await.ok()?
    }

    fn line_of_this_thread(&self) -> Rc<Line> {
        thread_local! {
            /// One for each of these; as a rule there is one in a process.
            static LINES: RefCell<Vec<(std::sync::Weak<AtomicU64>, Rc<Line>)>> = const { RefCell::new(Vec::new()) };
        }
        LINES.with_borrow_mut(|lines| {
            let own = |(of, _): &&(std::sync::Weak<AtomicU64>, _)| std::ptr::eq(of.as_ptr(), Arc::as_ptr(&self.begun));
            if let Some((_, line)) = lines.iter().find(own) {
                return Rc::clone(line);
            }
            lines.retain(|(of, _)| of.strong_count() > 0);
            let line = Rc::new(Line::default());
            lines.push((Arc::downgrade(&self.begun), Rc::clone(&line)));
            line
        })
    }
}

/// Who waits on one thread.
#[derive(Default)]
struct Line(RefCell<Waiting>);

#[derive(Default)]
struct Waiting {
    /// In the order of their coming.
    line: VecDeque<Waiter>,
    /// The question that is under way, while nobody waits for it.
    asked: Option<oneshot::Receiver<Found>>,
    /// Whether a task sees to them.
    driven: bool,
}

struct Waiter {
    /// How many turns had begun.
    begun: u64,
    until: Instant,
    teller: oneshot::Sender<Option<u64>>,
}

impl Line {
    /// Tells those for whom `is_due`, of whom none came behind one for whom it is not. Whoever has gone away needs no answer.
    fn tell(&self, head: Option<u64>, is_due: impl Fn(&Waiter) -> bool) {
        let mut waiting = self.0.borrow_mut();
        let due = waiting.line.iter().take_while(|waiter| is_due(waiter)).count();
        for waiter in waiting.line.drain(..due) {
            let _ = waiter.teller.send(head);
        }
    }
}

/// Who sees to a line. Nobody is left in it when that ends in whatever way.
struct Driver(Rc<Line>);

impl Drop for Driver {
    fn drop(&mut self) {
        let mut waiting = self.0.0.borrow_mut();
        waiting.driven = false;
        waiting.line.clear();
    }
}

/// Asks as long as somebody waits in the line, one question after the other.
async fn drive(line: mpsc::Sender<oneshot::Sender<Found>>, driver: Driver) {
    let here = &*driver.0;
    let mut asked = here.0.borrow_mut().asked.take();
    loop {
        let Some(until) = here.0.borrow().line.front().map(|first| first.until) else { break };
        let mut question = match asked.take() {
            Some(question) => question,
            None => {
                let (answer, question) = oneshot::channel();
                if line.send(answer).is_err() {
                    return;
                }
                question
            }
        };
        match timeout_at(until, &mut question).await {
            Ok(Ok(found)) => here.tell(found.head, |waiter| waiter.begun < found.turn),
            // Nobody asks any more.
            Ok(Err(_)) => return,
            Err(_) => {
                // It stays under way: what asks of a store that says nothing must not pile up.
                asked = Some(question);
                let now = Instant::now();
                here.tell(None, |waiter| waiter.until <= now);
            }
        }
    }
    here.0.borrow_mut().asked = asked;
}

/// What the thread does.
struct Turns {
    begun: Arc<AtomicU64>,
    read: Option<Read>,
    roster: Arc<Roster>,
    /// Up to which of the connections that the head was read by, see [`Seen::connection`], the roster has followed.
    followed: u64,
}

impl Turns {
    /// Takes turns until nobody can ask any more.
    fn go_on(&mut self, line: &mpsc::Receiver<oneshot::Sender<Found>>) {
        let mut asked = Vec::new();
        while let Ok(first) = line.recv() {
            asked.push(first);
            asked.extend(line.try_iter());
            let mut turn = self.begin();
            let head = match self.look() {
                Look::Current(head) => Some(head),
                Look::Nothing => None,
                Look::Behind => {
                    // Begins only now, so it is for those, too, who have come meanwhile.
                    asked.extend(line.try_iter());
                    turn = self.begin();
                    self.catch_up()
                }
            };
            for one in asked.drain(..) {
                // As above.
                let _ = one.send(Found { turn, head });
            }
        }
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
            Ok(Seen { connection, .. }) if connection > self.followed => {
                self.roster.begin_anew();
                self.followed = connection;
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

#[cfg(test)]
mod tests;
