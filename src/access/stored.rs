//! A key as it is stored, and as a server caches it.

use std::{fmt, net::IpAddr, time::Duration};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    key::{Fingerprint, KeyKind, PublicId, masked},
    network::{canonical, is_among},
    origin::AllowedOrigin,
    scope::ScopeSet,
};
use crate::store::{
    error::StoreError,
    id::{Id, Named, StudioId},
    instant::Instant,
    record::Record,
    studio::StudioOn,
};

/// A key that was used within this time is in use.
const RECENTLY: Duration = Duration::from_hours(1);

/// The type of `key_…` ids.
#[derive(Clone, Copy, Debug)]
pub enum KeyRow {}

impl Named for KeyRow {
    const PREFIX: &'static str = "key";
    const NOUN: &'static str = "key";
}

/// The id of a key's row, which people and the command line use. Not the id inside the key.
pub type KeyId = Id<KeyRow>;

/// A row of the table `keys`. Of a secret key it holds only the fingerprint.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredKey {
    /// The row's id.
    pub id: KeyId,
    /// The studio.
    pub studio_id: StudioId,
    /// The id inside the key.
    pub public_id: PublicId,
    /// The kind.
    pub kind: KeyKind,
    /// Its name; need not be unique.
    pub name: String,
    /// The integration or vendor that uses it.
    pub used_by: Option<String>,
    /// The scopes; empty for a publishable key.
    pub scopes: ScopeSet,
    /// The allowed origins; empty for any.
    pub origins: Vec<AllowedOrigin>,
    /// The allowed networks; empty for any. Old rows may not be in canonical form.
    #[serde(deserialize_with = "canonical_networks")]
    pub networks: Vec<IpNet>,
    /// Requests a second; bursts are twice that.
    pub rate_limit: u32,
    /// The SHA-256 of the whole key.
    pub fingerprint: Fingerprint,
    /// Its last four characters.
    pub last_four: String,
    /// The whole key, if it is publishable: that is no secret, and may be shown again.
    pub publishable: Option<String>,
    /// The first key in its chain of replacements.
    pub lineage: KeyId,
    /// The key that this one replaces.
    pub replaces: Option<KeyId>,
    /// When it expires.
    pub expires_at: Option<Instant>,
    /// When it was created.
    pub created_at: Instant,
    /// By whom.
    pub created_by: String,
    /// When it was last used, admitted or refused.
    pub last_used_at: Option<Instant>,
    /// The network of that use, masked.
    pub last_used_from: Option<IpNet>,
    /// Uses before this time may not be known; nothing for a key whose uses were all counted.
    pub uses_unknown_before: Option<Instant>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
    /// By whom.
    pub revoked_by: Option<String>,
    /// Why.
    pub revoke_reason: Option<String>,
}

fn canonical_networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    Ok(Vec::deserialize(from)?.into_iter().map(canonical).collect())
}

/// Logs show the id and the masked key, never a whole key, not even a publishable one.
impl fmt::Debug for StoredKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "StoredKey({} {} of {})", self.id, self.masked(), self.studio_id)
    }
}

impl Record for StoredKey {
    const JSON: &'static [&'static str] = &["scopes", "origins", "networks"];
}

impl StoredKey {
    /// Its prefix and last four characters.
    pub fn masked(&self) -> String {
        masked(self.kind, &self.last_four)
    }

    /// Whether it was certainly never used.
    pub fn was_never_used(&self) -> bool {
        self.last_used_at.is_none() && self.uses_unknown_before.is_none()
    }

    /// Whether it was used in the last hour, as far as is known: revoking it then needs a confirmation.
    pub fn was_used_recently(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.last_used_at.is_some_and(|at| at >= now.minus(RECENTLY))
    }

    /// The key among these that replaces one at present: the latest that was made for it and neither revoked nor expired.
    pub fn replacement(among: &[Self], of: KeyId, now: Instant) -> Option<&Self> {
        among.iter().rev().find(|key| key.replaces == Some(of) && key.ended_at(now).is_none())
    }

    /// When it was revoked or expired, if it was.
    pub fn ended_at(&self, now: Instant) -> Option<Instant> {
        let expired = self.expires_at.filter(|_| self.is_expired(now));
        self.revoked_at.into_iter().chain(expired).min()
    }

    /// Whether it has expired.
    pub fn is_expired(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether pages of this origin may use it.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins.is_empty() || self.origins.iter().any(|allowed| allowed.as_str() == origin)
    }

    /// Whether it may be used from this address.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || is_among(&self.networks, address)
    }
}

/// A cached key: its row, and what is derived from it once instead of per request.
#[derive(Debug)]
pub struct LiveKey {
    /// The row.
    pub stored: StoredKey,
    /// When its replacement was created, if it has one.
    pub replaced_at: Option<Instant>,
    /// The masked key, for logs.
    pub masked: std::sync::Arc<str>,
    /// The studio's id, for logs.
    pub studio: std::sync::Arc<str>,
}

impl LiveKey {
    /// Derives the fields.
    pub fn new(stored: StoredKey, replaced_at: Option<Instant>) -> Self {
        Self { masked: stored.masked().into(), studio: stored.studio_id.to_string().into(), stored, replaced_at }
    }
}

/// Every key that was made to replace this one, oldest first.
pub async fn replacements_of(on: StudioOn<'_>, id: KeyId) -> Result<Vec<StoredKey>, StoreError> {
    let text = "select * from keys where studio_id = $1 and replaces = $2 order by id";
    on.query(text).bind(id).all().await
}
