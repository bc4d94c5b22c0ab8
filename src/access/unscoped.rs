//! The queries that cannot know their studio yet: a key by the id inside it, and what is counted for keys of all
//! studios at once. A test lists these functions, so that none is added unseen.

use std::{collections::BTreeSet, time::Duration};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    key::Claim,
    stored::{KeyId, LiveKey, StoredKey},
};
use crate::store::{
    db::{Db, Engine, On, Tx},
    error::StoreError,
    id::StudioId,
    instant::Instant,
    record::{self, Record},
};

/// The channel on which PostgreSQL tells that keys have changed.
pub const CHANNEL: &str = "flow_keys";

/// Loads a key by its fingerprint, and so by all of it: of one with the id of another and a wrong secret part no row is
/// found, like of one that nobody made, in the same time.
pub async fn load_key(db: &Db, claim: &Claim) -> Result<Option<LiveKey>, StoreError> {
    let found: Option<StoredKey> =
        db.read().query("select {row} from keys where fingerprint = $1").bind(claim.fingerprint).optional().await?;
    // The index tells how much of a hash is right, which helps nobody to find what it is the hash of. All of it is compared
    // here, in constant time.
    let Some(stored) = found.filter(|key| key.fingerprint == claim.fingerprint) else { return Ok(None) };
    let since = "select {row} from keys where replaces = $1 and revoked_at is null order by id limit 1";
    let replacement: Option<StoredKey> = db.read().query(since).bind(stored.id).optional().await?;
    Ok(Some(LiveKey::new(stored, replacement.map(|key| key.created_at))))
}

/// Whose key it is, for a command that is told nothing but the key's id.
pub async fn studio_of_key(on: On<'_>, key: KeyId) -> Result<Option<StudioId>, StoreError> {
    let found: Option<StoredKey> = on.query("select {row} from keys where id = $1").bind(key).optional().await?;
    Ok(found.map(|key| key.studio_id))
}

/// The number of changes made to keys so far.
pub async fn key_revision(on: On<'_>) -> Result<i64, StoreError> {
    let revision = on.query("select revision from key_changes where id = 1").scalar::<i64>().await?;
    Ok(revision.unwrap_or_default())
}

/// The calls of one operation with one key in one hour, of one outcome.
#[derive(Serialize, Deserialize)]
pub struct CallsOfKey {
    /// The key.
    pub key_id: KeyId,
    /// The start of the hour.
    pub hour: Instant,
    /// The operation's id.
    pub operation: String,
    /// `admitted`, or the refusal's code.
    pub outcome: String,
    /// How many.
    pub calls: i64,
}

/// A network that a key was used from.
#[derive(Serialize, Deserialize)]
pub struct NetworkOfKey {
    /// The key.
    pub key_id: KeyId,
    /// The network.
    pub network: IpNet,
    /// First.
    pub first_seen_at: Instant,
    /// Last.
    pub last_seen_at: Instant,
    /// When a call from there was admitted last.
    pub last_admitted_at: Option<Instant>,
}

/// The last use of a key.
pub struct LastUse {
    /// The key.
    pub key_id: KeyId,
    /// When.
    pub at: Instant,
    /// From where.
    pub from: IpNet,
}

impl Record for CallsOfKey {}
impl Record for NetworkOfKey {}

/// Adds calls to the hours of their keys.
pub async fn add_calls(on: On<'_>, calls: &[CallsOfKey]) -> Result<(), StoreError> {
    let or = "on conflict (key_id, hour, operation, outcome) do update set calls = key_usage.calls + excluded.calls";
    record::insert_unscoped(on, "key_usage", calls, or).await
}

/// Networks that are kept of one key: once there are more, those that were seen last.
const MAX_NETWORKS: i64 = 500;
const NETWORKS_AFTER_A_CUT: i64 = 400;

/// Notes the networks that keys were used from, and keeps no more of a key than are worth reading.
pub async fn note_networks(on: &mut Tx, networks: &[NetworkOfKey]) -> Result<(), StoreError> {
    let or = "on conflict (key_id, network) do update set \
        last_seen_at = case when excluded.last_seen_at > key_networks.last_seen_at then excluded.last_seen_at \
        else key_networks.last_seen_at end, \
        last_admitted_at = coalesce(excluded.last_admitted_at, key_networks.last_admitted_at)";
    record::insert_unscoped(on.on(), "key_networks", networks, or).await?;
    let keys: BTreeSet<String> = networks.iter().map(|seen| seen.key_id.to_string()).collect();
    let of_these = on.engine().one_of("key_id", 1);
    let text = format!(
        "select {{rows}} from (select key_id from key_networks where {of_these} group by key_id having count(*) > $2) as page"
    );
    let crowded: Vec<Crowded> = on.on().query(text).bind(json!(keys).to_string()).bind(MAX_NETWORKS).all().await?;
    for Crowded { key_id } in crowded {
        let text = "delete from key_networks where key_id = $1 and last_seen_at < (select last_seen_at from key_networks \
            where key_id = $1 order by last_seen_at desc limit 1 offset $2)";
        on.on().query(text).bind(key_id).bind(NETWORKS_AFTER_A_CUT).execute().await?;
    }
    Ok(())
}

/// A key with more networks than are kept.
#[derive(Deserialize)]
struct Crowded {
    key_id: KeyId,
}

impl Record for Crowded {}

/// How far the clocks of two instances are apart at the most.
const APART: Duration = Duration::from_mins(1);

/// Notes when keys were used last, and from where. In the order of the keys, so that two instances never wait for each
/// other's rows in a circle.
pub async fn note_last_uses(on: &mut Tx, uses: &[LastUse]) -> Result<(), StoreError> {
    for LastUse { key_id, at, from } in uses {
        // A use in the future was noted before the clock was set back.
        let text = "update keys set last_used_at = $2, last_used_from = $4 where id = $1 \
            and (last_used_at is null or last_used_at < $2 or last_used_at > $3)";
        let statement = on.on().query(text).bind(*key_id).bind(*at).bind(at.plus(APART));
        statement.bind(from.to_string()).execute().await?;
    }
    Ok(())
}

/// Removes what keys did before these instants: their calls, and the networks that were not seen since.
pub async fn forget_usage(on: &mut Tx, calls_before: Instant, networks_before: Instant) -> Result<(), StoreError> {
    on.on().query("delete from key_usage where hour < $1").bind(calls_before).execute().await?;
    on.on().query("delete from key_networks where last_seen_at < $1").bind(networks_before).execute().await.map(drop)
}

/// Places that are noted for one key. Who holds a key can invent origins without end; the first ones tell enough.
const EXPOSURES: i64 = 500;

/// Notes that browsers sent a secret key so many times.
pub async fn note_exposure(
    on: On<'_>,
    key: KeyId,
    origin: String,
    surface: &'static str,
    at: Instant,
    calls: i64,
) -> Result<(), StoreError> {
    let text = "insert into key_exposures (key_id, origin, surface, first_seen_at, last_seen_at, count) \
        select $1, $2, $3, $4, $4, $6 where (select count(*) from key_exposures where key_id = $1) < $5 \
        or exists (select 1 from key_exposures where key_id = $1 and origin = $2 and surface = $3) \
        on conflict (key_id, origin, surface) do update set count = key_exposures.count + excluded.count, \
        last_seen_at = case when excluded.last_seen_at > key_exposures.last_seen_at then excluded.last_seen_at \
        else key_exposures.last_seen_at end";
    let statement = on.query(text).bind(key).bind(origin).bind(surface.to_owned()).bind(at);
    statement.bind(EXPOSURES).bind(calls).execute().await.map(drop)
}

/// Counts one change of keys: one row for every server to look at, and on PostgreSQL a notification with the commit.
pub async fn count_key_change(tx: &mut Tx) -> Result<(), StoreError> {
    tx.on().query("update key_changes set revision = revision + 1 where id = 1").execute().await?;
    match tx.on().engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => {
            tx.on().query("select pg_notify($1, '')").bind(CHANNEL.to_owned()).execute().await.map(drop)
        }
    }
}
