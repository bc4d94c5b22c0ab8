//! Throttles the look-ups of keys that are not cached, per client network: limits the failures, and the look-ups at once.

use std::{
    sync::{Mutex, MutexGuard as StdMutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{AcquireError, Mutex as Queue, MutexGuard, Semaphore, SemaphorePermit};

use super::{
    network::Network,
    rate::Exhausted,
    shared_rates::{SharedRates, SharedWindow},
    window::{Window, WindowLimit},
};
use crate::store::clock::Uptime;

/// Failed look-ups of one network in a minute, after which it gets no more.
pub(super) const FAILURES_A_MINUTE: usize = 20;
const FAILURES: WindowLimit = WindowLimit { events: FAILURES_A_MINUTE, span: Duration::from_mins(1) };
/// Concurrent look-ups of one network.
const LOOKUPS_AT_ONCE: usize = 4;

/// The throttle of one network.
pub(super) struct Throttle {
    network: Network,
    shared: SharedRates,
    failures: Mutex<Window>,
    lookups: Semaphore,
    /// Held while a key is looked up that was never found before.
    unknown_key: Queue<()>,
}

/// A permit to look a key up; dropping it returns it.
pub(super) struct LookUpPermit<'s> {
    _alone: Option<MutexGuard<'s, ()>>,
    _one_of_a_few: SemaphorePermit<'s>,
}

impl Throttle {
    pub(super) fn new(network: Network, shared: SharedRates) -> Self {
        let lookups = Semaphore::new(LOOKUPS_AT_ONCE);
        Self { network, shared, failures: Mutex::default(), lookups, unknown_key: Queue::default() }
    }

    /// Waits for a permit. Keys that were never found are looked up one after another, so that each failure counts for the next.
    pub(super) async fn look_up(&self, was_seen: bool) -> Result<LookUpPermit<'_>, AcquireError> {
        let alone = if was_seen { None } else { Some(self.unknown_key.lock().await) };
        Ok(LookUpPermit { _alone: alone, _one_of_a_few: self.lookups.acquire().await? })
    }

    /// Whether the network may look up a key that was never found before.
    pub(super) async fn may_look_up(&self, now: Uptime) -> Result<(), Exhausted> {
        if let Some(window) = self.shared_window()
            && let Some(answer) = window.check().await
        {
            return answer;
        }
        self.own_window().check(FAILURES, now)
    }

    /// Records a failed look-up.
    pub(super) async fn failed(&self, now: Uptime) {
        self.own_window().add(FAILURES, now);
        if let Some(window) = self.shared_window() {
            window.add().await;
        }
    }

    fn shared_window(&self) -> Option<SharedWindow<'_>> {
        self.shared.window("unknown key", &self.network.address(), FAILURES)
    }

    fn own_window(&self) -> StdMutexGuard<'_, Window> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
