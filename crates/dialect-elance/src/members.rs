//! `GET /api2/groups/{groupId}/members`.

use crate::{JSON, MAX_RPP, Settings, token};
use dialect::json::{Object, integer};
use dialect::{Action, Call, Query, Refusal, Reply, Request, decode_segment, positive_integer, total_pages};
use membership::{GroupKey, MemberPage, MemberQuery, MemberRow, PersonFields, Window};

/// What a row shows.
const FIELDS: PersonFields = PersonFields::LOGIN
    .with(PersonFields::BUSINESS_NAME)
    .with(PersonFields::TAG_LINE)
    .with(PersonFields::CITY)
    .with(PersonFields::STATE)
    .with(PersonFields::COUNTRY)
    .with(PersonFields::CATEGORY)
    .with(PersonFields::AVATAR)
    .with(PersonFields::LINK)
    .with(PersonFields::BUSINESS);

/// About how many bytes a row takes, so that the body need not grow while it is written.
const ROW_BYTES: usize = 512;

/// Reads the request; `group` is the segment of the path, still encoded.
pub fn parse(settings: Settings, request: &Request<'_>, group: &str) -> Result<Call, Refusal> {
    let parameters = Query::parse(request.query);
    let presented = token::presented(request, &parameters)?;
    let page = positive_integer(&parameters, &["page"])?.unwrap_or(1);
    let size = match positive_integer(&parameters, &["rpp"])? {
        Some(wanted) => u32::try_from(wanted).unwrap_or(u32::MAX).min(MAX_RPP),
        None => settings.default_rpp,
    };
    let mut query = MemberQuery::new(group_key(group), Window::page(page, size));
    query.fields = FIELDS;
    let write = move |_: &_, found: MemberPage<'_>| write(settings, page, size, found);
    Ok(Call { presented, on_behalf_of: None, action: Action::Members { query, write: Box::new(write) } })
}

/// The group that the segment names. What is no number of a group becomes 0, which no group has: so it is refused
/// where every unknown group is, behind the judging of the token.
fn group_key(segment: &str) -> GroupKey {
    let text = decode_segment(segment).unwrap_or_default();
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    GroupKey::Number(if digits { text.parse().unwrap_or(0) } else { 0 })
}

fn write(settings: Settings, page: u64, size: u32, found: MemberPage<'_>) -> Reply {
    let mut body = Vec::with_capacity(256 + found.rows.len() * ROW_BYTES);
    body.extend_from_slice(br#"{"data":{"groupMembers":"#);
    let mut object = Object::begin(&mut body);
    object
        .digits("groupId", found.group.number)
        .digits("totalMembers", found.total)
        .string("allMembers", &found.group.page)
        .integer("totalPages", total_pages(found.total, size))
        .integer("page", page)
        .integer("numResults", found.rows.len());
    results(settings, found, object.key("pageResults"));
    object.end();
    body.extend_from_slice(b"}}");
    Reply::new(200, JSON, body)
}

/// The rows, keyed from `"0"` on on every page, or as an array.
fn results(settings: Settings, found: MemberPage<'_>, out: &mut Vec<u8>) {
    let (open, close) = if settings.results_as_array { (b'[', b']') } else { (b'{', b'}') };
    out.push(open);
    let mut index = 0_usize;
    found.rows.each(&mut |member| {
        if index > 0 {
            out.push(b',');
        }
        if !settings.results_as_array {
            out.push(b'"');
            integer(out, index);
            out.extend_from_slice(b"\":");
        }
        row(member, out);
        index += 1;
    });
    out.push(close);
}

/// One row. Every number is printed as a string, as in the documents' example, against their table of types.
fn row(member: &MemberRow<'_>, out: &mut Vec<u8>) {
    let person = &member.person;
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
    use dialect::{FaultCode, Method};

    fn call(path_segment: &str, query: &str) -> Result<MemberQuery, Refusal> {
        let query = format!("access_token=t&{query}");
        let request =
            Request { method: Method::Get, path: "", query: &query, prefix: "", headers: &[].as_slice(), body: b"" };
        match parse(Settings::default(), &request, path_segment)?.action {
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
            let window = call("1116", query).expect(query).window;
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
            ("access_token=u", "access_token", FaultCode::Duplicate),
        ] {
            let Err(Refusal::Parameter(fault)) = call("1116", query) else { panic!("{query}") };
            assert_eq!((fault.parameter.as_str(), fault.code), (parameter, code), "{query}");
        }
    }

    #[test]
    fn groups_are_named_by_digits() {
        for (segment, number) in [
            ("1116", 1116),
            ("01116", 1116),
            ("%31116", 1116),
            ("9223372036854775807", i64::MAX),
            ("9223372036854775808", 0),
            ("99999999999999999999", 0),
            ("0", 0),
            ("", 0),
            ("-1", 0),
            ("+1", 0),
            ("1116 ", 0),
            ("abc", 0),
            ("1116%00", 0),
            ("%ff", 0),
            ("%zz", 0),
            ("%", 0),
            ("%D9%A1", 0),
        ] {
            assert_eq!(group_key(segment), GroupKey::Number(number), "{segment}");
        }
    }

    #[test]
    fn the_default_size_is_a_setting_within_bounds() {
        for (set, default_rpp) in [(0, 1), (8, 8), (20, 20), (25, 25), (26, 25)] {
            let elance = crate::Elance::new(Settings { default_rpp: set, results_as_array: true });
            assert_eq!(elance.settings, Settings { default_rpp, results_as_array: true });
        }
    }
}
