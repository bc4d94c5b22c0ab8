//! What must hold of classes beyond the limits of each field. Every write takes the studio's timetable first, and the
//! schedule follows the class in the same transaction.

use super::model::{Class, ClassId, ClassStatus};
use crate::{
    resources::{
        instructors::Instructor,
        programs::Program,
        references,
        schedule::{self, Effects},
        unique,
    },
    store::{
        db::Tx,
        id::StudioId,
        instant::Instant,
        row::{self, Row},
    },
    wire::{
        problem::{Code, Fault, Problem},
        write::Change,
    },
};

/// Writes a new class, and lays out its occurrences.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken; `room_conflict`, `instructor_conflict`.
pub async fn create(tx: &mut Tx, studio: StudioId, class: &mut Row<Class>, now: Instant) -> Result<Effects, Problem> {
    create_bare(tx, studio, class).await?;
    schedule::lay_out(tx, studio, class, now).await
}

/// Writes a new class, and leaves its occurrences to the caller. The studio's timetable is locked.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken.
pub async fn create_bare(tx: &mut Tx, studio: StudioId, class: &mut Row<Class>) -> Result<(), Problem> {
    check(tx, studio, class.id, &mut class.fields).await?;
    Ok(row::insert(tx.on(), studio, class).await?)
}

/// Writes a class's next version, and fits its occurrences to it. The studio's timetable is locked.
///
/// # Errors
/// As [`create`].
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: Row<Class>,
    change: &Change<Class>,
    now: Instant,
) -> Result<(Row<Class>, Effects), Problem> {
    if current.fields.status == ClassStatus::Cancelled {
        return Err(Problem::new(Code::Conflict, "The class is cancelled for good. Make a new one instead."));
    }
    let mut fields = change.onto(&current.fields)?;
    let before = (current.fields.location_id, current.fields.room_id);
    references::settle(change, before, &mut fields.location_id, &mut fields.room_id);
    check(tx, studio, current.id, &mut fields).await?;
    let class = current.edited(now, fields);
    row::update(tx.on(), studio, &class).await?;
    let effects = schedule::refit(tx, studio, &class, now).await?;
    Ok((class, effects))
}

/// Cancels a class and its occurrences to come; one that is cancelled stays as it is. The studio's timetable is locked.
///
/// # Errors
/// When the database fails.
pub async fn cancel(
    tx: &mut Tx,
    studio: StudioId,
    class: Row<Class>,
    now: Instant,
) -> Result<(Row<Class>, Effects), Problem> {
    if class.fields.status == ClassStatus::Cancelled {
        return Ok((class, Effects::default()));
    }
    let fields = Class { status: ClassStatus::Cancelled, ..class.fields.clone() };
    let class = class.edited(now, fields);
    row::update(tx.on(), studio, &class).await?;
    let effects = schedule::call_off(tx, studio, &class, now).await?;
    Ok((class, effects))
}

async fn check(tx: &mut Tx, studio: StudioId, id: ClassId, fields: &mut Class) -> Result<(), Problem> {
    let mut faults = Vec::new();
    references::named::<Instructor>(tx, studio, fields.instructor_id, "instructor_id", &mut faults).await?;
    references::place(tx, studio, &mut fields.location_id, fields.room_id, &mut faults).await?;
    references::named::<Program>(tx, studio, fields.program_id, "program_id", &mut faults).await?;
    faults.extend(window(fields));
    let recurrence = fields.recurrence.check().into_iter();
    faults.extend(recurrence.map(|fault| Fault::at(format!("/recurrence{}", fault.pointer), fault.detail)));
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    unique::external_id(tx, studio, id, fields.external_id.as_ref()).await
}

fn window(class: &Class) -> Option<Fault> {
    let window = class.booking_window?;
    let (opens, closes) = (window.opens_minutes_before?, window.closes_minutes_before?);
    let at = "/booking_window/closes_minutes_before";
    (opens <= closes).then(|| Fault::at(at, "must be less than `opens_minutes_before`: booking opens before it closes"))
}
