//! Bookings that were made elsewhere, and move in with an import: written as they were. What occurrences count is never taken from
//! a file, but counted.

use std::collections::{HashMap, HashSet};

use super::{
    model::{Booking, BookingStatus},
    queries,
};
use crate::{
    resources::{
        members::{Membership, MembershipId},
        schedule::{self, Occurrence, OccurrenceId, OccurrenceStatus},
    },
    store::{
        id::Named,
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::problem::{Fault, Problem},
};

/// Writes new bookings; what is wrong with which of them, and then none is to be kept. They begin and end with their
/// occurrence, whatever their lines say.
pub async fn import_new(tx: &mut TimetableTx, mut rows: Vec<Row<Booking>>) -> Result<Vec<(usize, Problem)>, Problem> {
    let occurrences: HashSet<OccurrenceId> = rows.iter().map(|row| row.fields.occurrence_id).collect();
    let occurrences: Vec<_> = occurrences.into_iter().collect();
    let there: HashMap<_, _> =
        schedule::find_all(tx.on(), &occurrences).await?.into_iter().map(|row| (row.id, row.fields)).collect();
    let members: HashSet<MembershipId> = rows.iter().map(|row| row.fields.membership_id).collect();
    let members = row::known::<Membership>(tx.on(), &members.into_iter().collect::<Vec<_>>()).await?;
    let members: HashSet<_> = members.into_iter().collect();
    let mut wrong = Vec::new();
    for (at, row) in rows.iter_mut().enumerate() {
        let mut faults = by_itself(&row.fields);
        match there.get(&row.fields.occurrence_id) {
            Some(occurrence) => {
                if occurrence.status == OccurrenceStatus::Cancelled && !row.fields.status.is_cancelled() {
                    faults
                        .push(Fault::at("/status", "must be that of a cancelled booking: the occurrence is cancelled"));
                }
                (row.fields.starts_at, row.fields.ends_at) = (occurrence.starts_at, occurrence.ends_at);
            }
            None => faults.push(names_no::<Occurrence>("/occurrence_id")),
        }
        if !members.contains(&row.fields.membership_id) {
            faults.push(names_no::<Membership>("/membership_id"));
        }
        if !faults.is_empty() {
            wrong.push((at, Problem::invalid(faults)));
        }
    }
    row::insert_all(tx.on(), &rows).await?;
    queries::recount_imported(tx, &occurrences).await?;
    Ok(wrong)
}

fn names_no<T: Named>(pointer: &str) -> Fault {
    Fault::at(pointer, format!("names no {} of this studio", T::NOUN))
}

/// What a booking says of itself has to fit together.
fn by_itself(booking: &Booking) -> Vec<Fault> {
    let mut faults = Vec::new();
    if booking.status.is_cancelled() != booking.cancelled_at.is_some() {
        faults.push(Fault::at("/cancelled_at", "is said of a cancelled booking, and of no other"));
    }
    if booking.status == BookingStatus::Waiting && booking.queue_number.is_none() {
        faults.push(Fault::at("/queue_number", "is missing: the booking waits"));
    }
    faults
}
