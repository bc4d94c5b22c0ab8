//! Occurrences that were laid out elsewhere, and come in with an import: written as they were.

use std::collections::{HashMap, HashSet};

use jiff::tz;

use super::{
    clocks::local,
    conflicts, follow,
    model::{Occurrence, OccurrenceId},
    queries, rules,
};
use crate::{
    resources::{
        classes::{Class, ClassId, ClassStatus},
        instructors::Instructor,
        locations::{
            Location,
            rooms::{Room, RoomId},
        },
    },
    store::{
        id::Id,
        row::{self, Resource, Row},
        turns::TimetableTx,
    },
    wire::{
        civil::{Date, TimeOfDay},
        problem::{Fault, Problem},
    },
};

/// Writes new occurrences; what is wrong with which of them, and then none is to be kept. Somebody has edited those that
/// tell of it, until it is said otherwise. Whether they are in the way of others is looked at in the end, when all stand
/// where they are.
pub async fn import_new(tx: &mut TimetableTx, rows: Vec<Row<Occurrence>>) -> Result<Vec<(usize, Problem)>, Problem> {
    let rows: Vec<_> = rows.into_iter().map(as_written).collect();
    let mut faults: Vec<_> = rows.iter().map(|row| by_itself(&row.fields)).collect();
    references(tx, &rows, &mut faults).await?;
    row::insert_all(tx.on(), &rows).await?;
    let edited: Vec<_> = rows.iter().filter(|row| row.fields.seems_edited()).map(|row| row.id).collect();
    queries::edits::note_edited(tx.on(), &edited, true, &[]).await?;
    for class in rows.iter().map(|row| row.fields.class_id).collect::<HashSet<_>>() {
        queries::show_new(tx.on(), class).await?;
    }
    let wrong = faults.into_iter().enumerate().filter(|(_, faults)| !faults.is_empty());
    Ok(wrong.map(|(at, faults)| (at, Problem::invalid(faults))).collect())
}

/// What is in the way of new occurrences that are still to come, class by class.
pub async fn clashes(tx: &mut TimetableTx, new: &[OccurrenceId]) -> Result<Vec<(OccurrenceId, Problem)>, Problem> {
    let now = tx.now.clock;
    let mut classes: HashMap<ClassId, Vec<Row<Occurrence>>> = HashMap::new();
    for row in queries::to_come_of(tx.on(), new, now).await? {
        classes.entry(row.fields.class_id).or_default().push(row);
    }
    let mut wrong = Vec::new();
    for rows in classes.values() {
        let found = conflicts::find(tx, &rows.iter().collect::<Vec<_>>()).await?;
        wrong.extend(rows.iter().zip(found).filter_map(|(row, clash)| Some((row.id, clash?.into()))));
    }
    Ok(wrong)
}

/// Lays out a class that no occurrences came in for. One that has some is looked after when a server looks ahead.
///
/// # Errors
/// As [`follow::lay_out`].
pub async fn lay_out_unless_imported(tx: &mut TimetableTx, class: &Row<Class>) -> Result<usize, Problem> {
    if class.fields.status == ClassStatus::Cancelled {
        return Ok(0);
    }
    if queries::has_any(tx.on(), class.id).await? {
        queries::note_horizon(tx.on(), class.id, Some(queries::LONG_OVER)).await?;
        return Ok(0);
    }
    Ok(follow::lay_out(tx, class).await?.created)
}

/// A row as it is written: older exports name the note among what differs from the class.
fn as_written(mut row: Row<Occurrence>) -> Row<Occurrence> {
    row.fields.overridden.retain(|field| field != "note");
    // What is counted is never taken from a file: it follows from the bookings.
    (row.fields.booked_count, row.fields.waiting_count) = (0, 0);
    row
}

/// What an occurrence says of its times has to fit together.
fn by_itself(fields: &Occurrence) -> Vec<Fault> {
    let mut faults = rules::check_times(fields);
    let shown = tz::TimeZone::get(fields.time_zone.as_str()).map(|zone| zone.to_datetime(fields.starts_at.timestamp()));
    if shown.is_ok_and(|shown| local(shown) != fields.local_start) {
        faults.push(Fault::at("/local_start", "is not the local time of `starts_at` in `time_zone`"));
    }
    if !is_local(&fields.planned_start) {
        faults.push(Fault::at("/planned_start", "must be a local date and time, such as 2026-12-01T18:00"));
    }
    faults
}

fn is_local(text: &str) -> bool {
    let parts = text.split_once('T');
    parts.is_some_and(|(day, time)| day.parse::<Date>().is_ok() && time.parse::<TimeOfDay>().is_ok())
}

async fn references(tx: &mut TimetableTx, rows: &[Row<Occurrence>], faults: &mut [Vec<Fault>]) -> Result<(), Problem> {
    absent::<Class>(tx, rows, "class_id", |row| Some(row.class_id), faults).await?;
    absent::<Instructor>(tx, rows, "instructor_id", |row| row.instructor_id, faults).await?;
    absent::<Location>(tx, rows, "location_id", |row| row.location_id, faults).await?;
    absent::<Room>(tx, rows, "room_id", |row| row.room_id, faults).await?;
    let mut homes: HashMap<RoomId, _> = HashMap::new();
    for (row, faults) in rows.iter().zip(faults) {
        let (Some(room), Some(location)) = (row.fields.room_id, row.fields.location_id) else { continue };
        if let std::collections::hash_map::Entry::Vacant(unknown) = homes.entry(room) {
            unknown.insert(row::find(tx.on(), room).await?.and_then(|room| room.fields.location_id));
        }
        if homes.get(&room).copied().flatten().is_some_and(|home| home != location) {
            faults.push(Fault::at("/room_id", "is not a room of `location_id`"));
        }
    }
    Ok(())
}

/// Faults the rows whose field names a row that is not there.
async fn absent<T: Resource>(
    tx: &mut TimetableTx,
    rows: &[Row<Occurrence>],
    field: &str,
    named: impl Fn(&Occurrence) -> Option<Id<T>>,
    faults: &mut [Vec<Fault>],
) -> Result<(), Problem> {
    let asked: HashSet<_> = rows.iter().filter_map(|row| named(&row.fields)).collect();
    let asked: Vec<_> = asked.into_iter().collect();
    let there: HashSet<_> = row::known(tx.on(), &asked).await?.into_iter().collect();
    for (row, faults) in rows.iter().zip(faults) {
        if named(&row.fields).is_some_and(|id| !there.contains(&id)) {
            faults.push(Fault::at(format!("/{field}"), format!("names no {} of this studio", T::NOUN)));
        }
    }
    Ok(())
}
