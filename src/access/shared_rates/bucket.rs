//! A bucket that all instances take from. Promises to be the twin of [`Bucket`](crate::access::rate::Bucket), which judges what
//! is told here.

use std::{fmt, sync::LazyLock};

use redis::Script;

use super::{SharedParts, SharedRates};

pub(super) static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("bucket.lua")));

/// A bucket in Redis.
pub struct SharedBucket<'s> {
    shared: &'s SharedParts,
    name: String,
}

impl SharedRates {
    /// The bucket of somebody, if Redis answers.
    pub fn bucket(&self, what: &str, who: &dyn fmt::Display) -> Option<SharedBucket<'_>> {
        self.answering().map(|shared| SharedBucket { shared, name: shared.name(what, who) })
    }
}

impl SharedBucket<'_> {
    /// Takes so much from a bucket of this depth, both in microseconds, if there is enough. How far ahead the next request was
    /// due before that; nothing if Redis does not answer.
    pub(in crate::access) async fn take(&self, taken: i64, depth: i64) -> Option<i64> {
        let mut call = SCRIPT.key(&self.name);
        call.arg(taken).arg(depth).arg(self.shared.time());
        let ahead: i64 = self.shared.redis.ask(&call).await?;
        Some(ahead.clamp(0, depth))
    }
}
