//! Turns, and the line of those who wait for one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many turns, and so many who may wait.
pub(crate) struct Line {
    turns: Arc<Semaphore>,
    width: usize,
    waiting: AtomicUsize,
    most: usize,
}

/// Why there is no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// As many wait as may.
    Full,
    /// None came in time.
    Late,
}

impl Line {
    /// So many turns, one at least, and so many who may wait.
    pub fn new(width: usize, most: usize) -> Self {
        let width = width.max(1);
        Self { turns: Arc::new(Semaphore::new(width)), width, waiting: AtomicUsize::new(0), most }
    }

    /// The same turns with so many who may wait.
    pub fn with_waiting(&self, most: usize) -> Self {
        Self::new(self.width, most)
    }

    /// A turn, after `patience` at the latest. Who finds the line full does not wait at all: what could not be done in
    /// time should be told at once.
    pub async fn turn(&self, patience: Duration) -> Result<OwnedSemaphorePermit, NoTurn> {
        if let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() {
            return Ok(turn);
        }
        let waiting = Waiting(&self.waiting);
        if waiting.0.fetch_add(1, Ordering::Relaxed) >= self.most {
            return Err(NoTurn::Full);
        }
        match tokio::time::timeout(patience, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(NoTurn::Late),
        }
    }

    /// How many turns there are, how many are taken, and how many wait for one.
    pub fn standing(&self) -> (usize, usize, usize) {
        let in_use = self.width.saturating_sub(self.turns.available_permits());
        (self.width, in_use, self.waiting.load(Ordering::Relaxed))
    }

    /// A turn, whoever else waits and however long it takes.
    pub async fn turn_beside(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }
}

/// One who waits, or who was just going to. Counted until dropped, also when the client goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{join, select};
    use std::pin::pin;

    const SHORT: Duration = Duration::from_millis(30);
    const LONG: Duration = Duration::from_secs(20);

    #[actix_web::test]
    async fn who_finds_the_line_full_does_not_wait() {
        let line = Line::new(1, 1);
        let turn = line.turn(LONG).await.expect("free");
        assert_eq!(line.turn(SHORT).await.err(), Some(NoTurn::Late));
        let both = join(line.turn(LONG), async {
            assert_eq!(line.turn(LONG).await.err(), Some(NoTurn::Full));
            drop(turn);
        });
        let (second, ()) = both.await;
        let second = second.expect("given back");
        // Who goes away leaves the line.
        drop(select(pin!(line.turn(LONG)), pin!(tokio::time::sleep(SHORT))).await);
        assert_eq!(line.waiting.load(Ordering::Relaxed), 0);
        drop(second);
        assert!(line.turn(SHORT).await.is_ok());
    }
}
