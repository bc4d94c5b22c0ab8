//! The queries of locations.

use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Location, LocationId, LocationKind, PlaceStatus};
use crate::{
    store::{
        error::StoreError,
        instant::Instant,
        row::{self, Listed, Slice},
        studio::StudioOn,
    },
    wire::search::Search,
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LocationFilter {
    /// Only locations of this status.
    #[param(inline)]
    pub status: Option<PlaceStatus>,
    /// Only locations of this kind.
    #[param(inline)]
    pub kind: Option<LocationKind>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    pub q: Option<Search>,
}

/// A page of a studio's locations.
pub async fn list(
    on: StudioOn<'_>,
    slice: Slice<Location>,
    filter: &LocationFilter,
) -> Result<Listed<Location>, StoreError> {
    row::list(on, slice, |query| query.filter_literal("status", filter.status).filter_literal("kind", filter.kind))
        .await
}

/// Lists a location as changed because its rooms changed at this instant: websites show them together. The location's version
/// stays.
pub async fn touch_for_rooms(on: StudioOn<'_>, id: Option<LocationId>, at: Instant) -> Result<(), StoreError> {
    let text = "update locations set updated_at = $3 where studio_id = $1 and id = $2 and updated_at < $3";
    on.query(text).bind(id).bind(at).execute().await.map(drop)
}
