//! Tells who waits for a change that there is one. While anybody waits, the end of the change log is looked at again and
//! again, once for all of them.

use crate::server::Gateway;
use dialect::Cost;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

/// How often the end of the log is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// The end of the change log, as far as anybody has waited for it.
#[derive(Debug)]
pub(super) struct Feed {
    seen: Arc<watch::Sender<Seen>>,
    looking: Arc<AtomicBool>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    head: u64,
    ending: bool,
}

impl Default for Feed {
    fn default() -> Self {
        Self { seen: Arc::new(watch::channel(Seen::default()).0), looking: Arc::default() }
    }
}

impl Feed {
    /// Waits until the log goes beyond `after`, but not beyond `until`, nor when the gateway is about to end. Tells
    /// whether it does.
    pub async fn beyond(&self, gateway: &Arc<Gateway>, after: u64, until: Instant) -> bool {
        let mut seen = self.seen.subscribe();
        self.look(gateway);
        let found = timeout_at(until, seen.wait_for(|seen| seen.head > after || seen.ending)).await;
        matches!(found, Ok(Ok(seen)) if seen.head > after)
    }

    /// Lets everybody go, now and from now on.
    pub fn end(&self) {
        self.seen.send_modify(|seen| seen.ending = true);
    }

    /// Begins to look, unless somebody does already.
    fn look(&self, gateway: &Arc<Gateway>) {
        if self.looking.swap(true, Ordering::SeqCst) {
            return;
        }
        let (seen, looking, gateway) = (Arc::clone(&self.seen), Arc::clone(&self.looking), Arc::clone(gateway));
        actix_web::rt::spawn(async move {
            loop {
                sleep(EVERY).await;
                if seen.receiver_count() == 0 {
                    looking.store(false, Ordering::SeqCst);
                    // Whoever came in between has found somebody looking.
                    if seen.receiver_count() == 0 || looking.swap(true, Ordering::SeqCst) {
                        return;
                    }
                }
                let head = gateway.ask(Uuid::nil(), Cost::Inline, |core| core.directory.head()).await;
                // While it cannot be asked nothing has happened; whoever waits is told when the time is up.
                if let Ok(Ok(head)) = head {
                    seen.send_if_modified(|seen| {
                        let moved = head > seen.head;
                        seen.head = seen.head.max(head);
                        moved
                    });
                }
            }
        });
    }
}
