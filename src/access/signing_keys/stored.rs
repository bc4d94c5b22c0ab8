//! A key that signs member tokens, as it is stored (Ed25519, RFC 8032). Its private part is encrypted for its row.

use std::{fmt, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::store::{
    clock::random,
    error::StoreError,
    id::{Id, Named},
    instant::Instant,
    record::Record,
    sealer::Sealer,
};

/// So long a new key is published before it signs, and the one before it is accepted after that: a server that
/// keeps a copy of the public keys for less than this accepts every token.
pub const OVERLAP: Duration = Duration::from_hours(1);
/// So old a key is replaced by itself.
pub const REPLACED_AFTER: Duration = Duration::from_hours(90 * 24);

/// What a `sgk_…` id names.
#[derive(Clone, Copy, Debug)]
pub enum SigningKeyRow {}

impl Named for SigningKeyRow {
    const PREFIX: &'static str = "sgk";
    const NOUN: &'static str = "signing key";
}

/// The id of a signing key: the `kid` of the tokens that it signs.
pub type SigningKeyId = Id<SigningKeyRow>;

/// A row of the table `signing_keys`.
#[derive(Clone, Serialize, Deserialize)]
pub struct SigningKey {
    /// Its id.
    pub id: SigningKeyId,
    /// The public part: 32 bytes, as URLs have them.
    pub public_key: String,
    /// The private part, encrypted.
    sealed_private_key: String,
    /// When it was made.
    pub created_at: Instant,
    /// From when it signs.
    pub signs_at: Instant,
    /// Until when its tokens are accepted; none until it is replaced.
    pub expires_at: Option<Instant>,
}

impl Record for SigningKey {}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SigningKey({})", self.id)
    }
}

impl SigningKey {
    /// Makes a key.
    ///
    /// # Errors
    /// When the library refuses what it is given, which it does not.
    pub fn make(sealer: &Sealer, now: Instant, signs_at: Instant) -> Result<Self, StoreError> {
        let (id, seed) = (SigningKeyId::new(now), random::<32>());
        let public_key = BASE64_URL_SAFE_NO_PAD.encode(pair(&seed)?.public_key());
        let sealed_private_key = sealer.seal(&seed, &id.to_string())?;
        Ok(Self { id, public_key, sealed_private_key, created_at: now, signs_at, expires_at: None })
    }

    /// The private part; none where it was encrypted with another secret.
    ///
    /// # Errors
    /// When what was encrypted is no key.
    pub fn open(&self, sealer: &Sealer) -> Result<Option<Ed25519KeyPair>, StoreError> {
        sealer.open(&self.sealed_private_key, &self.id.to_string()).map(|seed| pair(&seed)).transpose()
    }

    /// Whether its tokens are accepted.
    pub fn is_published(&self, now: Instant) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// The public part as a JSON Web Key (RFC 8037).
    pub fn jwk(&self) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": self.public_key})
    }
}

/// The key that signs now: of those that sign already, the newest.
pub fn signing(keys: &[SigningKey], now: Instant) -> Option<&SigningKey> {
    keys.iter().filter(|key| key.signs_at <= now && key.is_published(now)).max_by_key(|key| (key.signs_at, key.id))
}

fn pair(seed: &[u8]) -> Result<Ed25519KeyPair, StoreError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|error| StoreError::Broken(format!("no Ed25519 key: {error}")))
}
