//! Limits the open connections in total and per client network.
//!
//! When all slots are taken, a new connection replaces the newest idle one of the network with the most connections, if its own
//! network has fewer. So a group of networks cannot lock the others out. A slot is freed on drop; taking one never waits.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;

use super::{
    activity::Activity,
    slots::{HeldSlot, Slots},
};
use crate::access::network::{Network, is_among};

/// How many of a network's newest connections are searched for an idle one.
const SEARCHED: usize = 64;

/// The total limit and the limit per network.
#[derive(Clone, Debug)]
pub(super) struct ConnectionLimits {
    all: Slots,
    per_network: usize,
    /// Trusted proxies, which carry many clients and have no limit of their own.
    trusted: Arc<[IpNet]>,
    open: Arc<Mutex<Open>>,
}

/// The open connections, except those of trusted proxies. Only networks with connections are in it.
#[derive(Debug, Default)]
struct Open {
    /// Each network's connections, oldest first.
    networks: HashMap<Network, BTreeMap<u64, Arc<Activity>>>,
    /// The networks, ordered by their number of connections.
    ranking: BTreeSet<(usize, Network)>,
    next: u64,
}

impl ConnectionLimits {
    pub(super) fn new(all: Slots, per_network: usize, trusted: &[IpNet]) -> Self {
        Self { all, per_network, trusted: trusted.into(), open: Arc::default() }
    }

    /// A slot for a connection of this peer, or `None` when all are taken.
    pub(super) fn take(&self, peer: IpAddr) -> Option<ConnectionSlot> {
        let network = (!is_among(&self.trusted, peer)).then(|| Network::of(peer));
        let mut open = lock(&self.open);
        let of_network = network.map_or(0, |network| open.count(network));
        if network.is_some() && of_network >= self.per_network {
            return None;
        }
        let slot = match self.all.take() {
            Some(slot) => slot,
            None if open.close_one_of_largest(of_network) => self.all.take_over_limit(),
            None => return None,
        };
        let activity = Arc::new(Activity::default());
        let counted = network.map(|network| (network, open.add(network, Arc::clone(&activity))));
        Some(ConnectionSlot { counted, activity, open: Arc::clone(&self.open), _slot: slot })
    }
}

impl Open {
    fn count(&self, network: Network) -> usize {
        self.networks.get(&network).map_or(0, BTreeMap::len)
    }

    fn add(&mut self, network: Network, activity: Arc<Activity>) -> u64 {
        self.next += 1;
        let id = self.next;
        self.change(network, |connections| _ = connections.insert(id, activity));
        id
    }

    fn change(&mut self, network: Network, change: impl FnOnce(&mut BTreeMap<u64, Arc<Activity>>)) {
        let connections = self.networks.entry(network).or_default();
        self.ranking.remove(&(connections.len(), network));
        change(connections);
        if connections.is_empty() {
            self.networks.remove(&network);
        } else {
            self.ranking.insert((connections.len(), network));
        }
    }

    /// Closes an idle connection of the largest network, if that network has more than the new connection's.
    fn close_one_of_largest(&mut self, of_new_network: usize) -> bool {
        let Some((most, network)) = self.ranking.last().copied() else { return false };
        if most <= of_new_network + 1 {
            return false;
        }
        let newest = self.networks.get(&network).into_iter().flat_map(|all| all.iter().rev().take(SEARCHED));
        let ended = newest.into_iter().find_map(|(id, connection)| connection.close_if_idle().then_some(*id));
        if let Some(id) = ended {
            self.change(network, |connections| _ = connections.remove(&id));
        }
        ended.is_some()
    }
}

/// A connection's slot; dropping it frees the slot.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    /// The network and the connection's number; none for a trusted proxy.
    counted: Option<(Network, u64)>,
    pub(super) activity: Arc<Activity>,
    open: Arc<Mutex<Open>>,
    _slot: HeldSlot,
}

impl Drop for ConnectionSlot {
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

    fn limits(all: usize, per_network: usize) -> ConnectionLimits {
        ConnectionLimits::new(Slots::new(all, Gauge::default()), per_network, &[])
    }

    fn peer(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_without_connections_is_forgotten() {
        let limits = limits(9, 1);
        let one = limits.take(peer("2001:db8::1")).expect("room");
        assert!(limits.take(peer("2001:db8::2")).is_none(), "a network is an IPv6 half");
        let _other = limits.take(peer("2001:db8:0:1::1")).expect("room");
        assert_eq!(lock(&limits.open).networks.len(), 2);
        drop(one);
        assert_eq!(lock(&limits.open).networks.len(), 1);
        assert_eq!(lock(&limits.open).ranking.len(), 1);
        assert!(limits.take(peer("2001:db8::2")).is_some());
    }

    #[test]
    fn networks_that_work_together_leave_room_for_the_others() {
        let limits = limits(90, 60);
        let mut held = Vec::new();
        for network in 1..=3 {
            held.extend((0..60).filter_map(|_| limits.take(peer(&format!("192.0.2.{network}")))));
        }
        let newcomers: Vec<_> = (0..20).map(|_| limits.take(peer("198.51.100.1"))).collect();
        assert!(newcomers.iter().all(Option::is_some));
        let ended = held.iter().filter(|slot| slot.activity.begin().is_none()).count();
        assert!(ended >= 20, "{ended}");
    }

    #[test]
    fn a_request_at_work_is_not_ended_for_a_newcomer() {
        let limits = limits(2, 2);
        let held = [limits.take(peer("192.0.2.1")), limits.take(peer("192.0.2.1"))].map(|slot| slot.expect("room"));
        let work = held.each_ref().map(|slot| slot.activity.begin());
        assert!(limits.take(peer("192.0.2.2")).is_none());
        drop(work);
        assert!(limits.take(peer("192.0.2.2")).is_some());
    }
}
