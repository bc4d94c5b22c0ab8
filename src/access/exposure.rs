//! Secret keys that a browser sent. The request is refused whether or not the key exists, and learns nothing; the key
//! is looked up afterwards, off the request's path, and if all of it is right, that it is exposed, where, and since
//! when is written on it for the studio to see.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{
    mpsc::{Receiver, Sender, channel},
    oneshot,
};

use super::{
    key::{Claim, Fingerprint, PresentedKey},
    keyring::{Keyring, NotLookedUp},
    network::Network,
    unscoped,
};
use crate::wire::{
    mask::mask_path,
    problem::{Code, Problem},
};

/// How long a database that is away is left alone.
const REST: Duration = Duration::from_secs(1);
/// Exposures that wait to be looked up; more are dropped: a key that is in a page comes again.
const QUEUE: usize = 1024;
/// An origin is cut here; a real one is far shorter.
const ORIGIN_LENGTH: usize = 255;

/// A secret key that came from a browser, as far as it may be kept in memory: its fingerprint.
struct Sighting {
    claim: Claim,
    origin: String,
    surface: &'static str,
    network: Network,
}

/// What stands in the queue.
enum Report {
    Seen(Sighting),
    /// Somebody waits until all that was reported before is recorded.
    Mark(oneshot::Sender<()>),
}

/// What waits once: all of a key, so that one which only shares its id does not hide it, and an origin.
type Entry = (Fingerprint, String);

/// Where sightings are reported. Cheap to clone.
#[derive(Clone)]
pub struct Exposures {
    queue: Sender<Report>,
    waiting: Arc<Mutex<HashSet<Entry>>>,
}

impl Exposures {
    /// A reporter, and the task that looks its reports up until the last reporter is gone.
    pub fn new(keyring: Arc<Keyring>) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, reports) = channel(QUEUE);
        let waiting = Arc::default();
        let exposures = Self { queue, waiting: Arc::clone(&waiting) };
        (exposures, look_up_all(keyring, reports, waiting))
    }

    /// Reports a key, once for a key and an origin while it waits. The origin is what the caller wrote, and is logged and
    /// kept: a key in it is masked, encoded or not.
    pub fn report(&self, key: PresentedKey<'_>, origin: Option<&str>, surface: &'static str, network: Network) {
        let origin: String = mask_path(origin.unwrap_or("unknown")).chars().take(ORIGIN_LENGTH).collect();
        let Ok(place) = self.queue.try_reserve() else { return };
        let claim = key.claim();
        let entry = (claim.fingerprint, origin.clone());
        let fresh = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(entry);
        if fresh {
            place.send(Report::Seen(Sighting { claim, origin, surface, network }));
        }
    }

    /// Returns once all that was reported before has been looked up.
    pub async fn settled(&self) {
        let (mark, reached) = oneshot::channel();
        if self.queue.send(Report::Mark(mark)).await.is_ok() {
            reached.await.ok();
        }
    }

    /// How many reports wait to be looked up.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

async fn look_up_all(keyring: Arc<Keyring>, mut reports: Receiver<Report>, waiting: Arc<Mutex<HashSet<Entry>>>) {
    while let Some(report) = reports.recv().await {
        let sighting = match report {
            Report::Seen(sighting) => sighting,
            Report::Mark(mark) => {
                mark.send(()).ok();
                continue;
            }
        };
        let entry = (sighting.claim.fingerprint, sighting.origin.clone());
        while let Err(problem) = record(&keyring, &sighting).await {
            if problem.code() != Code::Unavailable {
                tracing::warn!(code = problem.code().name(), "an exposed key was not recorded");
                break;
            }
            // Those that wait behind it wait for the same database.
            tokio::time::sleep(REST).await;
        }
        waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&entry);
    }
}

async fn record(keyring: &Keyring, sighting: &Sighting) -> Result<(), Problem> {
    let key = match keyring.look_up(&sighting.claim, sighting.network).await {
        Ok(Some(key)) => key,
        // A flood of made-up keys is refused here as it is on the request's path: by the network's failures.
        Ok(None) | Err(NotLookedUp::Flood(_)) => return Ok(()),
        Err(NotLookedUp::Failed(problem)) => return Err(problem),
    };
    tracing::warn!(key = %key.masked, studio = %key.studio, origin = &*sighting.origin, "a secret key was sent by a browser");
    let mut tx = keyring.db().begin().await?;
    unscoped::note_exposure(tx.on(), key.stored.id, sighting.origin.clone(), sighting.surface, keyring.clock().now())
        .await?;
    Ok(tx.commit().await?)
}
