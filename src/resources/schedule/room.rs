//! What another capacity of a room means for what takes place in it. Called by the rules of rooms, in their transaction.

use super::queries;
use crate::{
    resources::{bookings, locations::rooms::Room},
    store::{row::Row, turns::TimetableTx},
    wire::problem::{Code, Problem},
};

/// Has what is going to take place in a room follow its capacity: it is listed as changed, and new places go to those who wait.
///
/// # Errors
/// `capacity_below_booked`, naming an occurrence that more people have booked than the room is to hold.
pub async fn follow_room(tx: &mut TimetableTx, before: &Row<Room>, after: &Row<Room>) -> Result<(), Problem> {
    let now = tx.now.clock;
    let booked = queries::booked_in(tx.on(), after.id, now).await?;
    if let Some(capacity) = after.fields.capacity {
        // One that is overbooked already stays so.
        let held = |booked: i64, capacity: Option<i64>| capacity.is_none_or(|capacity| booked <= capacity);
        let is_refused = |booked: i64, own: Option<i64>| {
            booked > capacity && held(booked, own) && held(booked, before.fields.capacity)
        };
        let refused = booked.iter().find(|row| is_refused(row.fields.booked_count, row.fields.capacity));
        if let Some(row) = refused {
            let detail = format!(
                "{} have booked what takes place in it at {}; a capacity of {capacity} does not hold them.",
                row.fields.booked_count, row.fields.starts_at
            );
            return Err(Problem::new(Code::CapacityBelowBooked, detail).with_occurrence(row.id));
        }
    }
    queries::touch_for_room(tx.on(), after.id, after.updated_at).await?;
    let ids: Vec<_> = booked.iter().map(|row| row.id).collect();
    bookings::follow(tx, &ids).await?;
    Ok(())
}
