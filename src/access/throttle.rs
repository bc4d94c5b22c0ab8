//! Throttles the look-ups of keys that are not cached, per client network: limits the failures, and the look-ups at once.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{AcquireError, Mutex as Queue, MutexGuard, Semaphore, SemaphorePermit};

use super::{
    rate::Exhausted,
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
    pub(super) fn new() -> Self {
        let lookups = Semaphore::new(LOOKUPS_AT_ONCE);
        Self { failures: Mutex::default(), lookups, unknown_key: Queue::default() }
    }

    /// Waits for a permit. Keys that were never found are looked up one after another, so that each failure counts for the next.
    pub(super) async fn look_up(&self, was_seen: bool) -> Result<LookUpPermit<'_>, AcquireError> {
        let alone = if was_seen { None } else { Some(self.unknown_key.lock().await) };
        Ok(LookUpPermit { _alone: alone, _one_of_a_few: self.lookups.acquire().await? })
    }

    /// Whether the network may look up a key that was never found before.
    pub(super) fn may_look_up(&self, now: Uptime) -> Result<(), Exhausted> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).check(FAILURES, now)
    }

    /// Records a failed look-up.
    pub(super) fn failed(&self, now: Uptime) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).add(FAILURES, now);
    }
}
