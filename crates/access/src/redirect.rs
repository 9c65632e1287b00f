//! Addresses to which a client may have a browser sent.

use url::Url;

/// An address that is none to which a browser may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRedirectUri {
    /// No absolute http or https address.
    #[error("must be an absolute address that begins with http:// or https://")]
    NotAbsolute,
    /// It has a fragment, in which RFC 6749 (3.1.2) forbids it to end.
    #[error("must have no fragment")]
    Fragment,
    /// It has a name or password for the host.
    #[error("must hold no name and no password")]
    Userinfo,
    /// It has a blank, a control character, a backslash, a quotation mark or what is not ASCII.
    #[error("must hold ASCII characters only, no blanks, quotation marks, backslashes or control characters")]
    Character,
    /// It is longer than 2,048 bytes.
    #[error("must have at most 2048 bytes")]
    Long,
}

/// Judges an address at which a client wants browsers to arrive (RFC 6749, 3.1.2; RFC 9700, 4.1).
///
/// What passes is kept and compared as it was written, byte by byte. Plain http is taken for every host, since the
/// clients of the time have such addresses; whoever registers one takes the risk that the code is read on its way, which
/// is why a code is of no use without the client's secret.
pub fn check_redirect_uri(text: &str) -> Result<(), BadRedirectUri> {
    if text.len() > 2_048 {
        return Err(BadRedirectUri::Long);
    }
    let strange =
        |b: u8| !b.is_ascii_graphic() || matches!(b, b'\\' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'^' | b'|');
    if text.bytes().any(strange) {
        return Err(BadRedirectUri::Character);
    }
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    // Parsing forgives missing slashes, which a browser may take for a path.
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return Err(BadRedirectUri::NotAbsolute);
    }
    let url = Url::parse(text).map_err(|_| BadRedirectUri::NotAbsolute)?;
    if text.contains('#') {
        return Err(BadRedirectUri::Fragment);
    }
    let authority = text.split('/').nth(2).unwrap_or_default();
    let authority = authority.split('?').next().unwrap_or_default();
    if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(BadRedirectUri::Userinfo);
    }
    if authority.is_empty() || url.host_str().is_none_or(str::is_empty) {
        return Err(BadRedirectUri::NotAbsolute);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_taken() {
        for good in [
            "https://app.example/callback",
            "http://localhost:3000/connect/elance/callback",
            "http://legacy.example/cb?from=elance&x=%20",
            "https://[::1]:8443/",
            "HTTPS://app.example",
        ] {
            assert_eq!(check_redirect_uri(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", BadRedirectUri::NotAbsolute),
            ("/callback", BadRedirectUri::NotAbsolute),
            ("//evil.example", BadRedirectUri::NotAbsolute),
            ("https:app.example", BadRedirectUri::NotAbsolute),
            ("https:///app.example", BadRedirectUri::NotAbsolute),
            ("http://", BadRedirectUri::NotAbsolute),
            ("http://a.example:99999/", BadRedirectUri::NotAbsolute),
            ("javascript:alert(1)//http://", BadRedirectUri::NotAbsolute),
            ("data:text/html,x", BadRedirectUri::NotAbsolute),
            ("myapp://callback", BadRedirectUri::NotAbsolute),
            ("https://app.example/#token", BadRedirectUri::Fragment),
            ("https://app.example/#", BadRedirectUri::Fragment),
            ("https://good.example@evil.example/", BadRedirectUri::Userinfo),
            ("https://@evil.example/", BadRedirectUri::Userinfo),
            ("https://app.example/\r\nSet-Cookie:x", BadRedirectUri::Character),
            ("https://app.example/a b", BadRedirectUri::Character),
            ("https://app.example\\@evil.example/", BadRedirectUri::Character),
            ("https://äpp.example/", BadRedirectUri::Character),
            ("https://app.example/\"x", BadRedirectUri::Character),
        ] {
            assert_eq!(check_redirect_uri(bad), Err(why), "{bad:?}");
        }
        assert_eq!(check_redirect_uri(&format!("https://a.example/{}", "x".repeat(2_048))), Err(BadRedirectUri::Long));
    }
}
