//! What must hold of rooms beyond the limits of each field: a room is in one location for good. Websites see rooms with
//! their location, and occurrences take their capacity from them, so these are listed as changed with each write here.

use super::model::Room;
use crate::{
    operation::write::{Change, Draft},
    resources::{
        locations::{
            self, Location, LocationId, PlaceStatus,
            place::{self, Place},
        },
        rules::{Rules, change_row, create_row},
        schedule,
    },
    store::{
        id::Named,
        row::{self, Row},
        studio::StudioOn,
        turns::TimetableTx,
    },
    wire::{
        fields::ExternalId,
        problem::{Code, Problem},
    },
};

/// Writes a new room.
///
/// # Errors
/// `not_found` when there is no such location; `validation_failed`; `conflict` when the external id is taken.
pub async fn create(
    tx: &mut TimetableTx,
    location: LocationId,
    mut draft: Draft<'_, Room>,
) -> Result<Row<Room>, Problem> {
    // Locked, so that the location is not removed while a room moves in.
    row::lock::<Location>(tx.on(), location).await?.ok_or_else(|| Problem::not_found(Location::NOUN))?;
    draft.fields_mut().location_id = Some(location);
    let room = create_row(tx, draft).await?;
    locations::touch_for_rooms(tx.on(), room.fields.location_id, room.updated_at).await?;
    Ok(room)
}

/// Writes a room's next version.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken; `room_in_use` when it is archived and something is going
/// to take place in it; `capacity_below_booked`.
pub async fn change(tx: &mut TimetableTx, current: &Row<Room>, change: &Change<Room>) -> Result<Row<Room>, Problem> {
    let room = change_row(tx, current, change).await?;
    locations::touch_for_rooms(tx.on(), room.fields.location_id, room.updated_at).await?;
    if room.fields.capacity != current.fields.capacity {
        schedule::follow_room(tx, current, &room).await?;
    }
    Ok(room)
}

/// Removes a room; archives it where something took place in it, and answers what is kept.
///
/// # Errors
/// `room_in_use` when something is going to take place in it.
pub async fn remove(tx: &mut TimetableTx, room: &Row<Room>) -> Result<Option<Row<Room>>, Problem> {
    let kept = place::keep_if_named(tx, room).await?;
    if kept.is_none() {
        row::delete(tx.on(), room.id).await?;
    }
    let at = kept.as_ref().map_or(tx.now.stamp(), |kept| kept.updated_at);
    locations::touch_for_rooms(tx.on(), room.fields.location_id, at).await?;
    Ok(kept)
}

impl Rules for Room {
    type Tx = TimetableTx;

    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn allow(tx: &mut TimetableTx, current: &Row<Self>, next: &Row<Self>) -> Result<(), Problem> {
        place::allow_archiving(tx, current, next).await
    }
}

impl Place for Room {
    const NAMED_BY: &'static str = "room_id";

    fn status(&mut self) -> &mut PlaceStatus {
        &mut self.status
    }

    fn in_use() -> Problem {
        Problem::new(Code::RoomInUse, "Classes are going to take place in this room. Move or cancel them first.")
    }
}

/// Refuses a path whose location is not the studio's.
///
/// # Errors
/// `not_found`.
pub async fn location_exists(on: StudioOn<'_>, location: LocationId) -> Result<(), Problem> {
    let found = row::find::<Location>(on, location).await?;
    found.map(drop).ok_or_else(|| Problem::not_found(Location::NOUN))
}

/// Refuses a path that names a room of another location.
///
/// # Errors
/// `not_found`.
pub fn is_in(room: &Row<Room>, location: LocationId) -> Result<(), Problem> {
    if room.fields.location_id == Some(location) { Ok(()) } else { Err(Problem::not_found(Room::NOUN)) }
}
