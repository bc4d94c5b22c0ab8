//! Limits how often a studio's keys are changed over the network: each change has every server read all keys again. Called by
//! the dashboard. Promises that no number of new keys stops a studio from revoking one: revocations count apart.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use quick_cache::unsync::Cache;

use super::window::{Window, WindowLimit};
use crate::{
    store::{clock::Uptime, id::StudioId},
    wire::problem::{Code, Problem},
};

/// Changes of one kind in a minute.
const CHANGES_PER_MINUTE: WindowLimit = WindowLimit { events: 30, span: Duration::from_mins(1) };
/// Studios whose changes are counted.
const STUDIOS: usize = 10_000;

/// What happens to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyChange {
    /// It is created, replaced or changed.
    Created,
    /// It is revoked.
    Revoked,
}

/// The changes of each studio.
pub struct KeyChangeLimits {
    is_on: bool,
    counted: Mutex<Cache<(StudioId, KeyChange), Window>>,
}

impl KeyChangeLimits {
    /// Limits that are on or off.
    pub fn new(is_on: bool) -> Self {
        Self { is_on, counted: Mutex::new(Cache::new(STUDIOS)) }
    }

    /// Counts a change.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn take(&self, studio: StudioId, change: KeyChange, now: Uptime) -> Result<(), Problem> {
        if !self.is_on {
            return Ok(());
        }
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Ok::<_, std::convert::Infallible>(Window::default());
        let Ok(Some(mut window)) = counted.get_mut_or_insert_with(&(studio, change), fresh) else { return Ok(()) };
        window.take(CHANGES_PER_MINUTE, now).map_err(|exhausted| {
            let detail = format!(
                "This studio's keys were changed {} times in the last minute, which is the limit. Nothing was changed: \
                try again in {} seconds.",
                CHANGES_PER_MINUTE.events, exhausted.wait
            );
            Problem::new(Code::RateLimited, detail).with_retry_after(exhausted.wait)
        })
    }
}
