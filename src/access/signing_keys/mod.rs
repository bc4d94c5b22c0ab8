//! The keys that sign member tokens: made, replaced, published. Every instance reads the same ones from the database. A private key
//! is encrypted with the signing secret ([`SigningSecret`]); without that secret no token is signed, and all else works.
//!
//! Promises that a new key is published [`OVERLAP`] before it signs, and that the one before it is accepted as long after that;
//! that a key is replaced after 90 days by itself; that no instance accepts a key for more than a second after it was taken
//! back; and that a key which another instance made a moment ago is accepted at once.

pub mod stored;
pub mod unscoped;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use ring::signature::Ed25519KeyPair;
use tokio::sync::Mutex;

use self::stored::{OVERLAP, REPLACED_AFTER, SigningKey, SigningKeyId, signing};
use crate::{
    store::{
        clock::{Clock, Uptime},
        db::Db,
        error::StoreError,
        instant::Instant,
        sealer::Sealer,
        signing_secret::{NoSecret, SigningSecret},
    },
    wire::problem::{Code, Problem},
};

/// What the keys are encrypted for.
const PURPOSE: &str = "member tokens";
/// What the log says where the keys do not open.
const LOST: &str = "the signing keys were encrypted with another signing secret. Start the server with the earlier secret, or run \
    `flow-gateway signing-keys rotate --at-once`";
/// How long keys that were read are taken for true, and how long the next read for an unknown key is put off.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often it is looked whether a key is due to be replaced.
pub const LOOK_EVERY: Duration = Duration::from_mins(30);
/// How long keys that have expired are listed.
const KEPT_FOR: Duration = Duration::from_hours(30 * 24);

/// How a key is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyReplacement {
    /// The new one signs once it was published for a while; tokens of the old one are accepted until then, and as long after.
    WithOverlap,
    /// The new one signs from now on, and no other is accepted: the old one has leaked.
    AtOnce,
}

/// The keys of a running gateway.
pub struct SigningKeys {
    db: Db,
    clock: Clock,
    secret: SigningSecret,
    /// The keys that are accepted. Calls share it, and nobody waits while it is held.
    known: RwLock<Option<KeysInMemory>>,
    /// Held by the one that reads them; when they were read for an unknown key.
    reading: Mutex<Option<Uptime>>,
}

/// Keys, and when they were read.
struct KeysInMemory {
    read_at: Uptime,
    keys: Arc<[SigningKey]>,
}

impl SigningKeys {
    /// The keys of this database, opened with this secret.
    pub fn new(db: Db, clock: Clock, secret: SigningSecret) -> Self {
        Self { db, clock, secret, known: RwLock::default(), reading: Mutex::default() }
    }

    /// The keys whose tokens are accepted.
    pub async fn published(&self) -> Result<Arc<[SigningKey]>, StoreError> {
        if let Some(keys) = self.read_lately() {
            return Ok(keys);
        }
        let _reading = self.reading.lock().await;
        // Who was waited for has read them.
        match self.read_lately() {
            Some(keys) => Ok(keys),
            None => self.read().await,
        }
    }

    /// The same, for a token that names this key. If they lack it, another instance may have made it a moment ago: they are read
    /// again, at most once a second, however many unknown keys come.
    pub async fn published_for(&self, key: Option<SigningKeyId>) -> Result<Arc<[SigningKey]>, StoreError> {
        let keys = self.published().await?;
        if key.is_none_or(|wanted| keys.iter().any(|key| key.id == wanted)) {
            return Ok(keys);
        }
        let mut read_for_unknown_at = self.reading.lock().await;
        let now = self.clock.uptime();
        if read_for_unknown_at.is_some_and(|at| now < at.plus(READ_AGAIN_AFTER)) {
            return Ok(self.read_lately().unwrap_or(keys));
        }
        *read_for_unknown_at = Some(now);
        self.read().await
    }

    /// The keys that were read within the last second.
    fn read_lately(&self) -> Option<Arc<[SigningKey]>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref()?;
        (self.clock.uptime() < known.read_at.plus(READ_AGAIN_AFTER)).then(|| Arc::clone(&known.keys))
    }

    async fn read(&self) -> Result<Arc<[SigningKey]>, StoreError> {
        let (read_at, now) = (self.clock.uptime(), self.clock.now());
        let mut keys = unscoped::list(self.db.read()).await?;
        keys.retain(|key| key.is_published(now));
        let keys: Arc<[SigningKey]> = keys.into();
        let known = KeysInMemory { read_at, keys: Arc::clone(&keys) };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(keys)
    }

    /// The key that signs now, and its private part. The first one is made when it is needed.
    ///
    /// # Errors
    /// `unavailable` without the secret; when the database fails.
    pub async fn signing(&self) -> Result<(SigningKey, Ed25519KeyPair), Problem> {
        let sealer = sealer(&self.secret).map_err(|lack| unusable(&lack))?;
        let now = self.clock.now();
        let keys = unscoped::list(self.db.read()).await?;
        let key = if let Some(key) = signing(&keys, now) {
            key.clone()
        } else {
            let lacks_one = |keys: &[SigningKey]| signing(keys, now).is_none();
            let made = replace_if(&self.db, &sealer, now, KeyReplacement::AtOnce, lacks_one).await?;
            // The keys that were read a moment ago lack it.
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = None;
            made
        };
        let pair = key.open(&sealer)?.ok_or_else(|| unusable(&LOST))?;
        Ok((key, pair))
    }

    /// Replaces a key that is due, and removes those that expired long ago. Without the secret, or a first key, nothing is done.
    pub async fn replace_due(&self) -> Result<(), StoreError> {
        let Ok(sealer) = sealer(&self.secret) else { return Ok(()) };
        let now = self.clock.now();
        let is_due =
            |keys: &[SigningKey]| keys.last().is_some_and(|newest| newest.created_at.plus(REPLACED_AFTER) <= now);
        if is_due(&unscoped::list(self.db.read()).await?) {
            replace_if(&self.db, &sealer, now, KeyReplacement::WithOverlap, is_due).await?;
        }
        Ok(())
    }
}

/// What encrypts signing keys.
///
/// # Errors
/// Why there is no secret.
pub fn sealer(secret: &SigningSecret) -> Result<Sealer, NoSecret> {
    secret.sealer(PURPOSE)
}

/// Replaces the key that signs; the new one.
///
/// # Errors
/// When the database fails.
pub async fn replace(db: &Db, sealer: &Sealer, now: Instant, how: KeyReplacement) -> Result<SigningKey, StoreError> {
    replace_if(db, sealer, now, how, |_| true).await
}

/// The same, unless another instance has done it meanwhile: then what it made.
async fn replace_if(
    db: &Db,
    sealer: &Sealer,
    now: Instant,
    how: KeyReplacement,
    is_due: impl Fn(&[SigningKey]) -> bool,
) -> Result<SigningKey, StoreError> {
    let mut tx = db.begin().await?;
    let keys = unscoped::lock(&mut tx).await?;
    if !is_due(&keys)
        && let Some(newest) = keys.into_iter().next_back()
    {
        return Ok(newest);
    }
    let has_one = signing(&unscoped::list(tx.on()).await?, now).is_some();
    let signs_at = if has_one && how == KeyReplacement::WithOverlap { now.plus(OVERLAP) } else { now };
    let others_until = if how == KeyReplacement::AtOnce { now } else { signs_at.plus(OVERLAP) };
    let key = SigningKey::make(sealer, now, signs_at)?;
    unscoped::insert(&mut tx, &key).await?;
    unscoped::expire_others(&mut tx, &key, others_until).await?;
    unscoped::remove_expired(&mut tx, now.minus(KEPT_FOR)).await?;
    tx.commit().await?;
    tracing::info!(key = %key.id, signs_at = %key.signs_at, "a signing key was made");
    Ok(key)
}

fn unusable(why: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%why, "no member token can be signed");
    Problem::new(Code::Unavailable, "Member tokens cannot be signed now. The log tells the operator what to do.")
}
