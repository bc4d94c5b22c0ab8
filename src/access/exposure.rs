//! Secret keys that a browser sent. The request is refused whether or not the key exists, and learns nothing; the key
//! is looked up afterwards, off the request's path, and if all of it is right, that it is exposed, where, and since
//! when is written on it for the studio to see. It is written at once, and then once a minute with all that was counted
//! meanwhile: a page that calls a thousand times a second writes no more than one that calls once, and a client that invents
//! origins little more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{
        mpsc::{Receiver, Sender, channel},
        oneshot,
    },
    time::{Instant as Moment, MissedTickBehavior, interval},
};

use super::{
    key::{Claim, Fingerprint},
    keyring::{Keyring, NotLookedUp},
    network::Network,
    surface::Surface,
    unscoped,
};
use crate::{
    store::instant::Instant,
    wire::{
        mask::mask_path,
        problem::{Code, Problem},
    },
};

/// How long a database that is away is left alone.
const REST: Duration = Duration::from_secs(1);
/// Exposures that wait to be looked up; more are dropped: a key that is in a page comes again.
const QUEUE: usize = 1024;
/// An origin is cut here; a real one is far shorter.
const ORIGIN_LENGTH: usize = 255;
/// Origins of one key that are written each by itself in a minute; a client that has the key can invent more.
const ORIGINS: usize = 20;
/// Stands in for those in the count.
const OTHER: &str = "other";

/// How often what was counted is written.
const EVERY: Duration = Duration::from_mins(1);

/// A key, an origin and a surface, which are counted together. All of a key, so that one which only shares its id does not
/// hide it.
type SightingKey = (Fingerprint, String, Surface);

/// A secret key that came from a browser, as far as it may be kept in memory: its fingerprint.
struct Sighting {
    claim: Claim,
    network: Network,
    last: Instant,
    /// Calls that are not written yet.
    calls: i64,
    /// When it was written last.
    written: Option<Moment>,
}

/// An entry of the queue.
enum QueuedReport {
    /// Seen for the first time.
    Seen(SightingKey),
    /// Somebody waits until all that was reported before is recorded.
    Mark(oneshot::Sender<()>),
}

/// Where sightings are reported. Cheap to clone.
#[derive(Clone)]
pub struct Exposures {
    queue: Sender<QueuedReport>,
    seen: Sightings,
    keyring: Arc<Keyring>,
}

/// What was seen, and is to be written or was written a moment ago.
#[derive(Clone, Default)]
struct Sightings(Arc<Mutex<HashMap<SightingKey, Sighting>>>);

impl Sightings {
    fn lock(&self) -> MutexGuard<'_, HashMap<SightingKey, Sighting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exposures {
    /// A reporter, and the task that looks its reports up until the last reporter is gone.
    pub fn new(keyring: Arc<Keyring>) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, reports) = channel(QUEUE);
        let seen = Sightings::default();
        let recorder = Recorder { keyring: Arc::clone(&keyring), seen: seen.clone() };
        (Self { queue, seen, keyring }, recorder.run(reports))
    }

    /// Reports a key. The origin is what the caller wrote, and is logged and kept: a key in it is masked, encoded or not.
    pub fn report(&self, claim: Claim, origin: Option<&str>, surface: Surface, network: Network) {
        let origin: String = mask_path(origin.unwrap_or("unknown")).chars().take(ORIGIN_LENGTH).collect();
        let last = self.keyring.clock().now();
        let mut entry = (claim.fingerprint, origin, surface);
        let mut seen = self.seen.lock();
        let of_this_key = || seen.keys().filter(|(key, ..)| *key == claim.fingerprint).count();
        if !seen.contains_key(&entry) && of_this_key() >= ORIGINS {
            OTHER.clone_into(&mut entry.1);
        }
        if let Some(sighting) = seen.get_mut(&entry) {
            sighting.calls += 1;
            sighting.last = last;
        } else if let Ok(place) = self.queue.try_reserve() {
            seen.insert(entry.clone(), Sighting { claim, network, last, calls: 1, written: None });
            place.send(QueuedReport::Seen(entry));
        }
    }

    /// Returns once all that was reported before has been looked up and written.
    pub async fn written(&self) {
        let (mark, reached) = oneshot::channel();
        if self.queue.send(QueuedReport::Mark(mark)).await.is_ok() {
            reached.await.ok();
        }
    }

    /// How many reports wait to be written.
    pub fn waiting(&self) -> usize {
        self.seen.lock().values().filter(|sighting| sighting.calls > 0).count()
    }
}

/// Looks up and writes what was reported.
struct Recorder {
    keyring: Arc<Keyring>,
    seen: Sightings,
}

impl Recorder {
    async fn run(self, mut reports: Receiver<QueuedReport>) {
        let mut ticks = interval(EVERY / 10);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                report = reports.recv() => match report {
                    None => return,
                    Some(QueuedReport::Seen(entry)) => self.write(&entry).await,
                    Some(QueuedReport::Mark(mark)) => {
                        self.write_all(|_| true).await;
                        mark.send(()).ok();
                    }
                },
                _ = ticks.tick() => {
                    self.write_all(|written| written.elapsed() >= EVERY).await;
                    // What was not seen again for a while is a first time the next time.
                    self.seen.lock().retain(|_, sighting| {
                        sighting.calls > 0 || sighting.written.is_none_or(|written| written.elapsed() < EVERY)
                    });
                }
            }
        }
    }

    /// Writes what was counted since it was written, where that is `due`.
    async fn write_all(&self, due: impl Fn(Moment) -> bool) {
        let is_due = |sighting: &Sighting| sighting.calls > 0 && sighting.written.is_none_or(&due);
        let entries: Vec<_> =
            self.seen.lock().iter().filter(|(_, sighting)| is_due(sighting)).map(|(entry, _)| entry.clone()).collect();
        for entry in entries {
            self.write(&entry).await;
        }
    }

    /// Writes an entry's calls, as soon as the database takes them; forgets it where the key does not exist.
    async fn write(&self, entry: &SightingKey) {
        loop {
            let Some((claim, network, last, calls)) = self.seen.lock().get(entry).and_then(Sighting::counted) else {
                return;
            };
            match self.record(entry, &claim, network, last, calls).await {
                Ok(true) => {
                    if let Some(sighting) = self.seen.lock().get_mut(entry) {
                        sighting.calls -= calls;
                        sighting.written = Some(Moment::now());
                    }
                    return;
                }
                Err(problem) if problem.code() == Code::Unavailable => {
                    // Those that wait behind it wait for the same database.
                    tokio::time::sleep(REST).await;
                }
                Ok(false) => {
                    self.seen.lock().remove(entry);
                    return;
                }
                Err(problem) => {
                    tracing::warn!(
                        code = problem.code().name(),
                        cause = problem.cause(),
                        "an exposed key was not recorded"
                    );
                    self.seen.lock().remove(entry);
                    return;
                }
            }
        }
    }

    /// Whether there was such a key, and it was recorded.
    async fn record(
        &self,
        (_, origin, surface): &SightingKey,
        claim: &Claim,
        network: Network,
        last: Instant,
        calls: i64,
    ) -> Result<bool, Problem> {
        let key = match self.keyring.look_up(claim, network).await {
            Ok(Some(key)) => key,
            // A flood of made-up keys is refused here as it is on the request's path: by the network's failures.
            Ok(None) | Err(NotLookedUp::Flood(_)) => return Ok(false),
            Err(NotLookedUp::Failed(problem)) => return Err(problem),
        };
        tracing::warn!(
            key = %key.masked,
            studio = %key.studio,
            origin,
            surface = surface.name(),
            calls,
            "a secret key was sent by a browser: revoke it, it is public"
        );
        let mut tx = self.keyring.db().begin().await?;
        unscoped::note_exposure(tx.on(), key.stored.id, origin.clone(), surface.name(), last, calls).await?;
        tx.commit().await?;
        Ok(true)
    }
}

impl Sighting {
    /// What is to be written of it; nothing where all of its calls are written already.
    fn counted(&self) -> Option<(Claim, Network, Instant, i64)> {
        (self.calls > 0).then_some((self.claim, self.network, self.last, self.calls))
    }
}
