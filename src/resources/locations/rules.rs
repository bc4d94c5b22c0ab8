//! What must hold of locations beyond the limits of each field.

use super::model::{Location, PlaceStatus};
use crate::{
    resources::{
        schedule::{self, Effects, Use},
        unique,
    },
    store::{
        db::Tx,
        id::StudioId,
        instant::Instant,
        row::{self, Row},
    },
    wire::{
        problem::{Code, Fault, Problem},
        text::TimeZone,
    },
};

/// Writes a new location.
///
/// # Errors
/// `validation_failed` for half a position, `conflict` when the external id is taken.
pub async fn create(tx: &mut Tx, studio: StudioId, location: &Row<Location>) -> Result<(), Problem> {
    check(tx, studio, location).await?;
    Ok(row::insert(tx.on(), studio, location).await?)
}

/// Writes a location's next version; where its clocks are set to another zone, the occurrences to come of its classes
/// follow. The studio's timetable is locked.
///
/// # Errors
/// As [`create`]; `room_conflict`, `instructor_conflict` with occurrences that do not follow.
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    location: &Row<Location>,
    before: Option<&TimeZone>,
    now: Instant,
) -> Result<Option<Effects>, Problem> {
    check(tx, studio, location).await?;
    row::update(tx.on(), studio, location).await?;
    if location.fields.time_zone.as_ref() == before {
        return Ok(None);
    }
    schedule::follow_zone(tx, studio, Some(location.id), now).await.map(Some)
}

/// Removes a location with its rooms; archives it where something took place there, and answers what is kept. The
/// studio's timetable is locked.
///
/// # Errors
/// `location_in_use` when something is going to take place there.
pub async fn remove(
    tx: &mut Tx,
    studio: StudioId,
    location: Row<Location>,
    now: Instant,
) -> Result<Option<Row<Location>>, Problem> {
    match schedule::use_of(tx, studio, "location_id", location.id, now).await? {
        Use::Ahead => {
            let detail = "Classes are going to take place at this location. Move or cancel them first.";
            Err(Problem::new(Code::LocationInUse, detail))
        }
        Use::Named => {
            let fields = Location { status: PlaceStatus::Archived, ..location.fields.clone() };
            let kept = location.edited(now, fields);
            row::update(tx.on(), studio, &kept).await?;
            Ok(Some(kept))
        }
        Use::Unused => {
            let rooms = "delete from rooms where studio_id = $1 and location_id = $2";
            tx.on().query(rooms).bind(studio).bind(location.id).execute().await?;
            row::delete(tx.on(), studio, location.id).await?;
            Ok(None)
        }
    }
}

async fn check(tx: &mut Tx, studio: StudioId, location: &Row<Location>) -> Result<(), Problem> {
    let fields = &location.fields;
    let half = match (fields.latitude, fields.longitude) {
        (Some(_), None) => Some("/longitude"),
        (None, Some(_)) => Some("/latitude"),
        _ => None,
    };
    if let Some(missing) = half {
        return Err(Problem::invalid(vec![Fault::at(missing, "is required: latitude and longitude go together")]));
    }
    unique::external_id(tx, studio, location.id, location.fields.external_id.as_ref()).await
}
