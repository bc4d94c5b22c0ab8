//! Changing a key that people have already: narrowing it, and giving it another name. Called as [`super::keys`] is.

use ipnet::IpNet;
use serde_json::{Value, json};

use super::{
    key_database::KeyDatabase,
    key_queries::lock_active,
    key_settings::{KeyError, Narrowing, NewKey, check_name},
    stored::{KeyId, StoredKey},
};
use crate::store::{
    audit::{self, Action, Actor, Subject},
    db::Tx,
    id::StudioId,
    instant::Instant,
};

/// Narrows a key. Nothing is ever widened.
///
/// # Errors
/// When the key is gone or revoked, when anything would be wider, or the database fails.
pub async fn narrow<'h>(
    database: impl Into<KeyDatabase<'h>>,
    studio: StudioId,
    id: KeyId,
    to: Narrowing,
    by: impl Into<Actor>,
    now: Instant,
) -> Result<StoredKey, KeyError> {
    let database = database.into();
    let mut tx = database.begin().await?;
    let mut key = lock_active(tx.on().of(studio), id).await?;
    let before = audited(&key);
    if let Some(scopes) = to.scopes {
        only_if(scopes.is_within(key.scopes), "these scopes")?;
        key.scopes = scopes;
    }
    if let Some(origins) = to.origins {
        let within = key.origins.is_empty() || origins.iter().all(|origin| key.origins.contains(origin));
        only_if(within && !origins.is_empty(), "these origins")?;
        key.origins = origins;
    }
    if let Some(networks) = to.networks {
        let within = |network: &IpNet| key.networks.iter().any(|wider| wider.contains(network));
        only_if((key.networks.is_empty() || networks.iter().all(within)) && !networks.is_empty(), "these networks")?;
        key.networks = networks;
    }
    if let Some(rate) = to.rate_limit {
        only_if(rate <= key.rate_limit, "this rate limit")?;
        key.rate_limit = rate;
    }
    NewKey::like(&key).check_settings()?;
    let action = Action::by(&by.into(), "keys.narrow", Subject::of(id)).changed(&before, &audited(&key));
    save(database, tx, key, action, now).await
}

fn only_if(narrower: bool, what: &'static str) -> Result<(), KeyError> {
    if narrower { Ok(()) } else { Err(KeyError::Widened(what)) }
}

/// Gives a key another name. Names need not be unique.
///
/// # Errors
/// When the name is unreadable, when the key is gone, revoked or expired, or the database fails.
pub async fn rename<'h>(
    database: impl Into<KeyDatabase<'h>>,
    studio: StudioId,
    id: KeyId,
    name: String,
    by: impl Into<Actor>,
    now: Instant,
) -> Result<StoredKey, KeyError> {
    check_name(&name)?;
    let database = database.into();
    let mut tx = database.begin().await?;
    let mut key = lock_active(tx.on().of(studio), id).await?;
    if key.is_expired(now) {
        return Err(KeyError::Expired(id));
    }
    let before = audited(&key);
    key.name = name;
    let action = Action::by(&by.into(), "keys.rename", Subject::of(id)).changed(&before, &audited(&key));
    save(database, tx, key, action, now).await
}

/// Writes a changed key with its audit entry, and commits.
async fn save(
    database: KeyDatabase<'_>,
    mut tx: Tx,
    key: StoredKey,
    action: Action,
    now: Instant,
) -> Result<StoredKey, KeyError> {
    let mut on = tx.on().of(key.studio_id);
    on.again().update("keys", &key).await?;
    audit::add(on, action, now).await?;
    database.commit(tx).await?;
    Ok(key)
}

/// A key's settings, as the audit log shows them.
pub(super) fn audited(key: &StoredKey) -> Value {
    let StoredKey { name, kind, used_by, scopes, origins, networks, rate_limit, expires_at, replaces, .. } = key;
    json!({"name": name, "kind": kind, "used_by": used_by, "scopes": scopes, "origins": origins, "networks": networks,
        "rate_limit": rate_limit, "expires_at": expires_at, "replaces": replaces})
}
