//! Who a request is from: the address at the other end of the connection, or, where that is a proxy of ours, the one
//! that the proxy names.

use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many addresses of `X-Forwarded-For` are looked at, from the right.
const HOPS: usize = 16;

/// The proxies whose word is taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies(Vec<IpNet>);

/// Who a request is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Whether a proxy of ours handed the request on, so that its `X-Forwarded-…` fields are true.
    pub by_proxy: bool,
}

impl Client {
    /// By which the client is told apart from others. Whoever has one address of IPv6 has all of its /64.
    pub fn key(&self) -> u64 {
        dialect::client_key(self.address)
    }
}

impl Proxies {
    pub fn new(nets: Vec<IpNet>) -> Self {
        Self(nets)
    }

    /// Whether this is a proxy of ours.
    pub fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Who is behind a connection from `peer`. Every proxy appends whom it got the request from, so the first from the
    /// right that is no proxy of ours is the client; what stands left of it is its own word. Where an entry is no
    /// address, the proxy that wrote it counts as the client.
    pub fn client(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Client {
        let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        let mut client = Client { address, by_proxy: false };
        if self.0.is_empty() || !self.hold(address) {
            return client;
        }
        client.by_proxy = true;
        let fields: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).map(|field| field.as_bytes()).collect();
        let entries = fields.iter().rev().flat_map(|field| field.rsplit(|byte| *byte == b','));
        for entry in entries.take(HOPS) {
            let Some(named) = std::str::from_utf8(entry).ok().and_then(address_in) else { break };
            client.address = named;
            if !self.hold(named) {
                break;
            }
        }
        client
    }
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn address_in(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim().trim_matches('"');
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse().or_else(|_| entry.parse().map(|with_port: SocketAddr| with_port.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn found(proxies: &[&str], peer: &str, fields: &[&str]) -> (String, bool) {
        let proxies = Proxies::new(proxies.iter().map(|net| net.parse().expect("a net")).collect());
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(field).expect("legal"));
        }
        let client = proxies.client(Some(SocketAddr::new(peer.parse().expect("an address"), 4711)), &headers);
        (client.address.to_string(), client.by_proxy)
    }

    #[test]
    fn only_the_word_of_our_proxies_is_taken() {
        const OURS: &[&str] = &["10.0.0.0/8", "2001:db8:aa::/48"];
        for (proxies, peer, fields, address, by_proxy) in [
            (&[][..], "10.0.0.1", &["192.0.2.1"][..], "10.0.0.1", false),
            (OURS, "192.0.2.9", &["198.51.100.1"], "192.0.2.9", false),
            (OURS, "10.0.0.1", &[], "10.0.0.1", true),
            (OURS, "10.0.0.1", &["192.0.2.1"], "192.0.2.1", true),
            // What a client says of itself stands on the left.
            (OURS, "10.0.0.1", &["127.0.0.1, 192.0.2.1"], "192.0.2.1", true),
            (OURS, "10.0.0.1", &["127.0.0.1", "192.0.2.1"], "192.0.2.1", true),
            (OURS, "10.0.0.1", &["192.0.2.1,10.1.1.1 , 10.2.2.2"], "192.0.2.1", true),
            (OURS, "10.0.0.1", &["10.9.9.9, 10.1.1.1"], "10.9.9.9", true),
            (OURS, "10.0.0.1", &["192.0.2.1, nonsense, 10.1.1.1"], "10.1.1.1", true),
            (OURS, "10.0.0.1", &["nonsense"], "10.0.0.1", true),
            (OURS, "10.0.0.1", &[""], "10.0.0.1", true),
            (OURS, "10.0.0.1", &["192.0.2.1:4711"], "192.0.2.1", true),
            (OURS, "10.0.0.1", &["\"[2001:db8::7]:4711\""], "2001:db8::7", true),
            (OURS, "10.0.0.1", &["[2001:db8::7]"], "2001:db8::7", true),
            (OURS, "10.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1", true),
            (OURS, "::ffff:10.0.0.1", &["192.0.2.1"], "192.0.2.1", true),
            (OURS, "2001:db8:aa::1", &["192.0.2.1"], "192.0.2.1", true),
            (OURS, "2001:db8:ab::1", &["192.0.2.1"], "2001:db8:ab::1", false),
        ] {
            assert_eq!(found(proxies, peer, fields), (address.to_owned(), by_proxy), "{peer} {fields:?}");
        }
        let far = format!("192.0.2.1{}", ", 10.1.1.1".repeat(1_000));
        assert_eq!(found(OURS, "10.0.0.1", &[&far]), ("10.1.1.1".to_owned(), true), "the work is bounded");
    }
}
