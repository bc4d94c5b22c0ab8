//! GitHub's public keys, by their ids: fetched when one is needed, and kept. A key that is not known is looked for again, but at most
//! once in five minutes, so that nobody has us ask GitHub for each id that they invent.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::Deserialize;
use tokio::sync::{Mutex, OwnedSemaphorePermit};

use super::fetch::{FetchError, Source};
use crate::{
    store::clock::{Clock, Uptime},
    wire::problem::{Code, Problem},
};

/// The least time between two fetches.
const FLOOR: Duration = Duration::from_mins(5);
/// After so long the keys are fetched again: GitHub may have withdrawn one.
const FRESH_FOR: Duration = Duration::from_hours(1);
/// For so long they count while they cannot be fetched again.
const TRUSTED_FOR: Duration = Duration::from_hours(24);
/// What precedes the point of a P-256 key (RFC 5480) in its DER: an algorithm, a curve, and a bit string of 65 bytes.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The keys that are known.
pub(super) struct PublicKeys {
    source: Source,
    clock: Clock,
    known: RwLock<KnownKeys>,
    /// When they were asked for last; who holds it asks.
    asked_at: Mutex<Option<Uptime>>,
}

#[derive(Default)]
struct KnownKeys {
    points: HashMap<String, Vec<u8>>,
    fetched_at: Option<Uptime>,
}

/// What GitHub publishes.
#[derive(Deserialize)]
struct PublishedKeys {
    public_keys: Vec<PublishedKey>,
}

#[derive(Deserialize)]
struct PublishedKey {
    key_identifier: String,
    /// In PEM.
    key: String,
}

impl KnownKeys {
    fn is_younger_than(&self, age: Duration, now: Uptime) -> bool {
        self.fetched_at.is_some_and(|at| at.plus(age) > now)
    }
}

impl PublicKeys {
    pub(super) fn new(source: Source, clock: Clock) -> Self {
        Self { source, clock, known: RwLock::default(), asked_at: Mutex::default() }
    }

    /// Who signs with the key of this id.
    ///
    /// # Errors
    /// When there is no such key, or the keys are not known and cannot be fetched.
    pub(super) async fn signer(
        &self,
        id: &str,
        signature: &str,
        place: OwnedSemaphorePermit,
    ) -> Result<Signer, Problem> {
        let point = self.find(id).await?;
        let signature = BASE64_STANDARD.decode(signature.trim()).map_err(|_| not_signed())?;
        Ok(Signer { point, signature, _place: place })
    }

    async fn find(&self, id: &str) -> Result<Vec<u8>, Problem> {
        let now = self.clock.uptime();
        if let Some(point) = self.fresh(id, now) {
            return Ok(point);
        }
        let mut asked_at = self.asked_at.lock().await;
        // Somebody else may have fetched it meanwhile.
        if let Some(point) = self.fresh(id, now) {
            return Ok(point);
        }
        let mut was_fetched = false;
        if asked_at.is_none_or(|at| at.plus(FLOOR) <= now) {
            *asked_at = Some(now);
            match self.fetch().await {
                Ok(points) => {
                    let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                    *known = KnownKeys { points, fetched_at: Some(now) };
                    was_fetched = true;
                }
                Err(error) => tracing::warn!(%error, "GitHub's public keys were not fetched"),
            }
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(point) = known.points.get(id).filter(|_| known.is_younger_than(TRUSTED_FOR, now)) {
            return Ok(point.clone());
        }
        if was_fetched {
            return Err(not_signed());
        }
        // It may be newer than what was fetched, which is not asked for again so soon.
        let detail = "The key of this signature is not known yet. Send the report again later.";
        let wait = u32::try_from(FLOOR.as_secs()).unwrap_or(u32::MAX);
        Err(Problem::new(Code::Unavailable, detail).with_retry_after(wait))
    }

    /// The key of an id, if the keys were fetched lately.
    fn fresh(&self, id: &str, now: Uptime) -> Option<Vec<u8>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.points.get(id).filter(|_| known.is_younger_than(FRESH_FOR, now)).cloned()
    }

    async fn fetch(&self) -> Result<HashMap<String, Vec<u8>>, FetchError> {
        let answer = self.source.get().await?;
        let published: PublishedKeys = serde_json::from_slice(&answer).map_err(|_| FetchError::NoKeys)?;
        let point = |key: PublishedKey| Some((key.key_identifier, point(&key.key)?));
        Ok(published.public_keys.into_iter().filter_map(point).collect())
    }
}

/// Who says that they signed a body.
pub struct Signer {
    point: Vec<u8>,
    signature: Vec<u8>,
    _place: OwnedSemaphorePermit,
}

impl Signer {
    /// Checks that they signed this body.
    ///
    /// # Errors
    /// When they did not.
    pub(super) fn verify(&self, body: &[u8]) -> Result<(), Problem> {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point);
        key.verify(body, &self.signature).map_err(|_| not_signed())
    }
}

/// The point of a P-256 key in PEM; nothing for a key of another kind.
fn point(pem: &str) -> Option<Vec<u8>> {
    let inner: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = BASE64_STANDARD.decode(inner).ok()?;
    der.strip_prefix(&P256_PREFIX).filter(|point| point.len() == 65).map(<[u8]>::to_vec)
}

/// The signature of a body that does not count.
fn not_signed() -> Problem {
    Problem::new(Code::MalformedRequest, "The signature is not one of this body by a current key of GitHub's.")
}
