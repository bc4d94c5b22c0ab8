//! Reading a studio's keys. Called by [`super::keys`], the command line and the dashboard.

use super::{
    key_settings::KeyError,
    stored::{KeyId, StoredKey},
};
use crate::store::{error::StoreError, instant::Instant, studio::StudioOn};

/// Finds a key of the studio.
///
/// # Errors
/// When there is no such key, or the database fails.
pub async fn find(on: StudioOn<'_>, id: KeyId) -> Result<StoredKey, KeyError> {
    let text = "select {row} from keys where studio_id = $1 and id = $2";
    on.query(text).bind(id).optional().await?.ok_or(KeyError::NoSuchKey(id))
}

/// A key of the studio, kept from changing until the transaction ends.
///
/// # Errors
/// When there is no such key, or the database fails.
pub async fn lock(on: StudioOn<'_>, id: KeyId) -> Result<StoredKey, KeyError> {
    let text = "select {row} from keys where studio_id = $1 and id = $2 {lock}";
    on.query(text).bind(id).optional().await?.ok_or(KeyError::NoSuchKey(id))
}

/// The same of a key that nobody has revoked.
///
/// # Errors
/// As [`lock`], and when it was revoked.
pub(super) async fn lock_active(on: StudioOn<'_>, id: KeyId) -> Result<StoredKey, KeyError> {
    let key = lock(on, id).await?;
    if key.revoked_at.is_some() { Err(KeyError::Revoked(id)) } else { Ok(key) }
}

/// What makes a key one that works, where `$2` is now.
pub(super) const WORKS: &str = "revoked_at is null and (expires_at is null or expires_at > $2)";

/// A studio's keys that work, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_working(on: StudioOn<'_>, now: Instant) -> Result<Vec<StoredKey>, StoreError> {
    let text = format!("select * from keys where studio_id = $1 and {WORKS} order by id");
    on.query(text).bind(now).all().await
}

/// How many of a studio's keys work.
///
/// # Errors
/// When the database fails.
pub async fn count_working(on: StudioOn<'_>, now: Instant) -> Result<i64, StoreError> {
    let text = format!("select count(*) from keys where studio_id = $1 and {WORKS}");
    Ok(on.query(text).bind(now).scalar().await?.unwrap_or_default())
}

/// A studio's keys that were revoked or have expired, newest first, at most so many.
///
/// # Errors
/// When the database fails.
pub async fn list_ended(on: StudioOn<'_>, now: Instant, limit: i64) -> Result<Vec<StoredKey>, StoreError> {
    let text = format!("select * from keys where studio_id = $1 and not ({WORKS}) order by id desc limit {limit}");
    on.query(text).bind(now).all().await
}

/// A studio's keys that work and expire by a time, the first to expire first, at most so many.
///
/// # Errors
/// When the database fails.
pub async fn list_expiring(
    on: StudioOn<'_>,
    now: Instant,
    by: Instant,
    limit: i64,
) -> Result<Vec<StoredKey>, StoreError> {
    let text = format!(
        "select * from keys where studio_id = $1 and {WORKS} and expires_at <= $3 order by expires_at, id limit {limit}"
    );
    on.query(text).bind(now).bind(by).all().await
}

/// A studio's keys that work although they were exposed, newest first, at most so many.
///
/// # Errors
/// When the database fails.
pub async fn list_exposed(on: StudioOn<'_>, now: Instant, limit: i64) -> Result<Vec<StoredKey>, StoreError> {
    let text = format!(
        "select * from keys where studio_id = $1 and {WORKS} and exists (select 1 from key_exposures as e where e.key_id = keys.id) \
        order by id desc limit {limit}"
    );
    on.query(text).bind(now).all().await
}

/// A studio's keys, oldest first.
pub async fn list(on: StudioOn<'_>) -> Result<Vec<StoredKey>, StoreError> {
    on.query("select * from keys where studio_id = $1 order by id").all().await
}
