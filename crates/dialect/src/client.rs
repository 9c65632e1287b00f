//! By what clients are told apart.

use std::net::IpAddr;

/// What tells the client with this address apart from others: the address of IPv4, or of IPv6 the net of 64 bits, in which
/// whoever has one address has all. One of IPv4 counts as such where it is written as one of IPv6, too.
///
/// ```
/// let key = |text: &str| dialect::client_key(text.parse().expect("an address"));
/// assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
/// assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
/// assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
/// assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
/// ```
pub fn client_key(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => u32::from(address).into(),
        // No address in use begins with 32 zero bits, so none is taken for one of IPv4.
        IpAddr::V6(address) => (u128::from(address) >> 64) as u64,
    }
}
