//! The waiting list: a place that has become free goes to the first who waits, as long as they could still cancel it in time.
//! Later it is offered: the first who wait may take it, by booking again, and nobody else may; it is held for no longer than
//! until the class begins.

use super::{
    changes::{self, BookingChange},
    model::{Booking, BookingStatus},
    queries,
    terms::StudioTerms,
    window,
};
use crate::{
    resources::schedule::{self, Occurrence, OccurrenceId},
    store::{error::StoreError, row::Row, turns::TimetableTx},
};

/// Gives, or offers, the free places of these occurrences to those who wait.
pub async fn promote(tx: &mut TimetableTx, ids: &[OccurrenceId]) -> Result<(), StoreError> {
    let now = tx.now;
    let ids = queries::waited_for(tx.on(), ids, now).await?;
    if ids.is_empty() {
        return Ok(());
    }
    let terms = StudioTerms::read(tx.on()).await?;
    for occurrence in schedule::find_all(tx.on(), &ids).await? {
        let fields = &occurrence.fields;
        let free = window::free_places(fields).unwrap_or(i64::MAX).min(fields.waiting_count);
        let first = queries::waiting(tx.on(), occurrence.id, free).await?;
        if window::is_in_time(fields, terms.late_minutes, now.clock)? {
            give(tx, &occurrence, first).await?;
        } else {
            offer(tx, first).await?;
        }
    }
    Ok(())
}

async fn give(tx: &mut TimetableTx, occurrence: &Row<Occurrence>, first: Vec<Row<Booking>>) -> Result<(), StoreError> {
    write(tx, first, BookingChange::Promoted, |fields| fields.status = BookingStatus::Booked).await?;
    queries::recount(tx, &[occurrence.id]).await
}

/// Each is told once.
async fn offer(tx: &mut TimetableTx, mut first: Vec<Row<Booking>>) -> Result<(), StoreError> {
    let offered_at = Some(tx.now.clock);
    first.retain(|waits| waits.fields.offered_at.is_none());
    write(tx, first, BookingChange::Offered, |fields| fields.offered_at = offered_at).await
}

/// Changes bookings that wait, and notes what happened to each.
async fn write(
    tx: &mut TimetableTx,
    waiting: Vec<Row<Booking>>,
    change: BookingChange,
    edit: impl Fn(&mut Booking),
) -> Result<(), StoreError> {
    let now = tx.now;
    let edited = |waits: Row<Booking>| {
        let mut fields = waits.fields.clone();
        edit(&mut fields);
        waits.edited(now, fields)
    };
    let mut changed: Vec<_> = waiting.into_iter().map(edited).collect();
    queries::update_all(tx, &mut changed).await?;
    changes::note_all(tx, &changed.iter().map(|booking| (booking, change)).collect::<Vec<_>>()).await
}
