//! Limits how often a studio's keys, people and settings are changed over the network: each change of a key has every server read
//! all keys again, and each change leaves an audit row for ever. Called by the dashboard. Promises that no number of other changes
//! stops a studio from revoking a key or ending an account: those count apart.

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

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StudioChange {
    /// A key is created, replaced or changed.
    Key,
    /// A key is revoked.
    KeyRevoked,
    /// Somebody is invited, or their role is changed.
    Person,
    /// Somebody's account is ended.
    PersonEnded,
    /// The studio's settings are changed.
    Settings,
}

impl StudioChange {
    fn noun(self) -> &'static str {
        match self {
            Self::Key => "keys were changed",
            Self::KeyRevoked => "keys were revoked",
            Self::Person => "people were changed",
            Self::PersonEnded => "accounts were ended",
            Self::Settings => "settings were changed",
        }
    }
}

/// The changes of each studio.
pub struct ChangeLimits {
    is_on: bool,
    counted: Mutex<Cache<(StudioId, StudioChange), Window>>,
}

impl ChangeLimits {
    /// Limits that are on or off.
    pub fn new(is_on: bool) -> Self {
        Self { is_on, counted: Mutex::new(Cache::new(STUDIOS)) }
    }

    /// Counts a change.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn take(&self, studio: StudioId, change: StudioChange, now: Uptime) -> Result<(), Problem> {
        if !self.is_on {
            return Ok(());
        }
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Ok::<_, std::convert::Infallible>(Window::default());
        let Ok(Some(mut window)) = counted.get_mut_or_insert_with(&(studio, change), fresh) else { return Ok(()) };
        window.take(CHANGES_PER_MINUTE, now).map_err(|exhausted| {
            let detail = format!(
                "This studio's {} {} times in the last minute, which is the limit. Nothing was changed: \
                try again in {} seconds.",
                change.noun(),
                CHANGES_PER_MINUTE.events,
                exhausted.wait
            );
            Problem::new(Code::RateLimited, detail).with_retry_after(exhausted.wait)
        })
    }
}
