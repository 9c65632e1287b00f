//! When credentials were last used. A request is answered before that is written, and whether or not it can be.

use crate::import::on_either;
use crate::schema::credentials;
use crate::store::{Store, WeakStore};
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long uses are gathered before they are written.
const GATHERED_FOR: Duration = Duration::from_secs(2);
/// Above how many credentials those that have not been used in this minute are forgotten.
const REMEMBERED: usize = 10_000;

/// The uses that are known in this process.
#[derive(Default)]
pub(crate) struct Uses {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last minute in which a credential was used, by its id.
    known: BTreeMap<i64, i64>,
    /// Those of them that are not written yet.
    unwritten: BTreeMap<i64, i64>,
    /// Whether there is a thread that will write them.
    awaited: bool,
}

impl Uses {
    /// Takes note of a use. True when somebody must see to it that it is written.
    fn note(&self, id: i64, now: i64) -> bool {
        let minute = now - now.rem_euclid(60);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.known.get(&id).is_some_and(|known| *known >= minute) {
            return false;
        }
        if state.known.len() >= REMEMBERED {
            state.known.retain(|_, known| *known >= minute);
        }
        state.known.insert(id, minute);
        state.unwritten.insert(id, minute);
        !std::mem::replace(&mut state.awaited, true)
    }

    /// Takes what is to be written.
    fn take(&self) -> BTreeMap<i64, i64> {
        std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).unwritten)
    }

    /// Says that nobody will write what comes.
    fn give_up(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).awaited = false;
    }
}

/// See [`access::Vault::note_use`].
pub(super) fn note(store: &Store, id: i64, now: i64) {
    if store.uses().note(id, now) {
        let weak = store.weak();
        let writing = std::thread::Builder::new().name("last-uses".to_owned()).spawn(move || write_later(&weak));
        if let Err(error) = writing {
            log::warn!("when credentials were last used is not written: {error}");
            store.uses().give_up();
        }
    }
}

/// The thread that writes what is gathered; another one is begun for the next.
fn write_later(store: &WeakStore) {
    std::thread::sleep(GATHERED_FOR);
    // Nobody has the store any more, so its database may be gone.
    let Some(store) = store.upgrade() else { return };
    store.uses().give_up();
    store.write_uses();
}

impl Store {
    /// Writes when credentials were last used, as far as that is known and not written yet. Done now and then anyway;
    /// to be called before the process ends. What cannot be written is lost, and noted again in a minute.
    pub fn write_uses(&self) {
        let uses = self.uses().take();
        if uses.is_empty() {
            return;
        }
        // In the order of their ids, as whoever revokes a family goes from the older to the younger.
        let written = self.write(|connection| {
            for (id, minute) in &uses {
                let this = credentials::table.find(*id).filter(credentials::last_used_at.lt(*minute));
                let new = credentials::last_used_at.eq(*minute);
                on_either!(&mut *connection, inner => diesel::update(this).set(new).execute(inner))?;
            }
            Ok(())
        });
        if let Err(error) = written {
            log::debug!("when {} credentials were last used is not written: {error}", uses.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_written_once_a_minute() {
        let uses = Uses::default();
        assert!(uses.note(1, 119), "nobody writes yet");
        assert!(!uses.note(2, 119), "somebody does");
        assert_eq!(uses.take(), BTreeMap::from([(1, 60), (2, 60)]));
        uses.give_up();
        for now in [60, 61, 119, 0] {
            assert!(!uses.note(1, now));
        }
        assert_eq!(uses.take(), BTreeMap::new());
        assert!(uses.note(1, 120));
        assert_eq!(uses.take(), BTreeMap::from([(1, 120)]));
    }

    #[test]
    fn not_more_is_remembered_than_there_was_in_a_minute() {
        let uses = Uses::default();
        for id in 0..3 * REMEMBERED as i64 {
            uses.note(id, id / 1_000 * 60);
        }
        let state = uses.state.lock().expect("nobody panicked");
        assert!(state.known.len() <= REMEMBERED);
    }
}
