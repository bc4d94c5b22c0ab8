//! Queries without a studio: a key by the id inside it, and counters for the keys of all studios. A test lists these functions.

use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{
    activity::{CallId, DroppedCalls, RecordedCall},
    exposure_id::ExposureId,
    key::Claim,
    stored::{KeyId, LiveKey, StoredKey, replacements_of},
    surface::Surface,
};
use crate::store::{
    db::{Db, Engine, On, Tx},
    error::StoreError,
    id::StudioId,
    instant::Instant,
    record::Record,
    run,
};

/// The channel of PostgreSQL's notifications that keys have changed.
pub const CHANNEL: &str = "flow_keys";

/// Loads a key by its fingerprint, that is by the whole key: an id with a wrong secret part finds no row, like a key that does
/// not exist, and takes as long.
pub async fn load_key(db: &Db, claim: &Claim, now: Instant) -> Result<Option<LiveKey>, StoreError> {
    let found: Option<StoredKey> =
        db.read().query("select {row} from keys where fingerprint = $1").bind(claim.fingerprint).optional().await?;
    // The index look-up may leak by its timing how much of the hash matches, which does not help to find the key. The whole hash
    // is compared here in constant time.
    let Some(stored) = found.filter(|key| key.fingerprint == claim.fingerprint) else { return Ok(None) };
    let replaced_at = replacements_of(db.of(stored.studio_id), stored.id).await?;
    let replaced_at = StoredKey::replacement(&replaced_at, stored.id, now).map(|key| key.created_at);
    Ok(Some(LiveKey::new(stored, replaced_at)))
}

/// The studio of a key, for commands that get only the key's id.
pub async fn studio_of_key(on: On<'_>, key: KeyId) -> Result<Option<StudioId>, StoreError> {
    let found: Option<StoredKey> = on.query("select {row} from keys where id = $1").bind(key).optional().await?;
    Ok(found.map(|key| key.studio_id))
}

/// The counter of key changes.
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

/// A network from which a key was used.
#[derive(Serialize, Deserialize)]
pub struct NetworkOfKey {
    /// The key.
    pub key_id: KeyId,
    /// The network.
    pub network: IpNet,
    /// When the key was first used from it.
    pub first_seen_at: Instant,
    /// When it was last used from it.
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

/// Adds to the hourly counters of keys.
pub async fn add_calls(on: On<'_>, calls: &[CallsOfKey]) -> Result<(), StoreError> {
    let or = "on conflict (key_id, hour, operation, outcome) do update set calls = key_usage.calls + excluded.calls";
    run::insert_unscoped(on, "key_usage", calls, or).await
}

/// Adds rows to the activity of their studios.
pub async fn add_activity(on: On<'_>, calls: &[RecordedCall]) -> Result<(), StoreError> {
    run::insert_of_many_studios(on, "activity", calls, "").await
}

/// Counts calls that were not recorded.
pub async fn add_dropped(on: On<'_>, dropped: &[DroppedCalls]) -> Result<(), StoreError> {
    let or = "on conflict (studio_id, hour) do update set calls = activity_dropped.calls + excluded.calls";
    run::insert_of_many_studios(on, "activity_dropped", dropped, or).await
}

/// A studio whose activity may have rows to delete.
#[derive(Debug, Deserialize)]
pub struct StudioToSweep {
    /// Which.
    pub studio_id: StudioId,
}

impl Record for StudioToSweep {}

/// The next studios, by their ids, that have activity of before a time, or more rows than are kept.
pub async fn studios_to_sweep(
    on: On<'_>,
    (before, rows): (Instant, i64),
    after: Option<StudioId>,
) -> Result<Vec<StudioToSweep>, StoreError> {
    let text = "select id as studio_id from studios where id > $4 \
        and (exists (select 1 from activity where studio_id = studios.id and id < $1) \
        or exists (select 1 from activity_dropped where studio_id = studios.id and hour < $2) \
        or exists (select 1 from activity where studio_id = studios.id limit 1 offset $3)) \
        order by id limit 100";
    let after = after.map(|after| after.to_string()).unwrap_or_default();
    on.query(text).bind(CallId::first_of(before).to_string()).bind(before).bind(rows).bind(after).all().await
}

/// The most networks of one key; beyond it the least recent ones are deleted.
const MAX_NETWORKS: i64 = 500;
const NETWORKS_AFTER_TRIM: i64 = 400;

/// Records the networks that keys were used from, and trims the list of each key.
pub async fn note_networks(on: &mut Tx, networks: &[NetworkOfKey]) -> Result<(), StoreError> {
    let or = "on conflict (key_id, network) do update set \
        last_seen_at = case when excluded.last_seen_at > key_networks.last_seen_at then excluded.last_seen_at \
        else key_networks.last_seen_at end, \
        last_admitted_at = coalesce(excluded.last_admitted_at, key_networks.last_admitted_at)";
    run::insert_unscoped(on.on(), "key_networks", networks, or).await?;
    let mut keys: Vec<_> = networks.iter().map(|seen| seen.key_id).collect();
    keys.sort_unstable();
    keys.dedup();
    let statement = on.on().query("select key_id from key_networks where true").one_of("key_id", &keys);
    let crowded = format!(" group by key_id having count(*) > {MAX_NETWORKS}");
    let crowded: Vec<Crowded> = statement.then(&crowded).all().await?;
    for Crowded { key_id } in crowded {
        let text = "delete from key_networks where key_id = $1 and last_seen_at < (select last_seen_at from key_networks \
            where key_id = $1 order by last_seen_at desc limit 1 offset $2)";
        on.on().query(text).bind(key_id).bind(NETWORKS_AFTER_TRIM).execute().await?;
    }
    Ok(())
}

/// A key with too many networks.
#[derive(Deserialize)]
struct Crowded {
    key_id: KeyId,
}

impl Record for Crowded {}

/// The largest expected clock difference between two instances.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(1);

/// Records when and from where keys were last used. In the order of the keys, so that two instances do not deadlock.
pub async fn note_last_uses(on: &mut Tx, uses: &[LastUse]) -> Result<(), StoreError> {
    for LastUse { key_id, at, from } in uses {
        // A last use in the future was recorded before the clock was set back.
        let text = "update keys set last_used_at = $2, last_used_from = $4 where id = $1 \
            and (last_used_at is null or last_used_at < $2 or last_used_at > $3)";
        let statement = on.on().query(text).bind(*key_id).bind(*at).bind(at.plus(MAX_CLOCK_SKEW));
        statement.bind(from.to_string()).execute().await?;
    }
    Ok(())
}

/// Deletes older usage: hourly counters, and networks that were not used since.
pub async fn forget_usage(on: &mut Tx, calls_before: Instant, networks_before: Instant) -> Result<(), StoreError> {
    on.on().query("delete from key_usage where hour < $1").bind(calls_before).execute().await?;
    on.on().query("delete from key_networks where last_seen_at < $1").bind(networks_before).execute().await.map(drop)
}

/// The most exposure rows of one key: its holder can invent any number of origins, and the first ones are enough.
const MAX_EXPOSURES: i64 = 500;
/// A report revokes its key, so it is recorded whatever its holder has invented before.
const MAX_WITH_REPORTS: i64 = 1000;

/// Records that browsers sent a secret key.
pub async fn note_exposure(
    on: On<'_>,
    key: KeyId,
    origin: String,
    surface: &'static str,
    at: Instant,
    calls: i64,
) -> Result<(), StoreError> {
    let text = "insert into key_exposures (key_id, origin, surface, first_seen_at, last_seen_at, count, id) \
        select $1, $2, $3, $4, $4, $6, $7 where (select count(*) from key_exposures where key_id = $1) < $5 \
        or exists (select 1 from key_exposures where key_id = $1 and origin = $2 and surface = $3) \
        on conflict (key_id, origin, surface) do update set count = key_exposures.count + excluded.count, \
        last_seen_at = case when excluded.last_seen_at > key_exposures.last_seen_at then excluded.last_seen_at \
        else key_exposures.last_seen_at end";
    let most = if surface == Surface::Studio.name() { MAX_WITH_REPORTS } else { MAX_EXPOSURES };
    let statement = on.query(text).bind(key).bind(origin).bind(surface.to_owned()).bind(at);
    statement.bind(most).bind(calls).bind(ExposureId::new(at)).execute().await.map(drop)
}

/// Increments the counter of key changes, which every server polls; on PostgreSQL also notifies with the commit.
pub async fn count_key_change(tx: &mut Tx) -> Result<(), StoreError> {
    tx.on().query("update key_changes set revision = revision + 1 where id = 1").execute().await?;
    match tx.on().engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => {
            tx.on().query("select pg_notify($1, '')").bind(CHANNEL.to_owned()).execute().await.map(drop)
        }
    }
}

/// A key, and when it was revoked.
#[derive(Clone, Debug, Deserialize)]
pub struct Revocation {
    /// The key.
    pub id: KeyId,
    /// When; `None` if it was not.
    pub revoked_at: Option<Instant>,
}

impl Record for Revocation {}

/// Every key of a database, and whether it was revoked; for `restore`, which compares two databases.
pub async fn revocations(on: On<'_>) -> Result<Vec<Revocation>, StoreError> {
    on.query("select id, revoked_at from keys order by id").all().await
}

/// A key whose end a rotation is to set.
#[derive(Clone, Debug, Deserialize)]
pub struct EndToSet {
    /// Whose it is.
    pub studio_id: StudioId,
    /// Which.
    pub key_id: KeyId,
    /// When the end was chosen.
    pub chosen_at: Instant,
}

impl Record for EndToSet {}

/// The keys whose end a rotation is to set, now that their replacement is in use, the first choices first. `after` is the last of
/// those that were read before.
pub async fn rotation_ends_to_set(
    on: On<'_>,
    after: Option<&EndToSet>,
    limit: u32,
) -> Result<Vec<EndToSet>, StoreError> {
    let text = format!(
        "select e.studio_id, e.key_id, e.chosen_at from rotation_ends as e where e.set_at is null \
        and (e.chosen_at, e.key_id) > ($1, $2) and exists (select 1 from keys as r join key_networks as n on n.key_id = r.id \
        where r.replaces = e.key_id and r.revoked_at is null and n.last_admitted_at is not null) \
        order by e.chosen_at, e.key_id limit {limit}"
    );
    let (at, id) = place_after(after);
    on.query(text).bind(at).bind(id).all().await
}

/// The ends that were set for keys which still work, and in whose place no key works any more: neither their replacement nor one
/// that was made for that, however often. The first choices first; `after` is the last of those that were read before.
pub async fn rotation_ends_without_a_replacement(
    on: On<'_>,
    now: Instant,
    after: Option<&EndToSet>,
    limit: u32,
) -> Result<Vec<EndToSet>, StoreError> {
    let text = format!(
        "select e.studio_id, e.key_id, e.chosen_at from rotation_ends as e join keys as k on k.id = e.key_id \
        where e.set_at is not null and k.revoked_at is null and k.expires_at > $3 \
        and (e.chosen_at, e.key_id) > ($1, $2) and not exists (select 1 from keys as r where r.studio_id = k.studio_id \
        and r.lineage = k.lineage and r.id <> k.id and r.created_at >= k.created_at and r.revoked_at is null \
        and (r.expires_at is null or r.expires_at > $3)) order by e.chosen_at, e.key_id limit {limit}"
    );
    let (at, id) = place_after(after);
    on.query(text).bind(at).bind(id).bind(now).all().await
}

/// What rows after this one are greater than.
fn place_after(last: Option<&EndToSet>) -> (Instant, String) {
    last.map_or((Instant::FIRST, String::new()), |last| (last.chosen_at, last.key_id.to_string()))
}
