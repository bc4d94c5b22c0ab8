//! Who uses a studio's keys: vendors and integrations, as the keys name them. Called by the dashboard. Promises that one whose
//! keys have all ended, and one that somebody has ended, stays in the list.

use serde::{Deserialize, Serialize};

use super::key_queries::WORKS;
use crate::store::{
    audit::{Action, Actor, Subject},
    error::StoreError,
    instant::Instant,
    record::Record,
    studio::{StudioOn, StudioTx},
};

/// A vendor or an integration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Vendor {
    /// What the keys call it.
    pub used_by: String,
    /// How many of its keys work.
    pub working: i64,
    /// How many were revoked or have expired.
    pub ended: i64,
    /// When one of them was last used.
    pub last_used_at: Option<Instant>,
    /// When somebody ended it.
    pub ended_at: Option<Instant>,
    /// Who that was.
    pub ended_by: Option<String>,
}

/// A row of the table `ended_vendors`.
#[derive(Deserialize, Serialize)]
struct EndedVendor {
    name: String,
    ended_at: Instant,
    ended_by: String,
}

impl Record for Vendor {}
impl Record for EndedVendor {}

/// Who uses a studio's keys, by name, at most 500.
///
/// # Errors
/// When the database fails.
pub async fn list(on: StudioOn<'_>, now: Instant) -> Result<Vec<Vendor>, StoreError> {
    let count = |of: &str| format!("cast(sum(case when {of} then 1 else 0 end) as bigint)");
    let (working, ended) = (count(WORKS), count(&format!("not ({WORKS})")));
    let text = format!(
        "select k.used_by, {working} as working, {ended} as ended, max(k.last_used_at) as last_used_at, \
        max(v.ended_at) as ended_at, max(v.ended_by) as ended_by from keys as k \
        left join ended_vendors as v on v.studio_id = k.studio_id and v.name = k.used_by \
        where k.studio_id = $1 and k.used_by is not null group by k.used_by order by k.used_by limit 500"
    );
    on.query(text).bind(now).all().await
}

/// Notes that a studio has ended a vendor, whose keys the caller has revoked. What was noted before stays.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut StudioTx, name: &str, by: &Actor) -> Result<(), StoreError> {
    let text = "select {row} from ended_vendors where studio_id = $1 and name = $2 {lock}";
    let before: Option<EndedVendor> = tx.query(text).bind(name.to_owned()).optional().await?;
    if before.is_some() {
        return Ok(());
    }
    let row = EndedVendor { name: name.to_owned(), ended_at: tx.now.clock, ended_by: by.to_string() };
    tx.on().insert("ended_vendors", &row).await?;
    let subject = Subject { kind: "vendor".to_owned(), id: name.to_owned() };
    tx.note(Action::by(by, "vendors.end", subject)).await
}
