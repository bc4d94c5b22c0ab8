//! The memory of keys: fingerprint of a whole key → stored key, bounded, loaded once for many simultaneous misses,
//! forgotten at once when any key changes. Authorization is never served from a stale entry: a watcher looks for changes
//! several times a second, and once the database has been silent for five seconds nothing that is remembered counts any
//! more.
//!
//! All of a key is what it is remembered by, so that one with the id of another and a wrong secret part is a key that
//! does not exist: it is looked up, counted and refused like any, and nothing tells that the id is somebody's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use quick_cache::sync::Cache;
use tokio::time::timeout;

use super::{
    call::CachedKey,
    key::{Claim, Fingerprint},
    network::Network,
    rate::Exhausted,
    stored::LiveKey,
    throttle::Throttle,
    unscoped,
};
use crate::{
    store::{
        admission::Admission,
        clock::{Clock, Uptime},
        db::Db,
        error::StoreError,
        fair::Requester,
    },
    wire::problem::{Code, Problem},
};

/// Keys that are remembered.
const KEYS: usize = 100_000;
/// Made-up keys that are remembered, and for how long: enough to answer a client that repeats itself.
const UNKNOWN_KEYS: usize = 10_000;
const UNKNOWN_FOR: Duration = Duration::from_secs(10);
/// Networks whose failed look-ups are counted.
const NETWORKS: usize = 20_000;
/// How long a look-up takes at the most, with the wait for its turn.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(3);
/// How long what is remembered counts after the database last answered.
pub(super) const TRUST: Duration = Duration::from_secs(5);

/// The memory of keys of one server.
pub struct Keyring {
    /// Whether a network that asks for too many keys which do not exist is looked up for no more.
    floods_end: bool,
    admission: Arc<Admission>,
    db: Db,
    clock: Clock,
    known: Cache<Fingerprint, Held>,
    /// Made-up keys, each until it is looked up again.
    unknown: Cache<Fingerprint, Uptime>,
    /// Keys that were found before. A change of any key makes all be read again, and those in use shall not be taken
    /// for a flood then.
    seen: Cache<Fingerprint, ()>,
    networks: Cache<Network, Arc<Throttle>>,
    /// Grows whenever everything is forgotten: what was read before counts no more, wherever it is on its way.
    generation: AtomicU64,
    /// Keys that were read from the database.
    loads: AtomicU64,
    /// Until when the memory counts, in microseconds of the uptime.
    trusted_until: AtomicI64,
}

/// A key, and the generation that it was read in.
#[derive(Clone)]
struct Held {
    key: Arc<LiveKey>,
    generation: u64,
}

/// Why a key was not looked up.
#[derive(Debug)]
pub enum NotLookedUp {
    /// The client's network has asked for too many keys that do not exist.
    Flood(Exhausted),
    /// The database does not answer.
    Failed(Problem),
}

impl Keyring {
    /// An empty memory. Until a [`super::watch`]er vouches for it, every key is read from the database.
    pub fn new(db: Db, clock: Clock, floods_end: bool, admission: Arc<Admission>) -> Self {
        Self {
            floods_end,
            admission,
            db,
            clock,
            known: Cache::new(KEYS),
            unknown: Cache::new(UNKNOWN_KEYS),
            seen: Cache::new(KEYS),
            networks: Cache::new(NETWORKS),
            generation: AtomicU64::new(0),
            loads: AtomicU64::new(0),
            trusted_until: AtomicI64::new(i64::MIN),
        }
    }

    /// What is remembered of a key, if the memory counts.
    pub fn cached(&self, claim: &Claim, now: Uptime) -> CachedKey {
        if now.micros() > self.trusted_until.load(Ordering::Acquire) {
            return CachedKey::NotLoaded;
        }
        if let Some(held) = self.known.get(&claim.fingerprint)
            && held.generation == self.generation.load(Ordering::Acquire)
        {
            return CachedKey::Found(held.key);
        }
        match self.unknown.get(&claim.fingerprint) {
            Some(until) if now < until => CachedKey::Absent,
            _ => CachedKey::NotLoaded,
        }
    }

    /// Looks a key up in the database, for a client network.
    ///
    /// # Errors
    /// When the database does not answer, or the network has asked for too many keys that do not exist.
    pub async fn look_up(&self, claim: &Claim, network: Network) -> Result<Option<Arc<LiveKey>>, NotLookedUp> {
        // A look-up that does not end, or a turn that does not come, means that the database is away.
        timeout(LOOK_UP_TIMEOUT, self.throttled(claim, network)).await.unwrap_or_else(|_| {
            let detail = "Keys cannot be looked up now. Try again in a moment.";
            Err(NotLookedUp::Failed(Problem::new(Code::Unavailable, detail)))
        })
    }

    async fn throttled(&self, claim: &Claim, network: Network) -> Result<Option<Arc<LiveKey>>, NotLookedUp> {
        let failed = |cause: Problem| NotLookedUp::Failed(cause);
        let fresh = || Ok::<_, Problem>(Arc::new(Throttle::new()));
        let throttle = self.networks.get_or_insert_with(&network, fresh).map_err(failed)?;
        let was_seen = self.seen.get(&claim.fingerprint).is_some();
        let _look_up = throttle.look_up(was_seen).await.map_err(|error| failed(Problem::internal(error)))?;
        // Whoever was before may have found it, or found that there is none: nothing is looked up then, and nothing counts.
        match self.cached(claim, self.clock.uptime()) {
            CachedKey::Found(key) => return Ok(Some(key)),
            CachedKey::Absent => return Ok(None),
            CachedKey::NotLoaded => {}
        }
        if self.floods_end && !was_seen {
            throttle.may_ask(self.clock.uptime()).map_err(NotLookedUp::Flood)?;
        }
        let found = self.load(claim, network).await.map_err(|error| failed(error.into()))?;
        if found.is_none() {
            throttle.failed(self.clock.uptime());
        }
        Ok(found)
    }

    async fn load(&self, claim: &Claim, network: Network) -> Result<Option<Arc<LiveKey>>, StoreError> {
        let place = self.known.get_value_or_guard_async(&claim.fingerprint).await;
        match self.cached(claim, self.clock.uptime()) {
            CachedKey::Found(key) => return Ok(Some(key)),
            CachedKey::Absent => return Ok(None),
            CachedKey::NotLoaded => {}
        }
        // Whose key it is, nobody knows yet: all look-ups together have the share of one studio.
        let _slot = self.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
        let generation = self.generation.load(Ordering::Acquire);
        self.loads.fetch_add(1, Ordering::Relaxed);
        let read = unscoped::load_key(&self.db, claim).await;
        self.admission.heard(!matches!(read, Err(StoreError::Unavailable(_))));
        let Some(key) = read?.map(Arc::new) else {
            self.unknown.insert(claim.fingerprint, self.clock.uptime().plus(UNKNOWN_FOR));
            return Ok(None);
        };
        self.seen.insert(claim.fingerprint, ());
        let held = Held { key: Arc::clone(&key), generation };
        match place {
            // Losing the place to an eviction only means that the next request loads again.
            Err(place) => drop(place.insert(held)),
            // What stands there does not count any more.
            Ok(_) => self.known.insert(claim.fingerprint, held),
        }
        Ok(Some(key))
    }

    /// Forgets everything: some key has changed.
    pub fn forget(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.known.clear();
        self.unknown.clear();
    }

    /// The database answered a question that was asked at this time: the memory counts for five seconds more.
    pub(super) fn vouch(&self, asked_at: Uptime) {
        self.trusted_until.store(asked_at.plus(TRUST).micros(), Ordering::Release);
    }

    /// How many keys are remembered.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// How many times a key was read from the database.
    pub fn loads(&self) -> u64 {
        self.loads.load(Ordering::Relaxed)
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }
}
