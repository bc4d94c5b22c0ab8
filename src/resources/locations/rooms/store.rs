//! The queries that only rooms need.

use super::model::Room;
use crate::{
    resources::locations::{LocationId, PlaceStatus},
    store::{db::On, error::StoreError, id::StudioId, row::Row},
};

/// The active rooms of the locations from `first` to `last`: of a whole page, in one read.
///
/// # Errors
/// When the database fails.
pub async fn active_between(
    on: On<'_>,
    studio: StudioId,
    first: LocationId,
    last: LocationId,
) -> Result<Vec<Row<Room>>, StoreError> {
    let text = "select {rows} from (select * from rooms where studio_id = $1 and location_id >= $2 and location_id <= $3 \
        and status = $4 order by location_id, id) as page";
    on.query(text).bind(studio).bind(first).bind(last).bind(PlaceStatus::Active).all().await
}
