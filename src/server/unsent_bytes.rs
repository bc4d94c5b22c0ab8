//! The budget of response bytes that wait for slow clients: in total and per client network.
//!
//! A connection asks when a write has to wait. Asking never waits, and a connection's bytes are returned when it ends. The last
//! quarter of the budget is kept for networks that use little. Clients that read as fast as we write use nothing.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;
use prometheus_client::metrics::gauge::Gauge;

use crate::access::network::{Network, is_among};

/// The budget. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct UnsentBytes(Arc<Budget>);

#[derive(Debug)]
struct Budget {
    in_all: usize,
    per_network: usize,
    /// Trusted proxies, which carry many clients and have no limit of their own.
    trusted: Arc<[IpNet]>,
    held: Mutex<HashMap<Option<Network>, usize>>,
    total: Gauge,
}

impl UnsentBytes {
    pub(super) fn new(in_all: usize, per_network: usize, trusted: &[IpNet], total: Gauge) -> Self {
        Self(Arc::new(Budget { in_all, per_network, trusted: trusted.into(), held: Mutex::default(), total }))
    }

    /// A new connection's use of the budget: nothing yet.
    pub(super) fn of(&self, peer: IpAddr) -> HeldBytes {
        HeldBytes { budget: Arc::clone(&self.0), network: self.0.network(peer), bytes: 0 }
    }

    /// Whether there is no budget for another slow response to this peer.
    pub(super) fn is_full(&self, peer: IpAddr) -> bool {
        let budget = &self.0;
        // While the total is small, no network can be over its limit.
        budget.total() >= budget.per_network.min(budget.in_all) && budget.is_full(budget.network(peer), &budget.lock())
    }
}

impl Budget {
    fn lock(&self) -> MutexGuard<'_, HashMap<Option<Network>, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn network(&self, peer: IpAddr) -> Option<Network> {
        (!is_among(&self.trusted, peer)).then(|| Network::of(peer))
    }

    fn total(&self) -> usize {
        usize::try_from(self.total.get()).unwrap_or_default()
    }

    fn is_full(&self, network: Option<Network>, held: &HashMap<Option<Network>, usize>) -> bool {
        let total = self.total();
        let of_network = held.get(&network).copied().unwrap_or_default();
        // The last quarter is for networks that use less than an equal share.
        let part = if total < self.in_all / 4 * 3 {
            self.per_network
        } else {
            self.per_network.min(self.in_all / (held.len() + 1))
        };
        total >= self.in_all || (network.is_some() && of_network >= part)
    }
}

/// The bytes of one connection; dropping it returns them.
#[derive(Debug)]
pub(super) struct HeldBytes {
    budget: Arc<Budget>,
    network: Option<Network>,
    bytes: usize,
}

impl HeldBytes {
    /// The factor on the minimum read speed: higher when much of the budget is used, by any network.
    pub(super) fn scarcity(&self) -> u32 {
        match self.budget.total().saturating_mul(4) / self.budget.in_all.max(1) {
            ..2 => 1,
            2 => 8,
            3.. => 64,
        }
    }

    /// Sets the connection's bytes. False if it had none and the budget is full.
    pub(super) fn set(&mut self, bytes: usize) -> bool {
        if bytes == self.bytes {
            return true;
        }
        let mut held = self.budget.lock();
        if self.bytes == 0 && self.budget.is_full(self.network, &held) {
            return false;
        }
        let of_network = held.entry(self.network).or_default();
        *of_network = *of_network + bytes - self.bytes;
        if *of_network == 0 {
            held.remove(&self.network);
        }
        self.budget.total.inc_by(signed(bytes) - signed(self.bytes));
        self.bytes = bytes;
        true
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.set(0);
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_share_and_all_have_theirs_and_what_is_held_comes_back() {
        let total = Gauge::default();
        let unsent = UnsentBytes::new(300, 100, &["10.0.0.0/8".parse().unwrap()], total.clone());
        let of = |address: &str| unsent.of(address.parse().unwrap());
        let is_full = |address: &str| unsent.is_full(address.parse().unwrap());
        let mut one = of("192.0.2.1");
        assert!(one.set(70) && one.set(150), "an answer that has begun goes on");
        assert!(is_full("192.0.2.1") && !of("192.0.2.1").set(1));
        let mut other = of("192.0.2.2");
        assert!(!is_full("192.0.2.2") && other.set(150));
        assert!(is_full("192.0.2.3") && is_full("10.0.0.1"), "all that may wait waits");
        assert_eq!(total.get(), 300);
        one.set(20);
        let mut proxy = of("10.0.0.1");
        assert!(proxy.set(120) && of("10.0.0.1").set(1), "a proxy has no bound of its own");
        drop((one, other, proxy));
        assert_eq!((total.get(), unsent.0.lock().len()), (0, 0));
    }

    #[test]
    fn the_last_quarter_is_for_networks_that_hold_little_and_scarce_memory_asks_for_speed() {
        let unsent = UnsentBytes::new(400, 100, &[], Gauge::default());
        let of = |address: &str| unsent.of(address.parse().unwrap());
        let mut held: Vec<_> = (1..5).map(|network| of(&format!("192.0.{network}.1"))).collect();
        assert!(held[0].set(90) && held[0].scarcity() == 1);
        assert!(held[1].set(110) && held[1].scarcity() == 8);
        assert!(held[2].set(95) && held[3].set(5) && held[3].scarcity() == 64);
        let is_full = |address: &str| unsent.is_full(address.parse().unwrap());
        assert!(is_full("192.0.1.1") && is_full("192.0.3.1"), "these have more than a fifth");
        assert!(!is_full("192.0.4.1") && of("192.0.9.1").set(50), "a newcomer, and one that holds little");
    }
}
