//! Writing pages: rows, and what is told of them.

use crate::JSON;
use dialect::json::Object;
use dialect::{Reply, total_pages};
use membership::Window;

/// About how many bytes a row takes, so that the body need not grow while it is written.
const ROW_BYTES: usize = 384;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// From 1 on.
    pub number: u64,
    /// Rows of a page.
    pub size: u32,
}

impl Paging {
    /// The rows of this page.
    pub const fn window(self) -> Window {
        Window::page(self.number, self.size)
    }
}

/// Rows on their way into a body.
pub struct Rows<'a> {
    body: &'a mut Vec<u8>,
    last: Option<i64>,
    empty: bool,
}

impl Rows<'_> {
    /// The place for the next row, which was changed at this time (made then, when never changed), in unix seconds;
    /// without a time for rows of a kind that has none.
    pub fn next(&mut self, changed_at: Option<i64>) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.empty) {
            self.body.push(b',');
        }
        self.last = changed_at;
        self.body
    }
}

/// Writes a page of `count` rows out of `total`. Everything in `meta` is a true number; clients of the SDK wait for ever
/// when there is no `pagination`.
pub fn write(paging: Paging, total: u64, count: usize, each: impl FnOnce(&mut Rows<'_>)) -> Reply {
    let mut body = Vec::with_capacity(256 + count * ROW_BYTES);
    body.extend_from_slice(br#"{"data":["#);
    let mut rows = Rows { body: &mut body, last: None, empty: true };
    each(&mut rows);
    let last = rows.last;
    body.extend_from_slice(br#"],"meta":"#);
    let mut meta = Object::begin(&mut body);
    let mut pagination = Object::begin(meta.key("pagination"));
    pagination
        .integer("total", total)
        .integer("count", count)
        .integer("per_page", paging.size)
        .integer("current_page", paging.number)
        .integer("total_pages", total_pages(total, paging.size).max(1))
        .end();
    // In both places, since the documents show both.
    if let Some(updated_at) = last {
        cursor(updated_at, meta.key("cursor"));
    }
    meta.end();
    if let Some(updated_at) = last {
        body.extend_from_slice(br#","cursor":"#);
        cursor(updated_at, &mut body);
    }
    body.push(b'}');
    Reply::new(200, JSON, body)
}

/// From where one may ask on: the time of the last row.
fn cursor(updated_at: i64, out: &mut Vec<u8>) {
    Object::begin(out).integer("updatedAt", updated_at).string("affix", "append").end();
}

/// Writes `{"data":…}`: what every success is that is no page.
pub fn data(write: impl FnOnce(&mut Vec<u8>)) -> Reply {
    let mut body = Vec::with_capacity(ROW_BYTES);
    body.extend_from_slice(br#"{"data":"#);
    write(&mut body);
    body.push(b'}');
    Reply::new(200, JSON, body)
}

/// Writes `{"data":{"success":true,"message":…}}`.
pub fn done(message: &str) -> Reply {
    data(|out| {
        let mut object = Object::begin(out);
        object.key("success").extend_from_slice(b"true");
        object.string("message", message).end();
    })
}
