//! How many bytes of answers wait for clients that read more slowly than we write: so many in all, and so many of each
//! client network.
//!
//! Called by a connection whenever a write has to wait. Promises that asking never waits, that what a connection holds
//! comes back with its end, and that networks which hold little find room until all is taken. Who reads as fast as we
//! write holds nothing here.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;
use prometheus_client::metrics::gauge::Gauge;

use crate::access::network::{Network, is_among};

/// The bytes that may wait.
#[derive(Clone, Debug)]
pub(super) struct UnsentBytes(Arc<Budget>);

#[derive(Debug)]
struct Budget {
    in_all: usize,
    of_one: usize,
    /// Proxies, which carry everybody's answers, and have no bound of their own.
    trusted: Arc<[IpNet]>,
    held: Mutex<HashMap<Option<Network>, usize>>,
    total: Gauge,
}

impl UnsentBytes {
    pub(super) fn new(in_all: usize, of_one: usize, trusted: &[IpNet], total: Gauge) -> Self {
        Self(Arc::new(Budget { in_all, of_one, trusted: trusted.into(), held: Mutex::default(), total }))
    }

    /// What a connection of this peer holds: nothing yet.
    pub(super) fn of(&self, peer: IpAddr) -> HeldBytes {
        HeldBytes { budget: Arc::clone(&self.0), network: self.0.network(peer), bytes: 0 }
    }

    /// Whether one more slow answer to this peer would find no room.
    pub(super) fn is_full(&self, peer: IpAddr) -> bool {
        let budget = &self.0;
        // As long as little waits in all, no network can have too much.
        budget.total() >= budget.of_one.min(budget.in_all) && budget.is_full(budget.network(peer), &budget.lock())
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
        // The last quarter is for those that hold less than their equal part.
        let part =
            if total < self.in_all / 4 * 3 { self.of_one } else { self.of_one.min(self.in_all / (held.len() + 1)) };
        total >= self.in_all || (network.is_some() && of_network >= part)
    }
}

/// What one connection holds; dropping it gives it back.
#[derive(Debug)]
pub(super) struct HeldBytes {
    budget: Arc<Budget>,
    network: Option<Network>,
    bytes: usize,
}

impl HeldBytes {
    /// How many times as fast as usual an answer has to be read: more where much of the budget is taken, by whomever.
    pub(super) fn scarcity(&self) -> u32 {
        match self.budget.total().saturating_mul(4) / self.budget.in_all.max(1) {
            ..2 => 1,
            2 => 8,
            3.. => 64,
        }
    }

    /// Holds so many bytes from now on. False where there was no room when it began to hold some.
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
