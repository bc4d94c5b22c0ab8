//! The queries of the calendars of one studio's members.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    operation::describe::own_shape,
    resources::members::MembershipId,
    store::{error::StoreError, instant::Instant, record::Record, studio::StudioOn},
};

/// That there is a link to a member's calendar. The link itself is shown once, when it is made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"created_at": "2026-03-01T09:00:00.000000Z"}))]
pub struct CalendarFeed {
    /// When the link was made.
    pub created_at: Instant,
}

impl Record for CalendarFeed {}
own_shape!(CalendarFeed);

/// A row of the table `calendar_feeds`.
#[derive(Serialize, Deserialize)]
struct FeedRow {
    membership_id: MembershipId,
    secret_hash: String,
    created_at: Instant,
}

impl Record for FeedRow {}

/// Whether a membership has a link, and since when.
pub async fn find(on: StudioOn<'_>, id: MembershipId) -> Result<Option<CalendarFeed>, StoreError> {
    let text = "select {row} from calendar_feeds where studio_id = $1 and membership_id = $2";
    on.query(text).bind(id).optional().await
}

/// Keeps the hash of a link's secret, in place of the one before.
pub(super) async fn put(
    mut on: StudioOn<'_>,
    membership_id: MembershipId,
    secret_hash: String,
    created_at: Instant,
) -> Result<(), StoreError> {
    remove(on.again(), membership_id).await?;
    on.insert("calendar_feeds", &FeedRow { membership_id, secret_hash, created_at }).await
}

/// Ends the link of a membership. Whether there was one.
pub async fn remove(on: StudioOn<'_>, id: MembershipId) -> Result<bool, StoreError> {
    let text = "delete from calendar_feeds where studio_id = $1 and membership_id = $2";
    Ok(on.query(text).bind(id).execute().await? > 0)
}
