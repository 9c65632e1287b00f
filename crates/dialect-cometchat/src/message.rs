//! The message that tells a group that somebody has joined or was added: what the SDK reads the group from. Messages are
//! not kept.

use crate::entities::{self, User};
use crate::keys::SYSTEM;
use dialect::access::Viewer;
use dialect::json::Object;
use dialect::{Refusal, Session};
use membership::{GroupEntry, Person, PersonKey, Taken};

/// Whose doing it is.
pub enum Author {
    /// The application's.
    System,
    /// A person's.
    Person(Box<Person>),
}

impl Author {
    /// The one who asks.
    pub fn of(session: &Session<'_>) -> Result<Self, Refusal> {
        Ok(match session.viewer_number() {
            None => Self::System,
            Some(number) => Self::Person(Box::new(session.person(&PersonKey::Number(number))?)),
        })
    }

    fn uid(&self) -> &str {
        match self {
            Self::System => SYSTEM,
            Self::Person(person) => &person.uid,
        }
    }
}

/// Somebody came into a group.
pub struct Message<'a> {
    /// `joined` or `added`.
    pub action: &'static str,
    /// By whom.
    pub author: &'a Author,
    /// Who.
    pub taken: &'a Taken,
    /// Into which group, as it stands afterwards.
    pub group: &'a GroupEntry,
    /// Through whose eyes.
    pub viewer: Option<&'a Viewer>,
}

impl Message<'_> {
    /// Writes the message, which was sent at the time `now` (unix seconds).
    pub fn write(&self, now: i64, out: &mut Vec<u8>) {
        let group = &self.group.group;
        let mut message = Object::begin(out);
        // Nothing is kept under this id. It differs from that of every other entrance, but for one in the same second.
        message
            .plain("id", format_args!("{now}-{}-{}", group.number, self.taken.person.number))
            .plain("conversationId", format_args!("group_{}", group.guid))
            .string("sender", self.author.uid())
            .string("receiverType", "group")
            .string("receiver", &group.guid)
            .string("category", "action")
            .string("type", "groupMember");
        let mut data = Object::begin(message.key("data"));
        data.string("action", self.action);
        let mut entities = Object::begin(data.key("entities"));
        entity(entities.key("by"), "user", |out| match self.author {
            Author::System => entities::system(out),
            Author::Person(person) => User::new(person.view(), self.viewer).write(out),
        });
        entity(entities.key("on"), "user", |out| User::new(self.taken.person.view(), self.viewer).write(out));
        entity(entities.key("for"), "group", |out| entities::group(self.group, true, out));
        entities.end();
        data.end();
        message.integer("sentAt", now).integer("updatedAt", now).end();
    }
}

fn entity(out: &mut Vec<u8>, kind: &str, write: impl FnOnce(&mut Vec<u8>)) {
    let mut object = Object::begin(out);
    write(object.key("entity"));
    object.string("entityType", kind).end();
}
