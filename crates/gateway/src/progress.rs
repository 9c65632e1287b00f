//! A progress bar on stderr, when that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;

/// A bar; invisible where stderr is no terminal.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar of bytes.
    pub(crate) fn bytes(what: &str, total: u64) -> Self {
        Self::new(what, total, "{msg:24} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}")
    }

    /// A bar of rows.
    pub(crate) fn rows(what: &str) -> Self {
        Self::new(what, 0, "{msg:24} [{bar:30}] {human_pos}/{human_len} {per_sec} {eta}")
    }

    fn new(what: &str, total: u64, template: &str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Self(bar)
    }

    /// So much is done, and perhaps so much is to be done.
    pub(crate) fn at(&self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.0.set_position(done);
    }
}

/// The bar is wiped, whether the work went well or not.
impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
