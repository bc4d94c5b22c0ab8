//! The queries that only rooms need.

use std::collections::HashMap;

use serde::Deserialize;

use super::model::RoomId;
use crate::{
    resources::locations::{LocationId, PlaceStatus},
    store::{
        db::{Engine, On},
        error::StoreError,
        id::StudioId,
        record::Record,
    },
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

/// The first active rooms of each of these locations, in no order, in one read.
pub async fn active_in(
    on: On<'_>,
    studio: StudioId,
    locations: &[LocationId],
    most: usize,
) -> Result<Vec<RoomOf>, StoreError> {
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
    let text = format!("select {{rows}} from ({rooms}) as page");
    let statement = on.query(text).bind(studio).bind(PlaceStatus::Active);
    statement.bind(serde_json::json!(locations).to_string()).all().await
}

/// How many people a room holds, where it says so: judged here, since PostgreSQL would look at every room for those few.
#[derive(Deserialize)]
struct Holds {
    id: RoomId,
    capacity: Option<i64>,
}

impl Record for Holds {}

/// How many people each of these rooms holds, as far as they say.
pub async fn capacities(on: On<'_>, studio: StudioId, rooms: &[RoomId]) -> Result<HashMap<RoomId, i64>, StoreError> {
    if rooms.is_empty() {
        return Ok(HashMap::new());
    }
    let asked = on.engine().one_of("id", 2);
    let text =
        format!("select {{rows}} from (select id, capacity from rooms where studio_id = $1 and {asked}) as found");
    let found = on.query(text).bind(studio).bind(serde_json::json!(rooms).to_string()).all::<Holds>().await?;
    Ok(found.into_iter().filter_map(|Holds { id, capacity }| Some((id, capacity?))).collect())
}
