//! Groups and persons as the API shows and takes them. The names are those of `membership::record`, and so those of
//! import and export.

use super::shape::{COUNT, Field, NUMBER, Object, Shape, TIME, words};
use membership::{AccountStatus, GroupKind, Presence, limits};

/// What null says in a merge patch: the field has the empty value from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Null {
    /// Nothing; it is refused.
    Refused,
    /// This JSON.
    Means(&'static str),
    /// There is none; judged when it is known what there is now.
    Judged,
}

/// One field of a group or a person.
struct Known {
    field: Field,
    null: Null,
    /// Whether a reply may say null.
    may_be_absent: bool,
}

const fn known(name: &'static str, shape: Shape, doc: &'static str) -> Known {
    Known { field: Field::new(name, shape, doc), null: Null::Refused, may_be_absent: false }
}

const fn text(name: &'static str, most: usize, doc: &'static str) -> Known {
    Known { null: Null::Means("\"\""), ..known(name, Shape::Text(0, most), doc) }
}

const METADATA: Known = Known {
    null: Null::Means("{}"),
    ..known("metadata", Shape::Metadata, "A JSON object of at most 20,000 characters.")
};
const TAGS: Known = Known {
    null: Null::Means("[]"),
    ..known("tags", Shape::List(&Shape::Text(0, limits::TAG), 0, limits::TAGS), "Tags.")
};
const CREATED_AT: Known = known("created_at", TIME, "When it was made, in unix seconds.");
const UPDATED_AT: Known = Known {
    field: Field { read_only: true, ..Field::new("updated_at", TIME, "When it was last changed, in unix seconds.") },
    null: Null::Refused,
    may_be_absent: true,
};

/// Names a person by one or more identifiers.
pub(super) const PERSON_REF: Object = Object {
    name: "PersonRef",
    fields: || {
        vec![
            Field::new("number", NUMBER, "Number.").nullable(),
            Field::new("id", Shape::Uuid, "Id.").nullable(),
            Field::new("uid", Shape::Uid, "Uid.").nullable(),
            Field::new("login", Shape::Text(1, limits::LOGIN), "Login.").nullable(),
        ]
    },
};

fn person() -> Vec<Known> {
    vec![
        known("number", NUMBER, "Number; Elance's userId. Never changes."),
        known("id", Shape::Uuid, "Id; RM's Id. Never changes."),
        known("uid", Shape::Uid, "Uid, in lower case; CometChat's uid. Never changes."),
        known("login", Shape::Text(1, limits::LOGIN), "Login, unique whatever the case. Never changes."),
        known("name", Shape::Text(1, limits::NAME), "Name."),
        text("business_name", limits::BUSINESS_NAME, "Business name."),
        text("tag_line", limits::TAG_LINE, "Tag line."),
        text("description", limits::DESCRIPTION, "Description."),
        text("email", limits::EMAIL, "E-mail address; empty when there is none."),
        text("phone", limits::PHONE, "Phone."),
        text("additional_information", limits::DESCRIPTION, "Additional information."),
        known("hourly_rate", Shape::Money, "US dollars an hour."),
        text("city", limits::SHORT, "City."),
        text("state", limits::SHORT, "State or province."),
        text("country", limits::SHORT, "Country."),
        text("category", limits::SHORT, "Category."),
        known("earnings_6_months", Shape::Money, "US dollars in six months."),
        known("feedback_6_months", COUNT, "Ratings in six months."),
        known("positive_feedback_6_months", COUNT, "Positive ratings in six months."),
        text("overview", limits::OVERVIEW, "Overview of the profile."),
        text("avatar", limits::URL, "Picture, a URL."),
        text("link", limits::URL, "Profile, a URL."),
        METADATA,
        TAGS,
        text("role", limits::SHORT, "CometChat's role."),
        text("status_message", limits::TAG_LINE, "Status message."),
        known("freelancer", Shape::Flag, "Whether the person works as a freelancer; only such a one may ask to join."),
        known("individual", Shape::Flag, "Whether it is a person rather than a company."),
        known("account_status", words!(AccountStatus), "Whether the person's own credentials work."),
        known("presence", words!(Presence), "Whether the person is there right now."),
        Known {
            null: Null::Means("0"),
            may_be_absent: true,
            ..known("last_active_at", TIME, "When the person was last there, in unix seconds.")
        },
        CREATED_AT,
        UPDATED_AT,
    ]
}

fn group() -> Vec<Known> {
    vec![
        known("number", NUMBER, "Number; Elance's groupId. Never changes."),
        known("id", Shape::Uuid, "Id; RM's GroupID. Never changes."),
        known("guid", Shape::Uid, "Guid, in lower case; CometChat's guid. Never changes."),
        known("name", Shape::Text(1, limits::NAME), "Name."),
        text("description", limits::DESCRIPTION, "Description."),
        known(
            "type",
            words!(GroupKind),
            "How one joins: at once, only by being added or approved, or with the password.",
        ),
        Known {
            null: Null::Judged,
            may_be_absent: true,
            ..known(
                "owner",
                Shape::Object(&PERSON_REF),
                "The owner, told by number. Can be passed on but not taken away.",
            )
        },
        text("sponsor", limits::BUSINESS_NAME, "Sponsor."),
        text("criteria", limits::DESCRIPTION, "What one must fulfil to join."),
        text("icon", limits::URL, "Badge or icon, a URL."),
        text("page", limits::URL, "Web page of the members, a URL."),
        text("email", limits::EMAIL, "E-mail address."),
        text("additional_information", limits::DESCRIPTION, "Additional information."),
        METADATA,
        TAGS,
        CREATED_AT,
        UPDATED_AT,
    ]
}

/// As replies show it: every field is there.
fn shown(known: Vec<Known>) -> Vec<Field> {
    known.into_iter().map(|k| Field { required: true, nullable: k.may_be_absent, ..k.field }).collect()
}

/// As it is made: nothing need be said, and null says nothing.
fn new(known: Vec<Known>) -> Vec<Field> {
    known.into_iter().map(|k| taken(k.field).nullable()).collect()
}

/// As a request may say it: an amount as a number too.
const fn taken(field: Field) -> Field {
    match field.shape {
        Shape::Money => Field { shape: Shape::Amount, ..field },
        _ => field,
    }
}

/// As it is changed: what is said changes.
fn patch(known: Vec<Known>) -> Vec<Field> {
    let field = |k: Known| Field { nullable: k.null != Null::Refused || k.field.read_only, ..taken(k.field) };
    known.into_iter().map(field).collect()
}

const PASSWORD: Field = Field::new(
    "password",
    Shape::Text(1, limits::PASSWORD),
    "The password of a group of that type, in clear. Only its hash is kept, and no reply shows it.",
);

/// Told in a list of groups, whose rows can be sent back.
const MEMBERS: Field =
    Field { read_only: true, nullable: true, ..Field::new("members", COUNT, "How many members it has.") };

/// A person.
pub(super) const PERSON: Object = Object { name: "Person", fields: || shown(person()) };
/// A person to be made.
pub(super) const NEW_PERSON: Object = Object { name: "NewPerson", fields: || new(person()) };
/// What is to be changed of a person.
pub(super) const PERSON_PATCH: Object = Object { name: "PersonPatch", fields: || patch(person()) };
/// A group.
pub(super) const GROUP: Object = Object { name: "Group", fields: || shown(group()) };
/// A group in a list.
pub(super) const LISTED_GROUP: Object = Object {
    name: "ListedGroup",
    fields: || {
        let mut fields = shown(group());
        fields.push(Field { nullable: false, ..MEMBERS }.required());
        fields
    },
};
/// A group to be made.
pub(super) const NEW_GROUP: Object = Object {
    name: "NewGroup",
    fields: || {
        let mut fields = new(group());
        fields.extend([PASSWORD.nullable(), MEMBERS]);
        fields
    },
};
/// What is to be changed of a group.
pub(super) const GROUP_PATCH: Object = Object {
    name: "GroupPatch",
    fields: || {
        let mut fields = patch(group());
        fields.extend([PASSWORD, MEMBERS]);
        fields
    },
};

/// What null in a merge patch says of a field; `None` when that is not for this table to judge.
pub(super) fn null_means(field: &str) -> Option<&'static str> {
    let known = person().into_iter().chain(group()).find(|k| k.field.name == field)?;
    match known.null {
        Null::Means(json) => Some(json),
        Null::Refused | Null::Judged => None,
    }
}

/// Whether only replies say the field.
pub(super) fn is_read_only(field: &str) -> bool {
    [UPDATED_AT.field.name, MEMBERS.name].contains(&field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::record::{GroupRecord, PersonRecord};

    fn names(object: &Object) -> Vec<&'static str> {
        (object.fields)().iter().map(|field| field.name).collect()
    }

    #[test]
    fn the_names_are_those_of_import_and_export() {
        for object in [&PERSON, &NEW_PERSON, &PERSON_PATCH] {
            assert_eq!(names(object), PersonRecord::FIELDS, "{}", object.name);
        }
        assert_eq!(names(&GROUP), GroupRecord::FIELDS);
        for object in [&NEW_GROUP, &GROUP_PATCH] {
            assert_eq!(names(object)[..17], *GroupRecord::FIELDS, "{}", object.name);
            assert_eq!(names(object)[17..], ["password", "members"]);
        }
    }
}
