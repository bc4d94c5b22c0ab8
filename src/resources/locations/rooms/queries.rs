//! The queries of rooms.

use std::collections::HashMap;

use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{Room, RoomId};
use crate::{
    resources::locations::{LocationId, PlaceStatus},
    store::{
        db::Engine,
        error::StoreError,
        record::Record,
        row::{self, Listed, Slice},
        studio::StudioOn,
    },
    wire::{fields::Tag, search::Search},
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RoomFilter {
    /// Only rooms of this status.
    #[param(inline)]
    pub status: Option<PlaceStatus>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    pub q: Option<Search>,
}

/// A page of a location's rooms.
pub async fn list(
    on: StudioOn<'_>,
    slice: Slice<Room>,
    location: LocationId,
    filter: &RoomFilter,
) -> Result<Listed<Room>, StoreError> {
    row::list(on, slice, |query| {
        query.filter_custom_plan("location_id =", Some(location)).filter_literal("status", filter.status)
    })
    .await
}

/// Removes the rooms of a location; how many.
pub async fn remove_all(on: StudioOn<'_>, location: LocationId) -> Result<u64, StoreError> {
    on.query("delete from rooms where studio_id = $1 and location_id = $2").bind(location).execute().await
}

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

/// The first active rooms of each of these locations, in no order, in one read.
pub async fn active_in(on: StudioOn<'_>, locations: &[LocationId], most: usize) -> Result<Vec<RoomOf>, StoreError> {
    if locations.is_empty() {
        return Ok(Vec::new());
    }
    let few =
        format!("from rooms where studio_id = $1 and status = $2 and location_id = l.value order by id limit {most}");
    // Each location costs one way down an index, however many rooms it has.
    let rooms = match on.engine() {
        Engine::Sqlite => format!(
            "select r.* from json_each($3) as l cross join rooms as r where r.studio_id = $1 and r.id in (select id {few})"
        ),
        Engine::Postgres => format!(
            "select r.* from jsonb_array_elements_text(cast($3 as jsonb)) as l(value) cross join lateral (select * {few}) as r"
        ),
    };
    let statement = on.query(rooms).bind(PlaceStatus::Active);
    statement.bind_list(locations).all().await
}

/// How many people a room holds, where it says so: judged here, since PostgreSQL would look at every room for those few.
#[derive(Deserialize)]
struct Holds {
    id: RoomId,
    capacity: Option<i64>,
}

impl Record for Holds {}

/// How many people each of these rooms holds, as far as they say.
pub async fn capacities(on: StudioOn<'_>, rooms: &[RoomId]) -> Result<HashMap<RoomId, i64>, StoreError> {
    if rooms.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "select id, capacity from rooms where studio_id = $1";
    let found = on.query(text).one_of("id", rooms).all::<Holds>().await?;
    Ok(found.into_iter().filter_map(|Holds { id, capacity }| Some((id, capacity?))).collect())
}
