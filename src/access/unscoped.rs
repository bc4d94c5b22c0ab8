//! The queries that cannot know their studio yet: a key by the id inside it, and what is counted for keys of all
//! studios at once. A test lists these functions, so that none is added unseen.

use super::{
    key::PublicId,
    stored::{KeyId, LiveKey, StoredKey},
};
use crate::store::{
    db::{Db, Engine, On, Tx},
    error::StoreError,
    id::StudioId,
    instant::Instant,
};

/// The channel on which PostgreSQL tells that keys have changed.
pub const CHANNEL: &str = "flow_keys";

/// Loads a key by the id inside it.
///
/// # Errors
/// When the database fails.
pub async fn load_key(db: &Db, id: PublicId) -> Result<Option<LiveKey>, StoreError> {
    let found: Option<StoredKey> =
        db.read().query("select {row} from keys where public_id = $1").bind(id).optional().await?;
    let Some(stored) = found else { return Ok(None) };
    let since = "select {row} from keys where replaces = $1 and revoked_at is null order by id limit 1";
    let replacement: Option<StoredKey> = db.read().query(since).bind(stored.id).optional().await?;
    Ok(Some(LiveKey::new(stored, replacement.map(|key| key.created_at))))
}

/// Whose key it is, for a command that is told nothing but the key's id.
///
/// # Errors
/// When the database fails.
pub async fn studio_of_key(on: On<'_>, key: KeyId) -> Result<Option<StudioId>, StoreError> {
    let found: Option<StoredKey> = on.query("select {row} from keys where id = $1").bind(key).optional().await?;
    Ok(found.map(|key| key.studio_id))
}

/// The number of changes made to keys so far.
///
/// # Errors
/// When the database fails.
pub async fn key_revision(db: &Db) -> Result<i64, StoreError> {
    let revision = db.read().query("select revision from key_changes where id = 1").scalar::<i64>().await?;
    Ok(revision.unwrap_or_default())
}

/// Adds calls to a key's hour.
///
/// # Errors
/// When the database fails.
pub async fn add_calls(
    on: On<'_>,
    key: KeyId,
    hour: Instant,
    operation: &'static str,
    calls: i64,
) -> Result<(), StoreError> {
    let text = "insert into key_usage (key_id, hour, operation, calls) values ($1, $2, $3, $4) \
        on conflict (key_id, hour, operation) do update set calls = key_usage.calls + excluded.calls";
    on.query(text).bind(key).bind(hour).bind(operation.to_owned()).bind(calls).execute().await.map(drop)
}

/// Notes a key's last use.
///
/// # Errors
/// When the database fails.
pub async fn note_use(on: On<'_>, key: KeyId, at: Instant) -> Result<(), StoreError> {
    let text = "update keys set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)";
    on.query(text).bind(key).bind(at).execute().await.map(drop)
}

/// Notes a network that a key was used from.
///
/// # Errors
/// When the database fails.
pub async fn note_network(on: On<'_>, key: KeyId, network: String, at: Instant) -> Result<(), StoreError> {
    let text = "insert into key_networks (key_id, network, first_seen_at, last_seen_at) values ($1, $2, $3, $3) \
        on conflict (key_id, network) do update set last_seen_at = excluded.last_seen_at";
    on.query(text).bind(key).bind(network).bind(at).execute().await.map(drop)
}

/// Places that are noted for one key. Who holds a key can invent origins without end; the first ones tell enough.
const EXPOSURES: i64 = 500;

/// Notes that a browser sent a secret key.
///
/// # Errors
/// When the database fails.
pub async fn note_exposure(
    on: On<'_>,
    key: KeyId,
    origin: String,
    surface: &'static str,
    at: Instant,
) -> Result<(), StoreError> {
    let text = "insert into key_exposures (key_id, origin, surface, first_seen_at, last_seen_at, count) \
        select $1, $2, $3, $4, $4, 1 where (select count(*) from key_exposures where key_id = $1) < $5 \
        or exists (select 1 from key_exposures where key_id = $1 and origin = $2 and surface = $3) \
        on conflict (key_id, origin, surface) do update set last_seen_at = excluded.last_seen_at, count = key_exposures.count + 1";
    on.query(text).bind(key).bind(origin).bind(surface.to_owned()).bind(at).bind(EXPOSURES).execute().await.map(drop)
}

/// Counts one change of keys: one row for every server to look at, and on PostgreSQL a notification with the commit.
///
/// # Errors
/// When the database fails.
pub async fn count_key_change(tx: &mut Tx) -> Result<(), StoreError> {
    tx.on().query("update key_changes set revision = revision + 1 where id = 1").execute().await?;
    match tx.on().engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => {
            tx.on().query("select pg_notify($1, '')").bind(CHANNEL.to_owned()).execute().await.map(drop)
        }
    }
}
