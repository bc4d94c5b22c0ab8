//! The rate of a member: so many calls a second with all tokens of their membership together. Far above what a page needs, and far
//! below what would keep others waiting.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::{
    access::{
        member_sessions::stored::MemberId,
        rate::{Bucket, Exhausted},
    },
    store::clock::Uptime,
};

/// Calls a second; bursts are twice that.
const CALLS_PER_SECOND: u32 = 10;
/// Members whose calls are counted. A dropped bucket is full again.
const MEMBERS: usize = 50_000;

/// The rates of all members.
pub struct MemberRates {
    buckets: Cache<MemberId, Arc<Bucket>>,
    is_on: bool,
}

impl MemberRates {
    /// Rates that are on or off.
    pub fn new(is_on: bool) -> Self {
        Self { buckets: Cache::new(MEMBERS), is_on }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub fn spend(&self, member: MemberId, now: Uptime) -> Result<(), Exhausted> {
        if !self.is_on {
            return Ok(());
        }
        let bucket = self.buckets.get_or_insert_with(&member, || Ok::<_, Exhausted>(Arc::default()))?;
        bucket.take(CALLS_PER_SECOND, 1, now).map(drop)
    }
}
