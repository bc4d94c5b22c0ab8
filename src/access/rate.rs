//! The rate limit of a key: the generic cell rate algorithm (ITU-T I.371), one atomic number for each bucket.
//!
//! A key has a rate of requests a second and a burst of twice as many. A publishable key's rate holds for each client
//! network, since all visitors share the key. Called by the judgement's eighth step.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use quick_cache::sync::Cache;

use super::{key::KeyKind, key::PublicId, network::Network, stored::LiveKey};
use crate::store::instant::Instant;

/// Buckets that are kept; a bucket that is dropped is a full one again, so this bounds memory, not fairness.
const BUCKETS: usize = 100_000;

/// What is left of a key's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests that would pass now.
    pub remaining: i64,
    /// Seconds until the whole burst is there again, rounded up.
    pub reset: i64,
}

/// The rate is used up; so many seconds until the next request passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// Seconds to wait, at least one.
    pub wait: u32,
}

/// The buckets of all keys.
pub struct Limits {
    buckets: Cache<(PublicId, Network), Arc<Bucket>>,
    on: bool,
}

impl Limits {
    /// Limits that are on, or that let everything pass.
    #[must_use]
    pub fn new(on: bool) -> Self {
        Self { buckets: Cache::new(BUCKETS), on }
    }

    /// Spends one request of a key's rate; `None` when there are no limits.
    ///
    /// # Errors
    /// When the rate is used up.
    pub fn spend(&self, key: &LiveKey, network: Network, now: Instant) -> Result<Option<Quota>, Exhausted> {
        if !self.on {
            return Ok(None);
        }
        let network = match key.stored.kind {
            KeyKind::Publishable => network,
            KeyKind::Secret => Network::ANY,
        };
        let at = (key.stored.public_id, network);
        let bucket = match self.buckets.get(&at) {
            Some(bucket) => bucket,
            None => self.buckets.get_or_insert_with(&at, || Ok::<_, Exhausted>(Arc::default()))?,
        };
        bucket.take(key.stored.rate_limit, now).map(Some)
    }
}

/// One bucket: the theoretical arrival time of the next request, in microseconds.
#[derive(Debug, Default)]
pub struct Bucket(AtomicI64);

impl Bucket {
    /// Takes one request out of a bucket of `rate` a second and a burst of twice that.
    ///
    /// # Errors
    /// When the bucket is empty.
    pub fn take(&self, rate: u32, now: Instant) -> Result<Quota, Exhausted> {
        let (now, cost) = (now.micros(), 1_000_000 / i64::from(rate.max(1)));
        let depth = cost * 2 * i64::from(rate.max(1));
        let spend = |arrival: i64| Some(arrival.max(now) + cost).filter(|next| *next - now <= depth);
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend) {
            Ok(before) => {
                let ahead = before.max(now) + cost - now;
                Ok(Quota { remaining: (depth - ahead) / cost, reset: seconds_up(ahead) })
            }
            Err(arrival) => {
                let wait = seconds_up(arrival + cost - depth - now).max(1);
                Err(Exhausted { wait: u32::try_from(wait).unwrap_or(u32::MAX) })
            }
        }
    }
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
        let start = Instant::from_micros(1_764_000_000_000_000);
        let passed = (0..300).filter(|_| bucket.take(100, start).is_ok()).count();
        assert_eq!(passed, 200);
        assert_eq!(bucket.take(100, start), Err(Exhausted { wait: 1 }));
        let later = Instant::from_micros(start.micros() + 1_000_000);
        assert_eq!((0..300).filter(|_| bucket.take(100, later).is_ok()).count(), 100);
    }

    #[test]
    fn a_rate_of_one_still_has_a_burst_of_two() {
        let bucket = Bucket::default();
        let now = Instant::from_micros(1_764_000_000_000_000);
        assert_eq!(bucket.take(1, now), Ok(Quota { remaining: 1, reset: 1 }));
        assert_eq!(bucket.take(1, now), Ok(Quota { remaining: 0, reset: 2 }));
        assert_eq!(bucket.take(1, now), Err(Exhausted { wait: 1 }));
    }
}
