//! The one place that every change of a booking passes, in the transaction that makes it. What follows from a change begins here,
//! which is the mail to the member: what they are told, and what is not said any more because something newer is. At most one mail
//! about a booking waits to be sent. Called by the rules of this folder alone.

use super::model::{Booking, CancelledBy};
use crate::{
    mail::outbox::{self, MailKind, NewMail, Recipient, UnsentAbout},
    store::{error::StoreError, instant::Instant, row::Row, studio::StudioTx},
};

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
    /// It was cancelled; the booking says whether late.
    Cancelled {
        /// By whom, or what.
        by: CancelledBy,
        /// Whether it had a place; else it waited for one.
        had_a_place: bool,
    },
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
    write_mail(tx, booking, change).await
}

/// Writes the mail of a change, in place of one about this booking that was not sent yet.
async fn write_mail(tx: &mut StudioTx, booking: &Row<Booking>, change: BookingChange) -> Result<(), StoreError> {
    if !concerns(booking, change, tx.now.clock) {
        return Ok(());
    }
    let now = tx.now.clock;
    let (to, subject_id) = (Recipient::member(booking.fields.membership_id), booking.id.to_string());
    let unsent = outbox::supersede(tx.on(), &to, &subject_id).await?;
    let Some((kind, moved_from)) = told(booking, change, unsent) else { return Ok(()) };
    let mail = NewMail { kind, to, subject_id: subject_id.clone(), page: "" };
    outbox::put(tx.on(), mail, now).await?;
    match moved_from {
        Some(from) => outbox::note_move(tx.on(), &subject_id, from).await,
        None => Ok(()),
    }
}

/// Whether anything is to be told, or taken back. What was over already is no news.
fn concerns(booking: &Row<Booking>, change: BookingChange, now: Instant) -> bool {
    match change {
        BookingChange::Waits | BookingChange::Attendance => false,
        BookingChange::Moved { from } => now < booking.fields.starts_at.max(from),
        BookingChange::Booked | BookingChange::Promoted | BookingChange::Offered | BookingChange::Cancelled { .. } => {
            now < booking.fields.ends_at
        }
    }
}

/// What a member is told after a change, beside what they were to be told before and have not been: the kind of mail, and the first
/// time that the class was to begin, if it was moved.
fn told(
    booking: &Row<Booking>,
    change: BookingChange,
    unsent: Option<UnsentAbout>,
) -> Option<(MailKind, Option<Instant>)> {
    match change {
        // Who leaves the waiting list themselves knows it.
        BookingChange::Waits
        | BookingChange::Attendance
        | BookingChange::Cancelled { by: CancelledBy::Member, had_a_place: false } => None,
        BookingChange::Booked => Some((MailKind::BookingConfirmed, None)),
        BookingChange::Promoted => Some((MailKind::BookingPromoted, None)),
        BookingChange::Offered => Some((MailKind::PlaceOffered, None)),
        BookingChange::Moved { from } => {
            let kind = unsent.map_or(MailKind::BookingMoved, |unsent| unsent.kind);
            let first = unsent.and_then(|unsent| unsent.moved_from).unwrap_or(from);
            let moved_from = Some(first).filter(|first| *first != booking.fields.starts_at);
            // Moved back before anybody was told: there is nothing to say.
            (kind != MailKind::BookingMoved || moved_from.is_some()).then_some((kind, moved_from))
        }
        BookingChange::Cancelled { had_a_place: true, .. } => Some((MailKind::BookingCancelled, None)),
        BookingChange::Cancelled { .. } => Some((MailKind::WaitingEnded, None)),
    }
}
