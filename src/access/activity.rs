//! The activity of a studio's keys: a row for each call that carried one, admitted or refused, for the studio's people to
//! look at and to have explained.
//!
//! The server hands in a call when it is answered ([`queue`]); the task that writes usage writes the rows as well, about once
//! a second. So a crash loses the last second at most while the database takes writes, and a request waits for nothing. Rows are
//! kept for 30 days, and of each studio the latest [`MAX_ROWS`] of publishable keys and as many of secret keys, so that who has
//! the key of a website pushes out no call of a server. A row has no query, no body, and of the headers the request's id alone;
//! keys in a path are masked.

pub mod queue;

use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::stored::KeyId;
use crate::store::{
    db::{Db, Statement},
    error::StoreError,
    filter::LogOrder,
    id::{Id, Named, StudioId},
    instant::Instant,
    record::{Record, truth},
    studio::StudioOn,
};

/// Rows of a studio that are kept of its publishable keys, and again of its secret keys.
pub const MAX_ROWS: i64 = 50_000;
/// How long rows are kept.
pub const KEPT: Duration = Duration::from_hours(30 * 24);
/// Rows that one transaction deletes at the most, so that others need not wait for long.
const DELETED_AT_ONCE: i64 = 5_000;

/// The operation's name for calls to a path without an operation. Usage counts all such calls of a key as one operation, so
/// that invented paths make no rows.
pub const UNKNOWN_OPERATION: &str = "unknown";

/// The type of `call_…` ids.
#[derive(Clone, Copy, Debug)]
pub enum CallRow {}

impl Named for CallRow {
    const PREFIX: &'static str = "call";
    const NOUN: &'static str = "call";
}

/// The id of a recorded call.
pub type CallId = Id<CallRow>;

/// A recorded call, as it is stored and printed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecordedCall {
    /// Its id.
    pub id: CallId,
    /// The key's studio.
    pub studio_id: StudioId,
    /// When it was answered.
    pub at: Instant,
    /// The surface that it came to.
    pub surface: String,
    /// The operation's id.
    pub operation: Option<String>,
    /// The method of a call to no operation.
    pub method: Option<String>,
    /// Its path, cut short and with keys masked.
    pub path: Option<String>,
    /// The key.
    pub key_id: KeyId,
    /// The client's network, masked.
    pub network: IpNet,
    /// The answer's status; 499 where the client did not wait for it.
    pub status: u16,
    /// Whether authorization refused the call, so that no handler ran.
    #[serde(deserialize_with = "truth")]
    pub refused: bool,
    /// The code of an error.
    pub code: Option<String>,
    /// The scope that the key lacked.
    pub required_scope: Option<String>,
    /// The id that the answer and the log have.
    pub request_id: String,
    /// How long it took, in microseconds.
    pub duration_us: i64,
}

impl Record for RecordedCall {}

/// Calls of an hour that were not recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DroppedCalls {
    /// The studio.
    pub studio_id: StudioId,
    /// The start of the hour.
    pub hour: Instant,
    /// How many.
    pub calls: i64,
}

impl Record for DroppedCalls {}

/// Which calls are asked for.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Only of this key.
    pub key: Option<KeyId>,
    /// Only of this operation; [`UNKNOWN_OPERATION`] for calls to none.
    pub operation: Option<String>,
    /// Only those that authorization refused, or only the others.
    pub refused: Option<bool>,
    /// Only with this code.
    pub code: Option<String>,
    /// Only from this time on.
    pub since: Option<Instant>,
    /// Only before this time.
    pub until: Option<Instant>,
}

/// A studio's calls.
pub async fn list(
    on: StudioOn<'_>,
    filter: &CallFilter,
    order: LogOrder<CallRow>,
    limit: i64,
) -> Result<Vec<RecordedCall>, StoreError> {
    let statement = on.query("select * from activity where studio_id = $1");
    narrowed(statement, filter).log_page(order, limit).all().await
}

/// How many calls came after one and not after another, counted up to a limit.
pub async fn count_between(
    on: StudioOn<'_>,
    filter: &CallFilter,
    after: CallId,
    last: CallId,
    limit: i64,
) -> Result<i64, StoreError> {
    let text = "select cast(count(*) as bigint) from (select 1 from activity where studio_id = $1";
    let statement = narrowed(on.query(text), filter).filter("id >", Some(after)).filter("id <=", Some(last));
    Ok(statement.then(&format!(" limit {limit}) as newer")).scalar().await?.unwrap_or_default())
}

fn narrowed<'c>(statement: Statement<'c>, filter: &CallFilter) -> Statement<'c> {
    let CallFilter { key, operation, refused, code, since, until } = filter;
    let is_unknown = operation.as_deref() == Some(UNKNOWN_OPERATION);
    statement
        .filter("key_id =", *key)
        .filter("operation =", operation.clone().filter(|_| !is_unknown))
        .then(if is_unknown { " and operation is null" } else { "" })
        .filter("code =", code.clone())
        .then(match refused {
            Some(true) => " and refused = true",
            Some(false) => " and refused = false",
            None => "",
        })
        // Ids sort by time, so that a time is found as fast as a page.
        .filter("id >=", since.map(CallId::first_of))
        .filter("id <", until.map(CallId::first_of))
}

/// A call of the studio.
pub async fn find(on: StudioOn<'_>, id: CallId) -> Result<Option<RecordedCall>, StoreError> {
    on.query("select {row} from activity where studio_id = $1 and id = $2").bind(id).optional().await
}

/// How many calls of a studio were not recorded, from the hour of a time on.
pub async fn dropped_since(on: StudioOn<'_>, since: Instant) -> Result<i64, StoreError> {
    let text =
        "select cast(coalesce(sum(calls), 0) as bigint) from activity_dropped where studio_id = $1 and hour >= $2";
    Ok(on.query(text).bind(since.hour()).scalar().await?.unwrap_or_default())
}

/// Deletes the oldest rows of a studio beyond so many of its publishable keys, and so many of its secret keys.
pub async fn trim(db: &Db, studio: StudioId, rows: i64) -> Result<(), StoreError> {
    for which in ["", "not "] {
        let which = format!("key_id {which}in (select id from keys where studio_id = $1 and kind = 'publishable')");
        let text = format!(
            "select id from activity where studio_id = $1 and {which} order by id desc limit 1 offset {}",
            rows - 1
        );
        let oldest: Option<String> = db.read().query(text).bind(studio).scalar().await?;
        if let Some(oldest) = oldest {
            delete(db, studio, &format!(" and {which}"), oldest).await?;
        }
    }
    Ok(())
}

/// Deletes the rows of a studio that are too old.
pub async fn sweep(db: &Db, studio: StudioId, now: Instant) -> Result<(), StoreError> {
    let oldest = now.minus(KEPT);
    delete(db, studio, "", CallId::first_of(oldest).to_string()).await?;
    let mut tx = db.begin().await?;
    let text = "delete from activity_dropped where studio_id = $1 and hour < $2";
    tx.on().query(text).bind(studio).bind(oldest).execute().await?;
    tx.commit().await
}

async fn delete(db: &Db, studio: StudioId, which: &str, before: String) -> Result<(), StoreError> {
    let text = format!(
        "delete from activity where studio_id = $1 and id in \
        (select id from activity where studio_id = $1{which} and id < $2 order by id limit {DELETED_AT_ONCE})"
    );
    loop {
        let mut tx = db.begin().await?;
        let deleted = tx.on().query(text.clone()).bind(studio).bind(before.clone()).execute().await?;
        tx.commit().await?;
        if deleted < DELETED_AT_ONCE as u64 {
            return Ok(());
        }
    }
}
