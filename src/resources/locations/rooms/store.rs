//! The queries that only rooms need.

use serde::Deserialize;

use super::model::RoomId;
use crate::{
    resources::locations::{LocationId, PlaceStatus},
    store::{db::On, error::StoreError, id::StudioId, record::Record},
    wire::fields::Tag,
};

/// What everyone may see of a room, and where it is.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "the room's own fields")]
pub struct RoomOf {
    pub location_id: LocationId,
    pub id: RoomId,
    pub name: String,
    pub capacity: Option<i64>,
    pub amenities: Vec<Tag>,
}

impl Record for RoomOf {
    const JSON: &'static [&'static str] = &["amenities"];
}

/// The first active rooms of each of these locations, in one read.
///
/// # Errors
/// When the database fails.
pub async fn active_in(
    on: On<'_>,
    studio: StudioId,
    locations: &[LocationId],
    most: usize,
) -> Result<Vec<RoomOf>, StoreError> {
    if locations.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "select {{rows}} from (select * from (select location_id, id, name, capacity, amenities, \
        row_number() over (partition by location_id order by id) as nth from rooms where studio_id = $1 and status = $2 \
        and location_id in ({})) as numbered where nth <= {most} order by location_id, id) as page",
        on.engine().each_of(3)
    );
    let statement = on.query(text).bind(studio).bind(PlaceStatus::Active);
    statement.bind(serde_json::json!(locations).to_string()).all().await
}
