//! How many may take part in the end: as many as the occurrence says, and no more than its room holds. Computed for each
//! answer, since a room may hold another number tomorrow.

use std::collections::HashSet;

use super::model::{Occurrence, OccurrenceId};
use crate::{
    resources::locations::rooms,
    store::{
        error::StoreError,
        row::{self, Row},
        studio::StudioOn,
    },
};

/// Says of each occurrence how many may take part in the end.
pub async fn work_out(on: StudioOn<'_>, rows: &mut [Row<Occurrence>]) -> Result<(), StoreError> {
    let named: HashSet<_> = rows.iter().filter_map(|row| row.fields.room_id).collect();
    let holds = rooms::capacities(on, &named.into_iter().collect::<Vec<_>>()).await?;
    for row in rows {
        let room = row.fields.room_id.and_then(|room| holds.get(&room).copied());
        row.fields.effective_capacity = row.fields.capacity.into_iter().chain(room).min();
    }
    Ok(())
}

/// An occurrence, with how many may take part in the end.
pub async fn find(on: StudioOn<'_>, id: OccurrenceId) -> Result<Option<Row<Occurrence>>, StoreError> {
    Ok(find_all(on, &[id]).await?.pop())
}

/// The occurrences with these ids, by their start, each with how many may take part in the end.
pub async fn find_all(mut on: StudioOn<'_>, ids: &[OccurrenceId]) -> Result<Vec<Row<Occurrence>>, StoreError> {
    let mut rows = row::find_all(on.again(), ids).await?;
    rows.sort_by_key(|row| (row.fields.starts_at, row.id));
    work_out(on, &mut rows).await?;
    Ok(rows)
}
