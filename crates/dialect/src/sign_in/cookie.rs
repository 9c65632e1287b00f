//! The one cookie of the pages, and the proof that a form was sent by a page of ours.
//!
//! The cookie holds a secret. Before signing in nobody but the browser keeps it; signing in gives the browser a new one,
//! whose hash the vault keeps with the person, so that nobody can sign somebody else in with a cookie that he has
//! planted. Each form bears a hash of the cookie and of what is asked for. A page of another site can have the form
//! sent, with the cookie, but it cannot read the cookie nor reckon the hash. No gateway needs to remember anything.

use crate::Request;
use access::{NoRandomness, Secret, SecretHash};

/// The name of the cookie where the browser speaks https: it is set by this very host, for it alone, over https alone.
const SECURE: &str = "__Host-rollcall";
/// Its name over plain http, where no browser would take the other.
const PLAIN: &str = "rollcall";
/// How many hexadecimal digits it holds.
const DIGITS: usize = 40;

/// What the cookie of a browser holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cookie(Secret);

impl Cookie {
    /// A new one.
    pub fn new() -> Result<Self, NoRandomness> {
        Secret::hexadecimal(DIGITS / 2).map(Self)
    }

    /// The one that comes with a request.
    pub fn of(request: &Request<'_>, secure: bool) -> Option<Self> {
        let name = if secure { SECURE } else { PLAIN };
        let pairs = request.header("cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(named, _)| *named == name).map(|(_, value)| value);
        let value = values.next()?;
        // Two of one name cannot both be ours, and nobody knows which is.
        let good = values.next().is_none() && value.len() == DIGITS && value.bytes().all(|b| b.is_ascii_hexdigit());
        good.then(|| Self(Secret::presented(value)))
    }

    /// The field `Set-Cookie`. The browser forgets it when it ends.
    pub fn set(&self, secure: bool) -> String {
        let (name, attribute) = if secure { (SECURE, "; Secure") } else { (PLAIN, "") };
        format!("{name}={}; Path=/{attribute}; HttpOnly; SameSite=Lax", self.0.reveal())
    }

    /// By which the vault finds who is signed in.
    pub fn hash(&self) -> SecretHash {
        self.0.hash()
    }

    /// What a form must bear that asks for this.
    pub fn proof(&self, asked: &str) -> SecretHash {
        Secret::presented(format!("form {} {asked}", self.0.reveal())).hash()
    }

    /// Whether this is that. In constant time.
    pub fn is_proven(&self, asked: &str, proof: Option<&str>) -> bool {
        proof.and_then(SecretHash::from_hex).is_some_and(|proof| proof == self.proof(asked))
    }
}

/// Whether the browser says that a page of another site had it send this. Old ones do not say it; the proof is asked
/// for all the same.
pub(super) fn is_from_elsewhere(request: &Request<'_>) -> bool {
    matches!(request.header("sec-fetch-site"), Some("cross-site" | "same-site"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Method;

    fn of(field: &str, secure: bool) -> Option<Cookie> {
        let fields = [("cookie", field)];
        let headers = &fields.as_slice();
        Cookie::of(&Request { method: Method::Get, path: "/", query: "", prefix: "", headers, body: b"" }, secure)
    }

    #[test]
    fn a_cookie_is_found_by_its_name() {
        let value = "0123456789abcdef0123456789abcdef01234567";
        let cookie = Some(Cookie(Secret::presented(value)));
        assert_eq!(of(&format!("a=b; rollcall={value}; c"), false), cookie);
        assert_eq!(of(&format!("rollcall=x; __Host-rollcall={value}"), true), cookie);
        for (field, secure) in [
            (format!("rollcall={value}"), true),
            (format!("__Host-rollcall={value}"), false),
            (format!("Rollcall={value}"), false),
            (format!("rollcall={value}0"), false),
            (format!("rollcall=\"{value}\""), false),
            (format!("rollcall={value}; rollcall={value}"), false),
            ("rollcall".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(of(&field, secure), None, "{field}");
        }
    }

    #[test]
    fn it_is_set_for_this_host_alone() {
        let cookie = Cookie(Secret::presented("ab"));
        assert_eq!(cookie.set(true), "__Host-rollcall=ab; Path=/; Secure; HttpOnly; SameSite=Lax");
        assert_eq!(cookie.set(false), "rollcall=ab; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_proof_is_of_one_cookie_and_one_question() {
        let (cookie, other) = (Cookie::new().expect("random"), Cookie::new().expect("random"));
        let proof = cookie.proof("a").to_hex();
        assert!(cookie.is_proven("a", Some(&proof)));
        assert!(!cookie.is_proven("b", Some(&proof)) && !other.is_proven("a", Some(&proof)));
        let cookies_own = cookie.hash().to_hex();
        for wrong in [None, Some(""), Some(cookies_own.as_str()), proof.get(1..)] {
            assert!(!cookie.is_proven("a", wrong), "{wrong:?}");
        }
    }
}
