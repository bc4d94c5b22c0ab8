//! A booking as its member has it: with the occurrence that it is for, the position in the waiting list, and what else the member
//! has booked for the same time.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    model::{Booking, BookingId, BookingStatus},
    queries::{self, BookedTime},
};
use crate::{
    resources::{
        classes::{Class, ClassId},
        schedule::{self, LONGEST, OccurrenceId, storefront::PublicOccurrence},
    },
    store::{
        db::Statement,
        error::StoreError,
        id::{Named, SameRows},
        instant::Instant,
        row::{self, Resource, Row},
        studio::StudioOn,
    },
};

/// A booking of the member who calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MyBooking {
    /// What has become of it.
    pub status: BookingStatus,
    /// When it was cancelled.
    pub cancelled_at: Option<Instant>,
    /// The occurrence that it is for.
    pub occurrence_id: OccurrenceId,
    /// When that begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// The occurrence itself, as it is now: computed, so that a change of it does not change the booking's `updated_at`.
    #[serde(default)]
    #[schema(value_type = PublicOccurrence)]
    pub occurrence: Option<PublicOccurrence>,
    /// The name of its class.
    #[serde(default)]
    #[schema(example = "Morning Vinyasa")]
    pub class_name: String,
    /// The position in the waiting list, counted from 1. Null when the booking does not wait. Computed: when others leave the
    /// list, the booking's `updated_at` stays.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub position: Option<i64>,
    /// The member's other bookings for the same time, places and waiting lists alike. Booking two classes at one time is allowed.
    #[serde(default)]
    pub overlaps: Vec<BookingId>,
}

impl Named for MyBooking {
    const PREFIX: &'static str = Booking::PREFIX;
    const NOUN: &'static str = Booking::NOUN;
}

impl SameRows<MyBooking> for Booking {}
impl SameRows<Booking> for MyBooking {}

impl Resource for MyBooking {
    const TABLE: &'static str = Booking::TABLE;
    const JSON: &'static [&'static str] = &[];
    const COMPUTED: &'static [&'static str] = &["occurrence", "class_name", "position", "overlaps"];
    const ORDER: &'static str = "starts_at, id";

    fn place(row: &Row<Self>) -> String {
        format!("{} {}", row.fields.starts_at, row.id)
    }

    fn after<'c>(statement: Statement<'c>, place: &str) -> Option<Statement<'c>> {
        let (starts_at, id) = place.split_once(' ')?;
        Some(statement.after(["starts_at", "id"], starts_at.parse::<Instant>().ok()?, id.parse::<BookingId>().ok()?))
    }
}

/// A booking in this shape.
pub async fn mine(on: StudioOn<'_>, booking: &Row<Booking>) -> Result<Row<MyBooking>, StoreError> {
    let Booking { status, cancelled_at, occurrence_id, starts_at, ends_at, .. } = booking.fields;
    let fields = MyBooking {
        status,
        cancelled_at,
        occurrence_id,
        starts_at,
        ends_at,
        occurrence: None,
        class_name: String::new(),
        position: None,
        overlaps: Vec::new(),
    };
    let Row { id, version, created_at, updated_at, .. } = *booking;
    let mut row = Row { id: id.same(), version, created_at, updated_at, fields };
    complete(on, std::slice::from_mut(&mut row)).await?;
    Ok(row)
}

/// Adds what stands beside the columns of these bookings.
pub async fn complete(mut on: StudioOn<'_>, rows: &mut [Row<MyBooking>]) -> Result<(), StoreError> {
    let ids: Vec<BookingId> = rows.iter().map(|row| row.id.same()).collect();
    let mut occurrences: Vec<_> = rows.iter().map(|row| row.fields.occurrence_id).collect();
    occurrences.sort_unstable();
    occurrences.dedup();
    let occurrences = schedule::find_all(on.again(), &occurrences).await?;
    let names = class_names(on.again(), occurrences.iter().map(|row| row.fields.class_id)).await?;
    let occurrences: HashMap<_, _> = occurrences.into_iter().map(|row| (row.id, row)).collect();
    let positions = queries::positions(on.again(), &ids).await?;
    let positions: HashMap<_, _> = positions.into_iter().map(|found| (found.id, found.position)).collect();
    let booked = booked_around(on, rows).await?;
    for (row, id) in rows.iter_mut().zip(ids) {
        let occurrence = occurrences.get(&row.fields.occurrence_id).cloned();
        let class = occurrence.as_ref().and_then(|row| names.get(&row.fields.class_id));
        row.fields.class_name = class.cloned().unwrap_or_default();
        row.fields.occurrence = occurrence.map(PublicOccurrence::from);
        row.fields.position = positions.get(&id).copied();
        row.fields.overlaps = overlaps(row, &booked);
    }
    Ok(())
}

/// What the member of these bookings has booked while they take place.
async fn booked_around(on: StudioOn<'_>, rows: &[Row<MyBooking>]) -> Result<Vec<BookedTime>, StoreError> {
    let counts = || rows.iter().filter(|row| row.fields.cancelled_at.is_none());
    let first = counts().map(|row| row.fields.starts_at).min();
    let last = counts().map(|row| row.fields.ends_at).max();
    match (counts().next(), first, last) {
        (Some(row), Some(first), Some(last)) => {
            queries::booked_between(on, row.id.same(), (first.minus(LONGEST), last)).await
        }
        _ => Ok(Vec::new()),
    }
}

/// Those of these that are for the time of this booking, and are another.
fn overlaps(row: &Row<MyBooking>, booked: &[BookedTime]) -> Vec<BookingId> {
    let (id, MyBooking { starts_at, ends_at, .. }) = (row.id.same(), &row.fields);
    let is_at_the_time =
        |other: &&BookedTime| other.id != id && other.starts_at < *ends_at && other.ends_at > *starts_at;
    let others = booked.iter().filter(|_| row.fields.cancelled_at.is_none()).filter(is_at_the_time);
    let mut others: Vec<_> = others.map(|other| other.id).collect();
    others.sort_unstable();
    others
}

/// The names of the classes with these ids.
async fn class_names(
    on: StudioOn<'_>,
    ids: impl Iterator<Item = ClassId>,
) -> Result<HashMap<ClassId, String>, StoreError> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let classes = row::find_all::<Class>(on, &ids).await?;
    Ok(classes.into_iter().map(|class| (class.id, class.fields.name)).collect())
}
