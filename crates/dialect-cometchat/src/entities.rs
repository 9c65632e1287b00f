//! Users and groups as the dialect shows them. What is absent is left out.

use crate::keys::SYSTEM;
use dialect::access::Viewer;
use dialect::json::Object;
use membership::{Encoder, GroupEntry, PersonFields, PersonView, Scope, State};

/// What a user shows.
pub const FIELDS: PersonFields = PersonFields::NAME
    .with(PersonFields::LINK)
    .with(PersonFields::AVATAR)
    .with(PersonFields::METADATA)
    .with(PersonFields::ROLE)
    .with(PersonFields::STATUS_MESSAGE)
    .with(PersonFields::TAGS)
    .with(PersonFields::PRESENCE)
    .with(PersonFields::TIMES)
    .with(PersonFields::MEMBERSHIP);

/// A user, as somebody sees it.
#[derive(Clone, Copy)]
pub struct User<'a> {
    /// The person.
    pub person: PersonView<'a>,
    /// In a list of members: the scope, and the time of joining.
    pub membership: Option<(Scope, Option<i64>)>,
    /// Through whose eyes.
    pub viewer: Option<&'a Viewer>,
    /// Whether the tags are shown.
    pub tags: bool,
}

impl<'a> User<'a> {
    /// A user outside of any group, with the tags.
    pub const fn new(person: PersonView<'a>, viewer: Option<&'a Viewer>) -> Self {
        Self { person, membership: None, viewer, tags: true }
    }

    /// When it was changed, or else made.
    pub const fn changed_at(&self) -> Option<i64> {
        match self.person.updated_at {
            Some(at) => Some(at),
            None => Some(self.person.created_at),
        }
    }

    /// Writes the object.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        self.fields(&mut object);
        object.end();
    }

    /// Writes the fields into an object that may hold more.
    pub fn fields(&self, object: &mut Object<'_>) {
        person_before(&self.person, self.tags, object);
        if let Some((scope, joined_at)) = self.membership {
            membership(scope, joined_at, object);
        }
        person_behind(&self.person, object);
        conversation(self.person.uid, self.viewer, object);
    }
}

/// What is shown of a person alone, with the tags, in a list of members: an object without its end.
pub const PERSON: Encoder = Encoder {
    name: "cometchat",
    fields: FIELDS,
    write: |person, out| {
        let begun = out.len();
        person_before(person, true, &mut Object::begin(out));
        let before = out.len() - begun;
        person_behind(person, &mut Object::resume(out));
        before
    },
};

fn person_before(person: &PersonView<'_>, tags: bool, object: &mut Object<'_>) {
    object
        .string("uid", person.uid)
        .string("name", person.name)
        .string_if("link", person.link)
        .string_if("avatar", person.avatar)
        .raw_if("metadata", unless(person.metadata, "{}"))
        .string("status", person.presence.as_str())
        .string("role", person.role)
        .string_if("statusMessage", person.status_message);
    integer_if(object, "lastActiveAt", person.last_active_at);
    if tags {
        object.raw_if("tags", unless(person.tags, "[]"));
    }
}

/// What is shown of a membership.
pub fn membership(scope: Scope, joined_at: Option<i64>, object: &mut Object<'_>) {
    object.string("scope", scope.as_str());
    integer_if(object, "joinedAt", joined_at);
}

fn person_behind(person: &PersonView<'_>, object: &mut Object<'_>) {
    object.integer("createdAt", person.created_at);
    integer_if(object, "updatedAt", person.updated_at);
}

/// Where two talk: whom it is shown to, and somebody else.
pub fn conversation(uid: &str, viewer: Option<&Viewer>, object: &mut Object<'_>) {
    if let Some(viewer) = viewer.filter(|viewer| viewer.uid != uid) {
        let (lesser, greater) =
            if uid < viewer.uid.as_str() { (uid, viewer.uid.as_str()) } else { (viewer.uid.as_str(), uid) };
        // What a uid may hold needs no escaping.
        let out = object.key("conversationId");
        for piece in ["\"", lesser, "_user_", greater, "\""] {
            out.extend_from_slice(piece.as_bytes());
        }
    }
}

/// The application, where something asks for a user.
pub fn system(out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.string("uid", SYSTEM).string("name", "System").string("status", "offline").string("role", "default").end();
}

/// When the group was changed, or else made.
pub fn changed_at(entry: &GroupEntry) -> Option<i64> {
    entry.group.updated_at.or(Some(entry.group.created_at))
}

/// Writes a group, as its viewer sees it.
pub fn group(entry: &GroupEntry, tags: bool, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    group_fields(entry, tags, &mut object);
    object.end();
}

/// Writes the fields of a group into an object that may hold more.
pub fn group_fields(entry: &GroupEntry, tags: bool, object: &mut Object<'_>) {
    let group = &entry.group;
    let standing = entry.standing.filter(|standing| standing.state == State::Member);
    object
        .string("guid", &group.guid)
        .string("name", &group.name)
        .string_if("description", &group.description)
        .string_if("icon", &group.icon)
        .string("type", group.kind.as_str());
    if let Some(standing) = standing {
        object.string("scope", standing.scope.as_str());
    }
    object.integer("membersCount", entry.members);
    if let Some(standing) = standing {
        integer_if(object, "joinedAt", standing.joined_at);
    }
    object.plain("conversationId", format_args!("group_{}", group.guid));
    if standing.is_some() {
        object.key("hasJoined").extend_from_slice(b"true");
    }
    object.integer("createdAt", group.created_at);
    object.string("owner", entry.owner.as_ref().map_or(SYSTEM, |owner| &owner.uid));
    integer_if(object, "updatedAt", group.updated_at);
    object.raw_if("metadata", unless(&group.metadata, "{}"));
    if tags {
        object.raw_if("tags", unless(&group.tags, "[]"));
    }
}

fn integer_if(object: &mut Object<'_>, name: &'static str, value: Option<i64>) {
    if let Some(value) = value {
        object.integer(name, value);
    }
}

/// The JSON text, or nothing when it says nothing.
fn unless<'a>(json: &'a str, nothing: &str) -> &'a str {
    if json == nothing { "" } else { json }
}
