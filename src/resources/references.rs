//! References to other rows: they name a row of the same studio. Held by the
//! schema's foreign keys under any race.

use std::collections::HashSet;

use super::locations::{LocationId, rooms::RoomId};
use crate::{
    operation::write::{Change, Draft},
    store::{
        error::StoreError,
        id::Id,
        row::{self, Resource, Row},
        studio::StudioTx,
    },
    wire::input::Input,
};

/// The row that a field names, if it names one; a fault, when there is no such row in the studio.
pub async fn named<T: Resource, R: Resource>(
    tx: &mut StudioTx,
    draft: &mut Draft<'_, T>,
    field: &str,
    id: impl FnOnce(&T) -> Option<Id<R>>,
) -> Result<Option<Row<R>>, StoreError> {
    let Some(id) = id(draft.fields()) else { return Ok(None) };
    let found = row::find(tx.on(), id).await?;
    if found.is_none() {
        draft.fault(format!("/{field}"), format!("names no {} of this studio", R::NOUN));
    }
    Ok(found)
}

/// Checks a list of rows that a field names: each is there, and is named once. One query, however many there are.
pub async fn all_named<T: Resource, R: Resource>(
    tx: &mut StudioTx,
    draft: &mut Draft<'_, T>,
    field: &str,
    ids: impl FnOnce(&T) -> &[Id<R>],
) -> Result<(), StoreError> {
    let ids = ids(draft.fields()).to_vec();
    let mut unseen: HashSet<_> = row::known(tx.on(), &ids).await?.into_iter().collect();
    for (index, id) in ids.iter().enumerate() {
        if !unseen.remove(id) {
            let twice = ids[..index].contains(id);
            let detail =
                if twice { "is named already".to_owned() } else { format!("names no {} of this studio", R::NOUN) };
            draft.fault(format!("/{field}/{index}"), detail);
        }
    }
    Ok(())
}

/// What a change of one means for the other: a room alone sets its location as well, a location alone takes the room away.
pub fn reconcile<T: Input>(
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

/// Checks a location and a room that belong together, and answers the location: a room alone names it, too.
pub async fn place<T: Resource>(
    tx: &mut StudioTx,
    draft: &mut Draft<'_, T>,
    (location, room): (Option<LocationId>, Option<RoomId>),
) -> Result<Option<LocationId>, StoreError> {
    named(tx, draft, "location_id", |_| location).await?;
    let Some(room) = named(tx, draft, "room_id", |_| room).await? else { return Ok(location) };
    let real = room.fields.location_id;
    if location.zip(real).is_some_and(|(wanted, real)| wanted != real) {
        draft.fault("/room_id", "is not a room of `location_id`");
    }
    Ok(location.or(real))
}
