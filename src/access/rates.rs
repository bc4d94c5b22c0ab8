//! One rate for each of many: so many calls a second for a member, a calendar, or a network. Each is far above what its caller needs,
//! and far below what would keep others waiting.

use std::{fmt::Display, hash::Hash, sync::Arc};

use quick_cache::sync::Cache;

use super::{
    network::Network,
    rate::{Bucket, Exhausted},
    shared_rates::SharedRates,
};
use crate::store::{
    clock::Uptime,
    id::{Id, Named},
};

/// Callers whose calls are counted. A dropped bucket is full again.
const COUNTED: usize = 50_000;

/// Who has a rate.
pub trait RateHolder: Copy + Eq + Hash {
    /// What tells them from each other.
    fn name(&self) -> impl Display;
}

impl RateHolder for Network {
    fn name(&self) -> impl Display {
        self.address()
    }
}

impl<T: Named> RateHolder for Id<T> {
    fn name(&self) -> impl Display {
        *self
    }
}

/// A rate of so many calls a second; bursts are twice that.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// What is called.
    pub of: &'static str,
    /// The calls.
    pub calls_per_second: u32,
}

/// The rates of all callers of one kind.
pub struct Rates<K> {
    buckets: Cache<K, Arc<Bucket>>,
    rate: Rate,
    is_on: bool,
    shared: SharedRates,
}

impl<K: RateHolder> Rates<K> {
    /// Rates that are on or off, and shared or not.
    pub fn new(rate: Rate, is_on: bool, shared: SharedRates) -> Self {
        Self { buckets: Cache::new(COUNTED), rate, is_on, shared }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub async fn spend(&self, caller: K, now: Uptime) -> Result<(), Exhausted> {
        if !self.is_on {
            return Ok(());
        }
        let Rate { of, calls_per_second } = self.rate;
        let bucket = self.buckets.get_or_insert_with(&caller, || Ok::<_, Exhausted>(Arc::default()))?;
        let shared = self.shared.bucket(of, &caller.name());
        bucket.take_shared(shared, calls_per_second, 1, now).await.map(drop)
    }
}
