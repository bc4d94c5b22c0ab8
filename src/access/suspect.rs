//! A network that asks for keys which are not in memory: how many of them did not exist, and whose turn it is.

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

/// What is known of a network.
pub(super) struct Suspect {
    /// When look-ups failed, in the last minute; the latest ones, if there are more than count.
    failures: Mutex<VecDeque<Uptime>>,
    lookups: Semaphore,
    strangers: Queue<()>,
}

/// A turn to look a key up; it ends when this is dropped.
pub(super) struct Turn<'s> {
    _alone: Option<MutexGuard<'s, ()>>,
    _one_of_a_few: SemaphorePermit<'s>,
}

impl Suspect {
    pub(super) fn new() -> Self {
        let lookups = Semaphore::new(LOOKUPS_AT_ONCE);
        Self { failures: Mutex::default(), lookups, strangers: Queue::default() }
    }

    /// Waits for a turn. Keys that were never found before take theirs one after the other, so that the failure of one
    /// counts for the next.
    pub(super) async fn turn(&self, met: bool) -> Result<Turn<'_>, AcquireError> {
        let alone = if met { None } else { Some(self.strangers.lock().await) };
        Ok(Turn { _alone: alone, _one_of_a_few: self.lookups.acquire().await? })
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
        let suspect = Suspect::new();
        let start = Uptime::from_micros(1_764_000_050_000_000);
        let after = |seconds| start.plus(Duration::from_secs(seconds));
        for failure in 0..20 {
            assert_eq!(suspect.may_ask(after(failure)), Ok(()));
            suspect.failed(after(failure));
        }
        assert_eq!(suspect.may_ask(after(20)), Err(Exhausted { wait: 41 }));
        assert_eq!(suspect.may_ask(after(59)), Err(Exhausted { wait: 2 }));
        assert_eq!(suspect.may_ask(after(60)), Ok(()), "the first is forgotten, and no other");
        suspect.failed(after(60));
        assert_eq!(suspect.may_ask(after(60)), Err(Exhausted { wait: 2 }));
        assert_eq!(suspect.may_ask(after(200)), Ok(()));
    }
}
