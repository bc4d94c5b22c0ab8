//! Booking: a place, or the next number in the waiting list of a full class.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    changes::{self, BookingChange},
    model::{Booking, BookingStatus},
    queries,
    request::{self, Booker, BookingRequest},
};
use crate::{
    resources::schedule::{Occurrence, OccurrenceId},
    store::{
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::{
        fields::Metadata,
        input::action,
        problem::{Code, Problem},
    },
};

/// What is to be booked.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BookingCreate)]
pub struct NewBooking {
    /// The occurrence.
    pub occurrence_id: OccurrenceId,
    /// Whether to join the waiting list if the class is full.
    #[serde(default)]
    pub wait: bool,
}

action!(NewBooking);

/// Books an occurrence. A free place is for the first who wait: nobody else can book it before them.
///
/// # Errors
/// `validation_failed` when the occurrence is not there for the booker; `class_full`, `already_booked`, `booking_not_open`,
/// `booking_closed`, `occurrence_cancelled`, `occurrence_in_past`, `membership_not_active`.
pub async fn book(tx: &mut TimetableTx, booker: Booker, wanted: &NewBooking) -> Result<Row<Booking>, Problem> {
    let request = request::read(tx, wanted.occurrence_id, booker).await?;
    match request.state.refusal() {
        None => take(tx, request, booker).await,
        Some(Code::ClassFull) if wanted.wait => join(tx, &request, booker).await,
        Some(code) => Err(request.state.problem(code)),
    }
}

/// Takes a place. The statement that counts refuses when the class is full.
async fn take(tx: &mut TimetableTx, request: BookingRequest, booker: Booker) -> Result<Row<Booking>, Problem> {
    let BookingRequest { occurrence, own, state } = request;
    if !queries::take_place(tx, occurrence.id, own.is_some()).await? {
        return Err(state.problem(Code::ClassFull));
    }
    let booking = match own {
        Some(waits) => {
            let fields = Booking { status: BookingStatus::Booked, ..waits.fields.clone() };
            let booking = waits.edited(tx.now, fields);
            row::update(tx.on(), &booking).await?;
            booking
        }
        None => insert(tx, &occurrence, booker, None).await?,
    };
    changes::note(tx, &booking, BookingChange::Booked).await?;
    Ok(booking)
}

/// Joins the waiting list, behind all who wait.
async fn join(tx: &mut TimetableTx, request: &BookingRequest, booker: Booker) -> Result<Row<Booking>, Problem> {
    let id = request.occurrence.id;
    let number = queries::next_queue_number(tx.on(), id).await?;
    let booking = insert(tx, &request.occurrence, booker, Some(number)).await?;
    queries::recount(tx, &[id]).await?;
    changes::note(tx, &booking, BookingChange::Waits).await?;
    Ok(booking)
}

async fn insert(
    tx: &mut TimetableTx,
    occurrence: &Row<Occurrence>,
    booker: Booker,
    queue_number: Option<i64>,
) -> Result<Row<Booking>, Problem> {
    let booking = Booking {
        external_id: None,
        metadata: Metadata::default(),
        occurrence_id: occurrence.id,
        membership_id: booker.membership(),
        starts_at: occurrence.fields.starts_at,
        ends_at: occurrence.fields.ends_at,
        status: if queue_number.is_some() { BookingStatus::Waiting } else { BookingStatus::Booked },
        cancelled_at: None,
        cancelled_by: None,
        queue_number,
        offered_at: None,
    };
    let booking = Row::new(tx.now, booking);
    row::insert(tx.on(), &booking).await?;
    Ok(booking)
}
