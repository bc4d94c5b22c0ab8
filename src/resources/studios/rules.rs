//! How studios are written. Staff and the command line alone write them, so their rules are their own.

use super::{model::Studio, queries};
use crate::{
    operation::write::Change,
    resources::schedule,
    store::{
        audit::{Action, Actor, Subject},
        error::StoreError,
        row::Row,
        studio::StudioTx,
        turns::TimetableTx,
    },
    wire::problem::{Code, Fault, Problem},
};

/// Writes a new studio.
///
/// # Errors
/// `conflict` when the slug is taken.
pub async fn create(tx: &mut StudioTx, studio: &Row<Studio>) -> Result<(), Problem> {
    queries::insert(tx, studio).await.map_err(|error| said(error, studio))
}

/// Writes a studio's next version; where its clocks are set to another zone, its classes' occurrences to come that nobody
/// edited or booked follow.
///
/// # Errors
/// `conflict` when the slug is taken; `room_conflict`, `instructor_conflict` with occurrences that do not follow.
pub async fn change(tx: &mut TimetableTx, current: Row<Studio>, fields: Studio) -> Result<Row<Studio>, Problem> {
    let now = tx.now;
    let before = current.fields.time_zone.clone();
    let studio = current.edited(now, fields);
    queries::update(tx, &studio).await.map_err(|error| said(error, &studio))?;
    if studio.fields.time_zone != before {
        schedule::follow_zone(tx, None).await?;
    }
    Ok(studio)
}

/// Applies somebody's change of a studio, and writes it to the audit log.
///
/// # Errors
/// `validation_failed`, and as [`change`].
pub async fn edit(
    tx: &mut TimetableTx,
    current: Row<Studio>,
    wanted: &Change<Studio>,
    by: &Actor,
) -> Result<Row<Studio>, Problem> {
    let wanted = wanted.onto(&current, tx.now)?.validated()?;
    let before = current.fields.clone();
    let studio = change(tx, current, wanted.fields).await?;
    let action = Action::by(by, "studio.change", Subject::of(studio.id));
    tx.note(action.changed(&before, &studio.fields)).await?;
    Ok(studio)
}

/// The slug is the only value of a studio that is unique.
fn said(error: StoreError, studio: &Row<Studio>) -> Problem {
    match error {
        StoreError::Taken => {
            Problem::new(Code::Conflict, format!("Another studio has the slug `{}`.", studio.fields.slug))
                .with_errors(vec![Fault::at("/slug", "is taken")])
        }
        other => other.into(),
    }
}
