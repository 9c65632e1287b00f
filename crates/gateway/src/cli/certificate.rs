//! Arguments of `certificate`.

use clap::Args;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// Arguments of `certificate`.
#[derive(Args, Debug)]
#[command(
    after_help = "For development. The certificate is its own authority, so whoever is to trust it must be given \
    it; no other certificate can be made with its key. The key file (mode 0600) stays with the server.\n\nExamples:\n  \
    rollcall certificate --cert cert.pem --key key.pem\n  \
    rollcall certificate --host members.test --host 192.168.0.7 --cert cert.pem --key key.pem\n  \
    rollcall serve --demo --tls-listen 127.0.0.1:8443 --tls-cert cert.pem --tls-key key.pem\n\n\
    Clients take it so:\n  \
    curl --cacert cert.pem https://localhost:8443/v3/groups/supergroup/members\n  \
    NODE_EXTRA_CA_CERTS=cert.pem node client.js\n  \
    SSL_CERT_FILE=cert.pem python3 client.py\n  \
    certutil -d sql:$HOME/.pki/nssdb -A -t P,, -n rollcall -i cert.pem     (Chromium on Linux)"
)]
pub struct CertificateArgs {
    /// Name or IP address that clients call the server by; may be given again. A name may begin with *. for all names
    /// one level below
    #[arg(long = "host", value_name = "NAME", value_parser = host, default_values = ["localhost", "127.0.0.1", "::1"])]
    pub hosts: Vec<Host>,
    /// For how many days it is good, from now on. Some clients refuse certificates of more than 825
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=825))]
    pub days: u16,
    /// File to write the certificate to (PEM)
    #[arg(long, value_name = "FILE")]
    pub cert: PathBuf,
    /// File to write the private key to (PEM, not encrypted)
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Replace files that are there already
    #[arg(long)]
    pub force: bool,
}

/// What a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name of the domain name system, in lower case; may begin with `*.`.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// Reads an address (an IPv6 one with or without brackets) or a name by the rules of RFC 1123.
fn host(text: &str) -> Result<Host, String> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).filter(|t| t.contains(':')).unwrap_or(text);
    if let Ok(address) = bare.parse() {
        return Ok(Host::Address(address));
    }
    if !text.is_ascii() {
        return Err("a name in other than ASCII letters is written in its xn-- form".to_owned());
    }
    let labels = text.strip_prefix("*.").unwrap_or(text);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits belongs to an address, so what has one and is no address is a slip.
    let is_number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    if text.len() > 253 || !labels.split('.').all(is_label) || labels.rsplit('.').next().is_some_and(is_number) {
        return Err("must be a name like members.test or *.members.test, or an IP address; without port".to_owned());
    }
    Ok(Host::Name(text.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses() {
        for (text, read) in [
            ("localhost", "localhost"),
            ("Members.Test", "members.test"),
            ("*.members.test", "*.members.test"),
            ("my_box-2", "my_box-2"),
            ("192.168.0.7", "192.168.0.7"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("0:0:0:0:0:0:0:1", "::1"),
        ] {
            assert_eq!(host(text).map(|h| h.to_string()).as_deref(), Ok(read), "{text}");
        }
        assert_eq!(host("127.0.0.1"), Ok(Host::Address([127, 0, 0, 1].into())));
        for bad in
            ["", ".", "a..b", "a.", "localhost:8443", "http://x", "-a", "a-", "*", "a.*.b", "**.b", "[a]", "1.2.3.4.5"]
        {
            assert!(host(bad).expect_err(bad).contains("must be"), "{bad}");
        }
        assert!(host(&"a".repeat(64)).is_err() && host(&"a.".repeat(130)).is_err());
        assert!(host("zoë.test").expect_err("not ASCII").contains("xn--"));
    }
}
