//! What must hold of classes beyond the limits of each field. The schedule follows a class in the same transaction, so
//! creating, changing and cancelling one tell what became of its occurrences.

use super::model::{Class, ClassStatus};
use crate::{
    operation::write::{Change, Draft},
    resources::{
        instructors::Instructor,
        programs::Program,
        references,
        rules::{Rules, change_row, create_row},
        schedule::{self, Effects},
    },
    store::{
        error::StoreError,
        row::{self, Row},
        turns::TimetableTx,
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
pub async fn create(tx: &mut TimetableTx, draft: Draft<'_, Class>) -> Result<(Row<Class>, Effects), Problem> {
    let class = create_row(tx, draft).await?;
    let effects = schedule::lay_out(tx, &class).await?;
    Ok((class, effects))
}

/// Writes a class's next version, and fits its occurrences to it.
///
/// # Errors
/// As [`create`]; `conflict` when the class is cancelled.
pub async fn change(
    tx: &mut TimetableTx,
    current: &Row<Class>,
    change: &Change<Class>,
) -> Result<(Row<Class>, Effects), Problem> {
    let class = change_row(tx, current, change).await?;
    let effects = schedule::refit(tx, &current.fields, &class).await?;
    Ok((class, effects))
}

/// Cancels a class and its occurrences to come; one that is cancelled stays as it is.
pub async fn cancel(tx: &mut TimetableTx, class: Row<Class>) -> Result<(Row<Class>, Effects), Problem> {
    let now = tx.now;
    if class.fields.status == ClassStatus::Cancelled {
        return Ok((class, Effects::default()));
    }
    let fields = Class { status: ClassStatus::Cancelled, ..class.fields.clone() };
    let class = class.edited(now, fields);
    row::update(tx.on(), &class).await?;
    let effects = schedule::call_off(tx, &class).await?;
    Ok((class, effects))
}

impl Rules for Class {
    type Tx = TimetableTx;

    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    fn complete(change: &Change<Self>, before: &Self, fields: &mut Self) {
        let before = (before.location_id, before.room_id);
        references::reconcile(change, before, &mut fields.location_id, &mut fields.room_id);
    }

    async fn allow(_: &mut TimetableTx, current: &Row<Self>, _: &Row<Self>) -> Result<(), Problem> {
        match current.fields.status {
            ClassStatus::Active => Ok(()),
            ClassStatus::Cancelled => {
                let detail = "A cancelled class cannot be changed. Create a new one instead.";
                Err(Problem::new(Code::Conflict, detail))
            }
        }
    }

    async fn check(tx: &mut TimetableTx, draft: &mut Draft<'_, Self>) -> Result<(), StoreError> {
        references::named::<_, Instructor>(tx, draft, "instructor_id", |class| class.instructor_id).await?;
        let place = (draft.fields().location_id, draft.fields().room_id);
        draft.fields_mut().location_id = references::place(tx, draft, place).await?;
        references::named::<_, Program>(tx, draft, "program_id", |class| class.program_id).await?;
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
