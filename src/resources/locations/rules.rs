//! What must hold of locations beyond the limits of each field. A location whose clocks are set to another zone moves
//! occurrences, and one that is removed takes its rooms along: so changing and removing it are its own.

use serde::Serialize;

use super::{
    model::{Location, PlaceStatus},
    place::{self, Place},
    rooms,
};
use crate::{
    operation::write::{Change, Draft},
    resources::{
        rules::{Rules, change_row},
        schedule::{self, Effects},
    },
    store::{
        error::StoreError,
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::{
        fields::ExternalId,
        problem::{Code, Fault, Problem},
    },
};

/// Writes a location's next version; where its clocks are set to another zone, the occurrences to come of its classes
/// follow.
///
/// # Errors
/// `validation_failed` for half a position, `conflict` when the external id is taken; `location_in_use` when it is archived
/// and something is going to take place there; `room_conflict`, `instructor_conflict` with occurrences that do not follow.
pub async fn change(
    tx: &mut TimetableTx,
    current: &Row<Location>,
    change: &Change<Location>,
) -> Result<(Row<Location>, Option<Effects>), Problem> {
    let location = change_row(tx, current, change).await?;
    if location.fields.time_zone == current.fields.time_zone {
        return Ok((location, None));
    }
    let effects = schedule::follow_zone(tx, Some(location.id)).await?;
    Ok((location, Some(effects)))
}

/// What becomes of other rows when a location is removed.
#[derive(Debug, Default, Serialize)]
pub struct RemovalEffects {
    /// Rooms that go with it.
    pub rooms_removed: u64,
}

/// Removes a location with its rooms; archives it where something took place there, and answers what is kept.
///
/// # Errors
/// `location_in_use` when something is going to take place there.
pub async fn remove(
    tx: &mut TimetableTx,
    location: &Row<Location>,
) -> Result<(Option<Row<Location>>, RemovalEffects), Problem> {
    let kept = place::keep_if_named(tx, location).await?;
    if kept.is_some() {
        return Ok((kept, RemovalEffects::default()));
    }
    let rooms_removed = rooms::remove_all(tx.on(), location.id).await?;
    row::delete(tx.on(), location.id).await?;
    Ok((None, RemovalEffects { rooms_removed }))
}

impl Rules for Location {
    type Tx = TimetableTx;

    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn check(_: &mut TimetableTx, draft: &mut Draft<'_, Self>) -> Result<(), StoreError> {
        draft.rule(&["latitude", "longitude"], position);
        Ok(())
    }

    async fn allow(tx: &mut TimetableTx, current: &Row<Self>, next: &Row<Self>) -> Result<(), Problem> {
        place::allow_archiving(tx, current, next).await
    }
}

impl Place for Location {
    const NAMED_BY: &'static str = "location_id";

    fn status(&mut self) -> &mut PlaceStatus {
        &mut self.status
    }

    fn in_use() -> Problem {
        let detail = "Classes are going to take place at this location. Move or cancel them first.";
        Problem::new(Code::LocationInUse, detail)
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
