//! Pages: `page` and `rpp`, and the fields of a reply that tell of them.

use crate::{MAX_RPP, Settings};
use dialect::json::{Object, integer};
use dialect::{Fault, Query, positive_integer, total_pages};
use membership::{Encoder, Rows, Window};

/// Which page is asked for, and how its rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paging {
    page: u64,
    size: u32,
    as_array: bool,
}

impl Paging {
    /// Reads `page` and `rpp`.
    pub fn read(settings: &Settings, parameters: &Query<'_>) -> Result<Self, Fault> {
        let page = positive_integer(parameters, &["page"])?.unwrap_or(1);
        let size = match positive_integer(parameters, &["rpp"])? {
            Some(wanted) => u32::try_from(wanted).unwrap_or(u32::MAX).min(MAX_RPP),
            None => settings.default_rpp,
        };
        Ok(Self { page, size, as_array: settings.results_as_array })
    }

    /// Which rows.
    pub const fn window(self) -> Window {
        Window::page(self.page, self.size)
    }

    /// Appends all that tells of the page: `totalPages` of `total` rows, `page`, `numResults`, and `pageResults`, into
    /// which `write` writes `rows` of them.
    pub fn results(self, object: &mut Object<'_>, total: u64, rows: usize, write: impl FnOnce(&mut Results<'_>)) {
        object
            .integer("totalPages", total_pages(total, self.size))
            .integer("page", self.page)
            .integer("numResults", rows);
        let out = object.key("pageResults");
        out.push(if self.as_array { b'[' } else { b'{' });
        let mut results = Results { out, keys: Keys { as_array: self.as_array, index: 0 } };
        write(&mut results);
        out.push(if self.as_array { b']' } else { b'}' });
    }
}

/// The rows of a page while they are written.
pub(crate) struct Results<'a> {
    out: &'a mut Vec<u8>,
    keys: Keys,
}

/// What stands before each row: a key from `"0"` on on every page, or nothing in an array.
struct Keys {
    as_array: bool,
    index: usize,
}

impl Keys {
    fn next(&mut self, out: &mut Vec<u8>) {
        if self.index > 0 {
            out.push(b',');
        }
        if !self.as_array {
            out.push(b'"');
            integer(out, self.index);
            out.extend_from_slice(b"\":");
        }
        self.index += 1;
    }
}

impl Results<'_> {
    /// Appends a row, which `write` writes.
    pub fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.keys.next(self.out);
        write(self.out);
    }

    /// Appends these rows, each as `encoder` writes it.
    pub fn append(&mut self, rows: &dyn Rows, encoder: &Encoder) {
        let Self { out, keys } = self;
        rows.append(encoder, out, &mut |out| keys.next(out));
    }
}
