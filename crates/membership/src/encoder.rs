//! Rows of members as bytes, as far as they are of the person alone, so that a directory may keep them written.

use crate::{MemberRow, PersonFields, PersonView, Rows};

/// How somebody writes what a row shows of a person. It depends on nothing but the person.
#[derive(Clone, Copy, Debug)]
pub struct Encoder {
    /// By which what is written is kept: there is one way of writing for each name.
    pub name: &'static str,
    /// The fields that `write` reads.
    pub fields: PersonFields,
    /// Appends what is shown, and gives how many of these bytes stand before what a row shows of the membership.
    pub write: fn(&PersonView<'_>, &mut Vec<u8>) -> usize,
}

/// What a row shows of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// What stands before the membership.
    pub before: &'a [u8],
    /// What stands behind it.
    pub after: &'a [u8],
}

impl<'a> Written<'a> {
    /// These bytes, of which so many stand before the membership.
    pub fn of(bytes: &'a [u8], before: usize) -> Self {
        let (before, after) = bytes.split_at(before.min(bytes.len()));
        Self { before, after }
    }
}

/// Has each row written when it is read.
pub(crate) fn each_written<R: Rows + ?Sized>(
    rows: &R,
    encoder: &Encoder,
    read: &mut dyn FnMut(&MemberRow<'_>, Written<'_>),
) {
    let mut bytes = Vec::with_capacity(1024);
    rows.each(&mut |row| {
        bytes.clear();
        let before = (encoder.write)(&row.person, &mut bytes);
        read(row, Written::of(&bytes, before));
    });
}
