//! Limits how often a studio's keys, people and settings are changed over the network, and how often a member changes what is
//! theirs: each change of a key has every server read all keys again, and each change leaves an audit row for ever. Called by the
//! dashboard and for members. Promises that no number of other changes stops a studio from revoking a key or ending an account:
//! those count apart.

use std::{
    convert::Infallible,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use quick_cache::unsync::Cache;

use super::{
    member_sessions::stored::MemberId,
    rate::Exhausted,
    window::{Window, WindowLimit},
};
use crate::{
    store::{clock::Uptime, id::StudioId},
    wire::problem::{Code, Problem},
};

/// Changes of one kind in a minute.
const CHANGES_PER_MINUTE: WindowLimit = WindowLimit { events: 30, span: Duration::from_mins(1) };
/// Changes that a member makes to what is theirs in an hour.
const OWN_CHANGES_PER_HOUR: WindowLimit = WindowLimit { events: 30, span: Duration::from_hours(1) };
/// Studios whose changes are counted, and members.
const COUNTED: usize = 10_000;

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
    of_studios: Mutex<Cache<(StudioId, StudioChange), Window>>,
    of_members: Mutex<Cache<MemberId, Window>>,
}

impl ChangeLimits {
    /// Limits that are on or off.
    pub fn new(is_on: bool) -> Self {
        Self { is_on, of_studios: Mutex::new(Cache::new(COUNTED)), of_members: Mutex::new(Cache::new(COUNTED)) }
    }

    /// Counts a change.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn take(&self, studio: StudioId, change: StudioChange, now: Uptime) -> Result<(), Problem> {
        let (limit, key) = (CHANGES_PER_MINUTE, (studio, change));
        self.count(&self.of_studios, &key, limit, now).map_err(|Exhausted { wait }| {
            let (changed, times) = (change.noun(), limit.events);
            refused(wait, &format!("This studio's {changed} {times} times in the last minute, which is the limit."))
        })
    }

    /// Counts a change that a member makes to what is theirs.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn take_own(&self, member: MemberId, now: Uptime) -> Result<(), Problem> {
        let limit = OWN_CHANGES_PER_HOUR;
        self.count(&self.of_members, &member, limit, now).map_err(|Exhausted { wait }| {
            let times = limit.events;
            refused(wait, &format!("You made {times} changes in the last hour, which is the limit."))
        })
    }

    fn count<K: Eq + Hash + Clone>(
        &self,
        counted: &Mutex<Cache<K, Window>>,
        key: &K,
        limit: WindowLimit,
        now: Uptime,
    ) -> Result<(), Exhausted> {
        if !self.is_on {
            return Ok(());
        }
        let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Ok::<_, Infallible>(Window::default());
        match counted.get_mut_or_insert_with(key, fresh) {
            Ok(Some(mut window)) => window.take(limit, now),
            Ok(None) | Err(_) => Ok(()),
        }
    }
}

fn refused(wait: u32, why: &str) -> Problem {
    let detail = format!("{why} Nothing was changed: try again in {wait} seconds.");
    Problem::new(Code::RateLimited, detail).with_retry_after(wait)
}
