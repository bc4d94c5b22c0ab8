//! The end that a rotation sets for the old key: so many days after its replacement is first used, or after the choice where
//! the replacement was in use before. Somebody chooses it when they make the replacement or later; a background task of every
//! instance sets the date once a call with the replacement was admitted, so that no request waits for it; and it can be cancelled
//! until the key has ended.
//!
//! Promises that a key's end is only ever moved earlier; that cancelling gives it the end back that it had before; and that so
//! does the end of the last key that was made in its place, since it is needed again then.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    key_database::KeyDatabase,
    key_queries::lock,
    key_settings::KeyError,
    keyring::Keyring,
    stored::{KeyId, StoredKey, replacements_of},
    unscoped,
};
use crate::store::{
    audit::{self, Action, Actor, Subject},
    error::StoreError,
    id::StudioId,
    instant::Instant,
    record::Record,
    studio::StudioOn,
};

/// How often it is looked for replacements that are used.
pub const LOOK_EVERY: Duration = Duration::from_secs(10);
/// The most days that may be chosen.
pub const MOST_DAYS: u32 = 365;
/// Who sets the end, in the audit log.
const ROTATION: &str = "rotation";
const DAY: Duration = Duration::from_hours(24);
/// Keys that are read at once.
const AT_ONCE: u32 = 100;

/// A row of the table `rotation_ends`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RotationEnd {
    /// The old key.
    key_id: KeyId,
    /// How many days after the first use of its replacement it ends, or after the choice where that came later.
    pub days: u32,
    /// When that was chosen.
    chosen_at: Instant,
    /// When the key's end was set; nothing before the first use.
    pub set_at: Option<Instant>,
    /// The end that the key had before.
    end_before: Option<Instant>,
}

impl Record for RotationEnd {}

impl RotationEnd {
    /// Sets the end, counted from now.
    fn set(self, key: &mut StoredKey, now: Instant) -> Self {
        let (chosen, end_before) = (now.plus(DAY * self.days), key.expires_at);
        key.expires_at = Some(end_before.map_or(chosen, |before| before.min(chosen)));
        Self { set_at: Some(now), end_before, ..self }
    }
}

/// What a rotation does with a key, if somebody chose that it ends.
pub async fn find(on: StudioOn<'_>, key: KeyId) -> Result<Option<RotationEnd>, StoreError> {
    let text = "select {row} from rotation_ends where studio_id = $1 and key_id = $2";
    on.query(text).bind(key).optional().await
}

/// The end that a key has of its own, whatever a rotation set: what is made like it, or in its place, has that.
pub(super) async fn own_end(on: StudioOn<'_>, key: &StoredKey) -> Result<Option<Instant>, StoreError> {
    let set = find(on, key.id).await?.filter(|end| end.set_at.is_some());
    Ok(set.map_or(key.expires_at, |end| end.end_before))
}

/// Whether a call with this key was ever admitted.
pub async fn is_in_use(on: StudioOn<'_>, key: KeyId) -> Result<bool, StoreError> {
    let text = "select count(*) from key_networks where key_id = $2 and last_admitted_at is not null \
        and exists (select 1 from keys as k where k.id = $2 and k.studio_id = $1)";
    Ok(on.query(text).bind(key).scalar::<i64>().await? > Some(0))
}

/// Whether the key that replaces this one at present is in use.
async fn is_replacement_in_use(on: StudioOn<'_>, old: KeyId, now: Instant) -> Result<bool, StoreError> {
    let mut on = on;
    let replacements = replacements_of(on.again(), old).await?;
    match StoredKey::replacement(&replacements, old, now) {
        Some(new) => is_in_use(on, new.id).await,
        None => Ok(false),
    }
}

/// Chooses when a rotation ends a key, or cancels that with no days: then the key has the end again that it had before.
///
/// # Errors
/// When there is no such key, it has ended, nothing replaces it, the days are out of range, or the database fails.
pub async fn choose<'h>(
    database: impl Into<KeyDatabase<'h>>,
    studio: StudioId,
    id: KeyId,
    days: Option<u32>,
    by: &Actor,
    now: Instant,
) -> Result<(), KeyError> {
    let database = database.into();
    let mut tx = database.begin().await?;
    let mut on = tx.on().of(studio);
    let key = lock(on.again(), id).await?;
    if key.revoked_at.is_some() {
        return Err(KeyError::Revoked(id));
    }
    if key.is_expired(now) {
        return Err(KeyError::Expired(id));
    }
    let replacements = replacements_of(on.again(), id).await?;
    if days.is_some() && StoredKey::replacement(&replacements, id, now).is_none() {
        return Err(KeyError::NotReplaced(id));
    }
    choose_in(on, key, days, by, now).await?;
    Ok(database.commit(tx).await?)
}

/// The same in the transaction of somebody who has locked the key.
pub(super) async fn choose_in(
    mut on: StudioOn<'_>,
    key: StoredKey,
    days: Option<u32>,
    by: &Actor,
    now: Instant,
) -> Result<(), KeyError> {
    if days.is_some_and(|days| days == 0 || days > MOST_DAYS) {
        return Err(KeyError::Invalid("the old key ends 1 to 365 days after the first use of its replacement"));
    }
    let before = find(on.again(), key.id).await?;
    let mut after = key.clone();
    if let Some(RotationEnd { set_at: Some(_), end_before, .. }) = before {
        after.expires_at = end_before;
    }
    let text = "delete from rotation_ends where studio_id = $1 and key_id = $2";
    on.again().query(text).bind(key.id).execute().await?;
    if let Some(days) = days {
        let mut row = RotationEnd { key_id: key.id, days, chosen_at: now, set_at: None, end_before: None };
        if is_replacement_in_use(on.again(), key.id, now).await? {
            row = row.set(&mut after, now);
        }
        on.again().insert("rotation_ends", &row).await?;
    }
    if after.expires_at != key.expires_at {
        on.again().update("keys", &after).await?;
    }
    let audited = |key: &StoredKey, days| json!({"days_after_first_use": days, "expires_at": key.expires_at});
    let action = Action::by(by, "keys.choose_rotation_end", Subject::of(key.id));
    let action = action.changed(&audited(&key, before.map(|before| before.days)), &audited(&after, days));
    Ok(audit::add(on, action, now).await?)
}

/// Sets the end of all old keys whose replacement is in use, and takes it back where none works any more.
///
/// # Errors
/// When the database fails; a key that fails does not keep the others waiting.
pub async fn set_due(keyring: &Keyring) -> Result<(), StoreError> {
    let (mut failed, mut after) = (None, None);
    let now = keyring.clock().now();
    loop {
        let lost =
            unscoped::rotation_ends_without_a_replacement(keyring.db().read(), now, after.as_ref(), AT_ONCE).await?;
        for end in &lost {
            failed = take_back(keyring, end.studio_id, end.key_id).await.err().or(failed);
        }
        after = lost.into_iter().next_back();
        if after.is_none() {
            break;
        }
    }
    loop {
        let due = unscoped::rotation_ends_to_set(keyring.db().read(), after.as_ref(), AT_ONCE).await?;
        for end in &due {
            failed = set(keyring, end.studio_id, end.key_id).await.err().or(failed);
        }
        after = due.into_iter().next_back();
        if after.is_none() {
            return failed.map_or(Ok(()), Err);
        }
    }
}

/// Gives an old key the end back that it had of its own: its replacement was revoked or has expired, and the studio would be
/// left without a key.
async fn take_back(keyring: &Keyring, studio: StudioId, id: KeyId) -> Result<(), StoreError> {
    let now = keyring.clock().now();
    match choose(keyring, studio, id, None, &ROTATION.into(), now).await {
        Err(KeyError::Store(error)) => Err(error),
        // It has ended meanwhile.
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn set(keyring: &Keyring, studio: StudioId, id: KeyId) -> Result<(), StoreError> {
    let (database, now) = (KeyDatabase::from(keyring), keyring.clock().now());
    let mut tx = database.begin().await?;
    let mut on = tx.on().of(studio);
    // Locked, so that of two instances the second finds it done.
    let key = match lock(on.again(), id).await {
        Ok(key) => key,
        Err(KeyError::Store(error)) => return Err(error),
        Err(_) => return Ok(()),
    };
    let Some(end) = find(on.again(), id).await?.filter(|end| end.set_at.is_none()) else { return Ok(()) };
    if key.ended_at(now).is_some() {
        let text = "delete from rotation_ends where studio_id = $1 and key_id = $2";
        on.query(text).bind(id).execute().await?;
        return tx.commit().await;
    }
    if !is_replacement_in_use(on.again(), id, now).await? {
        return Ok(());
    }
    let mut after = key.clone();
    let end = end.set(&mut after, now);
    let text = "update rotation_ends set set_at = $3, end_before = $4 where studio_id = $1 and key_id = $2";
    on.again().query(text).bind(id).bind(end.set_at).bind(end.end_before).execute().await?;
    on.again().update("keys", &after).await?;
    let action = Action::by(&ROTATION.into(), "keys.set_rotation_end", Subject::of(id));
    let action = action.changed(&json!({"expires_at": key.expires_at}), &json!({"expires_at": after.expires_at}));
    audit::add(on, action, now).await?;
    database.commit(tx).await
}
