//! The export: a stream of rows out of the store, in bounded memory. It comes from one snapshot; when something fails
//! after the reply has begun, the connection is broken off, so that half an export is never taken for a whole one.

use super::endpoint::{CSV, Endpoint, Gives, NDJSON, Param, Work};
use super::pipeline::Call;
use super::problem::{Kind, Problem};
use super::refusals::internal;
use super::shape::Shape;
use super::{groups::no_such_group, keys};
use crate::logging;
use crate::server::guarded;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, rt};
use futures_util::stream;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::export::{ExportError, ExportFormat, ExportOptions, RecordKind};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::get("/export", "export", Work::Export)
    .says(
        "Export groups, persons and memberships",
        "As `docs/import-export.md` has it, from one snapshot. Secrets and the change log are not exported. CSV holds one \
         kind, persons unless `kind` says otherwise; NDJSON holds all kinds unless it does. Without `format`, the field \
         `Accept` decides, and NDJSON is the usual.",
    )
    .query(&[
        Param::new("group", Shape::GroupKey, "Only the group with this key, its memberships, their persons and its owner."),
        Param::new("format", Shape::Word(|| vec!["ndjson", "csv"]), "How to write."),
        Param::new("kind", Shape::Word(|| vec!["groups", "persons", "memberships"]), "Which rows."),
    ])
    .gives(Gives::Rows)
    .or(&[Kind::NoSuchGroup, Kind::TooManyRequests])];

/// How much is gathered before it is sent.
const PART: usize = 1 << 16;
/// How many parts may wait to be sent.
const PARTS: usize = 8;
/// How long a client may take to take one of them; an export holds a snapshot of the store open.
const PATIENCE: Duration = Duration::from_secs(60);
/// After how many seconds to try again when enough exports are under way.
const RETRY_AFTER: u32 = 30;

pub(super) async fn answer(call: Call) -> Result<HttpResponse, Problem> {
    let turn = Arc::clone(&call.admin.exports).try_acquire_owned();
    let turn = turn.map_err(|_| {
        Problem::later(Kind::TooManyRequests, RETRY_AFTER, "As many exports as there may be are under way.")
    })?;
    let (what, only, name) = wanted(&call)?;
    let media_type = if what.format == ExportFormat::Ndjson { NDJSON } else { CSV };
    let (sender, mut parts) = channel(PARTS);
    let (id, admin) = (call.id, Arc::clone(&call.admin));
    let work = rt::task::spawn_blocking(move || {
        let _turn = turn;
        let mut out = Lines { only, line: Vec::new(), out: Parts { sender, part: Vec::new() } };
        let done = guarded(id, || {
            let done = admin.store.export(&what, &mut out, &mut |_| ());
            done.and_then(|_| out.flush().map_err(ExportError::Output))
        });
        // Told here, for nobody may be waiting for the outcome any more.
        match done {
            Ok(Ok(())) => None,
            Ok(Err(ExportError::NoSuchGroup)) => Some(no_such_group()),
            Ok(Err(ExportError::Output(error))) => {
                logging::within(id, || log::info!("an export ended early: {error}"));
                Some(Problem::internal())
            }
            Ok(Err(ExportError::Store(error))) => Some(logging::within(id, || Problem::from(error))),
            Err(_) => Some(Problem::internal()),
        }
    });
    // Nothing is said before it is known that there is something to say.
    let rest = match parts.recv().await {
        Some(first) => Rest { first: Some(first), parts, work: Some(work) },
        None => match work.await {
            Ok(None) => Rest { first: None, parts, work: None },
            Ok(Some(problem)) => return Err(problem),
            Err(error) => return Err(internal(&error)),
        },
    };
    let body = stream::unfold(rest, |mut rest| async move { rest.next().await.map(|part| (part, rest)) });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(body))
}

/// What is to be written, the kind that is picked out of NDJSON, and a name for the file.
fn wanted(call: &Call) -> Result<(ExportOptions, Option<&'static str>, &'static str), Problem> {
    let ask = &call.ask;
    let group = ask.text("group").map(keys::group).transpose();
    let group = group.map_err(|problem| Problem::parameter("group", problem))?;
    let csv = ask.text("format").map_or(call.wants(CSV), |format| format == "csv");
    let (format, only, name) = match (csv, ask.text("kind")) {
        (true, Some("groups")) => (ExportFormat::Csv(RecordKind::Groups), None, "groups.csv"),
        (true, Some("memberships")) => (ExportFormat::Csv(RecordKind::Memberships), None, "memberships.csv"),
        (true, _) => (ExportFormat::Csv(RecordKind::Persons), None, "persons.csv"),
        (false, Some("groups")) => (ExportFormat::Ndjson, Some("{\"kind\":\"group\""), "groups.ndjson"),
        (false, Some("memberships")) => (ExportFormat::Ndjson, Some("{\"kind\":\"membership\""), "memberships.ndjson"),
        (false, Some(_)) => (ExportFormat::Ndjson, Some("{\"kind\":\"person\""), "persons.ndjson"),
        (false, None) => (ExportFormat::Ndjson, None, "rollcall.ndjson"),
    };
    Ok((ExportOptions { group, format }, only, name))
}

/// Lets only lines through that begin so.
struct Lines<W> {
    only: Option<&'static str>,
    line: Vec<u8>,
    out: W,
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(only) = self.only else { return self.out.write(bytes) };
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                if self.line.starts_with(only.as_bytes()) {
                    self.out.write_all(&self.line)?;
                }
                self.line.clear();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Gathers what is written, and hands it on in parts to who sends them.
struct Parts {
    sender: Sender<Bytes>,
    part: Vec<u8>,
}

impl Parts {
    fn send(&mut self) -> io::Result<()> {
        let mut part = Bytes::from(std::mem::replace(&mut self.part, Vec::with_capacity(PART)));
        let begun = Instant::now();
        loop {
            match self.sender.try_send(part) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(_)) => return Err(io::Error::from(io::ErrorKind::BrokenPipe)),
                Err(TrySendError::Full(_)) if begun.elapsed() > PATIENCE => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing"));
                }
                Err(TrySendError::Full(back)) => part = back,
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= PART {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.part.is_empty() { Ok(()) } else { self.send() }
    }
}

/// What is still to be sent.
struct Rest {
    first: Option<Bytes>,
    parts: Receiver<Bytes>,
    work: Option<rt::task::JoinHandle<Option<Problem>>>,
}

impl Rest {
    /// The next part; an error when the export did not come to its end, which breaks the connection off.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if let Some(part) = self.first.take() {
            return Some(Ok(part));
        }
        if let Some(part) = self.parts.recv().await {
            return Some(Ok(part));
        }
        match self.work.take()?.await {
            Ok(None) => None,
            Ok(Some(_)) | Err(_) => Some(Err(io::Error::other("the export did not come to its end"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_kind_are_picked_out() {
        let mut lines = Lines { only: Some("{\"kind\":\"person\""), line: Vec::new(), out: Vec::new() };
        for piece in [
            "{\"kind\":\"per",
            "son\",\"a\":1}\n{\"kind\":\"persons\"}",
            "\n{\"kind\":\"group\"}\n{\"kind\":\"person\"}\n",
        ] {
            lines.write_all(piece.as_bytes()).expect("into memory");
        }
        assert_eq!(
            String::from_utf8(lines.out).expect("UTF-8"),
            "{\"kind\":\"person\",\"a\":1}\n{\"kind\":\"person\"}\n"
        );
    }

    #[test]
    fn who_goes_away_ends_the_export() {
        let (sender, parts) = channel(1);
        let mut out = Parts { sender, part: Vec::new() };
        out.write_all(&[0; PART]).expect("there is room");
        drop(parts);
        let error = out.write_all(&[0; PART]).expect_err("nobody is there");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
