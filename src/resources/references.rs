//! References to other rows: they name a row of the same studio. Checked under the studio's lock, and held by the
//! schema's foreign keys under any race.

use super::{
    locations::{LocationId, rooms::RoomId},
    programs::ProgramId,
};
use crate::{
    store::{
        db::Tx,
        id::{Id, StudioId},
        row::{self, Resource, Row},
    },
    wire::{
        input::Input,
        problem::{Fault, Problem},
        write::Change,
    },
};

/// The row that a field names, if it names one; a fault, when there is no such row in the studio.
pub async fn named<T: Resource>(
    tx: &mut Tx,
    studio: StudioId,
    id: Option<Id<T>>,
    field: &str,
    faults: &mut Vec<Fault>,
) -> Result<Option<Row<T>>, Problem> {
    let Some(id) = id else { return Ok(None) };
    let found = row::find(tx.on(), studio, id).await?;
    if found.is_none() {
        faults.push(Fault::at(format!("/{field}"), format!("names no {} of this studio", T::NOUN)));
    }
    Ok(found)
}

/// The rows that a list of ids names; a fault for each that names no row of the studio, or one that was named before.
pub async fn all_named<T: Resource>(
    tx: &mut Tx,
    studio: StudioId,
    ids: &[Id<T>],
    field: &str,
    faults: &mut Vec<Fault>,
) -> Result<(), Problem> {
    let known = row::known(tx.on(), studio, ids).await?;
    for (place, id) in ids.iter().enumerate() {
        if !known.contains(id) {
            faults.push(Fault::at(format!("/{field}/{place}"), format!("names no {} of this studio", T::NOUN)));
        } else if ids[..place].contains(id) {
            faults.push(Fault::at(format!("/{field}/{place}"), format!("names a {} for the second time", T::NOUN)));
        }
    }
    Ok(())
}

/// The programs that a list of ids names. There are none yet, so no id names one.
#[expect(clippy::unused_async, reason = "asks the database once there are programs")]
pub async fn programs(
    _: &mut Tx,
    _: StudioId,
    ids: &[ProgramId],
    field: &str,
    faults: &mut Vec<Fault>,
) -> Result<(), Problem> {
    let places = 0..ids.len();
    faults.extend(places.map(|place| Fault::at(format!("/{field}/{place}"), "names no program of this studio")));
    Ok(())
}

/// What a change of one says of the other: a room alone brings its location along, a location alone leaves the room.
pub fn settle<T: Input>(
    change: &Change<T>,
    before: (Option<LocationId>, Option<RoomId>),
    location: &mut Option<LocationId>,
    room: &mut Option<RoomId>,
) {
    if before.0 != *location && !change.names("room_id") {
        *room = None;
    }
    if before.1 != *room && room.is_some() && !change.names("location_id") {
        *location = None;
    }
}

/// Checks a location and a room that belong together; a room alone names its location, too.
pub async fn place(
    tx: &mut Tx,
    studio: StudioId,
    location: &mut Option<LocationId>,
    room: Option<RoomId>,
    faults: &mut Vec<Fault>,
) -> Result<(), Problem> {
    named(tx, studio, *location, "location_id", faults).await?;
    let Some(room) = named(tx, studio, room, "room_id", faults).await? else { return Ok(()) };
    match (*location, room.fields.location_id) {
        (Some(wanted), Some(real)) if wanted != real => {
            faults.push(Fault::at("/room_id", "is not a room of `location_id`"));
        }
        (None, real) => *location = real,
        _ => {}
    }
    Ok(())
}
