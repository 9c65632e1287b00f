//! Merge patches (RFC 7396) of what is stored.

use super::answer::{Answer, Outcome};
use super::preconditions::tag_of;
use super::problem::{Kind, Problem};
use super::records;
use super::request::Ask;
use membership::CommandError;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often a patch is merged anew when somebody else changes the metadata in between.
const TRIES: usize = 10;

/// A row that a patch changes.
pub(super) trait Patched {
    /// The metadata into which a patch is merged.
    fn metadata(&self) -> &str;

    /// How it is shown.
    fn shown(&self) -> Vec<u8>;
}

/// What must be true of the row in the transaction that changes it.
type Expected<'a, T> = &'a (dyn Fn(&T) -> bool + Sync);

/// Changes the row, called `kind`, that `read` finds, by `edit`, which is given the row that was found and what to expect
/// of it. When somebody else changes the metadata in between, into which the patch was merged, this is done anew.
pub(super) fn patched<T: Patched + Sync>(
    ask: &Ask,
    kind: &str,
    read: impl Fn() -> Result<T, Problem>,
    edit: impl Fn(&T, Expected<'_, T>) -> Result<Result<T, CommandError>, Problem>,
) -> Outcome {
    let merges = records::says(&ask.said, "metadata");
    for _ in 0..TRIES {
        let before = read()?;
        let overtaken = AtomicBool::new(false);
        let expected = |row: &T| {
            overtaken.store(merges && row.metadata() != before.metadata(), Ordering::SeqCst);
            ask.conditions.let_change(&tag_of(&row.shown())) && !overtaken.load(Ordering::SeqCst)
        };
        match edit(&before, &expected)? {
            Err(CommandError::Unexpected) if overtaken.load(Ordering::SeqCst) => {}
            changed => return Ok(Answer::json(changed?.shown()).tagged()),
        }
    }
    Err(Problem::new(Kind::Overtaken, format!("Others change the metadata of this {kind} all the time.")))
}
