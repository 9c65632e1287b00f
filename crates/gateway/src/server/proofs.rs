//! What proves that memory is current where that takes time: each thread that serves sockets asks the store for all who
//! wait on it, by a connection of its own ([`super::direct`]). Where there is none, and where the roster has to catch up,
//! one thread does it for all threads.
//!
//! Those who wait on one thread stand in one line there, for which a task of that thread has one question under way at a
//! time.

use super::direct::{Open, Opener, Own};
use membership::DirectoryError;
use roster::Roster;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use store::{Direct, Seen};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use turns::Turns;

/// Reads how far the change log has come, and blocks for as long as that takes.
pub(super) type Read = Box<dyn FnMut() -> Result<Seen, DirectoryError> + Send>;

/// So many may wait on one thread for the store to say something, those who have gone away meanwhile too.
const MOST: usize = 4_096;

/// How often the sockets are looked at before a question is put, at the most.
const LOOKS: usize = 16;

/// What is asked of the thread that asks for all.
struct Question {
    /// A change that was read and that the roster lacks; 0 where that is not known.
    lacks: u64,
    teller: oneshot::Sender<Found>,
}

/// What one turn has found.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// Which turn. It began behind the coming of whoever had read a lower number by then. 0: none was needed.
    turn: u64,
    /// Up to which change the roster is current; `None` where the store has not said how far the log has come.
    head: Option<u64>,
}

/// Who asks.
#[derive(Clone)]
pub(super) struct Proofs {
    line: mpsc::Sender<Question>,
    /// How many turns have begun.
    begun: Arc<AtomicU64>,
    /// Up to which of the connections that the head was read by, see [`Seen::connection`], the roster has followed.
    followed: Arc<AtomicU64>,
    roster: Arc<Roster>,
    opener: Option<Arc<Opener>>,
}

impl Proofs {
    /// Begins the thread, which ends with the last clone of what this gives. It has the roster catch up, but where `read`
    /// says that there is nothing new. `direct` opens connections for the threads that serve sockets.
    pub fn begin(read: Option<Read>, direct: Option<Direct>, roster: Arc<Roster>) -> std::io::Result<Self> {
        let (line, asked) = mpsc::channel();
        let begun = Arc::new(AtomicU64::new(0));
        // Of the connections to the database the roster has followed none, and nothing was read before the first one.
        let followed = Arc::new(AtomicU64::new(1));
        let (begins, follows, follower) = (Arc::clone(&begun), Arc::clone(&followed), Arc::clone(&roster));
        let mut turns = Turns { begun: begins, read, roster: follower, followed: follows };
        std::thread::Builder::new().name("head".to_owned()).spawn(move || turns.go_on(&asked))?;
        let opener = direct.map(|direct| Arc::new(Opener::new(direct)));
        Ok(Self { line, begun, followed, roster, opener })
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
            let place = waiting.come;
            waiting.come += 1;
            waiting.line.push_back(Waiter { place, begun, until: Instant::now() + patience, teller });
            if !waiting.driven {
                waiting.driven = true;
                // Runs when all requests that have come in on this thread have got as far as here.
                actix_web::rt::spawn(drive(self.clone(), Driver(Rc::clone(&line))));
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
    /// How many have ever come.
    come: u64,
    /// The question that is under way, while nobody waits for it.
    asked: Option<oneshot::Receiver<Found>>,
    /// The connection of this thread, while nobody waits.
    own: Option<Own>,
    /// Whether a task sees to them.
    driven: bool,
}

struct Waiter {
    /// How many had come before.
    place: u64,
    /// How many turns had begun.
    begun: u64,
    until: Instant,
    teller: oneshot::Sender<Option<u64>>,
}

impl Line {
    /// Tells those who will wait no longer that nothing is known.
    fn tell_late(&self) {
        let now = Instant::now();
        self.tell(None, |waiter| waiter.until <= now);
    }

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
async fn drive(proofs: Proofs, driver: Driver) {
    let here = &*driver.0;
    let (mut asked, mut own) = {
        let mut waiting = here.0.borrow_mut();
        (waiting.asked.take(), waiting.own.take())
    };
    if own.is_none() {
        own = proofs.opener.clone().map(Own::new);
    }
    loop {
        let Some(until) = here.0.borrow().line.front().map(|first| first.until) else { break };
        let mut lack = None;
        if asked.is_none()
            && let Some(own) = &mut own
            && let Some(open) = own.ready(proofs.followed.load(Ordering::SeqCst))
        {
            match directly(&proofs, open, here, until).await {
                Ok(None) => {
                    if !here.0.borrow().line.is_empty() {
                        // Those who were told write their replies, and what has come in meanwhile joins the next question.
                        tokio::task::yield_now().await;
                    }
                    continue;
                }
                Ok(read) => lack = read,
                Err(error) => own.lost(&error),
            }
        }
        let mut question = match asked.take() {
            Some(question) => question,
            None => {
                let (teller, question) = oneshot::channel();
                let lacks = lack.as_ref().map_or(0, |lack| proofs.lacks(lack));
                if proofs.line.send(Question { lacks, teller }).is_err() {
                    return;
                }
                question
            }
        };
        match timeout_at(until, &mut question).await {
            Ok(Ok(found)) => {
                here.tell(found.head, |waiter| waiter.begun < found.turn);
                if let Some(lack) = lack.filter(|lack| proofs.holds(lack)) {
                    here.tell(Some(lack.head), |waiter| waiter.place < lack.before);
                }
            }
            // Nobody asks any more.
            Ok(Err(_)) => return,
            Err(_) => {
                // It stays under way: what asks of a store that says nothing must not pile up.
                asked = Some(question);
                here.tell_late();
            }
        }
    }
    let mut waiting = here.0.borrow_mut();
    (waiting.asked, waiting.own) = (asked, own);
}

/// A head that was read by a connection of a thread's own.
struct Told {
    head: u64,
    /// Up to which change the roster was current before.
    known: u64,
    /// For whom: those who came before this one.
    before: u64,
    /// To the log of which connection that leads.
    connection: u64,
}

/// Waits as long as others come who are there already, whose requests this thread has only to read: a question costs far
/// more than to look at the sockets once more, and who comes a little too late for one waits for the next. Gives how often
/// it has looked.
async fn gather(here: &Line) -> usize {
    let mut come = here.0.borrow().come;
    for looks in 1..=LOOKS {
        // Comes back when the sockets have been looked at, and all who were found there have got as far as the line.
        tokio::task::yield_now().await;
        let now = here.0.borrow().come;
        if now == come {
            return looks;
        }
        come = now;
    }
    LOOKS
}

/// Asks once by `open`, or waits for what was asked before. Gives what the roster has to catch up with for those who wait.
async fn directly(proofs: &Proofs, open: &mut Open, here: &Line, until: Instant) -> io::Result<Option<Told>> {
    if !open.is_asked() {
        gather(here).await;
        let before = here.0.borrow().come;
        open.put(proofs.roster.head(), before)?;
    }
    let Ok(answer) = timeout_at(until, open.answer()).await else {
        here.tell_late();
        // It stays under way, as below.
        return if open.is_lost() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(None) };
    };
    let (head, asked) = answer?;
    let told = Told { head, known: asked.known, before: asked.before, connection: open.connection };
    if !proofs.holds(&told) {
        return Ok(Some(told));
    }
    here.tell(Some(head), |waiter| waiter.place < told.before);
    Ok(None)
}

impl Proofs {
    /// Whether the roster is current up to what was told.
    fn holds(&self, told: &Told) -> bool {
        told.head <= self.roster.head() && self.follows(told)
    }

    /// Which change the roster lacks, as far as what was told says so.
    fn lacks(&self, told: &Told) -> u64 {
        if told.head > self.roster.head() && self.follows(told) { told.head } else { 0 }
    }

    /// Whether the log that the roster follows is the one of which that was told. One that has gone back is another one.
    fn follows(&self, told: &Told) -> bool {
        told.known <= told.head && self.followed.load(Ordering::SeqCst) == told.connection
    }
}

#[cfg(unix)]
#[cfg(test)]
mod gather_tests;
#[cfg(test)]
mod own_tests;
#[cfg(test)]
mod tests;
mod turns;
