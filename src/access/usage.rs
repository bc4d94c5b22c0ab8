//! Uses of keys, counted off the request's path: per key, operation, outcome and hour, with the last use and the networks
//! they came from. A refused call is use, too: who still calls with a revoked key shows here, and so does why a
//! replacement has no admitted call. The guard adds to a map in memory; a task writes the map to the database about once
//! a second, and the server a last time when it has drained. It is what a rotation's "verify traffic" reads. The rows of the
//! [`activity`](super::activity) are written with it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use tokio::sync::Mutex as Queue;

pub use super::activity::UNKNOWN_OPERATION;
use super::{
    activity::queue::ActivityQueue,
    network::Network,
    stored::KeyId,
    unscoped::{self, CallsOfKey, LastUse, NetworkOfKey},
};
use crate::{
    store::{
        db::{Db, Tx},
        error::StoreError,
        instant::Instant,
    },
    wire::problem::Code,
};

/// How often the counts are written.
pub const WRITE_EVERY: Duration = Duration::from_millis(700);
/// Entries that wait at the most, when the database is away for long: those that are new then are dropped.
const MAX_ENTRIES: usize = 40_000;
/// Networks of one key among them: a website's visitors, or a client that has many addresses.
const MAX_NETWORKS_OF_A_KEY: usize = 500;
/// How long calls are kept: last year's can be laid beside this year's.
const CALLS_KEPT: Duration = Duration::from_hours(400 * 24);
/// How long a network is kept that a key is not used from any more.
const NETWORKS_KEPT: Duration = Duration::from_hours(90 * 24);

/// One use of a key.
#[derive(Clone, Copy, Debug)]
pub struct KeyUse {
    /// The operation's id.
    pub operation: &'static str,
    /// What became of it.
    pub outcome: UseOutcome,
    /// Where it came from.
    pub network: Network,
}

/// What became of a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseOutcome {
    /// It reached its handler.
    Admitted,
    /// It was refused with this code.
    Refused(Code),
}

impl UseOutcome {
    /// The word for an admitted use.
    pub const ADMITTED: &'static str = "admitted";

    /// Its word, as it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admitted => Self::ADMITTED,
            Self::Refused(code) => code.name(),
        }
    }
}

/// The counts that are not written yet. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Usage {
    /// The calls that are not written yet, one by one.
    pub activity: ActivityQueue,
    counts: Arc<Mutex<Counts>>,
    writing: Arc<Queue<()>>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Calls that are being written.
    under_way: i64,
    /// Entries of all keys.
    entries: usize,
    keys: HashMap<KeyId, UsesOfKey>,
}

/// What is not written yet of one key.
#[derive(Debug)]
struct UsesOfKey {
    last: Instant,
    last_from: IpNet,
    /// A few: operations times outcomes that were met in a second.
    calls: Vec<CallCount>,
    networks: HashMap<IpNet, Seen>,
}

#[derive(Debug)]
struct CallCount {
    operation: &'static str,
    outcome: UseOutcome,
    hour: Instant,
    calls: i64,
}

/// When a key was used from a network.
#[derive(Clone, Copy, Debug)]
struct Seen {
    first: Instant,
    last: Instant,
    last_admitted: Option<Instant>,
}

impl Usage {
    /// No counts; `activity` says whether calls are recorded one by one, too.
    pub fn new(activity: bool) -> Self {
        Self { activity: ActivityQueue::new(activity), counts: Arc::default(), writing: Arc::default() }
    }

    /// Counts one use of a key.
    pub fn count(&self, key: KeyId, used: KeyUse, now: Instant) {
        let KeyUse { operation, outcome, network } = used;
        let network = network.masked();
        let seen = Seen { first: now, last: now, last_admitted: (outcome == UseOutcome::Admitted).then_some(now) };
        self.lock().add(
            key,
            network,
            now,
            [CallCount { operation, outcome, hour: now.hour(), calls: 1 }],
            [(network, seen)],
        );
    }

    /// Writes what was counted since the last time; what cannot be written is kept for the next time. A write that has
    /// begun comes to its end also when nobody waits for it, so that no call is lost or counted twice. There is one at a
    /// time: who asks for the last one has waited for all others.
    pub async fn write(&self, db: &Db) -> Result<(), StoreError> {
        let (usage, db) = (self.clone(), db.clone());
        let written = tokio::spawn(async move { usage.write_in_turn(&db).await }).await;
        written.unwrap_or_else(|error| Err(StoreError::Broken(error.to_string())))
    }

    async fn write_in_turn(&self, db: &Db) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        let (counts, calls) = (self.lock().take(), self.activity.take());
        if counts.keys.is_empty() && calls.is_empty() {
            return Ok(());
        }
        let written = async {
            let mut tx = db.begin().await?;
            calls.write(&mut tx).await?;
            counts.write(&mut tx).await?;
            tx.commit().await
        };
        let written = written.await;
        self.lock().under_way = 0;
        match &written {
            Ok(()) => self.activity.note_written(&calls),
            // The counts of this batch are lost as well: nobody else's use waits for keys that are gone, as when another database
            // was put in the place of this one.
            Err(StoreError::Gone) => self.activity.drop_all(&calls),
            Err(_) => {
                self.take_back(counts);
                self.activity.take_back(calls);
            }
        }
        written
    }

    /// How many calls are not written yet.
    pub fn unwritten(&self) -> i64 {
        let counts = self.lock();
        counts.under_way + counts.sum()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What could not be written counts as older than what came meanwhile.
    fn take_back(&self, unwritten: Counts) {
        let mut counts = self.lock();
        for (key, UsesOfKey { last, last_from, calls, networks }) in unwritten.keys {
            let newer = counts.keys.get(&key).map(|uses| (uses.last, uses.last_from));
            let (last, last_from) = newer.unwrap_or((last, last_from));
            counts.add(key, last_from, last, calls, networks);
        }
    }
}

/// Removes what is too old to be asked for.
pub async fn sweep(db: &Db, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    unscoped::forget_usage(&mut tx, now.minus(CALLS_KEPT), now.minus(NETWORKS_KEPT)).await?;
    tx.commit().await
}

impl Counts {
    fn sum(&self) -> i64 {
        self.keys.values().flat_map(|uses| &uses.calls).map(|count| count.calls).sum()
    }

    /// Takes everything, to be written.
    fn take(&mut self) -> Self {
        let under_way = self.sum();
        std::mem::replace(self, Self { under_way, ..Self::default() })
    }

    /// Adds uses of a key, where there is room for their entries.
    fn add(
        &mut self,
        key: KeyId,
        last_from: IpNet,
        last: Instant,
        calls: impl IntoIterator<Item = CallCount>,
        networks: impl IntoIterator<Item = (IpNet, Seen)>,
    ) {
        let Self { entries, keys, .. } = self;
        if *entries >= MAX_ENTRIES && !keys.contains_key(&key) {
            return;
        }
        let fresh = || UsesOfKey { last, last_from, calls: Vec::new(), networks: HashMap::new() };
        let uses = keys.entry(key).or_insert_with(fresh);
        (uses.last, uses.last_from) = (last, last_from);
        for count in calls {
            uses.add_calls(count, entries);
        }
        for (network, seen) in networks {
            uses.add_network(network, seen, entries);
        }
    }

    async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.keys.is_empty() {
            return Ok(());
        }
        // In one order in every instance, so that two never wait for each other's rows in a circle.
        let keys: BTreeMap<KeyId, &UsesOfKey> = self.keys.iter().map(|(key, uses)| (*key, uses)).collect();
        let of_each = || keys.iter().map(|(key, uses)| (*key, *uses));
        let mut calls: Vec<_> = of_each().flat_map(|(key, uses)| uses.calls_of(key)).collect();
        let mut networks: Vec<_> = of_each().flat_map(|(key, uses)| uses.networks_of(key)).collect();
        calls.sort_by(|a, b| {
            (a.key_id, a.hour, &a.operation, &a.outcome).cmp(&(b.key_id, b.hour, &b.operation, &b.outcome))
        });
        networks.sort_by_key(|seen| (seen.key_id, seen.network));
        let last_uses: Vec<_> =
            of_each().map(|(key_id, uses)| LastUse { key_id, at: uses.last, from: uses.last_from }).collect();
        unscoped::add_calls(tx.on(), &calls).await?;
        unscoped::note_networks(tx, &networks).await?;
        unscoped::note_last_uses(tx, &last_uses).await
    }
}

impl UsesOfKey {
    fn add_calls(&mut self, added: CallCount, entries: &mut usize) {
        let is_same = |count: &&mut CallCount| {
            count.operation == added.operation && count.outcome == added.outcome && count.hour == added.hour
        };
        if let Some(known) = self.calls.iter_mut().find(is_same) {
            known.calls += added.calls;
        } else if *entries < MAX_ENTRIES {
            *entries += 1;
            self.calls.push(added);
        }
    }

    fn add_network(&mut self, network: IpNet, seen: Seen, entries: &mut usize) {
        if let Some(known) = self.networks.get_mut(&network) {
            *known = Seen {
                first: known.first.min(seen.first),
                last: known.last.max(seen.last),
                last_admitted: known.last_admitted.max(seen.last_admitted),
            };
        } else if *entries < MAX_ENTRIES && self.networks.len() < MAX_NETWORKS_OF_A_KEY {
            *entries += 1;
            self.networks.insert(network, seen);
        }
    }

    fn calls_of(&self, key_id: KeyId) -> impl Iterator<Item = CallsOfKey> {
        self.calls.iter().map(move |count| CallsOfKey {
            key_id,
            hour: count.hour,
            operation: count.operation.to_owned(),
            outcome: count.outcome.name().to_owned(),
            calls: count.calls,
        })
    }

    fn networks_of(&self, key_id: KeyId) -> impl Iterator<Item = NetworkOfKey> {
        self.networks.iter().map(move |(network, seen)| NetworkOfKey {
            key_id,
            network: *network,
            first_seen_at: seen.first,
            last_seen_at: seen.last,
            last_admitted_at: seen.last_admitted,
        })
    }
}
