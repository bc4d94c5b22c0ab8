//! How bookings follow their occurrences. Called by whatever writes an occurrence or changes how many may take part: the schedule,
//! and the rules of rooms.

use std::collections::HashMap;

use super::{
    cancel,
    changes::{self, BookingChange},
    model::{Booking, CancelledBy},
    queries, waiting,
};
use crate::{
    resources::schedule::{self, OccurrenceId, OccurrenceStatus},
    store::{
        error::StoreError,
        row::{self, Row},
        turns::TimetableTx,
    },
};
/// Has the bookings of these occurrences follow what was written of them: those of a cancelled one are cancelled, those of one
/// that was moved are told its new time, and a place that has become free goes to who waits. How many were cancelled.
pub async fn follow(tx: &mut TimetableTx, ids: &[OccurrenceId]) -> Result<usize, StoreError> {
    let cancelled = match queries::out_of_step(tx.on(), ids).await? {
        bookings if bookings.is_empty() => 0,
        bookings => bring_in_step(tx, ids, bookings).await?,
    };
    queries::copy_times(tx, ids).await?;
    waiting::promote(tx, ids).await?;
    Ok(cancelled)
}

async fn bring_in_step(
    tx: &mut TimetableTx,
    ids: &[OccurrenceId],
    bookings: Vec<Row<Booking>>,
) -> Result<usize, StoreError> {
    let now = tx.now;
    let occurrences = schedule::find_all(tx.on(), ids).await?;
    let occurrences: HashMap<_, _> = occurrences.into_iter().map(|row| (row.id, row.fields)).collect();
    let mut ending = Vec::new();
    for booking in bookings {
        let Some(occurrence) = occurrences.get(&booking.fields.occurrence_id) else { continue };
        if occurrence.status == OccurrenceStatus::Cancelled {
            ending.push(booking);
            continue;
        }
        let from = booking.fields.starts_at;
        let (starts_at, ends_at) = (occurrence.starts_at, occurrence.ends_at);
        let fields = Booking { starts_at, ends_at, ..booking.fields.clone() };
        let booking = booking.edited(now, fields);
        row::update(tx.on(), &booking).await?;
        if from != starts_at {
            changes::note(tx, &booking, BookingChange::Moved { from }).await?;
        }
    }
    cancel::cancel_all(tx, ending, CancelledBy::Occurrence).await
}
