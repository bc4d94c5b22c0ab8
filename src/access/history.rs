//! What a key was used for: its calls by operation and hour, the networks they came from, and the pages that gave a
//! secret key away. It is what a rotation's "verify traffic" reads. Called by the command line and the dashboard.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::stored::KeyId;
use crate::store::{db::On, error::StoreError, id::StudioId, instant::Instant, record::Record};

const HOUR: Duration = Duration::from_hours(1);

/// A page that sent a secret key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exposure {
    /// The page's origin.
    pub origin: String,
    /// The surface that it called.
    pub surface: String,
    /// First.
    pub first_seen_at: Instant,
    /// Last.
    pub last_seen_at: Instant,
    /// How often it was recorded.
    pub count: i64,
}

/// The calls of one operation in one hour.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calls {
    /// The operation's id.
    pub operation: String,
    /// The start of the hour.
    pub hour: Instant,
    /// How many.
    pub calls: i64,
}

/// A network that a key was used from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UsedFrom {
    /// The network.
    pub network: String,
    /// First.
    pub first_seen_at: Instant,
    /// Last.
    pub last_seen_at: Instant,
}

impl Record for Exposure {}
impl Record for Calls {}
impl Record for UsedFrom {}

const OF_THE_STUDIO: &str =
    "where key_id = $2 and exists (select 1 from keys where keys.id = $2 and keys.studio_id = $1)";

async fn about<R: Record>(
    on: On<'_>,
    studio: StudioId,
    id: KeyId,
    table: &str,
    order: &str,
) -> Result<Vec<R>, StoreError> {
    let text =
        format!("select {{rows}} from (select * from {table} {OF_THE_STUDIO} order by {order} limit 10000) as page");
    on.query(text).bind(studio).bind(id).all().await
}

/// Where a key was exposed, latest first.
pub async fn exposures(on: On<'_>, studio: StudioId, id: KeyId) -> Result<Vec<Exposure>, StoreError> {
    about(on, studio, id, "key_exposures", "last_seen_at desc, origin").await
}

/// A key's calls by hour and operation, latest first.
pub async fn usage(on: On<'_>, studio: StudioId, id: KeyId) -> Result<Vec<Calls>, StoreError> {
    about(on, studio, id, "key_usage", "hour desc, operation").await
}

/// The networks that a key was used from, latest first.
pub async fn used_from(on: On<'_>, studio: StudioId, id: KeyId) -> Result<Vec<UsedFrom>, StoreError> {
    about(on, studio, id, "key_networks", "last_seen_at desc, network").await
}

/// The calls of one operation with one key, lately. Calls are counted by the clock's hours, and an hour counts when any
/// part of it is within the time that is asked for: silence is then never claimed too early.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lately {
    /// The key.
    pub key_id: KeyId,
    /// The operation's id.
    pub operation: String,
    /// In the last hour.
    pub last_hour: i64,
    /// In the last day.
    pub last_day: i64,
}

impl Record for Lately {}

/// The calls of the last hour and day with all keys of a studio.
pub async fn lately(on: On<'_>, studio: StudioId, now: Instant) -> Result<Vec<Lately>, StoreError> {
    let (an_hour_ago, a_day_ago) = (now.minus(HOUR).hour(), now.minus(24 * HOUR).hour());
    let text = "select {rows} from (select key_id, operation, \
        cast(sum(case when hour >= $2 then calls else 0 end) as bigint) as last_hour, cast(sum(calls) as bigint) as last_day \
        from key_usage where hour >= $3 and key_id in (select id from keys where studio_id = $1) \
        group by key_id, operation order by key_id, operation) as page";
    on.query(text).bind(studio).bind(an_hour_ago).bind(a_day_ago).all().await
}
