//! The import: a stream of rows into the store. The body goes to a temporary file as it comes, in bounded memory and
//! without holding anything that others need; then it is imported as `rollcall import` does it.

use super::answer::{Answer, Outcome};
use super::endpoint::{Body as Takes, CSV, Endpoint, Gives, Param, Usual, Work};
use super::once::once;
use super::pipeline::Call;
use super::problem::{Kind, Problem};
use super::refusals::{internal, of_gateway, unavailable};
use super::shape::Shape;
use super::shapes::REPORT;
use crate::server::{Body, guarded};
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Seek, Write};
use std::sync::Arc;
use store::Store;
use store::import::{Format, ImportError, ImportOptions, ImportReport, Spool};

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::post("/import", "import", Work::Import)
    .administers()
    .says(
        "Import groups, persons and memberships",
        "NDJSON, or CSV of one kind, as `docs/import-export.md` has it. If a row is bad nothing is applied, unless \
         `skip_bad` says otherwise. The same rows twice change nothing the second time.",
    )
    .query(&[
        Param::new("dry_run", Shape::Flag, "Only tell what would happen.").usually(Usual::Flag(false)),
        Param::new("skip_bad", Shape::Flag, "Apply the good rows though there are bad ones.")
            .usually(Usual::Flag(false)),
    ])
    .takes(Takes::Rows)
    .gives(Gives::Json(Shape::Object(&REPORT)))
    .or(&[Kind::BadRows, Kind::Overtaken, Kind::TooManyRequests])];

/// How much is gathered before it is written.
const PART: usize = 1 << 18;
/// After how many seconds to try again when another import is under way.
const RETRY_AFTER: u32 = 30;

pub(super) async fn answer(call: Call, body: &mut Body) -> Result<HttpResponse, Problem> {
    let turn = Arc::clone(&call.admin.imports).try_acquire_owned();
    let turn = turn.map_err(|_| Problem::later(Kind::TooManyRequests, RETRY_AFTER, "Another import is under way."))?;
    let (file, hash) = spooled(&call, body).await?;
    let format = if call.media_type.as_deref() == Some(CSV) { Format::Csv } else { Format::Ndjson };
    let options = ImportOptions {
        dry_run: call.ask.flag("dry_run"),
        skip_bad: call.ask.flag("skip_bad"),
        by: call.ask.by_system(),
    };
    let key = call.key(&hash);
    let (id, admin) = (call.id, Arc::clone(&call.admin));
    let work = move || {
        let _turn = turn;
        guarded(id, || {
            once(&admin.store, key.as_ref(), options.by.now, id, || import(&admin.store, file, format, &options))
        })
    };
    let rendered = web::block(work).await.map_err(|error| internal(&error))?;
    Ok(rendered.map_err(|refusal| of_gateway(&refusal))?.into_response())
}

/// The body as a file that nobody else can see and that vanishes with its handle, and its hash.
async fn spooled(call: &Call, body: &mut Body) -> Result<(File, [u8; 32]), Problem> {
    let (most, time) = (call.admin.import_bytes, call.gateway.body_timeout());
    let too_large = || {
        let detail = format!("The body is longer than {most} bytes (limits.import_bytes).");
        Problem::new(Kind::BodyTooLarge, detail).with("limit", most)
    };
    if body.is_longer(most) {
        return Err(too_large());
    }
    let mut spool = on_a_thread(|| Ok((tempfile::tempfile()?, Sha256::new()))).await?;
    let (mut gathered, mut length) = (Vec::new(), 0);
    loop {
        let part = body.next(time).await.map_err(|refusal| of_gateway(&refusal))?;
        let ended = part.is_none();
        if let Some(part) = part {
            length += part.len() as u64;
            if length > most {
                return Err(too_large());
            }
            gathered.extend_from_slice(&part);
        }
        if ended || gathered.len() >= PART {
            let part = std::mem::take(&mut gathered);
            let (mut file, mut hash) = spool;
            spool = on_a_thread(move || {
                hash.update(&part);
                file.write_all(&part)?;
                Ok((file, hash))
            })
            .await?;
        }
        if ended {
            let (mut file, hash) = spool;
            let file = on_a_thread(move || file.rewind().map(|()| file)).await?;
            return Ok((file, hash.finalize().into()));
        }
    }
}

/// Works with a file on a thread that may block. A disk that is full is no fault of the client's.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Problem> {
    web::block(work).await.map_err(|error| internal(&error))?.map_err(|error| unavailable(&error))
}

fn import(store: &Store, file: File, format: Format, options: &ImportOptions) -> Outcome {
    let run = || {
        let mut spool = Spool::new()?;
        spool.read("body", &mut BufReader::with_capacity(1 << 16, file), format, &mut |_| ())?;
        store.import(&mut spool, options, &mut |_| ())
    };
    let report = run().map_err(|error| match error {
        ImportError::Input { .. } | ImportError::Spool(_) => unavailable(&error),
        ImportError::Busy => Problem::new(Kind::Overtaken, format!("{error}.")),
        ImportError::Store(error) => error.into(),
    })?;
    let told = serde_json::to_value(&report).map_err(|error| internal(&error))?;
    // Rows that nobody has read were not asked to be skipped.
    let refused = report.bad_total > 0 && !options.skip_bad || !report.unread.is_empty();
    if refused { Err(bad_rows(&report, told)) } else { Ok(Answer::json(told.to_string().into_bytes())) }
}

fn bad_rows(report: &ImportReport, told: Value) -> Problem {
    let errors: Vec<Value> =
        report.bad.iter().map(|row| json!({ "line": row.line, "column": row.column, "detail": row.problem })).collect();
    let unread = if report.unread.is_empty() { "" } else { " What follows could not be told apart and was not read." };
    let applied = if report.applied { "The good rows were applied" } else { "Nothing was applied" };
    let detail = format!("{} bad row(s). {applied}.{unread}", report.bad_total);
    let problem = Problem::new(Kind::BadRows, detail).with("errors", errors).with("report", told);
    // A row may be bad for what the store lacks, and that may come.
    if report.applied { problem } else { problem.passing() }
}
