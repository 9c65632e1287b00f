//! Cuts a filter into symbols, one at a time, so that reading stops where the first fault is found.

use super::{Problem, Steps};
use crate::words::quoted;
use uuid::Uuid;

/// Words that mean something between operands. They stand between blanks or parentheses.
const KEYWORDS: [&str; 10] = ["and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le", "in"];
/// Length of a GUID as printed, with its hyphens.
const GUID: usize = 36;

/// A symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Symbol<'a> {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// A keyword, a name, or one of `true`, `false`, `null`.
    Word(&'a str),
    /// A text literal, its doubled apostrophes read.
    Text(String),
    /// A GUID literal, bare or as `guid'…'`.
    Guid(Uuid),
    /// An integer literal.
    Integer(i64),
    /// The end of the filter.
    End,
}

/// Cuts symbols off a filter.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    pub(super) steps: Steps,
}

/// Whether `word` is a keyword.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, steps: Steps::default() }
    }

    /// The next symbol, and the byte at which it begins.
    pub(super) fn next(&mut self) -> Result<(Symbol<'a>, usize), Problem> {
        while self.peek().is_some_and(is_blank) {
            self.bump();
        }
        let at = self.at;
        let symbol = match self.peek() {
            None => Symbol::End,
            Some(b'(') => self.single(Symbol::Open),
            Some(b')') => self.single(Symbol::Close),
            Some(b',') => self.single(Symbol::Comma),
            Some(b'\'') => {
                let text = self.quoted_text()?;
                self.boundary("a literal")?;
                Symbol::Text(text)
            }
            Some(b'-') => self.integer()?,
            Some(byte) if is_word(byte) => match self.bare_guid() {
                Some(guid) => Symbol::Guid(guid),
                None if byte.is_ascii_digit() => self.integer()?,
                None => self.word()?,
            },
            Some(_) => return Err(self.stray()),
        };
        Ok((symbol, at))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn bump(&mut self) {
        self.at += 1;
        self.steps.bytes += 1;
    }

    fn single(&mut self, symbol: Symbol<'a>) -> Symbol<'a> {
        self.bump();
        symbol
    }

    /// A character that begins no symbol.
    fn stray(&self) -> Problem {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
        match found {
            '%' => Problem::syntax(self.at, "has a percent sign outside a literal; it seems to be encoded twice"),
            '"' => Problem::syntax(self.at, "has a double quote outside a literal; texts stand between apostrophes"),
            _ => Problem::syntax(
                self.at,
                format!("has an unexpected character{}", quoted(found.encode_utf8(&mut [0; 4]))),
            ),
        }
    }

    /// Makes sure that the symbol just read ends here and is not glued to another.
    fn boundary(&self, what: &str) -> Result<(), Problem> {
        match self.peek() {
            Some(byte) if is_word(byte) || matches!(byte, b'\'' | b'-') => {
                Err(Problem::syntax(self.at, format!("has something glued to {what}; a blank is missing")))
            }
            _ => Ok(()),
        }
    }

    /// The inside of a literal, from one apostrophe to the next single one. A backslash is an ordinary character.
    fn quoted_text(&mut self) -> Result<String, Problem> {
        let from = self.at;
        self.bump();
        let mut text = String::new();
        let mut piece = self.at;
        loop {
            match self.peek() {
                None => return Err(Problem::syntax(from, "has a literal without an apostrophe at its end")),
                Some(0) => return Err(Problem::syntax(self.at, "must not hold the character U+0000")),
                Some(b'\'') => {
                    text.push_str(self.text.get(piece..self.at).unwrap_or_default());
                    self.bump();
                    if self.peek() != Some(b'\'') {
                        return Ok(text);
                    }
                    // The second of two apostrophes is the first byte of the next piece.
                    piece = self.at;
                    self.bump();
                }
                Some(_) => self.bump(),
            }
        }
    }

    /// A GUID without quotes, if one begins here.
    fn bare_guid(&mut self) -> Option<Uuid> {
        let bytes = self.text.as_bytes();
        // Looking at one hyphen first keeps the look-ahead from being counted for every word.
        if bytes.get(self.at + 8) != Some(&b'-') {
            return None;
        }
        self.steps.bytes += GUID;
        let guid = Uuid::try_parse_ascii(bytes.get(self.at..self.at + GUID)?).ok()?;
        let glued = bytes.get(self.at + GUID).is_some_and(|b| is_word(*b) || matches!(b, b'-' | b'\''));
        if glued {
            return None;
        }
        self.at += GUID;
        Some(guid)
    }

    fn integer(&mut self) -> Result<Symbol<'a>, Problem> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.bump();
        }
        let digits = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.bump();
        }
        if digits == self.at {
            return Err(Problem::syntax(from, "has a minus sign without digits behind it"));
        }
        if self.peek() == Some(b'.') {
            return Err(Problem::value(from, "has a number that is not whole"));
        }
        self.boundary("a number")?;
        let value = self.text.get(from..self.at).and_then(|text| text.parse().ok());
        value.map(Symbol::Integer).ok_or_else(|| Problem::value(from, "has a number beyond 64 bits"))
    }

    fn word(&mut self) -> Result<Symbol<'a>, Problem> {
        let from = self.at;
        while self.peek().is_some_and(is_word) {
            self.bump();
        }
        let word = self.text.get(from..self.at).unwrap_or_default();
        if is_keyword(word) {
            return match self.peek() {
                None | Some(b'(' | b')') => Ok(Symbol::Word(word)),
                Some(byte) if is_blank(byte) => Ok(Symbol::Word(word)),
                Some(_) => Err(Problem::syntax(self.at, format!("needs a blank behind '{word}'"))),
            };
        }
        match self.peek() {
            Some(b'\'') if word == "guid" => {
                let text = self.quoted_text()?;
                self.boundary("a literal")?;
                guid(&text)
                    .map(Symbol::Guid)
                    .ok_or_else(|| Problem::value(from, "has a guid literal that is not a GUID"))
            }
            Some(b'\'') => Err(Problem::unsupported(from, "has a literal of a kind that no field has")),
            _ => Ok(Symbol::Word(word)),
        }
    }
}

/// Reads a GUID in the printed form: 36 characters, hexadecimal digits of either case and hyphens.
pub(crate) fn guid(text: &str) -> Option<Uuid> {
    if text.len() == GUID { Uuid::try_parse(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<Symbol<'_>>, Problem> {
        let mut lexer = Lexer::new(text);
        let mut symbols = Vec::new();
        loop {
            match lexer.next()?.0 {
                Symbol::End => return Ok(symbols),
                symbol => symbols.push(symbol),
            }
        }
    }

    #[test]
    fn symbols_are_cut() {
        let guid = Uuid::from_u128(0x6fe49ce4_56d4_475f_9483_1adca6b2976c);
        let text =
            " not(Id\teq guid'6FE49CE4-56d4-475f-9483-1adca6b2976c',6fe49ce4-56d4-475f-9483-1adca6b2976c -5 'O''B\\n')";
        let expected = [
            Symbol::Word("not"),
            Symbol::Open,
            Symbol::Word("Id"),
            Symbol::Word("eq"),
            Symbol::Guid(guid),
            Symbol::Comma,
            Symbol::Guid(guid),
            Symbol::Integer(-5),
            Symbol::Text("O'B\\n".into()),
            Symbol::Close,
        ];
        assert_eq!(all(text), Ok(expected.to_vec()));
        assert_eq!(all("'''' ''"), Ok(vec![Symbol::Text("'".into()), Symbol::Text(String::new())]));
        assert_eq!(all("not_e notes"), Ok(vec![Symbol::Word("not_e"), Symbol::Word("notes")]));
    }

    #[test]
    fn faults_are_found_where_they_are() {
        for (text, at) in [
            ("'a'eq", 3),
            ("a eq'b'", 4),
            ("a eq-5", 4),
            ("5a", 1),
            ("1.5", 0),
            ("9223372036854775808", 0),
            ("-", 0),
            ("a 'b", 2),
            ("guid'12'", 0),
            ("datetime'2020-01-01'", 0),
            ("a[b", 1),
            ("a%28", 1),
            ("é", 0),
            ("\"a\"", 0),
            ("6fe49ce4-56d4-475f-9483-1adca6b2976cc", 1),
        ] {
            assert_eq!(all(text).map_err(|p| p.at), Err(at), "{text}");
        }
    }

    #[test]
    fn integers_reach_the_ends_of_64_bits() {
        assert_eq!(all("-9223372036854775808"), Ok(vec![Symbol::Integer(i64::MIN)]));
        assert_eq!(all("0009223372036854775807"), Ok(vec![Symbol::Integer(i64::MAX)]));
    }
}
