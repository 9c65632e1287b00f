//! A request through a dialect and the core, without a server.

use dialect::{Core, Dialect, Headers, Method, Parsed, Reply, Request, answer};
use std::net::IpAddr;

/// The fields of a header, with names in any case, and from where they come.
struct Fields<'a>(&'a [(&'a str, &'a str)], Option<IpAddr>);

impl Headers for Fields<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    fn client_address(&self) -> Option<IpAddr> {
        self.1
    }

    fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).count() > 1
    }
}

/// Takes a request through all steps: match, parse, authorize, run, render, finish. `target` is path and query as in
/// the first line of a request.
///
/// # Panics
/// When no mount of the dialect holds the path: a server would never hand it such a request.
pub fn exchange(
    dialect: &dyn Dialect,
    core: Core<'_>,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    exchange_below("", dialect, core, method, target, headers, body)
}

/// The same for a dialect mounted below a prefix, which `target` begins with.
///
/// # Panics
/// When `target` does not begin with the prefix, or no mount of the dialect holds the path.
pub fn exchange_below(
    prefix: &str,
    dialect: &dyn Dialect,
    core: Core<'_>,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    let request = Asked { prefix, address: None, method, target, headers, body };
    run(dialect, core, &request)
}

/// The same as [`exchange`], from this address.
pub(crate) fn exchange_at(
    address: Option<IpAddr>,
    dialect: &dyn Dialect,
    core: Core<'_>,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    run(dialect, core, &Asked { prefix: "", address, method, target, headers, body })
}

struct Asked<'a> {
    prefix: &'a str,
    address: Option<IpAddr>,
    method: &'a str,
    target: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
}

fn run(dialect: &dyn Dialect, core: Core<'_>, asked: &Asked<'_>) -> Reply {
    let Asked { prefix, address, method, target, headers, body } = *asked;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_prefix(prefix).unwrap_or_else(|| panic!("{path} is not below {prefix}"));
    assert!(dialect.mounts().iter().any(|mount| mount.holds(path)), "{} does not lie at {path}", dialect.name());
    let request =
        Request { method: Method::from_name(method), path, query, prefix, headers: &Fields(headers, address), body };
    let outcome = match dialect.parse(&request) {
        Ok(Parsed::Call(call)) => answer(core, dialect.name(), &call),
        Ok(Parsed::Reply(reply)) => Ok(reply),
        Err(refusal) => Err(refusal),
    };
    let mut reply = outcome.unwrap_or_else(|refusal| dialect.refuse(&request, &refusal));
    dialect.finish(&request, &mut reply);
    reply
}
