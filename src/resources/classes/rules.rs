//! What must hold of classes beyond the limits of each field. Every write takes the studio's timetable first, and the
//! schedule follows the class in the same transaction.

use super::model::{Class, ClassStatus};
use crate::{
    operation::write::{Change, Draft},
    resources::{
        instructors::Instructor,
        programs::Program,
        references,
        rules::{Rules, refuse_taken, validated},
        schedule::{self, Effects},
    },
    store::{
        db::Tx,
        error::StoreError,
        id::StudioId,
        moment::Moment,
        row::{self, Row},
    },
    wire::{
        fields::ExternalId,
        problem::{Code, Fault, Problem},
    },
};

/// Writes a new class, and lays out its occurrences.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken; `room_conflict`, `instructor_conflict`.
pub async fn create(
    tx: &mut Tx,
    studio: StudioId,
    draft: Draft<'_, Class>,
    now: Moment,
) -> Result<(Row<Class>, Effects), Problem> {
    let class = create_bare(tx, studio, draft, now).await?;
    let effects = schedule::lay_out(tx, studio, &class, now).await?;
    Ok((class, effects))
}

/// Writes a new class, and leaves its occurrences to the caller. The studio's timetable is locked.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken.
pub async fn create_bare(
    tx: &mut Tx,
    studio: StudioId,
    draft: Draft<'_, Class>,
    now: Moment,
) -> Result<Row<Class>, Problem> {
    let class = validated(tx, studio, draft, now).await?;
    row::insert(tx.on(), studio, &class).await?;
    Ok(class)
}

/// Writes a class's next version, and fits its occurrences to it. The studio's timetable is locked.
///
/// # Errors
/// As [`create`]; `conflict` when the class is cancelled.
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: &Row<Class>,
    change: &Change<Class>,
    now: Moment,
) -> Result<(Row<Class>, Effects), Problem> {
    let mut draft = change.onto(current, now)?;
    let before = (current.fields.location_id, current.fields.room_id);
    let fields = draft.fields_mut();
    references::settle(change, before, &mut fields.location_id, &mut fields.room_id);
    Class::check(tx, studio, &mut draft, now).await?;
    let mut class = draft.validated()?;
    if current.fields.status == ClassStatus::Cancelled {
        return Err(Problem::new(Code::Conflict, "A cancelled class cannot be changed. Create a new one instead."));
    }
    refuse_taken(tx, studio, &mut class).await?;
    row::update(tx.on(), studio, &class).await?;
    let effects = schedule::refit(tx, studio, &current.fields, &class, now).await?;
    Ok((class, effects))
}

/// Cancels a class and its occurrences to come; one that is cancelled stays as it is. The studio's timetable is locked.
pub async fn cancel(
    tx: &mut Tx,
    studio: StudioId,
    class: Row<Class>,
    now: Moment,
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

impl Rules for Class {
    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn check(tx: &mut Tx, studio: StudioId, draft: &mut Draft<'_, Self>, _: Moment) -> Result<(), StoreError> {
        references::named::<_, Instructor>(tx, studio, draft, "instructor_id", |class| class.instructor_id).await?;
        let place = (draft.fields().location_id, draft.fields().room_id);
        draft.fields_mut().location_id = references::place(tx, studio, draft, place).await?;
        references::named::<_, Program>(tx, studio, draft, "program_id", |class| class.program_id).await?;
        draft.rule(&["booking_window"], window);
        let recurrence = draft.fields().recurrence.check(|field| draft.is_sound(&format!("recurrence/{field}")));
        let placed = |fault: Fault| Fault::at(format!("/recurrence{}", fault.pointer), fault.detail);
        draft.add(recurrence.into_iter().map(placed));
        Ok(())
    }
}

fn window(class: &Class) -> Option<Fault> {
    let window = class.booking_window?;
    let (opens, closes) = (window.opens_minutes_before?, window.closes_minutes_before?);
    let at = "/booking_window/closes_minutes_before";
    (opens <= closes).then(|| Fault::at(at, "must be less than `opens_minutes_before`: booking opens before it closes"))
}
