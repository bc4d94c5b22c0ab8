//! The queries of time zones: a location's, else the studio's, and what goes by them.

use serde::Deserialize;

use super::super::model::Occurrence;
use crate::{
    resources::{
        classes::{Class, ClassStatus},
        locations::{LocationId, rooms::RoomId},
    },
    store::{error::StoreError, instant::Instant, record::Record, row::Row, studio::StudioOn},
    wire::text::TimeZone,
};

/// A location that has a zone of its own.
#[derive(Deserialize)]
pub struct LocationZone {
    /// The location.
    pub id: LocationId,
    /// Its zone.
    pub time_zone: TimeZone,
}

impl Record for LocationZone {}

/// The zones of these locations, where they have one of their own.
pub async fn location_zones(on: StudioOn<'_>, ids: &[LocationId]) -> Result<Vec<LocationZone>, StoreError> {
    let text = "select id, time_zone from locations where studio_id = $1 and time_zone is not null";
    on.query(text).one_of("id", ids).all().await
}

/// The zone of a location, or of the location that a room is in; else the studio's.
pub async fn zone_name(
    on: StudioOn<'_>,
    location: Option<LocationId>,
    room: Option<RoomId>,
) -> Result<Option<String>, StoreError> {
    let text = "select coalesce(\
        (select time_zone from locations where studio_id = $1 and id = coalesce($2, \
            (select location_id from rooms where studio_id = $1 and id = $3))), \
        time_zone) from studios where id = $1";
    on.query(text).bind(location).bind(room).scalar().await
}

/// The active classes at a location; without one, those whose local times are the studio's.
pub async fn classes_by(on: StudioOn<'_>, location: Option<LocationId>) -> Result<Vec<Row<Class>>, StoreError> {
    let there = named_by(location);
    let text = format!("select * from classes where studio_id = $1 and {there} and status = $3 order by id");
    on.query(text).bind(location).bind(ClassStatus::Active).all().await
}

/// The occurrences to come at a location, or by the studio's clocks, whose local start is written by another zone.
pub async fn with_other_clocks(
    on: StudioOn<'_>,
    location: Option<LocationId>,
    zone: &TimeZone,
    now: Instant,
) -> Result<Vec<Row<Occurrence>>, StoreError> {
    let there = named_by(location);
    let text = format!(
        "select * from occurrences where studio_id = $1 and {there} and starts_at > $3 \
        and time_zone <> $4"
    );
    on.query(text).bind(location).bind(now).bind(zone.to_string()).all().await
}

/// What has the local times of a location, `$2`, or else of the studio. Bound either way, so that there are as many values.
fn named_by(location: Option<LocationId>) -> &'static str {
    match location {
        Some(_) => "location_id = $2",
        None => {
            "cast($2 as text) is null and (location_id is null or location_id in \
            (select id from locations where studio_id = $1 and time_zone is null))"
        }
    }
}
