//! How many connections there may be, in all and from one address.

use super::client::Proxies;
use dialect::client_key;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The open connections of one listener.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    /// 0 for any number.
    per_address: usize,
    /// They bring the clients of many addresses, so the bound of one is not theirs.
    proxies: Proxies,
    open: AtomicUsize,
    refused: AtomicU64,
    by_address: Mutex<HashMap<u64, usize>>,
}

impl Connections {
    /// So many at most, and so many from one address (0: any number) that is no proxy of ours.
    pub(super) fn new(most: usize, per_address: usize, proxies: Proxies) -> Self {
        Self {
            most,
            per_address,
            proxies,
            open: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            by_address: Mutex::default(),
        }
    }

    /// How many there may be.
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many there are.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// How many have found no place since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// A place for a connection from this address; none when there are as many as there may be.
    pub fn enter(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<Place> {
        let place = self.place(peer);
        if place.is_none() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        place
    }

    fn place(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<Place> {
        let mut place = Place { connections: Arc::clone(self), key: None };
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.most {
            return None;
        }
        let peer =
            peer.map(|peer| peer.to_canonical()).filter(|peer| self.per_address > 0 && !self.proxies.hold(*peer));
        if let Some(peer) = peer {
            let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
            let open = by_address.entry(client_key(peer)).or_default();
            if *open >= self.per_address {
                return None;
            }
            *open += 1;
            place.key = Some(client_key(peer));
        }
        Some(place)
    }

    #[cfg(test)]
    fn counts(&self) -> (usize, usize) {
        (self.open.load(Ordering::Relaxed), self.by_address.lock().expect("sound").len())
    }
}

/// The place of a connection, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    key: Option<u64>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
        let Some(key) = self.key else { return };
        let mut by_address = self.connections.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = by_address.get_mut(&key) {
            *open -= 1;
            if *open == 0 {
                by_address.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let proxies = Proxies::new(vec!["10.0.0.0/8".parse().expect("a net")]);
        let connections = Arc::new(Connections::new(5, 2, proxies));
        let from = |address: &str| connections.enter(Some(address.parse().expect("an address")));
        let (first, second) = (from("192.0.2.1"), from("192.0.2.1"));
        assert!(first.is_some() && second.is_some() && from("192.0.2.1").is_none());
        drop(first);
        let third = from("192.0.2.1");
        assert!(third.is_some() && from("::ffff:192.0.2.1").is_none(), "the same address");
        let proxied = [from("10.0.0.1"), from("10.0.0.1"), from("10.0.0.1")];
        assert!(proxied.iter().all(Option::is_some), "a proxy brings many clients");
        assert!(from("192.0.2.2").is_none(), "five are there");
        assert_eq!(connections.counts(), (5, 1));
        drop((second, third, proxied));
        assert_eq!((connections.counts(), connections.refused()), ((0, 0), 3));
        let any = Arc::new(Connections::new(9, 0, Proxies::default()));
        let many: Vec<_> = (0..9).filter_map(|_| any.enter(None)).collect();
        assert_eq!(many.len(), 9);
    }
}
