//! `GET /api2/groups/{groupId}/members`.

use crate::paging::Paging;
use crate::{JSON, Settings};
use dialect::json::Object;
use dialect::{Action, Fault, Query, Reply};
use membership::{Encoder, GroupKey, MemberPage, MemberQuery, PersonFields, PersonView};

/// What a row shows.
const FIELDS: PersonFields = PersonFields::NUMBER
    .with(PersonFields::LOGIN)
    .with(PersonFields::BUSINESS_NAME)
    .with(PersonFields::TAG_LINE)
    .with(PersonFields::CITY)
    .with(PersonFields::STATE)
    .with(PersonFields::COUNTRY)
    .with(PersonFields::CATEGORY)
    .with(PersonFields::AVATAR)
    .with(PersonFields::LINK)
    .with(PersonFields::BUSINESS);

/// A row. Nothing of the membership is in it.
const PERSON: Encoder = Encoder {
    name: "elance",
    fields: FIELDS,
    write: |person, out| {
        let begun = out.len();
        row(person, out);
        out.len() - begun
    },
};

/// About how many bytes a row takes, so that the body need not grow while it is written.
const ROW_BYTES: usize = 512;

/// Asks for a page of the members of `group`.
pub fn list(settings: &Settings, parameters: &Query<'_>, group: i64) -> Result<Action, Fault> {
    let paging = Paging::read(settings, parameters)?;
    let mut query = MemberQuery::new(GroupKey::Number(group), paging.window());
    query.fields = FIELDS;
    Ok(Action::Members { query, write: Box::new(move |_, found| write(paging, found)) })
}

fn write(paging: Paging, found: MemberPage<'_>) -> Reply {
    let mut body = Vec::with_capacity(256 + found.rows.len() * ROW_BYTES);
    body.extend_from_slice(br#"{"data":{"groupMembers":"#);
    let mut object = Object::begin(&mut body);
    object
        .digits("groupId", found.group.number)
        .digits("totalMembers", found.total)
        .string("allMembers", &found.group.page);
    paging.results(&mut object, found.total, found.rows.len(), |results| {
        results.append(found.rows, &PERSON);
    });
    object.end();
    body.extend_from_slice(b"}}");
    Reply::new(200, JSON, body)
}

/// One row. Every number is printed as a string, as in the documents' example, against their table of types.
fn row(person: &PersonView<'_>, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object
        .digits("userId", person.number)
        .string("userName", person.login)
        .string("businessName", person.business_name)
        .string("tagLine", person.tag_line)
        .plain("hourlyRate", person.hourly_rate)
        .string("city", person.city)
        .string("state", person.state)
        .string("country", person.country)
        .plain("earnings6Months", person.earnings_6_months)
        .digits("feedback6Months", person.feedback_6_months)
        .digits("posFeedback6Months", person.positive_feedback_6_months)
        .string("category", person.category)
        .string("logo", person.avatar)
        .string("providerProfileURL", person.link)
        .end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::FaultCode;

    fn call(query: &str) -> Result<MemberQuery, Fault> {
        match list(&Settings::default(), &Query::parse(query), 1116)? {
            Action::Members { query, .. } => Ok(query),
            _ => panic!("members are asked for"),
        }
    }

    #[test]
    fn windows() {
        for (query, offset, limit) in [
            ("", 0, 8),
            ("page=&rpp=", 0, 8),
            ("page=1", 0, 8),
            ("page=293", 2336, 8),
            ("rpp=1&page=3", 2, 1),
            ("rpp=25&page=2", 25, 25),
            ("rpp=26&page=2", 25, 25),
            ("rpp=9223372036854775808", 0, 25),
            ("rpp=99999999999999999999", 0, 25),
            ("page=9223372036854775808", u64::MAX, 8),
            ("page=99999999999999999999&rpp=1", u64::MAX - 1, 1),
            ("%70age=%32&%72pp=%31%30", 10, 10),
            ("v=2&fmt=xml&rows=3&Page=0&x=%zz", 0, 8),
            ("%zz=1&%00=1&page=2&%=3&%ff", 8, 8),
        ] {
            let window = call(query).expect(query).window;
            assert_eq!((window.offset, window.limit), (offset, limit), "{query}");
        }
    }

    #[test]
    fn bad_parameters_are_named() {
        for (query, parameter, code) in [
            ("page=0", "page", FaultCode::InvalidValue),
            ("page=-1", "page", FaultCode::InvalidValue),
            ("page=abc", "page", FaultCode::InvalidValue),
            ("page=1.0", "page", FaultCode::InvalidValue),
            ("page=+1", "page", FaultCode::InvalidValue),
            ("page=%201", "page", FaultCode::InvalidValue),
            ("page=1%00", "page", FaultCode::InvalidValue),
            ("page=%ff", "page", FaultCode::InvalidValue),
            ("page=%3", "page", FaultCode::InvalidValue),
            ("page=1&page=1", "page", FaultCode::Duplicate),
            ("page=1&%70age=", "page", FaultCode::Duplicate),
            ("rpp=0", "rpp", FaultCode::InvalidValue),
            ("rpp=-1", "rpp", FaultCode::InvalidValue),
            ("rpp=all", "rpp", FaultCode::InvalidValue),
            ("rpp=8&rpp=9", "rpp", FaultCode::Duplicate),
        ] {
            let fault = call(query).expect_err(query);
            assert_eq!((fault.parameter.as_str(), fault.code), (parameter, code), "{query}");
        }
    }
}
