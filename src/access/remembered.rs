//! A bounded cache of rows that are read again and again, such as keys. Many simultaneous misses load once, and any change
//! empties it. It is never stale: the watcher of changes confirms it several times a second, and entries count for at most
//! five seconds after that. That a row does not exist is cached for a while, too.

use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use quick_cache::sync::Cache;

use crate::store::clock::Uptime;

/// How long what is remembered counts after the database last answered.
pub(super) const TRUST: Duration = Duration::from_secs(5);

/// What a memory holds of one thing.
#[derive(Debug)]
pub enum Cached<V> {
    /// This.
    Found(Arc<V>),
    /// The row does not exist.
    Absent,
    /// Nothing yet.
    NotLoaded,
}

impl<V> Clone for Cached<V> {
    fn clone(&self) -> Self {
        match self {
            Self::Found(value) => Self::Found(Arc::clone(value)),
            Self::Absent => Self::Absent,
            Self::NotLoaded => Self::NotLoaded,
        }
    }
}

/// How much is remembered.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Things that are there.
    pub known: usize,
    /// Things that are not.
    pub unknown: usize,
    /// How long it is remembered that one is not there.
    pub unknown_for: Duration,
}

/// A memory. Until somebody vouches for it, everything is read from the database.
pub struct Remembered<K, V> {
    known: Cache<K, Held<V>>,
    /// What does not exist, each until it is looked up again.
    unknown: Cache<K, Uptime>,
    unknown_for: Duration,
    /// Grows whenever everything is forgotten: what was read before counts no more, wherever it is on its way.
    generation: AtomicU64,
    /// Until when the memory counts, in microseconds of the uptime.
    trusted_until: AtomicI64,
}

/// A value, and the generation that it was read in.
struct Held<V> {
    value: Arc<V>,
    generation: u64,
}

impl<V> Clone for Held<V> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), generation: self.generation }
    }
}

impl<K: Clone + Eq + Hash, V> Remembered<K, V> {
    /// An empty memory.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            known: Cache::new(bounds.known),
            unknown: Cache::new(bounds.unknown),
            unknown_for: bounds.unknown_for,
            generation: AtomicU64::new(0),
            trusted_until: AtomicI64::new(i64::MIN),
        }
    }

    /// What is remembered of a thing, if the memory counts.
    pub fn get(&self, key: &K, now: Uptime) -> Cached<V> {
        if now.micros() > self.trusted_until.load(Ordering::Acquire) {
            return Cached::NotLoaded;
        }
        if let Some(held) = self.known.get(key)
            && held.generation == self.generation.load(Ordering::Acquire)
        {
            return Cached::Found(held.value);
        }
        match self.unknown.get(key) {
            Some(until) if now < until => Cached::Absent,
            _ => Cached::NotLoaded,
        }
    }

    /// Reads a thing that is not remembered: one read for all who ask for it meanwhile. `uptime` is asked again once the
    /// wait for others is over.
    ///
    /// # Errors
    /// What `read` fails with.
    pub async fn load<E>(
        &self,
        key: &K,
        uptime: impl Fn() -> Uptime,
        read: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<Arc<V>>, E> {
        let place = self.known.get_value_or_guard_async(key).await;
        match self.get(key, uptime()) {
            Cached::Found(value) => return Ok(Some(value)),
            Cached::Absent => return Ok(None),
            Cached::NotLoaded => {}
        }
        let generation = self.generation.load(Ordering::Acquire);
        let Some(value) = read.await?.map(Arc::new) else {
            self.unknown.insert(key.clone(), uptime().plus(self.unknown_for));
            return Ok(None);
        };
        let held = Held { value: Arc::clone(&value), generation };
        match place {
            // Losing the place to an eviction only means that the next request loads again.
            Err(place) => drop(place.insert(held)),
            // The entry there is out of date.
            Ok(_) => self.known.insert(key.clone(), held),
        }
        Ok(Some(value))
    }

    /// Forgets everything: something has changed.
    pub fn forget(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.known.clear();
        self.unknown.clear();
    }

    /// The database answered a question that was asked at this time: the memory counts for five seconds more.
    pub fn vouch(&self, asked_at: Uptime) {
        self.trusted_until.store(asked_at.plus(TRUST).micros(), Ordering::Release);
    }

    /// How many things are remembered that are there.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Uptime {
        Uptime::from_micros(0).plus(Duration::from_secs(seconds))
    }

    async fn load(memory: &Remembered<u8, u8>, now: Uptime, found: Option<u8>) -> Option<u8> {
        let read = async { Ok::<_, ()>(found) };
        memory.load(&7, || now, read).await.expect("read").map(|value| *value)
    }

    #[tokio::test]
    async fn what_nobody_vouches_for_or_has_changed_is_read_again() {
        let bounds = Bounds { known: 10, unknown: 10, unknown_for: Duration::from_secs(3) };
        let memory = Remembered::<u8, u8>::new(bounds);
        assert_eq!(load(&memory, at(0), Some(1)).await, Some(1));
        assert_eq!(load(&memory, at(0), Some(2)).await, Some(2), "nobody has vouched yet");
        memory.vouch(at(0));
        assert_eq!(load(&memory, at(5), Some(3)).await, Some(2));
        assert_eq!(load(&memory, at(6), Some(3)).await, Some(3), "the database has been silent");
        memory.vouch(at(6));
        memory.forget();
        assert_eq!(load(&memory, at(6), None).await, None, "it has changed");
        assert_eq!(load(&memory, at(8), Some(4)).await, None);
        assert_eq!(load(&memory, at(9), Some(4)).await, Some(4), "what is not there is asked for again");
    }

    #[tokio::test]
    async fn what_was_read_while_it_changed_is_not_kept() {
        let bounds = Bounds { known: 10, unknown: 10, unknown_for: Duration::from_secs(3) };
        let memory = Remembered::<u8, u8>::new(bounds);
        memory.vouch(at(0));
        let read = async {
            memory.forget();
            Ok::<_, ()>(Some(1))
        };
        memory.load(&7, || at(0), read).await.expect("read");
        assert!(matches!(memory.get(&7, at(0)), Cached::NotLoaded));
    }
}
