//! A room, or an instructor, is not in two places at once.

use std::{collections::HashSet, time::Duration};

use super::{
    layout::ClassPlan,
    model::{Occurrence, OccurrenceId, OccurrenceStatus},
    queries,
};
use crate::{
    resources::at_the_end::is_left,
    store::{error::StoreError, row::Row, turns::TimetableTx},
    wire::problem::{Code, Problem},
};

/// Longer than any class lasts: what begins earlier is over.
pub const LONGEST: Duration = Duration::from_hours(13);

/// Why an occurrence cannot take place.
#[derive(Clone, Copy, Debug)]
pub enum Clash {
    /// The room is taken by this one.
    Room(OccurrenceId),
    /// The instructor teaches this one.
    Instructor(OccurrenceId),
}

impl From<Clash> for Problem {
    fn from(clash: Clash) -> Self {
        match clash {
            Clash::Room(other) => Problem::new(
                Code::RoomConflict,
                format!("The room is taken at that time by {other}. Choose another room or time."),
            )
            .with_occurrence(other),
            Clash::Instructor(other) => Problem::new(
                Code::InstructorConflict,
                format!("The instructor teaches {other} at that time. Choose another instructor or time."),
            )
            .with_occurrence(other),
        }
    }
}

/// Refuses occurrences of which one would clash; an import looks when all of its rows are written.
pub async fn refuse(tx: &mut TimetableTx, wanted: &[&Row<Occurrence>]) -> Result<(), Problem> {
    if is_left() {
        return Ok(());
    }
    let clashes = find(tx, wanted).await?;
    clashes.into_iter().flatten().next().map_or(Ok(()), |clash| Err(clash.into()))
}

/// An occurrence, without the room and the instructor that are taken at its time.
pub async fn without_clashes(
    tx: &mut TimetableTx,
    plan: &ClassPlan<'_>,
    mut row: Row<Occurrence>,
) -> Result<Row<Occurrence>, StoreError> {
    while let Some(clash) = find(tx, &[&row]).await?.into_iter().flatten().next() {
        match clash {
            Clash::Room(_) => row.fields.room_id = None,
            Clash::Instructor(_) => row.fields.instructor_id = None,
        }
        row.fields.overridden = plan.overridden_in(&row.fields);
    }
    Ok(row)
}

/// The conflicts of each of these, which are of one class or a single one; their own rows do not count.
pub async fn find(tx: &mut TimetableTx, wanted: &[&Row<Occurrence>]) -> Result<Vec<Option<Clash>>, StoreError> {
    let mut clashes = vec![None; wanted.len()];
    let own: HashSet<OccurrenceId> = wanted.iter().map(|row| row.id).collect();
    let places: HashSet<_> = wanted.iter().map(|row| (row.fields.room_id, row.fields.instructor_id)).collect();
    for (room, instructor) in places.into_iter().filter(|(room, instructor)| room.is_some() || instructor.is_some()) {
        let here = |row: &Row<Occurrence>| (row.fields.room_id, row.fields.instructor_id) == (room, instructor);
        let alike = || wanted.iter().filter(|row| here(row));
        let Some(first) = alike().map(|row| row.fields.starts_at).min() else { continue };
        let Some(last) = alike().map(|row| row.fields.ends_at).max() else { continue };
        let there = queries::taking_place(tx.on(), room, instructor, (first.minus(LONGEST), last)).await?;
        for (row, clash) in wanted.iter().zip(&mut clashes).filter(|(row, _)| here(row)) {
            *clash =
                there.iter().filter(|other| !own.contains(&other.id)).find_map(|other| between(&row.fields, other));
        }
    }
    Ok(clashes)
}

fn between(wanted: &Occurrence, other: &Row<Occurrence>) -> Option<Clash> {
    if wanted.status == OccurrenceStatus::Cancelled || !wanted.overlaps(&other.fields) {
        return None;
    }
    if wanted.room_id.is_some() && wanted.room_id == other.fields.room_id {
        return Some(Clash::Room(other.id));
    }
    let same = wanted.instructor_id.is_some() && wanted.instructor_id == other.fields.instructor_id;
    same.then_some(Clash::Instructor(other.id))
}
