//! The query that moves what time has changed into the list of changes.

use super::unscoped::DueChange;
use crate::store::{error::StoreError, moment::Moment, studio::StudioOn};

/// Moves a row's `updated_at`, unless somebody has changed the row meanwhile.
pub async fn touch(on: StudioOn<'_>, due: &DueChange, now: Moment) -> Result<(), StoreError> {
    let (table, column) = due.brings.place();
    let text = format!(
        "update {table} set updated_at = $3 where studio_id = $1 and id = $2 and {column} > updated_at and {column} <= $4"
    );
    let statement = on.query(text).bind(due.id.clone()).bind(now.stamp()).bind(now.clock);
    statement.execute().await.map(drop)
}
