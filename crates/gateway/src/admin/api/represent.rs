//! How things are written. One function a thing, so that a thing is the same wherever it is shown, and has the same
//! entity tag.

use access::Credential;
use dialect::json::{Object, integer, string};
use membership::{AccountStatus, ChangeEntry, Group, GroupEntry, Job, MemberRow, Membership, Person, Presence, Rows};

const NULL: &[u8] = b"null";

/// What may be absent is null then.
trait Nullable {
    fn maybe(&mut self, name: &'static str, value: Option<i64>) -> &mut Self;
    fn flag(&mut self, name: &'static str, value: bool) -> &mut Self;
    fn raw(&mut self, name: &'static str, json: &str, empty: &str) -> &mut Self;
}

impl Nullable for Object<'_> {
    fn maybe(&mut self, name: &'static str, value: Option<i64>) -> &mut Self {
        let out = self.key(name);
        match value {
            Some(value) => integer(out, value),
            None => out.extend_from_slice(NULL),
        }
        self
    }

    fn flag(&mut self, name: &'static str, value: bool) -> &mut Self {
        let word = if value { "true" } else { "false" };
        self.key(name).extend_from_slice(word.as_bytes());
        self
    }

    /// JSON as it is stored, where the empty text stands for `empty`.
    fn raw(&mut self, name: &'static str, json: &str, empty: &str) -> &mut Self {
        self.key(name).extend_from_slice(if json.is_empty() { empty } else { json }.as_bytes());
        self
    }
}

/// A thing by itself.
pub(super) fn alone<T: ?Sized>(write: impl Fn(&mut Vec<u8>, &T), thing: &T) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, thing);
    out
}

/// A person.
pub(super) fn person(out: &mut Vec<u8>, p: &Person) {
    let mut object = Object::begin(out);
    object.integer("number", p.number).plain("id", p.id).string("uid", &p.uid).string("login", &p.login);
    object.string("name", &p.name).string("business_name", &p.business_name).string("tag_line", &p.tag_line);
    object.string("description", &p.description).string("email", &p.email).string("phone", &p.phone);
    object.string("additional_information", &p.additional_information).plain("hourly_rate", p.hourly_rate);
    object.string("city", &p.city).string("state", &p.state).string("country", &p.country);
    object.string("category", &p.category).plain("earnings_6_months", p.earnings_6_months);
    object.integer("feedback_6_months", p.feedback_6_months);
    object.integer("positive_feedback_6_months", p.positive_feedback_6_months);
    object.string("overview", &p.overview).string("avatar", &p.avatar).string("link", &p.link);
    object.raw("metadata", &p.metadata, "{}").raw("tags", &p.tags, "[]");
    object.string("role", &p.role).string("status_message", &p.status_message);
    object.flag("freelancer", p.freelancer).flag("individual", p.individual);
    object.plain("account_status", p.account_status).plain("presence", p.presence);
    object.maybe("last_active_at", p.last_active_at).integer("created_at", p.created_at);
    object.maybe("updated_at", p.updated_at).end();
}

fn group_fields(object: &mut Object<'_>, g: &Group) {
    object.integer("number", g.number).plain("id", g.id).string("guid", &g.guid).string("name", &g.name);
    object.string("description", &g.description).plain("type", g.kind);
    match g.owner {
        Some(number) => {
            let mut owner = Object::begin(object.key("owner"));
            owner.integer("number", number).end();
        }
        None => object.key("owner").extend_from_slice(NULL),
    }
    object.string("sponsor", &g.sponsor).string("criteria", &g.criteria).string("icon", &g.icon);
    object.string("page", &g.page).string("email", &g.email);
    object.string("additional_information", &g.additional_information);
    object.raw("metadata", &g.metadata, "{}").raw("tags", &g.tags, "[]");
    object.integer("created_at", g.created_at).maybe("updated_at", g.updated_at);
}

/// A group.
pub(super) fn group(out: &mut Vec<u8>, g: &Group) {
    let mut object = Object::begin(out);
    group_fields(&mut object, g);
    object.end();
}

/// A group in a list.
pub(super) fn listed_group(out: &mut Vec<u8>, entry: &GroupEntry) {
    let mut object = Object::begin(out);
    group_fields(&mut object, &entry.group);
    object.integer("members", entry.members).end();
}

/// A group in short.
pub(super) fn group_ref(out: &mut Vec<u8>, g: &Group) {
    let mut object = Object::begin(out);
    object.integer("number", g.number).plain("id", g.id).string("guid", &g.guid).string("name", &g.name).end();
}

/// A person in short.
pub(super) fn person_ref(out: &mut Vec<u8>, p: &Person) {
    let mut object = Object::begin(out);
    object.integer("number", p.number).plain("id", p.id).string("uid", &p.uid);
    object.string("login", &p.login).string("name", &p.name).end();
}

/// A membership with both of its ends.
pub(super) fn membership(out: &mut Vec<u8>, (g, p, m): &(&Group, &Person, &Membership)) {
    let mut object = Object::begin(out);
    group_ref(object.key("group"), g);
    person_ref(object.key("person"), p);
    object.plain("state", m.state).plain("scope", m.scope).maybe("asked_at", m.asked_at);
    object.maybe("joined_at", m.joined_at).maybe("joined_by", m.joined_by);
    object.maybe("scope_changed_at", m.scope_changed_at).maybe("scope_changed_by", m.scope_changed_by);
    object.maybe("banned_at", m.banned_at).maybe("banned_by", m.banned_by).end();
}

/// The members of a page.
pub(super) fn members(out: &mut Vec<u8>, rows: &dyn Rows) {
    out.push(b'[');
    let mut first = true;
    rows.each(&mut |row| {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        member(out, row);
    });
    out.push(b']');
}

fn member(out: &mut Vec<u8>, row: &MemberRow<'_>) {
    let p = &row.person;
    let mut object = Object::begin(out);
    let mut person = Object::begin(object.key("person"));
    person.integer("number", p.number).plain("id", p.id).string("uid", p.uid).string("login", p.login);
    person.string("name", p.name).string("email", p.email);
    let (status, presence): (AccountStatus, Presence) = (p.account_status, p.presence);
    person.plain("account_status", status).plain("presence", presence).end();
    object.plain("state", row.state).plain("scope", row.scope).maybe("joined_at", row.joined_at).end();
}

/// A job.
pub(super) fn job(out: &mut Vec<u8>, job: &Job) {
    let mut object = Object::begin(out);
    object.integer("number", job.number).string("title", &job.title).string("description", &job.description);
    object.plain("state", job.state).maybe("poster", job.poster);
    super::paging::items(object.key("groups"), &job.groups, |out, number| integer(out, *number));
    object.integer("created_at", job.created_at).maybe("closed_at", job.closed_at).end();
}

/// A credential. There is no secret in it: the store has none.
pub(super) fn credential(out: &mut Vec<u8>, c: &Credential) {
    let mut object = Object::begin(out);
    object.integer("id", c.id).string("audience", &c.audience).plain("kind", c.kind.as_str());
    object.plain("rights", c.rights.to_words()).maybe("person", c.person).string("client_id", &c.client_id);
    object.maybe("parent", c.parent).integer("created_at", c.created_at);
    object.maybe("expires_at", c.expires_at).maybe("revoked_at", c.revoked_at);
    object.maybe("used_at", c.used_at).maybe("last_used_at", c.last_used_at);
    let out = object.key("groups");
    match c.agreed.groups.limit() {
        Some(numbers) => super::paging::items(out, numbers, |out, number| integer(out, *number)),
        None => out.extend_from_slice(b"null"),
    }
    object.string("name", &c.agreed.name);
    super::paging::items(object.key("redirect_uris"), &c.agreed.redirect_uris, |out, uri| string(out, uri));
    object.end();
}

/// An entry of the change log.
pub(super) fn change(out: &mut Vec<u8>, entry: &ChangeEntry) {
    let mut object = Object::begin(out);
    object.integer("number", entry.number).integer("at", entry.at).string("action", &entry.action);
    object.maybe("group", entry.group).maybe("person", entry.person).maybe("actor", entry.actor);
    object.maybe("credential", entry.credential).maybe("job", entry.job).maybe("subject", entry.subject).end();
}
