//! Text that others wrote, made fit for a terminal or a log.

use std::borrow::Cow;

/// The text with everything escaped that would not stay where it is printed: control characters, which may move the
/// cursor or begin another line, and the marks that turn the direction of what follows.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    // Nearly everything is of this kind.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let unfit = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let escaped = text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if unfit(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        out
    });
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_is_escaped() {
        for (text, printed) in [
            ("Zoë O'Brien \\ \"x\" 日本", "Zoë O'Brien \\ \"x\" 日本"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[31mred\u{9b}0m\0\u{7f}", "\\u{1b}[31mred\\u{9b}0m\\u{0}\\u{7f}"),
            ("a\u{202e}b\u{2028}c", "a\\u{202e}b\\u{2028}c"),
        ] {
            assert_eq!(printable(text), printed);
        }
    }
}
