//! How the schedule follows a class: laid out when it is made, fitted when it changes, called off when it is cancelled.
//! Called by the rules of classes, in their transaction. Rows are written
//! before they are checked against the others: a refusal undoes the transaction.

use std::collections::HashSet;

use super::{
    clocks::{self, Clocks},
    conflicts,
    effects::Effects,
    fit::{Fitted, GivingWay},
    layout::ClassPlan,
    model::{CLASS_CANCELLED, Occurrence, OccurrenceId, OccurrenceStatus},
    queries,
};
use crate::{
    resources::{
        bookings,
        classes::{Class, recurrence::monday_of},
        locations::LocationId,
    },
    store::{
        instant::Instant,
        moment::Moment,
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::problem::{Fault, Problem},
};

/// Lays out the occurrences of a new class.
///
/// # Errors
/// `room_conflict`, `instructor_conflict`; `validation_failed` when the class is in the way of itself.
pub async fn lay_out(tx: &mut TimetableTx, class: &Row<Class>) -> Result<Effects, Problem> {
    let now = tx.now;
    let plan = plan_of(tx, class).await?;
    refuse_overlap(&plan, &class.fields, now)?;
    let fitted = fit(tx, class, &plan).await?;
    conflicts::refuse(tx, &fitted.that_follow()).await?;
    apply(tx, &plan, fitted).await
}

/// Fits the occurrences to come to a class that was so before, and has changed.
///
/// # Errors
/// As [`lay_out`].
pub async fn refit(tx: &mut TimetableTx, before: &Class, class: &Row<Class>) -> Result<Effects, Problem> {
    let now = tx.now;
    let after = &class.fields;
    if after.visibility != before.visibility {
        queries::show_as_class(tx.on(), class.id, now).await?;
    }
    if are_laid_out_alike(before, after) {
        let kept = queries::count_to_come(tx.on(), class.id, now.clock).await?;
        return Ok(Effects { kept, ..Effects::default() });
    }
    let plan = plan_of(tx, class).await?;
    if takes_other_places(before, after) {
        refuse_overlap(&plan, after, now)?;
    }
    let fitted = fit(tx, class, &plan).await?;
    conflicts::refuse(tx, &fitted.that_follow()).await?;
    apply(tx, &plan, fitted).await
}

/// Fits the occurrences to come of all classes whose local times are those of a location, or of the studio, when its
/// clocks are set to another zone; those of other classes that take place there tell their local start anew. They move
/// together, and are checked where they stand in the end.
///
/// # Errors
/// `room_conflict`, `instructor_conflict` with what stays at its time, such as what was booked.
pub async fn follow_zone(tx: &mut TimetableTx, location: Option<LocationId>) -> Result<Effects, Problem> {
    let mut all = Vec::new();
    let classes = queries::clocks::classes_by(tx.on(), location).await?;
    for class in &classes {
        let plan = plan_of(tx, class).await?;
        let fitted = fit(tx, class, &plan).await?;
        all.push((plan, fitted));
    }
    for (_, fitted) in &all {
        conflicts::refuse(tx, &fitted.that_follow()).await?;
    }
    let mut effects = Effects::default();
    for (plan, fitted) in all {
        effects += apply(tx, &plan, fitted).await?;
    }
    update_guests(tx, location).await?;
    Ok(effects)
}

/// Cancels the occurrences to come of a class.
pub async fn call_off(tx: &mut TimetableTx, class: &Row<Class>) -> Result<Effects, Problem> {
    let now = tx.now;
    let plan = plan_of(tx, class).await?;
    queries::edits::clear_unneeded_edits(tx.on(), class.id).await?;
    let mut there = queries::to_come(tx.on(), class.id, now.clock).await?;
    there.retain(|row| row.fields.status == OccurrenceStatus::Scheduled);
    let clocks = clocks::read(tx, there.iter().map(|row| row.fields.location_id)).await?;
    let mut cancelled: Vec<_> = there.into_iter().map(|row| plan.without(row, CLASS_CANCELLED, &clocks, now)).collect();
    row::spread(&mut cancelled, now);
    row::update_all(tx.on(), &cancelled).await?;
    let bookings_cancelled = bookings::follow(tx, &booked(&cancelled)).await?;
    Ok(Effects { cancelled: cancelled.len(), bookings_cancelled, ..Effects::default() })
}

/// Whether nothing has changed that occurrences take from their class.
fn are_laid_out_alike(before: &Class, after: &Class) -> bool {
    let rest = |class: &Class| (class.location_id, class.capacity, class.status);
    !takes_other_places(before, after) && rest(before) == rest(after)
}

/// Whether it may be in the way of itself where it was not before.
fn takes_other_places(before: &Class, after: &Class) -> bool {
    let places = |class: &Class| (class.duration_minutes, class.room_id, class.instructor_id);
    before.recurrence != after.recurrence || places(before) != places(after)
}

fn refuse_overlap(plan: &ClassPlan<'_>, class: &Class, now: Moment) -> Result<(), Problem> {
    let is_exclusive = class.room_id.is_some() || class.instructor_id.is_some();
    if is_exclusive && plan.overlaps_itself(now.clock) {
        let detail = "has occurrences that overlap, in one room or with one instructor";
        return Err(Problem::invalid(vec![Fault::at("/recurrence", detail)]));
    }
    Ok(())
}

async fn plan_of<'c>(tx: &mut TimetableTx, class: &'c Row<Class>) -> Result<ClassPlan<'c>, Problem> {
    let location = class.fields.location_id;
    let clocks = clocks::read(tx, [location]).await?;
    Ok(ClassPlan::new(class.id, &class.fields, clocks.at(location).clone()))
}

/// Writes the occurrences of a class as it plans them now, as far as it is laid out; the caller checks whether they clash,
/// and then writes what gives way, which has neither room nor instructor meanwhile.
async fn fit(tx: &mut TimetableTx, class: &Row<Class>, plan: &ClassPlan<'_>) -> Result<Fitted, Problem> {
    let now = tx.now;
    queries::edits::clear_unneeded_edits(tx.on(), class.id).await?;
    let there = queries::standing(tx, class.id, &plan.local_time(now.clock), now.clock).await?;
    let clocks: Clocks = clocks::read(tx, there.iter().map(|standing| standing.row.fields.location_id)).await?;
    let noted = queries::horizon_of(tx.on(), class.id).await?;
    let until = noted.unwrap_or_else(|| plan.horizon(now.clock));
    let end = ClassPlan::end_of_weeks(there.iter().map(|standing| &standing.row), until);
    // What has been moved out of a start that has passed since covers that start, and no other.
    let covered: HashSet<_> =
        there.iter().filter(|standing| standing.is_kept()).map(|standing| &standing.row.fields.planned_start).collect();
    let mut planned = plan.between(monday_of(plan.today(now.clock)), end, Instant::FIRST);
    planned.retain(|start| start.starts_at > now.clock || covered.contains(&start.planned_start));
    let fitted = plan.fit(there, planned, until, &clocks, now);
    let aside: Vec<_> = fitted.giving_way.iter().filter_map(GivingWay::aside).collect();
    let mut changed: Vec<_> = fitted.told.iter().chain(&fitted.moved).chain(&aside).cloned().collect();
    row::spread(&mut changed, now);
    row::update_all(tx.on(), &changed).await?;
    row::insert_all(tx.on(), &fitted.created).await?;
    queries::note_horizon(tx.on(), class.id, plan.note(until)).await?;
    Ok(fitted)
}

/// Lays out what gives way, one after the other: each with what is free of its room and instructor.
async fn apply(tx: &mut TimetableTx, plan: &ClassPlan<'_>, fitted: Fitted) -> Result<Effects, Problem> {
    let now = tx.now;
    let written = booked(fitted.told.iter().chain(&fitted.moved));
    let mut effects = fitted.effects;
    for GivingWay { before, wanted } in fitted.giving_way {
        let free = conflicts::without_clashes(tx, plan, wanted).await?;
        if let Some(before) = before {
            let after = before.clone().edited(now, free.fields);
            effects.count(&before, &after);
            row::update(tx.on(), &after).await?;
        } else {
            effects.created += 1;
            row::insert(tx.on(), &free).await?;
        }
    }
    queries::show_new(tx.on(), plan.class_id()).await?;
    effects.bookings_cancelled = bookings::follow(tx, &written).await?;
    Ok(effects)
}

/// Those of these that somebody booked, or waits for.
fn booked<'r>(rows: impl IntoIterator<Item = &'r Row<Occurrence>>) -> Vec<OccurrenceId> {
    rows.into_iter().filter(|row| row.fields.is_booked()).map(|row| row.id).collect()
}

/// Updates the local starts of coming occurrences that take place by these clocks and belong to a class with other clocks.
async fn update_guests(tx: &mut TimetableTx, location: Option<LocationId>) -> Result<(), Problem> {
    let now = tx.now;
    let clocks = clocks::read(tx, [location]).await?;
    let zone = clocks.at(location);
    let mut guests = queries::clocks::with_other_clocks(tx.on(), location, zone.name(), now.clock).await?;
    for guest in &mut guests {
        guest.fields.local_start = zone.shown(guest.fields.starts_at);
        guest.fields.time_zone = zone.name().clone();
        *guest = guest.clone().as_changed(now);
    }
    row::spread(&mut guests, now);
    Ok(row::update_all(tx.on(), &guests).await?)
}
