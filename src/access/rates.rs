//! One rate for each of many: so many calls a second for a member, a calendar, or a network. Each is far above what its caller needs,
//! and far below what would keep others waiting.

use std::{hash::Hash, sync::Arc};

use quick_cache::sync::Cache;

use super::rate::{Bucket, Exhausted};
use crate::store::clock::Uptime;

/// Callers whose calls are counted. A dropped bucket is full again.
const COUNTED: usize = 50_000;

/// The rates of all callers of one kind.
pub struct Rates<K> {
    buckets: Cache<K, Arc<Bucket>>,
    calls_per_second: u32,
    is_on: bool,
}

impl<K: Copy + Eq + Hash> Rates<K> {
    /// Rates of so many calls a second, that are on or off; bursts are twice that.
    pub fn new(calls_per_second: u32, is_on: bool) -> Self {
        Self { buckets: Cache::new(COUNTED), calls_per_second, is_on }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub fn spend(&self, caller: K, now: Uptime) -> Result<(), Exhausted> {
        if !self.is_on {
            return Ok(());
        }
        let bucket = self.buckets.get_or_insert_with(&caller, || Ok::<_, Exhausted>(Arc::default()))?;
        bucket.take(self.calls_per_second, 1, now).map(drop)
    }
}
