//! A key as it is stored, and as it lives in a server's memory.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    key::{Fingerprint, KeyKind, PublicId, masked},
    network::{canonical, is_among},
    origin::AllowedOrigin,
    scope::ScopeSet,
};
use crate::store::{
    id::{Id, Named, StudioId},
    instant::Instant,
    record::Record,
};

/// What a `key_…` id names.
#[derive(Clone, Copy, Debug)]
pub enum KeyRow {}

impl Named for KeyRow {
    const PREFIX: &'static str = "key";
    const NOUN: &'static str = "key";
}

/// The id of a key's row: what people and the command line call it by. Not the id inside the key.
pub type KeyId = Id<KeyRow>;

/// A row of the table `keys`. It holds no secret: of a secret key only the fingerprint is there.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredKey {
    /// The row's id.
    pub id: KeyId,
    /// Whose key it is.
    pub studio_id: StudioId,
    /// The id inside the key.
    pub public_id: PublicId,
    /// Whom it is for.
    pub kind: KeyKind,
    /// What its makers call it; need not be unique.
    pub name: String,
    /// Who uses it: an integration or a vendor.
    pub used_by: Option<String>,
    /// What it may do; empty for a publishable key.
    pub scopes: ScopeSet,
    /// The websites that it serves; empty for any.
    pub origins: Vec<AllowedOrigin>,
    /// The networks that it is used from; empty for any. Some were written before there was one form.
    #[serde(deserialize_with = "in_one_form")]
    pub networks: Vec<IpNet>,
    /// Requests a second; bursts are twice that.
    pub rate_limit: u32,
    /// The SHA-256 of the whole key.
    pub fingerprint: Fingerprint,
    /// The end of the key, to recognise it by.
    pub last_four: String,
    /// The whole key, if it is publishable: an identifier, which may be shown again.
    pub publishable: Option<String>,
    /// The first key of the line of replacements that this one belongs to.
    pub lineage: KeyId,
    /// The key that this one replaces.
    pub replaces: Option<KeyId>,
    /// When it ends by itself.
    pub expires_at: Option<Instant>,
    /// When it was made.
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

fn in_one_form<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    Ok(Vec::deserialize(from)?.into_iter().map(canonical).collect())
}

/// A log shows who it is, and never a whole key, not even a publishable one.
impl fmt::Debug for StoredKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "StoredKey({} {} of {})", self.id, self.masked(), self.studio_id)
    }
}

impl Record for StoredKey {
    const JSON: &'static [&'static str] = &["scopes", "origins", "networks"];
}

impl StoredKey {
    /// How it is shown: prefix and last four.
    pub fn masked(&self) -> String {
        masked(self.kind, &self.last_four)
    }

    /// Whether it is known that nobody ever used it.
    pub fn was_never_used(&self) -> bool {
        self.last_used_at.is_none() && self.uses_unknown_before.is_none()
    }

    /// When it was revoked or expired, where it was or has.
    pub fn ended_at(&self, now: Instant) -> Option<Instant> {
        let expired = self.expires_at.filter(|_| self.is_expired(now));
        self.revoked_at.into_iter().chain(expired).min()
    }

    /// Whether its end has come.
    pub fn is_expired(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether a page of this origin may use it. A key without origins serves any.
    pub fn serves(&self, origin: &str) -> bool {
        self.origins.is_empty() || self.origins.iter().any(|allowed| allowed.as_str() == origin)
    }

    /// Whether it may be used from this address. A key without networks may be used from any.
    pub fn is_used_from(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || is_among(&self.networks, address)
    }
}

/// A key in a server's memory: its row, and what is derived from it once instead of at each request.
#[derive(Debug)]
pub struct LiveKey {
    /// The row.
    pub stored: StoredKey,
    /// Since when a replacement exists, if one does.
    pub replaced_at: Option<Instant>,
    /// The key as logs show it.
    pub masked: std::sync::Arc<str>,
    /// The studio as logs show it.
    pub studio: std::sync::Arc<str>,
}

impl LiveKey {
    /// Brings a row to life.
    pub fn new(stored: StoredKey, replaced_at: Option<Instant>) -> Self {
        Self { masked: stored.masked().into(), studio: stored.studio_id.to_string().into(), stored, replaced_at }
    }
}
