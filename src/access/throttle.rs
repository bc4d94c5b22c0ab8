//! Throttles the look-ups of keys that are not cached, per client network: limits the failures, and the look-ups at once.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{AcquireError, Mutex as Queue, MutexGuard, Semaphore, SemaphorePermit};

use super::rate::Exhausted;
use crate::store::clock::Uptime;

/// Failed look-ups of one network in a minute, after which it gets no more.
pub(super) const FAILURES_A_MINUTE: usize = 20;
const MINUTE: Duration = Duration::from_mins(1);
/// Concurrent look-ups of one network.
const LOOKUPS_AT_ONCE: usize = 4;

/// The throttle of one network.
pub(super) struct Throttle {
    /// When look-ups failed in the last minute, latest last; at most as many as the limit.
    failures: Mutex<VecDeque<Uptime>>,
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
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        while failures.front().is_some_and(|at| at.plus(MINUTE) <= now) {
            failures.pop_front();
        }
        match failures.front() {
            Some(first) if failures.len() >= FAILURES_A_MINUTE => {
                let seconds = (first.plus(MINUTE).micros() - now.micros()).div_euclid(1_000_000) + 1;
                Err(Exhausted { wait: u32::try_from(seconds.min(60)).unwrap_or(1) })
            }
            _ => Ok(()),
        }
    }

    /// Records a failed look-up.
    pub(super) fn failed(&self, now: Uptime) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= FAILURES_A_MINUTE {
            failures.pop_front();
        }
        failures.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_any_sixty_seconds_and_not_the_clocks() {
        let throttle = Throttle::new();
        let start = Uptime::from_micros(1_764_000_050_000_000);
        let after = |seconds| start.plus(Duration::from_secs(seconds));
        for failure in 0..20 {
            assert_eq!(throttle.may_look_up(after(failure)), Ok(()));
            throttle.failed(after(failure));
        }
        assert_eq!(throttle.may_look_up(after(20)), Err(Exhausted { wait: 41 }));
        assert_eq!(throttle.may_look_up(after(59)), Err(Exhausted { wait: 2 }));
        assert_eq!(throttle.may_look_up(after(60)), Ok(()), "the first is forgotten, and no other");
        throttle.failed(after(60));
        assert_eq!(throttle.may_look_up(after(60)), Err(Exhausted { wait: 2 }));
        assert_eq!(throttle.may_look_up(after(200)), Ok(()));
    }
}
