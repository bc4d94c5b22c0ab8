//! Who came: noted by staff for those who have a place.

use std::time::Duration;

use super::{
    changes::{self, BookingChange},
    model::{Booking, BookingStatus},
};
use crate::{
    store::{
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::problem::{Code, Problem},
};

/// How long before the start somebody may be noted as there.
const DOORS_OPEN: Duration = Duration::from_hours(1);

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
    let known_from = match status {
        BookingStatus::NoShow => current.fields.starts_at,
        _ => current.fields.starts_at.minus(DOORS_OPEN),
    };
    if status != BookingStatus::Booked && tx.now.clock < known_from {
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
