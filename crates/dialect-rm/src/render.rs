//! Rows as JSON and XML, straight to bytes. The names of the XML elements are those that the manual gives the types, but
//! for `Member`, which is ours.

use crate::format::Format;
use crate::members::SHOWN;
use dialect::json;
use membership::{AccountStatus, Encoder, GroupEntry, Person, PersonView, Rows};
use uuid::Uuid;

/// About what a row takes up, in bytes, so that a page grows its buffer once.
const USUAL_ROW: usize = 320;

/// What rows are called in XML.
const MEMBER: &str = "Member";
const PEOPLE: &str = "People";
const GROUP: &str = "Group";

/// A member in JSON, as which it may be kept ready-made.
const JSON: Encoder =
    Encoder { name: "rm", fields: SHOWN, write: |person, out| whole_member(Format::Json, person, out) };

/// The same in XML.
const XML: Encoder =
    Encoder { name: "rm in xml", fields: SHOWN, write: |person, out| whole_member(Format::Xml, person, out) };

/// A member, of which nothing comes behind the person. Gives how many bytes that took.
fn whole_member(format: Format, person: &PersonView<'_>, out: &mut Vec<u8>) -> usize {
    let begun = out.len();
    person_row(format, MEMBER, person, out);
    out.len() - begun
}

/// A list of members.
pub(crate) fn members(format: Format, rows: &dyn Rows) -> Vec<u8> {
    let mut list = List::begin(format, MEMBER, rows.len());
    let encoder = match format {
        Format::Json => &JSON,
        Format::Xml => &XML,
    };
    let mut first = true;
    rows.append(encoder, &mut list.out, &mut |out| {
        if format == Format::Json && !std::mem::take(&mut first) {
            out.push(b',');
        }
    });
    list.end()
}

/// A list of people.
pub(crate) fn people(format: Format, rows: &[Person]) -> Vec<u8> {
    let mut list = List::begin(format, PEOPLE, rows.len());
    rows.iter().for_each(|person| list.add(|out| person_row(format, PEOPLE, &person.view(), out)));
    list.end()
}

/// One of the people.
pub(crate) fn person(format: Format, person: &Person) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL_ROW);
    person_row(format, PEOPLE, &person.view(), &mut out);
    out
}

/// A list of groups.
pub(crate) fn groups(format: Format, rows: &[GroupEntry]) -> Vec<u8> {
    let mut list = List::begin(format, GROUP, rows.len());
    rows.iter().for_each(|entry| list.add(|out| group_row(format, entry, out)));
    list.end()
}

/// One group.
pub(crate) fn group(format: Format, entry: &GroupEntry) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL_ROW);
    group_row(format, entry, &mut out);
    out
}

/// The id of a row just made, as a text.
pub(crate) fn id(format: Format, id: Uuid) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    match format {
        Format::Json => json::plain(&mut out, id),
        Format::Xml => element(&mut out, "string", id.hyphenated().encode_lower(&mut [0; 36])),
    }
    out
}

/// A list while it is written.
struct List {
    format: Format,
    name: &'static str,
    out: Vec<u8>,
    first: bool,
}

impl List {
    fn begin(format: Format, name: &'static str, rows: usize) -> Self {
        let mut out = Vec::with_capacity(64 + rows * USUAL_ROW);
        match format {
            Format::Json => out.push(b'['),
            Format::Xml => tag(&mut out, "<ArrayOf", name),
        }
        Self { format, name, out, first: true }
    }

    fn add(&mut self, row: impl FnOnce(&mut Vec<u8>)) {
        if self.format == Format::Json && !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        row(&mut self.out);
    }

    fn end(mut self) -> Vec<u8> {
        match self.format {
            Format::Json => self.out.push(b']'),
            Format::Xml => tag(&mut self.out, "</ArrayOf", self.name),
        }
        self.out
    }
}

/// A person, as a member too. Nothing of a group is in it.
fn person_row(format: Format, name: &str, person: &PersonView<'_>, out: &mut Vec<u8>) {
    let mut id = [0; 36];
    if format == Format::Json {
        // Name by name, so that each key is put together when this is compiled: pages of many rows are made of this.
        json::Object::begin(out)
            .string("Id", person.id.hyphenated().encode_lower(&mut id))
            .string("Name", person.name)
            .string("Description", person.description)
            .string("Email", person.email)
            .string("Phone", person.phone)
            .string("AdditionalInformation", person.additional_information)
            .string("Login", person.login)
            .string("Status", status(person.account_status))
            .end();
        return;
    }
    let fields = [
        ("Id", &*person.id.hyphenated().encode_lower(&mut id)),
        ("Name", person.name),
        ("Description", person.description),
        ("Email", person.email),
        ("Phone", person.phone),
        ("AdditionalInformation", person.additional_information),
        ("Login", person.login),
        ("Status", status(person.account_status)),
    ];
    row(format, name, &fields, out);
}

/// A group. Who is responsible is told by id; nobody is the empty text (our decisions).
fn group_row(format: Format, entry: &GroupEntry, out: &mut Vec<u8>) {
    let (group, owner) = (&entry.group, entry.owner.as_ref().map(|owner| owner.id.to_string()));
    let mut id = [0; 36];
    let fields = [
        ("Id", &*group.id.hyphenated().encode_lower(&mut id)),
        ("Name", &group.name),
        ("Description", &group.description),
        ("Email", &group.email),
        ("AdditionalInformation", &group.additional_information),
        ("Responsible", owner.as_deref().unwrap_or_default()),
    ];
    row(format, GROUP, &fields, out);
}

/// One row: an object, or an element called `name`, with a text in each field.
fn row(format: Format, name: &str, fields: &[(&'static str, &str)], out: &mut Vec<u8>) {
    match format {
        Format::Json => {
            let mut object = json::Object::begin(out);
            for (field, text) in fields {
                object.string(field, text);
            }
            object.end();
        }
        Format::Xml => {
            tag(out, "<", name);
            for (field, text) in fields {
                element(out, field, text);
            }
            tag(out, "</", name);
        }
    }
}

/// The dialect's word for an account status.
pub(crate) const fn status(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "Active",
        AccountStatus::NoAccess => "NoAccess",
        AccountStatus::Blocked => "Blocked",
    }
}

fn tag(out: &mut Vec<u8>, open: &str, name: &str) {
    out.extend_from_slice(open.as_bytes());
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

/// Appends an element that holds `text` and nothing else.
pub(crate) fn element(out: &mut Vec<u8>, name: &str, text: &str) {
    tag(out, "<", name);
    escaped(out, text);
    tag(out, "</", name);
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
