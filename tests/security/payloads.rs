//! What is put where a value is expected.

/// What breaks out of a value of SQL, LIKE, JSON, XML, a header, a path or a template, where one is put together from
/// pieces.
pub const PAYLOADS: &[&str] = &[
    "'",
    "\"",
    "' OR '1'='1",
    "' OR 1=1 --",
    "\" OR \"\"=\"",
    "1 OR 1=1",
    "1; DROP TABLE persons; --",
    "'; DROP TABLE memberships; --",
    "'); DELETE FROM changes; --",
    "1 UNION SELECT secret FROM credentials",
    "' UNION SELECT login, secret FROM credentials --",
    "1' AND pg_sleep(9) --",
    "randomblob(1000000000)",
    "%",
    "%%%_",
    "\\",
    "\\' OR 1=1 --",
    "*) (|(uid=*",
    "{\"$ne\":null}",
    "{\"a\":{\"b\":[[[[1]]]]}}",
    "</Group><Group>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>",
    "<script>alert(1)</script>",
    "x\r\nSet-Cookie: a=b\r\n\r\n",
    "x\u{0}y",
    "../../../../etc/passwd",
    "..%2f..%2fadmin",
    "${jndi:ldap://127.0.0.1/x}",
    "{{7*7}}",
    "$(id)",
    "-1",
    "0",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999999",
    "1e309",
    "NaN",
    "null",
    "true",
    "[]",
    "\u{202e}\u{feff}\u{ffff}",
    "Name eq 'a' or true",
    "Name eq 'a'') or 1 eq 1",
    "tolower(Name) eq tolower('x') or 1 eq 1",
];

/// Every byte that is no plain letter or digit, percent-encoded.
pub fn encoded(text: &str) -> String {
    let one =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// As a value of a field of the header, if it can be one.
pub fn in_header(text: &str) -> Option<&str> {
    text.bytes().all(|byte| (b' '..0x7f).contains(&byte)).then_some(text)
}
