//! Cancelling bookings: by the member, by staff, and because the membership does not reach to the class any more. The place goes
//! to the first who waits.

use serde::Serialize;

use super::{
    changes::{self, BookingChange},
    model::{Booking, BookingStatus, CancelledBy},
    queries,
    terms::StudioTerms,
    waiting, window,
};
use crate::{
    resources::{
        members::{Membership, MembershipId},
        schedule::{self, Occurrence, OccurrenceId},
    },
    store::{
        error::StoreError,
        instant::Instant,
        moment::Moment,
        row::{self, Row},
        studio::StudioOn,
        turns::TimetableTx,
    },
    wire::problem::{Code, Problem},
};

/// What the change of a membership or an occurrence did to its bookings, as a dry run tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BookingEffects {
    /// How many were cancelled.
    pub bookings_cancelled: usize,
}

/// Cancels a booking; one that is cancelled stays as it is. A member who cancels later than the studio allows has cancelled late;
/// nobody else has, and nobody who waits for a place.
///
/// # Errors
/// `occurrence_in_past` once it has begun; `conflict` when staff noted whether the member came.
pub async fn cancel(tx: &mut TimetableTx, current: Row<Booking>, by: CancelledBy) -> Result<Row<Booking>, Problem> {
    if current.fields.status.is_cancelled() {
        return Ok(current);
    }
    let now = tx.now;
    let id = current.fields.occurrence_id;
    let occurrence = schedule::find(tx.on(), id).await?;
    let occurrence = occurrence.ok_or_else(|| StoreError::Broken("a booking has no occurrence".into()))?;
    if occurrence.fields.starts_at <= now.clock {
        let detail = "It has begun, so the booking cannot be cancelled any more.";
        return Err(Problem::new(Code::OccurrenceInPast, detail));
    }
    if current.fields.status.is_of_attendance() {
        let detail = "Somebody noted whether the member came. Take that note back first.";
        return Err(Problem::new(Code::Conflict, detail));
    }
    let had_a_place = current.fields.status.has_a_place();
    let may_be_late = by == CancelledBy::Member && had_a_place;
    let is_late = may_be_late && is_late_now(tx.on(), &occurrence.fields, now.clock).await?;
    let status = if is_late { BookingStatus::LateCancelled } else { BookingStatus::Cancelled };
    let booking = ended(current, status, by, now);
    row::update(tx.on(), &booking).await?;
    changes::note(tx, &booking, BookingChange::Cancelled { by, had_a_place }).await?;
    free(tx, &[id]).await?;
    Ok(booking)
}

/// Whether a member who cancels now does so later than the studio allows.
///
/// # Errors
/// When the database fails, or this binary does not know a time zone.
pub async fn is_late_now(on: StudioOn<'_>, occurrence: &Occurrence, now: Instant) -> Result<bool, StoreError> {
    let late_minutes = StudioTerms::read(on).await?.late_minutes;
    Ok(!window::is_in_time(occurrence, late_minutes, now)?)
}

/// Gives back the places ahead that a membership does not reach to any more: all of one that is not active, else those behind its
/// last day.
pub async fn give_back(tx: &mut TimetableTx, member: &Row<Membership>) -> Result<BookingEffects, StoreError> {
    let now = tx.now.clock;
    let mut ahead = queries::ahead_of(tx.on(), member.id, now).await?;
    if ahead.is_empty() {
        return Ok(BookingEffects::default());
    }
    let terms = StudioTerms::read(tx.on()).await?.of_member(&member.fields);
    ahead.retain(|booking| !terms.cover(booking.fields.starts_at));
    let bookings_cancelled = cancel_all(tx, ahead, CancelledBy::Membership).await?;
    Ok(BookingEffects { bookings_cancelled })
}

/// Gives back all places ahead of memberships that are over.
pub async fn give_back_all(tx: &mut TimetableTx, ended: &[MembershipId]) -> Result<(), StoreError> {
    let now = tx.now.clock;
    let ahead = queries::ahead_of_all(tx.on(), ended, now).await?;
    cancel_all(tx, ahead, CancelledBy::Membership).await.map(drop)
}

/// Cancels these bookings, and frees their places; how many.
pub(super) async fn cancel_all(
    tx: &mut TimetableTx,
    bookings: Vec<Row<Booking>>,
    by: CancelledBy,
) -> Result<usize, StoreError> {
    if bookings.is_empty() {
        return Ok(0);
    }
    let count = bookings.len();
    let mut occurrences: Vec<OccurrenceId> = bookings.iter().map(|booking| booking.fields.occurrence_id).collect();
    occurrences.sort_unstable();
    occurrences.dedup();
    let now = tx.now;
    let had_places: Vec<_> = bookings.iter().map(|booking| booking.fields.status.has_a_place()).collect();
    let mut ended: Vec<_> =
        bookings.into_iter().map(|booking| ended(booking, BookingStatus::Cancelled, by, now)).collect();
    queries::update_all(tx, &mut ended).await?;
    let changed = ended.iter().zip(had_places);
    let changed = changed.map(|(booking, had_a_place)| (booking, BookingChange::Cancelled { by, had_a_place }));
    changes::note_all(tx, &changed.collect::<Vec<_>>()).await?;
    free(tx, &occurrences).await?;
    Ok(count)
}

fn ended(current: Row<Booking>, status: BookingStatus, by: CancelledBy, now: Moment) -> Row<Booking> {
    let fields = Booking { status, cancelled_at: Some(now.clock), cancelled_by: Some(by), ..current.fields.clone() };
    current.edited(now, fields)
}

/// Counts what is left, and gives it to those who wait.
async fn free(tx: &mut TimetableTx, occurrences: &[OccurrenceId]) -> Result<(), StoreError> {
    queries::recount(tx, occurrences).await?;
    waiting::promote(tx, occurrences).await
}
