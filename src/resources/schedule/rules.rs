//! What must hold of an occurrence beyond the limits of each field, when it is changed by itself.

use jiff::tz;

use super::{
    capacity, clocks, conflicts, edited,
    layout::ClassPlan,
    model::{Occurrence, OccurrenceStatus},
};
use crate::{
    operation::write::{Change, Draft},
    resources::{
        bookings::{self, BookingEffects},
        classes::{Class, ClassStatus},
        instructors::Instructor,
        references, unique,
    },
    store::{
        error::StoreError,
        instant::Instant,
        row::{self, Row},
        studio::StudioTx,
        turns::TimetableTx,
    },
    wire::problem::{Code, Fault, Problem},
};

const MINUTE: i64 = 60_000_000;

/// Writes an occurrence's next version, which keeps as it is when its class changes for as long as it differs from what
/// that plans; and how many bookings that cancelled.
///
/// # Errors
/// `validation_failed`; `occurrence_in_past`, `capacity_below_booked`, `room_conflict`, `instructor_conflict`; `conflict`
/// when the external id is taken, or the class is cancelled.
pub async fn reschedule(
    tx: &mut TimetableTx,
    current: &Row<Occurrence>,
    change: &Change<Occurrence>,
) -> Result<(Row<Occurrence>, BookingEffects), Problem> {
    let now = tx.now;
    let mut draft = change.onto(current, now)?;
    reconcile(&current.fields, change, draft.fields_mut());
    check(tx, change, &mut draft).await?;
    let mut fields = draft.validated()?.fields;
    if current.fields.starts_at <= now.clock {
        return Err(in_past("It has started, and an occurrence that has started cannot be changed."));
    }
    if fields.starts_at <= now.clock {
        return Err(in_past("It would start in the past. Choose a time in the future."));
    }
    check_booked(tx, current, &current.with(fields.clone())).await?;
    let class = class_of(tx, &fields).await?;
    if fields.status == OccurrenceStatus::Scheduled && class.fields.status == ClassStatus::Cancelled {
        return Err(Problem::new(
            Code::Conflict,
            "Its class is cancelled, so it cannot take place. Create a new class.",
        ));
    }
    let clocks = clocks::read(tx, [class.fields.location_id, fields.location_id]).await?;
    let plan = ClassPlan::new(class.id, &class.fields, clocks.at(class.fields.location_id).clone());
    let zone = clocks.at(fields.location_id);
    plan.update_computed(&mut fields, zone);
    let row = current.with(fields).edited_since(&current.fields, now);
    let external_id = row.fields.external_id.as_ref();
    unique::refuse::<Occurrence>([unique::external_id(tx, row.id, external_id).await?])?;
    conflicts::refuse(tx, &[&row]).await?;
    row::update(tx.on(), &row).await?;
    edited::note_edit(tx, current, &row).await?;
    let bookings_cancelled = bookings::follow(tx, &[row.id]).await?;
    let row = row::find(tx.on(), row.id).await?;
    let row = row.ok_or_else(|| StoreError::Broken("an occurrence is gone".into()))?;
    Ok((row, BookingEffects { bookings_cancelled }))
}

/// What follows from a change without being said in it.
fn reconcile(current: &Occurrence, change: &Change<Occurrence>, fields: &mut Occurrence) {
    if !change.names("ends_at") {
        let lasts = current.ends_at.micros() - current.starts_at.micros();
        fields.ends_at = Instant::from_micros(fields.starts_at.micros() + lasts);
    }
    let before = (current.location_id, current.room_id);
    references::reconcile(change, before, &mut fields.location_id, &mut fields.room_id);
    if fields.status == OccurrenceStatus::Scheduled && !change.names("cancel_reason") {
        fields.cancel_reason = None;
    }
}

async fn check(
    tx: &mut StudioTx,
    change: &Change<Occurrence>,
    draft: &mut Draft<'_, Occurrence>,
) -> Result<(), StoreError> {
    draft.rule(&["starts_at", "ends_at"], lasting);
    draft.rule(&["starts_at"], far_ahead);
    draft.rule(&["status", "cancel_reason"], |fields| {
        let stray = fields.status == OccurrenceStatus::Scheduled && fields.cancel_reason.is_some();
        let stray = stray && change.names("cancel_reason");
        stray.then(|| Fault::at("/cancel_reason", "is only allowed with the status `cancelled`"))
    });
    references::named::<_, Instructor>(tx, draft, "instructor_id", |fields| fields.instructor_id).await?;
    let place = (draft.fields().location_id, draft.fields().room_id);
    draft.fields_mut().location_id = references::place(tx, draft, place).await?;
    Ok(())
}

/// What is wrong with its times.
pub(super) fn check_times(fields: &Occurrence) -> Vec<Fault> {
    [lasting(fields), far_ahead(fields)].into_iter().flatten().collect()
}

fn lasting(fields: &Occurrence) -> Option<Fault> {
    let lasts = fields.ends_at.micros() - fields.starts_at.micros();
    let fits = (5 * MINUTE..=720 * MINUTE).contains(&lasts);
    (!fits).then(|| Fault::at("/ends_at", "must be 5 to 720 minutes after `starts_at`"))
}

fn far_ahead(fields: &Occurrence) -> Option<Fault> {
    // By the clocks that are furthest behind: everywhere, a class may take place on the last evening.
    let year = tz::TimeZone::fixed(tz::offset(-12)).to_datetime(fields.starts_at.timestamp()).year();
    (year > 2199).then(|| Fault::at("/starts_at", "must be before the year 2200"))
}

/// Fewer than have booked are not let in, by another capacity or in another room. One that is overbooked already may be changed to
/// hold more people, also fewer than these.
async fn check_booked(tx: &mut StudioTx, current: &Row<Occurrence>, next: &Row<Occurrence>) -> Result<(), Problem> {
    let booked = current.fields.booked_count;
    let mut both = [current.clone(), next.clone()];
    capacity::work_out(tx.on(), &mut both).await?;
    let [before, after] = both.map(|row| row.fields.effective_capacity);
    let is_on = next.fields.status == OccurrenceStatus::Scheduled;
    match after {
        Some(capacity) if is_on && capacity < booked && before.is_none_or(|before| capacity < before) => {
            let detail = format!("{booked} have booked; a capacity of {capacity} does not hold them.");
            Err(Problem::new(Code::CapacityBelowBooked, detail))
        }
        _ => Ok(()),
    }
}

fn in_past(detail: &'static str) -> Problem {
    Problem::new(Code::OccurrenceInPast, detail)
}

async fn class_of(tx: &mut StudioTx, occurrence: &Occurrence) -> Result<Row<Class>, StoreError> {
    let class = row::find(tx.on(), occurrence.class_id).await?;
    class.ok_or_else(|| StoreError::Broken("an occurrence has no class".into()))
}
