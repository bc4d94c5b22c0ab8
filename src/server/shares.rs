//! How many connections each client network has open, so that none takes the room of all.
//!
//! Called by the accept loop. Promises that a share is given back whatever becomes of its holder, and that asking never
//! waits. Only networks with open connections are kept, so there are never more than connections.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;

use crate::access::network::{Network, is_among};

/// Room for so many connections of each network.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    most: usize,
    /// Proxies, which carry everybody's calls, and have no bound.
    trusted: Arc<[IpNet]>,
    open: Open,
}

type Open = Arc<Mutex<HashMap<Network, usize>>>;

impl Shares {
    pub(super) fn new(most: usize, trusted: &[IpNet]) -> Self {
        Self { most, trusted: trusted.into(), open: Open::default() }
    }

    /// A place among the connections of the peer's network, or `None` at once when it has as many as one may have.
    pub(super) fn take(&self, peer: IpAddr) -> Option<Share> {
        if is_among(&self.trusted, peer) {
            return Some(Share::Unbounded);
        }
        let network = Network::of(peer);
        let mut open = lock(&self.open);
        let connections = open.get(&network).copied().unwrap_or_default();
        if connections >= self.most {
            return None;
        }
        open.insert(network, connections + 1);
        Some(Share::Counted(network, Arc::clone(&self.open)))
    }
}

/// One connection's; dropping it gives it back.
#[derive(Debug)]
pub(super) enum Share {
    /// A trusted proxy's.
    Unbounded,
    /// A client network's.
    Counted(Network, Open),
}

impl Drop for Share {
    fn drop(&mut self) {
        let Self::Counted(network, open) = self else { return };
        let mut open = lock(open);
        if let Entry::Occupied(mut connections) = open.entry(*network) {
            *connections.get_mut() -= 1;
            if *connections.get() == 0 {
                connections.remove();
            }
        }
    }
}

fn lock(open: &Open) -> MutexGuard<'_, HashMap<Network, usize>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_without_connections_is_forgotten() {
        let shares = Shares::new(1, &[]);
        let peer = |text: &str| text.parse::<IpAddr>().expect("an address");
        let one = shares.take(peer("2001:db8::1")).expect("room");
        assert!(shares.take(peer("2001:db8::2")).is_none(), "a network is an IPv6 half");
        let _other = shares.take(peer("2001:db8:0:1::1")).expect("room");
        assert_eq!(lock(&shares.open).len(), 2);
        drop(one);
        assert_eq!(lock(&shares.open).len(), 1);
        assert!(shares.take(peer("2001:db8::2")).is_some());
    }
}
