//! How bookings follow their occurrences. Called by whatever writes an occurrence or changes how many may take part: the schedule,
//! and the rules of rooms.

use std::collections::HashMap;

use super::{
    cancel,
    changes::{self, BookingChange},
    model::{Booking, CancelledBy},
    queries,
    terms::StudioTerms,
    waiting,
};
use crate::{
    resources::{
        members::{Membership, MembershipId},
        schedule::{self, OccurrenceId, OccurrenceStatus},
    },
    store::{
        error::StoreError,
        instant::Instant,
        row::{self, Row},
        turns::TimetableTx,
    },
};

/// Has the bookings of these occurrences follow what was written of them: those of a cancelled one are cancelled, those of one
/// that was moved are told its new time, or are cancelled where the membership does not reach to it, and a place that has become free goes to who waits. How many were cancelled.
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
    let occurrences = schedule::find_all(tx.on(), ids).await?;
    let occurrences: HashMap<_, _> = occurrences.into_iter().map(|row| (row.id, row.fields)).collect();
    let (mut called_off, mut moved) = (Vec::new(), Vec::new());
    for booking in bookings {
        match occurrences.get(&booking.fields.occurrence_id) {
            Some(occurrence) if occurrence.status == OccurrenceStatus::Cancelled => called_off.push(booking),
            Some(occurrence) => moved.push((booking, (occurrence.starts_at, occurrence.ends_at))),
            None => {}
        }
    }
    let beyond = move_covered(tx, moved).await?;
    let cancelled = cancel::cancel_all(tx, called_off, CancelledBy::Occurrence).await?;
    Ok(cancelled + cancel::cancel_all(tx, beyond, CancelledBy::Membership).await?)
}

/// Tells bookings their new times; those whose membership does not reach to the new day are left, and returned.
async fn move_covered(
    tx: &mut TimetableTx,
    moved: Vec<(Row<Booking>, (Instant, Instant))>,
) -> Result<Vec<Row<Booking>>, StoreError> {
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let now = tx.now;
    let mut members: Vec<MembershipId> = moved.iter().map(|(booking, _)| booking.fields.membership_id).collect();
    members.sort_unstable();
    members.dedup();
    let terms = StudioTerms::read(tx.on()).await?;
    let members = row::find_all::<Membership>(tx.on(), &members).await?;
    let members: HashMap<_, _> = members.into_iter().map(|row| (row.id, terms.of_member(&row.fields))).collect();
    let (mut beyond, mut told, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    for (booking, (starts_at, ends_at)) in moved {
        let from = booking.fields.starts_at;
        let covers = members.get(&booking.fields.membership_id).is_some_and(|terms| terms.cover(starts_at));
        if from != starts_at && starts_at > now.clock && !covers {
            beyond.push(booking);
            continue;
        }
        let fields = Booking { starts_at, ends_at, ..booking.fields.clone() };
        told.push(booking.edited(now, fields));
        starts.push(from);
    }
    queries::update_all(tx, &mut told).await?;
    let moved = told.iter().zip(starts).filter(|(booking, from)| booking.fields.starts_at != *from);
    let moved = moved.map(|(booking, from)| (booking, BookingChange::Moved { from }));
    changes::note_all(tx, &moved.collect::<Vec<_>>()).await?;
    Ok(beyond)
}
