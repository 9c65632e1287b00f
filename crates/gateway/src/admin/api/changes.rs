//! The change log: as an audit trail, and as a feed that can be resumed and waited at.

use super::answer::{Answer, Outcome};
use super::endpoint::{Endpoint, Gives, Param, Usual, Work};
use super::paging::{items, with};
use super::pipeline::{Call, ask};
use super::problem::{Kind, Problem};
use super::request::Ask;
use super::shape::Shape;
use super::shapes::CHANGES;
use super::{groups::no_such_group, keys, represent};
use crate::admin::state::WAITING;
use crate::server::has_left;
use actix_web::{HttpRequest, HttpResponse};
use dialect::{Core, Cost, json};
use futures_util::future::{Either, select};
use membership::{Changes, GroupKey, limits};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// For how many seconds one may wait.
const WAIT: i64 = 60;
/// How often it is looked whether who waits is still there.
const LOOK: Duration = Duration::from_secs(1);
/// Entries of a reply, unless the request says it, and at most.
const USUAL: u32 = 100;
const MOST: i64 = 1_000;

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::get("/changes", "listChanges", Work::Changes)
        .within_groups()
    .says(
        "Read the change log",
        "The entries behind `after`, by number. Numbers have no gaps, and one is visible only when all lower ones are: who \
         asks again with `next` as `after` misses nothing and gets nothing twice. With `wait`, a reply without entries \
         comes only when that many seconds have passed.",
    )
    .query(&[
        Param::new("after", Shape::Integer(0, limits::NUMBER), "The number behind which to begin.").usually(Usual::Number(0)),
        Param::new("limit", Shape::Integer(1, MOST), "At most how many entries.").usually(Usual::Number(USUAL as i64)),
        Param::new("group", Shape::GroupKey, "Only entries that concern the group with this key. One that is deleted is still known by its number."),
        Param::new("wait", Shape::Integer(0, WAIT), "For how many seconds to wait for entries.").usually(Usual::Number(0)),
    ])
    .gives(Gives::Json(Shape::Object(&CHANGES)))
    .or(&[Kind::NoSuchGroup, Kind::AheadOfLog, Kind::Pruned, Kind::TooManyRequests])];

/// What is asked for.
#[derive(Clone, Copy)]
struct Wanted {
    after: u64,
    group: Option<i64>,
    limit: u32,
}

pub(super) async fn answer(call: Call, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let ask = &call.ask;
    let (group, lives) = group(&call).await?;
    // Nobody waits for what cannot happen.
    let wait = if lives { Duration::from_secs(ask.value("wait")?.unwrap_or(0)) } else { Duration::ZERO };
    let mut wanted =
        Wanted { after: ask.value("after")?.unwrap_or(0), group, limit: ask.value("limit")?.unwrap_or(USUAL) };
    let until = Instant::now() + wait;
    let mut place = None;
    loop {
        let found = read(&call, wanted).await?;
        let next = next(&found, wanted);
        if !found.entries.is_empty() || Instant::now() >= until {
            return Ok(call.seen(write(ask, &found, next)));
        }
        if place.is_none() {
            let free = Arc::clone(&call.admin.waiting).try_acquire_owned();
            place = Some(free.map_err(|_| {
                let detail = format!("{WAITING} readers of the change log are waiting already.");
                Problem::later(Kind::TooManyRequests, 1, &detail)
            })?);
        }
        // What has been looked through once concerned other groups.
        wanted.after = next;
        let moved = pin!(call.admin.feed.beyond(&call.gateway, next, until));
        // Who has left holds no place for long. Who has only said all that it has to say is answered early.
        if !matches!(select(moved, pin!(leaving(request))).await, Either::Left((true, _))) {
            return Ok(call.seen(write(ask, &found, next)));
        }
    }
}

/// Comes to its end when the client has left.
async fn leaving(request: &HttpRequest) {
    while !has_left(request) {
        sleep(LOOK).await;
    }
}

/// The number of the group, if one is said, and whether anything may still happen to it. A number need not be any
/// group's any more.
async fn group(call: &Call) -> Result<(Option<i64>, bool), Problem> {
    let Some(text) = call.ask.text("group") else { return Ok((None, true)) };
    let key = keys::group(text).map_err(|problem| Problem::parameter("group", problem))?;
    let wanted = key.clone();
    let find = move |core: Core<'_>| core.directory.group(&wanted);
    let found = ask(call, Cost::Inline, find).await??;
    match (found, key) {
        (Some(group), _) => Ok((Some(group.number), true)),
        (None, GroupKey::Number(number)) => Ok((Some(number), false)),
        (None, GroupKey::Id(_) | GroupKey::Guid(_)) => Err(no_such_group()),
    }
}

async fn read(call: &Call, wanted: Wanted) -> Result<Changes, Problem> {
    let read = move |core: Core<'_>| core.directory.changes(wanted.after, wanted.group, wanted.limit);
    let found = ask(call, Cost::Inline, read).await??;
    if wanted.after > found.head {
        let detail = format!("The change log ends at number {}, before {}.", found.head, wanted.after);
        return Err(Problem::new(Kind::AheadOfLog, detail).with("head", found.head));
    }
    Ok(found)
}

/// Where to go on: behind the last entry where there may be more, or else behind all that has been looked through.
fn next(found: &Changes, wanted: Wanted) -> u64 {
    match found.entries.last() {
        Some(last) if found.entries.len() >= wanted.limit as usize => last.number,
        _ => found.head,
    }
}

fn write(ask: &Ask, found: &Changes, next: u64) -> Outcome {
    let mut body = Vec::new();
    let mut object = json::Object::begin(&mut body);
    items(object.key("items"), &found.entries, represent::change);
    object.integer("next", next).integer("head", found.head).end();
    let link = format!("<{}>; rel=\"next\"", with(&ask.address, &ask.raw_query, "after", next));
    Ok(Answer::json(body).header("link", link))
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::ChangeEntry;

    #[test]
    fn one_goes_on_behind_what_has_been_seen() {
        let entry = |number| ChangeEntry {
            number,
            at: 1,
            action: "join".into(),
            group: None,
            person: None,
            actor: None,
            credential: None,
            job: None,
            subject: None,
        };
        let next = |entries: &[u64], head, after, limit| {
            let found = Changes { entries: entries.iter().copied().map(entry).collect(), head };
            super::next(&found, Wanted { after, group: Some(1), limit })
        };
        assert_eq!(next(&[3, 5], 9, 0, 2), 5, "there may be more");
        assert_eq!(next(&[3, 5], 9, 0, 3), 9, "the others concern other groups");
        assert_eq!(next(&[], 9, 9, 3), 9);
    }
}
