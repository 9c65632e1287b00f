//! Reads the XML of a body: elements, their texts, and nothing that could make a short text long or name another
//! document. A declaration of a document type is refused, so there are no entities but the five of XML itself. Prefixes of
//! names and all attributes but `nil` are passed over.

use std::borrow::Cow;

/// How deep elements may nest: a list, an entry, a field, and an object in it, with room to spare.
const MAX_LEVELS: usize = 8;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// The name without its prefix.
    pub(crate) name: String,
    /// Whether it says that it is none (`i:nil="true"`).
    pub(crate) nil: bool,
    /// The text in it; blank when there are elements in it.
    pub(crate) text: String,
    /// The elements in it.
    pub(crate) children: Vec<Element>,
}

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, in bytes from 0.
    pub(crate) at: usize,
    /// What is wrong, to be read behind "XML that".
    pub(crate) text: &'static str,
}

/// The one element that a document consists of. Takes time in proportion to its length.
pub(crate) fn parse(document: &str) -> Result<Element, Problem> {
    let mut reader = Reader { text: document, at: 0 };
    reader.pass_over()?;
    let root = reader.element(0)?;
    reader.pass_over()?;
    if reader.rest().is_empty() { Ok(root) } else { Err(reader.problem("goes on behind its end")) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    const fn problem(&self, text: &'static str) -> Problem {
        Problem { at: self.at, text }
    }

    /// Takes `expected`, if it comes next.
    fn take(&mut self, expected: &str) -> bool {
        let comes = self.rest().starts_with(expected);
        if comes {
            self.at += expected.len();
        }
        comes
    }

    fn need(&mut self, expected: &str, otherwise: &'static str) -> Result<(), Problem> {
        if self.take(expected) { Ok(()) } else { Err(self.problem(otherwise)) }
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// What stands before `end`, which is taken too.
    fn until(&mut self, end: &str, otherwise: &'static str) -> Result<&'a str, Problem> {
        let (inside, _) = self.rest().split_once(end).ok_or_else(|| self.problem(otherwise))?;
        self.at += inside.len() + end.len();
        Ok(inside)
    }

    /// Passes over blanks, comments and instructions.
    fn pass_over(&mut self) -> Result<(), Problem> {
        loop {
            self.blanks();
            if !self.comment()? {
                return Ok(());
            }
        }
    }

    /// Takes a comment or an instruction, if one comes next.
    fn comment(&mut self) -> Result<bool, Problem> {
        if self.take("<!--") {
            self.until("-->", "has a comment without an end")?;
        } else if self.take("<?") {
            self.until("?>", "has an instruction without an end")?;
        } else if self.rest().starts_with("<!DOCTYPE") {
            return Err(self.problem("declares a document type, which is not allowed"));
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn name(&mut self) -> Result<&'a str, Problem> {
        let rest = self.rest();
        let legal = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        let name = rest.find(|c| !legal(c)).map_or(rest, |end| &rest[..end]);
        if name.is_empty() || name.starts_with(|c: char| c.is_numeric() || matches!(c, '-' | '.')) {
            return Err(self.problem("needs a name here"));
        }
        self.at += name.len();
        Ok(name)
    }

    fn element(&mut self, level: usize) -> Result<Element, Problem> {
        if level == MAX_LEVELS {
            return Err(self.problem("has elements too deep inside others"));
        }
        self.need("<", "needs an element here")?;
        let name = self.name()?;
        let mut element = Element { name: local(name).to_owned(), ..Element::default() };
        loop {
            self.blanks();
            if self.take("/>") {
                return Ok(element);
            }
            if self.take(">") {
                break;
            }
            let (attribute, value) = self.attribute()?;
            element.nil |= local(attribute) == "nil" && matches!(value.as_str(), "true" | "1");
        }
        self.inside(&mut element, level)?;
        if self.name()? != name {
            return Err(self.problem("ends another element than it began"));
        }
        self.blanks();
        self.need(">", "has an end of an element without '>'")?;
        Ok(element)
    }

    fn attribute(&mut self) -> Result<(&'a str, String), Problem> {
        let name = self.name()?;
        self.blanks();
        self.need("=", "has an attribute without a value")?;
        self.blanks();
        let quote = ["\"", "'"].into_iter().find(|quote| self.take(quote));
        let quote = quote.ok_or_else(|| self.problem("has a value without quotes"))?;
        let from = self.at;
        let raw = self.until(quote, "has a value without an end")?;
        Ok((name, unescaped(raw, from)?))
    }

    /// All up to the name in the end of the element.
    fn inside(&mut self, element: &mut Element, level: usize) -> Result<(), Problem> {
        loop {
            let from = self.at;
            let rest = self.rest();
            let raw = rest.find('<').map(|end| &rest[..end]).ok_or_else(|| self.problem("ends inside an element"))?;
            self.at += raw.len();
            element.text.push_str(&unescaped(raw, from)?);
            if self.take("</") {
                break;
            } else if self.take("<![CDATA[") {
                element.text.push_str(&lines(self.until("]]>", "has a CDATA section without an end")?));
            } else if !self.comment()? {
                element.children.push(self.element(level + 1)?);
            }
        }
        if element.children.is_empty() || element.text.trim().is_empty() {
            Ok(())
        } else {
            Err(self.problem("has text beside elements"))
        }
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The text that `raw`, which stands at `from`, means.
fn unescaped(raw: &str, from: usize) -> Result<String, Problem> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, behind)) = rest.split_once('&') {
        let at = from + raw.len() - behind.len() - 1;
        let wrong = Problem { at, text: "has an ampersand that begins no known character" };
        text.push_str(&lines(before));
        let (name, behind) = behind.split_once(';').ok_or(wrong)?;
        text.push(character(name).ok_or(wrong)?);
        rest = behind;
    }
    text.push_str(&lines(rest));
    Ok(text)
}

/// An end of a line is one character for a reader of XML, however it is written.
fn lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

/// The character of a reference.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let number = name.strip_prefix('#')?;
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    let code = digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, radix).ok())??;
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaf(name: &str, text: &str) -> Element {
        Element { name: name.into(), text: text.into(), ..Element::default() }
    }

    #[test]
    fn elements_are_read() {
        let document = "\u{20}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- a > b -->\r\n\
            <g:Group xmlns:g='urn:x' xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\">\r\n\
            <g:Name >A &amp; B &#x1F600;&#10;<![CDATA[<c>]]><!-- no -->&quot;</g:Name >\
            <Email i:nil=\"true\" /><Description></Description><Responsible><Id>7</Id></Responsible>\n\
            </g:Group >\n<!--end-->";
        let root = parse(document).expect("sound");
        assert_eq!((root.name.as_str(), root.text.trim(), root.nil), ("Group", "", false));
        let expected = [
            leaf("Name", "A & B \u{1f600}\n<c>\""),
            Element { nil: true, ..leaf("Email", "") },
            leaf("Description", ""),
            Element { children: vec![leaf("Id", "7")], ..leaf("Responsible", "") },
        ];
        assert_eq!(root.children, expected);
        assert_eq!(parse("<a>x\r\ny\rz</a>"), Ok(leaf("a", "x\ny\nz")));
        assert_eq!(parse("<a b='&lt;'/>"), Ok(leaf("a", "")));
    }

    #[test]
    fn anything_else_is_refused_where_it_is_wrong() {
        for (document, at) in [
            ("", 0),
            ("Name", 0),
            ("<>", 1),
            ("<1/>", 1),
            ("<a", 2),
            ("<a>", 3),
            ("<a>x", 3),
            ("<a></b>", 6),
            ("<a></a", 6),
            ("<a/><b/>", 4),
            ("<a/>x", 4),
            ("<a b>", 4),
            ("<a b=c/>", 5),
            ("<a b='c/>", 6),
            ("<a>&nbsp;</a>", 3),
            ("<a>x &amp</a>", 5),
            ("<a>&#xD800;</a>", 3),
            ("<a>&#;</a>", 3),
            ("<a>&#+65;</a>", 3),
            ("<a>x<b/></a>", 10),
            ("<!-- ", 4),
            ("<a><![CDATA[</a>", 12),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", 0),
            ("<a><!DOCTYPE b></a>", 3),
        ] {
            assert_eq!(parse(document).map_err(|problem| problem.at), Err(at), "{document}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[\u{20}-\u{d7ff}\r\n\t\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]{0,40}") {
            let mut document = Vec::new();
            crate::render::element(&mut document, "Name", &text);
            let document = String::from_utf8(document).expect("UTF-8");
            prop_assert_eq!(parse(&document), Ok(leaf("Name", &text)));
        }

        #[test]
        fn any_text_is_read_or_refused(pieces in prop::collection::vec(prop::sample::select(vec![
            "<", ">", "/", "a", "</a>", "<a>", "<a b='", "'", "\"", "&", "amp;", "#x41;", "<!--", "-->", "<![CDATA[", "]]>",
            "<?", "?>", " ", "\r", "é", ":", "=", "<!DOCTYPE",
        ]), 0..24)) {
            let document = pieces.concat();
            if let Err(problem) = parse(&document) {
                prop_assert!(problem.at <= document.len());
            }
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| "<a>".repeat(levels) + &"</a>".repeat(levels);
        assert!(parse(&nested(MAX_LEVELS)).is_ok());
        assert!(parse(&nested(MAX_LEVELS + 1)).is_err());
        assert!(parse(&"<a>".repeat(300_000)).is_err());
    }
}
