//! Members as JSON and XML, straight from rows to bytes.

use crate::format::Format;
use dialect::json;
use membership::{AccountStatus, PersonView, Rows};

/// About what a member takes up, in bytes, so that a page grows its buffer once.
const USUAL_ROW: usize = 320;

/// A list of members.
pub(crate) fn members(format: Format, rows: &dyn Rows) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + rows.len() * USUAL_ROW);
    match format {
        Format::Json => {
            out.push(b'[');
            let mut first = true;
            rows.each(&mut |row| {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                json_member(&mut out, &row.person);
            });
            out.push(b']');
        }
        Format::Xml => {
            out.extend_from_slice(b"<ArrayOfMember>");
            rows.each(&mut |row| xml_member(&mut out, &row.person));
            out.extend_from_slice(b"</ArrayOfMember>");
        }
    }
    out
}

/// One member as JSON. Nothing of the group is in it.
fn json_member(out: &mut Vec<u8>, person: &PersonView<'_>) {
    let mut object = json::Object::begin(out);
    let id = object.key("Id");
    id.push(b'"');
    id.extend_from_slice(person.id.hyphenated().encode_lower(&mut [0; 36]).as_bytes());
    id.push(b'"');
    object
        .string("Name", person.name)
        .string("Description", person.description)
        .string("Email", person.email)
        .string("Phone", person.phone)
        .string("AdditionalInformation", person.additional_information)
        .string("Login", person.login)
        .string("Status", status(person.account_status));
    object.end();
}

/// One member as XML, with the same names.
fn xml_member(out: &mut Vec<u8>, person: &PersonView<'_>) {
    out.extend_from_slice(b"<Member>");
    element(out, "Id", person.id.hyphenated().encode_lower(&mut [0; 36]));
    element(out, "Name", person.name);
    element(out, "Description", person.description);
    element(out, "Email", person.email);
    element(out, "Phone", person.phone);
    element(out, "AdditionalInformation", person.additional_information);
    element(out, "Login", person.login);
    element(out, "Status", status(person.account_status));
    out.extend_from_slice(b"</Member>");
}

/// The dialect's word for an account status.
const fn status(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "Active",
        AccountStatus::NoAccess => "NoAccess",
        AccountStatus::Blocked => "Blocked",
    }
}

/// Appends an element that holds `text` and nothing else.
pub(crate) fn element(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
    escaped(out, text);
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

/// Appends `text` so that a reader of XML 1.0 gets it back. The few characters that XML cannot hold in any form become
/// U+FFFD. A carriage return is written as a reference, since a reader would turn it into a line feed.
fn escaped(out: &mut Vec<u8>, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\r' => out.extend_from_slice(b"&#13;"),
            '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'.. => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => out.extend_from_slice("\u{fffd}".as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_no_forbidden_character() {
        let mut out = Vec::new();
        element(&mut out, "Name", "<a&b>\"'\r\n\t\u{0}\u{b}\u{1f}\u{7f}\u{fffe}\u{ffff}é\u{1f600}");
        let expected =
            "<Name>&lt;a&amp;b&gt;&quot;'&#13;\n\t\u{fffd}\u{fffd}\u{fffd}\u{7f}\u{fffd}\u{fffd}é\u{1f600}</Name>";
        assert_eq!(String::from_utf8(out).as_deref(), Ok(expected));
    }
}
