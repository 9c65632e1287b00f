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
#[inline]
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

/// The longest key, in bytes, that is appended in one step.
const LONGEST_KEY: usize = 40;

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

    /// Goes on with an object that has members already.
    #[inline]
    pub fn resume(out: &'a mut Vec<u8>) -> Self {
        Self { out, first: false }
    }

    /// Appends a key, which must need no escaping, and gives the place for its value.
    #[inline]
    pub fn key(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.key_and(name, "")
    }

    /// Appends a key and what its value begins with.
    #[inline(always)]
    fn key_and(&mut self, name: &'static str, value: &'static str) -> &mut Vec<u8> {
        let comma = if std::mem::take(&mut self.first) { "" } else { "," };
        // Put together from constants first, which is done when this is compiled, and appended in one step.
        let mut composed = [0; LONGEST_KEY + 8];
        let mut length = 0;
        for piece in [comma, "\"", name, "\":", value] {
            match composed.get_mut(length..length + piece.len()) {
                Some(place) => place.copy_from_slice(piece.as_bytes()),
                None => return self.long_key(comma, name, value),
            }
            length += piece.len();
        }
        self.out.extend_from_slice(composed.get(..length).unwrap_or_default());
        self.out
    }

    #[cold]
    fn long_key(&mut self, comma: &str, name: &str, value: &str) -> &mut Vec<u8> {
        for piece in [comma, "\"", name, "\":", value] {
            self.out.extend_from_slice(piece.as_bytes());
        }
        self.out
    }

    /// A text.
    #[inline(always)]
    pub fn string(&mut self, name: &'static str, text: &str) -> &mut Self {
        if must_be_escaped(text.as_bytes()) {
            string(self.key(name), text);
        } else {
            let out = self.key_and(name, "\"");
            out.extend_from_slice(text.as_bytes());
            out.push(b'"');
        }
        self
    }

    /// A text, left out when it is empty.
    #[inline(always)]
    pub fn string_if(&mut self, name: &'static str, text: &str) -> &mut Self {
        if text.is_empty() { self } else { self.string(name, text) }
    }

    /// An integer.
    #[inline]
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
    #[inline]
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
    fn keys_of_any_length_are_whole() {
        let key: &'static str = "k".repeat(LONGEST_KEY + 8).leak();
        for length in 0..=key.len() {
            let name = &key[..length];
            let mut out = Vec::new();
            let mut object = Object::begin(&mut out);
            object.string(name, "a").string(name, "\n").integer(name, 1).raw_if(name, "[]").string(name, "");
            object.end();
            let expected = format!(r#"{{"{name}":"a","{name}":"\n","{name}":1,"{name}":[],"{name}":""}}"#);
            assert_eq!(String::from_utf8(out).as_deref(), Ok(&*expected));
        }
    }

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
