//! The queries that only the schedule needs.

use std::collections::HashSet;

use jiff::civil::Date;
use serde::Deserialize;

use super::model::{Occurrence, OccurrenceStatus};
use crate::{
    resources::{
        classes::{Class, ClassId, ClassStatus},
        instructors::InstructorId,
        locations::{Location, LocationId, rooms::RoomId},
    },
    store::{
        db::{On, Tx},
        error::StoreError,
        id::{Id, Named, StudioId},
        instant::Instant,
        record::Record,
        row::{self, Row},
    },
    wire::text::TimeZone,
};

/// The zone of a class's local times: its location's, else the studio's.
pub async fn zone_of(tx: &mut Tx, studio: StudioId, class: &Class) -> Result<TimeZone, StoreError> {
    if let Some(location) = class.location_id
        && let Some(zone) = row::find::<Location>(tx.on(), studio, location).await?.and_then(|row| row.fields.time_zone)
    {
        return Ok(zone);
    }
    studio_zone(tx.on(), studio).await
}

/// The studio's zone.
pub async fn studio_zone(on: On<'_>, studio: StudioId) -> Result<TimeZone, StoreError> {
    let zone = on.query("select time_zone from studios where id = $1").bind(studio).scalar::<String>().await?;
    zone.and_then(|zone| zone.parse().ok()).ok_or_else(|| StoreError::Broken("a studio has no time zone".into()))
}

/// The active classes at a location; without one, those whose local times are the studio's.
pub async fn classes_by_clocks_of(
    on: On<'_>,
    studio: StudioId,
    location: Option<LocationId>,
) -> Result<Vec<Row<Class>>, StoreError> {
    let there = match location {
        Some(_) => "location_id = $3",
        // Bound, so that there are as many values either way.
        None => {
            "cast($3 as text) is null and (location_id is null or location_id in \
            (select id from locations where studio_id = $1 and time_zone is null))"
        }
    };
    let text = format!(
        "select {{rows}} from (select * from classes where studio_id = $1 and status = $2 and {there} order by id) as page"
    );
    on.query(text).bind(studio).bind(ClassStatus::Active).bind(location).all().await
}

/// The occurrences of a class that have not begun, in any status.
pub async fn to_come(
    on: On<'_>,
    studio: StudioId,
    class: ClassId,
    now: Instant,
) -> Result<Vec<Row<Occurrence>>, StoreError> {
    let text = "select {rows} from (select * from occurrences where studio_id = $1 and class_id = $2 and starts_at > $3 \
        order by starts_at, id) as page";
    on.query(text).bind(studio).bind(class).bind(now).all().await
}

/// The local starts from a date on that the class has occurrences for, whenever these take place.
pub async fn planned_from(
    on: On<'_>,
    studio: StudioId,
    class: ClassId,
    from: Date,
) -> Result<HashSet<String>, StoreError> {
    let text = "select {rows} from (select planned_start from occurrences where studio_id = $1 and class_id = $2 \
        and planned_start >= $3) as page";
    let found = on.query(text).bind(studio).bind(class).bind(from.to_string()).all::<Planned>().await?;
    Ok(found.into_iter().map(|planned| planned.planned_start).collect())
}

#[derive(Deserialize)]
struct Planned {
    planned_start: String,
}

impl Record for Planned {}

/// What takes place in a room, or with an instructor, and begins between two instants.
pub async fn taking_place(
    on: On<'_>,
    studio: StudioId,
    room: Option<RoomId>,
    instructor: Option<InstructorId>,
    (from, until): (Instant, Instant),
) -> Result<Vec<Row<Occurrence>>, StoreError> {
    // Two questions in one: asked with an `or`, an engine may look at all that takes place meanwhile.
    let text = "select {rows} from (\
        select * from occurrences where studio_id = $1 and starts_at > $2 and starts_at < $3 and room_id = $4 and status = $6 union \
        select * from occurrences where studio_id = $1 and starts_at > $2 and starts_at < $3 and instructor_id = $5 and status = $6 \
        order by starts_at, id) as page";
    let statement = on.query(text).bind(studio).bind(from).bind(until).bind(room).bind(instructor);
    statement.bind(OccurrenceStatus::Scheduled).all().await
}

/// Notes up to which local date a class is laid out; without one, that nothing more is to come.
pub async fn note_horizon(on: On<'_>, studio: StudioId, class: ClassId, until: Option<Date>) -> Result<(), StoreError> {
    let text = "update classes set laid_out_until = $3 where studio_id = $1 and id = $2";
    on.query(text).bind(studio).bind(class).bind(until.map(|until| until.to_string())).execute().await.map(drop)
}

/// Up to which local date a class is laid out.
pub async fn horizon_of(on: On<'_>, studio: StudioId, class: ClassId) -> Result<Option<String>, StoreError> {
    let text = "select coalesce(laid_out_until, '') from classes where studio_id = $1 and id = $2";
    let until = on.query(text).bind(studio).bind(class).scalar::<String>().await?;
    Ok(until.filter(|until| !until.is_empty()))
}

/// How a place is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Something is going to take place there.
    Ahead,
    /// A class or an occurrence names it, but nothing is to come.
    Named,
    /// Nothing names it.
    Unused,
}

/// The active classes that name a location or a room in this column.
pub async fn classes_naming<T: Named>(
    on: On<'_>,
    studio: StudioId,
    column: &'static str,
    id: Id<T>,
) -> Result<Vec<Row<Class>>, StoreError> {
    let text = format!(
        "select {{rows}} from (select * from classes where studio_id = $1 and {column} = $2 and status = $3 order by id) as page"
    );
    on.query(text).bind(studio).bind(id).bind(ClassStatus::Active).all().await
}

/// How the rows name a location or a room: `column` is the one that does.
pub async fn use_in_rows<T: Named>(
    tx: &mut Tx,
    studio: StudioId,
    column: &'static str,
    id: Id<T>,
    now: Instant,
) -> Result<Use, StoreError> {
    let ahead = format!(
        "select count(*) from (select id from occurrences where studio_id = $1 and {column} = $2 and starts_at > $3 \
        and status = $4 limit 1) as one"
    );
    let ahead = tx.on().query(ahead).bind(studio).bind(id).bind(now).bind(OccurrenceStatus::Scheduled);
    if ahead.scalar::<i64>().await?.unwrap_or_default() > 0 {
        return Ok(Use::Ahead);
    }
    for table in ["classes", "occurrences"] {
        let text = format!(
            "select count(*) from (select id from {table} where studio_id = $1 and {column} = $2 limit 1) as one"
        );
        if tx.on().query(text).bind(studio).bind(id).scalar::<i64>().await?.unwrap_or_default() > 0 {
            return Ok(Use::Named);
        }
    }
    Ok(Use::Unused)
}
