//! What replies hold beside groups and persons.

use super::shape::{COUNT, Field, NUMBER, Object, Shape, TIME, words};
use crate::cli::{CLIENT_NAME, REDIRECT_URIS};
use access::CredentialKind;
use membership::{ACTIONS, AccountStatus, JobState, Presence, Scope, State, limits};

const fn field(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field::new(name, shape, doc).required()
}

/// A person in short.
pub(super) const PERSON_IN_SHORT: Object = Object {
    name: "PersonInShort",
    fields: || {
        vec![
            field("number", NUMBER, "Number."),
            field("id", Shape::Uuid, "Id."),
            field("uid", Shape::Uid, "Uid."),
            field("login", Shape::Text(1, limits::LOGIN), "Login."),
            field("name", Shape::Text(0, limits::NAME), "Name."),
        ]
    },
};

/// A group in short.
pub(super) const GROUP_IN_SHORT: Object = Object {
    name: "GroupInShort",
    fields: || {
        vec![
            field("number", NUMBER, "Number."),
            field("id", Shape::Uuid, "Id."),
            field("guid", Shape::Uid, "Guid."),
            field("name", Shape::Text(0, limits::NAME), "Name."),
        ]
    },
};

/// A membership.
pub(super) const MEMBERSHIP: Object = Object {
    name: "Membership",
    fields: || {
        vec![
            field("group", Shape::Object(&GROUP_IN_SHORT), "The group."),
            field("person", Shape::Object(&PERSON_IN_SHORT), "The person."),
            field("state", words!(State), "Where it stands."),
            field("scope", words!(Scope), "What the member may do; without effect while pending or banned."),
            field("asked_at", TIME, "When the person asked to join, in unix seconds.").nullable(),
            field("joined_at", TIME, "When the person became a member; null while there is none.").nullable(),
            field("joined_by", NUMBER, "Number of the person who approved or added the member.").nullable(),
            field("scope_changed_at", TIME, "When the scope was last changed.").nullable(),
            field("scope_changed_by", NUMBER, "Number of the person who changed it.").nullable(),
            field("banned_at", TIME, "When the person was banned; null unless it is.").nullable(),
            field("banned_by", NUMBER, "Number of the person who banned it.").nullable(),
        ]
    },
};

/// The person of a list of members.
const LISTED_PERSON: Object = Object {
    name: "ListedPerson",
    fields: || {
        let mut fields = (PERSON_IN_SHORT.fields)();
        fields.extend([
            field("email", Shape::Text(0, limits::EMAIL), "E-mail address."),
            field("account_status", words!(AccountStatus), "Whether the person's own credentials work."),
            field("presence", words!(Presence), "Whether the person is there right now."),
        ]);
        fields
    },
};

/// One of a list of members.
pub(super) const MEMBER: Object = Object {
    name: "Member",
    fields: || {
        vec![
            field("person", Shape::Object(&LISTED_PERSON), "The person."),
            field("state", words!(State), "Where the membership stands."),
            field("scope", words!(Scope), "What the member may do."),
            field("joined_at", TIME, "When the person became a member; null while there is none.").nullable(),
        ]
    },
};

/// What came of a step.
pub(super) const STEP: Object = Object {
    name: "StepTaken",
    fields: || {
        vec![
            field("changed", Shape::Flag, "Whether anything changed."),
            field("person", Shape::Object(&PERSON_IN_SHORT), "The person."),
            field("membership", Shape::Object(&MEMBERSHIP), "The membership afterwards; null when it has ended.")
                .nullable(),
        ]
    },
};

/// A job.
pub(super) const JOB: Object = Object {
    name: "Job",
    fields: || {
        vec![
            field("number", NUMBER, "Number."),
            field("title", Shape::Text(1, limits::TITLE), "Title."),
            field("description", Shape::Text(0, limits::DESCRIPTION), "Description."),
            field("state", words!(JobState), "Whether it still looks for somebody."),
            field("poster", NUMBER, "Number of the person who posted it; null when that was the system.").nullable(),
            field("groups", Shape::List(&NUMBER, 0, limits::JOB_GROUPS), "Numbers of the groups that it prefers."),
            field("created_at", TIME, "When it was posted, in unix seconds."),
            field("closed_at", TIME, "When it was closed.").nullable(),
        ]
    },
};

/// A credential.
pub(super) const CREDENTIAL: Object = Object {
    name: "Credential",
    fields: || {
        vec![
            field("id", NUMBER, "Id."),
            field("audience", Shape::Text(1, limits::SHORT), "The dialect that it opens, or `admin`."),
            field(
                "kind",
                Shape::Word(|| CredentialKind::ALL.iter().map(|kind| kind.as_str()).collect()),
                "What it is.",
            ),
            field("rights", Shape::Told("^((read|write|admin|mint)( |$))*$"), "What it lets its holder do."),
            field("person", NUMBER, "Number of the person whose it is.").nullable(),
            field(
                "client_id",
                Shape::Text(0, limits::LOGIN),
                "The public half of a client, or what was noted with it.",
            ),
            field("parent", NUMBER, "Id of the credential that it was exchanged for.").nullable(),
            field("created_at", TIME, "When it was made, in unix seconds."),
            field("expires_at", TIME, "From when on it is no longer valid.").nullable(),
            field("revoked_at", TIME, "When it was revoked.").nullable(),
            field("used_at", TIME, "When a code or refresh token was exchanged.").nullable(),
            field("last_used_at", TIME, "When it last let somebody in, to the minute.").nullable(),
            field("groups", Shape::List(&NUMBER, 0, 100), "Numbers of the groups that it is limited to; null for all.")
                .nullable(),
            field("name", Shape::Text(0, CLIENT_NAME), "The name of a client."),
            field(
                "redirect_uris",
                Shape::List(&Shape::Text(1, 2_048), 0, REDIRECT_URIS),
                "Where a client may have browsers sent.",
            ),
        ]
    },
};

/// An entry of the change log.
pub(super) const CHANGE: Object = Object {
    name: "Change",
    fields: || {
        vec![
            field("number", Shape::Integer(1, i64::MAX), "Its number in the log."),
            field("at", TIME, "When, in unix seconds."),
            field("action", Shape::Word(|| ACTIONS.to_vec()), "What was done."),
            field("group", NUMBER, "Number of the group that it concerns.").nullable(),
            field("person", NUMBER, "Number of the person whom it concerns.").nullable(),
            field("actor", NUMBER, "Number of the person who did it; null for the system.").nullable(),
            field("credential", NUMBER, "Id of the credential by which it was done; null for the command line.")
                .nullable(),
            field("job", NUMBER, "Number of the job that it concerns.").nullable(),
            field("subject", NUMBER, "Id of the credential that was changed.").nullable(),
        ]
    },
};

/// A stretch of the change log.
pub(super) const CHANGES: Object = Object {
    name: "Changes",
    fields: || {
        vec![
            field("items", Shape::List(&Shape::Object(&CHANGE), 0, 1_000), "The entries, by number."),
            field("next", COUNT, "What to ask for next, as `after`."),
            field("head", COUNT, "The number of the last change of the log; 0 before the first."),
        ]
    },
};

const COUNTS: Object = Object {
    name: "Counts",
    fields: || {
        vec![
            field("created", COUNT, "Made."),
            field("changed", COUNT, "There before, and changed."),
            field("unchanged", COUNT, "There before, and not changed."),
        ]
    },
};

const BAD_ROW: Object = Object {
    name: "BadRow",
    fields: || {
        vec![
            field("source", Shape::Text(0, limits::SHORT), "Always `body`."),
            field("line", Shape::Integer(1, i64::MAX), "The line, from 1."),
            field(
                "column",
                Shape::Integer(1, i64::MAX),
                "NDJSON: the byte of the line, from 1. CSV: the cell of the row, from 1.",
            ),
            field("problem", Shape::Told(""), "What is wrong, naming the field."),
        ]
    },
};

/// What an import did, or would do.
pub(super) const REPORT: Object = Object {
    name: "ImportReport",
    fields: || {
        vec![
            field("groups", Shape::Object(&COUNTS), "Groups."),
            field("persons", Shape::Object(&COUNTS), "Persons."),
            field("memberships", Shape::Object(&COUNTS), "Memberships."),
            field("bad", Shape::List(&Shape::Object(&BAD_ROW), 0, 1_000), "The first thousand bad rows."),
            field("bad_total", COUNT, "How many bad rows there are."),
            field("unread", Shape::List(&Shape::Told(""), 0, 1), "`body`, when a rest of it was not read."),
            field("applied", Shape::Flag, "Whether the good rows were applied."),
        ]
    },
};
