//! How the schedule follows a class: laid out when it is made, fitted when it changes, called off when it is cancelled.
//! Called by the rules of classes, in their transaction, while the studio's timetable is locked. Rows are written
//! before they are checked against the others: a refusal undoes the transaction.

use std::collections::HashSet;

use super::{
    conflicts,
    layout::{Effects, Fitted, Plan},
    model::{Occurrence, OccurrenceStatus},
    store,
};
use crate::{
    resources::{classes::Class, locations::LocationId},
    store::{
        db::Tx,
        id::StudioId,
        instant::Instant,
        row::{self, Row},
    },
    wire::problem::{Fault, Problem},
};

/// Why an occurrence of a cancelled class does not take place.
const CLASS_CANCELLED: &str = "The class was cancelled.";

/// Lays out the occurrences of a new class.
///
/// # Errors
/// `room_conflict`, `instructor_conflict`; `validation_failed` when the class is in the way of itself.
pub async fn lay_out(tx: &mut Tx, studio: StudioId, class: &Row<Class>, now: Instant) -> Result<Effects, Problem> {
    refit(tx, studio, class, now).await
}

/// Fits the occurrences to come to a class that has changed.
///
/// # Errors
/// As [`lay_out`].
pub async fn refit(tx: &mut Tx, studio: StudioId, class: &Row<Class>, now: Instant) -> Result<Effects, Problem> {
    let fitted = fit(tx, studio, class, now).await?;
    conflicts::refuse(tx, studio, &fitted.that_follow()).await?;
    Ok(fitted.effects)
}

/// Fits the occurrences to come of all classes whose local times are those of a location, or of the studio, when its
/// clocks are set to another zone. They move together, and are checked where they stand in the end.
///
/// # Errors
/// `room_conflict`, `instructor_conflict` with what stays at its time, such as what was booked.
pub async fn follow_zone(
    tx: &mut Tx,
    studio: StudioId,
    location: Option<LocationId>,
    now: Instant,
) -> Result<Effects, Problem> {
    let mut all = Vec::new();
    for class in store::classes_by_clocks_of(tx.on(), studio, location).await? {
        all.push(fit(tx, studio, &class, now).await?);
    }
    let mut effects = Effects::default();
    for fitted in all {
        conflicts::refuse(tx, studio, &fitted.that_follow()).await?;
        effects += fitted.effects;
    }
    Ok(effects)
}

/// Writes the occurrences of a class as it plans them now; the caller checks whether they clash.
async fn fit(tx: &mut Tx, studio: StudioId, class: &Row<Class>, now: Instant) -> Result<Fitted, Problem> {
    let zone = store::zone_of(tx, studio, &class.fields).await?;
    let plan = Plan::new(class.id, &class.fields, zone);
    if is_exclusive(&class.fields) && plan.overlaps_itself(now) {
        let detail = "has occurrences that overlap, in one room or with one instructor";
        return Err(Problem::invalid(vec![Fault::at("/recurrence", detail)]));
    }
    let there = store::to_come(tx.on(), studio, class.id, now).await?;
    let horizon = plan.horizon_behind(&there, now);
    let begun = begun_early(tx, studio, &plan, class, &there, now).await?;
    let mut planned = plan.between(plan.today(now), horizon, now);
    planned.retain(|occurrence| !begun.contains(&occurrence.planned_start));
    let fitted = plan.fit(there, planned, now);
    row::update_all(tx.on(), studio, &fitted.changed).await?;
    row::insert_all(tx.on(), studio, &fitted.created).await?;
    store::note_horizon(tx.on(), studio, class.id, plan.note(horizon)).await?;
    Ok(fitted)
}

/// Cancels the occurrences to come of a class.
///
/// # Errors
/// When the database fails.
pub async fn call_off(tx: &mut Tx, studio: StudioId, class: &Row<Class>, now: Instant) -> Result<Effects, Problem> {
    let mut there = store::to_come(tx.on(), studio, class.id, now).await?;
    there.retain(|row| row.fields.status == OccurrenceStatus::Scheduled);
    let cancelled: Vec<_> = there.into_iter().map(|row| cancel(row, now)).collect();
    row::update_all(tx.on(), studio, &cancelled).await?;
    Ok(Effects { cancelled: cancelled.len(), ..Effects::default() })
}

fn cancel(row: Row<Occurrence>, now: Instant) -> Row<Occurrence> {
    let fields = row.fields.clone();
    let cancel_reason = Some(CLASS_CANCELLED.to_owned());
    row.edited(now, Occurrence { status: OccurrenceStatus::Cancelled, cancel_reason, ..fields })
}

fn is_exclusive(class: &Class) -> bool {
    class.room_id.is_some() || class.instructor_id.is_some()
}

/// The planned starts of today and later whose occurrences were moved forward, and have begun: they are not due again.
async fn begun_early(
    tx: &mut Tx,
    studio: StudioId,
    plan: &Plan<'_>,
    class: &Row<Class>,
    to_come: &[Row<Occurrence>],
    now: Instant,
) -> Result<HashSet<String>, Problem> {
    let mut planned = store::planned_from(tx.on(), studio, class.id, plan.today(now)).await?;
    for row in to_come {
        planned.remove(&row.fields.planned_start);
    }
    Ok(planned)
}
