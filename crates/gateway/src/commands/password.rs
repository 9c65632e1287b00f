//! Reading a password: without echo from a terminal, or all of stdin.

use access::check_password;
use anyhow::{Context, bail};
use std::io::{IsTerminal, Read};

/// More bytes than any password has.
const MOST: u64 = 2_048;

/// Reads a new password and judges it. A terminal is asked twice; from anything else one line end is cut.
pub(super) fn read() -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    let password = if stdin.is_terminal() {
        let password = rpassword::prompt_password("Password: ").context("cannot read the password")?;
        if rpassword::prompt_password("Again: ").context("cannot read the password")? != password {
            bail!("the two are not the same");
        }
        password
    } else {
        of(stdin.lock())?
    };
    check_password(&password)?;
    Ok(password)
}

fn of(input: impl Read) -> anyhow::Result<String> {
    let mut text = String::new();
    input.take(MOST).read_to_string(&mut text).context("cannot read the password")?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_cut() {
        for (input, password) in
            [("a b ", "a b "), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("", ""), ("\n", "")]
        {
            assert_eq!(of(input.as_bytes()).expect("read"), password);
        }
        assert!(of(&b"\xff"[..]).is_err());
        assert_eq!(of(&[b'x'; 5_000][..]).expect("read").len() as u64, MOST, "there is a bound");
    }
}
