//! The rate limit of a key: the generic cell rate algorithm (ITU-T I.371), one atomic number per bucket.
//!
//! A key has a rate of requests per second and a burst of twice that. For a publishable key each client network has its own
//! bucket, since all visitors share the key. A call takes its cost ([`super::cost`]), at most one second's worth, so that
//! every call is possible with every key.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use quick_cache::sync::Cache;

use super::{
    key::KeyKind,
    key::PublicId,
    network::Network,
    shared_rates::{SharedBucket, SharedRates},
    stored::LiveKey,
};
use crate::store::clock::Uptime;

/// The most buckets. A dropped bucket is full again, so this bounds memory, not fairness.
const BUCKETS: usize = 100_000;

/// The rest of a key's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests that are possible now.
    pub remaining: i64,
    /// Seconds until the whole burst is available again, rounded up.
    pub reset: i64,
}

/// The rate is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// Seconds to wait, at least one.
    pub wait: u32,
}

impl Exhausted {
    /// To wait for so many microseconds.
    pub(super) fn for_micros(micros: i64) -> Self {
        Self { wait: u32::try_from(seconds_up(micros).max(1)).unwrap_or(u32::MAX) }
    }
}

/// The buckets of all keys.
pub struct RateLimits {
    buckets: Cache<(PublicId, Network), Arc<Bucket>>,
    on: bool,
    shared: SharedRates,
}

impl RateLimits {
    /// Limits that are on or off, and shared or not.
    pub fn new(on: bool, shared: SharedRates) -> Self {
        Self { buckets: Cache::new(BUCKETS), on, shared }
    }

    /// Whether other instances take from the same buckets now: then only [`Self::spend_shared`] counts for all of them.
    pub fn are_shared(&self) -> bool {
        self.on && self.shared.are_in_use()
    }

    /// Takes a call's cost from a key's rate; `None` if limits are off.
    ///
    /// # Errors
    /// When less than that is left; then nothing is taken.
    pub fn spend(&self, key: &LiveKey, network: Network, cost: u32, now: Uptime) -> Result<Option<Quota>, Exhausted> {
        if !self.on {
            return Ok(None);
        }
        self.bucket(bucket_of(key, network))?.take(key.stored.rate_limit, cost, now).map(Some)
    }

    /// The same from the bucket that all instances share.
    ///
    /// # Errors
    /// As [`Self::spend`].
    pub async fn spend_shared(
        &self,
        key: &LiveKey,
        network: Network,
        cost: u32,
        now: Uptime,
    ) -> Result<Option<Quota>, Exhausted> {
        let at = bucket_of(key, network);
        let shared = self.shared.bucket("key", &format_args!("{} {}", at.0, at.1.address()));
        self.bucket(at)?.take_shared(shared, key.stored.rate_limit, cost, now).await.map(Some)
    }

    fn bucket(&self, at: (PublicId, Network)) -> Result<Arc<Bucket>, Exhausted> {
        match self.buckets.get(&at) {
            Some(bucket) => Ok(bucket),
            None => self.buckets.get_or_insert_with(&at, || Ok(Arc::default())),
        }
    }

    /// The rest of a key's rate; `None` if limits are off.
    pub fn left(&self, key: &LiveKey, network: Network, now: Uptime) -> Option<Quota> {
        let bucket = || self.buckets.get(&bucket_of(key, network)).unwrap_or_default();
        self.on.then(|| bucket().left(key.stored.rate_limit, now))
    }
}

fn bucket_of(key: &LiveKey, network: Network) -> (PublicId, Network) {
    match key.stored.kind {
        KeyKind::Publishable => (key.stored.public_id, network),
        KeyKind::Secret => (key.stored.public_id, Network::ANY),
    }
}

/// One bucket: the theoretical arrival time of the next request, in microseconds.
#[derive(Debug, Default)]
pub struct Bucket(AtomicI64);

impl Bucket {
    /// Takes a call of this cost from a bucket with `rate` requests per second and a burst of twice that.
    ///
    /// # Errors
    /// When less than that is left; then nothing is taken.
    pub fn take(&self, rate: u32, cost: u32, now: Uptime) -> Result<Quota, Exhausted> {
        let (now, depth, taken) = (now.micros(), depth(rate), taken(rate, cost));
        let spend = |arrival: i64| Some(arrival.max(now) + taken).filter(|next| *next - now <= depth);
        let (Ok(before) | Err(before)) = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend);
        judge(before.max(now) - now, rate, cost)
    }

    /// The same from a bucket that all instances share, which this one follows: it goes on from there when Redis does not
    /// answer. What even this one has too little for is refused without asking.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub async fn take_shared(
        &self,
        shared: Option<SharedBucket<'_>>,
        rate: u32,
        cost: u32,
        now: Uptime,
    ) -> Result<Quota, Exhausted> {
        let Some(shared) = shared else { return self.take(rate, cost, now) };
        judge((self.0.load(Ordering::Relaxed) - now.micros()).max(0), rate, cost)?;
        let taken = taken(rate, cost);
        let Some(ahead) = shared.take(taken, depth(rate)).await else { return self.take(rate, cost, now) };
        let quota = judge(ahead, rate, cost);
        let ahead = if quota.is_ok() { ahead + taken } else { ahead };
        self.0.fetch_max(now.micros() + ahead, Ordering::Relaxed);
        quota
    }

    /// The rest of it.
    pub fn left(&self, rate: u32, now: Uptime) -> Quota {
        quota((self.0.load(Ordering::Relaxed) - now.micros()).max(0), rate)
    }
}

/// Whether a call is admitted when the next request is due in `ahead` microseconds.
fn judge(ahead: i64, rate: u32, cost: u32) -> Result<Quota, Exhausted> {
    let (after, depth) = (ahead + taken(rate, cost), depth(rate));
    if after <= depth { Ok(quota(after, rate)) } else { Err(Exhausted::for_micros(after - depth)) }
}

/// What a call takes, in microseconds.
fn taken(rate: u32, cost: u32) -> i64 {
    interval(rate) * i64::from(cost.clamp(1, rate.max(1)))
}

/// Microseconds between two requests at the rate.
fn interval(rate: u32) -> i64 {
    1_000_000 / i64::from(rate.max(1))
}

/// The burst, in microseconds.
fn depth(rate: u32) -> i64 {
    interval(rate) * 2 * i64::from(rate.max(1))
}

/// The quota when the next request is due in `ahead` microseconds.
fn quota(ahead: i64, rate: u32) -> Quota {
    Quota { remaining: (depth(rate) - ahead) / interval(rate), reset: seconds_up(ahead) }
}

fn seconds_up(micros: i64) -> i64 {
    (micros + 999_999).div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_its_burst_pass_then_its_rate() {
        let bucket = Bucket::default();
        let start = Uptime::from_micros(1_764_000_000_000_000);
        let passed = (0..300).filter(|_| bucket.take(100, 1, start).is_ok()).count();
        assert_eq!(passed, 200);
        assert_eq!(bucket.take(100, 1, start), Err(Exhausted { wait: 1 }));
        let later = Uptime::from_micros(start.micros() + 1_000_000);
        assert_eq!((0..300).filter(|_| bucket.take(100, 1, later).is_ok()).count(), 100);
    }

    #[test]
    fn to_look_into_a_bucket_takes_nothing_out() {
        let bucket = Bucket::default();
        let now = Uptime::from_micros(1_764_000_000_000_000);
        assert_eq!(bucket.left(1, now), Quota { remaining: 2, reset: 0 });
        for _ in 0..2 {
            let after = bucket.take(1, 1, now).unwrap();
            assert_eq!((bucket.left(1, now), bucket.left(1, now)), (after, after));
        }
        assert_eq!(bucket.left(1, now), Quota { remaining: 0, reset: 2 });
    }

    #[test]
    fn a_rate_of_one_still_has_a_burst_of_two() {
        let bucket = Bucket::default();
        let now = Uptime::from_micros(1_764_000_000_000_000);
        assert_eq!(bucket.take(1, 1, now), Ok(Quota { remaining: 1, reset: 1 }));
        assert_eq!(bucket.take(1, 1, now), Ok(Quota { remaining: 0, reset: 2 }));
        assert_eq!(bucket.take(1, 1, now), Err(Exhausted { wait: 1 }));
    }

    #[test]
    fn what_costs_more_takes_more_and_what_is_refused_takes_nothing() {
        let bucket = Bucket::default();
        let now = Uptime::from_micros(1_764_000_000_000_000);
        assert_eq!(bucket.take(10, 8, now), Ok(Quota { remaining: 12, reset: 1 }));
        assert_eq!(bucket.take(10, 8, now), Ok(Quota { remaining: 4, reset: 2 }));
        assert_eq!(bucket.take(10, 8, now), Err(Exhausted { wait: 1 }));
        assert_eq!(bucket.left(10, now).remaining, 4);
        assert_eq!(bucket.take(10, 4, now), Ok(Quota { remaining: 0, reset: 2 }));
    }

    #[test]
    fn no_call_is_beyond_a_key_of_a_small_rate() {
        let bucket = Bucket::default();
        let now = Uptime::from_micros(1_764_000_000_000_000);
        assert_eq!(bucket.take(1, 14, now), Ok(Quota { remaining: 1, reset: 1 }));
        assert_eq!(Bucket::default().take(3, 14, now).map(|quota| quota.remaining), Ok(3));
    }
}
