//! References to other rows: they name a row of the same studio. Checked under the studio's lock, and held by the
//! schema's foreign keys under any race.

use std::collections::HashSet;

use super::locations::{LocationId, rooms::RoomId};
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

/// Checks a list of rows that a field names: each is there, and is named once. One query, however many there are.
pub async fn all_named<T: Resource>(
    tx: &mut Tx,
    studio: StudioId,
    ids: &[Id<T>],
    field: &str,
    faults: &mut Vec<Fault>,
) -> Result<(), Problem> {
    let mut unseen: HashSet<_> = row::known(tx.on(), studio, ids).await?.into_iter().collect();
    for (index, id) in ids.iter().enumerate() {
        if !unseen.remove(id) {
            let twice = ids[..index].contains(id);
            let detail =
                if twice { "is named already".to_owned() } else { format!("names no {} of this studio", T::NOUN) };
            faults.push(Fault::at(format!("/{field}/{index}"), detail));
        }
    }
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
