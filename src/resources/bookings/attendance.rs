//! Who came: noted by staff for those who have a place.

use std::time::Duration;

use super::{
    changes::{self, BookingChange},
    model::{Booking, BookingStatus},
};
use crate::{
    store::{
        instant::Instant,
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::problem::{Code, Problem},
};

/// How long before the start somebody may be noted as there.
const DOORS_OPEN: Duration = Duration::from_hours(1);

/// Whether it can be noted now that somebody came, or did not, to what begins at this instant; `Booked` takes a note back.
pub fn can_be_noted(status: BookingStatus, starts_at: Instant, now: Instant) -> bool {
    match status {
        BookingStatus::Booked => true,
        BookingStatus::Attended => starts_at.minus(DOORS_OPEN) <= now,
        BookingStatus::NoShow => starts_at <= now,
        BookingStatus::Waiting | BookingStatus::Cancelled | BookingStatus::LateCancelled => false,
    }
}

/// Notes that a member came, or did not; `Booked` takes the note back. Somebody came from an hour before the start on, and did
/// not come once the class has begun.
///
/// # Errors
/// `conflict` when the booking has no place, or it is too early to say.
pub async fn mark(tx: &mut TimetableTx, current: Row<Booking>, status: BookingStatus) -> Result<Row<Booking>, Problem> {
    let conflict = |detail: &'static str| Err(Problem::new(Code::Conflict, detail));
    if !current.fields.status.has_a_place() || !status.has_a_place() {
        return conflict("Only somebody who has a place came, or did not come.");
    }
    if !can_be_noted(status, current.fields.starts_at, tx.now.clock) {
        return conflict("It is too early to say who came.");
    }
    let fields = Booking { status, ..current.fields.clone() };
    let booking = current.clone().edited(tx.now, fields);
    if booking != current {
        row::update(tx.on(), &booking).await?;
        changes::note(tx, &booking, BookingChange::Attendance).await?;
    }
    Ok(booking)
}
