//! Writing a page of members.

use crate::JSON;
use dialect::access::{Principal, Viewer};
use dialect::json::Object;
use dialect::{Reply, total_pages};
use membership::{MemberPage, MemberRow, PersonFields};

/// What a row shows.
pub const FIELDS: PersonFields = PersonFields::NAME
    .with(PersonFields::LINK)
    .with(PersonFields::AVATAR)
    .with(PersonFields::METADATA)
    .with(PersonFields::ROLE)
    .with(PersonFields::STATUS_MESSAGE)
    .with(PersonFields::TAGS)
    .with(PersonFields::PRESENCE)
    .with(PersonFields::TIMES);

/// About how many bytes a row takes, so that the body need not grow while it is written.
const ROW_BYTES: usize = 384;

/// Writes page `number` of pages of `size` rows. Everything in `meta` is a true number; clients of the SDK wait for
/// ever when there is no `pagination`.
pub fn write(number: u64, size: u32, principal: &Principal, found: MemberPage<'_>) -> Reply {
    let mut body = Vec::with_capacity(256 + found.rows.len() * ROW_BYTES);
    body.extend_from_slice(br#"{"data":["#);
    let mut last = None;
    found.rows.each(&mut |member| {
        if last.is_some() {
            body.push(b',');
        }
        row(member, principal.viewer.as_ref(), &mut body);
        last = Some(member.person.updated_at.unwrap_or(member.person.created_at));
    });
    body.extend_from_slice(br#"],"meta":"#);
    let mut meta = Object::begin(&mut body);
    let mut pagination = Object::begin(meta.key("pagination"));
    pagination
        .integer("total", found.total)
        .integer("count", found.rows.len())
        .integer("per_page", size)
        .integer("current_page", number)
        .integer("total_pages", total_pages(found.total, size).max(1))
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

/// One row. What is absent is left out.
fn row(member: &MemberRow<'_>, viewer: Option<&Viewer>, out: &mut Vec<u8>) {
    let person = &member.person;
    let mut object = Object::begin(out);
    object
        .string("uid", person.uid)
        .string("name", person.name)
        .string_if("link", person.link)
        .string_if("avatar", person.avatar)
        .raw_if("metadata", unless(person.metadata, "{}"))
        .string("status", person.presence.as_str())
        .string("role", person.role)
        .string_if("statusMessage", person.status_message);
    integer_if(&mut object, "lastActiveAt", person.last_active_at);
    object.raw_if("tags", unless(person.tags, "[]")).string("scope", member.scope.as_str());
    integer_if(&mut object, "joinedAt", member.joined_at);
    object.integer("createdAt", person.created_at);
    integer_if(&mut object, "updatedAt", person.updated_at);
    if let Some(viewer) = viewer.filter(|viewer| viewer.number != person.number) {
        let (lesser, greater) = if person.uid < viewer.uid.as_str() {
            (person.uid, viewer.uid.as_str())
        } else {
            (viewer.uid.as_str(), person.uid)
        };
        object.plain("conversationId", format_args!("{lesser}_user_{greater}"));
    }
    object.end();
}

#[inline]
fn integer_if(object: &mut Object<'_>, name: &'static str, value: Option<i64>) {
    if let Some(value) = value {
        object.integer(name, value);
    }
}

/// The JSON text, or nothing when it says nothing.
fn unless<'a>(json: &'a str, nothing: &str) -> &'a str {
    if json == nothing { "" } else { json }
}
