//! `GET /api2/profiles/my`: the profile of the user whose token it is.

use crate::{JSON, errors};
use dialect::access::Operation;
use dialect::json::Object;
use dialect::{Action, Reply};
use membership::{Group, Membership, Person, PersonKey, State, Window};

/// The most badges that are shown, those of the oldest groups (our decision).
const MOST_BADGES: u32 = 1_000;

/// Asks for the user's profile. One who is no freelancer has none.
pub fn my() -> Action {
    Action::task(Operation::ReadSelf, |session| {
        let person = session.person(&PersonKey::Number(session.viewer()?.number))?;
        if !person.freelancer {
            return Ok(errors::no_profile());
        }
        let window = Window { offset: 0, limit: MOST_BADGES };
        let groups = session.memberships_of(person.number, State::Member, window)?;
        Ok(write(&person, &groups.rows))
    })
}

fn write(person: &Person, groups: &[(Group, Membership)]) -> Reply {
    let mut body = br#"{"data":{"providerProfile":"#.to_vec();
    let mut object = Object::begin(&mut body);
    object
        .digits("userId", person.number)
        .string("userName", &person.login)
        .string("businessName", &person.business_name)
        .string("logo", &person.avatar)
        .string("tagLine", &person.tag_line)
        .string("overview", &person.overview)
        .plain("hourlyRate", person.hourly_rate);
    object.key("isIndividual").extend_from_slice(if person.individual { b"true" } else { b"false" });
    object
        .string("city", &person.city)
        .string("state", &person.state)
        .string("country", &person.country)
        .string("providerProfileURL", &person.link);
    let badges = object.key("badges");
    badges.push(b'[');
    for (index, (group, _)) in groups.iter().enumerate() {
        if index > 0 {
            badges.push(b',');
        }
        Object::begin(badges)
            .digits("groupId", group.number)
            .string("name", &group.name)
            .string("logo", &group.icon)
            .end();
    }
    badges.push(b']');
    object.end();
    body.extend_from_slice(b"}}");
    Reply::new(200, JSON, body)
}
