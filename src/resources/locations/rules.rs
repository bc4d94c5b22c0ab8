//! What must hold of locations beyond the limits of each field.

use serde::Serialize;

use super::model::{Location, LocationId, PlaceStatus};
use crate::{
    operation::write::{Change, Draft},
    resources::{
        at_the_end::is_left,
        rules::{Rules, validated},
        schedule::{self, Effects, Use},
    },
    store::{
        db::Tx,
        error::StoreError,
        id::StudioId,
        instant::Instant,
        moment::Moment,
        row::{self, Row},
    },
    wire::{
        fields::ExternalId,
        problem::{Code, Fault, Problem},
    },
};

/// Writes a new location.
///
/// # Errors
/// `validation_failed` for half a position, `conflict` when the external id is taken.
pub async fn create(
    tx: &mut Tx,
    studio: StudioId,
    draft: Draft<'_, Location>,
    now: Moment,
) -> Result<Row<Location>, Problem> {
    let location = validated(tx, studio, draft, now).await?;
    row::insert(tx.on(), studio, &location).await?;
    Ok(location)
}

/// Writes a location's next version; where its clocks are set to another zone, the occurrences to come of its classes
/// follow. The studio's timetable is locked.
///
/// # Errors
/// As [`create`]; `location_in_use` when it is archived and something is going to take place there; `room_conflict`,
/// `instructor_conflict` with occurrences that do not follow.
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: &Row<Location>,
    change: &Change<Location>,
    now: Moment,
) -> Result<(Row<Location>, Option<Effects>), Problem> {
    let location = validated(tx, studio, change.onto(current, now)?, now).await?;
    let is_archived = location.fields.status == PlaceStatus::Archived && current.fields.status != PlaceStatus::Archived;
    if is_archived
        && !is_left()
        && schedule::use_of(tx, studio, "location_id", location.id, now.clock).await? == Use::Ahead
    {
        return Err(in_use());
    }
    row::update(tx.on(), studio, &location).await?;
    if location.fields.time_zone == current.fields.time_zone {
        return Ok((location, None));
    }
    let effects = schedule::follow_zone(tx, studio, Some(location.id), now).await?;
    Ok((location, Some(effects)))
}

/// What becomes of other rows when a location is removed.
#[derive(Debug, Default, Serialize)]
pub struct RemovalEffects {
    /// Rooms that go with it.
    pub rooms_removed: u64,
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
    now: Moment,
) -> Result<(Option<Row<Location>>, RemovalEffects), Problem> {
    match schedule::use_of(tx, studio, "location_id", location.id, now.clock).await? {
        Use::Ahead => Err(in_use()),
        Use::Named => {
            let fields = Location { status: PlaceStatus::Archived, ..location.fields.clone() };
            let kept = location.edited(now, fields);
            row::update(tx.on(), studio, &kept).await?;
            Ok((Some(kept), RemovalEffects::default()))
        }
        Use::Unused => {
            let rooms = "delete from rooms where studio_id = $1 and location_id = $2";
            let rooms_removed = tx.on().query(rooms).bind(studio).bind(location.id).execute().await?;
            row::delete(tx.on(), studio, location.id).await?;
            Ok((None, RemovalEffects { rooms_removed }))
        }
    }
}

/// Refuses an archived location where something is going to take place.
///
/// # Errors
/// `location_in_use`.
pub async fn refuse_in_use(tx: &mut Tx, studio: StudioId, id: LocationId, now: Instant) -> Result<(), Problem> {
    match schedule::use_of(tx, studio, "location_id", id, now).await? {
        Use::Ahead => Err(in_use()),
        Use::Named | Use::Unused => Ok(()),
    }
}

fn in_use() -> Problem {
    let detail = "Classes are going to take place at this location. Move or cancel them first.";
    Problem::new(Code::LocationInUse, detail)
}

impl Rules for Location {
    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn check(_: &mut Tx, _: StudioId, draft: &mut Draft<'_, Self>, _: Moment) -> Result<(), StoreError> {
        draft.rule(&["latitude", "longitude"], position);
        Ok(())
    }
}

fn position(location: &Location) -> Option<Fault> {
    let missing = match (location.latitude, location.longitude) {
        (Some(_), None) => "/longitude",
        (None, Some(_)) => "/latitude",
        _ => return None,
    };
    Some(Fault::at(missing, "is required: latitude and longitude go together"))
}
