//! The memory of keys: fingerprint of a whole key → stored key, bounded, loaded once for many simultaneous misses,
//! forgotten at once when any key changes ([`Remembered`]). Authorization is never served from a stale entry: a watcher looks
//! for changes several times a second, and once the database has been silent for five seconds nothing that is remembered
//! counts any more.
//!
//! All of a key is what it is remembered by, so that one with the id of another and a wrong secret part is a key that
//! does not exist: it is looked up, counted and refused like any, and nothing shows that the id exists.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
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
    remembered::{Bounds, Remembered},
    shared_rates::SharedRates,
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

/// The memory of keys of one server.
pub struct Keyring {
    /// Whether a network that asks for too many keys which do not exist is looked up for no more.
    floods_end: bool,
    admission: Arc<Admission>,
    db: Db,
    clock: Clock,
    keys: Remembered<Fingerprint, LiveKey>,
    /// Keys that were found before. A change of any key makes all be read again, and those in use shall not be taken
    /// for a flood then.
    seen: Cache<Fingerprint, ()>,
    networks: Cache<Network, Arc<Throttle>>,
    shared: SharedRates,
    /// Keys that were read from the database.
    loads: AtomicU64,
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
    pub fn new(db: Db, clock: Clock, floods_end: bool, admission: Arc<Admission>, shared: SharedRates) -> Self {
        Self {
            floods_end,
            admission,
            db,
            clock,
            keys: Remembered::new(Bounds { known: KEYS, unknown: UNKNOWN_KEYS, unknown_for: UNKNOWN_FOR }),
            seen: Cache::new(KEYS),
            networks: Cache::new(NETWORKS),
            shared,
            loads: AtomicU64::new(0),
        }
    }

    /// What is remembered of a key, if the memory counts.
    pub fn cached(&self, claim: &Claim, now: Uptime) -> CachedKey {
        self.keys.get(&claim.fingerprint, now)
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

    /// Looks a key up for somebody who has shown who they are: their failures are not counted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn look_up_trusted(
        &self,
        claim: &Claim,
        network: Network,
    ) -> Result<Option<Arc<LiveKey>>, StoreError> {
        match self.cached(claim, self.clock.uptime()) {
            CachedKey::Found(key) => Ok(Some(key)),
            CachedKey::Absent => Ok(None),
            CachedKey::NotLoaded => self.load(claim, network).await,
        }
    }

    async fn throttled(&self, claim: &Claim, network: Network) -> Result<Option<Arc<LiveKey>>, NotLookedUp> {
        let failed = |cause: Problem| NotLookedUp::Failed(cause);
        let fresh = || Ok::<_, Problem>(Arc::new(Throttle::new(network, self.shared.clone())));
        let throttle = self.networks.get_or_insert_with(&network, fresh).map_err(failed)?;
        let was_seen = self.seen.get(&claim.fingerprint).is_some();
        let _look_up = throttle.look_up(was_seen).await.map_err(|error| failed(Problem::internal(error)))?;
        // An earlier request may have found the key, or that it does not exist: then nothing is looked up or counted.
        match self.cached(claim, self.clock.uptime()) {
            CachedKey::Found(key) => return Ok(Some(key)),
            CachedKey::Absent => return Ok(None),
            CachedKey::NotLoaded => {}
        }
        if self.floods_end && !was_seen {
            throttle.may_look_up(self.clock.uptime()).await.map_err(NotLookedUp::Flood)?;
        }
        let found = self.load(claim, network).await.map_err(|error| failed(error.into()))?;
        if found.is_none() {
            throttle.failed(self.clock.uptime()).await;
        }
        Ok(found)
    }

    async fn load(&self, claim: &Claim, network: Network) -> Result<Option<Arc<LiveKey>>, StoreError> {
        let found = self.keys.load(&claim.fingerprint, || self.clock.uptime(), self.read(claim, network)).await?;
        if found.is_some() {
            self.seen.insert(claim.fingerprint, ());
        }
        Ok(found)
    }

    async fn read(&self, claim: &Claim, network: Network) -> Result<Option<LiveKey>, StoreError> {
        // Whose key it is, nobody knows yet: all look-ups together have the share of one studio.
        let _slot = self.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
        self.loads.fetch_add(1, Ordering::Relaxed);
        let read = unscoped::load_key(&self.db, claim, self.clock.now()).await;
        self.admission.report_answered(!matches!(read, Err(StoreError::Unavailable(_))));
        read
    }

    /// Forgets everything: some key has changed.
    pub fn forget(&self) {
        self.keys.forget();
    }

    /// The database answered a question that was asked at this time: the memory counts for five seconds more.
    pub(super) fn vouch(&self, asked_at: Uptime) {
        self.keys.vouch(asked_at);
    }

    /// How many keys are remembered.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// How many times a key was read from the database.
    pub fn loads(&self) -> u64 {
        self.loads.load(Ordering::Relaxed)
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }
}
