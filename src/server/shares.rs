//! How many connections are open in all and of each client network, so that none takes the room of all.
//!
//! Called by the accept loop. When all room is taken, a newcomer whose network has fewer than the one that has most gets
//! the room of that network's newest idle connection: however many networks work together, each other one finds room.
//! Promises that a share is given back whatever becomes of its holder, and that asking never waits. Only networks with
//! open connections are kept.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;

use super::{
    presence::Presence,
    slots::{Slot, Slots},
};
use crate::access::network::{Network, is_among};

/// How many of a network's newest connections are looked at for an idle one.
const LOOKED_AT: usize = 64;

/// Room for so many connections in all, and of each network.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    all: Slots,
    of_one: usize,
    /// Proxies, which carry everybody's calls, and have no bound of their own.
    trusted: Arc<[IpNet]>,
    open: Arc<Mutex<Open>>,
}

/// The open connections, except those of trusted proxies.
#[derive(Debug, Default)]
struct Open {
    /// Each network's, oldest first.
    networks: HashMap<Network, BTreeMap<u64, Arc<Presence>>>,
    /// The networks, by how many they have.
    ranking: BTreeSet<(usize, Network)>,
    next: u64,
}

impl Shares {
    pub(super) fn new(all: Slots, of_one: usize, trusted: &[IpNet]) -> Self {
        Self { all, of_one, trusted: trusted.into(), open: Arc::default() }
    }

    /// Room for a connection of this peer, or `None` at once when there is none.
    pub(super) fn take(&self, peer: IpAddr) -> Option<Share> {
        let network = (!is_among(&self.trusted, peer)).then(|| Network::of(peer));
        let mut open = lock(&self.open);
        let of_network = network.map_or(0, |network| open.count(network));
        if network.is_some() && of_network >= self.of_one {
            return None;
        }
        let slot = match self.all.take() {
            Some(slot) => slot,
            None if open.ends_one_of_the_largest(of_network) => self.all.take_regardless(),
            None => return None,
        };
        let presence = Arc::new(Presence::default());
        let counted = network.map(|network| (network, open.add(network, Arc::clone(&presence))));
        Some(Share { counted, presence, open: Arc::clone(&self.open), _slot: slot })
    }
}

impl Open {
    fn count(&self, network: Network) -> usize {
        self.networks.get(&network).map_or(0, BTreeMap::len)
    }

    fn add(&mut self, network: Network, presence: Arc<Presence>) -> u64 {
        self.next += 1;
        let id = self.next;
        self.change(network, |connections| _ = connections.insert(id, presence));
        id
    }

    fn change(&mut self, network: Network, change: impl FnOnce(&mut BTreeMap<u64, Arc<Presence>>)) {
        let connections = self.networks.entry(network).or_default();
        self.ranking.remove(&(connections.len(), network));
        change(connections);
        if connections.is_empty() {
            self.networks.remove(&network);
        } else {
            self.ranking.insert((connections.len(), network));
        }
    }

    /// Ends an idle connection of the network that has most, if that has more than a newcomer's will have.
    fn ends_one_of_the_largest(&mut self, of_newcomer: usize) -> bool {
        let Some((most, network)) = self.ranking.last().copied() else { return false };
        if most <= of_newcomer + 1 {
            return false;
        }
        let newest = self.networks.get(&network).into_iter().flat_map(|all| all.iter().rev().take(LOOKED_AT));
        let ended = newest.into_iter().find_map(|(id, connection)| connection.leave().then_some(*id));
        if let Some(id) = ended {
            self.change(network, |connections| _ = connections.remove(&id));
        }
        ended.is_some()
    }
}

/// One connection's; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Share {
    /// The network and the connection's number; none for a trusted proxy's.
    counted: Option<(Network, u64)>,
    pub(super) presence: Arc<Presence>,
    open: Arc<Mutex<Open>>,
    _slot: Slot,
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some((network, id)) = self.counted {
            lock(&self.open).change(network, |connections| _ = connections.remove(&id));
        }
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::gauge::Gauge;

    use super::*;

    fn shares(all: usize, of_one: usize) -> Shares {
        Shares::new(Slots::new(all, Gauge::default()), of_one, &[])
    }

    fn peer(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_without_connections_is_forgotten() {
        let shares = shares(9, 1);
        let one = shares.take(peer("2001:db8::1")).expect("room");
        assert!(shares.take(peer("2001:db8::2")).is_none(), "a network is an IPv6 half");
        let _other = shares.take(peer("2001:db8:0:1::1")).expect("room");
        assert_eq!(lock(&shares.open).networks.len(), 2);
        drop(one);
        assert_eq!(lock(&shares.open).networks.len(), 1);
        assert_eq!(lock(&shares.open).ranking.len(), 1);
        assert!(shares.take(peer("2001:db8::2")).is_some());
    }

    #[test]
    fn networks_that_work_together_leave_room_for_the_others() {
        let shares = shares(90, 60);
        let mut held = Vec::new();
        for network in 1..=3 {
            held.extend((0..60).filter_map(|_| shares.take(peer(&format!("192.0.2.{network}")))));
        }
        let newcomers: Vec<_> = (0..20).map(|_| shares.take(peer("198.51.100.1"))).collect();
        assert!(newcomers.iter().all(Option::is_some));
        let ended = held.iter().filter(|share| share.presence.begin().is_none()).count();
        assert!(ended >= 20, "{ended}");
    }

    #[test]
    fn a_request_at_work_is_not_ended_for_a_newcomer() {
        let shares = shares(2, 2);
        let held = [shares.take(peer("192.0.2.1")), shares.take(peer("192.0.2.1"))].map(|share| share.expect("room"));
        let work = held.each_ref().map(|share| share.presence.begin());
        assert!(shares.take(peer("192.0.2.2")).is_none());
        drop(work);
        assert!(shares.take(peer("192.0.2.2")).is_some());
    }
}
