//! Which words of a client may be repeated to it.

/// The longest piece of input that an error repeats, in bytes.
const LONGEST: usize = 64;

/// `input` between quotes, with a blank in front, or nothing when it must not be repeated.
///
/// The vendor's own client signs its user out when a reply holds the word "token", and takes one with "Bad Request" for
/// a broken server. So input that holds either is never repeated; an error then names only the position. Long input
/// and control characters are not repeated because nobody could read them.
pub(crate) fn quoted(input: &str) -> String {
    let printable = input.len() <= LONGEST && !input.chars().any(char::is_control);
    if printable && harmless(input) { format!(" '{input}'") } else { String::new() }
}

/// Whether a real client would take `text` for what it says and nothing else.
pub(crate) fn harmless(text: &str) -> bool {
    let lowered = text.to_ascii_lowercase();
    !lowered.contains("token") && !lowered.contains("bad request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_input_is_repeated() {
        assert_eq!(quoted("Nmae"), " 'Nmae'");
        for input in ["xToKenx", "a BAD request", "a\nb", &"x".repeat(65)] {
            assert_eq!(quoted(input), "", "{input}");
        }
    }
}
