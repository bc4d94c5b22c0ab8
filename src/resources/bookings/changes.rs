//! The one place that every change of a booking passes, in the transaction that makes it. What follows from a change begins here,
//! which is the mail to the member: what they are told, and what is not said any more because something newer is. At most one mail
//! about a booking waits to be sent. Called by the rules of this folder alone.

use super::{
    model::{Booking, CancelledBy},
    queries::AT_ONCE,
};
use crate::{
    mail::{
        outbox::MailKind,
        superseding::{self, NewsOfRow, UnsentAbout},
    },
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

/// A booking as it is now, and what happened to it.
pub type Changed<'b> = (&'b Row<Booking>, BookingChange);

/// Notes what happened to a booking.
///
/// # Errors
/// When the database fails: then the change does not happen either.
pub async fn note(tx: &mut StudioTx, booking: &Row<Booking>, change: BookingChange) -> Result<(), StoreError> {
    note_all(tx, &[(booking, change)]).await
}

/// Notes what happened to many bookings, each of which stands there once: in as few statements as for one, as long as they are
/// no more than are written at once.
///
/// # Errors
/// As [`note`].
pub async fn note_all(tx: &mut StudioTx, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    for (booking, change) in changed {
        tracing::debug!(studio = %tx.studio, booking = %booking.id, ?change, "a booking changed");
    }
    let now = tx.now.clock;
    let concerned: Vec<_> = changed.iter().copied().filter(|changed| concerns(changed, now)).collect();
    for slice in concerned.chunks(AT_ONCE) {
        write_mails(tx, slice).await?;
    }
    Ok(())
}

/// Writes the mails of changes, in place of those about these bookings that were not sent yet.
async fn write_mails(tx: &mut StudioTx, changed: &[Changed<'_>]) -> Result<(), StoreError> {
    let now = tx.now.clock;
    let ids: Vec<_> = changed.iter().map(|(booking, _)| booking.id).collect();
    let unsent = superseding::take_back(tx.on(), &ids).await?;
    let mails = changed.iter().filter_map(|changed| {
        let (booking, _) = changed;
        let subject_id = booking.id.to_string();
        let (kind, moved_from) = told(changed, unsent.get(&subject_id).copied())?;
        let membership_id = booking.fields.membership_id.to_string();
        Some(NewsOfRow { kind, membership_id, subject_id, moved_from })
    });
    superseding::put_all(tx.on(), mails.collect(), now).await
}

/// Whether anything is to be told, or taken back. What was over already is no news.
fn concerns(&(booking, change): &Changed<'_>, now: Instant) -> bool {
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
fn told(&(booking, change): &Changed<'_>, unsent: Option<UnsentAbout>) -> Option<(MailKind, Option<Instant>)> {
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
