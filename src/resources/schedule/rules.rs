//! What must hold of an occurrence beyond the limits of each field, when it is changed by itself.

use super::{
    conflicts,
    layout::Plan,
    model::{Occurrence, OccurrenceStatus},
    store,
};
use crate::{
    resources::{
        classes::{Class, ClassStatus},
        instructors::Instructor,
        references, unique,
    },
    store::{
        db::Tx,
        error::StoreError,
        id::StudioId,
        instant::Instant,
        row::{self, Row},
    },
    wire::{
        problem::{Code, Fault, Problem},
        write::Change,
    },
};

const MINUTE: i64 = 60_000_000;

/// Writes an occurrence's next version. The studio's timetable is locked.
///
/// # Errors
/// `occurrence_in_past`, `capacity_below_booked`, `room_conflict`, `instructor_conflict`; `conflict` when the external
/// id is taken, or the class is cancelled; `validation_failed`.
pub async fn reschedule(
    tx: &mut Tx,
    studio: StudioId,
    now: Instant,
    current: Row<Occurrence>,
    change: &Change<Occurrence>,
) -> Result<Row<Occurrence>, Problem> {
    let mut fields = change.onto(&current.fields)?;
    if current.fields.starts_at <= now {
        return Err(in_past("It has begun: what is over cannot be changed."));
    }
    settle(&current.fields, change, &mut fields);
    check_references(tx, studio, change, &mut fields).await?;
    if fields.starts_at <= now {
        return Err(in_past("It would begin in the past. Choose a time to come."));
    }
    check_booked(&fields)?;
    let class = class_of(tx, studio, &fields).await?;
    if fields.status == OccurrenceStatus::Scheduled && class.fields.status == ClassStatus::Cancelled {
        return Err(Problem::new(Code::Conflict, "Its class is cancelled, so it cannot take place. Make a new class."));
    }
    let zone = store::zone_of(tx, studio, &class.fields).await?;
    let plan = Plan::new(class.id, &class.fields, zone);
    plan.tell(&mut fields);
    let row = current.edited(now, fields);
    unique::external_id(tx, studio, row.id, row.fields.external_id.as_ref()).await?;
    conflicts::refuse(tx, studio, &[&row]).await?;
    row::update(tx.on(), studio, &row).await?;
    Ok(row)
}

/// What follows from a change without being said in it.
fn settle(current: &Occurrence, change: &Change<Occurrence>, fields: &mut Occurrence) {
    if !change.names("ends_at") {
        let lasts = current.ends_at.micros() - current.starts_at.micros();
        fields.ends_at = Instant::from_micros(fields.starts_at.micros() + lasts);
    }
    let before = (current.location_id, current.room_id);
    references::settle(change, before, &mut fields.location_id, &mut fields.room_id);
    if fields.status == OccurrenceStatus::Scheduled && !change.names("cancel_reason") {
        fields.cancel_reason = None;
    }
}

async fn check_references(
    tx: &mut Tx,
    studio: StudioId,
    change: &Change<Occurrence>,
    fields: &mut Occurrence,
) -> Result<(), Problem> {
    let mut faults = check_times(fields);
    if fields.status == OccurrenceStatus::Scheduled && fields.cancel_reason.is_some() && change.names("cancel_reason") {
        faults.push(Fault::at("/cancel_reason", "goes with the status `cancelled`"));
    }
    references::named::<Instructor>(tx, studio, fields.instructor_id, "instructor_id", &mut faults).await?;
    references::place(tx, studio, &mut fields.location_id, fields.room_id, &mut faults).await?;
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
}

pub(super) fn check_times(fields: &Occurrence) -> Vec<Fault> {
    let mut faults = Vec::new();
    let lasts = fields.ends_at.micros() - fields.starts_at.micros();
    if !(5 * MINUTE..=720 * MINUTE).contains(&lasts) {
        faults.push(Fault::at("/ends_at", "must be 5 to 720 minutes after `starts_at`"));
    }
    if jiff::tz::TimeZone::UTC.to_datetime(fields.starts_at.timestamp()).year() > 2199 {
        faults.push(Fault::at("/starts_at", "must be before the year 2200"));
    }
    faults
}

fn check_booked(fields: &Occurrence) -> Result<(), Problem> {
    match fields.capacity {
        Some(capacity) if capacity < fields.booked_count => {
            let detail = format!("{} have booked; a capacity of {capacity} does not hold them.", fields.booked_count);
            Err(Problem::new(Code::CapacityBelowBooked, detail))
        }
        _ => Ok(()),
    }
}

fn in_past(detail: &'static str) -> Problem {
    Problem::new(Code::OccurrenceInPast, detail)
}

async fn class_of(tx: &mut Tx, studio: StudioId, occurrence: &Occurrence) -> Result<Row<Class>, StoreError> {
    let class = row::find(tx.on(), studio, occurrence.class_id).await?;
    class.ok_or_else(|| StoreError::Broken("an occurrence has no class".into()))
}
