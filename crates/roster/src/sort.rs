//! Putting a list into another order.

use crate::group::compare_keys;
use crate::persons::Persons;
use crate::sequence::{Entry, Sequence};
use membership::{OrderBy, OrderKey};

/// The entries of a list, which stands in the default order, in that of these keys.
///
/// A number that holds the beginning of the first key is compared first, since the texts lie all over the memory.
pub(crate) fn sorted(persons: &Persons, list: &Sequence, keys: &[OrderKey]) -> Sequence {
    let Some(first) = keys.first() else { return list.clone() };
    let entries: Vec<Entry> = list.from(0).collect();
    let mut all: Vec<(u128, u32)> = Vec::with_capacity(entries.len());
    all.extend(entries.iter().zip(0..).map(|(entry, at)| {
        let beginning = beginning(persons, first.by, entry.slot);
        (if first.descending { !beginning } else { beginning }, at)
    }));
    // Those who are equal stay in the default order.
    all.sort_unstable();
    for equal in all.chunk_by_mut(|a, b| a.0 == b.0).filter(|equal| equal.len() > 1) {
        let whole = if first.descending { !equal[0].0 } else { equal[0].0 };
        let keys = if is_whole(first.by, whole) { &keys[1..] } else { keys };
        if !keys.is_empty() {
            let slot = |at: u32| (persons, entries[at as usize].slot);
            equal.sort_by(|a, b| compare_keys(keys, slot(a.1), slot(b.1)));
        }
    }
    Sequence::new(all.into_iter().map(|(_, at)| entries[at as usize]))
}

/// What stands in the order of the keys, as far as it says anything.
fn beginning(persons: &Persons, by: OrderBy, slot: u32) -> u128 {
    let (chunk, row) = persons.place(slot);
    let integer = |value: i64| u128::from(value.cast_unsigned() ^ 1 << 63);
    match by {
        OrderBy::Text(field) => {
            let text = chunk.folded(field, row);
            let mut bytes = [0; size_of::<u128>()];
            let len = text.len().min(bytes.len());
            bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
            u128::from_be_bytes(bytes)
        }
        OrderBy::Id => chunk.id(row).as_u128(),
        OrderBy::Number => integer(chunk.number(row)),
        OrderBy::Changed => integer(chunk.changed(row)),
    }
}

/// Whether it says all: a text that ends within, since none holds U+0000, or a number.
const fn is_whole(by: OrderBy, beginning: u128) -> bool {
    match by {
        OrderBy::Text(_) => beginning & 0xff == 0,
        OrderBy::Id | OrderBy::Number | OrderBy::Changed => true,
    }
}
