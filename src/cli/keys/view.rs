//! A key as it is shown: every field but the fingerprint, in one object of a stable shape.

use std::collections::HashMap;

use ipnet::IpNet;
use serde::Serialize;

use crate::{
    access::{
        history::Lately,
        key::KeyKind,
        origin::AllowedOrigin,
        scope::ScopeSet,
        stored::{KeyId, StoredKey},
    },
    store::{id::StudioId, instant::Instant},
};

/// A key's fields.
#[derive(Serialize)]
pub struct View<'k> {
    id: KeyId,
    /// The whole key: of a secret one only when it is made, of a publishable one always.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'k str>,
    masked: String,
    kind: KeyKind,
    name: &'k str,
    used_by: Option<&'k str>,
    studio_id: StudioId,
    scopes: ScopeSet,
    origins: &'k [AllowedOrigin],
    networks: &'k [IpNet],
    rate_limit: u32,
    status: &'static str,
    replaces: Option<KeyId>,
    created_at: Instant,
    created_by: &'k str,
    expires_at: Option<Instant>,
    last_used_at: Option<Instant>,
    last_used_from: Option<IpNet>,
    /// Whether it is known that it was never used; without a last use, `false` means that nobody knows.
    never_used: bool,
    revoked_at: Option<Instant>,
    revoked_by: Option<&'k str>,
    revoke_reason: Option<&'k str>,
}

impl<'k> View<'k> {
    /// A key as it is at this time.
    pub fn of(key: &'k StoredKey, now: Instant) -> Self {
        Self {
            id: key.id,
            key: key.publishable.as_deref(),
            masked: key.masked(),
            kind: key.kind,
            name: &key.name,
            used_by: key.used_by.as_deref(),
            studio_id: key.studio_id,
            scopes: key.scopes,
            origins: &key.origins,
            networks: &key.networks,
            rate_limit: key.rate_limit,
            status: status(key, now),
            replaces: key.replaces,
            created_at: key.created_at,
            created_by: &key.created_by,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            last_used_from: key.last_used_from,
            never_used: key.was_never_used(),
            revoked_at: key.revoked_at,
            revoked_by: key.revoked_by.as_deref(),
            revoke_reason: key.revoke_reason.as_deref(),
        }
    }

    /// The same with the whole key, which was just made.
    pub fn with_key(self, text: &'k str) -> Self {
        Self { key: Some(text), ..self }
    }
}

/// Whether it works now, in a word.
pub fn status(key: &StoredKey, now: Instant) -> &'static str {
    match key.revoked_at {
        Some(_) => "revoked",
        None if key.is_expired(now) => "expired",
        None => "active",
    }
}

/// When it was used last, for people: what nobody did and what nobody knows are different words.
pub fn last_used(key: &StoredKey) -> String {
    match (key.last_used_at, key.uses_unknown_before) {
        (Some(at), _) => at.to_string(),
        (None, None) => "never".to_owned(),
        (None, Some(since)) => format!("not known before {since}"),
    }
}

/// A key beside the others of its studio: who replaces it, and whether it is still used.
#[derive(Serialize)]
pub struct Beside<'k> {
    #[serde(flatten)]
    key: View<'k>,
    replaced_by: Vec<KeyId>,
    /// Calls in the last hour, admitted and refused.
    pub calls_last_hour: i64,
    /// Calls in the last day.
    pub calls_last_day: i64,
    /// Those of the last hour that were refused.
    pub refused_last_hour: i64,
    /// Those of the last day that were refused.
    pub refused_last_day: i64,
    /// Calls since the key was revoked or expired.
    pub after_its_end: AfterItsEnd,
    calls: Vec<OfOperation<'k>>,
}

/// Calls with a key that was revoked or had expired: somebody has not noticed.
#[derive(Clone, Copy, Serialize)]
pub struct AfterItsEnd {
    /// In the last hour.
    pub last_hour: i64,
    /// In the last day.
    pub last_day: i64,
}

#[derive(Serialize)]
struct OfOperation<'k> {
    operation: &'k str,
    last_hour: i64,
    last_day: i64,
}

/// A studio's keys and their calls of late.
pub struct Everything {
    /// The keys, each after the one that it replaces.
    pub keys: Vec<StoredKey>,
    lately: HashMap<KeyId, Vec<Lately>>,
}

impl Everything {
    /// Lists each replacement next to the key that it replaces.
    pub fn new(mut keys: Vec<StoredKey>, lately: Vec<Lately>) -> Self {
        keys.sort_by_key(|key| (key.lineage, key.id));
        let mut by_key: HashMap<KeyId, Vec<Lately>> = HashMap::new();
        for calls in lately {
            by_key.entry(calls.key_id).or_default().push(calls);
        }
        Self { keys, lately: by_key }
    }

    /// One of them.
    pub fn beside<'k>(&'k self, key: &'k StoredKey, now: Instant) -> Beside<'k> {
        let lately = self.lately.get(&key.id).map_or(&[][..], Vec::as_slice);
        let sum = |of: fn(&Lately) -> i64| lately.iter().map(of).sum();
        Beside {
            key: View::of(key, now),
            replaced_by: self
                .keys
                .iter()
                .filter(|other| other.replaces == Some(key.id))
                .map(|other| other.id)
                .collect(),
            calls_last_hour: sum(|calls| calls.last_hour),
            calls_last_day: sum(|calls| calls.last_day),
            refused_last_hour: sum(|calls| calls.refused_last_hour),
            refused_last_day: sum(|calls| calls.refused_last_day),
            after_its_end: AfterItsEnd {
                last_hour: sum(|calls| calls.after_its_end_last_hour),
                last_day: sum(|calls| calls.after_its_end_last_day),
            },
            calls: lately
                .iter()
                .map(|calls| OfOperation {
                    operation: &calls.operation,
                    last_hour: calls.last_hour,
                    last_day: calls.last_day,
                })
                .collect(),
        }
    }
}
