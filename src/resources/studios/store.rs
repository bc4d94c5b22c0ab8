//! Reading and writing studios. They belong to no studio but are one, so these queries are their own.

use super::model::Studio;
use crate::{
    resources::schedule,
    store::{
        db::{On, Tx},
        error::StoreError,
        id::StudioId,
        moment::Moment,
        record,
        row::{Resource, Row},
    },
    wire::problem::{Code, Fault, Problem},
};

/// Finds a studio by its id.
pub async fn find(on: On<'_>, studio: StudioId) -> Result<Option<Row<Studio>>, StoreError> {
    on.query("select {row} from studios where id = $1").bind(studio).optional().await
}

/// Finds a studio and keeps it from changing until the transaction ends.
pub async fn lock(on: On<'_>, studio: StudioId) -> Result<Option<Row<Studio>>, StoreError> {
    on.query("select {row} from studios where id = $1 {lock}").bind(studio).optional().await
}

/// Writes a new studio.
///
/// # Errors
/// `conflict` when the slug is taken.
pub async fn create(tx: &mut Tx, studio: &Row<Studio>) -> Result<(), Problem> {
    record::insert_unscoped(tx.on(), Studio::TABLE, std::slice::from_ref(studio), "")
        .await
        .map_err(|error| said(error, studio))
}

/// Writes a studio's next version; where its clocks are set to another zone, its classes' occurrences to come that nobody
/// edited or booked follow. The studio is locked, and its timetable with it.
///
/// # Errors
/// `conflict` when the slug is taken; `room_conflict`, `instructor_conflict` with occurrences that do not follow.
pub async fn change(tx: &mut Tx, current: Row<Studio>, fields: Studio, now: Moment) -> Result<Row<Studio>, Problem> {
    let before = current.fields.time_zone.clone();
    let studio = current.edited(now, fields);
    record::update_studio(tx.on(), Studio::TABLE, &studio).await.map_err(|error| said(error, &studio))?;
    if studio.fields.time_zone != before {
        schedule::follow_zone(tx, studio.id.studio(), None, now).await?;
    }
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
