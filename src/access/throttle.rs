//! The throttle on one network that asks for keys which are not in memory: how many of them did not exist, and which
//! look-up runs next.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{AcquireError, Mutex as Queue, MutexGuard, Semaphore, SemaphorePermit};

use super::rate::Exhausted;
use crate::store::clock::Uptime;

/// Failed look-ups that one network has in a minute before it is no longer looked up for.
pub(super) const FAILURES_A_MINUTE: usize = 20;
const MINUTE: Duration = Duration::from_mins(1);
/// Look-ups that run at once for one network.
const LOOKUPS_AT_ONCE: usize = 4;

/// The failed look-ups of one network.
pub(super) struct Throttle {
    /// When look-ups failed, in the last minute; the latest ones, if there are more than count.
    failures: Mutex<VecDeque<Uptime>>,
    lookups: Semaphore,
    /// Held by the one look-up of a key that was never found before.
    unseen: Queue<()>,
}

/// Leave to look a key up; it ends when this is dropped.
pub(super) struct LookUp<'s> {
    _alone: Option<MutexGuard<'s, ()>>,
    _one_of_a_few: SemaphorePermit<'s>,
}

impl Throttle {
    pub(super) fn new() -> Self {
        let lookups = Semaphore::new(LOOKUPS_AT_ONCE);
        Self { failures: Mutex::default(), lookups, unseen: Queue::default() }
    }

    /// Waits until a key may be looked up. Keys that were not seen before are looked up one after the other, so that the
    /// failure of one counts for the next.
    pub(super) async fn look_up(&self, was_seen: bool) -> Result<LookUp<'_>, AcquireError> {
        let alone = if was_seen { None } else { Some(self.unseen.lock().await) };
        Ok(LookUp { _alone: alone, _one_of_a_few: self.lookups.acquire().await? })
    }

    /// Whether it may look up a key that was never found before.
    pub(super) fn may_ask(&self, now: Uptime) -> Result<(), Exhausted> {
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

    /// A key that it asked for does not exist.
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
            assert_eq!(throttle.may_ask(after(failure)), Ok(()));
            throttle.failed(after(failure));
        }
        assert_eq!(throttle.may_ask(after(20)), Err(Exhausted { wait: 41 }));
        assert_eq!(throttle.may_ask(after(59)), Err(Exhausted { wait: 2 }));
        assert_eq!(throttle.may_ask(after(60)), Ok(()), "the first is forgotten, and no other");
        throttle.failed(after(60));
        assert_eq!(throttle.may_ask(after(60)), Err(Exhausted { wait: 2 }));
        assert_eq!(throttle.may_ask(after(200)), Ok(()));
    }
}
