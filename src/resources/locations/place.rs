//! What locations and rooms have in common: a place where something is going to take place is neither archived nor
//! removed, and one where something took place is kept. Called by the rules of both.

use super::PlaceStatus;
use crate::{
    resources::{
        at_the_end::is_left,
        rules::Rules,
        schedule::{self, Use},
    },
    store::{
        id::Id,
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::problem::Problem,
};

/// A location, or a room in one.
pub trait Place: Rules<Tx = TimetableTx> {
    /// The column of classes and occurrences that names it.
    const NAMED_BY: &'static str;

    /// Its status.
    fn status(&mut self) -> &mut PlaceStatus;

    /// What is said of one where something is going to take place.
    fn in_use() -> Problem;

    /// Whether it is archived.
    fn is_archived(&self) -> bool {
        *self.clone().status() == PlaceStatus::Archived
    }
}

/// Refuses a place where something is going to take place.
///
/// # Errors
/// `location_in_use`, `room_in_use`.
pub async fn refuse_in_use<T: Place>(tx: &mut TimetableTx, id: Id<T>) -> Result<(), Problem> {
    match schedule::use_of(tx, T::NAMED_BY, id).await? {
        Use::Ahead => Err(T::in_use()),
        Use::Named | Use::Unused => Ok(()),
    }
}

/// Refuses to archive such a place; an import looks when all of its rows are written.
///
/// # Errors
/// As [`refuse_in_use`].
pub async fn allow_archiving<T: Place>(tx: &mut TimetableTx, current: &Row<T>, next: &Row<T>) -> Result<(), Problem> {
    let is_archived = next.fields.is_archived() && !current.fields.is_archived();
    if is_archived && !is_left() { refuse_in_use(tx, next.id).await } else { Ok(()) }
}

/// Archives a place where something took place, and answers what is kept; one that nothing names may go.
///
/// # Errors
/// As [`refuse_in_use`].
pub async fn keep_if_named<T: Place>(tx: &mut TimetableTx, place: &Row<T>) -> Result<Option<Row<T>>, Problem> {
    match schedule::use_of(tx, T::NAMED_BY, place.id).await? {
        Use::Ahead => Err(T::in_use()),
        Use::Named => {
            let mut fields = place.fields.clone();
            *fields.status() = PlaceStatus::Archived;
            let kept = place.clone().edited(tx.now, fields);
            row::update(tx.on(), &kept).await?;
            Ok(Some(kept))
        }
        Use::Unused => Ok(None),
    }
}
