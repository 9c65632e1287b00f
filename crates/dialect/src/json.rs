//! Writing JSON by appending bytes. A renderer writes straight from rows; there is no tree in between.

use std::io::Write;

/// Appends a JSON string.
#[inline]
pub fn string(out: &mut Vec<u8>, text: &str) {
    if must_be_escaped(text.as_bytes()) {
        // Writing a text into memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, text);
    } else {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// Whether any byte is one that a JSON string cannot hold as it is.
///
/// Sixteen bytes are looked at in one step, which takes a fraction of the time of looking at one after the other; the
/// last step may look at some a second time. Few texts hold any such byte, so none of the steps ends early.
#[inline]
fn must_be_escaped(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk::<16>() {
        let (chunks, _) = text.as_chunks::<16>();
        chunks.iter().fold(escapes(last), |found, chunk| found | escapes(chunk))
    } else if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        escapes(first) | escapes(last)
    } else {
        escapes(text)
    }
}

#[inline]
fn escapes<B: AsRef<[u8]> + ?Sized>(bytes: &B) -> bool {
    bytes.as_ref().iter().fold(false, |found, byte| found | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\'))
}

/// Appends an integer.
pub fn integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends an integer as a JSON string.
pub fn digits(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.push(b'"');
    integer(out, value);
    out.push(b'"');
}

/// Appends something printable as a JSON string. What it prints must need no escaping (numbers, dates, UUIDs).
pub fn plain(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    let _ = write!(out, "\"{value}\"");
}

/// Appends the members of one JSON object, with the commas between them.
///
/// ```
/// let mut out = Vec::new();
/// let mut object = dialect::json::Object::begin(&mut out);
/// object.string("name", "O\"Brien").integer("page", 2);
/// object.end();
/// assert_eq!(out, br#"{"name":"O\"Brien","page":2}"#);
/// ```
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    /// Begins an object.
    #[inline]
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Appends a key, which must need no escaping, and gives the place for its value.
    #[inline]
    pub fn key(&mut self, name: &'static str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A text.
    #[inline]
    pub fn string(&mut self, name: &'static str, text: &str) -> &mut Self {
        string(self.key(name), text);
        self
    }

    /// A text, left out when it is empty.
    #[inline]
    pub fn string_if(&mut self, name: &'static str, text: &str) -> &mut Self {
        if text.is_empty() { self } else { self.string(name, text) }
    }

    /// An integer.
    pub fn integer(&mut self, name: &'static str, value: impl itoa::Integer) -> &mut Self {
        integer(self.key(name), value);
        self
    }

    /// An integer as a string.
    pub fn digits(&mut self, name: &'static str, value: impl itoa::Integer) -> &mut Self {
        digits(self.key(name), value);
        self
    }

    /// A printable value as a string, see [`plain`].
    pub fn plain(&mut self, name: &'static str, value: impl std::fmt::Display) -> &mut Self {
        plain(self.key(name), value);
        self
    }

    /// JSON text as it is, left out when empty.
    pub fn raw_if(&mut self, name: &'static str, json: &str) -> &mut Self {
        if !json.is_empty() {
            self.key(name).extend_from_slice(json.as_bytes());
        }
        self
    }

    /// Ends the object.
    pub fn end(&mut self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_those_of_the_library() {
        for code in (0..=0x100).chain([0x2028, 0xfffd, 0x1f600]) {
            let Some(c) = char::from_u32(code) else { continue };
            // At every place of texts that are shorter than a step of the search, as long as some, and between.
            for length in 0..40 {
                for at in 0..=length {
                    let text = format!("{}{c}{}", &"a".repeat(at), &"b".repeat(length - at));
                    let mut out = Vec::new();
                    string(&mut out, &text);
                    assert_eq!(out, serde_json::to_vec(&text).expect("JSON"), "{code:x} in {text:?}");
                }
            }
        }
    }
}
